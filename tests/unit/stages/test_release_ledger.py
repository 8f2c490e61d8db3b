"""The ledger of a release: who stands behind what, and which rows go when a figure stays back."""

from __future__ import annotations

import pandas as pd

from pipeline.catalog import OPEN_TABLES
from pipeline.config import ReleaseSettings
from pipeline.disclosure.releases import hashed_women
from pipeline.stages.release_ledger import MADE_OF_THESE, OF_OTHERS, ReleaseLedger, is_held_to_releases
from pipeline.stages.release_masks import Unit, figures_of, without_figures, without_units
from pipeline.stages.release_sets import women_behind
from pipeline.tables import empty, schemas, shape
from tests.unit.stages.drawn_study import Study, sites

RULE = ReleaseSettings()
KEY = "0f" * 32


def test_every_open_table_is_held_to_earlier_releases_or_says_why_it_need_not_be() -> None:
    held = {name for name in OPEN_TABLES if is_held_to_releases(name)}
    assert held | MADE_OF_THESE | OF_OTHERS == set(OPEN_TABLES)
    assert not held & (MADE_OF_THESE | OF_OTHERS)
    assert not MADE_OF_THESE & OF_OTHERS


def exact() -> dict[str, pd.DataFrame]:
    return Study(sites(30, 25, 20), sites(5, 5, 5)).exact()


def test_a_woman_stands_behind_a_variable_once_with_all_that_she_adds() -> None:
    given = exact()
    twice = given["change"].iloc[[0]].assign(referral_id="later", post=1.0)
    given["change"] = pd.concat([given["change"], twice], ignore_index=True)
    given["accepted_referrals"] = shape(
        "accepted_referrals",
        pd.DataFrame({"site_id": ["S01", "S01", "S02"], "referral_id": ["a", "b", "c"], "person_id": ["P", "P", None]}),
    )
    women = women_behind(given)
    assert not women.duplicated(["variable", "site_id", "woman"]).any()
    counts = women.groupby("variable").size().to_dict()
    assert counts == {"paired/pcl5": 75, "referred": 2}
    assert women.loc[women["variable"] == "paired/pcl5", "value"].str.count(";").max() == 1
    reordered = {**given, "change": given["change"].sample(frac=1, random_state=1)}
    pd.testing.assert_frame_equal(women, women_behind(reordered))


def test_a_site_that_sent_totals_differs_where_its_numbers_do() -> None:
    given = {**exact(), "change": empty("change")}
    effects = given["site_effects"].assign(grain="aggregate")
    then, now = (women_behind({**given, "site_effects": table}) for table in (effects, effects.assign(se=effects["se"] + 1)))
    assert len(then) == 75 + 3
    assert (then["value"] != now["value"]).sum() == 3, "one for the figures of each site"


def test_the_ledger_holds_back_what_differs_by_few_women_and_counts_it() -> None:
    given = exact()
    first = ReleaseLedger(given, RULE)
    then = hashed_women(first.women, KEY)
    fewer = {**given, "change": given["change"].iloc[3:]}
    ledger = ReleaseLedger(fewer, RULE, {"2026-05": shape("published_women", then), "the key": {"key": KEY}})
    assert ledger.held == {"paired/pcl5": frozenset({"S01", "ALL"})}
    assert ReleaseLedger(given, RULE, {"2026-05": then, "the key": {"key": KEY}}).held == {}
    table = pd.DataFrame(
        {"measure": "pcl5", "site_id": ["S01", "S02"], "n": [25, 25], "mean_improvement": 1.0, "status": "shown"}
    )
    found = ledger.since_releases({"open_sites": shape("open_sites", table)}, {})["open_sites"]
    assert found["status"].tolist() == ["too_few", "shown"]
    assert found["n"].tolist() == [pd.NA, 25]
    ledger.since_releases({"open_sites": found}, {})
    assert ledger.withheld_since("open_sites") == 1, "a row is counted once"
    row = {"measure": "pcl5", "k_sites": 5, "k_sites_left_out": 0, "n": 80, "status": "shown", "note": ""}
    assert "n" not in ledger.pools({"pcl5": row})["pcl5"]


def staff(n: int, *, codes: str) -> pd.DataFrame:
    """So many at each of five sites, each with her own answer to one question of NoMAD."""
    people = range(n)
    rows = [
        {"site_id": f"S0{site}", "staff_code": f"{codes}{i}", "instrument": "nomad", "question": "1", "response": i}
        for site in range(1, 6)
        for i in people
    ]
    return shape("accepted_staff", pd.DataFrame(rows))


def test_people_who_answered_are_held_to_earlier_releases_whatever_their_codes() -> None:
    given = exact()
    first = ReleaseLedger({**given, "accepted_staff": staff(20, codes="a")}, RULE)
    then = {"2026-05": shape("published_women", hashed_women(first.women, KEY)), "the key": {"key": KEY}}
    again = ReleaseLedger({**given, "accepted_staff": staff(20, codes="b")}, RULE, then)
    assert again.held == {}
    new = staff(20, codes="b")
    one_site = new[new["site_id"] == "S01"].head(3).assign(staff_code=["x", "y", "z"], response=[97, 98, 99])
    ledger = ReleaseLedger({**given, "accepted_staff": pd.concat([new, one_site])}, RULE, then)
    assert ledger.held == {"people/staff": frozenset({"S01", "ALL"}), "answers/nomad": frozenset({"S01", "ALL"})}
    row = {"instrument": "nomad", "construct": "coherence", "name": "x", "order": 0, "wave": "ALL", "is_better": "higher"}
    row |= {"scale_low": 1.0, "scale_high": 5.0, "k_sites": 5, "n": 100, "mean": 3.5, "low": 3.0, "high": 4.0, "status": "shown"}
    found = ledger.since_releases({"open_constructs": shape("open_constructs", pd.DataFrame([row]))}, {})["open_constructs"]
    assert found["status"].tolist() == ["too_few"]
    assert found[["n", "mean", "low", "high"]].isna().all(axis=None)


def test_words_stay_where_figures_go() -> None:
    for name in OPEN_TABLES:
        kinds = {schemas()[name].columns[column].metadata["kind"] for column in figures_of(name, empty(name))}
        assert kinds <= {"number", "whole", "flag"}, name
    waits = pd.DataFrame(
        {"event": "assessment", "site_id": ["ALL", "S01"], "weeks": 6, "n": [60, None], "seen_pct": 50.0, "status": "shown"}
    )
    waits = shape("open_waits", waits.assign(left_status="too_few"))
    found = without_figures("open_waits", waits, waits["site_id"] == "ALL")
    assert found["status"].tolist() == ["too_few", "shown"]
    assert found["seen_pct"].tolist()[1] == 50.0
    assert pd.isna(found.loc[0, ["n", "seen_pct"]]).all()
    assert found["weeks"].tolist() == [6, 6]


def test_what_is_withheld_of_a_table_that_is_not_made_yet_waits_for_it() -> None:
    waits = Unit("findings", (("key", "study.n_women"),))
    assert without_units({"open_flow": empty("open_flow")}, [waits]).keys() == {"open_flow"}


def test_a_series_that_stays_back_is_one_row_and_a_bin_none() -> None:
    months = pd.to_datetime(["2026-01-01", "2026-02-01", "2026-01-01"])
    series = pd.DataFrame(
        {"site_id": ["S01", "S01", "S02"], "series": "referrals", "grain": "month", "period": months, "value": 20.0}
    )
    series = shape("open_series", series.assign(status="shown"))
    found = without_figures("open_series", series, series["site_id"] == "S01")
    assert found[["site_id", "status"]].to_numpy().tolist() == [["S01", "too_few"], ["S02", "shown"]]
    bins = shape(
        "open_distribution", pd.DataFrame({"measure": ["x", "y"], "bin_low": 0.0, "bin_high": 5.0, "n": 20, "status": "shown"})
    )
    assert without_figures("open_distribution", bins, bins["measure"] == "x")["measure"].tolist() == ["y"]
