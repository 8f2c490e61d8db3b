"""A reader who puts all open tables together, those of earlier releases among them, and what she may and may not find out.

She thinks of a whole number for each cell of each site, printed or not, and takes what is printed as limits on sums of these
cells. Nothing here is shared with the code that withholds: she knows what columns mean, how counts are rounded and what must be
true of what is shown, and no more. What fits is sought by `adversary_solving.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, NamedTuple

import pandas as pd

MINIMUM, ROUND_TO, SENSITIVE, LEAST_OF = 10, 5, 20, 50
BELOW, ABOVE = ROUND_TO // 2, (ROUND_TO - 1) // 2
FAR = float("inf")
NOBODY = ""
"""Where a number stands that no site can know, such as a rounded one that is not printed."""
Cell = tuple[str, ...]
"""A site, what the count is of, and what is counted."""


class Sum(NamedTuple):
    """Cells that are counted together, and what they are called; a count of fewer than `least` is hidden."""

    name: str
    cells: tuple[Cell, ...]
    least: int = MINIMUM


@dataclass
class Reader:
    """What is true of every cell, what is said of sums of them, what must not be found out, and what is nearly told."""

    truth: dict[Cell, float] = field(default_factory=dict)
    said: list[tuple[dict[Cell, float], float, float]] = field(default_factory=list)
    hidden: list[Sum] = field(default_factory=list)
    told: list[Sum] = field(default_factory=list)
    broken: set[Cell] = field(default_factory=set)
    rounded: dict[frozenset[Cell], Cell] = field(default_factory=dict)
    here: dict[Cell, list[Cell]] = field(default_factory=dict)
    """Cells by the site and what they are of."""

    def cell(self, cell: Cell, n: Any, *, is_secret: bool = True) -> Cell:
        """A count of a site; each small one must stay open, whether a table would print it or not."""
        assert n >= 0 and cell not in self.truth, cell
        self.truth[cell] = float(n)
        self.here.setdefault(cell[:2], []).append(cell)
        if is_secret:
            self.hidden.append(Sum(" ".join(cell), (cell,)))
        return cell

    def number(self, cell: Cell, value: float) -> Cell:
        """A number that need be neither whole nor above nought, as a sum of changes."""
        self.truth[cell] = float(value)
        self.broken.add(cell)
        return cell

    def value(self, terms: dict[Cell, float]) -> float:
        """What a weighted sum of cells truly is."""
        return sum(weight * self.truth[cell] for cell, weight in terms.items())

    def is_so(self, terms: dict[Cell, float], low: float, high: float) -> None:
        """Something that she knows for certain."""
        value = self.value(terms)
        assert low - 1e-6 <= value <= high + 1e-6, ("the reader must not believe what is false", terms, low, value, high)
        self.said.append((terms, low, high))

    def guesses(self, terms: dict[Cell, float], low: float, high: float) -> None:
        """Something that she takes for true, where it is."""
        if low - 1e-6 <= self.value(terms) <= high + 1e-6:
            self.said.append((terms, low, high))

    def same(self, some: Iterable[Cell], others: Iterable[Cell]) -> None:
        """The ones are as many as the others, where that is so, else they hold them, where that is so."""
        ones = tuple(some)
        terms = _less(ones, others)
        if ones:
            self.guesses(terms, 0.0, 0.0 if self.value(terms) == 0 else FAR)

    def holds(self, some: Iterable[Cell], others: Iterable[Cell]) -> None:
        """The ones are at least as many as the others, where that is so."""
        if ones := tuple(some):
            self.guesses(_less(ones, others), 0.0, FAR)

    def sees(self, name: str, cells: Iterable[Cell], printed: Any, *, least: int = MINIMUM) -> None:
        """A count: printed as a rounded number, or hidden."""
        mine = tuple(cells)
        if printed is None or pd.isna(printed):
            self.hidden.append(Sum(name, mine, least))
            return
        self.is_so(dict.fromkeys(mine, 1.0), max(float(printed) - BELOW, least), float(printed) + ABOVE)
        if len({site for site, *_ in mine}) == 1:
            self.told.append(Sum(name, mine))

    def sees_share(self, some: Iterable[Cell], others: Iterable[Cell], percent: Any, *, least: int = MINIMUM) -> None:
        """A whole percentage, of two rounded counts: of those who have it among them and the `others`; both are enough."""
        if percent is None or pd.isna(percent):
            return
        top, rest = tuple(some), tuple(others)
        of = (*top, *rest)
        number, whole = self._rounded(top), self._rounded(of)
        for sign in (1.0, -1.0):
            self.is_so({number: sign * 100.0, whole: -sign * float(percent) - 0.5}, -FAR, 1e-6)
        for cells, low in ((top, least), (rest, least), (of, LEAST_OF - BELOW)):
            self.is_so(dict.fromkeys(cells, 1.0), low, FAR)

    def sees_mean(self, count: Iterable[Cell], total: Iterable[Cell], mean: float, *, within: float = 0.05) -> None:
        """A mean, to one decimal if nothing else is said: the sum is `within` so much of it for each of those who are counted."""
        some, sums = tuple(count), tuple(total)
        for sign in (1.0, -1.0):
            terms = dict.fromkeys(some, -sign * mean - within) | dict.fromkeys(sums, sign)
            self.is_so(terms, -FAR, 1e-6)

    def _rounded(self, cells: tuple[Cell, ...]) -> Cell:
        """A fifth of the rounded count of these cells, as a number of nobody's."""
        if frozenset(cells) not in self.rounded:
            exact, name = sum(self.truth[cell] for cell in cells), f"rounded {len(self.rounded)}"
            made = self.cell((NOBODY, cells[0][1], name), (exact + BELOW) // ROUND_TO, is_secret=False)
            self.is_so({**dict.fromkeys(cells, 1.0), made: -float(ROUND_TO)}, -BELOW, ABOVE)
            self.rounded[frozenset(cells)] = made
        return self.rounded[frozenset(cells)]

    def sites(self) -> list[str]:
        """Everybody who sent anything."""
        return sorted({site for site, *_ in self.truth} - {NOBODY})

    def readers(self) -> Iterator[tuple[str, ...]]:
        """The public, each site with its own rows, and any two of them."""
        yield ()
        for many in (1, 2):
            yield from combinations(self.sites(), many)


def but(cells: Iterable[Cell], others: Iterable[Cell]) -> list[Cell]:
    """The cells without the others."""
    gone = set(others)
    return [cell for cell in cells if cell not in gone]


def _less(some: Iterable[Cell], others: Iterable[Cell]) -> dict[Cell, float]:
    return {**dict.fromkeys(some, 1.0), **dict.fromkeys(others, -1.0)}
