"""What binds a decision to the return and the value that it was taken on: their hashes, and where the value stands."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.returns.cells import position

if TYPE_CHECKING:
    from pandas import DataFrame, Series

SHEET, ROW, PART = "_sheet", "_row", "_part"
ADDRESS = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
BESIDE = ("layout", "faults", "intake")
"""Frames of a return's records that hold no table of it."""


def value_hash(text: object) -> str:
    """The hash of a cell's text: `v` and the first 16 hexadecimal digits of the SHA-256 of its UTF-8, without outer blanks.

    The text is the cell as `ingest` keeps it, after the site's mapping; a missing cell counts as blank. The `v` keeps a
    spreadsheet from making a number of it. It tells values apart and hides none: a score is found by trying every score, so
    whatever holds these hashes stays where the values are.
    """
    plain = text.strip() if isinstance(text, str) else ""
    return "v" + hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def return_hash(frames: Mapping[str, DataFrame]) -> str:
    """The hash of the file or folder behind the records of one site; blank where none was read."""
    intake = frames["intake"]
    return str(intake["return_hash"].iloc[0] or "") if "return_hash" in intake and len(intake) else ""


@dataclass(frozen=True)
class Found:
    """One value in the records of a site: its table, its column, the index of its row, and its text."""

    table: str
    column: str
    index: Any
    text: str


class Cells:
    """The records of one site by sheet and cell; each part of a table is gone through once, when first asked for."""

    def __init__(self, frames: Mapping[str, DataFrame]) -> None:
        self._frames = frames
        self._rows: dict[tuple[str, int, str], dict[int, Any]] = {}

    def at(self, sheet: str, cell: str) -> list[Found]:
        """What stands in a cell; several times where the parts of a wide sheet share it, and none outside every table."""
        match = ADDRESS.fullmatch(cell)
        found = []
        for table, part, column in _columns(self._frames, sheet, match[1]) if match else ():
            index = self._index(table, part, sheet).get(int(match[2])) if match else None
            if index is not None:
                text = self._frames[table].at[index, column]  # noqa: PD008 (one cell, and many are asked for)
                found.append(Found(table, column, index, text if isinstance(text, str) else ""))
        return found

    def _index(self, table: str, part: int, sheet: str) -> dict[int, Any]:
        key = (table, part, sheet)
        if key not in self._rows:
            frame = self._frames[table]
            mine = frame.loc[(frame[SHEET] == sheet) & (frame[PART] == part), ROW]
            self._rows[key] = dict(zip(mine.tolist(), mine.index.tolist(), strict=True))
        return self._rows[key]


def with_hashes(rejected: DataFrame, records: Mapping[str, Mapping[str, DataFrame]]) -> DataFrame:
    """The table `rejected` with `return_hash`, and `value_hash` wherever the cell lies in a table of the return.

    `records` holds by site the frames as ingest made them, before any correction: a decision is bound to what the site sent.
    """
    import pandas as pd

    if rejected.empty:
        return rejected
    text = {name: rejected[name].fillna("").astype("str") for name in ("site_id", "sheet", "cell")}
    parts = text["cell"].str.extract(f"^{ADDRESS.pattern}$")
    hashes = pd.Series("", index=rejected.index, dtype="str")
    places = pd.DataFrame({"site": text["site_id"], "sheet": text["sheet"], "letter": parts[0]}).dropna()
    for place, mine in places.groupby(["site", "sheet", "letter"]):
        site, sheet, letter = map(str, place)
        rows = parts.loc[mine.index, 1].astype("int64")
        for table, part, column in _columns(records[site], sheet, letter) if site in records else ():
            found = rows.map(_by_row(records[site][table], sheet, part, column, set(rows))).dropna()
            hashes.loc[found.index] = found.map({value: value_hash(value) for value in found.unique()})
    returns = {site: return_hash(frames) for site, frames in records.items()}
    return rejected.assign(return_hash=text["site_id"].map(returns).fillna("").astype("str"), value_hash=hashes)


def _by_row(frame: DataFrame, sheet: str, part: int, column: str, rows: set[int]) -> Series[str]:
    """The texts of a column by row, of the rows that are asked for."""
    few = frame[frame[ROW].isin(rows)]
    mine = few[(few[SHEET] == sheet) & (few[PART] == part)].drop_duplicates(ROW)
    return mine.set_index(ROW)[column].fillna("").astype("str")


def _columns(frames: Mapping[str, DataFrame], sheet: str, letter: str) -> list[tuple[str, int, str]]:
    """The table, part and column under a letter; where the score of a wide sheet gives three columns, the last is its value."""
    layout = frames["layout"]
    mine = layout[(layout["sheet"] == sheet) & (layout["letter"] == letter)]
    last = {(t, int(p)): c for t, p, c in zip(mine["table"], mine["part"], mine["column"], strict=True) if c in frames[t]}
    return [(table, part, column) for (table, part), column in last.items()]


def row_of(cell: str) -> int | None:
    """The row of a cell, counted from 1."""
    match = ADDRESS.fullmatch(cell)
    return int(match[2]) if match else None


def in_order(cell: str) -> tuple[int, int]:
    """Where a cell stands when cells are read row by row."""
    match = ADDRESS.fullmatch(cell)
    return (int(match[2]), position(match[1])) if match else (0, 0)
