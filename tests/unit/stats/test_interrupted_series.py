"""Interrupted series: planted breaks, too few months, series without errors, and what must not matter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm

from pipeline.stats.autoregressive import fit_autoregressive, newey_west
from pipeline.stats.interrupted import interrupted_series

pytestmark = pytest.mark.filterwarnings("error")


def invent(n: int, *, step: float = 0, trend: float = 0, phi: float = 0.4, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Bed days of 30-day months, ten a day before go-live half way."""
    stream = np.random.default_rng(seed)
    since = np.arange(n) - n // 2
    errors = np.zeros(n)
    for at in range(1, n):
        errors[at] = phi * errors[at - 1] + stream.normal(0, 0.2)
    rate = 10 + step * (since >= 0) + trend * np.maximum(since, 0) + 0.5 * np.sin(2 * np.pi * since / 12 + 1) + errors
    return rate * 30, np.full(n, 30.0)


def test_a_planted_break_is_found() -> None:
    found = interrupted_series(*invent(96, step=-2, trend=0.05), go_live=48)
    assert found.level is not None and found.slope is not None
    assert found.level.low < -2 < found.level.high < 0
    assert 0 < found.slope.low < 0.05 < found.slope.high
    assert found.counterfactual[95] - found.fitted[95] == pytest.approx(-found.level.estimate - 47 * found.slope.estimate)
    assert found.counterfactual[:48].tolist() == found.fitted[:48].tolist()


def test_rates_are_per_day() -> None:
    counts, days = invent(60, step=1)
    one, twice = interrupted_series(counts, days, go_live=30), interrupted_series(2 * counts, 2 * days, go_live=30)
    assert one.level is not None and twice.level is not None
    assert one.level.estimate == pytest.approx(twice.level.estimate, rel=1e-9)
    assert one.phi == pytest.approx(twice.phi, abs=1e-6)


def test_changes_are_ratios_on_the_log_scale() -> None:
    """Rates of e before and 2e after, all but exactly: a ratio of 2, and none of the slope."""
    stream = np.random.default_rng(3)
    counts = np.round(1e6 * np.exp(np.where(np.arange(60) < 30, 0, np.log(2)) + stream.normal(0, 1e-3, 60)))
    found = interrupted_series(counts, np.full(60, 30.0), go_live=30, link="log")
    assert found.level is not None and found.slope is not None
    assert found.level.estimate == pytest.approx(2, rel=3e-3)
    assert found.slope.estimate == pytest.approx(1, rel=1e-3)
    assert found.level.low < found.level.estimate < found.level.high
    assert found.fitted[0] == pytest.approx(counts[0] / 30, rel=1e-2)


def test_months_without_any_admission_are_kept_on_the_log_scale() -> None:
    counts = np.random.default_rng(2).poisson(1.0, 60)
    assert np.any(counts == 0)
    found = interrupted_series(counts, np.full(60, 30.0), go_live=30, link="log")
    assert found.reason == "" and np.all(np.isfinite(found.fitted))


def test_twenty_four_months_on_either_side() -> None:
    counts, days = invent(60)
    assert interrupted_series(counts[:48], days[:48], go_live=24).level is not None
    for start, go_live in ((1, 23), (0, 36)):
        short = interrupted_series(counts[start : start + 59], days[:59], go_live=go_live)
        assert (short.level, short.slope) == (None, None) and short.reason.startswith("fewer than 24 months")
        assert np.isnan(short.fitted).all() and np.all(np.isfinite(short.rate))
    with_hole = counts[:48].copy()
    with_hole[5] = np.nan
    holed = interrupted_series(with_hole, days[:48], go_live=24)
    assert (holed.n_before, holed.n_after, holed.level) == (23, 24, None)


def test_a_series_without_errors_has_no_test() -> None:
    for counts in (np.zeros(60), np.full(60, 300.0), 300.0 + np.arange(60)):
        found = interrupted_series(counts, np.full(60, 30.0), go_live=30)
        assert found.level is None and found.reason == "the series has no errors round the line: no test"


def test_the_highest_top_of_the_likelihood_is_taken() -> None:
    for seed in range(12):
        stream = np.random.default_rng(seed)
        x = np.column_stack([np.ones(40), np.arange(40), stream.normal(size=40)])
        y = np.cumsum(stream.normal(size=40)) * stream.choice([0, 1]) + stream.normal(size=40)
        best = fit_autoregressive(x, y, np.arange(40))
        grid = [fit_autoregressive(x, y, np.arange(40), phi=phi).log_likelihood for phi in np.linspace(-0.998, 0.998, 200)]
        assert best.log_likelihood >= max(grid) - 1e-12


def test_generalised_least_squares_by_the_whole_matrix() -> None:
    stream = np.random.default_rng(4)
    months = np.array([0, 1, 2, 5, 6, 9, 10, 11, 15])
    x, y = np.column_stack([np.ones(9), months]), stream.normal(size=9)
    v = 0.7 ** np.abs(months[:, None] - months)
    fit = fit_autoregressive(x, y, months, phi=0.7)
    inverse = np.linalg.inv(x.T @ np.linalg.solve(v, x))
    expected = inverse @ x.T @ np.linalg.solve(v, y)
    np.testing.assert_allclose(fit.coefficients, expected, rtol=1e-10)
    residual = y - x @ expected
    np.testing.assert_allclose(fit.covariance, residual @ np.linalg.solve(v, residual) / 7 * inverse, rtol=1e-10)


def test_newey_and_west_are_those_of_statsmodels() -> None:
    stream = np.random.default_rng(5)
    x, y = np.column_stack([np.ones(50), stream.normal(size=50)]), stream.normal(size=50)
    theirs = sm.OLS(y, x).fit(cov_type="HAC", cov_kwds={"maxlags": 3, "use_correction": True})
    np.testing.assert_allclose(newey_west(x, theirs.resid, np.arange(50), lag=3), theirs.cov_params(), rtol=1e-10)


@pytest.mark.parametrize(
    "changed", [{"go_live": 0}, {"go_live": 60}, {"counts": [-1.0] * 60}, {"days": [0.0] * 60}, {"link": "logit"}]
)
def test_impossible_series_are_errors(changed: dict[str, Any]) -> None:
    series: dict[str, Any] = {"counts": [1.0] * 60, "days": [30.0] * 60, "go_live": 30} | changed
    with pytest.raises(ValueError, match="Counts must not be negative"):
        interrupted_series(**series)


@pytest.mark.parametrize(
    ("x", "months", "says"),
    [
        (np.ones((5, 2)), range(5), "repeats others"),
        (np.ones((5, 1)), [0, 1, 1, 2, 3], "months must rise"),
        (np.eye(5), range(5), "more months than columns"),
    ],
)
def test_impossible_designs_are_errors(x: np.ndarray, months: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        fit_autoregressive(x, [1.0, 2, 4, 3, 5], list(months))
