"""Errors of site means where small sites borrow the spread of all: a variance of a few women is a poor guess."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from pipeline.stats.arrays import FloatArray, as_codes, as_vector, require_level, require_same_length


@dataclass(frozen=True, slots=True, eq=False)
class SiteErrors:
    """Errors and limits of site means: entry s belongs to site s.

    `se, low, high`: points. `df`: of the limits (0 where there are none). `is_pooled`: whether the spread is that of all
    sites: the mark of such a row. `pooled_sd`, on `pooled_df`: spread within sites, points. `reason`: why numbers are
    NaN, empty where none is.
    """

    se: FloatArray
    df: FloatArray
    low: FloatArray
    high: FloatArray
    is_pooled: NDArray[np.bool_]
    pooled_sd: float
    pooled_df: int
    reason: tuple[str, ...]


def pool_small_sites(n: ArrayLike, mean: ArrayLike, sd: ArrayLike, *, below: int = 10, level: float = 0.95) -> SiteErrors:
    """Return each site's error of its mean improvement: its own spread from `below` pairs on, else that within all sites.

    `n`: pairs; `mean`, `sd`: of improvement by site, points (sd NaN or anything at one pair). Pooled variance
    `sum (n - 1) sd^2/sum (n - 1)` over all sites, small and large, on `sum (n - 1)` degrees of freedom; limits `mean +/-
    t sd/sqrt(n)`, t on the df of the spread that is used. Sites then no longer stand alone: one site's row depends on the
    others, and it asks that spread be alike across sites.

    NaN with a reason: a site without pairs; a small one where no site has two pairs, or a large one without an sd.
    ValueError: n not whole from 0, an SD below 0, unequal lengths. Source: the residual variance of a one-way analysis of
    variance (Fisher 1925, Statistical Methods for Research Workers). Agrees with R `sigma(lm(improvement ~ site))` and `t.test`
    to 1e-12.
    """
    require_level(level)
    size, centre, spread = as_codes(n, "n").astype(np.float64), as_vector(mean, "mean"), as_vector(sd, "sd")
    require_same_length(n=size, mean=centre, sd=spread)
    if np.any(spread < 0):
        raise ValueError("sd must not be below 0.")
    has_spread = (size > 1) & np.isfinite(spread)
    pooled_df = float(np.sum(size[has_spread] - 1))
    total = float(np.sum((size[has_spread] - 1) * spread[has_spread] ** 2))
    pooled_sd = float(np.sqrt(total / pooled_df)) if pooled_df > 0 else np.nan
    is_pooled = (size > 0) & (size < below) & (pooled_df > 0)
    own_sd = np.where(has_spread & (size >= below), spread, np.nan)
    used = np.where(is_pooled, pooled_sd, own_sd)
    se = used / np.sqrt(np.where(size > 0, size, np.nan))
    df = np.where(np.isfinite(se), np.where(is_pooled, pooled_df, size - 1), 0.0)
    margin = special.stdtrit(np.maximum(df, 1), (1 + level) / 2) * se
    return SiteErrors(
        se=se,
        df=df,
        low=centre - margin,
        high=centre + margin,
        is_pooled=is_pooled,
        pooled_sd=pooled_sd,
        pooled_df=int(pooled_df),
        reason=tuple(_reason(*each) for each in zip(size, se, strict=True)),
    )


def _reason(n: float, se: float) -> str:
    if n == 0:
        return "no pairs"
    return "" if np.isfinite(se) else "no spread to go by: neither its own nor that of other sites"
