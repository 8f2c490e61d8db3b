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

_DRAWS = 600
"""Funnels drawn at each variance of the ladder below."""
_LADDER = np.concatenate([[0.0], np.geomspace(0.05, 60.0, 15)])
"""Variances between sites at which funnels are drawn, as multiples of the middle site's sampling variance."""


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """Expected number of flagged sites among `k` where none is special, by level.

    `base`: `k (1 - level)`. `over_dispersed`: mean over `replicates` simulations, corrected for bias; `error`: the Monte Carlo
    standard error before that (0 where it follows from the formula). `reason`: why there is no number, or no simulation.
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
    and counts flags. t is the variance at which phi is on average the observed one.

    That t is a guess, and as the rate rises with t ever more slowly, a guess that is right on average gives a rate that is too
    low on average: by a fifth at 10 sites that truly differ. So the replicates are guessed from as the data were, and what their
    rates lack of the rate at t is added (the parametric bootstrap's correction for bias). Means add up over measures; no
    probability is attached to an observed number, as measures are correlated. Below 10 sites limits are the base ones, and so is
    the number. ValueError: fewer than one replicate. Source of the limits: as `pipeline.stats.funnel`.
    """
    if replicates < 1:
        raise ValueError(f"replicates must be at least 1, not {replicates!r}.")
    base = {level: funnel.k * (1 - level) for level in LEVELS}
    if funnel.k < FEWEST_FOR_OVER_DISPERSION:
        return FalseAlarms(funnel.k, base, dict(base), dict.fromkeys(LEVELS, 0.0), 0, funnel.reason)
    ladder = _LADDER * float(np.median(sampling_variance(funnel.kind, funnel.n[funnel.is_drawn], funnel.sigma2)))
    rungs = [_play(funnel, between, rng, _DRAWS) for between in ladder]
    phi_at = np.maximum.accumulate([np.mean(phi) for phi, _ in rungs])
    guess = float(np.interp(funnel.phi, phi_at, ladder))
    phi, flagged = _play(funnel, guess, rng, replicates)
    guesses = np.interp(phi, phi_at, ladder)
    mean, error = {}, {}
    for level in LEVELS:
        rate_at = np.maximum.accumulate([np.mean(flags[level]) for _, flags in rungs])
        lacking = float(np.interp(guess, ladder, rate_at) - np.mean(np.interp(guesses, ladder, rate_at)))
        mean[level] = max(float(np.mean(flagged[level])) + lacking, 0.0)
        error[level] = float(np.std(flagged[level]) / np.sqrt(replicates))
    return FalseAlarms(funnel.k, base, mean, error, replicates, "")


def _play(
    funnel: Funnel, between: float, rng: np.random.Generator, replicates: int
) -> tuple[FloatArray, dict[float, FloatArray]]:
    """Return phi and the number of sites flagged at each level, one a replicate, of sites with this variance between them."""
    n = funnel.n[funnel.is_drawn]
    value, sigma2 = _simulate(funnel, n, between, rng, replicates)
    target = (value @ n / np.sum(n))[:, None]
    variance = sampling_variance(funnel.kind, n, sigma2[:, None])
    phi, tau2 = over_dispersion(z_scores(funnel.kind, value, target, variance), variance)
    flagged = {}
    for level in LEVELS:
        low, high = spread_limits(funnel.kind, target, variance + tau2[:, None], level)
        flagged[level] = np.sum((value < low) | (value > high), axis=1).astype(np.float64)
    return phi, flagged


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
