"""Two cohorts of different people: difference of means, Hodges-Lehmann shift, Mann-Whitney test, rank-biserial correlation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from pipeline.stats.arrays import FloatArray, as_vector, require_level, require_not_infinite, require_sign

_MOST_EXACT = 25  # people in each cohort; beyond it the normal distribution takes over
_KEPT_DIGITS = 11  # differences that agree to so many digits are ties that rounding error pulled apart


@dataclass(frozen=True, slots=True)
class TwoCohorts:
    """How a later cohort stands beside an earlier one; positive always means better.

    `n_before`, `n_after`: people. `mean_before`, `sd_before` and so on: points. `difference, low, high`: of means, by Welch.
    `shift, shift_low, shift_high`: Hodges-Lehmann. `u`: pairs of people in which the later one does better, ties as a half.
    `p_value`: two-sided. `rank_biserial`: from -1 to 1. `method`: distribution behind `p_value` and the limits of the shift.
    `reason`: why a number is NaN, empty where none is.
    """

    n_before: int
    n_after: int
    mean_before: float
    mean_after: float
    sd_before: float
    sd_after: float
    difference: float
    low: float
    high: float
    shift: float
    shift_low: float
    shift_high: float
    u: float
    p_value: float
    rank_biserial: float
    method: Literal["exact", "normal", "none"]
    reason: str


def compare_cohorts(before: ArrayLike, after: ArrayLike, *, sign: int, level: float = 0.95) -> TwoCohorts:
    """Describe how the scores of people asked `after` differ from those of other people asked `before`.

    Scores in points, missing ones left out; `sign` 1 where lower is better, -1 where higher is. With D = sign (before - after)
    over every pair of one person of each cohort, m and n people, N = m + n: `difference` is the mean of D, its limits by
    Welch's t (Welch 1947, Biometrika 34:28-35); `shift` is the median of D (Hodges and Lehmann 1963, Ann Math Stat 34:598-611),
    its limits the c-th smallest and largest D, c the smallest number with P(U <= c) >= (1 - level)/2 for the exact U, or to
    the nearest whole number `mn/2 - z sqrt(mn(N + 1)/12)` (Hollander and Wolfe 1999, 4.3); none where c is 0. The test is exact
    up to 25 people in each cohort without ties, else normal without continuity correction, its variance lowered by ties (Mann
    and Whitney 1947, Ann Math Stat 18:50-60). `rank_biserial = 2u/(mn) - 1` (Wendt 1972, Eur J Soc Psychol 2:463-465).

    NaN with a reason: an empty cohort, one person in one of them (no spread), no spread at all (no test). ValueError: infinite
    scores, sign not 1 or -1. Agrees with R t.test and wilcox.test to 1e-10 (normal limits: wilcox.test inverts its own test, a
    named divergence) and with effectsize::rank_biserial to 1e-12.
    """
    require_sign(sign)
    require_level(level)
    first, last = _scores(before, "before"), _scores(after, "after")
    m, n = len(first), len(last)
    if not m or not n:
        return _nothing(m, n, *_means(first, last))
    pairs = _tidy(sign * (first[:, None] - last[None, :]).ravel())
    has_ties = len(np.unique(np.concatenate([first, last]))) < m + n
    is_exact = max(m, n) <= _MOST_EXACT and not has_ties
    order = _order_of_limits(m, n, level=level, is_exact=is_exact)
    low, high = _welch(first, last, sign=sign, level=level)
    u = float(np.sum(pairs > 0) + np.sum(pairs == 0) / 2)
    is_flat = bool(np.ptp(np.concatenate([first, last])) == 0)
    return TwoCohorts(
        m,
        n,
        *_means(first, last),
        difference=float(np.mean(pairs)),
        low=low,
        high=high,
        shift=float(np.median(pairs)),
        shift_low=float(pairs[order - 1]) if order else float("nan"),
        shift_high=float(pairs[-order]) if order else float("nan"),
        u=u,
        p_value=float("nan") if is_flat else _p_value(first, last, is_exact=is_exact),
        rank_biserial=2 * u / (m * n) - 1,
        method="exact" if is_exact else "normal",
        reason=_reason(min(m, n), order, is_flat=is_flat),
    )


def _nothing(m: int, n: int, *means: float) -> TwoCohorts:
    missing = float("nan")
    nine = (missing,) * 9
    first, last, sd_first, sd_last = means
    return TwoCohorts(m, n, first, last, sd_first, sd_last, *nine, method="none", reason="one of the cohorts is empty")


def _scores(values: ArrayLike, name: str) -> FloatArray:
    scores = as_vector(values, name)
    require_not_infinite(scores, name)
    return np.sort(scores[~np.isnan(scores)])


def _tidy(differences: FloatArray) -> FloatArray:
    largest = float(np.max(np.abs(differences), initial=0.0))
    if largest > 0:
        differences = np.round(differences, _KEPT_DIGITS - int(np.floor(np.log10(largest))))
    return np.asarray(np.sort(differences + 0.0), dtype=np.float64)


def _means(first: FloatArray, last: FloatArray) -> tuple[float, float, float, float]:
    means = [float(np.mean(each)) if len(each) else float("nan") for each in (first, last)]
    sds = [float(np.std(each, ddof=1)) if len(each) > 1 else float("nan") for each in (first, last)]
    return means[0], means[1], sds[0], sds[1]


def _welch(first: FloatArray, last: FloatArray, *, sign: int, level: float) -> tuple[float, float]:
    """Return the limits of the difference of means; the mean itself where neither cohort has any spread."""
    if min(len(first), len(last)) < 2:
        return float("nan"), float("nan")
    parts = np.array([np.var(first, ddof=1) / len(first), np.var(last, ddof=1) / len(last)])
    difference = sign * float(np.mean(first) - np.mean(last))
    if not parts.sum() > 0:
        return difference, difference
    df = parts.sum() ** 2 / np.sum(parts**2 / np.array([len(first) - 1, len(last) - 1]))
    half = float(special.stdtrit(df, (1 + level) / 2) * np.sqrt(parts.sum()))
    return difference - half, difference + half


def _p_value(first: FloatArray, last: FloatArray, *, is_exact: bool) -> float:
    method = "exact" if is_exact else "asymptotic"
    return float(stats.mannwhitneyu(first, last, use_continuity=False, method=method).pvalue)


def _order_of_limits(m: int, n: int, *, level: float, is_exact: bool) -> int:
    """Return which smallest and which largest difference are the limits; 0 where none is far enough out."""
    tail = (1 - level) / 2
    if not is_exact:
        return max(int(np.rint(m * n / 2 + special.ndtri(tail) * np.sqrt(m * n * (m + n + 1) / 12))), 0)
    return int(np.searchsorted(_cumulative(m, n), tail))


def _cumulative(m: int, n: int) -> FloatArray:
    """Return P(U <= u), u = 0, 1, ..., mn, without ties: the Gaussian binomial coefficients over their sum."""
    ways = np.zeros(m * n + 1)
    ways[0] = 1.0
    for i in range(1, m + 1):
        for u in range(n + i, m * n + 1)[::-1]:
            ways[u] -= ways[u - n - i]
        for u in range(i, m * n + 1):
            ways[u] += ways[u - i]
    return np.asarray(np.cumsum(ways) / np.sum(ways), dtype=np.float64)


def _reason(smaller: int, order: int, *, is_flat: bool) -> str:
    reasons = {
        "one person in a cohort: no spread": smaller < 2,
        "too few people for limits of the shift at this level": order == 0,
        "every score is the same: no test": is_flat,
    }
    return "; ".join(reason for reason, is_met in reasons.items() if is_met)
