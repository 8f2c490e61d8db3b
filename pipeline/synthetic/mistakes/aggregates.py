"""Mistakes of a return of aggregates: figures that cannot be together, counts held back or rounded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.codes import PATHWAYS
from pipeline.synthetic.mistakes.drafts import Draft, NoRoomError, Planted, Sheet

if TYPE_CHECKING:
    from numpy.random import Generator

_BASE, _SEVERAL = 5, 12


def _with_pathways(sheet: Sheet) -> list[int]:
    """A row for each pathway of the first measure beside its row of all, with half of the counts; and where they stand."""
    first = sheet.rows[1]
    told = {sheet.get(row, "pathway") for row in sheet.data() if sheet.get(row, "measure") == first[sheet.at("measure")]}
    added = []
    for pathway in (p for p in PATHWAYS if p not in told):
        row = sheet.append(first)
        sheet.put(row, "pathway", pathway)
        for name in (name for name in sheet.headings if name.startswith("n_")):
            count = sheet.get(row, name)
            sheet.put(row, name, None if count is None else count // 2)
        added.append(row)
    return added


def figures_that_cannot_be(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """Counts the wrong way round, a percentage as correlation, a standard error as SD, a share as count, a count held back."""
    sheet, other = draft["aggregates"], 1
    added = _with_pathways(sheet)
    if len(added) < 2 or sheet.get(other, "n_pre") < _SEVERAL:
        raise NoRoomError
    many, percent = added[:2]
    sheet.put(many, "n_post", sheet.get(many, "n_pre") + 7)
    yield draft.in_cell(42, "n_post > n_pre", "counts-disagree", "row", "aggregates", many, "n_post")
    sheet.put(percent, "r", 47)
    yield draft.in_cell(42, "a percentage as correlation", "not-possible", "row", "aggregates", percent, "r")
    women = sheet.get(other, "n_pre")
    sheet.put(other, "sd_pre", round(sheet.get(other, "sd_pre") / women**0.5, 3))
    yield draft.in_cell(42, "a standard error as SD", "small-deviation", "value", "aggregates", other, "sd_pre")
    sheet.put(other, "n_reliably_improved", 0.62)
    yield draft.in_cell(42, "a share as count", "not-whole", "value", "aggregates", other, "n_reliably_improved")
    sheet.put(other, "n_reliably_deteriorated", "<5")
    yield draft.in_cell(43, "a count held back", "suppressed-count", "warning", "aggregates", other, "n_reliably_deteriorated")


def rounded(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """Every count rounded to five."""
    sheet = draft["aggregates"]
    counts = [name for name in sheet.headings if name.startswith("n_")]
    if min(sheet.get(row, name) for row in sheet.data() for name in ("n_pre", "n_post", "n_paired")) < _SEVERAL:
        raise NoRoomError
    _with_pathways(sheet)
    for row in sheet.data():
        for name in counts:
            count = sheet.get(row, name)
            sheet.put(row, name, None if count is None else _BASE * round(count / _BASE))
    yield draft.in_cell(43, "counts rounded to five", "rounded-counts", "warning", "aggregates", 1, counts[0])
