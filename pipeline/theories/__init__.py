"""Programme theories that execute: one YAML file a context-mechanism-outcome configuration."""

from __future__ import annotations

import datetime
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from pipeline.codes import SERVICE_CONTEXTS
from pipeline.strict_yaml import FactError, Strict, read

SHIPPED = Path(__file__).parent
Number = int | float
Expected = Literal["larger_improvement", "smaller_improvement", "higher", "lower", "no_difference"]
FLOORS = {"sites_each_side": 4, "women_each_side": 40}


class Context(Strict):
    """`service.<column> is <value>`: splits the sites."""

    variable: str
    is_: str = Field(alias="is")

    @field_validator("variable")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in {f"service.{name}" for name in SERVICE_CONTEXTS}:
            raise ValueError(f"expected service. and one of: {', '.join(SERVICE_CONTEXTS)}")
        return value

    @field_validator("is_", mode="before")
    @classmethod
    def _as_code(cls, value: object) -> object:
        words = {True: "y", False: "n", "yes": "y", "no": "n", "true": "y", "false": "n", "y": "y", "n": "n"}
        key = value.lower() if isinstance(value, str) else value
        return words.get(key, value) if isinstance(key, bool | str) else value


class Mechanism(Strict):
    """What is thought to happen between context and outcome, in words."""

    says: str
    indicator: str | None = None


class Outcome(Strict):
    """What should differ, and in which direction."""

    variable: str = Field(pattern=r"^change\.[a-z][a-z0-9_]*$")
    expected: Expected

    @property
    def measure(self) -> str:
        """The measure behind `change.<measure>`."""
        return self.variable.removeprefix("change.")


class Minimum(Strict):
    """The fewest sites and women on each side with which a test is made; never below the floors."""

    sites_each_side: int = Field(default=4, ge=FLOORS["sites_each_side"])
    women_each_side: int = Field(default=40, ge=FLOORS["women_each_side"])


class SmallestDifference(Strict):
    """The smallest difference between the sides that would matter; a bare number means points."""

    value: Number = Field(gt=0)
    scale: Literal["points"] = "points"


class Theory(Strict):
    """One context-mechanism-outcome configuration, with what would count against it."""

    id: str = Field(pattern=r"^[A-Z]{2,8}-[0-9]{2,3}$")
    title: str
    context: Context
    mechanism: Mechanism
    outcome: Outcome
    test: Literal["moderation"] = "moderation"
    minimum: Minimum = Minimum()
    smallest_difference: SmallestDifference
    would_count_against: str
    registered: datetime.date
    sources: tuple[str, ...] = Field(min_length=1, strict=False)

    @field_validator("smallest_difference", mode="before")
    @classmethod
    def _bare_number(cls, value: object) -> object:
        return {"value": value} if isinstance(value, int | float) and not isinstance(value, bool) else value

    @property
    def hash(self) -> str:
        """Of what is tested, not of its wording."""
        tested = self.model_dump(mode="json", include={"context", "outcome", "test", "minimum", "smallest_difference"})
        tested["smallest_difference"]["value"] = float(self.smallest_difference.value)  # 5 and 5.0 are one prediction
        return hashlib.sha256(json.dumps(tested, sort_keys=True).encode()).hexdigest()[:16]


@cache
def load(folders: tuple[Path, ...] = ()) -> dict[str, Theory]:
    """The shipped theories and those of extra `folders`, by id. Raises FactError where a file is not valid."""
    found: dict[str, Theory] = {}
    for folder in (SHIPPED, *folders):
        if not folder.is_dir():
            raise FactError(f"{folder}: no such folder. Make it, or take it out of paths.theories.")
        for path in sorted(folder.glob("*.y*ml")):
            theory = read(path, Theory)
            if theory.id != path.stem:
                raise FactError(f"{path}: id: found {theory.id!r}; expected {path.stem!r}, the name of the file.")
            found[theory.id] = theory
    return found
