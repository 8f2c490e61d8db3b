"""Groups of services against R's cluster, fpc and mclust: distance, medoids, silhouettes, linkage, agreement, stability."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pipeline.stats.partition import (
    adjusted_rand,
    around_medoids,
    by_average_linkage,
    jaccard_of_groups,
    silhouettes,
    simple_matching,
)
from pipeline.stats.typology import stability

pytestmark = pytest.mark.filterwarnings("error")
EXACT = 1e-12


def as_array(rows: list[list[float | None]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array(rows, dtype=np.float64)


@pytest.fixture(scope="module")
def pinned(read_own_values: Callable[[str], Any]) -> Any:
    return read_own_values("typology")


def test_distance_is_that_of_gower_for_symmetric_answers(pinned: Any) -> None:
    for name, study in pinned["studies"].items():
        np.testing.assert_allclose(simple_matching(as_array(study["values"])), study["distances"], atol=1e-14, err_msg=name)


def test_partitions_around_medoids(pinned: Any) -> None:
    n_compared = 0
    for name, study in pinned["studies"].items():
        for theirs in study["groups"]:
            ours = around_medoids(np.array(study["apart"]), theirs["k"])
            assert ours.cost == pytest.approx(theirs["cost"], rel=EXACT), name
            assert sorted(ours.medoids + 1) == sorted(theirs["medoids"]), name
            assert adjusted_rand(ours.labels, theirs["labels"]) == 1.0
            n_compared += 1
    assert n_compared == 16


def test_silhouettes(pinned: Any) -> None:
    for study in pinned["studies"].values():
        for theirs in study["groups"]:
            found = silhouettes(np.array(study["apart"]), np.array(theirs["labels"]) - 1)
            np.testing.assert_allclose(found, theirs["widths"], atol=EXACT)


def test_average_linkage_and_agreement(pinned: Any) -> None:
    for study in pinned["studies"].values():
        for theirs in study["groups"]:
            joined = by_average_linkage(np.array(study["apart"]), theirs["k"])
            assert adjusted_rand(joined, theirs["linkage"]) == 1.0
            assert adjusted_rand(theirs["labels"], theirs["linkage"]) == pytest.approx(theirs["rand"], abs=EXACT)


def test_likeness_of_groups_in_a_given_resample(pinned: Any) -> None:
    n_compared = 0
    for study in pinned["studies"].values():
        for theirs in study["groups"]:
            labels = np.array(theirs["labels"]) - 1
            for drawn in theirs["stability"]:
                rows, found = np.array(drawn["drawn"]) - 1, np.array(drawn["found"]) - 1
                ours = jaccard_of_groups(labels, rows, found)
                expected = np.array([np.nan if value in (None, "NA") else value for value in drawn["likeness"]], dtype=np.float64)
                np.testing.assert_allclose(ours, expected, atol=EXACT)
                n_compared += np.isfinite(expected).sum()
    assert n_compared > 300


def test_mean_likeness_over_many_resamples(pinned: Any) -> None:
    for boot in pinned["boot"]:
        distances = np.array(pinned["studies"][boot["study"]]["apart"])
        labels = around_medoids(distances, boot["k"]).labels
        ours = stability(distances, labels, np.random.default_rng(1), 2000)
        np.testing.assert_allclose(sorted(ours), sorted(boot["mean"]), atol=0.025)  # two streams of random numbers
