"""The pool over other pairs of the same women: all referrals with women as clusters, and the last score before treatment."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest

from pipeline.config import ReleaseSettings
from pipeline.stages.compare_referrals import ALL_OF_RECORDS, ALL_REFERRALS, LAST_START, has_several, starts_otherwise
from pipeline.stages.release import release
from pipeline.tables import shape
from tests.unit.drawn import drawn
from tests.unit.stages.drawn_study import MEASURE, Study, sites
from tests.unit.stages.test_compare import pairs, run

pytestmark = pytest.mark.filterwarnings("error")

RULE = ReleaseSettings()
PAIRED = sites(60, 55, 70, 48, 52, 64, 58)


def again(change: pd.DataFrame, women: dict[str, int], gain: float) -> pd.DataFrame:
    """The same table with a second referral for the first so many women of each site, who improve by `gain` in it."""
    more = pd.concat([change[change["site_id"] == site].head(n) for site, n in women.items()])
    more = more.assign(
        referral_id="again " + more["referral_id"], first_referral=False, improvement=gain, post=more["pre"] - gain
    )
    return shape("change", pd.concat([change, more], ignore_index=True))


def named(change: pd.DataFrame) -> pd.DataFrame:
    return change.assign(person_id=change["referral_id"])


def sensitivity(change: pd.DataFrame) -> pd.DataFrame:
    return run(change)["pooled_sensitivity"].set_index("analysis")


def test_a_woman_with_two_referrals_counts_with_both_and_as_one_cluster() -> None:
    """At S01 every woman comes twice and changes the same: the mean and its error are those of one referral each."""
    first = named(pairs({"S01": 20, "S02": 30}))
    twice = first[first["site_id"] == "S01"]
    twice = twice.assign(referral_id="again " + twice["referral_id"], first_referral=False)
    row = sensitivity(shape("change", pd.concat([first, twice], ignore_index=True))).loc[ALL_REFERRALS]
    alone = run(first)["pooled"].iloc[0]
    assert (row["k"], row["n"]) == (2, 50), "women, not referrals"
    assert [row["estimate"], row["se"]] == pytest.approx([alone["estimate"], alone["se"]])


def test_later_referrals_move_the_pool_and_their_women_weigh_as_they_come() -> None:
    first = named(pairs({"S01": 30, "S02": 30}))
    found = sensitivity(again(first, {"S01": 10, "S02": 10}, gain=-20.0))
    assert found.loc[ALL_REFERRALS, "estimate"] < run(first)["pooled"].iloc[0]["estimate"] - 4
    assert ALL_REFERRALS not in sensitivity(first).index, "where nobody comes twice there is nothing to say"
    assert ALL_OF_RECORDS not in found.index, "every site sent records"


def test_sites_that_sent_totals_stay_as_they_are_and_can_be_left_out() -> None:
    change = again(named(pairs({"S01": 30, "S02": 30})), {"S01": 10}, gain=0.0)
    sent = drawn("""
        site_id  pathway  n_paired  mean_pre_paired  mean_post_paired  sd_pre  sd_post  sd_change
        S03      all      40        50               20                10      10       10
    """)
    found = run(change, shape("accepted_aggregates", sent.assign(measure="pcl5")))["pooled_sensitivity"].set_index("analysis")
    assert found.loc[[ALL_REFERRALS, ALL_OF_RECORDS], "k"].tolist() == [3, 2]
    assert found.loc[ALL_OF_RECORDS, "estimate"] < found.loc[ALL_REFERRALS, "estimate"]


def test_from_the_last_score_before_treatment_improvement_starts_there() -> None:
    """Every woman eased by 4 points while she waited: so much less is left; one woman has no pair then."""
    first = named(pairs({"S01": 30, "S02": 30}))
    eased = first.assign(pre_last=first["pre"] - 4)
    row = sensitivity(eased).loc[LAST_START]
    assert row["estimate"] == pytest.approx(run(first)["pooled"].iloc[0]["estimate"] - 4)
    lost = eased.assign(pre_last=eased["pre_last"].mask(eased.index == 0))
    assert sensitivity(lost).loc[LAST_START, "n"] == 59
    assert LAST_START not in sensitivity(first.assign(pre_last=first["pre"])).index, "the same scores"


def test_whose_pair_is_another_one() -> None:
    table = drawn("""
        site_id  person_id  referral_id  measure  pre  pre_last
        S01      P1         R1           m        40   40
        S01      P1         R2           m        38   30
        S02      P1         R1           m        40   -
    """).astype({"pre_last": "float64"})
    assert has_several(table).tolist() == [True, True, False], "the same pseudonym at two sites is two women"
    assert starts_otherwise(table).tolist() == [False, True, True]


@dataclass
class Returning(Study):
    """A drawn study in which so many women of each site came again, or started from another score."""

    again: dict[str, int] = field(default_factory=dict)
    eased: dict[str, int] = field(default_factory=dict)

    def _women(self) -> pd.DataFrame:
        table = super()._women()
        rank = table.groupby("site_id").cumcount()
        moved = (rank < table["site_id"].map(self.eased).fillna(0)) & table["post"].notna()
        table["pre_last"] = table["pre"] - np.where(moved, 6.0, 0.0)
        came = table[(rank < table["site_id"].map(self.again).fillna(0)) & table["post"].notna()]
        came = came.assign(referral_id="again " + came["referral_id"], first_referral=False, is_early=True)
        return pd.concat([table, came], ignore_index=True)


def opened(study: Study) -> pd.DataFrame:
    return release(study.exact(), {"pcl5": MEASURE}, {}, RULE)["open_sensitivity"].set_index("analysis")


def test_pools_over_other_pairs_leave_where_enough_women_have_another_pair() -> None:
    many, missing = sites(20, 20, 20, 20, 20, 20, 20), sites(30, 25, 28, 31, 26, 29, 33)
    study = Returning(PAIRED, missing, again=many, eased=many)
    table, exact = opened(study), study.exact()["pooled_sensitivity"].set_index("analysis")
    for name, analysis in (("all_referrals", ALL_REFERRALS), ("last_before_treatment", LAST_START)):
        row = table.loc[name]
        assert row["status"] == "shown"
        assert row["estimate"] == round(exact.loc[analysis, "estimate"], 1)


@pytest.mark.parametrize("few", [{"S01": 5}, {"S01": 20}, {"S01": 4, "S02": 4, "S03": 3}], ids=["five", "one site", "eleven"])
def test_the_difference_of_two_pools_never_tells_of_a_few_women(few: dict[str, int]) -> None:
    table = opened(Returning(PAIRED, sites(30, 25, 28, 31, 26, 29, 33), again=few, eased=few))
    assert table.loc["dersimonian_laird", "status"] == "shown"
    for name in ("all_referrals", "last_before_treatment"):
        assert table.loc[name, "status"] == "too_few"
        assert table.loc[name, ["estimate", "low", "high"]].isna().all()
        assert "another pair" in table.loc[name, "note"]
