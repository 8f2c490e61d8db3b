"""Ingest: one return to cells as text, each with its address; nothing is parsed, nothing is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.returns.cells import heading, is_blank
from pipeline.returns.faults import Fault, as_rows, fault
from pipeline.returns.incident import as_faults, is_incident, without_identifiers
from pipeline.returns.layout import Located, locate
from pipeline.returns.readers import Sheet, UnreadableError, read_sheets
from pipeline.returns.scan import scan_return
from pipeline.tables import schemas

if TYPE_CHECKING:
    from pandas import DataFrame

    from pipeline.config import IntakeSettings
    from pipeline.returns.inventory import Return

SHEET, ROW, BEYOND = "_sheet", "_row", "_beyond"
_OURS = {"read_me"}
"""Sheets of our own template that hold no data."""


def ingest(received: Return, limits: IntakeSettings) -> dict[str, DataFrame]:
    """Read a return into one frame of text a table, with `layout`, `faults` and `intake` beside them.

    In each table `_sheet` and `_row` are the sheet and its row, `_beyond` the letter of a value right of the headings, if
    any; `layout` names the letter of each column, so that letter + row is the cell. A table that is set aside keeps its
    rows; a return that cannot be read gives its faults alone.
    """
    from pipeline.tables.returned import RETURNED

    site_id, form = received.site_id, "folder" if received.path.is_dir() else "workbook"
    faults = [fault("superseded", site_id=site_id, found=name) for name in received.superseded]
    if received.conflicting:
        return _unread([*faults, fault("file-conflict", site_id=site_id, found=", ".join(received.conflicting))])
    try:
        sheets = read_sheets(received.path, limits, {column for schema in RETURNED.values() for column in schema.columns})
    except UnreadableError as error:
        return _unread([*faults, fault(f"file-{error.kind}", site_id=site_id, found=error.found, limit=error.limit)])
    found = scan_return(received.path, sheets)
    faults += as_faults(found, site_id)
    if is_incident(found):
        return _unread(faults)
    sheets = without_identifiers(sheets, found)
    tables: dict[str, list[Located]] = {}
    for sheet in sheets:
        if (name := heading(sheet.name)) in RETURNED:
            tables.setdefault(name, []).append(_locate(sheet, site_id, name))
    if not tables:
        return _unread([*faults, fault("no-known-table", site_id=site_id, found="none", limit=", ".join(RETURNED))])
    faults += _unknown_sheets(sheets, set(RETURNED), site_id)
    for same in tables.values():
        if len(same) > 1:
            same[-1].add("table-twice", f"{len(same)} sheets")
    return _frames(tables, [*faults, *(f for same in tables.values() for found in same for f in found.faults)], form)


def _locate(sheet: Sheet, site_id: str, table: str) -> Located:
    columns = schemas()[table].columns
    needed = {name for name, column in columns.items() if column.metadata["needed"] and name != "site_id"}
    if sheet.trouble is not None:
        located = Located(table, sheet.name, site_id)
        located.add(f"table-{sheet.trouble.kind}", sheet.trouble.found, limit=sheet.trouble.limit)
        return located
    located = locate(sheet, site_id=site_id, table=table, known=set(columns), needed=needed)
    if sheet.read_as:
        located.add("read-as", sheet.read_as)
    return located


def _unknown_sheets(sheets: list[Sheet], known: set[str], site_id: str) -> list[Fault]:
    """One warning for all sheets and files that hold something and are no table."""
    unknown = [s for s in sheets if heading(s.name) not in known | _OURS and (s.trouble or not all(map(is_blank, s.rows)))]
    return [fault("unknown-sheets", site_id=site_id, found=f"{len(unknown)} other sheet(s) or file(s)")] if unknown else []


def _unread(faults: list[Fault]) -> dict[str, DataFrame]:
    import pandas as pd

    intake = pd.DataFrame([{"table": "", "rows_read": 0, "is_set_aside": True, "form": "unreadable"}])
    return {**_frames({}, faults, "unreadable"), "intake": intake}


def _frames(tables: dict[str, list[Located]], faults: list[Fault], form: str) -> dict[str, DataFrame]:
    import pandas as pd

    def one(found: Located) -> DataFrame:
        cells = pd.DataFrame(found.cells, columns=list(found.letters), dtype="str")
        places = {SHEET: found.sheet, ROW: pd.Series(found.rows, dtype="int64"), BEYOND: pd.Series(found.beyond, dtype="str")}
        return pd.DataFrame(places, index=cells.index).astype({SHEET: "str"}).join(cells)

    frames = {name: pd.concat([one(found) for found in same], ignore_index=True) for name, same in tables.items()}
    layout = [
        {"table": name, "sheet": found.sheet, "column": column, "letter": letter}
        for name, same in tables.items()
        for found in same
        for column, letter in found.letters.items()
    ]
    intake = [
        {
            "table": name,
            "rows_read": sum(len(found.rows) for found in same),
            "is_set_aside": any(found.is_set_aside for found in same),
            "form": form,
        }
        for name, same in tables.items()
    ]
    return {
        **frames,
        "layout": pd.DataFrame(layout, columns=["table", "sheet", "column", "letter"], dtype="str"),
        "faults": pd.DataFrame(as_rows(faults), columns=list(schemas()["rejected"].columns)).astype({"row": "Int64"}),
        "intake": pd.DataFrame(intake),
    }
