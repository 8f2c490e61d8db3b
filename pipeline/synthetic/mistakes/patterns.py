"""Mistakes that no single row shows: another form or scale, labels exchanged, scores copied."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from pipeline.synthetic.mistakes.cells import on, typed
from pipeline.synthetic.mistakes.drafts import Draft, NoRoomError, Planted

if TYPE_CHECKING:
    from numpy.random import Generator

_ENOUGH, _SENTINELS, _MANY = 10, 12, 25
_CLEAR_SE = 3.5
"""Standard errors by which a fall in scores must differ from none, for its reverse to be told from chance."""
_OTHER_LOW, _OTHER_HIGH = 17, 85
"""The PTSD Checklist for DSM-IV has 17 items of 1 to 5 (National Center for PTSD)."""


def _pairs(draft: Draft, measure: str, least: int = _ENOUGH) -> list[tuple[int, int]]:
    """First and last scores of each woman, where there are enough that no mistake touches."""
    sheet = draft["outcomes"]
    rows = sheet.where(on(measure)(draft))
    if sheet.taken & {*rows}:
        raise NoRoomError
    first, last = ({sheet.get(r, "referral_id"): r for r in rows if sheet.get(r, "occasion") == o} for o in ("pre", "post"))
    pairs = [(first[name], last[name]) for name in first if name in last]
    if len(pairs) < least:
        raise NoRoomError
    return pairs


def _all_of(draft: Draft, measure: str) -> list[int]:
    _pairs(draft, measure)
    rows = draft["outcomes"].where(on(measure)(draft))
    draft["outcomes"].taken |= {*rows}
    return rows


def pre_and_post_swapped(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """The first and the last scores of PCL-5 stand in each other's place."""
    sheet, pairs = draft["outcomes"], _pairs(draft, "pcl5")
    fall = np.array([sheet.get(pre, "total") - sheet.get(post, "total") for pre, post in pairs], dtype=float)
    if fall.mean() < _CLEAR_SE * fall.std(ddof=1) / len(fall) ** 0.5:
        raise NoRoomError
    _all_of(draft, "pcl5")
    for pre, post in pairs:
        before, after = sheet.get(pre, "total"), sheet.get(post, "total")
        sheet.put(pre, "total", after)
        sheet.put(post, "total", before)
    row = min(post for _, post in pairs)
    yield draft.in_cell(35, "pre and post exchanged", "pre-and-post-swapped", "warning", "outcomes", row, "occasion")


def means_for_totals(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """Means of the ten items of CORE-10 where totals are asked for."""
    sheet, rows = draft["outcomes"], _all_of(draft, "core10")
    for row in rows:
        sheet.put(row, "total", round(sheet.get(row, "total") / 10, 2))
    yield draft.in_cell(34, "means for totals", "mean-for-total", "warning", "outcomes", rows[0], "total")


def post_copied(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """The last scores of PHQ-9 were filled in from the first."""
    sheet, pairs = draft["outcomes"], _pairs(draft, "phq9")
    _all_of(draft, "phq9")
    for pre, post in pairs:
        sheet.put(post, "total", sheet.get(pre, "total"))
    row = min(post for _, post in pairs)
    yield draft.in_cell(36, "post copied from pre", "post-as-pre", "warning", "outcomes", row, "total")


def zeros_at_post(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """A last score of 0 wherever no form came back."""
    sheet, pairs = draft["outcomes"], _pairs(draft, "gad7")
    _all_of(draft, "gad7")
    for _, post in pairs[: 2 * len(pairs) // 3]:
        sheet.put(post, "total", 0)
    row = min(r for r in sheet.where(on("gad7")(draft)) if sheet.get(r, "occasion") == "post" and sheet.get(r, "total") == 0)
    yield draft.in_cell(31, "zeros at post", "zeros-at-post", "warning", "outcomes", row, "total")


def another_form(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """Totals of the checklist for DSM-IV under the name of PCL-5, some of them beyond its range."""
    sheet, rows = draft["outcomes"], _all_of(draft, "pcl5")
    for row in rows:
        sheet.put(row, "total", min(sheet.get(row, "total") + _OTHER_LOW, 80))
    high = rows[2:5]
    for row, total in zip(high, (82, _OTHER_HIGH, 81), strict=True):
        sheet.put(row, "total", total)
    yield draft.in_cell(32, "totals of another form", "another-form", "file", "outcomes", high[0], "total")


def perhaps_another_form(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """The same, with no total beyond the range and none below the other's lowest."""
    if len(_pairs(draft, "pcl5", least=20)) + len(draft["outcomes"].where(on("pcl5")(draft))) < 60:
        raise NoRoomError
    sheet, rows = draft["outcomes"], _all_of(draft, "pcl5")
    for row in rows:
        sheet.put(row, "total", min(sheet.get(row, "total") + _OTHER_LOW, 80))
    yield draft.in_cell(32, "perhaps another form", "perhaps-another-form", "warning", "outcomes", rows[0], "total")


def no_answer_as_99(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """99 for no answer, on a scale that reaches so far."""
    sheet = draft["outcomes"]
    rows = [r for r in sheet.where(on("core10")(draft)) if sheet.get(r, "occasion") == "pre"][:14]
    if len(rows) < _SENTINELS:
        raise NoRoomError
    copies = [sheet.append(sheet.rows[row]) for row in rows]
    for n, row in enumerate(copies):
        sheet.put(row, "measure", "wdeq_a")
        sheet.put(row, "total", 99 if n % 4 == 3 else 38 + 7 * n % 41)
        sheet.put(row, "items_answered", 33)
    yield draft.in_cell(31, "99 for no answer", "likely-sentinel", "warning", "outcomes", copies[3], "total")


def numbers_for_no_answer(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """99, 999 and -1 among scores that are many enough for three of them not to look like another form."""
    if len(draft["outcomes"].where(on("core10")(draft))) < _MANY:
        raise NoRoomError
    plant = typed(31, "outcomes", "total", 99, 999, -1, rule="score-out-of-range", severity="row", where=on("core10"))
    yield from plant(draft, rng)


def items_counted_from_one(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """Answers from 1 to 5 where the form counts from 0 to 4."""
    sheet = draft["outcomes"]
    items = [column for column in sheet.headings if str(column).startswith("item_")]
    rows = sheet.where(sheet.given("total", "item_1")) if items else []
    answers = {sheet.get(row, item) for row in rows for item in items} - {None}
    if len(rows) < _ENOUGH or answers != {0, 1, 2, 3, 4} or sheet.taken & {*rows}:
        raise NoRoomError
    for row in rows:
        for item in items:
            if sheet.get(row, item) is not None:
                sheet.put(row, item, sheet.get(row, item) + 1)
    sheet.taken |= {*rows}
    yield draft.in_cell(33, "answers from 1 to 5", "items-shifted", "row", "outcomes", rows[0], items[0])
