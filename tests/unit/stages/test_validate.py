"""Validate: what each table must hold, shown on tables of a few rows; every fault is named by its cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pipeline.measures import Measure

Receive = Callable[..., Any]

GOOD_REFERRALS = """
    referral_id | referral_date | first_treatment_date | end_date
    R1          | 2026-01-05    | 2026-02-02           | 2026-06-30
    R2          | 2026-01-12    |                      |
"""
GOOD_OUTCOMES = """
    referral_id | measure | date       | total
    R1          | pcl5    | 2026-01-20 | 50
    R1          | pcl5    | 2026-06-29 | 30
"""


# --- Cells ---------------------------------------------------------------------------------------------------------------


def test_a_clean_return_is_accepted_whole(receive: Receive) -> None:
    made = receive(referrals=GOOD_REFERRALS, outcomes=GOOD_OUTCOMES)
    assert made.faults() == []
    assert (made.rows("referrals"), made.rows("outcomes")) == ((2, 2, 0), (2, 2, 0))
    assert made.accepted("outcomes", "site_id", "date", "total") == [("S01", "2026-01-20", 50.0), ("S01", "2026-06-29", 30.0)]


def test_a_value_that_is_not_understood_is_left_out_and_its_row_stays(receive: Receive) -> None:
    made = receive(
        referrals="""
            referral_id | referral_date | pathway         | imd_decile | accepted
            R1          | 05/01/2026    | birth_trauma    | 3          | y
            R2          | 2026-01-12    | trauma          | 11         | yes
            R3          | 2026-02-30    | birth_trauma; x | 3.5        | Y
        """
    )
    assert made.faults() == [
        *(("not-a-code", "C3"), ("not-a-code", "C4"), ("not-a-code", "D3"), ("not-a-code", "E3")),
        *(("not-a-date", "B2"), ("not-a-date", "B4"), ("not-whole", "D4")),
    ]
    assert made.rows("referrals") == (3, 3, 0)
    assert made.accepted("referrals", "referral_date", "pathway", "imd_decile", "accepted") == [
        ("", "birth_trauma", 3, "y"),
        ("2026-01-12", "", "", ""),
        ("", "", "", "y"),
    ]


def test_what_was_found_is_masked_and_says_what_is_expected_and_what_it_costs(receive: Receive) -> None:
    made = receive(referrals="referral_id | pathway\nR1 | Her ref 123 456 789 012\nR2 | birth_trauma")
    fault = made.fault("not-a-code")
    assert fault["found"] == "Aaa aaa 999 999 999 999"
    assert "perinatal_loss" in fault["expected"]
    assert all(fault[text] for text in ("mend", "cost"))


@pytest.mark.parametrize("total", ["45*", "<5", "O", "forty", "4,5", "TRUE", "1e1", "0x1F", "99", "-1", "999", "80.5", "81"])
def test_a_total_that_is_no_score_takes_its_row_out(receive: Receive, total: str) -> None:
    made = receive(outcomes=f"referral_id | measure | occasion | total\nR1 | pcl5 | pre | {total}\nR2 | pcl5 | pre | 80")
    assert [cell for _, cell in made.faults()] == ["D2"]
    assert made.accepted("outcomes", "referral_id") == ["R2"]


def test_a_measure_on_a_scale_of_any_step_takes_decimals(receive: Receive) -> None:
    made = receive(outcomes="referral_id | measure | occasion | total\nR1 | core10 | pre | 12.5\nR2 | core10 | pre | 40.1")
    assert made.faults() == [("score-out-of-range", "D3")]


def test_a_measure_is_named_as_its_file(receive: Receive) -> None:
    made = receive(outcomes="referral_id | measure | occasion | total\nR1 | PCL5 | pre | 8\nR2 | PCL-5 | pre | 8\nR3 | | pre | 8")
    assert made.faults() == [("blank-needed", "B4"), ("unknown-measure", "B3")]
    assert made.accepted("outcomes", "measure") == ["pcl5"]


# --- What a row needs ----------------------------------------------------------------------------------------------------


def test_a_row_without_what_it_needs_is_out_at_the_cell_that_is_blank(receive: Receive) -> None:
    made = receive(
        outcomes="""
            referral_id | measure | date       | occasion | total
                        | pcl5    | 2026-01-20 |          | 50
            R2          |         | 2026-01-20 |          | 50
            R3          | pcl5    |            |          | 50
            R4          | pcl5    | 2026-01-20 |          |
            R5          | pcl5    |            | pre      | 50
        """
    )
    assert made.faults() == [("blank-needed", cell) for cell in ("A2", "B3", "C4", "E5")]
    assert made.accepted("outcomes", "referral_id") == ["R5"]


def test_one_cause_is_one_line(receive: Receive) -> None:
    """A date that is not understood, in a row that needs it, is one fault, and it takes the row out."""
    made = receive(outcomes="referral_id | measure | date | total\nR1 | pcl5 | 20/01/2026 | 50\nR2 | pcl5 | 2026-01-20 | 50*")
    assert made.faults() == [("not-a-date", "C2"), ("not-a-number", "D3")]
    assert set(made.tables["rejected"]["severity"]) == {"row"}
    assert made.rows("outcomes") == (2, 0, 2)


def test_a_key_column_that_is_blank_throughout_is_one_fault_of_the_table(receive: Receive) -> None:
    rows = "\n".join(f"  | pcl5 | pre | {n}" for n in range(40))
    made = receive(outcomes=f"referral_id | measure | occasion | total\n{rows}")
    assert made.faults() == [("blank-needed", "A2")]
    assert made.fault("blank-needed")["severity"] == "file"
    assert made.rows("outcomes") == (40, 0, 40)
    assert made.status("outcomes") == "set_aside"


def test_blank_throughout_is_not_said_where_a_row_held_something_wrong(receive: Receive) -> None:
    made = receive(outcomes="referral_id | measure | occasion | total\nR1 | pcl5 | pre | 4,5\nR2 | pcl5 | pre |")
    assert made.faults() == [("blank-needed", "D3"), ("not-a-number", "D2")]
    assert (made.rows("outcomes"), made.status("outcomes")) == ((2, 0, 2), "read")


@pytest.mark.parametrize("columns", ["measure | occasion | total", "referral_id | occasion | total"])
def test_a_needed_column_that_is_absent_is_one_fault_of_the_table(receive: Receive, columns: str) -> None:
    made = receive(outcomes=f"{columns}\nR1 | pre | 7\nR2 | pre | 8")
    assert [rule for rule, _ in made.faults()] == ["heading-not-found"]
    assert made.rows("outcomes") == (2, 0, 2)


def test_a_score_under_another_heading_is_one_fault_whatever_else_is_wrong(receive: Receive) -> None:
    made = receive(
        outcomes="""
            referral_id | measure | occasion | Total (0-80)
            R1          | pcl5    | pre      | 40
            R2          | pcl5    | pre      | 41
                        | pcl5    | pre      | 42
            R4          | nothing | pre      | 43
        """
    )
    assert [rule for rule, _ in made.faults("file")] == ["blank-needed"]
    assert made.faults("row") == [("blank-needed", "A4")], "the id that is missing"
    assert made.status("outcomes") == "set_aside"


@pytest.mark.parametrize(("column", "value"), [("total", "7"), ("date", "2026-01-20")])
def test_outcomes_without_any_date_or_any_score_are_one_fault_of_the_table(receive: Receive, column: str, value: str) -> None:
    made = receive(outcomes=f"referral_id | measure | {column}\nR1 | pcl5 | {value}\nR2 | pcl5 | {value}")
    assert [rule for rule, _ in made.faults("file")] == ["blank-needed"]
    assert made.rows("outcomes") == (2, 0, 2)


def test_a_column_that_is_absent_or_blank_is_one_warning_unless_another_stands_in_for_it(receive: Receive) -> None:
    made = receive(
        referrals="""
            referral_id | referral_month | pathway | first_treatment_day
            R1          | 2026-01        |         | 7
            R2          | 2026-02        |         |
        """
    )
    warned = made.tables["rejected"].query("rule_id == 'blank-column'")["column"].tolist()
    assert sorted(warned) == sorted(set(warned))
    assert {"pathway", "person_id", "accepted", "end_date"} <= set(warned)
    assert not {"referral_id", "referral_date", "first_treatment_date", "site_id"} & set(warned)
    assert made.rows("referrals") == (2, 2, 0)


def test_where_a_blank_has_a_meaning_it_is_no_warning(receive: Receive) -> None:
    made = receive(service="site_id | wave | time_limit_months\nS01 | EI |")
    assert "time_limit_months" not in set(made.tables["rejected"]["column"])


def test_a_value_beyond_the_headings_takes_its_row_out_at_that_cell(receive: Receive) -> None:
    made = receive(outcomes="referral_id | measure | occasion | total\nR1 | pcl5 | pre | 7 | 8\nR2 | pcl5 | pre | 7 | |")
    assert made.faults("row") == [("beyond-headings", "E2")]
    assert made.accepted("outcomes", "referral_id") == ["R2"]


# --- The site ------------------------------------------------------------------------------------------------------------


def test_another_site_in_one_row_sets_the_table_aside_once(receive: Receive) -> None:
    made = receive(
        referrals=GOOD_REFERRALS,
        outcomes="""
            site_id | referral_id | measure | date       | total
            S01     | R1          | pcl5    | 2026-01-20 | 7
            S02     | R1          | pcl5    | 2026-01-21 | 7*
        """,
    )
    assert made.faults() == [("site-disagrees", "A3")]
    assert "S02" not in str(made.fault("site-disagrees"))
    assert (made.rows("outcomes"), made.rows("referrals")) == ((2, 0, 2), (2, 2, 0))


def test_a_blank_site_is_the_site_of_the_file(receive: Receive) -> None:
    made = receive(outcomes="site_id | referral_id | measure | occasion | total\n | R1 | pcl5 | pre | 7")
    assert made.accepted("outcomes", "site_id") == ["S01"]


# --- Identical rows and keys ---------------------------------------------------------------------------------------------


def test_of_identical_rows_one_is_kept_and_the_others_are_counted_as_rejected(receive: Receive) -> None:
    made = receive(
        referrals="referral_id | accepted\nR1 | y\nR1 | y\nR1  | Y\nR2 | n",
        outcomes="referral_id | measure | occasion | total\nR1 | pcl5 | pre | 7\nR1 | pcl5 | pre | 7.0",
    )
    assert made.faults() == [("duplicate-row", "A3"), ("duplicate-row", "A3"), ("duplicate-row", "A4")]
    assert set(made.tables["rejected"].query("rule_id == 'duplicate-row'")["severity"]) == {"note"}
    assert (made.rows("referrals"), made.rows("outcomes")) == ((4, 2, 2), (2, 1, 1))


def test_a_copy_of_a_rejected_row_is_no_reason_to_lose_the_good_one(receive: Receive) -> None:
    made = receive(outcomes="referral_id | measure | occasion | total\nR1 | pcl5 | pre | 7 | 8\nR1 | pcl5 | pre | 7")
    assert made.faults("row") == [("beyond-headings", "E2")]
    assert made.rows("outcomes") == (2, 1, 1)


def test_one_referral_with_two_stories_is_out_and_its_scores_with_it(receive: Receive) -> None:
    made = receive(
        referrals="referral_id | accepted\nR1 | y\nR1 | n\nR2 | y",
        outcomes="referral_id | measure | occasion | total\nR1 | pcl5 | pre | 7\nR2 | pcl5 | pre | 7",
    )
    assert made.faults() == [("duplicate-key", "A2"), ("duplicate-key", "A3"), ("referral-left-out", "A2")]
    assert made.accepted("referrals", "referral_id") == ["R2"]
    assert made.accepted("outcomes", "referral_id") == ["R2"]


def test_ids_are_text_and_keep_their_zeros(receive: Receive) -> None:
    made = receive(
        referrals="referral_id | accepted\n007 | y\n7 | y",
        outcomes="referral_id | measure | occasion | total\n7 | pcl5 | pre | 7\n07 | pcl5 | pre | 7",
    )
    assert made.accepted("referrals", "referral_id") == ["007", "7"]
    assert made.accepted("outcomes", "referral_id") == ["7"]
    assert made.faults() == [("referral-not-found", "A3")]


def test_a_score_of_no_referral_is_out(receive: Receive) -> None:
    made = receive(referrals=GOOD_REFERRALS, outcomes=GOOD_OUTCOMES + "    R9 | pcl5 | 2026-01-20 | 50\n")
    assert made.faults() == [("referral-not-found", "A4")]
    assert made.rows("outcomes") == (3, 2, 1)


def test_outcomes_alone_need_no_referrals(receive: Receive) -> None:
    assert receive(outcomes=GOOD_OUTCOMES).faults() == []
    with_empty_sheet = receive(outcomes=GOOD_OUTCOMES, referrals="referral_id | accepted")
    assert with_empty_sheet.faults() == []
    assert with_empty_sheet.rows("outcomes") == (2, 2, 0)


def test_referrals_that_are_set_aside_take_their_scores_with_them_in_one_line_a_table(receive: Receive) -> None:
    made = receive(
        referrals="referral_id | accepted | accepted\nR1 | y | y",
        outcomes=GOOD_OUTCOMES,
        contacts="referral_id | contact_date\nR1 | 2026-02-02",
    )
    assert [rule for rule, _ in made.faults()] == ["heading-twice", "referrals-set-aside", "referrals-set-aside"]
    assert (made.rows("referrals"), made.rows("outcomes"), made.rows("contacts")) == ((1, 0, 1), (2, 0, 2), (1, 0, 1))


# --- Days and the order of dates -----------------------------------------------------------------------------------------


def test_days_count_from_the_referral_or_its_month(receive: Receive) -> None:
    made = receive(
        referrals="""
            referral_id | referral_date | referral_month | assessment_day | first_treatment_day | end_day
            R1          | 2026-01-05    |                | 10             | 28                  | 176
            R2          |               | 2026-01        | 10             | 0                   |
        """,
        contacts="referral_id | contact_day\nR1 | 28\nR2 | 31",
        outcomes="referral_id | measure | day | total\nR1 | pcl5 | 15 | 50\nR2 | pcl5 | 59 | 50",
    )
    assert made.faults() == []
    assert made.accepted("referrals", "referral_date", "assessment_date", "first_treatment_date", "end_date") == [
        ("2026-01-05", "2026-01-15", "2026-02-02", "2026-06-30"),
        ("2026-01-01", "2026-01-11", "2026-01-01", ""),
    ]
    assert made.accepted("contacts", "contact_date") == ["2026-02-02", "2026-02-01"]
    assert made.accepted("outcomes", "date") == ["2026-01-20", "2026-03-01"]


def test_a_date_that_is_given_stands_beside_a_day(receive: Receive) -> None:
    made = receive(
        referrals="referral_id | referral_date | end_date | end_day\nR1 | 2026-01-05 | 2026-06-30 | 5\nR2 | 2026-01-05 | | 5",
    )
    assert made.accepted("referrals", "end_date") == ["2026-06-30", "2026-01-10"]


@pytest.mark.parametrize(
    ("column", "value"), [("assessment_date", "2026-01-04"), ("end_day", "-1"), ("first_treatment_day", "-400")]
)
def test_nothing_of_a_referral_lies_before_it(receive: Receive, column: str, value: str) -> None:
    made = receive(referrals=f"referral_id | referral_date | {column}\nR1 | 2026-01-05 | {value}\nR2 | 2026-01-05 |")
    assert made.faults() == [("before-referral", "C2")]
    assert made.rows("referrals") == (2, 2, 0)
    assert made.accepted("referrals", "assessment_date", "first_treatment_date", "end_date") == [("", "", "")] * 2


def test_a_month_of_referral_is_held_against_dates_too(receive: Receive) -> None:
    made = receive(referrals="referral_id | referral_month | end_date\nR1 | 2026-03 | 2026-02-27\nR2 | 2026-03 | 2026-03-02")
    assert made.faults() == [("before-referral", "C2")]


def test_a_score_or_contact_before_the_referral(receive: Receive) -> None:
    made = receive(
        referrals=GOOD_REFERRALS,
        outcomes="referral_id | measure | date | day | total\nR1 | pcl5 | 2026-01-04 | | 50\nR1 | pcl5 | | -3 | 50",
        contacts="referral_id | contact_date\nR1 | 2026-01-04\nR1 | 2026-01-05",
    )
    assert made.faults() == [("before-referral", "B2"), ("score-before-referral", "C2"), ("score-before-referral", "D3")]
    assert (made.rows("outcomes"), made.rows("contacts")) == ((2, 0, 2), (2, 2, 0))


@pytest.mark.parametrize("day", ["999999999", "100000000000000", "60000"])
def test_a_day_beyond_every_calendar_is_no_date_and_no_exception(receive: Receive, day: str) -> None:
    made = receive(
        referrals=f"referral_id | referral_date | end_day\nR1 | 2026-01-05 | {day}",
        outcomes=f"referral_id | measure | day | occasion | total\nR1 | pcl5 | {day} | | 50\nR1 | pcl5 | {day} | pre | 50",
    )
    assert made.faults() == [("not-a-day", "C2"), ("not-a-day", "C2"), ("not-a-day", "C3")]
    assert (made.rows("referrals"), made.rows("outcomes")) == ((1, 1, 0), (2, 1, 1))


def test_a_day_that_leads_past_the_last_date_is_no_date(receive: Receive) -> None:
    made = receive(referrals="referral_id | referral_date | end_day\nR1 | 2100-12-30 | 2\nR2 | 2100-12-30 | 1")
    assert made.faults() == [("not-a-day", "C2")]
    assert made.accepted("referrals", "end_date") == ["", "2100-12-31"]


def test_a_day_from_a_referral_without_a_date_dates_nothing_and_is_not_lost_in_silence(receive: Receive) -> None:
    made = receive(
        referrals="referral_id | accepted | end_day\nR1 | y | 30",
        outcomes="referral_id | measure | day | occasion | total\nR1 | pcl5 | 5 | | 50\nR1 | pcl5 | 5 | pre | 51",
    )
    assert made.faults() == [("not-a-day", "C2"), ("not-a-day", "C2"), ("not-a-day", "C3")]
    alone = receive(outcomes="referral_id | measure | day | total\nR1 | pcl5 | 5 | 50")
    assert alone.faults() == [("not-a-day", "C2")]
    assert alone.rows("outcomes") == (1, 0, 1)


def test_an_occasion_that_its_date_contradicts_is_a_warning(receive: Receive) -> None:
    made = receive(
        referrals=GOOD_REFERRALS,
        outcomes="""
            referral_id | measure | date       | occasion | total
            R1          | pcl5    | 2026-02-02 | post     | 50
            R1          | pcl5    | 2026-07-01 | pre      | 51
            R1          | pcl5    | 2026-01-20 | pre      | 52
            R1          | pcl5    | 2026-02-03 | post     | 53
        """,
    )
    assert made.faults() == []
    warnings = [cell for rule, cell in made.faults("warning") if rule == "occasion-disagrees"]
    assert warnings == ["D2", "D3"]
    assert made.rows("outcomes") == (4, 4, 0)


# --- Answers to items ----------------------------------------------------------------------------------------------------

PHQ9 = " | ".join(f"item_{n}" for n in range(1, 10))


def test_one_answer_that_the_form_does_not_have_is_named_by_its_own_cell(receive: Receive) -> None:
    made = receive(
        outcomes=f"""
            referral_id | measure | occasion | {PHQ9}
            R1          | phq9    | pre      | 1 | 2 | 3 | 0 | 1 | 2 | 4 | 0 | 1
            R2          | phq9    | pre      | 1 | 2 | 3 | 0 | 1 | 2 | 3 | 0 | 1
            R3          | phq9    | pre      | 1 | x | 3 | 0 | 1 | 2 | 3 | 0 | 1
        """
    )
    assert made.faults() == [("item-out-of-range", "E4"), ("item-out-of-range", "J2")]
    assert made.accepted("outcomes", "referral_id", "items") == [("R2", "1;2;3;0;1;2;3;0;1")]


def test_an_answer_to_an_item_that_the_measure_does_not_have(receive: Receive) -> None:
    made = receive(outcomes=f"referral_id | measure | occasion | total | {PHQ9}\nR1 | gad7 | pre | 7 | 1|1|1|1|1|1|1||0")
    assert made.faults() == [("item-out-of-range", "M2")]


def test_a_total_that_its_answers_do_not_give_takes_the_row_out(receive: Receive) -> None:
    made = receive(
        outcomes=f"""
            referral_id | measure | occasion | total | {PHQ9}
            R1          | phq9    | pre      | 13    | 1 | 2 | 3 | 0 | 1 | 2 | 3 | 0 | 1
            R2          | phq9    | pre      | 14    | 1 | 2 | 3 | 0 | 1 | 2 | 3 | 0 | 1
            R3          | phq9    | pre      | 14    | 1 | 2 | 3 | 0 | 1 | 2 | 3 | 0 |
        """
    )
    assert made.faults() == [("total-disagrees", "D3"), ("total-of-part", "D4")]
    assert made.accepted("outcomes", "referral_id") == ["R1"]


def test_reversed_items_count_backwards_and_the_fault_says_what_a_system_may_have_done(receive: Receive) -> None:
    """CORE-10 reverses items 2 and 3: answers 4,0,0,4,4,4,4,4,4,4 are the worst score of 40, not 32."""
    answers = "4|0|0|4|4|4|4|4|4|4"
    columns = " | ".join(f"item_{n}" for n in range(1, 11))
    made = receive(
        outcomes=f"referral_id | measure | occasion | total | {columns}\nR1|core10|pre|40|{answers}\nR2|core10|pre|32|{answers}"
    )
    assert made.faults() == [("total-disagrees", "D3")]
    fault = made.fault("total-disagrees")
    assert "items 2, 3 reversed" in fault["expected"]
    assert "already reversed" in fault["mend"]


def test_items_without_a_total_that_cannot_be_scored_are_a_warning_not_a_silence(receive: Receive) -> None:
    made = receive(
        outcomes=f"referral_id | measure | occasion | total | {PHQ9}\nR1 | phq9 | pre | | 1|2|3|0|1|2|3|0|\nR2|phq9|pre|9"
    )
    assert made.faults() == []
    assert ("items-incomplete", "D2") in made.faults("warning")


SECRET = "0|1|2|3|0|1|2|3|0"


def test_answers_that_the_licence_does_not_let_us_keep_are_dropped_with_one_warning_a_measure(receive: Receive) -> None:
    made = receive(
        outcomes=f"""
            referral_id | measure | occasion | total | {PHQ9}
            R1          | epds    | pre      | 12    | {SECRET}
            R2          | EPDS    | pre      | 12    | |||||||| 3
            R3          | wsas    | pre      | 12    | ||7|||||| |
            R4          | phq9    | pre      | 12    | {SECRET}
            R5          | epds    | pre      | 12    |
        """
    )
    warnings = [fault for fault in made.faults("warning") if fault[0] == "items-not-kept"]
    assert warnings == [("items-not-kept", "E2"), ("items-not-kept", "G4")]
    assert made.accepted("outcomes", "items") == ["", "", "", "0;1;2;3;0;1;2;3;0", ""]
    assert made.rows("outcomes") == (5, 5, 0)


def test_a_measure_that_says_nothing_of_a_licence_keeps_its_items(receive: Receive, measures: dict[str, Measure]) -> None:
    silent = measures["phq9"].model_copy(update={"licence": None})
    made = receive(known={"phq9": silent}, outcomes=f"referral_id | measure | occasion | {PHQ9}\nR1 | phq9 | pre | {SECRET}")
    assert made.accepted("outcomes", "items") == ["0;1;2;3;0;1;2;3;0"]


@pytest.mark.parametrize(
    "row", ["R1 | epds | pre | 99", "R1 | epds | pre |", "R1 | my_form | pre | 4", " | epds | pre | 4", "R1 | | pre | 4"]
)
def test_a_rejected_row_does_not_keep_them_either(receive: Receive, row: str) -> None:
    made = receive(outcomes=f"referral_id | measure | occasion | total | {PHQ9}\n{row} | 7|7|7|7|7|7|7|7|7\nR2|phq9|pre|4")
    assert made.rows("outcomes") == (2, 1, 1)
    kept = "".join(made.tables["rejected_rows"]["cells"])
    assert "7" not in kept
    assert "7" not in "".join(made.tables["rejected"]["found"])


def test_without_a_total_such_a_row_holds_no_score(receive: Receive) -> None:
    made = receive(outcomes=f"referral_id | measure | occasion | total | {PHQ9}\nR1|epds|pre||{SECRET}\nR2|epds|pre|4")
    assert made.faults() == [("blank-needed", "D2")]


def test_items_of_a_measure_without_rules_for_them_must_at_least_be_numbers(receive: Receive) -> None:
    made = receive(
        outcomes="""
            referral_id | measure   | occasion | total | item_1   | item_2
            R1          | city_bits | pre      | 9     | 4        | 5
            R2          | city_bits | pre      | 9     | she said | 5
        """
    )
    assert made.faults() == [("item-out-of-range", "E3")]


def test_answers_in_one_column_are_named_by_it(receive: Receive) -> None:
    made = receive(outcomes="referral_id | measure | occasion | items\nR1|gad7|pre|1;1;1;1;1;1;1\nR2|gad7|pre|1;1;1;1;9;1;1")
    assert made.faults() == [("item-out-of-range", "D3")]


def test_an_endless_list_of_answers_is_a_fault_and_not_a_hang(receive: Receive) -> None:
    made = receive(outcomes=f"referral_id | measure | occasion | items\nR1|gad7|pre|{'1;' * 100_000}\nR2|gad7|pre|1;1;1;1;1;1;1")
    assert made.faults() == [("item-out-of-range", "D2")]


# --- Aggregates ----------------------------------------------------------------------------------------------------------

AGGREGATES = "measure | pathway | n_pre | n_post | n_paired | mean_pre_paired | mean_post_paired | sd_change | r"


def test_an_aggregate_return_is_accepted(receive: Receive) -> None:
    made = receive(
        aggregates=f"""
            {AGGREGATES}
            pcl5 | all        | 40 | 30 | 28 | 44.1 | 30.2 | 12 | 0.5
            pcl5 | tokophobia | 9  | 8  | 7  | 40   | 31   | 11 |
        """
    )
    assert made.faults() == []
    assert made.rows("aggregates") == (2, 2, 0)


@pytest.mark.parametrize(
    ("row", "cell"),
    [
        ("pcl5 | all | 30 | 40 | 28 | 44 | 30 | 12 | 0.5", "D2"),
        ("pcl5 | all | 40 | 30 | 31 | 44 | 30 | 12 | 0.5", "E2"),
        ("pcl5 | all | -4 | -5 | -6 | 44 | 30 | 12 | 0.5", "C2"),
        ("pcl5 | all | 40 | 30 | 28 | 144 | 30 | 12 | 0.5", "F2"),
        ("pcl5 | all | 40 | 30 | 28 | 44 | -1 | 12 | 0.5", "G2"),
        ("pcl5 | all | 40 | 30 | 28 | 44 | 30 | -12 | 0.5", "H2"),
        ("pcl5 | all | 40 | 30 | 28 | 44 | 30 | 12 | 50", "I2"),
    ],
)
def test_figures_that_cannot_be_take_the_row_out(receive: Receive, row: str, cell: str) -> None:
    made = receive(aggregates=f"{AGGREGATES}\n{row}\ngad7 | all | 40 | 30 | 28 | 14 | 10 | 5 | 0.5")
    assert [place for _, place in made.faults()] == [cell]
    assert made.accepted("aggregates", "measure") == ["gad7"]


def test_more_women_with_a_reliable_change_than_pairs(receive: Receive) -> None:
    columns = "measure | n_paired | mean_pre_paired | mean_post_paired | n_reliably_improved | n_reliably_deteriorated"
    made = receive(aggregates=f"{columns}\npcl5 | 20 | 44 | 30 | 15 | 6\ngad7 | 20 | 14 | 10 | 14 | 6")
    assert made.faults() == [("counts-disagree", "E2")]


def test_an_aggregate_needs_a_count_and_a_mean(receive: Receive) -> None:
    made = receive(
        aggregates=f"""
            {AGGREGATES}
            pcl5 | all | | | | 44 | 30 | 12 |
            gad7 | all | 9 | 9 | 9 | | | |
            epds | all | 9 | 9 | 9 | 9 | 9 | |
        """
    )
    assert made.faults() == [("blank-needed", "E2"), ("blank-needed", "F3")]


def test_two_rows_for_one_measure_and_pathway_are_both_out(receive: Receive) -> None:
    made = receive(
        aggregates=f"""
            {AGGREGATES}
            pcl5 | all | 9 | 9 | 9 | 44 | 30 | |
            pcl5 |     | 8 | 8 | 8 | 44 | 30 | |
            gad7 |     | 8 | 8 | 8 | 9  | 8  | |
        """
    )
    assert made.faults() == [("duplicate-key", "A2"), ("duplicate-key", "A3")]


# --- The whole -----------------------------------------------------------------------------------------------------------


def test_every_other_table_is_read_by_the_same_grammar(receive: Receive) -> None:
    made = receive(
        experience="instrument | question | response | date\npoem | 1 | 5 | 2026-01-05\npoem | | 5 | 2026-01-05",
        staff="staff_code | instrument | question | response | occasion\nA | pq | 1 | five | before\nB | pq | 1 | 4 | before",
        training="attendee_code | instrument | question | response | occasion\nA | k | 1 | 3 | later\nB | k | 1 | 3 | after",
        survey="respondent_code | group | question | option\nC1 | staff | 1 | 2\nC2 | everyone | 1 | 2",
        activity="month | series | value\n2026-01 | bed_days | 30.5\nJan-26 | bed_days | 30",
    )
    assert made.faults() == [
        *(("blank-needed", "B3"), ("not-a-code", "B3"), ("not-a-code", "E2")),
        *(("not-a-month", "A3"), ("not-whole", "D2")),
    ]
    assert [made.rows(t) for t in ("experience", "staff", "training", "survey", "activity")] == [
        *((2, 1, 1), (2, 2, 0), (2, 2, 0), (2, 2, 0)),
        (2, 1, 1),
    ]


def test_rejected_rows_are_kept_once_each_as_they_were_read(receive: Receive) -> None:
    made = receive(outcomes="referral_id | measure | occasion | total\nR1 | pcl5 | pre | 99\nR2 | pcl5 | pre | 9\n | | pre | 400")
    assert made.tables["rejected_rows"][["sheet", "row", "cells"]].to_numpy().tolist() == [
        ["outcomes", 2, "R1 | pcl5 | pre | 99"],
        ["outcomes", 4, " |  | pre | 400"],
    ]


def test_every_site_has_a_line_for_every_table(receive: Receive) -> None:
    quality = receive(outcomes=GOOD_OUTCOMES).tables["quality"]
    assert len(quality) == 10
    assert quality.set_index("table")["status"].to_dict()["referrals"] == "absent"
    assert quality.query("table != 'outcomes'")["rows_read"].sum() == 0


def test_counts_of_blanked_values_and_warnings(receive: Receive) -> None:
    made = receive(referrals="referral_id | referral_date | pathway\nR1 | 5.1.26 | trauma\nR2 | 2026-01-05 | tokophobia")
    quality = made.tables["quality"].set_index("table").loc["referrals"]
    assert quality["n_values_blanked"] == 2
    assert quality["n_warnings"] == len(made.faults("warning"))


def test_no_return_at_all_gives_empty_tables(measures: dict[str, Measure]) -> None:
    from pipeline.stages.validate import validate

    made = validate({}, measures)
    assert all(table.empty for table in made.values())
