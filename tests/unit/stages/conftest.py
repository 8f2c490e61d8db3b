"""Returns drawn as text: a table is a few lines, cells between bars, as a reader of the manual would see them."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.config import IntakeSettings
from pipeline.measures import Measure, load
from pipeline.returns.inventory import Return
from pipeline.stages.ingest import ingest
from pipeline.stages.validate import validate
from pipeline.tables import schemas, shape


def draw(text: str) -> list[list[str]]:
    """Lines of cells between bars; a line of dashes is decoration."""
    lines = [line.strip() for line in text.strip().splitlines()]
    return [[cell.strip() for cell in line.split("|")] for line in lines if set(line) - set("-+ ")]


@dataclass(frozen=True)
class Intake:
    """What became of one return of the site S01."""

    tables: dict[str, pd.DataFrame]

    def accepted(self, table: str, *columns: str) -> list[Any]:
        """Rows of an accepted table, the named columns as text; blank where missing."""
        frame = self.tables[f"accepted_{table}"][list(columns)]
        rows = [tuple("" if pd.isna(v) else v for v in row) for row in frame.astype("object").itertuples(index=False)]
        shown = [tuple(v.strftime("%Y-%m-%d") if isinstance(v, pd.Timestamp) else v for v in row) for row in rows]
        return [row[0] for row in shown] if len(columns) == 1 else shown

    def faults(self, *severities: str) -> list[tuple[str, str]]:
        """Rule and cell of each fault, in order; those of all severities but warnings where none is named."""
        wanted = severities or ("file", "row", "value", "note")
        rejected = self.tables["rejected"]
        mine = rejected[rejected["severity"].isin(wanted)]
        return sorted(zip(mine["rule_id"], mine["cell"].fillna(""), strict=True))

    def fault(self, rule: str) -> dict[str, Any]:
        """The one fault under a rule."""
        (row,) = [r for r in self.tables["rejected"].to_dict("records") if r["rule_id"] == rule]
        return row

    def rows(self, table: str) -> tuple[int, int, int]:
        """Rows read, accepted and rejected."""
        quality = self.tables["quality"].set_index("table").loc[table]
        return tuple(int(quality[f"rows_{name}"]) for name in ("read", "accepted", "rejected"))  # type: ignore[return-value] # three

    def status(self, table: str) -> str:
        return str(self.tables["quality"].set_index("table").loc[table, "status"])


Receive = Callable[..., Intake]


@pytest.fixture(scope="session")
def measures() -> dict[str, Measure]:
    return load()


@pytest.fixture
def receive(tmp_path_factory: pytest.TempPathFactory, measures: dict[str, Measure]) -> Receive:
    """Write tables drawn as text to CSV files of the site S01, ingest and validate them."""

    def make(known: dict[str, Measure] = measures, **tables: str) -> Intake:
        folder = tmp_path_factory.mktemp("raw") / "S01"
        folder.mkdir()
        for name, text in tables.items():
            with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows(draw(text))
        made = validate({"S01": ingest(Return("S01", folder), IntakeSettings())}, known)
        for name in (name for name, table in made.items() if len(table)):
            schemas()[name].validate(made[name])
        return Intake(made)

    return make


@pytest.fixture(scope="session")
def typed() -> Callable[[str, str], pd.DataFrame]:
    """A table of ours drawn as text, with the types of its schema; columns that are not drawn are missing."""

    def make(name: str, text: str) -> pd.DataFrame:
        headings, *rows = draw(text)
        frame = pd.DataFrame(rows, columns=headings, dtype="object").replace("", None)
        for column in headings:
            dtype = schemas()[name].columns[column].metadata["dtype"]
            if dtype in {"float64", "Int64"}:
                frame[column] = pd.to_numeric(frame[column])
            elif dtype.startswith("datetime"):
                frame[column] = pd.to_datetime(frame[column], format="%Y-%m-%d")
        return shape(name, frame)

    return make


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "S01").mkdir()
    return tmp_path / "S01"
