"""Decisions of the analyst, from the fault to the line that she copies, and back into the next run."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from tests.conftest import Told, tell

ROOT = Path(__file__).parents[2]
CONFIG = """
study: {title: A small study}
paths: {returns: returns, processed: processed, reports: reports, releases: releases, decisions: decided/decisions.csv}
measures: [pcl5]
"""
HEADINGS = ["referral_id", "measure", "date", "total"]
GOOD = [["R1", "pcl5", "2026-01-05", "50"], ["R1", "pcl5", "2026-03-05", "30"], ["R2", "pcl5", "2026-01-06", "41"]]
BAD = [["R2", "pcl5", "2026-03-06", "300"], ["R3", "pcl5", "2026-01-07", "45*"], ["R3", "pcl5", "2026-03-07", "22"]]
DECIDED = {"reason_code": "checked_against_form", "who": "analyst", "date": "2026-11-22"}


@pytest.fixture
def study(tmp_path: Path) -> Path:
    (tmp_path / "config.yaml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "decided").mkdir()
    send(tmp_path, [*GOOD, *BAD])
    return tmp_path


def send(study: Path, rows: list[list[str]], *, headings: list[str] = HEADINGS) -> None:
    folder = study / "returns" / "S01"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "outcomes.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([headings, *rows])


def run(study: Path) -> Told:
    told = tell("run", "validate", "to-sites", "ledger", "--config", study / "config.yaml")
    assert told.code == 0, told.err
    assert "Traceback" not in told.err
    return told


def to_take(study: Path) -> list[dict[str, str]]:
    with (study / "processed" / "decisions-to-take.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def line_at(study: Path, cell: str) -> dict[str, str]:
    (line,) = [each for each in to_take(study) if each["cell"] == cell]
    return line


def decide(study: Path, *lines: dict[str, str]) -> None:
    with (study / "decided" / "decisions.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)


def accepted(study: Path) -> list[float]:
    return sorted(pd.read_parquet(study / "processed" / "accepted_outcomes.parquet")["total"].dropna())


def faults(study: Path) -> pd.DataFrame:
    return pd.read_parquet(study / "processed" / "rejected.parquet")


def decisions_told(study: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((study / "processed" / "ledger.json").read_text(encoding="utf-8"))["decisions"]
    return told


def test_a_line_is_copied_filled_in_and_applied(study: Path) -> None:
    run(study)
    assert accepted(study) == [22.0, 30.0, 41.0, 50.0]
    decide(
        study,
        {**line_at(study, "D5"), "decision": "correct", "new_value": "30", **DECIDED},
        {**line_at(study, "D6"), "decision": "correct", "new_value": "45", **DECIDED},
    )
    told = run(study)
    assert "Decisions applied: 2." in told.err
    assert "ingest" not in told.steps
    assert not run(study).ran
    assert accepted(study) == [22.0, 30.0, 30.0, 41.0, 45.0, 50.0]
    found = faults(study)
    assert "decision-applied" in set(found["rule_id"])
    assert not {"score-out-of-range", "not-a-number"} & set(found["rule_id"])
    assert not any("45" in text for text in found.loc[found["rule_id"] == "decision-applied", "found"])
    assert not [each for each in to_take(study) if each["cell"] in {"D5", "D6"}]


def test_a_row_that_is_rejected_is_counted_and_named(study: Path) -> None:
    run(study)
    decide(study, {**line_at(study, "D5"), "decision": "reject", **DECIDED})
    run(study)
    found = faults(study).set_index("rule_id")
    assert found.loc["rejected-by-decision", "row"] == 5
    assert "score-out-of-range" not in found.index, "a row that is out is told once"
    quality = pd.read_parquet(study / "processed" / "quality.parquet").set_index("table").loc["outcomes"]
    assert quality["rows_read"] == quality["rows_accepted"] + quality["rows_rejected"] == 6


def test_a_warning_that_is_accepted_is_not_raised_again(study: Path) -> None:
    same_day = [["R1", "pcl5", "2026-01-05", "50", "pre"], ["R1", "pcl5", "2026-01-05", "30", "post"]]
    send(study, same_day, headings=[*HEADINGS, "occasion"])
    run(study)
    (line,) = to_take(study)
    assert line["rule_id"] == "pre-and-post-same-day"
    decide(study, {**line, "decision": "accept", **DECIDED, "reason_code": "confirmed_by_site"})
    told = run(study)
    assert "Decisions applied: 1." in told.err
    assert "pre-and-post-same-day" not in set(faults(study)["rule_id"])
    assert to_take(study) == []


def test_a_value_that_cannot_be_read_cannot_be_accepted(study: Path) -> None:
    run(study)
    decide(study, {**line_at(study, "D6"), "decision": "accept", **DECIDED})
    told = run(study)
    assert "decision-impossible" in told.err
    assert {"decision-impossible", "not-a-number"} <= set(faults(study)["rule_id"])
    assert accepted(study) == [22.0, 30.0, 41.0, 50.0]


def test_a_return_that_is_resent_makes_a_decision_stale_and_takes_nothing_over(study: Path) -> None:
    run(study)
    decide(study, {**line_at(study, "D5"), "decision": "correct", "new_value": "30", **DECIDED})
    run(study)
    assert accepted(study).count(30.0) == 2
    send(study, [GOOD[0], *BAD, *GOOD[1:]])
    told = run(study)
    assert "Not applied (decision-stale), S01" in told.err
    assert "another return" in told.err
    assert accepted(study).count(30.0) == 1
    assert {"decision-stale", "score-out-of-range"} <= set(faults(study)["rule_id"])
    book = openpyxl.load_workbook(study / "processed" / "to_sites" / "S01" / "fix-list.xlsx")
    told_to_site = [cell.value for row in book.worksheets[0].iter_rows() for cell in row]
    assert "decision-stale" not in told_to_site, "the site can do nothing about it"
    decide(study, {**line_at(study, "D3"), "decision": "correct", "new_value": "30", **DECIDED})
    run(study)
    assert accepted(study).count(30.0) == 2


def test_an_identifier_sets_the_file_aside_and_the_run_goes_on(study: Path) -> None:
    run(study)
    lines = [{**line_at(study, "D5"), "decision": "correct", "new_value": "999 000 0018", **DECIDED}]
    decide(study, *lines, {**line_at(study, "D6"), "decision": "correct", "new_value": "45", **DECIDED})
    told = run(study)
    assert "POSSIBLE INCIDENT" in told.err
    assert "9990000018" not in told.err.replace(" ", "")
    assert accepted(study) == [22.0, 30.0, 41.0, 50.0]
    assert decisions_told(study)["is_incident"]
    kept = [p for p in (study / "processed").rglob("*") if p.is_file() and b"999 000 0018" in p.read_bytes()]
    assert not kept


@pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe\x01", b'"' * 9, b"PK\x03\x04", b"id;site\n", b"\xff\xfei\x00d\x00"])
def test_a_broken_file_of_decisions_is_told_and_stops_nothing(study: Path, content: bytes) -> None:
    (study / "decided" / "decisions.csv").write_bytes(content)
    told = run(study)
    assert "decisions.csv" in told.err
    assert accepted(study) == [22.0, 30.0, 41.0, 50.0]


def test_nothing_of_it_leaves_and_a_line_of_an_unknown_site_is_told(study: Path) -> None:
    run(study)
    decide(study, {**line_at(study, "D5"), "site": "S99", "decision": "reject", **DECIDED})
    told = run(study)
    assert "decisions.csv, line 2, site: found a99; expected a site that sent a return" in told.err
    assert not (study / "reports").exists()


def test_the_command_as_a_person_types_it(study: Path) -> None:
    command = [sys.executable, "-m", "pipeline", "run", "validate", "to-sites", "--config", str(study / "config.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert (study / "processed" / "to_sites" / "S01" / "passport.pdf").is_file()
