"""Which single conditions, conjunctions and disjunctions are necessary or sufficient at given cut-offs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from pipeline.stats.arrays import FloatArray
from pipeline.stats.qca_terms import FREE, Term, as_conditions, as_outcome, literal
from pipeline.stats.qca_truth_table import TOLERANCE, score_rows, share


@dataclass(frozen=True, slots=True)
class Found:
    """One set that reaches the cut-offs: the values it joins, by "and" or by "or", and its fit.

    `relevance`: RoN of a necessary set, PRI of a sufficient one.
    """

    kind: Literal["conjunction", "disjunction"]
    term: Term
    inclusion: float
    relevance: float
    coverage: float


def search_necessary(
    conditions: ArrayLike,
    outcome: ArrayLike,
    *,
    inclusion: float = 0.9,
    coverage: float = 0.0,
    relevance: float = 0.0,
    most: int | None = None,
) -> tuple[Found, ...]:
    """Return conjunctions of up to `most` conditions that are necessary, then disjunctions that are.

    `conditions`, `outcome`: as `qca_truth_table.truth_table`. A set is necessary where inclusion, coverage and RoN (see
    `qca_fit.necessity`) reach their cut-offs. A disjunction is left out where the conjunction of its values reaches
    inclusion and coverage, or where fewer of its values already make a necessary set. Shorter ones come first. A set with
    no member fits by 0. ValueError: memberships or cut-offs out of range, an outcome without members. Source: Dusa 2019,
    QCA with R, chapter 5. The same sets in the same order as R QCA 3.25.1 `superSubset`, to 1e-13; that stops after four
    conditions where the next number of them brings nothing, while this goes through all.
    """
    cases, levels, y = _checked(conditions, outcome, (inclusion, coverage, relevance), most)
    conjunctions: list[Found] = []
    disjunctions: list[Found] = []
    for size in range(1, (most or len(levels)) + 1):
        found: tuple[list[Found], list[Found]] = ([], [])
        for term, columns in _terms_of(cases, levels, size):
            joined = _necessity("conjunction", term, np.min(columns, axis=1), y)
            if _reaches(joined, inclusion, coverage):
                found[0].append(joined)
            elif not any(_is_part(known.term, term) for known in [*conjunctions, *disjunctions]):
                either = _necessity("disjunction", term, np.max(columns, axis=1), y)
                if _reaches(either, inclusion, coverage):
                    found[1].append(either)
        conjunctions += found[0]
        disjunctions += found[1]
    return tuple(one for one in [*conjunctions, *disjunctions] if one.relevance >= relevance)


def search_sufficient(
    conditions: ArrayLike,
    outcome: ArrayLike,
    *,
    inclusion: float = 0.9,
    coverage: float = 0.0,
    pri: float = 0.0,
    most: int | None = None,
) -> tuple[Found, ...]:
    """Return conjunctions of up to `most` conditions that are sufficient and none of whose parts is.

    As `search_necessary`, with inclusion, coverage and PRI of `qca_fit.sufficiency`; `pri` is applied last. The same sets
    in the same order as R QCA 3.25.1 `superSubset(relation = "sufficiency")`, to 1e-13.
    """
    cases, levels, y = _checked(conditions, outcome, (inclusion, coverage, pri), most)
    found: list[Found] = []
    for size in range(1, (most or len(levels)) + 1):
        at_this_size = []
        for term, columns in _terms_of(cases, levels, size):
            if not any(_is_part(known.term, term) for known in found):
                members = np.min(columns, axis=1)
                consistency, net = (float(row[0, 0]) for row in score_rows(members[:, None], y[None, :]))
                covered = float(np.sum(np.minimum(members, y)) / np.sum(y))
                one = Found("conjunction", term, consistency, net, covered)
                if _reaches(one, inclusion, coverage):
                    at_this_size.append(one)
        found += at_this_size
    return tuple(one for one in found if one.relevance >= pri)


def _checked(
    conditions: ArrayLike, outcome: ArrayLike, cut_offs: Sequence[float], most: int | None
) -> tuple[FloatArray, tuple[int, ...], FloatArray]:
    if not all(0 <= cut_off <= 1 for cut_off in cut_offs):
        raise ValueError("Cut-offs must lie within 0 to 1.")
    if most is not None and most < 1:
        raise ValueError(f"most must be at least 1, not {most!r}.")
    cases, levels = as_conditions(conditions)
    y = as_outcome(outcome, len(cases))
    if not np.any(y > 0):
        raise ValueError("No case is a member of the outcome to any degree.")
    return cases, levels, y


def _terms_of(cases: FloatArray, levels: Sequence[int], size: int) -> Iterator[tuple[Term, FloatArray]]:
    """Give every term that names `size` conditions, with the cases' memberships in each value it names."""
    for columns in combinations(range(len(levels)), size):
        for values in product(*(range(levels[column]) for column in columns)):
            term = [FREE] * len(levels)
            for column, value in zip(columns, values, strict=True):
                term[column] = value
            named = [literal(cases[:, c], levels[c], v) for c, v in zip(columns, values, strict=True)]
            yield tuple(term), np.column_stack(named)


def _necessity(kind: Literal["conjunction", "disjunction"], term: Term, members: FloatArray, y: FloatArray) -> Found:
    both = np.minimum(members, y)
    parts = np.array([np.sum(1 - members), np.sum(both)])
    relevance, coverage = share(parts, np.array([np.sum(1 - both), np.sum(members)]))
    return Found(kind, term, float(parts[1] / np.sum(y)), float(relevance), float(coverage))


def _reaches(found: Found, inclusion: float, coverage: float) -> bool:
    return found.inclusion >= inclusion - TOLERANCE and found.coverage >= coverage - TOLERANCE


def _is_part(short: Term, long: Term) -> bool:
    return all(value in (FREE, other) for value, other in zip(short, long, strict=True))
