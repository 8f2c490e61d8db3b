"""A reader of every open count at once: referrals, flow, groups, waits, bands, recovery, theories and people who answered.

She thinks of a number for each cell of each site, printed or not, takes what is printed as limits on sums of these cells, and
asks by linear programmes how little and how much of each hidden cell fits. Nothing here is shared with the code that withholds:
there, cells of tables that are printed over sites alone are not even counts. Numbers may be broken here; that whole ones
fit is what the other reader (`adversary.py`) asks, table by table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import linprog
from scipy.sparse import csr_array, vstack

MINIMUM, ROUND_TO, SENSITIVE = 10, 5, 20
Cell = tuple[str, ...]
"""A site, and what is counted there."""


@dataclass
class Reader:
    """What is true of every cell, what is said of sums of them, and what must not be found out."""

    truth: dict[Cell, float] = field(default_factory=dict)
    said: list[tuple[dict[Cell, float], float, float]] = field(default_factory=list)
    hidden: list[tuple[str, tuple[Cell, ...], int]] = field(default_factory=list)
    told: list[tuple[str, tuple[Cell, ...]]] = field(default_factory=list)

    def cell(self, cell: Cell, n: float) -> Cell:
        assert n >= 0, cell
        self.truth[cell] = float(n)
        return cell

    def is_so(self, terms: dict[Cell, float], low: float, high: float) -> None:
        value = sum(weight * self.truth[cell] for cell, weight in terms.items())
        assert low - 1e-6 <= value <= high + 1e-6, ("the reader must not believe what is false", terms, value)
        self.said.append((terms, low, high))

    def same(self, some: Iterable[Cell], others: Iterable[Cell]) -> None:
        self.is_so({**dict.fromkeys(some, 1.0), **dict.fromkeys(others, -1.0)}, 0.0, 0.0)

    def holds(self, some: Iterable[Cell], others: Iterable[Cell]) -> None:
        """The one are at least as many as the other, where that is so."""
        terms = {**dict.fromkeys(some, 1.0), **dict.fromkeys(others, -1.0)}
        if sum(weight * self.truth[cell] for cell, weight in terms.items()) >= 0:
            self.is_so(terms, 0.0, np.inf)

    def sees(self, name: str, cells: Iterable[Cell], printed: Any, *, least: int = MINIMUM) -> None:
        """A count: printed as a rounded number, or hidden."""
        mine = tuple(cells)
        if printed is None or pd.isna(printed):
            self.hidden.append((name, mine, least))
            return
        low = max(float(printed) - ROUND_TO // 2, least)
        self.is_so(dict.fromkeys(mine, 1.0), low, float(printed) + (ROUND_TO - 1) // 2)
        if len({site for site, *_ in mine}) == 1:
            self.told.append((name, mine))

    def readers(self) -> Iterator[tuple[str, ...]]:
        sites = sorted({site for site, *_ in self.truth})
        yield ()
        yield from combinations(sites, 1)
        yield from combinations(sites, 2)

    def finds(self, known: tuple[str, ...]) -> list[str]:
        """What sites who put their own rows together can tell."""
        cells = list(self.truth)
        at = {cell: place for place, cell in enumerate(cells)}
        exact = np.array([self.truth[cell] for cell in cells])
        entries = [(row, at[cell], weight) for row, (terms, *_) in enumerate(self.said) for cell, weight in terms.items()]
        rows, columns, weights = (np.array(each) for each in zip(*entries, strict=True))
        matrix = csr_array((weights, (rows, columns)), shape=(len(self.said), len(cells)))
        low, high = (np.array([each[end] for each in self.said]) for end in (1, 2))
        is_known = np.array([cell[0] in known for cell in cells])
        bounds = np.column_stack([np.where(is_known, exact, 0.0), np.where(is_known, exact, 2 * exact + 200)])
        sums = {}
        for name, mine, least in self.hidden:
            left = tuple(at[cell] for cell in mine if cell[0] not in known)
            if left and exact[list(left)].sum() < least:
                sums[name] = (left, 0.0, MINIMUM - 1.0)
        if len(known) < 2:
            for name, mine in self.told:
                if mine[0][0] not in known:
                    sums[name] = (tuple(at[cell] for cell in mine), None, None)
        return _told(sums, matrix, low, high, bounds, exact)


def _told(sums: dict[str, Any], matrix: Any, low: Any, high: Any, bounds: Any, exact: Any) -> list[str]:
    """The sums that are not as open as they must be; one programme often answers for many."""
    width = matrix.shape[1]
    is_equal, above, below = low == high, np.isfinite(high) & (low != high), np.isfinite(low) & (low != high)
    limits = {
        "A_eq": matrix[is_equal],
        "b_eq": low[is_equal],
        "A_ub": vstack([matrix[above], -matrix[below]]),
        "b_ub": np.concatenate([high[above], -low[below]]),
    }
    seen: dict[str, list[float]] = {name: [exact[list(places)].sum()] for name, (places, *_) in sums.items()}

    def ask(names: list[str], sign: float) -> None:
        cost = np.zeros(width)
        for name in names:
            cost[list(sums[name][0])] += sign
        found = linprog(cost, bounds=bounds, method="highs", **limits)
        assert found.status == 0, found.message
        for name, (places, *_) in sums.items():
            seen[name].append(found.x[list(places)].sum())

    def is_open(name: str) -> tuple[bool, bool]:
        _, least, most = sums[name]
        if least is None:
            return (max(seen[name]) - min(seen[name]) >= 2 - 1e-6,) * 2
        return min(seen[name]) <= least + 1e-6, max(seen[name]) >= most - 1e-6

    for end, sign in ((0, 1.0), (1, -1.0)):
        if pending := [name for name in sums if not is_open(name)[end]]:
            ask(pending, sign)
        for name in sums:
            if not is_open(name)[end]:
                ask([name], sign)
    return [f"{name}: {min(seen[name]):.1f} to {max(seen[name]):.1f}" for name in sums if not all(is_open(name))]
