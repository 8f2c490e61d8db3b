"""How much worse women without a last score would have to be before the answer turns, and three plain scenarios."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.stats.arrays import (
    FloatArray,
    as_codes,
    as_vector,
    count_groups,
    require_not_infinite,
    require_same_length,
)

REACHED, ALREADY, NEVER = "reached", "already", "none within the scale"
NOT_ASSESSED = "not assessed"


@dataclass(frozen=True, slots=True)
class Turn:
    """Where an answer turns: the first `delta` in points, 0 where it has `already` turned, NaN where it never does.

    `status`: reached, already, none within the scale, or not assessed, then with a `reason`.
    """

    delta: float
    status: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Tipping:
    """`no_effect`: first delta whose lower limit is not above 0; `too_small`: first whose estimate is below the smallest change.

    `deltas, estimate, low`: the whole path, in points.
    """

    no_effect: Turn
    too_small: Turn
    deltas: FloatArray
    estimate: FloatArray
    low: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Scenarios:
    """Mean improvement, in points, were every missing one equal to `fill`; without intervals, since none would be honest.

    `names, fill, overall`: one a scenario; `by_site`: scenario x site. `reason`: why a number is NaN.
    """

    names: tuple[str, ...]
    fill: FloatArray
    overall: FloatArray
    by_site: FloatArray
    reason: str


def tipping_points(
    pool: Callable[[FloatArray], tuple[FloatArray, FloatArray]],
    *,
    scale_width: float,
    smallest_important: float | None,
    step: float = 0.5,
) -> Tipping:
    """Lower every imputed improvement by delta = 0, step, 2 step ... as far as the scale is wide; say where the answer turns.

    `pool`: takes the deltas (points) and returns estimate and lower limit at each, as `completed.pool_completed` has them; it
    is asked once, for all of them. `smallest_important`: points, None where no source states one. The lower limit need not
    fall steadily, as errors grow too: it is the first delta that counts. A delta reads: X points worse than similar women
    with a second score. What is NaN at delta 0 is not assessed, with a reason. ValueError: step or width not above 0.
    Source: the delta method of sensitivity analysis, National Research Council 2010, The Prevention and Treatment of Missing
    Data in Clinical Trials, chapter 5.
    """
    if not (step > 0 and scale_width > 0):
        raise ValueError("step and scale_width must be above 0.")
    deltas = step * np.arange(int(np.floor(scale_width / step + 1e-9)) + 1, dtype=np.float64)
    estimate, low = pool(deltas)
    if smallest_important is None:
        too_small = Turn(np.nan, NOT_ASSESSED, "no smallest important change is stated for this measure")
    else:
        too_small = _first(deltas, estimate < smallest_important, estimate)
    return Tipping(_first(deltas, low <= 0, low), too_small, deltas, estimate, low)


def _first(deltas: FloatArray, is_turned: NDArray[np.bool_], values: FloatArray) -> Turn:
    if np.isnan(values[0]):
        return Turn(np.nan, NOT_ASSESSED, "nothing could be pooled")
    if not np.any(is_turned):
        return Turn(np.nan, NEVER, "")
    at = int(np.argmax(is_turned))
    return Turn(float(deltas[at]), REACHED if at else ALREADY, "")


def fill_missing(
    site_codes: ArrayLike, improvement: ArrayLike, *, weights: ArrayLike | None = None, n_sites: int | None = None
) -> Scenarios:
    """Set every missing improvement to the 10th percentile of those observed, to no change, to the 90th; average each time.

    `site_codes`: whole numbers from 0; `improvement`: points, positive meaning better, NaN where missing. Percentiles are of all
    observed improvements (R's type 7). A site's mean is `(sum of observed + missing x fill)/n`. `weights`: of the sites in the
    overall mean (such as `1/(v + tau2)` of the complete pairs, so that it compares with the pooled mean), by default their
    numbers of women. No observed improvement: NaN, with a reason. A site without women is NaN and has no weight. ValueError:
    unequal lengths, infinite numbers, weights negative or not one a site.
    """
    codes, change = as_codes(site_codes, "site_codes"), as_vector(improvement, "improvement")
    require_same_length(site_codes=codes, improvement=change)
    require_not_infinite(change, "improvement")
    size = count_groups(codes, n_sites, "site_codes")
    is_seen = ~np.isnan(change)
    n, n_seen = np.bincount(codes, minlength=size), np.bincount(codes[is_seen], minlength=size)
    share = as_vector(n if weights is None else weights, "weights")
    if len(share) != size or not np.all(share >= 0):
        raise ValueError(f"weights must be {size} numbers from 0, one a site.")
    names = ("10th percentile", "no change", "90th percentile")
    if not np.any(is_seen):
        nothing = np.full(3, np.nan)
        return Scenarios(names, nothing, nothing.copy(), np.full((3, size), np.nan), "no improvement was observed")
    fill = np.array([np.quantile(change[is_seen], 0.1), 0.0, np.quantile(change[is_seen], 0.9)])
    sums = np.bincount(codes[is_seen], weights=change[is_seen], minlength=size) + fill[:, None] * (n - n_seen)
    by_site = np.divide(sums, n, out=np.full(sums.shape, np.nan), where=n > 0)
    used = np.where(n > 0, share, 0.0)
    total = used.sum()
    overall = np.nan_to_num(by_site) @ used / total if total > 0 else np.full(3, np.nan)
    return Scenarios(names, fill, overall, by_site, "" if total > 0 else "no site has weight")
