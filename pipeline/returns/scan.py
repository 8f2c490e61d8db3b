"""Look for identifiers in a return before anything of it is written: what kind, in which cell, never the value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import TYPE_CHECKING

from pipeline.returns.cells import letters
from pipeline.returns.hidden_parts import hidden_sheets, scan_hidden_parts
from pipeline.returns.hits import Finding, Hit, columns_of, hits_in, severity_of, shown, template_headings
from pipeline.returns.identifiers import spot

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.returns.sheets import Sheet

_ORDER = {severity: rank for rank, severity in enumerate(("file", "value", "warning", "note"))}


def scan_return(path: Path, sheets: Sequence[Sheet], *, headings: Mapping[str, str] | None = None) -> list[Finding]:
    """Everything that `scan_cells` and `scan_hidden_parts` find in a return that was read, gravest first."""
    cells = {text for sheet in sheets for row in sheet.rows for text in row}
    hidden, parts = hidden_sheets(path), scan_hidden_parts(path, cells=cells, headings=headings)
    found = scan_cells(sheets, headings=headings, hidden=hidden) + parts
    grave = {finding.sheet for finding in found if finding.severity == "file" and finding.sheet}
    found = [each for each in found if each.severity != "note" or each.sheet not in grave]
    return sorted(found, key=lambda each: (_ORDER[each.severity], each.sheet, each.place))


def scan_cells(
    sheets: Sequence[Sheet], *, headings: Mapping[str, str] | None = None, hidden: Set[str] = frozenset()
) -> list[Finding]:
    """Look through every cell of every sheet, and the sheets' names.

    `headings` maps the headings that are ours, as `cells.heading` makes them, to the kind of their column; they announce no
    identifier, and under those of kind date and month a date of birth is not looked for. Without it they are those of the
    template. `hidden` names hidden sheets: there a single e-mail address is as grave as two elsewhere.
    """
    known = template_headings() if headings is None else headings
    hits = [(n, hit) for n, sheet in enumerate(sheets) for hit in hits_in(columns_of(sheet.rows), known)]
    totals: dict[str, int] = {}
    for _, hit in hits:
        totals[hit.kind] = totals.get(hit.kind, 0) + hit.cells
    found = [_named(n, sheet) for n, sheet in enumerate(sheets)]
    for n, hit in hits:
        sheet = sheets[n]
        severity = severity_of(hit, totals[hit.kind], is_hidden=sheet.name in hidden)
        letter = letters(sheet.first_column + hit.column)
        cell = f"{letter}{sheet.first_row + hit.row + 1}"
        found.append(Finding(hit.kind, severity, shown(n, sheet.name), cell, _place(hit, letter)))
    return sorted(filter(None, found), key=lambda each: (_ORDER[each.severity], each.sheet, each.place))


def _place(hit: Hit, letter: str) -> str:
    if hit.by_heading:
        return f"column {letter}, by its heading"
    if hit.by_chance:
        return f"column {letter}, {_cells(hit)} of ten digits, as many as chance gives"
    return f"column {letter}, {_cells(hit)}"


def _cells(hit: Hit) -> str:
    return "1 cell" if hit.cells == 1 else f"{hit.cells} cells"


def _named(position: int, sheet: Sheet) -> Finding | None:
    kind = next(iter(spot({sheet.name}, has_dates=True).certain), "")
    return Finding(kind, "file", f"sheet {position + 1}", "", "the name of the sheet") if kind else None
