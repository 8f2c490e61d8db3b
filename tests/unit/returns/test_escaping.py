"""Text that a spreadsheet would run stays text in every table that we write for people."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
import xlsxwriter

from pipeline.config import IntakeSettings
from pipeline.engine.nodes import to_csv
from pipeline.measures import load
from pipeline.returns import template as template_module
from pipeline.returns.fix_list import fix_list
from pipeline.returns.inventory import Return
from pipeline.returns.marked_copy import marked_copy
from pipeline.stages.ingest import ingest
from pipeline.stages.validate import validate

PLANTED = (
    *("=cmd|' /C calc'!A0", "=1+1", "+1+1", "-2+3", "@SUM(1)", "\t=1+1", "\r=1+1", '=HYPERLINK("http://example.org")'),
    *("\u202e=1+1", "\u200b=1+1", "R\u202e1", "http://example.org/x", "{=1+1}", "007", "TRUE"),
)
STARTS = ("=", "+", "-", "@", "\t", "\r")
Book = Callable[[Path], bytes]


def fault_of(text: str) -> dict[str, Any]:
    fields = ("found", "expected", "mend", "cost", "table", "sheet", "column")
    return {**dict.fromkeys(fields, text), "site_id": "S01", "rule_id": "not-plain", "severity": "value", "cell": "A2", "row": 2}


def a_fix_list(folder: Path) -> bytes:
    return fix_list("S01", [fault_of(text) for text in PLANTED], is_synthetic=False)


def a_marked_copy(folder: Path) -> bytes:
    path = folder / "S01.xlsx"
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        for name in ("referrals", "@notes", "+more", "=1+1"):
            sheet = book.add_worksheet(name)
            for n, text in enumerate(PLANTED):
                sheet.write_string(n, 0, text)
        sheet.write_formula("C1", "=1+1", None, 2)
        sheet.write_formula("C2", '="="&"1+1"', None, "=1+1")
    faults = [{**fault_of(text), "sheet": "referrals"} for text in PLANTED]
    made = marked_copy(path, "S01", faults, is_synthetic=False)
    assert made is not None
    return made


def a_template(folder: Path) -> bytes:
    return template_module.template()


BOOKS = {"fix list": a_fix_list, "marked-up copy": a_marked_copy, "template": a_template}


@pytest.mark.parametrize("write", BOOKS.values(), ids=BOOKS)
def test_48_no_workbook_of_ours_holds_a_formula_or_a_link(tmp_path: Path, write: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    examples = dict(zip(("site_id", "measure", "total", "items", "person_id", "r"), PLANTED, strict=False))
    monkeypatch.setattr(template_module, "_EXAMPLES", {**template_module._EXAMPLES, **examples})
    content = write(tmp_path)
    cells = [
        cell for sheet in openpyxl.load_workbook(io.BytesIO(content)) for row in sheet for cell in row if cell.value is not None
    ]
    assert {cell.data_type for cell in cells} <= {"s", "n", "b"}
    shown = {str(cell.value).replace("_x000D_", "\r") for cell in cells}
    wanted = {text.replace("\r", "\n") for text in (examples.values() if write is a_template else PLANTED)}
    assert wanted <= {text.replace("\r", "\n") for text in shown}
    assert not any(cell.hyperlink for cell in cells)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert not [name for name, part in parts.items() if name.startswith("xl/worksheets/") and re.search(rb"<f[\s>]", part)]
    assert not [name for name in parts if re.search("vba|externalLink|embeddings|ctrlProps", name)]


def test_48_what_was_planted_is_still_what_the_marked_up_copy_says_when_it_comes_back(tmp_path: Path) -> None:
    content = a_marked_copy(tmp_path)
    book = openpyxl.load_workbook(io.BytesIO(content))
    starts = [cell for cell in book["referrals"]["A"] if str(cell.value).startswith(STARTS)]
    assert len(starts) >= 6
    assert all(cell.quotePrefix and cell.number_format == "@" for cell in starts)  # so it stays text when someone edits the cell


def test_48_in_an_open_csv_each_such_text_begins_with_an_apostrophe() -> None:
    frame = pd.DataFrame({"text": pd.Series(PLANTED, dtype="str"), "number": [float(-n) for n in range(len(PLANTED))]})
    rows = list(csv.reader(io.StringIO(to_csv(frame).decode(), newline="")))[1:]
    assert len(rows) == len(PLANTED)
    for (text, number), planted in zip(rows, PLANTED, strict=True):
        escaped = "'" + planted if planted.startswith(STARTS) else planted
        assert text.replace("\r", "\n") == escaped.replace("\r", "\n")
        assert float(number) <= 0


@pytest.mark.parametrize("text", [text for text in PLANTED if text.isprintable()])
def test_48_an_id_that_looks_like_a_formula_is_an_id_and_is_told_as_text(tmp_path: Path, text: str) -> None:
    (tmp_path / "S01").mkdir()
    with (tmp_path / "S01" / "outcomes.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(
            [["referral_id", "measure", "occasion", "total"], [text, "pcl5", "pre", "500"], ["R2", "pcl5", "pre", 3]]
        )
    made = validate({"S01": ingest(Return("S01", tmp_path / "S01"), IntakeSettings())}, load())
    assert made["accepted_outcomes"]["referral_id"].tolist() == ["R2"]
    assert made["rejected_rows"]["cells"].str.startswith(text).all()
    for name in ("rejected", "rejected_rows"):
        fields = [field for row in csv.reader(io.StringIO(to_csv(made[name]).decode(), newline="")) for field in row]
        assert not [field for field in fields if field.startswith(STARTS)]
