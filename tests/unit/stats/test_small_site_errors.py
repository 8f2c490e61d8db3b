"""Small sites that borrow the spread of all: which do, what it changes, and where there is none to borrow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pipeline.stats.funnel import funnel_of_means
from pipeline.stats.paired import describe_groups
from pipeline.stats.small_sites import pool_small_sites

pytestmark = pytest.mark.filterwarnings("error")


def test_by_hand() -> None:
    """Spread within: (4 x 4 + 15 x 9)/19, on 19 degrees of freedom."""
    ours = pool_small_sites([5, 16, 1], [10.0, 8, 3], [2.0, 3, np.nan])
    assert list(ours.is_pooled) == [True, False, True]
    assert ours.pooled_sd == pytest.approx((151 / 19) ** 0.5)
    assert ours.se == pytest.approx([(151 / 19 / 5) ** 0.5, 0.75, (151 / 19) ** 0.5])
    assert list(ours.df) == [19, 15, 19]


def test_sites_that_are_large_enough_keep_their_own_limits() -> None:
    rng = np.random.default_rng(1)
    codes = np.repeat(np.arange(4), [3, 9, 10, 40])
    pre = rng.normal(48, 12, len(codes))
    change = describe_groups(codes, pre, pre - rng.normal(8, 10, len(codes)), sign=1)
    ours = pool_small_sites(change.n, change.mean_improvement, change.sd_improvement)
    assert ours.low[2:] == pytest.approx(change.low[2:])
    assert np.all(ours.low[:2] != change.low[:2])
    none_small = pool_small_sites(change.n, change.mean_improvement, change.sd_improvement, below=0)
    assert none_small.high == pytest.approx(change.high)
    assert not none_small.is_pooled.any()
    funnel = funnel_of_means(change.n, change.mean_improvement, change.sd_improvement)
    assert (ours.pooled_sd**2, ours.pooled_df) == (pytest.approx(funnel.sigma2), funnel.df)


def test_sites_of_four_are_covered_as_promised_and_their_own_limits_are_wider() -> None:
    rng = np.random.default_rng(20261122)
    n = np.array([4] * 10 + [30] * 5)
    truth = rng.normal(9, 3, 15)
    covered, widths = [], []
    for _ in range(800):
        mean, sd = rng.normal(truth, 10 / np.sqrt(n)), 10 * np.sqrt(rng.chisquare(n - 1) / (n - 1))
        pooled, own = pool_small_sites(n, mean, sd), pool_small_sites(n, mean, sd, below=0)
        covered.append((pooled.low <= truth) & (truth <= pooled.high))
        widths.append(((pooled.high - pooled.low)[:10].mean(), (own.high - own.low)[:10].mean()))
    assert np.mean(np.array(covered)[:, :10]) == pytest.approx(0.95, abs=4 * np.sqrt(0.95 * 0.05 / 8000))
    assert np.mean(widths, axis=0)[0] < 0.75 * np.mean(widths, axis=0)[1]


def test_where_there_is_no_spread_to_borrow() -> None:
    ours = pool_small_sites([0, 1, 1], [np.nan, 5, 9], [np.nan, np.nan, np.nan])
    assert ours.reason[0] == "no pairs"
    assert "no spread" in ours.reason[1]
    assert np.isnan(ours.se).all()
    assert list(ours.df) == [0, 0, 0]
    assert not ours.is_pooled.any()
    assert pool_small_sites([], [], []).reason == ()


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: pool_small_sites([5], [1.0], [-2.0]), "sd must not"),
        (lambda: pool_small_sites([5.5], [1.0], [2.0]), "whole numbers"),
        (lambda: pool_small_sites([5, 6], [1.0], [2.0]), "lengths differ"),
        (lambda: pool_small_sites([5], [1.0], [2.0], level=0), "level"),
    ],
)
def test_what_has_no_answer_is_refused_in_a_sentence(call: Callable[[], Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        call()
