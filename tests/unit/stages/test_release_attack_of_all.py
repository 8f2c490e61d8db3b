"""A whole study with its theories, attacked through all open tables at once."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from pipeline import theories
from pipeline.catalog import EXACT, OPEN_TABLES
from pipeline.tables import schemas
from tests.unit.stages.adversary import Reader
from tests.unit.stages.adversary_solving import Solver
from tests.unit.stages.reading_of_all import Opened
from tests.unit.stages.reading_of_study import NOT_READ, read_all

OF_PEOPLE = {"women", "people", "referrals", "percent"}


@pytest.fixture(scope="module")
def study(_small_study: Path) -> tuple[Opened, Solver]:
    """What was looked at in the open tables of the small study, and the reader who looked."""
    exact, opened = (
        {name: pd.read_parquet(_small_study / "processed" / f"{name}.parquet") for name in names}
        for names in (EXACT, OPEN_TABLES)
    )
    told = Opened(opened)
    return told, Solver(read_all(exact, told, theories.load()))


def test_no_stranger_and_no_two_sites_find_a_small_count_in_any_table(study: tuple[Opened, Solver]) -> None:
    _, solver = study
    assert len(solver.goals) > 1500
    assert {goal.name.split()[0] for goal in solver.goals} >= {"referrals", "pcl5", "experience", "priorities", "CMO-01"}
    assert {known: found for known in solver.readers() if (found := solver.finds(known))} == {}


def test_no_woman_finds_that_she_is_alone_in_a_cell(study: tuple[Opened, Solver]) -> None:
    _, solver = study
    assert solver.finds_with_herself() == []


def test_every_count_of_people_and_every_percentage_is_read_or_it_is_said_why_not(study: tuple[Opened, Solver]) -> None:
    opened, _ = study
    counts = {
        (table, name)
        for table in OPEN_TABLES
        for name, column in schemas()[table].columns.items()
        if column.metadata["kind"] in ("number", "whole") and (re.fullmatch(r"n(_.*)?|.*_pct", name) or _is_of_people(column))
    }
    assert counts - opened.looked_at == set(NOT_READ)


def _is_of_people(column: object) -> bool:
    metadata = getattr(column, "metadata", None) or {}
    return metadata.get("unit") in OF_PEOPLE


def test_the_reader_finds_what_is_left_of_a_total_when_all_else_is_known() -> None:
    reader = Reader()
    cells = [reader.cell((site, "people", "women"), n) for site, n in (("S01", 4), ("S02", 31), ("S03", 52))]
    for cell, printed in zip(cells, (None, 30, 50), strict=True):
        reader.sees(f"women of {cell[0]}", [cell], printed)
    reader.sees("all women", cells, 85)
    solver = Solver(reader)
    assert solver.finds() == [], "nine are as likely as none, since every count is rounded"
    assert solver.finds(("S02", "S03")) == ["S01 people women: 0 to 4"]


def test_a_woman_finds_that_she_is_alone_where_the_others_are_told() -> None:
    reader = Reader()
    cells = [reader.cell(("S01", "people", part), n) for part, n in (("improved", 3), ("not improved", 16))]
    reader.sees("improved", cells[:1], None)
    reader.sees("all", cells, 20)
    assert Solver(reader).finds_with_herself() == []
    reader.sees("not improved", cells[1:], 15)
    assert Solver(reader).finds_with_herself() == []
    reader.is_so({cells[1]: 1.0}, 14.0, 16.0)
    assert Solver(reader).finds_with_herself() == ["S01 people improved: never 1", "S01 people improved: never 9"]
