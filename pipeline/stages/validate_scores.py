"""What scores must hold: a known measure, a total in its range, answers that its items allow, and agreement of the two."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline.returns.parsing import matches
from pipeline.stages.score import answers_of, score_items

if TYPE_CHECKING:
    from pandas import Series

    from pipeline.measures import Measure
    from pipeline.stages.validate_checked import Checked

_ROUNDING_POINTS = 0.05
"""Sites round a total to one decimal."""
_MADE_UP_POINTS = 0.5
"""A total that makes up for a missing answer is written as a whole number."""


def drop_items(checked: Checked, measures: dict[str, Measure]) -> None:
    """Blank the answers to single items of each measure whose licence does not let them be kept, with one warning a measure.

    They go from the cells as read too, so that no rejected row keeps them. Where the measure is not known, nor is its licence.
    """
    if checked.table != "outcomes":
        return
    typed, answered = checked.typed, checked.typed["items"].notna()
    typed["measure"] = typed["measure"].str.lower()
    columns = [column for column in map(str, checked.read) if column == "items" or re.fullmatch(r"item_\d+", column)]
    for name in typed.loc[answered, "measure"].fillna("").unique():
        measure = measures.get(name)
        if measure is not None and (measure.licence is None or measure.licence.store_items):
            continue
        mine = answered & (typed["measure"].fillna("") == name)
        if measure is not None:
            for site, at in checked.by_site(mine):
                sent = [column for column in checked.sent[site] if column in columns]
                column = next(c for c in sent if (checked.read[c].iloc[at].str.strip() != "").any())
                has = checked.marking(at[(checked.read[column].iloc[at].str.strip() != "").to_numpy()])
                checked.add_once("items-not-kept", has, column, limit=measure.label, found=f"answers in {len(at)} row(s)")
        checked.read.loc[mine, columns] = ""
        typed["items"] = typed["items"].mask(mine)


def check_measures(checked: Checked, measures: dict[str, Measure]) -> None:
    """Take out rows of a measure that has no file."""
    checked.typed["measure"] = checked.typed["measure"].str.lower()
    known = checked.typed["measure"].isin(list(measures))
    checked.add("unknown-measure", ~known, "measure", limit=", ".join(sorted(measures)))


def check_scores(checked: Checked, measures: dict[str, Measure]) -> None:
    """Hold totals and answers of each measure against its file."""
    for name in checked.typed["measure"].dropna().unique():
        if (measure := measures.get(name)) is not None:
            mine = checked.typed["measure"] == name
            _check_totals(checked, mine, measure)
            if (checked.typed["items"].notna() & mine).any():
                _check_answers(checked, mine, measure)
                _check_agreement(checked, mine, measure)


def _check_totals(checked: Checked, mine: Series[bool], measure: Measure) -> None:
    total = checked.typed["total"].where(mine)
    limit = f"from {measure.range.low} to {measure.range.high} for {measure.label}"
    if measure.range.step != "any":
        limit += f" in steps of {measure.range.step}"
    wrong = [points for points in total.dropna().unique() if not measure.holds(points)]
    checked.add("score-out-of-range", total.isin(wrong), "total", limit=limit)


def _check_answers(checked: Checked, mine: Series[bool], measure: Measure) -> None:
    """Each answer is a whole number that the measure's items allow, and stands under one of their numbers."""
    rule = measure.items
    allowed = "|".join(str(n) for n in range(rule.low, rule.high + 1)) if rule else "-?[0-9]{1,3}"
    limit = f"from {rule.low} to {rule.high} to {rule.count} items for {measure.label}" if rule else "as whole numbers"
    for position, given in enumerate(answers_of(checked.typed["items"].where(mine)).items()):
        is_item = rule is None or position < rule.count
        wrong = ~matches(given[1].fillna("").astype("str"), f"({allowed})?" if is_item else "")
        if wrong.any():
            rows = wrong.reindex(mine.index, fill_value=False)
            checked.add("item-out-of-range", rows, "items", f"item_{position + 1}", limit=limit)


def _check_agreement(checked: Checked, mine: Series[bool], measure: Measure) -> None:
    """A total is what all its answers give; one beside missing answers stands where the measure's rule makes up for them."""
    rule, total = measure.items, checked.typed["total"]
    items = checked.typed["items"].where(mine)
    if rule is None:
        limit = f"a measure with a rule for its items: {measure.label} has none"
        checked.add("items-incomplete", items.notna() & total.isna(), "total", limit=limit)
        return
    sums, answered = score_items(items, rule)
    is_whole = answered.eq(rule.count).fillna(value=False)
    backwards = f" with {_listed(rule.reversed)} reversed" if rule.reversed else ""
    differs = total.notna() & ((total - sums).abs() > _ROUNDING_POINTS)
    checked.add("total-disagrees", is_whole & differs, "total", limit=f"{measure.label}{backwards}")
    least = rule.count - (rule.max_missing or 0)
    limit = f"answers to at least {least} of the {rule.count} items of {measure.label}"
    partly = items.notna() & ~is_whole & total.notna()
    made_up = sums.notna() & ~((total - sums).abs() > _MADE_UP_POINTS)
    checked.add("total-of-part", partly & ~made_up, "total", limit=limit)
    checked.add("items-incomplete", items.notna() & total.isna() & sums.isna(), "total", limit=limit)


def _listed(numbers: tuple[int, ...]) -> str:
    return f"item{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"
