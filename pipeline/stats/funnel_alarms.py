"""How many sites a funnel would flag by chance alone: by formula for base limits, by simulation for over-dispersed ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.stats.arrays import FloatArray
from pipeline.stats.funnel import (
    FEWEST_FOR_OVER_DISPERSION,
    LEVELS,
    Funnel,
    over_dispersion,
    sampling_variance,
    spread_limits,
    z_scores,
)

_DRAWS_TO_CALIBRATE = 400
_HALVINGS = 12  # the variance between sites to a four-thousandth of itself, finer than the draws are


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """Expected number of flagged sites among `k` where none is special, by level.

    `base`: `k (1 - level)`. `over_dispersed`: mean over `replicates` simulations, `error` its Monte Carlo standard error (0
    where it follows from the formula). `reason`: why there is no number, or no simulation.
    """

    k: int
    base: dict[float, float]
    over_dispersed: dict[float, float]
    error: dict[float, float]
    replicates: int
    reason: str


def expected_false_alarms(funnel: Funnel, *, rng: np.random.Generator, replicates: int = 2_000) -> FalseAlarms:
    """Return how many drawn sites would be flagged if all came from one population as spread out as these seem to be.

    Over-dispersed limits are made from the data that they judge, and winsorising makes them narrower than the sites' true
    variance would, so their rate is no formula. Each replicate gives the sites, at their sizes, true values with variance
    t round the target, then observed values (normal for means, with sigma2 drawn from its chi-squared on df; binomial for
    shares, true angles cut off at 0 and a right angle), estimates target, winsorised phi and tau2 again, draws limits
    and counts flags. t is the variance at which winsorised phi is on average the observed one. Means add up over measures;
    no probability is attached to an observed number, as measures are correlated. Below 10 sites limits are the base
    ones, and so is the number. ValueError: fewer than one replicate. Source of the limits: as `pipeline.stats.funnel`.
    """
    if replicates < 1:
        raise ValueError(f"replicates must be at least 1, not {replicates!r}.")
    base = {level: funnel.k * (1 - level) for level in LEVELS}
    if funnel.k < FEWEST_FOR_OVER_DISPERSION:
        return FalseAlarms(funnel.k, base, dict(base), dict.fromkeys(LEVELS, 0.0), 0, funnel.reason)
    n = funnel.n[funnel.is_drawn]
    value, sigma2 = _simulate(funnel, n, _variance_between(funnel, n, rng), rng, replicates)
    target = (value @ n / np.sum(n))[:, None]
    variance = sampling_variance(funnel.kind, n, sigma2[:, None])
    tau2 = over_dispersion(z_scores(funnel.kind, value, target, variance), variance)[1]
    mean, error = {}, {}
    for level in LEVELS:
        low, high = spread_limits(funnel.kind, target, variance + tau2[:, None], level)
        flagged = np.sum((value < low) | (value > high), axis=1)
        mean[level] = float(np.mean(flagged))
        error[level] = float(np.std(flagged) / np.sqrt(replicates))
    return FalseAlarms(funnel.k, base, mean, error, replicates, "")


def _variance_between(funnel: Funnel, n: FloatArray, rng: np.random.Generator) -> float:
    """Return the variance between sites at which the mean winsorised phi of normal values is the observed phi."""
    variance = sampling_variance(funnel.kind, n, funnel.sigma2)
    deviates = rng.standard_normal((_DRAWS_TO_CALIBRATE, len(n)))

    def mean_phi(between: float) -> float:
        return float(np.mean(over_dispersion(deviates * np.sqrt(1 + between / variance), variance)[0]))

    low, high = 0.0, float(np.median(variance))
    if mean_phi(low) >= funnel.phi:
        return low
    while mean_phi(high) < funnel.phi:
        low, high = high, 2 * high
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if mean_phi(middle) < funnel.phi else (low, middle)
    return (low + high) / 2


def _simulate(
    funnel: Funnel, n: FloatArray, between: float, rng: np.random.Generator, replicates: int
) -> tuple[FloatArray, FloatArray]:
    """Return values by replicate and site, and the variance within sites by replicate (unused for shares)."""
    shape = (replicates, len(n))
    if funnel.kind == "mean":
        value = rng.normal(funnel.target, np.sqrt(between + funnel.sigma2 / n), size=shape)
        return value, funnel.sigma2 * rng.chisquare(funnel.df, size=replicates) / funnel.df
    angle = np.clip(rng.normal(np.arcsin(np.sqrt(funnel.target)), np.sqrt(between), size=shape), 0, np.pi / 2)
    people = n.astype(np.int64)
    return rng.binomial(people, np.sin(angle) ** 2) / people, np.ones(replicates)
