"""What a simulation is of, and what it found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Quantity = Literal["coverage", "false_positives", "false_alarms", "bias", "truth", "verdict"]
DIGITS = 5


@dataclass(frozen=True)
class Result:
    """One row of the results.

    `what`: the interval, test or limit. `k`: sites (0 where there is but one group); `n`: women a site, or months; `tau`: SD of
    the sites' true values, or what `detail` says in its place; `shape`: of the scores; `detail`: the rest of the design.
    `rate`: from 0 to 1, or points for a bias; `error`: its Monte Carlo standard error; `nominal`: what it should be.
    """

    what: str
    quantity: Quantity
    k: int
    n: str
    tau: float
    shape: str
    detail: str
    nominal: float
    rate: float
    error: float
    replicates: int


@dataclass(frozen=True)
class Cell:
    """One simulation: `simulate(rng, replicates, **design)` gives its results. `key` names it and its random numbers."""

    family: str
    simulate: Callable[..., list[Result]]
    replicates: int
    design: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The name of the cell."""
        return " ".join([self.family, *(f"{name}={value}" for name, value in self.design.items())])


@dataclass(frozen=True)
class Design:
    """The part of a row that all results of one cell share."""

    k: int
    n: str
    tau: float
    shape: str = "normal"
    detail: str = ""

    def result(self, what: str, quantity: Quantity, hits: NDArray[Any], *, nominal: float = 0.95) -> Result:
        """Average `hits`, one number a replicate; a replicate without one (NaN) is left out."""
        values = np.asarray(hits, dtype=np.float64)
        used = values[np.isfinite(values)]
        error = float(np.std(used) / np.sqrt(len(used))) if len(used) else float("nan")
        rate = float(np.mean(used)) if len(used) else float("nan")
        return self.row(what, quantity, rate, error, len(used), nominal=nominal)

    def row(self, what: str, quantity: Quantity, rate: float, error: float, replicates: int, *, nominal: float = 0.95) -> Result:
        """One row from a rate that is known already."""
        figures = (round(nominal, DIGITS), round(rate, DIGITS), round(error, DIGITS))
        return Result(what, quantity, self.k, self.n, self.tau, self.shape, self.detail, *figures, replicates)


def covers(low: Floats, high: Floats, truth: Floats | float) -> Floats:
    """1 where the interval holds the truth, 0 where it does not, NaN where there is no interval."""
    inside = (low <= truth) & (truth <= high)
    return np.where(np.isnan(low) | np.isnan(high), np.nan, inside.astype(np.float64))


def sizes(k: int, n: str) -> NDArray[np.int64]:
    """Women at each of k sites: `30`, or `10 to 150`, evenly spread on a log scale."""
    first, _, last = n.partition(" to ")
    return np.rint(np.geomspace(int(first), int(last or first), k)).astype(np.int64)


def each_replicate(rng: Generator, replicates: int, once: Callable[[Generator], tuple[float, ...]]) -> Floats:
    """Call `once` for every replicate: one row a replicate."""
    return np.array([once(rng) for _ in range(replicates)], dtype=np.float64)
