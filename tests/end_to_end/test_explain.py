"""`explain`: from any number of the report back to the returns, on the screen."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

import pytest

from pipeline.__main__ import main
from pipeline.catalog import OPEN_TABLES
from pipeline.commands.lineage import origin_of_finding, origin_of_table
from pipeline.engine.nodes import digest_path
from tests.conftest import tell

NOT_RELEASED = {"findings", "disclosure_log"}


class Screen(io.StringIO):
    """An output that is a terminal."""

    def isatty(self) -> bool:
        return True


def explained(study: Path, *key: str) -> str:
    told = tell("explain", *key, "--config", study / "config.yaml")
    assert told.code == 0, told.err
    return told.out


def findings(study: Path) -> list[dict[str, str]]:
    with (study / "reports" / "tables" / "findings.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_finding_is_walked_back_to_the_return(full_study: Path) -> None:
    out = explained(full_study, "compare.pcl5.S01.mean_improvement")
    row = next(row for row in findings(full_study) if row["key"] == "compare.pcl5.S01.mean_improvement")
    assert f"value {row['value']}; low {row['low']}; high {row['high']}" in out
    assert "tables/open_sites.csv: measure pcl5, site_id S01, column mean_improvement" in out
    assert "open_sites by pipeline.disclosure.estimates.release_sites, from site_effects" in out
    steps = [line.split()[1].rstrip(":") for line in out.splitlines() if line.startswith("  step ")]
    order = [name for name in ("compare", "change", "score", "validate", "ingest") if name in steps]
    assert order == [name for name in steps if name in order], "from the last step back to the first"
    assert len(order) == 5
    assert "compare.min_pairs 10" in out
    assert "reliable change 15, used here" in out
    received = next((full_study / "invented" / "returns").glob("S01*"))
    assert f"S01 {digest_path(received)}" in out
    assert "  return      S02" not in out, "a figure of one site rests on its return alone"
    made = json.loads((full_study / "reports" / "run.json").read_text(encoding="utf-8"))
    assert made["run_id"] in out


def test_a_cell_of_an_open_table_has_a_key_of_its_own(full_study: Path) -> None:
    with (full_study / "reports" / "tables" / "open_completeness.csv").open(encoding="utf-8", newline="") as file:
        row = next(row for row in csv.DictReader(file) if row["site_id"] == "ALL" and row["completion_pct"])
    cell = ["open_completeness", row["measure"], "ALL", "completion_pct"]
    assert f"  value       {row['completion_pct']}\n" in explained(full_study, ".".join(cell))
    assert explained(full_study, *cell) == explained(full_study, ".".join(cell))
    assert f"completion_pct {row['completion_pct']}" in explained(full_study, *cell[:3])


def test_without_a_key_every_key_is_listed(full_study: Path) -> None:
    out = explained(full_study).splitlines()
    assert {row["key"] for row in findings(full_study)} <= set(out)
    assert any(line.startswith("open_sites.pcl5.S01.") for line in out)


def test_a_wrong_key_suggests_near_ones(full_study: Path) -> None:
    told = tell("explain", "change.pcl5.poled", "--config", full_study / "config.yaml")
    assert told.code == 2
    assert "change.pcl5.pooled" in told.err


def test_every_finding_and_every_open_table_has_a_way_back(full_study: Path) -> None:
    for key in {row["key"] for row in findings(full_study)}:
        assert origin_of_finding(key).made_by.startswith("pipeline.stages.release_findings"), key
    for table in OPEN_TABLES.keys() - NOT_RELEASED:
        origin = origin_of_table(table)
        assert origin.exact | origin.open_tables, table
        module, _, function = origin.made_by.rpartition(".")
        assert hasattr(__import__(module, fromlist=[function]), function), origin.made_by


def test_rows_are_shown_on_a_screen_alone(full_study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {path: path.stat().st_mtime_ns for path in (full_study / "reports").rglob("*")}
    arguments = ["explain", "compare.pcl5.S01.mean_improvement", "--private", "--config", str(full_study / "config.yaml")]
    told = tell(*arguments)
    assert told.code == 2
    assert "shown on a screen alone" in told.err
    assert not told.out
    screen = Screen()
    monkeypatch.setattr(sys, "stdout", screen)
    assert main(arguments) == 0
    assert "Not for release" in screen.getvalue()
    assert "site_effects: 1 row(s)" in screen.getvalue()
    assert {path: path.stat().st_mtime_ns for path in (full_study / "reports").rglob("*")} == before


def test_a_report_of_another_state_of_the_study_says_so(fresh_study: Path) -> None:
    with (fresh_study / "config.yaml").open("a", encoding="utf-8") as file:
        file.write("compare: {min_pairs: 12}\n")
    assert "The study is not as it was then" in explained(fresh_study, "study.k_sites")


def test_before_the_first_run_there_is_nothing_to_explain(small_study: Path) -> None:
    told = tell("explain", "study.k_sites", "--config", small_study / "config.yaml")
    assert told.code == 2
    assert "run `make all` first" in told.err
