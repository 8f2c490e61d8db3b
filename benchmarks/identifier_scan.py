"""How many planted identifiers the scan finds, by kind and place, and how often clean data raise a false alarm.

The planted forms are those that the rules name, so that a row below 100 % is a fault. What the rules do not promise stands in a
table of its own.

Run `.venv/bin/python benchmarks/identifier_scan.py [FILES]`, FILES being how many are made of each sort (12). All identifiers are
invented: NHS numbers of the range 999, which is not issued; telephone numbers that Ofcom keeps for drama; postcodes of
districts 90 to 99 at random; e-mail addresses at example.org.
"""

from __future__ import annotations

import csv
import datetime
import random
import sys
import tempfile
import time
import uuid
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import xlsxwriter

from pipeline.config import IntakeSettings
from pipeline.returns.hits import Finding
from pipeline.returns.readers import read_sheets
from pipeline.returns.scan import scan_cells, scan_return
from pipeline.returns.sheets import Sheet

Rng = random.Random
Rows = list[list[Any]]
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
GRAVITY = ("note", "warning", "value", "file")


def nhs_number(rng: Rng) -> str:
    """Ten digits of the range 999 that pass the check."""
    while True:
        digits = "999" + f"{rng.randrange(10**6):06d}"
        check = (11 - sum(int(d) * w for d, w in zip(digits, range(10, 1, -1), strict=True)) % 11) % 11
        if check < 10:
            return digits + str(check)


def spaced(rng: Rng) -> str:
    """The same in groups, as people write it."""
    digits, mark = nhs_number(rng), rng.choice(" -\u00a0")
    return mark.join((digits[:3], digits[3:6], digits[6:]))


def postcode(rng: Rng) -> str:
    """A postcode of no real district."""
    outward = f"{rng.choice(['LS', 'M', 'BN', 'E', 'SW', 'CT', 'NR', 'B'])}{rng.randint(90, 99)}"
    text = f"{outward}{rng.choice([' ', ' ', ''])}{rng.randint(0, 9)}{rng.choice('ABDEFGH')}{rng.choice('JLNPQRS')}"
    return text.lower() if rng.random() < 0.2 else text


def born(rng: Rng) -> str:
    """A day of birth, in one of the ways in which it is written."""
    day = datetime.date(1970, 1, 1) + datetime.timedelta(days=rng.randrange(14_000))
    return day.strftime(rng.choice(["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d %b %Y", "%d-%b-%Y", "%d/%m/%y"]))


def phone(rng: Rng) -> str:
    """A telephone number of the ranges for drama."""
    last = rng.randrange(1000)
    forms = (
        "07700 900{:03d}",
        "+44 7700 900{:03d}",
        "07700900{:03d}",
        "(01632) 960{:03d}",
        "020 7946 0{:03d}",
        "0161 496 0{:03d}",
    )
    return rng.choice(forms).format(last)


def email(rng: Rng) -> str:
    """An address at example.org."""
    return f"{rng.choice(['jo', 'a.b', 'mum_2', 'x-y'])}{rng.randrange(99)}@{rng.choice(['example.org', 'nhs.example.org'])}"


def titled(rng: Rng) -> str:
    """A name with its title."""
    return f"{rng.choice(['Mrs', 'Miss', 'Ms'])} {rng.choice(['Inventa', 'Testcase', 'Madeup'])}"


KINDS: dict[str, list[tuple[str, Callable[[Rng], str]]]] = {
    "nhs_number": [("in groups", spaced), ("bare", nhs_number)],
    "postcode": [("", postcode)],
    "date_of_birth": [("", born)],
    "phone": [("", phone)],
    "email": [("", email)],
    "person_name": [("title", titled)],
}
HEADINGS: dict[str, tuple[tuple[str, ...], Callable[[Rng], str]]] = {
    "nhs_number": (("NHS number", "NHSNo"), nhs_number),
    "postcode": (("Postcode", "Home post code"), postcode),
    "date_of_birth": (
        ("DOB", "Date of birth", "Baby's DOB", "BirthDate"),
        lambda rng: f"202{rng.randint(1, 5)}-0{rng.randint(1, 9)}-11",
    ),
    "phone": (("Mobile", "Tel. no.", "Phone number"), lambda rng: str(rng.randrange(7 * 10**9, 8 * 10**9))),
    "email": (("E-mail", "Email address"), email),
    "person_name": (
        ("Forename", "Surname", "Mother's name", "PatientName"),
        lambda rng: rng.choice(["Ada", "Zoë", "O'Neill", "小林"]),
    ),
    "address": (("Address line 1", "Home address"), lambda rng: f"{rng.randint(1, 99)} Invented Road"),
}


def outcomes(rng: Rng, rows: int = 40) -> Rows:
    """A clean table of outcomes with a column of the site's own."""
    table: Rows = [["referral_id", "measure", "date", "occasion", "total", "local"]]
    for n in range(rows):
        table.append(
            [f"R{n:05d}", "pcl5", f"202{rng.randint(1, 5)}-05-{rng.randint(10, 28)}", "pre", rng.randint(0, 80), f"x{n}"]
        )
    return table


def in_column(table: Rows, values: list[str]) -> None:
    """Fill the last column."""
    for row, value in zip(table[1:], values, strict=False):
        row[-1] = value


def write_book(path: Path, tables: dict[str, Rows], dress: Callable[[Any, Any], None] = lambda book, sheet: None) -> Path:
    """Write a workbook; `dress` adds what is no cell."""
    with xlsxwriter.Workbook(path, {"strings_to_urls": False}) as book:
        for name, rows in tables.items():
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                sheet.write_row(at, 0, row)
            dress(book, sheet)
    return path


def add_parts(path: Path, parts: dict[str, str], strings: str = "") -> Path:
    """Put further parts, or shared strings that no cell uses, into a workbook."""
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    content["xl/sharedStrings.xml"] = content["xl/sharedStrings.xml"].replace(b"</sst>", f"{strings}</sst>".encode())
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in {**content, **{name: data.encode() for name, data in parts.items()}}.items():
            archive.writestr(name, data)
    return path


CELLS: dict[str, int | str] = {"column of 40": 40, "two cells": 2, "one cell": 1, "two longer texts": 2}
DRESSED: dict[str, Callable[[Any, Any, str], Any]] = {
    "comment": lambda book, sheet, value: sheet.write_comment("B2", f"please ask: {value}", {"author": "A"}),
    "defined name": lambda book, sheet, value: book.define_name("note", f'="{value}"'),
    "header": lambda book, sheet, value: sheet.set_header(f"&L{value}"),
    "prompt": lambda book, sheet, value: sheet.data_validation("A2", {"validate": "any", "input_message": f"see {value}"}),
    "text box": lambda book, sheet, value: sheet.insert_textbox("H2", f"see {value}"),
}
PARTS: dict[str, tuple[str, str]] = {
    "threaded comment": (
        "xl/threadedComments/t1.xml",
        "<ThreadedComments><threadedComment ref='A2'><text>{0}</text></threadedComment></ThreadedComments>",
    ),
    "pivot cache": (
        "xl/pivotCache/pivotCacheDefinition1.xml",
        f"<pivotCacheDefinition xmlns='{MAIN}'><cacheFields><cacheField name='x'><sharedItems>"
        "<s v='{0}'/><s v='{1}'/></sharedItems></cacheField></cacheFields></pivotCacheDefinition>",
    ),
    "other workbook": (
        "xl/externalLinks/externalLink1.xml",
        f"<externalLink xmlns='{MAIN}'><externalBook><sheetDataSet><sheetData sheetId='0'>"
        "<row r='1'><cell r='A1' t='str'><v>{0}</v></cell></row><row r='2'><cell r='A2' t='str'><v>{1}</v></cell></row>"
        "</sheetData></sheetDataSet></externalBook></externalLink>",
    ),
}
SHOWN = {"header", "prompt", "text box"}


def expected(kind: str, place: str) -> str:
    """The severity that the rules give."""
    if kind == "nhs_number":
        return "file"
    if place in SHOWN:
        return "warning"
    if kind == "person_name" and place in {"comment", "threaded comment", "defined name", "unused text"}:
        return "warning"
    return "value" if place == "one cell" else "file"


def plant(folder: Path, place: str, invent: Callable[[Rng], str], rng: Rng) -> Path:
    """A return with an identifier in one place."""
    table, path = outcomes(rng), folder / "S01.xlsx"
    if place in CELLS:
        values = [invent(rng) for _ in range(int(CELLS[place]))]
        in_column(table, [f"call {v} on Monday" for v in values] if "longer" in place else values)
        if rng.random() < 0.5:
            return write_csv(folder, table, rng)
        return write_book(path, {"outcomes": table})
    if place == "hidden sheet":
        hide = lambda book, sheet: sheet.very_hidden() if sheet.name != "outcomes" else None  # noqa: E731
        return write_book(path, {"outcomes": table, "old": [["a", invent(rng)], ["b", invent(rng)]]}, hide)
    if place in DRESSED:
        return write_book(path, {"outcomes": table}, lambda book, sheet: DRESSED[place](book, sheet, invent(rng)))
    write_book(path, {"outcomes": table})
    if place == "unused text":
        return add_parts(path, {}, f"<si><t>{invent(rng)}</t></si>")
    name, text = PARTS[place]
    return add_parts(path, {name: text.format(invent(rng), invent(rng))})


def write_csv(folder: Path, table: Rows, rng: Rng) -> Path:
    """A folder with one CSV file, in one of the encodings and separators that are met."""
    target = folder / f"S{rng.randrange(10**6):06d}"
    target.mkdir()
    with (target / "outcomes.csv").open("w", encoding=rng.choice(["utf-8-sig", "utf-16"]), newline="") as stream:
        csv.writer(stream, delimiter=rng.choice(",;\t")).writerows(table)
    return target


def scan(path: Path) -> list[Finding]:
    """Read and scan as a run does."""
    return scan_return(path, read_sheets(path, IntakeSettings(), {"referral_id", "measure", "date", "total"}))


def worst(findings: list[Finding], kind: str = "") -> str:
    """The gravest severity, of one kind or of any."""
    of_kind = [GRAVITY.index(each.severity) for each in findings if each.kind and kind in {"", each.kind}]
    return GRAVITY[max(of_kind)] if of_kind else "nothing"


def recall(folder: Path, files: int, rng: Rng) -> None:
    """Print what is found of what was planted."""
    print(f"{'kind':<15}{'form':<11}{'place':<20}{'planted':>8}{'found':>7}{'as grave as the rule':>22}")
    places = [*CELLS, "hidden sheet", *DRESSED, *PARTS, "unused text"]
    sums = [0, 0, 0]
    for kind, forms in KINDS.items():
        for form, invent in forms:
            for place in places:
                told = [worst(scan(plant(new_folder(folder), place, invent, rng)), kind) for _ in range(files)]
                show(kind, form, place, told, expected(kind, place), sums)
    for kind, (headings, invent) in HEADINGS.items():
        told = []
        for n in range(files):
            table = outcomes(rng)
            in_column(table, [invent(rng) for _ in range(40)])
            table[0][-1] = headings[n % len(headings)]
            told.append(worst(scan(write_csv(new_folder(folder), table, rng)), kind))
        show(kind, "heading", "any year or form", told, "file", sums)
    print(f"{'all':<46}{sums[0]:>8}{sums[1] / sums[0]:>7.1%}{sums[2] / sums[0]:>22.1%}")


def show(kind: str, form: str, place: str, told: list[str], rule: str, sums: list[int]) -> None:
    """Print a row and add it up."""
    counts = (len(told), sum(each != "nothing" for each in told), sum(each == rule for each in told))
    for at, count in enumerate(counts):
        sums[at] += count
    print(f"{kind:<15}{form:<11}{place:<20}{counts[0]:>8}{counts[1] / counts[0]:>7.0%}{counts[2] / counts[0]:>15.0%} {rule}")


def new_folder(folder: Path) -> Path:
    """A folder of its own for each file."""
    return Path(tempfile.mkdtemp(dir=folder))


def grouped(digits: str, *sizes: int) -> str:
    """Digits in groups of these sizes."""
    return " ".join(digits[sum(sizes[:n]) : sum(sizes[: n + 1])] for n in range(len(sizes)))


HARD: dict[str, tuple[str, Callable[[Rng], str], Callable[[Rng], str]]] = {
    "NHS numbers, 1 in 8 of ids of ten digits": ("nhs_number", nhs_number, lambda rng: f"{rng.randrange(10**10):010d}"),
    "NHS numbers after letters": ("nhs_number", lambda rng: f"AB{nhs_number(rng)}", lambda rng: f"AB{rng.randrange(10**6)}"),
    "NHS numbers in groups of 5": ("nhs_number", lambda rng: grouped(nhs_number(rng), 5, 5), lambda rng: "x"),
    "NHS numbers with a digit wrong": ("nhs_number", lambda rng: f"999{rng.randrange(10**7):07d}", lambda rng: "x"),
    "NHS numbers rounded by a spreadsheet": ("nhs_number", lambda rng: "9.99E+09", lambda rng: "x"),
    "postcodes with a hyphen": ("postcode", lambda rng: f"LS9{rng.randrange(9)}-9ZZ", lambda rng: "x"),
    "postcodes with O for zero": ("postcode", lambda rng: f"LS9{rng.randrange(9)} OZZ", lambda rng: "x"),
    "mobiles that lost their zero": ("phone", lambda rng: f"7700900{rng.randrange(1000):03d}", lambda rng: "x"),
    "mobiles in pairs": ("phone", lambda rng: grouped(f"07700900{rng.randrange(1000):03d}", 3, 2, 2, 2, 2), lambda rng: "x"),
    "births as serial numbers": ("date_of_birth", lambda rng: str(rng.randrange(25_000, 38_000)), lambda rng: "x"),
    "births of babies": ("date_of_birth", lambda rng: f"{rng.randint(1, 28)}/05/202{rng.randint(1, 5)}", lambda rng: "x"),
    "e-mail addresses in words": ("email", lambda rng: f"jo{rng.randrange(9)} at example dot org", lambda rng: "x"),
    "names without a heading": ("person_name", lambda rng: rng.choice(["Ada Inventa", "Bea Testcase"]), lambda rng: "x"),
}
"""What a heading does not announce and a pattern hardly tells; five such values, and 35 of another kind."""


def hard(files: int, rng: Rng) -> None:
    """Print what is found of forms that are hard to tell."""
    print(f"\n{'hard form, 5 in a column of 40':<44}{'columns':>9}{'file':>8}{'value':>8}{'warning':>9}{'nothing':>9}")
    for name, (kind, invent, other) in HARD.items():
        told = []
        for _ in range(5 * files):
            table = outcomes(rng)
            in_column(table, [*(invent(rng) for _ in range(5)), *(other(rng) for _ in range(35))])
            told.append(worst(scan_cells([Sheet("outcomes", [[str(x) for x in row] for row in table])]), kind))
        shares = "".join(
            f"{told.count(s) / len(told):>{w}.0%}" for s, w in (("file", 8), ("value", 8), ("warning", 9), ("nothing", 9))
        )
        print(f"{name:<44}{len(told):>9}{shares}")


CLEAN: dict[str, Callable[[Rng], str]] = {
    "ten random digits": lambda rng: f"{rng.randrange(10**10):010d}",
    "site and ten digits": lambda rng: f"S01-{rng.randrange(10**10):010d}",
    "letter and ten digits": lambda rng: f"R{rng.randrange(10**10):010d}",
    "eleven random digits": lambda rng: f"{rng.randrange(10**11):011d}",
    "eight random digits": lambda rng: f"{rng.randrange(10**8):08d}",
    "six letters and digits": lambda rng: "".join(rng.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", k=6)),
    "hexadecimal, 8": lambda rng: f"{rng.getrandbits(32):08x}",
    "hexadecimal, 10": lambda rng: f"{rng.getrandbits(40):010x}",
    "hexadecimal, 12": lambda rng: f"{rng.getrandbits(48):012x}",
    "hexadecimal, 32": lambda rng: f"{rng.getrandbits(128):032x}",
    "hexadecimal, 64": lambda rng: f"{rng.getrandbits(256):064x}",
    "uuid": lambda rng: str(uuid.UUID(int=rng.getrandbits(128))),
    "R000123": lambda rng: f"R{rng.randrange(10**6):06d}",
    "national codes": lambda rng: rng.choice(
        ["A1", "F02", "C02", "M9", "RXX", "Y01234", "E54000012", "01", "99", "F53.1", "A81001"]
    ),
    "outward codes": lambda rng: rng.choice(["LS1", "M14", "SW1A", "E1", "BN2 ", "NR 3"]),
    "months": lambda rng: f"20{rng.randint(21, 26)}-{rng.randint(1, 12):02d}",
    "recent dates": lambda rng: f"{rng.randint(1, 28):02d}/{rng.randint(1, 12):02d}/20{rng.randint(18, 26)}",
    "measure totals": lambda rng: str(rng.randint(0, 80)),
    "means": lambda rng: repr(rng.uniform(0, 60)),
    "answers with semicolons": lambda rng: ";".join(str(rng.randint(0, 4)) for _ in range(20)),
    "answers with blanks": lambda rng: " ".join(str(rng.randint(0, 3)) for _ in range(10)),
    "contact modes": lambda rng: rng.choice(["Ms Teams", "telephone", "email", "video", "post", "home address"]),
    "week and session": lambda rng: f"{rng.choice('WSEM')}{rng.randint(1, 9)} {rng.choice(['1st', '2nd', '3rd', '4th'])}",
}


def false_alarms(files: int, rng: Rng) -> None:
    """Print how often a column of clean values raises each severity."""
    print(f"\n{'clean column of':<26}{'rows':>6}{'columns':>9}{'file':>8}{'value':>8}{'warning':>9}")
    for name, make in CLEAN.items():
        for rows in (12, 300):
            told = []
            for _ in range(20 * files):
                column = [["local"], *([make(rng)] for _ in range(rows))]
                told.append(worst(scan_cells([Sheet("outcomes", [[str(x) for x in row] for row in column])])))
            shares = "".join(
                f"{told.count(severity) / len(told):>{w}.1%}" for severity, w in (("file", 8), ("value", 8), ("warning", 9))
            )
            print(f"{name:<26}{rows:>6}{len(told):>9}{shares}")


def speed(rng: Rng) -> None:
    """Print seconds of CPU for a long table and a wide one."""
    rows = [
        ["S01", f"R{n:06d}", f"{rng.getrandbits(64):016x}", "pcl5", "2023-05-11", "pre", str(n % 80), "1;2;3", str(n / 7), ""]
        for n in range(500_000)
    ]
    wide = [[f"{row}{column}" for column in range(40)] for row in range(300)]
    for name, table in (("500,000 rows of 10 columns", rows), ("300 rows of 40 columns", wide)):
        start = time.process_time()
        scan_cells([Sheet("outcomes", table)])
        print(f"{name:<28}{time.process_time() - start:8.3f} s CPU")


def main() -> None:
    """Print the tables."""
    files, rng = int(sys.argv[1]) if len(sys.argv) > 1 else 12, Rng(20261122)
    with tempfile.TemporaryDirectory() as folder:
        recall(Path(folder), files, rng)
    hard(files, rng)
    false_alarms(files, rng)
    print()
    speed(rng)


if __name__ == "__main__":
    main()
