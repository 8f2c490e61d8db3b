"""The command: simulate what is not finished, and write the table."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks.coverage import contexts, funnels, missing, pooled, series, shares, sites, table, waits
from benchmarks.coverage.cells import Cell
from benchmarks.coverage.ledger import Ledger
from benchmarks.coverage.running import SEED, run_all

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results" / "coverage.csv"
TABLE = ROOT / "pipeline" / "coverage" / "coverage.yaml"
PARTS = (sites, pooled, shares, funnels, contexts, series, waits, missing)


def all_cells() -> list[Cell]:
    """Every cell, in the order of the results."""
    return [cell for part in PARTS for cell in part.cells()]


def first_of_each(cells: list[Cell]) -> list[Cell]:
    """The first cell of each family."""
    return list({cell.family: cell for cell in reversed(cells)}.values())[::-1]


def main(arguments: list[str] | None = None) -> int:
    """Run, or with `--table` only write the table; `--quick` tries the first cell of each family and keeps nothing."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coverage", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a hundredth of the replicates of one cell a family; keeps nothing")
    parser.add_argument("--table", action="store_true", help="only write the table from the results")
    parser.add_argument("--only", help="only families whose name begins so")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked = parser.parse_args(arguments)
    cells = all_cells()
    if asked.quick:
        with tempfile.TemporaryDirectory() as folder:
            ledger = Ledger(Path(folder) / "coverage.csv")
            run_all(first_of_each(cells), ledger, workers=asked.workers, share=0.01)
            for results in ledger.read().values():
                for row in results:
                    print(f"{row.what:<60} {row.quantity:<16} {row.rate:8.3f} of {row.nominal:6.3f}  {row.replicates} replicates")
        return 0
    ledger = Ledger(asked.results)
    if not asked.table:
        run_all(cells, ledger, seed=SEED, workers=asked.workers, only=asked.only or "")
    if asked.results == RESULTS:
        TABLE.write_text(table.as_yaml(ledger.read()), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
