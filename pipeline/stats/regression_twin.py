"""What regression to the mean alone would have done: the same first scores in people who had no treatment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from pipeline.stats.arrays import FloatArray, as_vector, require_finite, require_sign

_ROUNDING = 1e-9  # steps: a score this near to a threshold lies on it


@dataclass(frozen=True, slots=True)
class Population:
    """Scores of the unselected population, in points, and their test-retest correlation; never of the women assessed.

    Their own mean in place of `mean` would make the expected improvement zero by construction.
    """

    mean: float
    sd: float
    retest: float

    def __post_init__(self) -> None:
        """Refuse a spread that is not above 0 and a correlation outside 0 to 1."""
        if not (np.isfinite(self.mean) and 0 < self.sd < np.inf and 0 <= self.retest < 1):
            raise ValueError("A population needs a mean, an SD above 0 and a test-retest correlation from 0 to below 1.")


@dataclass(frozen=True, slots=True)
class Scale:
    """The lowest and highest possible score and the step between scores, in points; `step` None where any score can come."""

    low: float
    high: float
    step: float | None

    def __post_init__(self) -> None:
        """Refuse a scale without width, or with a step that does not divide it."""
        if not self.low < self.high:
            raise ValueError("A scale must be wider than 0.")
        if self.step is not None:
            steps = (self.high - self.low) / self.step if self.step > 0 else 0.5
            if abs(steps - round(steps)) > _ROUNDING:
                raise ValueError("A step must be above 0 and divide the width of the scale.")


@dataclass(frozen=True, slots=True, eq=False)
class TwinShares:
    """Expected shares (0 to 1) at each threshold: reliably improved and reliably deteriorated; `reason` where NaN."""

    improved: FloatArray
    deteriorated: FloatArray
    reason: str


def expected_improvement(pre: ArrayLike, population: Population, *, sign: int) -> FloatArray:
    """Return each woman's expected improvement, `sign (1 - rho)(pre - mu)`, in points; positive means better.

    `pre`: first scores, points; mu, rho: the population's mean and test-retest correlation; `sign` 1 where lower scores are
    better. For a group, take the mean. Natural recovery is not in it. ValueError: missing or infinite scores, sign not 1 or
    -1. Source: Galton 1886; in this form Barnett, van der Pols and Dobson 2005, Int J Epidemiol 34:215-220. Closed form.
    """
    require_sign(sign)
    before = as_vector(pre, "pre")
    require_finite(before, "pre")
    return np.asarray(sign * (1 - population.retest) * (before - population.mean), dtype=np.float64)


def expected_shares(
    pre: ArrayLike,
    population: Population,
    *,
    scale: Scale,
    thresholds: ArrayLike,
    sign: int,
    is_inclusive: bool = True,
) -> TwinShares:
    """Return the expected share of women in each class of reliable change, at each threshold.

    A woman's second score is `N(mu + rho (pre - mu), sigma^2 (1 - rho^2))`, rounded to the nearest step and cut off at the ends
    of the scale; the chance that `sign (pre - post) >= threshold` (or, with `is_inclusive` False, > threshold) is the normal
    probability below the middle between that score and the next. The shares are the means of the chances over the women. No
    women: NaN with a reason. ValueError: first scores missing or outside the scale, thresholds not above 0, sign not 1 or -1.
    Source: bivariate normal scores, as `expected_improvement`; no simulation. No peer: checked against simulated scores.
    """
    require_sign(sign)
    before, change = as_vector(pre, "pre"), as_vector(thresholds, "thresholds")
    require_finite(before, "pre")
    if not np.all(change > 0):
        raise ValueError("Thresholds must be above 0.")
    if np.any((before < scale.low) | (before > scale.high)):
        raise ValueError("A first score lies outside the scale.")
    if len(before) == 0:
        nothing = np.full(len(change), np.nan)
        return TwinShares(nothing, nothing.copy(), "no first scores")
    # Where higher is better, the mirrored scale makes improvement a fall again.
    mirrored = Scale(-scale.high, -scale.low, scale.step) if sign == -1 else scale
    mean = sign * (population.mean + population.retest * (before - population.mean))[:, None]
    sd = population.sd * np.sqrt(1 - population.retest**2)
    start, size = sign * before[:, None], change[None, :]
    improved = _chance_at_most(start - size, mean, sd, mirrored, is_inclusive=is_inclusive)
    kept = _chance_at_most(start + size, mean, sd, mirrored, is_inclusive=not is_inclusive)
    return TwinShares(improved.mean(axis=0), 1 - kept.mean(axis=0), "")


def expected_over_means(pre: ArrayLike, means: ArrayLike, *, retest: float, sign: int) -> FloatArray:
    """Return the group's expected mean improvement at each of many population means, where no mean is sourced.

    `means`: points; the rest as `expected_improvement`: `sign (1 - rho)(mean pre - mu)`. A curve for the reader, who knows the
    population; no one point of it is an estimate. NaN without women.
    """
    before, grid = as_vector(pre, "pre"), as_vector(means, "means")
    if len(before) == 0:
        return np.full(len(grid), np.nan)
    centre = float(np.mean(expected_improvement(before, Population(0.0, 1.0, retest), sign=sign)))
    return np.asarray(centre - sign * (1 - retest) * grid, dtype=np.float64)


def _chance_at_most(limit: FloatArray, mean: FloatArray, sd: float, scale: Scale, *, is_inclusive: bool) -> FloatArray:
    """Return the chance of a rounded and cut-off score of at most (or below) `limit`."""
    if scale.step is None:
        highest, middle = limit, limit
        is_below = limit < scale.low if is_inclusive else limit <= scale.low
        is_sure = limit >= scale.high if is_inclusive else limit > scale.high
    else:
        steps = (limit - scale.low) / scale.step
        steps = np.floor(steps + _ROUNDING) if is_inclusive else np.ceil(steps - _ROUNDING) - 1
        highest = scale.low + steps * scale.step
        middle = highest + scale.step / 2
        is_below, is_sure = steps < 0, highest >= scale.high - _ROUNDING * scale.step
    chance = special.ndtr((middle - mean) / sd)
    return np.asarray(np.where(is_below, 0.0, np.where(is_sure, 1.0, chance)), dtype=np.float64)
