"""The rule, as tables: exact counts in, what may be printed out."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.config import ReleaseSettings
from pipeline.disclosure.rule import is_spread, may_enter, merge_bins, percent, round_counts, share, status_of
from tests.unit.drawn import drawn

RULE = ReleaseSettings()


def test_counts_below_the_minimum_are_words_and_others_are_rounded() -> None:
    table = drawn("""
        exact  printed  status
        0      -        too_few
        1      -        too_few
        9      -        too_few
        10     10       shown
        12     10       shown
        13     15       shown
        17     15       shown
        18     20       shown
        1002   1000     shown
        -      -        not_recorded
    """)
    exact = table["exact"].astype("Int64")
    assert round_counts(exact, RULE).astype("float64").equals(table["printed"].astype("float64"))
    assert status_of(exact, RULE).tolist() == table["status"].tolist()


def test_a_count_that_may_be_shown_is_never_rounded_to_nought() -> None:
    coarse = ReleaseSettings(minimum_count=8, round_to=20)
    assert round_counts(pd.Series([7, 8, 9, 30]), coarse).tolist() == [pd.NA, 20, 20, 40]


def test_a_share_needs_a_large_denominator_and_enough_on_both_sides() -> None:
    table = drawn("""
        women  of    pct  why
        30     60    50   both_sides_are_large
        20     48    40   48_is_rounded_to_50_and_the_share_comes_from_20_of_50
        30     47    -    47_is_rounded_to_45
        9      60    -    too_few_in_it
        51     60    -    too_few_outside_it
        0      60    -    no_zero
        60     60    -    never_100
        12     2500  -    never_0_once_rounded
        2488   2500  -    never_100_once_rounded
        15     2500  1    0.6_is_rounded_to_1
        -      60    -    nothing_is_known
    """)
    found = share(table["women"].astype("Int64"), table["of"].astype("Int64"), RULE)
    assert found["pct"].tolist() == pytest.approx(table["pct"].astype("float64").tolist(), nan_ok=True)
    assert found["is_shown"].tolist() == table["pct"].notna().tolist()


@pytest.mark.parametrize("changes", [{}, {"minimum_count": 20}, {"round_to": 1}, {"minimum_denominator": 100}])
def test_one_percentage_follows_the_same_rule_as_a_column_of_them(changes: dict[str, int]) -> None:
    rule = RULE.model_copy(update=changes)
    pairs = [(top, bottom) for bottom in range(0, 130, 3) for top in range(bottom + 1)] + [(4_990, 5_000), (10, 3_000)]
    found = share(pd.Series([top for top, _ in pairs]), pd.Series([bottom for _, bottom in pairs]), rule)
    expected = found["pct"].where(found["is_shown"]).tolist()
    given = [percent(top, bottom, rule) for top, bottom in pairs]
    assert [None if value != value else value for value in expected] == given


def test_limits_of_a_share_come_from_the_rounded_counts() -> None:
    row = share(pd.Series([31]), pd.Series([59]), RULE).iloc[0]
    assert (row["low"], row["high"]) == (38, 62)  # R: prop.test(30, 60, correct = FALSE)


@pytest.mark.parametrize(
    ("women", "entered", "why"),
    [
        ([40, 30, 9], [40, 30], "a small site alone stays out"),
        ([40, 30, 4, 5], [40, 30], "two small ones with fewer than the minimum together stay out"),
        ([40, 30, 4, 6], [40, 30, 4, 6], "two small ones with the minimum together may enter"),
        ([40, 30, 10], [40, 30, 10], "ten is not small"),
        ([3, 3, 4], [3, 3, 4], "small ones alone"),
    ],
)
def test_small_sites_enter_a_figure_over_sites_only_together(women: list[int], entered: list[int], why: str) -> None:
    n = pd.Series(women)
    assert n[may_enter(n, RULE)].tolist() == entered, why


@pytest.mark.parametrize(
    ("women", "may_stand"),
    [
        ([50, 50], False),
        ([50, 50, 9], False),
        ([50, 50, 10], True),
        ([50, 50, 5, 5], True),
        ([50, 50, 0, 0], False),
        ([], False),
    ],
)
def test_a_figure_over_sites_needs_three_and_the_minimum_without_the_two_largest(women: list[int], may_stand: bool) -> None:
    assert is_spread(pd.Series(women, dtype="float64"), RULE) is may_stand


def test_bins_are_joined_until_each_may_stand_and_reach_to_both_ends() -> None:
    counts = drawn("""
        S01  S02  S03  S04
        0    0    0    0
        1    0    0    0
        2    3    2    3
        9    9    5    5
        8    8    8    8
        2    0    0    0
        0    0    0    0
    """)
    bins = merge_bins(counts, RULE)
    assert bins == [(0, 3), (4, 6)]
    assert [int(counts.iloc[first : last + 1].to_numpy().sum()) for first, last in bins] == [39, 34]


def test_bins_of_two_sites_are_not_given_at_all() -> None:
    assert merge_bins(pd.DataFrame({"S01": [30, 40], "S02": [20, 50]}), RULE) == []
