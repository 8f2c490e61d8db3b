"""What readers can work out, held against a search through every whole number that a withheld count could be."""

from __future__ import annotations

from itertools import combinations, product

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config import ReleaseSettings
from pipeline.disclosure.attack import is_safe, withhold
from pipeline.disclosure.rule import round_counts

RULE = ReleaseSettings()
EXACTLY = ReleaseSettings(round_to=1)


def printed_as(rule: ReleaseSettings, count: int) -> int:
    return int((count + rule.round_to / 2) // rule.round_to * rule.round_to)


def left_open(parts: list[int], shown: list[bool], rule: ReleaseSettings, known: tuple[int, ...]) -> dict[int, set[int]]:
    """Every whole number that each withheld part could be for readers who know the parts at `known`."""
    total = printed_as(rule, sum(parts))
    most = sum(parts) + rule.round_to
    could_be = []
    for position, part in enumerate(parts):
        if position in known:
            could_be.append([part])
        elif shown[position]:
            near = range(max(part - 2 * rule.round_to, rule.minimum_count), part + 2 * rule.round_to + 1)
            could_be.append([n for n in near if printed_as(rule, n) == printed_as(rule, part)])
        else:
            could_be.append(list(range(most + 1)))
    found: dict[int, set[int]] = {i: set() for i, is_shown in enumerate(shown) if not is_shown and i not in known}
    for counts in product(*could_be):
        if printed_as(rule, sum(counts)) == total:
            for position in found:
                found[position].add(counts[position])
    return found


def is_hidden_from_all(parts: list[int], shown: list[bool], rule: ReleaseSettings, *, by_site: bool) -> bool:
    readers = [(), *combinations(range(len(parts)), 1), *combinations(range(len(parts)), 2)] if by_site else [()]
    needed = set(range(rule.minimum_count))
    for known in readers:
        for position, numbers in left_open(parts, shown, rule, known).items():
            if parts[position] < rule.minimum_count and not needed <= numbers:
                return False
    return True


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[int], list[bool]]:
    parts = draw(st.lists(st.integers(0, 24), min_size=2, max_size=4))
    shown = [part >= RULE.minimum_count and draw(st.booleans()) for part in parts]
    return parts, shown


@settings(max_examples=60, deadline=None)
@given(table=tables(), by_site=st.booleans(), rule=st.sampled_from([RULE, EXACTLY]))
def test_a_table_is_safe_just_where_a_search_leaves_every_small_number_open(
    table: tuple[list[int], list[bool]], by_site: bool, rule: ReleaseSettings
) -> None:
    parts, shown = (pd.Series(values) for values in table)
    ours = is_safe(parts, shown, parts < rule.minimum_count, rule, by_site=by_site)
    assert ours == is_hidden_from_all(*table, rule, by_site=by_site)


@settings(max_examples=100, deadline=None)
@given(parts=st.lists(st.integers(0, 60), min_size=3, max_size=12), by_site=st.booleans())
def test_what_is_left_after_withholding_is_safe_and_nothing_comes_back(parts: list[int], by_site: bool) -> None:
    counts = pd.Series(parts, index=[f"S{i}" for i in range(len(parts))])
    small = counts < RULE.minimum_count
    shown = withhold(counts, ~small, small, RULE, by_site=by_site)
    assert not (shown & small).any()
    assert not shown.any() or is_safe(counts, shown, small, RULE, by_site=by_site)
    hidden = counts[~shown & ~small]
    assert hidden.empty or not shown.any() or hidden.max() <= counts[shown].min(), "the smallest go first"


@pytest.mark.parametrize(
    ("parts", "shown", "why"),
    [
        ([50, 40, 30, 3], [50, 40], "three is found as the total less the others, so the thirty goes too"),
        ([50, 40, 30, 20], [50, 40, 30, 20], "nothing is small"),
        ([50, 40, 3, 4], [50], "four and three leave seven: neither could be nine"),
        ([50, 40, 6, 6], [50, 40], "six and six leave twelve"),
    ],
)
def test_without_rounding_a_total_gives_away_what_is_left(parts: list[int], shown: list[int], why: str) -> None:
    counts = pd.Series(parts)
    small = counts < EXACTLY.minimum_count
    kept = withhold(counts, ~small, small, EXACTLY, by_site=False)
    assert counts[kept].tolist() == shown, why


def test_a_site_takes_its_own_small_count_off_the_rest() -> None:
    counts = pd.Series([50, 40, 30, 6, 6])
    small = counts < EXACTLY.minimum_count
    assert is_safe(counts, ~small, small, EXACTLY, by_site=False)
    assert not is_safe(counts, ~small, small, EXACTLY, by_site=True), "whoever has six knows that the other has six"


def test_rounding_of_many_parts_hides_a_single_small_one() -> None:
    parts = pd.Series([32, 47, 51, 28, 66, 43, 38, 59, 5])
    small = parts < RULE.minimum_count
    assert round_counts(parts, RULE).dropna().sum() == 365
    assert is_safe(parts, ~small, small, RULE, by_site=True)
