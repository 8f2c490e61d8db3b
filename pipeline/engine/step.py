"""A step: a function whose annotated signature is its edges in the graph."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, get_args, get_origin

from pytask import Mark, TaskWithoutPath
from pytask.tree_util import tree_leaves

from pipeline.engine.code import code_state
from pipeline.engine.nodes import Optional, Table


@dataclass(kw_only=True)
class Step(TaskWithoutPath):
    """One task: its own state is the hash of the code that it runs, so an edit re-runs what uses it and nothing before."""

    step: str = ""
    of: str = ""
    schemas: tuple[str, ...] = field(default=())

    def state(self) -> str | None:
        """Hash of the code behind the step."""
        return code_state(self.function, self.schemas)


def step(name: str, function: Callable[..., Any], *, of: str = "") -> Step:
    """Make a task of `function`: `Annotated[..., node]` parameters are what it reads, the return annotation what it writes.

    Where there is a task a site, `of` is the site.
    """
    signature = inspect.signature(function)
    reads = {p.name: _node(p.annotation, name, p.name) for p in signature.parameters.values()}
    writes = {"return": _node(signature.return_annotation, name, "return")}
    nodes = [*leaves(reads), *leaves(writes)]
    inner = (n.node if isinstance(n, Optional) else n for n in nodes)
    return Step(
        name=f"{name}[{of}]" if of else name,
        step=name,
        of=of,
        function=function,
        depends_on=reads,
        produces=writes,
        schemas=tuple(sorted({n.schema for n in inner if isinstance(n, Table)})),
        markers=[Mark(marker(name), (), {})],
        attributes={"after": [], "is_generator": False, "collection_id": None},
    )


def leaves(tree: Any) -> list[Any]:
    """Every node in nested lists and mappings of nodes."""
    return list(tree_leaves(tree))


def marker(step_name: str) -> str:
    """The pytask marker that selects a step by its whole name."""
    return "step_" + step_name.replace("-", "_")


def _node(annotation: Any, step_name: str, argument: str) -> Any:
    if get_origin(annotation) is not Annotated:
        raise TypeError(f"step {step_name}: {argument} names no node; annotate it as Annotated[type, node]")
    return get_args(annotation)[1]
