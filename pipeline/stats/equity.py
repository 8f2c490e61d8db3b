"""Who reaches a service: shares by group, rates against those who could have come, and answers of which one may tick several."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from pipeline.stats.arrays import FloatArray, IntArray, as_codes, require_level, require_same_length
from pipeline.stats.proportion import wilson


@dataclass(frozen=True, slots=True, eq=False)
class GroupShares:
    """Shares (0 to 1), one entry a group: of the `n_known` women with an answer; for a kind of non-answer, of all `n` women."""

    n: int
    n_known: int
    share: FloatArray
    low: FloatArray
    high: FloatArray
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class RateRatios:
    """Each group's rate over that of its comparison, with limits; `rate`: women referred for each one in the denominator.

    `reason`: one a group, why a number is NaN or infinite, empty where none is.
    """

    rate: FloatArray
    ratio: FloatArray
    low: FloatArray
    high: FloatArray
    reason: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Ticked:
    """Answers of which several may be ticked: `n` who answered, `n_silent` who did not; `count`, and shares of n, an option."""

    n: int
    n_silent: int
    count: IntArray
    share: FloatArray
    low: FloatArray
    high: FloatArray
    reason: str


def group_shares(counts: ArrayLike, is_answer: ArrayLike, *, level: float = 0.95) -> GroupShares:
    """Return each group's share of the women whose group is known, and each kind of non-answer's share of all women.

    `counts`: women by group, `is_answer`: False for each kind of non-answer (not stated, not known, blank, invalid), which stay
    apart. Wilson limits (see `proportion.wilson`, with its source and peer), each for itself: they do not compare two groups.
    Nobody known: NaN and a reason. ValueError: counts not whole from 0, unequal lengths, is_answer not of truth values.
    """
    women, known = as_codes(counts, "counts"), np.asarray(is_answer)
    if known.dtype != np.bool_ or known.shape != women.shape:
        raise ValueError("is_answer must be truth values, one a group.")
    n, n_known = int(women.sum()), int(women[known].sum())
    shares = wilson(women, np.where(known, n_known, n), level)
    return GroupShares(n, n_known, shares.estimate, shares.low, shares.high, "nobody's group is known" if n_known == 0 else "")


def rate_ratios(counts: ArrayLike, denominators: ArrayLike, *, reference: int | None = None, level: float = 0.95) -> RateRatios:
    """Return each group's rate over the reference group's, or over that of all other groups together where none is named.

    `counts` x: women referred, whole; `denominators` N: people of the group (births, say), above 0 where it is compared.
    `ratio = (x_g/N_g)/(x_0/N_0)`. Both counts are taken as Poisson, so that given their sum, x_g is binomial with
    `p = ratio N_g/(ratio N_g + N_0)`: the exact limits of p (Clopper and Pearson) turned into limits of the ratio. They are
    conservative: chosen since cells are small, and a ratio that is shown to be different should be so. 0 below x_g = 0,
    infinite above x_0 = 0. The reference itself has ratio 1 without limits. A group without a denominator or comparison, or
    two counts of 0: NaN, with a reason. ValueError: counts not whole from 0, denominators negative or missing, unequal
    lengths, a reference that is no group. Source: Przyborowski and Wilenski 1940, Biometrika 31:313-323. Agrees with R's
    `poisson.test` to 1e-11.
    """
    require_level(level)
    x, n = as_codes(counts, "counts").astype(np.float64), np.asarray(denominators, dtype=np.float64)
    require_same_length(counts=x, denominators=n)
    if not np.all(np.isfinite(n)) or np.any(n < 0):
        raise ValueError("denominators must be numbers from 0.")
    if reference is not None and not 0 <= reference < len(x):
        raise ValueError(f"reference must be one of {len(x)} groups, counted from 0, not {reference!r}.")
    other_x, other_n = (np.full(len(v), v[reference]) if reference is not None else v.sum() - v for v in (x, n))
    is_reference = np.zeros(len(x), dtype=np.bool_)
    if reference is not None:
        is_reference[reference] = True
    is_compared = (n > 0) & (other_n > 0) & (x + other_x > 0)
    tail = (1 - level) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(n > 0, x / n, np.nan)
        scale = np.where(is_compared, other_n / n, np.nan)
        low, high = (p / (1 - p) * scale for p in _clopper_pearson(x, other_x, tail))
        ratio = np.where(is_compared, x / other_x * scale, np.nan)
    ratio = np.where(is_reference & (n > 0), 1.0, ratio)
    low, high = (np.where(is_compared & ~is_reference, limit, np.nan) for limit in (low, high))
    reasons = (_why(*row) for row in zip(is_reference, n, other_n, x, other_x, strict=True))
    return RateRatios(rate, ratio, low, high, tuple(reasons))


def multiple_response(ticked: ArrayLike, answered: ArrayLike, *, level: float = 0.95) -> Ticked:
    """Return the share of those who answered a question that ticked each of its options.

    `ticked`: N x q truth values; `answered`: N, whether the person answered at all: one who answered and ticked nothing counts,
    one who passed the question over does not. Shares add up to more than 1 where people tick several. Wilson limits (see
    `proportion.wilson`). Nobody answered: NaN, with a reason. ValueError: other shapes, or a tick of one who did not answer.
    """
    ticks, is_in = np.asarray(ticked), np.asarray(answered)
    if ticks.dtype != np.bool_ or is_in.dtype != np.bool_ or ticks.ndim != 2 or is_in.shape != ticks.shape[:1]:
        raise ValueError("ticked must be N x q and answered N truth values.")
    if np.any(ticks[~is_in]):
        raise ValueError("An option is ticked by someone who did not answer.")
    n, count = int(is_in.sum()), ticks.sum(axis=0).astype(np.int64)
    shares = wilson(count, n, level)
    return Ticked(n, len(is_in) - n, count, shares.estimate, shares.low, shares.high, "nobody answered" if n == 0 else "")


def _clopper_pearson(successes: FloatArray, failures: FloatArray, tail: float) -> tuple[FloatArray, FloatArray]:
    low = np.where(successes > 0, special.betaincinv(np.maximum(successes, 1), failures + 1, tail), 0.0)
    high = np.where(failures > 0, special.betaincinv(successes + 1, np.maximum(failures, 1), 1 - tail), 1.0)
    return low, high


def _why(is_reference: np.bool_, n: float, other_n: float, x: float, other_x: float) -> str:
    if n == 0 or other_n == 0:
        return "no denominator, here or in the comparison"
    if is_reference:
        return "the reference"
    if x + other_x == 0:
        return "no women, here or in the comparison"
    return "no women in the comparison: no upper limit" if other_x == 0 else ""
