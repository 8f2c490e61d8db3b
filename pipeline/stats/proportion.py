"""A proportion of independent people, and one of people who come in groups, each with its interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from pipeline.stats.arrays import FloatArray, require_level


@dataclass(frozen=True, slots=True, eq=False)
class Proportion:
    """Shares from 0 to 1 with Wilson limits, in the shape of the counts; `reason` where any is NaN."""

    estimate: FloatArray
    low: FloatArray
    high: FloatArray
    reason: str


def wilson(successes: ArrayLike, n: ArrayLike, level: float = 0.95) -> Proportion:
    """Return `x/n` with Wilson's score interval, without continuity correction.

    `successes` x and `n`: whole counts of people, of one shape (or broadcast to it). With p = x/n and z the normal
    quantile: `(p + z^2/2n +/- z sqrt(p(1 - p)/n + z^2/4n^2))/(1 + z^2/n)`; exactly 0 below x = 0 and 1 above x = n. A
    group of nobody gives NaN and a reason. For people who answer independently: not for a share over several sites.
    ValueError: counts that are not whole, below 0, or more successes than people. Source: Wilson 1927, J Am Stat Assoc
    22:209-212. Agrees with R `prop.test(correct = FALSE)` to 1e-12.
    """
    require_level(level)
    x, size = np.broadcast_arrays(np.asarray(successes, dtype=np.float64), np.asarray(n, dtype=np.float64))
    if not np.all((x == np.floor(x)) & (size == np.floor(size)) & (x >= 0) & (x <= size) & np.isfinite(size)):
        raise ValueError("Counts must be whole numbers from 0, with no more successes than people.")
    is_empty = size == 0
    people = np.where(is_empty, np.nan, size)
    share = x / people
    z = special.ndtri((1 + level) / 2)
    centre = (share + z**2 / (2 * people)) / (1 + z**2 / people)
    half = z * np.sqrt(share * (1 - share) / people + z**2 / (4 * people**2)) / (1 + z**2 / people)
    low, high = np.where(x == 0, 0.0, centre - half), np.where(x == size, 1.0, centre + half)
    reason = "a group of nobody has no proportion" if np.any(is_empty) else ""
    return Proportion(share, np.where(is_empty, np.nan, low), np.where(is_empty, np.nan, high), reason)


def share_over_groups(successes: ArrayLike, n: ArrayLike, level: float = 0.95) -> Proportion:
    """Return `sum x_j/sum n_j` over k groups, with an interval that lets the groups differ.

    `successes` x_j and `n` n_j: whole counts of people by group; the result holds one number each. With p the share, N the
    people and e_j = x_j - p n_j, the variance is `k/(k - 1) sum e_j^2/N^2` (ratio to size), the limits are by t(k - 1) and
    cut off at 0 and 1. It asks that no few groups hold most people. Fewer than two groups with people give no limits, and a
    reason. ValueError: as `wilson`. Source: Cochran 1977, Sampling Techniques, 3rd ed. (ratio estimator). Agrees with
    statsmodels' OLS of the answers on a constant with errors clustered by group to 1e-12.
    """
    wilson(successes, n, level)
    x, size = np.asarray(successes, dtype=np.float64), np.asarray(n, dtype=np.float64)
    k, people = int(np.sum(size > 0)), float(np.sum(size))
    share = float(np.sum(x)) / people if people else np.nan
    if k < 2:
        return Proportion(np.array([share]), np.array([np.nan]), np.array([np.nan]), "fewer than two groups: no interval")
    error = np.sqrt(k / (k - 1) * np.sum((x - share * size) ** 2)) / people
    half = float(special.stdtrit(k - 1, (1 + level) / 2)) * error
    return Proportion(np.array([share]), np.array([max(share - half, 0.0)]), np.array([min(share + half, 1.0)]), "")
