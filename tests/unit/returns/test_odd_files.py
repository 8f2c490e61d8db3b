"""Files that are not what they seem: locked, foreign, huge, repeating, struck through in part, with macros, links, hidden sheets."""

from __future__ import annotations

import io
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

from pipeline.config import IntakeSettings
from pipeline.measures import load
from pipeline.returns.inventory import Return, take_inventory
from pipeline.stages.ingest import ingest
from pipeline.stages.validate import validate
from tests.unit.returns.test_readers import MANIFEST, ODS

MEASURES = load()
ROWS: list[list[Any]] = [
    ["referral_id", "measure", "date", "occasion", "total"],
    ["R1", "pcl5", "2026-01-20", "pre", 50],
    ["R2", "pcl5", "2026-01-21", "pre", 41],
]
NHS_NUMBER = "9990000018"
MEGABYTES = 400
"""The whole interpreter with its libraries takes up some 150 of them."""
needs_soffice = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")


def take_in(path: Path, *others: Path) -> dict[str, pd.DataFrame]:
    return validate({"S01": ingest(Return("S01", path, others), IntakeSettings())}, MEASURES)


def told(made: dict[str, pd.DataFrame], *quiet: str) -> list[tuple[str, str, str]]:
    faults = made["rejected"][~made["rejected"]["rule_id"].isin(["blank-column", *quiet])]
    return sorted(zip(faults["rule_id"], faults["severity"], faults["found"], strict=True))


def as_book(path: Path, dress: Callable[[Any, Any], object] = lambda book, sheet: None) -> Path:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("outcomes")
        for n, row in enumerate(ROWS):
            sheet.write_row(n, 0, row)
        dress(book, sheet)
    return path


def container(*streams: str) -> bytes:
    """A compound file of version 3 ([MS-CFB]) with empty streams of these names: header, one sector of its table, one of names."""
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    free, last = 0xFFFFFFFF, 0xFFFFFFFE
    head += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, last, 0, last, 0) + struct.pack("<109I", 0, *[free] * 108)
    table = struct.pack("<128I", 0xFFFFFFFD, last, *[free] * 126)

    def entry(name: str, kind: int, right: int, child: int) -> bytes:
        words = name.encode("utf-16-le")
        sizes = struct.pack("<HBBIII", len(words) + 2 if name else 0, kind, 1, free, right, child)
        return words.ljust(64, b"\0") + sizes + bytes(36) + struct.pack("<IQ", last if kind else 0, 0)

    names = [entry("Root Entry", 5, free, 1)]
    names += [entry(name, 2, n + 2 if n + 1 < len(streams) else free, free) for n, name in enumerate(streams)]
    return head + table + b"".join([*names, *[entry("", 0, free, free)] * 3][:4])


def test_13_the_lock_file_of_an_open_workbook_is_passed_over_and_the_workbook_is_read(tmp_path: Path) -> None:
    as_book(tmp_path / "S01.xlsx")
    owner = b"\x05A Person".ljust(55, b" ") + b"\x08\0" + "A Person".encode("utf-16-le").ljust(108, b" \0"[:1])
    (tmp_path / "~$S01.xlsx").write_bytes(owner)
    (tmp_path / ".~lock.S01.xlsx#").write_text(",person,host,22.11.2026 10:00,file:///;")
    (received,), refused = take_inventory(tmp_path)
    assert refused == []
    assert len(take_in(received.path, *received.others)["accepted_outcomes"]) == 2


def encrypted_ods() -> bytes:
    """An open document whose parts are noise and whose manifest says that they are encrypted (OASIS OpenDocument 1.3, part 2)."""
    manifest = MANIFEST.replace("</manifest:manifest>", "<manifest:encryption-data/></manifest:manifest>")
    with zipfile.ZipFile(buffer := io.BytesIO(), "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", bytes(range(7, 200)))
        archive.writestr("META-INF/manifest.xml", manifest)
    return buffer.getvalue()


FOREIGN = {
    "an .xlsx with a password": (
        "S01.xlsx",
        container("EncryptedPackage", "EncryptionInfo"),
        "a file that is protected by a password",
    ),
    "an .ods with a password": ("S01.ods", encrypted_ods(), "a file that is protected by a password"),
    "a web page": (
        "S01.xls",
        b"\xef\xbb\xbf<!DOCTYPE html>\n<html><table><tr><td>R1</td></tr></table></html>",
        "a web page under the name of a workbook",
    ),
    "a table alone": ("S01.xls", b"\r\n<table border=1><tr><td>R1</td></tr></table>", "a web page under the name of a workbook"),
    "zero bytes": ("S01.xlsx", b"", "an empty file"),
    "another old container": ("S01.xls", container("WordDocument"), "a file that is damaged, or no workbook"),
    "a text file": ("S01.xlsx", b"referral_id,total\nR1,3\n", "a file that is damaged, or no workbook"),
}


@pytest.mark.parametrize(("name", "content", "found"), FOREIGN.values(), ids=FOREIGN)
def test_13_what_no_reader_opens_is_named_for_what_it_is(tmp_path: Path, name: str, content: bytes, found: str) -> None:
    (tmp_path / name).write_bytes(content)
    made = take_in(tmp_path / name)
    assert told(made) == [("file-unreadable", "file", found)]
    assert made["quality"]["status"].ne("read").all()


def in_a_process_of_its_own(path: Path) -> tuple[list[str], int, int]:
    """Rules, rows accepted, and the peak memory in megabytes, 0 where the system does not tell it of one program alone."""
    code = (
        "import re, sys; from pathlib import Path; from tests.unit.returns.test_odd_files import take_in\n"
        "made, status = take_in(Path(sys.argv[1])), Path('/proc/self/status')\n"
        "peak = re.search(r'VmHWM:\\s+(\\d+) kB', status.read_text()) if status.exists() else None\n"
        "print(*sorted(set(made['rejected']['rule_id'])), len(made['accepted_outcomes']), int(peak[1]) // 1024 if peak else 0)"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True, cwd=root, timeout=120
    )
    *rules, rows, megabytes = done.stdout.split()
    return rules, int(rows), int(megabytes)


def formatted(columns: int) -> Callable[[Path], Path]:
    """A sheet whose rows are formatted down to the last that a spreadsheet has, as a fill of whole columns leaves it."""

    def make(folder: Path) -> Path:
        path = as_book(folder / "S01.xlsx", lambda book, sheet: book.add_format({"bg_color": "#eeeeee"}))
        letters = [chr(65 + n) if n < 26 else "A" + chr(39 + n) for n in range(columns)]
        cells = "".join(f'<c r="{letter}{{0}}" s="1"/>' for letter in letters)
        with zipfile.ZipFile(path) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        row = ('<row r="{0}">' + cells + "</row>").format
        blank = "".join(row(n) for n in range(4, 1_048_577, 1 if columns < 10 else 7))
        sheet = parts["xl/worksheets/sheet1.xml"].decode()
        parts["xl/worksheets/sheet1.xml"] = sheet.replace("</sheetData>", blank + "</sheetData>").encode()
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in parts.items():
                archive.writestr(name, content)
        return path

    return make


@pytest.mark.parametrize("columns", [3, 30])
def test_14_a_million_formatted_rows_cost_little_and_the_good_rows_arrive(tmp_path: Path, columns: int) -> None:
    rules, rows, megabytes = in_a_process_of_its_own(formatted(columns)(tmp_path))
    assert rows == 2
    assert set(rules) == {"part-not-read", "marks-not-read"}
    assert megabytes < MEGABYTES


def as_ods(path: Path, rows: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", MANIFEST)
        archive.writestr("content.xml", ODS.format(rows))
    return path


def ods_row(row: list[Any], times: int = 1, each: int = 1) -> str:
    cells = "".join(
        f'<table:table-cell table:number-columns-repeated="{each}" office:value-type="string"><text:p>{cell}</text:p></table:table-cell>'
        for cell in row
    )
    return f'<table:table-row table:number-rows-repeated="{times}">{cells}</table:table-row>'


BLANK = (
    '<table:table-row table:number-rows-repeated="{}"><table:table-cell table:number-columns-repeated="{}"/></table:table-row>'
).format
GOOD_ROWS = "".join(map(ods_row, ROWS))
BOMBS = {
    "rows": GOOD_ROWS + ods_row(ROWS[1], times=1_000_000_000),
    "rows of many cells": GOOD_ROWS + ods_row(["x"], times=1_048_570, each=100),
    "cells": GOOD_ROWS + ods_row(["x"], each=1_000_000_000),
    "blanks before a cell": GOOD_ROWS + BLANK(1_000_000, 1) + ods_row(["x"], each=16_384),
}


@pytest.mark.parametrize("rows", BOMBS.values(), ids=BOMBS)
def test_14_an_open_document_that_repeats_without_end_is_refused_before_it_fills_the_memory(tmp_path: Path, rows: str) -> None:
    rules, accepted, megabytes = in_a_process_of_its_own(as_ods(tmp_path / "S01.ods", rows))
    assert (rules, accepted) == (["file-too-large"], 0)
    assert megabytes < MEGABYTES


@pytest.mark.parametrize("blank", [BLANK(1_048_573, 16_384), BLANK(10**12 - 1, 10**12 - 1)])
def test_14_blanks_that_repeat_to_the_end_of_an_open_document_are_nothing(tmp_path: Path, blank: str) -> None:
    rules, accepted, megabytes = in_a_process_of_its_own(as_ods(tmp_path / "S01.ods", GOOD_ROWS + blank))
    assert (set(rules) - {"blank-column", "part-not-read", "marks-not-read"}, accepted) == (set(), 2)
    assert megabytes < MEGABYTES


def test_14_a_sheet_that_unpacks_to_hundreds_of_times_its_size_is_refused(tmp_path: Path) -> None:
    path = as_book(tmp_path / "S01.xlsx")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/worksheets/sheet9.xml", "w") as part:
        for _ in range(1000):
            part.write(b" " * 1_000_000)
    rules, accepted, megabytes = in_a_process_of_its_own(path)
    assert (rules, accepted) == (["file-too-large"], 0)
    assert megabytes < MEGABYTES


def test_9_a_value_struck_through_in_part_is_no_value(tmp_path: Path) -> None:
    def strike(book: Any, sheet: Any) -> None:
        struck, plain = book.add_format({"font_strikeout": True}), book.add_format()
        sheet.write_rich_string("E2", struck, "4", plain, "50", plain)
        sheet.write_rich_string("E3", book.add_format({"bold": True}), "4", plain, "1")

    made = take_in(as_book(tmp_path / "S01.xlsx", strike))
    faults = made["rejected"].query("rule_id == 'struck-through'")
    assert faults[["severity", "cell"]].to_numpy().tolist() == [["row", "E2"]]
    assert made["accepted_outcomes"][["referral_id", "total"]].to_numpy().tolist() == [["R2", 41.0]]


def test_9_so_it_is_in_what_openpyxl_writes_inside_the_cell(tmp_path: Path) -> None:
    from openpyxl.cell.rich_text import CellRichText, TextBlock
    from openpyxl.cell.text import InlineFont

    book = openpyxl.Workbook()
    book.active.title = "outcomes"
    for row in ROWS:
        book.active.append(row)
    book.active["A3"] = CellRichText("R2", TextBlock(InlineFont(strike=True), "9"))
    book.save(tmp_path / "S01.xlsx")
    made = take_in(tmp_path / "S01.xlsx")
    faults = made["rejected"].query("rule_id == 'struck-through'")
    assert faults[["severity", "cell"]].to_numpy().tolist() == [["row", "A3"]]
    assert made["accepted_outcomes"]["referral_id"].tolist() == ["R1"]


def test_macros_are_noted_and_never_run(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    (tmp_path / "vbaProject.bin").write_bytes(container("VBA") + f'Sub Auto_Open()\nOpen "{trace}" For Output As #1\n'.encode())

    def plant(book: Any, sheet: Any) -> None:
        book.add_vba_project(str(tmp_path / "vbaProject.bin"))
        sheet.insert_button("H2", {"macro": "Auto_Open", "caption": "x"})

    made = take_in(as_book(tmp_path / "S01.xlsm", plant))
    assert ("part-not-read", "note", "[part of the file that we do not read] in macros, never run: 1") in told(made)
    assert made["accepted_outcomes"]["referral_id"].tolist() == ["R1", "R2"]
    assert not trace.exists()


def test_a_link_to_another_workbook_is_noted_and_never_followed(tmp_path: Path) -> None:
    elsewhere = as_book(tmp_path / "elsewhere.xlsx", lambda book, sheet: sheet.write("A1", NHS_NUMBER))

    def link(book: Any, sheet: Any) -> None:
        sheet.write_formula("E2", f"='file://{tmp_path}/[elsewhere.xlsx]outcomes'!A1", None, 50)

    path = as_book(tmp_path / "S01.xlsx", link)
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/externalLinks/externalLink1.xml", f'<externalLink xmlns="{main}"><externalBook/></externalLink>')
    before = elsewhere.stat()
    made = take_in(path)
    notes = [found for rule, severity, found in told(made) if (rule, severity) == ("part-not-read", "note")]
    assert any("caches of other workbooks, not followed: 1" in note for note in notes)
    assert made["accepted_outcomes"]["total"].tolist() == [50.0, 41.0]
    assert elsewhere.stat().st_atime_ns == before.st_atime_ns


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
@needs_soffice
def test_a_hidden_sheet_of_an_old_workbook_is_seen_and_searched(tmp_path: Path, state: str) -> None:
    def convert(name: str, text: str) -> Path:
        book = openpyxl.Workbook()
        book.active.title = "outcomes"
        for row in ROWS:
            book.active.append(row)
        hidden = book.create_sheet("lists")
        hidden["B3"], hidden.sheet_state = text, state
        folder = tmp_path / name
        folder.mkdir()
        book.save(folder / "S01.xlsx")
        profile = (tmp_path / "profile").as_uri()
        subprocess.run(
            [
                "soffice",
                "--headless",
                f"-env:UserInstallation={profile}",
                "--convert-to",
                "xls",
                "--outdir",
                folder,
                folder / "S01.xlsx",
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )
        return folder / "S01.xls"

    clean = take_in(convert("clean", "local code"))
    assert ("part-not-read", "note", "[part of the file that we do not read] in hidden sheet") in told(clean)
    assert len(clean["accepted_outcomes"]) == 2
    made = take_in(convert("planted", "someone@example.org"))
    faults = made["rejected"][["rule_id", "sheet", "cell"]].to_numpy().tolist()
    assert faults == [["identifier-found", "sheet 2", "B3"]]
    assert made["accepted_outcomes"].empty
