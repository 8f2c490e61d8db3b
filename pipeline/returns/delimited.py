"""Read a CSV file: its encoding, its delimiter, its rows; a stray quotation mark costs the lines that it touches alone."""

from __future__ import annotations

import csv
import io
from collections.abc import Set
from typing import TYPE_CHECKING

from pipeline.returns.cells import heading
from pipeline.returns.sheets import HEADER_SEARCH, UNSEEN, Rows, Sheet, UnreadableError

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.config import IntakeSettings

_LONGEST_CELL = 1_000_000
_MOST_LINES = 50
"""No cell of ours holds more lines; a longer one is what a stray quotation mark takes in."""
_MOST_STRAYS = 1000
"""A file with more of them was not written as CSV."""


def read_delimited(path: Path, limits: IntakeSettings, headings: Set[str]) -> Sheet:
    """The rows of one CSV file; `headings` are the known ones, which tell the delimiter. Raises UnreadableError."""
    text, encoding = _decode(path.read_bytes())
    delimiter, width = _find_delimiter(text, headings)
    rows, strays = _rows(text, delimiter, width)
    if len(rows) > limits.max_rows or max(map(len, rows), default=0) > limits.max_columns:
        size = f"{len(rows)} rows of up to {max(map(len, rows))} columns, {UNSEEN}"
        raise UnreadableError("too-large", size, f"{limits.max_rows} rows and {limits.max_columns} columns")
    mark = {",": "", ";": "separated by semicolons", "\t": "separated by tabs"}[delimiter]
    read_as = ", ".join(filter(None, (encoding, mark)))
    return Sheet(path.stem, rows, read_as=read_as, strays=strays, is_ragged=True)


def _rows(text: str, delimiter: str, width: int) -> tuple[Rows, dict[int, int]]:
    """Rows of fields, and which of them are lines with a stray quotation mark, with the field where it stands."""
    csv.field_size_limit(_LONGEST_CELL)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        return _recovered(text, delimiter, width)
    if '"' in text and any(_takes_in_rows(row, delimiter, width) for row in rows):
        return _recovered(text, delimiter, width)
    return rows, {}


def _takes_in_rows(row: list[str], delimiter: str, width: int) -> bool:
    """Whether a cell holds line ends and as many delimiters as a row."""
    return any(("\n" in cell or "\r" in cell) and cell.count(delimiter) >= width > 0 for cell in row)


def _recovered(text: str, delimiter: str, width: int) -> tuple[Rows, dict[int, int]]:
    """The rows line by line. A line that is no row by itself, nor with those below it, is set apart with those that follow.

    The lines that follow are rows again from the first that has all the fields of the headings. Raises UnreadableError where
    lines are still lost at the end and a mark is still open.
    """
    lines = io.StringIO(text, newline=None).read().split("\n")
    if not lines[-1]:
        lines.pop()
    rows: Rows = []
    strays: dict[int, int] = {}
    at, n_lost, n_marks = 0, 0, 0
    while at < len(lines):
        taken = _one(lines, at, delimiter, width, whole=n_lost > 0)
        if taken is None:
            row = lines[at].split(delimiter)
            strays[len(rows)] = next((i for i, field in enumerate(row) if field.count('"') % 2), 0)
            n_lost, n_marks = n_lost + 1, n_marks + lines[at].count('"')
            at += 1
        else:
            row, at = taken
            n_lost, n_marks = (n_lost, n_marks) if row == [] else (0, 0)
        rows.append(row)
        if len(strays) > _MOST_STRAYS:
            raise UnreadableError("unreadable", f"stray quotation marks on more than {_MOST_STRAYS} lines")
    if width <= 0 or (n_lost > 1 and n_marks % 2):
        raise UnreadableError("unreadable", "a stray quotation mark after which no row has its fields again")
    return rows, strays


def _one(lines: list[str], start: int, delimiter: str, width: int, *, whole: bool) -> tuple[list[str], int] | None:
    """The row that begins at a line, and the line after it; with `whole` only one with all its fields."""
    if '"' not in lines[start]:
        row = lines[start].split(delimiter) if lines[start] else []
        return None if whole and row and not _is_whole(row, width) else (row, start + 1)
    for end in range(start + 1, min(start + 1 + _MOST_LINES, len(lines) + 1)):
        try:
            (row,) = csv.reader(io.StringIO("\n".join(lines[start:end])), delimiter=delimiter, strict=True)
        except (csv.Error, ValueError):
            continue
        if _takes_in_rows(row, delimiter, width) or "\n".join(lines[start:end]).count('"') % 2:
            return None
        return (row, end) if _is_whole(row, width) or not (whole or end > start + 1) else None
    return None


def _is_whole(row: list[str], width: int) -> bool:
    """Whether a row has as many fields as the headings, but for blank ones at its end."""
    return len(row) > width and not any(map(str.strip, row[width + 1 :]))


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
