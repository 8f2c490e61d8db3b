"""Look for identifiers in a return before anything of it is written: what kind, in which cell, never the value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline.returns.cells import heading, letters
from pipeline.returns.identifiers import spot
from pipeline.returns.identifying_headings import BARE_NAME, announced, are_names, fits
from pipeline.returns.readers import HEADER_SEARCH

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.returns.readers import Sheet

FORM_SEARCH = 100
"""In so many rows a label may stand to the left of its value, as on a form."""
_WEAK = {"person_name", "address", BARE_NAME}
"""Any text fits under these, so that the heading must be one."""
_ORDER = {severity: rank for rank, severity in enumerate(("file", "value", "warning", "note"))}


@dataclass(frozen=True)
class Finding:
    """An identifier, and where it stands; never what it says.

    `kind` is one of `identifiers.KINDS`, or empty where a part of the file is named that holds none. `severity` is `file`
    (the whole return is set aside), `value` (that cell is left out), `warning` or `note`. `sheet` is the sheet's name where
    that is one of ours, else its number ("sheet 3"), since a name may itself identify. `cell` is the first one, such as C5.
    """

    kind: str
    severity: str
    sheet: str
    cell: str
    place: str


@dataclass(frozen=True)
class Hit:
    """One kind of identifier in one column: first row, position of the column, number of cells, and how it was known."""

    kind: str
    row: int
    column: int
    cells: int
    by_heading: bool = False
    by_chance: bool = False


def scan_return(path: Path, sheets: Sequence[Sheet], *, headings: Mapping[str, str] | None = None) -> list[Finding]:
    """Everything that `scan_cells` and `scan_hidden_parts` find in a return that was read, gravest first."""
    from pipeline.returns.hidden_parts import hidden_sheets, scan_hidden_parts

    cells = {text for sheet in sheets for row in sheet.rows for text in row}
    found = scan_cells(sheets, headings=headings, hidden=hidden_sheets(path)) + scan_hidden_parts(path, cells=cells)
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


def template_headings() -> dict[str, str]:
    """The headings of the template, with the kind of each column."""
    from pipeline.tables.returned import RETURNED

    return {name: column.metadata["kind"] for schema in RETURNED.values() for name, column in schema.columns.items()}


def shown(position: int, name: str) -> str:
    """A sheet's name where it is that of one of our tables, else its number: a site's own name may be a woman's."""
    from pipeline.tables.returned import RETURNED

    return name if name.isascii() and heading(name) in RETURNED else f"sheet {position + 1}"


def columns_of(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """Rows of any length as columns of one length."""
    width = max(map(len, rows), default=0)
    if all(len(row) == width for row in rows):
        return [[row[i] for row in rows] for i in range(width)]
    return [[row[i] if i < len(row) else "" for row in rows] for i in range(width)]


def hits_in(columns: Sequence[Sequence[str]], known: Mapping[str, str]) -> list[Hit]:
    """What the columns of one sheet hold; a column counts once for each kind."""
    hits: dict[tuple[str, int], Hit] = {}
    for hit in (*_by_label(columns, known), *_by_pattern(columns, known)):
        first = hits.setdefault((hit.kind, hit.column), hit)
        if first is not hit:
            hits[hit.kind, hit.column] = replace(first, cells=max(first.cells, hit.cells), row=min(first.row, hit.row))
    return list(hits.values())


def _by_pattern(columns: Sequence[Sequence[str]], known: Mapping[str, str]) -> list[Hit]:
    hits = []
    for position, column in enumerate(columns):
        texts = set(column) - {""}
        has_dates = any(known.get(heading(text)) in {"date", "month"} for text in column[:HEADER_SEARCH] if text)
        spotted = spot(texts, has_dates=has_dates)
        for kind, holding in spotted.certain.items():
            rows = [row for row, text in enumerate(column) if text in holding]
            hits.append(Hit(kind, rows[0], position, len(rows)))
        if spotted.by_chance and "nhs_number" not in spotted.certain:
            rows = [row for row, text in enumerate(column) if text in spotted.by_chance]
            hits.append(Hit("nhs_number", rows[0], position, len(rows), by_chance=True))
    return hits


def _by_label(columns: Sequence[Sequence[str]], known: Mapping[str, str]) -> list[Hit]:
    """What stands under a heading that announces it, or to the right of a label."""
    hits = []
    for position, column in enumerate(columns):
        for row, text in enumerate(column[:FORM_SEARCH]):
            kind = announced(text) if text else ""
            if not kind or heading(text) in known:
                continue
            if row < HEADER_SEARCH and (kind not in _WEAK or _is_heading(columns, row, position, known)):
                hits += _under(column, row, position, kind)
            beside = columns[position + 1][row] if position + 1 < len(columns) else ""
            is_label = kind not in _WEAK or (kind != BARE_NAME and text.rstrip().endswith(":"))
            if is_label and beside and not announced(beside) and fits(kind, beside):
                hits.append(Hit(kind, row, position + 1, 1, by_heading=True))
    return hits


def _is_heading(columns: Sequence[Sequence[str]], row: int, position: int, known: Mapping[str, str]) -> bool:
    """Whether a cell is a heading: the first of its column below a banner, or in one row with others."""
    for above in range(row):
        if columns[position][above] and sum(1 for column in columns if column[above]) > min(1, len(columns) - 1):
            return sum(1 for column in columns if heading(column[row]) in known or announced(column[row])) > 1
    return True


def _under(column: Sequence[str], row: int, position: int, kind: str) -> list[Hit]:
    values = {text for text in column[row + 1 :] if text and not announced(text)}
    if kind == BARE_NAME:
        kind, values = "person_name", values if are_names(values) else set()
    fitting = {text for text in values if fits(kind, text)}
    rows = [at for at, text in enumerate(column[row + 1 :], start=row + 1) if text in fitting]
    return [Hit(kind, rows[0], position, len(rows), by_heading=True)] if rows else []


def severity_of(hit: Hit, total: int, *, is_hidden: bool) -> str:
    """How grave a hit is where the return holds `total` of its kind."""
    if hit.by_chance:
        return "warning"
    if hit.by_heading or hit.kind == "nhs_number":
        return "file"
    if hit.kind == "date_of_birth":
        return "file" if hit.cells > 1 else "warning" if is_hidden else "value"
    return "file" if total > 1 or is_hidden else "value"


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
