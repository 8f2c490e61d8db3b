"""The share reliably improved at every threshold, and whether the published thresholds tell one story."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pipeline.stats.arrays import (
    FloatArray,
    IntArray,
    as_codes,
    as_vector,
    require_not_infinite,
    require_same_length,
    require_sign,
)
from pipeline.stats.logistic import share_of_sites
from pipeline.stats.proportion import wilson
from pipeline.stats.regression_twin import Population, Scale, expected_shares

FRAGILE, STEADY, NOT_ASSESSED = "fragile", "not fragile", "not assessed"
_WIDEST = 0.4  # of the range of the scale: as far as the strip goes
_MOST = 0.15  # difference between two published thresholds, as a share
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Shares:
    """Shares (0 to 1) at each of `thresholds` (points): improved with limits (no curve has any), deteriorated, in the twin."""

    thresholds: FloatArray
    improved: FloatArray
    low: FloatArray
    high: FloatArray
    deteriorated: FloatArray
    twin: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Strip:
    """`curve` along the scale, `published` at the published thresholds; `n` women; `verdict` in words, with its `reason`."""

    n: int
    curve: Shares
    published: Shares
    verdict: str
    reason: str


def threshold_strip(
    pre: ArrayLike,
    improvement: ArrayLike,
    *,
    scale: Scale,
    sign: int,
    published: ArrayLike,
    population: Population | None = None,
    site_codes: ArrayLike | None = None,
    level: float = 0.95,
) -> Strip:
    """Return the shares at thresholds from one step to 40 % of the range (of 1 % each where the scale has no step).

    `pre`, `improvement`: points, one a woman, pairs alone (a missing improvement is left out); `published`: thresholds with a
    source. A change of exactly the threshold counts. Limits: by the spread between sites where `site_codes` name several
    (`logistic.share_of_sites`), else Wilson, and where everybody or nobody improved so much. `twin`: improved by regression
    to the mean alone (`regression_twin.expected_shares`), NaN without a sourced `population`. Fragile: the share differs by
    more than 15 percentage points between the lowest and the highest published threshold, or its interval meets (or lies
    below) the twin's share at any of them. Fewer than two different published thresholds, or nobody: not assessed.
    ValueError: unequal lengths, infinite numbers, scores or thresholds off the scale.
    """
    require_sign(sign)
    before, change = as_vector(pre, "pre"), as_vector(improvement, "improvement")
    require_same_length(pre=before, improvement=change)
    require_not_infinite(change, "improvement")
    codes = np.zeros(len(before), dtype=np.int64) if site_codes is None else as_codes(site_codes, "site_codes")
    require_same_length(pre=before, site_codes=codes)
    is_paired = ~np.isnan(change) & ~np.isnan(before)
    before, change, codes = before[is_paired], change[is_paired], codes[is_paired]
    named = np.unique(as_vector(published, "published"))
    curve, at_published = (
        _shares(before, change, thresholds, codes, scale=scale, sign=sign, population=population, level=limits)
        for thresholds, limits in ((_grid(scale), None), (named, level))
    )
    return Strip(len(change), curve, at_published, *_judge(at_published, len(change)))


def _grid(scale: Scale) -> FloatArray:
    width = scale.high - scale.low
    step = scale.step or width / 100
    return np.asarray(step * np.arange(1, int(np.floor(_WIDEST * width / step + _ROUNDING)) + 1), dtype=np.float64)


def _shares(
    pre: FloatArray,
    change: FloatArray,
    thresholds: FloatArray,
    codes: IntArray,
    *,
    scale: Scale,
    sign: int,
    population: Population | None,
    level: float | None,
) -> Shares:
    slack = _ROUNDING * (scale.step or 1.0)  # 0.1 is no binary number: a change of the threshold must count
    is_improved = change[:, None] >= thresholds - slack
    is_worse = change[:, None] <= slack - thresholds
    nothing = np.full(len(thresholds), np.nan)
    if len(change) == 0:
        return Shares(thresholds, nothing, nothing, nothing, nothing, nothing)
    if level is None:
        low = high = nothing
    elif len(np.unique(codes)) == 1:
        share = wilson(is_improved.sum(axis=0), len(change), level)
        low, high = share.low, share.high
    else:
        n = np.bincount(codes)
        each = [share_of_sites(np.bincount(codes, weights=column).astype(np.int64), n, level=level) for column in is_improved.T]
        whole = wilson(is_improved.sum(axis=0), len(change), level)  # where all or none improved no model can be fitted
        low, high = (
            np.where(np.isfinite(own := np.array([getattr(one, side) for one in each])), own, getattr(whole, side))
            for side in ("low", "high")
        )
    twin = nothing
    if population is not None:
        twin = expected_shares(pre, population, scale=scale, thresholds=thresholds, sign=sign).improved
    return Shares(thresholds, is_improved.mean(axis=0), low, high, is_worse.mean(axis=0), twin)


def _judge(at: Shares, n: int) -> tuple[str, str]:
    if len(at.thresholds) < 2 or n == 0:
        return NOT_ASSESSED, "nobody has both scores" if n == 0 else "fewer than two published thresholds"
    reasons = []
    if at.improved[0] - at.improved[-1] > _MOST + _ROUNDING:
        reasons.append("the share differs by more than 15 percentage points between published thresholds")
    if np.any((at.low <= at.twin) & (at.twin <= at.high)):
        reasons.append("at a published threshold the interval meets what regression to the mean alone would give")
    if np.any(at.twin > at.high):
        reasons.append("at a published threshold regression to the mean alone would give more")
    if reasons:
        return FRAGILE, "; ".join(reasons)
    return STEADY, "" if not np.any(np.isnan(at.twin)) else "without a sourced population: the twin is not compared"
