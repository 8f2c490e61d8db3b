"""How often the verdicts on theories are right and wrong: 200 invented studies of 12 sites and 200 of 30, by scenario.

Run `.venv/bin/python -m benchmarks.appraisal`. It goes on where it stopped, prints a table, and keeps
`benchmarks/results/appraisal.csv`; `--quick` tries a few studies of each scenario and keeps nothing. In every study the
truth is planted: an effect of twice the smallest difference that matters, none, one the other way round, severer women
alone, or noise.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.random import Generator

from benchmarks.appraisal_studies import (
    SITE_SD,
    SMALLEST,
    SMALLEST_SHARE,
    SMALLEST_STAFF,
    WOMEN,
    Made,
    changes,
    configurations,
    experience,
    mediation,
    retention,
    staff,
    theory_of,
    waits,
)
from benchmarks.coverage.cells import Cell, Design, Result
from benchmarks.coverage.ledger import Ledger
from benchmarks.coverage.running import run_all
from pipeline.stages.appraise import appraise

if TYPE_CHECKING:
    from pipeline.theories import Theory

RESULTS = Path(__file__).parent / "results" / "appraisal.csv"
SEEDS, BATCH = 200, 25
SITES = (30, 12)
POWER, NO_MORE = 0.8, 0.05
"""How often a true effect should be found where testability says that it can be seen."""
VERDICTS = ("consistent", "inconsistent", "inconclusive", "not_testable")


def cells() -> list[Cell]:
    """Scenarios by number of sites, in batches of studies."""
    batches = range(SEEDS // BATCH)
    return [
        Cell(name, _batch, BATCH, {"scenario": name, "k": k, "batch": b}) for k in SITES for name in SCENARIOS for b in batches
    ]


def _batch(rng: Generator, replicates: int, *, scenario: str, k: int, batch: int) -> list[Result]:
    """Appraise studies of one scenario; one result a verdict, and the wanted verdict where it could be seen."""
    make, wanted, nominal = SCENARIOS[scenario]
    found = [_appraised(make, rng, k, seed=batch * BATCH + at) for at in range(replicates)]
    design = Design(k, WOMEN, SITE_SD, detail=scenario)
    is_wanted = {word: word == wanted and nominal != POWER for word in VERDICTS}
    hits = {word: np.array([one[0] == word for one in found], dtype=np.float64) for word in VERDICTS}
    rows = [design.result(word, "verdict", hits[word], nominal=nominal if is_wanted[word] else np.nan) for word in VERDICTS]
    seen = np.array([one[1] for one in found], dtype=np.float64)
    rows.append(design.result("could be seen", "verdict", seen, nominal=np.nan))
    if nominal != POWER:
        return rows
    right = np.where(seen == 1, hits[wanted], np.nan)
    return [*rows, design.result(f"{wanted} where it could be seen", "verdict", right, nominal=nominal)]


def _appraised(make: Callable[[Generator, int], Made], rng: Generator, k: int, seed: int) -> tuple[str, bool]:
    """The verdict, and whether testability says that twice the smallest difference could be seen."""
    made = make(rng, k)
    theory: Theory = made["theory"]
    found = appraise(
        made["site_effects"], made["adjusted"], made["service"], {theory.id: theory}, None, records=made["records"], seed=seed
    )
    test = found["testability"].iloc[0]
    is_seen = bool(test["is_testable"]) and not test["reason"].startswith("weak test")
    return str(found["appraisal"].loc[0, "verdict"]), is_seen


WITHIN = theory_of(
    context={"variable": "referrals.intervention", "is": "emdr"},
)
Scenario = tuple[Callable[[Generator, int], Made], str, float]
SCENARIOS: dict[str, Scenario] = {
    "sites: true effect": (lambda rng, k: changes(rng, k, effect=2 * SMALLEST), "consistent", POWER),
    "sites: no effect": (changes, "consistent", NO_MORE),
    "sites: reversed": (lambda rng, k: changes(rng, k, effect=-2 * SMALLEST), "inconsistent", POWER),
    "sites: severer women alone": (lambda rng, k: changes(rng, k, severity=12, by_severity=0.5), "consistent", NO_MORE),
    "sites: three with the context": (lambda rng, k: changes(rng, k, effect=2 * SMALLEST, n_with=3), "not_testable", 1.0),
    "women: true effect": (lambda rng, k: changes(rng, k, within=2 * SMALLEST, theory=WITHIN), "consistent", POWER),
    "women: no effect": (lambda rng, k: changes(rng, k, within=0.0, theory=WITHIN), "consistent", NO_MORE),
    "women: reversed": (lambda rng, k: changes(rng, k, within=-2 * SMALLEST, theory=WITHIN), "inconsistent", POWER),
    "retention: true effect": (lambda rng, k: retention(rng, k, effect=2 * SMALLEST_SHARE), "consistent", POWER),
    "retention: no effect": (lambda rng, k: retention(rng, k, effect=0.0), "consistent", NO_MORE),
    "waits: true effect": (lambda rng, k: waits(rng, k, effect=2 * SMALLEST_SHARE), "consistent", POWER),
    "waits: no effect": (lambda rng, k: waits(rng, k, effect=0.0), "consistent", NO_MORE),
    "experience: true effect": (lambda rng, k: experience(rng, k, effect=2 * SMALLEST_SHARE), "consistent", POWER),
    "experience: no effect": (lambda rng, k: experience(rng, k, effect=0.0), "consistent", NO_MORE),
    "staff: true effect": (lambda rng, k: staff(rng, k, effect=2 * SMALLEST_STAFF), "consistent", POWER),
    "staff: no effect": (lambda rng, k: staff(rng, k, effect=0.0), "consistent", NO_MORE),
    "configuration: noise": (lambda rng, k: configurations(rng, k, effect=0.0), "consistent", NO_MORE),
    "configuration: planted": (lambda rng, k: configurations(rng, k, effect=12.0), "consistent", np.nan),
    "mediation: planted": (lambda rng, k: mediation(rng, k, first=1.5, second=5.0), "consistent", np.nan),
    "mediation: no effect": (lambda rng, k: mediation(rng, k, first=0.0, second=5.0), "consistent", NO_MORE),
}
"""What is planted, the verdict that is counted, and how often it should come at least (0.8, 1) or at most (0.05)."""


def main(arguments: list[str] | None = None) -> int:
    """Appraise what is not appraised yet, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.appraisal", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="twenty studies of each scenario and size; keeps nothing")
    parser.add_argument("--only", default="", help="only scenarios whose name begins so")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--table", action="store_true", help="write the table that the reports print from what is kept")
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked = parser.parse_args(arguments)
    from benchmarks.appraisal_table import TABLE, as_yaml, summary

    if asked.table:
        TABLE.write_text(as_yaml(Ledger(asked.results).read()), encoding="utf-8", newline="\n")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder) / "appraisal.csv" if asked.quick else asked.results)
        chosen = [cell for cell in cells() if not asked.quick or cell.design["batch"] == 0]
        run_all(chosen, ledger, workers=asked.workers, only=asked.only, share=0.2 if asked.quick else 1.0)
        rows = [row for results in ledger.read().values() for row in results]
    for row in summary(rows):
        wanted = "" if np.isnan(row.nominal) else f"  of {row.nominal:.2f}"
        print(f"{row.k:3} sites  {row.detail:<30} {row.what:<40} {row.rate:6.3f} ({row.error:.3f}) n {row.replicates}{wanted}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
