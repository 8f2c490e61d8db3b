"""A run after a published release says what changed since, in a table and in the report."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd

from tests.conftest import tell


def test_a_site_that_went_is_told_and_a_rehearsal_is_held_against_nothing(fresh_study: Path) -> None:
    path = fresh_study / "config.yaml"
    as_rehearsed = path.read_text(encoding="utf-8")
    text = as_rehearsed.replace("synthetic: true\n", "").replace("reports: {sites: [S01, S02]}", "reports: {sites: none}")
    path.write_text(text.replace("measures: [pcl5, core10, phq9, gad7, epds, wsas]", "measures: [pcl5]"), encoding="utf-8")
    assert tell("run", "--config", path).code == 0
    first = pd.read_parquet(fresh_study / "processed" / "open_changes_since.parquet")
    assert first[["kind", "what"]].to_numpy().tolist() == [["release", "first"]]
    assert "This is the first release" in (fresh_study / "reports" / "national-report.md").read_text(encoding="utf-8")
    assert tell("publish", "2026-05", "--config", path).code == 0
    assert tell("run", "--config", path).ran == [], "publishing changes nothing that the same run reads"

    gone = sorted((fresh_study / "raw").iterdir())[-1]
    shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    assert tell("run", "--config", path).code == 0
    changes = pd.read_csv(fresh_study / "reports" / "tables" / "open_changes_since.csv", dtype=str).set_index(["kind", "key"])
    assert changes.loc[("release", "last"), "was"] == "2026-05"
    assert changes.loc[("site", gone.stem), "what"] == "gone"
    assert tuple(changes.loc[("data", "study.k_sites"), ["was", "is"]]) == ("6", "5")
    report = (fresh_study / "reports" / "national-report.md").read_text(encoding="utf-8")
    assert "Held against release 2026-05" in report
    assert "data" not in changes.columns, "no mark on real data"

    path.write_text(as_rehearsed, encoding="utf-8")
    assert tell("run", "open-files", "--config", path).code == 0
    rehearsed = pd.read_csv(fresh_study / "reports" / "tables" / "open_changes_since.csv", dtype=str)
    assert list(rehearsed["what"]) == ["first"], "invented data are held against no release of real data"
    assert set(rehearsed["data"]) == {"SYNTHETIC"}
