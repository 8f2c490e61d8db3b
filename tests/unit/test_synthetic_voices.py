"""The invented voices: what is planted in them, and that the pipeline finds it; nothing else of a study moves with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.config import AccessSettings, CompareSettings, ReleaseSettings
from pipeline.instruments import load
from pipeline.measures import load as load_measures
from pipeline.stages.appraise import appraise
from pipeline.stages.appraise_women import Records
from pipeline.stages.voices import voices
from pipeline.synthetic import synthesise
from pipeline.synthetic.returning import tables_of
from pipeline.synthetic.study import draw_study
from pipeline.synthetic.voices_planted import PLANTED
from pipeline.tables import empty, shape
from pipeline.theories.schema import Theory

pytestmark = pytest.mark.filterwarnings("error")
TABLES = ("experience", "survey", "staff", "training", "referrals", "service")
WHOLE = "ALL"


class Drawn:
    """A study in memory: its tables as they would be accepted, what the stage makes of them, and the answer key."""

    def __init__(self, *, sites: int = 30, women: int = 6000, seed: int = 20261122) -> None:
        study = draw_study(sites=sites, women=women, seed=seed)
        self.truth: dict[str, Any] = study.voices.planted
        self.returned = [tables_of(study, number) for number in range(sites)]
        self.accepted = {name: self._accepted(name) for name in TABLES}
        self.made = voices(self.accepted, self.accepted["referrals"], self.accepted["service"], load(), ReleaseSettings())

    def _accepted(self, name: str) -> pd.DataFrame:
        parts = [pd.DataFrame(tables[name]) for tables in self.returned if name in tables]
        table = f"accepted_{name}"
        return shape(table, pd.concat(parts, ignore_index=True)) if parts else empty(table)

    def rows(self, name: str, **where: Any) -> pd.DataFrame:
        table = self.made[name]
        for column, value in where.items():
            table = table[table[column] == value]
        return table


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    return Drawn()


def test_training_of_four_sites_shows_the_planted_gain(drawn: Drawn) -> None:
    found = drawn.rows("training_change", site_id=WHOLE, comparison="paired", occasion="after").set_index("construct")
    assert found["k_sites"].tolist() == [4, 4]
    for construct, told in ((name, drawn.truth["training"][name]) for name in ("knowledge", "confidence")):
        assert found.loc[construct, "n_before"] == told["paired"]
        assert found.loc[construct, "change"] == pytest.approx(told["mean_change_paired"])
        assert found.loc[construct, "low"] > 0.25
        assert abs(found.loc[construct, "change"] - PLANTED.training[construct]) < 0.25, "cut to whole answers, it stays near"
    trained = drawn.accepted["training"]["site_id"].unique()
    assert sorted(trained) == sorted(drawn.truth["training"]["sites"])


def test_cohorts_of_different_people_show_it_with_less_certainty(drawn: Drawn) -> None:
    found = drawn.rows("training_change", site_id=WHOLE, occasion="after").set_index(["construct", "comparison"])
    for construct in ("knowledge", "confidence"):
        same, others = (found.loc[(construct, each)] for each in ("paired", "unpaired"))
        assert others["low"] < PLANTED.training[construct] + 0.1 and others["high"] > PLANTED.training[construct] - 0.1
        assert others["high"] - others["low"] > 2 * (same["high"] - same["low"])


def test_scores_on_implementation_are_lower_at_fast_followers_by_what_was_planted(drawn: Drawn) -> None:
    found = drawn.rows("nomad", site_id=WHOLE, instrument="nomad").set_index(["construct", "wave"])
    for construct, told in drawn.truth["staff"]["nomad"].items():
        for wave, mean in told.items():
            assert found.loc[(construct, wave), "mean"] == pytest.approx(mean, abs=0.02), "but for who answered too little"
        difference = found.loc[(construct, "FF"), "mean"] - found.loc[(construct, "EI"), "mean"]
        assert -0.9 < difference < -0.2, "half a point was planted"


def test_sustainability_is_collected_scored_and_lowest_where_it_was_planted(drawn: Drawn) -> None:
    """Eight domains of the PSAT come back as they were drawn; funding is the lowest, and lower still at Fast Followers."""
    found = drawn.rows("nomad", site_id=WHOLE, instrument="psat").set_index(["construct", "wave"])
    told = drawn.truth["staff"]["psat"]
    assert len(told) == 8
    for domain, key in told.items():
        row = found.loc[(domain, WHOLE)]
        assert row["mean"] == pytest.approx(key["all"], abs=1e-6)
        shift = PLANTED.psat_fast_follower * (domain == "funding_stability") * 0.4
        assert row["mean"] == pytest.approx(key["planted"] + shift, abs=0.35), "cut to whole answers, it stays near"
    whole = found.xs(WHOLE, level="wave")["mean"]
    assert (whole.idxmin(), whole.idxmax()) == ("funding_stability", "programme_adaptation")
    by_wave = found.loc["funding_stability", "mean"]
    assert by_wave["FF"] - by_wave["EI"] == pytest.approx(PLANTED.psat_fast_follower, abs=0.35)


def test_stress_of_staff_falls_where_training_was_planted_to_help_and_nowhere_else(drawn: Drawn) -> None:
    change = drawn.rows("staff_change", instrument="proqol", comparison="paired", occasion="after")
    sites = change[~change["site_id"].isin([WHOLE, "ENTERING"])]
    trained = sites["site_id"].map(drawn.accepted["service"].set_index("site_id")["trauma_training_delivered"]) == "y"
    for construct, told in drawn.truth["staff"]["proqol"].items():
        for side, rows in (("with", sites[trained]), ("without", sites[~trained])):
            mine = rows[rows["construct"] == construct]
            mean = (mine["change"] * mine["n_after"]).sum() / mine["n_after"].sum()
            sign = -1 if construct == "compassion_satisfaction" else 1
            assert mean == pytest.approx(sign * told[side], abs=1e-6)
    stress = drawn.truth["staff"]["proqol"]["secondary_traumatic_stress"]
    assert stress["with"] - stress["without"] == pytest.approx(-10 * PLANTED.proqol_trained, abs=1.5)


def test_positive_answers_are_more_frequent_where_they_were_planted_to_be(drawn: Drawn) -> None:
    positive = drawn.rows("experience_summary", part="positive")
    service = drawn.accepted["service"].set_index("site_id")
    for question, feature, told in (
        ("felt_understood", "peer_support", drawn.truth["experience"]["felt_understood"]),
        ("1", "joint_provider", drawn.truth["experience"]["fft"]),
        ("1", "lived_experience_group", drawn.truth["experience"]["fft_by_lived_experience"]),
    ):
        mine = positive[(positive["question"] == question) & (positive["site_id"] != WHOLE)]
        has = mine["site_id"].map(service[feature]) == "y"
        for side, rows in (("with", mine[has]), ("without", mine[~has])):
            share = rows["n"].sum() / rows["n_answered"].sum()
            assert share == pytest.approx(told[side], abs=0.01), "but for a woman with two forms"
        assert told["with"] - told["without"] > 0.03


def test_shares_of_the_survey_are_those_drawn(drawn: Drawn) -> None:
    found = drawn.rows("survey_summary", site_id=WHOLE, group=WHOLE).set_index(["question", "option"])
    for question, told in drawn.truth["survey"].items():
        for option, share in told.items():
            row = found.loc[(question, int(option))]
            assert row["share"] == pytest.approx(share, abs=1e-6)
            assert row["low"] < row["share"] < row["high"]
    assert found.loc[("priorities", 1), "low"] <= PLANTED.priorities[0] <= found.loc[("priorities", 1), "high"]


def test_the_paired_interval_holds_the_planted_gain_about_as_often_as_promised() -> None:
    """Twenty studies: the mean gain of everybody asked, drawn with each, lies in the interval of those asked twice."""
    n_within = 0
    for seed in range(20):
        study = Drawn(sites=6, women=300, seed=seed)
        row = study.rows("training_change", site_id=WHOLE, comparison="paired", occasion="after", construct="knowledge").iloc[0]
        told = study.truth["training"]["knowledge"]["mean_change_everyone"]
        n_within += row["low"] <= told <= row["high"]
    assert n_within >= 18, "the gain of everybody moves with that of most of them, so that nearly all intervals hold it"


def test_the_voices_move_no_other_table(monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.synthetic import study as module

    others = ("service", "referrals", "contacts", "outcomes", "aggregates", "activity")
    with_them = draw_study(sites=8, women=400, seed=5)
    real = module.draw_voices
    monkeypatch.setattr(module, "draw_voices", lambda seed, *rest: real(seed + 1, *rest))
    otherwise = draw_study(sites=8, women=400, seed=5)
    assert with_them.voices.planted != otherwise.voices.planted
    for number in range(8):
        one, other = tables_of(with_them, number), tables_of(otherwise, number)
        for name in others:
            assert (name in one) == (name in other)
            for column, values in one.get(name, {}).items():
                assert np.array_equal(values.astype(str), other[name][column].astype(str)), (name, column)


def test_the_key_and_the_files_hold_them_and_a_study_of_two_sites_has_room(tmp_path: Path) -> None:
    synthesise(tmp_path / "two", sites=2, women=40)
    truth = json.loads((tmp_path / "two" / "truth.json").read_text(encoding="utf-8"))
    assert set(truth["voices"]) == {"constants", "experience", "survey", "staff", "training"}
    names = {path.stem for path in (tmp_path / "two" / "returns").glob("*/*.csv")}
    assert {"experience", "staff", "training", "survey"} <= names


THEORY = {
    "id": "CMO-99",
    "title": "Feeling understood carries part of what peer support does",
    "context": {"variable": "service.peer_support", "is": "yes"},
    "mechanism": {"says": "A woman feels understood.", "indicator": "experience.felt_understood"},
    "outcome": {"variable": "change.pcl5", "expected": "larger_improvement"},
    "test": "mediation",
    "smallest_difference": {"value": 1, "scale": "points"},
    "would_count_against": "Women who felt understood improved no further.",
    "registered": "2026-11-22",
    "sources": ["esmi_iii"],
}


def test_an_indicator_that_is_planted_makes_mediation_testable() -> None:
    """Women's answers half-way rise with peer support and with improvement: the indirect difference is found and dated before."""
    study = draw_study(sites=30, women=9000, seed=20261122)
    tables = [tables_of(study, number) for number in range(30)]
    accepted = {
        name: shape(f"accepted_{name}", pd.concat([pd.DataFrame(t[name]) for t in tables if name in t], ignore_index=True))
        for name in ("experience", "service")
    }
    measure = 0
    rows = np.flatnonzero(study.returned.is_paired[:, measure])
    change = pd.DataFrame(
        {
            "site_id": [study.services[i].site_id for i in study.site[rows]],
            "referral_id": study.referral_id[rows],
            "person_id": study.person_id[rows],
            "measure": "pcl5",
            "pre": study.entry.observed[rows, measure],
            "post": study.later.post[rows, measure],
            "improvement": study.entry.observed[rows, measure] - study.later.post[rows, measure],
            "pre_date": study.returned.pre_date[rows],
            "post_date": study.returned.post_date[rows],
            "first_referral": True,
        }
    )
    import yaml

    theory = Theory.model_validate(yaml.safe_load(json.dumps(THEORY)) | {"registered": pd.Timestamp("2026-11-22").date()})
    records = Records(
        change=shape("change", change),
        due=empty("due"),
        referrals=empty("accepted_referrals"),
        contacts=empty("accepted_contacts"),
        experience=accepted["experience"],
        measures=load_measures(),
        compare=CompareSettings(),
        access=AccessSettings(),
    )
    made = appraise(
        empty("site_effects"), empty("adjusted"), accepted["service"], {"CMO-99": theory}, None, records=records, seed=1
    )
    row = made["appraisal"].iloc[0]
    assert row["verdict"] != "not_testable", row["reason"]
    assert row["women_with"] >= 50 and row["women_without"] >= 50
    assert row["low"] > 0, "both ways of the planted path are positive"
