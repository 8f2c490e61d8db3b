"""Reliable change and cut-offs: worked examples, edges, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pipeline import codes
from pipeline.stats.reliable import (
    classify,
    cut_off_a,
    cut_off_b,
    cut_off_c,
    reliable_change_index,
    standard_error_of_measurement,
)

pytestmark = pytest.mark.filterwarnings("error")


def test_the_example_of_jacobson_and_truax() -> None:
    """Their hypothetical client: SD 7.5, reliability 0.80, from 32.5 to 47.5 where higher is better."""
    assert reliable_change_index(47.5 - 32.5, 7.5, 0.80) == pytest.approx(15 / 4.743416490252569)
    assert cut_off_a(40, 7.5, sign=-1) == 55
    assert cut_off_b(60, 7.5, sign=-1) == 45
    assert cut_off_c(40, 7.5, 60, 7.5) == 50


def test_cut_offs_where_lower_is_better_lie_on_the_other_side() -> None:
    assert (cut_off_a(32, 7, sign=1), cut_off_b(10, 5, sign=1)) == (18, 20)


def test_cut_off_c_is_as_many_spreads_from_either_mean() -> None:
    c = cut_off_c(35.0, 8.0, 8.0, 4.0)
    assert (35.0 - c) / 8.0 == pytest.approx((c - 8.0) / 4.0)


def test_no_reliability_leaves_the_whole_spread_and_full_reliability_none() -> None:
    assert standard_error_of_measurement(9.0, 0.0) == 9.0
    assert standard_error_of_measurement(9.0, 1.0) == 0.0


#     improvement   >= 15                    > 15
EDGES = """
       15           reliably_improved        no_reliable_change
       14.9         no_reliable_change       no_reliable_change
       15.1         reliably_improved        reliably_improved
        0           no_reliable_change       no_reliable_change
      -15           reliably_deteriorated    no_reliable_change
      -15.1         reliably_deteriorated    reliably_deteriorated
      nan           not_classified           not_classified
"""


@pytest.mark.parametrize("line", EDGES.strip().splitlines())
def test_a_change_of_exactly_the_threshold(line: str) -> None:
    improvement, inclusive, strict = line.split()
    assert classify([float(improvement)], threshold=15)[0] == inclusive
    assert classify([float(improvement)], threshold=15, is_inclusive=False)[0] == strict


def test_classes_keep_the_shape_and_a_missing_index_stays_missing() -> None:
    table = np.array([[20.0, np.nan], [-20.0, 3.0]])
    assert classify(table, threshold=10).shape == (2, 2)
    assert np.array_equal(np.isnan(reliable_change_index(table, 8, 0.8)), np.isnan(table))
    assert classify([], threshold=1).size == 0


def test_classes_are_those_of_the_change_table() -> None:
    assert set(classify([9, 0, -9, np.nan], threshold=5)) == set(codes.CHANGE_CLASSES)


def test_turning_improvement_round_swaps_the_two_reliable_classes() -> None:
    improvement = np.array([-30.0, -15, -3, 0, 3, 15, 30])
    swapped = {"reliably_improved": "reliably_deteriorated", "reliably_deteriorated": "reliably_improved"}
    turned = [swapped.get(name, name) for name in classify(improvement, threshold=15)]
    assert list(classify(-improvement, threshold=15)) == turned


def test_the_two_ways_agree_away_from_the_edge() -> None:
    improvement = np.linspace(-40, 40, 81)
    points = 1.96 * standard_error_of_measurement(9.3, 0.82) * np.sqrt(2)
    by_points = classify(improvement, threshold=float(points))
    by_index = classify(reliable_change_index(improvement, 9.3, 0.82), threshold=1.96, is_inclusive=False)
    assert np.array_equal(by_points, by_index)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: standard_error_of_measurement(0.0, 0.8), "sd must be"),
        (lambda: standard_error_of_measurement(np.nan, 0.8), "sd must be"),
        (lambda: standard_error_of_measurement(8.0, 1.2), "reliability must lie"),
        (lambda: standard_error_of_measurement(8.0, np.nan), "reliability must lie"),
        (lambda: reliable_change_index([3.0], 8.0, 1.0), "no measurement error"),
        (lambda: classify([1.0], threshold=0), "threshold must be"),
        (lambda: classify([1.0], threshold=np.nan), "threshold must be"),
        (lambda: cut_off_a(40, 7, sign=0), "sign must be"),
        (lambda: cut_off_b(40, 7, sign=2), "sign must be"),
        (lambda: cut_off_c(40, 0, 20, 0), "must not both be 0"),
    ],
)
def test_what_has_no_answer_is_refused_in_a_sentence(call: Callable[[], Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        call()
