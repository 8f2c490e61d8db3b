"""Files of questionnaires: what stands in them, and what is refused with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.instruments import load
from pipeline.strict_yaml import FactError

FORM = """\
id: form
name: A form
topics: [experience]
source: made for this test
evidence: own
answers: {low: 1, high: 5, source: made for this test, evidence: own}
"""


def read(folder: Path, text: str, name: str = "form") -> object:
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    load.cache_clear()
    return load((folder,))[name]


def test_every_shipped_file_says_where_it_is_from_and_prints_no_wording() -> None:
    for name, instrument in load().items():
        assert instrument.source and instrument.evidence, name
        assert instrument.authored_by and instrument.next_review, name
        assert not instrument.labels or name == "fft", "the words of the NHS's own question alone are kept"


def test_nomad_has_four_constructs_of_4_4_7_and_5_questions_and_one_turned_round() -> None:
    nomad = load()["nomad"]
    assert {name: len(c.questions) for name, c in nomad.constructs.items()} == {
        **{"coherence": 4, "cognitive_participation": 4, "collective_action": 7, "reflexive_monitoring": 5}
    }
    assert sorted(int(q) for c in nomad.constructs.values() for q in c.questions) == list(range(1, 21))
    assert nomad.reversed is not None and nomad.reversed.questions == ("10",)
    assert nomad.non_answers is not None and not nomad.non_answers.are_counted


def test_proqol_has_three_sums_of_ten_and_no_cut_off() -> None:
    proqol = load()["proqol"]
    assert [len(c.questions) for c in proqol.constructs.values()] == [10, 10, 10]
    assert {c.score for c in proqol.constructs.values()} == {"sum"}
    assert sorted(int(q) for c in proqol.constructs.values() for q in c.questions) == list(range(1, 31))
    assert [c.better for c in proqol.constructs.values()] == ["higher", "lower", "lower"]


def test_of_the_friends_and_family_test_two_boxes_are_positive_and_all_six_count() -> None:
    fft = load()["fft"]
    assert fft.positive is not None and fft.positive.codes == (1, 2)
    assert fft.codes == (1, 2, 3, 4, 5, 6)
    assert fft.non_answers is not None and fft.non_answers.are_counted


def test_the_perinatal_poem_is_not_scored_for_want_of_a_source() -> None:
    assert not load()["poem"].constructs
    assert load()["poem"].positive is None


def test_a_form_of_ones_own_may_replace_or_join_the_shipped_ones(tmp_path: Path) -> None:
    assert read(tmp_path, FORM).label == "A form"  # type: ignore[attr-defined]  # an instrument
    assert read(tmp_path, FORM.replace("id: form", "id: nomad"), "nomad").constructs == {}  # type: ignore[attr-defined]  # as above


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("positive: {codes: [6], source: here, evidence: own}", ":7: positive.codes: lies beyond the answers 1 to 5"),
        ("positive: {codes: [4, 5], source: here, evidence: BK}", ":7: positive.evidence: rests on background knowledge alone"),
        ("positive: {codes: [1, 2, 3, 4, 5], source: here, evidence: own}", "holds every answer"),
        ("non_answers: {codes: [5], means: none, source: here, evidence: own}", "5 is an answer on the scale already"),
        ("labels: {9: Nine}", "9 is no answer of the instrument"),
        ("constructs: {a: {name: A, questions: ['1']}, b: {name: B, questions: ['1']}}", "question 1 stands in a already"),
        ("reversed: {questions: ['1'], source: here, evidence: own}", "question 1 stands in no construct"),
        ("constructs: {A b: {name: A, questions: ['1']}}", "lower-case letters"),
        ("scoring: sum", ":7: scoring: "),
    ],
)
def test_a_contradiction_is_refused_at_its_line(tmp_path: Path, more: str, said: str) -> None:
    with pytest.raises(FactError) as refused:
        read(tmp_path, FORM + more + "\n")
    assert said in str(refused.value)


def test_a_scale_is_needed_for_what_is_read_from_it(tmp_path: Path) -> None:
    bare = FORM.replace("answers: {low: 1, high: 5, source: made for this test, evidence: own}\n", "")
    with pytest.raises(FactError, match="needs answers"):
        read(tmp_path, bare + "constructs: {a: {name: A, questions: ['1']}}\n")


def test_a_name_that_is_not_the_id_and_an_empty_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FactError, match="the name of the file"):
        read(tmp_path, FORM, "other")
    (tmp_path / "empty").mkdir()
    with pytest.raises(FactError, match="holds no instrument file"):
        load((tmp_path / "empty",))


def test_the_config_names_a_folder_and_a_change_in_it_is_another_run(tmp_path: Path) -> None:
    from pipeline.study import open_study

    site = tmp_path / "returns" / "S01"
    site.mkdir(parents=True)
    (site / "outcomes.csv").write_text("referral_id,measure,date,total\n", encoding="utf-8")
    (tmp_path / "forms").mkdir()
    config = tmp_path / "config.yaml"
    config.write_text(
        "paths: {returns: returns, processed: p, reports: r, releases: l, instruments: [forms]}\n", encoding="utf-8"
    )
    runs = []
    for high in (5, 7):
        (tmp_path / "forms" / "form.yaml").write_text(FORM.replace("high: 5", f"high: {high}"), encoding="utf-8")
        load.cache_clear()
        study = open_study(config)
        assert study.instruments["form"].scale[-1] == high
        assert tmp_path / "forms" in study.inputs()
        runs.append(study.run_id)
    assert runs[0] != runs[1]
