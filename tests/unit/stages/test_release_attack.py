"""Everything that is released of a study, attacked together: no small count is found, and no count of a site is nearly told."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

from pipeline.config import ReleaseSettings
from pipeline.stages.release import release
from pipeline.stages.release_ledger import ReleaseLedger
from pipeline.tables import schemas
from tests.unit.stages.adversary import MINIMUM, Reader
from tests.unit.stages.adversary_solving import Solver
from tests.unit.stages.drawn_study import MEASURE, Study, sites
from tests.unit.stages.reading_of_all import Opened
from tests.unit.stages.reading_of_study import read_all

RULE = ReleaseSettings()
Tables = dict[str, pd.DataFrame]

NASTY = {
    "counts at the edges of their rounding": Study(sites(62, 57, 53, 78, 72, 14), sites(12, 12, 23, 17, 12, 11), seed=2),
    "two small sites": Study(sites(60, 57, 71, 12, 7, 6, 48), sites(30, 22, 19, 8, 3, 9, 14), seed=6),
    "all near the minimum": Study(sites(10, 11, 12, 13, 10, 9, 12, 14), sites(40, 41, 10, 9, 38, 2, 11, 40), seed=7),
    "early pairs beside those who are due": Study(
        sites(52, 50, 61, 49, 55, 8), sites(14, 10, 21, 9, 15, 30), sites(3, 0, 12, 2, 1, 1), seed=8
    ),
}


@cache
def released(name: str) -> tuple[Tables, Tables, Tables]:
    exact = NASTY[name].exact()
    ledger = ReleaseLedger(exact, RULE)
    opened = release(exact, {"pcl5": MEASURE}, {}, RULE, ledger=ledger)
    return exact, opened, ledger.kept(opened)


def found_by_anybody(reader: Reader) -> dict[object, list[str]]:
    solver = Solver(reader)
    told: dict[object, list[str]] = {known: solver.finds(known) for known in reader.readers()}
    told["a woman who is counted"] = solver.finds_with_herself()
    return {who: found for who, found in told.items() if found}


@pytest.mark.parametrize("name", NASTY)
def test_nobody_finds_a_small_count_nor_a_count_of_a_site_by_putting_all_tables_together(name: str) -> None:
    exact, opened, checked = released(name)
    assert found_by_anybody(read_all(exact, Opened(opened))) == {}
    attack = checked["checked_attack"]
    assert (attack["found_by"].fillna("") == "").all()
    assert (attack["low"] <= 0).all()
    assert (attack["high"] >= MINIMUM - 1).all()
    assert (checked["checked_cells"]["reason"] == "shown").sum() >= 5, "and something is still said"


def test_without_the_last_pass_the_same_reader_finds_counts_of_sites(monkeypatch: pytest.MonkeyPatch) -> None:
    for asked in ("together", "beside"):
        monkeypatch.setattr(ReleaseLedger, asked, lambda self, opened, *rest: opened)
    exact, opened, _ = released.__wrapped__("counts at the edges of their rounding")
    solver = Solver(read_all(exact, Opened(opened)))
    told = [each for known in ((), ("S01",), ("S01", "S02")) for each in solver.finds(known)]
    for words in ("pcl5 paired at", "pcl5 reliably_improved at", "pcl5 not_reliably_improved at"):
        assert [each for each in told if each.startswith(words)], words


def test_what_output_checking_is_told_fits_what_is_open() -> None:
    _, opened, checked = released("two small sites")
    for name in ("checked_cells", "checked_attack", "released_women"):
        schemas()[name].validate(checked[name])
    cells = checked["checked_cells"]
    sites_of = cells[(cells["table"] == "open_sites")].set_index("site_id")
    printed = opened["open_sites"].set_index("site_id")["n"]
    assert sites_of["printed"].to_dict() == {site: n for site, n in printed.items()} or sites_of["printed"].equals(printed)
    assert set(cells.loc[(cells["n"] < MINIMUM) & (cells["site_id"] != "ALL"), "reason"]) == {"primary"}
    women = checked["released_women"]
    shown = set(women.loc[women["is_at_site"].astype(bool), "site_id"])
    assert shown == set(opened["open_sites"].query("status == 'shown'")["site_id"])
    assert np.all(women["variable"] == "paired/pcl5")
