"""Limits of shrunken estimates: what they must be where the answer is known, and what they may not rest on."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from pipeline.stats.meta import fit_random_effects, shrink
from pipeline.stats.shrunken_limits import limits_over_variance, share_below

pytestmark = pytest.mark.filterwarnings("error")

Y = np.array([12.1, 7.4, 9.9, 15.2, 3.8, 10.4])
V = np.array([4.2, 9.1, 2.5, 16.3, 6.6, 3.1])
N = np.array([40, 15, 61, 10, 22, 55])


def test_a_site_far_from_all_others_in_a_wide_spread_keeps_its_own_t_limits() -> None:
    """Where the others say nothing of a site, what is left is its own mean by t(n - 1)."""
    y = 1000.0 * np.arange(20)
    found = limits_over_variance(y, np.full(20, 4.0), np.full(20, 12))
    half = stats.t.ppf(0.975, 11) * 2.0
    assert found.low == pytest.approx(y - half, abs=0.01)
    assert found.high == pytest.approx(y + half, abs=0.01)


def test_many_sites_of_one_size_agree_with_the_plain_limits() -> None:
    """Where k and n are large neither variance is in doubt, and the limits are those at the one tau2."""
    rng = np.random.default_rng(3)
    y, v, n = 10 + np.sqrt(9 + 4) * rng.standard_normal(400), np.full(400, 4.0), np.full(400, 10**7)
    plain, found = shrink(y, v, fit_random_effects(y, v)), limits_over_variance(y, v, n)
    assert found.low == pytest.approx(plain.low, abs=0.1)
    assert found.high == pytest.approx(plain.high, abs=0.1)


def test_where_sites_look_alike_limits_allow_for_a_spread_that_cannot_be_ruled_out() -> None:
    y = np.array([9.6, 10.1, 10.4, 9.9, 10.2, 10.0])
    plain, found = shrink(y, V, fit_random_effects(y, V)), limits_over_variance(y, V, N)
    assert np.ptp(plain.high) < 1e-9, "with no spread found, all sites are given the same limits"
    assert np.all(found.high - found.low > plain.high - plain.low)
    own = 2 * stats.t.ppf(0.975, N - 1) * np.sqrt(V)
    assert np.all(found.high - found.low < own), "and yet each site borrows from the others"


def test_a_variance_of_few_women_widens_the_limits() -> None:
    few, many = limits_over_variance(Y, V, np.full(6, 8)), limits_over_variance(Y, V, np.full(6, 800))
    assert np.all(few.high - few.low > many.high - many.low)


def test_limits_do_not_rest_on_the_order_of_sites_and_go_with_the_unit() -> None:
    found, order = limits_over_variance(Y, V, N), np.random.default_rng(3).permutation(6)
    again = limits_over_variance(Y[order], V[order], N[order])
    assert (again.low.tolist(), again.high.tolist()) == (found.low[order].tolist(), found.high[order].tolist())
    threefold, turned = limits_over_variance(3 * Y + 1, 9 * V, N), limits_over_variance(-Y, V, N)
    assert threefold.low == pytest.approx(3 * found.low + 1, rel=1e-9)
    assert turned.low == pytest.approx(-found.high, rel=1e-9)


def test_the_share_below_a_limit_is_its_tail_for_many_sets_at_once() -> None:
    found = limits_over_variance(Y, V, N, level=0.9)
    shares = share_below(np.stack([Y, Y]), np.stack([V, V]), N.astype(float), np.stack([found.low, found.high]))
    assert shares[0] == pytest.approx(np.full(6, 0.05), abs=1e-9)
    assert shares[1] == pytest.approx(np.full(6, 0.95), abs=1e-9)


def test_too_few_sites_have_no_limits_and_wrong_ones_are_refused() -> None:
    found = limits_over_variance(Y[:3], V[:3], N[:3])
    assert np.isnan(found.low).all() and "fewer than 4 sites" in found.reason
    with pytest.raises(ValueError, match="two women"):
        limits_over_variance(Y, V, [1, 2, 3, 4, 5, 6])
    with pytest.raises(ValueError, match="lengths differ"):
        limits_over_variance(Y, V, N[:5])
