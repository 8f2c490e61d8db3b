"""A group's change between two scores: means, interval and three standardised sizes, for one group or many at once."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from pipeline.stats.arrays import (
    FloatArray,
    IntArray,
    as_codes,
    as_vector,
    count_groups,
    require_level,
    require_not_infinite,
    require_same_length,
    require_sign,
)

_ROUNDING = 1e-12  # a spread below this share of the scores is the rounding error of equal numbers
_FAR = 1e4  # a t this large comes of improvements that are all but equal


@dataclass(frozen=True, slots=True)
class PairedChange:
    """One group's change; the fields are those of `PairedChanges`, one number each."""

    n: int
    mean_pre: float
    sd_pre: float
    mean_post: float
    sd_post: float
    r: float
    mean_improvement: float
    sd_improvement: float
    se: float
    low: float
    high: float
    d_z: float
    d_z_low: float
    d_z_high: float
    d_av: float
    d_pre: float
    d_pre_se: float
    d_pre_low: float
    d_pre_high: float
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class PairedChanges:
    """Change by group: entry g belongs to group code g.

    `n`: pairs. `mean_*`, `sd_*` (divisor n - 1), `se, low, high` (of the mean improvement, t): points. `r`: correlation
    of first and last scores.
    `d_z` (per SD of improvement, noncentral t), `d_av` (per average SD), `d_pre` (per SD of first scores, corrected for
    bias, normal): standardised sizes with their limits. `reason`: why a number is NaN, empty where none is.
    """

    n: IntArray
    mean_pre: FloatArray
    sd_pre: FloatArray
    mean_post: FloatArray
    sd_post: FloatArray
    r: FloatArray
    mean_improvement: FloatArray
    sd_improvement: FloatArray
    se: FloatArray
    low: FloatArray
    high: FloatArray
    d_z: FloatArray
    d_z_low: FloatArray
    d_z_high: FloatArray
    d_av: FloatArray
    d_pre: FloatArray
    d_pre_se: FloatArray
    d_pre_low: FloatArray
    d_pre_high: FloatArray
    reason: tuple[str, ...]


def describe_change(pre: ArrayLike, post: ArrayLike, *, sign: int, level: float = 0.95) -> PairedChange:
    """Describe the change of one group; formulas, sources and errors as `describe_groups`.

    `pre`, `post`: scores in points, one entry a pair; a pair with a missing score is left out. `sign`: 1 where lower
    scores are better, -1 where higher are; improvement = sign (pre - post), so positive always means better.
    """
    before = as_vector(pre, "pre")
    codes = np.zeros(len(before), dtype=np.int64)
    changes = describe_groups(codes, before, post, sign=sign, n_groups=1, level=level)
    values = {field.name: getattr(changes, field.name)[0] for field in fields(changes)}
    return PairedChange(**{name: value if name == "reason" else value.item() for name, value in values.items()})


def describe_groups(
    group_codes: ArrayLike,
    pre: ArrayLike,
    post: ArrayLike,
    *,
    sign: int,
    n_groups: int | None = None,
    level: float = 0.95,
) -> PairedChanges:
    """Describe the change of every group at once; the order of the rows makes no difference at all.

    `group_codes`: whole numbers from 0, one a row; `n_groups` (default: highest code + 1) keeps groups without rows.
    With D the improvements, n pairs and m = n - 1: mean D, se = SD_D/sqrt(n), limits by t(m).
    d_z = mean D/SD_D, without bias correction; limits: noncentralities of t(m) that put sqrt(n) d_z at the tails, over
    sqrt(n) (Steiger and Fouladi 1997; Cumming and Finch 2001, Educ Psychol Meas 61:532-574).
    d_av = mean D/sqrt((SD_pre^2 + SD_post^2)/2), without correction (Cumming 2012); no interval is computed for it.
    d_pre = J mean D/SD_pre, J = G(m/2)/(sqrt(m/2) G((m - 1)/2)), G the gamma function (Hedges 1981, J Educ Stat
    6:107-128); variance 2(1 - r)/n + d_pre^2/(2n), normal limits (Becker 1988, Br J Math Stat Psychol 41:257-278).

    What cannot be computed is NaN with a reason: fewer than two pairs, scores or improvements without spread (an se of
    0 is kept, with limits at the mean), d_pre of two pairs. ValueError: unequal lengths, infinite scores, codes that
    are not whole numbers from 0, sign not 1 or -1. Agrees with R to 1e-12 (t.test; d_z and d_av of effectsize; d_pre
    of metafor's SMCR), limits of d_z to 1e-9 of R's pt (effectsize's own search stops at 1e-6).
    """
    require_sign(sign)
    require_level(level)
    all_codes = as_codes(group_codes, "group_codes")
    size = count_groups(all_codes, n_groups, "group_codes")
    codes, before, after = _complete_pairs(all_codes, as_vector(pre, "pre"), as_vector(post, "post"))
    n = np.bincount(codes, minlength=size)
    mean_pre, from_pre = _mean_and_deviations(codes, before, n)
    mean_post, from_post = _mean_and_deviations(codes, after, n)
    mean, from_mean = _mean_and_deviations(codes, sign * (before - after), n)
    scale = np.abs(mean_pre) + np.abs(mean_post) + _sd(codes, from_pre, n) + _sd(codes, from_post, n)
    sd_pre, sd_post, sd = (_sd(codes, each, n, scale=scale) for each in (from_pre, from_post, from_mean))
    covariance = _ratio(np.bincount(codes, weights=from_pre * from_post, minlength=size), n - 1)
    r = np.clip(_ratio(covariance, sd_pre * sd_post), -1, 1)
    se = _ratio(sd, np.sqrt(n))
    margin = special.stdtrit(np.maximum(n - 1, 1), (1 + level) / 2) * se
    d_z = _ratio(mean, sd)
    d_z_low, d_z_high = _noncentral_limits(d_z, n, level=level)
    d_pre = _bias_correction(n) * _ratio(mean, sd_pre)
    d_pre_se = np.sqrt(_ratio(2 * (1 - r) + d_pre**2 / 2, n))
    d_pre_margin = special.ndtri((1 + level) / 2) * d_pre_se
    return PairedChanges(
        n=n,
        mean_pre=mean_pre,
        sd_pre=sd_pre,
        mean_post=mean_post,
        sd_post=sd_post,
        r=r,
        mean_improvement=mean,
        sd_improvement=sd,
        se=se,
        low=mean - margin,
        high=mean + margin,
        d_z=d_z,
        d_z_low=d_z_low,
        d_z_high=d_z_high,
        d_av=_ratio(mean, np.sqrt((sd_pre**2 + sd_post**2) / 2)),
        d_pre=d_pre,
        d_pre_se=d_pre_se,
        d_pre_low=d_pre - d_pre_margin,
        d_pre_high=d_pre + d_pre_margin,
        reason=tuple(_reason(*row) for row in zip(n, sd_pre, sd_post, sd, strict=True)),
    )


def _complete_pairs(codes: IntArray, before: FloatArray, after: FloatArray) -> tuple[IntArray, FloatArray, FloatArray]:
    """Return the rows with both scores, sorted by group and score, so that sums never depend on the order given."""
    require_same_length(group_codes=codes, pre=before, post=after)
    require_not_infinite(before, "pre")
    require_not_infinite(after, "post")
    is_complete = ~(np.isnan(before) | np.isnan(after))
    codes, before, after = codes[is_complete], before[is_complete], after[is_complete]
    order = np.lexsort((after, before, codes))
    return codes[order], before[order], after[order]


def _ratio(top: NDArray[Any], bottom: NDArray[Any]) -> FloatArray:
    """Divide, with NaN where the divisor is not above 0."""
    return np.asarray(np.divide(top, bottom, out=np.full(np.shape(top), np.nan), where=bottom > 0), dtype=np.float64)


def _mean_and_deviations(codes: IntArray, values: FloatArray, n: IntArray) -> tuple[FloatArray, FloatArray]:
    mean = _ratio(np.bincount(codes, weights=values, minlength=len(n)), n)
    return mean, values - mean[codes]


def _sd(codes: IntArray, deviations: FloatArray, n: IntArray, *, scale: FloatArray | float = 0.0) -> FloatArray:
    """Return the standard deviation by group: 0 where only the rounding error of scores of this `scale` is left."""
    sd = np.sqrt(_ratio(np.bincount(codes, weights=deviations**2, minlength=len(n)), n - 1))
    return np.where(sd <= _ROUNDING * scale, 0.0, sd)


def _bias_correction(n: IntArray) -> FloatArray:
    """Return Hedges' exact J(n - 1), NaN below three pairs, where it does not exist."""
    m = np.where(n >= 3, n - 1.0, np.nan)
    return np.asarray(np.exp(special.gammaln(m / 2) - special.gammaln((m - 1) / 2)) / np.sqrt(m / 2), dtype=np.float64)


def _noncentral_limits(d_z: FloatArray, n: IntArray, *, level: float) -> tuple[FloatArray, FloatArray]:
    is_known = np.isfinite(d_z)
    low, high = np.full(len(n), np.nan), np.full(len(n), np.nan)
    pairs = n[is_known].astype(np.float64)
    t = d_z[is_known] * np.sqrt(pairs)
    for limit, share in ((low, (1 + level) / 2), (high, (1 - level) / 2)):
        limit[is_known] = _noncentrality(t, pairs - 1, share) / np.sqrt(pairs)
    return low, high


def _noncentrality(t: FloatArray, df: FloatArray, share: float) -> FloatArray:
    """Return the noncentrality at which `share` of the noncentral t lies below `t`.

    scipy's inverse is good to six digits; three steps on its distribution function bring it to eleven. Far out (|t|
    above 10,000: improvements all but equal) it may search for ever; there the limit for a large t takes over, a
    quantile of chi.
    """
    near = np.clip(t, -_FAR, _FAR)
    start = special.nctdtrinc(df, share, near)
    width = 1e-5 * np.maximum(1, np.abs(start))
    slope = (special.nctdtr(df, start + width, near) - special.nctdtr(df, start - width, near)) / (2 * width)
    found = start
    for _ in range(3):
        found = found - (special.nctdtr(df, found, near) - share) / slope
    chi = np.sqrt(special.chdtri(df, np.where(t > 0, share, 1 - share)) / df)
    return np.asarray(np.where(np.abs(t) < _FAR, found, t * chi), dtype=np.float64)


def _reason(n: int, sd_pre: float, sd_post: float, sd_improvement: float) -> str:
    if n < 2:
        return "no pairs" if n == 0 else "one pair: a spread needs two"
    reasons = {
        "every first score is the same: no r, no d_pre": sd_pre == 0,
        "every last score is the same: no r, no interval of d_pre": sd_post == 0,
        "every improvement is the same: no d_z": sd_improvement == 0,
        "two pairs: d_pre needs three": n == 2,
    }
    return "; ".join(reason for reason, is_met in reasons.items() if is_met)
