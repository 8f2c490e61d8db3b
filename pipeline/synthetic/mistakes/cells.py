"""Mistakes of one cell: what was typed there cannot be what was meant."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pipeline.codes import PATHWAYS
from pipeline.synthetic.mistakes.drafts import Draft, Fits, Formula, NoRoomError, Planted, day

if TYPE_CHECKING:
    from numpy.random import Generator

Mistake = Callable[[Draft, "Generator"], Iterator[Planted]]
Where = Callable[[Draft], Fits]


def alone(draft: Draft) -> Fits:
    """Referrals with neither contact nor outcome, so that what happens to them takes nothing else with it."""
    sheet = draft["referrals"]
    used = {draft[name].get(row, "referral_id") for name in ("contacts", "outcomes") for row in draft[name].data()}
    return lambda row: sheet.get(row, "referral_id") not in used


def scored(draft: Draft) -> Fits:
    """Outcomes with a total and no answers to single items, which would stand in for it."""
    sheet = draft["outcomes"]
    has = sheet.given("referral_id", "measure", "total")
    first = sheet.headings.index("item_1") if "item_1" in sheet.headings else None
    return lambda row: has(row) and (first is None or sheet.rows[row][first] is None)


def on(measure: str) -> Where:
    """Outcomes with a total of one measure."""

    def where(draft: Draft) -> Fits:
        sheet, has = draft["outcomes"], scored(draft)
        return lambda row: has(row) and sheet.get(row, "measure") == measure

    return where


def asked(draft: Draft) -> Fits:
    """Answers of staff to a question that is scored, which stands under its number. Raises NoRoomError."""
    if "staff" not in draft.sheets:
        raise NoRoomError
    sheet = draft["staff"]
    has = sheet.given("response")
    return lambda row: has(row) and str(sheet.get(row, "question")).isdigit()


def typed(
    number: int, table: str, column: str, *values: Any, rule: str = "", severity: str = "", where: Where | None = None
) -> Mistake:
    """Each value typed into a cell of its own row; without a rule nothing need be said of it."""

    def plant(draft: Draft, rng: Generator) -> Iterator[Planted]:
        fits = where(draft) if where else draft[table].given(column)
        sheet = draft[table]
        rows = [sheet.take(rng, fits) for _ in values]
        for row, value in zip(rows, values, strict=True):
            sheet.put(row, column, value)
            yield draft.in_cell(number, f"{_shown(value)} for {column}", rule, severity, table, row, column)

    return plant


def _shown(value: Any) -> str:
    text = f"a formula ({value.text})" if isinstance(value, Formula) else repr(value)
    return "a blank" if value is None else text


def told_once(
    number: int, table: str, column: str, *values: str, rule: str, severity: str, where: Where | None = None
) -> Mistake:
    """Values typed into rows of their own, of which one line tells at the first of them."""

    def plant(draft: Draft, rng: Generator) -> Iterator[Planted]:
        sheet = draft[table]
        fits = where(draft) if where else sheet.given(column)
        rows = [sheet.take(rng, fits) for _ in values]
        for row, value in zip(rows, values, strict=True):
            sheet.put(row, column, value)
        yield draft.in_cell(number, f"{', '.join(values)} in {column}", rule, severity, table, min(rows), column)

    return plant


def lost_zeros(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """An id without its leading zeros is no referral's."""
    sheet = draft["contacts"]
    row = sheet.take(rng, lambda r: str(sheet.get(r, "referral_id")).startswith("R0"))
    sheet.put(row, "referral_id", "R" + sheet.get(row, "referral_id")[1:].lstrip("0"))
    yield draft.in_cell(23, "an id that lost its zeros", "ids-nearly-alike", "warning", "contacts", row, "referral_id")
    yield draft.in_cell(23, "an id that lost its zeros", "referral-not-found", "row", "contacts", row, "referral_id")


def small_letters(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """An id in small letters is no referral's."""
    sheet = draft["outcomes"]
    row = sheet.take(rng, scored(draft))
    sheet.put(row, "referral_id", sheet.get(row, "referral_id").lower())
    yield draft.in_cell(23, "an id in small letters", "ids-nearly-alike", "warning", "outcomes", row, "referral_id")
    yield draft.in_cell(23, "an id in small letters", "referral-not-found", "row", "outcomes", row, "referral_id")


def trailing_blanks(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """Blanks after an id and before a measure are taken off."""
    sheet = draft["outcomes"]
    row = sheet.take(rng, scored(draft))
    sheet.put(row, "referral_id", f"{sheet.get(row, 'referral_id')}  ")
    sheet.put(row, "measure", f" {sheet.get(row, 'measure')}")
    yield draft.in_cell(23, "blanks round an id", "", "", "outcomes", row, "referral_id")


def digests(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """Persons under a digest of 32 characters, which may be unsalted."""
    import hashlib

    sheet = draft["referrals"]
    rows = sheet.where(sheet.given("person_id"))
    for row in rows:
        sheet.put(row, "person_id", hashlib.sha256(sheet.get(row, "person_id").encode()).hexdigest()[:32])
    yield draft.in_cell(23, "person_id as a digest", "hashed-id", "warning", "referrals", rows[0], "person_id")


def number_of_a_day(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """A date that lost its format is the number of its day; one that is text among real dates is none the less a date."""
    sheet = draft["referrals"]
    fits = alone(draft)
    row, other = (sheet.take(rng, lambda r: fits(r) and sheet.given("referral_date")(r)) for _ in range(2))
    start = datetime.date(1904, 1, 1) if draft.since_1904 else datetime.date(1899, 12, 30)
    number = (day(sheet.get(row, "referral_date")) - start).days
    sheet.put(row, "referral_date", number)
    sheet.put(other, "referral_date", day(sheet.get(other, "referral_date")).isoformat())
    yield draft.in_cell(26, "a date as the number of its day", "serial-days", "note", "referrals", row, "referral_date")
    yield draft.in_cell(26, "a date as text among real dates", "", "", "referrals", other, "referral_date")


def struck_through(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """A total, a date and an id struck through, and a coloured cell."""
    sheet = draft["outcomes"]
    plain, dated = scored(draft), sheet.given("date", "occasion")
    rows = [sheet.take(rng, lambda r: plain(r) and dated(r)) for _ in range(4)]
    looks = (("total", "row"), ("date", "value"), ("referral_id", "row"))
    for row, (column, severity) in zip(rows, looks, strict=False):
        sheet.looks[row, sheet.at(column)] = {"font_strikeout": True}
        yield draft.in_cell(9, f"{column} struck through", "struck-through", severity, "outcomes", row, column)
    sheet.looks[rows[3], sheet.at("total")] = {"bg_color": "#FFFF00"}
    yield draft.in_cell(9, "a coloured cell", "coloured-cells", "warning", "outcomes", rows[3], "total")


def formulas(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """A formula never worked out, one that failed, and one whose result changes from day to day."""
    sheet = draft["outcomes"]
    plain, dated = scored(draft), sheet.given("date", "occasion")
    rows = [sheet.take(rng, lambda r: plain(r) and dated(r)) for _ in range(3)]
    sheet.put(rows[0], "total", Formula("=20+13", ""))
    yield draft.in_cell(10, "a formula never worked out", "no-result", "row", "outcomes", rows[0], "total")
    sheet.put(rows[1], "total", Formula("=SUM(#REF!)", "#REF!"))
    yield draft.in_cell(10, "a formula that failed", "cell-error", "row", "outcomes", rows[1], "total")
    start = datetime.date(1904, 1, 1) if draft.since_1904 else datetime.date(1899, 12, 30)
    shown = (day(sheet.get(rows[2], "date")) - start).days
    sheet.put(rows[2], "date", Formula("=TODAY()", shown))
    sheet.looks[rows[2], sheet.at("date")] = {"num_format": "yyyy-mm-dd"}
    yield draft.in_cell(10, "TODAY()", "changing-formula", "value", "outcomes", rows[2], "date")


def wrong_items(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """A total that is not the sum, a total beside missing answers, and an answer that no item allows."""
    sheet = draft["outcomes"]
    sheet.at("item_1")
    answered = sheet.given("total", "item_1", "item_20")
    rows = [sheet.take(rng, lambda r: answered(r) and sheet.get(r, "total") < 70) for _ in range(3)]
    sheet.put(rows[0], "total", sheet.get(rows[0], "total") + 3)
    yield draft.in_cell(33, "a total that is not the sum", "total-disagrees", "row", "outcomes", rows[0], "total")
    for n in (3, 5, 8, 9, 12, 17):
        sheet.put(rows[1], f"item_{n}", None)
    yield draft.in_cell(33, "a total beside missing answers", "total-of-part", "row", "outcomes", rows[1], "total")
    sheet.put(rows[2], "item_4", 7)
    yield draft.in_cell(33, "an answer of 7", "item-out-of-range", "row", "outcomes", rows[2], "item_4")


def pathway_marked_no(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """A pathway said not to be offered that has referrals; women in several pathways are as they should be."""
    service, sheet = draft["service"], draft["referrals"]
    rows = {p: [r for r in sheet.data() if p in str(sheet.get(r, "pathway")).split(";")] for p in PATHWAYS}
    offered = [p for p, found in rows.items() if found and service.get(1, p) == "y"]
    if not offered:
        raise NoRoomError
    least = min(offered, key=lambda p: len(rows[p]))
    service.put(1, least, "n")
    yield draft.in_cell(44, f"{least} marked n", "pathway-not-offered", "warning", "referrals", rows[least][0], "pathway")
    both = next((r for r in sheet.data() if ";" in str(sheet.get(r, "pathway"))), None)
    if both is not None:
        yield draft.in_cell(44, "two pathways", "", "", "referrals", both, "pathway")


def midwifery_only(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """A woman said not to be eligible for outcomes, who has scores."""
    referrals, outcomes = draft["referrals"], draft["outcomes"]
    has = [r for r in outcomes.where(scored(draft)) if r not in outcomes.taken]
    first = {outcomes.get(r, "referral_id"): r for r in reversed(has)}
    due = {r for r in referrals.data() if referrals.get(r, "eligible_for_outcomes") == "y"}
    row = referrals.take(rng, lambda r: r in due and referrals.get(r, "referral_id") in first)
    referrals.put(row, "eligible_for_outcomes", "n")
    name = referrals.get(row, "referral_id")
    outcomes.taken |= {r for r in has if outcomes.get(r, "referral_id") == name}
    yield draft.in_cell(46, "scores of one not due", "scored-not-eligible", "warning", "outcomes", first[name], "referral_id")


def partners(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """A partner among the referrals."""
    sheet, fits = draft["referrals"], alone(draft)
    row = sheet.take(rng, fits)
    sheet.put(row, "client", "partner")
    yield draft.in_cell(46, "a partner", "not-the-woman", "warning", "referrals", row, "client")
