"""Change: which two scores make a pair, and what the pair is called. Each rule is shown on a few drawn rows."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.config import ChangeSettings
from pipeline.measures import CutOff, Measure, Norm, Range, Reliability, ReliableChange
from pipeline.stages.change import change
from pipeline.stats.reliable import reliable_change_index
from pipeline.tables import empty, schemas

pytestmark = pytest.mark.filterwarnings("error")
Typed = Callable[[str, str], pd.DataFrame]
Pairs = Callable[..., pd.DataFrame]

REFERRAL = """
    site_id | referral_id | person_id | referral_date | first_treatment_date | end_date
    S01     | R1          | P1        | 2026-02-01    | 2026-03-02           | 2026-06-30
"""
SOURCED: dict[str, Any] = {"source": "invented", "evidence": "V"}


def measure(**facts: Any) -> Measure:
    """A measure m of 0 to 100 where lower is better."""
    return Measure(**{"id": "m", "name": "M", "better": "lower", "range": Range(low=0, high=100), **facts})


@pytest.fixture
def pairs(typed: Typed) -> Pairs:
    """Pairs made of drawn scores, lines of `referral | date | occasion | score`, and drawn referrals."""

    def make(
        scores: str, referrals: str = REFERRAL, *, site: str = "S01", of: Measure | None = None, **settings: int
    ) -> pd.DataFrame:
        lines = [line.strip() for line in scores.strip().splitlines()]
        rows = "\n".join(f"{'' if line.startswith('S0') else site + '|'}{line}|total" for line in lines)
        frame = typed("scores", f"site_id|referral_id|date|occasion|score|scored_from\n{rows}").assign(measure="m")
        made = change(frame, typed("accepted_referrals", referrals), {"m": of or measure()}, ChangeSettings(**settings), None)
        for name, table in made.items():
            schemas()[name].validate(table)
        return made["change"]

    return make


def ends(found: pd.DataFrame) -> list[tuple[Any, ...]]:
    """First and last score of each pair."""
    return [tuple(row) for row in found[["pre", "post"]].to_numpy().tolist()]


# --- The first score -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "is_pre"),
    [
        ("2026-01-31", False),  # the day before the referral
        ("2026-02-01", True),  # the day of the referral
        ("2026-03-02", True),  # the day of the first treatment
        ("2026-03-16", True),  # 14 days later
        ("2026-03-17", False),  # 15 days later
    ],
)
def test_the_first_score_lies_from_the_referral_to_14_days_after_the_first_treatment(
    pairs: Pairs, day: str, is_pre: bool
) -> None:
    assert ends(pairs(f"R1 | {day} | | 50\nR1 | 2026-06-20 | | 30")) == ([(50, 30)] if is_pre else [])


def test_the_first_of_several_scores_in_the_window_is_taken(pairs: Pairs) -> None:
    assert ends(pairs("R1|2026-03-05||45\nR1|2026-02-10||50\nR1|2026-02-20||48\nR1|2026-06-20||30")) == [(50, 30)]


def test_the_last_score_before_treatment_is_kept_beside_the_first(pairs: Pairs) -> None:
    """As a sensitivity: a woman who waits may ease, or get worse, before anybody treats her."""
    row = pairs("""
        R1 | 2026-02-01 |  | 60
        R1 | 2026-03-16 |  | 52
        R1 | 2026-06-30 |  | 30
    """).iloc[0]
    assert (row["pre"], row["pre_last"], row["post"]) == (60, 52, 30)
    assert row["days_to_treatment"] == 29, "1 February to 2 March"


def test_the_last_score_before_treatment_waits_for_the_gap_too(pairs: Pairs) -> None:
    near, alone = "R1 | 2026-03-16 |  | 52\nR1 | 2026-03-29 |  | 30", "R1 | 2026-03-29 |  | 30"
    assert pairs(f"R1 | 2026-02-01 |  | 60\n{near}")["pre_last"].isna().all()
    assert pairs(f"R1 | 2026-02-01 |  | 60\n{alone}")["pre_last"].tolist() == [60]


def test_the_window_is_a_setting(pairs: Pairs) -> None:
    scores = "R1|2026-03-03||50\nR1|2026-06-20||30"
    assert len(pairs(scores, pre_window_days=1)) == 1
    assert len(pairs(scores, pre_window_days=0)) == 0


@pytest.mark.parametrize(
    ("occasion", "is_pre"), [("", True), ("pre", True), ("during", False), ("post", False), ("follow_up", False)]
)
def test_a_declared_occasion_must_agree_for_the_first_score(pairs: Pairs, occasion: str, is_pre: bool) -> None:
    assert len(pairs(f"R1|2026-02-10|{occasion}|50\nR1|2026-06-20||30")) == is_pre


# --- The last score ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "is_post"),
    [
        ("2026-03-02", False),  # the day of the first treatment
        ("2026-03-03", True),
        ("2026-07-30", True),  # 30 days after the end
        ("2026-07-31", False),
    ],
)
def test_the_last_score_lies_after_the_first_treatment_and_at_most_30_days_after_the_end(
    pairs: Pairs, day: str, is_post: bool
) -> None:
    assert ends(pairs(f"R1|2026-02-01||50\nR1|{day}||30")) == ([(50, 30)] if is_post else [])


@pytest.mark.parametrize(
    ("recall", "gap", "day", "is_post"),
    [
        (None, 14, "2026-03-15", False),
        (None, 14, "2026-03-16", True),
        (7, 14, "2026-03-15", False),
        (7, 14, "2026-03-16", True),
        (30, 14, "2026-03-31", False),
        (30, 14, "2026-04-01", True),
        (30, 40, "2026-04-10", False),
        (30, 40, "2026-04-11", True),
        (None, 0, "2026-03-03", True),
    ],
)
def test_the_last_score_waits_for_the_gap_and_for_the_recall_of_the_measure(
    pairs: Pairs, recall: int | None, gap: int, day: str, is_post: bool
) -> None:
    """The first score stands on 2 March; what the questionnaire asks back over must lie after it."""
    found = pairs(f"R1|2026-03-02||50\nR1|{day}||30", of=measure(recall_days=recall), min_gap_days=gap)
    assert ends(found) == ([(50, 30)] if is_post else [])


def test_the_last_of_several_scores_is_taken_and_one_too_late_is_passed_over(pairs: Pairs) -> None:
    assert ends(pairs("R1|2026-02-10||50\nR1|2026-05-01||40\nR1|2026-06-20||30\nR1|2026-09-01||10")) == [(50, 30)]


def test_the_grace_after_the_end_is_a_setting(pairs: Pairs) -> None:
    scores = "R1|2026-02-10||50\nR1|2026-07-01||30"
    assert (len(pairs(scores, post_grace_days=0)), len(pairs(scores, post_grace_days=1))) == (0, 1)


@pytest.mark.parametrize(
    ("occasion", "is_post"), [("", True), ("post", True), ("during", False), ("follow_up", False), ("pre", False)]
)
def test_during_and_follow_up_are_never_the_last_score(pairs: Pairs, occasion: str, is_post: bool) -> None:
    assert len(pairs(f"R1|2026-02-10||50\nR1|2026-06-20|{occasion}|30")) == is_post


@pytest.mark.parametrize("missing", ["first_treatment_date", "end_date"])
def test_who_has_not_started_or_not_ended_has_no_pair(pairs: Pairs, missing: str) -> None:
    dates = {"first_treatment_date": "2026-03-02", "end_date": "2026-06-30", missing: ""}
    referral = f"site_id|referral_id|referral_date|first_treatment_date|end_date\nS01|R1|2026-02-01|{'|'.join(dates.values())}"
    assert len(pairs("R1|2026-02-10|pre|50\nR1|2026-06-20|post|30", referral)) == 0


# --- Two scores of one day -----------------------------------------------------------------------------------------------


def test_two_equal_totals_of_one_day_are_one(pairs: Pairs) -> None:
    assert ends(pairs("R1|2026-02-10||50\nR1|2026-02-10|pre|50\nR1|2026-06-20||30\nR1|2026-06-20||30")) == [(50, 30)]


def test_two_different_totals_of_one_day_are_both_out(pairs: Pairs) -> None:
    assert ends(pairs("R1|2026-02-10||50\nR1|2026-02-10||51\nR1|2026-02-20||45\nR1|2026-06-20||30")) == [(45, 30)]
    assert ends(pairs("R1|2026-02-10||50\nR1|2026-06-20||30\nR1|2026-06-20|post|31")) == []


def test_two_different_totals_of_one_undated_occasion_are_both_out(pairs: Pairs) -> None:
    assert ends(pairs("R1||pre|50\nR1||pre|51\nR1||post|30", referrals="site_id|referral_id")) == []
    assert ends(pairs("R1||pre|50\nR1||pre|50\nR1||post|30", referrals="site_id|referral_id")) == [(50, 30)]


def test_of_equal_totals_with_two_occasions_the_order_of_rows_decides_nothing(pairs: Pairs) -> None:
    first = ends(pairs("R1|2026-02-10||50\nR1|2026-06-20|post|30\nR1|2026-06-20|during|30"))
    assert ends(pairs("R1|2026-02-10||50\nR1|2026-06-20|during|30\nR1|2026-06-20|post|30")) == first


# --- Referrals and women -------------------------------------------------------------------------------------------------

TWO_REFERRALS = """
    site_id | referral_id | person_id | referral_date | first_treatment_date | end_date
    S01     | R2          | P1        | 2026-01-01    | 2026-01-10           | 2026-03-01
    S01     | R1          | P1        | 2026-05-01    | 2026-05-10           | 2026-08-01
"""


def test_scores_are_never_paired_across_referrals(pairs: Pairs) -> None:
    assert len(pairs("R2 | 2026-01-05 | | 50\nR1 | 2026-07-30 | | 30", TWO_REFERRALS)) == 0


def test_a_woman_is_analysed_by_her_first_paired_referral(pairs: Pairs) -> None:
    both = "R2|2026-01-05||50\nR2|2026-02-28||40\nR1|2026-05-02||45\nR1|2026-07-30||30"
    found = pairs(both, TWO_REFERRALS).set_index("referral_id")["first_referral"].to_dict()
    assert found == {"R2": True, "R1": False}
    only_later = pairs("R2|2026-01-05||50\nR1|2026-05-02||45\nR1|2026-07-30||30", TWO_REFERRALS)
    assert only_later["first_referral"].tolist() == [True]


def test_the_same_pseudonym_at_two_sites_is_two_women(pairs: Pairs) -> None:
    referrals = REFERRAL + "    S02 | R1 | P1 | 2026-02-01 | 2026-03-02 | 2026-06-30\n"
    found = pairs("S01|R1|2026-02-10||50\nS01|R1|2026-06-20||30\nS02|R1|2026-02-10||60\nS02|R1|2026-06-20||20", referrals)
    assert found["first_referral"].tolist() == [True, True]
    assert ends(found) == [(50, 30), (60, 20)]


def test_a_referral_without_a_pseudonym_of_its_woman_is_a_woman_of_its_own(pairs: Pairs) -> None:
    """Also where its own id happens to be another woman's pseudonym."""
    referrals = """
        site_id | referral_id | person_id | referral_date | first_treatment_date | end_date
        S01     | 1           | 2         | 2026-02-01    | 2026-03-02           | 2026-06-30
        S01     | 2           |           | 2026-02-01    | 2026-03-02           | 2026-06-30
    """
    found = pairs("1|2026-02-10||50\n1|2026-06-20||30\n2|2026-02-10||60\n2|2026-06-20||20", referrals)
    assert found["first_referral"].tolist() == [True, True]


@pytest.mark.parametrize(("client", "counts"), [("woman_or_birthing_parent", 1), ("", 1), ("partner", 0), ("other", 0)])
def test_partners_and_others_are_no_women(pairs: Pairs, client: str, counts: int) -> None:
    head = "site_id|referral_id|client|referral_date|first_treatment_date|end_date"
    referral = f"{head}\nS01|R1|{client}|2026-02-01|2026-03-02|2026-06-30"
    assert len(pairs("R1|2026-02-10||50\nR1|2026-06-20||30", referral)) == counts


# --- Outcomes alone ------------------------------------------------------------------------------------------------------

NONE = "site_id | referral_id"


def test_outcomes_alone_are_paired_by_declared_occasion_and_marked(pairs: Pairs) -> None:
    found = pairs("R1||pre|50\nR1||during|45\nR1||post|30\nR1||follow_up|20", NONE)
    assert ends(found) == [(50, 30)]
    assert found["undated_treatment"].tolist() == [True]


def test_outcomes_alone_without_occasions_are_paired_first_and_last(pairs: Pairs) -> None:
    found = pairs("R1|2026-04-01||40\nR1|2026-02-01||50\nR1|2026-06-01||30", NONE)
    assert ends(found) == [(50, 30)]
    assert found["undated_treatment"].tolist() == [True]


def test_a_declared_occasion_goes_before_the_order_of_dates(pairs: Pairs) -> None:
    assert ends(pairs("R1|2026-02-01||55\nR1|2026-02-10|pre|50\nR1|2026-06-01|post|30\nR1|2026-08-01||10", NONE)) == [(50, 30)]


def test_one_score_is_no_pair_and_the_gap_holds_without_treatment_dates_too(pairs: Pairs) -> None:
    assert len(pairs("R1|2026-02-01||50", NONE)) == 0
    assert len(pairs("R1|2026-02-01||50\nR1|2026-02-14||40", NONE)) == 0
    assert len(pairs("R1|2026-02-01||50\nR1|2026-02-15||40", NONE)) == 1
    assert len(pairs("R1|2026-02-01|pre|50\nR1|2026-02-14|post|40", NONE)) == 0


def test_dated_pairs_are_not_marked(pairs: Pairs) -> None:
    assert pairs("R1|2026-02-10||50\nR1|2026-06-20||30")["undated_treatment"].tolist() == [False]


def test_a_site_with_referrals_and_one_without_are_each_paired_their_way(pairs: Pairs) -> None:
    found = pairs("S01|R1|2026-02-10||50\nS01|R1|2026-06-20||30\nS02|R1||pre|60\nS02|R1||post|20")
    assert found["undated_treatment"].tolist() == [False, True]


# --- The sign ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("better", "improvement"), [("lower", 20), ("higher", -20)])
def test_positive_always_means_better(pairs: Pairs, better: str, improvement: float) -> None:
    facts = {"reliabilities": (Reliability(value=0.8, kind="test_retest", **SOURCED),), "norms": (norm(10),)}
    (row,) = pairs("R1|2026-02-10||50\nR1|2026-06-20||30", of=measure(better=better, **facts)).to_dict("records")
    assert row["improvement"] == improvement
    assert np.sign(row["rci"]) == np.sign(improvement)


# --- The class of a pair -------------------------------------------------------------------------------------------------


def norm(sd: float, **facts: Any) -> Norm:
    return Norm(**{"population": "women in services", "mean": 50, "sd": sd, "selected": True, **SOURCED, **facts})


def threshold(points: float) -> dict[str, Any]:
    return {"reliable_changes": (ReliableChange(points=points, kind="published", **SOURCED),), "primary_reliable_change": points}


@pytest.mark.parametrize(
    ("better", "post", "is_class"),
    [
        ("lower", 35, "reliably_improved"),  # a change of exactly the published 15 points counts
        ("lower", 36, "no_reliable_change"),
        ("lower", 50, "no_reliable_change"),
        ("lower", 64, "no_reliable_change"),
        ("lower", 65, "reliably_deteriorated"),
        ("higher", 65, "reliably_improved"),
        ("higher", 64, "no_reliable_change"),
        ("higher", 35, "reliably_deteriorated"),
    ],
)
def test_a_published_threshold_decides_the_class(pairs: Pairs, better: str, post: int, is_class: str) -> None:
    found = pairs(f"R1|2026-02-10||50\nR1|2026-06-20||{post}", of=measure(better=better, **threshold(15)))
    assert found["class"].tolist() == [is_class]


@pytest.mark.parametrize(
    ("post", "is_class"),
    [(30, "reliably_improved"), (31, "no_reliable_change"), (69, "no_reliable_change"), (70, "reliably_deteriorated")],
)
def test_without_one_the_reliable_change_index_decides(pairs: Pairs, post: int, is_class: str) -> None:
    """With a reliability of 0.5 the standard error of a difference is the SD: 10 points, and 1.96 of them are 19.6."""
    facts = {"reliabilities": (Reliability(value=0.5, kind="test_retest", **SOURCED),), "norms": (norm(10),)}
    (row,) = pairs(f"R1|2026-02-10||50\nR1|2026-06-20||{post}", of=measure(**facts)).to_dict("records")
    assert row["rci"] == pytest.approx((50 - post) / 10)
    assert row["class"] == is_class


def test_an_index_of_exactly_1_96_is_not_beyond_it(pairs: Pairs) -> None:
    gain = next(float(g) for g in 1.96 + np.arange(-9, 9) * np.spacing(1.96) if reliable_change_index(g, 1, 0.5) == 1.96)
    facts = {"reliabilities": (Reliability(value=0.5, kind="test_retest", **SOURCED),), "norms": (norm(1),)}
    found = pairs(f"R1|2026-02-10||{gain!r}\nR1|2026-06-20||0", of=measure(**facts))
    assert (found["rci"].tolist(), found["class"].tolist()) == ([1.96], ["no_reliable_change"])


def test_a_measure_with_neither_is_not_classified_and_recovery_is_not_called_reliable(pairs: Pairs) -> None:
    cut_off = CutOff(value=31, **SOURCED)
    (row,) = pairs("R1|2026-02-10||50\nR1|2026-06-20||30", of=measure(clinical_cut_offs=(cut_off,))).to_dict("records")
    assert row["class"] == "not_classified"
    assert row["recovered"] is True
    assert pd.isna(row["reliably_recovered"])


def test_unverified_knowledge_decides_nothing(pairs: Pairs) -> None:
    unverified = {"source": "hearsay", "evidence": "BK"}
    facts = {
        "reliabilities": (Reliability(value=0.9, kind="test_retest", **unverified),),
        "norms": (norm(1, **unverified),),
    }
    (row,) = pairs("R1|2026-02-10||50\nR1|2026-06-20||30", of=measure(**facts)).to_dict("records")
    assert (row["class"], pd.isna(row["rci"])) == ("not_classified", True)


POOL = """
    S01 | A1 | 2026-02-10 |     | 10
    S01 | A2 | 2026-02-10 |     | 20
    S01 | A2 | 2026-06-20 |     | 90
    S02 | B1 | 2026-02-10 |     | 50
    S02 | B2 | 2026-02-10 |     | 60
    S02 | B2 | 2026-06-20 |     | 40
    S02 | B3 | 2026-02-10 |     | 99
    S02 | B4 | 2026-06-20 | post | 99
"""
POOL_REFERRALS = """
    site_id | referral_id | client  | referral_date | first_treatment_date | end_date
    S01     | A1          |         | 2026-02-01    |                      |
    S01     | A2          |         | 2026-02-01    | 2026-03-02           | 2026-06-30
    S02     | B1          |         | 2026-02-01    | 2026-03-02           | 2026-06-30
    S02     | B2          |         | 2026-02-01    | 2026-03-02           | 2026-06-30
    S02     | B3          | partner | 2026-02-01    | 2026-03-02           | 2026-06-30
    S02     | B4          |         | 2026-02-01    | 2026-03-02           | 2026-06-30
"""


def test_without_a_sourced_sd_the_first_scores_of_all_assessed_women_give_one_within_sites(pairs: Pairs) -> None:
    """10 and 20 at one site, 50 and 60 at the other: a variance of 50 within either. Partners and last scores are not in it."""
    of = measure(reliabilities=(Reliability(value=0.5, kind="test_retest", **SOURCED),))
    found = pairs(POOL, POOL_REFERRALS, of=of).set_index("referral_id")["rci"]
    assert found.to_dict() == {"A2": pytest.approx(-70 / 50**0.5), "B2": pytest.approx(20 / 50**0.5)}


def test_a_sourced_sd_of_women_like_these_goes_before_and_that_of_others_does_not(pairs: Pairs) -> None:
    reliability = (Reliability(value=0.5, kind="test_retest", **SOURCED),)
    general = norm(3, selected=False)
    for norms, sd in (((general, norm(20)), 20), ((general,), 50**0.5)):
        found = pairs(POOL, POOL_REFERRALS, of=measure(reliabilities=reliability, norms=norms)).set_index("referral_id")
        assert found.loc["B2", "rci"] == pytest.approx(20 / sd)


# --- Cases and recovery --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("better", "pre", "post", "before", "after"),
    [
        ("lower", 31, 30, True, False),  # at the cut-off is a case where lower is better
        ("lower", 30, 31, False, True),
        ("lower", 31, 31, True, True),
        ("higher", 30, 31, True, False),  # at the cut-off is none where higher is better
        ("higher", 31, 30, False, True),
        ("higher", 31, 31, False, False),
    ],
)
def test_a_case_is_at_or_beyond_the_cut_off_in_the_direction_of_the_measure(
    pairs: Pairs, better: str, pre: int, post: int, before: bool, after: bool
) -> None:
    of = measure(better=better, clinical_cut_offs=(CutOff(value=31, **SOURCED), CutOff(value=90, **SOURCED)))
    (row,) = pairs(f"R1|2026-02-10||{pre}\nR1|2026-06-20||{post}", of=of).to_dict("records")
    assert (row["case_before"], row["case_after"], row["recovered"]) == (before, after, before and not after)


@pytest.mark.parametrize(
    ("pre", "post", "recovered", "reliably"),
    [(50, 30, True, True), (35, 30, True, False), (90, 40, False, False), (30, 10, False, False)],
)
def test_reliably_recovered_is_recovered_and_reliably_improved(
    pairs: Pairs, pre: int, post: int, recovered: bool, reliably: bool
) -> None:
    of = measure(clinical_cut_offs=(CutOff(value=31, **SOURCED),), **threshold(15))
    (row,) = pairs(f"R1|2026-02-10||{pre}\nR1|2026-06-20||{post}", of=of).to_dict("records")
    assert (row["recovered"], row["reliably_recovered"]) == (recovered, reliably)


def test_without_a_cut_off_nobody_is_or_is_not_a_case(pairs: Pairs) -> None:
    (row,) = pairs("R1|2026-02-10||50\nR1|2026-06-20||30", of=measure(**threshold(15))).to_dict("records")
    assert all(pd.isna(row[name]) for name in ("case_before", "case_after", "recovered", "reliably_recovered"))


# --- The whole -----------------------------------------------------------------------------------------------------------


def test_flipping_the_direction_flips_signs_and_classes_only(pairs: Pairs) -> None:
    lower = pairs(POOL, POOL_REFERRALS, of=measure(**threshold(15)))
    higher = pairs(POOL, POOL_REFERRALS, of=measure(better="higher", **threshold(15)))
    assert higher["improvement"].tolist() == [-value for value in lower["improvement"]]
    other = {"reliably_improved": "reliably_deteriorated", "reliably_deteriorated": "reliably_improved"}
    assert higher["class"].tolist() == [other.get(name, name) for name in lower["class"]]
    same = ["site_id", "referral_id", "pre_date", "post_date", "pre", "post", "first_referral"]
    pd.testing.assert_frame_equal(lower[same], higher[same])


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_rows_changes_nothing(typed: Typed, measures: dict[str, Measure], seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 120
    scores = pd.DataFrame(
        {
            "site_id": rng.choice(["S01", "S02", "S03"], n),
            "referral_id": rng.choice(["R1", "R2", "R3", "R4"], n),
            "measure": rng.choice(["gad7", "phq9"], n),
            "date": pd.Timestamp("2026-02-01") + pd.to_timedelta(rng.integers(0, 12, n) * 13, unit="D"),
            "occasion": rng.choice(["pre", "post", "during"], n),
            "score": rng.integers(0, 3, n) * 5.0,
        }
    )
    scores.loc[rng.random(n) < 0.5, "occasion"] = None
    scores.loc[(rng.random(n) < 0.3) & scores["occasion"].notna(), "date"] = pd.NaT
    referrals = typed(
        "accepted_referrals",
        "site_id|referral_id|person_id|referral_date|first_treatment_date|end_date\n"
        + "\n".join(
            f"{s}|R{i}|P{i // 2}|2026-02-01|2026-02-{20 + i}|2026-06-{10 + i}" for s in ("S01", "S02") for i in range(1, 5)
        ),
    )
    known = {name: measures[name] for name in ("gad7", "phq9")}
    made = change(scores, referrals, known, ChangeSettings(), None)
    assert len(made["change"])
    shuffled = scores.sample(frac=1, random_state=seed, ignore_index=True), referrals.iloc[::-1].reset_index(drop=True)
    again = change(*shuffled, known, ChangeSettings(), None)
    for name, table in made.items():
        pd.testing.assert_frame_equal(table, again[name])


def test_without_scores_or_referrals_the_tables_are_empty(measures: dict[str, Measure], typed: Typed) -> None:
    nothing = change(empty("scores"), empty("accepted_referrals"), measures, ChangeSettings(), None)
    assert all(table.empty for table in nothing.values())
    without_scores = change(
        empty("scores"), typed("accepted_referrals", REFERRAL), measures, ChangeSettings(), datetime.date(2026, 12, 31)
    )
    assert without_scores["change"].empty
    assert set(without_scores["flow"]["measure"]) == {next(iter(measures))}, "where women stand is known without any score"
