"""The file of decisions: read, scanned for identifiers like a return, checked line by line; faults are told, never raised."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from pipeline import codes
from pipeline.config import SITE_NAME, IntakeSettings
from pipeline.returns.cells import heading, is_blank
from pipeline.returns.decisions_hashes import ADDRESS
from pipeline.returns.delimited import read_delimited
from pipeline.returns.faults import RULES
from pipeline.returns.incident import in_words
from pipeline.returns.scan import scan_cells
from pipeline.returns.sheets import Sheet, UnreadableError
from pipeline.returns.sizes import refuse_size

if TYPE_CHECKING:
    from pathlib import Path

    from pandas import DataFrame

LIMITS = IntakeSettings(max_file_megabytes=20, max_rows=100_000, max_columns=100)
_PLAIN = re.compile(r"[^\x00-\x1f\x7f\x85\u2028\u2029]{1,100}")
_RETURN, _VALUE = re.compile(r"[0-9a-f]{64}"), re.compile(r"v[0-9a-f]{16}")
_ESCAPED = re.compile(r"'(?=[=+\-@\t\r])")
_COPY = "Copy the line again from decisions-to-take.csv."
_USE_LISTED = "Use one of these codes."
_FILE = "Mend the file; until then no decision is applied."
_TO_DECIDE = ("decision", "new_value", "reason_code", "who", "date")


@dataclass(frozen=True)
class _Fault:
    found: str
    expected: str
    mend: str
    line: int | None = None
    column: str = ""
    is_incident: bool = False


def read_decisions(path: Path | None, sites: Collection[str]) -> dict[str, DataFrame]:
    """The tables `decisions`, with the lines that are sound, and `decision_faults`, with what is wrong with the others.

    `sites` are the sites that sent something. An identifier anywhere sets the whole file aside; so does a file that cannot
    be read, or whose headings are not those of the table. No value of the file is told: letters are a, digits 9.
    """
    import pandas as pd

    from pipeline.tables import schemas, shape

    columns = list(schemas()["decisions"].columns)
    lines, faults = ([], []) if path is None else _read(path, columns, sites)
    frame = pd.DataFrame(lines, columns=columns, dtype="str")
    frame = frame.assign(date=pd.to_datetime(frame["date"], format="%Y-%m-%d"))
    told = pd.DataFrame([asdict(each) for each in faults]) if faults else None
    return {"decisions": shape("decisions", frame), "decision_faults": shape("decision_faults", told)}


def _read(path: Path, columns: list[str], sites: Collection[str]) -> tuple[list[dict[str, str]], list[_Fault]]:
    try:
        if not path.is_file():
            raise UnreadableError("unreadable", "a folder")
        refuse_size(path, LIMITS)
        sheet = read_delimited(path, LIMITS, set(columns))
    except UnreadableError as trouble:
        return [], [_Fault(trouble.found, trouble.limit or "a CSV file that opens", _FILE)]
    except OSError:
        return [], [_Fault("a file that cannot be opened", "a CSV file that opens", _FILE)]
    if incident := _identifiers(sheet):
        return [], incident
    start = next((n for n, row in enumerate(sheet.rows) if not is_blank(row)), None)
    if start is None:
        return [], []
    headings = [heading(cell) for cell in sheet.rows[start]]
    while headings and not headings[-1]:
        headings.pop()
    if faults := _headings(headings, columns, start + 1):
        return [], faults
    sound, faults = _lines(sheet.rows[start + 1 :], headings, start + 2, _checks(sites))
    marks = [_Fault("a stray quotation mark", "marks in pairs", "Delete it.", line + 1) for line in sheet.strays if line > start]
    return sound, sorted([*faults, *marks], key=lambda each: each.line or 0)


def _identifiers(sheet: Sheet) -> list[_Fault]:
    """What identifies someone; hashes, which hold long runs of digits by chance, are not looked through."""
    kinds = {name: "date" if name == "date" else "text" for name in (*_checks(()), "new_value", "id")}
    rows = [["" if _RETURN.fullmatch(cell.strip()) or _VALUE.fullmatch(cell.strip()) else cell for cell in r] for r in sheet.rows]
    found = [f for f in scan_cells([Sheet("decisions", rows)], headings=kinds) if f.severity in {"file", "value"}]
    mend = "Tell your information-governance lead, and take it out; until then no decision is applied."
    return [_Fault(in_words(f), "nothing that identifies a person", mend, is_incident=True) for f in found]


def _headings(given: list[str], columns: list[str], line: int) -> list[_Fault]:
    missing, twice = [c for c in columns if c not in given], sorted({c for c in given if given.count(c) > 1})
    unknown = [f"column {n}" for n, name in enumerate(given, start=1) if name not in columns and name not in twice]
    expected = f"the headings {', '.join(columns)}"
    found = [f"no {', '.join(missing)}"] if missing else []
    found += [f"{', '.join(unknown)} under another heading"] if unknown else []
    found += ["a heading that stands twice"] if twice else []
    return [_Fault("; ".join(found), expected, f"Copy the headings from decisions-to-take.csv. {_FILE}", line)] if found else []


def _lines(
    rows: list[list[str]], headings: list[str], first: int, checks: Mapping[str, _Check]
) -> tuple[list[dict[str, str]], list[_Fault]]:
    sound: list[tuple[int, dict[str, str]]] = []
    faults: list[_Fault] = []
    for line, row in enumerate(rows, start=first):
        cells = [_ESCAPED.sub("", cell.strip()) for cell in row]
        values = dict(zip(headings, [*cells, *[""] * len(headings)], strict=False))
        if not any(values[name] for name in _TO_DECIDE) and is_blank(cells[len(headings) :]):
            continue
        wrong = [_wrong(name, values[name], check, line) for name, check in checks.items() if not check.fits(values[name])]
        wrong += _new_value(values, line)
        if not is_blank(cells[len(headings) :]):
            wrong.append(
                _Fault("a value beyond the headings", f"{len(headings)} values", "Quote values that hold a comma.", line)
            )
        faults += wrong
        if not wrong:
            sound.append((line, values))
    ids = [values["id"] for _, values in sound]
    for line, values in sound:
        if ids.count(values["id"]) > 1:
            faults.append(_Fault("an id that stands twice", "an id of its own", "Keep one of the lines.", line, "id"))
    return [values for _, values in sound if ids.count(values["id"]) == 1], faults


@dataclass(frozen=True)
class _Check:
    fits: Callable[[str], Any]
    expected: str
    mend: str


def _checks(sites: Collection[str]) -> dict[str, _Check]:
    """By column, what a line must hold; `new_value` hangs on the decision."""

    def listed(allowed: Collection[str]) -> _Check:
        return _Check(lambda text: text in allowed, f"one of: {', '.join(allowed)}", _USE_LISTED)

    return {
        "id": _Check(SITE_NAME.fullmatch, "letters, digits, - and _, at most 40", "Give the line a short name of its own."),
        "site": _Check(lambda text: text in sites, "a site that sent a return", "Correct the site, or delete the line."),
        "return_hash": _Check(_RETURN.fullmatch, "64 hexadecimal digits", _COPY),
        "rule_id": _Check(lambda text: text in RULES, "a rule of the table of faults", _COPY),
        "sheet": _Check(_PLAIN.fullmatch, "the name of a sheet or CSV file", _COPY),
        "cell": _Check(ADDRESS.fullmatch, "a cell such as F14", _COPY),
        "old_value_hash": _Check(_VALUE.fullmatch, "v and 16 hexadecimal digits", _COPY),
        "decision": listed(codes.DECISIONS),
        "reason_code": listed(codes.DECISION_REASONS),
        "who": listed(codes.DECIDERS),
        "date": _Check(_is_date, "a date as 2026-03-31", "Write the date as year-month-day."),
    }


def _new_value(values: Mapping[str, str], line: int) -> list[_Fault]:
    given, is_correction = values["new_value"], values["decision"] == "correct"
    if is_correction and not _PLAIN.fullmatch(given):
        found = "a text on several lines or of over 100 characters" if given else "blank"
        expected = "the right value in at most 100 characters, or (blank)"
        return [_Fault(found, expected, "Write the value that the cell should hold.", line, "new_value")]
    if given and values["decision"] in codes.DECISIONS and not is_correction:
        return [_Fault("a value", "a blank, but with correct", "Delete the value, or write correct.", line, "new_value")]
    return []


def _wrong(column: str, text: str, check: _Check, line: int) -> _Fault:
    return _Fault(_hidden(text) or "blank", check.expected, check.mend, line, column)


def _hidden(text: str) -> str:
    """A text of which nothing but its form is left."""
    form = re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "9", text[:40]))
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", form) + ("..." if len(text) > 40 else "")


def _is_date(text: str) -> bool:
    try:
        return re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) is not None and bool(datetime.date.fromisoformat(text))
    except ValueError:
        return False
