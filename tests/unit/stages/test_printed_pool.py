"""Which pool is printed: that of the sites' own variances, unless these move the mean."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.stages.compare_pool import MOVED, ONE, OWN, other_pool, pool, pool_to_print, with_one_variance
from pipeline.stats.meta import fit_random_effects, shrink
from pipeline.stats.shrunken_limits import limits_over_variance
from pipeline.tables import shape

pytestmark = pytest.mark.filterwarnings("error")

LIMITS = ["shrunken_low", "shrunken_high"]


def sites(*, is_skewed: bool, k: int = 20, n: int = 12, seed: int = 3) -> pd.DataFrame:
    """Sites of `n` women whose changes are normal, or a few of whom got much better."""
    rng = np.random.default_rng(seed)
    noise = (rng.standard_gamma(2.0, (k, n)) - 2) / np.sqrt(2) if is_skewed else rng.standard_normal((k, n))
    gains = 10 + 13 * noise
    table = pd.DataFrame({"site_id": [f"S{i:02d}" for i in range(k)], "mean_improvement": gains.mean(axis=1)})
    table = table.assign(se=gains.std(axis=1, ddof=1) / np.sqrt(n), n_paired=n, measure="pcl5", grain="record", is_pooled=True)
    return shape("site_effects", table)


def test_own_variances_stand_where_they_do_not_move_the_mean() -> None:
    table = sites(is_skewed=False, n=60)
    members, row = pool_to_print(table, "pcl5")
    same, plain = pool(table, "pcl5")
    assert row.pop("rests_on") == OWN
    assert row == plain
    pd.testing.assert_frame_equal(members.drop(columns=LIMITS), same.drop(columns=LIMITS))


@pytest.mark.parametrize("is_skewed", [False, True])
def test_printed_limits_of_shrunken_estimates_take_no_variance_as_known(is_skewed: bool) -> None:
    table = sites(is_skewed=is_skewed, n=20)
    members, row = pool_to_print(table, "pcl5")
    assert row["rests_on"] == (ONE if is_skewed else OWN)
    rests = with_one_variance(table) if is_skewed else table
    expected = limits_over_variance(table["mean_improvement"], rests["se"] ** 2, table["n_paired"].astype(int))
    assert members["shrunken_low"].tolist() == expected.low.tolist()
    assert members["shrunken_high"].tolist() == expected.high.tolist()


def test_the_exact_table_keeps_the_limits_at_one_variance_beside_those_that_are_printed() -> None:
    table = sites(is_skewed=False, n=20)
    exact = pool(table, "pcl5")[0]
    y, v = table["mean_improvement"].to_numpy(), table["se"].to_numpy() ** 2
    plain = shrink(y, v, fit_random_effects(y, v))
    assert exact["shrunken_low"].tolist() == plain.low.tolist()
    assert exact["shrunken_high_averaged"].tolist() == limits_over_variance(y, v, [20] * 20).high.tolist()


@pytest.mark.parametrize("k", [2, 5, 9])
def test_with_few_sites_no_printed_limit_is_narrower_than_at_one_variance(k: int) -> None:
    exact = pool(sites(is_skewed=False, k=k, seed=5), "pcl5")[0]
    assert (exact["shrunken_low_averaged"] <= exact["shrunken_low"]).all()
    assert (exact["shrunken_high_averaged"] >= exact["shrunken_high"]).all()


def test_one_variance_stands_where_own_ones_move_the_mean() -> None:
    table = sites(is_skewed=True)
    members, row = pool_to_print(table, "pcl5")
    own, alike = pool(table, "pcl5")[1], other_pool(with_one_variance(table), "one variance")
    assert abs(own["estimate"] - alike["estimate"]) > MOVED * (own["high_adhoc"] - own["low_adhoc"]) / 2
    assert own["estimate"] < alike["estimate"], "sites that improved more spread more, and counted for less"
    assert row["rests_on"] == ONE
    for name in ("estimate", "low_adhoc", "high_adhoc", "tau2", "pi_low"):
        assert row[name] == alike[name], name
    assert (row["tau2_low_matched"], row["tau2_high_matched"]) == (own["tau2_low_matched"], own["tau2_high_matched"])
    pd.testing.assert_series_equal(members["se"], table["se"])
    assert (members["shrunken"] != pool(table, "pcl5")[0]["shrunken"]).any()


def test_a_site_outside_the_pool_keeps_its_row() -> None:
    table = sites(is_skewed=True)
    table.loc[0, ["is_pooled", "se", "n_paired"]] = [False, 9.9, 3]
    members, row = pool_to_print(table, "pcl5")
    assert (row["k"], members.loc[0, "se"]) == (19, 9.9)
    assert np.isnan(members.loc[0, "shrunken"])


def test_a_lone_site_is_no_pool() -> None:
    table = sites(is_skewed=True, k=1)
    _, row = pool_to_print(table, "pcl5")
    assert row["method"] == "not pooled: fewer than two sites"
