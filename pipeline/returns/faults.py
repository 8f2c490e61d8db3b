"""Faults of a return, each under a rule with a stable id, an owner, what was expected, how to mend it and the cost."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from pipeline.returns.rules import DECISIONS, FILES, LAYOUT, MARKS, ROW_NOT_USED, TABLE_NOT_USED
from pipeline.returns.rules_of_values import MEANINGS, ROWS, VALUES


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault of one return, as the table `rejected` keeps it."""

    site_id: str
    rule_id: str
    severity: str
    found: str
    expected: str
    mend: str
    cost: str
    table: str = ""
    sheet: str = ""
    cell: str = ""
    row: int | None = None
    column: str = ""
    return_hash: str = ""
    value_hash: str = ""


_COSTS = {"row": ROW_NOT_USED, "file": TABLE_NOT_USED}
"""What it costs where a fault is graver than its rule."""

RULES = {rule.id: rule for rule in (*FILES, *LAYOUT, *VALUES, *ROWS, *MARKS, *MEANINGS, *DECISIONS)}


def fault(rule_id: str, *, site_id: str, found: str, limit: str = "", severity: str | None = None, **place: object) -> Fault:
    """A fault under a rule; `place` gives table, sheet, cell, row and column."""
    rule = RULES[rule_id]
    is_graver = severity not in {None, rule.severity}
    return Fault(
        site_id=site_id,
        rule_id=rule_id,
        severity=severity or rule.severity,
        found=found,
        expected=rule.expected.format(limit=limit),
        mend=rule.mend,
        cost=_COSTS.get(severity or "", rule.cost) if is_graver else rule.cost,
        **place,  # type: ignore[arg-type] # the table's schema checks the place
    )


def as_rows(faults: list[Fault]) -> list[dict[str, object]]:
    """Faults as rows of a frame."""
    return [asdict(each) for each in faults]
