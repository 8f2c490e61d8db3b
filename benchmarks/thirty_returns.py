"""Seconds of CPU, after imports, that 30 invented returns take to be read and validated: of about 300 rows, and of 300 women.

Run `.venv/bin/python benchmarks/thirty_returns.py`. Seconds differ from machine to machine; the growth with rows is what counts.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

SITES = 30
WOMEN = {"300 rows each": 45, "300 women each": 300}


def main() -> None:
    """Print a line a size: rows of all returns, seconds to read, to validate, and both for a thousand rows."""
    from pipeline.config import IntakeSettings
    from pipeline.measures import load
    from pipeline.returns.inventory import take_inventory
    from pipeline.stages.ingest import ingest
    from pipeline.stages.validate import validate
    from pipeline.synthetic import synthesise

    measures = load()
    print(f"{'30 returns of':<16} {'rows':>7} {'read':>8} {'validate':>9} {'both':>8} {'per 1,000 rows':>15}")
    with tempfile.TemporaryDirectory() as folder:
        for at, (name, women) in enumerate({"(warm-up)": 12, **WOMEN}.items()):
            study = Path(folder) / str(at)
            synthesise(study, sites=SITES, women=SITES * women, seed=1)
            returns, _ = take_inventory(study / "returns")
            start = time.process_time()
            records = {received.site_id: ingest(received, IntakeSettings()) for received in returns}
            read = time.process_time()
            made = validate(records, measures)
            end = time.process_time()
            rows = int(made["quality"]["rows_read"].sum())
            if at:
                times = (read - start, end - read, end - start, (end - start) / rows * 1000)
                print(f"{name:<16} {rows:>7,} {times[0]:>6.2f} s {times[1]:>7.2f} s {times[2]:>6.2f} s {times[3]:>13.3f} s")


if __name__ == "__main__":
    main()
