"""Who passed a cut-off once measurement error is allowed for: true-score cut-offs of Hageman and Arrindell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from pipeline.stats.arrays import FloatArray, as_vector, require_level, require_same_length, require_sign
from pipeline.stats.reliable import cut_off_a, cut_off_b, cut_off_c


@dataclass(frozen=True, slots=True)
class Population:
    """A population's scores, in points: their mean and standard deviation."""

    mean: float
    sd: float


@dataclass(frozen=True, slots=True, eq=False)
class TruePassage:
    """Entry i belongs to person i.

    `index`: how far the last true score lies beyond the cut-off, in standard errors, positive meaning healthy. `is_case_before`:
    first score on the ill side. `has_recovered`: a case before and the index above `critical`. `has_relapsed`: no case before
    and the index below -`critical`. `reason`: why indices are NaN, empty where none is but for a missing score.
    """

    cut_off: float
    critical: float
    index: FloatArray
    is_case_before: NDArray[np.bool_]
    has_recovered: NDArray[np.bool_]
    has_relapsed: NDArray[np.bool_]
    reason: str


def true_cut_off(kind: Literal["a", "b", "c"], clinical: Population, functional: Population, *, error: float, sign: int) -> float:
    """Return cut-off a, b or c with SDs of true scores, `sqrt(SD^2 - error^2)`, in place of those of observed ones.

    `error`: standard error of measurement, points, the same in both populations; `sign` 1 where lower scores are better, -1
    where higher are. An SD below `error` leaves no spread of true scores (0). ValueError: an unknown kind, sign not 1 or
    -1, and for c where neither population has any. Source: Hageman and Arrindell 1999, Behav Res Ther 37:1169-1193. Agrees
    with R clinicalsignificance (method HA) to 1e-12 for a and c; for b it puts the clinical SD where the functional
    population's range is meant, a named divergence.
    """
    require_sign(sign)
    of_clinical, of_functional = (float(np.sqrt(max(who.sd**2 - error**2, 0.0))) for who in (clinical, functional))
    if kind == "a":
        return cut_off_a(clinical.mean, of_clinical, sign=sign)
    if kind == "b":
        return cut_off_b(functional.mean, of_functional, sign=sign)
    if kind == "c":
        return cut_off_c(clinical.mean, of_clinical, functional.mean, of_functional)
    raise ValueError(f"kind must be a, b or c, not {kind!r}.")


def pass_cut_off(
    pre: ArrayLike,
    post: ArrayLike,
    *,
    sign: int,
    cut_off: float,
    last: Population,
    error: float,
    level: float = 0.95,
) -> TruePassage:
    """Tell who is beyond the cut-off with the certainty asked for.

    `pre`, `post`: points; `last`: mean M2 and SD S2 of last scores; `error`: standard error of measurement e. With
    q = 1 - e^2/S2^2, a last score y has the true score `M2 + q (y - M2)`, and its standard error is `e sqrt(q)`. The
    index is compared one-sided with the normal quantile of `level`. A score at the cut-off itself is no case here.

    NaN with a reason: no measurement error, or q not above 0 (last scores spread less than measurement error alone). ValueError:
    unequal lengths, sign or level out of range. Source: Hageman and Arrindell 1999. Agrees with R clinicalsignificance
    (cs_statistical, HA) to 1e-11 for every patient.
    """
    require_sign(sign)
    require_level(level)
    before, after = as_vector(pre, "pre"), as_vector(post, "post")
    require_same_length(pre=before, post=after)
    critical = float(special.ndtri(level))
    is_case = sign * (before - cut_off) > 0
    q = 1 - (error / last.sd) ** 2 if last.sd > 0 else 0.0
    if not (error > 0 and q > 0):
        nobody = np.zeros(len(after), dtype=np.bool_)
        reason = "no measurement error, or last scores that spread less than it: no true scores"
        return TruePassage(cut_off, critical, np.full(len(after), np.nan), is_case, nobody, nobody.copy(), reason)
    index = -sign * (last.mean + q * (after - last.mean) - cut_off) / (error * np.sqrt(q))
    return TruePassage(
        cut_off=cut_off,
        critical=critical,
        index=index,
        is_case_before=is_case,
        has_recovered=is_case & (index > critical),
        has_relapsed=np.isfinite(before) & ~is_case & (index < -critical),
        reason="",
    )
