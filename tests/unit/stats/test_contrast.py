"""Contrasts of two groups of sites, against R 4.2.2 with metafor 3.8.1, whose scoring was told to go on to 1e-12."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.stats.contrast import contrast_sites, phi, smallest_detectable, survives_holm

pytestmark = pytest.mark.filterwarnings("error")

EFFECTS = np.array([12.0, 15, 11, 14, 8, 9, 6, 10])
ERRORS = np.array([1.2, 1.5, 1.0, 1.8, 1.1, 1.4, 1.3, 1.6])
HAS_CONTEXT = np.array([True] * 4 + [False] * 4)


def test_a_contrast_is_metafors_meta_regression() -> None:
    found = contrast_sites(EFFECTS, ERRORS, HAS_CONTEXT)
    # rma(y, se^2, mods = ~ x, method = "REML", test = "adhoc")
    assert found.estimate == pytest.approx(4.53244749946491, rel=1e-9)
    assert found.se == pytest.approx(1.237393971642243, rel=1e-9)
    assert (found.low, found.high) == pytest.approx((1.504653525718167, 7.560241473211660), rel=1e-9)
    assert found.p_value(found.estimate) == pytest.approx(0.010543001393119, rel=1e-8)
    assert found.df == 6


def test_p_is_one_less_the_level_at_which_the_interval_touches() -> None:
    found = contrast_sites(EFFECTS, ERRORS, HAS_CONTEXT)
    assert found.p_value(found.estimate - found.low) == pytest.approx(0.05)
    assert found.p_value(0.0) == found.p_value(-3.0) == 1.0


def test_turning_the_context_round_turns_the_sign_alone() -> None:
    found, turned = contrast_sites(EFFECTS, ERRORS, HAS_CONTEXT), contrast_sites(EFFECTS, ERRORS, ~HAS_CONTEXT)
    assert turned.estimate == pytest.approx(-found.estimate)
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low))


def test_one_site_on_a_side_is_refused() -> None:
    with pytest.raises(ValueError, match="two sites on each side"):
        contrast_sites(EFFECTS, ERRORS, np.array([True] + [False] * 7))


def test_the_smallest_detectable_difference_is_that_of_the_formula_in_r() -> None:
    # t2 <- rma(y, se^2)$tau2; V <- sum(se^2 * 30 * 29) / (8 * 29); w <- 1 / (t2 + V / 30)
    # (qt(.975, 6) + qt(.8, 6)) * sqrt(1 / sum(w[x == 1]) + 1 / sum(w[x == 0]))
    n = np.full(8, 30.0)
    variance = float(np.sum(ERRORS**2 * n * (n - 1)) / np.sum(n - 1))
    from pipeline.stats.meta import fit_random_effects

    tau2 = fit_random_effects(EFFECTS, ERRORS**2).tau2
    assert smallest_detectable(HAS_CONTEXT, n, tau2=tau2, variance=variance) == pytest.approx(7.0435898014264, rel=1e-8)
    assert np.isnan(smallest_detectable(np.array([True, True, True]), n[:3], tau2=1.0, variance=100.0))


def test_holm_is_that_of_r() -> None:
    # p.adjust(c(0.01, 0.04, 0.03, 0.012), "holm") is 0.04 0.06 0.06 0.04
    assert survives_holm([0.01, 0.04, 0.03, 0.012]) == [True, False, False, True]
    # p.adjust(c(0.012, 0.03, 0.2), "holm") is 0.036 0.060 0.200
    assert survives_holm([0.012, 0.03, 0.2]) == [True, False, False]
    assert survives_holm([]) == []


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [("1100", "1100", 1.0), ("1100", "0011", -1.0), ("1100", "1010", 0.0), ("1111", "1010", 0.0)],
)
def test_phi_says_how_alike_two_splits_are(first: str, second: str, expected: float) -> None:
    splits = [np.array([letter == "1" for letter in word]) for word in (first, second)]
    assert phi(*splits) == pytest.approx(expected)
