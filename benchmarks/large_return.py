"""Seconds and peak memory of one very large return: 500,000 outcomes as CSV files and as a workbook, read, validated, and both.

Run `.venv/bin/python benchmarks/large_return.py [ROWS]`. Each measurement is a process of its own. The file is made by csv and by
xlsxwriter in a temporary folder; its values are drawn at random and mean nothing.
"""

from __future__ import annotations

import csv
import datetime
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import xlsxwriter

OUTCOMES = ("referral_id", "measure", "date", "occasion", "total", "items_answered")
REFERRALS = ("referral_id", "client", "referral_date")
PER_REFERRAL = 10
START = datetime.date(2023, 1, 2)


def tables(rows: int) -> dict[str, Iterator[tuple[Any, ...]]]:
    """Rows of each table, headings first."""
    return {"referrals": referrals(rows), "outcomes": outcomes(rows)}


def referrals(rows: int) -> Iterator[tuple[Any, ...]]:
    """One referral for every ten scores."""
    yield REFERRALS
    for number in range(-(-rows // PER_REFERRAL)):
        yield (f"R{number:06d}", "woman_or_birthing_parent", referred(number))


def referred(number: int) -> datetime.date:
    """The day of a referral: the same whenever it is asked, and in no order."""
    return START + datetime.timedelta(days=random.Random(number).randrange(900))


def outcomes(rows: int) -> Iterator[tuple[Any, ...]]:
    """Scores of a first, three middle and a last session in two measures each."""
    rng = random.Random(1)
    yield OUTCOMES
    for number in range(rows):
        referral, step = divmod(number, PER_REFERRAL)
        measure, most, items = (("pcl5", 80, 20), ("core10", 40, 10))[step % 2]
        date = referred(referral) + datetime.timedelta(days=14 + 30 * (step // 2))
        occasion = ("pre", "during", "during", "during", "post")[step // 2]
        yield (f"R{referral:06d}", measure, date, occasion, rng.randint(most // 4, most), items)


def make(folder: Path, rows: int) -> tuple[Path, Path]:
    """The same return as a folder of CSV files and as a workbook."""
    csvs, workbook = folder / "csv" / "S01", folder / "S01.xlsx"
    csvs.mkdir(parents=True)
    for name, lines in tables(rows).items():
        with (csvs / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(lines)
    with xlsxwriter.Workbook(workbook, {"constant_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        for name, lines in tables(rows).items():
            sheet = book.add_worksheet(name)
            for number, line in enumerate(lines):
                sheet.write_row(number, 0, line)
    return csvs, workbook


def measure(path: Path, store: Path, step: str) -> None:
    """Run one step in this process and print its seconds and peak memory; `reading` leaves its frames in `store`."""
    import pandas as pd

    from pipeline.config import IntakeSettings
    from pipeline.measures import load
    from pipeline.returns.inventory import Return
    from pipeline.stages.ingest import ingest
    from pipeline.stages.validate import validate
    from pipeline.tables import schemas

    schemas()
    records = {p.stem: pd.read_parquet(p) for p in store.glob("*.parquet")} if step == "validating" else {}
    begun, said = time.perf_counter(), ""
    if step != "validating":
        records = ingest(Return("S01", path), IntakeSettings())
        said = f"{int(records['intake']['rows_read'].sum()):,} rows read"
    if step != "reading":
        found = validate({"S01": records}, load())
        said = f"{len(found['accepted_outcomes']):,} outcomes accepted"
    seconds = time.perf_counter() - begun
    if step == "reading":
        for name, frame in records.items():
            frame.to_parquet(store / f"{name}.parquet")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{path.suffix or 'CSV':<6} {step:<11} {seconds:7.1f} s {memory:8.0f} MB   {said}", flush=True)


def main() -> None:
    """Make the return, and measure each step in a process of its own."""
    if len(sys.argv) > 2:
        measure(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
        return
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 500_000
    with tempfile.TemporaryDirectory() as folder:
        for path in make(Path(folder), rows):
            store = Path(folder) / f"store{path.suffix}"
            store.mkdir()
            for step in ("reading", "validating", "both"):
                subprocess.run([sys.executable, __file__, str(path), str(store), step], check=True)


if __name__ == "__main__":
    main()
