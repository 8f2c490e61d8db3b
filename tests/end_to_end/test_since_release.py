"""A run after a published release says what changed since, in a table and in the report."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd

from tests.conftest import tell


def test_a_site_that_went_is_told_and_a_rehearsal_is_held_against_nothing(published: Path) -> None:
    path = published / "config.yaml"
    first = pd.read_parquet(published / "processed" / "open_changes_since.parquet")
    assert first[["kind", "what"]].to_numpy().tolist() == [["release", "first"]]
    assert "This is the first release" in (published / "reports" / "national-report.md").read_text(encoding="utf-8")
    assert tell("run", "--config", path).ran == [], "publishing changes nothing that the same run reads"

    gone = sorted((published / "raw").iterdir())[-1]
    shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    assert tell("run", "--config", path).code == 0
    changes = pd.read_csv(published / "reports" / "tables" / "open_changes_since.csv", dtype=str).set_index(["kind", "key"])
    assert changes.loc[("release", "last"), "was"] == "2026-05"
    assert changes.loc[("site", gone.stem), "what"] == "gone"
    assert tuple(changes.loc[("data", "study.k_sites"), ["was", "is"]]) == ("6", "5")
    report = (published / "reports" / "national-report.md").read_text(encoding="utf-8")
    assert "Held against release 2026-05" in report
    assert "data" not in changes.columns, "no mark on real data"

    with path.open("a", encoding="utf-8") as file:
        file.write("synthetic: true\n")
    assert tell("run", "open-files", "--config", path).code == 0
    rehearsed = pd.read_csv(published / "reports" / "tables" / "open_changes_since.csv", dtype=str)
    assert list(rehearsed["what"]) == ["first"], "invented data are held against no release of real data"
    assert set(rehearsed["data"]) == {"SYNTHETIC"}
