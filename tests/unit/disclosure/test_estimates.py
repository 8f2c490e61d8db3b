"""Which estimates may leave: sites by their women, pools by their number of sites."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import ReleaseSettings
from pipeline.disclosure.estimates import release_pool, release_sites, released_pool_members
from pipeline.disclosure.rule import nearest
from pipeline.tables import shape
from tests.unit.drawn import drawn

RULE = ReleaseSettings()
BIG = [48, 52, 61, 37, 44, 58, 71, 33, 42]
FIT = {
    "n": 277,
    "estimate": 11.6347,
    "low_adhoc": 7.2163,
    "high_adhoc": 16.0531,
    "tau2": 14.2021,
    "tau2_low_matched": 0.0,
    "tau2_high_matched": 103.4,
    "rests_on": "own_variances",
}
FIT |= {"pi_low": 0.9872, "pi_high": 22.2822}


def effects(text: str) -> pd.DataFrame:
    return shape("site_effects", drawn(text).assign(measure="pcl5", grain="record"))


def test_a_site_shows_rounded_women_and_one_decimal_or_a_word() -> None:
    exact = effects("""
        site_id  n_paired  mean_improvement  se   low    high   shrunken  is_pooled
        S01      98        15.29             1.3  12.68  17.90  15.56     yes
        S02      9         12.50             3.1  5.35   19.65  13.10     yes
        S03      0         -                 -    -      -      -         no
        S04      -         -                 -    -      -      -         no
        S05      40        -                 -    -      -      -         no
        S06      25        4.00              0.0  4.00   4.00   -         no
        S07      33        -0.04             1.0  -2.08  2.00   0.10      yes
    """)
    shown = release_sites(exact, {"pcl5": True}, RULE).set_index("site_id")
    expected = drawn("""
        site_id  n    mean_improvement  low   high  shrunken  status        is_pooled
        S01      100  15.3              12.7  17.9  15.6      shown         yes
        S02      -    -                 -     -     -         too_few       no
        S03      -    -                 -     -     -         too_few       no
        S04      -    -                 -     -     -         not_recorded  no
        S05      40   -                 -     -     -         not_recorded  no
        S06      25   -                 -     -     -         too_few       no
        S07      35   0.0               -2.1  2.0   0.1       shown         yes
    """).set_index("site_id")
    for name in expected:
        assert shown[name].astype("object").where(shown[name].notna(), None).tolist() == [
            None if value is None or value != value else value for value in expected[name].tolist()
        ], name
    assert math.copysign(1, shown.loc["S07", "mean_improvement"]) == 1, "no minus before nought"
    assert {"se", "sd_pre", "sd_post", "r", "d_z", "d_av", "d_pre", "n_paired"}.isdisjoint(shown.columns)


def test_shrunken_estimates_stay_back_where_the_pool_does() -> None:
    exact = effects("""
        site_id  n_paired  mean_improvement  se   shrunken  shrunken_low  shrunken_high  is_pooled
        S01      98        15.29             1.3  15.56     13.0          18.1           yes
    """)
    shown = release_sites(exact, {"pcl5": False}, RULE).iloc[0]
    assert shown["mean_improvement"] == 15.3
    assert shown[["shrunken", "shrunken_low", "shrunken_high"]].isna().all()


@given(n=st.integers(10, 400), total=st.integers(-2000, 8000))
def test_a_printed_mean_of_whole_points_leaves_three_whole_numbers_of_women(n: int, total: int) -> None:
    mean, women = round(total / n, 1), int(nearest(n, RULE))
    could_be = [
        m
        for m in range(women - 2, women + 3)
        if m >= RULE.minimum_count
        and any(abs(round(s / m, 1) - mean) < 1e-9 for s in range(math.floor((mean - 0.1) * m), math.ceil((mean + 0.1) * m) + 1))
    ]
    assert n in could_be
    assert len(could_be) >= 3


@pytest.mark.parametrize(
    ("k", "is_pool", "is_prediction"),
    [(2, False, False), (4, False, False), (5, True, False), (9, True, False), (10, True, True)],
)
def test_what_is_printed_depends_on_the_number_of_sites(k: int, is_pool: bool, is_prediction: bool) -> None:
    members = pd.DataFrame({"n_paired": [30] * k})
    row = release_pool("pcl5", FIT, members, 1, RULE)
    assert (row["status"] == "shown") is is_pool
    assert ("mean_improvement" in row, "tau2" in row, row["has_shrunken_plot"]) == (is_pool,) * 3
    assert ("prediction_low" in row) is is_prediction
    assert bool(row["note"]) is not is_prediction, "words say what is not given"
    assert (row["k_sites"], row["k_sites_left_out"]) == (k, 1)
    if is_pool:
        assert (row["n"], row["mean_improvement"], row["low"], row["high"]) == (275, 11.6, 7.2, 16.1), "the ad hoc interval"
        assert (row["tau2"], row["tau2_low"], row["tau2_high"]) == (14.0, 0.0, 100.0), "two figures"


def test_a_pool_that_two_sites_dominate_is_not_printed() -> None:
    row = release_pool("pcl5", FIT, pd.DataFrame({"n_paired": [200, 150, 3, 3, 3]}), 0, RULE)
    assert row["status"] == "too_few"
    assert "Two sites" in row["note"]
    assert "mean_improvement" not in row


def test_data_that_cannot_tell_sites_apart_get_no_shrunken_plot() -> None:
    row = release_pool("pcl5", FIT | {"tau2": 0.0}, pd.DataFrame({"n_paired": [30] * 12}), 0, RULE)
    assert row["has_shrunken_plot"] is False
    assert "cannot tell the sites apart" in row["note"]


@pytest.mark.parametrize(
    ("small", "entered", "rule", "why"),
    [
        ([9], [], RULE, "a small site alone could be found by comparing the pool with the sites"),
        ([4, 5], [], RULE, "two with fewer than the minimum together"),
        ([6, 7], [6, 7], RULE, "two with the minimum together, behind the rounding of the others"),
        ([6, 7], [], ReleaseSettings(round_to=1), "without rounding each finds the other"),
        ([9, 9, 9, 9], [9, 9, 9, 9], ReleaseSettings(round_to=1), "any two leave eighteen to the others"),
    ],
)
def test_small_sites_stand_in_a_released_pool_only_where_none_can_be_found(
    small: list[int], entered: list[int], rule: ReleaseSettings, why: str
) -> None:
    n = [*BIG, *small]
    exact = pd.DataFrame({"n_paired": pd.array([*n, 90], dtype="Int64"), "is_pooled": [True] * len(n) + [False]})
    kept = released_pool_members(exact, rule)["n_paired"].tolist()
    assert kept == [*BIG, *entered], why
