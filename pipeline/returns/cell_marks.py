"""What a workbook says of its cells beside their values: strike-through, colour, hidden, filtered, formulas without results."""

from __future__ import annotations

import re
import warnings
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipeline.returns.cells import letters, position
from pipeline.returns.fix_list import NAME as FIX_LIST

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.returns.layout import Located

MOST_BYTES = 3_000_000
"""Larger workbooks would take minutes: their cells are read, their marks are not, and a note says so."""
_VOLATILE = re.compile(r"\b(TODAY|NOW|RAND|RANDBETWEEN|OFFSET|INDIRECT)\s*\(", re.IGNORECASE)
_SIGNS = re.compile(rb"""<(\w+:)?f[\s>/]|<(\w+:)?strike|hidden\s*=|t\s*=\s*["']e["']|filterColumn|solid""")
_EMPTY_RESULT = {"", None}
_MOSTLY = 0.5


@dataclass
class Marks:
    """Marks of one sheet, rows and columns counted from 1.

    `cells` gives by (row, column) the rule that the cell breaks; `hidden_rows` and `hidden_columns` hold something;
    `coloured` is the first coloured cell below the headings and how many there are, where that is the lesser part.
    """

    cells: dict[tuple[int, int], str] = field(default_factory=dict)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)
    is_filtered: bool = False
    coloured: list[tuple[int, int]] = field(default_factory=list)


def read_marks(path: Path) -> dict[str, Marks] | None:
    """The marks of each sheet of a workbook by its name; none where it has none, and None where it is too large to look."""
    if path.is_dir() or path.suffix.lower() not in {".xlsx", ".xlsm"}:
        return {}
    if path.stat().st_size > MOST_BYTES:
        return None
    import openpyxl

    try:
        if not _may_be_marked(path):
            return {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            formulas = openpyxl.load_workbook(path, keep_links=False)
            has_formula = any(cell.data_type == "f" for sheet in formulas.worksheets for row in sheet.iter_rows() for cell in row)
            results = openpyxl.load_workbook(path, keep_links=False, data_only=True) if has_formula else formulas
            marks = {sheet.title: _marks(sheet, results[sheet.title]) for sheet in formulas.worksheets}
    except Exception:  # a damaged part may fail anywhere inside; the values were read by another reader
        return {}
    if FIX_LIST in marks:  # a copy that we marked ourselves: its colours are ours
        for each in marks.values():
            each.coloured = []
    return marks


def _may_be_marked(path: Path) -> bool:
    """Whether any part holds a word that a mark needs: most workbooks hold none, and reading their styles takes long."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.startswith(("xl/worksheets/", "xl/styles")):
                with archive.open(name) as part:
                    rest = b""
                    while chunk := part.read(1 << 20):
                        if _SIGNS.search(rest + chunk):
                            return True
                        rest = chunk[-40:]
    return False


def add_marks(located: Located, marks: dict[str, Marks] | None) -> None:
    """Tell each row of a table which of its cells are marked, and warn once of what is hidden and of colours."""
    mine = (marks or {}).get(located.sheet)
    if mine is None or not located.letters:
        return
    names = {position(letter) + 1: name for name, letter in located.letters.items()}
    by_row: dict[int, list[str]] = {}
    for (row, column), rule in mine.cells.items():
        if column in names:
            by_row.setdefault(row, []).append(f"{names[column]}={rule}")
    located.marks = [";".join(by_row.get(row, [])) for row in located.rows]
    rows, columns = [n for n in mine.hidden_rows if n in set(located.rows)], mine.hidden_columns
    if rows or columns or mine.is_filtered:
        hidden = f"{len(rows)} hidden row(s), {len(columns)} hidden column(s)" + (", a filter" if mine.is_filtered else "")
        row = rows[0] if rows else located.rows[0] if located.rows else 1
        located.add("hidden-parts", hidden, letter=letters(columns[0] - 1 if columns else 0), row=row)
    coloured = [(row, column) for row, column in mine.coloured if row in set(located.rows)]
    if coloured:
        row, column = coloured[0]
        located.add("coloured-cells", f"{len(coloured)} coloured cell(s)", letter=letters(column - 1), row=row)


def _marks(sheet: Any, results: Any) -> Marks:
    marks = Marks(is_filtered=bool(sheet.auto_filter.filterColumn))
    filled = 0
    for row in sheet.iter_rows():
        for cell in row:
            if cell.value is None:
                continue
            filled += 1
            place = (cell.row, cell.column)
            if rule := _rule(cell, results[cell.coordinate].value):
                marks.cells[place] = rule
            if cell.has_style and cell.fill.fill_type == "solid":
                marks.coloured.append(place)
    marks.hidden_rows = [n for n, row in sorted(sheet.row_dimensions.items()) if row.hidden and _holds(sheet[n])]
    marks.hidden_columns = sorted(n for n in _hidden_columns(sheet) if _holds(next(sheet.iter_cols(n, n))))
    if len(marks.coloured) > _MOSTLY * filled:
        marks.coloured = []
    return marks


def _rule(cell: Any, result: object) -> str:
    if cell.has_style and cell.font.strike:
        return "struck-through"
    if cell.data_type == "e" or (cell.data_type == "f" and str(result).startswith("#")):
        return "cell-error"
    if cell.data_type == "f" and _VOLATILE.search(str(cell.value)):
        return "changing-formula"
    if cell.data_type == "f" and result in _EMPTY_RESULT:
        return "no-result"
    return ""


def _hidden_columns(sheet: Any) -> set[int]:
    hidden: set[int] = set()
    for each in sheet.column_dimensions.values():
        if each.hidden and each.min:
            hidden |= set(range(each.min, min(each.max or each.min, sheet.max_column) + 1))
    return hidden


def _holds(cells: Any) -> bool:
    return any(cell.value is not None for cell in cells)
