"""Decisions of the analyst laid over a return: cells corrected, faults overruled, rows taken out, each bound by two hashes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pipeline.returns.decisions_hashes import Cells, Found, return_hash, row_of, value_hash
from pipeline.returns.faults import RULES, Fault, fault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pandas import DataFrame

REJECTED = "rejected-by-decision"
FOR_ANALYST = ("decision-stale", "decision-impossible")
"""Rules that a site can do nothing about, so that it is not told."""
BLANK = "(blank)"
MARKS = "_marks"
NOT_ACCEPTED = {
    **dict.fromkeys(
        ("not-plain", "not-a-number", "not-whole", "not-a-date", "not-a-month", "not-a-day"), "a value that can be read"
    ),
    **dict.fromkeys(("not-a-code", "unknown-measure"), "a value of the closed list"),
    **dict.fromkeys(("cell-error", "no-result", "blank-needed"), "a value"),
    **dict.fromkeys(("score-out-of-range", "item-out-of-range"), "a score that the measure can have"),
    **dict.fromkeys(("counts-disagree", "not-possible"), "figures that are possible together"),
    **dict.fromkeys(("duplicate-key", "duplicate-row"), "each key once"),
    "referral-not-found": "a referral that is there",
    "identifying-cell": "nothing that identifies a person",
}
"""Rules of rows and values that no decision overrules, with what would be needed: nothing could be done with the value."""
_CLEAR = "decisions on a cell that do not contradict each other"
_MOST_NAMED = 5
Records = Mapping[str, "DataFrame"]


@dataclass(frozen=True)
class Decision:
    """One line of the file of decisions that holds for a site."""

    id: str
    return_hash: str
    rule_id: str
    sheet: str
    cell: str
    old_value_hash: str
    decision: str
    new_value: str
    reason_code: str


@dataclass(frozen=True)
class Settled:
    """The records of a site after its decisions.

    `accepted` names by rule, sheet and cell the faults that are overruled, `rejected` by sheet and row the rows that are out;
    `faults` says what was applied, and what was not and why.
    """

    frames: dict[str, DataFrame]
    accepted: frozenset[tuple[str, str, str]] = frozenset()
    rejected: frozenset[tuple[str, int]] = frozenset()
    faults: list[Fault] = field(default_factory=list)


def settle(site_id: str, frames: Records, decisions: DataFrame) -> Settled:
    """Lay the decisions on one site over its records; `frames` stays as it is.

    `frames` are the records as ingest made them and `decisions` is the table of that name, of all sites. A decision holds
    for the very return and the very value that it was taken on, else it is stale.
    """
    cells, sent = Cells(frames), return_hash(frames)
    mine = _of(site_id, decisions)
    faults = _on_another_return(site_id, [each for each in mine if each.return_hash != sent])
    standing: list[tuple[Decision, list[Found]]] = []
    for each in (each for each in mine if each.return_hash == sent):
        found = cells.at(each.sheet, each.cell)
        if found and value_hash(found[0].text) == each.old_value_hash:
            standing.append((each, found))
        else:
            faults.append(_told("decision-stale", site_id, each, "another value"))
    settled = Settled(dict(frames), faults=faults)
    doubtful = _contradicting([each for each, _ in standing])
    for each, found in standing:
        needed = _CLEAR if each.id in doubtful else _why_not(each)
        if needed:
            faults.append(_told("decision-impossible", site_id, each, f"{each.decision} of {each.rule_id}", limit=needed))
        else:
            settled = _apply(settled, frames, each, found)
            faults.append(_applied(site_id, each, found[0]))
    return settled


def _apply(settled: Settled, frames: Records, each: Decision, found: Sequence[Found]) -> Settled:
    """The records with one decision more; `frames` are those that were given, which nobody writes to."""
    fault_at, row = (each.rule_id, each.sheet, each.cell), row_of(each.cell)
    if each.decision == "reject" and row is not None:
        return replace(settled, rejected=settled.rejected | {(each.sheet, row)})
    settled.frames["faults"] = _without(settled.frames["faults"], fault_at)
    if each.decision == "accept":
        _unmark(settled.frames, frames, found, each.rule_id)
        return replace(settled, accepted=settled.accepted | {fault_at})
    _correct(settled.frames, frames, found, "" if each.new_value == BLANK else each.new_value)
    return settled


def _of(site_id: str, decisions: DataFrame) -> list[Decision]:
    mine = decisions[decisions["site"] == site_id][list(Decision.__dataclass_fields__)].astype("object").fillna("")
    return [Decision(*map(str, row)) for row in mine.itertuples(index=False)]


def _without(found: DataFrame, fault_at: tuple[str, str, str]) -> DataFrame:
    """The faults that ingest found, but for the one that is overruled or mended."""
    rule_id, sheet, cell = fault_at
    return found[~((found["rule_id"] == rule_id) & (found["sheet"] == sheet) & (found["cell"] == cell))]


def _why_not(each: Decision) -> str:
    """What an accepted value would have to be, where the rule cannot be overruled."""
    if each.decision != "accept":
        return ""
    return "a fault of single rows or values" if RULES[each.rule_id].severity == "file" else NOT_ACCEPTED.get(each.rule_id, "")


def _contradicting(decisions: Sequence[Decision]) -> set[str]:
    """Decisions on one cell of which one corrects it and another corrects it otherwise, or accepts what it corrects."""
    by_cell: dict[tuple[str, str], list[Decision]] = {}
    for each in decisions:
        by_cell.setdefault((each.sheet, each.cell), []).append(each)
    doubtful: set[str] = set()
    for same in by_cell.values():
        wanted = {(each.decision, each.new_value) for each in same if each.decision != "reject"}
        if len(wanted) > 1:
            doubtful |= {each.id for each in same if each.decision != "reject"}
    return doubtful


def _correct(corrected: dict[str, DataFrame], frames: Records, found: Sequence[Found], value: str) -> None:
    """Put a value in its place, and take the workbook's own marks, such as a strike-through, off the cell."""
    for place in found:
        _own(corrected, frames, place.table).loc[place.index, place.column] = value
    _unmark(corrected, frames, found)


def _unmark(corrected: dict[str, DataFrame], frames: Records, found: Sequence[Found], rule_id: str = "") -> None:
    """Take a cell's marks off it, or the mark of one rule alone."""
    for place in found:
        if MARKS in corrected[place.table]:
            off = f"{place.column}={rule_id}"
            marks = str(corrected[place.table].loc[place.index, MARKS] or "")
            kept = ";".join(mark for mark in marks.split(";") if not (mark == off if rule_id else mark.startswith(off)))
            if kept != marks:
                _own(corrected, frames, place.table).loc[place.index, MARKS] = kept


def _own(corrected: dict[str, DataFrame], frames: Records, table: str) -> DataFrame:
    """The frame of a table that may be written to."""
    if corrected[table] is frames[table]:
        corrected[table] = frames[table].copy()
    return corrected[table]


def _on_another_return(site_id: str, stale: Sequence[Decision]) -> list[Fault]:
    """One line for all: they have one cause, a return that was sent again."""
    if not stale:
        return []
    named = ", ".join(each.id for each in stale[:_MOST_NAMED]) + (", ..." if len(stale) > _MOST_NAMED else "")
    return [fault("decision-stale", site_id=site_id, found=f"{len(stale)} decision(s) on another return: {named}")]


def _told(rule: str, site_id: str, each: Decision, found: str, *, limit: str = "") -> Fault:
    """A fault of the decision, not of a row of the return, and so of no table."""
    place: dict[str, Any] = {"sheet": each.sheet, "cell": each.cell, "row": row_of(each.cell)}
    return fault(rule, site_id=site_id, found=f"{each.id}: {found}", limit=limit, **place)


def _applied(site_id: str, each: Decision, found: Found) -> Fault:
    done = f"{each.decision} of {each.rule_id}: {each.reason_code}"
    place: dict[str, Any] = {"table": found.table, "column": found.column, "sheet": each.sheet, "cell": each.cell}
    return fault("decision-applied", site_id=site_id, found=done, row=row_of(each.cell), **place)


def applied(rejected: DataFrame) -> DataFrame:
    """A row a decision that was applied, from the table `rejected`: `decision`, `rule_id` and `reason_code`."""
    told = rejected.loc[rejected["rule_id"] == "decision-applied", "found"].astype("str")
    return told.str.extract("^(?P<decision>[a-z]+) of (?P<rule_id>[a-z0-9-]+): (?P<reason_code>[a-z_]+)$")
