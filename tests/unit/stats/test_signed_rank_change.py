"""Change by ranks and resampled limits: what must hold for any scores, and what has no answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.stats.resampling import resample_d_av
from pipeline.stats.signed_rank import signed_rank

pytestmark = pytest.mark.filterwarnings("error")
scores = st.lists(st.tuples(st.integers(0, 80), st.integers(0, 80)), min_size=1, max_size=40)


@given(scores)
def test_estimate_and_limits_are_those_of_all_averages_of_two(pairs: list[tuple[int, int]]) -> None:
    pre, post = zip(*pairs, strict=True)
    change = np.subtract(pre, post)
    averages = sorted((change[i] + change[j]) / 2 for i in range(len(change)) for j in range(i, len(change)))
    ours = signed_rank(pre, post, sign=1)
    assert ours.estimate == np.median(averages)
    if np.isfinite(ours.low):
        as_far_out = [k for k, average in enumerate(averages) if average == ours.low and averages[-1 - k] == ours.high]
        assert as_far_out, "the limits are not the same number of averages from either end"


@given(scores)
def test_turning_the_measure_round_turns_signs_only(pairs: list[tuple[int, int]]) -> None:
    pre, post = zip(*pairs, strict=True)
    one, other = signed_rank(pre, post, sign=1), signed_rank(pre, post, sign=-1)
    assert (one.w_plus, one.w_minus) == (other.w_minus, other.w_plus)
    for left, right in ((one.estimate, -other.estimate), (one.low, -other.high), (one.p_value, other.p_value)):
        assert left == pytest.approx(right, nan_ok=True)


def test_limits_cover_as_promised_where_exact() -> None:
    """Six pairs allow 96.9 %: the whole range of averages of two; five allow no more than 93.75 %, so there are none."""
    six = signed_rank([9.0, 8, 7, 6, 5, 4], [8.5, 6.9, 4.8, 2.1, 3.3, 0.3], sign=1)
    assert (six.method, six.low, six.high) == ("exact", 0.5, 3.9)
    five = signed_rank([9.0, 8, 7, 6, 5], [8.5, 6.9, 4.8, 2.1, 3.3], sign=1)
    assert np.isnan([five.low, five.high]).all()
    assert "too few pairs" in five.reason


def test_rounding_error_does_not_pull_ties_apart() -> None:
    pre, post = [1.2, 0.6, 0.9, 2.0], [0.9, 0.3, 0.6, 1.9]
    assert len({a - b for a, b in zip(pre, post, strict=True)}) == 4
    ours = signed_rank(pre, post, sign=1)
    assert (ours.method, ours.w_plus, ours.w_minus) == ("normal", 10, 0)


def test_no_change_at_all_and_nobody() -> None:
    same = signed_rank([5, 6, 7, 8, 9, 10, 11], [5, 6, 7, 8, 9, 10, 11], sign=1)
    assert (same.estimate, same.n_zero, same.reason) == (0, 7, "no score changed: no test, no rank-biserial correlation")
    assert np.isnan([same.p_value, same.rank_biserial]).all()
    nobody = signed_rank([], [], sign=1)
    assert (nobody.n, nobody.method, nobody.reason) == (0, "none", "no pairs")
    lone = signed_rank([9, np.nan, 4], [4, 3, np.nan], sign=1)
    assert (lone.n, lone.estimate, lone.rank_biserial) == (1, 5, 1)
    assert "too few pairs" in lone.reason


def test_nine_thousand_pairs_take_no_time() -> None:
    rng = np.random.default_rng(3)
    pre = rng.integers(0, 81, 9000)
    start = time.perf_counter()
    ours = signed_rank(pre, np.clip(pre - 5, 0, 80), sign=1)
    assert time.perf_counter() - start < 2
    assert ours.estimate == 5


def test_resampled_limits_do_not_depend_on_the_order_of_women() -> None:
    rng = np.random.default_rng(5)
    pre, post = rng.normal(48, 12, 50), rng.normal(38, 14, 50)
    turned = rng.permutation(50)
    one = resample_d_av(pre, post, sign=1, rng=np.random.default_rng(9))
    assert one == resample_d_av(pre[turned], post[turned], sign=1, rng=np.random.default_rng(9))
    assert one.low < one.estimate < one.high
    assert one.replicates == 2000


def test_resamples_without_spread_are_counted() -> None:
    two = resample_d_av([10, 20], [4, 9], sign=1, rng=np.random.default_rng(1), replicates=400)
    n_lost = int(two.reason.split()[0])
    assert two.replicates == 400 - n_lost
    assert abs(n_lost - 200) < 50  # both draws the same woman: one in two
    assert np.isfinite([two.low, two.high]).all()


@pytest.mark.parametrize(("pre", "post"), [([], []), ([5], [3]), ([7, 7, 7], [4, 4, 4])])
def test_resampling_what_has_no_spread(pre: list[int], post: list[int]) -> None:
    ours = resample_d_av(pre, post, sign=1, rng=np.random.default_rng(1))
    assert np.isnan([ours.low, ours.high]).all()
    assert ours.reason


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: signed_rank([1, 2], [1], sign=1), "lengths differ"),
        (lambda: signed_rank([1, np.inf], [1, 2], sign=1), "infinite"),
        (lambda: signed_rank([1], [2], sign=0), "sign must be"),
        (lambda: signed_rank([1], [2], sign=1, level=95), "level"),
        (lambda: resample_d_av([1, 2], [2, 5], sign=1, rng=np.random.default_rng(1), replicates=0), "replicates"),
    ],
)
def test_what_has_no_answer_is_refused_in_a_sentence(call: Callable[[], Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        call()
