"""Funnels: the flag is what the drawn limit says, over-dispersion from ten sites on, and how many alarms are chance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.stats.funnel import funnel_of_means, funnel_of_proportions, limits_at
from pipeline.stats.funnel_alarms import expected_false_alarms

pytestmark = pytest.mark.filterwarnings("error")
SIZES = np.array([8, 12, 15, 20, 30, 35, 40, 60, 80, 120, 150])


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=30))
def test_a_flag_is_what_the_drawn_limits_say(counts: list[tuple[int, int]]) -> None:
    events, n = [min(pair) for pair in counts], [max(pair) for pair in counts]
    ours = funnel_of_proportions(events, n, minimum=5)
    for by_level in (ours.base, ours.over_dispersed, ours.exact):
        for limits in by_level.values():
            for value, low, high, flag in zip(ours.value, limits.low, limits.high, limits.flag, strict=True):
                assert flag == (
                    "not_drawn" if np.isnan(low) else "below" if value < low else "above" if value > high else "within"
                )
    assert list(ours.is_drawn) == [size >= 5 for size in n]
    for level in ours.base:
        drawn = ours.is_drawn
        assert np.all(ours.over_dispersed[level].low[drawn] <= ours.base[level].low[drawn])
        assert np.all(ours.over_dispersed[level].high[drawn] >= ours.base[level].high[drawn])
        assert np.all((ours.base[level].low[drawn] >= 0) & (ours.base[level].high[drawn] <= 1))


def test_limits_of_a_mean_by_hand() -> None:
    ours = funnel_of_means([25, 100], [9.0, 10.0], [10.0, 10.0])
    assert (ours.target, ours.sigma2, ours.df) == (pytest.approx(9.8), pytest.approx(100), 123)
    assert ours.base[0.95].low == pytest.approx([9.8 - 1.959964 * 2, 9.8 - 1.959964], abs=1e-6)
    assert ours.base[0.998].high == pytest.approx([9.8 + 3.090232 * 2, 9.8 + 3.090232], abs=1e-6)


def test_sites_below_the_minimum_are_listed_and_change_nothing() -> None:
    value = np.array([4, 9, 10, 8, 9, 11, 7, 9, 10, 8, 9.5])
    whole = funnel_of_means(SIZES, value, np.full(11, 10.0), minimum=10)
    without = funnel_of_means(SIZES[1:], value[1:], np.full(10, 10.0))
    assert whole.base[0.95].flag[0] == "not_drawn"
    assert np.isnan(whole.base[0.95].low[0])
    assert (whole.k, whole.target, whole.tau2) == (10, without.target, without.tau2)
    assert np.array_equal(whole.base[0.998].low[1:], without.base[0.998].low)


def test_over_dispersion_needs_ten_sites() -> None:
    value = np.array([0, 20, 0, 20, 0, 20, 0, 20, 0, 20.0])
    ten = funnel_of_means(np.full(10, 50), value, np.full(10, 5.0))
    nine = funnel_of_means(np.full(9, 50), value[:9], np.full(9, 5.0))
    assert (ten.tau2 > 0, ten.reason) == (True, "")
    assert nine.tau2 == 0
    assert "fewer than 10 sites" in nine.reason
    assert np.array_equal(nine.base[0.95].high, nine.over_dispersed[0.95].high)
    assert set(ten.base[0.998].flag) == {"below", "above"}
    assert set(ten.over_dispersed[0.998].flag) == {"within"}


def test_nobody_or_everybody_recovered() -> None:
    for events, edge in ((0, 0.0), (1, 1.0)):
        ours = funnel_of_proportions(SIZES * events, SIZES)
        assert ours.target == edge
        assert set(ours.base[0.95].flag) == set(ours.exact[0.998].flag) == {"within"}


def test_nothing_to_draw_says_why() -> None:
    for ours in (
        funnel_of_means([], [], []),
        funnel_of_means([3, 4], [5.0, 6.0], [1.0, 1.0], minimum=5),
        funnel_of_means([1, 1], [5.0, 6.0], [np.nan, np.nan]),
        funnel_of_means([5, 6], [5.0, 6.0], [0.0, 0.0]),
        funnel_of_proportions([1, 2], [3, 4], minimum=5),
    ):
        assert ours.reason
        assert (ours.k, ours.tau2) == (0, 0)
        assert set(ours.base[0.95].flag) <= {"not_drawn"}
        assert np.isnan(limits_at(ours, [10.0], level=0.95, is_over_dispersed=True)).all()
        alarms = expected_false_alarms(ours, rng=np.random.default_rng(1))
        assert alarms.base == {0.95: 0, 0.998: 0}


def test_base_alarms_follow_the_formula_and_few_sites_are_not_simulated() -> None:
    four = funnel_of_means(SIZES[:4], np.full(4, 9.0), np.full(4, 10.0))
    alarms = expected_false_alarms(four, rng=np.random.default_rng(1))
    assert alarms.base == pytest.approx({0.95: 0.2, 0.998: 0.008})
    assert (alarms.over_dispersed, alarms.replicates) == (alarms.base, 0)


def test_simulated_alarms_are_those_of_sites_that_really_vary() -> None:
    """Planted: thirty sites vary by 3 points, none is special. Count flags of fresh studies; the forecast agrees."""
    rng = np.random.default_rng(20261122)
    n = np.tile([10, 20, 40, 80, 140], 6)
    seen, forecasts = [], []
    for study in range(200):
        mean = rng.normal(9, np.sqrt(9 + 121 / n))
        sd = 11 * np.sqrt(rng.chisquare(n - 1) / (n - 1))
        ours = funnel_of_means(n, mean, sd)
        seen.append(np.sum(ours.over_dispersed[0.95].flag != "within"))
        if study % 5 == 0:
            forecasts.append(expected_false_alarms(ours, rng=rng, replicates=50).over_dispersed[0.95])
    error = np.std(seen) / np.sqrt(len(seen))
    assert np.mean(forecasts) == pytest.approx(np.mean(seen), abs=4 * error)
    assert np.mean(seen) > 1.5 + 4 * error  # winsorising makes these limits too narrow when sites do vary: hence simulation


def test_the_budget_of_ten_sites_does_not_fall_short_as_one_guess_of_their_spread_would() -> None:
    """Planted: ten sites vary by 4.5 points. A budget at the one variance guessed from each study expects a tenth less."""
    rng = np.random.default_rng(20261122)
    n = np.full(10, 30)
    studies = [
        funnel_of_means(n, rng.normal(10, np.sqrt(20.25 + 169 / n)), 13 * np.sqrt(rng.chisquare(29, 10) / 29))
        for _ in range(1500)
    ]
    seen = [np.sum(each.over_dispersed[0.95].flag != "within") for each in studies]
    budgets = [expected_false_alarms(each, rng=rng, replicates=200).over_dispersed[0.95] for each in studies[:100]]
    error = np.hypot(np.std(seen) / np.sqrt(len(seen)), np.std(budgets) / np.sqrt(len(budgets)))
    assert np.mean(budgets) == pytest.approx(np.mean(seen), abs=2.5 * error)


def test_simulation_of_shares_is_reproducible_and_near_the_base_without_over_dispersion() -> None:
    n = np.full(40, 400)
    ours = funnel_of_proportions(np.random.default_rng(2).binomial(n, 0.5), n)
    first = expected_false_alarms(ours, rng=np.random.default_rng(4))
    assert first == expected_false_alarms(ours, rng=np.random.default_rng(4))
    assert first.error[0.95] < 0.1
    assert 0.5 < first.over_dispersed[0.95] < 4


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: funnel_of_proportions([5], [4]), "more events"),
        (lambda: funnel_of_proportions([1.5], [4]), "whole numbers"),
        (lambda: funnel_of_means([5], [4.0], [-1.0]), "sd must not"),
        (lambda: funnel_of_means([5, 6], [4.0], [1.0]), "lengths differ"),
        (lambda: expected_false_alarms(funnel_of_proportions([1], [4]), rng=np.random.default_rng(1), replicates=0), "replic"),
    ],
)
def test_what_has_no_answer_is_refused_in_a_sentence(call: Callable[[], Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        call()
