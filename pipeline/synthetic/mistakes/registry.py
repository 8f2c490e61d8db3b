"""Which mistakes stand together in one return, and which sites get them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.synthetic.mistakes import aggregates, cells, files, identifiers, layout, patterns, rows
from pipeline.synthetic.mistakes.cells import Mistake, alone, asked, scored, told_once, typed
from pipeline.synthetic.mistakes.drafts import Draft, NoRoomError, Planted

if TYPE_CHECKING:
    from numpy.random import Generator

CLEAN = 5
"""One site in so many, and one at least, stays as it was."""


@dataclass(frozen=True)
class Plan:
    """The mistakes of one return, in the order in which they are made; `form` where they need a workbook or a folder."""

    mistakes: tuple[Mistake, ...]
    form: str = ""


def since_1904(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """A workbook that counts its days from 1904."""
    draft.since_1904 = True
    yield draft.told(27, "days that count from 1904", "days-since-1904", "note")


NOT_NUMBERS = ("45*", "<5", "45/80", "O", "\uff14\uff15", "forty", "4,5")
NOT_DATES = ("1900-01-01", "9999-12-31", "2023-02-29", "0202-01-05")
AS_TEXT = ("=cmd()", "+P1", "-P1", "@P1", "P$1", "_P1_", "\u202eP1", "P\u200b2")
VALUES = Plan(
    (
        layout.how_csv_is_written,
        rows.pasted_block,
        *(rows.post_before_pre, rows.one_day, rows.too_soon, rows.assessed_after_end, rows.outside_period, rows.the_same_twice),
        *(cells.lost_zeros, cells.small_letters, cells.trailing_blanks),
        typed(23, "outcomes", "referral_id", "1E+05", rule="not-plain", severity="row", where=scored),
        typed(10, "outcomes", "referral_id", "#REF!", rule="cell-error", severity="row", where=scored),
        typed(24, "outcomes", "referral_id", None, rule="blank-needed", severity="row", where=scored),
        typed(24, "referrals", "referral_id", None, rule="blank-needed", severity="row", where=alone),
        typed(25, "referrals", "referral_date", "03/04/2025", rule="not-a-date", severity="value", where=alone),
        typed(28, "referrals", "referral_date", *NOT_DATES, rule="not-a-date", severity="value", where=alone),
        typed(38, "referrals", "assessment_date", "soon", rule="not-a-date", severity="value"),
        patterns.numbers_for_no_answer,
        typed(37, "outcomes", "total", *NOT_NUMBERS, rule="not-a-number", severity="row", where=scored),
        typed(37, "outcomes", "total", "\u00a018 ", where=scored),
        typed(40, "outcomes", "total", "TRUE", "1e1", "0x1F", rule="not-a-number", severity="row", where=scored),
        told_once(39, "referrals", "imd_decile", "NA", "declined", "Not asked", rule="no-answer", severity="note"),
        *(layout.stray_mark, layout.beyond_headings, rows.summed_up),
    ),
    form="folder",
)
MARKS = Plan(
    (
        *(identifiers.nothing_that_identifies, layout.hidden, cells.struck_through, cells.formulas),
        typed(40, "outcomes", "total", True, rule="not-a-number", severity="row", where=scored),
        typed(48, "referrals", "person_id", *AS_TEXT),
        *(cells.pathway_marked_no, cells.midwifery_only, cells.partners, rows.too_late),
    ),
    form="workbook",
)
LAYOUT = Plan(
    (
        *(layout.banner, layout.reordered, since_1904, cells.number_of_a_day, layout.formatted_blanks),
        *(identifiers.macros_and_links, cells.digests, patterns.perhaps_another_form, patterns.no_answer_as_99),
    ),
    form="workbook",
)
ITEMS = Plan(
    (
        *(cells.wrong_items, identifiers.one_address, identifiers.ids_of_ten_digits, files.newer_version),
        typed(31, "survey", "option", 99, 999, -1, rule="stands-for-missing", severity="value"),
        typed(0, "staff", "response", 0, 9, rule="not-an-answer", severity="value", where=asked),
        typed(0, "staff", "question", "41", rule="unknown-question", severity="value", where=asked),
    )
)
PATTERNS = Plan(
    (
        *(patterns.pre_and_post_swapped, patterns.means_for_totals, patterns.post_copied, patterns.zeros_at_post),
        files.sent_twice,
    )
)
TABLES = (
    Plan((layout.blank_column, layout.mapped_tabs, patterns.items_counted_from_one)),
    Plan((patterns.another_form, layout.heading_twice, layout.headings_over_two_rows)),
    Plan(
        (layout.many_beyond_headings, layout.other_site, layout.stray_mark_to_the_end, files.zero_bytes, files.link_out),
        form="folder",
    ),
    Plan((layout.two_sheets_of_a_table, layout.renamed_column, layout.blank_key), form="workbook"),
)
WHOLE = (
    Plan((layout.restarting_ids,)),
    Plan((identifiers.in_columns,)),
    Plan((identifiers.out_of_sight,), form="workbook"),
    Plan((layout.no_rows,)),
    Plan((layout.unmapped_tabs,), form="workbook"),
    Plan((files.old_template,), form="workbook"),
    Plan((files.web_page,)),
    Plan((files.password,)),
    Plan((files.two_of_one_version,)),
    Plan((files.far_corner,), form="workbook"),
    Plan((layout.nil_return,)),
    Plan((layout.not_open_yet,)),
)
PLANS = (VALUES, MARKS, ITEMS, PATTERNS, LAYOUT, *TABLES)
OF_AGGREGATES = (Plan((aggregates.figures_that_cannot_be,)), Plan((aggregates.rounded,)))


def spoil(drafts: list[Draft], seed: int) -> tuple[dict[str, Draft], list[Planted]]:
    """The returns with mistakes in them, by site, and the answer key; every other return stays as it was.

    Small mistakes come first, then those that set a table aside, last those that set the whole return aside: as many as fit.
    """
    room = len(drafts) - max(1, len(drafts) // CLEAN)
    spoilt: dict[str, Draft] = {}
    planted: list[Planted] = []
    of_aggregates = [draft for draft in drafts if "aggregates" in draft.sheets][:room]
    for plan, draft in zip(OF_AGGREGATES, of_aggregates, strict=False):
        new, told, _ = _plant(plan, draft, _stream(seed, draft))
        if told:
            spoilt[draft.site_id] = new
            planted += told
    free = sorted((d for d in drafts if "aggregates" not in d.sheets), key=lambda d: (_size(d), d.site_id))
    planted += _place_all(PLANS, free, spoilt, seed, room)
    if len(spoilt) + 2 <= room:
        planted += _copy_rows(free, spoilt)
    planted += _place_all(WHOLE, free, spoilt, seed, room)
    if spoilt:
        planted += files.stray_entries(next(iter(d for d in spoilt.values() if not d.files)))
    return spoilt, planted


def _size(draft: Draft) -> int:
    return len(draft["outcomes"].rows)


def _stream(seed: int, draft: Draft) -> Generator:
    return np.random.default_rng([seed, *draft.site_id.encode()])


def _place_all(plans: tuple[Plan, ...], free: list[Draft], spoilt: dict[str, Draft], seed: int, room: int) -> list[Planted]:
    told: list[Planted] = []
    for plan in plans:
        if len(spoilt) < room:
            told += _place(plan, free, spoilt, seed)
    return told


def _place(plan: Plan, free: list[Draft], spoilt: dict[str, Draft], seed: int) -> list[Planted]:
    """Put a plan into the smallest return in which every mistake fits, else into the one in which most do."""
    made: list[tuple[int, int, Draft, list[Planted]]] = []
    for draft in (d for d in free if plan.form in {"", d.form}):
        new, told, n_left = _plant(plan, draft, _stream(seed, draft))
        made.append((n_left, len(made), new, told))
        if not n_left:
            break
    if not made or not (best := min(made, key=lambda each: each[:2]))[3]:
        return []
    _, _, new, told = best
    spoilt[new.site_id] = new
    free[:] = [draft for draft in free if draft.site_id != new.site_id]
    return told


def _plant(plan: Plan, draft: Draft, rng: Generator) -> tuple[Draft, list[Planted], int]:
    """Make every mistake of a plan in a copy of a return; also, how many did not fit."""
    draft, told, n_left = draft.copied(), list[Planted](), 0
    for mistake in plan.mistakes:
        before = draft.copied()
        try:
            told += mistake(draft, rng)
        except NoRoomError:
            draft, n_left = before, n_left + 1
    return draft, told, n_left


def _copy_rows(free: list[Draft], spoilt: dict[str, Draft]) -> list[Planted]:
    """Two sites with the same rows."""
    for n, one in enumerate(free):
        for other in free[n + 1 :]:
            draft, like = one.copied(), other.copied()
            try:
                told = list(files.rows_of_another(draft, like))
            except NoRoomError:
                continue
            spoilt |= {draft.site_id: draft, like.site_id: like}
            free[:] = [each for each in free if each.site_id not in {draft.site_id, like.site_id}]
            return told
    return []
