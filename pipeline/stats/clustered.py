"""Means of rows that come in clusters, as referrals of one woman: the error allows rows of a cluster to go together."""

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
    require_finite,
    require_same_length,
)

_ROUNDING = 1e-12  # an error below this share of the mean's size is the rounding error of equal numbers


@dataclass(frozen=True, slots=True, eq=False)
class ClusteredMeans:
    """Means by group, entry g for group code g: `n_rows`, `n_clusters`, `mean` and its standard error `se`, in one unit.

    `reason`: why a number is NaN, empty where none is.
    """

    n_rows: IntArray
    n_clusters: IntArray
    mean: FloatArray
    se: FloatArray
    reason: tuple[str, ...]


def cluster_means(
    group_codes: ArrayLike, cluster_codes: ArrayLike, values: ArrayLike, *, n_groups: int | None = None
) -> ClusteredMeans:
    """Return the mean over rows in each group, with an error that is robust to likeness within clusters.

    `group_codes`, `cluster_codes`: whole numbers from 0, one a row; equal cluster codes in two groups are two clusters.
    `values`: one a row, any unit. With e the deviations from the group's mean, n rows and G clusters:
    `se^2 = G/(G - 1) sum over clusters (sum e)^2 / n^2` (Liang and Zeger 1986, Biometrika 73:13-22). Where every cluster
    has one row this is the plain error of a mean, sd/sqrt(n). NaN with a reason: no rows, one cluster. ValueError: unequal
    lengths, missing or infinite values, codes not whole from 0. Agrees with R sandwich's `vcovCL` on `lm(y ~ 1)` to 1e-12.
    """
    groups, clusters = as_codes(group_codes, "group_codes"), as_codes(cluster_codes, "cluster_codes")
    y = as_vector(values, "values")
    require_same_length(group_codes=groups, cluster_codes=clusters, values=y)
    require_finite(y, "values")
    size = count_groups(groups, n_groups, "group_codes")
    order = np.lexsort((y, clusters, groups))
    groups, clusters, y = groups[order], clusters[order], y[order]
    pairs, of_row = np.unique(np.column_stack([groups, clusters]), axis=0, return_inverse=True)
    n, n_clusters = np.bincount(groups, minlength=size), np.bincount(pairs[:, 0], minlength=size)
    mean = np.divide(np.bincount(groups, weights=y, minlength=size), n, out=np.full(size, np.nan), where=n > 0)
    sums = np.bincount(of_row.ravel(), weights=y - mean[groups], minlength=len(pairs))
    squares = np.bincount(pairs[:, 0], weights=sums**2, minlength=size)
    factor = np.divide(n_clusters, n_clusters - 1, out=np.full(size, np.nan), where=n_clusters > 1)
    se = np.sqrt(factor * squares) / np.maximum(n, 1)
    se = np.where(se <= _ROUNDING * np.abs(mean), 0.0, se)
    reasons = tuple("no rows" if k == 0 else "one cluster: no error" if k == 1 else "" for k in n_clusters)
    return ClusteredMeans(n, n_clusters, mean, np.asarray(se, dtype=np.float64), reasons)
