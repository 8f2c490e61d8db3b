"""Mixed models by site: balanced sites worked by hand, planted truth, invariance, and fits that cannot be."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from pipeline.stats.mixed import MixedModel, fit_random_intercept, fit_random_slope

pytestmark = pytest.mark.filterwarnings("error")
Women = tuple[np.ndarray, np.ndarray, np.ndarray]


def invent(rng: np.random.Generator, sizes: Any, *, between: float = 3, slope: float = 0, effect: float = 2) -> Women:
    """Return site, a column centred within sites, and improvement."""
    site = np.repeat(np.arange(len(sizes)), sizes)
    x = rng.binomial(1, 0.4, len(site)).astype(float)
    x -= (np.bincount(site, x) / np.bincount(site))[site]
    steep = effect + rng.normal(0, slope, len(sizes))[site]
    return site, x, 9 + rng.normal(0, between, len(sizes))[site] + steep * x + rng.normal(0, 10, len(site))


def test_balanced_sites_are_analysis_of_variance() -> None:
    """Equal sites: variances from mean squares, the mean's error from the mean square between, on k - 1 df."""
    rng = np.random.default_rng(8)
    scores = rng.normal(50, 10, (6, 1)) + rng.normal(0, 4, (6, 15))
    ours = fit_random_intercept(np.repeat(np.arange(6), 15), scores.ravel())
    between, within = 15 * np.var(scores.mean(axis=1), ddof=1), np.mean(np.var(scores, axis=1, ddof=1))
    assert ours.variance_residual == pytest.approx(within)
    assert ours.variance_site == pytest.approx((between - within) / 15)
    assert ours.icc == pytest.approx(ours.variance_site / (ours.variance_site + within))
    assert (ours.estimate[0], ours.se[0], ours.df[0]) == pytest.approx((scores.mean(), np.sqrt(between / 90), 5), rel=1e-8)
    assert ours.high[0] - ours.estimate[0] == pytest.approx(stats.t.ppf(0.975, 5) * ours.se[0], rel=1e-7)
    shrinkage = ours.variance_site / (ours.variance_site + within / 15)
    assert ours.intercepts == pytest.approx(shrinkage * (scores.mean(axis=1) - scores.mean()))
    assert ours.intercepts_se == pytest.approx(np.full(6, np.sqrt(ours.variance_site * (1 - shrinkage))))


def _numbers(model: MixedModel) -> list[float]:
    fixed = [*model.estimate, *model.se, *model.df]
    return [*fixed, model.variance_site, model.variance_slope, model.variance_residual, model.log_likelihood]


def test_order_and_names_of_sites_change_nothing() -> None:
    site, x, y = invent(np.random.default_rng(2), [9, 14, 30, 8, 22], slope=4)
    order = np.random.default_rng(3).permutation(len(y))
    one = fit_random_slope(site, y, x[:, None], x)
    other = fit_random_slope(site[order], y[order], x[order][:, None], x[order])
    assert _numbers(one) == _numbers(other)
    renamed = fit_random_slope(9 - 2 * site, y, x[:, None], x, n_sites=12)
    assert _numbers(renamed) == pytest.approx(_numbers(one), rel=1e-9)
    assert renamed.slopes[9 - 2 * np.arange(5)] == pytest.approx(one.slopes)
    assert np.isnan(renamed.intercepts[[0, 2, 10, 11]]).all()


def test_rescaling_rescales_points_and_leaves_df() -> None:
    site, x, y = invent(np.random.default_rng(4), [9, 14, 30, 8, 22, 40], slope=5)
    one = fit_random_slope(site, y, x[:, None], x)
    other = fit_random_slope(site, 100 - 10 * y, 1000 * x[:, None], 1000 * x)
    assert other.estimate == pytest.approx([100 - 10 * one.estimate[0], -one.estimate[1] / 100])
    assert other.df == pytest.approx(one.df, rel=1e-7)
    assert other.p_value[1] == pytest.approx(one.p_value[1], rel=1e-7)
    assert other.variance_slope == pytest.approx(one.variance_slope / 1e4)
    assert other.variance_site == pytest.approx(one.variance_site * 100)


def test_missing_values_leave_their_rows_out() -> None:
    site, x, y = invent(np.random.default_rng(5), [9, 14, 30])
    y[[3, 20]], x[7] = np.nan, np.nan
    is_kept = np.isfinite(y) & np.isfinite(x)
    one = fit_random_intercept(site, y, x[:, None])
    assert one.n == 50
    assert _numbers(one) == pytest.approx(
        _numbers(fit_random_intercept(site[is_kept], y[is_kept], x[is_kept][:, None])), nan_ok=True
    )


def test_a_planted_effect_is_covered_and_no_effect_rarely_found() -> None:
    """Ten sites whose slopes differ by 4 points: a random intercept alone would be far too sure, the slope model is not."""
    rng = np.random.default_rng(20261122)
    n_trials, found, naive = 300, 0, 0
    for _ in range(n_trials):
        site, x, y = invent(rng, np.tile([10, 25, 40, 80, 120], 2), slope=4, effect=0)
        found += fit_random_slope(site, y, x[:, None], x).p_value[1] < 0.05
        naive += fit_random_intercept(site, y, x[:, None]).p_value[1] < 0.05
    error = np.sqrt(0.05 * 0.95 / n_trials)
    assert found / n_trials < 0.05 + 4 * error
    assert found / n_trials > 0.05 - 4 * error
    assert naive / n_trials > 0.15


def test_variances_of_zero_are_reported_as_such() -> None:
    rng = np.random.default_rng(6)
    site = np.repeat(np.arange(8), 10)
    y = rng.normal(10, 5, (8, 10))
    y -= y.mean(axis=1, keepdims=True)  # sites more alike than chance would make them
    ours = fit_random_intercept(site, y.ravel() + 10)
    assert (ours.variance_site, ours.icc, ours.is_singular) == (0, 0, True)
    assert "between sites estimated as 0" in ours.reason
    assert (ours.estimate[0], ours.df[0]) == pytest.approx((10, 79))
    assert ours.se[0] == pytest.approx(np.std(y, ddof=1) / np.sqrt(80))
    assert np.all(ours.intercepts == 0)
    x = np.tile([-0.5, 0.5], 40)
    both = fit_random_slope(site, y.ravel() + 10 - 0.1 * x, x[:, None], x)
    assert both.is_singular
    assert "between sites" in both.reason


def test_nine_thousand_women_take_no_time() -> None:
    site, x, y = invent(np.random.default_rng(7), np.full(30, 300), slope=2)
    start = time.perf_counter()
    assert fit_random_slope(site, y, x[:, None], x).reason == ""
    assert time.perf_counter() - start < 3  # some 0.2 s on a slow core


SITE, SCORE = [0, 0, 0, 1, 1, 1, 2, 2, 2], np.array([4.0, 7, 1, 9, 6, 8, 3, 2, 5])


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (([], []), "no rows"),
        (([0, 0, 0], [1.0, 2, 4]), "one site"),
        (([0, 1, 2], [1.0, 2, 4]), "one row a site"),
        (([0, 1], [1.0, np.nan]), "as many coefficients as rows"),
        ((SITE, np.full(9, 7.0)), "no spread within"),
        ((SITE, [1.0, 1, 1, 5, 5, 5, 3, 3, 3]), "no spread within"),
        ((SITE, SCORE, np.ones((9, 1))), "repeat each other"),
        ((SITE, SCORE, np.zeros((9, 1))), "repeat each other"),
        ((SITE, SCORE, np.column_stack([SCORE, 2 * SCORE])), "repeat each other"),
        ((SITE, SCORE, SCORE[:, None]), "no spread within"),
    ],
)
def test_what_cannot_be_fitted_says_why(arguments: Any, reason: str) -> None:
    ours = fit_random_intercept(*arguments)
    assert reason in ours.reason
    assert np.isnan([*ours.estimate, *ours.se, *ours.df, ours.variance_site, ours.icc, ours.log_likelihood]).all()
    assert not ours.is_singular


def test_slopes_that_cannot_be_fitted_say_why() -> None:
    flat = fit_random_slope(SITE, SCORE, np.empty((9, 0)), np.zeros(9))
    assert "does not vary" in flat.reason
    x = np.tile([-1.0, 0, 1], 3)
    lines = fit_random_slope(SITE, np.repeat([3.0, 5, 9], 3) + np.repeat([1.0, 4, 2], 3) * x, x[:, None], x)
    assert "no spread within sites" in lines.reason


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: fit_random_intercept([0, 1], [1.0]), "lengths differ"),
        (lambda: fit_random_intercept([0, 1], [1.0, np.inf]), "infinite"),
        (lambda: fit_random_intercept([0, 1.5], [1.0, 2]), "whole numbers"),
        (lambda: fit_random_intercept([0, 1], [1.0, 2], [1.0, 2]), "two dimensions"),
        (lambda: fit_random_slope([0, 1], [1.0, 2], [[1.0], [2]], [1.0]), "lengths differ"),
        (lambda: fit_random_intercept([0, 1], [1.0, 2], level=95), "level"),
    ],
)
def test_what_has_no_answer_is_refused_in_a_sentence(call: Callable[[], Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        call()
