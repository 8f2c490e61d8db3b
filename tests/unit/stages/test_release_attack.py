"""Everything that is released of a study, attacked together: no small count is found, and no count of a site is nearly told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.config import ReleaseSettings
from pipeline.stages.release import release
from pipeline.stages.release_ledger import ReleaseLedger
from pipeline.tables import schemas
from tests.unit.stages.adversary import MEANING, MINIMUM, Adversary, reading
from tests.unit.stages.drawn_study import MEASURE, Study, sites

RULE = ReleaseSettings()
Opened = dict[str, pd.DataFrame]

NASTY = {
    "counts at the edges of their rounding": Study(sites(62, 57, 53, 78, 72, 14), sites(12, 12, 23, 17, 12, 11), seed=2),
    "two small sites": Study(sites(60, 57, 71, 12, 7, 6, 48), sites(30, 22, 19, 8, 3, 9, 14), seed=6),
    "all near the minimum": Study(sites(10, 11, 12, 13, 10, 9, 12, 14), sites(40, 41, 10, 9, 38, 2, 11, 40), seed=7),
    "early pairs beside those who are due": Study(
        sites(52, 50, 61, 49, 55, 8), sites(14, 10, 21, 9, 15, 30), sites(3, 0, 12, 2, 1, 1), seed=8
    ),
}


def released(study: Study) -> tuple[dict[str, pd.DataFrame], Opened, Opened]:
    exact = study.exact()
    ledger = ReleaseLedger(exact, RULE)
    opened = release(exact, {"pcl5": MEASURE}, {}, RULE, ledger=ledger)
    return exact, opened, ledger.kept(opened)


def is_printed(opened: Opened, site: str, kind: str) -> bool:
    name = {"paired": "open_sites", "improved": "open_classes", "not": "open_classes"}.get(kind, "open_completeness")
    table = opened[name]
    mine = table[table["site_id"] == site]
    return bool(len(mine) and (mine["status"] == "shown").all())


def findings_of(reader: Adversary, opened: Opened) -> list[tuple[str, str, tuple[str, ...], float, float]]:
    """Every count that somebody can tell too closely."""
    told = []
    for site in reader.truth.index:
        for kind, parts in MEANING.items():
            exact = reader.truth.loc[site, list(parts)].sum()
            printed = is_printed(opened, site, kind)
            if not printed and exact >= MINIMUM:
                continue
            for known in (each for each in reader.readers(site) if len(each) < 2 or not printed):
                low, high = reader.ends(site, parts, known)
                if (printed and high - low < 2) or (not printed and (low > 0 or high < MINIMUM - 1)):
                    told.append((site, kind, known, low, high))
                    break
    return told


@pytest.mark.parametrize("name", NASTY)
def test_nobody_finds_a_small_count_nor_a_count_of_a_site_by_putting_all_tables_together(name: str) -> None:
    exact, opened, checked = released(NASTY[name])
    assert findings_of(reading(exact, opened, "pcl5"), opened) == []
    attack = checked["checked_attack"]
    assert (attack["found_by"].fillna("") == "").all()
    assert (attack["low"] <= 0).all()
    assert (attack["high"] >= MINIMUM - 1).all()
    assert (checked["checked_cells"]["reason"] == "shown").sum() >= 5, "and something is still said"


def test_without_the_last_pass_the_same_reader_finds_counts_of_sites(monkeypatch: pytest.MonkeyPatch) -> None:
    for asked in ("together", "beside"):
        monkeypatch.setattr(ReleaseLedger, asked, lambda self, opened, *rest: opened)
    exact, opened, _ = released(NASTY["counts at the edges of their rounding"])
    told = findings_of(reading(exact, opened, "pcl5"), opened)
    assert {kind for _, kind, *_ in told} >= {"paired", "improved", "not"}


def test_what_output_checking_is_told_fits_what_is_open() -> None:
    _, opened, checked = released(NASTY["two small sites"])
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
