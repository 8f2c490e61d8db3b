"""Identifiers in a return: found by kind and place before anything is written, and never shown. All of them are invented."""

from __future__ import annotations

import csv
import random
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.comments import Comment
from openpyxl.worksheet.datavalidation import DataValidation

from pipeline.config import IntakeSettings
from pipeline.returns.hidden_parts import hidden_sheets, scan_hidden_parts
from pipeline.returns.hits import Finding
from pipeline.returns.readers import read_sheets
from pipeline.returns.scan import scan_cells, scan_return
from pipeline.returns.sheets import Sheet
from pipeline.returns.template import template

NUMBERS = ("9990000018", "9990000026", "9990000034", "9990000042", "9990000050", "9990000069", "9990000077", "9990000085")
"""Of the range 999, which is not issued; they pass the check."""
GROUPED = "999 000 0018"
SECRETS = {
    "nhs_number": GROUPED,
    "postcode": "LS98 9ZZ",
    "date_of_birth": "12/05/1988",
    "email": "ada@example.org",
    "phone": "07700 900123",
}
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
HEADINGS = {"referral_id", "measure", "date", "total"}


def column(*values: str, title: str = "local", others: int = 0) -> list[Sheet]:
    """A sheet of outcomes with one more column, and so many ordinary values under these."""
    cells = [*values, *(f"x{n}" for n in range(others))]
    rows = [["referral_id", "measure", "total", title], *([f"R{n:04d}", "pcl5", "40", cell] for n, cell in enumerate(cells))]
    return [Sheet("outcomes", rows)]


def told(findings: list[Finding]) -> set[tuple[str, str]]:
    return {(each.kind, each.severity) for each in findings if each.kind}


def of_cells(*values: str, title: str = "local", others: int = 20) -> set[tuple[str, str]]:
    return told(scan_cells(column(*values, title=title, others=others)))


def of_file(path: Path) -> list[Finding]:
    return scan_return(path, read_sheets(path, IntakeSettings(), HEADINGS))


# NHS numbers


@pytest.mark.parametrize(
    "value",
    [
        *(GROUPED, "999\u00a0000\u00a00018", "999-000-0018", "999\u2011000\u20110018", "999.000.0018", "999  000 0018"),
        *(
            "9990000018",
            "'9990000018",
            "9990000018.0",
            "9,990,000,018",
            "\uff19\uff19\uff19\uff10\uff10\uff10\uff10\uff10\uff11\uff18",
        ),
        *(
            "\u0669\u0669\u0669\u0660\u0660\u0660\u0660\u0660\u0661\u0668",
            "999\u200b0000018",
            "NHS9990000018",
            "no. 9990000018, seen",
        ),
        *("twelve\n999 000 0018", "999\t000\t0018", "12 999 000 0018", "R-9990000018"),
    ],
)
def test_an_nhs_number_is_found_however_it_is_written(value: str) -> None:
    assert of_cells(value) == {("nhs_number", "file")}


@pytest.mark.parametrize(
    "value",
    [
        *(
            "9990000019",
            "999 000 0019",
            "99900000181",
            "19990000018",
            "0.9990000018",
            "9990000018.5",
            "0000000000",
            "111 111 1111",
        ),
        *("1 0 2 3 1 2 4 3 1 2", "0;1;2;3;0;1;2;3;0;1", "a9990000018b2c3d4", "9.990000018E9"),
    ],
)
def test_what_is_no_nhs_number_is_not_taken_for_one(value: str) -> None:
    assert of_cells(value) == set()


def random_ids(count: int, seed: int = 1) -> list[str]:
    rng = random.Random(seed)
    return [f"{rng.randrange(10**10):010d}" for _ in range(count)]


def test_ids_of_ten_digits_pass_the_check_by_chance_and_are_a_warning() -> None:
    assert of_cells(*random_ids(300), others=0) == {("nhs_number", "warning")}


def test_nhs_numbers_among_ids_of_ten_digits_are_told_by_their_share() -> None:
    assert of_cells(*random_ids(300), *NUMBERS, others=0) == {("nhs_number", "warning")}
    assert of_cells(*random_ids(12), *NUMBERS, others=0) == {("nhs_number", "file")}


def test_one_in_groups_is_certain_even_among_ids_of_ten_digits() -> None:
    assert ("nhs_number", "file") in of_cells(*random_ids(300), GROUPED, others=0)


def test_one_among_ids_of_another_shape_is_certain() -> None:
    assert of_cells("9990000018", others=300) == {("nhs_number", "file")}


def test_numbers_with_a_letter_before_them_are_told_by_their_share() -> None:
    assert of_cells(*(f"P{number}" for number in NUMBERS), others=0) == {("nhs_number", "file")}
    assert of_cells(*(f"P{number}" for number in random_ids(300)), others=0) == set()


def test_a_number_that_a_spreadsheet_holds_is_found(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "outcomes"  # type: ignore[union-attr]
    for row in (["referral_id", "measure", "total"], [9990000018.0, "pcl5", 40], ["R2", "pcl5", 41]):
        book.active.append(row)  # type: ignore[union-attr]
    book.save(tmp_path / "S01.xlsx")
    (finding,) = [each for each in of_file(tmp_path / "S01.xlsx") if each.kind]
    assert (finding.severity, finding.sheet, finding.cell) == ("file", "outcomes", "A2")


# postcodes, telephone numbers, e-mail addresses, dates, names


@pytest.mark.parametrize(
    "value",
    [
        *(
            "LS98 9ZZ",
            "ls98 9zz",
            "LS989ZZ",
            "M9 9ZZ",
            "B98 9ZZ",
            "E9X 9ZZ",
            "SW9A 9ZZ",
            "GIR 0AA",
            "gir0aa",
            "LS98\u00a09ZZ",
            "LS98  9ZZ",
        ),
        *("lives at LS98 9ZZ now", "(LS989ZZ)", "1 Invented Road,LS98 9ZZ"),
    ],
)
def test_a_full_postcode_is_found(value: str) -> None:
    assert of_cells(value) == {("postcode", "value")}
    assert of_cells(value, value) == {("postcode", "file")}


@pytest.mark.parametrize(
    "value",
    [
        "LS98",
        "SW1A",
        "A1",
        "F02",
        "R000123",
        "LS98 9",
        "S01",
        "W1 2nd",
        "E1 3rd",
        "item_12",
        "RXX12",
        "QQ1 1AA",
        "S07-LS989ZZ-1",
        "M1 1CK",
    ],
)
def test_outward_codes_and_other_codes_are_no_postcodes(value: str) -> None:
    assert of_cells(value, value, others=2) == set()


@pytest.mark.parametrize(
    "value",
    [
        *(
            "07700 900123",
            "07700900123",
            "+44 7700 900123",
            "+447700900123",
            "+44 (0)7700 900123",
            "0044 7700 900123",
            "447700900123",
        ),
        *("(01632) 960123", "01632 960 123", "020 7946 0123", "(020) 7946 0123", "0161-496-0123", "ring 07700 900 123."),
    ],
)
def test_a_telephone_number_is_found(value: str) -> None:
    assert of_cells(value) == {("phone", "value")}
    assert of_cells(value, value) == {("phone", "file")}


@pytest.mark.parametrize(
    "value", ["12345678901", "00000000123", "0300 123 4567", "999", "2026-01-02", "01/02/2021", "0123456788", "R07700900123"]
)
def test_other_numbers_are_no_telephone_numbers(value: str) -> None:
    assert of_cells(value, value) == set()


@pytest.mark.parametrize(
    "value",
    ["ada@example.org", "Ada.L+x@mail.example.org", "mailto:ada@example.org", "ada\uff20example.org", "<ada@example.org>;"],
)
def test_an_e_mail_address_is_found(value: str) -> None:
    assert of_cells(value) == {("email", "value")}
    assert of_cells(value, value) == {("email", "file")}


def test_two_of_a_kind_in_different_sheets_are_two() -> None:
    one, other = column("ada@example.org", others=3), column("x", "bea@example.org", others=3)
    assert told(scan_cells([*one, *other])) == {("email", "file")}


def test_an_at_sign_is_no_e_mail_address() -> None:
    assert of_cells("3 @ 10", "@home", "=@SUM(A1)", "a@b") == set()


@pytest.mark.parametrize(
    "value",
    [
        *(
            "1988-05-12",
            "1988-05-12 00:00:00",
            "1988-05-12T09:30:00",
            "12/05/1988",
            "12-05-1988",
            "12.05.1988",
            "12/05/88",
            "05/13/1988",
        ),
        *(
            "12 May 1988",
            "12th of May 1988",
            "12-May-88",
            "May 12, 1988",
            "12052001",
            "19880512",
            "seen, dob 3/4/2023",
            "Born: 3 March 2023",
        ),
    ],
)
def test_a_date_of_birth_is_found_where_no_date_of_ours_is(value: str) -> None:
    assert of_cells(value) == {("date_of_birth", "value")}
    assert of_cells(value, value) == {("date_of_birth", "file")}


@pytest.mark.parametrize(
    "value",
    [
        "2023-05-12",
        "12/05/2023",
        "1988",
        "2014-05",
        "12/05/1949",
        "2016-01-01",
        "45/80",
        "1988-13-45",
        "2 marks 80",
        "2001-02-03-04",
    ],
)
def test_recent_dates_months_and_years_are_no_dates_of_birth(value: str) -> None:
    assert of_cells(value, value) == set()


@pytest.mark.parametrize("title", ["date", "Referral date", "go_live_date", "month", "PERIOD_START"])
def test_our_own_dates_are_not_looked_at(title: str) -> None:
    assert of_cells("1988-05-12", "2014-01-01", title=title) == set()


def test_further_headings_of_dates_can_be_named() -> None:
    sheets = column("2014-05-12", "2014-05-13", title="Date referred")
    assert told(scan_cells(sheets)) == {("date_of_birth", "file")}
    assert told(scan_cells(sheets, headings={"referral_id": "text", "date_referred": "date"})) == set()


def test_a_name_with_its_title_is_found_and_a_programme_is_not() -> None:
    assert of_cells("Mrs Inventa", "Miss Made-Up") == {("person_name", "file")}
    assert of_cells("Ms Teams", "Ms Teams", "MS clinic", "Mr") == set()


# headings


@pytest.mark.parametrize(
    ("title", "value", "kind"),
    [
        *(
            ("DOB", "2023-05-12", "date_of_birth"),
            ("Date of Birth", "45000", "date_of_birth"),
            ("Baby's date of birth", "1/6/23", "date_of_birth"),
        ),
        *(
            ("D.O.B.", "120588", "date_of_birth"),
            ("dateOfBirth", "12 May 2023", "date_of_birth"),
            ("Mother DOB", "12/05/2023", "date_of_birth"),
        ),
        *(("Post code", "ZZ99 3VZ", "postcode"), ("PostCode", "qq11qq", "postcode"), ("E-mail", "ada@trust", "email")),
        *(
            ("Mobile", "7700900123", "phone"),
            ("Tel. no.", "+353 1 234 5678", "phone"),
            ("Contact number", "0300 123 4567", "phone"),
        ),
        *(
            ("Forename", "Ada", "person_name"),
            ("SURNAME", "O'Neill", "person_name"),
            ("Full name", "\u5c0f\u6797", "person_name"),
        ),
        *(
            ("Mother\u2019s name", "Ada", "person_name"),
            ("PatientName", "Ada", "person_name"),
            ("client_name", "Ada", "person_name"),
        ),
        *(("Initials", "AL", "person_name"), ("Midwife name", "Ada", "person_name"), ("Name of patient", "Ada", "person_name")),
        *(
            ("Name", "Ada Inventa", "person_name"),
            ("NHS No", "999 000 0019", "nhs_number"),
            ("NHSNumber", "9.99E+09", "nhs_number"),
        ),
        *(("Home address", "1 Invented Road", "address"), ("Address 1", "1 Invented Road", "address")),
    ],
)
def test_a_heading_that_announces_an_identifier_is_enough(title: str, value: str, kind: str) -> None:
    assert (kind, "file") in of_cells(value, title=title, others=0)


@pytest.mark.parametrize(
    ("title", "value"),
    [
        *(
            ("DOB", ""),
            ("Year of birth", "1988"),
            ("Date of birth trauma clinic", "2023-05-12"),
            ("Birth trauma", "y"),
            ("Postcode district", "LS98"),
        ),
        *(
            ("E-mail consent", "y"),
            ("Telephone", "12"),
            ("Telephone contacts", "3"),
            ("Mobile", "not known"),
            ("Surname", "removed"),
        ),
        *(
            ("Site name", "Ada House"),
            ("Trust name", "Ada House"),
            ("Measure name", "Ada House"),
            ("Name", "Kent Maternal Mental Health Service"),
        ),
        *(
            ("Pathway name", "Ada House"),
            ("Email address", ""),
            ("Site address", "1 Invented Road"),
            ("NHS Trust", "RXX"),
            ("Surname", "x"),
        ),
    ],
)
def test_a_heading_without_what_it_announces_is_not(title: str, value: str) -> None:
    assert of_cells(value, value, title=title, others=0) == set()


def test_headings_of_the_template_announce_nothing() -> None:
    rows = [
        ["site_id", "person_id", "go_live_date", "date", "imd_decile"],
        ["S01", "Ada Inventa", "1990-01-01", "1990-01-01", "3"],
    ]
    assert scan_cells([Sheet("referrals", rows)]) == []


def test_a_heading_is_found_under_banner_rows_and_beside_others() -> None:
    banner = [["Return of a service", "", ""], ["", "", ""], ["Person", "", "Score"]]
    (finding,) = scan_cells([Sheet("outcomes", [*banner, ["Forename", "Surname", "total"], ["Ada", "", "4"]], 2, 1)])
    assert (finding.kind, finding.severity, finding.cell) == ("person_name", "file", "B7")


def test_a_value_that_reads_as_a_heading_is_none() -> None:
    assert of_cells("telephone", "home address", "email", "video call", title="mode", others=0) == set()


def test_a_form_with_labels_beside_their_values_is_understood() -> None:
    rows = [["Patient name:", "Ada"], ["Date of birth:", "12 May 2023"], ["Total", "40"]]
    assert told(scan_cells([Sheet("Sheet1", rows)])) == {("person_name", "file"), ("date_of_birth", "file")}


# where


def test_a_finding_names_the_first_cell_and_how_many() -> None:
    rows = [["referral_id", "total", "x"], ["R1", "4", ""], ["R2", "4", "LS98 9ZZ"], ["R3", "4"], ["R4", "4", "LS98 9ZX"]]
    (finding,) = scan_cells([Sheet("outcomes", rows, first_row=3, first_column=1)])
    assert finding == Finding("postcode", "file", "outcomes", "D6", "column D, 2 cells")


def test_a_sheet_of_another_name_is_told_by_its_number() -> None:
    sheets = [*column("x"), Sheet("Ada Inventa", [["a"], [GROUPED]]), Sheet(GROUPED, [["a"], ["b"]])]
    findings = scan_cells(sheets)
    assert [(each.sheet, each.cell, each.place) for each in findings] == [
        ("sheet 2", "A2", "column A, 1 cell"),
        ("sheet 3", "", "the name of the sheet"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_folder_of_csv_files_is_scanned(tmp_path: Path, encoding: str, mark: str) -> None:
    with (tmp_path / "outcomes.csv").open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream, delimiter=mark).writerows(
            [["referral_id", "measure", "total", "x"], ["R1", "pcl5", "4", SECRETS["email"]]]
        )
    assert told(of_file(tmp_path)) == {("email", "value")}


def write_book(path: Path, dress: Callable[[Any, Any], object]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("outcomes")
        for at, row in enumerate([["referral_id", "measure", "total"], ["R1", "pcl5", 40]]):
            sheet.write_row(at, 0, row)
        dress(book, sheet)
    return path


def add(path: Path, parts: dict[str, str], strings: str = "") -> Path:
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    content["xl/sharedStrings.xml"] = content["xl/sharedStrings.xml"].replace(b"</sst>", strings.encode() + b"</sst>")
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in {**content, **{name: text.encode() for name, text in parts.items()}}.items():
            archive.writestr(name, data)
    return path


def plain(path: Path) -> Path:
    return write_book(path, lambda book, sheet: None)


def hide(book: Any, value: str) -> None:
    sheet = book.add_worksheet("old")
    sheet.write_string("B2", value)
    sheet.very_hidden()


PIVOT = (
    "<pivotCacheDefinition xmlns='{}'><cacheFields><cacheField name='{}'><sharedItems>{}</sharedItems></cacheField></cacheFields>"
    "</pivotCacheDefinition>"
)
LINK = (
    "<x:externalLink xmlns:x='{}'><x:externalBook><x:sheetDataSet><x:sheetData><x:row><x:cell r='C2' t='str'><x:v>{}</x:v>"
    "</x:cell></x:row></x:sheetData></x:sheetDataSet></x:externalBook></x:externalLink>"
)
THREAD = "<ThreadedComments><threadedComment ref='B2' personId='x'><text>see {}</text></threadedComment></ThreadedComments>"
CHART = "<c:chartSpace xmlns:c='c' xmlns:a='a'><a:p><a:r><a:t>{}</a:t></a:r><a:r><a:t>{}</a:t></a:r></a:p></c:chartSpace>"
GRAVE: dict[str, Callable[[Path, str], Path]] = {
    "comment": lambda path, value: write_book(
        path, lambda book, sheet: sheet.write_comment("B2", f"see {value}", {"author": "Ada"})
    ),
    "defined name": lambda path, value: write_book(path, lambda book, sheet: book.define_name("note", f'="{value}"')),
    "hidden sheet": lambda path, value: write_book(path, lambda book, sheet: hide(book, value)),
    "threaded comment": lambda path, value: add(plain(path), {"xl/threadedComments/threadedComment1.xml": THREAD.format(value)}),
    "pivot cache": lambda path, value: add(
        plain(path), {"xl/pivotCache/a.xml": PIVOT.format(MAIN, "x", f"<s v='{value}'/><s v='{value}'/>")}
    ),
    "other workbook": lambda path, value: add(plain(path), {"xl/externalLinks/externalLink1.xml": LINK.format(MAIN, value)}),
    "unused text": lambda path, value: add(plain(path), {}, f"<si><r><t>see {value[:6]}</t></r><r><t>{value[6:]}</t></r></si>"),
}
ON_SHOW: dict[str, Callable[[Path, str], Path]] = {
    "header": lambda path, value: write_book(path, lambda book, sheet: sheet.set_header(f'&L&"Arial,Bold"{value}&RPage &P')),
    "footer": lambda path, value: write_book(path, lambda book, sheet: sheet.set_footer(f"&C{value}")),
    "prompt": lambda path, value: write_book(
        path,
        lambda book, sheet: sheet.data_validation(
            "A2", {"validate": "any", "input_title": "Note", "input_message": f"see {value}"}
        ),
    ),
    "list": lambda path, value: write_book(
        path, lambda book, sheet: sheet.data_validation("A2", {"validate": "list", "source": ["a", value]})
    ),
    "text box": lambda path, value: write_book(path, lambda book, sheet: sheet.insert_textbox("H2", f"see {value}")),
    "chart": lambda path, value: add(plain(path), {"xl/charts/chart1.xml": CHART.format(value[:6], value[6:])}),
    "another part": lambda path, value: add(plain(path), {"customXml/item1.xml": f"<notes><note>{value}</note></notes>"}),
    "no XML": lambda path, value: add(plain(path), {"xl/drawings/vmlDrawing1.vml": f"<xml><div>{value}<br></div></xml>"}),
}


@pytest.mark.parametrize("kind", SECRETS)
@pytest.mark.parametrize("place", GRAVE)
def test_an_identifier_out_of_sight_sets_the_return_aside(tmp_path: Path, place: str, kind: str) -> None:
    is_weak = kind == "date_of_birth" and place in {"hidden sheet", "other workbook"}
    findings = of_file(GRAVE[place](tmp_path / "S01.xlsx", SECRETS[kind]))
    assert told(findings) == {(kind, "warning" if is_weak else "file")}


@pytest.mark.parametrize("kind", SECRETS)
@pytest.mark.parametrize("place", ON_SHOW)
def test_an_identifier_on_a_letterhead_is_a_warning_unless_it_is_an_nhs_number(tmp_path: Path, place: str, kind: str) -> None:
    findings = of_file(ON_SHOW[place](tmp_path / "S01.xlsx", SECRETS[kind]))
    assert told(findings) == {(kind, "file" if kind == "nhs_number" else "warning")}


def test_two_addresses_on_a_letterhead_are_no_longer_the_organisation_s_own(tmp_path: Path) -> None:
    path = write_book(
        tmp_path / "S01.xlsx", lambda book, sheet: (sheet.set_header("&La@example.org"), sheet.set_footer("&Lb@example.org"))
    )
    assert told(of_file(path)) == {("email", "file")}


def test_a_comment_is_named_by_its_sheet_and_cell(tmp_path: Path) -> None:
    (finding,) = [each for each in of_file(GRAVE["comment"](tmp_path / "S01.xlsx", GROUPED)) if each.kind]
    assert finding == Finding("nhs_number", "file", "outcomes", "B2", "comment")


def test_what_openpyxl_writes_is_found_too(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.title = "outcomes"
    sheet["A1"].comment = Comment(f"see {GROUPED}", "Ada")
    prompt = DataValidation(type="list", formula1='"a,b"')
    prompt.prompt = SECRETS["email"]
    sheet.add_data_validation(prompt)
    prompt.add("A2")
    sheet["A3"].hyperlink = f"mailto:{SECRETS['email']}"
    sheet["A3"].value = "write to us"
    book.save(tmp_path / "S01.xlsx")
    findings = of_file(tmp_path / "S01.xlsx")
    assert told(findings) == {("nhs_number", "file"), ("email", "warning")}
    assert {each.place for each in findings if each.kind} == {"comment", "drop-down list", "link"}


def test_an_open_document_is_looked_into(tmp_path: Path) -> None:
    content = (
        "<o:document-content xmlns:o='o' xmlns:t='t' xmlns:x='x' xmlns:s='s'><s:style s:name='ta2'>"
        "<s:table-properties t:display='false'/></s:style>"
        "<t:table t:name='outcomes' t:style-name='ta1'><t:table-row><t:table-cell><o:annotation><x:creator>Ada</x:creator>"
        "<x:p>see <x:span>999 000</x:span> 0018</x:p></o:annotation><x:p>R1</x:p></t:table-cell></t:table-row></t:table>"
        "<t:table t:name='old' t:style-name='ta2'/></o:document-content>"
    )
    with zipfile.ZipFile(tmp_path / "S01.ods", "w") as archive:
        archive.writestr("content.xml", content)
    assert hidden_sheets(tmp_path / "S01.ods") == {"old"}
    assert told(scan_hidden_parts(tmp_path / "S01.ods")) == {("nhs_number", "file")}


def test_the_same_text_in_a_cell_is_judged_as_a_cell(tmp_path: Path) -> None:
    path = write_book(tmp_path / "S01.xlsx", lambda book, sheet: sheet.write_string("D2", SECRETS["email"]))
    assert told(of_file(path)) == {("email", "value")}
    assert told(scan_hidden_parts(path)) == set()


def test_fields_of_a_pivot_cache_are_judged_by_their_headings(tmp_path: Path) -> None:
    dates = "<d v='2014-05-12T00:00:00'/><d v='2014-06-12T00:00:00'/>"
    for name, expected in (("referral_date", set()), ("seen", {("date_of_birth", "file")})):
        path = add(plain(tmp_path / f"{name}.xlsx"), {"xl/pivotCache/a.xml": PIVOT.format(MAIN, name, dates)})
        assert told(scan_hidden_parts(path)) == expected
    names = add(plain(tmp_path / "n.xlsx"), {"xl/pivotCache/a.xml": PIVOT.format(MAIN, "Surname", "<s v='Inventa'/>")})
    assert told(scan_hidden_parts(names)) == {("person_name", "file")}


def test_records_of_a_pivot_cache_are_judged_by_field(tmp_path: Path) -> None:
    rows = "".join(f"<r><x v='0'/><n v='{number}'/><s v='x'/></r>" for number in NUMBERS)
    path = add(
        plain(tmp_path / "S01.xlsx"), {"xl/pivotCache/r.xml": f"<pivotCacheRecords xmlns='{MAIN}'>{rows}</pivotCacheRecords>"}
    )
    assert told(scan_hidden_parts(path)) == {("nhs_number", "file")}


def test_parts_without_an_identifier_are_notes(tmp_path: Path) -> None:
    def dress(book: Any, sheet: Any) -> None:
        sheet.write_comment("B2", "ask the ward", {"author": "ada@example.org"})
        book.define_name("area", "=outcomes!$A$1")
        book.set_properties({"author": GROUPED, "comments": SECRETS["email"]})
        book.set_custom_property("NHS number", GROUPED)
        sheet.autofilter("A1:C2")
        hide(book, "ward")

    findings = of_file(write_book(tmp_path / "S01.xlsx", dress))
    assert {(each.severity, each.place) for each in findings} == {
        ("note", "comments: 1"),
        ("note", "defined names: 1"),
        ("note", "document properties, dropped unread"),
        ("note", "hidden sheet"),
    }
    assert not told(findings)


def test_our_own_template_raises_nothing(tmp_path: Path) -> None:
    (tmp_path / "S01.xlsx").write_bytes(template())
    assert [each.place for each in of_file(tmp_path / "S01.xlsx")] == ["document properties, dropped unread"]


def test_macros_and_pictures_are_named_and_left_alone(tmp_path: Path) -> None:
    path = add(plain(tmp_path / "S01.xlsm"), {"xl/vbaProject.bin": GROUPED, "xl/media/image1.png": GROUPED})
    places = {each.place for each in scan_hidden_parts(path)}
    assert {"macros, never run: 1", "pictures and embedded files, not looked into: 1"} <= places


@pytest.mark.parametrize(
    "trap",
    [
        "<!DOCTYPE x [<!ENTITY a 'a'><!ENTITY b '&a;'>]><comments><comment ref='A1'><text><t>&b;</t></text></comment></comments>",
        "<!DOCTYPE x SYSTEM 'file:///etc/passwd'><comments/>",
        "\ufeff<?xml version='1.0'?><!DOCTYPE x><comments/>",
    ],
)
@pytest.mark.parametrize(
    "part", ["xl/comments1.xml", "xl/workbook.xml", "xl/worksheets/_rels/sheet1.xml.rels", "xl/sharedStrings.xml"]
)
def test_a_part_with_a_document_type_is_refused(tmp_path: Path, part: str, trap: str) -> None:
    path = add(plain(tmp_path / "S01.xlsx"), {part: trap})
    assert [each.severity for each in scan_hidden_parts(path) if each.severity != "note"] == ["file"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04rubbish", b"\xd0\xcf\x11\xe0 an old workbook"])
def test_what_cannot_be_looked_into_is_said_and_never_raised(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "S01.xls").write_bytes(content)
    (finding,) = scan_hidden_parts(tmp_path / "S01.xls")
    assert (finding.kind, finding.severity) == ("", "warning")


def test_cells_are_passed_over_where_a_worksheet_is_searched(tmp_path: Path) -> None:
    path = write_book(tmp_path / "S01.xlsx", lambda book, sheet: [sheet.write_number(n, 5, 9990000018) for n in range(30_000)])
    assert told(scan_hidden_parts(path)) == set()


# never the value


@pytest.mark.parametrize("place", [*GRAVE, *ON_SHOW])
@pytest.mark.parametrize("kind", SECRETS)
def test_no_finding_shows_what_was_found(tmp_path: Path, place: str, kind: str) -> None:
    value = SECRETS[kind]
    shown = repr(of_file({**GRAVE, **ON_SHOW}[place](tmp_path / "S01.xlsx", value)))
    for part in [value, *re.findall(r"[0-9]{3,}|[A-Za-z]{3,}", value.replace("example", "").replace("org", ""))]:
        assert part not in shown


@given(st.sampled_from(sorted(SECRETS)), st.text(max_size=30), st.integers(0, 5), st.text(min_size=1, max_size=20))
def test_no_finding_of_a_cell_shows_what_was_found(kind: str, words: str, at: int, name: str) -> None:
    value = f"{words} {SECRETS[kind]} {words}"
    rows = [["referral_id", value, "total"], *([f"R{n}", value if n == at else "", "4"] for n in range(6))]
    findings = scan_cells([Sheet(f"{name} {SECRETS[kind]}", rows), Sheet("outcomes", rows)])
    assert findings
    fields = {
        each for finding in findings for each in (finding.kind, finding.severity, finding.sheet, finding.cell, finding.place)
    }
    allowed = re.compile(
        r"[a-z_]*|outcomes|sheet \d|[A-C]\d|the name of the sheet|column [A-C], (by its heading|\d cells?"
        r"( of ten digits, as many as chance gives)?)"
    )
    assert all(allowed.fullmatch(each) for each in fields)


# chance


SHAPES = {
    "R000123": lambda rng: f"R{rng.randrange(10**6):06d}",
    "ten digits": lambda rng: f"{rng.randrange(10**10):010d}",
    "site and ten digits": lambda rng: f"S01-{rng.randrange(10**10):010d}",
    "eight digits": lambda rng: f"{rng.randrange(10**8):08d}",
    "eleven digits": lambda rng: f"{rng.randrange(10**11):011d}",
    "letters and digits": lambda rng: "".join(rng.choices("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", k=6)),
    "hash": lambda rng: f"{rng.getrandbits(256):064x}",
    "short hash": lambda rng: f"{rng.getrandbits(40):010x}",
    "answers": lambda rng: ";".join(str(rng.randrange(5)) for _ in range(10)),
    "mean": lambda rng: repr(rng.uniform(0, 80)),
    "month": lambda rng: f"20{rng.randint(21, 26)}-{rng.randint(1, 12):02d}",
}


@settings(derandomize=True, deadline=None, max_examples=40)
@given(st.sampled_from(sorted(SHAPES)), st.integers(0, 10**6))
def test_random_ids_never_set_a_return_aside(shape: str, seed: int) -> None:
    """With 200 ids of ten digits, 60 or more pass by chance less than once in 10**15."""
    rng = random.Random(seed)
    ids = [SHAPES[shape](rng) for _ in range(200)]
    assert not {"file"} & {severity for _, severity in of_cells(*ids, title="referral_id", others=0)}


def test_one_random_number_of_ten_digits_in_eleven_passes_the_check() -> None:
    found = [of_cells(number, others=20) for number in random_ids(2200, seed=7)]
    assert 150 < sum(each == {("nhs_number", "file")} for each in found) < 250
