"""From all results to the table that the reports print: a row an interval, test or limit, with its range and its worst design."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

import yaml

from benchmarks.coverage.cells import DIGITS, Result
from benchmarks.coverage.entries import ENTRIES, Entry
from benchmarks.coverage.invented import SD_CHANGE, TAUS
from benchmarks.coverage.running import SEED

TOLERANCE = 0.02
RARE = 0.002
"""What a limit of 99.8 % may be above its budget; two points would be ten times the budget."""
MANY_SITES = 10
TARGETS = {
    "coverage": "within 2 points of nominal; with fewer than 10 sites at most 2 below",
    "false_positives": "at most 2 points above nominal",
    "false_alarms": "at most 2 points above the budget stated (0.2 for limits of 99.8 %)",
    "bias": "none set",
}
_HEADER = "# Written by `python -m benchmarks.coverage --table` from benchmarks/results/coverage.csv.\n"


NOTES = (
    f"Scores are invented, in whole points; a change has an SD of {SD_CHANGE:.0f} points.",
    f"True means of sites have an SD of {', '.join(f'{tau:g}' for tau in TAUS)} points: none, small, large.",
    "Skewed stands for a shifted gamma with a skewness of about 1.4: a hard case, not an expectation.",
    "The worst design is the one furthest from what it should be; its Monte Carlo standard error stands beside it.",
    "Rates from 0 replicates are reckoned exactly.",
)


@dataclass(frozen=True)
class Miss:
    """How far beyond its target a result lies, on either side; below 0 where it lies within."""

    low: float
    high: float


def as_yaml(results: dict[str, list[Result]]) -> str:
    """The table as text; the same results give the same bytes."""
    rows = [row for found in results.values() for row in found]
    table = [line for entry in ENTRIES for line in lines_of(entry, rows)]
    content = {
        "seed": SEED,
        "designs": sum(row.quantity != "truth" for row in rows),
        "notes": list(NOTES),
        "rows": table,
    }
    return _HEADER + yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=130)


def lines_of(entry: Entry, rows: list[Result]) -> list[dict[str, object]]:
    """The lines of one entry: one, or one a number of sites. Where one of these misses, those that do not need no remark."""
    mine = [row for row in rows if entry.holds(row)]
    if not entry.is_by_sites:
        return [line_of(entry, mine, None)] if mine else []
    ordered = sorted(mine, key=lambda row: row.k)
    lines = [line_of(entry, list(group), k) for k, group in groupby(ordered, key=lambda row: row.k)]
    is_missed = any(line["met"] is False for line in lines)
    return [line | {"remark": ""} if is_missed and line["met"] else line for line in lines]


def line_of(entry: Entry, rows: list[Result], sites: int | None) -> dict[str, object]:
    """One line: the range of the rates, the worst design, and whether the target is met in all."""
    misses = [miss_of(row) for row in rows]
    worst = max(range(len(rows)), key=lambda at: max(misses[at].low, misses[at].high))
    rates = [row.rate for row in rows]
    is_printed = sites is None or sites >= entry.printed_from
    has_target = entry.has_target and is_printed and rows[0].quantity != "bias"
    missed = sum(max(miss.low, miss.high) > 0 for miss in misses) if has_target else 0
    return {
        "what": entry.label,
        "quantity": rows[0].quantity,
        "sites": sites,
        "designs": len(rows),
        "lowest": min(rates),
        "highest": max(rates),
        "worst": _design(rows[worst]),
        "target": TARGETS[rows[0].quantity] if has_target else "none set",
        "met": missed == 0 if has_target else None,
        "misses": missed,
        "fault": _fault(rows[0].quantity, misses) if missed else "",
        "remark": entry.remark if is_printed else f"Not printed of fewer than {entry.printed_from} sites.",
    }


def miss_of(row: Result) -> Miss:
    """Distances beyond the target; without a target of its own, beyond that of its kind."""
    if row.quantity == "bias":  # none set
        return Miss(-1.0, abs(row.rate))
    off = round(row.rate - row.nominal, DIGITS)
    if row.quantity == "coverage":
        is_two_sided = row.k == 0 or row.k >= MANY_SITES
        return Miss(round(-off - TOLERANCE, DIGITS), round(off - TOLERANCE, DIGITS) if is_two_sided else -1.0)
    is_rare = row.quantity == "false_alarms" and row.nominal < TOLERANCE and "99.8" in row.what
    return Miss(-1.0, round(off - (RARE if is_rare else TOLERANCE), DIGITS))


def _fault(quantity: str, misses: list[Miss]) -> str:
    if quantity != "coverage":
        return "too_often"
    ways = {"too_narrow": any(miss.low > 0 for miss in misses), "too_wide": any(miss.high > 0 for miss in misses)}
    words = [word for word, is_met in ways.items() if is_met]
    return "_and_".join(words)


def _design(row: Result) -> dict[str, object]:
    return {
        "sites": row.k,
        "women": row.n,
        "spread": row.tau,
        "shape": row.shape,
        "detail": row.detail,
        "rate": row.rate,
        "nominal": row.nominal,
        "error": row.error,
        "replicates": row.replicates,
    }
