"""A return in parts is the return in one: tables over several files or sheets, files or workbook, and in any order."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.config import IntakeSettings
from pipeline.engine.nodes import to_parquet
from pipeline.measures import load
from pipeline.returns.inventory import Return
from pipeline.stages.ingest import ingest
from pipeline.stages.validate import validate
from tests.invariants.test_intake import Cells, clean_rows

MAPPING = "sheets:\n  outcomes: [outcomes, outcomes_2]\n  referrals: [referrals, referrals_2]\n"
SETTINGS = settings(deadline=None, derandomize=True, max_examples=2, database=None, suppress_health_check=list(HealthCheck))


def whole() -> dict[str, Cells]:
    return {name: [headings, *rows] for name in ("referrals", "outcomes") for headings, rows in [clean_rows(name, 9)]}


def parted(content: dict[str, Cells], at: int) -> dict[str, Cells]:
    """Each table in two parts, the second with its columns the other way round."""
    found: dict[str, Cells] = {}
    for name, (headings, *rows) in content.items():
        found[name] = [headings, *rows[:at]]
        found[f"{name}_2"] = [row[::-1] for row in [headings, *rows[at:]]]
    return found


def sent(folder: Path, content: dict[str, Cells], form: str) -> Path:
    if form == "workbook":
        book = openpyxl.Workbook()
        book.remove(book.worksheets[0])
        for name, rows in content.items():
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append(row)
        book.save(folder / "S01.xlsx")
        return folder / "S01.xlsx"
    (folder / "S01").mkdir()
    for name, rows in content.items():
        with (folder / "S01" / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)
    return folder / "S01"


def read(folder: Path, content: dict[str, Cells], form: str, *, mapping: str = "") -> dict[str, pd.DataFrame]:
    folder.mkdir()
    words = None
    if mapping:
        words = folder / "S01.yaml"
        words.write_text(mapping, encoding="utf-8")
    path = sent(folder, content, form)
    records = ingest(Return("S01", path), IntakeSettings(), words)
    stored = {name: pd.read_parquet(io.BytesIO(to_parquet(frame))) for name, frame in records.items()}
    return validate({"S01": stored}, load())


def accepted(made: dict[str, pd.DataFrame]) -> dict[str, list[Any]]:
    return {
        name: sorted(table.astype("str").itertuples(index=False, name=None))
        for name, table in made.items()
        if name.startswith("accepted_") and len(table)
    }


@pytest.mark.parametrize("form", ["files", "workbook"])
@given(at=st.integers(1, 8), other=st.sampled_from(["files", "workbook"]))
@SETTINGS
def test_a_table_in_two_parts_is_the_table_in_one(
    form: str, at: int, other: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("parts")
    one = read(folder / "one", whole(), form)
    two = read(folder / "two", parted(whole(), at), other, mapping=MAPPING)
    assert len(accepted(one)) == 2
    assert accepted(one) == accepted(two)
    for made in (one, two):
        told = made["rejected"].query("rule_id != 'part-not-read'")  # every workbook has properties, which are not read
        assert set(told["severity"]) <= {"warning"}, "columns that this return does not have"


def test_a_second_part_that_no_mapping_names_is_told_and_never_read_by_guess(tmp_path: Path) -> None:
    """A second file may be a copy or an older one: it takes a word of the site's that both belong together."""
    made = read(tmp_path / "parts", parted(whole(), 4), "files")
    assert len(made["accepted_outcomes"]) == 4
    (fault,) = made["rejected"].query("rule_id == 'unknown-sheets'").to_dict("records")
    assert fault["found"].startswith("2 other sheet(s) or file(s)")
