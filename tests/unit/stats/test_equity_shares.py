"""Shares by group with their non-answers apart, rates without a denominator, and options of which several may be ticked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from pipeline.stats.equity import group_shares, multiple_response, rate_ratios
from pipeline.stats.proportion import wilson

pytestmark = pytest.mark.filterwarnings("error")


def test_non_answers_stay_apart() -> None:
    """
    White 60, Asian 20   of the 80 known: 3/4, 1/4
    not stated 15, blank 5   of all 100
    """
    shares = group_shares([60, 20, 15, 5], [True, True, False, False])
    assert (shares.n, shares.n_known) == (100, 80)
    assert shares.share.tolist() == [0.75, 0.25, 0.15, 0.05]
    expected = wilson([60, 20, 15, 5], [80, 80, 100, 100])
    assert np.array_equal(shares.low, expected.low) and np.array_equal(shares.high, expected.high)


def test_nobody_known() -> None:
    shares = group_shares([0, 0, 7], [True, True, False])
    assert np.isnan(shares.share[:2]).all() and shares.share[2] == 1
    assert shares.reason == "nobody's group is known"


def test_rates_by_hand() -> None:
    ratios = rate_ratios([10, 30], [1000, 1000], reference=1)
    assert (ratios.rate.tolist(), ratios.ratio[0]) == ([0.01, 0.03], pytest.approx(1 / 3))
    low, high = stats.binomtest(10, 40).proportion_ci(method="exact")
    assert (ratios.low[0], ratios.high[0]) == pytest.approx((low / (1 - low), high / (1 - high)))


def test_comparing_the_other_way_round_turns_the_ratio_over() -> None:
    one, other = rate_ratios([12, 31], [500, 900], reference=1), rate_ratios([12, 31], [500, 900], reference=0)
    assert (one.ratio[0], one.low[0], one.high[0]) == pytest.approx((1 / other.ratio[1], 1 / other.high[1], 1 / other.low[1]))


@pytest.mark.parametrize(
    ("counts", "denominators", "ratio", "low", "high", "reason"),
    [
        ([0, 9], [100, 300], 0, 0, None, ""),
        ([9, 0], [100, 300], np.inf, None, np.inf, "no women in the comparison: no upper limit"),
        ([0, 0], [100, 300], np.nan, np.nan, np.nan, "no women, here or in the comparison"),
        ([4, 9], [0, 300], np.nan, np.nan, np.nan, "no denominator, here or in the comparison"),
        ([4, 9], [100, 0], np.nan, np.nan, np.nan, "no denominator, here or in the comparison"),
    ],
)
def test_groups_at_the_edge(
    counts: list[int], denominators: list[int], ratio: float, low: float | None, high: float | None, reason: str
) -> None:
    found = rate_ratios(counts, denominators)
    assert found.reason[0] == reason
    np.testing.assert_equal(found.ratio[0], ratio)
    for ours, expected in ((found.low[0], low), (found.high[0], high)):
        assert 0 < ours < np.inf if expected is None else np.array_equal(ours, expected, equal_nan=True)


def test_the_exact_interval_covers_at_least_its_level() -> None:
    """Counts of 6 and 20 expected, a true ratio of 1.5: of all pairs of counts by their chance, 95 of 100 at least cover it."""
    x, other = np.arange(40), np.arange(60)
    chance = stats.poisson.pmf(x, 6)[:, None] * stats.poisson.pmf(other, 20)
    covered = np.zeros_like(chance)
    for at in x:
        for than in other[other + at > 0]:
            found = rate_ratios([at, than], [200, 1000], reference=1)
            covered[at, than] = found.low[0] <= 1.5 <= found.high[0]
    assert 0.95 <= (chance * covered).sum() < 0.99


def test_ticking_several_nothing_and_not_answering() -> None:
    ticked = multiple_response(
        np.array([[True, True], [True, False], [False, False], [False, False]]), np.array([True, True, True, False])
    )
    assert (ticked.n, ticked.n_silent, ticked.count.tolist()) == (3, 1, [2, 1])
    assert ticked.share == pytest.approx([2 / 3, 1 / 3])
    nobody = multiple_response(np.zeros((2, 3), dtype=bool), np.zeros(2, dtype=bool))
    assert np.isnan(nobody.share).all() and nobody.reason == "nobody answered"


@pytest.mark.parametrize(
    ("function", "arguments", "says"),
    [
        (group_shares, ([1.5, 2], [True, True]), "whole numbers"),
        (group_shares, ([1, 2], [1, 0]), "truth values"),
        (rate_ratios, ([1, 2], [10, np.nan]), "numbers from 0"),
        (rate_ratios, ([1, 2], [10]), "lengths differ"),
        (multiple_response, (np.ones((2, 2), dtype=bool), np.array([True, False])), "did not answer"),
    ],
)
def test_impossible_counts_are_errors(function: Any, arguments: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        function(*arguments)
    with pytest.raises(ValueError, match="one of 2 groups"):
        rate_ratios([1, 2], [3, 4], reference=2)
