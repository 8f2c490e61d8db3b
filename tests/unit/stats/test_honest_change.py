"""The twin without treatment and the strip of thresholds: by hand, by simulation, and at the ends of the scale."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr

from pipeline.stats.regression_twin import Population, Scale, expected_improvement, expected_over_means, expected_shares
from pipeline.stats.threshold_strip import Strip, threshold_strip

pytestmark = pytest.mark.filterwarnings("error")

FIVE = Scale(0, 4, 1)
PEOPLE = Population(mean=2, sd=1, retest=0.5)
SPREAD = np.sqrt(0.75)


# ---- the twin ------------------------------------------------------------------------------------------------------


def test_the_expected_improvement_by_hand() -> None:
    """Half of the distance from the population's mean is lost; where higher is better, the other way round."""
    assert expected_improvement([4, 2, 1], PEOPLE, sign=1).tolist() == [1, 0, -0.5]
    assert expected_improvement([4, 2, 1], PEOPLE, sign=-1).tolist() == [-1, 0, 0.5]


def test_the_curve_over_population_means_meets_each_of_its_points() -> None:
    pre = [40.0, 51.0, 63.0]
    for sign in (1, -1):
        curve = expected_over_means(pre, [10, 20, 51.0], retest=0.8, sign=sign)
        each = [expected_improvement(pre, Population(mean, 9, 0.8), sign=sign).mean() for mean in (10, 20, 51.0)]
        assert curve == pytest.approx(each, rel=1e-12)
    assert np.isnan(expected_over_means([], [1, 2], retest=0.8, sign=1)).all()


def test_the_expected_shares_by_hand() -> None:
    """From 3 the second score has mean 2.5: at most 2 is below 2.5, exactly half. From 4, mean 3, at most 3 is below 3.5."""
    shares = expected_shares([3], PEOPLE, scale=FIVE, thresholds=[1, 3, 4], sign=1)
    assert shares.improved == pytest.approx([0.5, ndtr((0.5 - 2.5) / SPREAD), 0])  # a fall of 4 from 3 would leave the scale
    assert shares.deteriorated == pytest.approx([1 - ndtr((3.5 - 2.5) / SPREAD), 0, 0])
    top = expected_shares([4], PEOPLE, scale=FIVE, thresholds=[1], sign=1)
    assert (top.improved[0], top.deteriorated[0]) == (pytest.approx(ndtr(0.5 / SPREAD)), 0)
    both = expected_shares([3, 4], PEOPLE, scale=FIVE, thresholds=[1], sign=1)
    assert both.improved[0] == pytest.approx((0.5 + ndtr(0.5 / SPREAD)) / 2)


def test_a_threshold_that_must_be_passed_is_met_one_step_later() -> None:
    past = expected_shares([3], PEOPLE, scale=FIVE, thresholds=[1, 1.96], sign=1, is_inclusive=False)
    met = expected_shares([3], PEOPLE, scale=FIVE, thresholds=[2], sign=1)
    assert past.improved == pytest.approx([met.improved[0]] * 2, rel=1e-14)
    assert past.deteriorated == pytest.approx([met.deteriorated[0]] * 2, rel=1e-14)


def test_turning_the_scale_round_changes_nothing() -> None:
    pre = np.array([3.0, 9, 10, 4])
    lower = expected_shares(pre, Population(5, 3, 0.7), scale=Scale(0, 10, 1), thresholds=[1, 2.5, 6], sign=1)
    higher = expected_shares(10 - pre, Population(5, 3, 0.7), scale=Scale(0, 10, 1), thresholds=[1, 2.5, 6], sign=-1)
    assert lower.improved == pytest.approx(higher.improved, rel=1e-12)
    assert lower.deteriorated == pytest.approx(higher.deteriorated, rel=1e-12)


@pytest.mark.parametrize("step", [1, 0.5, None])
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("is_inclusive", [True, False])
def test_the_expected_shares_against_simulated_scores(step: float | None, sign: int, is_inclusive: bool) -> None:
    """A million second scores, rounded and cut off one by one: five standard errors."""
    people, scale, thresholds = Population(8, 6, 0.8), Scale(0, 20, step), np.array([1.0, 3, 4.5])
    stream, pre, n = np.random.default_rng(9), np.array([0.0, 7, 13, 18, 20]), 200_000
    if sign == -1:
        pre, people = 20 - pre, Population(12, 6, 0.8)
    post = stream.normal(people.mean + 0.8 * (pre - people.mean), 6 * 0.6, (n, len(pre)))
    post = np.clip(post if step is None else np.round(post / step) * step, 0, 20)
    change = sign * (pre - post)
    ours = expected_shares(pre, people, scale=scale, thresholds=thresholds, sign=sign, is_inclusive=is_inclusive)
    for at, threshold in enumerate(thresholds):
        improved = np.mean(change >= threshold if is_inclusive else change > threshold)
        worse = np.mean(-change >= threshold if is_inclusive else -change > threshold)
        assert abs(ours.improved[at] - improved) < 5 * np.sqrt(0.25 / (n * 5))
        assert abs(ours.deteriorated[at] - worse) < 5 * np.sqrt(0.25 / (n * 5))


def test_nobody_has_no_twin() -> None:
    shares = expected_shares([], PEOPLE, scale=FIVE, thresholds=[1, 2], sign=1)
    assert np.isnan(shares.improved).all() and shares.reason == "no first scores"


@pytest.mark.parametrize(
    ("pre", "thresholds", "says"), [([5.0], [1], "outside the scale"), ([3.0], [0], "above 0"), ([np.nan], [1], "missing")]
)
def test_scores_off_the_scale_are_errors(pre: list[float], thresholds: list[float], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        expected_shares(pre, PEOPLE, scale=FIVE, thresholds=thresholds, sign=1)


def test_impossible_populations_and_scales_are_errors() -> None:
    for values in ((2, 0, 0.5), (2, 1, 1), (2, 1, -0.1), (np.nan, 1, 0.5)):
        with pytest.raises(ValueError, match="A population needs"):
            Population(*values)
    with pytest.raises(ValueError, match="wider than 0"):
        Scale(4, 4, 1)
    with pytest.raises(ValueError, match="divide the width"):
        Scale(0, 4, 3)


# ---- the strip -----------------------------------------------------------------------------------------------------


def strip(change: list[float], published: list[float], **more: Any) -> Strip:
    return threshold_strip([10.0] * len(change), change, scale=Scale(0, 20, 1), sign=1, published=published, **more)


def test_the_strip_by_hand() -> None:
    """Ten women; 40 % of a range of 20 is 8 points."""
    found = strip([9, 8, 7, 5, 5, 1, 0, 0, -2, -6], [5])
    assert found.curve.thresholds.tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert found.curve.improved.tolist() == [0.6, 0.5, 0.5, 0.5, 0.5, 0.3, 0.3, 0.2]
    assert found.curve.deteriorated.tolist() == [0.2, 0.2, 0.1, 0.1, 0.1, 0.1, 0, 0]
    assert np.isnan(found.curve.twin).all()
    assert (found.verdict, found.reason) == ("not assessed", "fewer than two published thresholds")


def test_a_change_of_exactly_a_decimal_threshold_counts() -> None:
    change = [1.2 - 0.9, 0.3]  # 0.29999999999999993 and 0.3
    found = threshold_strip([1.2, 0.5], change, scale=Scale(0, 3, 0.1), sign=1, published=[0.3, 0.6])
    assert found.published.improved.tolist() == [1, 0]


def test_fifteen_points_are_not_fragile_and_more_are() -> None:
    steady = strip([5] * 3 + [12] * 14 + [0] * 3, [4, 10])  # 17 of 20 and 14 of 20: exactly 15 points
    assert (steady.verdict, steady.reason) == ("not fragile", "without a sourced population: the twin is not compared")
    assert strip([5] * 4 + [12] * 13 + [0] * 3, [4, 10]).verdict == "fragile"


def test_fragile_where_the_interval_meets_the_twin() -> None:
    change = [12.0] * 60 + [0.0] * 40
    far = threshold_strip(
        [14.0] * 100, change, scale=Scale(0, 20, 1), sign=1, published=[3, 6], population=Population(12, 4, 0.9)
    )
    assert (far.verdict, far.reason) == ("not fragile", "")
    near = threshold_strip(
        [14.0] * 100, change, scale=Scale(0, 20, 1), sign=1, published=[3, 6], population=Population(2, 6, 0.7)
    )
    assert near.published.twin[0] > 0.5 and near.verdict == "fragile"
    assert "regression to the mean alone" in near.reason


def test_the_curves_fall_as_the_threshold_rises_and_sites_widen_the_interval() -> None:
    stream = np.random.default_rng(11)
    site = np.repeat(np.arange(8), 30)
    change = np.round(stream.normal(5 + 3 * (site % 2), 4))
    pre = np.full(len(change), 14.0)
    with_sites = threshold_strip(pre, change, scale=Scale(0, 20, None), sign=1, published=[3, 5], site_codes=site)
    without = threshold_strip(pre, change, scale=Scale(0, 20, None), sign=1, published=[3, 5])
    assert len(with_sites.curve.thresholds) == 40
    assert all(first >= second for first, second in pairwise(with_sites.curve.improved))
    assert np.all(with_sites.published.high - with_sites.published.low > without.published.high - without.published.low)
    assert np.array_equal(with_sites.curve.improved, without.curve.improved)


def test_pairs_alone_are_counted() -> None:
    assert strip([5, np.nan, 0], [4, 8]).n == 2
    nobody = strip([np.nan], [4, 8])
    assert (nobody.n, nobody.verdict, nobody.reason) == (0, "not assessed", "nobody has both scores")
    assert np.isnan(nobody.curve.improved).all()
