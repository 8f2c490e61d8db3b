"""The marked-up copy: what a site sees is what was read, every fault is in its own cell, and nothing else comes along."""

from __future__ import annotations

import csv
import datetime
import hashlib
import io
import random
import re
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from openpyxl.comments import Comment
from openpyxl.styles import Font

from pipeline.config import IntakeSettings
from pipeline.measures import load
from pipeline.returns.faults import as_rows, fault
from pipeline.returns.fix_list import fix_list
from pipeline.returns.inventory import Return
from pipeline.returns.marked_copy import marked_copy
from pipeline.returns.readers import read_sheets
from pipeline.returns.scan import scan_return
from pipeline.returns.template import template
from pipeline.stages.ingest import ingest
from pipeline.stages.validate import validate

Faults = list[dict[str, Any]]
TODAY = datetime.date(2026, 1, 5)


def validated(path: Path) -> dict[str, Any]:
    return validate({"S07": ingest(Return("S07", path), IntakeSettings())}, load())


def faults_of(path: Path) -> Faults:
    rejected = validated(path)["rejected"].astype("object")
    return rejected.where(rejected.notna(), None).to_dict("records")


def copy_of(path: Path, faults: Faults | None = None, *, is_synthetic: bool = False) -> bytes:
    made = marked_copy(path, "S07", faults_of(path) if faults is None else faults, is_synthetic=is_synthetic)
    assert made is not None
    return made


def opened(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content))


def comments(book: Any) -> dict[tuple[str, str], str]:
    return {(s.title, c.coordinate): c.comment.text for s in book for row in s.iter_rows() for c in row if c.comment}


def shade(cell: Any) -> str:
    return cell.fill.fgColor.rgb if cell.fill.fill_type else ""


def at(cell: str = "", *, rule: str = "not-a-number", **place: Any) -> Faults:
    """One fault of the sheet `outcomes`."""
    return as_rows([fault(rule, site_id="S07", **{"found": "45*", "table": "outcomes", "sheet": "outcomes", **place}, cell=cell)])


@pytest.fixture
def simple(tmp_path: Path) -> Path:
    book = openpyxl.Workbook()
    book.active.title = "outcomes"
    for row in (("referral_id", "measure", "date", "total"), ("R1", "pcl5", TODAY, "45*"), ("R2", "pcl5", TODAY, 44)):
        book.active.append(row)
    book.save(tmp_path / "S07.xlsx")
    return tmp_path / "S07.xlsx"


# --- Values --------------------------------------------------------------------------------------------------------------


def all_kinds_of_values(path: Path) -> None:
    book = xlsxwriter.Workbook(path, {"strings_to_formulas": False})
    dated, timed = book.add_format({"num_format": "dd/mm/yy"}), book.add_format({"num_format": "dd/mm/yy hh:mm:ss"})
    sheet = book.add_worksheet("outcomes")
    for row, text in enumerate(
        ("007", " a ", "=1+1", "+44", "@sum", "_x0041_", "a\x01\r\n\tb", "\u202eabc\u200b", "x" * 32_767, "TRUE")
    ):
        sheet.write_string(row + 5, 2, text)
    for row, number in enumerate((0.1 + 0.2, 1e20, -0.0, 12, 1 / 3, 1e-9, 123456789012345678)):
        sheet.write_number(row + 5, 3, number)
    random_days = random.Random(20261122)
    for row in range(40):
        sheet.write_number(row + 5, 4, random_days.uniform(61, 2_000_000), timed)
        sheet.write_number(row + 5, 5, random_days.randrange(61, 2_000_000), dated)
    for row, serial in enumerate((0, 0.5, 1, 59, 60, 61)):
        sheet.write_number(row + 5, 6, serial, dated)
    sheet.write_boolean(5, 7, True)
    for row, (formula, result) in enumerate((("=1+1", 2), ('="x"', "x"), ("=1/0", "#DIV/0!"), ("=NOW()", ""), ("=1=1", True))):
        sheet.write_formula(row + 5, 8, formula, dated if row == 3 else None, result)
    sheet.merge_range(60, 2, 62, 4, "merged")
    book.add_worksheet("Räume & Co")
    book.close()


def test_every_value_of_a_visible_sheet_is_read_the_same_at_the_same_address(tmp_path: Path) -> None:
    original, copy = tmp_path / "S07.xlsx", tmp_path / "copy.xlsx"
    all_kinds_of_values(original)
    copy.write_bytes(copy_of(original, at("Z99")))
    ours, theirs = (read_sheets(path, IntakeSettings(), set()) for path in (copy, original))
    assert ours[1:] == theirs
    assert (theirs[0].first_row, theirs[0].first_column) == (5, 2)


def test_no_formula_is_in_it_and_text_that_looks_like_one_stays_text(tmp_path: Path) -> None:
    all_kinds_of_values(tmp_path / "S07.xlsx")
    made = copy_of(tmp_path / "S07.xlsx", [])
    archive = zipfile.ZipFile(io.BytesIO(made))
    assert not any(b"<f>" in archive.read(name) or b"<f " in archive.read(name) for name in archive.namelist())
    cells = {c.value: c for row in opened(made)["outcomes"].iter_rows() for c in row if c.data_type == "s"}
    for text in ("=1+1", "+44", "@sum", "007"):
        assert (cells[text].number_format, cells[text].quotePrefix) == ("@", True)


def test_a_day_that_programs_count_differently_is_text(tmp_path: Path) -> None:
    """Before March 1900 serial numbers mean another day in Excel than in LibreOffice."""
    all_kinds_of_values(tmp_path / "S07.xlsx")
    sheet = opened(copy_of(tmp_path / "S07.xlsx", []))["outcomes"]
    assert [sheet[cell].data_type for cell in ("G9", "G11")] == ["s", "d"]
    assert str(sheet["G9"].value).startswith("1900-02-2")


def test_a_long_number_keeps_all_its_digits(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = 0.25
    book.save(tmp_path / "S07.xlsx")
    with zipfile.ZipFile(tmp_path / "S07.xlsx") as old, zipfile.ZipFile(tmp_path / "long.xlsx", "w") as new:
        for name in old.namelist():  # as Excel writes a mean, with 17 digits
            new.writestr(name, old.read(name).replace(b"<v>0.25</v>", b"<v>0.30000000000000004</v>"))
    (tmp_path / "copy.xlsx").write_bytes(copy_of(tmp_path / "long.xlsx", []))
    assert read_sheets(tmp_path / "copy.xlsx", IntakeSettings(), set())[1].rows == [["0.30000000000000004"]]


# --- Marks ---------------------------------------------------------------------------------------------------------------


def test_a_fault_is_explained_and_coloured_in_its_own_cell_and_nowhere_else(simple: Path) -> None:
    faults = faults_of(simple)
    placed = {(f["sheet"], f["cell"]) for f in faults if f["cell"]}
    assert placed == {("outcomes", "D2")}
    sheet = opened(made := copy_of(simple))["outcomes"]
    assert set(comments(opened(made))) == placed
    said = sheet["D2"].comment.text
    (row,) = [f for f in faults if f["cell"] == "D2"]
    assert all(row[part] in said for part in ("found", "expected", "mend", "cost", "rule_id"))
    assert said.startswith("The row is left out")
    assert sheet["D2"].value == "45*"
    assert len({shade(sheet[cell]) for cell in ("A2", "B2", "C2")} - {""}) == 1
    assert shade(sheet["D2"]) not in {"", shade(sheet["A2"])}
    assert not any(shade(sheet[cell]) for cell in ("A1", "D1", "A3", "D3"))


@pytest.mark.parametrize("seed", range(12))
def test_addresses_hold_under_banners_and_beside_hidden_rows_and_columns(tmp_path: Path, seed: int) -> None:
    """One cell is broken; the comment is in that cell, wherever the table stands."""
    chance = random.Random(seed)
    down, right, wrong = chance.randrange(0, 15), chance.randrange(0, 30), chance.randrange(1, 30)
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "outcomes"
    rows = [("referral_id", "measure", "date", "total"), *((f"R{n}", "pcl5", TODAY, n) for n in range(30))]
    for row, values in enumerate(rows):
        for column, value in enumerate(values):
            sheet.cell(down + row + 1, right + column + 1).value = value
    if down > 2:
        sheet.cell(1, right + 1).value = "Maternal mental health"
    cell = sheet.cell(down + wrong + 1, right + 4)
    cell.value = "O"
    for row in chance.sample(range(1, down + 30), 5):
        sheet.row_dimensions[row].hidden = True
    sheet.column_dimensions["C"].hidden = True
    book.save(tmp_path / "S07.xlsx")
    copy = opened(copy_of(tmp_path / "S07.xlsx"))
    assert [place for place, said in comments(copy).items() if "not-a-number" in said] == [("outcomes", cell.coordinate)]
    assert copy["outcomes"][cell.coordinate].value == "O"
    assert not any(each.hidden for each in copy["outcomes"].row_dimensions.values())
    assert not any(each.hidden for each in copy["outcomes"].column_dimensions.values())


def test_several_faults_of_one_cell_share_its_comment_and_the_gravest_gives_the_colour(simple: Path) -> None:
    both = [*at("D3", rule="items-incomplete"), *at("D3")]
    cell = opened(copy_of(simple, both))["outcomes"]["D3"]
    assert cell.comment.text.index("not-a-number") < cell.comment.text.index("items-incomplete")
    assert shade(cell) == shade(opened(copy_of(simple, at("D3")))["outcomes"]["D3"])


@pytest.mark.parametrize("cell", ["C2", "F9"])
def test_a_blank_cell_and_one_beyond_all_values_can_be_marked(simple: Path, cell: str) -> None:
    sheet = opened(copy_of(simple, at(cell)))["outcomes"]
    assert sheet[cell].comment is not None
    assert shade(sheet[cell])


def test_a_row_fault_without_a_cell_is_explained_at_the_first_cell_of_its_row(simple: Path) -> None:
    found = comments(opened(copy_of(simple, at(rule="blank-needed", row=3))))
    assert list(found) == [("outcomes", "A3")]


@pytest.mark.parametrize("place", [{"sheet": "elsewhere"}, {"sheet": None, "cell": None}, {"cell": "total"}])
def test_a_fault_without_a_cell_that_is_shown_stands_in_the_fix_list_alone(simple: Path, place: dict[str, Any]) -> None:
    book = opened(copy_of(simple, [{**at("D2")[0], **place}]))
    assert comments(book) == {}
    assert book["fix list"]["E5"].value == "not-a-number"


def test_a_comment_holds_no_character_that_a_workbook_must_not_hold(simple: Path) -> None:
    said = opened(copy_of(simple, at("D2", found="4\x015\x0b*")))["outcomes"]["D2"].comment.text
    assert "4 5 *" in said


# --- What would look sound ------------------------------------------------------------------------------------------------


def with_doubtful_cells(path: Path) -> None:
    """D2 is struck through, D5 too in a row that is out for its date; D3 changes every day, D4 and D6 failed."""
    with xlsxwriter.Workbook(path) as book:
        sheet, struck = book.add_worksheet("outcomes"), book.add_format({"font_strikeout": True})
        for row, values in enumerate((("referral_id", "measure", "date", "total"), *((f"R{n}", "pcl5") for n in range(1, 7)))):
            sheet.write_row(row, 0, values)
        for row in range(1, 7):
            sheet.write_datetime(row, 2, datetime.datetime(2026, 1, 5), book.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write_string("C5", "x")
        sheet.write_number("D2", 44, struck)
        sheet.write_formula("D3", "=DAY(TODAY())", None, 12)
        sheet.write_formula("D4", "=1/0", None, "#DIV/0!")
        sheet.write_number("D5", 45, struck)
        sheet.write_formula("D6", "=B99", None, "")
        sheet.write_number("D7", 46)


def test_what_was_refused_for_its_looks_or_its_formula_is_refused_again_in_the_copy_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "S07.xlsx"
    with_doubtful_cells(path)
    first = validated(path)
    found = {(f["rule_id"], f["cell"]) for f in faults_of(path)}
    assert found >= {("struck-through", "D2"), ("changing-formula", "D3"), ("cell-error", "D4"), ("no-result", "D6")}
    made = copy_of(path)
    sheet = opened(made)["outcomes"]
    assert [bool(sheet[cell].font.strike) for cell in ("D2", "D5", "D7")] == [True, True, False]
    assert [sheet[cell].value for cell in ("D2", "D3", "D4", "D5", "D6")] == [44, None, None, 45, None]
    assert all(sheet[cell].comment for cell in ("D2", "D3", "D4", "D6"))
    path.write_bytes(made)
    again = validated(path)
    assert accepted(again) == accepted(first)
    assert ("struck-through", "D2") in {(f["rule_id"], f["cell"]) for f in faults_of(path)}


def test_a_formula_of_a_row_that_is_out_for_another_reason_is_left_blank_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "S07.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("outcomes")
        sheet.write_row(0, 0, ("referral_id", "measure", "date", "total"))
        sheet.write_row(1, 0, ("R1", "pcl5", "2026-01-05"))
        sheet.write_formula("D2", "=DAY(TODAY())", None, 12)
    copy = opened(copy_of(path, at("A2", rule="blank-needed")))["outcomes"]
    assert copy["D2"].value is None
    assert copy["D2"].comment.text.startswith("Left blank in this copy")


def test_a_struck_value_that_is_deleted_or_freed_is_no_longer_named(tmp_path: Path) -> None:
    path = tmp_path / "S07.xlsx"
    with_doubtful_cells(path)
    book = opened(copy_of(path))
    book["outcomes"]["D2"].font = Font()
    book.save(path)
    assert "D2" not in {f["cell"] for f in faults_of(path) if f["severity"] != "note"}


# --- In front ------------------------------------------------------------------------------------------------------------


def test_the_fix_list_stands_in_front_as_it_would_stand_alone(simple: Path) -> None:
    faults = faults_of(simple)
    book, alone = opened(copy_of(simple)), opened(fix_list("S07", faults, is_synthetic=False))
    assert book.sheetnames == ["fix list", "outcomes"]
    rows = [[cell.value for cell in row] for row in book["fix list"].iter_rows()]
    assert rows == [[cell.value for cell in row] for row in alone["fix list"].iter_rows()]
    assert rows[0][0] == "Contains small numbers and row-level data of S07: return by your approved route."


def test_a_synthetic_copy_says_so(simple: Path) -> None:
    book = opened(copy_of(simple, is_synthetic=True))
    assert str(book["fix list"]["A1"].value).startswith("SYNTHETIC. Contains small numbers")
    assert all(sheet.oddHeader.center.text.startswith("SYNTHETIC. Contains") for sheet in book)


def test_a_copy_of_a_copy_has_one_fix_list(simple: Path) -> None:
    again = simple.with_name("again.xlsx")
    again.write_bytes(copy_of(simple))
    assert opened(copy_of(again, at("D2"))).sheetnames == ["fix list", "outcomes"]


def test_a_sheet_of_the_site_under_our_sentence_comes_along(simple: Path) -> None:
    book = openpyxl.load_workbook(simple)
    book["outcomes"].insert_rows(1)
    book["outcomes"]["A1"] = "Contains small numbers and row-level data of S07: return by your approved route."
    book.save(simple)
    assert opened(copy_of(simple)).sheetnames == ["fix list", "outcomes"]


def test_the_mask_is_explained_in_the_first_comment_of_a_sheet(simple: Path) -> None:
    said = comments(opened(copy_of(simple, [*at("D2"), *at("D3")])))
    assert [("What was found is masked" in text) for text in said.values()] == [True, False]


def test_a_sheet_that_the_site_calls_fix_list_keeps_its_name(simple: Path) -> None:
    book = openpyxl.load_workbook(simple)
    book.create_sheet("Fix List")["A1"] = "ours"
    book.save(simple)
    assert opened(copy_of(simple)).sheetnames == ["fix list 2", "outcomes", "Fix List"]


# --- What does not come along --------------------------------------------------------------------------------------------


def everything_else(folder: Path) -> Path:
    """A workbook with something of its owner in every place that is no visible cell."""
    path = folder / "S07.xlsm"
    book = xlsxwriter.Workbook(path)
    book.set_properties({"author": "OWNED 1", "company": "OWNED 2", "comments": "OWNED 3", "title": "OWNED 4"})
    book.set_custom_property("OWNED 5", "OWNED 6")
    sheet = book.add_worksheet("outcomes")
    sheet.write_row(0, 0, ("referral_id", "measure", "occasion", "total"))
    sheet.write_row(1, 0, ("R1", "pcl5", "pre", 44))
    sheet.write_comment("A2", "OWNED 7", {"author": "OWNED 8", "visible": True})
    sheet.write_url("A2", "https://example.org/OWNED9", string="R1")
    sheet.write_formula("D2", "='[OWNED10.xlsx]Sheet1'!$A$1", None, 44)
    sheet.data_validation("B2", {"validate": "list", "source": ["OWNED11"], "input_message": "OWNED 12"})
    sheet.set_header("&LOWNED 13")
    sheet.insert_textbox("F2", "OWNED 14")
    sheet.autofilter("A1:D2")
    for name in ("OWNED15", "hidden too"):
        other = book.add_worksheet(name)
        other.write_string("A1", "OWNED 16")
        other.hide() if name == "OWNED15" else other.very_hidden()
    book.define_name("OWNED17", "=outcomes!$A$2")
    (folder / "macro.bin").write_bytes(b"OWNED 18")
    book.add_vba_project(str(folder / "macro.bin"))
    book.close()
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(
            "xl/pivotCache/pivotCacheRecords1.xml", "<pivotCacheRecords><r><s v='OWNED 19'/></r></pivotCacheRecords>"
        )
    return path


def parts(content: bytes) -> dict[str, bytes]:
    archive = zipfile.ZipFile(io.BytesIO(content))
    return {name: archive.read(name) for name in archive.namelist()}


def test_nothing_of_the_original_but_its_visible_cells_is_in_the_copy(tmp_path: Path) -> None:
    path = everything_else(tmp_path)
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    owned = b"".join((name.encode() + content for name, content in parts(path.read_bytes()).items()))
    assert all(f"OWNED{n}".encode() in owned.replace(b"OWNED ", b"OWNED") for n in range(1, 20))
    made = parts(content := copy_of(path, at("D2")))
    assert not [name for name, text in made.items() if b"OWNED" in text or "OWNED" in name]
    words = ("vba", "externallink", "pivot", "custom", "drawing1.xml", "person", "calcchain", "definedname")
    assert not [name for name in made if any(word in name.lower() for word in words)]
    ours = re.findall(b'definedName name="([^"]+)"', made["xl/workbook.xml"])
    assert ours == [b"_xlnm._FilterDatabase", b"_xlnm.Print_Titles"]
    assert b"External" not in b"".join(made.values())
    book = opened(content)
    assert book.sheetnames == ["fix list", "outcomes"]
    assert set(comments(book)) == {("outcomes", "D2")}
    assert book["fix list"]["A2"].value == "Not in this copy: 2 sheet(s) hidden."
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before


def test_the_same_return_gives_the_same_bytes(simple: Path) -> None:
    first = copy_of(simple)
    time.sleep(2.1)  # a zip archive counts time in steps of two seconds
    assert copy_of(simple) == first


# --- Identifiers ---------------------------------------------------------------------------------------------------------


def test_a_lone_cell_with_an_identifier_is_named_and_left_blank(simple: Path) -> None:
    book = openpyxl.load_workbook(simple)
    book["outcomes"]["B3"] = "ward7@example.org"
    book.create_sheet("Mrs Smith")["B2"] = "ward.office@example.org"
    book["outcomes"]["D2"] = 45
    for sheet, cell, shown in (("outcomes", "B3", "outcomes"), ("Mrs Smith", "B2", "sheet 2")):
        book.save(simple)
        made = copy_of(simple, at(cell, rule="identifying-cell", found="[e-mail address]", sheet=shown))
        copy = opened(made)
        assert copy[sheet][cell].value is None
        assert "[e-mail address]" in comments(copy)[sheet, cell]
    assert b"ward.office" not in b"".join(parts(made).values())


def test_an_identifier_found_by_the_scan_is_not_in_the_copy(simple: Path) -> None:
    book = openpyxl.load_workbook(simple)
    book["outcomes"]["B3"] = "ward7@example.org"
    book.save(simple)
    assert "identifying-cell" in {each["rule_id"] for each in faults_of(simple)}
    assert b"example.org" not in b"".join(parts(copy_of(simple)).values())


FOUND = (
    "26/05/1990",
    "1990-05-26 00:00:00",
    "999 000 0018",
    "999 999 9999",
    "07700 900123",
    "SW1A 1AA",
    "aa.aa@aaaa.aaa",
    "Mr Aaaaa",
)


@pytest.mark.parametrize("found", FOUND)
def test_a_copy_that_is_sent_back_is_not_taken_for_an_incident(simple: Path, found: str) -> None:
    """What we quote of a cell must not look like an identifier where nothing says that it is a date or a score."""
    simple.write_bytes(copy_of(simple, [*at("D2", found=found), *at("D3", found=found)]))
    assert {f.severity for f in scan_return(simple, read_sheets(simple, IntakeSettings(), set()))} <= {"note"}


# --- Where none is made --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", ["identifier", "identifier-found", "identifying-cell", "file-unreadable", "file-conflict"])
def test_no_copy_is_made_where_an_identifier_was_found_or_nothing_was_read(simple: Path, rule: str) -> None:
    assert marked_copy(simple, "S07", [{**at()[0], "rule_id": rule}], is_synthetic=False) is None


def as_folder(path: Path) -> None:
    path.mkdir()
    with (path / "outcomes.csv").open("w", newline="") as file:
        csv.writer(file).writerow(["referral_id"])


@pytest.mark.parametrize(
    "make", [as_folder, lambda p: p.write_bytes(b"PK\x03\x04"), lambda p: p.write_bytes(b""), lambda p: None]
)
def test_no_copy_is_made_of_what_is_no_workbook(tmp_path: Path, make: Callable[[Path], object]) -> None:
    make(tmp_path / "S07.xlsx")
    assert marked_copy(tmp_path / "S07.xlsx", "S07", [], is_synthetic=False) is None


# --- A data manager at work ----------------------------------------------------------------------------------------------


def fill(book: Any, table: str, *rows: dict[str, object]) -> None:
    headings = {cell.value: cell.column for cell in book[table][1]}
    for number, row in enumerate(rows, start=2):
        for column, value in row.items():
            book[table].cell(number, headings[column]).value = value


def clean_book() -> Any:
    book = openpyxl.load_workbook(io.BytesIO(template()))
    referral = {
        **{
            "site_id": "S07",
            "client": "woman_or_birthing_parent",
            "referral_date": TODAY,
            "referral_source": "A1",
            "accepted": "y",
        },
        **{"pathway": "tokophobia", "perinatal_stage": "postnatal", "age_band": "25_29", "ethnic_category": "A", "imd_decile": 3},
        **{"rejection_reason": "other", "assessment_day": 10, "first_treatment_day": 21, "end_day": 100},
        **{"end_reason": "completed", "intervention": "emdr", "eligible_for_outcomes": "y"},
    }
    fill(book, "referrals", *({**referral, "referral_id": f"R{n}", "person_id": f"P{n}"} for n in range(20)))
    score = {"site_id": "S07", "measure": "pcl5", "occasion": "pre", "total": 44}
    fill(book, "outcomes", *({**score, "referral_id": f"R{n}", "date": datetime.date(2026, 1, 10)} for n in range(20)))
    means = {"period_start": TODAY, "period_end": datetime.date(2026, 6, 30), "n_eligible": 30, "n_pre": 20, "n_post": 15}
    more = {"mean_pre": 45.5, "sd_pre": 10, "mean_post": 30.5, "sd_post": 11, "n_paired": 15, "r": 0.5, "sd_change": 9}
    rest = {"mean_pre_paired": 46, "mean_post_paired": 30, "n_reliably_improved": 6, "n_reliably_deteriorated": 1}
    fill(book, "aggregates", {"site_id": "S07", "measure": "pcl5", "pathway": "all", **means, **more, **rest})
    return book


@dataclass(frozen=True)
class Broken:
    """One thing that goes wrong in a sheet, under a heading, in a row of it."""

    sheet: str
    column: str
    row: int
    value: object
    rule: str


TEN = (
    Broken("referrals", "referral_date", 3, "13/05/2026", "not-a-date"),
    Broken("referrals", "referral_date", 2, "26/05/1990", "not-a-date"),
    Broken("referrals", "imd_decile", 4, 11, "not-a-code"),
    Broken("referrals", "pathway", 5, "trauma", "not-a-code"),
    Broken("referrals", "referral_id", 7, "R4", "duplicate-key"),
    Broken("referrals", "age_band", 1, "age", "unknown-columns"),
    Broken("outcomes", "total", 3, "45*", "not-a-number"),
    Broken("outcomes", "total", 4, 81, "score-out-of-range"),
    Broken("outcomes", "measure", 10, "PCL", "unknown-measure"),
    Broken("outcomes", "referral_id", 12, "R99", "referral-not-found"),
    Broken("outcomes", "referral_id", 13, None, "blank-needed"),
    Broken("aggregates", "n_post", 2, 25, "counts-disagree"),
    Broken("aggregates", "", 2, "see e-mail", "beyond-headings"),
)


def place(book: Any, broken: Broken) -> Any:
    sheet = book[broken.sheet]
    columns = {cell.value: cell.column for cell in sheet[1]}
    return sheet.cell(broken.row, columns[broken.column] if broken.column else sheet.max_column + 1)


def accepted(made: dict[str, Any]) -> dict[str, Any]:
    return {name: table.to_dict("list") for name, table in made.items() if name.startswith("accepted_") and len(table)}


STORY = [pytest.param((each,), id=each.rule + "-" + (each.column or "beyond")) for each in TEN]


@pytest.mark.parametrize("mends_in", ["own workbook", "marked-up copy"])
@pytest.mark.parametrize("wrong", [*STORY, pytest.param(TEN[:-1], id="all at once")])
def test_who_mends_what_the_comments_say_sends_a_clean_return(tmp_path: Path, wrong: tuple[Broken, ...], mends_in: str) -> None:
    own, path = clean_book(), tmp_path / "S07.xlsx"
    own.save(path)
    expected = validated(path)
    assert set(expected["rejected"]["severity"]) <= {"note"}
    right = {(s.title, c.coordinate): c.value for s in own for row in s.iter_rows() for c in row}
    cells = {(each.sheet, place(own, each).coordinate): each for each in wrong}
    for (sheet, cell), each in cells.items():
        own[sheet][cell].value = each.value
    own.save(path)
    copy = opened(copy_of(path))
    said = comments(copy)
    for address, each in cells.items():
        assert each.rule in said[address]
    mended = own if mends_in == "own workbook" else copy
    for sheet, cell in said:
        mended[sheet][cell].value = right.get((sheet, cell))
    mended.save(path)
    made = validated(path)
    grave = made["rejected"][made["rejected"]["severity"] != "note"]
    assert set(grave["rule_id"]) <= ({"unknown-sheets"} if mends_in == "marked-up copy" else set())
    assert accepted(made) == accepted(expected)


def test_a_comment_of_the_site_is_not_taken_over(simple: Path) -> None:
    book = openpyxl.load_workbook(simple)
    book["outcomes"]["D2"].comment = Comment("please ring the ward", "someone")
    book.save(simple)
    assert "ward" not in comments(opened(copy_of(simple)))["outcomes", "D2"]


def test_it_says_in_the_cell_and_above_the_list_how_faults_stand_against_the_last_release(simple: Path) -> None:
    faults = [{**each, "since": "new since 2026-05"} for each in at("D2")]
    content = marked_copy(simple, "S07", faults, is_synthetic=False, compared="Since release 2026-05: 1 new.")
    assert content is not None
    book = opened(content)
    assert comments(book)["outcomes", "D2"].startswith("The value is left out (new since 2026-05)")
    assert book["fix list"]["A2"].value == "Since release 2026-05: 1 new."
    assert "Accepted because" in [cell.value for cell in book["fix list"][4]]
