"""Where an open number comes from, read from the code itself, so that no list of it can fall behind."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pipeline.stages

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline.engine.step import Step

STAGES = Path(pipeline.stages.__file__).parent
_OPEN, _DOOR, _FINDINGS = "open_", "release", "release_findings"
_PLAIN = "_frame"
"""Turns rows into a table: who made the rows has the name of the table."""
Function = ast.FunctionDef


@dataclass(frozen=True)
class Origin:
    """Who makes an open table or a finding, as `module.function`, and what from: exact tables, and open ones."""

    made_by: str
    exact: frozenset[str] = frozenset()
    open_tables: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Rung:
    """One step on the way back: its name, the functions that it calls, the tables that it reads and its settings."""

    step: str
    says: str
    functions: tuple[str, ...]
    reads: tuple[str, ...]
    facts: tuple[str, ...]


@dataclass
class _Module:
    name: str
    tree: ast.Module
    imports: dict[str, str] = field(default_factory=dict)


def origin_of_table(table: str) -> Origin:
    """Who makes an open table. Raises KeyError where no stage of the release names it."""
    modules = _modules()
    door = next(module for module in modules if module.name.endswith(f".{_DOOR}"))
    for key, value in _entries(door.tree):
        if key == table:
            call = _first_call(value) if _first_call(value) != _PLAIN else f"_{table.removeprefix(_OPEN)}"
            made_by = door.imports.get(call, f"{door.name}.{call}")
            beside = [module.tree for module in modules if module is not door and made_by.startswith(f"{module.name}.")]
            return _with_reads(made_by, _reached(value, _assigned(door.tree)).union(*map(_read, beside)), table)
    for module in modules:
        for function in _functions(module.tree) if module is not door and _FINDINGS not in module.name else ():
            if table in _constants(function):
                calls = (n for n in ast.walk(door.tree) if isinstance(n, ast.Call) and _first_call(n) == function.name)
                given = set().union(*(_reached(call, _assigned(door.tree)) for call in calls))
                origin = _with_reads(f"{module.name}.{function.name}", _read(module.tree) | given, table)
                return origin if origin.exact | origin.open_tables else _with_reads(origin.made_by, _named(module), table)
    raise KeyError(table)


def origin_of_finding(key: str) -> Origin:
    """Who makes a finding, and of which open tables. Raises KeyError where no stage makes findings of its family."""
    family, *_, last = key.split(".")
    makers = [(module, f) for module in _modules() if _FINDINGS in module.name for f in _functions(module.tree)]
    mine = [(module, f) for module, f in makers if any(c.startswith(f"{family}.") for c in _constants(f))]
    for is_named in (_is_spelt, _is_built):
        for module, function in mine:
            constants = _constants(function)
            if is_named(last, constants):
                loops = [n for n in ast.walk(function) if isinstance(n, ast.For) and is_named(last, _constants(n))]
                tables = _tables_in(set().union(*(_constants(loop.iter) for loop in loops))) or _tables_in(constants)
                return Origin(f"{module.name}.{function.name}", open_tables=tables)
    raise KeyError(key)


def ladder(steps: Iterable[Step], exact: frozenset[str]) -> list[Rung]:
    """The steps behind exact tables, the last one first, down to the returns."""
    from pipeline.engine.step import leaves

    steps = list(steps)
    makers = {node.name: each for each in steps for node in leaves(each.produces)}
    rungs: dict[str, Rung] = {}
    waiting = sorted(exact)
    while waiting:
        step = makers.get(waiting.pop(0))
        if step is None or step.step in rungs:
            continue
        nodes = leaves(step.depends_on)
        reads = sorted({node.name for node in nodes if node.level not in ("FACTS", "RAW")})
        facts = sorted({node.name for node in nodes if node.level == "FACTS"})
        rungs[step.step] = Rung(
            step.step, (step.function.__doc__ or "").strip(), _called(step), tuple(_shortened(reads)), tuple(facts)
        )
        waiting += reads
    return [rungs[name] for name in reversed(list(dict.fromkeys(each.step for each in steps))) if name in rungs]


def _with_reads(made_by: str, names: Iterable[str], table: str) -> Origin:
    from pipeline.catalog import PERSON_TABLES, SITE_TABLES

    exact = frozenset(names) & (SITE_TABLES.keys() | PERSON_TABLES.keys())
    return Origin(made_by, exact, _tables_in(names) - {table})


def _called(step: Step) -> tuple[str, ...]:
    """What a step imports inside its body: that is what it calls."""
    import inspect
    import textwrap

    tree = ast.parse(textwrap.dedent(inspect.getsource(step.function)))
    found = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pipeline")]
    return tuple(f"{node.module}.{alias.name}" for node in found for alias in node.names if alias.name.islower())


def _shortened(names: list[str]) -> list[str]:
    """Records of every site as one."""
    others = [name for name in names if not name.startswith("records[")]
    return [*others, *(["records of every return"] if len(others) < len(names) else [])]


@cache
def _modules() -> tuple[_Module, ...]:
    found = []
    for path in sorted(STAGES.glob("release*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        nodes = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
        imports = {alias.asname or alias.name: f"{node.module}.{alias.name}" for node in nodes for alias in node.names}
        found.append(_Module(f"pipeline.stages.{path.stem}", tree, imports))
    return tuple(found)


def _functions(tree: ast.Module) -> list[Function]:
    return [node for node in tree.body if isinstance(node, Function)]


def _constants(node: ast.AST) -> set[str]:
    return {n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def _read(tree: ast.AST) -> set[str]:
    """What is taken out of a mapping of tables by name."""
    return set().union(*(_constants(node.slice) for node in ast.walk(tree) if isinstance(node, ast.Subscript)))


def _named(module: _Module) -> set[str]:
    """Every text of a module and of the parts of the release that it imports."""
    parts = [each for each in _modules() if any(name.startswith(f"{each.name}.") for name in module.imports.values())]
    return set().union(*(_constants(each.tree) for each in (module, *parts)))


def _first_call(node: ast.AST) -> str:
    return next((n.func.id for n in ast.walk(node) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)), _DOOR)


def _tables_in(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name for name in names if name.startswith(_OPEN) and " " not in name)


def _is_spelt(last: str, constants: set[str]) -> bool:
    """Whether the last part of a key stands in the code as it is."""
    return last in {constant.rpartition(".")[2] for constant in constants}


def _is_built(last: str, constants: set[str]) -> bool:
    """Whether its fixed beginning or end does, such as `_pct` or `k_`, or a key is built with dots alone."""
    parts = {constant.rpartition(".")[2] for constant in constants}
    return any((p.startswith("_") and last.endswith(p)) or (p.endswith("_") and last.startswith(p)) for p in parts if p) or (
        "." in constants
    )


def _entries(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Each `"table": value` of a mapping and each `tables["table"] = value`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, value
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            place = node.targets[0].slice
            if isinstance(place, ast.Constant) and isinstance(place.value, str):
                yield place.value, node.value


def _assigned(tree: ast.Module) -> dict[str, set[str]]:
    """For each name that `release` gives a value: the texts, and so the tables, behind it."""
    release = next(function for function in _functions(tree) if function.name == _DOOR)
    found: dict[str, set[str]] = {}
    for node in ast.walk(release):
        if isinstance(node, ast.Assign):
            targets: list[Any] = [n for target in node.targets for n in ast.walk(target) if isinstance(n, ast.Name)]
            values = [node.value] * len(targets)
            if isinstance(node.targets[0], ast.Tuple) and isinstance(node.value, ast.Tuple):
                values = list(node.value.elts)
            for target, value in zip(targets, values, strict=False):
                found.setdefault(target.id, set()).update(_reached(value, found))
    return found


def _reached(node: ast.AST, known: dict[str, set[str]]) -> set[str]:
    taken_from = {id(n.value) for n in ast.walk(node) if isinstance(n, ast.Subscript) and isinstance(n.slice, ast.Constant)}
    names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and id(n) not in taken_from}
    return _read(node).union(*(known.get(name, set()) for name in names))
