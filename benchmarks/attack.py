"""Attack a study of thirty sites with the reader of the tests: what she leaves open in no part, and how long it takes.

Run `.venv/bin/python -m benchmarks.attack [FOLDER]`, where FOLDER holds a study that was run; without one a study is invented. In
the tests six sites are attacked; thirty take minutes. Numbers are looked for in parts of the cells alone, of a few sites each:
what is found there is open. What is not is asked of the cells of all sites together, in broken numbers: what cannot be reached so
cannot be reached at all, and is found out; what can is open but for whole numbers.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import linprog
from scipy.sparse import csr_array, eye_array, hstack, vstack

from benchmarks.whole_run import CONFIG
from pipeline import theories
from pipeline.catalog import EXACT, OPEN_TABLES
from tests.unit.stages.adversary import MINIMUM, Sum
from tests.unit.stages.adversary_solving import Solver
from tests.unit.stages.reading_of_all import Opened
from tests.unit.stages.reading_of_study import read_all


class InParts(Solver):
    """A solver that moves the cells of few sites at a time."""

    def _frees(self, goal: Sum, known: int) -> Iterator[tuple[Any, Any]]:
        for key, free in super()._frees(goal, known):
            if len(key[1]) < len(self.sites) // 2:
                yield key, free


class AmongAll:
    """Linear programmes over all cells of all sites, for the public."""

    def __init__(self, solver: Solver) -> None:
        self.solver = solver
        low, high = solver.low, solver.high
        is_equal, has_low, has_high = low == high, np.isfinite(low) & (low != high), np.isfinite(high) & (low != high)
        matrix = solver.matrix.tocsr()
        self.equal, self.given = matrix[is_equal], low[is_equal]
        self.most, self.room = vstack([matrix[has_high], -matrix[has_low]]), np.concatenate([high[has_high], -low[has_low]])

    def closed(self, goals: list[int]) -> list[str]:
        """Those of the goals that cannot be nought, or cannot be nine, whatever all other cells are."""
        told = []
        for sign, limit in ((1.0, 0.0), (-1.0, float(MINIMUM - 1))):
            pending, size = list(goals), len(goals)
            while pending:
                values = self._nearest(pending[:size], sign, limit)
                reached = {g for g, value in zip(pending, values, strict=False) if sign * (value - limit) <= 1e-6}
                if size == 1 and not reached:
                    told.append(f"{self.solver.goals[pending[0]].name}: not {limit:.0f}")
                    reached = {pending[0]}
                pending = [g for g in pending if g not in reached]
                size = min(len(pending), size) if len(reached) > size // 4 else max(1, size // 4)
        return told

    def _nearest(self, goals: list[int], sign: float, limit: float) -> list[float]:
        """The values of the goals where together they come as near to their limit as they can."""
        sums, width = csr_array(self.solver.sums)[goals], len(self.solver.cells)
        beyond = hstack([sign * sums, -eye_array(len(goals))])  # by how much each is still beyond its limit
        lows = np.concatenate([np.where(self.solver.is_whole, 0.0, -np.inf), np.zeros(len(goals))])
        found = linprog(
            np.concatenate([np.zeros(width), np.ones(len(goals))]),
            A_eq=hstack([self.equal, csr_array((len(self.given), len(goals)))]),
            b_eq=self.given,
            A_ub=vstack([hstack([self.most, csr_array((len(self.room), len(goals)))]), beyond]),
            b_ub=np.concatenate([self.room, np.full(len(goals), sign * limit)]),
            bounds=np.column_stack([lows, np.full(len(lows), np.inf)]),
            method="highs",
        )
        if found.x is None:
            raise RuntimeError(found.message)
        values: list[float] = (sums @ found.x[:width]).tolist()
        return values


def tables(study: Path) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """The exact and the open tables of a study."""
    exact, opened = (
        {name: pd.read_parquet(study / "processed" / f"{name}.parquet") for name in names} for names in (EXACT, OPEN_TABLES)
    )
    return exact, opened


def attack(study: Path) -> Iterator[str]:
    """A line a reader: how many counts no part leaves open, and the seconds it took; and the counts of which it is so."""
    exact, opened = tables(study)
    start = time.process_time()
    solver = InParts(read_all(exact, Opened(opened), theories.load()))
    size = f"{len(solver.sites)} sites, {len(solver.cells)} cells, {len(solver.goals)} counts"
    yield f"{size}: read in {time.process_time() - start:.0f} s CPU"
    start = time.process_time()
    names = {goal.name: at for at, goal in enumerate(solver.goals)}
    left = [each.rpartition(": ")[0] for each in solver.finds() if ": one of" not in each]
    yield f"{len(left)} small counts that no part opens to the public, {time.process_time() - start:.0f} s CPU"
    start = time.process_time()
    told = AmongAll(solver).closed([names[name] for name in left])
    yield f"{len(told)} of them that all cells together do not open either, {time.process_time() - start:.0f} s CPU"
    yield from (f"    {each}" for each in told)


def main() -> None:
    """Print a line a reader."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("study", nargs="?", type=Path)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        study = given.study or Path(folder)
        if given.study is None:
            (study / "config.yaml").write_text(CONFIG.format(sites=30, women=9000), encoding="utf-8")
            command = [sys.executable, "-m", "pipeline", "run", "--config", str(study / "config.yaml")]
            subprocess.run(command, check=True, capture_output=True)
        for line in attack(study):
            print(line, flush=True)


if __name__ == "__main__":
    main()
