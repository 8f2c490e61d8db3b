"""Values of R's peers: those that lie beside the project, where they do, and those pinned in `own/`."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

OWN = Path(__file__).parent / "own"
SHARED = Path(__file__).parents[2].parent / "shared" / "reference"


def _shared(path: Path) -> Path:
    if not path.exists():
        pytest.skip("The shared reference values of R's peers are not beside this clone; see tests/reference/own.")
    return path


@pytest.fixture(scope="session")
def read_shared_values() -> Callable[[str], Any]:
    """Read one family of shared reference values, or skip the test where there are none."""
    return lambda family: json.loads(_shared(SHARED / "values" / f"{family}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def read_shared_data() -> Callable[[str], list[dict[str, str]]]:
    """Read one shared data set as rows of text, or skip the test where there is none."""

    def read(name: str) -> list[dict[str, str]]:
        with _shared(SHARED / "data" / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    return read


@pytest.fixture(scope="session")
def read_own_values() -> Callable[[str], Any]:
    """Read one family of values that own/make.R pinned."""
    return lambda family: json.loads((OWN / f"{family}.json").read_text(encoding="utf-8"))
