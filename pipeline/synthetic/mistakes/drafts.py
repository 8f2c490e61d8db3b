"""A return before it is written: sheets of cells that a mistake may touch, and what the answer key says of each mistake."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pipeline.returns.cells import letters

if TYPE_CHECKING:
    from numpy.random import Generator

    from pipeline.synthetic.drawing import Column, Table

Row = list[Any]
Fits = Callable[[int], bool]
CONSEQUENCES = {
    **{"file": "table set aside", "row": "row rejected", "value": "value blanked"},
    **{"warning": "nothing", "note": "nothing", "": "nothing"},
}


class NoRoomError(Exception):
    """The return has no place where this mistake can stand; nothing was changed."""


@dataclass(frozen=True)
class Formula:
    """A formula, and the result that the file keeps of it."""

    text: str
    result: Any


@dataclass(frozen=True, kw_only=True)
class Planted:
    """One line of the answer key. A mistake that nothing need be said of has no rule."""

    number: int
    mistake: str
    site_id: str
    rule_id: str = ""
    severity: str = ""
    table: str = ""
    sheet: str = ""
    cell: str = ""
    consequence: str = ""
    file: str = ""


@dataclass
class Sheet:
    """One sheet or CSV file; rows and columns are counted from 0, the row `head` holds the headings.

    `taken` are rows that a mistake touches; `lines` are rows of a CSV file that are not written as such, but as they stand there.
    """

    name: str
    rows: list[Row]
    head: int = 0
    taken: set[int] = field(default_factory=set)
    looks: dict[tuple[int, int], dict[str, Any]] = field(default_factory=dict)
    comments: dict[tuple[int, int], str] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    shows_only: tuple[int, str] | None = None
    is_hidden: bool = False
    formatted_blanks: int = 0
    encoding: str = "utf-8"
    delimiter: str = ","
    lines: dict[int, str] = field(default_factory=dict)

    def copied(self) -> Sheet:
        """A sheet that can be changed without changing this one."""
        own: dict[str, Any] = {name: type(value)(value) for name, value in vars(self).items() if isinstance(value, dict | set)}
        return replace(self, **own, rows=[row.copy() for row in self.rows])

    @property
    def headings(self) -> Row:
        """The row of headings."""
        return self.rows[self.head]

    def data(self) -> list[int]:
        """The rows below the headings that hold something else than the headings again."""
        below = list(enumerate(self.rows))[self.head + 1 :]
        return [r for r, row in below if row != self.headings and any(value is not None for value in row)]

    def at(self, column: str) -> int:
        """Where a column stands. Raises NoRoomError."""
        if column not in self.headings:
            raise NoRoomError
        return self.headings.index(column)

    def get(self, row: int, column: str) -> Any:
        """The value of a cell."""
        return self.rows[row][self.at(column)]

    def put(self, row: int, column: str, value: Any) -> None:
        """Write a cell."""
        self.rows[row][self.at(column)] = value

    def cell(self, row: int, column: str) -> str:
        """The address of a cell, as A1."""
        return f"{letters(self.at(column))}{row + 1}"

    def where(self, fits: Fits) -> list[int]:
        """The rows of data that fit."""
        return [row for row in self.data() if fits(row)]

    def at_least(self, n: int) -> list[int]:
        """The rows of data. Raises NoRoomError where there are fewer than `n`."""
        if len(rows := self.data()) < n:
            raise NoRoomError
        return rows

    def take(self, rng: Generator, fits: Fits) -> int:
        """Take one row that fits and that no mistake touches. Raises NoRoomError."""
        free = self.where(lambda row: row not in self.taken and fits(row))
        if not free:
            raise NoRoomError
        row = int(rng.choice(free))
        self.taken.add(row)
        return row

    def append(self, row: Row) -> int:
        """Add a row at the end, which is then taken."""
        self.rows.append(list(row))
        self.taken.add(len(self.rows) - 1)
        return len(self.rows) - 1

    def given(self, *columns: str) -> Fits:
        """Rows that hold something in each of the columns."""
        places = [self.at(column) for column in columns]
        return lambda row: all(self.rows[row][place] is not None for place in places)


@dataclass
class Draft:
    """The return of one site: its sheets by name, and how the file around them is made.

    `files` are written in place of the workbook or folder, `beside` additionally, `links` are links in the folder of returns;
    names are relative to that folder. `parts` are put into the package of the workbook as they are.
    """

    site_id: str
    form: str
    sheets: dict[str, Sheet]
    suffix: str = ".xlsx"
    version: str = ""
    properties: dict[str, Any] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    has_macros: bool = False
    since_1904: bool = False
    parts: dict[str, bytes] = field(default_factory=dict)
    mapping: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    beside: dict[str, bytes] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    identifiers: list[str] = field(default_factory=list)

    def copied(self) -> Draft:
        """A return that can be changed without changing this one."""
        own: dict[str, Any] = {name: type(value)(value) for name, value in vars(self).items() if isinstance(value, dict | list)}
        return replace(self, **(own | {"sheets": {name: sheet.copied() for name, sheet in self.sheets.items()}}))

    def __getitem__(self, name: str) -> Sheet:
        return self.sheets[name]

    def told(
        self, number: int, mistake: str, rule: str = "", severity: str = "", *, table: str = "", sheet: str = "", **said: str
    ) -> Planted:
        """A line of the answer key; a table's sheet is named as the table, if nothing else is said."""
        consequence = said.pop("consequence", CONSEQUENCES[severity])
        place = {"table": table, "sheet": sheet or table} | said
        return Planted(
            number=number,
            mistake=mistake,
            site_id=self.site_id,
            rule_id=rule,
            severity=severity,
            consequence=consequence,
            **place,
        )

    def in_cell(self, number: int, mistake: str, rule: str, severity: str, table: str, row: int, column: str) -> Planted:
        """A line of the answer key for one cell of a table."""
        sheet = self.sheets[table]
        return self.told(number, mistake, rule, severity, table=table, sheet=sheet.name, cell=sheet.cell(row, column))


def draft_of(site_id: str, form: str, tables: dict[str, Table]) -> Draft:
    """The return of a site as it would be without mistakes."""
    sheets = {}
    for name, table in tables.items():
        columns = [_values(values) for values in table.values()]
        sheets[name] = Sheet(name, [list(table), *map(list, zip(*columns, strict=True))])
    return Draft(site_id, form, sheets)


def _values(column: Column) -> Row:
    """Plain values, None where there is none."""
    if column.dtype.kind == "M":
        return list(column.astype("datetime64[D]").tolist())
    return [None if value is None or value != value else _whole(value) for value in column.tolist()]


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def day(value: Any) -> datetime.date:
    """A date of a sheet. Raises NoRoomError where it is none, as at a site that counts days."""
    if not isinstance(value, datetime.date):
        raise NoRoomError
    return value
