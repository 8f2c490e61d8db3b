"""Reliable change by six methods side by side, each with its index, its critical value and the class of every person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from pipeline.stats.arrays import (
    FloatArray,
    as_vector,
    require_level,
    require_not_infinite,
    require_same_length,
    require_sign,
)
from pipeline.stats.paired import PairedChange, describe_change
from pipeline.stats.reliable import NOT_CLASSIFIED, classify, standard_error_of_measurement

METHODS = {
    "JT": "Jacobson and Truax 1991",
    "GLN": "Gulliksen, Lord and Novick",
    "HLL": "Hsu, Linn and Lord",
    "EN": "Edwards and Nunnally",
    "NK": "Nunnally and Kotsch 1983",
    "HA": "Hageman and Arrindell 1999",
}


@dataclass(frozen=True, slots=True, eq=False)
class ReliableChange:
    """One method's answer: entry i belongs to person i.

    `index`: in the method's standard errors, positive meaning better. `critical`: the size an index must exceed.
    `classes`: as `pipeline.stats.reliable.classify` names them. `reason`: why indices are NaN, empty where none is but
    for a missing score.
    """

    method: str
    index: FloatArray
    critical: float
    classes: NDArray[np.str_]
    reason: str


def reliable_change_by_method(
    pre: ArrayLike,
    post: ArrayLike,
    *,
    sign: int,
    reliability: float,
    reliability_post: float | None = None,
    group: PairedChange | None = None,
    level: float = 0.95,
) -> dict[str, ReliableChange]:
    """Return each person's reliable change by JT, GLN, HLL, EN, NK and HA.

    `pre`, `post`: points; `sign` 1 where lower scores are better, -1 where higher are; `reliability` r of the first
    score, `reliability_post` q of the last (r where not given); `group`: means, SDs and correlation of the women whose
    spread is meant, by default those given here. M1, S1: mean and SD of first scores, M2, S2 of last ones, R their
    correlation, e = S1 sqrt(1 - r), x and y one person's scores, t = M1 + r (x - M1). Index, before the sign:

    - JT: (y - x)/(e sqrt 2). GLN: (y - t)/(S1 sqrt(1 - r^2)). EN: (y - t)/e, as Speer put it.
    - HLL: ((y - M2) - r (x - M1))/(S1 sqrt(1 - r^2)). NK: (y - t)/(S1 sqrt(r^2 (1 - r) + 1 - q)).
    - HA: (d (y - x) + (1 - d)(M2 - M1))/(e sqrt(2 d)), d = (S1^2 + S2^2 - 2 e^2 - 2 S1 S2 R)/(S1^2 + S2^2 - 2 S1 S2 R),
      the reliability of differences.

    A change counts where its index is larger than the normal quantile of (1 + level)/2, for HA of `level` (one-sided, as
    its authors set it). Indices are NaN with a reason: fewer than two pairs, no spread, a reliability that leaves no error,
    and for HA a d that is not above 0. ValueError: unequal lengths, infinite scores, sign, level or reliability out of
    range. Sources: Jacobson and Truax 1991, J Consult Clin Psychol 59:12-19; Speer 1992, 60:402-408; Hsu 1995, 63:141-144;
    Hageman and Arrindell 1999, Behav Res Ther 37:1169-1193; compared in Bauer, Lambert and Nielsen 2004, J Pers Assess
    82:60-70. Agrees with R clinicalsignificance 3.0.0 to 1e-11 for every patient, and in every class.
    """
    require_sign(sign)
    require_level(level)
    later = reliability if reliability_post is None else reliability_post
    for name, value in {"reliability": reliability, "reliability_post": later}.items():
        if not 0 <= value <= 1:
            raise ValueError(f"{name} must lie between 0 and 1, not {value!r}.")
    before, after = as_vector(pre, "pre"), as_vector(post, "post")
    about = describe_change(before, after, sign=sign) if group is None else group
    if not about.sd_pre > 0:
        reason = "fewer than two pairs, or no spread of first scores"
        numerators = {name: (np.full(len(before), np.nan), np.nan) for name in METHODS}
        return {name: _decide(name, *numerators[name], sign=sign, level=level, reason=reason) for name in METHODS}
    return {
        name: _decide(name, *parts, sign=sign, level=level)
        for name, parts in _indices(before, after, about, reliability, later).items()
    }


def _indices(
    before: FloatArray, after: FloatArray, about: PairedChange, reliability: float, later: float
) -> dict[str, tuple[FloatArray, float]]:
    """Return each method's deviation of a person, in points, and the standard error it is divided by."""
    require_same_length(pre=before, post=after)
    require_not_infinite(before, "pre")
    require_not_infinite(after, "post")
    error = standard_error_of_measurement(about.sd_pre, reliability)
    expected = about.mean_pre + reliability * (before - about.mean_pre)
    of_prediction = about.sd_pre * np.sqrt(1 - reliability**2)
    from_both_means = (after - about.mean_post) - reliability * (before - about.mean_pre)
    d = _reliability_of_differences(about, error)
    toward_mean = (after - before) * d + (about.mean_post - about.mean_pre) * (1 - d)
    return {
        "JT": (after - before, error * np.sqrt(2)),
        "GLN": (after - expected, of_prediction),
        "HLL": (from_both_means, of_prediction),
        "EN": (after - expected, error),
        "NK": (after - expected, about.sd_pre * np.sqrt(reliability**2 * (1 - reliability) + (1 - later))),
        "HA": (toward_mean, error * np.sqrt(2 * d)),
    }


def _reliability_of_differences(about: PairedChange, error: float) -> float:
    """Return d: NaN where differences have no spread, or less than measurement error alone gives."""
    spread = about.sd_pre**2 + about.sd_post**2 - 2 * about.sd_pre * about.sd_post * about.r
    if not spread > 0 or spread <= 2 * error**2:
        return float("nan")
    return float((spread - 2 * error**2) / spread)


def _decide(method: str, deviation: FloatArray, error: float, *, sign: int, level: float, reason: str = "") -> ReliableChange:
    critical = float(special.ndtri(level if method == "HA" else (1 + level) / 2))
    if not error > 0:
        reason = reason or "measurement error is none, or more than the spread of differences: no index"
        classes = np.full(len(deviation), NOT_CLASSIFIED)
        return ReliableChange(method, np.full(len(deviation), np.nan), critical, classes, reason)
    index = -sign * deviation / error
    return ReliableChange(method, index, critical, classify(index, threshold=critical, is_inclusive=False), reason)
