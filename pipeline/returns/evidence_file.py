"""The file of qualitative evidence: codes of excerpts by case, scanned like a return, checked cell by cell; never a word said.

Faults are told, never raised. A column that is not one of ours, such as the excerpts themselves, is left unread and counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from pipeline import codes
from pipeline.config import SITE_NAME, IntakeSettings
from pipeline.returns.cells import heading, is_blank, letters, masked
from pipeline.returns.delimited import read_delimited
from pipeline.returns.incident import in_words
from pipeline.returns.scan import scan_cells
from pipeline.returns.sheets import UnreadableError
from pipeline.returns.sizes import refuse_size

if TYPE_CHECKING:
    from pathlib import Path

    from pandas import DataFrame

    from pipeline.returns.sheets import Sheet

LIMITS = IntakeSettings(max_file_megabytes=50, max_rows=200_000, max_columns=100)
_THEORY = re.compile(r"[A-Z]{2,8}-[0-9]{2,3}")
_PSEUDONYM = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,59}")
_ESCAPED = re.compile(r"'(?=[=+\-@\t\r])")
_FILE = "Mend the file; until then no evidence is used."
_LINE, _NOTHING, _ALL = "the line", "nothing", "the file"
_KEY = ("source_id", "excerpt_id", "theory_id", "element")
_SAME = ("site_id", "role_group")


@dataclass(frozen=True)
class _Fault:
    found: str
    expected: str
    mend: str
    costs: str = _ALL
    line: int | None = None
    column: str = ""
    cell: str = ""
    is_incident: bool = False


@dataclass(frozen=True)
class _Check:
    fits: Callable[[str], Any]
    expected: str
    mend: str


@dataclass(frozen=True)
class _Line:
    number: int
    cells: dict[str, str]
    theory_at: int


def read_evidence(path: Path | None, sites: Collection[str]) -> dict[str, DataFrame]:
    """The tables `evidence`, with the lines that are sound, and `evidence_faults`, with what is wrong with the others.

    `path`: a CSV file with the columns of the table `evidence`, or None; `sites`: those that an excerpt may come from. Which
    theories are known is asked later (`with_unknown`), so that a new one leaves this table as it is. An identifier anywhere, in a
    column that is left unread too, sets the whole file aside; so does a file that cannot be read, or that lacks a column. A
    source has one site and one role group throughout.
    """
    import pandas as pd

    from pipeline.tables import shape
    from pipeline.tables.returned import EVIDENCE

    columns = list(EVIDENCE.columns)
    sound, faults = ([], []) if path is None else _read(path, columns, _checks(sites))
    cells = [line.cells | {"theory_cell": f"{letters(line.theory_at)}{line.number}"} for line in sound]
    frame = pd.DataFrame(cells, columns=[*columns, "theory_cell"], dtype="str")
    frame = frame.where(frame != "").sort_values(list(_KEY), kind="stable")
    told = pd.DataFrame([asdict(each) for each in faults]) if faults else None
    return {"evidence": shape("evidence", frame), "evidence_faults": shape("evidence_faults", told)}


def with_unknown(faults: DataFrame, evidence: DataFrame, theories: Collection[str]) -> DataFrame:
    """`evidence_faults`, with a fault for each line of `evidence` that speaks to a theory without a file."""
    import pandas as pd

    from pipeline.tables import shape

    strangers = evidence[~evidence["theory_id"].isin(list(theories))]
    expected, mend = f"one of: {', '.join(theories)}", "Correct the theory, or add its file."
    told = [
        asdict(_Fault(masked(theory), expected, mend, _LINE, int(re.sub(r"\D", "", cell)), "theory_id", cell))
        for theory, cell in zip(strangers["theory_id"], strangers["theory_cell"], strict=True)
    ]
    if not told:
        return faults
    table = shape("evidence_faults", pd.concat([faults, shape("evidence_faults", pd.DataFrame(told))], ignore_index=True))
    return table.sort_values("line", kind="stable", na_position="first", ignore_index=True)


def _read(path: Path, columns: list[str], checks: Mapping[str, _Check]) -> tuple[list[_Line], list[_Fault]]:
    try:
        if not path.is_file():
            raise UnreadableError("unreadable", "a folder")
        refuse_size(path, LIMITS)
        sheet = read_delimited(path, LIMITS, set(columns))
    except UnreadableError as trouble:
        return [], [_Fault(trouble.found, trouble.limit or "a CSV file that opens", _FILE)]
    except OSError:
        return [], [_Fault("a file that cannot be opened", "a CSV file that opens", _FILE)]
    if incident := _identifiers(sheet, columns):
        return [], incident
    start = next((n for n, row in enumerate(sheet.rows) if not is_blank(row)), None)
    if start is None:
        return [], []
    headings = [heading(cell) for cell in sheet.rows[start]]
    faults, is_usable = _headings(headings, columns, sheet.rows[start + 1 :], start + 1)
    if not is_usable:
        return [], faults
    places = {name: headings.index(name) for name in columns}
    lines = _lines(sheet.rows[start + 1 :], places, start + 2, len(headings))
    stray = {line + 1 for line in sheet.strays if line > start}
    sound = [line for line in lines if line.number not in stray]
    faults += [_Fault("a stray quotation mark", "marks in pairs", "Delete it.", _LINE, number) for number in sorted(stray)]
    sound, wrong = _by_cell(sound, checks, places)
    sound, doubled = _apart(sound, places)
    return sound, sorted([*faults, *wrong, *doubled], key=lambda each: each.line or 0)


def _identifiers(sheet: Sheet, columns: list[str]) -> list[_Fault]:
    found = [f for f in scan_cells([sheet], headings=dict.fromkeys(columns, "text")) if f.severity in {"file", "value"}]
    mend = "Tell your information-governance lead, and take it out; until then no evidence is used."
    return [_Fault(in_words(f), "nothing that identifies a person", mend, cell=f.cell, is_incident=True) for f in found]


def _headings(given: list[str], columns: list[str], rows: list[list[str]], line: int) -> tuple[list[_Fault], bool]:
    """What is wrong with the headings, and whether the file can be used for all that; what is not ours is only counted."""
    missing = [name for name in columns if name not in given]
    twice = sorted({name for name in columns if given.count(name) > 1})
    found = [f"no {', '.join(missing)}"] if missing else []
    found += [f"{', '.join(twice)} more than once"] if twice else []
    faults = [_Fault("; ".join(found), f"the headings {', '.join(columns)}", _FILE, _ALL, line)] if found else []
    width = max([len(given), *map(len, rows)])
    unread = [n for n in range(width) if n >= len(given) or given[n] not in columns]
    unread = [n for n in unread if (n < len(given) and given[n]) or any(len(row) > n and row[n].strip() for row in rows)]
    if unread and not found:
        what = f"{len(unread)} column{'s' if len(unread) > 1 else ''} under another heading, left unread"
        where = f"{letters(unread[0])}{line}"
        faults.append(_Fault(what, "no other column", "Leave out what people said before you export.", _NOTHING, line, "", where))
    return faults, not found


def _lines(rows: list[list[str]], places: dict[str, int], first: int, width: int) -> list[_Line]:
    lines = []
    for number, row in enumerate(rows, start=first):
        cells = [*(_ESCAPED.sub("", cell.strip()) for cell in row), *[""] * width]
        values = {name: cells[place] for name, place in places.items()}
        if any(values.values()):
            lines.append(_Line(number, values, places["theory_id"]))
    return lines


def _by_cell(lines: list[_Line], checks: Mapping[str, _Check], places: dict[str, int]) -> tuple[list[_Line], list[_Fault]]:
    sound, faults = [], []
    for line in lines:
        wrong = [name for name, check in checks.items() if not check.fits(line.cells[name])]
        for name in wrong:
            found = masked(line.cells[name]) or "blank"
            faults.append(_fault(found, checks[name].expected, checks[name].mend, line.number, name, places))
        if not wrong:
            sound.append(line)
    return sound, faults


def _apart(lines: list[_Line], places: dict[str, int]) -> tuple[list[_Line], list[_Fault]]:
    """Take out lines that stand twice, and those of a source that is of two sites or two role groups."""
    faults, lost = [], set()
    keys = Counter(tuple(line.cells[name] for name in _KEY) for line in lines)
    of_source: dict[str, dict[str, set[str]]] = {}
    for line in lines:
        held = of_source.setdefault(line.cells["source_id"], {name: set() for name in _SAME})
        for name in _SAME:
            held[name].add(line.cells[name])
    for line in lines:
        if keys[tuple(line.cells[name] for name in _KEY)] > 1:
            lost.add(line.number)
            found, expected = "an excerpt coded twice on one element of a theory", "one stance an excerpt, theory and element"
            faults.append(_fault(found, expected, "Keep one of the lines.", line.number, "excerpt_id", places))
        for name in _SAME:
            if len(of_source[line.cells["source_id"]][name]) > 1:
                lost.add(line.number)
                found = f"a source that has another {name} elsewhere"
                expected = f"one {name} a source"
                faults.append(
                    _fault(found, expected, "Correct it, or give each a source_id of its own.", line.number, name, places)
                )
    return [line for line in lines if line.number not in lost], faults


def _fault(found: str, expected: str, mend: str, line: int, name: str, places: dict[str, int]) -> _Fault:
    return _Fault(found, expected, mend, _LINE, line, name, f"{letters(places[name])}{line}")


def _checks(sites: Collection[str]) -> dict[str, _Check]:
    """By column, what a line must hold."""
    name = "letters, digits and _ . : - alone, at most 60"

    def listed(allowed: Collection[str]) -> _Check:
        return _Check(lambda text: text in allowed, f"one of: {', '.join(allowed)}", "Use one of these codes.")

    def is_site(text: str) -> bool:
        return not text or (SITE_NAME.fullmatch(text) is not None and text in sites)

    return {
        "excerpt_id": _Check(_PSEUDONYM.fullmatch, name, "Give the number of the excerpt, not what was said."),
        "source_id": _Check(_PSEUDONYM.fullmatch, name, "Give the pseudonym of the interview or group."),
        "site_id": _Check(is_site, "a site of the study, or blank", "Correct the site, or list it under `sites` in the config."),
        "role_group": listed(codes.GROUPS),
        "theory_id": _Check(_THEORY.fullmatch, "the id of a theory, such as CMO-03", "Correct the theory."),
        "element": listed(codes.ELEMENTS),
        "stance": listed(codes.STANCES),
    }
