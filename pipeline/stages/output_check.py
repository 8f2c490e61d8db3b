"""The pack for whoever checks outputs: a line a file that leaves, every count behind it, and what readers could make of them."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from pipeline.disclosure.rule import describe
from pipeline.engine.nodes import digest, to_csv
from pipeline.stages.release_ledger import population_of
from pipeline.tables import schemas

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pandas import DataFrame

    from pipeline.config import ReleaseSettings

_KINDS = {
    ".pdf": "",
    ".md": ", as plain text",
    ".html": ", for a browser",
    ".svg": "",
}
_FACTS = {"run": "Facts of the run", "alt": "What each figure shows, in words"}
_WHOLE_STUDY = "people of all open tables"


def output_check(
    files: Mapping[str, bytes], opened: Mapping[str, DataFrame], checked: Mapping[str, DataFrame], rule: ReleaseSettings
) -> dict[str, bytes]:
    """`manifest.csv`, `cells.csv` and `attack.csv`, by name.

    `files`: what leaves, by its path under the reports; `opened`: the open tables; `checked`: checked_cells and
    checked_attack. The smallest count behind a file is exact where the cells hold it, else the smallest that is printed.
    """
    import pandas as pd

    smallest = _smallest(opened, checked["checked_cells"])
    period = _period(opened["findings"])
    rows = [_line(path, files, smallest) for path in sorted(files)]
    manifest = pd.DataFrame(rows).assign(period=period, rule=describe(rule)).astype({"smallest_n": "Int64"})
    order = ["file", "title", "population", "period", "smallest_n", "rule", "sha256"]
    packed = {"manifest": manifest[order], "cells": checked["checked_cells"], "attack": checked["checked_attack"]}
    return {f"{name}.csv": to_csv(table) for name, table in packed.items()}


def _line(path: str, files: Mapping[str, bytes], smallest: Mapping[str, int]) -> dict[str, Any]:
    place = PurePosixPath(path)
    name, title, population = place.stem.replace("-", "_"), "", _WHOLE_STUDY
    if place.parts[0] == "figures":
        title, least = _of_figure(place, files)
    elif name in schemas():
        title, population = str(schemas()[name].title), population_of(name)
        least = smallest.get(name)
    else:
        title, least = _title(place), min(smallest.values(), default=None)
    return {"file": path, "title": title, "population": population, "smallest_n": least, "sha256": digest(files[path])}


def _title(place: PurePosixPath) -> str:
    """`Report of site S01`, `National report, as plain text`; a file of facts by what it holds."""
    if place.suffix == ".json":
        return _FACTS.get(place.stem, place.stem)
    is_of_site = place.parts[0].startswith("sites")
    name = f"Report of site {place.stem}" if is_of_site else place.stem.replace("-", " ").capitalize()
    return f"{name}{_KINDS.get(place.suffix, '')}"


def _of_figure(place: PurePosixPath, files: Mapping[str, bytes]) -> tuple[str, int | None]:
    """What a figure is called, and the smallest printed count among its data, which lie beside it."""
    import csv
    import io

    if place.suffix == ".json":
        return _title(place), None
    content = files.get(str(place.with_suffix(".csv")), b"")
    lines = [line for line in content.decode("utf-8").splitlines() if not line.startswith("#")]
    rows = csv.DictReader(io.StringIO("\n".join(lines)))
    found = [float(value) for row in rows for name, value in row.items() if _is_count(str(name)) and value]
    title = f"Data of the figure {place.stem}" if place.suffix == ".csv" else f"Figure {place.stem}"
    return title, int(min(found)) if found else None


def _is_count(column: str) -> bool:
    return column == "n" or (column.startswith("n_") and not column.endswith("status"))


def _smallest(opened: Mapping[str, DataFrame], cells: DataFrame) -> dict[str, int]:
    """By open table the smallest count that is shown."""
    shown = cells[cells["reason"] == "shown"].groupby("table")["n"].min()
    found = {str(name): int(n) for name, n in shown.items()}
    for name, table in opened.items():
        columns = [str(column) for column in table if _is_count(str(column))]
        counts: list[float] = table[columns].astype("Float64").min().dropna().tolist() if columns else []
        if name not in found and counts:
            found[name] = int(min(counts))
    return found


def _period(findings: DataFrame) -> str:
    told = findings.set_index("key")["statement"]
    ends = [str(told[key]) for key in ("study.period_start", "study.period_end") if key in told.index]
    return " to ".join(ends) or "not stated"
