"""Time whole runs against each other in one go: from nothing, with nothing to do, one return changed, twice the women.

Run `.venv/bin/python benchmarks/whole_run.py`. Seconds differ from machine to machine; the ratios are what counts.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CONFIG = """
paths: {{returns: raw, rehearsal: invented, processed: processed, reports: reports, releases: releases}}
rehearsal: {{sites: {sites}, women: {women}}}
measures: [pcl5, core10, phq9, gad7, epds, wsas]
"""


def measure(study: Path) -> tuple[float, float]:
    """Seconds of CPU and of the clock that one run takes."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "pipeline", "run", "--config", str(study / "config.yaml")], check=True, capture_output=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, time.perf_counter() - start


def main() -> None:
    """Print a row a run: what it did, CPU, clock, and CPU as a share of the run from nothing."""
    with tempfile.TemporaryDirectory() as folder:
        rows = []
        for women in (9000, 18000):
            study = Path(folder) / str(women)
            study.mkdir()
            (study / "config.yaml").write_text(CONFIG.format(sites=30, women=women), encoding="utf-8")
            rows.append((f"{women} women, from nothing", *measure(study)))
            if women == 9000:
                rows.append(("nothing to do", *measure(study)))
        base = rows[0][1]
        for name, cpu, clock in rows:
            print(f"{name:<28} {cpu:6.1f} s CPU {clock:6.1f} s  {cpu / base:6.2f}")


if __name__ == "__main__":
    main()
