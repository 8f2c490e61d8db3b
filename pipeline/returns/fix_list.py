"""The fix list: a workbook that a data manager works through, line by line."""

from __future__ import annotations

import datetime
import io
from collections.abc import Sequence
from typing import Any

COLUMNS = {
    "severity": ("Severity", 10),
    "table": ("Table", 14),
    "sheet": ("Sheet", 14),
    "cell": ("Cell", 8),
    "rule_id": ("Rule", 22),
    "found": ("Found (masked)", 24),
    "expected": ("Expected", 40),
    "mend": ("How to mend", 44),
    "cost": ("What it costs", 32),
    "accepted": ("Accepted because", 30),
}
NAME = "fix list"
CONTAINS = "Contains small numbers and row-level data of"
_FIXED = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC).replace(tzinfo=None)


def fix_list(site_id: str, faults: Sequence[dict[str, Any]], *, is_synthetic: bool) -> bytes:
    """An .xlsx with one line a fault; every value is text, so that no spreadsheet runs it."""
    buffer = io.BytesIO()
    with new_book(buffer, f"Fix list of {site_id}") as book:
        write_fix_list(book, headed(site_id, is_synthetic=is_synthetic), faults)
    return buffer.getvalue()


def new_book(buffer: io.BytesIO, title: str) -> Any:
    """A workbook of xlsxwriter that carries no clock and makes no formula, link or number of a text."""
    import xlsxwriter

    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(buffer, options)
    book.set_properties({"title": title, "created": _FIXED})
    return book


def headed(site_id: str, *, is_synthetic: bool) -> str:
    """The line that stands above everything that goes back to a site."""
    return ("SYNTHETIC. " if is_synthetic else "") + f"{CONTAINS} {site_id}: return by your approved route."


def write_fix_list(book: Any, head: str, faults: Sequence[dict[str, Any]], *, name: str = NAME, remark: str = "") -> None:
    """Add the sheet with one line a fault to `book`; `remark` stands below the heading."""
    bold, wrap = book.add_format({"bold": True, "bottom": 1}), book.add_format({"text_wrap": True, "valign": "top"})
    sheet = book.add_worksheet(name)
    sheet.set_header("&C" + head)
    sheet.write_string(0, 0, head, book.add_format({"bold": True}))
    if remark:
        sheet.write_string(1, 0, remark)
    for position, (title, width) in enumerate(COLUMNS.values()):
        sheet.set_column(position, position, width)
        sheet.write_string(2, position, title, bold)
    for line, each in enumerate(faults, start=3):
        for position, column in enumerate(COLUMNS):
            sheet.write_string(line, position, str(each.get(column) or ""), wrap)
    sheet.freeze_panes(3, 0)
    sheet.autofilter(2, 0, 2 + max(len(faults), 1), len(COLUMNS) - 1)
