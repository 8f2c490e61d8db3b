"""How women with a last score differ from those without one, where they stood at the start."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from pipeline.stats.arrays import FloatArray, IntArray, require_level, require_not_infinite


@dataclass(frozen=True, slots=True, eq=False)
class Balance:
    """Standardised differences, entry j for column j: women with a last score less women without one.

    `difference`: in average SDs, with its normal limits `low, high`. `n_paired, n_unpaired`: women with a value. `mean_*`: in the
    column's unit. `reason`: one a column, why a number is NaN, empty where none is.
    """

    n_paired: IntArray
    n_unpaired: IntArray
    mean_paired: FloatArray
    mean_unpaired: FloatArray
    difference: FloatArray
    low: FloatArray
    high: FloatArray
    reason: tuple[str, ...]


def standardised_differences(columns: ArrayLike, is_paired: ArrayLike, *, level: float = 0.95) -> Balance:
    """Return `d = (mean_1 - mean_0)/sqrt((s_1^2 + s_0^2)/2)` of each column, paired women against unpaired.

    `columns`: N x q, any units, a category as columns of 0 and 1, NaN where missing (left out, column by column);
    `is_paired`: N truth values. s^2 has divisor n - 1; for a column of 0 and 1 it is p(1 - p), without that correction.
    Limits `d +/- z sqrt((n_1 + n_0)/(n_1 n_0) + d^2/(2 (n_1 + n_0)))`. Fewer than two women on a side, or no spread on
    either: NaN with a reason. ValueError: other shapes, infinite numbers. Sources: Austin 2009, Stat Med 28:3083-3107;
    Hedges and Olkin 1985, Statistical Methods for Meta-Analysis (variance). Agrees with R metafor's `escalc` SMDH, freed
    of its small-sample correction, to 1e-12 for columns that are not 0 and 1.
    """
    require_level(level)
    values, paired = np.asarray(columns, dtype=np.float64), np.asarray(is_paired)
    if values.ndim != 2 or paired.dtype != np.bool_ or paired.shape != values.shape[:1]:
        raise ValueError("columns must be N x q, and is_paired N truth values.")
    require_not_infinite(values.ravel(), "columns")
    described = [_describe(values[paired, at], values[~paired, at]) for at in range(values.shape[1])]
    n1, n0, mean1, mean0, d = (np.array([row[at] for row in described], dtype=np.float64) for at in range(5))
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt((n1 + n0) / (n1 * n0) + d**2 / (2 * (n1 + n0)))
    half = special.ndtri((1 + level) / 2) * error
    reasons = tuple(str(row[5]) for row in described)
    return Balance(n1.astype(np.int64), n0.astype(np.int64), mean1, mean0, d, d - half, d + half, reasons)


def _describe(first: FloatArray, second: FloatArray) -> tuple[int, int, float, float, float, str]:
    one, zero = first[~np.isnan(first)], second[~np.isnan(second)]
    mean1, mean0 = (float(np.mean(side)) if len(side) else np.nan for side in (one, zero))
    if min(len(one), len(zero)) < 2:
        return len(one), len(zero), mean1, mean0, np.nan, "fewer than two women on a side"
    is_binary = bool(np.all(np.isin(np.concatenate([one, zero]), (0.0, 1.0))))
    spread = np.sqrt((np.var(one, ddof=not is_binary) + np.var(zero, ddof=not is_binary)) / 2)
    if spread <= 1e-12 * max(abs(mean1), abs(mean0)):  # at most the rounding error of equal numbers
        return len(one), len(zero), mean1, mean0, np.nan, "no spread on either side"
    return len(one), len(zero), mean1, mean0, float((mean1 - mean0) / spread), ""
