"""Run what is not finished yet, and show how far it is."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import TextIO

from benchmarks.coverage.cells import Cell, Result
from benchmarks.coverage.ledger import Ledger
from pipeline.stats.streams import stream

SEED = 20261122
FEWEST = 20
_WIDTH = 30


def run_cell(cell: Cell, seed: int, share: float = 1.0) -> list[Result]:
    """Simulate one cell from its own stream; `share` of its replicates, at least 20."""
    replicates = max(round(cell.replicates * share), min(cell.replicates, FEWEST))
    return cell.simulate(stream(seed, cell.key), replicates, **cell.design)


def run_all(
    cells: list[Cell],
    ledger: Ledger,
    *,
    seed: int = SEED,
    workers: int = 1,
    share: float = 1.0,
    only: str = "",
    screen: TextIO | None = None,
) -> None:
    """Finish every cell that the ledger lacks, in `workers` processes; in the end the ledger has the order of `cells`.

    `only`: leave out families whose names do not begin so.
    """
    screen = screen or sys.stderr
    ledger.keep(cells)
    done = ledger.read()
    waiting = [cell for cell in cells if cell.key not in done and cell.family.startswith(only)]
    progress = progress_bar(len(cells), len(done), screen)
    for cell, results in _finished(waiting, seed, workers, share):
        ledger.append(cell.key, results)
        progress(cell.key)
    ledger.keep(cells)
    screen.write("\n")


def _finished(cells: list[Cell], seed: int, workers: int, share: float) -> Iterator[tuple[Cell, list[Result]]]:
    if workers == 1:
        yield from ((cell, run_cell(cell, seed, share)) for cell in cells)
        return
    with ProcessPoolExecutor(workers) as pool:
        started = {pool.submit(run_cell, cell, seed, share): cell for cell in cells}
        for future in as_completed(started):
            yield started[future], future.result()


def progress_bar(total: int, done: int, screen: TextIO) -> Callable[[str], None]:
    """Return what draws the bar anew on one line, with the seconds so far."""
    count, start = done, time.perf_counter()

    def step(name: str) -> None:
        nonlocal count
        count += 1
        filled = _WIDTH * count // max(total, 1)
        bar = "#" * filled + "." * (_WIDTH - filled)
        screen.write(f"\r[{bar}] {count}/{total} {time.perf_counter() - start:6.0f} s  {name[:60]:<60}")
        screen.flush()

    return step
