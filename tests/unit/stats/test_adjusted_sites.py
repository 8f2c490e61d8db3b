"""Adjusted site effects against least squares with a column a site, and their degenerate cases."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.stats.adjusted import site_intercepts

pytestmark = pytest.mark.filterwarnings("error")

RNG = np.random.default_rng(7)
CODES = np.repeat([0, 1, 2, 4], [1, 6, 20, 33])  # site 3 has nobody
PRE = RNG.normal(45, 12, 60) + 3 * CODES
POST = 0.6 * PRE + 2 * CODES + RNG.normal(0, 8, 60)
AGE = RNG.integers(18, 45, 60).astype(float)


def _by_columns(codes: Any, z: Any, post: Any, sign: int) -> tuple[Any, Any]:
    """Fit a column a site and the covariates by the normal equations, and contrast at the grand means of z."""
    sites = np.unique(codes)
    design = np.column_stack([(codes == site).astype(float) for site in sites] + [z])
    inverse = np.linalg.inv(design.T @ design)
    coefficients = inverse @ design.T @ post
    residuals = post - design @ coefficients
    variance = residuals @ residuals / (len(post) - design.shape[1])
    contrasts = np.column_stack([np.eye(len(sites)), np.tile(np.mean(z, axis=0), (len(sites), 1))])
    estimate = sign * (np.mean(z[:, 0]) - contrasts @ coefficients)
    return estimate, np.sqrt(variance * np.einsum("ij,jk,ik->i", contrasts, inverse, contrasts))


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("has_age", [False, True])
def test_against_a_column_a_site(sign: int, has_age: bool) -> None:
    z = np.column_stack([PRE, AGE]) if has_age else PRE[:, None]
    ours = site_intercepts(CODES, PRE, POST, sign=sign, case_mix=AGE[:, None] if has_age else None, n_sites=6)
    estimate, se = _by_columns(CODES, z, POST, sign)
    there = [0, 1, 2, 4]
    assert ours.estimate[there] == pytest.approx(estimate, rel=1e-9)
    assert ours.se[there] == pytest.approx(se, rel=1e-9)
    assert np.isnan(ours.estimate[[3, 5]]).all()
    assert np.isnan(ours.se[[3, 5]]).all()
    assert list(ours.n) == [1, 6, 20, 0, 33, 0]
    assert (ours.df, ours.reason) == (60 - 4 - z.shape[1], "")


def test_sites_with_the_same_first_scores_need_no_adjustment() -> None:
    pre = np.tile([30.0, 40, 50, 60], 3)
    codes = np.repeat([0, 1, 2], 4)
    post = np.tile([20.0, 33, 35, 50], 3) + 5 * codes
    ours = site_intercepts(codes, pre, post, sign=1)
    crude = [np.mean((pre - post)[codes == site]) for site in range(3)]
    assert ours.estimate == pytest.approx(crude)
    assert ours.se == pytest.approx(np.full(3, ours.residual_sd / 2))


def test_a_worse_start_alone_does_not_make_a_site_look_better() -> None:
    """Every woman follows the same line; one site's women start 20 points higher, so improve by more."""
    pre = np.concatenate([np.linspace(30, 50, 20), np.linspace(50, 70, 20)])
    codes = np.repeat([0, 1], 20)
    post = 10 + 0.5 * pre
    crude = [np.mean((pre - post)[codes == site]) for site in (0, 1)]
    assert crude[1] - crude[0] == pytest.approx(10)
    ours = site_intercepts(codes, pre, post, sign=1)
    assert ours.estimate == pytest.approx([15.0, 15.0])
    assert ours.slope == pytest.approx(0.5)


def test_women_without_both_scores_are_left_out() -> None:
    gaps = POST.copy()
    gaps[[3, 30]] = np.nan
    kept = ~np.isnan(gaps)
    ours = site_intercepts(CODES, PRE, gaps, sign=1)
    alone = site_intercepts(CODES[kept], PRE[kept], POST[kept], sign=1)
    assert np.array_equal(ours.estimate, alone.estimate, equal_nan=True)
    assert int(np.sum(ours.n)) == 58


@pytest.mark.parametrize(
    ("codes", "pre", "post", "reason"),
    [
        ([0, 0, 1, 1], [5.0, 5, 9, 9], [1.0, 2, 3, 4], "do not vary within sites"),
        ([0, 1, 2], [5.0, 6, 7], [1.0, 2, 3], "do not vary within sites"),
        ([], [], [], "no pairs"),
        ([0, 0], [np.nan, 3.0], [1.0, np.nan], "no pairs"),
    ],
)
def test_without_a_slope_there_is_no_adjusted_effect_but_a_reason(
    codes: list[int], pre: list[float], post: list[float], reason: str
) -> None:
    ours = site_intercepts(codes, pre, post, sign=1)
    assert reason in ours.reason
    assert np.isnan(ours.estimate).all()
    assert np.isnan(ours.se).all()
    assert np.isnan(ours.slope)


def test_case_mix_that_repeats_the_first_score_is_named() -> None:
    ours = site_intercepts(CODES, PRE, POST, sign=1, case_mix=2 * PRE[:, None] + 1)
    assert "repeat each other" in ours.reason
    assert np.isnan(ours.estimate).all()


def test_without_degrees_of_freedom_there_are_estimates_but_no_errors() -> None:
    ours = site_intercepts([0, 0, 1], [10.0, 20, 30], [8.0, 13, 20], sign=1)
    assert ours.df == 0
    assert ours.slope == pytest.approx(0.5)
    assert np.isfinite(ours.estimate).all()
    assert np.isnan(ours.se).all()
    assert "no standard errors" in ours.reason


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"sign": 3}, "sign must be"),
        ({"n_sites": 3}, "holds 4, but there are only 3"),
        ({"case_mix": AGE}, "two dimensions"),
        ({"pre": PRE[:-1]}, "lengths differ"),
        ({"post": np.where(CODES == 0, np.inf, POST)}, "post holds an infinite"),
        ({"site_codes": CODES - 1}, "whole numbers from 0"),
    ],
)
def test_what_cannot_be_adjusted_is_refused_in_a_sentence(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        site_intercepts(**({"site_codes": CODES, "pre": PRE, "post": POST, "sign": 1} | change))


def test_the_order_of_rows_changes_no_bit() -> None:
    order = np.random.default_rng(3).permutation(60)
    one = site_intercepts(CODES, PRE, POST, sign=1, case_mix=AGE[:, None])
    other = site_intercepts(CODES[order], PRE[order], POST[order], sign=1, case_mix=AGE[order][:, None])
    assert np.array_equal(one.estimate, other.estimate, equal_nan=True)
    assert np.array_equal(one.se, other.se, equal_nan=True)


@given(st.floats(-50, 50), st.sampled_from([0.25, 3.0, 100.0]))
@settings(max_examples=30, deadline=None)
def test_other_units_and_origins(shift: float, unit: float) -> None:
    one = site_intercepts(CODES, PRE, POST, sign=1)
    other = site_intercepts(CODES, unit * PRE + shift, unit * POST + shift, sign=1)
    assert np.allclose(other.estimate, unit * one.estimate, rtol=1e-8, equal_nan=True)
    assert np.allclose(other.se, unit * one.se, rtol=1e-8, equal_nan=True)
    assert other.slope == pytest.approx(one.slope, rel=1e-8)


def test_errors_cover_planted_site_effects() -> None:
    """300 draws of 4 sites: 95 % coverage has a standard error of well under two points."""
    rng = np.random.default_rng(20261122)
    codes, truth = np.repeat(np.arange(4), [8, 15, 30, 60]), np.array([2.0, 5.0, 8.0, 11.0])
    pre = rng.normal(45, 10, len(codes)) + 2 * codes
    covered = 0.0
    for _ in range(300):
        post = np.mean(pre) - truth[codes] + 0.6 * (pre - np.mean(pre)) + rng.normal(0, 9, len(codes))
        ours = site_intercepts(codes, pre, post, sign=1)
        covered += float(np.mean(np.abs(ours.estimate - truth) <= 1.982 * ours.se))  # t on 108 degrees of freedom
    assert covered / 300 == pytest.approx(0.95, abs=0.03)
