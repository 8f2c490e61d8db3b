"""Where every referral stands, and who lacks a second score."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.codes import ACCEPTED, END_REASONS, FLOW_STATES
from pipeline.config import ChangeSettings
from pipeline.measures import Measure, Range
from pipeline.stages.change import change
from pipeline.tables import schemas, shape

pytestmark = pytest.mark.filterwarnings("error")
Typed = Callable[[str, str], pd.DataFrame]
CUT = datetime.date(2026, 12, 31)
M = Measure(id="m", name="M", better="lower", range=Range(low=0, high=100))


def follow(typed: Typed, referrals: str, scores: str, cut: datetime.date | None = CUT) -> dict[str, pd.DataFrame]:
    frame = typed("scores", f"site_id|referral_id|date|occasion|score\n{scores}").assign(measure="m", scored_from="total")
    made = change(frame, typed("accepted_referrals", referrals), {"m": M}, ChangeSettings(), cut)
    for name, table in made.items():
        schemas()[name].validate(table)
    return made


def states(made: dict[str, pd.DataFrame]) -> dict[str, int]:
    return made["flow"].set_index("state")["n_referrals"].to_dict()


EACH = """
    site_id|referral_id|accepted|referral_date|first_treatment_date|end_date|end_reason|eligible_for_outcomes| state
    S01|R01|pending|2026-02-01|          |          |                     |  | pending
    S01|R02|       |2026-02-01|          |          |                     |  | pending
    S01|R03|y      |2026-02-01|          |2026-02-20|declined_before_start|  | declined
    S01|R04|       |2026-02-01|          |2026-02-20|declined_before_start|  | declined
    S01|R05|n      |2026-02-01|          |2026-02-05|                     |  | not_accepted
    S01|R06|y      |2026-02-01|2026-03-02|2026-06-30|completed            |n | not_eligible
    S01|R07|y      |2026-02-01|          |          |                     |y | waiting
    S01|R08|y      |2026-02-01|          |2026-03-01|moved_away           |  | left_before_start
    S01|R09|       |2026-02-01|          |2026-03-01|moved_away           |  | left_before_start
    S01|R10|y      |2026-02-01|2026-03-02|          |                     |  | in_treatment
    S01|R11|       |2026-02-01|2026-03-02|          |                     |  | in_treatment
    S01|R12|y      |2026-02-01|2026-03-02|2026-12-02|                     |  | not_yet_due
    S01|R13|y      |2026-02-01|2026-03-02|2026-12-01|                     |  | due_without_pre
    S01|R14|y      |2026-02-01|2026-03-02|2026-12-01|                     |y | due_without_post
    S01|R15|y      |2026-02-01|2026-03-02|2026-06-30|                     |  | paired
    S01|R16|y      |2026-02-01|2026-03-02|2026-12-02|                     |  | paired
"""
SCORES = """
    S01 | R14 | 2026-02-10 | | 50
    S01 | R13 | 2026-06-10 | | 50
    S01 | R15 | 2026-02-10 | | 50
    S01 | R15 | 2026-06-10 | | 30
    S01 | R16 | 2026-02-10 | | 50
    S01 | R16 | 2026-06-10 | | 30
"""
LINES = EACH.strip().splitlines()
HEAD = LINES[0].rsplit("|", 1)[0]


@pytest.mark.parametrize("line", LINES[1:], ids=lambda line: line.split("|")[1].strip())
def test_each_referral_stands_in_one_state(typed: Typed, line: str) -> None:
    referral, state = line.rsplit("|", 1)
    mine = "\n".join(row for row in SCORES.splitlines() if line.split("|")[1].strip() in row)
    other = "S02 | X | 2026-02-10 | | 50"
    made = follow(typed, f"{HEAD}\n{referral}", f"{mine}\n{other}" if mine else f"S01 | X | 2026-02-10 | | 5\n{other}")
    assert states({"flow": made["flow"].query("site_id == 'S01'")}) == {state.strip(): 1}


def test_the_states_of_a_measure_sum_to_the_referrals_and_stand_in_order(typed: Typed) -> None:
    referrals = "\n".join(line.rsplit("|", 1)[0] for line in LINES)
    flow = follow(typed, referrals, SCORES)["flow"]
    assert flow["n_referrals"].sum() == len(LINES) - 1
    assert flow["state"].tolist() == [state for state in FLOW_STATES if state in set(flow["state"])]
    assert set(flow["state"]) == set(FLOW_STATES)


def test_the_data_cut_is_the_latest_accepted_date_where_none_is_set(typed: Typed) -> None:
    """R1 ended on 1 June, so that she is due from 1 July on: the day of the last score of anyone."""
    referrals = (
        "site_id|referral_id|accepted|referral_date|first_treatment_date|end_date\nS01|R1|y|2026-02-01|2026-03-02|2026-06-01"
    )
    scores = "S01|R1|2026-02-10||50\nS02|X|{}||40"
    before = follow(typed, referrals, scores.format("2026-06-30"), cut=None)["flow"]
    after = follow(typed, referrals, scores.format("2026-07-01"), cut=None)["flow"]
    assert before.query("site_id == 'S01'")["state"].tolist() == ["not_yet_due"]
    assert after.query("site_id == 'S01'")["state"].tolist() == ["due_without_post"]


def test_women_are_counted_beside_referrals(typed: Typed) -> None:
    referrals = """
        site_id|referral_id|person_id|accepted|referral_date
        S01|R1|P1|y|2026-02-01
        S01|R2|P1|y|2026-03-01
        S01|R3|P2|y|2026-03-01
    """
    (row,) = follow(typed, referrals, "S01|R1|2026-02-10||50")["flow"].to_dict("records")
    assert (row["state"], row["n_referrals"], row["n_persons"]) == ("waiting", 3, 2)


def test_partners_are_not_in_the_flow(typed: Typed) -> None:
    referrals = "site_id|referral_id|client|accepted|referral_date\nS01|R1|partner|y|2026-02-01\nS01|R2||y|2026-03-01"
    assert states(follow(typed, referrals, "S01|R2|2026-03-10||50")) == {"waiting": 1}


def test_completeness_counts_women_due_with_and_without_a_second_score(typed: Typed) -> None:
    referrals = "\n".join(line.rsplit("|", 1)[0] for line in LINES)
    (row,) = follow(typed, referrals, SCORES)["missingness"].to_dict("records")
    expected = {
        "n_referred": 16,
        "n_due": 3,
        "n_pre": 2,
        "n_paired": 1,
        "n_paired_all": 2,
        "mean_pre_paired": 50,
        "mean_pre_unpaired": 50,
    }
    assert {name: row[name] for name in expected} == expected


def test_a_woman_with_two_referrals_is_due_once(typed: Typed) -> None:
    referrals = """
        site_id|referral_id|person_id|accepted|referral_date|first_treatment_date|end_date
        S01|R1|P1|y|2025-02-01|2025-03-02|2025-06-01
        S01|R2|P1|y|2026-02-01|2026-03-02|2026-06-01
    """
    (row,) = follow(typed, referrals, "S01|R2|2026-02-10||50\nS01|R2|2026-05-30||20")["missingness"].to_dict("records")
    assert (row["n_referred"], row["n_due"], row["n_paired"]) == (1, 1, 1)


def test_outcomes_alone_count_everyone_as_due(typed: Typed) -> None:
    made = follow(typed, "site_id | referral_id", "S01|R1||pre|50\nS01|R1||post|30\nS01|R2||pre|50\nS01|R3||post|30")
    assert states(made) == {"paired": 1, "due_without_post": 1, "due_without_pre": 1}
    assert made["missingness"]["n_due"].tolist() == [3]


DAYS = st.one_of(st.none(), st.integers(0, 500))
CASE = st.fixed_dictionaries(
    {
        "accepted": st.sampled_from([None, *ACCEPTED]),
        "end_reason": st.sampled_from([None, *END_REASONS]),
        "eligible_for_outcomes": st.sampled_from([None, "y", "n"]),
        **{name: DAYS for name in ("referral_date", "first_treatment_date", "end_date")},
        "scores": st.lists(st.tuples(DAYS, st.sampled_from([None, "pre", "post", "during"]), st.integers(0, 100)), max_size=4),
    }
)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.lists(CASE, min_size=1, max_size=6))
def test_whatever_is_recorded_every_referral_stands_in_exactly_one_state(cases: list[dict[str, Any]]) -> None:
    origin = pd.Timestamp("2025-01-01")
    referrals = pd.DataFrame([{**case, "site_id": "S01", "referral_id": f"R{i}"} for i, case in enumerate(cases)])
    for name in ("referral_date", "first_treatment_date", "end_date"):
        referrals[name] = origin + pd.to_timedelta(referrals[name].astype("float64"), unit="D")
    rows = [(f"R{i}", *row) for i, case in enumerate(cases) for row in [*case["scores"], (0, None, 5)]]
    scores = pd.DataFrame(rows, columns=["referral_id", "date", "occasion", "score"]).assign(
        site_id="S01", measure="m", scored_from="total"
    )
    scores["date"] = origin + pd.to_timedelta(scores["date"].astype("float64"), unit="D")
    made = change(shape("scores", scores), shape("accepted_referrals", referrals), {"m": M}, ChangeSettings(), CUT)
    counted = states(made)
    assert sum(counted.values()) == len(cases)
    assert counted.get("paired", 0) == len(made["change"])
    (row,) = made["missingness"].to_dict("records")
    assert row["n_paired"] <= row["n_pre"] <= row["n_due"] <= row["n_referred"] == len(cases)
    assert (made["change"]["improvement"] == made["change"]["pre"] - made["change"]["post"]).all()


def test_the_flow_of_all_sites_is_that_of_the_first_measure_with_a_score(typed: Typed) -> None:
    """A study that names no measures has all there are, and the first by name may have been used nowhere."""
    other = Measure(id="a", name="A", better="lower", range=Range(low=0, high=100))
    referrals = typed("accepted_referrals", "site_id|referral_id|accepted\nS01|R1|y\nS02|R2|y")
    scores = typed("scores", "site_id|referral_id|occasion|score\nS01|R1|pre|40").assign(measure="m", scored_from="total")
    made = change(scores, referrals, {"a": other, "m": M}, ChangeSettings(), CUT)["flow"]
    assert set(zip(made["site_id"], made["measure"], strict=True)) == {("S01", "m"), ("S02", "m")}
