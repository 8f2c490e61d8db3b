"""A whole study with its theories, attacked through all open tables at once."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pipeline import theories
from pipeline.catalog import EXACT, OPEN_TABLES
from tests.unit.stages.adversary_of_all import Reader
from tests.unit.stages.reading_of_all import read_all

ASKED = ((), ("S01", "S02"), ("S03", "S04"), ("S05", "S06"))
"""Nobody's rows, and every site's: who knows two sites' rows finds whatever one of them does."""


def tables(study: Path, names: tuple[str, ...]) -> dict[str, pd.DataFrame]:
    return {name: pd.read_parquet(study / "processed" / f"{name}.parquet") for name in names}


def test_no_stranger_and_no_two_sites_find_a_small_count_in_any_table(_small_study: Path) -> None:
    exact, opened = tables(_small_study, EXACT), tables(_small_study, tuple(OPEN_TABLES))
    reader = read_all({**exact, "theories": theories.load()}, opened)
    assert len(reader.hidden) > 500
    assert {name.split()[0] for name, _ in reader.told} >= {"referrals", "pcl5", "experience"}
    assert {known: reader.finds(known) for known in ASKED} == {known: [] for known in ASKED}


def test_the_reader_finds_what_is_left_of_a_total_when_all_else_is_known() -> None:
    reader = Reader()
    cells = [reader.cell((site, "women"), n) for site, n in (("S01", 4), ("S02", 31), ("S03", 52))]
    for cell, printed in zip(cells, (None, 30, 50), strict=True):
        reader.sees(f"women of {cell[0]}", [cell], printed)
    reader.sees("all women", cells, 85)
    assert reader.finds(()) == [], "nine are as likely as none, since every count is rounded"
    assert reader.finds(("S02", "S03")) == ["women of S01: 0.0 to 4.0"]
