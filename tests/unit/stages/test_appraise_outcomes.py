"""Outcomes beyond change, populations and contexts: one number a woman, and the sites or women that are held against each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.stages.appraise import BEHIND, appraise
from pipeline.stages.appraise_contexts import sites_with
from pipeline.stages.appraise_sites import effects_of_women
from pipeline.stages.appraise_women import women_of
from pipeline.tables import empty, schemas, shape
from tests.unit.stages.appraised import CUT, pairs, records, referrals, services, theory

pytestmark = pytest.mark.filterwarnings("error")

HALF = "yyyynnnn"
SHARES = {"value": 0.1, "scale": "risk_difference"}


def appraised(one: Any, service: pd.DataFrame, held: Any, **more: Any) -> dict[str, Any]:
    """The verdict on one theory from records alone, every table checked against its schema."""
    found = appraise(empty("site_effects"), empty("adjusted"), service, {one.id: one}, None, records=held, seed=1, **more)
    assert set(found) == {"testability", "appraisal", *BEHIND}
    for name, table in found.items():
        schemas()[name].validate(table)
    return {**found["testability"].iloc[0].to_dict(), **found["appraisal"].iloc[0].to_dict(), "tables": found}


def known(flags: Any) -> list[bool | None]:
    return [None if pd.isna(flag) else bool(flag) for flag in flags]


def test_without_records_only_change_over_all_women_is_tested() -> None:
    for more in (
        {"outcome": {"variable": "retention", "expected": "higher"}, "smallest_difference": SHARES},
        {"population": {"pathway": ["tokophobia"]}},
        {"context": {"variable": "referrals.pathway", "is": "tokophobia"}},
    ):
        one = theory(**more)
        found = appraise(empty("site_effects"), empty("adjusted"), services(8, peer_support=HALF), {one.id: one}, None)
        assert set(found) == {"testability", "appraisal"}
        row = found["appraisal"].iloc[0]
        assert (row["verdict"], row["reason"]) == ("not_testable", "no records of women were given")


def drawn(k: int, n: int, seed: int = 0) -> tuple[pd.DataFrame, np.random.Generator]:
    return referrals(k, n), np.random.default_rng(seed)


def test_a_population_narrows_the_women_and_the_sites_are_made_of_them() -> None:
    sent, rng = drawn(8, 60)
    sent["pathway"] = np.where(np.arange(len(sent)) % 3 == 0, "tokophobia;birth_trauma", "perinatal_loss")
    is_hers = sent["pathway"].str.contains("tokophobia").to_numpy()
    has = sent["site_id"].isin(["S01", "S02", "S03", "S04"]).to_numpy()
    gain = 8 + 10 * (has & is_hers) - 10 * (has & ~is_hers) + rng.normal(0, 4, len(sent))
    held = records(sent, change=pairs(sent, pre=45 + rng.normal(0, 8, len(sent)), improvement=gain))
    service = services(8, peer_support=HALF)
    row = appraised(theory(population={"pathway": ["tokophobia"]}), service, held)
    assert row["verdict"] == "consistent"
    assert (row["sites_with"], row["women_with"], row["women_without"]) == (4, 80, 80)
    assert row["estimate"] == pytest.approx(10, abs=2)
    other = appraised(theory(population={"pathway": ["perinatal_loss"]}), service, held)
    assert (other["verdict"], other["women_with"]) == ("inconsistent", 160)
    nobody = appraised(theory(population={"pathway": ["loss_of_custody"]}), service, held)
    assert (nobody["verdict"], nobody["reason"]) == ("not_testable", "fewer than 4 sites on one side")


def due_of(sent: pd.DataFrame, is_paired: Any) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    table = sent[["site_id", "referral_id", "person_id"]].assign(measure="pcl5", pre=np.rint(rng.normal(45, 9, len(sent))))
    return shape("due", table.assign(post=np.where(is_paired, table["pre"] - 10, np.nan)))


def test_retention_is_a_difference_of_shares_with_binomial_errors() -> None:
    sent, _ = drawn(8, 100)
    within = np.tile(np.arange(100), 8)
    has = sent["site_id"].isin(["S01", "S02", "S03", "S04"]).to_numpy()
    held = records(sent, due=due_of(sent, within < np.where(has, 80, 50)))
    one = theory(outcome={"variable": "retention", "expected": "higher"}, smallest_difference=SHARES)
    row = appraised(one, services(8, peer_support=HALF), held)
    assert (row["verdict"], row["measure"]) == ("consistent", "pcl5")
    assert row["estimate"] == pytest.approx(0.3)
    sites = row["tables"]["theory_sites"]
    assert sites["se"].to_numpy() == pytest.approx(np.full(8, (0.65 * 0.35 / 100) ** 0.5))
    assert sites["estimate"].to_list() == pytest.approx([0.8] * 4 + [0.5] * 4)
    assert set(sites["scale"]) == {"risk_difference"}
    lower = theory(outcome={"variable": "retention.pcl5", "expected": "lower"}, smallest_difference=SHARES)
    assert appraised(lower, services(8, peer_support=HALF), held)["verdict"] == "inconsistent"


def test_a_site_where_all_or_none_stay_still_has_an_error() -> None:
    sent, _ = drawn(8, 20)
    has = sent["site_id"].isin(["S01", "S02", "S03", "S04"]).to_numpy()
    table = effects_of_women(
        women_of(
            theory(outcome={"variable": "retention", "expected": "higher"}, smallest_difference=SHARES),
            records(sent, due=due_of(sent, has)),
            services(8),
        ),
        records(sent),
        "risk_difference",
    )
    assert table["is_pooled"].all()
    assert table["se"].to_numpy() == pytest.approx(np.full(8, (0.25 / 20) ** 0.5))


def test_recovery_counts_women_who_were_cases() -> None:
    sent, rng = drawn(8, 60)
    within = np.tile(np.arange(60), 8)
    has = sent["site_id"].isin(["S01", "S02", "S03", "S04"]).to_numpy()
    was_case = within < 45
    recovered = was_case & (within < np.where(has, 36, 18))
    change = pairs(sent, pre=45 + rng.normal(0, 8, len(sent)), improvement=10, case_before=was_case, recovered=recovered)
    one = theory(outcome={"variable": "recovered.pcl5", "expected": "higher"}, smallest_difference=SHARES)
    row = appraised(one, services(8, peer_support=HALF), records(sent, change=change))
    assert (row["verdict"], row["women_with"]) == ("consistent", 180)
    assert row["estimate"] == pytest.approx(0.4)


def waiting() -> pd.DataFrame:
    """Five referrals of one site, as a woman would tell them: when she came, was assessed, left."""
    days = pd.to_timedelta
    sent = referrals(1, 6)
    sent["referral_date"] = [CUT - days(d, unit="D") for d in (200, 190, 180, 170, 160, 10)]
    sent["assessment_date"] = [
        CUT - days(190, unit="D"),
        CUT - days(148, unit="D"),
        CUT - days(130, unit="D"),
        pd.NaT,
        pd.NaT,
        CUT,
    ]
    sent["end_date"] = [pd.NaT, pd.NaT, pd.NaT, CUT - days(160, unit="D"), pd.NaT, pd.NaT]
    return sent


@pytest.mark.parametrize(
    ("scale", "expected"), [("risk_difference", [1, 1, 0, 0, 0]), ("days", [10, 42, 42, 42, 42])], ids=["share seen", "days"]
)
def test_a_wait_is_followed_for_all_its_weeks_and_who_left_was_not_seen(scale: str, expected: list[float]) -> None:
    outcome = {"variable": "wait.assessment", "expected": "shorter", "within_weeks": 6}
    one = theory(outcome=outcome, smallest_difference={"value": 0.1, "scale": scale})
    women = women_of(one, records(waiting()), services(1))
    assert women["referral_id"].to_list() == ["R0000", "R0001", "R0002", "R0003", "R0004"], "the last came too late"
    assert women["y"].to_list() == expected


def test_a_shorter_wait_is_more_women_seen_or_fewer_days() -> None:
    sent, rng = drawn(8, 80)
    has = sent["site_id"].isin(["S01", "S02", "S03", "S04"]).to_numpy()
    sent["referral_date"] = CUT - pd.to_timedelta(rng.integers(100, 400, len(sent)), unit="D")
    days = np.where(rng.random(len(sent)) < np.where(has, 0.8, 0.4), rng.integers(0, 42, len(sent)), 90)
    sent["assessment_date"] = sent["referral_date"] + pd.to_timedelta(days, unit="D")
    for scale, smallest, sign in (("risk_difference", 0.1, 1), ("days", 4, -1)):
        outcome = {"variable": "wait.assessment", "expected": "shorter", "within_weeks": 6}
        one = theory(outcome=outcome, smallest_difference={"value": smallest, "scale": scale})
        row = appraised(one, services(8, peer_support=HALF), records(sent))
        assert row["verdict"] == "consistent"
        assert sign * row["estimate"] > 0
        assert (row["measure"], pd.isna(row["mean_pre_with"])) == ("wait.assessment", True)
        longer = theory(outcome={**outcome, "expected": "longer"}, smallest_difference={"value": smallest, "scale": scale})
        assert appraised(longer, services(8, peer_support=HALF), records(sent))["verdict"] == "inconsistent"


def test_a_blank_time_limit_is_none_where_the_site_says_anything() -> None:
    service = services(3, time_limit_months=[12.0, np.nan, np.nan], joint_provider=["n", "y", None])
    limited = theory(context={"variable": "service.time_limit_months", "is": "yes"})
    assert known(sites_with(service, limited)) == [True, False, None]
    free = theory(context={"variable": "service.time_limit_months", "is": "no"})
    assert known(sites_with(service, free)) == [False, True, None]


def within(k: int, n: int, *, effect: float, slope_sd: float, share: float = 0.5, seed: int = 1) -> Any:
    """Women with EMDR and without at every site; those with it improve by `effect` more, give or take `slope_sd` by site."""
    sent, rng = drawn(k, n, seed)
    has = rng.random(len(sent)) < share
    site = np.repeat(np.arange(k), n)
    gain = 10 + rng.normal(0, 3, k)[site] + (effect + rng.normal(0, slope_sd, k)[site]) * has + rng.normal(0, 8, len(sent))
    sent["intervention"] = np.where(has, "cbt;emdr", "cbt")
    return records(sent, change=pairs(sent, pre=np.rint(45 + rng.normal(0, 9, len(sent))), improvement=np.rint(gain)))


EMDR = {"variable": "referrals.intervention", "is": "emdr"}


def test_a_context_of_women_is_held_within_their_own_site() -> None:
    row = appraised(theory(context=EMDR), services(12), within(12, 60, effect=8, slope_sd=3))
    assert row["verdict"] == "consistent"
    assert row["low"] < 8 < row["high"]
    assert "two stages" not in row["reason"]
    assert (row["sites_with"], row["sites_without"]) == (12, 12)
    sites = row["tables"]["theory_sites"]
    assert (sites["n_with"] + sites["n_without"] == 60).all()
    assert sites["has_context"].isna().all()


def test_what_differs_between_sites_alone_is_no_effect_of_a_womans_context() -> None:
    sent, rng = drawn(12, 60, 3)
    site = np.repeat(np.arange(12), 60)
    has = rng.random(len(sent)) < np.linspace(0.1, 0.9, 12)[site]
    sent["intervention"] = np.where(has, "emdr", "cbt")
    gain = 5 + 20 * np.linspace(0.1, 0.9, 12)[site] + rng.normal(0, 8, len(sent))
    held = records(sent, change=pairs(sent, pre=45 + rng.normal(0, 9, len(sent)), improvement=gain))
    assert gain[has].mean() - gain[~has].mean() > 4, "over all women it looks like an effect"
    row = appraised(theory(context=EMDR), services(12), held)
    assert row["verdict"] != "consistent"
    assert abs(row["estimate"]) < 3


def test_a_singular_model_is_taken_in_two_stages_and_says_so() -> None:
    found = [appraised(theory(context=EMDR), services(12), within(12, 60, effect=8, slope_sd=0, seed=s)) for s in range(4)]
    assert {row["verdict"] for row in found} == {"consistent"}
    staged = [row for row in found if "; by two stages, as the model of all women was singular" in row["reason"]]
    assert staged
    assert all(row["low"] < 8 < row["high"] for row in staged)


def test_a_singular_model_with_few_sites_on_both_sides_is_not_testable() -> None:
    found = [appraised(theory(context=EMDR), services(5), within(5, 60, effect=8, slope_sd=0, seed=s)) for s in range(6)]
    reasons = {row["reason"] for row in found if row["verdict"] == "not_testable"}
    assert all(row["is_testable"] for row in found), "that a fit is singular is not known before any result"
    assert reasons == {"the model of all women was singular, and fewer than 6 sites have 5 women on each side"}


def test_too_few_women_or_sites_on_a_side_are_not_testable() -> None:
    rare = appraised(theory(context=EMDR), services(12), within(12, 60, effect=8, slope_sd=3, share=0.02))
    assert rare["verdict"] == "not_testable"
    assert rare["reason"] == "fewer than 4 sites on one side"
    small = appraised(theory(context=EMDR), services(6), within(6, 12, effect=8, slope_sd=3))
    assert (small["verdict"], small["reason"]) == ("not_testable", "fewer than 40 women on one side")
    assert not small["is_testable"]


def test_nobody_on_either_side_is_not_testable() -> None:
    held = within(12, 60, effect=8, slope_sd=3)
    row = appraised(theory(context=EMDR, population={"pathway": ["loss_of_custody"]}), services(12), held)
    assert (row["verdict"], row["women_with"], row["women_without"]) == ("not_testable", 0, 0)
    assert row["tables"]["theory_sites"].empty


def test_matching_is_known_where_the_theory_names_a_pathway_and_an_intervention_was_given() -> None:
    sent = referrals(1, 6)
    sent["pathway"] = [
        "birth_trauma",
        "birth_trauma",
        "perinatal_loss",
        "tokophobia",
        "birth_trauma;perinatal_loss",
        "birth_trauma",
    ]
    sent["intervention"] = ["emdr", "act;midwifery", "cft", "emdr", "cft", None]
    matches = {"birth_trauma": ["emdr", "tf_cbt"], "perinatal_loss": ["cft"]}
    one = theory(context={"variable": "referrals.intervention_matched", "is": "yes", "matches": matches})
    change = pairs(sent, pre=40, improvement=[1, 2, 3, 4, 5, 6])
    found = women_of(one, records(sent, change=change), services(1))["x"]
    assert known(found) == [True, False, True, None, True, None]


@pytest.mark.parametrize(
    ("variable", "codes", "expected"),
    [
        ("age_band", ["under_20", "20_24"], [True, False, None]),
        ("deprivation_fifth", ["1"], [True, False, None]),
        ("ethnic_group", ["asian"], [False, True, None]),
        ("pathway", ["tokophobia"], [False, True, True]),
    ],
)
def test_a_context_of_women_is_read_from_the_referral(variable: str, codes: list[str], expected: list[Any]) -> None:
    sent = referrals(1, 3).assign(age_band=["20_24", "40_plus", None], imd_decile=[2, 3, None], ethnic_category=["A", "K", None])
    sent["pathway"] = ["other", "tokophobia", "perinatal_loss;tokophobia"]
    one = theory(context={"variable": f"referrals.{variable}", "is": codes})
    found = women_of(one, records(sent, change=pairs(sent, pre=40, improvement=5)), services(1))
    assert known(found["x"]) == expected


def test_contexts_of_women_that_go_together_cannot_be_told_apart() -> None:
    held = within(12, 60, effect=8, slope_sd=3)
    sent = held.referrals
    sent["age_band"] = np.where(sent["intervention"].str.contains("emdr"), "20_24", "30_34")
    chosen = {one.id: one for one in (theory(context=EMDR), theory(2, context={"variable": "referrals.age_band", "is": "20_24"}))}
    tables = appraise(empty("site_effects"), empty("adjusted"), services(12), chosen, None, records=held)
    assert tables["testability"].loc[0, "reason"] == "can be tested; cannot be told apart from CMO-02"
    found = tables["appraisal"]
    assert found["reason"].str.partition(";")[0].to_list() == [
        "cannot be told apart from CMO-02",
        "cannot be told apart from CMO-01",
    ]


def test_a_smallest_difference_in_sds_is_of_first_scores_within_sites() -> None:
    sent, rng = drawn(8, 60)
    has = sent["site_id"].isin(["S01", "S02", "S03", "S04"]).to_numpy()
    pre = 45 + 10 * np.tile([-1.0, 1.0], 240) + 30 * has
    change = pairs(sent, pre=pre, improvement=10 + 5 * has + rng.normal(0, 3, len(sent)))
    words = []
    for value in (0.3, 0.8):
        one = theory(population={"age_band": ["25_29"]}, smallest_difference={"value": value, "scale": "sd"})
        row = appraised(one, services(8, peer_support=HALF), records(sent, change=change))
        words.append(row["verdict"])
        assert row["estimate"] == pytest.approx(5, abs=1)
    assert words == ["consistent", "inconsistent"], "3 and 8 points, as the SD within sites is 10"


def test_a_change_since_registration_is_told_field_by_field() -> None:
    from pipeline.theories.registration import register_all

    one = theory()
    lock, _ = register_all({one.id: one}, {}, outcomes_processed=False)
    now = theory(smallest_difference={"value": 4})
    found = appraise(empty("site_effects"), empty("adjusted"), services(8), {now.id: now}, lock, records=records(referrals(1, 1)))
    row = found["theory_changes"].iloc[0].to_dict()
    assert row == {
        "theory_id": "CMO-01",
        "registered": "2026-01-05",
        "field": "smallest_difference.value",
        "was": "3",
        "now": "4",
        "decides": True,
    }
    assert found["appraisal"].loc[0, "registered"] == "changed since it was registered on 2026-01-05: exploratory"


def test_the_order_of_women_and_sites_changes_nothing() -> None:
    held = within(12, 60, effect=8, slope_sd=3)
    turned = records(held.referrals.iloc[::-1], change=held.change.iloc[::-1].reset_index(drop=True))
    one = theory(context=EMDR)
    first, second = (appraised(one, services(12), each)["tables"]["appraisal"] for each in (held, turned))
    pd.testing.assert_frame_equal(first, second)
