"""The fix list: a workbook that a data manager works through, line by line."""

from __future__ import annotations

import datetime
import io
import re
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from pipeline import codes
from pipeline.returns.cells import as_text, position

COLUMNS = {
    "severity": ("Severity", 9),
    "table": ("Table", 12),
    "sheet": ("Sheet", 12),
    "cell": ("Cell", 8),
    "rule_id": ("Rule", 19),
    "found": ("Found (masked)", 18),
    "expected": ("Expected", 34),
    "mend": ("How to mend", 34),
    "cost": ("What it costs", 24),
    "since": ("Since last release", 12),
    "accepted": ("Accepted because", 12),
}
NAME = "fix list"
CONTAINS = "Contains small numbers and row-level data of"
MASKED = (
    "What was found is masked, so that it names no woman: our own codes, dates and short numbers stand as they are; "
    "other letters are shown as a, the digits of long numbers as 9, and a code such as a referral's as its length alone."
)
_ABOVE = 4
"""Rows from the top to the first fault: what it contains, how it stands, the mask, the headings."""
_A4, _LINE, _TALLEST = 9, 15, 409
"""A paper size (ECMA-376, 18.3.1.63); points of a line of the usual font; points of the tallest row (Excel's limits)."""
_CELL = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_FIXED = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC).replace(tzinfo=None)


def fix_list(site_id: str, faults: Sequence[dict[str, Any]], *, is_synthetic: bool, compared: str = "") -> bytes:
    """An .xlsx with one line a fault; every value is text, so that no spreadsheet runs it.

    A fault may say in `since` whether it is new since the last release, and `compared` what has become of them all.
    """
    buffer = io.BytesIO()
    with new_book(buffer, f"Fix list of {site_id}") as book:
        write_fix_list(book, headed(site_id, is_synthetic=is_synthetic), faults, remark=compared)
    return buffer.getvalue()


def new_book(buffer: io.BytesIO, title: str, *, is_since_1904: bool = False) -> Any:
    """A workbook of xlsxwriter that carries no clock and makes no formula, link or number of a text.

    `is_since_1904`: its days are counted from 1904, as in the workbook that it copies.
    """
    import xlsxwriter

    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    options["date_1904"] = is_since_1904
    book = xlsxwriter.Workbook(buffer, options)
    book.set_properties({"title": title, "created": _FIXED})
    return book


def headed(site_id: str, *, is_synthetic: bool) -> str:
    """The line that stands above everything that goes back to a site."""
    return ("SYNTHETIC. " if is_synthetic else "") + f"{CONTAINS} {site_id}: return by your approved route."


def is_fix_list(rows: Sequence[Sequence[object]]) -> bool:
    """Whether a sheet of ours is what stands there: its first line, and its heading row soon below."""
    if not (rows and CONTAINS in as_text(rows[0][0])):
        return False
    titles = [title for title, _ in COLUMNS.values()]
    return any([as_text(cell) for cell in row[: len(titles)]] == titles for row in rows[:_ABOVE])


def write_fix_list(book: Any, head: str, faults: Sequence[dict[str, Any]], *, name: str = NAME, remark: str = "") -> None:
    """Add the sheet with one line a fault to `book`, the gravest first, then by place; `remark` stands below the heading."""
    bold, wrap = book.add_format({"bold": True, "text_wrap": True}), book.add_format({"text_wrap": True, "valign": "top"})
    sheet, last = book.add_worksheet(name), len(COLUMNS) - 1
    sheet.set_header("&C" + head)
    for line, (text, form) in enumerate(((head, bold), (remark, wrap), (MASKED, wrap))):
        if text:
            sheet.merge_range(line, 0, line, last, "", form)
            sheet.write_string(line, 0, text, form)
            sheet.set_row(line, _height([(text, sum(width for _, width in COLUMNS.values()))]))
    titled = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    sheet.set_row(_ABOVE - 1, _height(COLUMNS.values()))
    for column, (title, width) in enumerate(COLUMNS.values()):
        sheet.set_column(column, column, width)
        sheet.write_string(_ABOVE - 1, column, title, titled)
    for line, each in enumerate(sorted(faults, key=_gravity_and_place), start=_ABOVE):
        texts = [str(each.get(column) or "") for column in COLUMNS]
        sheet.set_row(line, _height((text, width) for text, (_, width) in zip(texts, COLUMNS.values(), strict=True)))
        for column, text in enumerate(texts):
            sheet.write_string(line, column, text, wrap)
    sheet.freeze_panes(_ABOVE, 0)
    sheet.autofilter(_ABOVE - 1, 0, _ABOVE - 1 + max(len(faults), 1), last)
    _set_page(sheet)


def _set_page(sheet: Any) -> None:
    """As wide as the paper, so that no line is torn apart, with the headings on each page."""
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(_ABOVE - 1)
    sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
    sheet.set_footer("&CPage &P of &N")


def _gravity_and_place(fault: dict[str, Any]) -> tuple[int, str, str, int, int]:
    rank = {severity: n for n, severity in enumerate(codes.SEVERITIES)}
    at = _CELL.fullmatch(str(fault.get("cell") or ""))
    row, column = (int(at[2]), position(at[1])) if at else (0, 0)
    table, sheet = (str(fault.get(name) or "") for name in ("table", "sheet"))
    return rank.get(str(fault.get("severity")), len(rank)), table, sheet, row, column


def _height(texts: Iterable[tuple[str, int]]) -> int:
    """Points that the tallest of the texts needs in a column of its width; programs do not work it out for a file that is new."""
    lines = (sum(max(1, len(textwrap.wrap(part, width - 1))) for part in text.split("\n")) for text, width in texts)
    return min(_LINE * max(lines, default=1) + 1, _TALLEST)
