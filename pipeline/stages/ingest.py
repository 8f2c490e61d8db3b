"""Ingest: one return to cells as text, each with its address; nothing is parsed, nothing is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.returns.cell_marks import MOST_BYTES, add_marks, read_marks
from pipeline.returns.cells import heading, is_blank
from pipeline.returns.faults import Fault, as_rows, fault
from pipeline.returns.incident import as_faults, is_incident, without_identifiers
from pipeline.returns.mapped import headings_in, locate_table, table_of
from pipeline.returns.mapping import read_mapping
from pipeline.returns.resubmission import choose
from pipeline.returns.scan import scan_return
from pipeline.tables import schemas

if TYPE_CHECKING:
    from pathlib import Path

    from pandas import DataFrame

    from pipeline.config import IntakeSettings
    from pipeline.returns.inventory import Return
    from pipeline.returns.layout import Located
    from pipeline.returns.mapping import Mapping
    from pipeline.returns.readers import Sheet

SHEET, ROW, BEYOND, MARKS, PART = "_sheet", "_row", "_beyond", "_marks", "_part"
_OURS = {"read_me", "fix_list"}
"""Sheets of our own template that hold no data."""


def ingest(received: Return, limits: IntakeSettings, mapping_file: Path | None = None) -> dict[str, DataFrame]:
    """Read the return of a site that stands into one frame of text a table, with `layout`, `faults` and `intake` beside them.

    In each table `_sheet` and `_row` are the sheet and its row, `_beyond` the letter of a value right of the headings, if
    any, `_marks` the rule that the workbook's own marks on a cell break (column=rule;...), and `_part` the number of the part
    of the table; `layout` names the letter of each column in each part, so that letter + row is the cell. A table that is set
    aside keeps its rows; a return that cannot be read gives its faults alone. `mapping_file` is in the site's own words.
    """
    from pipeline.tables.returned import RETURNED

    site_id, mapping = received.site_id, read_mapping(mapping_file)
    chosen, faults = choose(received, limits, mapping)
    if chosen is None:
        return _unread(faults)
    if (error := chosen.trouble) is not None:
        return _unread([*faults, fault(f"file-{error.kind}", site_id=site_id, found=error.found, limit=error.limit)])
    path, sheets, form = chosen.path, chosen.sheets, "folder" if chosen.path.is_dir() else "workbook"
    found = scan_return(path, sheets)
    faults += as_faults(found, site_id)
    if is_incident(found):
        return _unread(faults)
    sheets, marks = without_identifiers(sheets, found), read_marks(path)
    if marks is None:
        faults.append(fault("marks-not-read", site_id=site_id, found="a larger one", limit=f"{MOST_BYTES // 1_000_000} MB"))
    tables: dict[str, list[Located]] = {}
    for sheet in sheets:
        if name := table_of(sheet, mapping):
            tables.setdefault(name, []).extend(locate_table(sheet, site_id=site_id, table=name, mapping=mapping))
    if not tables:
        return _unread([*faults, fault("no-known-table", site_id=site_id, found="none", limit=", ".join(RETURNED))])
    faults += [*_unknown_sheets(sheets, mapping, site_id), *_unused_names(sheets, mapping, site_id)]
    for table, same in tables.items():
        names = [sheet.name for sheet in sheets if table_of(sheet, mapping) == table]
        if len(names) > 1 and not all(heading(name) in mapping.tables for name in names):
            same[-1].add("table-twice", f"{len(names)} sheets")
        for located in same:
            add_marks(located, marks)
    return _frames(tables, [*faults, *(f for same in tables.values() for found in same for f in found.faults)], form)


def _unknown_sheets(sheets: list[Sheet], mapping: Mapping, site_id: str) -> list[Fault]:
    """One warning for all sheets and files that hold something and are no table."""
    other = [s for s in sheets if table_of(s, mapping) is None and heading(s.name) not in _OURS]
    unknown = [s for s in other if s.trouble or not all(map(is_blank, s.rows))]
    return [fault("unknown-sheets", site_id=site_id, found=f"{len(unknown)} other sheet(s) or file(s)")] if unknown else []


def _unused_names(sheets: list[Sheet], mapping: Mapping, site_id: str) -> list[Fault]:
    """One warning for all sheets and headings that the mapping names and the return does not have."""
    there = {table: set[str]() for sheet in sheets if (table := table_of(sheet, mapping))}
    for sheet in sheets:
        if table := table_of(sheet, mapping):
            there[table] |= headings_in(sheet)
    unused = [f"sheet {name}" for name in mapping.tables if name not in {heading(sheet.name) for sheet in sheets}]
    unused += [f"{table}: {name}" for table, seen in there.items() for name in mapping.names(table) if name not in seen]
    return [fault("mapping-unused", site_id=site_id, found=", ".join(unused))] if unused else []


def _unread(faults: list[Fault]) -> dict[str, DataFrame]:
    import pandas as pd

    intake = pd.DataFrame([{"table": "", "rows_read": 0, "is_set_aside": True, "form": "unreadable"}])
    return {**_frames({}, faults, "unreadable"), "intake": intake}


def _frames(tables: dict[str, list[Located]], faults: list[Fault], form: str) -> dict[str, DataFrame]:
    import pandas as pd

    def one(part: int, found: Located) -> DataFrame:
        cells = pd.DataFrame(found.cells, columns=list(found.letters), dtype="str")
        places: dict[str, Any] = {SHEET: found.sheet, ROW: pd.Series(found.rows, dtype="int64")}
        marks = pd.Series(found.marks or [""] * len(found.rows), dtype="str")
        places |= {BEYOND: pd.Series(found.beyond, dtype="str"), MARKS: marks, PART: part}
        return pd.DataFrame(places, index=cells.index).astype({SHEET: "str", PART: "int64"}).join(cells)

    frames = {name: pd.concat([one(*each) for each in enumerate(same)], ignore_index=True) for name, same in tables.items()}
    layout = [
        {"table": name, "part": str(part), "sheet": found.sheet, "column": column, "letter": letter}
        for name, same in tables.items()
        for part, found in enumerate(same)
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
    told = list(dict.fromkeys(faults))  # the parts of one sheet may each tell of it
    return {
        **frames,
        "layout": pd.DataFrame(layout, columns=["table", "part", "sheet", "column", "letter"], dtype="str"),
        "faults": pd.DataFrame(as_rows(told), columns=list(schemas()["rejected"].columns)).astype({"row": "Int64"}),
        "intake": pd.DataFrame(intake),
    }
