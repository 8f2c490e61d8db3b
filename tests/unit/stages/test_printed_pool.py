"""Which pool is printed: that of the sites' own variances, unless these move the mean."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.stages.compare_pool import MOVED, ONE, OWN, other_pool, pool, pool_to_print, with_one_variance
from pipeline.tables import shape

pytestmark = pytest.mark.filterwarnings("error")


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
    pd.testing.assert_frame_equal(members, same)


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
