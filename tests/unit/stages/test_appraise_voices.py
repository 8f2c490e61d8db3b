"""Theories on what people say: a number a site, from answers on experience, from staff and from training."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.config import ReleaseSettings
from pipeline.instruments import load as load_instruments
from pipeline.stages.appraise import BEHIND, appraise
from pipeline.stages.appraise_voices import effects_of_voices
from pipeline.stages.appraise_women import Records
from pipeline.stages.voices_change import change_of
from pipeline.strict_yaml import ConflictError
from pipeline.tables import empty, schemas, shape
from tests.unit.stages.appraised import records, referrals, services, theory

pytestmark = pytest.mark.filterwarnings("error")
HALF = "yyyyyyynnnnnnn"
CONFIDENCE = {
    "outcome": {"variable": "training.rehearsal_training.confidence", "expected": "larger_improvement"},
    "smallest_difference": {"value": 0.5, "scale": "points"},
}
LISTENED = {
    "outcome": {"variable": "experience.poem.q4", "expected": "higher"},
    "smallest_difference": {"value": 0.1, "scale": "risk_difference"},
}


def changes(rise: list[float], n: int = 12, seed: int = 1, **columns: Any) -> pd.DataFrame:
    """A row a site of training_change, as the stage voices makes it: people who answered twice."""
    stream = np.random.default_rng(seed)
    parts = []
    for number, mean in enumerate(rise, start=1):
        before = 3 + stream.normal(0, 0.5, n)
        after = before + mean + stream.normal(0, 0.6, n)
        person = [f"{number}-{at}" for at in range(n)]
        for occasion, score in (("before", before), ("after", after)):
            parts.append(pd.DataFrame({"site_id": f"S{number:02d}", "person": person, "occasion": occasion, "score": score}))
    scores = pd.concat(parts, ignore_index=True).assign(instrument="rehearsal_training", construct="confidence", **columns)
    return change_of(scores, load_instruments(), ReleaseSettings(), "training_change")


def answers(positive: list[int], n: int = 20) -> pd.DataFrame:
    """A row a site of experience_summary, and the row of all sites, which is none of them."""
    sites = [f"S{number:02d}" for number in range(1, len(positive) + 1)]
    rows = pd.DataFrame({"site_id": sites, "n": positive, "n_answered": n})
    whole = pd.DataFrame({"site_id": ["ALL"], "n": [sum(positive)], "n_answered": [n * len(positive)]})
    table = pd.concat([rows, whole]).assign(topic="experience", instrument="poem", question="q4", part="positive")
    return shape("experience_summary", table)


def held(**voices: pd.DataFrame) -> Records:
    return replace(records(referrals(2, 3)), voices=voices)


def appraised(one: Any, known: Records, letters: str = HALF) -> dict[str, Any]:
    service = services(len(letters), peer_support=letters)
    found = appraise(empty("site_effects"), empty("adjusted"), service, {one.id: one}, None, records=known, seed=1)
    assert set(found) == {"testability", "appraisal", *BEHIND}
    for name, table in found.items():
        schemas()[name].validate(table)
    return found["appraisal"].iloc[0].to_dict() | {"sites": found["theory_sites"]}


def test_a_planted_rise_in_confidence_where_there_is_peer_support_is_consistent() -> None:
    found = appraised(theory(**CONFIDENCE), held(training_change=changes([1.6] * 7 + [0.4] * 7)))
    assert found["verdict"] == "consistent"
    assert found["low"] < 1.2 < found["high"]
    assert (found["sites_with"], found["women_with"]) == (7, 84)
    assert "not of women" in found["reason"]


def test_no_difference_in_confidence_is_not_consistent() -> None:
    found = appraised(theory(**CONFIDENCE), held(training_change=changes([0.9] * 14)))
    assert found["verdict"] in ("inconclusive", "inconsistent")
    assert found["low"] < 0 < found["high"]


def test_change_is_of_people_asked_twice_and_of_no_row_over_all_sites() -> None:
    effects = effects_of_voices(theory(**CONFIDENCE), {"training_change": changes([1.0, 2.0])})
    assert effects["site_id"].tolist() == ["S01", "S02"]
    assert effects["n"].tolist() == [12, 12]
    known = changes([1.0, 2.0]).set_index("site_id")
    spread = (known.loc["S01", "high"] - known.loc["S01", "low"]) / 2
    assert effects["se"].iloc[0] * 2.200985 == pytest.approx(spread, rel=1e-6), "t of 11 degrees of freedom"


def test_a_site_of_few_people_borrows_the_spread_of_all() -> None:
    few, many = changes([1.0], n=6, seed=3), changes([1.0, 1.0, 1.0, 1.0], n=40, seed=4)
    many["site_id"] = many["site_id"].replace({"S01": "S02", "S02": "S03", "S03": "S04", "S04": "S05"})
    both = pd.concat([few[few["site_id"] == "S01"], many[many["site_id"] != "ALL"]])
    effects = effects_of_voices(theory(**CONFIDENCE), {"training_change": both}).set_index("site_id")
    assert bool(effects.loc["S01", "is_pooled"])
    assert effects.loc["S01", "se"] == pytest.approx(0.6 / np.sqrt(6), rel=0.25)


def test_sites_of_fewer_than_five_people_are_not_compared() -> None:
    effects = effects_of_voices(theory(**CONFIDENCE), {"training_change": changes([1.0, 1.0, 1.0], n=4)})
    assert not effects["is_pooled"].any()


def test_a_share_of_positive_answers_is_compared_by_site() -> None:
    found = appraised(theory(**LISTENED), held(experience_summary=answers([18] * 7 + [10] * 7)))
    assert found["verdict"] == "consistent"
    assert found["estimate"] == pytest.approx(0.4, abs=0.01)
    assert found["sites"]["estimate"].max() == pytest.approx(0.9)


def test_a_share_of_all_or_none_still_has_an_error() -> None:
    effects = effects_of_voices(theory(**LISTENED), {"experience_summary": answers([20, 20, 0, 10])})
    assert (effects["se"] > 0.1).all()


def test_an_instrument_that_nobody_returned_is_said_to_be_missing() -> None:
    for known in (held(), held(training_change=empty("training_change"))):
        found = appraised(theory(**CONFIDENCE), known)
        assert (found["verdict"], found["reason"]) == ("not_testable", "no site returned answers to it")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"context": {"variable": "referrals.pathway", "is": "tokophobia"}}, "known by site"),
        ({"population": {"pathway": ["tokophobia"]}}, "cannot be narrowed"),
        ({"test": "mediation", "mechanism": {"says": "x", "indicator": "experience.poem"}}, "moderation alone"),
        ({"smallest_difference": {"value": 0.1, "scale": "risk_difference"}}, "measured in points"),
        ({"outcome": {"variable": "training.rehearsal_training.confidence", "expected": "higher"}}, "takes one of"),
        ({"outcome": {"variable": "training.confidence", "expected": "larger_improvement"}}, "pattern"),
    ],
)
def test_a_theory_on_voices_that_cannot_be_tested_is_refused(more: dict[str, Any], words: str) -> None:
    with pytest.raises((ValueError, ConflictError), match=words):
        theory(**{**CONFIDENCE, **more})


def test_theories_that_were_registered_before_keep_their_hash() -> None:
    assert theory().hash == "69f5d2f97b3ef61b", "as it was before outcomes of voices came"


def test_an_outcome_of_voices_names_no_measure() -> None:
    one = theory(**CONFIDENCE)
    assert one.outcome.measure == ""
    assert one.outcome.asked == ("rehearsal_training", "confidence")
    assert held().measure_of(one) == ""
