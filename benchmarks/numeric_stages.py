"""CPU and memory of everything between accepted tables and the release, for 9,000 referrals and for 10 and 100 times as many.

Run `.venv/bin/python -m benchmarks.numeric_stages`. The women of one invented study are repeated at the same sites, so that rows
grow and sites do not. Each size runs in a process of its own; seconds are of CPU after imports, memory is what the process held
at most beyond what it held before it read the tables. Seconds differ from machine to machine; the ratios are what counts.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.catalog import WOMEN_OF_THEORIES
from pipeline.config import AccessSettings, ChangeSettings, CompareSettings, ReleaseSettings
from pipeline.measures import load as load_measures
from pipeline.synthetic.returning import tables_of
from pipeline.synthetic.study import draw_study
from pipeline.tables import empty, schemas, shape
from pipeline.theories import load as load_theories

if TYPE_CHECKING:
    from pandas import DataFrame

    from pipeline.measures import Measure

SITES, WOMEN, SEED = 30, 9_000, 1
SIZES = (1, 10, 100)
MEASURES = ("pcl5", "core10", "phq9", "gad7", "epds", "wsas")
PERSONAL = ("referral_id", "person_id")
TARGET_SECONDS, TARGET_GROWTH, TARGET_MEMORY = 15.0, 1.5, 4.0
"""Seconds of 9,000 referrals; growth of seconds over that of rows; peak memory over that of the tables."""


def accepted(sites: int = SITES, women: int = WOMEN, seed: int = SEED) -> dict[str, DataFrame]:
    """Every accepted table of an invented study, dated at every site."""
    import pandas as pd

    study = draw_study(sites=sites, women=women, seed=seed)
    dated = dataclasses.replace(study, services=tuple(dataclasses.replace(s, dated_by="dates") for s in study.services))
    parts = [tables_of(dated, number) for number in range(sites)]
    found = {}
    for name in [name.removeprefix("accepted_") for name in schemas() if name.startswith("accepted_")]:
        sent = [pd.DataFrame(part[name]) for part in parts if name in part]
        found[name] = shape(f"accepted_{name}", _typed(pd.concat(sent, ignore_index=True)) if sent else None)
    return found


def _typed(frame: DataFrame) -> DataFrame:
    names = [str(name) for name in frame]
    dates = {n: "datetime64[us]" for n in names if n in ("date", "month") or n.endswith(("_date", "_start", "_end"))}
    return frame.replace({"": None}).astype(dates)


def repeated(table: DataFrame, times: int) -> DataFrame:
    """The rows of women `times` over, each time other women; rows of sites once."""
    import pandas as pd

    personal = [name for name in PERSONAL if name in table]
    if not personal:
        return table
    parts = [table.assign(**{name: table[name] + f"-{at}" for name in personal}) for at in range(times)]
    return pd.concat(parts, ignore_index=True)


def run(
    tables: dict[str, DataFrame], clock: Clock | None = None, measures: dict[str, Measure] | None = None
) -> dict[str, DataFrame]:
    """All tables between the accepted ones and the release; `clock` notes the seconds of each stage."""
    from pipeline.stages.access import access
    from pipeline.stages.appraise import Records, appraise
    from pipeline.stages.change import change
    from pipeline.stages.classify import classify
    from pipeline.stages.compare import compare
    from pipeline.stages.impute import impute
    from pipeline.stages.score import score

    measures = measures or {name: load_measures()[name] for name in MEASURES}
    theories, settings, clock = load_theories(), CompareSettings(), clock or Clock()
    scores = score(tables["outcomes"], measures)
    clock.stop("score")
    made = {"scores": scores}
    made |= change(scores, tables["referrals"], measures, ChangeSettings(), None)
    clock.stop("change")
    made |= compare(made["change"], made["missingness"], tables["aggregates"], tables["referrals"], measures, settings, SEED)
    clock.stop("compare")
    made |= impute(made["due"], tables["referrals"], made["site_effects"], made["pooled"], measures, SEED)
    clock.stop("impute")
    made |= classify(made["change"], measures)
    clock.stop("classify")
    cut = made["flow"]["data_cut"].max()
    returned = (tables["referrals"], tables["contacts"], tables["activity"], tables["service"])
    made |= access(*returned, (), AccessSettings(), ReleaseSettings(), cut, SEED)
    clock.stop("access")
    known = made | {f"accepted_{name}": table for name, table in tables.items()}
    rows = {name: known[name] if name in known else empty(name) for name in WOMEN_OF_THEORIES}
    records = Records.of(rows, measures, settings, AccessSettings())
    made |= appraise(made["site_effects"], made["adjusted"], tables["service"], theories, None, records=records, seed=SEED)
    clock.stop("appraise")
    return made


class Clock:
    """Seconds of CPU since the last stop, by name."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.process_time()

    def stop(self, name: str) -> None:
        """Note what has passed."""
        now = time.process_time()
        self.seconds[name], self._last = now - self._last, now


def child(folder: Path, times: int) -> None:
    """Read, repeat, run; print what it took as JSON."""
    import pandas as pd

    small = {path.stem: pd.read_parquet(path) for path in sorted(folder.glob("*.parquet"))}
    run({name: shape(f"accepted_{name}", table.head(2_000)) for name, table in small.items()})  # imports, and code of libraries
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    tables = {name: shape(f"accepted_{name}", repeated(table, times)) for name, table in small.items()}
    held = sum(int(table.memory_usage(deep=True).sum()) for table in tables.values()) / 2**20
    clock = Clock()
    run(tables, clock)
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 2**10
    print(json.dumps({"rows": sum(map(len, tables.values())), "seconds": clock.seconds, "held": held, "peak": peak}))


def measured(folder: Path, times: int) -> dict[str, Any]:
    """One size, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.numeric_stages", "--child", str(folder), "--times", str(times)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main(arguments: list[str] | None = None) -> int:
    """Print a line a size: rows, seconds by stage and in all, growth beside that of rows, memory beside that of the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.numeric_stages", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="times 9,000 referrals")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--times", type=int, default=1, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.child:
        child(asked.child, asked.times)
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for table, rows in accepted().items():
            rows.to_parquet(folder / f"{table}.parquet")
        lines = {times: measured(folder, times) for times in asked.sizes}
    print(table_of(lines))
    return 0


def table_of(lines: dict[int, dict[str, Any]]) -> str:
    """The lines as text, each beside the one before it, and whether the targets are met."""
    stages = list(next(iter(lines.values()))["seconds"])
    head = ("times", "rows", *stages, "all s", "growth", "tables MB", "peak MB", "ratio")
    rows, last = [head], None
    verdicts = []
    for times, line in lines.items():
        total, ratio = sum(line["seconds"].values()), line["peak"] / line["held"]
        growth = None
        if last:
            growth = (total / sum(last["seconds"].values())) / (line["rows"] / last["rows"])
            verdicts.append((f"{times} times: growth at most {TARGET_GROWTH} times that of rows", growth <= TARGET_GROWTH))
        if times == 1:
            verdicts.append((f"9,000 referrals in under {TARGET_SECONDS:g} s", total < TARGET_SECONDS))
        verdicts.append((f"{times} times: peak under {TARGET_MEMORY:g} times the tables", ratio < TARGET_MEMORY))
        figures = [f"{line['seconds'][stage]:.2f}" for stage in stages]
        rest = ("" if growth is None else f"{growth:.2f}", f"{line['held']:.0f}", f"{line['peak']:.0f}", f"{ratio:.1f}")
        rows.append((str(times), f"{line['rows']:,}", *figures, f"{total:.2f}", *rest))
        last = line
    widths = [max(len(row[at]) for row in rows) for at in range(len(head))]
    shown = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join([*shown, *(f"{'met   ' if is_met else 'MISSED'} {what}" for what, is_met in verdicts)])


if __name__ == "__main__":
    raise SystemExit(main())
