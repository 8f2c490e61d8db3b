"""Minimisation of a truth table: prime implicants and every smallest set of them that explains the positive rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.stats.arrays import IntArray
from pipeline.stats.qca_terms import FREE, Term, configurations
from pipeline.stats.qca_truth_table import POSITIVE, REMAINDER, TruthTable

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """Prime implicants of the positive rows, and the models: the ways to choose some of them that explain each row.

    `terms`: prime implicants, by number of named conditions and then as conditions stand; `rows`: positive rows; `chart`: a
    row a term, a column a positive row, True where the term holds it; `covers`: for each model the positions of its terms.
    """

    terms: tuple[Term, ...]
    rows: tuple[int, ...]
    chart: BoolArray
    covers: tuple[tuple[int, ...], ...]

    @property
    def models(self) -> tuple[tuple[Term, ...], ...]:
        """The terms of each model."""
        return tuple(tuple(self.terms[position] for position in cover) for cover in self.covers)

    @property
    def essential(self) -> tuple[Term, ...]:
        """The terms that are in every model."""
        return tuple(term for position, term in enumerate(self.terms) if all(position in cover for cover in self.covers))


@dataclass(frozen=True, slots=True, eq=False)
class _Implicants:
    terms: tuple[Term, ...]
    holds: BoolArray  # a row a term, a column a row of the truth table
    wider: IntArray  # for each term and condition, the position of the term without that condition; the last one for none


def minimise(
    table: TruthTable,
    kind: Literal["conservative", "parsimonious"],
    *,
    models: Literal["fewest", "irredundant"] = "fewest",
    drop_dominated: bool = False,
) -> Solution:
    """Return the conservative solution (no remainder used) or the parsimonious (any remainder may be).

    Prime implicants are the terms that hold a positive row and, of the others, only such as may be used, and that no
    condition can be taken out of: those of Quine and McCluskey, found by going through all `prod(values + 1)` terms.
    `models`: every choice of the fewest terms that hold all positive rows, or every choice from which no term can be taken
    out. `drop_dominated`: leave out terms whose positive rows are some of another term's. The search is exact;
    up to six conditions it is quick, with seven a full table may take a minute. For the intermediate solution see
    `qca_intermediate`.

    ValueError: an unknown kind, no positive row, or none that speaks against (then every condition falls out). Source:
    Quine 1952, Am Math Monthly 59:521-531; McCluskey 1956, Bell Syst Tech J 35:1417-1444; Petrick 1956; Dusa 2019, QCA with
    R, chapter 8. The same terms, models and essential terms as R QCA 3.25.1 `minimize`, `include = ""` and `"?"` (`all.sol`
    for irredundant, `row.dom` for dominated); its default search ends after two lengths without a new term and may so miss
    longer terms, and models with them.
    """
    if kind not in ("conservative", "parsimonious"):
        raise ValueError(f"kind must be conservative or parsimonious, not {kind!r}.")
    positive = table.rows(POSITIVE)
    usable = positive if kind == "conservative" else table.rows(POSITIVE, REMAINDER)
    require_two_sides(positive, usable)
    return minimise_rows(table.levels, positive, usable, models=models, drop_dominated=drop_dominated)


def require_two_sides(positive: BoolArray, usable: BoolArray) -> None:
    """Raise ValueError where no row is positive, or every row may be used."""
    if not np.any(positive):
        raise ValueError("No configuration is positive at these cut-offs: there is nothing to explain.")
    if np.all(usable):
        raise ValueError("No configuration speaks against the outcome: every condition falls out.")


def minimise_rows(
    levels: tuple[int, ...],
    positive: BoolArray,
    usable: BoolArray,
    *,
    models: Literal["fewest", "irredundant"] = "fewest",
    drop_dominated: bool = False,
) -> Solution:
    """Return the solution for the `positive` rows with terms that hold `usable` rows alone; as `minimise`, unchecked."""
    implicants = _all_implicants(levels)
    is_sound = ~np.any(implicants.holds[:, ~usable], axis=1)
    has_wider = np.append(is_sound, False)[implicants.wider].any(axis=1)
    chart = implicants.holds[:, positive]
    positions = np.flatnonzero(is_sound & ~has_wider & chart.any(axis=1))
    if drop_dominated:
        positions = positions[~_is_dominated(chart[positions])]
    chart = chart[positions]
    columns = [frozenset(np.flatnonzero(chart[:, row]).tolist()) for row in range(chart.shape[1])]
    covers = _fewest(columns) if models == "fewest" else _irredundant(columns)
    terms = tuple(implicants.terms[position] for position in positions)
    return Solution(terms, tuple(np.flatnonzero(positive).tolist()), chart, covers)


@lru_cache(maxsize=16)
def _all_implicants(levels: tuple[int, ...]) -> _Implicants:
    """Go through every term over the conditions but the one that names nothing."""
    every = [term for term in product(*(range(FREE, count) for count in levels)) if any(value != FREE for value in term)]
    terms = sorted(every, key=_place)
    position_of = {term: position for position, term in enumerate(terms)}
    named = np.array(terms)[:, None, :]
    holds = np.all((named == FREE) | (named == configurations(levels)[None]), axis=2)
    wider = [[position_of.get(_without(term, column), len(terms)) for column in range(len(levels))] for term in terms]
    for position, found in enumerate(wider):
        wider[position] = [len(terms) if other == position else other for other in found]
    return _Implicants(tuple(terms), holds, np.array(wider))


def _place(term: Sequence[int]) -> tuple[object, ...]:
    """Place a term: fewer named conditions first, then as the conditions stand, present before absent."""
    return (sum(value != FREE for value in term), tuple((value == FREE, -value) for value in term))


def _without(term: Term, column: int) -> Term:
    return (*term[:column], FREE, *term[column + 1 :])


def _is_dominated(chart: BoolArray) -> BoolArray:
    held_by = ~np.any(chart[:, None, :] & ~chart[None, :, :], axis=2)
    is_smaller = np.sum(chart, axis=1)[:, None] < np.sum(chart, axis=1)[None, :]
    return np.asarray(np.any(held_by & is_smaller, axis=1), dtype=np.bool_)


def _fewest(columns: Sequence[frozenset[int]]) -> tuple[tuple[int, ...], ...]:
    """Return every choice of the fewest terms that meets each of `columns` (the terms that hold one positive row)."""
    for size in range(1, len(columns) + 1):
        found: set[frozenset[int]] = set()
        _extend(columns, frozenset(), size, found)
        if found:
            return _in_order(found)
    return ()


def _extend(open_columns: Sequence[frozenset[int]], chosen: frozenset[int], left: int, found: set[frozenset[int]]) -> None:
    """Add to `found` each choice that starts with `chosen` and takes at most `left` terms more."""
    if not open_columns:
        found.add(chosen)
        return
    if left == 0:
        return
    fewest_ways = open_columns[int(np.argmin([len(column) for column in open_columns]))]
    for term in sorted(fewest_ways):
        _extend([column for column in open_columns if term not in column], chosen | {term}, left - 1, found)


def _irredundant(columns: Sequence[frozenset[int]]) -> tuple[tuple[int, ...], ...]:
    """Return every choice that meets each of `columns` and from which no term can be taken out (Petrick)."""
    choices: set[frozenset[int]] = {frozenset()}
    for column in sorted(set(columns), key=lambda terms: (len(terms), sorted(terms))):
        met = {choice for choice in choices if choice & column}
        longer = {choice | {term} for choice in choices - met for term in column}
        choices = met | {choice for choice in longer if not any(kept <= choice for kept in met)}
    smallest = {choice for choice in choices if not any(other < choice for other in choices)}
    return _in_order(smallest)


def _in_order(choices: Iterable[frozenset[int]]) -> tuple[tuple[int, ...], ...]:
    return tuple(sorted((tuple(sorted(choice)) for choice in choices), key=lambda choice: (len(choice), choice)))
