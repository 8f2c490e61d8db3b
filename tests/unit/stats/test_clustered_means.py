"""Rows of one cluster tell less than rows of as many clusters."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.stats.clustered import cluster_means

pytestmark = pytest.mark.filterwarnings("error")


def test_rows_that_say_the_same_twice_add_nothing() -> None:
    """Four women, each counted twice with the same number, are worth four women."""
    y = np.array([2.0, 5.0, 7.0, 10.0])
    once = cluster_means([0] * 4, range(4), y)
    twice = cluster_means([0] * 8, [*range(4), *range(4)], [*y, *y])
    assert once.se[0] == pytest.approx(y.std(ddof=1) / 2)
    assert (twice.mean[0], twice.se[0]) == (pytest.approx(once.mean[0]), pytest.approx(once.se[0]))
    assert (twice.n_rows[0], twice.n_clusters[0]) == (8, 4)


def test_the_order_of_rows_changes_nothing_and_equal_codes_in_two_groups_are_two_clusters() -> None:
    draw = np.random.default_rng(2)
    groups, women, y = draw.integers(0, 3, 60), draw.integers(0, 9, 60), draw.normal(5, 3, 60)
    one, order = cluster_means(groups, women, y), draw.permutation(60)
    other = cluster_means(groups[order], women[order], y[order])
    assert one.se.tolist() == other.se.tolist()
    alone = [cluster_means([0] * int(np.sum(groups == g)), women[groups == g], y[groups == g]).se[0] for g in range(3)]
    assert one.se == pytest.approx(alone)


def test_one_cluster_or_no_row_has_no_error_and_equal_numbers_have_none_of_chance() -> None:
    found = cluster_means([0, 0, 2, 2], [4, 4, 1, 2], [0.1 + 0.2, 0.3, 0.3, 0.1 + 0.2], n_groups=3)
    assert found.reason == ("one cluster: no error", "no rows", "")
    assert np.isnan(found.se[:2]).all()
    assert found.se[2] == 0
    with pytest.raises(ValueError, match="missing or infinite"):
        cluster_means([0], [0], [np.nan])
