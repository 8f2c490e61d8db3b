"""The invented study: its shape, its honesty about what is planted, and the same bytes each time."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.measures import load
from pipeline.synthetic import synthesise
from pipeline.tables.returned import RETURNED

SMALL = {"sites": 6, "women": 400}
AS_TEXT = dict.fromkeys(("attendance", "mode", "ethnic_category"), str)


def read_return(path: Path) -> dict[str, pd.DataFrame]:
    """Every table of one return; text columns as text."""
    options: dict[str, Any] = {"keep_default_na": False, "na_values": [""], "dtype": AS_TEXT}
    if path.suffix == ".xlsx":
        tables = pd.read_excel(path, sheet_name=None, engine="calamine", **options)
    else:
        tables = {csv.stem: pd.read_csv(csv, **options) for csv in sorted(path.glob("*.csv"))}
    return {str(name): _with_dates(frame) for name, frame in tables.items()}


def _with_dates(frame: pd.DataFrame) -> pd.DataFrame:
    dated = [c for c in frame.columns if c == "date" or c.endswith(("_date", "_month", "_start")) or c == "period_end"]
    return frame.assign(**{c: pd.to_datetime(frame[c]) for c in dated})


def all_bytes(folder: Path) -> dict[str, bytes]:
    """Content of every file below a folder, by relative path."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


class Made:
    """A study read back from its files."""

    def __init__(self, folder: Path) -> None:
        """Read all returns and the answer key."""
        self.folder = folder
        self.truth: dict[str, Any] = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
        paths = sorted((folder / "returns").iterdir())
        self.returns = {path.stem: read_return(path) for path in paths}
        self.suffixes = {path.stem: path.suffix for path in paths}

    def table(self, name: str) -> pd.DataFrame:
        """One table of all the sites that return it."""
        return pd.concat([tables[name] for tables in self.returns.values() if name in tables], ignore_index=True)

    def pairs(self, measure: str) -> pd.DataFrame:
        """First and last score a referral, by the declared occasions."""
        scores = self.table("outcomes").query("measure == @measure and occasion in ['pre', 'post']")
        wide = scores.pivot_table(index=["site_id", "referral_id"], columns="occasion", values="total")
        return wide.dropna().reset_index()


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The study as it is made by default."""
    folder = tmp_path_factory.mktemp("full")
    synthesise(folder)
    return Made(folder)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A study of six sites."""
    folder = tmp_path_factory.mktemp("small")
    synthesise(folder, **SMALL)
    return Made(folder)


def roles(made: Made) -> dict[str, list[str]]:
    """Sites by the role that the answer key gives them."""
    found: dict[str, list[str]] = {}
    for site, facts in made.truth["by_site"].items():
        found.setdefault(facts["role"], []).append(site)
    return found


def test_truth_lies_beside_the_returns_and_nothing_but_returns_inside(full: Made) -> None:
    assert {p.name for p in full.folder.iterdir()} == {"returns", "evidence.csv", "truth.json"}
    assert not [p for p in (full.folder / "returns").rglob("*") if "truth" in p.name]
    assert full.truth["synthetic"] is True
    names = [f"S{i:02d}" for i in range(1, 31)]
    assert list(full.returns) == names
    assert [full.suffixes[n] for n in names] == [".xlsx", ""] * 15


def test_a_third_are_early_implementers(full: Made) -> None:
    service = full.table("service")
    waves = service.set_index("site_id")["wave"]
    assert (waves[[f"S{i:02d}" for i in range(1, 11)]] == "EI").all()
    assert (waves == "FF").sum() == 20
    assert set(service.columns) == set(RETURNED["service"].columns)


def test_there_are_about_as_many_referrals_as_asked_for_and_sites_are_uneven(full: Made) -> None:
    assert full.truth["referrals"] == pytest.approx(9000, rel=0.01)
    sent = full.table("referrals").groupby("site_id").size()
    for site, n in sent.items():
        assert n == full.truth["by_site"][site]["referrals"]
    assert sent.max() > 2 * sent.median() * 0.8
    assert sent[sent > 60].min() < 0.6 * sent.median()


def test_tiny_late_and_aggregate_only_sites_are_there(full: Made) -> None:
    by_role = roles(full)
    assert {role: len(sites) for role, sites in by_role.items() if role != "ordinary"} == {
        "tiny": 2,
        "late": 2,
        "aggregate": 2,
    }
    sent = full.table("referrals").groupby("site_id").size()
    assert (sent[by_role["tiny"]] < 10).all()
    service = full.table("service").set_index("site_id")
    assert (service.loc[by_role["late"], "go_live_date"] > pd.Timestamp("2026-01-31")).all()
    assert (service.drop(by_role["late"])["go_live_date"] < pd.Timestamp("2024-07-01")).all()
    for site, tables in full.returns.items():
        wanted = {"service", "aggregates"} if site in by_role["aggregate"] else {"service", "referrals", "contacts", "outcomes"}
        voices = {"experience", "staff", "training", "survey"} if site not in by_role["aggregate"] else set()
        assert set(tables) - voices == wanted | ({"activity"} if site in full.truth["activity"] else set())


@pytest.mark.parametrize(("sites", "odd"), [(4, {}), (6, {"aggregate": 1, "tiny": 1})])
def test_small_studies_have_few_odd_sites_or_none(tmp_path: Path, sites: int, odd: dict[str, int]) -> None:
    synthesise(tmp_path, sites=sites, women=60 * sites)
    found = roles(Made(tmp_path))
    assert {role: len(names) for role, names in found.items() if role != "ordinary"} == odd


def test_columns_and_codes_are_those_of_the_schemas(full: Made) -> None:
    for tables in full.returns.values():
        for name, frame in tables.items():
            columns = RETURNED[name].columns
            assert [c for c in frame.columns if not c.startswith("item_")] == [c for c in columns if c in frame]
            for column in set(frame.columns) & set(columns):
                facts = columns[column].metadata
                given = frame[column].dropna().astype(str)
                if facts["codes"]:
                    assert set(given.str.split(";").explode()) <= set(facts["codes"]), (name, column)
                if facts["needed"]:
                    assert frame[column].notna().all(), (name, column)


def test_two_sites_return_months_and_days(full: Made) -> None:
    by_days = [site for site, facts in full.truth["by_site"].items() if facts["dated_by"] == "days"]
    assert sorted(full.suffixes[site] for site in by_days) == ["", ".xlsx"]
    for site in by_days:
        referrals, outcomes = full.returns[site]["referrals"], full.returns[site]["outcomes"]
        assert (referrals["referral_month"].dt.day == 1).all()
        assert not [c for c in (*referrals, *outcomes) if c == "date" or c.endswith("_date")]
        assert (referrals["first_treatment_day"] > referrals["assessment_day"]).sum() == referrals[
            "first_treatment_day"
        ].notna().sum()
        assert outcomes["day"].min() > 0


def test_no_woman_is_in_a_pathway_that_is_not_offered(full: Made) -> None:
    service = full.table("service").set_index("site_id")
    offered = (service["loss_of_custody"] == "y").sum()
    assert offered == round(30 * 11 / 41)
    rows = full.table("referrals")[["site_id", "pathway"]]
    rows = rows.assign(pathway=rows["pathway"].str.split(";")).explode("pathway")
    seen = rows.drop_duplicates()
    assert all(service.loc[r.site_id, r.pathway] == "y" for r in seen.itertuples())
    assert "loss_of_custody" in set(seen["pathway"])
    given = full.table("referrals")[["site_id", "intervention"]].dropna()
    given = given.assign(intervention=given["intervention"].str.split(";")).explode("intervention").drop_duplicates()
    assert all(service.loc[r.site_id, r.intervention] == "y" for r in given.itertuples())


def test_shares_meet_the_published_ones(full: Made) -> None:
    referrals = full.table("referrals")
    decided = referrals[referrals["accepted"] != "pending"]
    assert (decided["accepted"] == "y").mean() == pytest.approx(0.75, abs=0.03)
    accepted = referrals[referrals["accepted"] == "y"]
    first = accepted["pathway"].str.split(";").str[0].value_counts(normalize=True)
    for pathway, share in {"birth_trauma": 0.50, "perinatal_loss": 0.35, "tokophobia": 0.14, "other": 0.01}.items():
        assert first[pathway] == pytest.approx(share, abs=0.03)
    stage = accepted["perinatal_stage"].value_counts(normalize=True)
    for name, share in {"pregnant": 0.53, "postnatal": 0.29, "post_loss": 0.17, "preconception": 0.01}.items():
        assert stage[name] == pytest.approx(share, abs=0.03)
    assert 1.02 < len(referrals) / len(referrals[["site_id", "person_id"]].drop_duplicates()) < 1.06


def test_waits_are_of_the_published_order_and_dates_run_forward(full: Made) -> None:
    referrals = full.table("referrals")
    weeks = lambda later, earlier: (referrals[later] - referrals[earlier]).dt.days.dropna() / 7  # noqa: E731 # used at once
    assert weeks("assessment_date", "referral_date").mean() == pytest.approx(6, abs=1.5)
    assert weeks("first_treatment_date", "assessment_date").mean() == pytest.approx(16, abs=4)
    order = ["referral_date", "assessment_date", "first_treatment_date", "end_date"]
    for earlier, later in ((a, b) for i, a in enumerate(order) for b in order[i + 1 :]):
        assert (weeks(later, earlier) >= 0).all(), (earlier, later)
    cut = pd.Timestamp("2026-06-30")
    assert referrals[order].max().max() <= cut
    assert full.table("contacts")["contact_date"].max() <= cut
    assert full.table("outcomes")["date"].max() <= cut


def test_every_contact_and_score_belongs_to_a_referral_of_its_site(full: Made) -> None:
    for tables in full.returns.values():
        if "referrals" not in tables:
            continue
        known = set(tables["referrals"]["referral_id"])
        assert len(known) == len(tables["referrals"])
        assert set(tables["contacts"]["referral_id"]) | set(tables["outcomes"]["referral_id"]) <= known
        assert tables["referrals"]["referral_id"].str.fullmatch(r"R0\d{5}").all()
        assert tables["referrals"]["person_id"].str.fullmatch(r"P0\d{5}").all()
    referrals = full.table("referrals")
    assert referrals["referral_id"].duplicated().any(), "pseudonyms must be unique within a site only"
    treated = referrals.loc[referrals["end_reason"] == "completed", ["site_id", "referral_id"]]
    contacts = full.table("contacts").merge(treated)
    assert len(contacts) / len(treated) == pytest.approx(6, abs=1)


def test_a_woman_who_comes_back_does_so_after_her_first_referral_ended(full: Made) -> None:
    referrals = full.table("referrals").dropna(subset=["referral_date"]).sort_values("referral_date")
    by_woman = referrals.groupby(["site_id", "person_id"])
    twice = referrals[by_woman["referral_id"].transform("size") == 2]
    first = twice.groupby(["site_id", "person_id"]).nth(0)
    second = twice.groupby(["site_id", "person_id"]).nth(1)
    both = first.merge(second, on=["site_id", "person_id"], suffixes=("_first", "_second"))
    assert len(both) > 100
    assert (both["referral_date_second"] > both["end_date_first"]).all()
    for unchanging in ("ethnic_category", "imd_decile"):
        assert both[f"{unchanging}_first"].equals(both[f"{unchanging}_second"])


def test_scores_are_whole_and_in_range_and_items_sum_to_the_total(full: Made) -> None:
    outcomes = full.table("outcomes")
    measures = load()
    for name, scores in outcomes.groupby("measure")["total"]:
        assert scores.between(measures[name].range.low, measures[name].range.high).all()
        assert (scores % 1 == 0).all()
    items = [c for c in outcomes if c.startswith("item_")]
    assert items == [f"item_{i}" for i in range(1, 21)]
    itemised = outcomes.dropna(subset=items)
    assert set(itemised["measure"]) == {"pcl5"}
    assert 1 < itemised["site_id"].nunique() < 10
    assert (itemised[items].sum(axis=1) == itemised["total"]).all()
    assert itemised[items].isin(range(5)).all(axis=None)
    sites = outcomes.groupby("measure")["site_id"].nunique()
    assert sites["pcl5"] == sites["core10"] > 25
    assert 8 <= sites["phq9"] <= 18
    assert sites["epds"] < 8
    assert sites["wsas"] < 8


def test_the_fall_among_pairs_is_near_the_published_one(full: Made) -> None:
    for measure, fall, tolerance in (("pcl5", 18, 3), ("core10", 8, 1.5)):
        pairs = full.pairs(measure)
        assert (pairs["pre"] - pairs["post"]).mean() == pytest.approx(fall, abs=tolerance)


def test_the_key_agrees_with_the_files_on_every_site_of_records(full: Made) -> None:
    pairs = full.pairs("pcl5").merge(full.table("referrals")[["site_id", "referral_id", "person_id"]])
    women = pairs.groupby("site_id")["person_id"].nunique()
    for site, facts in full.truth["by_site"].items():
        if facts["role"] != "aggregate":
            assert facts["measures"]["pcl5"]["n_paired"] == women.get(site, 0)


def test_aggregates_are_sound_and_agree_with_the_key(full: Made) -> None:
    rows = full.table("aggregates")
    assert set(rows["site_id"]) == set(roles(full)["aggregate"])
    assert (rows["n_post"] <= rows["n_pre"]).all()
    assert (rows["n_paired"] <= rows["n_post"]).all()
    whole = rows[rows["pathway"] == "all"].set_index(["site_id", "measure"])
    assert whole.index.is_unique
    for (site, measure), row in whole.iterrows():
        facts = full.truth["by_site"][site]["measures"][measure]
        assert row["n_eligible"] == facts["n_due"]
        fall = row["mean_pre_paired"] - row["mean_post_paired"]
        assert fall == pytest.approx(facts["score_fall_paired"], abs=0.5)


def test_a_second_score_is_missing_for_many_and_oftener_for_those_who_improved_less(full: Made) -> None:
    facts = full.truth["overall"]["pcl5"]
    assert 0.55 < facts["n_paired"] / facts["n_due"] < 0.75
    assert facts["true_improvement_paired"] > facts["true_improvement_due"] + 0.5
    planned = [site["completion_planned"] for site in full.truth["by_site"].values()]
    assert 0.55 < min(planned) < max(planned) < 0.75


def test_regression_to_the_mean_is_really_there(full: Made) -> None:
    """Women enter on a high observed score, and their scores fall further than they truly improve."""
    facts = full.truth["overall"]["pcl5"]
    scale = full.truth["constants"]["invented"]["scales"]["pcl5"]
    pairs = full.pairs("pcl5")
    assert pairs["pre"].mean() > facts["population_mean_due"] + 0.5 * scale["population_sd"]
    beyond = (pairs["pre"] - pairs["post"]).mean() - facts["true_improvement_paired"]
    assert beyond > 1.5
    assert beyond == pytest.approx(facts["regression_to_the_mean_expected"], abs=1)
    assert facts["regression_to_the_mean_planted"] == pytest.approx(facts["regression_to_the_mean_expected"], abs=0.6)


def test_the_planted_contexts_are_in_the_returns(full: Made) -> None:
    """Falls are larger with peer support; where women refer themselves they are severer, and no better for it."""
    service = full.table("service").set_index("site_id")
    pairs = full.pairs("pcl5")
    sites = (
        pairs.assign(fall=pairs["pre"] - pairs["post"])
        .groupby("site_id")
        .agg(n=("fall", "size"), fall=("fall", "mean"), pre=("pre", "mean"))
    )
    sites = sites[sites["n"] >= 10]

    def contrast(context: str, column: str) -> float:
        has = service.loc[sites.index, context] == "y"
        return float(sites.loc[has, column].mean() - sites.loc[~has, column].mean())

    assert full.truth["context_effects"]["pcl5"]["peer_support"] == 10
    assert contrast("peer_support", "fall") == pytest.approx(10, abs=2.5)
    assert contrast("self_referral_accepted", "pre") > 2
    for nil in ("non_medical_venue", "joint_provider", "self_referral_accepted"):
        assert full.truth["context_effects"]["pcl5"][nil] == 0
        assert abs(contrast(nil, "fall")) < 2.5


def test_site_effects_have_the_planted_spread(full: Made) -> None:
    for measure, spread in (("pcl5", 3.0), ("core10", 1.3)):
        effects = [site["measures"][measure]["site_effect"] for site in full.truth["by_site"].values()]
        assert np.std(effects, ddof=1) == pytest.approx(spread, abs=0.3)
    rows = [site["measures"]["pcl5"] for site in full.truth["by_site"].values()]
    rows = [row for row in rows if row["n_due"] >= 50]
    planted = [row["planted_improvement"] for row in rows]
    assert np.corrcoef(planted, [row["true_improvement_due"] for row in rows])[0, 1] > 0.8


def test_the_same_seed_gives_the_same_bytes_and_another_others(small: Made, tmp_path: Path) -> None:
    synthesise(tmp_path / "again", **SMALL)
    synthesise(tmp_path / "other", **SMALL, seed=7)
    made = all_bytes(small.folder)
    assert all_bytes(tmp_path / "again") == made
    other = all_bytes(tmp_path / "other")
    rare = ("activity.csv", "experience.csv", "staff.csv", "training.csv")
    assert {name for name in set(other) ^ set(made) if not name.endswith(rare)} == set(), "few sites send these"
    assert not [name for name in set(made) & set(other) if made[name] == other[name]]


def test_no_workbook_carries_the_clock(small: Made) -> None:
    for path in (small.folder / "returns").glob("*.xlsx"):
        with zipfile.ZipFile(path) as book:
            assert {entry.date_time for entry in book.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            assert b"2026-07-01T00:00:00Z" in book.read("docProps/core.xml")


def test_a_study_made_here_is_replaced_whole(tmp_path: Path) -> None:
    synthesise(tmp_path, sites=5, women=100)
    synthesise(tmp_path, sites=4, women=100)
    assert sorted(p.stem for p in (tmp_path / "returns").iterdir()) == ["S01", "S02", "S03", "S04"]


def test_returns_that_were_not_made_here_are_left_alone(tmp_path: Path) -> None:
    received = tmp_path / "returns" / "S01.xlsx"
    received.parent.mkdir()
    received.write_bytes(b"received")
    with pytest.raises(FileExistsError, match="not invented here"):
        synthesise(tmp_path, sites=4, women=100)
    assert received.read_bytes() == b"received"


def test_too_few_women_for_the_sites_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 1 site and 10 women a site"):
        synthesise(tmp_path, sites=30, women=200)
