"""Groups of units by what they have in common: distance, partition around medoids, silhouettes, likeness of partitions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.cluster.hierarchy import cut_tree, linkage
from scipy.spatial.distance import squareform

from pipeline.stats.arrays import FloatArray, IntArray

_ROUNDING = 1e-12  # a gain below it is the rounding error of equal sums


@dataclass(frozen=True, slots=True, eq=False)
class Partition:
    """Units in k groups: `medoids`, the unit that each lies around; `labels` from 0; `cost`: the sum of distances to them."""

    medoids: IntArray
    labels: IntArray
    cost: float


def simple_matching(values: ArrayLike) -> FloatArray:
    """The share of attributes in which two units differ, of those known of both: n x n from n x m of 0, 1 and NaN.

    Having and lacking count alike, so it is Gower's coefficient for symmetric binary attributes (Gower 1971, Biometrics
    27:857-871; R cluster, daisy). NaN where two units share no known attribute. ValueError: other values, or no two dimensions.
    """
    found = np.asarray(values, dtype=np.float64)
    if found.ndim != 2 or not bool((np.isnan(found) | (found == 0) | (found == 1)).all()):
        raise ValueError("values must have two dimensions and hold nothing but 0, 1 and NaN.")
    known = (~np.isnan(found)).astype(np.float64)
    has, lacks = np.nan_to_num(found), known - np.nan_to_num(found)
    differ, together = has @ lacks.T + lacks @ has.T, known @ known.T
    return np.where(together > 0, differ / np.maximum(together, 1), np.nan)


def around_medoids(distances: FloatArray, k: int) -> Partition:
    """Partition around medoids: the k units with the least sum of distances from every unit to the nearest of them.

    Built up one medoid at a time, then the best exchange of a medoid for another unit until none lowers the sum, all
    exchanges weighed at once (Kaufman and Rousseeuw 1990, Finding Groups in Data, chapter 2; Schubert and Rousseeuw 2021,
    Inf Syst 101:101804). Of equal ones the first in the order of units. ValueError: k not from 1 to n, or NaN among distances.
    """
    n = len(distances)
    if not 1 <= k <= n or np.isnan(distances).any():
        raise ValueError("k must be from 1 to the number of units, and every distance known.")
    medoids = [int(distances.sum(axis=1).argmin())]
    while len(medoids) < k:
        gains = np.maximum(distances[medoids].min(axis=0) - distances, 0).sum(axis=1)
        gains[medoids] = -1
        medoids.append(int(gains.argmax()))
    while k < n:
        away = distances[medoids]
        order = away.argsort(axis=0, kind="stable")
        nearest, first = order[0], away.min(axis=0)
        second = np.take_along_axis(away, order[1:2], axis=0)[0] if k > 1 else np.full(n, np.inf)
        if_kept = np.minimum(distances - first, 0)
        if_lost = np.minimum(distances, second) - first - if_kept
        change = if_kept.sum(axis=1)[:, None] + if_lost @ (nearest[:, None] == np.arange(k))
        change[medoids] = np.inf
        unit, place = divmod(int(change.argmin()), k)
        if change[unit, place] >= -_ROUNDING:
            break
        medoids[place] = unit
    away = distances[medoids]
    return Partition(np.array(medoids), away.argmin(axis=0), float(away.min(axis=0).sum()))


def by_average_linkage(distances: FloatArray, k: int) -> IntArray:
    """Labels of k groups by joining the two groups with the least mean distance again and again (R hclust, average)."""
    joined = linkage(squareform(distances, checks=False), method="average")
    return np.asarray(cut_tree(joined, n_clusters=k)[:, 0], dtype=np.intp)


def silhouettes(distances: FloatArray, labels: IntArray) -> FloatArray:
    """How much nearer each unit lies to its own group than to the next one, from -1 to 1; 0 for a unit on its own.

    Source: Rousseeuw 1987, J Comput Appl Math 20:53-65; as R cluster's silhouette. Labels from 0 without gaps.
    """
    member = labels[:, None] == np.arange(labels.max() + 1)
    size, own = member.sum(axis=0), labels
    sums, rows = distances @ member, np.arange(len(labels))
    within = sums[rows, own] / np.maximum(size[own] - 1, 1)
    others = np.where(member, np.inf, sums / size)
    next_one = others.min(axis=1)
    wider = np.maximum(within, next_one)
    s = np.divide(next_one - within, wider, out=np.zeros(len(labels)), where=(wider > 0) & np.isfinite(wider))
    return np.where(size[own] > 1, s, 0.0)


def adjusted_rand(one: ArrayLike, other: ArrayLike) -> float:
    """How far two partitions agree: 1 where they are the same, 0 as much as chance would have it (Hubert and Arabie 1985).

    J Classif 2:193-218. 1 where both hold one group, or both nothing but single units.
    """
    _, a = np.unique(np.asarray(one), return_inverse=True)
    _, b = np.unique(np.asarray(other), return_inverse=True)
    table = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(table, (a, b), 1)
    both, rows, columns = (_pairs(each).sum() for each in (table, table.sum(axis=1), table.sum(axis=0)))
    chance, most = rows * columns / _pairs(np.array(float(len(a)))), (rows + columns) / 2
    return 1.0 if most == chance else float((both - chance) / (most - chance))


def jaccard_of_groups(labels: IntArray, drawn: IntArray, found: IntArray) -> FloatArray:
    """Of each group, the likeness to the most similar group of a partition `found` of the units `drawn` alone.

    Likeness is the number of drawn units in both over that in either (Jaccard). NaN for a group of which no unit was drawn.
    Source: Hennig 2007, Comput Stat Data Anal 52:258-271.
    """
    here = labels[drawn][:, None] == np.arange(labels.max() + 1)
    there = found[:, None] == np.arange(found.max() + 1)
    both = here.T.astype(np.float64) @ there
    either = here.sum(axis=0)[:, None] + there.sum(axis=0) - both
    return np.where(here.any(axis=0), (both / np.maximum(either, 1)).max(axis=1), np.nan)


def _pairs(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    return counts * (counts - 1) / 2
