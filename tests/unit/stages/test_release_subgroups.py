"""Improvement by pathway and intervention: who may be shown, and that none shown gives away another one."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from pipeline.config import ReleaseSettings
from pipeline.stages.describe import BINARY, services
from pipeline.stages.release_delivery import release_delivery
from pipeline.stages.release_subgroups import release_subgroups
from pipeline.tables import empty, schemas, shape
from tests.unit.stages.test_describe import study_of_types, tables_of, women

pytestmark = pytest.mark.filterwarnings("error")
RULE = ReleaseSettings()
SIX = [f"S{number:02d}" for number in range(1, 7)]


def offered(**with_without: tuple[int, int, int]) -> pd.DataFrame:
    """How many services have a component, have it not, and do not say; six have every other one."""
    rows = [
        {
            "component": name,
            "kind": "pathway",
            **dict(zip(("k_with", "k_without", "k_not_recorded"), with_without.get(name, (6, 0, 0)), strict=True)),
        }
        for name in BINARY
    ]
    return shape("component_counts", pd.DataFrame(rows))


def let_out(*groups: pd.DataFrame, pool: tuple[str, ...] = (), **counts: Any) -> pd.DataFrame:
    change, referrals = tables_of(*groups)
    exact = {"change": change, "accepted_referrals": referrals, "component_counts": offered(**counts)}
    found = schemas()["open_subgroups"].validate(
        shape("open_subgroups", release_subgroups(exact, {"pcl5": pool}, ["pcl5"], RULE))
    )
    return found.set_index(["dimension", "group"])


def each(n: int, sites: list[str] = SIX) -> dict[str, int]:
    return dict.fromkeys(sites, n)


def test_groups_are_shown_over_sites_with_rounded_counts_and_points_to_one_decimal() -> None:
    found = let_out(women(each(12), "birth_trauma", "emdr", 15), women(each(14), "tokophobia", "cbt", 9, 100))
    row = found.loc[("pathway", "birth_trauma")]
    assert (row["n"], row["k_sites"], row["status"]) == (70, 6, "shown")
    assert row["mean_improvement"] == round(row["mean_improvement"], 1)
    assert row["low"] < row["mean_improvement"] < row["high"]
    assert found.loc[("intervention", "cbt"), "n"] == 85


def test_a_pathway_that_no_service_offers_is_not_offered_and_no_gap() -> None:
    found = let_out(
        women(each(15), "birth_trauma", "emdr", 15),
        loss_of_custody=(0, 6, 0),
        tokophobia=(0, 4, 2),
        perinatal_loss=(3, 3, 0),
    )
    status = found.loc["pathway", "status"]
    assert status["loss_of_custody"] == "not_offered"
    assert status["tokophobia"] == "not_recorded"
    assert status["perinatal_loss"] == "too_few"
    assert found.loc[("pathway", "loss_of_custody"), "k_sites_offering"] == 0


def test_pathways_are_held_to_the_higher_minimum_of_the_sensitive_ones() -> None:
    """Fifteen women at four further sites are enough for an intervention, and not for a pathway."""
    big = women(each(40), "birth_trauma", "emdr", 15)
    few = women({"S01": 6, "S02": 5, "S03": 5, "S04": 5}, "loss_of_custody", "cft", 10, 100)
    others = women(each(20), "tokophobia", "cbt", 10, 200)
    found = let_out(big, few, others)
    assert found.loc[("pathway", "loss_of_custody"), "status"] == "too_few"
    assert found.loc[("intervention", "cft"), "status"] == "shown"


def test_a_small_group_is_not_left_to_be_worked_out_of_the_others() -> None:
    """With one small group among two, the large one and the total of all women would tell it."""
    found = let_out(women(each(40), "birth_trauma", "emdr", 15), women({"S01": 2, "S02": 1}, "tokophobia", "cbt", 5, 100))
    assert found.loc[("pathway", "birth_trauma"), "status"] == "too_few"
    assert found.loc[("intervention", "emdr"), "status"] == "too_few"


def test_groups_of_two_dimensions_that_differ_by_few_women_are_not_both_shown() -> None:
    """All women of one pathway but three had one intervention: the difference would tell of those three."""
    same = women(each(30), "birth_trauma", "emdr", 15)
    three = women({"S01": 1, "S02": 1, "S03": 1}, "birth_trauma", "cbt", 15, 100)
    rest = women(each(30), "tokophobia", "cbt", 9, 200)
    found = let_out(same, three, rest)
    assert found.loc[("pathway", "birth_trauma"), "status"] == "shown"
    assert found.loc[("intervention", "emdr"), "status"] == "too_few"


def test_a_group_that_differs_from_the_pool_by_few_women_is_not_shown() -> None:
    """The pool holds six sites, and the pathway the same women and four more: the two figures would tell of the four."""
    groups = (
        women(each(30), "birth_trauma", "emdr", 15),
        women({"S07": 4}, "birth_trauma", "emdr", 15, 100),
        women(each(30, ["S07", "S08", "S09"]), "tokophobia", "cbt", 9, 200),
    )
    assert let_out(*groups).loc[("pathway", "birth_trauma"), "status"] == "shown"
    assert let_out(*groups, pool=tuple(SIX)).loc[("pathway", "birth_trauma"), "status"] == "too_few"


@pytest.mark.parametrize("kept", [("S01", "S02"), ("S01",)])
def test_two_sites_give_no_figure(kept: tuple[str, ...]) -> None:
    found = let_out(
        women(each(60, list(kept)), "birth_trauma", "emdr", 15), women(each(60, list(kept)), "tokophobia", "cbt", 9, 100)
    )
    assert not (found["status"] == "shown").any()


def test_no_mean_improvement_is_given_over_few_sites() -> None:
    three = ["S01", "S02", "S03"]
    found = let_out(women(each(30, three), "birth_trauma", "emdr", 15), women(each(30, three), "tokophobia", "cbt", 9, 100))
    row = found.loc[("pathway", "birth_trauma")]
    assert row["status"] == "shown"
    assert row["n"] == 90
    assert row[["mean_improvement", "low", "high"]].isna().all()


def test_open_tables_of_services_hold_words_bands_and_no_staff_number() -> None:
    table, _ = study_of_types(1, sharp=0.9)
    table = table.assign(wte_psychology=3.7, wte_midwifery=0.4)
    exact = services(shape("service", table), empty("quality"), 1)
    found = {name: schemas()[name].validate(shape(name, rows)) for name, rows in release_delivery(exact).items()}
    staff = found["open_services"][found["open_services"]["kind"] == "staffing"]
    assert set(staff["value"]) == {"2_to_5", "under_1", "not_recorded"}
    assert found["open_types"]["type"].notna().all()
    assert found["open_type_profiles"]["share_pct"].between(0, 100).all()
    assert found["open_typology"]["type"].tolist() == ["ALL", "A", "B", "C"]
