"""Appraise: verdicts as a table of what two intervals say, and what keeps a theory from a verdict."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from pipeline.stages.appraise import appraise
from pipeline.tables import schemas, shape
from pipeline.theories import Theory

pytestmark = pytest.mark.filterwarnings("error")

SITES = [f"S{number:02d}" for number in range(1, 9)]
WITH = [True] * 4 + [False] * 4
NOISE = [0.1, -0.1, 0.2, -0.2, 0.2, -0.2, 0.1, -0.1]


def theory(
    number: int = 1, *, expected: str = "larger_improvement", smallest: float = 3, feature: str = "peer_support", **more: Any
) -> Theory:
    facts = {
        "id": f"CMO-{number:02d}",
        "title": "A theory",
        "context": {"variable": f"service.{feature}", "is": "y"},
        "mechanism": {"says": "Something happens."},
        "outcome": {"variable": "change.pcl5", "expected": expected},
        "smallest_difference": {"value": smallest},
        "would_count_against": "Nothing differs.",
        "registered": datetime.date(2026, 1, 5),
        "sources": ("invented",),
    }
    return Theory.model_validate({**facts, **more})


def effects(difference: float, margin: float, *, n: int = 50) -> pd.DataFrame:
    """Eight sites whose contrast is `difference`, its interval half as wide as `margin` to each side: no spread between them."""
    error = margin / stats.t.ppf(0.975, 6) * 2**0.5
    means = [10 + difference * has + noise * margin / 10 for has, noise in zip(WITH, NOISE, strict=True)]
    table = {
        "measure": "pcl5",
        "site_id": SITES,
        "grain": "record",
        "n_paired": n,
        "mean_improvement": means,
        "se": error,
        "mean_pre": 45.0,
    }
    return shape("site_effects", pd.DataFrame({**table, "is_pooled": True}))


def fitted(difference: float, margin: float) -> pd.DataFrame:
    table = effects(difference, margin).rename(columns={"mean_improvement": "estimate", "n_paired": "n"})
    return shape("adjusted", table)


def services(**features: str) -> pd.DataFrame:
    """A row a site; each feature as a word of y, n and -, one letter a site."""
    columns = {name: [None if letter == "-" else letter for letter in word] for name, word in features.items()}
    return shape("accepted_service", pd.DataFrame({"site_id": SITES, **columns}))


PEER = services(peer_support="yyyynnnn")


def verdict(found: dict[str, pd.DataFrame], number: int = 0) -> tuple[str, str]:
    for name, table in found.items():
        schemas()[name].validate(table)
    row = found["appraisal"].iloc[number]
    return row["verdict"], row["reason"].split(";")[0]


ON_SIDE = "the interval lies wholly on the expected side, and the difference is large enough"
PERHAPS = "on the expected side, and perhaps too small to matter"
TOO_SMALL = "on the expected side, but too small to matter"
ABSENT = "a difference that matters is ruled out"
REVERSED = "the interval lies wholly on the opposite side"
OPEN = "the interval holds both no difference and one that matters"
WEAK = "weak test: only a difference of more than twice the smallest would be seen"
WITHIN = "the interval lies within the smallest difference on both sides"
APART = "a difference where none was expected"
WIDE = "the interval is too wide"


@pytest.mark.parametrize(
    ("expected", "difference", "margin", "word", "reason"),
    [
        ("larger_improvement", 5.0, 2.0, "consistent", ON_SIDE),
        ("larger_improvement", 3.0, 2.5, "consistent", ON_SIDE),
        ("larger_improvement", 2.5, 2.0, "inconclusive", PERHAPS),
        ("larger_improvement", 1.2, 1.0, "inconsistent", TOO_SMALL),
        ("larger_improvement", 0.5, 2.0, "inconsistent", ABSENT),
        ("larger_improvement", -1.0, 2.0, "inconsistent", ABSENT),
        ("larger_improvement", 2.0, 3.0, "inconclusive", OPEN),
        ("larger_improvement", -4.0, 2.0, "inconsistent", REVERSED),
        ("smaller_improvement", -5.0, 2.0, "consistent", ON_SIDE),
        ("smaller_improvement", 5.0, 2.0, "inconsistent", REVERSED),
        ("smaller_improvement", -2.0, 3.0, "inconclusive", OPEN),
        ("no_difference", 0.5, 2.0, "consistent", WITHIN),
        ("no_difference", -6.0, 2.0, "inconsistent", APART),
        ("no_difference", 2.0, 2.0, "inconclusive", WIDE),
    ],
)
def test_a_verdict_reads_the_interval_against_nought_and_the_smallest_difference(
    expected: str, difference: float, margin: float, word: str, reason: str
) -> None:
    found = appraise(effects(difference, margin), fitted(difference, margin), PEER, {"CMO-01": theory(expected=expected)}, None)
    assert verdict(found) == (word, reason)
    row = found["appraisal"].iloc[0]
    for suffix in ("", "_adjusted"):
        numbers = [row[f"{name}{suffix}"] for name in ("estimate", "low", "high")]
        assert numbers == pytest.approx([difference, difference - margin, difference + margin], abs=1e-6)


@pytest.mark.parametrize(
    ("crude", "adjusted", "word", "reason"),
    [
        ((5.0, 2.0), (2.0, 3.0), "inconclusive", "depends on baseline adjustment"),
        ((2.0, 3.0), (5.0, 2.0), "inconclusive", "depends on baseline adjustment"),
        ((5.0, 2.0), (-4.0, 2.0), "inconclusive", "depends on baseline adjustment"),
        ((0.5, 2.0), (2.0, 3.0), "inconclusive", "depends on baseline adjustment"),
        ((1.2, 1.0), (0.5, 2.0), "inconsistent", ABSENT),
        ((-4.0, 2.0), (0.5, 2.0), "inconsistent", ABSENT),
        ((-4.0, 2.0), (-3.0, 2.0), "inconsistent", REVERSED),
        ((5.0, 2.0), (4.0, 3.0), "consistent", ON_SIDE),
    ],
)
def test_crude_and_adjusted_must_agree_and_the_weaker_reason_stands(
    crude: tuple[float, float], adjusted: tuple[float, float], word: str, reason: str
) -> None:
    found = appraise(effects(*crude), fitted(*adjusted), PEER, {"CMO-01": theory()}, None)
    assert verdict(found) == (word, reason)


@pytest.mark.parametrize(
    ("difference", "word", "reason"),
    [
        (0.0, "inconclusive", WEAK),
        (-4.0, "inconclusive", WEAK),
        (-8.0, "inconsistent", REVERSED),
        (8.0, "consistent", ON_SIDE),
    ],
)
def test_a_null_of_a_weak_test_is_inconclusive(difference: float, word: str, reason: str) -> None:
    found = appraise(effects(difference, 6.0), fitted(difference, 6.0), PEER, {"CMO-01": theory()}, None)
    assert found["testability"].loc[0, "reason"] == WEAK
    assert found["testability"].loc[0, "smallest_detectable"] > 6
    assert verdict(found) == (word, reason)


def test_testability_does_not_look_at_the_context_of_results() -> None:
    near, far = (appraise(effects(d, 2.0), fitted(d, 2.0), PEER, {"CMO-01": theory()}, None)["testability"] for d in (-4.0, 4.0))
    pd.testing.assert_frame_equal(near, far)


@pytest.mark.parametrize(
    ("letters", "n", "reason", "counts"),
    [
        ("yyynnnnn", 50, "fewer than 4 sites on one side", [3, 5, 0, 150, 250]),
        ("yyyynnn-", 50, "fewer than 4 sites on one side", [4, 3, 1, 200, 150]),
        ("yyyynnnn", 9, "fewer than 40 women on one side", [4, 4, 0, 36, 36]),
        ("--------", 50, "fewer than 4 sites on one side", [0, 0, 8, 0, 0]),
        ("yyyyyyyy", 50, "fewer than 4 sites on one side", [8, 0, 0, 400, 0]),
    ],
)
def test_too_few_on_a_side_is_not_testable_and_shows_no_contrast(letters: str, n: int, reason: str, counts: list[int]) -> None:
    found = appraise(effects(5, 2, n=n), fitted(5, 2), services(peer_support=letters), {"CMO-01": theory()}, None)
    assert verdict(found) == ("not_testable", reason)
    row = found["testability"].iloc[0]
    assert [row[f"{name}"] for name in ("sites_with", "sites_without", "sites_unknown", "women_with", "women_without")] == counts
    assert not row["is_testable"]
    assert found["appraisal"][["estimate", "low", "high", "estimate_adjusted"]].isna().all(axis=None)


def test_the_adjusted_contrast_needs_the_same_minimum() -> None:
    few = fitted(5, 2).query("site_id != 'S03'")
    found = appraise(effects(5, 2), few, PEER, {"CMO-01": theory()}, None)
    assert verdict(found) == ("not_testable", "fewer than 4 sites on one side that sent records")
    assert found["appraisal"][["estimate", "estimate_adjusted"]].isna().all(axis=None)


def test_sites_that_are_not_pooled_or_have_another_measure_do_not_count() -> None:
    table = effects(5, 2)
    table.loc[0, "is_pooled"] = False
    table.loc[7, "measure"] = "core10"
    row = appraise(table, fitted(5, 2), PEER, {"CMO-01": theory()}, None)["testability"].iloc[0]
    assert (row["sites_with"], row["sites_without"]) == (3, 3)


def test_contexts_that_split_the_sites_alike_cannot_be_told_apart() -> None:
    service = services(peer_support="yyyynnnn", joint_provider="nnnnyyyy", group="yynnyynn", emdr="yyyynnn-")
    chosen = {"CMO-01": theory(), "CMO-02": theory(2, feature="joint_provider"), "CMO-03": theory(3, feature="group")}
    found = appraise(effects(5, 2), fitted(5, 2), service, chosen, None)
    assert verdict(found, 0) == ("inconclusive", "cannot be told apart from CMO-02")
    assert verdict(found, 1) == ("inconclusive", "cannot be told apart from CMO-01")
    assert verdict(found, 2)[0] != "not_testable"
    assert "told apart" not in verdict(found, 2)[1]
    same = {"CMO-01": theory(), "CMO-02": theory(2, smallest=4)}
    assert verdict(appraise(effects(5, 2), fitted(5, 2), service, same, None)) == ("consistent", ON_SIDE), "two of one variable"


def test_the_latest_return_says_whether_a_site_has_a_context() -> None:
    old = services(peer_support="nnnnyyyy").assign(period_end=pd.Timestamp("2025-06-30"))
    new = services(peer_support="yyyynnnn").assign(period_end=pd.Timestamp("2026-06-30"))
    undated = services(peer_support="nnnnyyyy")
    service = shape(
        "accepted_service", pd.concat([new, old, undated.astype({"period_end": "datetime64[us]"})], ignore_index=True)
    )
    assert verdict(appraise(effects(5, 2), fitted(5, 2), service, {"CMO-01": theory()}, None)) == ("consistent", ON_SIDE)


def entry(one: Theory, *, late: bool = False, changed: bool = False) -> dict[str, Any]:
    return {"hash": "another" if changed else one.hash, "date": "2026-01-05", "outcomes_processed": late}


def test_registration_is_witnessed_only_before_results_and_unchanged() -> None:
    one = theory()
    for lock, words in (
        (None, "declared, not witnessed: exploratory"),
        ({one.id: entry(one)}, "prespecified on 2026-01-05"),
        ({one.id: entry(one, late=True)}, "declared, not witnessed: exploratory"),
        ({one.id: entry(one, changed=True)}, "changed since it was registered on 2026-01-05: exploratory"),
    ):
        assert appraise(effects(5, 2), fitted(5, 2), PEER, {one.id: one}, lock)["appraisal"].loc[0, "registered"] == words


def reasons(margin: float, *, n_others: int, late: bool = False) -> list[str]:
    """Reasons of a consistent theory, and of others without an effect that were registered with it."""
    features = ["joint_provider", "group", "emdr", "cbt", "act", "vig", "cft"]
    words = ["ynynynyn", "yynnyynn", "ynnyynny", "ynynnyny", "yynnnnyy", "ynnynyyn", "nyynynny"]
    service = services(peer_support="yyyynnnn", **dict(zip(features, words, strict=True)))
    chosen = [theory(), *(theory(i + 2, feature=features[i]) for i in range(n_others))]
    lock = {t.id: entry(t, late=late) for t in chosen}
    found = appraise(effects(5, margin), fitted(5, margin), service, {t.id: t for t in chosen}, lock)["appraisal"]
    assert found.loc[0, "verdict"] == "consistent"
    return found["reason"].tolist()


def test_a_consistent_theory_says_whether_it_survives_holm() -> None:
    p = 2 * stats.t.sf(5 / (4 / stats.t.ppf(0.975, 6)), 6)
    assert 0.05 / 3 < p < 0.05 / 2
    assert "; survives Holm's correction" in reasons(4.0, n_others=0)[0]
    assert "; survives Holm's correction" in reasons(4.0, n_others=1)[0]
    assert "; does not survive Holm's correction" in reasons(4.0, n_others=2)[0]
    assert "; exploratory" in reasons(4.0, n_others=2, late=True)[0]
    assert not [reason for reason in reasons(4.0, n_others=2)[1:] if "Holm" in reason]


def test_no_theory_gives_two_empty_tables() -> None:
    found = appraise(effects(5, 2), fitted(5, 2), PEER, {}, None)
    assert found["testability"].empty
    assert found["appraisal"].empty


def test_first_scores_of_both_sides_stand_beside_the_contrast() -> None:
    table = effects(5, 2)
    table["mean_pre"] = np.array([50.0] * 4 + [40.0] * 4)
    row = appraise(table, fitted(5, 2), PEER, {"CMO-01": theory()}, None)["appraisal"].iloc[0]
    assert (row["mean_pre_with"], row["mean_pre_without"]) == (50, 40)
