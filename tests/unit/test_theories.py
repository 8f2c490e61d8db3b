"""The programme theories: each can be tested with what sites return, and what is tested cannot change unseen."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
from pathlib import Path

import pytest

from pipeline import bibliography, config, instruments, measures, theories
from pipeline.commands.keeping import register
from pipeline.strict_yaml import FactError
from pipeline.tables.returned import RETURNED
from pipeline.theories.registration import changes, is_prespecified, register_all, registration
from pipeline.theories.vocabulary import EXPECTED, LIMIT, MATCHED, SCALES, WOMEN

SHIPPED = theories.load()

# What each shipped theory tests, as registered. A new hash here is a new prediction and needs a new date.
REGISTERED = {
    "CMO-01": "7a6b64a42b745544",
    "CMO-02": "ba2b2ffcf328bdc4",
    "CMO-03": "7b92251498c960a9",
    "CMO-04": "73cd169a724b7907",
    "CMO-05": "9be6b157a288afbc",
    "CMO-06": "92bc3a8132b067ea",
    "CMO-07": "9468512ca78b1189",
    "CMO-08": "e138b9b01a201a50",
    "CMO-09": "8f2149ba54af19eb",
    "CMO-10": "392ec09fe0cd025b",
    "CMO-11": "213365ba87683b3d",
    "CMO-12": "338cce9402a2e521",
    "CMO-13": "b1a62ca32e09e62e",
    "CMO-14": "47ba9a46b81b1a92",
}

TEXT = """\
id: ABC-01
title: A title
context: {variable: service.peer_support, is: yes}
mechanism: {says: Something happens.}
outcome: {variable: change.pcl5, expected: larger_improvement}
minimum: {sites_each_side: 5, women_each_side: 50}
smallest_difference: {value: 5, scale: points}
would_count_against: Nothing happens.
registered: 2026-11-22
sources: [blevins2015]
"""


def read(folder: Path, text: str = TEXT) -> theories.Theory:
    folder.mkdir(exist_ok=True)
    (folder / "ABC-01.yaml").write_text(text, encoding="utf-8")
    theories.load.cache_clear()
    return theories.load((folder,))["ABC-01"]


def changed(before: str, after: str) -> str:
    assert TEXT.count(before) == 1
    return TEXT.replace(before, after)


def test_fourteen_theories_are_shipped_as_registered() -> None:
    assert {name: theory.hash for name, theory in SHIPPED.items()} == REGISTERED


@pytest.mark.parametrize("theory", SHIPPED.values(), ids=SHIPPED)
def test_the_context_is_something_that_sites_return(theory: theories.Theory) -> None:
    table, _, column = theory.context.variable.partition(".")
    assert table in ("service", "referrals")
    assert column in RETURNED[table].columns or column == "intervention_matched"
    assert theory.context.is_ == ("loss_of_custody" if column == "pathway" else "y")


@pytest.mark.parametrize("theory", SHIPPED.values(), ids=SHIPPED)
def test_the_smallest_difference_of_a_change_is_a_third_of_the_reliable_change(theory: theories.Theory) -> None:
    if theory.outcome.kind == "change":
        assert measures.load()[theory.outcome.measure].primary_reliable_change == 3 * theory.smallest_difference.value
    else:
        assert theory.smallest_difference.scale == ("points" if theory.outcome.kind == "staff" else "risk_difference")


def test_two_shipped_theories_are_of_what_people_say_by_published_questionnaires() -> None:
    known = instruments.load()
    asked = {name: theory.outcome.asked for name, theory in SHIPPED.items() if theory.outcome.is_of_voices}
    assert asked == {"CMO-13": ("fft", "1"), "CMO-14": ("proqol", "secondary_traumatic_stress")}
    assert known["fft"].positive is not None and "1" in known["fft"].questions
    assert known["proqol"].constructs["secondary_traumatic_stress"].better == "lower"
    assert {known[name].evidence for name, _ in asked.values()} == {"V"}


@pytest.mark.parametrize("path", sorted(theories.SHIPPED.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_smallest_difference_without_a_source_is_said_to_be_a_choice(path: Path) -> None:
    before = path.read_text(encoding="utf-8").partition("smallest_difference:")[0]
    assert "# A choice of this study, not a clinical figure:" in before.partition("minimum:")[2]


@pytest.mark.parametrize("theory", SHIPPED.values(), ids=SHIPPED)
def test_every_source_is_in_the_bibliography(theory: theories.Theory) -> None:
    assert set(theory.sources) <= set(bibliography.sources())


@pytest.mark.parametrize("theory", SHIPPED.values(), ids=SHIPPED)
def test_what_would_count_against_it_types_no_number(theory: theories.Theory) -> None:
    assert theory.would_count_against
    assert not any(letter.isdigit() for letter in theory.would_count_against)


def test_every_theory_tests_something_else() -> None:
    tested = {(theory.context.model_dump_json(), theory.outcome, theory.test) for theory in SHIPPED.values()}
    assert len(tested) == len(SHIPPED)


def test_the_configuration_predicts_all_three_conditions() -> None:
    block = SHIPPED["CMO-12"].configuration
    assert block is not None
    assert block.names == ("peer_support", "non_medical_venue", "prior_therapy_required")
    assert block.expected == block.predicted == (1, 1, 0)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        *((word, "y") for word in ("yes", "Yes", "YES", "true", "True", "on", "y", "Y", '"yes"', '"True"')),
        *((word, "n") for word in ("no", "No", "false", "FALSE", "off", "n", "N", '"no"', '"false"')),
    ],
)
def test_yes_and_no_become_the_codes_of_a_return(tmp_path: Path, written: str, code: str) -> None:
    assert read(tmp_path, changed("is: yes", f"is: {written}")).context.is_ == code


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("service.peer_support", "service.non_medical_venue"),
        ("is: yes", "is: no"),
        ("change.pcl5", "change.core10"),
        ("larger_improvement", "smaller_improvement"),
        ("sites_each_side: 5", "sites_each_side: 6"),
        ("women_each_side: 50", "women_each_side: 60"),
        ("value: 5", "value: 6"),
    ],
)
def test_another_prediction_has_another_hash(tmp_path: Path, before: str, after: str) -> None:
    assert read(tmp_path / "new", changed(before, after)).hash != read(tmp_path / "old").hash


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("title: A title", "title: Another title"),
        ("Something happens.", "Something else is said to happen."),
        ("{says: Something happens.}", "{says: Something happens., indicator: experience.felt_understood}"),
        ("against: Nothing happens.", "against: It does not happen."),
        ("registered: 2026-11-22", "registered: 2026-12-01"),
        ("[blevins2015]", "[blevins2015, blanchard2023]"),
        ("is: yes", 'is: "y"'),
        ("value: 5", "value: 5.0"),
        ("smallest_difference: {value: 5, scale: points}", "smallest_difference: 5"),
        ("smallest_difference:", "test: moderation\nsmallest_difference:"),
    ],
)
def test_other_words_for_the_same_prediction_keep_the_hash(tmp_path: Path, before: str, after: str) -> None:
    assert read(tmp_path / "new", changed(before, after)).hash == read(tmp_path / "old").hash


@pytest.mark.parametrize(
    ("variable", "kind", "measure", "event"),
    [
        ("change.pcl5", "change", "pcl5", ""),
        ("recovered.core10", "recovered", "core10", ""),
        ("retention", "retention", "", ""),
        ("retention.pcl5", "retention", "pcl5", ""),
        ("wait.assessment", "wait", "", "assessment"),
        ("wait.treatment", "wait", "", "treatment"),
    ],
)
def test_the_outcome_names_its_measure_or_event(variable: str, kind: str, measure: str, event: str) -> None:
    expected = {"change": "no_difference", "wait": "shorter"}.get(kind, "higher")
    weeks = {"within_weeks": 6} if kind == "wait" else {}
    outcome = theories.Outcome.model_validate({"variable": variable, "expected": expected, **weeks})
    assert (outcome.kind, outcome.measure, outcome.event) == (kind, measure, event)


@pytest.mark.parametrize(
    ("outcome", "scale", "sign"),
    [
        ("{variable: change.pcl5, expected: larger_improvement}", "points", 1),
        ("{variable: change.pcl5, expected: smaller_improvement}", "sd", -1),
        ("{variable: change.pcl5, expected: no_difference}", "points", 0),
        ("{variable: recovered.pcl5, expected: higher}", "risk_difference", 1),
        ("{variable: retention, expected: lower}", "risk_difference", -1),
        ("{variable: wait.assessment, expected: shorter, within_weeks: 6}", "risk_difference", 1),
        ("{variable: wait.assessment, expected: shorter, within_weeks: 6}", "days", -1),
        ("{variable: wait.treatment, expected: longer, within_weeks: 26}", "days", 1),
        ("{variable: wait.treatment, expected: longer, within_weeks: 26}", "risk_difference", -1),
    ],
)
def test_the_expected_side_is_read_in_the_unit_of_the_outcome(tmp_path: Path, outcome: str, scale: str, sign: int) -> None:
    text = changed("{variable: change.pcl5, expected: larger_improvement}", outcome)
    assert read(tmp_path, text.replace("{value: 5, scale: points}", f"{{value: 0.5, scale: {scale}}}")).sign == sign


@pytest.mark.parametrize(
    ("variable", "written", "codes"),
    [
        ("service.wave", "EI", ("EI",)),
        ("service.area", "whole_system", ("whole_system",)),
        ("service.time_limit_months", "no", ("n",)),
        ("referrals.age_band", "[20_24, under_20]", ("20_24", "under_20")),
        ("referrals.pathway", "[tokophobia]", ("tokophobia",)),
        ("referrals.referral_source", "B1", ("B1",)),
        ("referrals.deprivation_fifth", '"1"', ("1",)),
    ],
)
def test_a_context_takes_the_codes_of_its_column(tmp_path: Path, variable: str, written: str, codes: tuple[str, ...]) -> None:
    text = changed("service.peer_support, is: yes", f"{variable}, is: {written}")
    context = read(tmp_path, text).context
    assert context.codes == codes
    assert context.is_of_sites == variable.startswith("service.")


MISTAKES = {
    "unknown key": ("title: A title", "title: A title\nhypothesis: x", "3: hypothesis: unknown key"),
    "unknown key inside": ("is: yes", "is: yes, was: no", "3: context.was: unknown key. Allowed here: is, matches, variable."),
    "duplicate key": ("title: A title", "title: A title\ntitle: B", "3: title: stands twice"),
    "missing key": ("title: A title\n", "", "title: is missing"),
    "a number for a code": ("is: yes", "is: 1", "3: context.is: found 1"),
    "a context that no site returns": ("service.peer_support", "service.kindness", "3: context.variable: found"),
    "a context of no table": ("service.peer_support", "peer_support", "3: context.variable: found 'peer_support'"),
    "an outcome that is no change": ("change.pcl5", "pcl5", "5: outcome.variable: found 'pcl5'"),
    "unknown direction": ("larger_improvement", "better", "5: outcome.expected: found 'better'"),
    "too few sites": ("sites_each_side: 5", "sites_each_side: 3", "6: minimum.sites_each_side: found 3"),
    "too few women": ("women_each_side: 50", "women_each_side: 39", "6: minimum.women_each_side: found 39"),
    "no difference": ("value: 5", "value: 0", "7: smallest_difference.value: found 0"),
    "yes for a number": ("{value: 5, scale: points}", "yes", "7: smallest_difference: found True"),
    "a date in words": ("2026-11-22", "last week", "9: registered: found 'last week'"),
    "no source": ("[blevins2015]", "[]", "10: sources:"),
    "another kind of id": ("id: ABC-01", "id: theory one", "1: id: found 'theory one'"),
    "a code of another column": (
        "peer_support, is: yes",
        "wave, is: yes",
        "3: context.is: found 'y'; service.wave takes one of: EI, FF",
    ),
    "neither yes nor no": ("is: yes", "is: often", "3: context.is: found 'often'; service.peer_support takes one of: yes, no"),
    "several values of a service": ("is: yes", "is: [yes, no]", "3: context.is: service.peer_support takes one value"),
    "no value": ("is: yes", "is: []", "3: context.is: expected yes, no, a code"),
    "matches without their variable": ("is: yes", "is: yes, matches: {tokophobia: [cbt]}", "3: context.matches: is needed with"),
    "no matches": ("service.peer_support", "referrals.intervention_matched", "context.matches: is needed with"),
    "an unknown pathway": (
        "service.peer_support, is: yes",
        "referrals.intervention_matched, is: yes, matches: {sleep: [cbt]}",
        "3: context.matches.sleep: no such pathway",
    ),
    "an unknown intervention": (
        "service.peer_support, is: yes",
        "referrals.intervention_matched, is: yes, matches: {tokophobia: [yoga]}",
        "3: context.matches.tokophobia: found 'yoga'; allowed: emdr",
    ),
    "an indicator of no table": (
        "Something happens.}",
        "Something happens., indicator: kindness}",
        "4: mechanism.indicator: found",
    ),
    "a word of another outcome": ("larger_improvement", "higher", "5: outcome.expected: found 'higher'; change takes one of"),
    "a wait without weeks": (
        "change.pcl5, expected: larger_improvement",
        "wait.treatment, expected: shorter",
        "5: outcome.within_weeks: is needed",
    ),
    "weeks without a wait": (
        "larger_improvement}",
        "larger_improvement, within_weeks: 6}",
        "5: outcome.within_weeks: is needed with a wait",
    ),
    "too many weeks": ("larger_improvement}", "larger_improvement, within_weeks: 600}", "5: outcome.within_weeks: found 600"),
    "a scale of another outcome": (
        "scale: points",
        "scale: days",
        "7: smallest_difference.scale: found 'days'; change is measured in",
    ),
    "points for a share": (
        "change.pcl5, expected: larger_improvement",
        "retention, expected: higher",
        "smallest_difference.scale: found 'points'",
    ),
    "a population of no column": ("minimum:", "population: {height: [tall]}\nminimum:", "6: population.height: unknown key"),
    "a population of no code": (
        "minimum:",
        "population: {pathway: [sleep]}\nminimum:",
        "6: population.pathway: found 'sleep'; allowed:",
    ),
    "an empty population": ("minimum:", "population: {pathway: []}\nminimum:", "6: population.pathway:"),
    "mediation without an indicator": (
        "minimum:",
        "test: mediation\nminimum:",
        "4: mechanism.indicator: is needed with test: mediation",
    ),
    "configuration without its block": (
        "minimum:",
        "test: configuration\nminimum:",
        "configuration: is needed with test: configuration",
    ),
    "an empty title": ("title: A title", 'title: ""', "2: title: found ''"),
    "another test": ("smallest_difference:", "test: guess\nsmallest_difference:", "7: test: found 'guess'"),
}


@pytest.mark.parametrize(("before", "after", "expected"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named_by_file_line_and_key(tmp_path: Path, before: str, after: str, expected: str) -> None:
    with pytest.raises(FactError) as caught:
        read(tmp_path, changed(before, after))
    message = str(caught.value)
    assert message.startswith(str(tmp_path / "ABC-01.yaml"))
    assert expected in message
    assert "\n" not in message


def test_a_population_takes_age_bands_as_they_are_written(tmp_path: Path) -> None:
    population = read(
        tmp_path, changed("minimum:", "population: {age_band: [20_24, 40_plus], deprivation_fifth: ['1']}\nminimum:")
    ).population
    assert population is not None
    assert population.chosen == {"age_band": ("20_24", "40_plus"), "deprivation_fifth": ("1",)}


BLOCK = """\
test: configuration
configuration:
  conditions: [service.peer_support, {variable: service.wte_midwifery, anchors: [0, 1, 2]}]
  outcome: {variable: change.pcl5, anchors: [10, 15, 20]}
  expectations: {peer_support: 1, wte_midwifery: 1}
  term: [peer_support]
minimum:"""


def configured(before: str = "", after: str = "") -> str:
    assert not before or BLOCK.count(before) == 1
    return changed("minimum:", BLOCK.replace(before, after) if before else BLOCK)


def test_a_configuration_is_read_whole(tmp_path: Path) -> None:
    block = read(tmp_path, configured()).configuration
    assert block is not None
    assert block.conditions[0].is_ == "y"
    assert block.conditions[1].anchors == (0, 1, 2)
    assert (block.expected, block.predicted) == ((1, 1), (1, None))
    assert (block.n_cut, block.incl_cut, block.pri_cut, block.allow_half) == (2, 0.80, 0.65, False)


WRONG_BLOCKS = {
    "one condition": (
        "[service.peer_support, {variable: service.wte_midwifery, anchors: [0, 1, 2]}]",
        "[service.peer_support]",
        "8: configuration.conditions:",
    ),
    "an unknown condition": (
        "[service.peer_support,",
        "[service.kindness, service.peer_support,",
        "configuration.conditions[0].variable: expected service.",
    ),
    "a number without anchors": (", anchors: [0, 1, 2]}", "}", "configuration.conditions[1].anchors: are needed"),
    "anchors of no number": (
        "[service.peer_support,",
        "[service.peer_support, {variable: service.emdr, anchors: [0, 1, 2]},",
        "configuration.conditions[1].anchors: only a number",
    ),
    "anchors that turn back": ("[0, 1, 2]", "[0, 2, 1]", "configuration.conditions[1].anchors: must strictly rise"),
    "two anchors": ("[10, 15, 20]", "[10, 15]", "9: configuration.outcome.anchors"),
    "anchors of the outcome that turn back": ("[10, 15, 20]", "[15, 15, 20]", "9: configuration.outcome.anchors"),
    "anchors against the direction": ("[10, 15, 20]", "[20, 15, 10]", "9: configuration.outcome.anchors: must rise where more"),
    "another outcome": (
        "{variable: change.pcl5, anchors: [10",
        "{variable: change.core10, anchors: [10",
        "9: configuration.outcome.variable: must be change.pcl5",
    ),
    "an expectation of no condition": (
        "{peer_support: 1,",
        "{emdr: 1, peer_support: 1,",
        "10: configuration.expectations.emdr: is none of",
    ),
    "an expectation of no value": (
        "{peer_support: 1,",
        "{peer_support: 2,",
        "10: configuration.expectations.peer_support: found 2",
    ),
    "a term of nothing expected": ("term: [peer_support]", "term: [emdr]", "11: configuration.term: found 'emdr'"),
    "a term without the context": (
        "term: [peer_support]",
        "term: [wte_midwifery]",
        "8: configuration.conditions: must hold the context",
    ),
    "a condition twice": (
        "[service.peer_support,",
        "[service.peer_support, service.peer_support,",
        "8: configuration.conditions: names a condition twice",
    ),
    "a cut-off beyond 1": ("term: [peer_support]", "incl_cut: 80", "11: configuration.incl_cut: found 80"),
    "a block without its test": ("test: configuration\n", "", "configuration: is needed with test: configuration"),
}


@pytest.mark.parametrize(("before", "after", "expected"), WRONG_BLOCKS.values(), ids=WRONG_BLOCKS)
def test_a_mistake_in_a_configuration_is_named_by_its_line(tmp_path: Path, before: str, after: str, expected: str) -> None:
    with pytest.raises(FactError) as caught:
        read(tmp_path, configured(before, after))
    assert expected in str(caught.value)
    assert str(caught.value).startswith(f"{tmp_path / 'ABC-01.yaml'}:")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("minimum:", "population: {pathway: [birth_trauma]}\nminimum:"),
        ("service.peer_support, is: yes", "referrals.intervention_matched, is: yes, matches: {tokophobia: [cbt]}"),
        ("minimum:", BLOCK),
        ("Something happens.}", "Something happens., indicator: experience.understood}\ntest: mediation"),
    ],
)
def test_what_else_decides_changes_the_hash(tmp_path: Path, before: str, after: str) -> None:
    assert read(tmp_path / "new", changed(before, after)).hash != read(tmp_path / "old").hash


@pytest.mark.parametrize(
    ("before", "after", "is_same"),
    [
        ("[10, 15, 20]", "[10.0, 15.0, 20.0]", True),
        ("  term: [peer_support]\n", "  term: [peer_support]\n  n_cut: 2\n", True),
        ("[10, 15, 20]", "[10, 15, 21]", False),
        ("  term: [peer_support]\n", "  term: [peer_support]\n  n_cut: 1\n", False),
    ],
)
def test_the_hash_of_a_configuration_is_of_its_values(tmp_path: Path, before: str, after: str, is_same: bool) -> None:
    assert (read(tmp_path / "new", configured(before, after)).hash == read(tmp_path / "old", configured()).hash) is is_same


def test_the_lock_keeps_the_whole_theory_and_tells_what_changed(tmp_path: Path) -> None:
    one = read(tmp_path / "one")
    lock, n_new = register_all({one.id: one}, {}, outcomes_processed=False)
    assert n_new == 1
    assert json.loads(json.dumps(lock)) == lock
    assert lock[one.id]["definition"]["mechanism"] == {"says": "Something happens."}
    assert is_prespecified(one, lock[one.id])
    assert changes(one, lock[one.id]) == []
    assert register_all({one.id: one}, lock, outcomes_processed=True) == (lock, 0), "what was witnessed stays witnessed"

    two = read(tmp_path / "two", changed("value: 5", "value: 6").replace("A title", "Another"))
    assert changes(two, lock[one.id]) == [
        ("title", "A title", "Another", False),
        ("smallest_difference.value", "5", "6", True),
    ]
    assert not is_prespecified(two, lock[one.id])
    assert registration(two, lock[one.id]) == "changed since it was registered on 2026-11-22: exploratory"

    later, n_new = register_all({two.id: two}, lock, outcomes_processed=True)
    assert n_new == 1
    assert [change.field for change in changes(two, later[two.id])] == ["title", "smallest_difference.value"]
    assert registration(two, later[two.id]) == "declared, not witnessed: exploratory"


def test_a_lock_without_definitions_is_still_read(tmp_path: Path) -> None:
    one = read(tmp_path)
    old = {one.id: {"hash": one.hash, "date": "2026-01-05", "outcomes_processed": False}}
    assert registration(one, old[one.id]) == "prespecified on 2026-01-05"
    assert changes(one, old[one.id]) == []
    lock, n_new = register_all({one.id: one}, old, outcomes_processed=True)
    assert n_new == 0
    assert lock[one.id]["outcomes_processed"] is False
    assert lock[one.id]["definition"]["id"] == one.id
    other = {one.id: {**old[one.id], "hash": "another"}}
    assert [change.field for change in changes(one, other[one.id])] == ["definition"]


def test_the_name_of_the_file_is_the_id(tmp_path: Path) -> None:
    with pytest.raises(FactError, match="id: found 'ABC-02'; expected 'ABC-01'"):
        read(tmp_path, changed("id: ABC-01", "id: ABC-02"))


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FactError, match="no such folder"):
        theories.load((tmp_path / "absent",))


def test_an_empty_folder_adds_none(tmp_path: Path) -> None:
    assert theories.load((tmp_path,)) == SHIPPED


GUIDE = Path(__file__).parents[2] / "docs" / "how-to-add-a-theory.md"


def blocks() -> list[str]:
    """The YAML of the guide, in its order: the folder, the theory, the configuration."""
    parts = GUIDE.read_text(encoding="utf-8").split("```yaml\n")[1:]
    return [part.partition("```")[0] for part in parts]


def test_the_guide_is_true_when_it_is_followed(tmp_path: Path) -> None:
    folder, text, block = blocks()
    (tmp_path / "config.yaml").write_text(folder, encoding="utf-8")
    chosen = config.load(tmp_path / "config.yaml").paths.theories
    assert chosen == (tmp_path / "theories",)
    chosen[0].mkdir()
    (chosen[0] / "LOCAL-01.yaml").write_text(text, encoding="utf-8")
    theories.load.cache_clear()
    local = theories.load(chosen)["LOCAL-01"]
    assert set(local.sources) <= set(bibliography.sources())
    assert set(theories.load(chosen)) == {*SHIPPED, "LOCAL-01"}

    lock, n_new = register_all({local.id: local}, {}, outcomes_processed=False)
    assert n_new == 1
    (chosen[0] / "LOCAL-01.yaml").write_text(text.replace("value: 0.1", "value: 0.2"), encoding="utf-8")
    theories.load.cache_clear()
    assert [tuple(change) for change in changes(theories.load(chosen)["LOCAL-01"], lock["LOCAL-01"])] == [
        ("smallest_difference.value", "0.1", "0.2", True)
    ]

    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "ABC-01.yaml").write_text(changed("minimum:", block + "minimum:"), encoding="utf-8")
    configuration = theories.load((tmp_path / "other",))["ABC-01"].configuration
    assert configuration is not None
    assert configuration.predicted == (1, 1, None)

    (chosen[0] / "LOCAL-01.yaml").write_text(text.replace("expected: higher", "expected: better"), encoding="utf-8")
    theories.load.cache_clear()
    with pytest.raises(FactError, match=r"LOCAL-01\.yaml:7: outcome\.expected: found 'better'"):
        theories.load(chosen)


@pytest.mark.parametrize(
    "word",
    sorted(
        {
            *WOMEN,
            MATCHED,
            LIMIT,
            *(w for words in EXPECTED.values() for w in words),
            *(s for many in SCALES.values() for s in many),
        }
    ),
)
def test_the_guide_names_every_word_that_a_theory_may_use(word: str) -> None:
    assert f"`{word}`" in GUIDE.read_text(encoding="utf-8")


def keep(folder: Path) -> str:
    """Register the study of a config in `folder`, and return what was printed."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert register(argparse.Namespace(config=folder / "config.yaml")) == 0
    return out.getvalue()


def test_register_keeps_what_was_registered_and_prints_what_is_not_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(
        "synthetic: true\npaths: {returns: returns, processed: processed, reports: reports, releases: releases, theories: [mine]}\n"
        "measures: [pcl5]\ntheories: [ABC-01]\n",
        encoding="utf-8",
    )
    (tmp_path / "returns" / "S01").mkdir(parents=True)
    (tmp_path / "returns" / "S01" / "outcomes.csv").write_text(
        "referral_id,measure,total,occasion\nR1,pcl5,40,pre\n", encoding="utf-8"
    )
    read(tmp_path / "mine")
    assert "1 registered, 0 kept" in keep(tmp_path)
    first = json.loads((tmp_path / "theories.lock").read_text(encoding="utf-8"))
    assert first["ABC-01"]["definition"]["title"] == "A title"
    assert "0 registered, 1 kept" in keep(tmp_path)
    assert json.loads((tmp_path / "theories.lock").read_text(encoding="utf-8")) == first
    read(tmp_path / "mine", changed("value: 5", "value: 6"))
    told = keep(tmp_path)
    assert "1 registered, 0 kept" in told
    assert "ABC-01: smallest_difference.value was 5, is 6" in told
    kept = json.loads((tmp_path / "theories.lock").read_text(encoding="utf-8"))["ABC-01"]
    assert kept["earlier"] == [first["ABC-01"]]


def test_a_damaged_lock_is_named_and_left_alone(tmp_path: Path) -> None:
    test_register_keeps_what_was_registered_and_prints_what_is_not_as_it_was(tmp_path)
    (tmp_path / "theories.lock").write_text('{"ABC-01": 5}', encoding="utf-8")
    with pytest.raises(FactError, match=r"theories\.lock: cannot be read"):
        keep(tmp_path)
    assert (tmp_path / "theories.lock").read_text(encoding="utf-8") == '{"ABC-01": 5}'
