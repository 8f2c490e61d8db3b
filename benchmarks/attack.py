"""Attack a study of thirty sites with the reader of the tests: what she leaves open in no part, and how long it takes.

Run `.venv/bin/python -m benchmarks.attack [FOLDER]`, where FOLDER holds a study that was run; without one a study is invented. In
the tests six sites are attacked; thirty take minutes. Numbers are looked for in parts of the cells alone, of a few sites each:
what is found there is open, and what is not may be found among the cells of all sites still, which is not asked here.
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

import pandas as pd

from benchmarks.whole_run import CONFIG
from pipeline import theories
from pipeline.catalog import EXACT, OPEN_TABLES
from tests.unit.stages.adversary import Sum
from tests.unit.stages.adversary_solving import Solver
from tests.unit.stages.reading_of_all import Opened
from tests.unit.stages.reading_of_study import read_all


class InParts(Solver):
    """A solver that moves the cells of few sites at a time."""

    def _frees(self, goal: Sum, known: int) -> Iterator[tuple[Any, Any]]:
        for key, free in super()._frees(goal, known):
            if len(key[1]) < len(self.sites) // 2:
                yield key, free


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
    for known in ((), tuple(solver.sites[:2])):
        start = time.process_time()
        left = solver.finds(known)
        who = " and ".join(known) or "the public"
        yield f"{who:<12} {len(left):6} counts open in no part  {time.process_time() - start:7.0f} s CPU"
        yield from (f"    {each}" for each in left[:20])


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
