"""Score: one total a woman's referral, measure and occasion."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pandas as pd
import pytest

from pipeline.measures import Items, Measure, Range
from pipeline.stages.score import score, score_items

pytestmark = pytest.mark.filterwarnings("error")
Typed = Callable[[str, str], pd.DataFrame]


def totals(typed: Typed, known: dict[str, Measure], text: str) -> dict[str, tuple[Any, ...]]:
    """Score, items answered and where the score comes from, by referral."""
    scored = score(typed("accepted_outcomes", text), known)
    columns = scored[["score", "items_answered", "scored_from"]].astype("object")
    rows = columns.where(columns.notna(), None).itertuples(index=False)
    return {referral: tuple(row) for referral, row in zip(scored["referral_id"], rows, strict=True)}


def test_a_total_that_was_returned_stands(typed: Typed, measures: dict[str, Measure]) -> None:
    made = totals(
        typed,
        measures,
        """
        site_id | referral_id | measure | occasion | total | items           | items_answered
        S01     | R1          | phq9    | pre      | 12    |                 | 9
        S01     | R2          | phq9    | pre      | 12    | 1;1;1;1;1;1;1;; |
        """,
    )
    assert made == {"R1": (12, 9, "total"), "R2": (12, 7, "total")}


def test_items_are_added_up_and_reversed_where_the_measure_says_so(typed: Typed, measures: dict[str, Measure]) -> None:
    """CORE-10: ten times the mean, items 2 and 3 reversed, so 4 to item 2 counts as 0."""
    made = totals(
        typed,
        measures,
        """
        site_id | referral_id | measure | occasion | items
        S01     | R1          | phq9    | pre      | 3;3;3;3;3;3;3;3;2
        S01     | R2          | core10  | pre      | 0;4;4;0;0;0;0;0;0;0
        S01     | R3          | core10  | pre      | 4;0;0;4;4;4;4;4;4;4
        S01     | R4          | core10  | pre      | 0;0;0;0;0;0;0;0;0;0
        """,
    )
    assert made == {"R1": (26, 9, "items"), "R2": (0, 10, "items"), "R3": (40, 10, "items"), "R4": (8, 10, "items")}


def test_items_that_begin_at_one_are_reversed_within_their_own_range() -> None:
    rule = Items(count=3, low=1, high=5, reversed=(2,))
    found, _ = score_items(pd.Series(["1;1;1", "5;5;5", "1;5;1"], dtype="str"), rule)
    assert found.tolist() == [1 + 5 + 1, 5 + 1 + 5, 3]


def test_missing_items_are_made_up_only_as_far_as_a_sourced_rule_allows(typed: Typed, measures: dict[str, Measure]) -> None:
    """CORE-10 allows one missing item of ten; no rule for the PHQ-9 was found, so none is used."""
    made = totals(
        typed,
        measures,
        """
        site_id | referral_id | measure | occasion | items
        S01     | R1          | core10  | pre      | 4;;0;4;4;4;4;4;4;4
        S01     | R2          | core10  | pre      | 1;2;2;1;1;1;1;1;1
        S01     | R3          | core10  | pre      | 4;;;4;4;4;4;4;4;4
        S01     | R4          | phq9    | pre      | 3;3;3;3;3;3;3;3;
        S01     | R5          | phq9    | pre      | 3
        """,
    )
    assert made == {"R1": (40, 9, "items"), "R2": (pytest.approx(10 * 11 / 9), 9, "items")}


def test_a_made_up_item_is_the_mean_of_the_answered_after_reversal() -> None:
    rule = Items(count=4, low=0, high=4, reversed=(1,), max_missing=1)
    found, answered = score_items(pd.Series(["0;4;4;"], dtype="str"), rule)
    assert (found.tolist(), answered.tolist()) == ([16], [3])


@pytest.mark.parametrize("count", [7, 9, 10, 13, 14, 20, 25, 34])
def test_a_whole_form_gives_a_whole_number_to_the_last_digit(count: int) -> None:
    """A total of 14.999999999999998 would miss a threshold of 15."""
    forms = [";".join(["1"] * ones + ["0"] * (count - ones)) for ones in range(count + 1)]
    found, _ = score_items(pd.Series(forms, dtype="str"), Items(count=count, low=0, high=4))
    assert found.tolist() == list(range(count + 1))


def test_no_answer_at_all_is_no_score_even_where_every_item_may_be_missing() -> None:
    found, answered = score_items(pd.Series([";;", None], dtype="str"), Items(count=3, low=0, high=3, max_missing=3))
    assert found.isna().all()
    assert answered.iloc[0] == 0


def test_a_measure_without_a_rule_for_items_takes_totals_alone(typed: Typed) -> None:
    plain = Measure(id="plain", name="Plain", better="higher", range=Range(low=0, high=9))
    text = "site_id|referral_id|measure|occasion|total|items\nS01|R1|plain|pre|4|\nS01|R2|plain|pre||1;2"
    assert totals(typed, {"plain": plain}, text) == {"R1": (4, None, "total")}


def test_only_measures_of_the_study_are_scored_and_none_is_an_empty_table(typed: Typed, measures: dict[str, Measure]) -> None:
    text = "site_id|referral_id|measure|occasion|total\nS01|R1|phq9|pre|4\nS01|R2|gad7|pre|5"
    assert set(totals(typed, {"gad7": measures["gad7"]}, text)) == {"R2"}
    assert totals(typed, {"pcl5": measures["pcl5"]}, text) == {}
    assert totals(typed, measures, "site_id|referral_id|measure") == {}


def test_dates_and_occasions_go_with_the_score(typed: Typed, measures: dict[str, Measure]) -> None:
    text = "site_id|referral_id|measure|date|occasion|total\nS01|R1|phq9|2026-01-05|during|4"
    (row,) = score(typed("accepted_outcomes", text), measures).to_dict("records")
    assert (row["date"], row["occasion"], row["site_id"]) == (pd.Timestamp("2026-01-05"), "during", "S01")


def test_every_shipped_measure_with_items_scores_its_own_range(measures: dict[str, Measure]) -> None:
    for measure in (m for m in measures.values() if m.items is not None):
        rule = measure.items
        assert rule is not None
        best = [rule.high if n in rule.reversed else rule.low for n in range(1, rule.count + 1)]
        worst = [rule.low + rule.high - answer for answer in best]
        found, _ = score_items(pd.Series([";".join(map(str, form)) for form in (best, worst)], dtype="str"), rule)
        assert found.tolist() == [measure.range.low, measure.range.high], measure.id


def test_one_more_point_on_any_item_is_one_more_point_or_one_less() -> None:
    rule = Items(count=3, low=0, high=4, reversed=(3,))
    found, _ = score_items(pd.Series(["0;0;0", "1;0;0", "1;1;0", "1;1;1"], dtype="str"), rule)
    assert [after - before for before, after in pairwise(found)] == [1, 1, -1]
