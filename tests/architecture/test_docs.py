"""What is printed from the code is up to date, and what the documents promise is there."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.tables.dictionary import dictionary

ROOT = Path(__file__).parents[2]


def test_the_data_dictionary_is_the_schemas() -> None:
    assert (ROOT / "docs" / "data-dictionary.md").read_text(encoding="utf-8") == dictionary(), "run `make docs`"


def test_every_file_that_the_readme_names_is_there() -> None:
    tree = re.search(r"## Where things are\n+```\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert tree
    for line in tree[1].splitlines():
        path = line.split("  ")[0].strip().rstrip("/")
        assert (ROOT / path).exists(), path


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = sorted(int(p.name[:4]) for p in (ROOT / "docs" / "decisions").glob("*.md"))
    assert numbers == list(range(1, len(numbers) + 1))


def test_continuous_integration_runs_the_readme_test_command() -> None:
    assert "exec make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "make test" in (ROOT / "README.md").read_text(encoding="utf-8")
