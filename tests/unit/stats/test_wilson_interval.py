"""Wilson's interval: edges, the equation it solves, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.stats.proportion import wilson

pytestmark = pytest.mark.filterwarnings("error")

Z = 1.959963984540054


@st.composite
def counts(draw: st.DrawFn) -> tuple[int, int]:
    n = draw(st.integers(1, 5000))
    return draw(st.integers(0, n)), n


def test_none_and_all_touch_the_edge_exactly() -> None:
    share = wilson([0, 9], [9, 9])
    assert (share.low[0], share.high[1]) == (0.0, 1.0)
    assert share.high[0] == pytest.approx(Z**2 / (9 + Z**2))
    assert share.low[1] == pytest.approx(9 / (9 + Z**2))


def test_a_group_of_nobody_has_no_share_and_a_reason() -> None:
    share = wilson([0, 3], [0, 6])
    assert np.isnan([share.estimate[0], share.low[0], share.high[0]]).all()
    assert share.estimate[1] == 0.5
    assert "nobody" in share.reason
    assert wilson([3], [6]).reason == ""


@given(counts())
def test_each_limit_is_where_the_score_test_just_rejects(pair: tuple[int, int]) -> None:
    x, n = pair
    share = wilson([x], [n])
    for limit in (float(share.low[0]), float(share.high[0])):
        if 0 < limit < 1:
            assert abs(x / n - limit) == pytest.approx(Z * (limit * (1 - limit) / n) ** 0.5, rel=1e-9, abs=1e-12)
    assert 0 <= share.low[0] <= share.estimate[0] <= share.high[0] <= 1


@given(counts())
def test_counting_the_others_mirrors_the_interval(pair: tuple[int, int]) -> None:
    x, n = pair
    one, other = wilson([x], [n]), wilson([n - x], [n])
    assert (one.low[0], one.high[0]) == pytest.approx((1 - other.high[0], 1 - other.low[0]), abs=1e-12)


def test_counts_are_broadcast() -> None:
    assert wilson([[1], [2]], [4, 8, 16]).low.shape == (2, 3)


@pytest.mark.parametrize(("x", "n"), [([-1], [4]), ([5], [4]), ([1.5], [4]), ([np.nan], [4]), ([1], [np.inf])])
def test_what_is_no_count_is_refused(x: Any, n: Any) -> None:
    with pytest.raises(ValueError, match="whole numbers"):
        wilson(x, n)


def test_level_outside_zero_and_one_is_refused() -> None:
    with pytest.raises(ValueError, match="level"):
        wilson([1], [4], level=95)
