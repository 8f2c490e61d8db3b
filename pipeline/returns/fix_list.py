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
_FIXED = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC).replace(tzinfo=None)


def fix_list(site_id: str, faults: Sequence[dict[str, Any]], *, is_synthetic: bool) -> bytes:
    """An .xlsx with one line a fault; every value is text, so that no spreadsheet runs it."""
    import xlsxwriter

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"title": f"Fix list of {site_id}", "created": _FIXED})
        bold, wrap = book.add_format({"bold": True, "bottom": 1}), book.add_format({"text_wrap": True, "valign": "top"})
        sheet = book.add_worksheet("fix list")
        note = f"Contains small numbers and row-level data of {site_id}: return by your approved route."
        sheet.write_string(0, 0, ("SYNTHETIC. " if is_synthetic else "") + note, book.add_format({"bold": True}))
        for position, (title, width) in enumerate(COLUMNS.values()):
            sheet.set_column(position, position, width)
            sheet.write_string(2, position, title, bold)
        for line, each in enumerate(faults, start=3):
            for position, name in enumerate(COLUMNS):
                sheet.write_string(line, position, str(each.get(name) or ""), wrap)
        sheet.freeze_panes(3, 0)
        sheet.autofilter(2, 0, 2 + max(len(faults), 1), len(COLUMNS) - 1)
    return buffer.getvalue()
