"""Voices: who is counted once, what stands in a denominator, and that the same people and different people are never mixed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from pipeline.config import ReleaseSettings
from pipeline.instruments import Instrument, load
from pipeline.stages.voices import voices
from pipeline.tables import empty, schemas

pytestmark = pytest.mark.filterwarnings("error")

Typed = Callable[[str, str], pd.DataFrame]
TOPICS = ("experience", "survey", "staff", "training")


@pytest.fixture
def say(typed: Typed) -> Callable[..., dict[str, pd.DataFrame]]:
    """Run the stage on tables drawn as text; those not drawn are empty."""

    def run(known: dict[str, Instrument] | None = None, minimum: int = 10, **drawn: str) -> dict[str, pd.DataFrame]:
        tables = {name: typed(f"accepted_{name}", drawn[name]) if name in drawn else empty(f"accepted_{name}") for name in TOPICS}
        others = [
            typed(f"accepted_{name}", drawn[name]) if name in drawn else empty(f"accepted_{name}")
            for name in ("referrals", "service")
        ]
        made = voices(tables, *others, known or load(), ReleaseSettings(minimum_count=minimum))
        for name, table in made.items():
            schemas()[name].validate(table)
        return made

    return run


def counts(table: pd.DataFrame, part: str = "answer", **where: Any) -> dict[Any, int]:
    mine = table[(table["part"] == part) & (table["site_id"] == "ALL")]
    for column, value in where.items():
        mine = mine[mine[column] == value]
    return {None if pd.isna(a) else int(a): int(n) for a, n in zip(mine["answer"], mine["n"], strict=True)}


def test_no_table_gives_empty_tables(say: Callable[..., dict[str, pd.DataFrame]]) -> None:
    assert all(table.empty for table in say().values())


def test_a_woman_counts_once_by_her_last_answer_and_a_form_without_a_referral_by_itself(say: Any) -> None:
    made = say(
        referrals="""
            site_id | referral_id | person_id
            S01     | R1          | P1
            S01     | R2          | P1
            S02     | R1          | P1
        """,
        experience="""
            site_id | instrument | question | response | date       | referral_id
            S01     | fft        | 1        | 5        | 2025-01-01 | R1
            S01     | fft        | 1        | 1        | 2025-02-01 | R2
            S01     | FFT        | Q1       | 2        | 2025-02-01 |
            S01     | fft        | 1        | 2        | 2025-02-01 |
            S02     | fft        | 1        | 6        | 2025-02-01 | R1
            S02     | fft        | 1        |          | 2025-02-01 |
        """,
    )
    table = made["experience_summary"]
    assert counts(table) == {1: 1, 2: 2, 3: 0, 4: 0, 5: 0, 6: 1}
    assert counts(table, "positive") == {None: 3}
    whole = table[(table["site_id"] == "ALL") & (table["part"] == "positive")].iloc[0]
    assert (whole["n_answered"], whole["n_linked"]) == (4, 1), "don't know stands in the denominator"
    assert made["voices"].set_index("site_id")["n"].to_dict() == {"S01": 3, "S02": 1}


def test_two_answers_of_one_person_and_day_that_differ_count_for_nothing(say: Any) -> None:
    made = say(
        staff="""
            site_id | staff_code | date       | instrument | question | response
            S01     | A          | 2025-01-01 | nomad      | 1        | 4
            S01     | A          | 2025-01-01 | nomad      | 1        | 5
            S01     | B          | 2025-01-01 | nomad      | 1        | 4
            S01     | B          | 2025-01-01 | nomad      | 1        | 4
        """
    )
    assert counts(made["staff_summary"])[4] == 1
    assert counts(made["staff_summary"])[5] == 0


def test_boxes_beside_the_scale_and_numbers_that_are_no_answer_stand_apart(say: Any) -> None:
    made = say(
        staff="""
            site_id | staff_code | instrument | question | response
            S01     | A          | nomad      | 1        | 7
            S01     | B          | nomad      | 1        | 12
            S01     | C          | nomad      | 1        | 3
            S01     | C          | nomad      | g1       | 10
            S01     | C          | own_form   | 3b       | 77
        """
    )
    table = made["staff_summary"]
    assert counts(table, "non_answer") == {7: 1}
    assert counts(table, "unusable") == {None: 1}
    answered = table[(table["site_id"] == "ALL") & (table["question"] == "1") & (table["part"] == "answer")]
    assert set(answered["n_answered"]) == {1}
    assert counts(table, question="g1") == {10: 1}, "general questions are counted and never scored"
    assert counts(table, instrument="own_form") == {77: 1}, "so is a form that no file describes"
    assert made["voices"]["n_unusable"].tolist() == [1]


def test_a_construct_is_the_mean_of_the_answered_questions_with_the_one_turned_round(say: Any) -> None:
    answers = {9: 5, 10: 1, 11: 4, 12: 4, 13: 7, 14: 3}  # 13: not relevant; 15: blank; 10 is worded against it
    rows = "\n".join(f"S01 | A | nomad | {question} | {response}" for question, response in answers.items())
    made = say(staff=f"site_id | staff_code | instrument | question | response\n{rows}\nS01 | A | nomad | 1 | 4")
    nomad = made["nomad"].set_index(["site_id", "construct", "wave"])
    assert nomad.loc[("S01", "collective_action", "ALL"), "mean"] == pytest.approx((5 + 5 + 4 + 4 + 3) / 5)
    assert nomad.loc[("S01", "collective_action", "ALL"), "n_not_relevant"] == 1
    assert "coherence" not in nomad.index.get_level_values("construct"), "one answer of four makes no score"


def test_a_sum_needs_every_question(say: Any) -> None:
    ten = [3, 6, 12, 16, 18, 20, 22, 24, 27, 30]
    rows = "\n".join(f"S01 | {who} | proqol | {question} | 4" for who, some in (("A", ten), ("B", ten[:-1])) for question in some)
    made = say(staff=f"site_id | staff_code | instrument | question | response\n{rows}")
    scores = made["nomad"][made["nomad"]["site_id"] == "ALL"]
    assert (scores["n"].tolist(), scores["mean"].tolist()) == ([1, 1], [40.0, 40.0])


def trained(**answers: tuple[int | None, int | None]) -> str:
    lines = ["site_id | attendee_code | occasion | instrument | question | response"]
    for who, pair in answers.items():
        for occasion, response in zip(("before", "after"), pair, strict=True):
            if response is not None:
                lines += [f"S0{1 + len(who) % 2} | {who} | {occasion} | rehearsal_training | {q} | {response}" for q in (1, 2, 3)]
    return "\n".join(lines)


def test_the_same_people_and_different_people_are_never_mixed(say: Any) -> None:
    made = say(training=trained(a=(2, 4), b=(3, 4), cc=(3, 3), dd=(1, 4), e=(1, None), ff=(None, 5), gg=(None, 5)))
    change = made["training_change"]
    whole = change[change["site_id"] == "ALL"].set_index("comparison")
    assert whole.loc["paired", ["n_before", "n_after"]].tolist() == [4, 4]
    assert whole.loc["paired", "change"] == pytest.approx((2 + 1 + 0 + 3) / 4)
    assert whole.loc["unpaired", ["n_before", "n_after"]].tolist() == [1, 2]
    assert whole.loc["unpaired", "change"] == pytest.approx(4)
    assert whole.loc["paired", "rank_biserial"] == 1
    assert set(change["construct"]) == {"knowledge"}


def test_positive_is_better_where_lower_is_better(say: Any) -> None:
    burnout = [1, 4, 8, 10, 15, 17, 19, 21, 26, 29]
    turned = {1, 4, 15, 17, 29}
    lines = ["site_id | staff_code | occasion | instrument | question | response"]
    for who, shift in (("A", 1), ("B", 0)):
        for occasion, level in (("before", 4), ("after", 4 - shift)):
            lines += [f"S01 | {who} | {occasion} | proqol | {q} | {6 - level if q in turned else level}" for q in burnout]
    change = say(staff="\n".join(lines))["staff_change"]
    whole = change[change["site_id"] == "ALL"].iloc[0]
    assert (whole["mean_before"], whole["mean_after"], whole["change"]) == (40, 35, 5)


def test_sites_that_a_released_figure_may_not_hold_stand_apart(say: Any) -> None:
    many = {f"{'x' * (1 + i % 2)}{i}": (2, 3 + i % 2) for i in range(40)}
    alone = trained(**many).replace("S02", "S03") + "\n".join(
        ["", *(f"S04 | z | {o} | rehearsal_training | {q} | {r}" for o, r in (("before", 1), ("after", 5)) for q in (1, 2, 3))]
    )
    change = say(training=alone)["training_change"].set_index("site_id")
    assert change.loc["ALL", "n_before"] == change.loc["ENTERING", "n_before"] + 1
    assert change.loc["ENTERING", "change"] < change.loc["ALL", "change"]


def test_a_respondent_counts_once_an_option_and_skipping_a_question_is_no_answer(say: Any) -> None:
    made = say(
        survey="""
            site_id | respondent_code | group              | question   | option
            S01     | C1              | women_and_families | priorities | 1
            S01     | C1              | women_and_families | priorities | 1
            S01     | C1              | women_and_families | priorities | 2
            S01     | C2              | staff              | priorities | 2
            S01     | C3              | staff              | venue      | 1
            S02     | C1              | leaders            | priorities | 1
            S02     | C4              | leaders            | priorities | 3
            S02     | C4              | staff              | priorities | 1
            S02     | C5              | staff              | priorities |
        """
    )
    table = made["survey_summary"].set_index(["site_id", "group", "question", "option"])
    assert table.loc[("ALL", "ALL", "priorities", 1), ["n", "n_answered"]].tolist() == [3, 4]
    assert table.loc[("ALL", "not_recorded", "priorities", 3), "n"] == 1, "who names two groups stands in neither"
    assert table.loc[("ALL", "staff", "venue", 1), ["n", "n_answered"]].tolist() == [1, 1]
    assert table.loc[("S01", "ALL", "priorities", 3), "n"] == 0


def test_waves_come_from_the_service_and_the_order_of_rows_changes_nothing(say: Any) -> None:
    lines = [f"S0{s} | N{s}{p} | nomad | {q} | {2 + s % 3}" for s in range(1, 7) for p in range(3) for q in range(1, 5)]
    service = "site_id | wave | period_end\n" + "\n".join(f"S0{s} | {'EI' if s < 4 else 'FF'} | 2026-03-31" for s in range(1, 6))
    head = "site_id | staff_code | instrument | question | response\n"
    made = say(staff=head + "\n".join(lines), service=service)["nomad"]
    again = say(staff=head + "\n".join(lines[::-1]), service=service)["nomad"]
    pd.testing.assert_frame_equal(made, again)
    whole = made[made["site_id"] == "ALL"].set_index("wave")["n"]
    assert whole.to_dict() == {"ALL": 18, "EI": 9, "FF": 6, "not_recorded": 3}
