"""Opening what sites send: encodings, delimiters, workbooks, and files that are broken or hostile."""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from pipeline.config import IntakeSettings
from pipeline.returns.readers import read_sheets
from pipeline.returns.sheets import Sheet, UnreadableError

HEADINGS = {"referral_id", "measure", "total", "date", "pathway"}
TABLE = [["referral_id", "measure", "total"], ["Zoë", "pcl5", "40"], ["R2", "pcl5", "3,5"], ["007", "", "NA"]]
LIMITS = IntakeSettings()


def as_csv(rows: list[list[str]], mark: str = ",") -> str:
    return "".join(mark.join(f'"{cell}"' if mark in cell else cell for cell in row) + "\r\n" for row in rows)


def read(path: Path, limits: IntakeSettings = LIMITS) -> list[Sheet]:
    return read_sheets(path, limits, HEADINGS)


@pytest.fixture
def read_csv(tmp_path: Path) -> Callable[[bytes], Sheet]:
    def make(content: bytes) -> Sheet:
        (tmp_path / "outcomes.csv").write_bytes(content)
        (sheet,) = read(tmp_path)
        return sheet

    return make


ReadCsv = Callable[[bytes], Sheet]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize(
    ("encoding", "name"), [("utf-8", ""), ("utf-8-sig", ""), ("cp1252", "Windows-1252"), ("utf-16", "UTF-16")]
)
def test_each_encoding_and_separator_gives_the_same_cells_and_says_so(
    read_csv: ReadCsv, mark: str, encoding: str, name: str
) -> None:
    sheet = read_csv(as_csv(TABLE, mark).encode(encoding))
    assert (sheet.name, sheet.rows) == ("outcomes", TABLE)
    separated = {",": "", ";": "separated by semicolons", "\t": "separated by tabs"}[mark]
    assert sheet.read_as == ", ".join(filter(None, (name, separated)))


def test_utf_16_of_either_byte_order(read_csv: ReadCsv) -> None:
    big = b"\xfe\xff" + as_csv(TABLE).encode("utf-16-be")
    assert read_csv(big).rows == TABLE


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system(read_csv: ReadCsv, end: str) -> None:
    assert read_csv(as_csv(TABLE).replace("\r\n", end).encode()).rows == TABLE


def test_the_separator_is_that_of_the_headings_not_of_banners_or_lists(read_csv: ReadCsv) -> None:
    banner = "Return of S07; made by the service, 2026; a,b,c,d,e,f\n"
    assert read_csv((banner + as_csv(TABLE, ";")).encode()).rows[1:] == TABLE
    lists = [["referral_id", "pathway"], *[[f"R{i}", "a;b;c;d;e;f;g"] for i in range(40)]]
    assert read_csv(as_csv(lists).encode()).rows == lists
    assert read_csv(("sep=;\r\n" + as_csv(TABLE, ";")).encode()).rows[1:] == TABLE


def test_blank_and_ragged_rows_keep_their_numbers(read_csv: ReadCsv) -> None:
    assert read_csv(b"referral_id,total\n\nR1\nR2,4,9\n").rows == [["referral_id", "total"], [], ["R1"], ["R2", "4", "9"]]


def test_a_line_break_inside_one_cell_is_one_cell(read_csv: ReadCsv) -> None:
    assert read_csv(b'referral_id,measure,total\n"R1\nx",pcl5,4\n').rows[1] == ["R1\nx", "pcl5", "4"]


@pytest.mark.parametrize(
    "content",
    [
        b'referral_id,measure,total\n"R1,pcl5,40\nR2,pcl5,41\nR3,pcl5,42\n',
        b'referral_id,measure,total\n"R1"x,pcl5,40\nR2,pcl5,41\n',
        b'referral_id,measure,total\nR1,"pcl5,40\nR2,pcl5,41\nR3,pcl5",42\n',
        b'referral_id,measure,total\nR1,pcl5,"40\nR2,pcl5,41\nR3,pcl5,"\n',
    ],
    ids=["never closed", "text after the close", "two strays", "two strays in the last column"],
)
def test_a_stray_quotation_mark_never_swallows_rows_unnoticed(read_csv: ReadCsv, content: bytes) -> None:
    sheet = read_csv(content)
    assert len(sheet.rows) == content.count(b"\n")
    spoilt = {n for n, line in enumerate(content.decode().splitlines()) if '"' in line}
    assert set(sheet.strays) == spoilt
    assert all(row == line.split(",") for row, line in zip(sheet.rows, content.decode().splitlines(), strict=True))


def test_a_stray_quotation_mark_is_named_by_its_field(read_csv: ReadCsv) -> None:
    sheet = read_csv(b'referral_id,measure,total\nR1,"pcl5,40\nR2,pcl5,"41\n"R3,pcl5,42\nR4,pcl5,43\n')
    assert sheet.strays == {1: 1, 2: 2, 3: 0}


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", b"referral_id,total\nR1\x81,4\n"], ids=["empty", "half a character", "unknown"]
)
def test_text_that_cannot_be_read_is_said_to_be_so_and_never_replaced(read_csv: ReadCsv, content: bytes) -> None:
    sheet = read_csv(content)
    assert sheet.trouble is not None
    assert sheet.rows == []


def test_every_file_of_a_folder_is_read_or_named(tmp_path: Path) -> None:
    (tmp_path / "OUTCOMES.CSV").write_text("referral_id,total\n")
    (tmp_path / "referrals.csv").write_bytes(b"")
    (tmp_path / "contacts.csv").mkdir()
    (tmp_path / "staff.xlsx").touch()
    (tmp_path / "service.csv").symlink_to(tmp_path / "OUTCOMES.CSV")
    for ignored in ("._outcomes.csv", ".outcomes.csv", "~$outcomes.csv", "README.txt", "Thumbs.db"):
        (tmp_path / ignored).touch()
    sheets = {sheet.name: sheet.trouble for sheet in read(tmp_path)}
    assert sheets.pop("OUTCOMES") is None
    assert set(sheets) == {"referrals", "contacts", "staff", "service"}
    assert all(sheets.values())


def test_a_folder_without_a_csv_file_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "outcomes.txt").write_text("referral_id,total\n")
    with pytest.raises(UnreadableError) as caught:
        read(tmp_path)
    assert caught.value.kind == "unreadable"


@pytest.mark.parametrize(
    ("limit", "content"),
    [({"max_rows": 3}, "a,b\n" * 4), ({"max_columns": 3}, "a,b,c,d\n"), ({"max_file_megabytes": 1}, "x" * 1_100_000)],
)
def test_the_limits_hold_for_csv_files(tmp_path: Path, limit: dict[str, int], content: str) -> None:
    (tmp_path / "outcomes.csv").write_text(content)
    (sheet,) = read(tmp_path, IntakeSettings(**limit))
    assert sheet.trouble is not None
    assert sheet.trouble.kind == "too-large"


def workbook(path: Path, cells: dict[str, object], title: str = "outcomes") -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for address, value in cells.items():
        sheet[address] = value
    book.save(path)
    return path


def test_a_workbook_gives_its_cells_with_the_place_where_they_begin(tmp_path: Path) -> None:
    cells = {"C4": "referral_id", "D4": "total", "C6": "R1", "D6": 40, "E6": datetime.date(2026, 3, 31), "F6": True, "C7": 7.5}
    (sheet,) = read(workbook(tmp_path / "S01.xlsx", cells))
    assert (sheet.name, sheet.first_row, sheet.first_column) == ("outcomes", 3, 2)
    assert sheet.rows == [
        ["referral_id", "total", "", ""],
        ["", "", "", ""],
        ["R1", "40", "2026-03-31", "TRUE"],
        ["7.5", "", "", ""],
    ]


def test_every_sheet_is_read_also_an_empty_one(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.create_sheet("referrals")["A1"] = "referral_id"
    book.create_chartsheet("chart")
    book.save(tmp_path / "S01.xlsx")
    assert [(sheet.name, sheet.rows) for sheet in read(tmp_path / "S01.xlsx")][:2] == [
        ("Sheet", []),
        ("referrals", [["referral_id"]]),
    ]


ODS = (
    '<?xml version="1.0"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">'
    '<office:body><office:spreadsheet><table:table table:name="outcomes">{}</table:table></office:spreadsheet></office:body>'
    "</office:document-content>"
)
MANIFEST = (
    '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    '<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>'
    "</manifest:manifest>"
)


def test_an_open_document_sheet(tmp_path: Path) -> None:
    text = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    number = '<table:table-cell office:value-type="float" office:value="40"><text:p>40</text:p></table:table-cell>'
    day = '<table:table-cell office:value-type="date" office:date-value="2026-03-31"><text:p>31 Mar</text:p></table:table-cell>'
    headings = "".join(map(text.format, ("referral_id", "total", "date")))
    rows = f"<table:table-row>{headings}</table:table-row><table:table-row>{text.format('R1')}{number}{day}</table:table-row>"
    with zipfile.ZipFile(tmp_path / "S01.ods", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", MANIFEST)
        archive.writestr("content.xml", ODS.format(rows))
    (sheet,) = read(tmp_path / "S01.ods")
    assert sheet.rows == [["referral_id", "total", "date"], ["R1", "40", "2026-03-31"]]


def truncated() -> bytes:
    buffer = io.BytesIO()
    openpyxl.Workbook().save(buffer)
    return buffer.getvalue()[:-600]


def corrupted() -> bytes:
    buffer = io.BytesIO()
    openpyxl.Workbook().save(buffer)
    content = bytearray(buffer.getvalue())
    content[60:160] = bytes(100)
    return bytes(content)


BROKEN = {
    "empty": b"",
    "text": b"referral_id,total\nR1,40\n",
    "web page": b"<html><body><table><tr><td>referral_id</td></tr></table></body></html>",
    "old container, as of a password": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000),
    "truncated": truncated(),
    "corrupted": corrupted(),
    "noise": bytes(range(256)) * 20,
}


@pytest.mark.parametrize("suffix", [".xlsx", ".xlsm", ".xls", ".ods"])
@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_workbook_is_unreadable_and_nothing_else(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"S01{suffix}"
    path.write_bytes(content)
    with pytest.raises(UnreadableError) as caught:
        read(path)
    assert caught.value.kind == "unreadable"


def test_a_file_that_vanished_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError):
        read(tmp_path / "S01.xlsx")


def test_two_cells_far_apart_do_not_fill_the_memory(tmp_path: Path) -> None:
    path = workbook(tmp_path / "S01.xlsx", {"A1": "referral_id", "XFD1048576": "x"})
    with pytest.raises(UnreadableError) as caught:
        read(path)
    assert caught.value.kind == "too-large"


def test_a_workbook_that_unpacks_to_a_multiple_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = workbook(tmp_path / "S01.xlsx", {"A1": "referral_id"})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/image1.bin", bytes(60_000_000))
    with pytest.raises(UnreadableError) as caught:
        read(path)
    assert caught.value.kind == "too-large"


def test_a_sheet_beyond_the_limits_is_set_aside_alone(tmp_path: Path) -> None:
    path = workbook(tmp_path / "S01.xlsx", {f"A{row}": "x" for row in range(1, 12)})
    (sheet,) = read(path, IntakeSettings(max_rows=10))
    assert sheet.trouble is not None
    assert sheet.trouble.kind == "too-large"


def test_a_file_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "S01.xlsx"
    path.write_bytes(bytes(1_100_000))
    with pytest.raises(UnreadableError) as caught:
        read(path, IntakeSettings(max_file_megabytes=1))
    assert caught.value.kind == "too-large"
