"""Configurations and mediation: a predicted combination over sites, and an answer on the way from context to change."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.stages.appraise import appraise
from pipeline.stages.appraise_configuration import memberships
from pipeline.tables import empty, schemas, shape
from tests.unit.stages.appraised import CUT, pairs, records, referrals, services, theory

pytestmark = pytest.mark.filterwarnings("error")

NAMES = ("peer_support", "non_medical_venue", "prior_therapy_required")
BLOCK = {
    "conditions": [f"service.{name}" for name in NAMES],
    "outcome": {"variable": "change.pcl5", "anchors": [8, 15, 22]},
    "expectations": {"peer_support": 1, "non_medical_venue": 1, "prior_therapy_required": 0},
}
PREDICTED = "peer_support*non_medical_venue*~prior_therapy_required"


def configured(**more: Any) -> Any:
    return theory(test="configuration", configuration={**BLOCK, **more})


def sites(k: int) -> pd.DataFrame:
    """Conditions of `k` sites: every combination in turn."""
    rows = [each for each, _ in zip(list(product("yn", repeat=3)) * k, range(k), strict=False)]
    return services(k, **{name: [row[at] for row in rows] for at, name in enumerate(NAMES)})


def effects(
    service: pd.DataFrame, *, high: float, low: float, se: float = 1.0, seed: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Site effects: `high` where the predicted combination is, `low` elsewhere; the adjusted ones alike."""
    rng = np.random.default_rng(seed)
    is_there = (
        (service["peer_support"] == "y") & (service["non_medical_venue"] == "y") & (service["prior_therapy_required"] == "n")
    )
    means = np.where(is_there, high, low) + rng.normal(0, 0.5, len(service))
    table = {"measure": "pcl5", "site_id": service["site_id"], "grain": "record", "n_paired": 50, "mean_pre": 45.0, "se": se}
    crude = shape("site_effects", pd.DataFrame({**table, "mean_improvement": means, "is_pooled": True}))
    fair = pd.DataFrame({**table, "estimate": means, "n": 50})
    return crude, shape("adjusted", fair)


def held(one: Any, service: pd.DataFrame, crude: pd.DataFrame, fair: pd.DataFrame) -> dict[str, pd.DataFrame]:
    found = appraise(crude, fair, service, {one.id: one}, None, records=records(referrals(1, 1)), seed=1)
    for name, table in found.items():
        schemas()[name].validate(table)
    return found


def verdict(found: dict[str, pd.DataFrame]) -> tuple[str, str]:
    row = found["appraisal"].iloc[0]
    return row["verdict"], row["reason"].partition(";")[0]


def test_a_planted_combination_is_consistent_and_its_tables_say_why() -> None:
    service = sites(24)
    found = held(configured(), service, *effects(service, high=20, low=10))
    assert verdict(found)[0] == "consistent"
    assert found["appraisal"].loc[0, "reason"].endswith("exploratory, as it was not registered before results")
    rows = found["truth_table"].query("outcome == 'present' and not is_adjusted")
    assert len(rows) == 8
    assert rows["n_sites"].sum() == 24
    (best,) = rows.query("status == 'positive'").to_dict("records")
    assert (best["configuration"], best["is_predicted"], best["n_in"], best["n_out"]) == (PREDICTED, True, 3, 0)
    assert best["sites"] == "S02;S10;S18"
    kept = found["solutions"].query("outcome == 'present' and kind == 'intermediate' and not is_adjusted")
    assert kept["term"].to_list() == [PREDICTED]
    assert kept["unique_coverage"].to_list() == kept["coverage"].to_list()
    chance = found["configurations"].set_index(["is_adjusted", "outcome"]).loc[(False, "present")]
    assert chance["p_term"] < 0.05
    assert chance["share_of_redraws"] >= 0.75
    assert chance["share_of_sweep"] >= 0.75
    assert (chance["permutations"], chance["redraws"]) == (999, 200)
    needed = found["necessary"].query("outcome == 'present' and not is_adjusted").set_index("condition")
    assert set(needed.index) == {*NAMES, *(f"~{name}" for name in NAMES)}
    assert needed.loc["peer_support", "inclusion"] > needed.loc["~peer_support", "inclusion"]


def test_the_reverse_is_inconsistent() -> None:
    service = sites(24)
    found = held(configured(), service, *effects(service, high=10, low=20))
    assert verdict(found)[0] == "inconsistent"
    assert found["solutions"].query("outcome == 'absent' and kind == 'intermediate'")["term"].unique().tolist() == [PREDICTED]


def test_crude_and_adjusted_outcomes_must_agree() -> None:
    service = sites(24)
    crude, _ = effects(service, high=20, low=10)
    _, fair = effects(service, high=10, low=10)
    assert verdict(held(configured(), service, crude, fair)) == ("inconclusive", "depends on baseline adjustment")


def test_outcomes_that_could_as_well_be_others_do_not_survive_redraws() -> None:
    service = sites(24)
    found = held(configured(), service, *effects(service, high=20, low=10, se=10.0))
    assert verdict(found) == ("inconclusive", "the predicted combination does not survive redraws of the sites' outcomes")


def test_all_sites_alike_give_no_solution() -> None:
    service = sites(24)
    for level in (3.0, 30.0):
        found = held(configured(), service, *effects(service, high=level, low=level))
        assert verdict(found) == ("inconclusive", "the predicted combination is not in the intermediate solution")


@pytest.mark.parametrize(
    ("k", "n_conditions", "reason"),
    [
        (11, 3, "fewer than 12 sites with every condition known"),
        (16, 4, "more than 3 conditions with fewer than 20 sites"),
        (30, 5, "more than 4 conditions with no more than 30 sites"),
        (12, 3, ""),
        (20, 4, ""),
    ],
)
def test_conditions_are_few_where_sites_are(k: int, n_conditions: int, reason: str) -> None:
    service = sites(k).assign(emdr="y", cft=["y", "n"] * (k // 2) + ["n"] * (k % 2))
    conditions = [f"service.{name}" for name in (*NAMES, "emdr", "cft")[:n_conditions]]
    found = held(configured(conditions=conditions), service, *effects(service, high=20, low=10))
    if reason:
        assert verdict(found) == ("not_testable", reason)
        assert not found["testability"].loc[0, "is_testable"]
        assert found["truth_table"].empty
    else:
        assert verdict(found)[0] != "not_testable"


def test_a_site_that_did_not_say_is_left_out() -> None:
    service = sites(13)
    service.loc[[0, 1], "non_medical_venue"] = None
    found = held(configured(), service, *effects(sites(13), high=20, low=10))
    assert verdict(found) == ("not_testable", "fewer than 12 sites with every condition known")


def test_a_site_on_the_cross_over_needs_a_rule_declared() -> None:
    service = sites(24)
    crude, fair = effects(service, high=20, low=10)
    crude.loc[3, "mean_improvement"] = 15.0
    assert verdict(held(configured(), service, crude, fair)) == (
        "not_testable",
        "a site lies exactly on a cross-over, and no rule for it was declared",
    )
    assert verdict(held(configured(allow_half=True), service, crude, fair))[0] == "consistent"


def test_numbers_become_memberships_by_their_anchors() -> None:
    conditions = ["service.peer_support", {"variable": "service.wte_midwifery", "anchors": [0, 1, 2]}]
    block = configured(conditions=conditions, expectations={"peer_support": 1, "wte_midwifery": 1}).configuration
    service = services(4, peer_support="yn-y", wte_midwifery=[2.0, 0.0, 1.5, np.nan])
    members, known = memberships(block, service["site_id"], service)
    assert known.tolist() == [True, True, False, False]
    assert members == pytest.approx(np.array([[1, 0.95], [0, 0.05]]))


def test_a_share_can_be_the_outcome_of_a_configuration() -> None:
    service, sent = sites(24), referrals(24, 40)
    is_there = service["site_id"].isin(["S02", "S10", "S18"]).to_numpy().repeat(40)
    within = np.tile(np.arange(40), 24) + np.repeat(np.arange(24), 40) % 2
    due = sent[["site_id", "referral_id", "person_id"]].assign(measure="pcl5", pre=np.tile([40.0, 50.0], 480))
    due["post"] = np.where(within < np.where(is_there, 36, 16), 30.0, np.nan)
    one = theory(
        outcome={"variable": "retention", "expected": "higher"},
        smallest_difference={"value": 0.1, "scale": "risk_difference"},
        test="configuration",
        configuration={**BLOCK, "outcome": {"variable": "retention", "anchors": [0.4, 0.6, 0.8]}},
    )
    found = appraise(
        empty("site_effects"),
        empty("adjusted"),
        service,
        {one.id: one},
        None,
        records=records(sent, due=shape("due", due)),
        seed=1,
    )
    assert verdict(found)[0] == "consistent"
    assert set(found["theory_sites"]["scale"]) == {"risk_difference"}
    assert found["testability"].loc[0, ["sites_with", "sites_without"]].tolist() == [12, 12]


def test_the_same_seed_gives_the_same_tables_whatever_the_order_of_sites() -> None:
    service = sites(24)
    crude, fair = effects(service, high=18, low=12, se=4.0)
    first = held(configured(), service, crude, fair)
    second = held(configured(), service.iloc[::-1], crude.iloc[::-1].reset_index(drop=True), fair.iloc[::-1])
    pd.testing.assert_frame_equal(first["configurations"], second["configurations"])
    pd.testing.assert_frame_equal(first["truth_table"], second["truth_table"])


def mediated(k: int, n: int, *, first: float, second: float, direct: float = 0.0, late: bool = False) -> Any:
    """The context moves an answer by `first`, a step of the answer moves improvement by `second`."""
    sent, rng = referrals(k, n), np.random.default_rng(2)
    has = (np.repeat(np.arange(k), n) % 2 == 0).astype(float)
    answer = np.clip(np.rint(3 + first * has + rng.normal(0, 1, len(sent))), 1, 5)
    gain = 10 + direct * has + second * (answer - 3) + rng.normal(0, 3, k).repeat(n) + rng.normal(0, 8, len(sent))
    change = pairs(sent, pre=45 + rng.normal(0, 9, len(sent)), improvement=gain, post_date=CUT)
    day = CUT + pd.Timedelta(days=1) if late else CUT - pd.Timedelta(days=20)
    told = sent[["site_id", "referral_id"]].assign(instrument="poem", question="understood", response=answer, date=day)
    one = theory(test="mediation", mechanism={"says": "Invented.", "indicator": "experience.poem.understood"})
    service = services(k, peer_support="yn" * (k // 2))
    return one, service, records(sent, change=change, experience=shape("accepted_experience", told))


def appraised(made: Any) -> pd.Series:
    one, service, known = made
    crude, fair = empty("site_effects"), empty("adjusted")
    found = appraise(crude, fair, service, {one.id: one}, None, records=known, seed=1)
    return found["appraisal"].iloc[0]


def test_an_answer_that_carries_the_difference_is_consistent_and_called_an_association() -> None:
    row = appraised(mediated(24, 40, first=1.2, second=5))
    assert row["verdict"] == "consistent"
    assert row["reason"].split("; ")[1] == "an association of context, indicator and change, which shows no mechanism"
    assert row["low"] < 5.5 < row["high"], "clipping takes a little from 1.2 times 5"


@pytest.mark.parametrize(
    ("first", "second", "direct"), [(0.0, 5.0, 10.0), (1.2, 0.0, 10.0)], ids=["answers alike", "answers without effect"]
)
def test_a_difference_that_no_answer_carries_is_not_consistent(first: float, second: float, direct: float) -> None:
    assert appraised(mediated(24, 40, first=first, second=second, direct=direct))["verdict"] == "inconsistent"


@pytest.mark.parametrize(
    ("k", "n", "late", "reason"),
    [
        (18, 40, False, "fewer than 20 sites with an indicator dated before the last score"),
        (20, 2, False, "fewer than 50 women with an indicator dated before the last score"),
        (24, 40, True, "fewer than 20 sites with an indicator dated before the last score"),
        (20, 3, False, "fewer than 40 women on one side"),
    ],
)
def test_mediation_is_tested_only_where_its_minimum_is_met(k: int, n: int, late: bool, reason: str) -> None:
    row = appraised(mediated(k, n, first=1.2, second=5, late=late))
    assert (row["verdict"], row["reason"]) == ("not_testable", reason)


def test_mediation_without_any_answer_is_not_testable() -> None:
    one, service, known = mediated(24, 40, first=1.2, second=5)
    other = theory(test="mediation", mechanism={"says": "Invented.", "indicator": "experience.fft.understood"})
    assert appraised((other, service, known))["verdict"] == "not_testable"
    assert appraised((one, service, records(known.referrals, change=known.change)))["verdict"] == "not_testable"
