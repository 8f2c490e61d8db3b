"""Impute: small drawn studies whose answers can be worked out on paper."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.measures import Measure, Range, SmallestChange
from pipeline.stages.impute import impute
from pipeline.tables import empty, schemas, shape
from tests.unit.drawn import drawn

pytestmark = pytest.mark.filterwarnings("error")

RANGE = Range(low=0, high=40, step=1)
LOWER = Measure(id="core10", name="A", better="lower", range=RANGE)
HIGHER = Measure(id="core10", name="A", better="higher", range=RANGE)


def women(text: str) -> pd.DataFrame:
    """Groups of women drawn as a line: site, first score, last score (`-` for none), and how many of them."""
    rows = drawn(text)
    table = rows.loc[rows.index.repeat(rows["n"])].drop(columns="n").reset_index(drop=True)
    names = [f"R{number:04d}" for number in range(len(table))]
    return table.assign(referral_id=names, person_id=names, measure="core10")


def due(table: pd.DataFrame, measure: Measure = LOWER) -> pd.DataFrame:
    post = table["post"].astype("float64")
    return shape("due", table.assign(post=post, improvement=measure.sign * (table["pre"] - post)))


def effects_of(table: pd.DataFrame) -> pd.DataFrame:
    """Sites of ten pairs and more are pooled, each with an error of its own."""
    gain = table.groupby("site_id")["improvement"].agg(["count", "mean", "std"])
    known = pd.DataFrame({"n_paired": gain["count"], "mean_improvement": gain["mean"], "se": gain["std"] / gain["count"] ** 0.5})
    facts = {"measure": "core10", "grain": "record", "is_pooled": (gain["count"] >= 10) & (gain["std"] > 0)}
    return shape("site_effects", known.assign(**facts).reset_index())


def run(
    table: pd.DataFrame, measure: Measure = LOWER, referrals: pd.DataFrame | None = None, seed: int = 1
) -> dict[str, pd.DataFrame]:
    exact = due(table, measure)
    effects = effects_of(exact)
    pooled = shape("pooled", pd.DataFrame({"measure": ["core10"], "k": [2], "n": [9], "tau2": [0.0], "method": ["m"]}))
    people = empty("accepted_referrals") if referrals is None else referrals
    found = impute(exact, people, effects, pooled, {"core10": measure}, seed)
    for name, made in found.items():
        schemas()[name].validate(made)
    return found


TWO_SITES = """
    site_id  pre  post  n
    S01      30   20    8
    S01      30   24    8
    S01      30   -     8
    S02      24   20    6
    S02      24   12    6
    S02      24   -     4
"""


def test_scenarios_fill_every_missing_improvement_with_one_value() -> None:
    """At S01 16 women improved by 8 on average and 8 are missing: 16 x 8 / 24 is a third less. S02: 12 of 16, by 8: 6."""
    found = run(women(TWO_SITES))["scenarios"].set_index(["scenario", "site_id"])["estimate"]
    assert found["no change", "S01"] == pytest.approx(16 / 3)
    assert found["no change", "S02"] == pytest.approx(6)
    assert found["10th percentile", "S01"] == pytest.approx((16 * 8 + 8 * 4) / 24), "the tenth percentile of 4, 6, 10 and 12"
    assert found["90th percentile", "S02"] == pytest.approx((12 * 8 + 4 * 12) / 16)


def test_the_pool_in_a_scenario_weighs_sites_as_their_pairs_do() -> None:
    """Errors as of 16 changes of 6 and 10, and 12 of 4 and 12: variances 4.27/16 and 17.45/12; tau2 is given as none."""
    found = run(women(TWO_SITES))["scenarios"].set_index(["scenario", "site_id"])["estimate"]
    weights = np.array([16 / (64 / 15), 12 / (192 / 11)])
    assert found["no change", "ALL"] == pytest.approx(weights @ [16 / 3, 6] / weights.sum())


def test_complete_pairs_and_numbers_of_women_stand_beside_the_imputed_mean() -> None:
    table = run(women(TWO_SITES))["imputed"].set_index("site_id")
    assert table.loc["S01", ["n_due", "n_paired", "n_imputed"]].tolist() == [24, 16, 8]
    assert table.loc["ALL", ["n_due", "n_paired", "n_imputed"]].tolist() == [40, 28, 12]
    assert table.loc[["S01", "S02"], "complete"].tolist() == [8, 8]
    assert table.loc["ALL", "complete"] == pytest.approx(8)
    assert table["m"].unique().tolist() == [30], "12 of 40 women are missing: one data set for each per cent"
    assert (table["low"] < table["estimate"]).all()
    assert (table["estimate"] < table["high"]).all()
    spread = table.loc["ALL", ["tau2_low", "tau2_median", "tau2_high"]].tolist()
    assert spread == sorted(spread), "over the thirty data sets"
    assert spread[0] < spread[2]
    assert table.loc[["S01", "S02"], "tau2_median"].isna().all()


def test_missing_at_random_is_put_right_where_the_missing_came_with_higher_scores() -> None:
    """Last scores are half the first ones, give or take 2. Those missing came with 36, so that they would have improved by 18."""
    text = "site_id pre post n\n"
    for site in ("S01", "S02", "S03"):
        for pre in (12, 16, 20, 24):
            text += f"{site} {pre} {pre // 2 - 2} 5\n{site} {pre} {pre // 2 + 2} 5\n"
        text += f"{site} 36 - 20\n"
    found = run(women(text))["imputed"].set_index("site_id")
    assert found.loc["ALL", "complete"] == pytest.approx(9), "half of 18, the mean of those who gave two scores"
    assert found.loc["ALL", "estimate"] == pytest.approx((40 * 9 + 20 * 18) / 60, abs=0.6)
    assert found.loc["ALL", "low"] < 12 < found.loc["ALL", "high"]


def test_turning_the_measure_round_changes_no_answer_but_the_scores() -> None:
    table = women(TWO_SITES)
    turned = table.assign(pre=40 - table["pre"], post=[None if v is None or v != v else 40 - v for v in table["post"]])
    one, other = run(table), run(turned, HIGHER)
    pd.testing.assert_frame_equal(one["scenarios"], other["scenarios"])
    columns = ["estimate", "low", "high", "complete"]
    np.testing.assert_allclose(one["imputed"][columns], other["imputed"][columns], atol=1.5)


def test_the_same_seed_gives_the_same_numbers_whatever_the_order_of_rows() -> None:
    table = women(TWO_SITES)
    one, again, other = run(table), run(table.iloc[::-1]), run(table, seed=2)
    for name in one:
        pd.testing.assert_frame_equal(one[name], again[name])
    assert (one["imputed"]["estimate"] != other["imputed"]["estimate"]).any()
    assert one["imputed"]["estimate"].to_numpy() == pytest.approx(other["imputed"]["estimate"].to_numpy(), abs=1.0)


def test_a_site_with_fewer_than_five_pairs_is_not_imputed_and_says_so() -> None:
    table = run(women(TWO_SITES + "    S03      25   20    4\n    S03      25   -     6\n"))["imputed"].set_index("site_id")
    row = table.loc["S03"]
    assert (row["n_imputed"], row["reason"]) == (0, "fewer than 5 pairs: not imputed")
    assert row[["estimate", "low", "high"]].isna().all()
    assert table.loc["ALL", "n_due"] == 40, "nor is it in the pool"


def test_a_tipping_point_lowers_the_imputed_women_alone() -> None:
    """All improve by about 10, half have no second score. At 17 points the mean is 10 - 17/2 = 1.5, and a woman's variance
    1 + 8.5^2 = 73, so that over four sites of 80 women the limit lies t(3) sqrt(73/320) = 1.5 below: none."""
    text = "site_id pre post n\n"
    for site in ("S01", "S02", "S03", "S04"):
        text += f"{site} 30 19 20\n{site} 30 21 20\n{site} 30 - 40\n"
    found = run(women(text))["tipping"].set_index("question")
    row = found.loc["no_effect"]
    assert row["status"] == "reached"
    assert 16.5 <= row["delta"] <= 17.5
    assert row["delta"] % 0.5 == 0
    assert found.loc["too_small", "status"] == "not assessed"


def test_a_smallest_important_change_is_asked_about_where_one_is_sourced() -> None:
    important = SmallestChange(points=6, source="invented", evidence="V")
    measure = LOWER.model_copy(update={"smallest_important_change": important})
    text = "site_id pre post n\n"
    for site in ("S01", "S02", "S03", "S04"):
        text += f"{site} 30 19 20\n{site} 30 21 20\n{site} 30 - 40\n"
    row = run(women(text), measure)["tipping"].set_index("question").loc["too_small"]
    assert (row["status"], row["smallest_important"]) == ("reached", 6)
    assert 8 <= row["delta"] <= 9, "from 10 to below 6 by half of the women: a little more than 8"


def test_who_has_a_second_score_is_set_beside_who_has_not() -> None:
    """First scores: 30 and 24 of those with both scores (SD near 3), 30 and 24 of the others too."""
    row = run(women(TWO_SITES))["balance"].set_index("characteristic").loc["first_score"]
    assert row[["n_paired", "n_unpaired"]].tolist() == [28, 12]
    assert row["mean_paired"] == pytest.approx((16 * 30 + 12 * 24) / 28)
    assert row["mean_unpaired"] == pytest.approx((8 * 30 + 4 * 24) / 12)
    one, zero = np.repeat([30, 24], [16, 12]), np.repeat([30, 24], [8, 4])
    spread = np.sqrt((one.var(ddof=1) + zero.var(ddof=1)) / 2)
    assert row["difference"] == pytest.approx((one.mean() - zero.mean()) / spread)


def test_case_mix_stands_in_the_balance_as_shares() -> None:
    text = "site_id pre post n\nS01 30 20 60\nS01 30 24 40\nS01 28 - 50\n"
    table = women(text)
    young = {**dict.fromkeys(table["referral_id"][:25], "20_24"), **dict.fromkeys(table["referral_id"][100:125], "under_20")}
    facts: dict[str, Any] = {
        "age_band": table["referral_id"].map(young).fillna("25_29"),
        "pathway": "birth_trauma",
        "imd_decile": 3,
    }
    referrals = shape("accepted_referrals", table[["site_id", "referral_id"]].assign(**facts))
    balance = run(table, referrals=referrals)["balance"].set_index("characteristic")
    assert set(balance.index) == {"first_score", "age_under_25"}, "what all women share has no row"
    assert balance.loc["age_under_25", ["mean_paired", "mean_unpaired"]].tolist() == [0.25, 0.5]


def test_where_nobody_is_missing_only_the_balance_is_told() -> None:
    found = run(women(TWO_SITES).dropna(subset="post"))
    assert {name for name, table in found.items() if len(table)} == {"balance"}
    assert found["balance"]["reason"].tolist() == ["fewer than two women on a side"]
