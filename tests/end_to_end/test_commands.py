"""The smaller commands, as a person would use them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import openpyxl
import pytest

from pipeline.tables import schemas
from tests.conftest import tell


def config(study: Path) -> tuple[str, Path]:
    return "--config", study / "config.yaml"


def as_real(study: Path) -> None:
    path = study / "config.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("synthetic: true\n", ""), encoding="utf-8")


def test_list_shows_the_graph(fresh_study: Path) -> None:
    told = tell("list", *config(fresh_study))
    assert told.code == 0
    heads = [line.split(":")[0].split(" (")[0] for line in told.out.splitlines() if not line.startswith(" ")]
    assert heads[:4] == ["ingest", "to-sites", "validate", "score"]
    assert heads[-1] == "site-reports"
    assert "writes scores (PERSON)" in told.out


def test_why_says_nothing_would_run_and_then_what_and_why(fresh_study: Path) -> None:
    assert "Nothing would run" in tell("why", *config(fresh_study)).out
    (fresh_study / "reports" / "national-report.pdf").unlink()
    told = tell("why", *config(fresh_study))
    assert told.out.splitlines() == [
        "national-report: its own product national-report.pdf is missing",
        "1 of 24 tasks would run.",
    ]
    assert not (fresh_study / "reports" / "national-report.pdf").exists(), "asking runs nothing"


def test_why_names_the_setting_that_changed(fresh_study: Path) -> None:
    with (fresh_study / "config.yaml").open("a", encoding="utf-8") as file:
        file.write("compare: {min_pairs: 12}\n")
    told = tell("why", "compare", *config(fresh_study))
    assert "compare: config.compare changed" in told.out


def test_template_has_a_sheet_a_table_with_headings_notes_and_choices(tmp_path: Path) -> None:
    path = tmp_path / "empty.xlsx"
    assert tell("template", path).code == 0
    again = tell("template", path)
    assert again.code == 2
    assert "may be filled in; name another file" in again.err
    assert tell("template", tmp_path / "other.xlsx").code == 0
    assert (tmp_path / "other.xlsx").read_bytes() == path.read_bytes()
    book = openpyxl.load_workbook(path)
    for name in ("service", "referrals", "outcomes", "contacts", "aggregates"):
        sheet = book[name]
        assert [cell.value for cell in sheet[1]] == list(schemas()[name].columns)
        assert all(cell.comment is not None for cell in sheet[1])
    assert book["referrals"].data_validations.dataValidation


def test_register_locks_theories_and_says_whether_outcomes_were_there(small_study: Path) -> None:
    assert tell("register", *config(small_study)).code == 0
    lock = json.loads((small_study / "theories.lock").read_text(encoding="utf-8"))
    assert lock["CMO-03"]["outcomes_processed"] is False
    assert tell("run", "appraise", *config(small_study)).code == 0
    import pandas as pd

    appraisal = pd.read_parquet(small_study / "processed" / "appraisal.parquet").set_index("theory_id")
    assert appraisal.loc["CMO-03", "registered"] == "prespecified on 2026-11-22"
    again = tell("register", *config(small_study))
    assert "0 registered, 4 kept" in again.out
    assert json.loads((small_study / "theories.lock").read_text(encoding="utf-8")) == lock


def test_register_after_outcomes_counts_as_exploratory(fresh_study: Path) -> None:
    told = tell("register", *config(fresh_study))
    assert "count as exploratory" in told.out
    lock = json.loads((fresh_study / "theories.lock").read_text(encoding="utf-8"))
    assert lock["CMO-01"]["outcomes_processed"] is True


def test_a_rehearsal_cannot_be_published(fresh_study: Path) -> None:
    told = tell("publish", "2026-11", *config(fresh_study))
    assert told.code == 2
    assert "only a run on real returns can be published" in told.err


def test_publish_keeps_what_leaves_and_never_changes_a_release(fresh_study: Path) -> None:
    as_real(fresh_study)
    assert "not up to date" in tell("publish", "2026-11", *config(fresh_study)).err
    assert tell("run", *config(fresh_study)).code == 0
    assert tell("publish", "2026-11", *config(fresh_study)).code == 0
    kept = fresh_study / "releases" / "2026-11"
    assert (kept / "national-report.pdf").read_bytes() == (fresh_study / "reports" / "national-report.pdf").read_bytes()
    assert not list(kept.rglob("*.parquet"))
    told = tell("publish", "2026-11", *config(fresh_study))
    assert told.code == 2
    assert "a release is never changed" in told.err
    assert tell("run", *config(fresh_study)).ran == [], "publishing makes nothing stale"


@pytest.mark.parametrize("name", ["../out", "a b", ""])
def test_a_release_needs_a_plain_name(fresh_study: Path, name: str) -> None:
    told = tell("publish", name, *config(fresh_study))
    assert told.code == 2
    assert "expected letters, digits" in told.err


def test_purge_removes_all_that_is_held_of_a_site_and_logs_it(fresh_study: Path) -> None:
    told = tell("purge", "S01", "--yes", *config(fresh_study))
    assert told.code == 0
    assert not [p for p in (fresh_study / "raw").iterdir() if p.stem == "S01"]
    assert tell("run", *config(fresh_study)).code == 0
    left = [p for p in fresh_study.rglob("*") if "S01" in p.name]
    assert left == []
    assert "S01" not in (fresh_study / "processed" / "ledger.json").read_text(encoding="utf-8")
    assert "S01 purged" in (fresh_study / "processed" / "purged.log").read_text(encoding="utf-8")


def test_purge_of_a_site_that_is_not_there_says_which_are(fresh_study: Path) -> None:
    told = tell("purge", "S99", "--yes", *config(fresh_study))
    assert told.code == 2
    assert "Sites with a return: S01, S02" in told.err


def test_purge_asks_first(fresh_study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda _: "no")
    assert tell("purge", "S01", *config(fresh_study)).code == 2
    assert [p for p in (fresh_study / "raw").iterdir() if p.stem == "S01"]


def test_synthesise_writes_a_study_and_never_over_something(tmp_path: Path) -> None:
    told = tell("synthesise", tmp_path / "new", "--sites", "4", "--women", "200", "--seed", "7")
    assert told.code == 0
    assert len(list((tmp_path / "new" / "returns").iterdir())) == 4
    assert (tmp_path / "new" / "truth.json").is_file()
    again = tell("synthesise", tmp_path / "new")
    assert again.code == 2
    assert "nothing is written over" in again.err


@pytest.mark.parametrize("arguments", [["rum"], [], ["run", "--workers", "none"], ["run", "--workers", "0"], ["explain"]])
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        tell(*arguments)
    assert caught.value.code == 2


def test_a_study_can_be_moved_and_nothing_runs(fresh_study: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere" / "study"
    moved.parent.mkdir()
    shutil.move(fresh_study, moved)
    assert tell("run", *config(moved)).ran == []
    (moved / "processed" / ".pytask" / "seal.json").unlink()
    assert tell("run", *config(moved)).ran == []
