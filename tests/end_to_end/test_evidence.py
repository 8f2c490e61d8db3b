"""Evidence through the whole run: planted readings come back, nothing said gets in, and a change runs what depends on it alone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd

from tests.conftest import tell
from tests.end_to_end.test_staleness import mentions, run

AFTER = {
    "output-check",
    "joint",
    "release",
    "ledger",
    "since-release",
    "open-files",
    "figures",
    "national-report",
    "summaries",
    "site-reports",
}


def with_evidence(study: Path) -> Path:
    """The invented evidence beside the config."""
    path = study / "evidence.csv"
    shutil.copy(study / "invented" / "evidence.csv", path)
    return path


def test_the_readings_that_were_planted_are_recovered(full_study: Path) -> None:
    planted = json.loads((full_study / "invented" / "truth.json").read_text(encoding="utf-8"))["evidence"]
    table = pd.read_parquet(full_study / "processed" / "joint.parquet")
    whole = table[(table["element"] == "all") & (table["role_group"] == "all")].set_index("theory_id")
    for theory, reading in whole["reading"].items():
        assert reading == {"silent": "none"}.get(planted["reading"].get(theory, "silent"), planted["reading"].get(theory)), theory
    assert {"supports", "contradicts", "refines", "none"} <= set(whole["reading"])
    assert pd.read_parquet(full_study / "processed" / "evidence_faults.parquet").empty
    assert set(pd.read_parquet(full_study / "processed" / "evidence.parquet")["site_id"]) == set(planted["sites"])


def test_what_is_released_of_it_is_a_reading_and_no_site(full_study: Path) -> None:
    table = pd.read_parquet(full_study / "processed" / "open_joint.parquet")
    sources = pd.read_parquet(full_study / "processed" / "evidence.parquet")["source_id"]
    told = table.to_csv()
    assert not any(code in told for code in {*sources, *(f"S{n:02d}" for n in range(1, 31))})
    assert {"convergent", "divergent", "expands", "silent"} & set(table["fit"]) >= {"expands", "silent"}
    assert set(table.loc[table["status"] != "shown", "fit"]) == {"silent"}
    report = (full_study / "reports" / "national-report.md").read_text(encoding="utf-8")
    assert "Beside the numbers stands what people said" in report


def test_a_changed_line_runs_evidence_and_after_and_the_file_gone_leaves_no_trace(fresh_study: Path) -> None:
    path = with_evidence(fresh_study)
    steps = {name.split("[")[0] for name in run(fresh_study)}
    assert {"evidence", "joint", "release"} <= steps <= {"evidence", *AFTER}
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:-1]), encoding="utf-8")
    steps = {name.split("[")[0] for name in run(fresh_study)}
    assert "evidence" in steps
    assert steps <= {"evidence", *AFTER}
    source = lines[1].split(",")[1]
    assert mentions(fresh_study, source) == ["processed/evidence.parquet"]
    path.unlink()
    run(fresh_study)
    assert mentions(fresh_study, source) == []


def test_what_people_said_is_read_into_no_file_and_faults_are_on_the_screen(fresh_study: Path) -> None:
    path = with_evidence(fresh_study)
    head, first, second, *rest = path.read_text(encoding="utf-8").splitlines()
    spoilt = second.rsplit(",", 1)[0] + ",agrees"
    path.write_text("\n".join([f"{head},content", f"{first},unforgettable", spoilt, *rest]) + "\n", encoding="utf-8")
    told = tell("run", "--config", fresh_study / "config.yaml")
    assert told.code == 0
    assert "evidence.csv, line 1, H1: found 1 column under another heading, left unread" in told.err
    assert "evidence.csv, line 3, stance, G3: found" in told.err
    assert "expected one of: supports, contradicts, refines" in told.err
    assert mentions(fresh_study, "unforgettable") == []
    assert len(pd.read_parquet(fresh_study / "processed" / "evidence.parquet")) == 1 + len(rest)


def test_an_identifier_in_it_is_an_incident_and_the_run_goes_on_without(fresh_study: Path) -> None:
    path = with_evidence(fresh_study)
    head, *lines = path.read_text(encoding="utf-8").splitlines()
    number = "999 000 0018"  # a test number that passes the check
    path.write_text("\n".join([f"{head},note", f"{lines[0]},{number}", *lines[1:]]) + "\n", encoding="utf-8")
    told = tell("run", "--config", fresh_study / "config.yaml")
    assert told.code == 0
    assert "POSSIBLE INCIDENT" in told.err
    assert "no evidence was used" in told.err
    assert number not in told.err
    assert pd.read_parquet(fresh_study / "processed" / "evidence.parquet").empty
    assert "No coded evidence" in (fresh_study / "reports" / "national-report.md").read_text(encoding="utf-8")
