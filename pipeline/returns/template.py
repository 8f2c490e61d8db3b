"""The empty workbook for a site, printed from the schemas: a sheet a table, headings with notes, drop-downs, an example row."""

from __future__ import annotations

import datetime
import io
import re
from collections.abc import Sequence
from typing import Any

ROWS = 2000
VERSION = 1
"""Raised whenever a heading or a code of the template changes. Earlier ones: none was given out."""
_SAYS_VERSION = "Template version"
_FIXED = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC).replace(tzinfo=None)
_EXAMPLES = {
    **{"text": "R0001", "number": "12.5", "whole": "12", "date": "2026-03-31", "month": "2026-03"},
    **{"site_id": "S07", "measure": "pcl5", "total": "44", "items": ";".join("3" * 12 + "1" * 8), "items_answered": "20"},
    **{"person_id": "P0001", "region": "Region A", "imd_decile": "4", "return_version": "1", "r": "0.5"},
    **{"staff_code": "A17", "attendee_code": "A17", "respondent_code": "A17", "instrument": "nomad", "question": "4"},
    **{"response": "2", "option": "2", "series": "out_of_area_bed_days", "pathway": "birth_trauma"},
    **{"n_reliably_improved": "6", "n_reliably_deteriorated": "1"},
}
"""By column, else by kind."""
_MAX_LIST = 250
_GUIDE_LINES = 20
"""The version stands in the first rows of the read-me sheet."""


def template() -> bytes:
    """An .xlsx that a site fills in; the same bytes every time."""
    import xlsxwriter

    from pipeline.tables.returned import RETURNED

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False}) as book:
        book.set_properties({"title": "Return of a Maternal Mental Health Service", "created": _FIXED})
        bold = book.add_format({"bold": True, "bottom": 1})
        dated, as_typed = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"num_format": "@"})
        formats = {**dict.fromkeys(("date", "month"), dated), **dict.fromkeys(("text", "code", "code_list"), as_typed)}
        _write_guide(book, RETURNED, bold)
        for name, schema in RETURNED.items():
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            for position, (column, spec) in enumerate(_asked(schema)):
                sheet.set_column(position, position, max(12, len(column) + 2), formats.get(spec.metadata["kind"]))
                sheet.write_string(0, position, column, bold)
                sheet.write_comment(0, position, _note(spec), {"x_scale": 1.8})
                _offer_codes(sheet, position, spec)
    return buffer.getvalue()


def version_of(rows: Sequence[Sequence[str]]) -> int | None:
    """The version that a read-me sheet of ours states; None where it states none."""
    said = (re.match(rf"{_SAYS_VERSION} ([0-9]{{1,6}})\b", cell.strip()) for row in rows[:_GUIDE_LINES] for cell in row)
    return next((int(match[1]) for match in said if match), None)


def _asked(schema: Any) -> list[tuple[str, Any]]:
    return [(column, spec) for column, spec in schema.columns.items() if column != "invented"]


def _offer_codes(sheet: Any, position: int, spec: Any) -> None:
    codes = [str(code) for code in spec.metadata["codes"]]
    if spec.metadata["kind"] == "code" and codes and len(",".join(codes)) < _MAX_LIST:
        sheet.data_validation(1, position, ROWS, position, {"validate": "list", "source": codes, "error_title": "Not a code"})


def _note(spec: Any) -> str:
    meta = spec.metadata
    parts = [spec.title, spec.description or "", f"Unit: {meta['unit']}" if meta["unit"] else ""]
    codes = ", ".join(map(str, meta["codes"]))
    parts += [f"Codes: {codes}" if codes else "", "Needed in each row." if meta["needed"] else "May be left blank."]
    return "\n".join(part for part in parts if part)


def _write_guide(book: Any, tables: dict[str, Any], bold: Any) -> None:
    sheet = book.add_worksheet("read me")
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, 3, 40)
    lines = (
        "Fill in the sheets that you have; leave the others empty. Keep headings and sheet names as they are.",
        "Dates are year-month-day. No names, NHS numbers, dates of birth, addresses or free text anywhere.",
        "Save the workbook under the code of your site, such as S07.xlsx.",
        f"{_SAYS_VERSION} {VERSION}. Please leave this line.",
    )
    for row, line in enumerate(lines):
        sheet.write_string(row, 0, line)
    for position, title in enumerate(("table", "column", "example", "meaning")):
        sheet.write_string(len(lines) + 1, position, title, bold)
    row = len(lines) + 2
    for name, schema in tables.items():
        for column, spec in _asked(schema):
            codes, kind = spec.metadata["codes"], spec.metadata["kind"]
            example = codes[0] if codes else _EXAMPLES.get(column, _EXAMPLES.get(kind, ""))
            for position, value in enumerate((name, column, example, _note(spec).replace("\n", ". "))):
                sheet.write_string(row, position, value)
            row += 1
