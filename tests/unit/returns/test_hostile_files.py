"""Files that would end the process, hide rows or carry what nobody searched: each is refused or named, none passes in silence."""

from __future__ import annotations

import datetime
import os
import shutil
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
import xlsxwriter
from openpyxl.worksheet.formula import ArrayFormula

from pipeline.config import IntakeSettings
from pipeline.engine.nodes import digest_path
from pipeline.measures import load
from pipeline.returns import readers
from pipeline.returns.cell_marks import read_marks
from pipeline.returns.inventory import Return
from pipeline.returns.layout import locate
from pipeline.returns.old_workbooks import refuse_old
from pipeline.returns.readers import read_sheets, read_values
from pipeline.returns.sheets import Sheet, UnreadableError
from pipeline.stages.ingest import ingest
from pipeline.stages.validate import validate

MEASURES = load()
LIMITS = IntakeSettings()
HEAD: list[Any] = ["referral_id", "measure", "date", "occasion", "total"]
ROWS: list[list[Any]] = [[f"R{n}", "pcl5", f"2026-01-{n + 10}", "pre", 40 + n] for n in range(1, 9)]
BEGIN, END, SHEET, EXTENT, NUMBER, LABEL, TEXTS, SEVERAL = 0x0809, 0x000A, 0x0085, 0x0200, 0x0203, 0x0204, 0x00FC, 0x00BD
END_OF_CHAIN, FREE, TABLE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD


def take(path: Path, *, limits: IntakeSettings = LIMITS) -> dict[str, pd.DataFrame]:
    return ingest(Return("S01", path), limits)


def told(frame: pd.DataFrame, rule: str) -> list[tuple[str, str, str]]:
    mine = frame[frame["rule_id"] == rule]
    return list(zip(mine["severity"], mine["cell"], mine["found"], strict=True))


def as_book(path: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def label(row: int, column: int, text: str) -> bytes:
    return record(LABEL, struct.pack("<HHHHB", row, column, 0, len(text), 0) + text.encode("latin-1"))


def workbook(*cells: bytes, shift: int = 0, before: bytes = b"") -> bytes:
    """The records of a workbook with one sheet ([MS-XLS] 2.1.7.20); `shift` moves where the sheet is said to begin."""
    begin = struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0)
    name = b"outcomes"
    length = len(record(BEGIN, begin) + before) + 4 + 8 + len(name) + 4
    sheet = record(SHEET, struct.pack("<IBBBB", length + shift, 0, 0, len(name), 0) + name)
    first = record(BEGIN, begin) + before + sheet + record(END, b"")
    return first + record(BEGIN, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0)) + b"".join(cells) + record(END, b"")


def container(stream: bytes, *, loop: bool = False) -> bytes:
    """A compound file of version 3 ([MS-CFB]) with one stream, its table of sectors in sector 0, its names in sector 1."""
    stream = stream.ljust(4096, b"\0")
    n = -(-len(stream) // 512)
    chain = [*range(3, n + 2), 2 if loop else END_OF_CHAIN]
    table = [TABLE, END_OF_CHAIN, *chain]
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<9I", 0, 1, 1, 0, 4096, END_OF_CHAIN, 0, END_OF_CHAIN, 0) + struct.pack("<109I", 0, *[FREE] * 108)

    def entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
        coded = name.encode("utf-16-le") + b"\0\0"
        fields = struct.pack("<HBBIII", len(coded), kind, 1, FREE, FREE, child)
        return coded.ljust(64, b"\0") + fields + bytes(36) + struct.pack("<IQ", start, size)

    names = entry("Root Entry", 5, 1, END_OF_CHAIN, 0) + entry("Workbook", 2, FREE, 2, len(stream))
    sectors = struct.pack("<128I", *table, *[FREE] * (128 - len(table))) + names.ljust(512, b"\0") + stream.ljust(n * 512, b"\0")
    return head + sectors


GOOD = [label(row, column, str(cell)) for row, cells in enumerate([HEAD, *ROWS]) for column, cell in enumerate(cells)]
FAR = {
    "a column that no sheet has": workbook(*GOOD, record(NUMBER, struct.pack("<HHHd", 0xFFFF, 0xFFFF, 0, 1.0))),
    "a row of cells to such a column": workbook(*GOOD, record(SEVERAL, struct.pack("<HHHIH", 1, 0, 0, 0, 0xFFFF))),
    "an extent of billions of rows": workbook(record(EXTENT, struct.pack("<IIHHH", 0, 0xFFFFFFFF, 0, 5, 0)), *GOOD),
    "an extent that ends before it begins": workbook(record(EXTENT, struct.pack("<IIHHH", 9, 2, 0, 5, 0)), *GOOD),
    "billions of texts": workbook(*GOOD, before=record(TEXTS, struct.pack("<II", 1, 0x7FFFFFFF))),
    "a record beyond the end": workbook(*GOOD).ljust(4096, b"\0")[:-4] + struct.pack("<HH", LABEL, 500),
    "a sheet that begins within a record": workbook(*GOOD, shift=8),
}


def test_an_old_workbook_is_read_as_any_other(tmp_path: Path) -> None:
    path = tmp_path / "S01.xls"
    path.write_bytes(container(workbook(record(EXTENT, struct.pack("<IIHHH", 0, 9, 0, 5, 0)), *GOOD)))
    frames = take(path)
    assert frames["outcomes"]["total"].tolist() == [str(row[-1]) for row in ROWS]
    assert [severity for severity, _, _ in told(frames["faults"], "marks-not-read")] == ["warning"]


@pytest.mark.parametrize("stream", FAR.values(), ids=FAR)
def test_an_old_workbook_that_would_take_up_all_memory_is_refused_before_it_is_opened(tmp_path: Path, stream: bytes) -> None:
    path = tmp_path / "S01.xls"
    path.write_bytes(container(stream))
    with pytest.raises(UnreadableError):
        refuse_old(path)
    code = "import sys; from pathlib import Path; from pipeline.config import IntakeSettings; "
    code += "from pipeline.returns.inventory import Return; from pipeline.stages.ingest import ingest; "
    code += "print(*ingest(Return('S01', Path(sys.argv[1])), IntakeSettings())['faults']['rule_id'])"
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == ("file-unreadable", "")


def test_a_chain_of_sectors_without_an_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "S01.xls"
    path.write_bytes(container(workbook(*GOOD), loop=True))
    with pytest.raises(UnreadableError):
        refuse_old(path)


def test_an_old_workbook_cut_off_anywhere_is_a_fault_and_never_an_exception(tmp_path: Path) -> None:
    whole, path = container(workbook(*GOOD)), tmp_path / "S01.xls"
    for end in range(0, len(whole) - 1, 331):
        path.write_bytes(whole[:end])
        assert "file-unreadable" in set(take(path)["faults"]["rule_id"]), end


class PanicException(BaseException):  # the name by which the reader's own is known
    """As the reader raises it: no Exception."""


@pytest.mark.parametrize("read", [lambda path: read_sheets(path, LIMITS, set()), read_values])
def test_a_reader_that_panics_makes_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: Callable[[Path], object]
) -> None:
    import python_calamine

    def panic(path: Path) -> None:
        raise PanicException

    class Panics:
        from_path = staticmethod(panic)

    path = as_book(tmp_path / "S01.xlsx", {"outcomes": [HEAD, *ROWS]})
    monkeypatch.setattr(python_calamine, "CalamineWorkbook", Panics)
    with pytest.raises(UnreadableError):
        read(path)
    assert readers.unseen_sheets(path) == {}


def test_what_is_no_panic_goes_on_its_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import python_calamine

    def stop(path: Path) -> None:
        raise KeyboardInterrupt

    class Stops:
        from_path = staticmethod(stop)

    monkeypatch.setattr(python_calamine, "CalamineWorkbook", Stops)
    with pytest.raises(KeyboardInterrupt):
        read_values(as_book(tmp_path / "S01.xlsx", {"outcomes": [HEAD, *ROWS]}))


@pytest.mark.parametrize("error", [UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x"), ValueError("x"), struct.error("x")])
def test_a_zip_whose_names_make_no_sense_is_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    path = tmp_path / "S01.xlsx"
    path.write_bytes(b"PK\x03\x04" + bytes(100))

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(zipfile, "ZipFile", fail)
    assert readers._why_damaged(path) == "a file that is damaged, or no workbook"


def test_rows_above_the_headings_are_read_and_rejected_by_name(tmp_path: Path) -> None:
    path = as_book(tmp_path / "S01.xlsx", {"outcomes": [["Oakdale service"], *ROWS[:3], HEAD, *ROWS[3:]]})
    made = validate({"S01": take(path)}, MEASURES)
    above = told(made["rejected"], "above-headings")
    assert [(severity, cell) for severity, cell, _ in above] == [("row", "A2"), ("row", "A3"), ("row", "A4")]
    assert made["accepted_outcomes"]["total"].tolist() == [row[-1] for row in ROWS[3:]]
    counts = made["quality"].query("table == 'outcomes'").iloc[0]
    assert (counts["rows_read"], counts["rows_accepted"], counts["rows_rejected"]) == (8, 5, 3)


def test_rows_above_the_headings_of_a_csv_file_stand_beside_stray_marks(tmp_path: Path) -> None:
    lines = [",".join(map(str, row)) for row in [ROWS[0], HEAD, *ROWS[1:]]]
    lines[4] = lines[4].replace("pcl5", '"pcl5')
    folder = tmp_path / "S01"
    folder.mkdir()
    (folder / "outcomes.csv").write_text("\n".join(lines) + "\n")
    made = validate({"S01": take(folder)}, MEASURES)
    assert [cell for _, cell, _ in told(made["rejected"], "above-headings")] == ["A1"]
    assert [cell for _, cell, _ in told(made["rejected"], "stray-quotation-mark")] == ["B5"]
    assert len(made["accepted_outcomes"]) == 6


def test_other_headings_above_with_rows_of_their_own_set_the_table_aside() -> None:
    rows = [["measure", "total", "", ""], ["pcl5", "40", "", ""], ["", "", "", ""], ["referral_id", "measure", "date", "total"]]
    found = locate(
        Sheet("outcomes", [*rows, ["R1", "pcl5", "2026-01-01", "4"]]),
        site_id="S01",
        table="outcomes",
        known={*HEAD},
        needed={"referral_id", "measure"},
    )
    assert found.is_set_aside
    assert [(each.rule_id, each.found) for each in found.faults] == [("heading-not-found", "headings in rows 1 and 4")]


@pytest.mark.parametrize(
    "banner",
    [["Outcomes 2026"], ["", "", "Confidential"], ["Trust:", "", "", "", "Oakdale"], ["Patients", "", "Scores", "", ""]],
)
def test_a_banner_or_a_row_of_groups_says_nothing(tmp_path: Path, banner: list[str]) -> None:
    frames = take(as_book(tmp_path / "S01.xlsx", {"outcomes": [banner, HEAD, *ROWS]}))
    assert frames["outcomes"]["_row"].tolist() == list(range(3, 11))
    assert set(frames["faults"]["severity"]) <= {"note"}


def test_a_sheet_that_was_too_wide_to_search_is_copied_nowhere(tmp_path: Path) -> None:
    wide: list[list[Any]] = [["Patient name", *[f"wk{n}" for n in range(400)]], ["Jane Tester", *[1] * 400]]
    path = as_book(tmp_path / "S01.xlsx", {"outcomes": [HEAD, *ROWS], "tracker": wide})
    shown, left_out = read_values(path)
    assert [each.name for each in shown] == ["outcomes"]
    assert left_out == {"too large": 1}
    ((_, _, found),) = told(take(path)["faults"], "unknown-sheets")
    assert "1 of them" in found
    assert "not searched for identifiers" in found


def test_the_limits_of_the_study_decide_what_is_copied(tmp_path: Path) -> None:
    path = as_book(tmp_path / "S01.xlsx", {"outcomes": [HEAD, *ROWS]})
    small = IntakeSettings(max_rows=5)
    assert read_values(path, small) == ([], {"too large": 1})
    ((_, _, found),) = told(take(path, limits=small)["faults"], "table-too-large")
    assert "not searched for identifiers" in found


def test_a_file_among_csv_files_that_is_none_must_go_and_says_why(tmp_path: Path) -> None:
    folder = tmp_path / "S01"
    folder.mkdir()
    (folder / "outcomes.csv").write_text("\n".join(",".join(map(str, row)) for row in [HEAD, *ROWS]))
    (folder / "contacts.docx").write_text("x")
    ((_, _, found),) = told(take(folder)["faults"], "table-unreadable")
    assert "not searched for identifiers: remove it" in found


@pytest.mark.skipif(sys.platform == "win32" or os.getuid() == 0, reason="may read everything, or has other permissions")
def test_a_file_without_permission_is_a_finding_for_one_site(tmp_path: Path) -> None:
    path = as_book(tmp_path / "S01.xlsx", {"outcomes": [HEAD, *ROWS]})
    path.chmod(0)
    assert digest_path(path) == "unreadable"
    assert take(path)["faults"]["rule_id"].tolist() == ["file-unreadable"]


@pytest.mark.parametrize("form", ["file", "folder"])
def test_a_file_that_another_program_holds_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    folder = tmp_path / "S01"
    folder.mkdir()
    (folder / "outcomes.csv").write_text("referral_id,measure\n")
    path = folder if form == "folder" else as_book(tmp_path / "S01.xlsx", {"outcomes": [HEAD, *ROWS]})
    before = digest_path(path)

    def refuse(*_: object, **__: object) -> bytes:
        raise PermissionError

    monkeypatch.setattr(Path, "read_bytes", refuse)
    monkeypatch.setattr(Path, "open", refuse)
    assert digest_path(path) not in {None, before}
    frames = take(path)
    assert frames["faults"]["rule_id"].tolist() == ["file-unreadable"]


@pytest.mark.parametrize("name", ["Fix list", "Read me"])
def test_rows_of_a_site_under_a_name_of_ours_are_not_passed_over(tmp_path: Path, name: str) -> None:
    path = as_book(tmp_path / "S01.xlsx", {"survey": [["site_id"]], "outcomes": [HEAD, *ROWS], name: [HEAD, *ROWS]})
    assert len(told(take(path)["faults"], "unknown-sheets")) == 1


def test_our_own_sheets_are_passed_over(tmp_path: Path) -> None:
    from pipeline.returns.fix_list import headed, write_fix_list

    path = tmp_path / "S01.xlsx"
    with xlsxwriter.Workbook(path) as book:
        write_fix_list(book, headed("S01", is_synthetic=True), [])
        sheet = book.add_worksheet("outcomes")
        for n, row in enumerate([HEAD, *ROWS]):
            sheet.write_row(n, 0, row)
    assert not told(take(path)["faults"], "unknown-sheets")


def test_a_workbook_whose_marks_cannot_be_looked_for_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError

    path = tmp_path / "S01.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("outcomes")
        for n, row in enumerate([HEAD, *ROWS]):
            sheet.write_row(n, 0, row, book.add_format({"font_strikeout": n == 3}))
    assert {rule for rule in read_marks(path)[0]["outcomes"].cells.values()} == {"struck-through"}
    monkeypatch.setattr(openpyxl, "load_workbook", fail)
    ((severity, _, found),) = told(take(path)["faults"], "marks-not-read")
    assert (severity, found) == ("warning", "a workbook that does not open as Excel writes it")


def test_a_formula_over_an_array_that_changes_is_no_value(tmp_path: Path) -> None:
    path = tmp_path / "S01.xlsx"
    book = openpyxl.load_workbook(as_book(path, {"outcomes": [HEAD, *ROWS]}))
    book["outcomes"]["E2"] = ArrayFormula("E2", "=TODAY()-46000")
    book.save(path)
    assert read_marks(path)[0]["outcomes"].cells == {(2, 5): "changing-formula"}


def test_a_date_with_a_time_of_day_is_its_day(tmp_path: Path) -> None:
    rows = [[*row] for row in ROWS]
    for n, row in enumerate(rows[:3]):
        row[2] = datetime.datetime(2026, 2, n + 1, 14, 30)  # a spreadsheet knows no zone
    rows[4][2] = "2026-02-09T00:00:00Z"
    made = validate({"S01": take(as_book(tmp_path / "S01.xlsx", {"outcomes": [HEAD, *rows]}))}, MEASURES)
    assert told(made["rejected"], "times-of-day") == [("note", "C2", "3 date(s) with a time of day")]
    assert [cell for _, cell, _ in told(made["rejected"], "not-a-date")] == ["C6"]
    assert made["accepted_outcomes"]["date"].dt.day.tolist()[:3] == [1, 2, 3]


@pytest.mark.parametrize("ending", [".xls", ".ods"])
def test_a_workbook_under_another_ending_is_told_so(tmp_path: Path, ending: str) -> None:
    path = as_book(tmp_path / "S02.xlsx", {"outcomes": [HEAD, *ROWS]})
    other = Path(shutil.copy(path, tmp_path / f"S01{ending}"))
    ((_, _, found),) = told(take(other)["faults"], "file-unreadable")
    assert "ending is wrong" in found
