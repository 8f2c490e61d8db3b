"""What rows of a table say together, and what dates may be: forms that look alike, ids that start anew, days after receipt."""

from __future__ import annotations

import csv
import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xlsxwriter

from pipeline.config import IntakeSettings
from pipeline.measures import Measure
from pipeline.returns.inventory import Return
from pipeline.stages.ingest import ingest
from pipeline.stages.validate import ValidateSettings, validate

from .conftest import Receive


def from_csv(folder: Path, known: dict[str, Measure], settings: ValidateSettings, **tables: list[list[object]]) -> pd.DataFrame:
    (folder / "S01").mkdir()
    for name, rows in tables.items():
        with (folder / "S01" / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)
    return validate({"S01": ingest(Return("S01", folder / "S01"), IntakeSettings())}, known, None, settings)["rejected"]


def told(rejected: pd.DataFrame, *rules: str) -> list[tuple[str, str, str]]:
    mine = rejected[rejected["rule_id"].isin(rules)]
    return sorted(zip(mine["rule_id"], mine["severity"], mine["cell"].fillna(""), strict=True))


def test_what_lies_after_the_receipt_has_not_happened(tmp_path: Path, measures: dict[str, Measure]) -> None:
    referrals: list[list[object]] = [
        ["referral_id", "referral_date", "end_date"],
        ["R1", "2026-01-05", "2026-12-24"],
        ["R2", "2026-12-24", ""],
        ["R3", "2026-10-31", "2026-10-31"],
    ]
    settings = ValidateSettings(received=datetime.date(2026, 10, 31))
    found = from_csv(tmp_path, measures, settings, referrals=referrals)
    assert told(found, "after-receipt") == [("after-receipt", "row", "B3"), ("after-receipt", "value", "C2")]
    assert found.query("rule_id == 'after-receipt'")["expected"].unique() == [
        "a date up to 2026-10-31, when the last return arrived"
    ]


def test_without_a_day_of_receipt_none_is_guessed(tmp_path: Path, measures: dict[str, Measure]) -> None:
    referrals: list[list[object]] = [["referral_id", "referral_date"], ["R1", "2099-01-05"]]
    assert told(from_csv(tmp_path, measures, ValidateSettings(), referrals=referrals), "after-receipt") == []


def test_a_first_score_long_after_treatment_began_is_no_first_score(receive: Receive) -> None:
    made = receive(
        referrals="""
            referral_id | referral_date | first_treatment_date | end_date
            R1          | 2026-01-05    | 2026-02-01           | 2026-06-30
        """,
        outcomes="""
            referral_id | measure | date       | occasion | total
            R1          | pcl5    | 2026-02-15 | pre      | 40
            R1          | gad7    | 2026-02-16 | pre      | 12
            R1          | phq9    | 2026-02-01 | post     | 12
            R1          | epds    | 2026-02-20 | pre      | 12
            R1          | epds    | 2026-02-01 | post     | 12
        """,
    )
    assert made.faults("row") == [("post-before-pre", "C5"), ("post-before-pre", "C6")], "one cause is told once"
    assert [fault for fault in made.faults("warning") if fault[0] == "occasion-disagrees"] == [
        ("occasion-disagrees", "D3"),
        ("occasion-disagrees", "D4"),
    ]


def scores(totals: list[int], occasion: str) -> list[list[object]]:
    return [[f"R{n}", "pcl5", occasion, total] for n, total in enumerate(totals)]


def test_scores_that_never_fall_below_the_floor_of_another_form_are_asked_about(
    tmp_path: Path, measures: dict[str, Measure]
) -> None:
    """PCL-C counts from 17; a PCL-5 of many women, some of them well again, does not."""
    draw = np.random.default_rng(1)
    first, last = draw.integers(30, 80, 40).tolist(), draw.integers(17, 60, 40).tolist()
    heading: list[object] = ["referral_id", "measure", "occasion", "total"]
    for name, second, rules in (
        ("as PCL-C", last, [("perhaps-another-form", "warning", "D2")]),
        ("one lower", [16, *last[1:]], []),
        ("too few", last[:19], []),
    ):
        (tmp_path / name).mkdir()
        rows = [heading, *scores(first, "pre"), *scores(second, "post")]
        found = from_csv(tmp_path / name, measures, ValidateSettings(), outcomes=rows)
        assert told(found, "perhaps-another-form", "another-form") == rules, name


def quarters(folder: Path, known: dict[str, Measure], first: list[list[object]], second: list[list[object]]) -> pd.DataFrame:
    path = folder / "S01.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name, rows in (("Q1", first), ("Q2", second)):
            sheet = book.add_worksheet(name)
            for at, row in enumerate([["referral_id", "measure", "occasion", "total"], *rows]):
                sheet.write_row(at, 0, row)
    mapping = folder / "S01.yaml"
    mapping.write_text("sheets: {outcomes: [Q1, Q2]}\n", encoding="utf-8")
    return validate({"S01": ingest(Return("S01", path), IntakeSettings(), mapping)}, known)["rejected"]


@pytest.mark.parametrize(
    ("second", "is_found"),
    [
        (scores([12, 25, 33, 41, 57, 60, 14, 22], "pre"), True),
        (scores([12, 25, 33, 41, 57, 60, 14, 22], "post"), False),
        (scores([40, 41, 42, 43, 44, 45, 46, 47], "pre"), False),
        ([[f"R{n + 6}", "pcl5", "pre", 30 + n] for n in range(8)], False),
    ],
    ids=["other women", "their last scores", "the same again", "mostly other ids"],
)
def test_ids_that_start_anew_on_each_sheet_are_no_ids(
    tmp_path: Path, measures: dict[str, Measure], second: list[list[object]], is_found: bool
) -> None:
    found = quarters(tmp_path, measures, scores([40, 41, 42, 43, 44, 45, 46, 47], "pre"), second)
    assert told(found, "ids-restart") == ([("ids-restart", "file", "A2")] if is_found else [])
