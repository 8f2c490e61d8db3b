"""The file of results: a finished cell is appended at once, so that a second start goes on where the first one stopped."""

from __future__ import annotations

import csv
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any

from benchmarks.coverage.cells import Cell, Result

COLUMNS = ("cell", "rows", *(f.name for f in fields(Result)))
_TYPES: dict[str, Any] = {"k": int, "tau": float, "nominal": float, "rate": float, "error": float, "replicates": int}


class Ledger:
    """Results by cell, in a CSV file. A cell whose rows are not all there was cut off, and does not count."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, list[Result]]:
        """Every whole cell with its results."""
        if not self.path.is_file():
            return {}
        text = self.path.read_text(encoding="utf-8")
        whole = text[: text.rfind("\n") + 1]
        found: dict[str, list[Result]] = {}
        expected: dict[str, int] = {}
        for row in csv.DictReader(whole.splitlines()):
            cell, expected[cell] = row.pop("cell"), int(row.pop("rows"))
            found.setdefault(cell, []).append(Result(**{name: _TYPES.get(name, str)(value) for name, value in row.items()}))
        return {cell: results for cell, results in found.items() if len(results) == expected[cell]}

    def append(self, cell: str, results: list[Result]) -> None:
        """Add one finished cell. ValueError for one without results, which would never count as finished."""
        if not results:
            raise ValueError(f"{cell}: gave no results.")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        is_new = not self.path.is_file()
        with self.path.open("a", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            if is_new:
                writer.writerow(COLUMNS)
            writer.writerows([cell, len(results), *astuple(result)] for result in results)

    def keep(self, cells: list[Cell]) -> None:
        """Write the file anew: whole cells alone, those of today's list, in its order; the same results give the same bytes."""
        found = self.read()
        if not self.path.is_file():
            return
        part = self.path.with_suffix(".part")
        part.unlink(missing_ok=True)
        fresh = Ledger(part)
        for cell in cells:
            if cell.key in found:
                fresh.append(cell.key, found[cell.key])
        if part.is_file():
            part.replace(self.path)
        else:
            self.path.unlink()
