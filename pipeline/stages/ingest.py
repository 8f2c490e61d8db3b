"""Ingest: one return to cells as text, each with its address; nothing is parsed, nothing is lost."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pipeline.engine.nodes import CLOSED, digest_path
from pipeline.returns import template
from pipeline.returns.cell_marks import MOST_BYTES, add_marks, read_marks
from pipeline.returns.cells import heading, is_blank
from pipeline.returns.faults import Fault, as_rows, fault
from pipeline.returns.fix_list import CONTAINS
from pipeline.returns.incident import as_faults, is_incident, without_identifiers
from pipeline.returns.mapped import headings_in, known_headings, locate_table, table_of
from pipeline.returns.mapping import read_mapping
from pipeline.returns.readers import SINCE_1904
from pipeline.returns.resubmission import choose
from pipeline.returns.scan import scan_return
from pipeline.tables import schemas

if TYPE_CHECKING:
    from pathlib import Path

    from pandas import DataFrame

    from pipeline.config import IntakeSettings
    from pipeline.returns.hits import Finding
    from pipeline.returns.inventory import Return
    from pipeline.returns.layout import Located
    from pipeline.returns.mapping import Mapping
    from pipeline.returns.resubmission import Candidate
    from pipeline.returns.sheets import Sheet

SHEET, ROW, BEYOND, MARKS, PART = "_sheet", "_row", "_beyond", "_marks", "_part"


def ingest(received: Return, limits: IntakeSettings, mapping_file: Path | None = None) -> dict[str, DataFrame]:
    """Read the return of a site that stands into one frame of text a table, with `layout`, `faults` and `intake` beside them.

    `intake` says of each table how many rows were read and whether it is set aside, of the return its form and `return_hash`,
    the hash of the file or folder that was read (blank where none stands or it cannot be opened).

    In each table `_sheet` and `_row` are the sheet and its row, `_beyond` the letter of a value right of the headings, if
    any, `_marks` the rule that the workbook's own marks on a cell break, or that the whole row breaks as a line
    (column=rule;...), and `_part` the number of the part of the table; `layout` names the letter of each column in each part,
    so that letter + row is the cell. A table that is set aside keeps its rows; a return that cannot be read gives its faults
    alone, and so does one with an identifier in it or in what else the site sent. `mapping_file` is in the site's own words.
    """
    from pipeline.tables.returned import RETURNED

    site_id, mapping = received.site_id, read_mapping(mapping_file)
    chosen, others, faults = choose(received, limits, mapping)
    return_hash, headings = _hash_of(chosen.path) if chosen else "", known_headings(mapping)
    incidents = as_faults(_grave_elsewhere(others, received, headings), site_id)
    if chosen is None:
        return _unread([*faults, *incidents])
    if (error := chosen.trouble) is not None:
        why = fault(f"file-{error.kind}", site_id=site_id, found=error.found, limit=error.limit)
        return _unread([*faults, *incidents, why], return_hash)
    found = scan_return(chosen.path, chosen.sheets, headings=headings)
    faults += [*as_faults(found, site_id), *incidents]
    if is_incident(found) or incidents:
        return _unread(faults, return_hash)
    if wrong := _versions(chosen.sheets):
        why = fault("template-version", site_id=site_id, found=f"version {min(wrong)}", limit=str(template.VERSION))
        return _unread([*faults, why], return_hash)
    sheets = without_identifiers(chosen.sheets, found)
    tables, told = _locate(chosen.path, sheets, mapping, site_id)
    if not tables:
        why = fault("no-known-table", site_id=site_id, found="none", limit=", ".join(RETURNED))
        return _unread([*faults, *told, why], return_hash)
    told += [*_unknown_sheets(sheets, mapping, site_id), *_unused_names(sheets, mapping, site_id)]
    told += [each for same in tables.values() for located in same for each in located.faults]
    return _frames(tables, [*faults, *told], "folder" if chosen.path.is_dir() else "workbook", return_hash)


def _grave_elsewhere(others: list[Candidate], received: Return, headings: dict[str, str]) -> list[Finding]:
    """Identifiers in what the site sent beside the return that stands: they lie in the folder all the same."""
    found = []
    for other in (each for each in others if each.trouble is None):
        file = f", of file {received.paths.index(other.path) + 1} of {len(received.paths)} (version {other.version})"
        grave = [each for each in scan_return(other.path, other.sheets, headings=headings) if each.severity == "file"]
        found += [replace(each, place=each.place + file) for each in grave]
    return found


def _versions(sheets: list[Sheet]) -> set[int]:
    """Versions of the template that the return says it was made from and that we do not know."""
    said = {template.version_of(sheet.rows) for sheet in sheets if heading(sheet.name) == "read_me"}
    return {version for version in said if version is not None and version != template.VERSION}


def _locate(path: Path, sheets: list[Sheet], mapping: Mapping, site_id: str) -> tuple[dict[str, list[Located]], list[Fault]]:
    """Every table in its parts, with what the workbook says beside the values; and what must be said of the whole return."""
    told = []
    marks, why = read_marks(path)
    if why:
        told.append(fault("marks-not-read", site_id=site_id, found=why, limit=f"{MOST_BYTES // 1_000_000} MB"))
    if any(sheet.day_zero == SINCE_1904 for sheet in sheets):
        told.append(fault("days-since-1904", site_id=site_id, found="days that count from 1904"))
    tables: dict[str, list[Located]] = {}
    for sheet in sheets:
        if name := table_of(sheet, mapping):
            tables.setdefault(name, []).extend(locate_table(sheet, site_id=site_id, table=name, mapping=mapping))
    for table, same in tables.items():
        names = [sheet.name for sheet in sheets if table_of(sheet, mapping) == table]
        if len(names) > 1 and not all(heading(name) in mapping.tables for name in names):
            same[-1].add("table-twice", f"{len(names)} sheets")
        for located in same:
            add_marks(located, marks)
    return tables, told


def _unknown_sheets(sheets: list[Sheet], mapping: Mapping, site_id: str) -> list[Fault]:
    """One warning for all sheets and files that hold something and are no table."""
    other = [s for s in sheets if table_of(s, mapping) is None and not _is_ours(s)]
    unknown = [s for s in other if s.trouble or not all(map(is_blank, s.rows))]
    unseen = sum(each.trouble is not None for each in unknown)
    found = f"{len(unknown)} other sheet(s) or file(s)"
    found += f", {unseen} of them too large or no CSV file, and not searched for identifiers" if unseen else ""
    return [fault("unknown-sheets", site_id=site_id, found=found)] if unknown else []


def _is_ours(sheet: Sheet) -> bool:
    """Whether a sheet is the read-me of the template or a fix list, by its name and by what it says of itself."""
    if heading(sheet.name) == "read_me":
        return template.version_of(sheet.rows) is not None
    said = any(CONTAINS in cell for row in sheet.rows[:1] for cell in row)
    return heading(sheet.name).startswith("fix_list") and said


def _unused_names(sheets: list[Sheet], mapping: Mapping, site_id: str) -> list[Fault]:
    """One warning for all sheets and headings that the mapping names and the return does not have."""
    there = {table: set[str]() for sheet in sheets if (table := table_of(sheet, mapping))}
    for sheet in sheets:
        if table := table_of(sheet, mapping):
            there[table] |= headings_in(sheet)
    unused = [f"sheet {name}" for name in mapping.tables if name not in {heading(sheet.name) for sheet in sheets}]
    unused += [f"{table}: {name}" for table, seen in there.items() for name in mapping.names(table) if name not in seen]
    return [fault("mapping-unused", site_id=site_id, found=", ".join(unused))] if unused else []


def _hash_of(path: Path) -> str:
    """What tells this very file or folder from any other; blank where it cannot be opened."""
    found = digest_path(path)
    return "" if found in {None, CLOSED} else str(found)


def _unread(faults: list[Fault], return_hash: str = "") -> dict[str, DataFrame]:
    import pandas as pd

    of_none = {"table": "", "rows_read": 0, "is_set_aside": True, "form": "unreadable", "return_hash": return_hash}
    return {**_frames({}, faults, "unreadable", return_hash), "intake": pd.DataFrame([of_none])}


def _frames(tables: dict[str, list[Located]], faults: list[Fault], form: str, return_hash: str) -> dict[str, DataFrame]:
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
            "return_hash": return_hash,
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
