"""A group's change by ranks: Hodges-Lehmann estimate, Wilcoxon's signed rank test and the rank-biserial correlation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from pipeline.stats.arrays import (
    FloatArray,
    as_vector,
    require_level,
    require_not_infinite,
    require_same_length,
    require_sign,
)

_MOST_EXACT = 25  # pairs; beyond it the normal distribution takes over
_KEPT_DIGITS = 11  # of the largest score: improvements that differ by less are ties that rounding error pulled apart


@dataclass(frozen=True, slots=True)
class SignedRank:
    """One group's change by ranks.

    `n`: pairs; `n_zero`: pairs without change. `estimate, low, high`: Hodges-Lehmann, points, positive meaning better.
    `w_plus`, `w_minus`: sums of the ranks of improvements and of deteriorations. `p_value`: two-sided. `rank_biserial`:
    from -1 (every change is for the worse) to 1. `method`: distribution used for `p_value` and the limits. `reason`: why
    a number is NaN, empty where none is.
    """

    n: int
    n_zero: int
    estimate: float
    low: float
    high: float
    w_plus: float
    w_minus: float
    p_value: float
    rank_biserial: float
    method: Literal["exact", "normal", "none"]
    reason: str


def signed_rank(pre: ArrayLike, post: ArrayLike, *, sign: int, level: float = 0.95) -> SignedRank:
    """Describe improvement `D = sign (pre - post)` by its ranks; pairs with a missing score are left out.

    `pre`, `post`: points, one a person; `sign` 1 where lower scores are better, -1 where higher are.

    Estimate: the median of the n(n + 1)/2 Walsh averages (D_i + D_j)/2, i <= j (Hodges and Lehmann 1963, Ann Math Stat
    34:598-611). Limits: the c-th smallest and c-th largest of them, c the smallest number with P(W <= c) >= (1 - level)/2
    under the exact distribution of W, or c = n(n + 1)/4 - z sqrt(n(n + 1)(2n + 1)/24), to the nearest whole number
    (Hollander and Wolfe 1999, Nonparametric Statistical Methods, 2nd ed., 3.3); none where c is 0.

    Test: zeros are ranked with the others by size, then left out (Pratt 1959, J Am Stat Assoc 54:655-667). Exact for n
    <= 25 without ties or zeros; else normal, variance `(N(n) - N(n0))/24 - sum (t^3 - t)/48`, N(m) = m(m + 1)(2m + 1), n0
    zeros, t the sizes of ties, no continuity correction. `rank_biserial`: (W+ - W-)/(W+ + W-) (Kerby 2014, Compr Psychol
    3:11.IT.3.1), on the same ranks.

    NaN with a reason: no pairs, one pair or too few for limits, no change at all (no p, no rank_biserial). ValueError:
    unequal lengths, infinite scores, sign not 1 or -1. Agrees with R wilcox.test (exact) and coin::wilcoxsign_test
    (Pratt) to 1e-12. In the normal case R wilcox.test drops zeros and inverts its tie-corrected test, which moves estimate
    and limits: a named divergence.
    """
    require_sign(sign)
    require_level(level)
    change = _improvements(as_vector(pre, "pre"), as_vector(post, "post"), sign)
    n, is_zero = len(change), change == 0
    if n == 0:
        nothing = (float("nan"),) * 3
        return SignedRank(0, 0, *nothing, 0.0, 0.0, float("nan"), float("nan"), "none", "no pairs")
    ranks = stats.rankdata(np.abs(change))
    w_plus, w_minus = float(np.sum(ranks[change > 0])), float(np.sum(ranks[change < 0]))
    has_ties = len(np.unique(np.abs(change))) < n
    is_exact = n <= _MOST_EXACT and not has_ties and not np.any(is_zero)
    order = _order_of_limits(n, level=level, is_exact=is_exact)
    low, high = _limits(change, order)
    return SignedRank(
        n=n,
        n_zero=int(np.sum(is_zero)),
        estimate=_middle(change),
        low=low,
        high=high,
        w_plus=w_plus,
        w_minus=w_minus,
        p_value=_p_value(change, is_exact=is_exact),
        rank_biserial=(w_plus - w_minus) / (w_plus + w_minus) if w_plus + w_minus > 0 else float("nan"),
        method="exact" if is_exact else "normal",
        reason=_reason(order, is_all_zero=bool(np.all(is_zero))),
    )


def _improvements(before: FloatArray, after: FloatArray, sign: int) -> FloatArray:
    """Return sorted improvements of complete pairs, without the rounding error that would pull ties apart."""
    require_same_length(pre=before, post=after)
    require_not_infinite(before, "pre")
    require_not_infinite(after, "post")
    is_complete = ~(np.isnan(before) | np.isnan(after))
    change = sign * (before[is_complete] - after[is_complete])
    largest = float(np.max(np.abs(np.concatenate([before[is_complete], after[is_complete]])), initial=0.0))
    if largest > 0:
        change = np.round(change, _KEPT_DIGITS - int(np.floor(np.log10(largest))))
    return np.asarray(np.sort(change + 0.0), dtype=np.float64)


def _p_value(change: FloatArray, *, is_exact: bool) -> float:
    if not np.any(change):
        return float("nan")
    method = "exact" if is_exact else "asymptotic"
    return float(stats.wilcoxon(change, zero_method="pratt", correction=False, method=method).pvalue)


def _order_of_limits(n: int, *, level: float, is_exact: bool) -> int:
    """Return which smallest and which largest Walsh average are the limits; 0 where none is far enough out."""
    tail = (1 - level) / 2
    if not is_exact:
        return max(int(np.rint(n * (n + 1) / 4 + special.ndtri(tail) * np.sqrt(n * (n + 1) * (2 * n + 1) / 24))), 0)
    return int(np.searchsorted(_cumulative(n), tail))


def _cumulative(n: int) -> FloatArray:
    """Return P(W <= w), w = 0, 1, ..., of the sum of the ranks 1 to n, each in it with probability one half."""
    ways = np.ones(1)
    for rank in range(1, n + 1):
        ways = np.convolve(ways, np.concatenate([[0.5], np.zeros(rank - 1), [0.5]]))
    return np.asarray(np.cumsum(ways), dtype=np.float64)


def _middle(change: FloatArray) -> float:
    count = len(change) * (len(change) + 1) // 2
    return (_walsh_average(change, (count + 1) // 2) + _walsh_average(change, count // 2 + 1)) / 2


def _limits(change: FloatArray, order: int) -> tuple[float, float]:
    if order == 0:
        return float("nan"), float("nan")
    count = len(change) * (len(change) + 1) // 2
    return _walsh_average(change, order), _walsh_average(change, count + 1 - order)


def _walsh_average(change: FloatArray, k: int) -> float:
    """Return the k-th smallest Walsh average of sorted values by halving, without writing all n(n + 1)/2 down."""
    own = np.arange(len(change))

    def pairs_up_to(limit: float) -> int:
        ends = np.searchsorted(change, 2 * limit - change, side="right")
        return int(np.sum(np.maximum(ends - own, 0)))

    low, high = float(change[0]), float(change[-1])
    if pairs_up_to(low) >= k:
        return low
    while low < (middle := low + (high - low) / 2) < high:
        low, high = (low, middle) if pairs_up_to(middle) >= k else (middle, high)
    ends = np.searchsorted(change, 2 * high - change, side="right") - 1
    is_pair = ends >= own
    return float(np.max(change[is_pair] + change[ends[is_pair]]) / 2)


def _reason(order: int, *, is_all_zero: bool) -> str:
    reasons = {
        "too few pairs for limits at this level": order == 0,
        "no score changed: no test, no rank-biserial correlation": is_all_zero,
    }
    return "; ".join(reason for reason, is_met in reasons.items() if is_met)
