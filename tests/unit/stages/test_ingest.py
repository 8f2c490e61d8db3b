"""Ingest: every sheet accounted for, every cell with its address, nothing parsed, nothing raised."""

from __future__ import annotations

import datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from pipeline.config import IntakeSettings
from pipeline.engine.nodes import to_parquet
from pipeline.measures import Measure
from pipeline.returns.inventory import Return
from pipeline.returns.resubmission import standing
from pipeline.stages.ingest import ingest
from pipeline.stages.validate import validate

LIMITS = IntakeSettings()
OUTCOMES = "referral_id,measure,date,total\nR1,pcl5,2026-01-05,40\n"


def take(path: Path, *others: Path, mapping: Path | None = None) -> dict[str, pd.DataFrame]:
    frames = ingest(Return("S01", path, others), LIMITS, mapping)
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
    assert faults["found"].tolist() == [
        "2 other sheet(s) or file(s), 1 of them too large or no CSV file, and not searched for identifiers"
    ]
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
    (folder / "staff.csv").write_text('staff_code,instrument,question\n"A,b,c\nB,c\nC\n')
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


# --- Several returns of one site -----------------------------------------------------------------------------------------


def send(folder: Path, name: str, total: int, **service: object) -> Path:
    """A workbook with one score, and what it says of itself."""
    book = openpyxl.Workbook()
    book.active.title = "outcomes"  # type: ignore[union-attr] # a new book has a sheet
    for row in (["referral_id", "measure", "occasion", "total"], ["R1", "pcl5", "pre", total]):
        book.active.append(row)  # type: ignore[union-attr] # as above
    if service:
        sheet = book.create_sheet("service")
        sheet.append(["site_id", *service])
        sheet.append(["S01", *service.values()])
    book.save(folder / name)
    return folder / name


def notes(frames: dict[str, pd.DataFrame]) -> list[tuple[str, str]]:
    faults = frames["faults"][frames["faults"]["rule_id"] != "part-not-read"]  # a writer's own properties
    return sorted(zip(faults["rule_id"], faults["found"], strict=True))


def test_copies_of_one_return_are_noted_and_one_is_read(tmp_path: Path) -> None:
    first = send(tmp_path, "S01.xlsx", 40)
    again = tmp_path / "S01_v2.xlsx"
    again.write_bytes(first.read_bytes())
    frames = take(again, first)
    assert notes(frames) == [("identical-copy", "S01.xlsx")]
    assert frames["outcomes"]["total"].tolist() == ["40"]


def test_copies_of_a_folder_are_copies_whatever_the_system_left_in_one(tmp_path: Path) -> None:
    for name in ("S01", "S01_v2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "outcomes.csv").write_text(OUTCOMES)
    (tmp_path / "S01" / ".DS_Store").write_text("x")
    assert notes(take(tmp_path / "S01_v2", tmp_path / "S01")) == [("identical-copy", "S01")]


def test_the_later_period_supersedes_whole_whatever_the_version(tmp_path: Path) -> None:
    later = send(tmp_path, "S01.xlsx", 41, period_end=datetime.date(2026, 6, 30), return_version=1)
    older = send(tmp_path, "S01_v9.xlsx", 40, period_end=datetime.date(2026, 3, 31), return_version=9)
    frames = take(older, later)
    assert notes(frames) == [("superseded", "S01_v9.xlsx")]
    assert frames["outcomes"]["total"].tolist() == ["41"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"period_end": "2026-03-31", "return_version": 2}, {"period_end": "2026-03-31", "return_version": 3}),
        ({"return_version": 1}, {"return_version": 2}),
        ({"period_end": "2027-03-31"}, {"return_version": 2}),  # one does not say how far it reaches
        ({"period_end": "31 March 2027"}, {"period_end": "2026-03-31", "return_version": 2}),  # nor does this
        ({}, {"return_version": 2}),
    ],
)
def test_of_one_period_the_higher_version_stands(tmp_path: Path, first: dict[str, object], second: dict[str, object]) -> None:
    frames = take(send(tmp_path, "S01.ods.xlsx", 40, **first), send(tmp_path, "S01.xlsx", 41, **second))
    assert frames["outcomes"]["total"].tolist() == ["41"]
    assert [rule for rule, _ in notes(frames)] == ["superseded"]


def test_the_version_may_stand_in_the_name_alone(tmp_path: Path) -> None:
    second, first = (
        send(tmp_path, f"S01{v}.xlsx", t, period_end="2026-03-31", return_version=1) for v, t in (("_v2", 41), ("", 40))
    )
    assert notes(take(second, first)) == [("superseded", "S01.xlsx")]


def test_equal_period_and_version_with_other_content_block_both_and_name_both(
    tmp_path: Path, measures: dict[str, Measure]
) -> None:
    book = send(tmp_path, "S01.xlsx", 41, period_end="2026-03-31", return_version=2)
    other = send(tmp_path, "S01_v2.xlsx", 40, period_end="2026-03-31", return_version=2)
    older = send(tmp_path, "S01_v1.xlsx", 39, period_end="2026-03-31")
    frames = take(other, book, older)
    assert notes(frames) == [("file-conflict", "S01.xlsx, S01_v2.xlsx"), ("superseded", "S01_v1.xlsx")]
    assert set(frames) == {"layout", "faults", "intake"}
    assert len(validate({"S01": frames}, measures)["accepted_outcomes"]) == 0


def test_a_newer_return_that_cannot_be_read_is_not_replaced_by_the_older(tmp_path: Path) -> None:
    first = send(tmp_path, "S01.xlsx", 40, period_end="2026-03-31")
    (tmp_path / "S01_v2.xlsx").write_bytes(b"no workbook")
    assert [rule for rule, _ in notes(take(tmp_path / "S01_v2.xlsx", first))] == ["file-unreadable", "superseded"]


def test_the_return_that_was_read_is_known_from_its_notes(tmp_path: Path) -> None:
    later = send(tmp_path, "S01.xlsx", 41, period_end="2026-06-30")
    older = send(tmp_path, "S01_v9.xlsx", 40, period_end="2026-03-31")
    assert standing("S01", [older, later], take(older, later)["faults"]) == later
    assert standing("S01", [older], take(older)["faults"]) == older


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
