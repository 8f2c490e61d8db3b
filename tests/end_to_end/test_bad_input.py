"""Bad input gets one clear message each: exit 2 for the config, a set-aside return for a site; never a traceback."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from tests.conftest import tell


def config_of(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("study: {title: Schools}\nmeasure: [pcl5]\n", [":2: measure: unknown key", "Allowed here: ", "measures"]),
        ("compare:\n  min_pairs: few\n", [":2: compare.min_pairs: found 'few'", "valid integer"]),
        ("compare:\n  min_pairs: 1\n", [":2: compare.min_pairs: found 1", "greater than or equal to 2"]),
        ("release:\n  minimum_count: 3\n", [":2: release.minimum_count: found 3", "8"]),
        ("measures:\n  - pcl5\n  - pcl_6\n", [":3: measures[1]: found 'pcl_6'; allowed: ", "pcl5"]),
        ("theories: [CMO-99]\n", [":1: theories[0]: found 'CMO-99'; allowed: ", "CMO-01"]),
        ("paths:\n  returns: nowhere\n", [":2: paths.returns: found ", "no folder"]),
        ("paths: {returns: raw, processed: raw/made}\n", ["paths.processed: found ", "no run can write over returns"]),
        ("figures: {colour: blue}\n", [":1: figures.colour: found 'blue'", "#1F4E79"]),
        ("study: {title: A: b}\n", ["is not valid YAML"]),
        ("- just\n- a list\n", ["found a list; expected keys with values"]),
        ("seed: 1\nseed: 2\n", [":2: seed: stands twice"]),
    ],
)
def test_a_wrong_config_is_one_clear_line(tmp_path: Path, text: str, expected: list[str]) -> None:
    (tmp_path / "raw").mkdir()
    told = tell("run", "--config", config_of(tmp_path, text))
    assert told.code == 2
    assert all(part in told.err for part in expected), told.err
    assert "Traceback" not in told.err
    assert len(told.err.strip().splitlines()) == 2
    assert not (tmp_path / "data").exists()


def test_a_config_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    told = tell("run", "--config", tmp_path / "none.yaml")
    assert told.code == 2
    assert "none.yaml: cannot be read (No such file or directory)" in told.err


def test_an_empty_returns_folder_without_a_rehearsal_says_what_to_put_there(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    told = tell("run", "--config", config_of(tmp_path, "paths: {returns: raw, processed: p, reports: r, releases: x}\n"))
    assert told.code == 2
    assert "Put one workbook or one folder of CSV files a site there" in told.err


def break_unreadable(raw: Path) -> str:
    (raw / "S77.xlsx").write_bytes(b"this is no workbook")
    return "file-unreadable"


def break_empty(raw: Path) -> str:
    (raw / "S77.xlsx").write_bytes(b"")
    return "file-unreadable"


def break_html(raw: Path) -> str:
    (raw / "S77.xls").write_text("<html><table><tr><td>1</td></tr></table></html>", encoding="utf-8")
    return "file-unreadable"


def break_conflict(raw: Path) -> str:
    for source, name in zip(sorted(raw.glob("*.xlsx"))[:2], ("S77.xlsx", "S77.xlsm"), strict=True):
        shutil.copy(source, raw / name)
    return "file-conflict"


def break_no_table(raw: Path) -> str:
    (raw / "S77").mkdir()
    (raw / "S77" / "scores.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    return "no-known-table"


@pytest.mark.parametrize("damage", [break_unreadable, break_empty, break_html, break_conflict, break_no_table])
def test_one_bad_return_is_set_aside_and_stops_no_other(small_study: Path, damage: object) -> None:
    rule = damage(small_study / "raw")  # type: ignore[operator] # one of the functions above
    told = tell("run", "ledger", "--config", small_study / "config.yaml")
    assert told.code == 0, told.err
    assert "Set aside: the whole return of S77" in told.err
    rejected = pd.read_parquet(small_study / "processed" / "rejected.parquet")
    mine = rejected[rejected["site_id"] == "S77"]
    assert mine["rule_id"].tolist() == [rule]
    assert mine[["found", "expected", "mend", "cost"]].ne("").all(axis=None)
    rows = json.loads((small_study / "processed" / "ledger.json").read_text(encoding="utf-8"))["rows"]
    assert sum(t["accepted"] for t in rows["S01"].values()) > 0


def test_a_name_that_is_no_site_code_is_left_aside_and_said(small_study: Path) -> None:
    shutil.copy(next((small_study / "raw").glob("*.xlsx")), small_study / "raw" / "Mary Smith (copy).xlsx")
    told = tell("run", "score", "--config", small_study / "config.yaml")
    assert told.code == 0
    assert "its name is no site code" in told.err
    assert "Mary" not in told.err + told.out


def test_a_fault_of_ours_is_named_by_type_and_place_and_never_by_value(
    small_study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("R000123 scored 43")

    monkeypatch.setattr("pipeline.stages.score.score", broken)
    told = tell("run", "change", "--config", small_study / "config.yaml")
    assert told.code == 1
    assert "FAILED" in told.err
    assert "ValueError at " in told.err
    assert "R000123" not in told.err + told.out
    assert "1 step(s) after them did not run" in told.err
