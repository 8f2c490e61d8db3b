"""Limits that took the place of others which held the truth too seldom: each against another way to reckon it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats

from pipeline.stats.autoregressive import fit_autoregressive, limits_over_phi
from pipeline.stats.heterogeneity import make_studies, q_profile
from pipeline.stats.interrupted import interrupted_series
from pipeline.stats.logistic import share_of_sites
from pipeline.stats.paired import describe_change
from pipeline.stats.standardised import limits_of_sizes
from pipeline.stats.variance_between import limits_of_variance
from pipeline.stats.waiting import bootstrap_sites

pytestmark = pytest.mark.filterwarnings("error")


def site_means(k: int, n: int, *, tau: float = 4.0, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    values = (10 + tau * rng.standard_normal(k))[:, None] + 13 * rng.standard_normal((k, n))
    return values.mean(axis=1), values.var(axis=1, ddof=1) / n


@pytest.mark.parametrize(("k", "n"), [(5, 10), (12, 20), (30, 12)])
def test_where_spreads_are_alike_limits_of_the_variance_are_walds(k: int, n: int) -> None:
    """(MS between/F - s^2)/n, F with k - 1 and k(n - 1) degrees of freedom, is exact for one variance within sites."""
    y, v = site_means(k, n)
    alike = np.full(k, v.mean())
    f = stats.f.ppf([0.975, 0.025], k - 1, k * (n - 1))
    exact = np.maximum((n * y.var(ddof=1) / f - n * alike[0]) / n, 0)
    assert limits_of_variance(y, alike, np.full(k, n)) == pytest.approx(exact, rel=0.03, abs=0.05)


def test_with_errors_that_are_known_limits_of_the_variance_are_the_q_profiles() -> None:
    y, v = site_means(10, 30)
    alike = np.full(10, v.mean())
    found = limits_of_variance(y, alike, np.full(10, 10**9))
    assert found == pytest.approx(q_profile(make_studies(y, alike, None), level=0.95), rel=1e-6)


def test_limits_of_the_variance_do_not_rest_on_the_order_of_sites_and_go_with_the_unit() -> None:
    y, v = site_means(8, 12)
    n = np.array([12, 15, 10, 40, 22, 9, 31, 12])
    found, order = limits_of_variance(y, v, n), np.random.default_rng(3).permutation(8)
    assert limits_of_variance(y[order], v[order], n[order]) == found
    assert limits_of_variance(3 * y, 9 * v, n) == pytest.approx([9 * end for end in found], rel=1e-9)
    assert limits_of_variance(-y, v, n) == pytest.approx(found, rel=1e-9)


def test_where_nothing_can_be_told_of_a_variance_it_is_said() -> None:
    assert np.isnan(limits_of_variance([1.0], [1.0], [10])).all()
    assert limits_of_variance([2.0] * 5, [1.0] * 5, [10] * 5) == (0.0, 0.0)
    with pytest.raises(ValueError, match="two women"):
        limits_of_variance([1.0, 2.0], [1.0, 1.0], [1, 5])


@pytest.fixture
def skewed() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    tail = -(rng.standard_gamma(2.0, (2, 200)) - 2) / np.sqrt(2)
    pre = 46 + 14 * tail[0]
    return pre, pre - (20 + 7 * tail[0] + 11 * tail[1])


def test_limits_of_sizes_are_those_of_leaving_out_one_woman_at_a_time(skewed: tuple[np.ndarray, np.ndarray]) -> None:
    pre, post = skewed
    n = len(pre)
    whole = describe_change(pre, post, sign=1)
    left = [describe_change(np.delete(pre, i), np.delete(post, i), sign=1) for i in range(n)]
    found = limits_of_sizes(pre, post, sign=1)
    sizes = {
        "d_z": (whole.d_z, [each.d_z for each in left]),
        "d_av": (whole.d_av, [each.d_av for each in left]),
        "d_pre": (whole.mean_improvement / whole.sd_pre, [each.mean_improvement / each.sd_pre for each in left]),
    }
    for name, (size, without) in sizes.items():
        half = stats.t.ppf(0.975, n - 1) * np.sqrt((n - 1) * np.var(without))
        low, high = getattr(found, f"{name}_low"), getattr(found, f"{name}_high")
        assert (low, high) == pytest.approx((size - half, size + half), rel=1e-10), name


def test_a_long_tail_of_worse_scores_widens_limits_that_a_normal_shape_would_leave_narrow(
    skewed: tuple[np.ndarray, np.ndarray],
) -> None:
    change, found = describe_change(*skewed, sign=1), limits_of_sizes(*skewed, sign=1)
    assert found.d_z_high - found.d_z_low > 1.2 * (change.d_z_high - change.d_z_low)


def test_limits_of_sizes_turn_with_the_direction_and_do_not_rest_on_the_order(skewed: tuple[np.ndarray, np.ndarray]) -> None:
    pre, post = skewed
    found, turned = limits_of_sizes(pre, post, sign=1), limits_of_sizes(pre[::-1], post[::-1], sign=-1)
    for size in ("d_z", "d_av", "d_pre"):
        assert getattr(turned, f"{size}_low") == -getattr(found, f"{size}_high"), size


def test_sizes_without_limits_say_why() -> None:
    for pre, post in (([1.0, 2.0, 4.0], [0.0, 3.0, 1.0]), ([], []), ([1.0, 2.0, 4.0, 3.0], [2.0, 3.0, 5.0, 4.0])):
        found = limits_of_sizes(pre, post, sign=1)
        assert found.reason and np.isnan([found.d_z_low, found.d_z_high]).all()
    with pytest.raises(ValueError, match="lengths differ"):
        limits_of_sizes([1.0, 2.0], [1.0], sign=1)


def test_a_woman_without_both_scores_is_left_out_of_a_size(skewed: tuple[np.ndarray, np.ndarray]) -> None:
    pre, post = skewed
    more = limits_of_sizes([*pre, 80.0, np.nan], [*post, np.nan, 3.0], sign=1)
    assert more == limits_of_sizes(pre, post, sign=1)


def test_where_one_woman_makes_all_the_spread_a_size_has_no_limits_and_the_others_have() -> None:
    found = limits_of_sizes([7.1, 7.1, 7.1, 7.1, 9.3], [1.0, 2.0, 3.0, 4.5, 4.0], sign=1)
    assert np.isnan([found.d_pre_low, found.d_pre_high]).all() and "but for one woman" in found.reason
    assert np.isfinite([found.d_z_low, found.d_z_high, found.d_av_low, found.d_av_high]).all()


def series(months: int = 48, phi: float = 0.6, seed: int = 6) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    errors = rng.standard_normal(months)
    for month in range(1, months):
        errors[month] = phi * errors[month - 1] + np.sqrt(1 - phi**2) * errors[month]
    t = np.arange(months) - months // 2
    after = (t >= 0).astype(float)
    return np.column_stack([np.ones(months), t, after, t * after]), 10 + errors


def test_limits_over_phi_are_quantiles_of_a_mixture_reckoned_with_whole_matrices() -> None:
    x, y = series()
    n, p = x.shape
    below, weights = [], []
    low, high = limits_over_phi(x, y, np.arange(n), 2)
    for phi in np.linspace(-0.985, 0.985, 120):
        v = phi ** np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
        inverse = np.linalg.inv(v)
        bread = np.linalg.inv(x.T @ inverse @ x)
        b = bread @ x.T @ inverse @ y
        rest = y - x @ b
        s2 = float(rest @ inverse @ rest) / (n - p)
        weights.append(-0.5 * ((n - p) * np.log(s2) + np.linalg.slogdet(v)[1] - np.linalg.slogdet(bread)[1]))
        below.append(stats.t.cdf((np.array([low, high]) - b[2]) / np.sqrt(s2 * bread[2, 2]), n - p))
    share = np.exp(np.array(weights) - max(weights))
    assert share @ np.array(below) / share.sum() == pytest.approx([0.025, 0.975], abs=2e-4)


def test_not_to_know_phi_makes_a_break_less_sure() -> None:
    x, y = series()
    found = interrupted_series(100 * y, np.full(48, 100.0), go_live=24)
    assert found.level is not None
    at_one, over = found.level.high - found.level.low, found.level.high_over_phi - found.level.low_over_phi
    assert 1.02 * at_one < over < 3 * at_one
    assert np.isnan(limits_over_phi(x, x @ np.array([1.0, 0.5, 0, 0]), np.arange(48), 2)).all(), "no errors, no limits"
    assert fit_autoregressive(x, y, np.arange(48)).phi == pytest.approx(0.6, abs=0.4)


def test_limits_of_a_national_share_allow_for_the_spread_that_likelihood_leaves_out() -> None:
    found = share_of_sites([5, 12, 3, 30, 9, 22], [20, 20, 25, 50, 40, 30])
    assert found.tau > 0
    plain, wider = (special.logit(end) - special.logit(found.share) for end in (found.high, found.high_wider))
    assert wider / plain == pytest.approx(np.sqrt(6 / 5), rel=1e-9)
    alike = share_of_sites([10, 10, 10], [20, 20, 20])
    assert alike.is_singular and (alike.low_wider, alike.high_wider) == (alike.low, alike.high)


@pytest.mark.parametrize("largest", [20, 400])
def test_few_large_sites_count_as_fewer_for_national_waits(largest: int) -> None:
    sizes = np.array([20] * 10 + [largest])
    rng = np.random.default_rng(7)
    codes = np.repeat(np.arange(11), sizes)
    days = rng.integers(1, 100, len(codes)).astype(float)
    found = bootstrap_sites(days, np.ones(len(codes), dtype=int), codes, at_days=[42.0], stream=rng, n_draws=200)
    p, se = found.share[1, 0], found.se[1, 0]
    worth = sizes.sum() ** 2 / (sizes**2).sum()
    reach = (special.logit(found.high[1, 0]) - special.logit(p)) * p * (1 - p) / se
    assert reach == pytest.approx(stats.t.ppf(0.975, worth - 1), rel=1e-9)
    assert (worth == 11) == (largest == 20)
