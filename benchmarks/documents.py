"""Time what is made of the open tables of thirty sites: every figure, then every document, in seconds of CPU.

Run `.venv/bin/python benchmarks/documents.py`. It runs the rehearsal of thirty sites once, then draws and typesets in its own
process, and keeps what it prints in `results/documents.txt`. The targets are 25 seconds for the figures and 10 for the documents.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pandas as pd

from pipeline.catalog import OPEN_TABLES, SINCE_TABLES
from pipeline.report import documents, figures, summaries
from pipeline.report.typesetting import page_count
from pipeline.study import facts_for_print, open_study

T = TypeVar("T")
RESULTS = Path(__file__).parent / "results" / "documents.txt"
CONFIG = """
paths: {returns: raw, rehearsal: invented, processed: processed, reports: reports, releases: releases}
rehearsal: {sites: 30, women: 9000}
measures: [pcl5, core10, phq9, gad7, epds, wsas]
"""
MOST_FIGURES, MOST_DOCUMENTS = 25, 10


def timed(make: Callable[[], T]) -> tuple[T, float]:
    """What `make` gives, and the seconds of CPU, user and system, that it took."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    made = make()
    after = resource.getrusage(resource.RUSAGE_SELF)
    return made, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(folder: Path) -> list[str]:
    """The lines of the table: what was made, how much of it, seconds of CPU."""
    (folder / "config.yaml").write_text(CONFIG, encoding="utf-8")
    command = [sys.executable, "-m", "pipeline", "run", "--config", str(folder / "config.yaml"), "since-release"]
    subprocess.run(command, check=True, capture_output=True)
    study = open_study(folder / "config.yaml")
    processed = study.config.paths.processed
    tables = {name: pd.read_parquet(processed / f"{name}.parquet") for name in (*OPEN_TABLES, *SINCE_TABLES)}
    known, facts = study.measures, facts_for_print(study)
    drawn, cpu = timed(lambda: figures.draw(tables, known, style=study.config.figures, synthetic=study.synthetic))
    lines = [_line("figures", sum(name.endswith(".svg") for name in drawn), "pictures", cpu, f"at most {MOST_FIGURES}")]
    made: dict[str, Callable[[], dict[str, bytes]]] = {
        "national report": lambda: documents.national(tables, known, drawn, facts),
        "brief, summary": lambda: {
            **summaries.brief(tables, known, drawn, facts),
            **summaries.summary(tables, known, facts),
        },
        "site reports": lambda: {
            name: data
            for site in study.reported_sites
            for name, data in documents.site(site, tables, known, drawn, facts).items()
        },
    }
    n_pages, whole = 0, 0.0
    for name, make in made.items():
        files, cpu = timed(make)
        pages = sum(page_count(data) for file, data in files.items() if file.endswith(".pdf"))
        lines.append(_line(name, pages, "pages", cpu))
        n_pages, whole = n_pages + pages, whole + cpu
    return [*lines, _line("all documents", n_pages, "pages", whole, f"at most {MOST_DOCUMENTS}")]


def _line(what: str, number: int, unit: str, cpu: float, aim: str = "") -> str:
    return f"{what:<16} {number:4d} {unit:<9} {cpu:6.1f} s CPU  {aim}".rstrip()


def main() -> None:
    """Print the table and keep it."""
    with tempfile.TemporaryDirectory() as folder:
        lines = measure(Path(folder))
    text = "\n".join(lines) + "\n"
    RESULTS.write_text(text, encoding="utf-8")
    print(text, end="")


if __name__ == "__main__":
    main()
