"""Answers to questionnaires at the intake: what the form cannot say is told by its cell and left out, and its row stays."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.config import IntakeSettings
from pipeline.instruments import load as load_instruments
from pipeline.measures import load as load_measures
from pipeline.returns.decisions_hashes import with_hashes
from pipeline.returns.inventory import Return
from pipeline.stages.ingest import ingest
from pipeline.stages.validate import validate

Rows = list[tuple[Any, ...]]
Take = Callable[..., dict[str, pd.DataFrame]]
HEADINGS = {
    "staff": ("staff_code", "instrument", "question", "response"),
    "experience": ("instrument", "question", "response"),
    "training": ("attendee_code", "instrument", "question", "response"),
}


@pytest.fixture
def take(tmp_path: Path) -> Take:
    """Ingest and validate rows of one table of the sites S01, S02, ...; `decide` makes decisions of the records."""

    def make(table: str, *sites: Rows, decide: Any = None) -> dict[str, pd.DataFrame]:
        records = {}
        for number, rows in enumerate(sites, start=1):
            folder = tmp_path / f"S{number:02}"
            folder.mkdir()
            with (folder / f"{table}.csv").open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows([HEADINGS[table], *rows])
            records[folder.name] = ingest(Return(folder.name, folder), IntakeSettings())
        decisions = decide(records) if decide else None
        return validate(records, load_measures(), decisions, instruments=load_instruments())

    return make


def told(made: dict[str, pd.DataFrame]) -> list[tuple[str, str, str]]:
    """Rule, cell and what was found, of each fault that leaves a value out."""
    faults = made["rejected"].query("severity == 'value'")
    return sorted(zip(faults["rule_id"], faults["cell"], faults["found"], strict=True))


def answers(made: dict[str, pd.DataFrame], table: str) -> list[int | None]:
    return [None if pd.isna(answer) else int(answer) for answer in made[f"accepted_{table}"]["response"]]


def test_an_item_of_nomad_outside_its_scale_is_left_out_and_its_row_stays(take: Take) -> None:
    rows: Rows = [("N1", "nomad", 1, 9), ("N1", "NoMAD", "Q2", 0), ("N1", "nomad", 3, 5), ("N1", "nomad", 4, 6)]
    made = take("staff", rows)
    assert told(made) == [("not-an-answer", "D2", "9"), ("not-an-answer", "D3", "0")]
    assert answers(made, "staff") == [None, None, 5, 6]
    fault = made["rejected"].query("cell == 'D2'").iloc[0]
    assert (fault["sheet"], fault["row"], fault["column"]) == ("staff", 2, "response")
    assert fault["expected"] == "the number of a box: 1 to 8 for NoMAD"
    assert fault["mend"] and fault["cost"]
    quality = made["quality"].set_index("table").loc["staff"]
    assert (quality["rows_accepted"], quality["rows_rejected"], quality["n_values_blanked"]) == (4, 0, 2)


def test_questions_off_the_scale_may_hold_any_number(take: Take) -> None:
    assert told(take("staff", [("N1", "nomad", "g1", 10), ("N1", "nomad", "g3", 0)])) == []


def test_a_number_that_is_wrong_again_and_again_is_told_once_at_each_site(take: Take) -> None:
    """Somebody counted the boxes from 0; the other site mistyped twice."""
    from_nought = [(f"N{n}", "psat", n, 0 if n <= 5 else 4) for n in range(1, 11)]
    made = take("staff", from_nought, [("N1", "psat", 1, 0), ("N1", "psat", 2, 0)])
    assert told(made) == [
        *(("not-an-answer", "D2", "0"), ("not-an-answer", "D2", "0 in 5 answers"), ("not-an-answer", "D3", "0")),
    ]
    assert answers(made, "staff") == [*[None] * 5, *[4] * 5, None, None]


def test_a_question_that_the_form_does_not_have_is_told_once_and_its_answers_are_left_out(take: Take) -> None:
    rows = [("A1", "proqol", 31, 4), ("A1", "proqol", "ref 123456789", 4), ("A2", "proqol", 31, 3), ("A2", "proqol", 30, 3)]
    made = take("training", rows)
    assert told(made) == [("unknown-question", "C2", "3 answer(s) to 31, aaa 999999999")]
    assert answers(made, "training") == [None, None, None, 3]
    assert made["accepted_training"]["question"].tolist() == ["31", "ref 123456789", "31", "30"]
    expected = made["rejected"].query("rule_id == 'unknown-question'")["expected"].iloc[0]
    assert expected == "a question of ProQOL 5: 1 to 30"


def test_the_friends_and_family_test_has_six_boxes(take: Take) -> None:
    made = take("experience", [("fft", 1, 6), ("FFT", "Q1", 7), ("fft", 1, "")])
    assert told(made) == [("not-an-answer", "C3", "7")]
    assert answers(made, "experience") == [6, None, None]


@pytest.mark.parametrize("row", [("our_form", "anything", 42), ("poem", "99", 42)])
def test_what_no_file_says_is_not_asked(take: Take, row: tuple[str, str, int]) -> None:
    made = take("experience", [row])
    assert told(made) == []
    assert answers(made, "experience") == [42]


def test_a_sentinel_has_one_fault_and_not_two(take: Take) -> None:
    assert told(take("staff", [("N1", "nomad", 1, 99)])) == [("stands-for-missing", "D2", "99")]


def test_the_analyst_may_take_an_answer_as_it_stands(take: Take) -> None:
    def accept(records: dict[str, Any]) -> pd.DataFrame:
        found = validate(records, load_measures(), instruments=load_instruments())["rejected"]
        fault = with_hashes(found, records).query("rule_id == 'not-an-answer'").iloc[0]
        line = {"id": "D1", "site": "S01", "return_hash": fault["return_hash"], "rule_id": fault["rule_id"]}
        line |= {"sheet": fault["sheet"], "cell": fault["cell"], "old_value_hash": fault["value_hash"]}
        return pd.DataFrame([{**line, "decision": "accept", "new_value": "", "reason_code": "site_confirmed"}])

    made = take("staff", [("N1", "nomad", 1, 9)], decide=accept)
    assert told(made) == []
    assert answers(made, "staff") == [9]
