"""The intermediate solution: remainders are used only where knowledge makes them easy to accept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.stats.arrays import IntArray
from pipeline.stats.qca_minimise import BoolArray, Solution, minimise_rows, require_two_sides
from pipeline.stats.qca_terms import FREE, Term, configurations
from pipeline.stats.qca_truth_table import POSITIVE, REMAINDER, TruthTable

Expectations = Sequence[int | None]
"""For each condition the value with which the outcome is expected, or None."""


@dataclass(frozen=True, slots=True, eq=False)
class Intermediate:
    """The intermediate solution between one conservative and one parsimonious model.

    `assumed`: remainders (rows of the truth table, from 0) that the parsimonious model uses; `easy`: those of them that the
    expectations support, used here; `difficult`: the others.
    """

    conservative: tuple[Term, ...]
    parsimonious: tuple[Term, ...]
    easy: tuple[int, ...]
    difficult: tuple[int, ...]
    solution: Solution

    @property
    def assumed(self) -> tuple[int, ...]:
        """Remainders that the parsimonious model uses."""
        return tuple(sorted(self.easy + self.difficult))


def minimise_intermediate(
    table: TruthTable,
    expectations: Expectations,
    *,
    models: Literal["fewest", "irredundant"] = "fewest",
    drop_dominated: bool = False,
) -> tuple[Intermediate, ...]:
    """Return the intermediate solution for each pair of a conservative and a parsimonious model, conservative first.

    `expectations`: for each condition the value with which the outcome is expected, or None. For each conservative term
    within a parsimonious term, the conditions that only the former names and that are against an expectation are struck
    out; a remainder used by the parsimonious model and held by such a reduced term is easy. The easy ones and the positive
    rows are minimised together. For a negated outcome expectations are taken as given, not turned round.

    ValueError: as `minimise`; expectations of another number, or a value that a condition has not. Source: Ragin 2008,
    Redesigning Social Inquiry, chapters 8 and 9; Dusa 2019, QCA with R, chapter 8. The same solutions, easy and difficult
    counterfactuals as R QCA 3.25.1 `minimize(include = "?", dir.exp = ...)`.
    """
    positive, usable = table.rows(POSITIVE), table.rows(POSITIVE, REMAINDER)
    require_two_sides(positive, usable)
    require_expectations(expectations, table.levels)
    return intermediate_rows(table.levels, positive, usable, tuple(expectations), models=models, drop_dominated=drop_dominated)


def require_expectations(expectations: Expectations, levels: Sequence[int]) -> None:
    """Raise ValueError unless there is one expectation a condition, None or one of its values."""
    if len(expectations) != len(levels):
        raise ValueError(f"There are {len(levels)} conditions, but {len(expectations)} expectations.")
    if any(value is not None and not 0 <= value < count for value, count in zip(expectations, levels, strict=True)):
        raise ValueError("An expectation names a value that its condition has not.")


def intermediate_rows(
    levels: tuple[int, ...],
    positive: BoolArray,
    usable: BoolArray,
    expectations: tuple[int | None, ...],
    *,
    models: Literal["fewest", "irredundant"] = "fewest",
    drop_dominated: bool = False,
) -> tuple[Intermediate, ...]:
    """Return what `minimise_intermediate` does, from rows that are positive and rows that may be used, unchecked."""
    conservative = minimise_rows(levels, positive, positive, models=models, drop_dominated=drop_dominated)
    parsimonious = minimise_rows(levels, positive, usable, models=models, drop_dominated=drop_dominated)
    every = configurations(levels)
    solved: dict[bytes, Solution] = {}
    found = []
    for narrow in conservative.models:
        for wide in parsimonious.models:
            assumed = _held(every, wide) & ~positive
            easy = assumed & _held(every, _reduced(narrow, wide, expectations))
            key = easy.tobytes()
            if key not in solved:
                solved[key] = minimise_rows(levels, positive, positive | easy, models=models, drop_dominated=drop_dominated)
            accepted, refused = (tuple(np.flatnonzero(part).tolist()) for part in (easy, assumed & ~easy))
            found.append(Intermediate(narrow, wide, accepted, refused, solved[key]))
    return tuple(found)


def _reduced(narrow: Sequence[Term], wide: Sequence[Term], expectations: Sequence[int | None]) -> list[Term]:
    """Strike out of each conservative term what no parsimonious term around it names and an expectation is against."""
    return [
        tuple(
            FREE if within == FREE and expected is not None and expected != value else value
            for value, within, expected in zip(term, around, expectations, strict=True)
        )
        for term in narrow
        for around in wide
        if all(within in (FREE, value) for value, within in zip(term, around, strict=True))
    ]


def _held(every: IntArray, terms: Sequence[Term]) -> BoolArray:
    named = np.array(terms, dtype=np.int64).reshape(len(terms), 1, every.shape[1])
    return np.asarray(np.any(np.all((named == FREE) | (named == every[None]), axis=2), axis=0), dtype=np.bool_)
