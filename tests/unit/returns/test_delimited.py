"""CSV files with quotation marks out of place and fields to spare: the lines that suffer are named, all others arrive."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest

from pipeline.config import IntakeSettings
from pipeline.measures import load
from pipeline.returns.inventory import Return
from pipeline.stages.ingest import ingest
from pipeline.stages.validate import validate

MEASURES = load()
HEAD = "referral_id,measure,date,occasion,total\n"
NHS_NUMBER = "9990000018"


def good(n: int) -> str:
    return f"R{n},pcl5,2026-01-{n:02},pre,{30 + n}\n"


def take_in(folder: Path, text: str, *, table: str = "outcomes", mapping: Path | None = None) -> dict[str, pd.DataFrame]:
    (folder / "S01").mkdir()
    (folder / "S01" / f"{table}.csv").write_bytes(text.encode())
    return validate({"S01": ingest(Return("S01", folder / "S01"), IntakeSettings(), mapping)}, MEASURES)


def told(made: dict[str, pd.DataFrame]) -> list[tuple[str, str, str]]:
    faults = made["rejected"][~made["rejected"]["rule_id"].isin(["blank-column", "part-not-read"])]
    return sorted(zip(faults["rule_id"], faults["severity"], faults["cell"].fillna(""), strict=True))


def counts(made: dict[str, pd.DataFrame], table: str = "outcomes") -> list[int]:
    return list(made["quality"].set_index("table").loc[table, ["rows_read", "rows_accepted", "rows_rejected"]])


STRAYS = {
    "opened and never closed": (['"R2,pcl5,2026-01-02,pre,32'], ["A3"]),
    "text after the close": (['"R2"x,pcl5,2026-01-02,pre,32'], ["A3"]),
    "opened here and closed two rows on": (
        ['R2,"pcl5,2026-01-02,pre,32', good(3).strip(), 'R4,pcl5",2026-01-04,pre,34'],
        ["B3", "B5"],
    ),
    "in the last field of two rows": (['R2,pcl5,2026-01-02,pre,"32', good(3).strip(), 'R4,pcl5,2026-01-04,pre,"'], ["E3", "E5"]),
    "a row over two lines": (['R2,"pcl5,2026-01', "-02,pre,32"], ["A4", "B3"]),
    "a row over two lines with a blank one between": (['R2,"pcl5,2026-01', "", "-02,pre,32"], ["A5", "B3"]),
}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize(("lines", "cells"), STRAYS.values(), ids=STRAYS)
def test_12_only_the_lines_that_a_stray_mark_touches_are_lost(
    tmp_path: Path, lines: list[str], cells: list[str], end: str
) -> None:
    text = HEAD + good(1) + "".join(line + "\n" for line in lines) + good(8) + good(9)
    made = take_in(tmp_path, text.replace("\n", end))
    assert told(made) == [("stray-quotation-mark", "row", cell) for cell in cells]
    kept = [f"R{n}" for n in (1, 3, 8, 9) if n != 3 or good(3).strip() in lines]
    assert made["accepted_outcomes"]["referral_id"].tolist() == kept
    assert counts(made) == [len(kept) + len(cells), len(kept), len(cells)]
    assert (
        sorted(
            f"{cell[0]}{row}"
            for cell, row in zip(sorted(cells, key=lambda c: c[1:]), sorted(made["rejected_rows"]["row"]), strict=True)
        )
        == cells
    )


@pytest.mark.parametrize("last", ['R2,"pcl5,2026-01-02,pre,32\n', 'R2,"pcl5,2026-01-02,pre,32\nR3,pcl5",2026-01-03,pre,33\n'])
def test_12_a_stray_mark_in_the_last_rows_costs_those_rows(tmp_path: Path, last: str) -> None:
    made = take_in(tmp_path, HEAD + good(1) + last)
    n = last.count("\n")
    assert (counts(made), {rule for rule, _, _ in told(made)}) == ([1 + n, 1, n], {"stray-quotation-mark"})


def test_12_where_no_row_is_whole_again_the_table_is_set_aside(tmp_path: Path) -> None:
    made = take_in(tmp_path, HEAD + good(1) + 'R2,"pcl5,2026-01-02,pre,32\nR3,pcl5\nR4\n')
    assert told(made) == [("table-unreadable", "file", "")]
    assert made["accepted_outcomes"].empty


def test_12_marks_on_very_many_lines_are_another_way_of_writing_and_set_the_table_aside(tmp_path: Path) -> None:
    made = take_in(tmp_path, HEAD + good(1) + '"R\\"2\\"",pcl5,2026-01-02,pre,32\n' * 1500)
    assert told(made) == [("table-unreadable", "file", "")]


def test_12_a_line_end_inside_a_quoted_field_is_no_stray_mark(tmp_path: Path) -> None:
    made = take_in(tmp_path, HEAD + good(1) + '"R2 ""x""\nb",pcl5,2026-01-02,pre,32\n' + 'R3,"pcl5,2026-01-03,pre,33\n' + good(4))
    assert told(made) == [("not-plain", "row", "A3"), ("stray-quotation-mark", "row", "B4")]
    assert made["accepted_outcomes"]["referral_id"].tolist() == ["R1", "R4"]


def test_12_a_spoilt_line_says_nothing_of_its_site(tmp_path: Path) -> None:
    text = 'site_id,referral_id,accepted\nS01,R1,y\nS01,"R2\nmore,words,here,y\nS01,R3,y\n'
    made = take_in(tmp_path, text, table="referrals")
    assert {rule for rule, _, _ in told(made)} == {"stray-quotation-mark"}
    assert made["accepted_referrals"]["referral_id"].tolist() == ["R1", "R3"]


def test_12_an_identifier_in_a_spoilt_line_is_an_incident(tmp_path: Path) -> None:
    made = take_in(tmp_path, HEAD + good(1) + f'R2,"pcl5,{NHS_NUMBER},pre,32\n' + good(3))
    assert [rule for rule, _, _ in told(made)] == ["identifier-found"]
    assert made["rejected_rows"].empty


def test_12_a_spoilt_line_of_a_wide_sheet_is_counted_once(tmp_path: Path) -> None:
    mapping = tmp_path / "S01.yaml"
    mapping.write_text(
        "columns:\n  outcomes:\n    PCL pre: {measure: pcl5, occasion: pre}\n    PCL post: {measure: pcl5, occasion: post}\n"
    )
    text = 'referral_id,PCL pre,PCL post\nR1,50,30\nR2,"51,31\nR3,52,32\n'
    made = take_in(tmp_path, text, mapping=mapping)
    assert [(rule, severity) for rule, severity, _ in told(made)] == [("stray-quotation-mark", "row")]
    assert counts(made) == [5, 4, 1]


def test_1_blank_fields_at_the_end_of_rows_are_one_note_with_their_count(tmp_path: Path) -> None:
    (tmp_path / "S01").mkdir()
    rows = [line.split(",") for line in (HEAD + good(1) + good(2) + good(3)).splitlines()]
    with (tmp_path / "S01" / "outcomes.csv").open("w", newline="") as file:
        csv.writer(file).writerows([rows[0], [*rows[1], "", " "], rows[2], [*rows[3], ""]])
    made = validate({"S01": ingest(Return("S01", tmp_path / "S01"), IntakeSettings())}, MEASURES)
    assert told(made) == [("blank-extra-fields", "note", "")]
    note = made["rejected"].query("rule_id == 'blank-extra-fields'").iloc[0]
    assert (note["table"], note["found"]) == ("outcomes", "2 row(s) with blank fields after the last heading")
    assert counts(made) == [3, 3, 0]


def test_1_rows_that_end_with_the_headings_or_before_them_raise_nothing(tmp_path: Path) -> None:
    assert told(take_in(tmp_path, HEAD + good(1) + "R2,pcl5,2026-01-02,pre,32\n")) == []
