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
MOST_UNPACKED = 30_000_000
"""Of the sheets: formatted rows without values pack to next to nothing."""
_VOLATILE = re.compile(r"\b(TODAY|NOW|RAND|RANDBETWEEN|OFFSET|INDIRECT)\s*\(", re.IGNORECASE)
_STRIKE = re.compile(rb"<(\w+:)?strike\b")
_SIGNS = re.compile(rb"""<(\w+:)?f[\s>/]|<(\w+:)?strike|hidden\s*=|t\s*=\s*["']e["']|filterColumn|solid""")
_WORDS = (b"<f", b":f", b"strike", b"hidden", b'"e"', b"'e'", b"filterColumn", b"solid")
"""One of them stands in every sign, and each is found far sooner."""
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


def read_marks(path: Path) -> tuple[dict[str, Marks], str]:
    """The marks of each sheet of a workbook by its name, none where it has none; and why they were not read, if so."""
    if path.is_dir():
        return {}, ""
    if path.suffix.lower() not in {".xlsx", ".xlsm"}:
        return {}, f"a workbook that ends in {path.suffix.lower()}"
    if path.stat().st_size > MOST_BYTES or _unpacked(path) > MOST_UNPACKED:
        return {}, "a larger one"
    import openpyxl

    try:
        is_rich = _holds_sign(path, ("xl/sharedStrings",), _STRIKE)
        if not is_rich and not _holds_sign(path, ("xl/worksheets/", "xl/styles"), _SIGNS):
            return {}, ""
        is_rich = is_rich or _holds_sign(path, ("xl/worksheets/",), _STRIKE)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            formulas = openpyxl.load_workbook(path, keep_links=False, rich_text=is_rich)
            has_formula = any(cell.data_type == "f" for sheet in formulas.worksheets for row in sheet.iter_rows() for cell in row)
            results = openpyxl.load_workbook(path, keep_links=False, data_only=True) if has_formula else formulas
            marks = {sheet.title: _marks(sheet, results[sheet.title]) for sheet in formulas.worksheets}
    except Exception:  # a damaged part may fail anywhere inside; the values were read by another reader
        return {}, "a workbook that does not open as Excel writes it"
    if FIX_LIST in marks:  # a copy that we marked ourselves: its colours are ours
        for each in marks.values():
            each.coloured = []
    return marks, ""


def _unpacked(path: Path) -> int:
    try:
        with zipfile.ZipFile(path) as archive:
            return sum(member.file_size for member in archive.infolist() if member.filename.startswith("xl/worksheets/"))
    except (OSError, zipfile.BadZipFile):
        return 0


def _holds_sign(path: Path, parts: tuple[str, ...], sign: re.Pattern[bytes]) -> bool:
    """Whether any of the parts holds a word that a mark needs: most workbooks hold none, and reading their styles takes long."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.startswith(parts):
                with archive.open(name) as part:
                    rest = b""
                    while chunk := part.read(1 << 20):
                        window = rest + chunk
                        if any(word in window for word in _WORDS) and sign.search(window):
                            return True
                        rest = chunk[-40:]
    return False


def add_marks(located: Located, marks: dict[str, Marks]) -> None:
    """Tell each row of a table which of its cells are marked, and warn once of what is hidden and of colours."""
    mine = marks.get(located.sheet)
    if mine is None or not located.letters:
        return
    names = {position(letter) + 1: name for name, letter in located.letters.items()}
    by_row: dict[int, list[str]] = {}
    for (row, column), rule in mine.cells.items():
        if column in names:
            by_row.setdefault(row, []).append(f"{names[column]}={rule}")
    old = located.marks or [""] * len(located.rows)
    located.marks = [";".join(filter(None, [mark, *by_row.get(row, [])])) for row, mark in zip(located.rows, old, strict=True)]
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
    if (cell.has_style and cell.font.strike) or _is_partly_struck(cell.value):
        return "struck-through"
    if cell.data_type == "e" or (cell.data_type == "f" and str(result).startswith("#")):
        return "cell-error"
    if cell.data_type == "f" and _VOLATILE.search(str(getattr(cell.value, "text", cell.value))):
        return "changing-formula"
    if cell.data_type == "f" and result in _EMPTY_RESULT:
        return "no-result"
    return ""


def _is_partly_struck(value: object) -> bool:
    """Whether a part of a cell's text is struck through: what is left of it is a guess."""
    from openpyxl.cell.rich_text import CellRichText, TextBlock

    return isinstance(value, CellRichText) and any(isinstance(each, TextBlock) and each.font.strike for each in value)


def _hidden_columns(sheet: Any) -> set[int]:
    hidden: set[int] = set()
    for each in sheet.column_dimensions.values():
        if each.hidden and each.min:
            hidden |= set(range(each.min, min(each.max or each.min, sheet.max_column) + 1))
    return hidden


def _holds(cells: Any) -> bool:
    return any(cell.value is not None for cell in cells)
