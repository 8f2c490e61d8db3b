"""Sites' mean improvement over completed data sets, and what a lower improvement of the imputed women would do to them."""

from __future__ import annotations

from dataclasses import dataclass

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
)
from pipeline.stats.meta_batch import pool_many
from pipeline.stats.rubin import Pooled, pool_rubin


@dataclass(frozen=True, slots=True, eq=False)
class CompletedSites:
    """Improvement by site in m completed data sets: row i is data set i, column s site code s.

    `n`: women with an observed or imputed improvement, `n_imputed` those imputed. `mean`: points, `squares`: sum of squared
    deviations from it, `imputed_excess`: sum of the imputed women's deviations from it. NaN means at a site without women.
    """

    n: IntArray
    n_imputed: IntArray
    mean: FloatArray
    squares: FloatArray
    imputed_excess: FloatArray

    def shifted(self, delta: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return means and their squared standard errors were every imputed improvement `delta` points lower.

        `delta`: one number, or D of them; the results are m x S, or m x D x S. With f the imputed share: the mean falls by
        `delta f`, and the sum of squares becomes `squares - 2 delta imputed_excess + delta^2 n f (1 - f)`. NaN variance for
        fewer than two women.
        """
        d = np.asarray(delta, dtype=np.float64)[..., None]
        share = self.n_imputed / np.maximum(self.n, 1)
        mean, squares, excess = (
            np.expand_dims(values, tuple(range(1, d.ndim))) for values in (self.mean, self.squares, self.imputed_excess)
        )
        summed = np.maximum(squares - 2 * d * excess + d**2 * self.n * share * (1 - share), 0.0)
        df = np.where(self.n > 1, self.n * (self.n - 1.0), np.nan)
        return mean - d * share, summed / df


@dataclass(frozen=True, slots=True, eq=False)
class PooledCompleted:
    """The pooled mean improvement over completed data sets, one entry a delta; `k` sites, tau2 in squared points."""

    k: int
    pooled: Pooled
    tau2_median: FloatArray
    tau2_low: FloatArray
    tau2_high: FloatArray


def complete_sites(
    site_codes: ArrayLike,
    improvement: ArrayLike,
    *,
    rows: ArrayLike,
    imputed: ArrayLike,
    n_sites: int | None = None,
) -> CompletedSites:
    """Add imputed improvements to observed ones and describe each site in each data set.

    `site_codes`: whole numbers from 0, one a woman; `improvement`: points, positive meaning better, NaN where missing;
    `rows`: positions of the women imputed; `imputed`: m x (number of rows), their improvements. A woman who is neither
    observed nor imputed is left out. ValueError: unequal lengths, infinite numbers, a row out of range, twice, or observed.
    """
    codes, change = as_codes(site_codes, "site_codes"), as_vector(improvement, "improvement")
    require_same_length(site_codes=codes, improvement=change)
    require_not_infinite(change, "improvement")
    at, drawn = as_codes(rows, "rows"), np.asarray(imputed, dtype=np.float64)
    if drawn.ndim != 2 or drawn.shape[1] != len(at) or len(np.unique(at)) != len(at) or np.any(at >= len(codes)):
        raise ValueError("imputed must be m x r, for r different positions within the women.")
    if not np.all(np.isfinite(drawn)) or not np.all(np.isnan(change[at])):
        raise ValueError("Imputed improvements must be finite, and stand where none was observed.")
    size = count_groups(codes, n_sites, "site_codes")
    seen = np.flatnonzero(~np.isnan(change))
    n_imputed = np.bincount(codes[at], minlength=size)
    n = n_imputed + np.bincount(codes[seen], minlength=size)
    sums = np.bincount(codes[seen], weights=change[seen], minlength=size) + _by_site(codes[at], drawn, size)
    mean = np.divide(sums, n, out=np.full(sums.shape, np.nan), where=n > 0)
    deviations = drawn - mean[:, codes[at]]
    squares = _by_site(codes[seen], (change[seen] - mean[:, codes[seen]]) ** 2, size) + _by_site(codes[at], deviations**2, size)
    return CompletedSites(n, n_imputed, mean, squares, _by_site(codes[at], deviations, size))


def pool_completed(
    completed: CompletedSites, *, is_pooled: NDArray[np.bool_], deltas: ArrayLike = 0.0, level: float = 0.95
) -> PooledCompleted:
    """Pool the sites of each completed data set by REML, and the data sets by Rubin's rules, at each delta.

    `is_pooled`: S, the sites that enter; `deltas`: points taken from every imputed improvement, one or D. Each data set gives
    the random-effects mean and its ad hoc Knapp-Hartung variance (see `meta_batch.pool_many`); the degrees of freedom were
    nothing missing are k - 1 (see `rubin.pool_rubin`). tau2 is the median and the range over the data sets. ValueError:
    fewer than two sites, a site with fewer than two women or without spread. Wide: in 1,000 to 2,000 trials (some 37 %
    of last scores missing, by first score) its 95 % limits held in 99.9, 98 and 97 % at 4, 10 and 30 sites, for the reason given
    in `pool_imputed_sites`.
    """
    use = np.asarray(is_pooled, dtype=np.bool_)
    d = np.atleast_1d(np.asarray(deltas, dtype=np.float64))
    means, variances = (values[:, :, use] for values in completed.shifted(d))
    shape, k = means.shape[:2], int(np.sum(use))
    many = pool_many(means.reshape(-1, k), variances.reshape(-1, k))
    pooled = pool_rubin(many.estimate.reshape(shape), many.variance_adhoc.reshape(shape), df_complete=max(k - 1, 1), level=level)
    tau2 = many.tau2.reshape(shape)
    return PooledCompleted(k, pooled, np.median(tau2, axis=0), np.min(tau2, axis=0), np.max(tau2, axis=0))


@dataclass(frozen=True, slots=True, eq=False)
class PooledSites:
    """The pooled mean improvement with its limits (points), one entry a delta; `k` sites; `tau2` in squared points."""

    k: int
    estimate: FloatArray
    se: FloatArray
    low: FloatArray
    high: FloatArray
    tau2: FloatArray


def pool_imputed_sites(
    completed: CompletedSites, *, is_pooled: NDArray[np.bool_], deltas: ArrayLike = 0.0, level: float = 0.95
) -> PooledSites:
    """Pool the data sets within each site by Rubin's rules, and then the sites by REML, at each delta.

    Arguments and errors as `pool_completed`. A site's mean and total variance (`rubin.pool_rubin`) are its effect and sampling
    variance; limits: ad hoc Knapp-Hartung, by t(k - 1) (`meta_batch.pool_many`). Imputed scores of two sites with fixed
    effects are all but independent, so that their noise is spread between sites, which `pool_completed` counts twice, in tau2
    and between data sets; here it counts once: in the same trials the limits held in 96.8, 95.6 and 93.6 %, as those of the
    full data did (95.8, 95.5 and 94.4 %), and were a seventh narrower at 10 sites. Source: Burgess, White, Resche-Rigon and
    Wood 2013, Stat Med 32:4499-4514. Agrees with R mice's `pool.scalar` by site and then metafor's `rma` to 1e-7.
    """
    require_level(level)
    use = np.asarray(is_pooled, dtype=np.bool_)
    means, variances = (values[:, :, use] for values in completed.shifted(np.atleast_1d(np.asarray(deltas, dtype=np.float64))))
    by_site = pool_rubin(means, variances)
    many = pool_many(by_site.estimate, by_site.total)
    k, se = int(np.sum(use)), np.sqrt(many.variance_adhoc)
    half = float(special.stdtrit(k - 1, (1 + level) / 2)) * se
    return PooledSites(k, many.estimate, se, many.estimate - half, many.estimate + half, many.tau2)


def _by_site(codes: IntArray, values: FloatArray, size: int) -> FloatArray:
    """Sum the columns of m x r by the site of each column: m x size."""
    m = len(values)
    flat = (np.arange(m)[:, None] * size + codes).ravel()
    summed = np.bincount(flat, weights=values.ravel(), minlength=m * size)
    return np.asarray(summed.reshape(m, size), dtype=np.float64)
