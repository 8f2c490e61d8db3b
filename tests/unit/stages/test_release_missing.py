"""What leaves of women without a second score, and what a reader makes of it who subtracts, divides and solves."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from pipeline.config import ReleaseSettings
from pipeline.stages.release import release
from pipeline.tables import schemas
from tests.unit.stages.drawn_study import MEASURE, Study, sites

pytestmark = pytest.mark.filterwarnings("error")

RULE = ReleaseSettings()
NEW = ("open_missing", "open_scenarios", "open_tipping", "open_balance")
PAIRED = sites(60, 55, 70, 48, 52, 64, 58)


def opened(study: Study, rule: ReleaseSettings = RULE) -> dict[str, pd.DataFrame]:
    found = release(study.exact(), {"pcl5": MEASURE}, {}, rule)
    for name in NEW:
        schemas()[name].validate(found[name])
        for column in found[name]:
            if re.match(r"^n(_|$)", column):
                assert all(n % rule.round_to == 0 and n >= rule.minimum_count for n in found[name][column].dropna())
    return found


def statuses(table: pd.DataFrame) -> set[str]:
    return set(table["status"])


def test_what_leaves_is_over_all_sites_and_rounded() -> None:
    study = Study(PAIRED, sites(30, 25, 28, 31, 26, 29, 33))
    exact, found = study.exact(), opened(study)
    row, whole = found["open_missing"].iloc[0], exact["imputed"].set_index("site_id").loc["ALL"]
    assert row["status"] == "shown"
    assert [row[name] for name in ("estimate", "low", "high", "complete")] == [
        round(whole[name], 1) for name in ("estimate", "low", "high", "complete")
    ]
    assert (row["k_sites"], row["n"]) == (7, 405), "407 women with both scores"
    assert not {"site_id", "m", "df", "fraction_missing", "se"} & {column for name in NEW for column in found[name]}
    scenarios = found["open_scenarios"].set_index("scenario")
    assert (scenarios[["fill", "mean_improvement"]] % 1 == 0).all(axis=None), "whole points"
    assert scenarios.loc["no_change", "fill"] == 0
    means = scenarios["mean_improvement"]
    assert means["no_change"] < row["complete"] < means["ninetieth_percentile"]
    tipping = found["open_tipping"].set_index("question")
    assert tipping.loc["no_effect", "delta"] % 0.5 == 0
    assert tipping.loc["too_small", "status"] == "not_recorded", "the invented measure states no smallest important change"
    balance = found["open_balance"].set_index("characteristic")
    assert balance.loc["first_score", "status"] == "shown"
    keys = found["findings"].set_index("key")
    assert keys.loc["missing.pcl5.no_effect", "value"] == tipping.loc["no_effect", "delta"]


def attack(study: Study, known: tuple[str, ...], target: str, printed: float, half: float) -> tuple[float, float]:
    """The least and the most women without a second score at `target`, for a reader who knows the rows of `known`.

    She knows every site's weight and mean, takes completeness where it is printed within its rounding, and solves the mean in
    the scenario without change, which was printed as `printed` give or take `half`.
    """
    exact = study.exact()
    effects, tau2 = exact["site_effects"].set_index("site_id"), exact["pooled"]["tau2"].iloc[0]
    weights = 1 / (effects["se"] ** 2 + tau2)
    due = exact["missingness"].set_index("site_id")["n_due"].astype(float)
    gone = due - exact["missingness"].set_index("site_id")["n_paired"].astype(float)
    completeness = opened(study)["open_completeness"].set_index("site_id")
    # mean without change = sum w m (1 - u) / sum w, u the share without a second score
    slope = -(weights * effects["mean_improvement"]) / weights.sum() / due
    start = (weights * effects["mean_improvement"]).sum() / weights.sum()
    bounds = []
    for site in effects.index:
        is_printed = completeness.loc[site, "status"] == "shown"
        exactly = site in known
        slack = 0 if exactly else 4 if is_printed else None
        bounds.append((gone[site] - slack, gone[site] + slack) if slack is not None else (0, due[site] - 10))
    rows = np.vstack([slope, -slope])
    ends = [printed + half - start, -(printed - half - start)]
    aim = (effects.index == target).astype(float)
    found = [linprog(sign * aim, A_ub=rows, b_ub=ends, bounds=bounds) for sign in (1, -1)]
    assert all(each.status == 0 for each in found)
    return found[0].fun, -found[1].fun


def test_without_protection_the_missing_women_of_the_last_site_would_be_found() -> None:
    study = Study(PAIRED, {**sites(30, 25, 28, 31, 26, 29), "S07": 4})
    exact = study.exact()["scenarios"].query("site_id == 'ALL' and scenario == 'no change'")["estimate"].iloc[0]
    others = tuple(name for name in PAIRED if name != "S07")
    low, high = attack(study, others, "S07", round(exact, 1), 0.05)
    assert high < RULE.minimum_count - 1 or low > 0, "a tenth of a point gives them away to whoever knows the others"
    found = opened(study)
    assert found["open_completeness"].set_index("site_id").loc["S07", "status"] == "too_few"
    for name in ("open_scenarios", "open_tipping"):
        assert statuses(found[name]) == {"too_few"}, name
        assert found[name]["note"].str.contains("could be worked out").all()
        numbers = found[name].select_dtypes("number").drop(columns="smallest_important", errors="ignore")
        assert numbers.isna().all(axis=None)


def test_with_several_withheld_sites_no_pair_of_sites_finds_a_third() -> None:
    study = Study(PAIRED, {**sites(30, 25, 28), "S04": 5, "S05": 3, "S06": 6, "S07": 4})
    found = opened(study)
    row = found["open_scenarios"].set_index("scenario").loc["no_change"]
    assert row["status"] == "shown"
    for target, known in (("S07", ("S05", "S06")), ("S05", ("S04", "S07"))):
        low, high = attack(study, known, target, row["mean_improvement"], 0.5)
        assert low <= 0.5
        assert high >= RULE.minimum_count - 1.5


def test_too_few_without_a_second_score_are_told_in_words_alone() -> None:
    found = opened(Study(PAIRED, sites(2, 1, 0, 1, 2, 1, 1)))
    assert statuses(found["open_missing"]) == {"too_few"}
    assert found["open_missing"]["note"].str.contains("lack a second score").all()
    assert statuses(found["open_balance"]) == {"too_few"}
    assert found["open_balance"].select_dtypes("number").isna().all(axis=None)


def test_a_few_pairs_that_are_not_due_yet_keep_two_means_apart() -> None:
    """Four women stand in the released pool and not among those due: the mean of the others would give theirs."""
    missing = sites(30, 25, 28, 31, 26, 29, 33)
    few, many = (opened(Study(PAIRED, missing, not_due=sites(*early))) for early in ((4,), (4, 5, 3, 4)))
    row = few["open_missing"].iloc[0]
    assert row["status"] == "shown"
    assert pd.notna(row["estimate"])
    assert row[["complete", "n"]].isna().all()
    assert few["findings"].set_index("key").loc["missing.pcl5.complete", "status"] == "too_few"
    balance = few["open_balance"].set_index("characteristic").loc["first_score"]
    assert pd.notna(balance["difference"])
    assert balance[["mean_paired", "mean_unpaired"]].isna().all(), "the twin tells the mean first score of all pairs"
    assert many["open_missing"].iloc[0][["complete", "n"]].notna().all()
    assert many["open_balance"].set_index("characteristic").loc["first_score", ["mean_paired", "mean_unpaired"]].notna().all()


def test_a_small_site_alone_is_in_no_balance() -> None:
    missing = sites(30, 25, 28, 31, 26, 29, 33)
    without = opened(Study(PAIRED, missing))["open_balance"]
    with_small = Study({**PAIRED, "S08": 5}, {**missing, "S08": 2}, means={"S08": 60.0})
    pd.testing.assert_frame_equal(opened(with_small)["open_balance"], without)


def test_a_pool_with_a_small_site_that_the_released_one_leaves_out_stays_back() -> None:
    strict = ReleaseSettings(minimum_count=20, round_to=5)
    study = Study({**PAIRED, "S08": 12}, {**sites(40, 35, 38, 41, 36, 39, 43), "S08": 5})
    found = opened(study, strict)
    assert found["open_pooled"].iloc[0]["k_sites"] == 7
    for name in ("open_missing", "open_scenarios", "open_tipping"):
        assert statuses(found[name]) == {"too_few"}, name


def test_below_five_sites_the_reason_stands_in_place_of_every_number() -> None:
    found = opened(Study(sites(60, 55, 70, 48), sites(30, 25, 28, 31)))
    for name in ("open_missing", "open_scenarios", "open_tipping"):
        assert statuses(found[name]) == {"too_few"}
        assert found[name]["note"].str.contains("fewer than five sites").all()
    assert found["open_balance"].empty


def test_what_is_said_of_a_site_follows_from_its_open_figures_alone() -> None:
    found = opened(Study(PAIRED, {**sites(30, 25, 28, 31, 26, 29), "S07": 4}))
    keys = found["findings"].set_index("key")["value"]
    mean = found["open_sites"].set_index("site_id").loc["S01", "mean_improvement"]
    row = found["open_completeness"].set_index("site_id").loc["S01"]
    assert keys["missing.pcl5.S01.site_no_change"] == pytest.approx(mean * row["n_paired"] / row["n_due"], abs=0.5)
    assert "missing.pcl5.S07.site_no_change" not in keys.index, "its completeness is withheld"
