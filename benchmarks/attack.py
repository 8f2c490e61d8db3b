"""Attack a study of thirty sites with the reader of the tests: what nobody leaves open, and how long it takes.

Run `.venv/bin/python -m benchmarks.attack [FOLDER]`, where FOLDER holds a study that was run; without one a study is invented.
In tests six sites are attacked in whole numbers. Here linear programmes over all cells of all sites are asked, in broken ones:
a small count that cannot be nought so, or cannot be nine, is found out; of one that can, whole numbers may still say more.
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
from tests.unit.stages.adversary import MINIMUM
from tests.unit.stages.adversary_solving import Solver
from tests.unit.stages.reading_of_all import Opened
from tests.unit.stages.reading_of_study import read_all


class AmongAll:
    """Linear programmes over all cells of all sites."""

    def __init__(self, solver: Solver) -> None:
        self.solver, self.k_solved = solver, 0
        low, high = solver.low, solver.high
        is_equal, has_low, has_high = low == high, np.isfinite(low) & (low != high), np.isfinite(high) & (low != high)
        matrix = solver.matrix.tocsr()
        self.equal, self.given = matrix[is_equal], low[is_equal]
        self.most, self.room = vstack([matrix[has_high], -matrix[has_low]]), np.concatenate([high[has_high], -low[has_low]])

    def closed(self, known: tuple[str, ...] = ()) -> tuple[int, list[str]]:
        """How many small counts were asked, and those that cannot be nought or nine to sites who put their own rows together."""
        solver = self.solver
        is_mine = np.array([cell[0] in known for cell in solver.cells])
        taken = solver.sums @ (is_mine * solver.exact)
        is_left = (solver.sums @ (~is_mine).astype("float64")) > 0
        asked = np.flatnonzero(~solver.is_told & is_left & (solver.truth - taken < solver.least)).tolist()
        told = []
        for sign, most in ((1.0, 0.0), (-1.0, float(MINIMUM - 1))):
            pending, size = list(asked), len(asked)
            while pending:
                some = pending[:: max(1, len(pending) // size)][:size]  # from many blocks
                values = self._nearest(some, sign, taken[some] + most, is_mine)
                reached = {g for g, value in zip(some, values, strict=True) if sign * (value - taken[g] - most) <= 1e-6}
                if len(some) == 1 and not reached:
                    told.append(f"{solver.goals[some[0]].name}: not {most:.0f}")
                    reached = {*some}
                pending = [g for g in pending if g not in reached]
                size = min(len(asked), 2 * size) if 4 * len(reached) > len(some) else max(1, size // 2)
        return len(asked), told

    def _nearest(self, goals: list[int], sign: float, limits: Any, is_mine: Any) -> list[float]:
        """The values of the goals where together they come as near to their limits as they can."""
        self.k_solved += 1
        sums, width = csr_array(self.solver.sums)[goals], len(self.solver.cells)
        beyond = hstack([sign * sums, -eye_array(len(goals))])  # by how much each is still beyond its limit
        lows = np.where(self.solver.is_whole, 0.0, -np.inf)
        bounds = np.column_stack([np.where(is_mine, self.solver.exact, lows), np.where(is_mine, self.solver.exact, np.inf)])
        found = linprog(
            np.concatenate([np.zeros(width), np.ones(len(goals))]),
            A_eq=hstack([self.equal, csr_array((len(self.given), len(goals)))]),
            b_eq=self.given,
            A_ub=vstack([hstack([self.most, csr_array((len(self.room), len(goals)))]), beyond]),
            b_ub=np.concatenate([self.room, sign * limits]),
            bounds=np.vstack([bounds, [(0.0, np.inf)] * len(goals)]),
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
    """A line a reader: how many small counts were asked and found out, and the seconds it took; and which they are."""
    exact, opened = tables(study)
    start = time.process_time()
    solver = Solver(read_all(exact, Opened(opened), theories.load()))
    size = f"{len(solver.sites)} sites, {len(solver.cells)} cells, {len(solver.said)} statements"
    yield f"{size}: read in {time.process_time() - start:.0f} s CPU"
    sites = solver.sites
    for known in ((), *zip(sites[::2], sites[1::2], strict=False)):
        start, among = time.process_time(), AmongAll(solver)
        asked, told = among.closed(known)
        who = " and ".join(known) or "the public"
        seconds = time.process_time() - start
        yield f"{who:<12} {asked:6} small counts asked, {len(told)} found out; {among.k_solved} programmes, {seconds:.0f} s CPU"
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
