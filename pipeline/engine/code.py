"""What code a step runs: the modules of ours that it imports, and theirs, found by reading and never by running."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, cast

from pipeline.engine.nodes import digest

PACKAGE = Path(__file__).parents[1]
_FACTS = {"pipeline", "pipeline.instruments", "pipeline.measures", "pipeline.theories", "pipeline.config", "pipeline.strict_yaml"}


def code_state(function: Callable[..., Any], schemas: Iterable[str]) -> str:
    """Hash of a step's own source, of every module of ours that it reaches, and of the shapes that its tables must have."""
    source, modules = _own(cast(FunctionType, function).__code__)
    reached = closure(modules)
    parts = [digest(source), *(f"{name} {_module(name)[1]}" for name in sorted(reached - _FACTS))]
    if any(schemas):
        parts.append(digest("".join(_module(name)[1] for name in sorted(closure(frozenset({"pipeline.tables"}))))))
    return digest("\n".join(parts))


@cache
def _own(code: CodeType) -> tuple[str, frozenset[str]]:
    """The source of a function and what it imports: read once for all sites that a step is made for."""
    source = textwrap.dedent(inspect.getsource(code))
    return source, frozenset(imported(ast.parse(source)))


def package_state() -> str:
    """Hash of all code that a real run can reach: everything but the inventor of synthetic returns."""
    files = sorted(p for p in PACKAGE.rglob("*.py") if "synthetic" not in p.parts)
    facts = {path for room in ("coverage", "reporting") for path in (PACKAGE / room).glob("*.yaml")}
    files += sorted(p for p in PACKAGE.rglob("*") if p.suffix in {".typ", ".ttf"} or p in facts)
    return digest("\n".join(f"{p.relative_to(PACKAGE).as_posix()} {digest(p.read_bytes())}" for p in files))


@cache
def closure(names: frozenset[str]) -> frozenset[str]:
    """Every module of ours that `names` import, directly or not; `names` themselves included."""
    reached: set[str] = set()
    waiting = {name for name in names if _file(name)}
    while waiting:
        name = waiting.pop()
        reached.add(name)
        waiting |= {n for n in _module(name)[0] if n not in reached}
    return frozenset(reached)


def imported(tree: ast.AST) -> set[str]:
    """The modules of ours that a syntax tree imports."""
    found: set[str] = set()
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name for name in found if name.split(".")[0] == PACKAGE.name and _file(name)}


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Every statement, however deep; expressions hold no import, and most of a tree is expressions."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for part in ("body", "orelse", "finalbody", "handlers", "cases"):
            waiting += getattr(node, part, ())


@cache
def _module(name: str) -> tuple[frozenset[str], str]:
    path = _file(name)
    assert path is not None
    source = path.read_bytes()
    beside = b"".join(p.read_bytes() for p in sorted(path.parent.rglob("*.typ"))) if b".typ" in source else b""
    if name.split(".")[1:2] in (["coverage"], ["reporting"]):
        beside += b"".join(p.read_bytes() for p in sorted(path.parent.glob("*.yaml")))
    return frozenset(imported(ast.parse(source))), digest(source + beside)


def _file(name: str) -> Path | None:
    base = PACKAGE.parent.joinpath(*name.split("."))
    return next((p for p in (base.with_suffix(".py"), base / "__init__.py") if p.is_file()), None)


def digest_modules(names: Iterable[str]) -> str:
    """Hash of the sources of several modules of ours."""
    return digest("\n".join(f"{name} {_module(name)[1]}" for name in sorted(names)))
