"""The workbook that goes back to a site."""

from __future__ import annotations

import io
import time
import zipfile

import openpyxl
import pandas as pd
import pytest

from pipeline.returns.faults import as_rows, fault
from pipeline.returns.fix_list import fix_list, is_fix_list
from pipeline.returns.parsing import parse

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
    head, *lines = sheet()[3:]
    assert head == [
        *("Severity", "Table", "Sheet", "Cell", "Rule", "Found (masked)", "Expected"),
        *("How to mend", "What it costs", "Since last release", "Accepted because"),
    ]
    assert len(lines) == len(FAULTS)
    assert next(line for line in lines if line[4] == "not-a-number")[:6] == [
        "value",
        "outcomes",
        "outcomes",
        "F14",
        "not-a-number",
        "=aaa()",
    ]
    assert all(line[6] and line[7] and line[8] for line in lines)
    assert not any(line[9] or line[10] for line in lines)


def test_it_says_of_each_fault_whether_it_is_new_and_of_all_what_became_of_them() -> None:
    compared = "Since release 2026-05: 1 new, 1 still open, 4 fixed (not-whole 4)."
    told = [{**FAULTS[0], "since": "new since 2026-05"}, {**FAULTS[1], "since": "still open since 2026-05"}]
    content = fix_list("S01", told, is_synthetic=False, compared=compared)
    rows = [[cell.value for cell in row] for row in openpyxl.load_workbook(io.BytesIO(content)).worksheets[0].iter_rows()]
    assert rows[1][0] == compared
    assert [row[9] for row in rows[4:]] == ["new since 2026-05", "still open since 2026-05"]


def test_the_gravest_stand_first_and_then_they_go_by_place() -> None:
    places = (("note", "A2"), ("value", "B10"), ("row", "C3"), ("value", "B9"), ("warning", "A1"), ("value", "AA9"), ("file", ""))
    given = [{**FAULTS[0], "severity": severity, "cell": cell} for severity, cell in places]
    expected = [
        ("file", None),
        ("row", "C3"),
        ("value", "B9"),
        ("value", "AA9"),
        ("value", "B10"),
        ("warning", "A1"),
        ("note", "A2"),
    ]
    assert [(line[0], line[3] or None) for line in sheet(given)[4:]] == expected


def test_it_says_how_what_was_found_is_masked() -> None:
    assert str(sheet()[2][0]).startswith("What was found is masked")


def test_it_prints_one_page_wide_with_its_headings_on_each_page_and_no_line_cut_off() -> None:
    long = [{**FAULTS[0], "mend": "Look it up on the form and type it again. " * 6}, FAULTS[1]]
    page = openpyxl.load_workbook(io.BytesIO(fix_list("S01", long, is_synthetic=False))).worksheets[0]
    assert page.page_setup.orientation == "landscape"
    assert (page.page_setup.fitToWidth or 1, page.page_setup.fitToHeight) == (1, 0)  # one is what stands for nothing
    assert page.sheet_properties.pageSetUpPr.fitToPage
    assert page.print_title_rows == "$4:$4"
    width = page.column_dimensions["G"].width  # and of H, as wide
    for row in (5, 6):
        assert page.row_dimensions[row].height >= 15 * len(str(page.cell(row, 8).value)) / width


@pytest.mark.parametrize(("n", "is_whole"), [(3, True), (40, True), (41, False)])
def test_codes_to_choose_from_are_all_named_or_where_a_site_finds_them(n: int, is_whole: bool) -> None:
    codes = tuple(f"code{k}" for k in range(n))
    said = parse(pd.Series(["other"], dtype="str"), {"kind": "code", "codes": codes}).limit
    assert (said == ", ".join(codes)) is is_whole
    assert ("template" in said) is not is_whole
    assert "dictionary" not in said


def test_it_is_told_from_a_sheet_that_only_begins_like_it() -> None:
    assert is_fix_list(sheet())
    assert not is_fix_list([sheet()[0], ["referral_id", "measure"], ["R1", "pcl5"]])
    assert not is_fix_list([])


def test_it_is_headed_as_row_level_data_of_its_site() -> None:
    assert str(sheet()[0][0]).startswith("Contains small numbers and row-level data of S01")
    assert str(sheet(is_synthetic=True)[0][0]).startswith("SYNTHETIC. Contains")


def test_nothing_in_it_runs() -> None:
    content = zipfile.ZipFile(io.BytesIO(fix_list("S01", FAULTS, is_synthetic=False))).read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in content
    book = openpyxl.load_workbook(io.BytesIO(fix_list("S01", FAULTS, is_synthetic=False)))
    assert {cell.data_type for row in book.worksheets[0].iter_rows(min_row=5) for cell in row if cell.value} == {"s"}


def test_no_fault_is_a_list_without_lines() -> None:
    assert len(sheet([])) == 4


def test_the_same_faults_give_the_same_bytes() -> None:
    first = fix_list("S01", FAULTS, is_synthetic=False)
    time.sleep(1.1)  # a file that carries the clock would differ by now
    assert fix_list("S01", FAULTS, is_synthetic=False) == first
