"""The passport of a return: every row accounted for, then the faults with where, what and how to mend."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pipeline import codes
from pipeline.report import numerals, wording
from pipeline.report.blocks import Block, Cell, Column, Heading, Paragraph, Table

_USES = {
    "first": "First of a pair",
    "last": "Last of a pair",
    "first_alone": "First, no last",
    "between": "Between, or out of time",
    "same_day": "Again that day",
    "conflict": "Two on a day",
    "not_a_woman": "Of a partner or other",
}
_ALWAYS = ("first", "last", "first_alone", "between")
_CELLS_NAMED = 3
_RULE_GLYPHS = 19
_FEW_LINES = 5
"""As many lines of faults leave room for larger type."""
_LONG_WORD = re.compile(r"[\w.]{20,}")
_SAME = ("severity", "since", "table", "sheet", "column", "rule_id", "found", "expected", "mend", "cost")
_OF_WOMEN = {"referrals", "contacts", "outcomes"}
"""Tables of single women, in whose place totals may be sent."""
Fault = Mapping[str, Any]


def passport_blocks(
    quality_rows: list[dict[str, Any]],
    uses: list[dict[str, Any]],
    faults: list[dict[str, Any]],
    *,
    n_faults: int,
    compared: str = "",
) -> list[Block]:
    """The blocks of the passport with at most `n_faults` lines of faults; the gravest stand first.

    `compared` says how the faults stand against the last release, and each fault in `since` whether it is new.
    """
    lines = _grouped(faults)
    is_dense = len(lines) > _FEW_LINES
    blocks: list[Block] = [
        Heading("Rows read, accepted and rejected", is_numbered=False),
        _rows(quality_rows, is_dense=is_dense),
        *_absent(quality_rows),
    ]
    if uses:
        blocks += [Heading("From accepted scores to pairs", is_numbered=False), _uses(uses, quality_rows, is_dense=is_dense)]
    blocks.append(Heading("What to mend", is_numbered=False))
    if compared:
        blocks.append(Paragraph(compared))
    if not lines:
        return [*blocks, Paragraph("No fault was found in this return.")]
    if n_faults:
        blocks.append(_faults(lines[:n_faults], is_dense=is_dense))
    if len(lines) > n_faults:
        blocks.append(Paragraph(f"And {numerals.count(len(lines) - n_faults)} more in the fix list, which names every cell."))
    else:
        blocks.append(Paragraph("The fix list names every cell."))
    return blocks


def _rows(quality_rows: list[dict[str, Any]], *, is_dense: bool) -> Table:
    columns = (
        Column("Table", share=1),
        Column("State"),
        Column("Rows read", "right"),
        Column("Accepted", "right"),
        Column("Rejected", "right"),
        Column("Values blanked", "right"),
        Column("Warnings", "right"),
    )
    sent = (row for row in quality_rows if row["status"] != "absent")
    rows = tuple(_quality(row) for row in sorted(sent, key=lambda row: row["table"]))
    note = "In every table, rows read are rows accepted and rows rejected together. A blanked value leaves its row in place."
    return Table(
        "Rows of this return", columns, rows or (("No table was read", "", "", "", "", "", ""),), note=note, is_dense=is_dense
    )


def _absent(quality_rows: list[dict[str, Any]]) -> list[Block]:
    """The tables of the template that did not come, where some did: as it should be, or under a name that is not known."""
    sent = {row["table"] for row in quality_rows if row["status"] != "absent"}
    instead = {"aggregates"} if sent & _OF_WOMEN else _OF_WOMEN if "aggregates" in sent else set()
    absent = sorted({row["table"] for row in quality_rows} - sent - instead)
    if not absent or not sent:
        return []
    return [Paragraph(f"{wording.listed(absent)}. If one was meant to be, its name was not known.", "Not in this return:")]


def _quality(row: Mapping[str, Any]) -> tuple[str | Cell, ...]:
    names = ("rows_read", "rows_accepted", "rows_rejected", "n_values_blanked", "n_warnings")
    state = wording.words(row["status"])
    return (row["table"], state, *(numerals.count(row[name]) for name in names))


def _uses(uses: list[dict[str, Any]], quality_rows: list[dict[str, Any]], *, is_dense: bool) -> Table:
    """Every score of a measure once, by what became of it; the rest of the accepted rows in the note."""
    measures = sorted({row["measure"] for row in uses})
    counts = {(row["measure"], row["use"]): int(row["n_scores"]) for row in uses}
    shown = [use for use in codes.SCORE_USES if use in _ALWAYS or any(counts.get((m, use)) for m in measures)]
    columns = (Column("Measure", share=1), Column("Scores", "right"), *(Column(_USES[use], "right") for use in shown))
    rows = tuple(
        (
            m,
            *(
                numerals.count(n)
                for n in (sum(counts.get((m, u), 0) for u in codes.SCORE_USES), *(counts.get((m, u), 0) for u in shown))
            ),
        )
        for m in measures
    )
    accepted = next((int(row["rows_accepted"]) for row in quality_rows if row["table"] == "outcomes"), 0)
    rest = accepted - sum(counts.values())
    note = "The uses of a measure are its scores together."
    if rest > 0:
        note += f" Accepted rows that give no score, or one of a measure that is not in the study: {numerals.count(rest)}."
    return Table("Scores and what became of them", columns, rows, note=note, is_dense=is_dense)


def _faults(lines: list[tuple[Fault, list[str]]], *, is_dense: bool) -> Table:
    columns = (
        Column("Rule", share=0.8),
        Column("Where", share=1.1),
        Column("Found (masked)", share=0.7),
        Column("Expected", share=1.1),
        Column("How to mend", share=1.2),
        Column("Cost", share=0.9),
    )
    rows = tuple(_fault(fault, cells) for fault, cells in lines)
    note = (
        "What was found is masked, so that it names no woman: our own codes, dates and short numbers stand; other letters are "
        "shown as a, the digits of long numbers as nine, and a code such as a referral's as its length alone."
    )
    return Table("Faults, the gravest first", columns, rows, note=note, is_dense=is_dense)


def _fault(fault: Fault, cells: list[str]) -> tuple[str | Cell, ...]:
    since = _text(fault, "since").partition(" since ")[0]
    rule = f"{_in_lines(fault['rule_id'])}\n({', '.join(filter(None, (fault['severity'], since)))})"
    texts = (_where(fault, cells), *(_text(fault, name) for name in ("found", "expected", "mend", "cost")))
    return (rule, *(_LONG_WORD.sub(lambda word: _in_lines(word[0]), text) for text in texts))


def _in_lines(rule_id: str) -> str:
    lines = [""]
    for part in re.split(r"(?<=[._])", rule_id):
        if lines[-1] and len(lines[-1]) + len(part) > _RULE_GLYPHS:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)


def _where(fault: Fault, cells: list[str]) -> str:
    place = _text(fault, "sheet") or _text(fault, "table") or "the whole return"
    column = _text(fault, "column")
    named = ", ".join(cells[:_CELLS_NAMED])
    more = f" and {numerals.count(len(cells) - _CELLS_NAMED)} more" if len(cells) > _CELLS_NAMED else ""
    return ": ".join(part for part in (place, " ".join(part for part in (column, f"{named}{more}") if part)) if part)


def _grouped(faults: list[dict[str, Any]]) -> list[tuple[Fault, list[str]]]:
    found: dict[tuple[str, ...], tuple[Fault, list[str]]] = {}
    for fault in faults:
        fault_and_cells = found.setdefault(tuple(_text(fault, name) for name in _SAME), (fault, []))
        if _text(fault, "cell"):
            fault_and_cells[1].append(_text(fault, "cell"))
    rank = {severity: position for position, severity in enumerate(codes.SEVERITIES)}
    return sorted(found.values(), key=lambda line: (rank.get(line[0]["severity"], len(rank)), -len(line[1]), line[0]["rule_id"]))


def _text(fault: Fault, name: str) -> str:
    value = fault.get(name)
    return "" if value is None or value != value else str(value)  # a missing text may be NaN
