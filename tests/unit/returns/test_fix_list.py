"""The workbook that goes back to a site."""

from __future__ import annotations

import io
import time
import zipfile

import openpyxl

from pipeline.returns.faults import as_rows, fault
from pipeline.returns.fix_list import fix_list

FAULTS = as_rows(
    [
        fault(
            "not-a-number", site_id="S01", found="=aaa()", table="outcomes", sheet="outcomes", cell="F14", row=14, column="total"
        ),
        fault("blank-column", site_id="S01", found="no value", limit="+pathway", table="referrals", sheet="referrals", cell="C2"),
        fault("file-conflict", site_id="S01", found="S01, S01.xlsx"),
    ]
)


def sheet(faults: list[dict[str, object]] = FAULTS, *, is_synthetic: bool = False) -> list[list[object]]:
    book = openpyxl.load_workbook(io.BytesIO(fix_list("S01", faults, is_synthetic=is_synthetic)))
    return [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()]


def test_it_has_a_line_a_fault_with_where_what_and_how_to_mend() -> None:
    head, *lines = sheet()[2:]
    assert head == [
        *("Severity", "Table", "Sheet", "Cell", "Rule", "Found (masked)", "Expected"),
        *("How to mend", "What it costs", "Accepted because"),
    ]
    assert len(lines) == len(FAULTS)
    assert lines[0][:6] == ["value", "outcomes", "outcomes", "F14", "not-a-number", "=aaa()"]
    assert all(line[6] and line[7] and line[8] for line in lines)
    assert not any(line[9] for line in lines)


def test_it_is_headed_as_row_level_data_of_its_site() -> None:
    assert str(sheet()[0][0]).startswith("Contains small numbers and row-level data of S01")
    assert str(sheet(is_synthetic=True)[0][0]).startswith("SYNTHETIC. Contains")


def test_nothing_in_it_runs() -> None:
    content = zipfile.ZipFile(io.BytesIO(fix_list("S01", FAULTS, is_synthetic=False))).read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in content
    book = openpyxl.load_workbook(io.BytesIO(fix_list("S01", FAULTS, is_synthetic=False)))
    assert {cell.data_type for row in book.worksheets[0].iter_rows(min_row=4) for cell in row if cell.value} == {"s"}


def test_no_fault_is_a_list_without_lines() -> None:
    assert len(sheet([])) == 3


def test_the_same_faults_give_the_same_bytes() -> None:
    first = fix_list("S01", FAULTS, is_synthetic=False)
    time.sleep(1.1)  # a file that carries the clock would differ by now
    assert fix_list("S01", FAULTS, is_synthetic=False) == first
