"""Ingest: every sheet accounted for, every cell with its address, nothing parsed, nothing raised."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from pipeline.config import IntakeSettings
from pipeline.engine.nodes import to_parquet
from pipeline.measures import Measure
from pipeline.returns.inventory import Return
from pipeline.stages.ingest import ingest
from pipeline.stages.validate import validate

LIMITS = IntakeSettings()
OUTCOMES = "referral_id,measure,date,total\nR1,pcl5,2026-01-05,40\n"


def take(path: Path, **known: tuple[str, ...]) -> dict[str, pd.DataFrame]:
    frames = ingest(Return("S01", path, **known), LIMITS)
    for frame in frames.values():
        to_parquet(frame)  # each is written as it is
    return frames


def rules(frames: dict[str, pd.DataFrame]) -> list[str]:
    return list(frames["faults"]["rule_id"])


def test_cells_are_text_as_received_with_sheet_row_and_letter(folder: Path) -> None:
    (folder / "outcomes.csv").write_text("referral_id,x,measure,total\n007,a, NA ,1e1\n\nR2,b,pcl5,TRUE\n")
    frames = take(folder)
    assert frames["outcomes"][["_sheet", "_row", "referral_id", "measure", "total"]].to_numpy().tolist() == [
        ["outcomes", 2, "007", " NA ", "1e1"],
        ["outcomes", 4, "R2", "pcl5", "TRUE"],
    ]
    layout = frames["layout"].set_index("column")["letter"].to_dict()
    assert layout == {"referral_id": "A", "measure": "C", "total": "D"}
    assert "x" not in frames["outcomes"]


def test_a_workbook_and_a_folder_give_the_same_tables(tmp_path: Path, folder: Path) -> None:
    (folder / "outcomes.csv").write_text(OUTCOMES)
    book = openpyxl.Workbook()
    book.active.title = "Outcomes"  # type: ignore[union-attr] # a new book has a sheet
    for line in OUTCOMES.splitlines():
        book.active.append([int(cell) if cell.isdigit() else cell for cell in line.split(",")])  # type: ignore[union-attr] # as above
    book.save(tmp_path / "S01.xlsx")
    columns = ["_row", "referral_id", "measure", "date", "total"]
    pd.testing.assert_frame_equal(take(folder)["outcomes"][columns], take(tmp_path / "S01.xlsx")["outcomes"][columns])
    assert take(tmp_path / "S01.xlsx")["intake"]["form"].tolist() == ["workbook"]


def test_sheets_that_are_no_table_are_counted_not_named(folder: Path) -> None:
    (folder / "outcomes.csv").write_text(OUTCOMES)
    (folder / "Oakdale budget.csv").write_text("a,b\n1,2\n")
    (folder / "notes.docx").write_text("x")
    (folder / "blank.csv").write_text(",,\n")
    faults = take(folder)["faults"]
    assert faults["rule_id"].tolist() == ["unknown-sheets"]
    assert faults["found"].tolist() == ["2 other sheet(s) or file(s)"]
    assert "Oakdale" not in faults.to_string()


def test_no_known_table_is_a_record_not_an_exception(folder: Path, measures: dict[str, Measure]) -> None:
    (folder / "sheet1.csv").write_text("a,b\n1,2\n")
    frames = take(folder)
    assert rules(frames) == ["no-known-table"]
    made = validate({"S01": frames}, measures)
    assert made["rejected"]["rule_id"].tolist() == rules(frames)
    assert set(made["quality"]["form"]) == {"unreadable"}


@pytest.mark.parametrize("content", [b"", b"not a workbook", b"PK\x03\x04broken"])
def test_an_unreadable_return_is_a_record_and_stops_no_other(
    tmp_path: Path, folder: Path, measures: dict[str, Measure], content: bytes
) -> None:
    (tmp_path / "S02.xlsx").write_bytes(content)
    (folder / "outcomes.csv").write_text(OUTCOMES)
    bad, good = ingest(Return("S02", tmp_path / "S02.xlsx"), LIMITS), take(folder)
    made = validate({"S01": good, "S02": bad}, measures)
    assert made["rejected"][["site_id", "rule_id", "severity"]].to_numpy().tolist() == [["S02", "file-unreadable", "file"]]
    assert made["accepted_outcomes"]["site_id"].tolist() == ["S01"]
    assert "S02" in set(made["quality"]["site_id"])


def test_one_broken_file_sets_its_own_table_aside(folder: Path, measures: dict[str, Measure]) -> None:
    (folder / "outcomes.csv").write_text(OUTCOMES)
    (folder / "staff.csv").write_text('staff_code,instrument,question\n"A,b,c\n')
    made = validate({"S01": take(folder)}, measures)
    faults = made["rejected"][made["rejected"]["severity"] == "file"]
    assert faults[["rule_id", "table"]].to_numpy().tolist() == [["table-unreadable", "staff"]]
    assert len(made["accepted_outcomes"]) == 1
    assert made["quality"].set_index("table").loc["staff", "status"] == "set_aside"


def test_a_table_sent_twice_is_set_aside_with_every_row_counted(folder: Path, measures: dict[str, Measure]) -> None:
    (folder / "outcomes.csv").write_text(OUTCOMES)
    (folder / "OUTCOMES.csv").write_text(OUTCOMES + "R2,pcl5,2026-01-05,41\n")
    made = validate({"S01": take(folder)}, measures)
    assert made["rejected"]["rule_id"].tolist() == ["table-twice"]
    assert made["rejected_rows"][["sheet", "row"]].to_numpy().tolist() == [["OUTCOMES", 2], ["OUTCOMES", 3], ["outcomes", 2]]
    quality = made["quality"].set_index("table").loc["outcomes"]
    assert (quality["rows_read"], quality["rows_accepted"], quality["rows_rejected"], quality["status"]) == (3, 0, 3, "set_aside")


def test_two_returns_of_one_version_block_both_and_both_are_named(tmp_path: Path) -> None:
    frames = take(tmp_path / "S01.xlsx", conflicting=("S01", "S01.xlsx"))
    assert rules(frames) == ["file-conflict"]
    assert frames["faults"]["found"].tolist() == ["S01, S01.xlsx"]


def test_a_return_that_was_replaced_is_noted(folder: Path) -> None:
    (folder / "outcomes.csv").write_text(OUTCOMES)
    faults = take(folder, superseded=("S01.xlsx",))["faults"]
    assert faults[["rule_id", "severity", "found"]].to_numpy().tolist() == [["superseded", "note", "S01.xlsx"]]


def test_how_a_file_was_read_is_noted_where_it_was_not_plain(folder: Path) -> None:
    (folder / "outcomes.csv").write_bytes(OUTCOMES.replace(",", ";").replace("R1", "Rå").encode("cp1252"))
    frames = take(folder)
    assert frames["faults"][["rule_id", "severity", "found"]].to_numpy().tolist() == [
        ["read-as", "note", "Windows-1252, separated by semicolons"]
    ]
    assert frames["outcomes"]["referral_id"].tolist() == ["Rå"]


def test_ingest_reads_the_file_and_writes_nothing_beside_it(folder: Path) -> None:
    (folder / "outcomes.csv").write_text(OUTCOMES)
    before = {p: p.read_bytes() for p in folder.parent.rglob("*") if p.is_file()}
    take(folder)
    assert {p: p.read_bytes() for p in folder.parent.rglob("*") if p.is_file()} == before
