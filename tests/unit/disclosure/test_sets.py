"""Set differences, held against readers who subtract one released figure from another."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config import ReleaseSettings
from pipeline.disclosure.sets import ReleasedSets, is_apart, is_hidden_among_others

RULE = ReleaseSettings()


def at_sites(*counts: int) -> np.ndarray:
    return np.repeat(np.arange(len(counts)), counts)


def first_of_each(sites: np.ndarray, *counts: int) -> np.ndarray:
    """Truth values: at each site so many women, the first ones."""
    return np.concatenate([np.arange(np.sum(sites == site)) < n for site, n in enumerate(counts)])


@pytest.mark.parametrize(
    ("counts", "may_join", "why"),
    [
        ((20, 20, 20, 20), True, "the very set that is out already"),
        ((20, 20, 20, 19), False, "one woman lies between"),
        ((17, 17, 18, 19), False, "nine women lie between"),
        ((0, 0, 20, 20), False, "forty lie between, at two sites that know each other's"),
        ((14, 14, 14, 14), True, "twelve at two sites lie between besides the two largest"),
        ((0, 0, 0, 3), False, "three women alone"),
    ],
)
def test_a_set_joins_where_what_lies_between_it_and_the_others_is_nobody_or_a_figure(
    counts: tuple[int, ...], may_join: bool, why: str
) -> None:
    sites = at_sites(30, 30, 30, 30)
    released = ReleasedSets(sites, RULE)
    released.hold(first_of_each(sites, 20, 20, 20, 20))
    women = first_of_each(sites, *counts)
    assert released.admits(women) is may_join, why
    assert released.admit(women) is may_join
    assert released.admits(women) is may_join, "what was admitted may be admitted again"


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), thresholds=st.lists(st.integers(1, 30), min_size=2, max_size=12))
def test_no_two_sets_that_stand_tell_of_one_to_nine_women(seed: int, thresholds: list[int]) -> None:
    random = np.random.default_rng(seed)
    sites = random.integers(0, 6, 300)
    gain = random.normal(12, 9, 300).round()
    released = ReleasedSets(sites, RULE)
    standing = [gain >= points for points in thresholds if released.admit(gain >= points)]
    for one, other in combinations(standing, 2):
        differing = one ^ other
        assert not 0 < differing.sum() < RULE.minimum_count
        by_site = np.sort(np.bincount(sites[differing], minlength=6))
        assert differing.sum() == 0 or by_site[:-2].sum() >= RULE.minimum_count, "two sites take their own women off"


@pytest.mark.parametrize(
    ("other", "stands"),
    [
        ({"S1": 40, "S2": 30}, True),
        ({"S1": 40, "S2": 27}, False),
        ({"S1": 45, "S2": 26}, False),
        ({"S1": 40, "S2": 30, "S3": 9}, False),
        ({"S1": 40, "S2": 30, "S3": 10}, True),
        ({"S1": 40}, True),
    ],
)
def test_two_figures_stand_where_nobody_or_enough_women_are_in_one_alone(other: dict[str, int], stands: bool) -> None:
    first = pd.Series({"S1": 40, "S2": 30})
    assert is_apart(first, pd.Series(other), RULE) is stands
    assert is_apart(pd.Series(other), first, RULE) is stands


@pytest.mark.parametrize(
    ("counts", "printed", "is_hidden", "why"),
    [
        ([30, 25, 14], [True, True, True], True, "nothing is small, and all is printed"),
        ([30, 25, 14], [True, True, False], True, "what is withheld is no small number"),
        ([30, 25, 4], [True, True, False], False, "four is what the others leave"),
        ([30, 4, 5, 6], [True, False, False, False], False, "two that know their own rows find the third"),
        ([30, 4, 14, 6, 22], [True, False, False, False, False], True, "besides two that know theirs another one is left"),
    ],
)
def test_a_small_number_is_one_of_several_that_are_withheld(
    counts: list[int], printed: list[bool], is_hidden: bool, why: str
) -> None:
    assert is_hidden_among_others(pd.Series(counts), pd.Series(printed), RULE) is is_hidden, why
