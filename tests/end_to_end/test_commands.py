"""The smaller commands, as a person would use them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from pipeline.tables import schemas
from tests.conftest import be_real, keep_to_one_measure, tell


def config(study: Path) -> tuple[str, Path]:
    return "--config", study / "config.yaml"


def test_list_shows_the_graph(fresh_study: Path) -> None:
    told = tell("list", *config(fresh_study))
    assert told.code == 0
    heads = [line.split(":")[0].split(" (")[0] for line in told.out.splitlines() if not line.startswith(" ")]
    assert heads[:5] == ["ingest", "to-sites", "decisions", "evidence", "validate"]
    assert heads[-1] == "output-check"
    assert "writes scores (PERSON)" in told.out


def test_a_reader_who_has_seen_enough_ends_the_telling(fresh_study: Path) -> None:
    command = [sys.executable, "-m", "pipeline", "list", "--config", str(fresh_study / "config.yaml")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as told:
        told.stdout.close()  # as `head` does
        assert told.stderr.read() == ""
    assert told.returncode == 0


def test_why_says_nothing_would_run_and_then_what_and_why(fresh_study: Path) -> None:
    assert "Nothing would run" in tell("why", *config(fresh_study)).out
    (fresh_study / "reports" / "national-report.pdf").unlink()
    told = tell("why", *config(fresh_study))
    first, *others, last = told.out.splitlines()
    assert first == "national-report: its own product national-report.pdf is missing"
    assert all(line.startswith("output-check: ") for line in others), "only what reads the report runs after it"
    assert re.fullmatch(r"[12] of \d+ tasks would run\.", last)
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
        assert [cell.value for cell in sheet[1]] == [column for column in schemas()[name].columns if column != "invented"]
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
    assert re.search(r"0 registered, [1-9][0-9]* kept", again.out)
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
    be_real(fresh_study / "config.yaml")
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


def listed(study: Path, site: str) -> list[list[object]]:
    book = openpyxl.load_workbook(study / "processed" / "to_sites" / site / "marked-up-copy.xlsx")
    return [[cell.value for cell in row] for row in book["fix list"].iter_rows()]


def test_a_site_is_told_what_is_new_still_open_and_fixed_since_the_last_release(fresh_study: Path) -> None:
    be_real(fresh_study / "config.yaml")
    keep_to_one_measure(fresh_study / "config.yaml")
    other = next(p for p in sorted((fresh_study / "raw").glob("*.xlsx")) if p.stem != "S01")
    for path in (other, fresh_study / "raw" / "S01.xlsx"):
        book = openpyxl.load_workbook(path)
        sheet, headings = book["outcomes"], [cell.value for cell in book["outcomes"][1]]
        total = headings.index("total") + 1
        sheet.cell(5, total).value, sheet.cell(6, total).value = "45*", "O"
        book.save(path)
    assert tell("run", *config(fresh_study)).code == 0
    assert str(listed(fresh_study, "S01")[1][0]).startswith("First release")
    assert tell("publish", "2026-05", *config(fresh_study)).code == 0
    kept = fresh_study / "not-for-release" / "published-faults-2026-05.parquet"
    assert kept.is_file()
    assert not [p for p in (fresh_study / "releases").rglob("*") if "fault" in p.name or p.suffix == ".parquet"]
    assert tell("run", *config(fresh_study)).ran == [], "publishing changes no passport"
    sheet.insert_rows(3)
    sheet.cell(7, total).value, sheet.cell(8, total).value = 20, "x"
    book.save(path)
    assert tell("run", *config(fresh_study)).code == 0
    rows = listed(fresh_study, "S01")
    assert "Since release 2026-05: 1 new, " in str(rows[1][0])
    assert "1 fixed (not-a-number 1)." in str(rows[1][0])
    told = {str(row[3]).lstrip("ABCDEFGHIJ"): row[9] for row in rows[3:] if row[4] == "not-a-number"}
    assert told == {"6": "still open since 2026-05", "8": "new since 2026-05"}
    assert tell("purge", "S01", "--yes", *config(fresh_study)).code == 0
    import pandas as pd

    left = set(pd.read_parquet(kept)["site_id"])
    assert "S01" not in left
    assert other.stem in left


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


def test_purge_leaves_no_row_of_the_site_in_any_table(fresh_study: Path) -> None:
    def of_site() -> list[str]:
        tables = {path.name: pd.read_parquet(path) for path in (fresh_study / "processed").glob("*.parquet")}
        return [name for name, table in tables.items() if "site_id" in table and (table["site_id"] == "S01").any()]

    assert len(of_site()) > 10
    assert tell("purge", "S01", "--yes", *config(fresh_study)).code == 0
    assert of_site() == []
    assert not (fresh_study / "processed" / "ledger.json").exists()


@pytest.mark.parametrize("site", ["", "../raw", "../../raw", ".", "S01/..", "*"])
def test_purge_takes_the_code_of_a_site_and_nothing_else(fresh_study: Path, site: str) -> None:
    before = sorted(path.name for path in fresh_study.rglob("*"))
    told = tell("purge", site, "--yes", *config(fresh_study))
    assert told.code == 2
    assert "expected the code of a site" in told.err + told.out
    assert sorted(path.name for path in fresh_study.rglob("*")) == before


def test_purge_without_a_person_to_ask_removes_nothing(fresh_study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(question: str) -> str:
        raise EOFError(question)

    monkeypatch.setattr("builtins.input", nobody)
    told = tell("purge", "S01", *config(fresh_study))
    assert (told.code, "Nothing was removed." in told.err + told.out) == (2, True)


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


@pytest.mark.parametrize("arguments", [["rum"], [], ["run", "--workers", "none"], ["run", "--workers", "0"]])
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
