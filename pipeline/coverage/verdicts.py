"""How often the verdicts on theories came out right and wrong in invented studies with a planted truth."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from pipeline.strict_yaml import Strict, read

SHIPPED = Path(__file__).parent / "verdicts.yaml"
Aim = Literal["at_least", "at_most", "none"]


class Scenario(Strict):
    """What was planted in studies of so many sites, and the share of them that came to each verdict, from 0 to 1.

    `seen`: the share in which testability said beforehand that such an effect could be seen. `counted`: the verdict with a
    target; `rate`: its share, of a true effect among studies where it could be seen; `target`: 0 where there is none.
    """

    planted: str = Field(min_length=1)
    sites: int = Field(gt=0)
    studies: int = Field(gt=0)
    consistent: float = Field(ge=0, le=1)
    inconsistent: float = Field(ge=0, le=1)
    inconclusive: float = Field(ge=0, le=1)
    not_testable: float = Field(ge=0, le=1)
    seen: float = Field(ge=0, le=1)
    counted: Literal["consistent", "inconsistent", "not_testable"]
    rate: float = Field(ge=0, le=1)
    aim: Aim
    target: float = Field(ge=0, le=1)
    met: bool | None


class Table(Strict):
    """All scenarios. `notes`: what a reader has to know of the invented studies, a sentence each."""

    seed: int
    notes: tuple[str, ...] = Field(strict=False)
    rows: tuple[Scenario, ...] = Field(strict=False, min_length=1)


@cache
def load(path: Path = SHIPPED) -> Table:
    """The shipped table; FactError where the file cannot be used."""
    return read(path, Table)
