"""The data that simulations draw: scores in whole points, of a known truth. Every figure here is invented."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from scipy import special

from benchmarks.coverage.cells import Floats
from pipeline.stats.arrays import IntArray

MEAN_PRE, SD_PRE = 46.0, 14.0
SLOPE, SD_REST = 0.5, 11.0
"""Improvement rises by half a point with each point of the first score; the rest of it is her own."""
SD_CHANGE = float(np.hypot(SLOPE * SD_PRE, SD_REST))
SD_POST = float(np.hypot((1 - SLOPE) * SD_PRE, SD_REST))
ROUNDING = 1 / 12
"""Variance that rounding to whole points adds to a smooth score (Sheppard 1898)."""
AVERAGE_VARIANCE = (SD_PRE**2 + SD_POST**2) / 2 + ROUNDING
TAUS = (0.0, 1.5, 4.5)
"""SD of the sites' true means in points: none, small, large beside a change of SD 13."""
SHAPES = ("normal", "skewed")
LEFT = "skewed to the left"
"""A few women who got much worse, where `skewed` is a few who got much better."""
UNLIKE = "normal, spreads unlike"
SPREADS = (8.0, 18.0, 13.0)
LOW, HIGH = 0.0, 80.0
_GAMMA = 2.0


def deviates(rng: Generator, shape: str, size: tuple[int, ...] | int) -> Floats:
    """Numbers of mean 0 and variance 1: normal, or a shifted gamma with skewness 1.4, or that to the left."""
    if shape in ("normal", UNLIKE):
        return rng.standard_normal(size)
    sign = -1.0 if shape == LEFT else 1.0
    return np.asarray(sign * (rng.standard_gamma(_GAMMA, size) - _GAMMA) / np.sqrt(_GAMMA))


def standardised_gamma(share: Floats) -> Floats:
    """Quantiles of the skewed shape."""
    return np.asarray((special.gammaincinv(_GAMMA, share) - _GAMMA) / np.sqrt(_GAMMA))


def pairs(rng: Generator, shape: str, size: tuple[int, ...] | int, improvement: Floats | float) -> tuple[Floats, Floats]:
    """First and last scores before they are rounded; `improvement`: the true mean, broadcast to `size`; lower is better."""
    first, rest = deviates(rng, shape, size), deviates(rng, shape, size)
    pre = MEAN_PRE + SD_PRE * first
    return pre, pre - (improvement + SLOPE * SD_PRE * first + SD_REST * rest)


def site_summaries(
    rng: Generator, replicates: int, n: IntArray, tau: float, shape: str, mean: float
) -> tuple[Floats, Floats, Floats]:
    """Mean improvement, its squared standard error and the true mean, each replicates x sites.

    Improvements are drawn in whole points, without the scores that they come of, of SD 13 at every site; where `shape` is
    `UNLIKE`, of SD 8 to 18, in turn over the sites.
    """
    true = mean + tau * rng.standard_normal((replicates, len(n)))
    means, squared_errors = np.empty(true.shape), np.empty(true.shape)
    sds = spreads(len(n)) if shape == UNLIKE else np.full(len(n), SD_CHANGE)
    for site, women in enumerate(n):
        noise = sds[site] * deviates(rng, shape, (replicates, int(women)))
        values = np.rint(true[:, site, None] + noise)
        means[:, site] = values.mean(axis=1)
        squared_errors[:, site] = np.maximum(values.var(axis=1, ddof=1), 1e-6) / women
    return means, squared_errors, true


def spreads(k: int) -> Floats:
    """The SD of a change by site, where spreads are unlike."""
    return np.resize(SPREADS, k)


def cut_off(scores: Floats) -> Floats:
    """Whole points within the scale."""
    return np.clip(np.rint(scores), LOW, HIGH)
