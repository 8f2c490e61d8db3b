"""Each site's improvement as it would be with the same first scores: analysis of covariance with parallel lines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pipeline.stats.arrays import (
    FloatArray,
    IntArray,
    as_codes,
    as_vector,
    count_groups,
    require_not_infinite,
    require_same_length,
    require_sign,
)


@dataclass(frozen=True, slots=True, eq=False)
class AdjustedSites:
    """Adjusted improvement by site: entry s belongs to site code s.

    `estimate, se`: points, positive meaning better. `n`: pairs. `slope, slope_se`: of the last score on the first,
    common to all sites. `mean_pre`: grand mean of first scores over the women used, in points, where the sites are
    compared. `residual_sd`: points, on `df` degrees of freedom. `reason`: why a number is NaN, empty where none is.
    """

    estimate: FloatArray
    se: FloatArray
    n: IntArray
    slope: float
    slope_se: float
    mean_pre: float
    residual_sd: float
    df: int
    reason: str


def site_intercepts(
    site_codes: ArrayLike,
    pre: ArrayLike,
    post: ArrayLike,
    *,
    sign: int,
    case_mix: ArrayLike | None = None,
    n_sites: int | None = None,
) -> AdjustedSites:
    """Fit `post_ij = a_j + z_ij'b + e_ij` by least squares and predict each site at the grand mean of z.

    `site_codes`: whole numbers from 0; `pre`, `post`: points; `case_mix`: optional N x m further columns of z, after
    pre; `n_sites` keeps sites without rows; `sign` 1 where lower scores are better, -1 where higher are. Rows with a
    missing value are left out. b comes from deviations within sites, `S = sum (z - zbar_j)(z - zbar_j)'`. With g the
    grand mean of z over women and d = g - zbar_j, a site's predicted last score is `m_j = ybar_j + d'b`, its adjusted
    improvement `sign (g_pre - m_j)`. g is taken as fixed; ybar_j and b are uncorrelated, so that
    `Var(m_j) = s2 (1/n_j + d'S^-1 d)`, the same as `Var(a_j) + 2 g'Cov(a_j, b) + g'Var(b) g`, with s2 on N - J -
    (columns of z) degrees of freedom. Sites share b: the covariance of two, `s2 d_j'S^-1 d_k`, is not in `se`.

    A site without rows is NaN. Without spread within sites, or with columns that repeat each other within sites, all
    estimates are NaN, and without degrees of freedom all errors, each with a reason. ValueError: unequal lengths,
    infinite numbers, codes not whole from 0, sign not 1 or -1. Source: Cochran 1957, Biometrics 13:261-281. Agrees with
    R `lm(post ~ 0 + site + pre)` and its `predict(se.fit = TRUE)` to 1e-9.
    """
    require_sign(sign)
    all_codes = as_codes(site_codes, "site_codes")
    size = count_groups(all_codes, n_sites, "site_codes")
    codes, z, y = _complete_rows(all_codes, as_vector(pre, "pre"), as_vector(post, "post"), case_mix)
    n = np.bincount(codes, minlength=size)
    z_means, y_means = _means(codes, z, n), _means(codes, y[:, None], n)[:, 0]
    within, response = z - z_means[codes], y - y_means[codes]
    df = len(y) - int(np.sum(n > 0)) - z.shape[1]
    if len(y) == 0 or _rank(within, z) < z.shape[1]:
        return _without_slope(n, df, z)
    q, r = np.linalg.qr(within)
    slopes = np.linalg.solve(r, q.T @ response)
    residual = response - q @ (q.T @ response)
    residual_sd = float(np.sqrt(residual @ residual / df)) if df > 0 else np.nan
    grand = np.mean(z, axis=0)
    distance = grand - z_means
    leverage = np.sum(np.linalg.solve(r.T, distance.T) ** 2, axis=0)
    share = np.divide(1.0, n, out=np.full(size, np.nan), where=n > 0)
    return AdjustedSites(
        estimate=sign * (grand[0] - (y_means + distance @ slopes)),
        se=residual_sd * np.sqrt(share + leverage),
        n=n,
        slope=float(slopes[0]),
        slope_se=residual_sd * float(np.linalg.norm(np.linalg.inv(r)[0])),
        mean_pre=float(grand[0]),
        residual_sd=residual_sd,
        df=df,
        reason="" if df > 0 else "as many coefficients as women: no standard errors",
    )


def _complete_rows(
    codes: IntArray, before: FloatArray, after: FloatArray, case_mix: ArrayLike | None
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Return complete rows sorted by site and scores, so that sums never depend on the order given."""
    require_same_length(site_codes=codes, pre=before, post=after)
    columns = np.empty((len(before), 0)) if case_mix is None else np.asarray(case_mix, dtype=np.float64)
    if columns.ndim != 2 or len(columns) != len(before):
        raise ValueError(f"case_mix must have two dimensions, with one row for each of the {len(before)} women.")
    z = np.column_stack([before, columns])
    require_not_infinite(z.ravel(), "pre or case_mix")
    require_not_infinite(after, "post")
    is_complete = ~(np.isnan(z).any(axis=1) | np.isnan(after))
    codes, z, after = codes[is_complete], z[is_complete], after[is_complete]
    order = np.lexsort((*z.T[::-1], after, codes))
    return codes[order], z[order], after[order]


def _means(codes: IntArray, columns: FloatArray, n: IntArray) -> FloatArray:
    """Return the mean of each column at each site, NaN at a site without rows."""
    sums = np.column_stack([np.bincount(codes, weights=column, minlength=len(n)) for column in columns.T])
    means = np.divide(sums, n[:, None], out=np.full(sums.shape, np.nan), where=n[:, None] > 0)
    return np.asarray(means, dtype=np.float64)


def _rank(within: FloatArray, z: FloatArray) -> int:
    """Return how many columns vary within sites independently of each other, rounding error left aside."""
    size = np.linalg.norm(z, axis=0)
    lengths = np.linalg.norm(within, axis=0)
    if np.any(lengths <= 1e-12 * size):
        return 0
    return int(np.linalg.matrix_rank(within / lengths))


def _without_slope(n: IntArray, df: int, z: FloatArray) -> AdjustedSites:
    nothing = np.full(len(n), np.nan)
    reason = "first scores (or case mix) do not vary within sites, or repeat each other: no slope"
    return AdjustedSites(
        estimate=nothing,
        se=nothing.copy(),
        n=n,
        slope=np.nan,
        slope_se=np.nan,
        mean_pre=float(np.mean(z[:, 0])) if len(z) else np.nan,
        residual_sd=np.nan,
        df=df,
        reason=reason if len(z) else "no pairs",
    )
