"""Programme theories that execute: one YAML file a context-mechanism-outcome configuration."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pipeline.bibliography import FILE
from pipeline.strict_yaml import FactError, read
from pipeline.theories.schema import FLOORS, Context, Mechanism, Minimum, Outcome, Population, SmallestDifference, Theory

SHIPPED = Path(__file__).parent
__all__ = [
    "FLOORS",
    "SHIPPED",
    "Context",
    "Mechanism",
    "Minimum",
    "Outcome",
    "Population",
    "SmallestDifference",
    "Theory",
    "load",
]


@cache
def load(folders: tuple[Path, ...] = ()) -> dict[str, Theory]:
    """The shipped theories and those of extra `folders`, by id. Raises FactError where a file is not valid."""
    found: dict[str, Theory] = {}
    for folder in (SHIPPED, *folders):
        if not folder.is_dir():
            raise FactError(f"{folder}: no such folder. Make it, or take it out of paths.theories.")
        for path in sorted(p for p in folder.glob("*.y*ml") if p.name != FILE):
            theory = read(path, Theory)
            if theory.id != path.stem:
                raise FactError(f"{path}: id: found {theory.id!r}; expected {path.stem!r}, the name of the file.")
            found[theory.id] = theory
    return found
