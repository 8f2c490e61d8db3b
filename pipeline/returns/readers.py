"""Open a return and give its sheets as rows of cells; what cannot be read is a finding, never an exception."""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from pipeline.returns.cells import as_text, heading, position
from pipeline.returns.inventory import is_ignored

if TYPE_CHECKING:
    from pipeline.config import IntakeSettings

Rows = list[list[str]]
HEADER_SEARCH = 30
"""Headings are looked for in so many rows."""
_MOST_CELLS = 25_000_000
"""Between the first and the last cell of a sheet; the reader takes up 32 bytes for each, filled or not."""
_MOST_VALUES = 3_000_000
"""Between the first and the last cell of a sheet whose values are held as their types, and written again."""
_CLOSED = "a file that cannot be opened"
_DAMAGED = "a file that is damaged, protected by a password, or no workbook"
_ADDRESS = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{1,3})([0-9]{1,7})["']""")


class UnreadableError(Exception):
    """What is not read: `kind` is unreadable or too-large, `found` what is wrong, `limit` what is allowed."""

    def __init__(self, kind: str, found: str, limit: str = "") -> None:
        super().__init__(found)
        self.kind, self.found, self.limit = kind, found, limit


@dataclass(frozen=True)
class Sheet:
    """One sheet or CSV file: its name, its cells as text, and the row and column where the cells begin, from 0.

    `trouble` is why it was not read; `read_as` says how, where that was not plain.
    """

    name: str
    rows: Rows = field(default_factory=list)
    first_row: int = 0
    first_column: int = 0
    trouble: UnreadableError | None = None
    read_as: str = ""


def read_sheets(path: Path, limits: IntakeSettings, headings: Set[str]) -> list[Sheet]:
    """Every sheet of a workbook, or every file of a folder, in order. Raises UnreadableError.

    `headings` are the known headings; they tell which mark separates the columns of a CSV file.
    """
    try:
        return _read_folder(path, limits, headings) if path.is_dir() else _read_workbook(path, limits)
    except OSError:
        raise UnreadableError("unreadable", _CLOSED) from None


@dataclass(frozen=True)
class Values:
    """One visible sheet: its name, its number from 1, its values as their types, and the row and column where they begin."""

    name: str
    number: int
    rows: list[list[Any]]
    first_row: int
    first_column: int


def read_values(path: Path) -> tuple[list[Values], Counter[str]]:
    """The visible sheets of a workbook that `read_sheets` has read, and how many others there are of which sort.

    Raises UnreadableError.
    """
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    sheets, left_out = [], Counter[str]()
    try:
        with CalamineWorkbook.from_path(path) as book:
            for number, about in enumerate(book.sheets_metadata):
                is_shown, sheet = about.visible == SheetVisibleEnum.Visible, None
                if is_shown and about.typ == SheetTypeEnum.WorkSheet:
                    sheet = book.get_sheet_by_index(number)
                if sheet is not None and sheet.height * sheet.width <= _MOST_VALUES:
                    rows = sheet.to_python(skip_empty_area=True)
                    sheets.append(Values(about.name, number + 1, rows, *(sheet.start or (0, 0))))
                else:
                    left_out["too large" if sheet is not None else "without cells" if is_shown else "hidden"] += 1
    except OSError:
        raise UnreadableError("unreadable", _CLOSED) from None
    except _damaged():
        raise UnreadableError("unreadable", _DAMAGED) from None
    return sheets, left_out


def _damaged() -> tuple[type[Exception], ...]:
    from python_calamine import CalamineError

    return (CalamineError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError)


def _read_folder(folder: Path, limits: IntakeSettings, headings: Set[str]) -> list[Sheet]:
    files = sorted(p for p in folder.iterdir() if not is_ignored(p.name))
    if not any(p.suffix.lower() == ".csv" for p in files):
        raise UnreadableError("unreadable", "a folder without a CSV file")
    return [_read_file(file, limits, headings) for file in files]


def _read_file(path: Path, limits: IntakeSettings, headings: Set[str]) -> Sheet:
    try:
        if path.is_symlink() or not path.is_file() or path.suffix.lower() != ".csv":
            raise UnreadableError("unreadable", "something other than a CSV file")
        _refuse_size(path, limits)
        return _read_csv(path, limits, headings)
    except UnreadableError as trouble:
        return Sheet(path.stem, trouble=trouble)


def _read_workbook(path: Path, limits: IntakeSettings) -> list[Sheet]:
    from python_calamine import CalamineWorkbook

    _refuse_size(path, limits)
    try:
        _refuse_bomb(path, limits)
        with CalamineWorkbook.from_path(path) as book:
            return [_read_sheet(book, name, limits) for name in book.sheet_names]
    except _damaged():
        raise UnreadableError("unreadable", _DAMAGED) from None


def _read_sheet(book: object, name: str, limits: IntakeSettings) -> Sheet:
    sheet = book.get_sheet_by_name(name)  # type: ignore[attr-defined] # calamine has no public base type
    if sheet.height > limits.max_rows or sheet.width > limits.max_columns:
        size = f"a sheet of {sheet.height} rows and {sheet.width} columns"
        return Sheet(name, trouble=UnreadableError("too-large", size, _size(limits)))
    start = sheet.start or (0, 0)
    rows = [[as_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=True)]
    return Sheet(name, rows, *start)


def _read_csv(path: Path, limits: IntakeSettings, headings: Set[str]) -> Sheet:
    text, encoding = _decode(path.read_bytes())
    delimiter, width = _find_delimiter(text, headings)
    csv.field_size_limit(1_000_000)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        raise UnreadableError("unreadable", "a stray quotation mark") from None
    if len(rows) > limits.max_rows or max(map(len, rows), default=0) > limits.max_columns:
        raise UnreadableError("too-large", f"{len(rows)} rows of up to {max(map(len, rows))} columns", _size(limits))
    if any("\n" in cell and cell.count(delimiter) >= width > 0 for row in rows for cell in row):
        raise UnreadableError("unreadable", "a stray quotation mark that takes in whole rows")
    mark = {",": "", ";": "separated by semicolons", "\t": "separated by tabs"}[delimiter]
    return Sheet(path.stem, rows, read_as=", ".join(filter(None, (encoding, mark))))


def _find_delimiter(text: str, headings: Set[str]) -> tuple[str, int]:
    """The mark that shows most known headings, and how often it stands between them."""
    lines = text[:100_000].splitlines()[:HEADER_SEARCH]
    best, delimiter, width = 0, ",", 0
    for mark in ",;\t":
        for line in lines:
            hits = len({heading(word) for word in line.split(mark)} & headings)
            if hits > best:
                best, delimiter, width = hits, mark, line.count(mark)
    return delimiter, width


def _decode(content: bytes) -> tuple[str, str]:
    """The text, and its encoding where that is not UTF-8."""
    if not content:
        raise UnreadableError("unreadable", "an empty file")
    is_wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding, name in (("utf-16", "UTF-16"),) if is_wide else (("utf-8-sig", ""), ("cp1252", "Windows-1252")):
        try:
            return content.decode(encoding), name
        except UnicodeDecodeError:
            continue
    raise UnreadableError("unreadable", "text in no encoding that is known")


def _refuse_size(path: Path, limits: IntakeSettings) -> None:
    size = path.stat().st_size
    if size > limits.max_file_megabytes * 1e6:
        raise UnreadableError("too-large", f"{size / 1e6:.0f} MB", f"{limits.max_file_megabytes} MB")
    if size == 0:
        raise UnreadableError("unreadable", "an empty file")


def _refuse_bomb(path: Path, limits: IntakeSettings) -> None:
    """Refuse what would fill the memory before its size can be asked: the reader unpacks a sheet from first to last cell."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        inside = sum(member.file_size for member in archive.infolist())
        ratio = inside / max(path.stat().st_size, 1)
        if inside > 50e6 and ratio > limits.max_compression_ratio:
            raise UnreadableError("too-large", f"a file that unpacks to {ratio:.0f} times its size", "an ordinary workbook")
        for name in archive.namelist():
            with archive.open(name) as part:
                _refuse_extent(part)


def _refuse_extent(part: IO[bytes]) -> None:
    height, width, rest = 0, 0, b""
    while chunk := part.read(1 << 20):
        found = _ADDRESS.findall(rest + chunk)
        height = max([height, *(int(row) for _, row in found)])
        width = max([width, *(position(column.decode()) + 1 for column in {column for column, _ in found})])
        rest = chunk[-100:]
    if height * width > _MOST_CELLS:
        size = f"a sheet of {height} rows and {width} columns"
        raise UnreadableError("too-large", size, f"{_MOST_CELLS:,} cells from the first to the last")


def _size(limits: IntakeSettings) -> str:
    return f"{limits.max_rows} rows and {limits.max_columns} columns"
