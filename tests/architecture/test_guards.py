"""What keeps data of women out of the repository."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TAKEN, FREE = " ".join(("943", "476", "5919")), " ".join(("999", "000", "0018"))


def refused(*paths: Path | str) -> bool:
    command = [sys.executable, str(ROOT / ".ci" / "refuse_data.py"), *map(str, paths)]
    return subprocess.run(command, capture_output=True, check=False, cwd=ROOT).returncode == 1


def test_what_looks_like_data_is_refused(tmp_path: Path) -> None:
    note = tmp_path / "note.md"
    note.write_text(f"asked about {TAKEN}", encoding="utf-8")
    assert refused(note)
    assert all(refused(name) for name in ("S07.xlsx", "x.parquet", "data/raw/S01/outcomes.csv", "reports/run.json"))


def test_what_is_ours_is_not(tmp_path: Path) -> None:
    note = tmp_path / "note.md"
    note.write_text(f"a number for tests: {FREE}; and one with a wrong digit: {TAKEN[:-1]}1", encoding="utf-8")
    assert not refused(note, "data/raw/README.md", "README.md")


def test_every_file_of_the_repository_passes_the_guard() -> None:
    try:
        names = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True, cwd=ROOT).stdout.split("\n")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout, so there is no list of files")
    assert not refused(*filter(None, names))


@pytest.mark.parametrize(
    "path", ["data/raw/S07.xlsx", "data/raw/S07/outcomes.csv", "data/processed/change.parquet", "reports/run.json"]
)
def test_git_ignores_data(path: str) -> None:
    done = subprocess.run(["git", "check-ignore", "-q", path], cwd=ROOT, check=False)
    if done.returncode == 128:
        pytest.skip("not a git checkout")
    assert done.returncode == 0
