"""Find a table in a sheet: which row holds the headings, which column is which, which rows are data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.returns.cells import heading, is_blank, letters
from pipeline.returns.faults import Fault, fault
from pipeline.returns.sheets import HEADER_SEARCH

if TYPE_CHECKING:
    from pipeline.returns.sheets import Sheet

STRAY, ABOVE = "stray-quotation-mark", "above-headings"
"""The rules of a line that is no row: because of a stray mark, or because it stands above the headings."""
_ITEM = re.compile(r"item_0*([1-9]\d{0,2})")
ITEMS = "items"
"""The column that stands for item_1, item_2, ...; only a table that has it takes those."""


@dataclass
class Located:
    """A table as found in a sheet: cells by known column, with the sheet row of each and the letter of each column.

    `beyond` is, for each row, the letter of the first value to the right of the headings, or nothing. Every row that is
    neither blank nor a heading is in `rows`, also where the table is set aside, and so is one above the headings that is filled
    as a row is. `marks` says of each row which rule its cells
    break (column=rule;...); it may be empty where there is none. `n_extra` rows of a CSV file go on with blank fields.
    """

    table: str
    sheet: str
    site_id: str
    letters: dict[str, str] = field(default_factory=dict)
    rows: list[int] = field(default_factory=list)
    cells: list[list[str]] = field(default_factory=list)
    beyond: list[str] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    n_extra: int = 0
    faults: list[Fault] = field(default_factory=list)
    is_set_aside: bool = False

    def add(self, rule: str, found: str, *, limit: str = "", letter: str = "", row: int | None = None, column: str = "") -> None:
        """Note a fault of the layout; one of severity file sets the table aside."""
        place = {"table": self.table, "sheet": self.sheet, "cell": f"{letter}{row}" if letter else "", "column": column}
        new = fault(rule, site_id=self.site_id, found=found, limit=limit, row=row, severity=None, **place)
        self.faults.append(new)
        self.is_set_aside |= new.severity == "file"


def locate(
    sheet: Sheet, *, site_id: str, table: str, known: Set[str], needed: Set[str], names: Mapping[str, str] | None = None
) -> Located:
    """Take the cells of the known columns out of `sheet`; faults of the layout come with the result, never as exceptions.

    Blank rows and repeated headings are passed over. Unknown columns are counted and not kept. `names` gives the known column
    that a site's own heading stands for, spelt as `cells.heading` makes it.
    """
    located = Located(table, sheet.name, site_id)
    names = names or {}
    at = _header_row(sheet, known, needed, names)
    if at is None:
        located.add("heading-not-found", "no such row", limit=", ".join(sorted(needed)))
        _take_rows(located, sheet, 0, 0, [])
        return located
    columns = _columns(sheet.rows[at], known, names)
    _check_headings(located, sheet, at, columns, needed)
    _count_unknown(located, sheet, at, columns)
    positions = sorted({name: i for i, name in reversed(columns.items())}.values())
    located.letters = {columns[i]: letters(sheet.first_column + i) for i in positions}
    titled = [i for i, row in enumerate(sheet.rows[:at]) if len(set(_columns(row, known, names).values())) > 1]
    n_above = _take_rows_above(located, sheet, [i for i in range(at) if i not in titled], positions, needed)
    _check_above(located, sheet, at, titled, needed)
    _take_rows(located, sheet, at + 1, _width(sheet.rows[at]), positions)
    if n_above:
        _mark(located, dict.fromkeys(located.rows[:n_above], 0), positions, ABOVE)
    if located.n_extra:
        located.add("blank-extra-fields", f"{located.n_extra} row(s) with blank fields after the last heading")
    return located


def _width(titles: list[str]) -> int:
    return max((i + 1 for i, title in enumerate(titles) if not is_blank([title])), default=0)


def _columns(row: list[str], known: Set[str], names: Mapping[str, str]) -> dict[int, str]:
    columns = {}
    for i, title in enumerate(row):
        name = names.get(heading(title), heading(title))
        if ITEMS in known and (item := _ITEM.fullmatch(name)):
            name = f"item_{item[1]}"
        if name in known or (ITEMS in known and _ITEM.fullmatch(name)):
            columns[i] = name
    return columns


def _check_headings(located: Located, sheet: Sheet, at: int, columns: dict[int, str], needed: Set[str]) -> None:
    names, row = list(columns.values()), sheet.first_row + at + 1
    again = next((i for n, i in enumerate(columns) if names[n] in names[:n]), None)
    if again is not None:
        name = columns[again]
        located.add("heading-twice", f"{name} twice", letter=letters(sheet.first_column + again), row=row, column=name)
    if ITEMS in names and (item := next((n for n in names if _ITEM.fullmatch(n)), None)):
        located.add("heading-twice", f"answers as {ITEMS} and as {item}", row=row, column=item)
    missing = sorted(needed - set(names))
    if missing:
        located.add("heading-not-found", f"no column {', '.join(missing)}", limit=", ".join(sorted(needed)), row=row)


def _take_rows(located: Located, sheet: Sheet, start: int, width: int, positions: list[int]) -> None:
    titles = [heading(cell) for cell in sheet.rows[start - 1][:width]] if width else []
    least, rank = max(positions, default=-1) + 1, next((i for i, title in enumerate(titles) if title), -1)
    word = titles[rank].partition("_")[0] if rank >= 0 else ""
    for offset, row in enumerate(sheet.rows[start:], start=start):
        if is_blank(row):
            continue
        is_like = rank < len(row) and word in row[rank].lower()  # far sooner told than that the headings are there again
        if titles and is_like and [heading(cell) for cell in row[:width]] == titles:
            continue
        extra = len(row) > width and bool(titles)
        over = next((i for i in range(width, len(row)) if not is_blank([row[i]])), None) if extra else None
        is_stray = offset in sheet.strays
        located.n_extra += extra and over is None and sheet.is_ragged and not is_stray
        located.rows.append(sheet.first_row + offset + 1)
        located.beyond.append("" if over is None or is_stray else letters(sheet.first_column + over))
        located.cells.append([row[i] for i in positions] if len(row) >= least else [*_filled(row, positions)])
    if sheet.strays and positions:
        _mark(located, {sheet.first_row + at + 1: column for at, column in sheet.strays.items()}, positions, STRAY)


def _take_rows_above(located: Located, sheet: Sheet, above: list[int], positions: list[int], needed: Set[str]) -> int:
    """Take the rows `above` the headings that are filled as a row is, and say how many: banners and notes are not.

    Such a row has a value under every needed column, or under half of the known ones, and never one value alone.
    """
    names = list(located.letters)
    asked = [i for i, name in enumerate(names) if name in needed]
    for offset in above:
        cells = [*_filled(sheet.rows[offset], positions)]
        has = [not is_blank([cell]) for cell in cells]
        is_whole = len(asked) == len(needed) > 0 and all(has[i] for i in asked)
        if sum(has) > 1 and (is_whole or 2 * sum(has) >= len(has)) and offset not in sheet.strays:
            located.rows.append(sheet.first_row + offset + 1)
            located.beyond.append("")
            located.cells.append(cells)
    return len(located.rows)


def _check_above(located: Located, sheet: Sheet, at: int, titled: list[int], needed: Set[str]) -> None:
    """Set the table aside where another row of headings stands above, with rows of its own below it."""
    if titled and any(sum(not is_blank([cell]) for cell in row) > 1 for row in sheet.rows[titled[-1] + 1 : at]):
        first, row = sheet.first_row + titled[0] + 1, sheet.first_row + at + 1
        located.add("heading-not-found", f"headings in rows {first} and {row}", limit=", ".join(sorted(needed)), row=first)


def _mark(located: Located, by_row: Mapping[int, int], positions: list[int], rule: str) -> None:
    """Mark each line that is no row at the column given, or at the nearest known one before it; its site is not believed."""
    names, at_site = list(located.letters), list(located.letters).index("site_id") if "site_id" in located.letters else None
    located.marks = located.marks or [""] * len(located.rows)
    for i, row in enumerate(located.rows):
        if row in by_row:
            nearest = max((n for n, position in enumerate(positions) if position <= by_row[row]), default=0)
            located.marks[i] = f"{names[nearest]}={rule}"
            if at_site is not None:
                located.cells[i][at_site] = ""


def _filled(row: list[str], positions: list[int]) -> Iterator[str]:
    yield from (row[i] if i < len(row) else "" for i in positions)


def _count_unknown(located: Located, sheet: Sheet, at: int, columns: dict[int, str]) -> None:
    """Count columns that are not kept: those with another heading, and those with values under no heading."""
    titles = sheet.rows[at]
    other = [i for i in range(_width(titles)) if i not in columns]
    unknown = [i for i in other if not all(is_blank(row[i : i + 1]) for row in sheet.rows[at:])]
    if unknown:
        letter = letters(sheet.first_column + unknown[0])
        located.add("unknown-columns", f"{len(unknown)} other column(s)", letter=letter, row=sheet.first_row + at + 1)


def _header_row(sheet: Sheet, known: Set[str], needed: Set[str], names: Mapping[str, str]) -> int | None:
    """The row with most known headings, where it has two or all that are needed."""
    rows = [set(_columns(row, known, names).values()) for row in sheet.rows[:HEADER_SEARCH]]
    best = max(range(len(rows)), key=lambda number: len(rows[number]), default=0)
    found = rows[best] if rows else set()
    return best if len(found) > 1 or (needed and found >= needed) else None
