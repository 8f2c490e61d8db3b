"""Funnels of means and of proportions: the limits at each site's size, and which sites lie beyond them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

from pipeline.stats.arrays import FloatArray, as_codes, as_vector, require_level, require_same_length

LEVELS = (0.95, 0.998)
BELOW, WITHIN, ABOVE, NOT_DRAWN = "below", "within", "above", "not_drawn"
FEWEST_FOR_OVER_DISPERSION = 10
Kind = Literal["mean", "proportion"]


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """Limits at one level and the flag that they set: entry s belongs to site s, NaN and `not_drawn` where it is not drawn.

    `low, high`: points (means) or shares from 0 to 1. `flag`: `below`, `within` (a value at a limit is), `above`.
    """

    level: float
    low: FloatArray
    high: FloatArray
    flag: NDArray[np.str_]


@dataclass(frozen=True, slots=True, eq=False)
class Funnel:
    """A funnel: entry s of the arrays belongs to site s.

    `value`: mean or share; `n`: people; `k`: sites drawn; `target`: where the funnel narrows to. `sigma2`: variance within
    sites, squared points, on `df` degrees of freedom (NaN and 0 for proportions). `phi`: winsorised mean of squared
    z-scores; `tau2`: variance between sites that widens the over-dispersed limits, squared points or squared radians
    (0: none). `base`, `over_dispersed`, `exact`: limits by level, `exact` for proportions alone. `reason`: why nothing is
    drawn, or why tau2 is 0 without being looked for.
    """

    kind: Kind
    value: FloatArray
    n: FloatArray
    is_drawn: NDArray[np.bool_]
    k: int
    target: float
    sigma2: float
    df: int
    phi: float
    tau2: float
    base: dict[float, Limits]
    over_dispersed: dict[float, Limits]
    exact: dict[float, Limits]
    reason: str


def funnel_of_means(n: ArrayLike, mean: ArrayLike, sd: ArrayLike, *, minimum: int = 1) -> Funnel:
    """Draw limits `target +/- z sqrt(sigma2/n + tau2)` round the mean improvement of all women.

    `n`: pairs; `mean`, `sd`: of improvement by site, points (NaN where a site has none). Sites with fewer than
    `minimum` pairs are listed, not drawn, and enter nothing. target: mean weighted by n; sigma2:
    `sum (n - 1) sd^2/sum (n - 1)`; base limits with tau2 = 0; over-dispersed ones with tau2 of `over_dispersion`, from 10
    sites on. Without a site, or without spread within sites, nothing is drawn, with a reason. ValueError: n not whole
    from 0, unequal lengths, an SD below 0. Source: Spiegelhalter 2005, Stat Med 24:1185-1202.
    Agrees with the same sums in R, `lm`'s residual error as sigma, to 1e-12.
    """
    size, value, spread = as_codes(n, "n").astype(np.float64), as_vector(mean, "mean"), as_vector(sd, "sd")
    require_same_length(n=size, mean=value, sd=spread)
    if np.any(spread < 0):
        raise ValueError("sd must not be below 0.")
    is_drawn = (size >= max(minimum, 1)) & np.isfinite(value)
    has_spread = is_drawn & (size > 1) & np.isfinite(spread)
    df = float(np.sum(size[has_spread] - 1))
    sigma2 = float(np.sum((size[has_spread] - 1) * spread[has_spread] ** 2)) / df if df > 0 else np.nan
    if not (np.any(is_drawn) and sigma2 > 0):
        reason = "no spread within sites" if np.any(is_drawn) else "no site has enough pairs"
        return _undrawn("mean", value, size, sigma2, int(df), reason)
    target = float(np.sum(size[is_drawn] * value[is_drawn]) / np.sum(size[is_drawn]))
    return _draw("mean", value, size, is_drawn, target, sigma2, int(df))


def funnel_of_proportions(events: ArrayLike, n: ArrayLike, *, minimum: int = 1) -> Funnel:
    """Draw limits `sin(arcsin(sqrt(target)) +/- z sqrt(1/(4n) + tau2))^2` round the share of all women.

    `events`, `n`: whole counts of women by site; sites below `minimum` as in `funnel_of_means`. target: all events over
    all women drawn; angles are cut off at 0 and a right angle. `exact` holds limits by the binomial distribution as a
    sensitivity: the outermost counts that each tail of (1 - level)/2 does not exclude, over n. ValueError: counts not
    whole from 0, more events than women. Source: Spiegelhalter 2005, Stat Med 24:1185-1202. Agrees with R FunnelPlotR 0.6.0
    (PR) to 1e-6, as it types z with seven digits, and with the same sums in R to 1e-12; where its angle passes a right
    angle it folds back, so that a site with a share of 1 may lie beyond its limit: a named divergence.
    """
    counts, size = as_codes(events, "events").astype(np.float64), as_codes(n, "n").astype(np.float64)
    require_same_length(events=counts, n=size)
    if np.any(counts > size):
        raise ValueError("A site has more events than women.")
    is_drawn = size >= max(minimum, 1)
    value = np.divide(counts, size, out=np.full(len(size), np.nan), where=size > 0)
    if not np.any(is_drawn):
        return _undrawn("proportion", value, size, np.nan, 0, "no site has enough women")
    target = float(np.sum(counts[is_drawn]) / np.sum(size[is_drawn]))
    return _draw("proportion", value, size, is_drawn, target, np.nan, 0)


def over_dispersion(z: FloatArray, variance: FloatArray, *, winsorise: float = 0.1) -> tuple[FloatArray, FloatArray]:
    """Return phi and tau2 from z-scores and sampling variances, sites along the last axis.

    z-scores are winsorised at their `winsorise` and `1 - winsorise` quantiles (R's type 7); phi = mean z^2; with w = 1/variance,
    `tau2 = max(0, (k phi - (k - 1))/(sum w - sum w^2/sum w))` (Spiegelhalter 2005, Qual Saf Health Care 14:347-351;
    DerSimonian and Laird 1986). Agrees with R FunnelPlotR to 1e-12.
    """
    k = z.shape[-1]
    lowest, highest = np.quantile(z, (winsorise, 1 - winsorise), axis=-1, keepdims=True)
    phi = np.mean(np.clip(z, lowest, highest) ** 2, axis=-1)
    weight = 1 / variance
    total = np.sum(weight, axis=-1)
    scale = total - np.sum(weight**2, axis=-1) / total if k > 1 else np.inf
    return np.asarray(phi), np.asarray(np.maximum(0, (k * phi - (k - 1)) / scale))


def limits_at(funnel: Funnel, n: ArrayLike, *, level: float, is_over_dispersed: bool) -> tuple[FloatArray, FloatArray]:
    """Return low and high limits of a funnel at any sizes `n` above 0, to draw its curves; NaN where nothing is drawn."""
    require_level(level)
    size = as_vector(n, "n")
    variance = sampling_variance(funnel.kind, size, funnel.sigma2)
    return spread_limits(funnel.kind, funnel.target, variance + (funnel.tau2 if is_over_dispersed else 0.0), level)


def sampling_variance(kind: Kind, n: FloatArray, sigma2: FloatArray | float) -> FloatArray:
    """Return the variance of a site's value: `sigma2/n` for a mean, `1/(4n)` for the angle of a share."""
    return np.asarray(sigma2 / n if kind == "mean" else 1 / (4 * n), dtype=np.float64)


def spread_limits(kind: Kind, target: FloatArray | float, variance: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
    """Return the limits of a value round `target` with this variance (of the angle, for a share)."""
    half = special.ndtri((1 + level) / 2) * np.sqrt(variance)
    if kind == "mean":
        return np.asarray(target - half), np.asarray(target + half)
    angle = np.arcsin(np.sqrt(target))
    return np.sin(np.maximum(angle - half, 0)) ** 2, np.sin(np.minimum(angle + half, np.pi / 2)) ** 2


def z_scores(kind: Kind, value: FloatArray, target: FloatArray | float, variance: FloatArray) -> FloatArray:
    """Return how many standard errors a value lies above the target, on the angle's scale for a share."""
    if kind == "mean":
        return np.asarray((value - target) / np.sqrt(variance))
    return np.asarray((np.arcsin(np.sqrt(value)) - np.arcsin(np.sqrt(target))) / np.sqrt(variance))


def _draw(
    kind: Kind, value: FloatArray, n: FloatArray, is_drawn: NDArray[np.bool_], target: float, sigma2: float, df: int
) -> Funnel:
    k = int(np.sum(is_drawn))
    variance = sampling_variance(kind, np.where(is_drawn, n, np.nan), sigma2)
    phi, tau2 = over_dispersion(z_scores(kind, value[is_drawn], target, variance[is_drawn]), variance[is_drawn])
    is_many = k >= FEWEST_FOR_OVER_DISPERSION
    found = float(tau2) if is_many else 0.0
    reason = "" if is_many else f"fewer than {FEWEST_FOR_OVER_DISPERSION} sites: over-dispersion is not looked for"
    return Funnel(
        kind=kind,
        value=value,
        n=n,
        is_drawn=is_drawn,
        k=k,
        target=target,
        sigma2=sigma2,
        df=df,
        phi=float(phi),
        tau2=found,
        base={level: _flag(level, value, *spread_limits(kind, target, variance, level)) for level in LEVELS},
        over_dispersed={level: _flag(level, value, *spread_limits(kind, target, variance + found, level)) for level in LEVELS},
        exact={level: _exact(level, value, np.where(is_drawn, n, np.nan), target) for level in LEVELS if kind != "mean"},
        reason=reason,
    )


def _flag(level: float, value: FloatArray, low: FloatArray, high: FloatArray) -> Limits:
    """Set each site's flag from the limits that are drawn, and from nothing else."""
    conditions = [np.isnan(low) | np.isnan(value), value < low, value > high]
    return Limits(level, low, high, np.select(conditions, [NOT_DRAWN, BELOW, ABOVE], default=WITHIN))


def _exact(level: float, value: FloatArray, n: FloatArray, target: float) -> Limits:
    tail = (1 - level) / 2
    low, high = stats.binom.ppf(tail, n, target) / n, 1 - stats.binom.ppf(tail, n, 1 - target) / n
    return _flag(level, value, np.asarray(low), np.asarray(high))


def _undrawn(kind: Kind, value: FloatArray, n: FloatArray, sigma2: float, df: int, reason: str) -> Funnel:
    nothing = np.full(len(n), np.nan)
    limits = {level: _flag(level, value, nothing, nothing) for level in LEVELS}
    return Funnel(
        kind=kind,
        value=value,
        n=n,
        is_drawn=np.zeros(len(n), dtype=np.bool_),
        k=0,
        target=np.nan,
        sigma2=sigma2,
        df=df,
        phi=np.nan,
        tau2=0.0,
        base=limits,
        over_dispersed=limits,
        exact=limits if kind == "proportion" else {},
        reason=reason,
    )
