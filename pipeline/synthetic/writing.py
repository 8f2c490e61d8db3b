"""From tables to the files of a return, the same bytes each time."""

from __future__ import annotations

import csv
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.synthetic.drawing import Column, Table

if TYPE_CHECKING:
    from pathlib import Path

    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

CREATED = datetime(2026, 7, 1)
"""Stands in every workbook in place of the clock."""
EXCEL_EPOCH = np.datetime64("1899-12-30", "D")


def write_folder(folder: Path, tables: dict[str, Table]) -> None:
    """One CSV a table, UTF-8, with ISO dates."""
    folder.mkdir()
    for name, table in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(table)
            writer.writerows(zip(*map(_words, table.values()), strict=True))


def _words(values: Column) -> list[str]:
    """Turn a column into text; what is missing is empty."""
    if values.dtype.kind == "M":
        return [str(v) for v in np.where(np.isnat(values), "", np.datetime_as_string(values))]
    return [_word(value) for value in values.tolist()]


def _word(value: Any) -> str:
    if value is None or value != value:
        return ""
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def write_workbook(path: Path, tables: dict[str, Table]) -> None:
    """One sheet a table, with real dates; properties and zip entries carry a fixed date."""
    from xlsxwriter import Workbook

    book = Workbook(str(path), {"in_memory": True})
    book.set_properties({"created": CREATED})
    day, heading = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"bold": True})
    for name, table in tables.items():
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(table) - 1, 14)
        for j, (column, values) in enumerate(table.items()):
            sheet.write_string(0, j, column, heading)
            _write_column(sheet, j, values, day)
    book.close()


def _write_column(sheet: Worksheet, j: int, values: Column, day: Format) -> None:
    kind = values.dtype.kind
    if kind == "M":
        cells: list[Any] = (values - EXCEL_EPOCH).astype(np.int64).tolist()
        shown = np.flatnonzero(~np.isnat(values)).tolist()
        write, style = sheet.write_number, day
    else:
        cells = values.tolist()
        shown = [i for i, v in enumerate(cells) if v is not None and v == v]
        write, style = sheet.write_number, None
    for i in shown:
        if isinstance(cells[i], str):
            sheet.write_string(i + 1, j, cells[i])
        else:
            write(i + 1, j, cells[i], style)
