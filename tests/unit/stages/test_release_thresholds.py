"""Thresholds, the twin and the methods: no two released figures leave one to nine women between them."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from pipeline.config import ReleaseSettings
from pipeline.stages.release import release
from pipeline.tables import schemas
from tests.unit.stages.drawn_study import MEASURE, Study, sites

pytestmark = pytest.mark.filterwarnings("error")

RULE = ReleaseSettings()
NEW = ("open_thresholds", "open_verdicts", "open_twin", "open_methods")
PAIRED = sites(30, 26, 34, 28, 31, 25, 33)
MISSING = sites(30, 25, 28, 31, 26, 29, 33)


def opened(study: Study, rule: ReleaseSettings = RULE) -> dict[str, pd.DataFrame]:
    found = release(study.exact(), {"pcl5": MEASURE}, {}, rule)
    for name in NEW:
        schemas()[name].validate(found[name])
    counts = found["open_methods"]["n"].dropna()
    assert ((counts % rule.round_to == 0) & (counts >= rule.minimum_count)).all()
    return found


def gains(study: Study) -> pd.DataFrame:
    return study.exact()["change"]


def is_nobody_or_a_figure(women: pd.Series, site: pd.Series) -> bool:
    by_site = np.sort(np.bincount(pd.factorize(site)[0][women.to_numpy()], minlength=site.nunique()))
    return bool(by_site.sum() == 0 or by_site[:-2].sum() >= RULE.minimum_count)


def told_of(found: dict[str, pd.DataFrame], change: pd.DataFrame) -> list[pd.Series]:
    """Every set of women whose number a reader can take from the open tables: curves, classes and bins."""
    gain, sets = change["improvement"], []
    for row in found["open_thresholds"].itertuples():
        sets += [gain >= row.points] if pd.notna(row.improved_pct) else []
        sets += [gain <= -row.points] if pd.notna(row.deteriorated_pct) else []
    sets += [gain >= edge for edge in found["open_distribution"]["bin_low"]]
    nation = found["open_classes"].query("site_id == 'ALL' and status == 'shown'")
    return [*sets, *(change["class"] == name for name in nation["class"] if name != "not_reliably_improved")]


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_no_two_thresholds_bins_or_classes_leave_a_few_women_between_them(seed: int) -> None:
    study = Study(PAIRED, MISSING, seed=seed)
    change, found = gains(study), opened(study)
    curve = found["open_thresholds"].query("not is_published")
    assert curve["improved_pct"].notna().sum() >= 3
    sets = told_of(found, change)
    assert all(is_nobody_or_a_figure(one ^ other, change["site_id"]) for one, other in combinations(sets, 2))
    every = [change["improvement"] >= points for points in range(1, 33)]
    apart = [one ^ other for one, other in combinations(every, 2)]
    assert any(0 < between.sum() < RULE.minimum_count for between in apart), "the whole strip would tell of a few women"


def test_shares_are_whole_and_from_rounded_counts() -> None:
    study = Study(PAIRED, MISSING)
    change, table = gains(study), opened(study)["open_thresholds"]
    for row in table[table["improved_pct"].notna()].itertuples():
        n = (change["improvement"] >= row.points).sum()
        assert row.improved_pct == round(100 * (5 * round(n / 5 + 1e-9)) / 205), "207 women"
        assert not row.is_published or row.low_pct <= row.improved_pct <= row.high_pct
    primary = table.query("is_published and points == 15").iloc[0]
    nation = opened(study)["open_classes"].query("site_id == 'ALL'").set_index("class")
    assert primary["improved_pct"] == nation.loc["reliably_improved", "share_pct"], "one number in two tables"


def test_a_small_site_alone_is_on_no_curve() -> None:
    without, with_small = Study(PAIRED, MISSING), Study({**PAIRED, "S08": 5}, MISSING, means={"S08": 60.0})
    exact = [study.exact()["strip"]["improved"].to_numpy() for study in (without, with_small)]
    assert (exact[0] != exact[1]).any()
    for name in NEW:
        pd.testing.assert_frame_equal(opened(with_small)[name], opened(without)[name])


def test_a_verdict_goes_with_the_lowest_and_the_highest_published_threshold() -> None:
    shown = opened(Study({site: 3 * n for site, n in PAIRED.items()}, MISSING))
    assert shown["open_verdicts"].iloc[0]["verdict"] == "fragile"
    assert "15 percentage points" in shown["open_verdicts"].iloc[0]["reason"]
    hardly = opened(Study(PAIRED, MISSING, means=dict.fromkeys(PAIRED, -2.0)))
    ends = hardly["open_thresholds"].query("is_published")["status"].tolist()
    assert ends[-1] == "too_few", "few improve by 18 points where the mean is below none"
    row = hardly["open_verdicts"].iloc[0]
    assert (row["status"], pd.isna(row["verdict"])) == ("too_few", True)


def test_without_a_sourced_population_there_is_a_curve_and_no_point() -> None:
    twin = opened(Study(PAIRED, MISSING))["open_twin"]
    assert not twin["is_sourced"].any()
    assert twin[["improved_pct", "deteriorated_pct"]].isna().all(axis=None)
    mean = gains(Study(PAIRED, MISSING))["pre"].mean()
    expected = [(1 - 0.82) * (mean - tried) for tried in twin["population_mean"]]
    assert twin["expected"].to_numpy() == pytest.approx(expected, abs=0.1)
    assert (twin["expected"].round(1) == twin["expected"]).all()
    keys = opened(Study(PAIRED, MISSING))["findings"].set_index("key")
    assert (keys.loc["twin.pcl5.expected", "status"], pd.isna(keys.loc["twin.pcl5.expected", "value"])) == ("not_recorded", True)
    assert keys.loc["twin.pcl5.expected_range", "high"] == twin["expected"].max()


def test_methods_give_counts_over_all_sites_and_hold_back_what_two_methods_would_tell() -> None:
    study = Study(PAIRED, MISSING)
    table = opened(study)["open_methods"]
    assert set(table["method"]) == {"JT", "GLN", "HLL", "EN", "NK", "HA"}
    exact = study.exact()["methods"].set_index(["method", "class"])["n"]
    for row in table[(table["status"] == "shown") & (table["class"] == "reliably_improved")].itertuples():
        assert abs(row.n - exact[row.method, "reliably_improved"]) <= 2
    held_back = table[(table["class"] == "reliably_improved") & (table["status"] == "too_few")]
    assert len(held_back), "among six methods some differ from one another by a few women"
    assert table.loc[table["status"] == "too_few", ["n", "share_pct"]].isna().all(axis=None)


def test_below_five_sites_words_stand_in_place_of_the_strip() -> None:
    found = opened(Study(sites(60, 55, 70, 48), sites(30, 25, 28, 31)))
    assert found["open_thresholds"].empty
    assert found["open_methods"].empty
    for name in ("open_verdicts", "open_twin"):
        assert set(found[name]["status"]) == {"too_few"}
    row = found["findings"].set_index("key").loc["thresholds.pcl5.verdict"]
    assert "fewer than five sites" in row["statement"]
