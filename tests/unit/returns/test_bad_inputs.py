"""What each bad input gets: one case or more a kind, each made by a real writer, with rule, cell, consequence and the good rows.

The numbers are those of the list of bad inputs that the intake is held to.
"""

from __future__ import annotations

import csv
import datetime
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
import xlsxwriter
from openpyxl.styles import Font, PatternFill

from pipeline.config import SITE_NAME, IntakeSettings
from pipeline.measures import load
from pipeline.returns import cell_marks
from pipeline.returns.fix_list import fix_list
from pipeline.returns.inventory import Return
from pipeline.stages.ingest import ingest
from pipeline.stages.validate import validate

Rows = list[list[Any]]
Sheets = dict[str, Rows]
Make = Callable[[Path], Path]
Touch = Callable[[Any], None]
MEASURES = load()
QUIET = {"blank-column", "part-not-read"}
"""Said of any small return; what they say has tests of its own."""
HEAD = ["referral_id", "measure", "date", "occasion", "total"]


def take_in(path: Path) -> dict[str, pd.DataFrame]:
    return validate({"S01": ingest(Return("S01", path), IntakeSettings())}, MEASURES)


def as_csv(*, encoding: str = "utf-8", delimiter: str = ",", **sheets: Rows) -> Make:
    def make(folder: Path) -> Path:
        (folder / "S01").mkdir()
        for name, rows in sheets.items():
            with (folder / "S01" / f"{name}.csv").open("w", newline="", encoding=encoding) as file:
                csv.writer(file, delimiter=delimiter).writerows(rows)
        return folder / "S01"

    return make


def as_bytes(**files: bytes) -> Make:
    def make(folder: Path) -> Path:
        (folder / "S01").mkdir()
        for name, content in files.items():
            (folder / "S01" / f"{name}.csv").write_bytes(content)
        return folder / "S01"

    return make


def as_book(touch: Touch = lambda book: None, suffix: str = ".xlsx", **sheets: Rows) -> Make:
    def make(folder: Path) -> Path:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, rows in sheets.items():
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append(row)
        touch(book)
        book.save(folder / f"S01{suffix}")
        return folder / f"S01{suffix}"

    return make


def as_file(name: str, content: bytes) -> Make:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return make


def as_xlsxwriter(fill: Callable[[Any], None], **options: Any) -> Make:
    def make(folder: Path) -> Path:
        with xlsxwriter.Workbook(folder / "S01.xlsx", options) as book:
            fill(book)
        return folder / "S01.xlsx"

    return make


def scores(*rows: list[Any], extra: tuple[str, ...] = ()) -> Rows:
    return [[*HEAD, *extra], *rows]


GOOD = [["R1", "pcl5", "2026-01-20", "pre", 50], ["R2", "pcl5", "2026-01-21", "pre", 41]]


def many(
    count: int, total: Callable[[int], object], *, measure: str = "gad7", pairs: Callable[[int], object] | None = None
) -> Rows:
    """Scores of many women: first ones, and last ones three months later where `pairs` gives them."""
    day = datetime.date(2026, 1, 5)
    rows: Rows = [[f"R{n}", measure, str(day + datetime.timedelta(n)), "pre", total(n)] for n in range(count)]
    if pairs is not None:
        rows += [[f"R{n}", measure, str(day + datetime.timedelta(n + 90)), "post", pairs(n)] for n in range(count)]
    return rows


@dataclass(frozen=True)
class Case:
    """A bad input: its number, how it is made, the faults (rule, severity, cell), and rows read and accepted by table."""

    number: int
    name: str
    make: Make
    faults: tuple[tuple[str, str, str], ...]
    rows: dict[str, tuple[int, int]] = field(default_factory=dict)
    accepted: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


def referrals(*rows: list[Any], columns: tuple[str, ...] = ("referral_date",)) -> Rows:
    return [["referral_id", *columns], *rows]


AGG = ["measure", "pathway", "n_pre", "n_post", "n_paired", "mean_pre_paired", "mean_post_paired", "sd_pre", "sd_post", "r"]
AGG_ROW = ["pcl5", "all", 42, 33, 31, 44, 30, 14, 15, 0.5]


def agg(**changed: object) -> list[object]:
    return [changed.get(name, value) for name, value in zip(AGG, AGG_ROW, strict=True)]


def hide_row(book: Any) -> None:
    book["outcomes"].row_dimensions[3].hidden = True


def hide_column(book: Any) -> None:
    book["outcomes"].column_dimensions["C"].hidden = True


def filter_rows(book: Any) -> None:
    book["outcomes"].auto_filter.ref = "A1:E3"
    book["outcomes"].auto_filter.add_filter_column(0, ["R1"])


def strike(*cells: str) -> Touch:
    def touch(book: Any) -> None:
        for cell in cells:
            book["outcomes"][cell].font = Font(strike=True)

    return touch


def colour(book: Any) -> None:
    book["outcomes"]["E3"].fill = PatternFill("solid", fgColor="FFFF00")


def put_formula(value: str, cell: str = "E2") -> Touch:
    def touch(book: Any) -> None:
        book["outcomes"][cell] = value

    return touch


def put_error(book: Any) -> None:
    book["outcomes"]["E2"] = "#REF!"
    book["outcomes"]["E2"].data_type = "e"


def today(book: Any) -> None:
    sheet = book.add_worksheet("outcomes")
    for r, row in enumerate([HEAD, *GOOD]):
        sheet.write_row(r, 0, row)
    sheet.write_formula("C2", "=TODAY()", book.add_format({"num_format": "yyyy-mm-dd"}), 46042)


def real_dates(book: Any) -> None:
    sheet, style = book.add_worksheet("outcomes"), book.add_format({"num_format": "dd/mm/yyyy"})
    for r, row in enumerate([HEAD, *GOOD]):
        sheet.write_row(r, 0, row)
    sheet.write_datetime("C2", datetime.datetime(2026, 1, 20), style)


def copied_block() -> Rows:
    first = [[f"R{n}", "gad7", f"2026-02-{n + 1:02}", "pre", n * 7 % 19] for n in range(12)]
    return [*first, *([f"X{row[0]}", *row[1:]] for row in first), ["R99", "gad7", "2026-05-01", "pre", 3]]


ITEMS = tuple(f"item_{n}" for n in range(1, 8))
SERVICE = ["site_id", "go_live_date", "period_start", "period_end", "nil_return"]
OPEN = ["S01", "2026-01-01", "2026-01-01", "2026-06-30", ""]
OUTCOMES_2 = {"outcomes": (2, 2)}
OUTCOMES_1 = {"outcomes": (2, 1)}

FOUR = ("gad7", "phq9", "epds", "core10")
CASES = (
    Case(
        1,
        "blank extra fields",
        as_bytes(outcomes=b"referral_id,measure,occasion,total\nR1,pcl5,pre,7,,,\n"),
        (("blank-extra-fields", "note", ""),),
        {"outcomes": (1, 1)},
    ),
    Case(
        1,
        "a value beyond the header",
        as_csv(outcomes=scores([*GOOD[0], "x"], GOOD[1])),
        (("beyond-headings", "row", "F2"),),
        OUTCOMES_1,
        ("R2",),
    ),
    Case(
        1,
        "values beyond the header in more than 5 % of rows",
        as_csv(outcomes=scores(*(row + ([9] if n in {3, 4} else []) for n, row in enumerate(many(30, lambda n: n % 20))))),
        (("beyond-headings", "file", "F5"),),
        {"outcomes": (30, 0)},
    ),
    Case(2, "logo rows", as_book(outcomes=[["NHS Trust"], [], HEAD, *GOOD]), (), OUTCOMES_2, ("R1", "R2")),
    Case(
        2,
        "headings over two rows",
        as_book(outcomes=[["referral", "PCL"], ["id", "total"], ["R1", 7]]),
        (("heading-not-found", "file", ""),),
        {"outcomes": (3, 0)},
    ),
    Case(
        3,
        "a heading twice",
        as_csv(outcomes=scores([*GOOD[0], 3], extra=("total",))),
        (("heading-twice", "file", "F1"),),
        {"outcomes": (1, 0)},
    ),
    *(
        Case(
            4,
            f"a row of {word}",
            as_csv(outcomes=scores(*GOOD, [word, "pcl5", "", "pre", 45.5])),
            (("summary-row", "row", "A4"),),
            {"outcomes": (3, 2)},
            ("R1", "R2"),
        )
        for word in ("Total", "Mean", "Average (n=2)", "grand total:", "Std dev")
    ),
    Case(
        4,
        "a total under the site code does not set the table aside",
        as_book(outcomes=[["site_id", *HEAD], ["S01", *GOOD[0]], ["TOTAL", "", "", "", "", 50]]),
        (("summary-row", "row", "A3"),),
        OUTCOMES_1,
        ("R1",),
    ),
    Case(
        4,
        "a total of referrals",
        as_csv(referrals=referrals(["R1", "2026-01-05"], ["Total", ""])),
        (("summary-row", "row", "A3"),),
        {"referrals": (2, 1)},
    ),
    Case(
        5,
        "blank separators and headings again",
        as_book(outcomes=[HEAD, GOOD[0], [], HEAD, GOOD[1]]),
        (),
        OUTCOMES_2,
        ("R1", "R2"),
    ),
    Case(6, "one tab a quarter", as_book(Q1=scores(*GOOD), Q2=scores(*GOOD)), (("no-known-table", "file", ""),)),
    Case(
        7,
        "a hidden row",
        as_book(hide_row, outcomes=scores(*GOOD)),
        (("hidden-parts", "warning", "A3"),),
        OUTCOMES_2,
        ("R1", "R2"),
    ),
    Case(
        7,
        "a hidden column",
        as_book(hide_column, outcomes=scores(*GOOD)),
        (("hidden-parts", "warning", "C2"),),
        OUTCOMES_2,
        ("R1", "R2"),
    ),
    Case(
        7,
        "an active filter",
        as_book(filter_rows, outcomes=scores(*GOOD)),
        (("hidden-parts", "warning", "A2"),),
        OUTCOMES_2,
        ("R1", "R2"),
    ),
    Case(
        9,
        "a value struck through that its row needs",
        as_book(strike("E2"), outcomes=scores(*GOOD)),
        (("struck-through", "row", "E2"),),
        OUTCOMES_1,
    ),
    Case(
        9,
        "a date struck through beside an occasion",
        as_book(strike("C2"), outcomes=scores(*GOOD)),
        (("struck-through", "value", "C2"),),
        OUTCOMES_2,
    ),
    Case(
        9,
        "an id struck through",
        as_book(strike("A3"), outcomes=scores(*GOOD)),
        (("struck-through", "row", "A3"),),
        OUTCOMES_1,
        ("R1",),
    ),
    Case(9, "a coloured cell", as_book(colour, outcomes=scores(*GOOD)), (("coloured-cells", "warning", "E3"),), OUTCOMES_2),
    Case(
        10,
        "a formula that was never worked out",
        as_book(put_formula("=20+30"), outcomes=scores(*GOOD)),
        (("no-result", "row", "E2"),),
        OUTCOMES_1,
        ("R2",),
    ),
    Case(
        10, "#REF! as an error", as_book(put_error, outcomes=scores(*GOOD)), (("cell-error", "row", "E2"),), OUTCOMES_1, ("R2",)
    ),
    Case(
        10,
        "#REF! as text in an id",
        as_csv(outcomes=scores(["#REF!", *GOOD[0][1:]], GOOD[1])),
        (("cell-error", "row", "A2"),),
        OUTCOMES_1,
    ),
    Case(10, "TODAY()", as_xlsxwriter(today), (("changing-formula", "value", "C2"),), OUTCOMES_2),
    Case(11, "semicolons", as_csv(delimiter=";", outcomes=scores(*GOOD)), (("read-as", "note", ""),), OUTCOMES_2),
    Case(11, "tabs", as_csv(delimiter="\t", outcomes=scores(*GOOD)), (("read-as", "note", ""),), OUTCOMES_2),
    Case(11, "a byte-order mark", as_csv(encoding="utf-8-sig", outcomes=scores(*GOOD)), (), OUTCOMES_2),
    Case(11, "UTF-16", as_csv(encoding="utf-16", outcomes=scores(*GOOD)), (("read-as", "note", ""),), OUTCOMES_2),
    Case(
        11,
        "Windows-1252",
        as_csv(encoding="cp1252", outcomes=scores(["Ré1", *GOOD[0][1:]])),
        (("read-as", "note", ""),),
        {"outcomes": (1, 1)},
    ),
    Case(
        12,
        "a stray quotation mark",
        as_bytes(outcomes=b'referral_id,measure,occasion,total\nR1,pcl5,"pre,7\nR2,pcl5,pre,8\n'),
        (("stray-quotation-mark", "row", "C2"),),
        OUTCOMES_1,
        ("R2",),
    ),
    Case(
        12,
        "a stray quotation mark after which no row is whole",
        as_bytes(outcomes=b'referral_id,measure,occasion,total\nR1,pcl5,"pre,7\nR2,pcl5\n,pre,8\n'),
        (("table-unreadable", "file", ""),),
    ),
    Case(
        13,
        "a web page saved as .xls",
        as_file("S01.xls", b"<html><table><tr><td>referral_id</td></tr></table></html>"),
        (("file-unreadable", "file", ""),),
    ),
    Case(
        13,
        "a password",
        as_file("S01.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600),
        (("file-unreadable", "file", ""),),
    ),
    Case(13, "zero bytes", as_file("S01.xlsx", b""), (("file-unreadable", "file", ""),)),
    Case(
        16,
        "name and content disagree on the site",
        as_csv(outcomes=[["site_id", *HEAD], ["S01", *GOOD[0]], ["S02", *GOOD[1]]]),
        (("site-disagrees", "file", "A3"),),
        {"outcomes": (2, 0)},
    ),
    Case(
        17, "columns in another order", as_csv(outcomes=[HEAD[::-1], *(row[::-1] for row in GOOD)]), (), OUTCOMES_2, ("R1", "R2")
    ),
    Case(
        17,
        "a needed column by an old name",
        as_csv(outcomes=[["id", *HEAD[1:]], *GOOD]),
        (("heading-not-found", "file", ""), ("unknown-columns", "warning", "A1")),
        {"outcomes": (2, 0)},
    ),
    Case(18, "no rows, and no word of it", as_csv(outcomes=[HEAD]), (("no-rows", "file", ""),), {"outcomes": (0, 0)}),
    Case(18, "no rows, a nil return", as_csv(outcomes=[HEAD], service=[SERVICE, [*OPEN[:4], "y"]]), (), {"service": (1, 1)}),
    Case(
        18,
        "no rows, not open yet",
        as_csv(outcomes=[HEAD], service=[SERVICE, ["S01", "2026-09-01", *OPEN[2:]]]),
        (),
        {"service": (1, 1)},
    ),
    Case(
        18,
        "no rows, open and no nil return",
        as_csv(outcomes=[HEAD], service=[SERVICE, OPEN]),
        (("no-rows", "file", ""),),
        {"service": (1, 1)},
    ),
    Case(
        21,
        "ids restarting each tab",
        as_book(outcomes=scores(*GOOD), Outcomes_=scores(*GOOD)),
        (("table-twice", "file", ""),),
        {"outcomes": (4, 0)},
    ),
    Case(
        22,
        "one referral twice",
        as_csv(
            referrals=referrals(
                ["R1", "2026-01-05"], ["R1", "2026-01-05"], ["R2", "2026-01-05"], ["R2", "2026-01-06"], ["R3", "2026-01-06"]
            )
        ),
        (("duplicate-key", "row", "A4"), ("duplicate-key", "row", "A5"), ("duplicate-row", "note", "A3")),
        {"referrals": (5, 2)},
    ),
    Case(23, "trailing blanks", as_csv(outcomes=scores(["R1 ", " pcl5", *GOOD[0][2:]])), (), {"outcomes": (1, 1)}, ("R1",)),
    Case(
        23,
        "lost zeros",
        as_csv(referrals=referrals(["007", "2026-01-05"], ["R2", "2026-01-05"]), outcomes=scores(["7", *GOOD[0][1:]], GOOD[1])),
        (("ids-nearly-alike", "warning", "A2"), ("referral-not-found", "row", "A2")),
        OUTCOMES_1,
        ("R2",),
    ),
    Case(
        23,
        "capitals",
        as_csv(referrals=referrals(["R1", "2026-01-05"], ["r1", "2026-01-06"])),
        (("ids-nearly-alike", "warning", "A2"),),
        {"referrals": (2, 2)},
    ),
    Case(
        23, "1E5", as_csv(outcomes=scores(["1E+05", *GOOD[0][1:]], GOOD[1])), (("not-plain", "row", "A2"),), OUTCOMES_1, ("R2",)
    ),
    Case(
        23,
        "a digest as person",
        as_csv(referrals=referrals(["R1", "9b" * 16], ["R2", "P2"], columns=("person_id",))),
        (("hashed-id", "warning", "B2"),),
        {"referrals": (2, 2)},
    ),
    Case(
        24,
        "a blank id",
        as_csv(outcomes=scores(["", *GOOD[0][1:]], GOOD[1])),
        (("blank-needed", "row", "A2"),),
        OUTCOMES_1,
        ("R2",),
    ),
    Case(
        25,
        "an ambiguous date",
        as_csv(referrals=referrals(["R1", "03/04/2022"], ["R2", "2026-01-05"])),
        (("not-a-date", "value", "B2"),),
        {"referrals": (2, 2)},
    ),
    Case(26, "a real date among texts", as_xlsxwriter(real_dates), (), OUTCOMES_2, ("R1", "R2")),
    Case(
        27,
        "the epoch of 1904",
        as_xlsxwriter(real_dates, date_1904=True),
        (("days-since-1904", "note", ""),),
        OUTCOMES_2,
        ("R1", "R2"),
    ),
    *(
        Case(
            28,
            f"the date {date}",
            as_csv(referrals=referrals(["R1", date], ["R2", "2026-01-05"])),
            (("not-a-date", "value", "B2"),),
            {"referrals": (2, 2)},
        )
        for date in ("1900-01-01", "9999-12-31", "2023-02-29", "0202-01-05")
    ),
    Case(
        28,
        "1900-01-01 as a real date",
        as_book(referrals=referrals(["R1", datetime.datetime(1900, 1, 1)], ["R2", datetime.datetime(2026, 1, 5)])),
        (("not-a-date", "value", "B2"),),
        {"referrals": (2, 2)},
    ),
    Case(
        29,
        "post before pre",
        as_csv(outcomes=scores(*GOOD, ["R1", "pcl5", "2026-01-10", "post", 30], ["R2", "pcl5", "2026-04-10", "post", 20])),
        (("post-before-pre", "row", "C2"), ("post-before-pre", "row", "C4")),
        {"outcomes": (4, 2)},
        ("R2", "R2"),
    ),
    Case(
        29,
        "pre and post on one day",
        as_csv(outcomes=scores(*GOOD, ["R1", "pcl5", "2026-01-20", "post", 30])),
        (("pre-and-post-same-day", "warning", "C4"),),
        {"outcomes": (3, 3)},
    ),
    Case(
        29,
        "an assessment after the end",
        as_csv(referrals=referrals(["R1", "2026-03-02", "2026-03-01"], columns=("assessment_date", "end_date"))),
        (("assessment-after-end", "warning", "B2"),),
        {"referrals": (1, 1)},
    ),
    Case(
        30,
        "before go-live and after the period",
        as_csv(service=[SERVICE, OPEN], referrals=referrals(["R1", "2025-12-31"], ["R2", "2026-07-01"], ["R3", "2026-02-01"])),
        (("outside-period", "warning", "B2"), ("outside-period", "warning", "B3")),
        {"referrals": (3, 3)},
    ),
    *(
        Case(
            31,
            f"a total of {value}",
            as_csv(outcomes=scores([*GOOD[0][:4], value], GOOD[1])),
            (("score-out-of-range", "row", "E2"),),
            OUTCOMES_1,
            ("R2",),
        )
        for value in ("99", "999", "-1")
    ),
    *(
        Case(
            31,
            f"an answer of {value} in a survey",
            as_csv(survey=[["respondent_code", "question", "option"], ["C1", "1", value], ["C2", "1", 3]]),
            (("stands-for-missing", "value", "C2"),),
            {"survey": (2, 2)},
        )
        for value in ("99", "999", "-1")
    ),
    Case(
        31,
        "99s on a scale that reaches so far",
        as_csv(outcomes=scores(*many(14, lambda n: 99 if n > 10 else 40 + n, measure="wdeq_a"))),
        (("likely-sentinel", "warning", "E13"),),
        {"outcomes": (14, 14)},
    ),
    Case(
        31,
        "a cluster of zeros at post",
        as_csv(outcomes=scores(*many(20, lambda n: 9 + n % 9, pairs=lambda n: 0 if n % 2 else 3 + n % 7))),
        (("zeros-at-post", "warning", "E23"),),
        {"outcomes": (40, 40)},
    ),
    Case(
        32,
        "PCL-C under the name of PCL-5",
        as_csv(
            outcomes=scores(
                *many(20, lambda n: 17 + n * 3, measure="pcl5"),
                *([f"X{n}", "pcl5", "2026-02-01", "pre", n] for n in (81, 82, 85)),
            )
        ),
        (("another-form", "file", "E22"),),
        {"outcomes": (23, 0)},
    ),
    Case(
        32,
        "one mistyped total is no other form",
        as_csv(outcomes=scores(*many(20, lambda n: 17 + n * 3, measure="pcl5"), ["X", "pcl5", "2026-02-01", "pre", 83])),
        (("score-out-of-range", "row", "E22"),),
        {"outcomes": (21, 20)},
    ),
    Case(
        33,
        "answers from 1 to 4 for 0 to 3",
        as_csv(
            outcomes=scores(
                *([f"R{n}", "gad7", "2026-02-01", "pre", "", *((n + i) % 4 + 1 for i in range(7))] for n in range(12)),
                ["R99", "pcl5", "2026-02-01", "pre", 7],
                extra=ITEMS,
            )
        ),
        (("items-shifted", "row", "F2"),),
        {"outcomes": (13, 1)},
        ("R99",),
    ),
    Case(
        33,
        "a total that is not the sum",
        as_csv(
            outcomes=scores(
                ["R1", "gad7", "2026-02-01", "pre", 9, *[1] * 7], ["R2", "gad7", "2026-02-01", "pre", 7, *[1] * 7], extra=ITEMS
            )
        ),
        (("total-disagrees", "row", "E2"),),
        OUTCOMES_1,
        ("R2",),
    ),
    Case(
        34,
        "means of CORE-10 for totals",
        as_csv(outcomes=scores(*many(20, lambda n: 1.1 + n / 10, measure="core10"))),
        (("mean-for-total", "warning", "E2"),),
        {"outcomes": (20, 20)},
    ),
    Case(
        35,
        "pre and post exchanged",
        as_csv(outcomes=scores(*many(20, lambda n: 4 + n % 5, pairs=lambda n: 12 + n % 7))),
        (("pre-and-post-swapped", "warning", "D22"),),
        {"outcomes": (40, 40)},
    ),
    Case(
        36,
        "post copied from pre",
        as_csv(outcomes=scores(*many(20, lambda n: 4 + n % 9, pairs=lambda n: 4 + n % 9 - (n % 4 == 0)))),
        (("post-as-pre", "warning", "E23"),),
        {"outcomes": (40, 40)},
    ),
    *(
        Case(
            number,
            f"a total of {value!r}",
            as_csv(outcomes=scores([*GOOD[0][:4], value], GOOD[1])),
            (("not-a-number", "row", "E2"),),
            OUTCOMES_1,
            ("R2",),
        )
        for number, values in ((37, ("45*", "<5", "45/80", "O", "\uff14\uff15", "forty", "4,5")), (40, ("TRUE", "1e1", "0x1F")))
        for value in values
    ),
    Case(37, "plain blanks round a total", as_csv(outcomes=scores([*GOOD[0][:4], "\u00a050 "], GOOD[1])), (), OUTCOMES_2),
    Case(
        38,
        "one bad cell among good ones",
        as_csv(referrals=referrals(*([f"R{n}", "2026-01-05" if n != 7 else "soon"] for n in range(30)))),
        (("not-a-date", "value", "B9"),),
        {"referrals": (30, 30)},
    ),
    *(
        Case(
            39,
            f"{word!r} for no answer",
            as_csv(referrals=referrals(["R1", word, "y"], ["R2", "3", "y"], columns=("imd_decile", "accepted"))),
            (("no-answer", "note", "B2"),),
            {"referrals": (2, 2)},
        )
        for word in ("NA", "None", "N/A", "not asked", "Declined")
    ),
    Case(
        39,
        "NA where a score is needed",
        as_csv(outcomes=scores([*GOOD[0][:4], "NA"], GOOD[1])),
        (("blank-needed", "row", "E2"),),
        OUTCOMES_1,
    ),
    Case(
        41,
        "a key column blank throughout",
        as_csv(outcomes=scores(*(["", *row[1:]] for row in GOOD))),
        (("blank-needed", "file", "A2"),),
        {"outcomes": (2, 0)},
    ),
    Case(
        42,
        "more at the end than at the start",
        as_csv(aggregates=[AGG, agg(n_post=50)]),
        (("counts-disagree", "row", "D2"),),
        {"aggregates": (1, 0)},
    ),
    Case(
        42,
        "a standard error as SD",
        as_csv(aggregates=[AGG, agg(sd_pre=2.2)]),
        (("small-deviation", "value", "H2"),),
        {"aggregates": (1, 1)},
    ),
    Case(
        42,
        "a percentage as correlation",
        as_csv(aggregates=[AGG, agg(r=50)]),
        (("not-possible", "row", "J2"),),
        {"aggregates": (1, 0)},
    ),
    Case(
        42,
        "a proportion as count",
        as_csv(aggregates=[AGG, agg(n_post=0.7)]),
        (("not-whole", "value", "D2"),),
        {"aggregates": (1, 1)},
    ),
    *(
        Case(
            43,
            f"a count of {value}",
            as_csv(aggregates=[AGG, agg(n_paired=value)]),
            (("suppressed-count", "warning", "E2"),),
            {"aggregates": (1, 1)},
        )
        for value in ("<5", "*", "1-4", "c")
    ),
    Case(
        43,
        "counts rounded to five",
        as_csv(
            aggregates=[
                AGG,
                *(
                    agg(measure=m, n_pre=40, n_post=30, n_paired=25, mean_pre_paired=15, mean_post_paired=9, sd_pre=5, sd_post=5)
                    for m in FOUR
                ),
            ]
        ),
        (("rounded-counts", "warning", "C2"),),
        {"aggregates": (4, 4)},
    ),
    Case(
        44,
        "a pathway that the service says it does not offer",
        as_csv(
            service=[["site_id", "tokophobia"], ["S01", "n"]],
            referrals=referrals(["R1", "birth_trauma;tokophobia"], columns=("pathway",)),
        ),
        (("pathway-not-offered", "warning", "B2"),),
        {"referrals": (1, 1)},
    ),
    Case(
        46,
        "partners",
        as_csv(referrals=referrals(["R1", "partner"], columns=("client",))),
        (("not-the-woman", "warning", "B2"),),
        {"referrals": (1, 1)},
    ),
    Case(
        46,
        "scores where midwifery alone was given",
        as_csv(referrals=referrals(["R1", "n"], ["R2", "y"], columns=("eligible_for_outcomes",)), outcomes=scores(*GOOD)),
        (("scored-not-eligible", "warning", "A2"),),
        OUTCOMES_2,
    ),
    Case(
        47,
        "a pasted block under other ids",
        as_csv(outcomes=scores(*copied_block())),
        (("copied-block", "row", "A14"),),
        {"outcomes": (25, 13)},
    ),
    *(
        Case(
            47,
            f"a last score on {date}",
            as_csv(outcomes=scores(GOOD[0], ["R1", "pcl5", date, "post", 30])),
            (("post-timing", "warning", "C3"),),
            OUTCOMES_2,
        )
        for date in ("2026-02-10", "2027-03-25")
    ),
    *(
        Case(48, f"an id of {value!r}", as_csv(outcomes=scores([value, *GOOD[0][1:]])), (), {"outcomes": (1, 1)}, (value,))
        for value in ("=cmd()", "+R1", "-R1", "@R1", "R$1", "_R1_", "\u202eR1", "R\u200b1")
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_bad_input_gets_what_the_list_says_and_the_good_rows_arrive(case: Case, tmp_path: Path) -> None:
    made = take_in(case.make(tmp_path))
    told = made["rejected"][~made["rejected"]["rule_id"].isin(QUIET)]
    found = sorted(zip(told["rule_id"], told["severity"], told["cell"].fillna(""), strict=True))
    assert found == sorted(case.faults)
    assert all(told[text].str.strip().all() for text in ("found", "expected", "mend", "cost"))
    quality = made["quality"].set_index("table")
    for table, (read, accepted) in case.rows.items():
        counts = quality.loc[table, ["rows_read", "rows_accepted", "rows_rejected"]].tolist()
        assert counts == [read, accepted, read - accepted]
    if case.accepted:
        assert tuple(made["accepted_outcomes"]["referral_id"]) == case.accepted


# --- What no table of cases can show -------------------------------------------------------------------------------------


def test_14_a_million_formatted_rows_and_a_bomb_are_refused_by_size(tmp_path: Path) -> None:
    path = as_book(outcomes=scores(*GOOD))(tmp_path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/blank.bin", b"\0" * 60_000_000)
    assert list(take_in(path)["rejected"]["rule_id"]) == ["file-too-large"]


def test_27_the_days_of_a_1904_workbook_are_the_days_that_were_entered(tmp_path: Path) -> None:
    made = take_in(as_xlsxwriter(real_dates, date_1904=True)(tmp_path))
    assert [str(date.date()) for date in made["accepted_outcomes"]["date"]] == ["2026-01-20", "2026-01-21"]


def test_39_words_for_no_answer_are_kept_apart_and_counted_each(tmp_path: Path) -> None:
    rows = [[f"R{n}", word] for n, word in enumerate(["NA", "declined", "3", "NA", "Not asked"])]
    made = take_in(as_csv(referrals=referrals(*rows, columns=("imd_decile",)))(tmp_path))
    note = made["rejected"].query("rule_id == 'no-answer'")
    assert note["found"].tolist() == ["NA in 2 row(s), Not asked in 1 row(s), declined in 1 row(s)"]


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [("<5", 0, 4), ("≤5", 0, 5), ("1-4", 1, 4), ("20 to 24", 20, 24), ("*", 0, 30), ("suppressed", 0, 30)],
)
def test_43_a_held_back_count_is_an_interval_that_the_other_counts_narrow(tmp_path: Path, text: str, low: int, high: int) -> None:
    made = take_in(as_csv(aggregates=[AGG, agg(n_paired=text, n_pre=40, n_post=30)])(tmp_path))
    row = made["accepted_aggregates"].iloc[0]
    assert pd.isna(row["n_paired"])
    assert (row["n_paired_low"], row["n_paired_high"]) == (low, high)
    assert (row["n_pre_low"], row["n_pre"], row["n_pre_high"]) == (40, 40, 40)
    assert set(made["rejected"].query("rule_id == 'suppressed-count'")["severity"]) == {"warning"}


def test_43_a_rounded_count_lies_less_than_the_base_away(tmp_path: Path) -> None:
    rows = [
        agg(measure=m, n_pre=40, n_post=30, n_paired=25, sd_pre=5, sd_post=5, mean_pre_paired=15, mean_post_paired=9)
        for m in FOUR
    ]
    made = take_in(as_csv(aggregates=[AGG, *rows])(tmp_path))["accepted_aggregates"]
    assert set(zip(made["n_paired_low"], made["n_paired"], made["n_paired_high"], strict=True)) == {(21, 25, 29)}


def test_43_a_count_that_no_other_leaves_room_for_is_out(tmp_path: Path) -> None:
    """25 women with both scores are not among fewer than 5 with a second."""
    made = take_in(as_csv(aggregates=[AGG, agg(n_post="<5")])(tmp_path))
    told = made["rejected"][made["rejected"]["severity"].isin(["row", "warning"]) & ~made["rejected"]["rule_id"].isin(QUIET)]
    assert sorted(zip(told["rule_id"], told["cell"], strict=True)) == [("counts-disagree", "E2"), ("suppressed-count", "D2")]
    assert made["accepted_aggregates"].empty


def test_48_text_that_a_spreadsheet_would_run_stays_text_in_the_fix_list(tmp_path: Path) -> None:
    made = take_in(as_csv(outcomes=scores([*GOOD[0][:4], "=1+1"], GOOD[1]))(tmp_path))
    (tmp_path / "list.xlsx").write_bytes(fix_list("S01", made["rejected"].to_dict("records"), is_synthetic=False))
    cells = [cell for row in openpyxl.load_workbook(tmp_path / "list.xlsx").active for cell in row]
    assert {cell.data_type for cell in cells if cell.value is not None} == {"s"}
    assert "=1+1" in {cell.value for cell in cells}


def test_macros_are_never_run_and_links_never_followed(tmp_path: Path) -> None:
    path = as_book(suffix=".xlsm", outcomes=scores(*GOOD))(tmp_path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"Sub Auto_Open()")
    made = take_in(path)
    assert made["accepted_outcomes"]["referral_id"].tolist() == ["R1", "R2"]


def test_a_link_in_a_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere.csv").write_text("referral_id,accepted\nR1,y\n", encoding="utf-8")
    folder = as_csv(outcomes=scores(*GOOD))(tmp_path)
    (folder / "referrals.csv").symlink_to(tmp_path / "elsewhere.csv")
    quality = take_in(folder)["quality"].set_index("table")
    assert quality.loc["referrals", ["status", "rows_read"]].tolist() == ["set_aside", 0]


@pytest.mark.parametrize("name", ["..", "S 1", "S1;rm", "a/b", "-S1", "$HOME"])
def test_a_name_that_leads_elsewhere_is_no_site(name: str) -> None:
    assert SITE_NAME.fullmatch(name) is None


def test_a_pattern_in_few_scores_is_no_pattern(tmp_path: Path) -> None:
    """Nine women whose last scores are 0 and equal to the first, or all worse: too few to say anything of."""
    rows = [*many(9, lambda n: 0, pairs=lambda n: 0), *many(9, lambda n: 5, measure="phq9", pairs=lambda n: 9)]
    made = take_in(as_csv(outcomes=scores(*rows))(tmp_path))
    assert set(made["rejected"]["rule_id"]) <= QUIET
    assert len(made["accepted_outcomes"]) == 36


def test_ordinary_courses_raise_no_pattern(tmp_path: Path) -> None:
    rows = many(40, lambda n: 8 + n * 5 % 13, pairs=lambda n: n * 7 % 11)
    made = take_in(as_csv(outcomes=scores(*rows))(tmp_path))
    assert set(made["rejected"]["rule_id"]) <= QUIET


def test_a_workbook_too_large_to_look_for_marks_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cell_marks, "MOST_BYTES", 100)
    made = take_in(as_book(strike("E2"), outcomes=scores(*GOOD))(tmp_path))
    told = made["rejected"].query("rule_id == 'marks-not-read'")
    assert told["severity"].tolist() == ["warning"]
    assert len(made["accepted_outcomes"]) == 2


def test_colours_of_a_copy_that_we_marked_are_ours(tmp_path: Path) -> None:
    made = take_in(as_book(colour, **{"fix list": [["Rule"]], "outcomes": scores(*GOOD)})(tmp_path))
    assert "coloured-cells" not in set(made["rejected"]["rule_id"])


def test_a_late_last_score_at_the_end_of_a_long_course_is_in_time(tmp_path: Path) -> None:
    sheets = {
        "referrals": referrals(["R1", "2027-03-25"], columns=("end_date",)),
        "outcomes": scores(GOOD[0], ["R1", "pcl5", "2027-03-25", "post", 30]),
    }
    assert "post-timing" not in set(take_in(as_csv(**sheets)(tmp_path))["rejected"]["rule_id"])
