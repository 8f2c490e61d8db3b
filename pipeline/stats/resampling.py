"""Limits by resampling pairs, from a random stream that the caller gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pipeline.stats.arrays import FloatArray, require_level
from pipeline.stats.paired import describe_change

_ROWS_AT_ONCE = 1_000_000  # drawn numbers held in memory together
_ROUNDING = 1e-12  # a spread below this share of the scores is the rounding error of equal numbers


@dataclass(frozen=True, slots=True)
class Resampled:
    """An estimate with percentile limits; `replicates`: resamples used. `reason`: why limits are NaN or resamples fell out."""

    estimate: float
    low: float
    high: float
    replicates: int
    reason: str


def resample_d_av(
    pre: ArrayLike,
    post: ArrayLike,
    *,
    sign: int,
    rng: np.random.Generator,
    replicates: int = 2_000,
    level: float = 0.95,
) -> Resampled:
    """Return d_av with limits from resampled pairs.

    `pre`, `post`: points, one a person; pairs with a missing score are left out. With D = sign (pre - post),
    `d_av = mean D/sqrt((SD_pre^2 + SD_post^2)/2)`, without correction (Cumming 2012, Understanding the New Statistics).
    Limits: the (1 - level)/2 and (1 + level)/2 quantiles (R's type 7) of d_av in `replicates` samples of n pairs drawn
    with replacement (Efron and Tibshirani 1993, An Introduction to the Bootstrap, 13.3). Pairs are sorted before they are
    drawn, so that the limits do not depend on the order given. A resample whose scores are all the same has no d_av: it
    is left out and counted in `reason`.

    NaN with a reason: fewer than two pairs, no spread in either score. ValueError: as `describe_change`, fewer than one
    replicate, level outside 0 to 1. The estimate agrees with R effectsize (rm_d, method av) to 1e-12, the limits with R
    for the same draws to 1e-12.
    """
    require_level(level)
    if replicates < 1:
        raise ValueError(f"replicates must be at least 1, not {replicates!r}.")
    change = describe_change(pre, post, sign=sign)
    if not np.isfinite(change.d_av):
        return Resampled(change.d_av, np.nan, np.nan, 0, change.reason or "no spread in either score: no d_av")
    before, after = np.asarray(pre, dtype=np.float64), np.asarray(post, dtype=np.float64)
    is_complete = ~(np.isnan(before) | np.isnan(after))
    before, after = before[is_complete], after[is_complete]
    order = np.lexsort((after, before))
    sizes = _sizes_of_resamples(before[order], after[order], sign, rng, replicates)
    used = sizes[np.isfinite(sizes)]
    if len(used) == 0:
        return Resampled(change.d_av, np.nan, np.nan, 0, "no resample had any spread")
    low, high = np.quantile(used, [(1 - level) / 2, (1 + level) / 2])
    n_lost = replicates - len(used)
    reason = f"{n_lost} of {replicates} resamples had no spread and were left out" if n_lost else ""
    return Resampled(change.d_av, float(low), float(high), len(used), reason)


def _sizes_of_resamples(
    before: FloatArray, after: FloatArray, sign: int, rng: np.random.Generator, replicates: int
) -> FloatArray:
    n = len(before)
    mean_improvement = sign * (float(np.mean(before)) - float(np.mean(after)))
    smallest = (_ROUNDING * (np.max(np.abs(before)) + np.max(np.abs(after)))) ** 2
    before, after = before - np.mean(before), after - np.mean(after)
    at_once = max(_ROWS_AT_ONCE // n, 1)
    parts = []
    for start in range(0, replicates, at_once):
        rows = rng.integers(0, n, size=(min(at_once, replicates - start), n))
        first, last = before[rows], after[rows]
        improvement = mean_improvement + sign * (np.mean(first, axis=1) - np.mean(last, axis=1))
        variance = (np.var(first, axis=1, ddof=1) + np.var(last, axis=1, ddof=1)) / 2
        has_spread = variance > smallest
        spread = np.sqrt(np.where(has_spread, variance, 1.0))
        parts.append(np.where(has_spread, improvement / spread, np.nan))
    return np.asarray(np.concatenate(parts), dtype=np.float64)
