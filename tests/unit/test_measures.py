"""The registry of measures: what is shipped is sourced, and what a person writes wrongly is named where it stands."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import bibliography, config, measures, theories
from pipeline.strict_yaml import FactError

SHIPPED = measures.load()

# Read off the design's table of instruments: first cut-off, deciding reliable change, whether items may be kept.
DECIDING = {
    "city_bits": (None, None, True),
    "core10": (11, 6, True),
    "core_om": (9.9, None, True),
    "dialog": (4, None, False),
    "epds": (13, None, False),
    "gad7": (8, 4, True),
    "gbo": (None, 3, False),
    "ies_r": (33, None, False),
    "itq": (None, None, True),
    "pbq": (None, None, True),
    "pcl5": (31, 15, True),
    "pgs": (None, None, False),
    "phq9": (10, 6, True),
    "reqol10": (24, 5, False),
    "wdeq_a": (85, None, False),
    "wsas": (None, None, False),
}

MINIMAL = """\
id: exam
name: An examination
better: lower
range: {low: 0, high: 10, step: 1}
"""
FULL = (
    MINIMAL
    + """\
clinical_cut_offs:
  - value: 6
    source: blevins2015
    evidence: V
reliable_changes:
  - points: 3
    source: blevins2015
    evidence: V
    kind: reliable_change_index
primary_reliable_change: 3
items: {count: 5, low: 0, high: 2, reversed: [2]}
subscales: {first: [1, 2]}
"""
)


def message_of(folder: Path, text: str, name: str = "exam.yaml") -> str:
    (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(FactError) as caught:
        measures.load((folder,))
    return str(caught.value)


def figures(measure: measures.Measure) -> list[measures.Sourced]:
    single = [each for each in (measure.smallest_important_change,) if each is not None]
    return [*measure.clinical_cut_offs, *measure.reliabilities, *measure.norms, *measure.reliable_changes, *single]


def test_the_sixteen_measures_are_shipped_with_the_numbers_that_decide() -> None:
    found = {
        name: (
            measure.clinical_cut_offs[0].value if measure.clinical_cut_offs else None,
            measure.primary_reliable_change,
            measure.licence.store_items if measure.licence else None,
        )
        for name, measure in SHIPPED.items()
    }
    assert found == DECIDING


def test_the_thresholds_of_pcl5_are_a_set() -> None:
    assert [change.points for change in SHIPPED["pcl5"].reliable_changes] == [5, 9, 10, 12, 15, 18]
    assert [cut_off.value for cut_off in SHIPPED["pcl5"].clinical_cut_offs] == [31, 33]


def test_every_source_cited_is_in_the_bibliography_and_every_entry_is_cited() -> None:
    cited = set().union(*(measure.sources() for measure in SHIPPED.values()))
    cited |= {source for theory in theories.load().values() for source in theory.sources}
    assert cited == set(bibliography.sources())


def test_secondary_sources_say_so() -> None:
    secondary = {name for name, source in bibliography.sources().items() if source.evidence == "V-2nd"}
    assert secondary
    assert {name for name, source in bibliography.sources().items() if "Secondary source" in source.citation} == secondary


@pytest.mark.parametrize("measure", SHIPPED.values(), ids=SHIPPED)
def test_a_range_has_a_source_or_is_marked_as_background(measure: measures.Measure) -> None:
    assert measure.range.source is not None or measure.range.evidence == "BK"


@pytest.mark.parametrize("measure", SHIPPED.values(), ids=SHIPPED)
def test_background_knowledge_never_decides(measure: measures.Measure) -> None:
    others = [figure for figure in figures(measure) if figure not in measure.clinical_cut_offs[1:]]
    assert [figure for figure in others if figure.evidence == "BK"] == []


@pytest.mark.parametrize("measure", SHIPPED.values(), ids=SHIPPED)
def test_a_figure_claims_no_more_than_its_source(measure: measures.Measure) -> None:
    known = bibliography.sources()
    marks = [(figure.source, figure.evidence) for figure in figures(measure)]
    if measure.licence is not None:
        marks.append((measure.licence.source, measure.licence.evidence))
    assert [(source, mark) for source, mark in marks if mark != known[source].evidence] == []
    if measure.range.source is not None:
        assert measure.range.evidence == known[measure.range.source].evidence


@pytest.mark.parametrize("measure", SHIPPED.values(), ids=SHIPPED)
def test_items_are_scored_only_where_they_may_be_kept(measure: measures.Measure) -> None:
    assert measure.licence is not None
    assert measure.items is None or measure.licence.store_items
    assert measure.licence.store_items or not measure.licence.print_items


@pytest.mark.parametrize("name", ["epds", "ies_r", "wsas", "wdeq_a", "reqol10"])
def test_the_items_of_a_protected_measure_are_neither_kept_nor_printed(name: str) -> None:
    licence = SHIPPED[name].licence
    assert licence is not None
    assert not licence.store_items
    assert not licence.print_items


@pytest.mark.parametrize(
    ("name", "score", "is_held"),
    [
        ("pcl5", 0, True),
        ("pcl5", 80, True),
        ("pcl5", 81, False),
        ("pcl5", -1, False),
        ("pcl5", 40.5, False),
        ("pcl5", float("nan"), False),
        ("pgs", 33, True),
        ("pgs", 32, False),
        ("core10", 110 / 9, True),  # eleven points over nine answers, pro-rated to ten
        ("core_om", 10 * 35 / 34, True),
        ("dialog", 4.375, True),
        ("dialog", 0.9, False),
        ("wdeq_a", 165, True),
    ],
)
def test_a_total_must_lie_in_the_range_and_on_its_step(name: str, score: float, is_held: bool) -> None:
    assert SHIPPED[name].holds(score) is is_held


def test_improvement_is_positive_whichever_way_the_scale_runs() -> None:
    assert {name for name, measure in SHIPPED.items() if measure.sign == -1} == {"dialog", "gbo", "reqol10"}


def test_core10_is_ten_times_the_mean_with_two_items_turned_and_one_missing_at_most() -> None:
    items = SHIPPED["core10"].items
    assert items is not None
    assert (items.scoring, items.reversed, items.max_missing, items.total) == ("mean_times_10", (2, 3), 1, (0, 40))


def test_the_norms_of_core10_lead_to_its_published_thresholds() -> None:
    reliable = pytest.importorskip("pipeline.stats.reliable")
    core10 = SHIPPED["core10"]
    general, clinical = core10.norms
    error = reliable.standard_error_of_measurement(clinical.sd, core10.reliabilities[0].value)
    assert 1.645 * math.sqrt(2) * error == pytest.approx(5.66, abs=0.005)
    assert core10.reliable_changes[0].level == 0.90
    assert core10.primary_reliable_change == round(5.66)
    cut_off = reliable.cut_off_c(clinical.mean, clinical.sd, general.mean, general.sd)
    assert cut_off == pytest.approx(10.46, abs=0.005)
    assert cut_off == pytest.approx(core10.clinical_cut_offs[0].value, abs=1)  # published from another clinical sample


def test_the_published_norms_say_whether_the_population_was_chosen_for_being_unwell() -> None:
    norms = {(name, norm.population): norm.selected for name, measure in SHIPPED.items() for norm in measure.norms}
    assert [key for key, is_selected in norms.items() if not is_selected] == [("core10", "UK general population")]
    assert len(norms) == 5


def test_a_minimal_file_is_enough(tmp_path: Path) -> None:
    (tmp_path / "exam.yaml").write_text(MINIMAL, encoding="utf-8")
    exam = measures.load((tmp_path,))["exam"]
    assert exam.label == "An examination"
    assert exam.sources() == set()


def test_a_full_file_is_read_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / "exam.yaml").write_text(FULL, encoding="utf-8")
    exam = measures.load((tmp_path,))["exam"]
    assert exam.subscales == {"first": (1, 2)}
    assert exam.primary_reliable_change == 3


MISTAKES = {
    "unknown key": ("better: lower", "better: lower\nbeter: lower", "4: beter: unknown key"),
    "the key of a field with another name": ("better: lower", "better: lower\nconstuct: x", "construct"),
    "unknown key in a list": ("    kind: rel", "    sure: high\n    kind: rel", "13: reliable_changes[0].sure: un"),
    "missing key": ("better: lower\n", "", "better: is missing"),
    "duplicate key": ("primary_reliable_change: 3", "primary_reliable_change: 3\nname: B", "15: name: stands twice"),
    "duplicate key inside": ("{low: 0, high: 10", "{low: 0, low: 1, high: 10", "4: range.low: stands twice"),
    "a word for a number": ("low: 0, high: 10", "low: zero, high: 10", "4: range.low: found 'zero'; input should"),
    "a quoted number": ("value: 6", 'value: "6"', "6: clinical_cut_offs[0].value: found '6'"),
    "yes for a number": ("value: 6", "value: yes", "6: clinical_cut_offs[0].value: found True"),
    "no number": ("value: 6", "value: .nan", "6: clinical_cut_offs[0].value: found nan"),
    "a number without end": ("high: 10,", "high: .inf,", "4: range.high: found inf"),
    "a word that is not a code": ("better: lower", "better: down", "3: better: found 'down'"),
    "unknown evidence": ("evidence: V\nreliable", "evidence: sure\nreliable", "8: clinical_cut_offs[0].evidence"),
    "no source": ("source: blevins2015\n    evidence: V\nrel", "evidence: V\nrel", "cut_offs[0].source: is missing"),
    "blank source": ("6\n    source: blevins2015", '6\n    source: ""', "7: clinical_cut_offs[0].source: found ''"),
    "cut-off outside the range": ("value: 6", "value: 11", "6: clinical_cut_offs[0].value: the cut-off 11 lies"),
    "change wider than the range": ("points: 3", "points: 30", "10: reliable_changes[0].points: the reliable"),
    "primary not published": ("change: 3", "change: 4", "14: primary_reliable_change: must be one of the points"),
    "primary not named": ("primary_reliable_change: 3\n", "", "primary_reliable_change: is needed"),
    "background decides caseness": ("V\nreliable", "BK\nreliable", "8: clinical_cut_offs[0].evidence: the first"),
    "background decides the class": ("V\n    kind", "BK\n    kind", "14: primary_reliable_change: rests on"),
    "range upside down": ("{low: 0, high: 10", "{low: 10, high: 0", "4: range.low: low must be below high"),
    "a step of nothing": ("step: 1", "step: 0", "4: range.step: step must be above 0"),
    "items that contradict the range": ("count: 5", "count: 6", "15: items: the items total 0 to 12"),
    "an item that does not exist": ("reversed: [2]", "reversed: [7]", "15: items.reversed: item 7 does not exist"),
    "a subscale of no item": ("first: [1, 2]", "first: [1, 9]", "16: subscales.first: item 9 does not exist"),
    "a gap left in a template": ("name: An examination", "name: {{ name }}", "2: name: a key must be plain text"),
    "a thing within itself": ("name: An examination", "name: &a [*a]", "is not valid YAML"),
    "a tab": ("better: lower", "\tbetter: lower", "3: is not valid YAML"),
    "an id with a space": ("id: exam", "id: my exam", "1: id: found 'my exam'"),
}


@pytest.mark.parametrize(("before", "after", "expected"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named_by_file_line_and_key(tmp_path: Path, before: str, after: str, expected: str) -> None:
    assert FULL.count(before) == 1
    message = message_of(tmp_path, FULL.replace(before, after))
    assert message.startswith(str(tmp_path / "exam.yaml"))
    assert expected in message
    assert "\n" not in message


def test_an_unknown_key_is_told_with_the_keys_that_are_allowed(tmp_path: Path) -> None:
    message = message_of(tmp_path, MINIMAL.replace("step: 1", "steps: 1"))
    assert message.endswith("range.steps: unknown key. Allowed here: evidence, high, low, source, step, unit.")


def test_two_mistakes_are_told_at_once(tmp_path: Path) -> None:
    told = message_of(tmp_path, FULL.replace("value: 6", "value: six").replace("better: lower", "better: down"))
    assert [line.split(":")[1] for line in told.splitlines()] == ["3", "6"]


def test_background_may_stand_second(tmp_path: Path) -> None:
    second = "  - {value: 8, source: blevins2015, evidence: BK}\nreliable_changes:"
    (tmp_path / "exam.yaml").write_text(FULL.replace("reliable_changes:", second), encoding="utf-8")
    cut_offs = measures.load((tmp_path,))["exam"].clinical_cut_offs
    assert [(cut_off.value, cut_off.evidence) for cut_off in cut_offs] == [(6, "V"), (8, "BK")]


def test_the_name_of_the_file_is_the_id(tmp_path: Path) -> None:
    assert "id: found 'exam'; expected 'other'" in message_of(tmp_path, MINIMAL, name="other.yaml")


def test_a_folder_without_measures_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FactError, match="holds no measure file"):
        measures.load((tmp_path,))


def test_a_file_that_is_not_utf8_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "exam.yaml").write_bytes("name: Prüfung".encode("latin-1"))
    with pytest.raises(FactError, match="is not text in UTF-8"):
        measures.load((tmp_path,))


def test_a_later_folder_replaces_a_measure_and_brings_its_own_sources(tmp_path: Path) -> None:
    (tmp_path / "pcl5.yaml").write_text(MINIMAL.replace("id: exam", "id: pcl5"), encoding="utf-8")
    entry = "sources:\n  author2020: {citation: 'Author A. A scale. 2020.', evidence: V}\n"
    (tmp_path / "sources.yaml").write_text(entry, encoding="utf-8")
    assert measures.load((tmp_path,))["pcl5"].range.high == 10
    assert measures.load()["pcl5"].range.high == 80
    assert set(bibliography.sources((tmp_path,))) - set(bibliography.sources()) == {"author2020"}


def test_the_guide_is_true_when_it_is_followed(tmp_path: Path) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "how-to-add-a-measure.md").read_text(encoding="utf-8")
    chosen, text, listed = [part.partition("```")[0] for part in guide.split("```yaml\n")[1:]]
    (tmp_path / "config.yaml").write_text(chosen, encoding="utf-8")
    (tmp_path / "measures").mkdir()
    for name, content in {"strain": text, "sources": listed}.items():
        (tmp_path / "measures" / f"{name}.yaml").write_text(content, encoding="utf-8")
    settings = config.load(tmp_path / "config.yaml")
    strain = measures.load(settings.paths.measures)["strain"]
    assert settings.measures == ("strain",)
    assert strain.sources() == {"strain_manual", "strain_review"}
    keys = {name.alias or key for key, name in measures.Measure.model_fields.items()}
    assert keys - {"subscales"} <= {line.split(":")[0] for line in text.splitlines()}, "the guide shows every key but one"


def test_the_facts_load_without_a_warning() -> None:
    code = "from pipeline import bibliography, measures, theories; measures.load(); bibliography.sources(); theories.load()"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
