"""Explain: from any number of the report back to inputs, rule, code, settings and measure sources, in open values."""

from __future__ import annotations

import csv
import difflib
import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.commands.preparing import prepared
from pipeline.engine.runner import say
from pipeline.strict_yaml import FactError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator
    from pathlib import Path

    from pipeline.commands.lineage import Origin, Rung
    from pipeline.study import Study

DONE, WRONG_USE = 0, 2
_ALL, _FINDINGS, _MOST_ROWS, _WIDTH = "ALL", "findings", 20, 12
Line = dict[str, str]
Tables = dict[str, list[Line]]


@dataclass(frozen=True)
class Place:
    """Where a number stands: its open table, the row and, where the key names one, the column."""

    table: str
    row: Line
    column: str = ""

    @property
    def words(self) -> str:
        """The file and row, as a person would look it up."""
        keys = ", ".join(f"{name} {self.row[name]}" for name in _keys(self.table) if self.row.get(name))
        return f"tables/{self.table}.csv: {keys}{f', column {self.column}' if self.column else ''}"


def explain(given: Namespace) -> int:
    """Walk from a finding or a cell of an open table back to the returns; without a key, list the keys."""
    study = prepared(given.config)
    tables = _open_tables(study.config.paths.reports / "tables")
    if not tables.get(_FINDINGS):
        say("There is no report yet: run `make all` first.")
        return WRONG_USE
    if not given.key:
        _list(tables)
        return DONE
    key = ".".join(given.key)
    finding = next((row for row in tables[_FINDINGS] if row["key"] == key), None)
    place = None if finding else _cell(key, tables)
    if finding is None and place is None:
        say(f"No number has the key {key!r}. Near it: {', '.join(_near(key, tables))}.")
        return WRONG_USE
    if given.private and not sys.stdout.isatty():
        raise FactError("explain --private: rows are shown on a screen alone; here the output goes to a file or a program.")
    _tell(key, finding, place, tables, study, is_private=given.private)
    return DONE


def _tell(key: str, finding: Line | None, place: Place | None, tables: Tables, study: Study, *, is_private: bool) -> None:
    from pipeline.commands.lineage import ladder, origin_of_finding
    from pipeline.plan import plan

    parts = key.split(".")
    print(key)
    _say("value", _value(finding) if finding else _cell_value(place))
    origins: dict[str, Origin] = {}
    if finding:
        maker = origin_of_finding(key)
        places = _places(finding, maker.open_tables, tables)
        _say("made by", maker.made_by)
        for each in places or [Place(table, {}) for table in sorted(maker.open_tables)]:
            _say("stands in", each.words if each.row else f"tables/{each.table}.csv")
        origins = _origins({each.table for each in places} or set(maker.open_tables))
    elif place:
        _say("stands in", place.words)
        origins = _origins({place.table})
    for table, origin in origins.items():
        _say("released", f"{table} by {origin.made_by}, from {', '.join(sorted(origin.exact)) or 'open tables alone'}")
    rungs = ladder(plan(study), frozenset().union(*(origin.exact for origin in origins.values())))
    for rung in rungs:
        _say("step", f"{rung.step}: {', '.join(rung.functions) or rung.says}; reads {', '.join(rung.reads) or 'the return'}")
    _rule_and_settings(study, rungs)
    _measure(study, parts)
    _inputs(study, parts)
    if is_private:
        _private(study, sorted(frozenset().union(*(origin.exact for origin in origins.values()))), parts)


def _origins(tables: set[str]) -> dict[str, Origin]:
    """Each open table with who makes it, and the open tables behind it."""
    from pipeline.commands.lineage import origin_of_table

    found: dict[str, Origin] = {}
    waiting = sorted(tables)
    while waiting:
        table = waiting.pop(0)
        if table not in found and table != _FINDINGS:
            found[table] = origin_of_table(table)
            waiting += [] if found[table].exact else sorted(found[table].open_tables)
    return found


def _rule_and_settings(study: Study, rungs: list[Rung]) -> None:
    from pipeline.study import settings_in_words

    rule = study.config.release
    _say("rule", f"under {rule.minimum_count} people withheld, each count rounded to {rule.round_to}; pipeline.disclosure.rule")
    named = {fact.removeprefix("config.").split(".")[0] for rung in rungs for fact in rung.facts if fact.startswith("config.")}
    for name, value in settings_in_words(study.config).items():
        if name.split(".")[0] in {*named, "release"}:
            _say("setting", f"{name} {value}")


def _measure(study: Study, parts: list[str]) -> None:
    known = study.sources
    for measure in (study.measures[part] for part in parts if part in study.measures):
        _say("measure", f"{measure.name}; {measure.better} is better; {len(measure.sources())} source(s)")
        for change in measure.reliable_changes:
            used = ", used here" if change.points == measure.primary_reliable_change else ""
            _say("", f"reliable change {change.points:g}{used} [{change.evidence}, {change.source}]")
        for name in sorted(measure.sources()):
            _say("source", f"{name}: {known[name].citation} [{known[name].evidence}]" if name in known else name)


def _inputs(study: Study, parts: list[str]) -> None:
    """The returns of the site that the key names, else all, by what became of them."""
    from pipeline.engine.nodes import digest_path

    mine = [received for received in study.returns if received.site_id in parts] or study.returns
    for received in mine:
        for path in received.paths:
            _say("return", f"{received.site_id} {digest_path(path)}")
    made = json.loads((study.config.paths.reports / "run.json").read_text(encoding="utf-8"))
    _say("run", f"{made['run_id']}, package {made['package_hash'][:_WIDTH]}, config {made['config_hash'][:_WIDTH]}")
    if made["run_id"] != study.run_id:
        _say("", f"The study is not as it was then: its run would now be {study.run_id}. Run `make all` first.")


def _private(study: Study, exact: list[str], parts: list[str]) -> None:
    """Rows of the exact tables behind the number, for the screen alone."""
    from pipeline.catalog import Catalog

    catalog = Catalog(study.config.paths, study.config_file.resolve().parent)
    print("\nNot for release: exact rows, shown on this screen alone and written nowhere.")
    for name in exact:
        rows = catalog[name].load()
        for column, known in {"measure": study.measures, "site_id": study.sites, "theory_id": study.theories}.items():
            named = [part for part in parts if part in known]
            rows = rows[rows[column].isin(named)] if column in rows and named else rows
        print(f"\n{name}: {len(rows)} row(s){f', the first {_MOST_ROWS}' if len(rows) > _MOST_ROWS else ''}")
        print(rows.head(_MOST_ROWS).dropna(axis="columns", how="all").to_string(index=False))


def _say(what: str, words: str) -> None:
    print(f"  {what:<{_WIDTH}}{words}")


def _value(row: Line) -> str:
    return "; ".join(f"{name} {value}" for name, value in row.items() if value and name not in ("key", "data"))


def _cell_value(place: Place | None) -> str:
    if place is None:
        return ""
    return place.row[place.column] or "blank" if place.column else _value(place.row)


def _open_tables(folder: Path) -> Tables:
    return {path.stem: _lines(path) for path in sorted(folder.glob("*.csv"))}


def _lines(path: Path) -> list[Line]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _keys(table: str) -> list[str]:
    """The columns that tell the rows of an open table apart."""
    from pipeline.tables import schemas

    schema = schemas()[table]
    needed = [name for name, column in schema.columns.items() if (column.metadata or {}).get("needed")]
    return list((schema.metadata or {}).get("key") or [name for name in needed if name != "status"])


def _cells(tables: Tables) -> Iterator[tuple[str, str, Line]]:
    for table, rows in tables.items():
        if table != _FINDINGS:
            names = _keys(table)
            yield from ((".".join([table, *(row.get(name, "") for name in names)]), table, row) for row in rows)


def _cell(key: str, tables: Tables) -> Place | None:
    """The row that a key such as `open_sites.pcl5.S07` names, with the column where one follows."""
    for cell, table, row in _cells(tables):
        if key == cell:
            return Place(table, row)
        if key.startswith(f"{cell}.") and key.removeprefix(f"{cell}.") in row:
            return Place(table, row, key.removeprefix(f"{cell}."))
    return None


def _places(finding: Line, candidates: frozenset[str], tables: Tables) -> list[Place]:
    """The cells of open tables that hold the very value of a finding, in rows that its key names."""
    parts = set(finding["key"].split("."))
    value = next((finding[name] for name in ("value", "low") if finding[name]), "")
    found = []
    for table in sorted(candidates):
        names = _keys(table)
        for row in tables.get(table, []):
            of_all = parts | {_ALL}
            is_named = all(row[name] in of_all or not _is_name(name) for name in names)
            column = next((name for name, cell in row.items() if name not in names and value and _same(cell, value)), "")
            if is_named and column:
                found.append(Place(table, row, column))
    return found


def _is_name(column: str) -> bool:
    return column in ("measure", "site_id", "theory_id", "event", "weeks", "scenario", "question", "analysis", "kind", "class")


def _same(cell: str, value: str) -> bool:
    try:
        return float(cell) == float(value)
    except ValueError:
        return False


def _near(key: str, tables: Tables) -> list[str]:
    known = [row["key"] for row in tables[_FINDINGS]]
    cells = [cell for cell, _, _ in _cells({key.split(".")[0]: tables[key.split(".")[0]]})] if key.split(".")[0] in tables else []
    close = difflib.get_close_matches(key, [*known, *cells], n=8, cutoff=0.5)
    return close or [each for each in known if each.split(".")[0] == key.split(".")[0]][:8] or known[:8]


def _list(tables: Tables) -> None:
    for row in tables[_FINDINGS]:
        print(row["key"])
    print("\nAnd each cell of an open table, as table, what tells its row apart, and column, with dots between them, such as:")
    for table, rows in tables.items():
        if rows and table != _FINDINGS:
            columns: list[Any] = [name for name in rows[0] if name not in _keys(table)]
            print(f"{next(_cells({table: rows}))[0]}.{columns[0] if columns else ''}")
