"""Identifiers in returns that do not stand, and under a site's own headings; the version that a template states."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from pipeline.config import IntakeSettings
from pipeline.measures import load
from pipeline.returns.inventory import Return, take_inventory
from pipeline.returns.template import VERSION, template
from pipeline.stages.ingest import ingest
from pipeline.stages.validate import validate

MEASURES = load()
NHS_NUMBER = "9990000018"
ROWS: list[list[Any]] = [["referral_id", "measure", "date", "occasion", "total"], ["R1", "pcl5", "2026-01-20", "pre", 50]]


def as_book(path: Path, rows: list[list[Any]] = ROWS, *, note: str = "") -> Path:
    book = openpyxl.Workbook()
    book.active.title = "outcomes"
    for row in rows:
        book.active.append(row)
    if note:
        book.create_sheet("notes")["B2"] = note
    book.save(path)
    return path


def take_in(folder: Path, mapping: Path | None = None) -> dict[str, pd.DataFrame]:
    (received,), _ = take_inventory(folder)
    return validate({"S01": ingest(received, IntakeSettings(), mapping)}, MEASURES)


def faults(made: dict[str, pd.DataFrame], *rules: str) -> list[list[str]]:
    told = made["rejected"][made["rejected"]["rule_id"].isin(rules)]
    return [list(map(str, row)) for row in told[["rule_id", "sheet", "cell", "found"]].fillna("").to_numpy()]


def test_an_identifier_in_an_older_file_is_an_incident_that_names_the_file(tmp_path: Path) -> None:
    as_book(tmp_path / "S01.xlsx", note=NHS_NUMBER)
    as_book(tmp_path / "S01_v2.xlsx", [*ROWS, ["R2", "pcl5", "2026-01-21", "pre", 41]])
    made = take_in(tmp_path)
    assert faults(made, "identifier-found") == [
        ["identifier-found", "sheet 2", "B2", "[NHS number] in column B, 1 cell, of file 2 of 2 (version 1)"]
    ]
    assert faults(made, "superseded") == [["superseded", "", "", "S01.xlsx"]]
    assert made["accepted_outcomes"].empty
    assert NHS_NUMBER not in made["rejected"].to_csv()


def test_so_it_is_where_two_returns_are_equal_and_neither_stands(tmp_path: Path) -> None:
    as_book(tmp_path / "S01.xlsx", note=NHS_NUMBER)
    (tmp_path / "S01").mkdir()
    (tmp_path / "S01" / "outcomes.csv").write_text("referral_id,measure,date,occasion,total\nR2,pcl5,2026-01-21,pre,41\n")
    made = take_in(tmp_path)
    assert {rule for rule, *_ in faults(made, "file-conflict", "identifier-found")} == {"file-conflict", "identifier-found"}


def test_an_older_file_without_one_is_superseded_and_no_more(tmp_path: Path) -> None:
    as_book(tmp_path / "S01.xlsx", note="one e-mail, someone@example.org")
    as_book(tmp_path / "S01_v2.xlsx", [*ROWS, ["R2", "pcl5", "2026-01-21", "pre", 41]])
    made = take_in(tmp_path)
    assert made["accepted_outcomes"]["referral_id"].tolist() == ["R1", "R2"]
    assert not faults(made, "identifier-found", "identifying-cell")


OLD = [["R1", "1998-04-05", 50], ["R2", "2001-07-19", 41]]


def mapped(folder: Path, heading: str, to: str) -> Path:
    path = folder / "mapping.yaml"
    path.write_text(f"columns:\n  outcomes:\n    {heading}: {to}\n    score: {{measure: pcl5, occasion: pre, date: seen}}\n")
    return path


@pytest.mark.parametrize(("heading", "rule"), [("seen", ""), ("local day", "identifier-found")])
def test_a_heading_that_the_mapping_calls_a_date_holds_dates_of_any_year(tmp_path: Path, heading: str, rule: str) -> None:
    (tmp_path / "raw").mkdir()
    as_book(tmp_path / "raw" / "S01.xlsx", [["code", heading, "score"], *OLD])
    made = take_in(tmp_path / "raw", mapped(tmp_path, "code", "referral_id"))
    assert {each[0] for each in faults(made, "identifier-found")} == ({rule} - {""})
    assert len(made["accepted_outcomes"]) == (0 if rule else 2)


@pytest.mark.parametrize("heading", ["DOB", "Date of birth", "baby born"])
def test_a_heading_of_a_date_of_birth_is_one_whatever_it_is_mapped_to(tmp_path: Path, heading: str) -> None:
    (tmp_path / "raw").mkdir()
    as_book(tmp_path / "raw" / "S01.xlsx", [["code", heading, "seen", "score"], *([r[0], r[1], "2026-01-20", r[2]] for r in OLD)])
    path = tmp_path / "mapping.yaml"
    path.write_text(
        f"columns:\n  referrals:\n    code: referral_id\n    {heading}: referral_date\nsheets: {{outcomes: referrals}}\n"
    )
    assert [each[0] for each in faults(take_in(tmp_path / "raw", path), "identifier-found")] == ["identifier-found"]


def filled(version: str | None) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(template()))
    line = next(cell for row in book["read me"].iter_rows() for cell in row if str(cell.value).startswith("Template version"))
    line.value = None if version is None else str(line.value).replace(f"version {VERSION}", f"version {version}")
    for column, value in enumerate(ROWS[1], start=1):
        heading = next(cell for cell in book["outcomes"][1] if cell.value == ROWS[0][column - 1])
        book["outcomes"].cell(2, heading.column).value = value
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(("version", "read"), [(str(VERSION), 1), (None, 1), (str(VERSION + 1), 0), ("0", 0)])
def test_17_a_template_of_a_version_that_we_do_not_know_is_named_and_not_read(
    tmp_path: Path, version: str | None, read: int
) -> None:
    (tmp_path / "S01.xlsx").write_bytes(filled(version))
    made = take_in(tmp_path)
    assert len(made["accepted_outcomes"]) == read
    told = made["rejected"].query("rule_id == 'template-version'")
    wanted = [] if read else [["file", f"version {version}", f"a template of version {VERSION} or a workbook of your own"]]
    assert told[["severity", "found", "expected"]].to_numpy().tolist() == wanted


def test_17_columns_in_another_order_are_read_by_name_without_a_word(tmp_path: Path) -> None:
    order = [4, 2, 0, 3, 1]
    as_book(tmp_path / "S01.xlsx", [[row[i] for i in order] for row in ROWS])
    made = take_in(tmp_path)
    assert made["accepted_outcomes"][["referral_id", "measure", "total"]].to_numpy().tolist() == [["R1", "pcl5", 50.0]]
    assert set(made["rejected"]["rule_id"]) <= {"blank-column", "part-not-read"}


def test_the_hash_of_the_return_that_stands_is_kept_also_where_it_is_not_read(tmp_path: Path) -> None:
    from pipeline.engine.nodes import digest_path

    as_book(tmp_path / "S01.xlsx")
    as_book(tmp_path / "S01_v2.xlsx", note=NHS_NUMBER)
    (received,), _ = take_inventory(tmp_path)
    frames = ingest(received, IntakeSettings())
    assert frames["intake"]["return_hash"].tolist() == [digest_path(tmp_path / "S01_v2.xlsx")]
    (tmp_path / "S02.xlsx").write_bytes(b"")
    frames = ingest(Return("S02", tmp_path / "S02.xlsx"), IntakeSettings())
    assert frames["intake"]["return_hash"].tolist() == [digest_path(tmp_path / "S02.xlsx")]
