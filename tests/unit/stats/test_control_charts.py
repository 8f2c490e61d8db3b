"""Control charts: each rule by hand, missing months, short series, parts, and series that do not vary."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.stats.control_chart import control_chart

pytestmark = pytest.mark.filterwarnings("error")
CALM = [10.0, 12] * 10  # mean 11, every moving range 2: limits 11 +/- 5.32, two thirds of the way at 11 +/- 3.55
nan = np.nan


def test_centre_and_limits_by_hand() -> None:
    chart = control_chart(CALM)
    assert (chart.kind, chart.centre[0], chart.low[0], chart.high[0]) == (
        "xmr",
        11,
        pytest.approx(11 - 2.66 * 2),
        pytest.approx(11 + 2.66 * 2),
    )
    assert set(chart.rule) == {""} and not np.any(chart.direction)


def test_moving_ranges_do_not_reach_across_a_missing_month() -> None:
    """Without 12 and 40 side by side there are only ranges of 2."""
    chart = control_chart([10, 12, 10, 12, 10, 12, 10, 12, nan, 40, 42, 40, 42, 40, 42, 40, 42])
    assert chart.high[0] - chart.centre[0] == pytest.approx(2.66 * 2)
    assert chart.centre[0] == 26
    assert (chart.rule[8], chart.direction[8]) == ("", 0)


def flagged(tail: list[float], rule: str) -> list[int]:
    """Say which of the tail's points break a rule, with the limits of the calm months before it."""
    chart = control_chart([*CALM, *tail], n_baseline=len(CALM))
    return np.flatnonzero(getattr(chart, rule)[len(CALM) :]).tolist()


@pytest.mark.parametrize(
    ("tail", "rule", "points"),
    [
        ([16.2, 17, 5, 5.7], "outside", [1, 2]),
        ([10, 12, 12, 12, 12, 12, 12, 12], "shift", [1, 2, 3, 4, 5, 6, 7]),
        ([10, 12, 12, 12, 12, 12, 12], "shift", []),  # six
        ([10, 12, 12, 12, 11, 12, 12, 12, 12], "shift", []),  # a point on the centre is on neither side
        ([10, 12, 12, 12, nan, 12, 12, 12, 12], "shift", []),  # nobody knows which side the missing month was on
        ([9, 9.5, 10, 10.5, 11.5, 12, 12.5, 10], "trend", [0, 1, 2, 3, 4, 5, 6]),
        ([9.5, 10, 10.5, 11.5, 12, 12.5, 10], "trend", []),  # from 12 down to 9.5, and then five steps up
        ([9, 9.5, 10, 10, 10.5, 11.5, 12, 12.5, 10], "trend", []),  # two months alike
        ([9, 9.5, 10, nan, 10.5, 11.5, 12, 12.5, 10], "trend", []),
        ([15, 12, 15, 10], "two_of_three", [0, 2]),
        ([15, 10, 15, 10], "two_of_three", []),  # the one between is on the other side
        ([15, nan, 15, 10], "two_of_three", []),
        ([17, 12, 15, 10], "two_of_three", []),  # 17 is outside, which has its own rule
        ([15, 12, 12, 15], "two_of_three", []),
    ],
)
def test_each_rule(tail: list[float], rule: str, points: list[int]) -> None:
    assert flagged(tail, rule) == points


def test_turning_the_series_upside_down_turns_directions_only() -> None:
    stream = np.random.default_rng(1)
    y = np.cumsum(stream.normal(0, 1, 60)) + stream.normal(0, 1, 60)
    up, down = control_chart(y), control_chart(-y)
    assert up.rule == down.rule and "shift" in up.rule
    assert np.array_equal(up.direction, -down.direction)
    np.testing.assert_allclose(up.high, -down.low)


def test_under_fifteen_points_there_is_a_run_chart() -> None:
    chart = control_chart([*range(1, 8), 1, 1, 1, 1, 9, 1, 1, nan])
    assert (chart.kind, chart.centre[0]) == ("run", 1.5)  # the median of 14
    assert np.isnan(chart.low).all() and not np.any(chart.outside) and not np.any(chart.two_of_three)
    assert chart.rule[:7] == ("trend",) * 7
    assert chart.reason == "fewer than 15 points: a run chart without limits"
    assert control_chart([*CALM[:15]]).kind == "xmr"


def test_a_part_needs_twelve_points() -> None:
    whole = control_chart([*CALM[:12], *[30.0, 34] * 6], partitions=[12])
    assert whole.segment.tolist() == [0] * 12 + [1] * 12
    assert (whole.centre[0], whole.centre[-1], whole.high[-1]) == (11, 32, pytest.approx(32 + 2.66 * 4))
    assert set(whole.rule) == {""}
    short = control_chart([*CALM[:12], *[30.0, 34] * 6], partitions=[13])
    assert set(short.segment) == {0} and "not partitioned" in short.reason
    missing = control_chart([*CALM[:12], *[30.0, 34] * 5, nan, 34], partitions=[12])
    assert set(missing.segment) == {0}


def test_runs_do_not_reach_across_a_partition() -> None:
    """Six above the centre of the first part, six above the centre of the second: no seven."""
    first, second = [10.0, 9, 10, 8, 10, 9, 13, 12, 13, 12, 13, 12], [33.0, 32, 33, 32, 33, 32, 28, 29, 28, 29, 28, 29]
    assert not np.any(control_chart([*first, *second], partitions=[12]).shift)


def test_a_series_that_does_not_vary_has_no_special_cause() -> None:
    """The mean of twenty times 0.1 is not 0.1 in binary: that is no side of the centre."""
    chart = control_chart([0.1] * 20)
    assert chart.low[0] == chart.high[0] == pytest.approx(0.1)
    assert set(chart.rule) == {""}


@pytest.mark.parametrize("values", [[], [nan, nan]])
def test_no_values(values: list[float]) -> None:
    chart = control_chart(values)
    assert (chart.kind, chart.reason, len(chart.rule)) == ("run", "no values", len(values))
    assert np.isnan(chart.centre).all()


def test_every_other_month_missing_leaves_no_moving_range() -> None:
    chart = control_chart([5.0, nan] * 16)
    assert np.isnan(chart.low).all() and chart.centre[0] == 5
    assert "no two neighbouring months" in chart.reason


@pytest.mark.parametrize("partitions", [[0], [40], [20, 20], [25, 14]])
def test_impossible_partitions_are_errors(partitions: list[int]) -> None:
    with pytest.raises(ValueError, match="partitions must rise"):
        control_chart(CALM * 2, partitions=partitions)
