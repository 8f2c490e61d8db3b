"""A national share: integrals by another rule, planted truth, and counts that allow no limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import integrate, special, stats

from pipeline.stats.logistic import share_of_sites
from pipeline.stats.proportion import wilson

pytestmark = pytest.mark.filterwarnings("error")
EVENTS, N = np.array([3, 9, 14, 2, 30, 11]), np.array([10, 15, 40, 9, 52, 33])


def _likelihood(intercept: float, tau: float) -> float:
    """The log-likelihood by adaptive integration of each site, without any node of ours."""
    total = 0.0
    for x, n in zip(EVENTS, N, strict=True):
        total += np.log(
            integrate.quad(
                lambda u, x=x, n=n: stats.binom.pmf(x, n, special.expit(intercept + tau * u)) * stats.norm.pdf(u), -9, 9
            )[0]
        )
    return float(total)


def test_the_likelihood_is_at_its_top() -> None:
    ours = share_of_sites(EVENTS, N)
    top = _likelihood(ours.intercept, ours.tau)
    assert ours.log_likelihood == pytest.approx(top, abs=1e-8)
    for step in ((0.02, 0), (-0.02, 0), (0, 0.02), (0, -0.02)):
        assert _likelihood(ours.intercept + step[0], ours.tau + step[1]) < top


def test_share_is_the_average_over_sites_not_the_middle_site() -> None:
    ours = share_of_sites(EVENTS, N)
    by_quadrature = integrate.quad(lambda u: special.expit(ours.intercept + ours.tau * u) * stats.norm.pdf(u), -9, 9)[0]
    assert ours.share == pytest.approx(by_quadrature, abs=1e-10)
    assert ours.median_share == pytest.approx(special.expit(ours.intercept))
    assert ours.low < ours.median_share < ours.share < ours.high < 0.5 + ours.share
    assert ours.df == 5


def test_order_empty_sites_and_turning_round() -> None:
    one = share_of_sites(EVENTS, N)
    assert share_of_sites([*EVENTS[::-1], 0], [*N[::-1], 0]) == one
    other = share_of_sites(N - EVENTS, N)
    mirrored = (1 - other.share, 1 - other.high, 1 - other.low, other.tau)
    assert mirrored == pytest.approx((one.share, one.low, one.high, one.tau), abs=1e-9)


def test_sites_as_alike_as_chance_makes_them_are_one_group() -> None:
    ours = share_of_sites([10, 20, 30], [20, 40, 60])
    assert (ours.tau, ours.is_singular, ours.share) == (0, True, pytest.approx(0.5))
    assert ours.intercept_se == pytest.approx(1 / np.sqrt(120 * 0.25), rel=1e-6)
    assert "estimated as 0" in ours.reason


def test_planted_share_is_covered_where_wilson_is_not() -> None:
    """Twenty sites whose log odds differ by 0.8: limits that take all women as independent miss far too often."""
    rng = np.random.default_rng(20261122)
    n = np.tile([10, 20, 40, 80, 120], 4)
    truth = integrate.quad(lambda u: special.expit(-0.5 + 0.8 * u) * stats.norm.pdf(u), -9, 9)[0]
    n_trials, covered, by_wilson = 160, 0, 0
    for _ in range(n_trials):
        events = rng.binomial(n, special.expit(rng.normal(-0.5, 0.8, 20)))
        ours, naive = share_of_sites(events, n, nodes=9), wilson([events.sum()], [n.sum()])
        covered += ours.low <= truth <= ours.high
        by_wilson += naive.low[0] <= truth <= naive.high[0]
    assert covered / n_trials > 0.95 - 4 * np.sqrt(0.95 * 0.05 / n_trials)
    assert by_wilson / n_trials < 0.75


@pytest.mark.parametrize(
    ("events", "n", "share", "reason"),
    [
        ([], [], np.nan, "no women"),
        ([0, 0], [0, 0], np.nan, "no women"),
        ([3, 0], [10, 0], 0.3, "one site"),
        ([0, 0], [5, 9], 0.0, "no woman or every woman"),
        ([5, 9], [5, 9], 1.0, "no woman or every woman"),
        ([0, 1, 1], [1, 1, 1], 2 / 3, "one woman a site"),
        ([0, 9, 4], [5, 9, 4], 13 / 18, "all or none"),
    ],
)
def test_counts_without_limits_say_why(events: list[int], n: list[int], share: float, reason: str) -> None:
    ours = share_of_sites(events, n)
    assert ours.share == pytest.approx(share, nan_ok=True)
    assert reason in ours.reason
    assert np.isnan([ours.low, ours.high, ours.tau, ours.intercept, ours.log_likelihood]).all()


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: share_of_sites([5], [4]), "more events"),
        (lambda: share_of_sites([1.5], [4]), "whole numbers"),
        (lambda: share_of_sites([1, 2], [4]), "lengths differ"),
        (lambda: share_of_sites([1], [4], nodes=0), "nodes"),
        (lambda: share_of_sites([1], [4], level=95), "level"),
    ],
)
def test_what_has_no_answer_is_refused_in_a_sentence(call: Callable[[], Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        call()
