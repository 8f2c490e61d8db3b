"""What the chapter on voices says, in words where nothing may be told, and what it never says."""

from __future__ import annotations

import json
import re
from typing import Any

import pandas as pd
import pytest

from pipeline.report import figures
from pipeline.report.blocks import Paragraph, Table, each
from pipeline.report.material import Material
from pipeline.report.sections.voices import voices, voices_beside
from pipeline.report.sections.voices_answers import _which
from pipeline.stages.release_findings_voices import findings_on_voices
from pipeline.tables import empty, schemas, shape
from tests.unit.report import conftest as made

SHOWN = {"status": "shown", "k_sites": 12}
LIMITS = {"share_low_pct": 40, "share_high_pct": 60}
NAMES = ("open_voices", "open_instruments", "open_answers", "open_survey", "open_staff_change", "open_constructs")


def answer(question: str, low: int, high: int, n: int, **more: Any) -> dict[str, Any]:
    return {
        **{"topic": "experience", "instrument": "fft", "question": question, "part": "answers"},
        **{"answer_low": low, "answer_high": high, "n": n, "n_answered": 200, "share_pct": n / 2, **LIMITS, **SHOWN},
        **more,
    }


def rows() -> dict[str, list[dict[str, Any]]]:
    people = [{"topic": topic, "site_id": "ALL", "n": 200, **SHOWN} for topic in ("experience", "staff", "training", "survey")]
    people += [
        {"topic": "experience", "site_id": "S01", "n": 25, "status": "shown"},
        {"topic": "staff", "site_id": "S01", "status": "too_few"},
    ]
    known = {"has_file": "y", "evidence": "V", "source": "a source"}
    instruments = [
        {"topic": "experience", "instrument": "fft", "name": "Friends and Family Test", "positive": "Very good, Good", **known},
        {"topic": "experience", "instrument": "own_audit", "name": "own_audit", "has_file": "n"},
        {"topic": "staff", "instrument": "nomad", "name": "NoMAD", "scored": "means: Coherence", **known},
        {"topic": "training", "instrument": "own_form", "name": "Own form", "scored": "means: Knowledge", **known},
    ]
    answers = [
        answer("1", 1, 1, 100, label="Very good", is_positive="y"),
        answer("1", 2, 2, 60, label="Good", is_positive="y"),
        answer("1", 3, 6, 40, is_positive="n"),
        answer("1", 1, 1, 160, part="positive", is_positive="y", answer_low=None, answer_high=None, share_pct=80),
        answer("7", 1, 2, 90, instrument="own_audit"),
        answer("7", 3, 4, 110, instrument="own_audit"),
        {**answer("8", 1, 1, 0, instrument="own_audit"), "status": "too_few", "n": None, "n_answered": None, "share_pct": None},
        answer("10", 1, 3, 120, topic="staff", instrument="nomad", construct="Collective action", is_reversed="y"),
        answer("10", 4, 5, 80, topic="staff", instrument="nomad", construct="Collective action", is_reversed="y"),
    ]
    scale = {"order": 0, "is_better": "higher", "scale_low": 1, "scale_high": 5}
    change = {
        **{"topic": "training", "instrument": "own_form", "construct": "knowledge", "name": "Knowledge", **scale, **SHOWN},
        **{"n_before": 90, "n_after": 90, "mean_before": 2.6, "mean_after": 3.6, "change": 0.98, "low": 0.87, "high": 1.1},
    }
    changes = [
        {**change, "occasion": "after", "comparison": "paired", "rank_biserial": 0.9},
        {**change, "occasion": "after", "comparison": "unpaired", "n_before": 25, "n_after": 30, "change": 0.7},
        {**{k: change[k] for k in ("topic", "instrument", "construct", "name", *scale)}, "occasion": "follow_up"}
        | {"comparison": "paired", "status": "too_few", "note": "Too few people, or too few sites, stand behind it."},
    ]
    scores = [
        {**{"instrument": "nomad", "construct": "coherence", "name": "Coherence", "wave": wave, **scale, **SHOWN}, **more}
        for wave, more in (
            ("ALL", {"n": 110, "mean": 3.6, "low": 3.4, "high": 3.8}),
            ("EI", {"n": 65, "mean": 3.81, "low": 3.6, "high": 4.0}),
        )
    ]
    ticked = {"question": "priorities", "n_answered": 200, **SHOWN}
    survey = [
        {"group": "ALL", "option": 1, "n": 185, "share_pct": 93, **LIMITS, **ticked},
        {"group": "ALL", "option": 2, "n": 20, "share_pct": 10, **LIMITS, **ticked},
        {"group": "leaders", "option": 1, "n": 20, **{**ticked, "n_answered": 40}},
        {"group": "leaders", "option": 2, "question": "priorities", "status": "too_few"},
    ]
    return dict(zip(NAMES, (people, instruments, answers, survey, changes, scores), strict=True))


def material(drawn: dict[str, list[dict[str, Any]]]) -> Material:
    tables = {name: shape(name, pd.DataFrame(drawn[name])) if drawn.get(name) else empty(name) for name in NAMES}
    for name, table in tables.items():
        schemas()[name].validate(table)
    tables["findings"] = shape("findings", pd.DataFrame(list(findings_on_voices(tables))) if drawn else None)
    pictures = figures.draw(tables, {}, style=made.STYLE, synthetic=True)
    found = Material(tables, {}, json.loads(pictures["alt.json"]))
    found.pictures = pictures  # type: ignore[attr-defined]  # for the tests below
    return found


@pytest.fixture(scope="module")
def told() -> Material:
    return material(rows())


def text_of(found: Material) -> str:
    parts = []
    for block in each(voices(found)):
        if isinstance(block, Paragraph):
            parts.append(block.text)
        elif isinstance(block, Table):
            parts += [block.caption, block.note, *(" | ".join(getattr(c, "text", c) for c in row) for row in block.rows)]
        else:
            parts.append(getattr(block, "text", "") or getattr(block, "caption", ""))
    return "\n".join(parts)


def test_where_nothing_was_returned_a_plain_sentence_says_so() -> None:
    said = text_of(material({}))
    for sentence in (
        "No site returned forms on experience.",
        "No site returned a questionnaire of staff.",
        "No site returned a questionnaire around training.",
        "No site returned a survey.",
    ):
        assert said.count(sentence) == 2, "at the head of the chapter and under its own heading"
    assert "None" not in said and "nan" not in said


def test_sentences_take_their_numbers_from_findings(told: Material) -> None:
    said = text_of(told)
    assert "Forms on experience: about 200 people at 12 sites." in said
    assert "On the Friends and Family Test, 80% of those who answered gave a positive answer (95% interval 40% to 60%)." in said
    assert "the same people changed on knowledge by 0.98 (0.87 to 1.10)" in said
    assert "points with 95% intervals, above nought is better." in said
    assert "People asked only after stand 0.70 points beyond other people, asked only before, on knowledge" in said


def test_how_people_are_compared_is_said_once_and_what_is_not_given_in_one_sentence() -> None:
    drawn = rows()
    trained, apart, _ = drawn["open_staff_change"]
    drawn["open_staff_change"] += [{**row, "topic": "staff", "instrument": "nomad"} for row in (trained, apart)]
    hidden = {
        key: apart[key]
        for key in ("topic", "instrument", "comparison", "occasion", "order", "is_better", "scale_low", "scale_high")
    }
    few = {**hidden, "status": "too_few", "note": "Too few people, or too few sites, stand behind it."}
    drawn["open_staff_change"] += [{**few, "construct": name.lower(), "name": name} for name in ("Trust", "Hope")]
    said = text_of(material(drawn))
    assert said.count("People who gave the same code twice are compared with themselves") == 1
    assert said.count("stand beside others asked only before on trust and hope is not given") == 1


def test_people_who_are_the_same_and_who_are_not_stand_in_rows_of_their_own(told: Material) -> None:
    said = text_of(told)
    assert "Knowledge | after, same people | 90 | 0.98 (0.87 to 1.10) | 0.90" in said
    assert "Knowledge | after, different people | 25 before, 30 after | 0.70 (0.87 to 1.10) | " in said
    assert "Knowledge | months later, same people | too few" in said


def test_a_form_without_a_file_is_told_by_number_and_called_unscored(told: Material) -> None:
    said = text_of(told)
    assert "Own audit | Experience | unscored: no file of it" in said
    assert "Question 7 | 1 to 2 | 90 | 45% (40% to 60%)" in said
    assert "Own audit: too few people, or too few sites, answered Question 8." in said


def test_options_stand_in_the_order_of_their_numbers_with_counts_where_no_share_is_given(told: Material) -> None:
    said = text_of(told)
    assert "Priorities | 1 | 20 of 40 | 93% (40% to 60%)" in said
    assert " | 2 | too few | 10% (40% to 60%)" in said


def test_figures_tell_the_finding_in_words_and_hold_the_data_drawn(told: Material) -> None:
    assert {"answers-experience-fft", "answers-experience-own-audit", "answers-staff-nomad", "change-training-own-form"} == set(
        told.alt
    )
    assert told.alt["answers-experience-fft"].startswith("Friends and Family Test. Question 1: 80% positive.")
    assert "Knowledge, the same people: 0.98 (0.87 to 1.10) points" in told.alt["change-training-own-form"]
    svg = told.pictures["answers-staff-nomad.svg"].decode()  # type: ignore[attr-defined]  # set above
    assert "Question 10 (worded against it)" in svg and "Collective action" in svg
    assert "SYNTHETIC" in svg


def test_a_question_whose_answers_are_all_in_one_band_is_told_and_not_drawn() -> None:
    drawn = rows()
    drawn["open_answers"] = [row for row in drawn["open_answers"] if row["question"] != "10" or row["answer_low"] == 1]
    found = material(drawn)
    assert "answers-staff-nomad" not in found.alt
    said = " ".join(block.text for block in voices(found) if isinstance(block, Paragraph))
    assert "NoMAD: too few people for answers to be told apart on Question 10 (worded against it)." in said


def test_no_grade_no_rank_and_no_cause(told: Material) -> None:
    assert not re.search(r"\b(failed|worst|best|poor performance|ranked|proved|caused|thanks to)\b", text_of(told), re.IGNORECASE)
    assert "There is no comparison group" in text_of(told)


def test_a_site_reads_how_many_answered_and_what_all_sites_say(told: Material) -> None:
    here, over_all = voices_beside("S01", told)
    assert isinstance(here, Paragraph) and isinstance(over_all, Paragraph)
    assert here.text.startswith("People who answered: about 25 on experience and a number withheld as staff.")
    assert over_all.text.startswith("Positive answers (95% interval): 80% (40% to 60%) on the Friends and Family Test")
    assert voices_beside("S09", told) == []


def test_constructs_of_one_scale_are_drawn_with_the_highest_and_the_lowest_said() -> None:
    """A questionnaire with more questions than a picture has lines is told by its constructs alone."""
    drawn = rows()
    scale = {"instrument": "psat", "wave": "ALL", "is_better": "higher", "scale_low": 1, "scale_high": 7, "n": 90, **SHOWN}
    domains = {"funding_stability": (0, 3.55), "partnerships": (1, 4.66), "programme_adaptation": (2, 5.15)}
    drawn["open_constructs"] += [
        {**scale, "construct": name, "name": name.replace("_", " ").capitalize(), "order": order}
        | {"mean": mean, "low": mean - 0.1, "high": mean + 0.1}
        for name, (order, mean) in domains.items()
    ]
    psat = {"topic": "staff", "instrument": "psat", "name": "PSAT", "about": "sustainability, the capacity to last"}
    drawn["open_instruments"].append({**psat, "has_file": "y", "evidence": "V", "source": "a source", "scored": "means"})
    asked = {"topic": "staff", "instrument": "psat", "construct": "Partnerships", "is_reversed": "n"}
    drawn["open_answers"] += [
        answer(str(question), low, high, n, **asked) for question in range(1, 41) for low, high, n in ((1, 3, 80), (4, 7, 120))
    ]
    found = material(drawn)
    said = text_of(found)
    assert "PSAT (sustainability, the capacity to last): " in said
    assert "programme adaptation (the highest) was 5.15" in said
    assert "funding stability (the lowest) was 3.55" in said
    assert "PSAT: mean scores of staff by construct." in said
    assert found.alt["scores-psat"].startswith("PSAT, scores of staff from 1 to 7, highest on programme adaptation, lowest on")
    assert "answers to its 40 questions stand in the open table" in said
    assert "answers-staff-psat" not in found.alt
    assert "scores-nomad" not in found.alt, "one construct is no picture"


def test_a_few_questions_are_named_and_many_are_counted() -> None:
    named = [f"Question {number}" for number in range(1, 8)]
    assert _which(named[:2], 40) == "Question 1 and Question 2"
    assert _which(named, 40) == "7 of its 40 questions"
    assert _which(named, 7) == "any of its 7 questions"
