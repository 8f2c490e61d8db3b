"""How far the verdicts on theories may be leaned on: exploratory ones are called so, and the front names no more than survive."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.report import sentences_verdicts
from pipeline.report.blocks import Items
from pipeline.report.material import Material
from pipeline.report.sections.in_plain_words import in_plain_words

LATE = "declared, not witnessed: exploratory"
EARLY = "prespecified on 2026-01-02"
FITS = "the interval lies wholly on the expected side, and the difference is large enough"
HELD = f"{FITS}; survives Holm's correction over the theories registered before results"
LOST = f"{FITS}; does not survive Holm's correction over the theories registered before results"


def told(*theories: tuple[str, str, str]) -> Material:
    """Theories by verdict, registration and reason, with the findings that count them."""
    rows = [
        {"theory_id": f"CMO-{at:02d}", "verdict": verdict, "registered": registered, "reason": reason}
        for at, (verdict, registered, reason) in enumerate(theories, start=1)
    ]
    table = pd.DataFrame(rows)
    counts = table["verdict"].value_counts()
    findings = [
        {"key": f"theories.k_{verdict}", "value": int(counts.get(verdict, 0)), "status": "shown"}
        for verdict in ("consistent", "inconsistent", "inconclusive", "not_testable")
    ]
    columns = ["key", "value", "low", "high", "n", "k_sites", "status", "statement"]
    return Material({"open_theories": table, "findings": pd.DataFrame(findings, columns=columns)}, {})


def ideas(material: Material) -> str:
    found = [block for block in in_plain_words(material) if isinstance(block, Items)]
    return dict(found[0].items)["Which of our ideas fit?"]


def test_what_was_not_registered_before_results_is_called_exploratory_wherever_verdicts_are_told() -> None:
    material = told(("consistent", LATE, FITS), ("inconsistent", LATE, "a difference that matters is ruled out"))
    for is_front in (True, False):
        said = sentences_verdicts.verdicts(material, is_front=is_front)
        assert "No theory was registered before results: such verdicts are exploratory" in said
    assert "consistent with 1 theory (CMO-01)" in sentences_verdicts.verdicts(material)


def test_only_those_that_were_not_are_named_where_others_were() -> None:
    said = sentences_verdicts.verdicts(told(("consistent", EARLY, HELD), ("inconclusive", LATE, "weak test")))
    assert "CMO-02 was not registered before results" in said
    said = sentences_verdicts.verdicts(told(("consistent", EARLY, HELD), ("inconclusive", EARLY, "weak test")))
    assert "exploratory" not in said


@pytest.mark.parametrize(
    ("rows", "named", "unnamed"),
    [
        ([(EARLY, HELD), (EARLY, HELD)], ["CMO-01", "CMO-02"], []),
        ([(EARLY, HELD), (EARLY, LOST)], ["CMO-01"], ["CMO-02"]),
        ([(EARLY, LOST)], [], ["CMO-01"]),
    ],
)
def test_the_front_names_consistent_theories_only_as_they_survive_many_tests(
    rows: list[tuple[str, str]], named: list[str], unnamed: list[str]
) -> None:
    material = told(*(("consistent", registered, reason) for registered, reason in rows))
    front, section = (sentences_verdicts.verdicts(material, is_front=is_front) for is_front in (True, False))
    assert all(name in front for name in named)
    assert not any(name in front for name in unnamed)
    assert all(name in section for name in (*named, *unnamed))


def test_women_are_told_that_ideas_came_before_the_results_only_where_they_did() -> None:
    assert "Before we looked" not in ideas(told(("consistent", LATE, FITS)))
    assert "Before we looked" not in ideas(told(("consistent", EARLY, HELD), ("consistent", LATE, FITS)))
    assert ideas(told(("consistent", EARLY, HELD))).startswith("Before we looked, we wrote down ideas")


def test_women_are_told_what_a_fit_does_not_show_and_nothing_of_no_idea() -> None:
    said = ideas(told(("consistent", LATE, FITS), ("inconclusive", LATE, "weak test")))
    assert said.endswith("That an idea fits does not show that it is the reason.")
    assert "They leave 1 open." in said
    assert "too little to go on" not in said and "They speak against" not in said


BOTH = {"smallest_difference": 5.0, "low": -4.5, "high": 4.7, "low_adjusted": -4.9, "high_adjusted": 5.3}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            {"side": "with"},
            "as measured the interval rules out a difference that matters, adjusted it holds both no difference and one",
        ),
        (
            {"side": "without", "low_adjusted": 0.4},
            "as measured the interval rules out a difference that matters, adjusted it lies on the opposite side",
        ),
        (
            {"side": "with", "low": 0.3, "high": 2.2},
            "as measured the interval lies on the expected side, below a difference that matters, adjusted it holds both",
        ),
        ({"side": "neither"}, "Depends on baseline adjustment."),
        ({"side": "with", "low": None}, "Depends on baseline adjustment."),
    ],
)
def test_where_two_ways_disagree_the_reason_says_what_each_interval_holds(more: dict[str, object], said: str) -> None:
    row = {"verdict": "inconclusive", "reason": "depends on baseline adjustment", "registered": EARLY, **BOTH, **more}
    assert said in sentences_verdicts.reason_of(row)


def test_how_a_theory_was_registered_is_said_once() -> None:
    reason = f"{FITS}; exploratory, as it was not registered before results"
    said = sentences_verdicts.reason_of({"verdict": "consistent", "reason": reason, "registered": LATE})
    assert said == f"{FITS[:1].upper()}{FITS[1:]}. Registration: none on record before results, so exploratory."
    assert "Survives" not in said and "Holm" in sentences_verdicts.reason_of({"reason": HELD, "registered": EARLY})
