"""How often the intervals that are printed hold the truth, and how often tests raise a false alarm: simulated beforehand."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from pipeline.strict_yaml import Strict, read

SHIPPED = Path(__file__).parent / "coverage.yaml"
Quantity = Literal["coverage", "false_positives", "false_alarms", "bias"]
Fault = Literal["", "too_narrow", "too_wide", "too_narrow_and_too_wide", "too_often"]
"""How a target was missed: an interval holds the truth too seldom or too often, a test or limit alarms too often."""


class Design(Strict):
    """One simulated design and what was found there; points are those of a change whose SD is 13.

    `sites`: 0 for one group; `women`: a site, or months; `spread`: SD of the sites' true values in points or log odds, or what
    `detail` says in its place. `rate`: from 0 to 1, or points; `nominal`: what it should be; `error`: Monte Carlo standard error.
    """

    sites: int = Field(ge=0)
    women: str
    spread: float = Field(ge=0)
    shape: str
    detail: str
    rate: float
    nominal: float
    error: float = Field(ge=0)
    replicates: int = Field(ge=0)


class Simulated(Strict):
    """One interval, test or limit over all designs it was tried in.

    `sites`: how many, where that divides the rows. `lowest`, `highest`: of the rates over `designs` designs (points for a bias).
    `worst`: the design furthest from what it should be. `met`: whether the target is met in every design; None where none is
    set. `misses`: designs that miss it. Replicates of 0: reckoned exactly.
    """

    what: str = Field(min_length=1)
    quantity: Quantity
    sites: int | None = None
    designs: int = Field(gt=0)
    lowest: float
    highest: float
    worst: Design
    target: str
    met: bool | None
    misses: int = Field(ge=0)
    fault: Fault
    remark: str


class Table(Strict):
    """All that was simulated, from one seed. `notes`: what a reader has to know of the invented data, a sentence each."""

    seed: int
    designs: int
    notes: tuple[str, ...] = Field(strict=False)
    rows: tuple[Simulated, ...] = Field(strict=False, min_length=1)


@cache
def load(path: Path = SHIPPED) -> Table:
    """The shipped table; FactError where the file cannot be used."""
    return read(path, Table)
