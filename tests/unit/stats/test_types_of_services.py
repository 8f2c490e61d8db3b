"""Types: found where they were planted, not found in noise, and the same whatever the order of attributes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.stats.partition import adjusted_rand, around_medoids, jaccard_of_groups, silhouettes, simple_matching
from pipeline.stats.typology import FEWEST_UNITS, find_types

pytestmark = pytest.mark.filterwarnings("error")
Floats = NDArray[np.float64]


def noise(stream: np.random.Generator, n: int = 30, m: int = 21) -> Floats:
    """Attributes that have nothing to do with one another, each as common as it likes."""
    return (stream.random((n, m)) < stream.uniform(0.2, 0.8, m)).astype(np.float64)


def planted(stream: np.random.Generator, n: int = 30, m: int = 21, k: int = 3, sharp: float = 0.88) -> tuple[Floats, Any]:
    """`k` types, each with attributes of its own that its services have, and others lack, with probability `sharp`."""
    profiles, types = np.arange(m) % k == np.arange(k)[:, None], np.arange(n) % k
    kept = stream.random((n, m)) < sharp
    return np.where(kept, profiles[types], ~profiles[types]).astype(np.float64), types


def test_distance_counts_what_both_are_known_to_have_or_lack() -> None:
    nan = np.nan
    found = simple_matching([[1, 1, 0, nan], [1, 0, 0, 1], [nan, 0, 1, 1], [nan, nan, nan, 1]])
    assert found[0, 1] == pytest.approx(1 / 3)
    assert found[1, 2] == pytest.approx(1 / 3)
    assert np.isnan(found[0, 3])


def test_values_must_be_nought_one_or_missing() -> None:
    with pytest.raises(ValueError, match="nothing but 0, 1 and NaN"):
        simple_matching([[0.5, 1]])


def test_medoids_cost_no_more_than_any_other_choice() -> None:
    from itertools import combinations

    stream = np.random.default_rng(4)
    points = stream.random((11, 2))
    distances = np.linalg.norm(points[:, None] - points, axis=2)
    best = min(distances[list(three)].min(axis=0).sum() for three in combinations(range(11), 3))
    assert around_medoids(distances, 3).cost == pytest.approx(best)


def test_a_unit_alone_in_its_group_has_no_silhouette() -> None:
    distances = np.array([[0.0, 1, 9], [1, 0, 9], [9, 9, 0]])
    found = silhouettes(distances, np.array([0, 0, 1]))
    assert found.tolist() == [pytest.approx(8 / 9), pytest.approx(8 / 9), 0.0]


def test_agreement_of_partitions() -> None:
    assert adjusted_rand([0, 0, 1, 1], [1, 1, 0, 0]) == 1.0
    assert adjusted_rand([0, 0, 1, 1], [0, 1, 0, 1]) == pytest.approx(-0.5)
    assert adjusted_rand([0, 0, 0], [1, 1, 1]) == 1.0


def test_likeness_of_a_group_counts_drawn_units_alone() -> None:
    labels = np.array([0, 0, 0, 1, 1, 2])
    found = jaccard_of_groups(labels, np.array([0, 1, 3, 4]), np.array([0, 1, 1, 1]))
    assert found[0] == pytest.approx(1 / 2)
    assert found[1] == pytest.approx(2 / 3)
    assert np.isnan(found[2])


@pytest.mark.parametrize("seed", range(4))
def test_planted_types_are_found(seed: int) -> None:
    values, types = planted(np.random.default_rng(seed))
    found = find_types(values, np.random.default_rng(seed), n_permutations=99, n_resamples=60)
    assert (found.verdict, found.k) == ("stable", 3)
    assert adjusted_rand(found.labels, types) > 0.85
    assert found.p_value <= 0.01
    assert found.left_out.min() > 0.6
    sizes = np.bincount(found.labels)
    assert sizes.tolist() == sorted(sizes, reverse=True), "the largest first"


def test_noise_has_no_types() -> None:
    """Of 60 studies of noise at most five: by chance alone three are expected where one in twenty may be wrong."""
    verdicts = []
    for seed in range(60):
        stream = np.random.default_rng([20261122, seed])
        verdicts.append(find_types(noise(stream, n=18, m=12), stream, n_permutations=59, n_resamples=20).verdict)
    assert sum(verdict != "none" for verdict in verdicts) <= 5


def test_groups_of_noise_can_be_stable_and_are_still_no_types() -> None:
    """Stability alone does not tell types from noise: half and half on a gradient splits the same way again and again."""
    stream = np.random.default_rng(2)
    values = noise(stream, n=40, m=4)
    found = find_types(values, stream, n_permutations=99, n_resamples=60)
    assert found.jaccard.max() > 0.6
    assert (found.verdict, found.reason) == ("none", "chance")
    assert found.p_value > 0.05


def test_the_order_of_attributes_changes_nothing() -> None:
    values, _ = planted(np.random.default_rng(7))
    one, other = (find_types(v, np.random.default_rng(1), n_permutations=19, n_resamples=20) for v in (values, values[:, ::-1]))
    assert one.labels.tolist() == other.labels.tolist()
    assert one.jaccard.tolist() == other.jaccard.tolist()


def test_attributes_that_are_not_known_are_left_out_of_a_pair() -> None:
    stream = np.random.default_rng(3)
    values, types = planted(stream)
    values[stream.random(values.shape) < 0.1] = np.nan
    found = find_types(values, stream, n_permutations=99, n_resamples=60)
    assert found.verdict == "stable"
    assert adjusted_rand(found.labels, types) > 0.7


def test_few_units_have_no_types() -> None:
    values, _ = planted(np.random.default_rng(1), n=FEWEST_UNITS - 1, k=2)
    found = find_types(values, np.random.default_rng(1))
    assert (found.verdict, found.reason, found.k, len(found.labels)) == ("none", "few_units", 0, 0)


def test_a_unit_must_be_known_for_more_than_half() -> None:
    values = np.ones((14, 4))
    values[0, :2] = np.nan
    with pytest.raises(ValueError, match="more than half"):
        find_types(values, np.random.default_rng(1))


def test_one_odd_unit_makes_no_type() -> None:
    """All alike but one or two: every partition leaves a group too small to be a type."""
    values = np.zeros((20, 8))
    values[0] = 1
    found = find_types(values, np.random.default_rng(1), n_permutations=19, n_resamples=10)
    assert (found.verdict, found.reason) == ("none", "small_groups")
