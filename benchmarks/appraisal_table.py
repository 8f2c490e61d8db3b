"""The results of the invented studies of theories as a table: batches joined, and what the reports print."""

from __future__ import annotations

import dataclasses
from itertools import groupby

import numpy as np
import yaml

from benchmarks.appraisal import NO_MORE, SCENARIOS, SEEDS, VERDICTS
from benchmarks.appraisal_studies import (
    SITE_SD,
    SITE_SD_SHARE,
    SMALLEST,
    SMALLEST_SHARE,
    SMALLEST_STAFF,
    STAFF_SITE_SD,
    WOMEN,
)
from benchmarks.coverage.cells import Floats, Result
from benchmarks.coverage.running import SEED
from pipeline.coverage.verdicts import SHIPPED

TABLE = SHIPPED
_HEADER = "# Written by `python -m benchmarks.appraisal --table` from benchmarks/results/appraisal.csv.\n"
NOTES = (
    f"{SEEDS} invented studies of each kind and size, with {WOMEN} women a site; the smallest difference that matters is "
    f"{SMALLEST:g} points, or {SMALLEST_SHARE:g} of shares.",
    f"True site effects have an SD of {SITE_SD:g} points, or {SITE_SD_SHARE:g} of shares.",
    f"Experience is of 10 to 60 women a site; staff are 5 to 12 a site, on a sum of 10 to 50 with {SMALLEST_STAFF:g} points that "
    f"matter and an SD between sites of {STAFF_SITE_SD:g}.",
    "A true effect is twice the smallest that matters; its target counts studies where testability said that it could be seen.",
)


def summary(results: list[Result]) -> list[Result]:
    """Batches of one scenario, number of sites and verdict joined."""
    order = {(row.detail, row.what): at for at, row in reversed(list(enumerate(results)))}

    def key(row: Result) -> tuple[int, int]:
        return -row.k, order[row.detail, row.what]

    joined = []
    for _, group in groupby(sorted(results, key=key), key=key):
        rows = list(group)
        n: Floats = np.array([row.replicates for row in rows], dtype=np.float64)
        if n.sum():
            rate = float(np.nansum([row.rate * row.replicates for row in rows if row.replicates]) / n.sum())
            error = float(np.sqrt(rate * (1 - rate) / n.sum()))
            joined.append(dataclasses.replace(rows[0], rate=rate, error=error, replicates=int(n.sum())))
    return joined


def as_yaml(results: dict[str, list[Result]]) -> str:
    """The table that the reports print; the same results give the same text."""
    rows = summary([row for found in results.values() for row in found])
    ordered = sorted(rows, key=lambda row: (-row.k, list(SCENARIOS).index(row.detail)))
    lines = [_scenario(list(group)) for _, group in groupby(ordered, key=lambda row: (row.k, row.detail))]
    content = {"seed": SEED, "notes": list(NOTES), "rows": lines}
    return _HEADER + yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=130)


def _scenario(rows: list[Result]) -> dict[str, object]:
    rates = {row.what: round(row.rate, 4) for row in rows}
    _, wanted, nominal = SCENARIOS[rows[0].detail]
    rate = rates.get(f"{wanted} where it could be seen", rates[wanted])
    is_most = nominal == NO_MORE
    met = None if np.isnan(nominal) else bool(rate <= nominal if is_most else rate >= nominal)
    return {
        "planted": rows[0].detail,
        "sites": rows[0].k,
        "studies": max(row.replicates for row in rows),
        **{word: rates[word] for word in VERDICTS},
        "seen": rates["could be seen"],
        "counted": wanted,
        "rate": rate,
        "aim": "none" if met is None else "at_most" if is_most else "at_least",
        "target": 0.0 if met is None else float(nominal),
        "met": met,
    }
