"""Days in workbooks: numbers without a date's format, and workbooks that count from 1904."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
import xlsxwriter
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from pipeline.config import IntakeSettings
from pipeline.measures import load
from pipeline.returns.inventory import Return
from pipeline.stages.ingest import ingest
from pipeline.stages.validate import validate

MEASURES = load()
HEAD = ["referral_id", "measure", "date", "occasion", "total"]
DAYS = [datetime.date(2026, 1, 20), datetime.date(2024, 2, 29), datetime.date(1996, 12, 31)]
SINCE_1900, SINCE_1904 = datetime.date(1899, 12, 30), datetime.date(1904, 1, 1)
Write = Callable[[Path, list[Any], bool], None]


def by_xlsxwriter(path: Path, dates: list[Any], is_1904: bool) -> None:
    with xlsxwriter.Workbook(path, {"date_1904": is_1904, "default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet("outcomes")
        for n, row in enumerate([HEAD, *([f"R{n}", "pcl5", date, "pre", 40 + n] for n, date in enumerate(dates))]):
            sheet.write_row(n, 0, row)


def by_openpyxl(path: Path, dates: list[Any], is_1904: bool) -> None:
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904 if is_1904 else book.epoch
    sheet = book.active
    sheet.title = "outcomes"
    for row in [HEAD, *([f"R{n}", "pcl5", date, "pre", 40 + n] for n, date in enumerate(dates))]:
        sheet.append(row)
    book.save(path)


def take_in(path: Path, mapping: Path | None = None) -> dict[str, pd.DataFrame]:
    return validate({"S01": ingest(Return("S01", path), IntakeSettings(), mapping)}, MEASURES)


def told(made: dict[str, pd.DataFrame]) -> list[tuple[str, str, str]]:
    faults = made["rejected"][~made["rejected"]["rule_id"].isin(["blank-column", "part-not-read"])]
    return list(zip(faults["rule_id"], faults["severity"], faults["cell"].fillna(""), strict=True))


def dates_of(made: dict[str, pd.DataFrame]) -> list[datetime.date]:
    return [date.date() for date in made["accepted_outcomes"]["date"]]


WRITERS = pytest.mark.parametrize("write", [by_xlsxwriter, by_openpyxl])


@WRITERS
@pytest.mark.parametrize("is_1904", [False, True])
def test_27_dates_are_those_that_were_entered_whatever_the_day_they_count_from(
    tmp_path: Path, write: Write, is_1904: bool
) -> None:
    write(tmp_path / "S01.xlsx", DAYS, is_1904)
    made = take_in(tmp_path / "S01.xlsx")
    assert dates_of(made) == DAYS
    assert told(made) == ([("days-since-1904", "note", "")] if is_1904 else [])


@WRITERS
@pytest.mark.parametrize(("is_1904", "start"), [(False, SINCE_1900), (True, SINCE_1904)])
def test_26_numbers_of_days_are_the_dates_that_the_workbook_would_show(
    tmp_path: Path, write: Write, is_1904: bool, start: datetime.date
) -> None:
    numbers = [(day - start).days for day in DAYS[:2]]
    write(tmp_path / "S01.xlsx", [DAYS[2], numbers[0], str(numbers[1])], is_1904)
    made = take_in(tmp_path / "S01.xlsx")
    assert dates_of(made) == [DAYS[2], *DAYS[:2]]
    notes = [each for each in told(made) if each[0] != "days-since-1904"]
    assert notes == [("serial-days", "note", "C3")]
    assert made["rejected"].query("rule_id == 'serial-days'")["found"].tolist() == ["2 number(s) of days"]


@pytest.mark.parametrize("number", [46042.5, 460420, 1, 32873, 73416, -46042])
def test_26_a_number_that_is_no_day_from_1990_to_2100_stays_an_error(tmp_path: Path, number: float) -> None:
    by_xlsxwriter(tmp_path / "S01.xlsx", [number, DAYS[0]], False)
    made = take_in(tmp_path / "S01.xlsx")
    assert told(made) == [("not-a-date", "value", "C2")]
    assert len(made["accepted_outcomes"]) == 2


def test_26_a_number_in_a_csv_stays_an_error_as_nobody_knows_the_day_it_counts_from(tmp_path: Path) -> None:
    (tmp_path / "S01").mkdir()
    (tmp_path / "S01" / "outcomes.csv").write_text(",".join(HEAD) + "\nR1,pcl5,46042,pre,40\nR2,pcl5,2026-01-20,pre,41\n")
    made = take_in(tmp_path / "S01")
    assert told(made) == [("not-a-date", "value", "C2")]
    assert made["accepted_outcomes"]["date"].isna().tolist() == [True, False]


def test_26_numbers_in_other_columns_are_left_alone(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "S01.xlsx") as book:
        sheet = book.add_worksheet("referrals")
        for n, row in enumerate([["referral_id", "referral_date", "assessment_day"], [46042, DAYS[0].isoformat(), 46042]]):
            sheet.write_row(n, 0, row)
    frames = ingest(Return("S01", tmp_path / "S01.xlsx"), IntakeSettings())
    assert frames["referrals"][["referral_id", "referral_date", "assessment_day"]].to_numpy().tolist() == [
        ["46042", "2026-01-20", "46042"]
    ]


def test_26_a_mapped_column_of_dates_is_one_too(tmp_path: Path) -> None:
    mapping = tmp_path / "S01.yaml"
    mapping.write_text(
        "columns:\n  outcomes:\n    ref: referral_id\n    PCL first: {measure: pcl5, occasion: pre, date: seen first}\n"
        "    PCL last: {measure: pcl5, occasion: post, date: seen last}\n"
    )
    with xlsxwriter.Workbook(tmp_path / "S01.xlsx") as book:
        sheet = book.add_worksheet("outcomes")
        for n, row in enumerate([["ref", "PCL first", "seen first", "PCL last", "seen last"], ["R1", 50, 46042, 30, 46142]]):
            sheet.write_row(n, 0, row)
    made = take_in(tmp_path / "S01.xlsx", mapping)
    assert dates_of(made) == [datetime.date(2026, 1, 20), datetime.date(2026, 4, 30)]
    assert told(made) == [("serial-days", "note", "C2"), ("serial-days", "note", "E2")]
