"""A group's change: scores without spread, too few pairs, and what must not matter."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pipeline.stats.paired import PairedChange, PairedChanges, describe_change, describe_groups

pytestmark = pytest.mark.filterwarnings("error")

PRE, POST = [52.0, 40, 61, 35, 48, 57], [30.0, 38, 44, 36, 20, 41]
POINTS = ("mean_improvement", "sd_improvement", "se", "low", "high")
SIZES = ("d_z", "d_z_low", "d_z_high", "d_av", "d_pre", "d_pre_se", "d_pre_low", "d_pre_high")


def _numbers(change: PairedChange) -> dict[str, Any]:
    return {field.name: getattr(change, field.name) for field in fields(change) if field.name != "reason"}


@st.composite
def rows(draw: st.DrawFn) -> list[tuple[int, int, int]]:
    score = st.integers(0, 80)
    return draw(st.lists(st.tuples(st.integers(0, 4), score, score), min_size=1, max_size=40))


def test_one_group_and_many_have_the_same_fields() -> None:
    assert [field.name for field in fields(PairedChange)] == [field.name for field in fields(PairedChanges)]


@pytest.mark.parametrize(
    ("pre", "post", "reason"),
    [
        ([], [], "no pairs"),
        ([np.nan, 3.0], [4.0, np.nan], "no pairs"),
        ([40.0], [31.0], "one pair"),
    ],
)
def test_fewer_than_two_pairs(pre: list[float], post: list[float], reason: str) -> None:
    change = describe_change(pre, post, sign=1)
    assert change.reason.startswith(reason)
    assert isinstance(change.n, int)
    known = {"n", "mean_pre", "mean_post", "mean_improvement"} if change.n == 1 else {"n"}
    assert {name for name, value in _numbers(change).items() if not np.isnan(value)} == known


def test_one_pair_keeps_its_scores() -> None:
    change = describe_change([40.0], [31.0], sign=1)
    assert (change.n, change.mean_pre, change.mean_post, change.mean_improvement) == (1, 40, 31, 9)


def test_two_pairs_have_an_interval_but_no_bias_correction() -> None:
    change = describe_change([40.0, 50.0], [35.0, 38.0], sign=1)
    assert (change.mean_improvement, change.r) == (8.5, 1.0)
    assert change.se == pytest.approx(3.5)
    assert np.isfinite([change.low, change.high, change.d_z, change.d_z_low, change.d_z_high, change.d_av]).all()
    assert np.isnan([change.d_pre, change.d_pre_se, change.d_pre_low, change.d_pre_high]).all()
    assert change.reason == "two pairs: d_pre needs three"


def test_equal_improvements_keep_their_mean_with_an_error_of_zero() -> None:
    """0.1 is no binary number, so these differences differ in their last digit; that is not spread."""
    pre = np.array([0.1, 0.7, 1.1, 2.3])
    change = describe_change(pre, pre - 0.1, sign=1)
    assert (change.se, change.sd_improvement) == (0.0, 0.0)
    assert change.low == change.high == change.mean_improvement == pytest.approx(0.1)
    assert np.isnan([change.d_z, change.d_z_low, change.d_z_high]).all()
    assert np.isfinite([change.d_av, change.d_pre, change.r]).all()
    assert change.reason == "every improvement is the same: no d_z"


def test_unchanged_scores_correlate_at_exactly_one() -> None:
    """Rounding would make this correlation 1.0000000000000002, and the variance of d_pre negative."""
    scores = [5.4, 0.0, 3.1, 6.9]
    change = describe_change(scores, scores, sign=1)
    assert (change.r, change.d_pre, change.d_pre_se) == (1.0, 0.0, 0.0)


def test_equal_first_scores_have_no_correlation_and_no_d_pre() -> None:
    change = describe_change([0.3, 0.1 + 0.2, 0.3], [0.1, 0.2, 0.6], sign=1)
    assert change.sd_pre == 0.0
    assert np.isnan([change.r, change.d_pre, change.d_pre_se]).all()
    assert np.isfinite([change.se, change.d_z, change.d_av]).all()
    assert change.reason == "every first score is the same: no r, no d_pre"


def test_equal_last_scores_leave_d_pre_without_an_interval() -> None:
    change = describe_change([5.0, 9.0, 4.0], [2.0, 2.0, 2.0], sign=1)
    assert np.isfinite(change.d_pre)
    assert np.isnan([change.r, change.d_pre_se, change.d_pre_low, change.d_pre_high]).all()
    assert change.reason == "every last score is the same: no r, no interval of d_pre"


def test_no_spread_at_all_gives_every_reason() -> None:
    change = describe_change([7.0, 7.0, 7.0], [7.0, 7.0, 7.0], sign=-1)
    assert (change.mean_improvement, change.se) == (0.0, 0.0)
    assert change.reason.count(";") == 2
    assert np.isnan([change.d_z, change.d_av, change.d_pre]).all()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (([0, 0], [1.0], [1.0], 1), "lengths differ"),
        (([0, -1], [1.0, 2.0], [1.0, 2.0], 1), "whole numbers from 0"),
        (([0, 0.5], [1.0, 2.0], [1.0, 2.0], 1), "whole numbers from 0"),
        (([0, 0], [1.0, np.inf], [1.0, 2.0], 1), "pre holds an infinite value at position 1"),
        (([0, 0], [1.0, 2.0], [1.0, 2.0], 0), "sign must be"),
    ],
)
def test_what_cannot_be_described_is_refused_in_a_sentence(arguments: tuple[Any, ...], sentence: str) -> None:
    codes, pre, post, sign = arguments
    with pytest.raises(ValueError, match=sentence):
        describe_groups(codes, pre, post, sign=sign)


def test_a_code_beyond_the_groups_is_refused() -> None:
    with pytest.raises(ValueError, match="holds 3, but there are only 2 groups"):
        describe_groups([0, 3], [1.0, 2.0], [1.0, 2.0], sign=1, n_groups=2)


def test_groups_without_rows_are_kept() -> None:
    changes = describe_groups([2, 2, 2], PRE[:3], POST[:3], sign=1, n_groups=5)
    assert list(changes.n) == [0, 0, 3, 0, 0]
    assert changes.reason == ("no pairs", "no pairs", "", "no pairs", "no pairs")
    assert len(describe_groups([], [], [], sign=1).n) == 0


@given(rows(), st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_the_order_of_rows_changes_no_bit(table: list[tuple[int, int, int]], random: Any) -> None:
    shuffled = list(table)
    random.shuffle(shuffled)
    tenths = np.array(table, dtype=float) / [1, 10, 10]
    again = np.array(shuffled, dtype=float) / [1, 10, 10]
    one = describe_groups(*tenths.T, sign=1, n_groups=5)
    other = describe_groups(*again.T, sign=1, n_groups=5)
    for field in fields(one):
        assert np.array_equal(getattr(one, field.name), getattr(other, field.name), equal_nan=field.name != "reason")


@given(rows())
@settings(max_examples=80, deadline=None)
def test_each_group_is_what_it_is_alone(table: list[tuple[int, int, int]]) -> None:
    codes, pre, post = np.array(table, dtype=float).T
    together = describe_groups(codes, pre, post, sign=-1, n_groups=5)
    for group in range(5):
        alone = describe_change(pre[codes == group], post[codes == group], sign=-1)
        for name, value in _numbers(alone).items():
            assert getattr(together, name)[group] == pytest.approx(value, rel=1e-12, nan_ok=True)
        assert together.reason[group] == alone.reason


@given(rows())
@settings(max_examples=60, deadline=None)
def test_turning_the_measure_round_turns_signs_only(table: list[tuple[int, int, int]]) -> None:
    codes, pre, post = np.array(table, dtype=float).T
    lower = describe_groups(codes, pre, post, sign=1, n_groups=5)
    higher = describe_groups(codes, pre, post, sign=-1, n_groups=5)
    for name in ("se", "r", "sd_pre", "sd_improvement", "d_pre_se"):
        assert np.array_equal(getattr(lower, name), getattr(higher, name), equal_nan=True)
    for name in ("mean_improvement", "d_z", "d_av", "d_pre"):
        assert np.array_equal(getattr(lower, name), -getattr(higher, name), equal_nan=True)
    for low, high in (("low", "high"), ("d_z_low", "d_z_high"), ("d_pre_low", "d_pre_high")):
        assert np.allclose(getattr(lower, low), -getattr(higher, high), rtol=1e-9, equal_nan=True)


@given(rows(), st.sampled_from([0.125, 2.0, 64.0]))
@settings(max_examples=60, deadline=None)
def test_other_units_rescale_points_and_leave_sizes(table: list[tuple[int, int, int]], unit: float) -> None:
    codes, pre, post = np.array(table, dtype=float).T
    one = describe_groups(codes, pre, post, sign=1)
    other = describe_groups(codes, unit * pre, unit * post, sign=1)
    for name in POINTS:
        assert np.allclose(getattr(other, name), unit * getattr(one, name), rtol=1e-12, equal_nan=True)
    for name in SIZES:
        assert np.allclose(getattr(other, name), getattr(one, name), rtol=1e-12, equal_nan=True)


@pytest.mark.parametrize("t", [-40.0, -3.0, 0.0, 0.2, 5.0, 900.0])
@pytest.mark.parametrize("n", [2, 3, 12, 150, 5000])
def test_limits_of_d_z_put_the_observed_t_at_the_tails(t: float, n: int) -> None:
    improvement = stats.norm.ppf((np.arange(n) + 0.5) / n)
    improvement = improvement / np.std(improvement, ddof=1) + t / np.sqrt(n)
    change = describe_change(improvement, np.zeros(n), sign=1)
    observed = change.d_z * np.sqrt(n)
    tails = stats.nct.cdf(observed, n - 1, np.array([change.d_z_low, change.d_z_high]) * np.sqrt(n))
    assert tails == pytest.approx([0.975, 0.025], abs=1e-9)


def test_nearly_equal_improvements_still_have_ordered_limits() -> None:
    change = describe_change([10.0, 20.0, 30.0 + 1e-7], [5.0, 15.0, 25.0], sign=1)
    assert change.reason == ""
    assert 0 < change.d_z_low < change.d_z < change.d_z_high < np.inf


def test_level_sets_the_width() -> None:
    wide, narrow = (describe_change(PRE, POST, sign=1, level=level) for level in (0.99, 0.8))
    for low, high in (("low", "high"), ("d_z_low", "d_z_high"), ("d_pre_low", "d_pre_high")):
        assert getattr(wide, low) < getattr(narrow, low) < getattr(narrow, high) < getattr(wide, high)


def test_d_z_interval_covers_planted_truth() -> None:
    """1,000 groups of 20 women, d_z = 0.5: 95 % coverage has a standard error of 0.7 points."""
    rng = np.random.default_rng(20261122)
    codes = np.repeat(np.arange(1000), 20)
    pre = rng.normal(50, 10, 20_000)
    changes = describe_groups(codes, pre, pre - rng.normal(4, 8, 20_000), sign=1)
    assert np.mean((changes.d_z_low <= 0.5) & (changes.d_z_high >= 0.5)) == pytest.approx(0.95, abs=0.02)
    assert np.mean((changes.low <= 4) & (changes.high >= 4)) == pytest.approx(0.95, abs=0.02)
