"""Limits of standardised sizes of change that do not rest on a normal shape alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from pipeline.stats.arrays import FloatArray, as_vector, require_level
from pipeline.stats.paired import describe_change


@dataclass(frozen=True, slots=True)
class StandardisedLimits:
    """`d_av_low, d_av_high`: per average SD; `d_pre_low, d_pre_high`: per SD of first scores. `reason`: why any is NaN."""

    d_av_low: float
    d_av_high: float
    d_pre_low: float
    d_pre_high: float
    reason: str


def limits_of_sizes(pre: ArrayLike, post: ArrayLike, *, sign: int, level: float = 0.95) -> StandardisedLimits:
    """Return limits of d_av and d_pre of one group of n pairs; scores in points, `sign` as `paired.describe_change`.

    With D the improvements and g = mean D/S: each pair moves g by u = (D - mean D)/S - g/2 (q/S^2 - 1), q the squared deviation
    of her score from its mean, S the SD of first scores (for d_av the mean of both squared deviations, and of both variances).
    By that, `g +/- t(n - 1) sqrt(sum u^2/(n(n - 1)))` asks for no shape (the infinitesimal jackknife: Efron 1982, The
    Jackknife, the Bootstrap and Other Resampling Plans, 6), and is that of d_av. Limits of d_pre: the noncentral t limits of
    d_z times SD_D/SD_pre, the sampling distribution of mean D/SD_pre for normal scores and a known SD_D/SD_pre, or those by u
    where they reach further. g is not corrected for bias here, so that d_pre, which is, stands a little nearer 0 than their
    middle.

    In simulations of 8 to 150 pairs the limits of d_pre held the truth in 95 to 97 % where scores were normal, in 94 to 97
    where a few improved much, in 90 to 96 where a few got much worse; Becker's normal limits (`paired`) in 92 to 96, 92 to 96
    and 80 to 96. d_av: 94 to 96 where the percentile bootstrap gave 87 to 94. NaN with a reason: fewer than three pairs, no
    spread in a score. ValueError: as `describe_change`. No peer: the noncentral part is pinned to R's pt through d_z, the rest
    checked against a jackknife.
    """
    require_level(level)
    change = describe_change(pre, post, sign=sign, level=level)
    if change.reason or change.n < 3:
        return StandardisedLimits(*(np.nan,) * 4, reason=change.reason or "fewer than three pairs")
    first, last = as_vector(pre, "pre"), as_vector(post, "post")
    kept = ~(np.isnan(first) | np.isnan(last))
    order = np.lexsort((last[kept], first[kept]))
    first, last = first[kept][order], last[kept][order]
    squares = [(scores - np.mean(scores)) ** 2 for scores in (first, last)]
    gain = sign * (first - last)
    half = float(special.stdtrit(change.n - 1, (1 + level) / 2))
    d_av_low, d_av_high = _by_influence(gain, (squares[0] + squares[1]) / 2, half)
    low, high = _by_influence(gain, squares[0], half)
    ratio = change.sd_improvement / change.sd_pre
    d_pre = min(low, change.d_z_low * ratio), max(high, change.d_z_high * ratio)
    return StandardisedLimits(d_av_low, d_av_high, *d_pre, reason="")


def _by_influence(gain: FloatArray, squares: FloatArray, quantile: float) -> tuple[float, float]:
    n, mean = len(gain), float(np.mean(gain))
    variance = float(np.sum(squares)) / (n - 1)
    spread = np.sqrt(variance)
    size = mean / spread
    influence = (gain - mean) / spread - size / 2 * (squares / variance - 1)
    half = quantile * float(np.sqrt(np.sum(influence**2) / (n * (n - 1))))
    return float(size - half), float(size + half)
