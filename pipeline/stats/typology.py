"""Types of units by what they have and lack, and whether there are any: against chance, and under resampling."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from pipeline.stats.arrays import FloatArray, IntArray
from pipeline.stats.partition import (
    Partition,
    adjusted_rand,
    around_medoids,
    by_average_linkage,
    jaccard_of_groups,
    silhouettes,
    simple_matching,
)

STABLE, PATTERN = 0.75, 0.60
"""Mean Jaccard likeness from which a group counts as stable, and as a pattern; below, not to be trusted (R fpc, clusterboot)."""
SIGNIFICANCE = 0.05
FEWEST_UNITS = 12
"""Below it, even two types would hold fewer than six units each."""
FEWEST_A_TYPE, MOST_TYPES = 3, 6
NONE, PATTERNS, TYPES = "none", "patterns", "stable"
FEW, SMALL, CHANCE, UNSTABLE = "few_units", "small_groups", "chance", "unstable"
"""Why there are no types: too few units; every partition with a tiny group; no wider than chance; groups that fall apart."""


@dataclass(frozen=True, slots=True, eq=False)
class Typology:
    """The best partition of n units, and how far it is to be believed.

    `labels`: from 0, largest group first, then by the order of units; empty where there is no partition. `medoids`: the most
    typical unit of each. `width`: mean silhouette, `widths` by unit. `p_value`: the share of data sets without types whose best
    partition is as wide. `jaccard`: mean likeness under resampling, by group. `left_out`: agreement with the partition found
    without each attribute; `linkage`: with that by average linkage. `verdict`: stable, patterns or none. `reason`: why none.
    """

    verdict: str
    reason: str
    k: int
    labels: IntArray
    medoids: IntArray
    width: float
    widths: FloatArray
    p_value: float
    jaccard: FloatArray
    left_out: FloatArray
    linkage: float


def find_types(values: ArrayLike, stream: Generator, *, n_resamples: int = 200, n_permutations: int = 499) -> Typology:
    """Look for types among n units by m attributes (0, 1, NaN where not known), and say whether there are any.

    Distance by simple matching; partition around medoids; of 2 to `MOST_TYPES` groups, each of `FEWEST_A_TYPE` units or more,
    the number with the widest mean silhouette (Kaufman and Rousseeuw 1990). A clustering finds groups in anything, and groups of
    noise can be stable (Hennig 2007): so the width is held against that of data in which each attribute is dealt out anew among
    the units, which keeps how many have it and ends every link between attributes. `none` if the best partition is no wider than
    in all but `SIGNIFICANCE` of these, or if the mean Jaccard likeness of any group under a bootstrap of units (duplicates
    dropped, as R fpc's clusterboot) is below `PATTERN`; `stable` where all reach `STABLE`.

    Each unit needs more than half of its attributes known. ValueError: otherwise.
    """
    found = np.asarray(values, dtype=np.float64)
    if found.ndim != 2 or bool((np.isnan(found).mean(axis=1) >= 0.5).any()):
        raise ValueError("values must have two dimensions, and each unit more than half of its attributes known.")
    if len(found) < FEWEST_UNITS:
        return _nothing(FEW)
    distances = simple_matching(found)
    best, width = best_partition(distances)
    if best is None:
        return _nothing(SMALL)
    labels, medoids = _in_order(best)
    k = len(medoids)
    p_value = _p_value(found, width, stream, n_permutations)
    jaccard = stability(distances, labels, stream, n_resamples)
    verdict, reason = _judge(p_value, jaccard)
    return Typology(
        verdict=verdict,
        reason=reason,
        k=k,
        labels=labels,
        medoids=medoids,
        width=width,
        widths=silhouettes(distances, labels),
        p_value=p_value,
        jaccard=jaccard,
        left_out=np.array([_without(found, column, labels, k) for column in range(found.shape[1])]),
        linkage=adjusted_rand(labels, by_average_linkage(distances, k)),
    )


def best_partition(distances: FloatArray) -> tuple[Partition | None, float]:
    """The partition with the widest mean silhouette of those with enough units in each group, and that width; -1 without one."""
    best: Partition | None = None
    width = -1.0
    for k in range(2, min(MOST_TYPES, len(distances) // FEWEST_A_TYPE) + 1):
        tried = around_medoids(distances, k)
        if np.bincount(tried.labels, minlength=k).min() < FEWEST_A_TYPE:
            continue
        its_width = float(silhouettes(distances, tried.labels).mean())
        if its_width > width + 1e-12:
            best, width = tried, its_width
    return best, width


def _p_value(values: FloatArray, width: float, stream: Generator, n_permutations: int) -> float:
    """Of data with the same attributes dealt out independently, and the data themselves, the share at least as wide."""
    as_wide = 1
    for _ in range(n_permutations):
        dealt = stream.permuted(values, axis=0)
        distances = simple_matching(dealt)
        if np.isnan(distances).any():  # the gaps of two units came to share no attribute: known of neither, taken as far apart
            distances = np.nan_to_num(distances, nan=1.0)
        as_wide += best_partition(distances)[1] >= width - 1e-12
    return as_wide / (n_permutations + 1)


def stability(distances: FloatArray, labels: IntArray, stream: Generator, n_resamples: int) -> FloatArray:
    """The mean likeness of each group to the most similar one of a bootstrap sample."""
    n, k = len(labels), int(labels.max()) + 1
    found = []
    for _ in range(n_resamples):
        drawn = np.unique(stream.integers(0, n, n))
        if len(drawn) > k:
            again = around_medoids(distances[np.ix_(drawn, drawn)], k)
            found.append(jaccard_of_groups(labels, drawn, again.labels))
    return np.asarray(np.nanmean(found, axis=0))


def _without(values: FloatArray, column: int, labels: IntArray, k: int) -> float:
    """How far the partition into as many groups agrees when one attribute is left out; NaN where two units then share none."""
    distances = simple_matching(np.delete(values, column, axis=1))
    return float("nan") if np.isnan(distances).any() else adjusted_rand(labels, around_medoids(distances, k).labels)


def _judge(p_value: float, jaccard: FloatArray) -> tuple[str, str]:
    if p_value > SIGNIFICANCE:
        return NONE, CHANCE
    if jaccard.min() < PATTERN:
        return NONE, UNSTABLE
    return (TYPES, "") if jaccard.min() >= STABLE else (PATTERNS, "")


def _in_order(partition: Partition) -> tuple[IntArray, IntArray]:
    """Labels and medoids with the largest group first, of equal ones the one with the first unit."""
    sizes = np.bincount(partition.labels)
    first = np.array([int(np.flatnonzero(partition.labels == group)[0]) for group in range(len(sizes))])
    order = np.lexsort((first, -sizes))
    rank = np.empty(len(order), dtype=np.intp)
    rank[order] = np.arange(len(order))
    return rank[partition.labels], partition.medoids[order]


def _nothing(reason: str) -> Typology:
    none = np.empty(0)
    return Typology(
        verdict=NONE,
        reason=reason,
        k=0,
        labels=np.empty(0, dtype=np.intp),
        medoids=np.empty(0, dtype=np.intp),
        width=float("nan"),
        widths=none,
        p_value=float("nan"),
        jaccard=none,
        left_out=none,
        linkage=float("nan"),
    )
