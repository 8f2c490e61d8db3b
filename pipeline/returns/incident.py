"""What the identifier scan means for a return: set aside whole, a cell left out, a warning or a note; no value is kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.returns.cells import position
from pipeline.returns.faults import Fault, fault

if TYPE_CHECKING:
    from pipeline.returns.hits import Finding
    from pipeline.returns.sheets import Sheet

RULES = {"file": "identifier-found", "value": "identifying-cell", "warning": "identifying-perhaps", "note": "part-not-read"}
_WORDS = {
    "nhs_number": "[NHS number]",
    "postcode": "[postcode]",
    "date_of_birth": "[date of birth]",
    "email": "[e-mail address]",
    "phone": "[telephone number]",
    "person_name": "[name of a person]",
    "address": "[address]",
    "": "[part of the file that we do not read]",
}


def is_incident(findings: Sequence[Finding]) -> bool:
    """Whether the return holds an identifier, so that nothing of it may be written."""
    return any(finding.severity == "file" for finding in findings)


def as_faults(findings: Sequence[Finding], site_id: str) -> list[Fault]:
    """Findings as faults: the type and the place, no digit and no length of what was found.

    Where the return is set aside only the grave ones are told: they are what must be mended.
    """
    told = [f for f in findings if f.severity == "file"] or findings
    return [_fault(finding, site_id) for finding in told]


def without_identifiers(sheets: Sequence[Sheet], findings: Sequence[Finding]) -> list[Sheet]:
    """The sheets with every cell blank that a finding of severity `value` names."""
    cells: dict[str, list[str]] = {}
    for finding in findings:
        if finding.severity == "value" and finding.cell:
            cells.setdefault(finding.sheet, []).append(finding.cell)
    return [_blanked(s, [*cells.get(s.name, ()), *cells.get(f"sheet {n}", ())]) for n, s in enumerate(sheets, start=1)]


def _blanked(sheet: Sheet, names: list[str]) -> Sheet:
    if not names:
        return sheet
    rows = [list(row) for row in sheet.rows]
    for name in names:
        match = re.fullmatch(r"([A-Z]+)(\d+)", name)
        if match is None:
            continue
        row, column = int(match[2]) - 1 - sheet.first_row, position(match[1]) - sheet.first_column
        if 0 <= row < len(rows) and 0 <= column < len(rows[row]):
            rows[row][column] = ""
    return replace(sheet, rows=rows)


def in_words(finding: Finding) -> str:
    """What was found and where: the type and the place alone."""
    return f"{_WORDS[finding.kind]} in {finding.place}" if finding.place else _WORDS[finding.kind]


def _fault(finding: Finding, site_id: str) -> Fault:
    return fault(
        RULES[finding.severity],
        site_id=site_id,
        found=in_words(finding),
        sheet=finding.sheet,
        cell=finding.cell,
    )
