"""Pooling, shrinking and leaving out: degenerate input, defining equations, and what must not matter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.stats.heterogeneity import METHODS, _climb
from pipeline.stats.meta import fit_random_effects, leave_one_out, shrink

pytestmark = pytest.mark.filterwarnings("error")

EFFECTS = np.array([9.1, 4.0, 12.5, 7.7, 3.2, 15.8, 6.0])
VARIANCES = np.array([1.2, 0.8, 4.0, 2.2, 1.1, 6.5, 3.0])
NUMBERS = ("tau2", "tau2_low", "tau2_high", "q", "q_p", "i2", "h2", "pi_low", "pi_high")
LINES = ("estimate", "se", "low", "high", "low_adhoc", "high_adhoc", "p_value")


@st.composite
def studies(draw: st.DrawFn, smallest: int = 3) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    k = draw(st.integers(smallest, 9))
    effects = draw(st.lists(st.integers(-300, 300), min_size=k, max_size=k, unique=True))
    variances = draw(st.lists(st.integers(5, 900), min_size=k, max_size=k))
    return np.array(effects) / 10, np.array(variances) / 100


def _dense(effects: Any, variances: Any, tau2: float) -> tuple[NDArray[np.float64], float]:
    """Return P and the REML log-likelihood by the textbook's matrices, for an intercept alone."""
    w = np.diag(1 / (variances + tau2))
    ones = np.ones((len(effects), 1))
    p = w - w @ ones @ np.linalg.inv(ones.T @ w @ ones) @ ones.T @ w
    likelihood = -0.5 * (np.sum(np.log(variances + tau2)) + np.log(np.trace(w)) + effects @ p @ effects)
    return p, float(likelihood)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("test", ["knha", "z"])
def test_one_study_gives_its_estimate_and_a_reason(method: Any, test: Any) -> None:
    fit = fit_random_effects([4.5], [2.0], method=method, test=test)
    assert fit.estimate[0] == pytest.approx(4.5)
    assert (fit.k, fit.df, fit.q_df) == (1, 0, 0)
    assert "nothing can be said" in fit.reason
    assert np.isnan([getattr(fit, name) for name in NUMBERS if name != "q"]).all()
    assert np.isnan([getattr(fit, name)[0] for name in LINES if name != "estimate"]).all()
    shrunken = shrink([4.5], [2.0], fit)
    assert np.isnan(shrunken.estimate).all()
    assert shrunken.reason == fit.reason


def test_two_studies_of_equal_variance_have_a_closed_form() -> None:
    fit = fit_random_effects([2.0, 8.0], [1.0, 1.0])
    assert fit.tau2 == pytest.approx(17)  # half the squared difference, less the sampling variance
    assert fit.estimate[0] == pytest.approx(5)
    assert fit.se[0] == pytest.approx(3)  # half the difference
    assert fit.high[0] == pytest.approx(5 + 3 * 12.706204736174698)  # t on one degree of freedom
    assert fit.reason == ""


def test_without_excess_spread_tau2_is_zero_and_every_shrunken_estimate_is_the_pooled_one() -> None:
    effects, variances = [5.0, 5.1, 4.9, 5.05], [1.0, 2.0, 1.5, 0.5]
    for method in METHODS:
        fit = fit_random_effects(effects, variances, method=method)
        assert (fit.tau2, fit.i2, fit.h2) == (0.0, 0.0, 1.0)
        shrunken = shrink(effects, variances, fit)
        assert np.allclose(shrunken.estimate, fit.estimate[0], rtol=1e-15)
        assert np.allclose(shrunken.se, fit.se[0], rtol=1e-12)
        assert not shrunken.weight.any()
        assert fit.se[0] < fit_random_effects(effects, variances, method=method, test="z").se[0]
        assert fit.low_adhoc[0] < fit.low[0] < fit.high[0] < fit.high_adhoc[0]


def test_equal_effects_have_no_knapp_hartung_error_and_say_so() -> None:
    fit = fit_random_effects([0.1 + 0.2, 0.3, 0.3], [1.0, 2.0, 0.5])
    assert (fit.se[0], fit.tau2, fit.tau2_low, fit.tau2_high, fit.p_value[0]) == (0.0, 0.0, 0.0, 0.0, 0.0)
    assert "fits the effects exactly" in fit.reason
    assert "Q-profile" in fit.reason
    assert fit.low_adhoc[0] < 0.3 < fit.high_adhoc[0]
    assert fit_random_effects([0.0, 0.0], [1.0, 2.0]).p_value[0] == 1.0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (([], []), "no studies"),
        (([1.0], [1.0, 2.0]), "lengths differ: effects 1, variances 2"),
        (([1.0, np.nan], [1.0, 2.0]), "effects holds a missing or infinite value at position 1"),
        (([1.0, 2.0], [1.0, np.inf]), "variances holds a missing or infinite value at position 1"),
        (([1.0, 2.0], [0.0, 1.0]), "study 0 .* not above 0"),
        (([1.0, 2.0], [1.0, -1.0]), "study 1 .* not above 0"),
        (([[1.0, 2.0]], [1.0, 2.0]), "one-dimensional"),
    ],
)
def test_what_cannot_be_pooled_is_refused_in_a_sentence(arguments: tuple[Any, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        fit_random_effects(*arguments)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"level": 95}, "level"),
        ({"method": "SJ"}, "method must be one of REML, DL, PM, ML"),
        ({"test": "t"}, "test knha or z"),
        ({"tau2": -0.1}, "tau2"),
        ({"moderators": np.ones(7)}, "constant or repeats"),
        ({"moderators": np.column_stack([np.arange(7), 3.0 * np.arange(7) + 1])}, "constant or repeats"),
        ({"moderators": np.zeros(7)}, "constant or repeats"),
        ({"moderators": np.arange(6)}, "one row for each of the 7"),
        ({"moderators": np.eye(7)}, "8 coefficients cannot be estimated from 7"),
        ({"moderators": [0, 1, 0, 1, 0, 1, np.nan]}, "moderators holds a missing"),
    ],
)
def test_wrong_options_are_refused_in_a_sentence(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        fit_random_effects(EFFECTS, VARIANCES, **options)


def test_shrinking_and_leaving_out_refuse_what_does_not_fit() -> None:
    with pytest.raises(ValueError, match="7 studies, but 6 effects"):
        shrink(EFFECTS[:6], VARIANCES[:6], fit_random_effects(EFFECTS, VARIANCES))
    with pytest.raises(ValueError, match="At least two"):
        leave_one_out([1.0], [1.0])


def test_leaving_one_of_two_out_leaves_one() -> None:
    left = leave_one_out([2.0, 8.0], [1.0, 1.0])
    assert np.allclose(left.estimate, [8, 2])
    assert np.isnan(left.se).all()
    assert "nothing can be said" in left.reason


def test_as_many_coefficients_as_studies_fit_exactly_without_error() -> None:
    fit = fit_random_effects([2.0, 8.0], [1.0, 3.0], moderators=[0, 1])
    assert np.allclose(fit.estimate, [2, 6])
    assert np.isnan(fit.se).all()
    assert "nothing can be said" in fit.reason


def test_a_moderator_that_explains_all_leaves_the_slope() -> None:
    x = np.arange(7.0)
    fit = fit_random_effects(3 + 2 * x, VARIANCES, moderators=2019 + x)
    assert fit.estimate[1] == pytest.approx(2, rel=1e-9)
    assert fit.tau2 == 0


def test_scoring_that_swings_to_and_fro_still_settles() -> None:
    """R metafor gives up here; told `control = list(stepadj = 0.5, threshold = 1e-12)`, it finds the value below."""
    effects = [0.43238208, 0.73431008, 0.00750781, 0.34297608, 0.6655411, 0.1390624, -1.17594801, -0.38343816]
    variances = [0.08293436, 7.51411141, 0.45769661, 0.60932616, 0.84657606, 0.32451523, 4.78449614, 0.08401756]
    assert fit_random_effects(effects, variances).tau2 == pytest.approx(0.0665758932224591, rel=1e-10)


def test_a_likelihood_without_a_top_is_an_error_and_no_endless_search() -> None:
    with pytest.raises(ArithmeticError, match="no top"):
        _climb(lambda tau2: 1.0, 0.0, smallest=0.0)


def test_of_two_tops_zero_is_taken_where_it_is_the_likelier() -> None:
    effects, variances = np.array([0.0, -12, 0, 0]), np.array([0.2, 14.2, 1, 0.9])
    below, top, above, at_zero = (_dense(effects, variances, tau2)[1] for tau2 in (12.0, 13.671064061685083, 15.0, 0.0))
    assert max(below, above) < top < at_zero
    assert fit_random_effects(effects, variances).tau2 == 0.0


@given(studies())
@settings(max_examples=60, deadline=None)
def test_reml_is_a_maximum_of_the_restricted_likelihood(pair: tuple[Any, Any]) -> None:
    effects, variances = pair
    fit = fit_random_effects(effects, variances)
    _, here = _dense(effects, variances, fit.tau2)
    for other in (0.0, fit.tau2 * 0.99, fit.tau2 * 1.01, fit.tau2 + 1e-3):
        assert _dense(effects, variances, other)[1] <= here + 1e-10 * abs(here)


@given(studies())
@settings(max_examples=60, deadline=None)
def test_moment_estimates_meet_their_equations(pair: tuple[Any, Any]) -> None:
    effects, variances = pair
    df = len(effects) - 1
    for method in ("PM", "DL"):
        fit = fit_random_effects(effects, variances, method=method)
        at_zero, _ = _dense(effects, variances, 0.0)
        if fit.tau2 == 0:
            assert fit.q <= df * (1 + 1e-12)
        elif method == "PM":
            p, _ = _dense(effects, variances, fit.tau2)
            assert effects @ p @ effects == pytest.approx(df, rel=1e-9)
        else:
            expected_q = df + fit.tau2 * np.trace(at_zero)
            assert fit.q == pytest.approx(expected_q, rel=1e-9)


@given(studies(), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_studies_changes_nothing(pair: tuple[Any, Any], random: Any) -> None:
    effects, variances = pair
    order = list(range(len(effects)))
    random.shuffle(order)
    one, other = fit_random_effects(effects, variances), fit_random_effects(effects[order], variances[order])
    scale = float(np.ptp(effects))
    for name in ("estimate", "se", "low", "high", "low_adhoc", "high_adhoc"):
        assert getattr(one, name)[0] == pytest.approx(getattr(other, name)[0], rel=1e-7, abs=1e-8 * scale)
    left, right = shrink(effects, variances, one), shrink(effects[order], variances[order], other)
    assert np.allclose(left.estimate[order], right.estimate, rtol=1e-7, atol=1e-8 * scale)


@given(studies())
@settings(max_examples=40, deadline=None)
def test_turning_the_sign_turns_the_estimate_only(pair: tuple[Any, Any]) -> None:
    effects, variances = pair
    one, turned = fit_random_effects(effects, variances), fit_random_effects(-effects, variances)
    assert (turned.estimate[0], turned.low[0], turned.high[0]) == (-one.estimate[0], -one.high[0], -one.low[0])
    assert (turned.se[0], turned.tau2, turned.q, turned.i2) == (one.se[0], one.tau2, one.q, one.i2)
    assert (turned.pi_low, turned.pi_high) == (-one.pi_high, -one.pi_low)


@given(studies(), st.sampled_from([0.01, 0.5, 4.0, 1000.0]))
@settings(max_examples=40, deadline=None)
def test_other_units_rescale_points_and_leave_ratios(pair: tuple[Any, Any], unit: float) -> None:
    effects, variances = pair
    for method in METHODS:
        one = fit_random_effects(effects, variances, method=method)
        other = fit_random_effects(unit * effects, unit**2 * variances, method=method)
        assert other.tau2 == pytest.approx(unit**2 * one.tau2, rel=1e-6, abs=1e-9 * unit**2)
        assert other.se[0] == pytest.approx(unit * one.se[0], rel=1e-6)
        assert (other.q, other.q_p) == pytest.approx((one.q, one.q_p), rel=1e-9)
        assert other.i2 == pytest.approx(one.i2, rel=1e-6, abs=1e-6)


@given(studies())
@settings(max_examples=40, deadline=None)
def test_limits_are_nested_and_shrinking_never_leaves_the_span(pair: tuple[Any, Any]) -> None:
    effects, variances = pair
    fit = fit_random_effects(effects, variances)
    assert fit.low_adhoc[0] <= fit.low[0] <= fit.estimate[0] <= fit.high[0] <= fit.high_adhoc[0]
    assert fit.pi_low <= fit.low[0]
    assert fit.high[0] <= fit.pi_high
    assert 0 <= fit.tau2_low <= fit.tau2_high
    assert 0 <= fit.i2 < 100 <= 100 * fit.h2
    shrunken = shrink(effects, variances, fit)
    between = np.sort(np.column_stack([effects, np.full(len(effects), fit.estimate[0])]), axis=1)
    slack = 1e-12 * np.max(np.abs(effects))
    assert np.all((between[:, 0] - slack <= shrunken.estimate) & (shrunken.estimate <= between[:, 1] + slack))


def test_an_indicator_moderator_with_given_tau2_is_the_difference_of_two_pools() -> None:
    is_with = np.array([1, 0, 1, 0, 0, 1, 0])
    both = fit_random_effects(EFFECTS, VARIANCES, moderators=is_with, tau2=4.0, test="z")
    apart = [fit_random_effects(EFFECTS[is_with == side], VARIANCES[is_with == side], tau2=4.0, test="z") for side in (0, 1)]
    assert both.estimate[1] == pytest.approx(apart[1].estimate[0] - apart[0].estimate[0])
    assert both.se[1] == pytest.approx(float(np.hypot(apart[0].se[0], apart[1].se[0])))
    assert (both.method, both.tau2) == ("given", 4.0)


def test_knapp_hartung_holds_its_level_where_z_does_not() -> None:
    """Planted truth, k = 5 and tau equal to the typical error: 400 draws, so a standard error of one point."""
    rng = np.random.default_rng(20261122)
    covered = {"knha": 0, "z": 0}
    variances = np.array([0.5, 1.0, 1.0, 2.0, 4.0])
    for _ in range(400):
        effects = rng.normal(3.0, np.sqrt(1.0 + variances))
        for test in ("knha", "z"):
            fit = fit_random_effects(effects, variances, test=test)
            covered[test] += fit.low[0] <= 3.0 <= fit.high[0]
    assert covered["knha"] / 400 == pytest.approx(0.95, abs=0.03)
    assert covered["z"] / 400 < 0.92
