"""How well sets and outcome fit: consistency, PRI and coverage of sufficient sets; inclusion, RoN of necessary ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pipeline.stats.arrays import FloatArray
from pipeline.stats.qca_terms import Term, as_conditions, as_outcome, term_memberships
from pipeline.stats.qca_truth_table import score_rows, share


@dataclass(frozen=True, slots=True, eq=False)
class Sufficiency:
    """Consistency (`inclusion`), PRI, raw and unique coverage of each set, as sufficient for the outcome."""

    inclusion: FloatArray
    pri: FloatArray
    coverage: FloatArray
    unique_coverage: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Necessity:
    """Inclusion, coverage and relevance (RoN) of each set, as necessary for the outcome."""

    inclusion: FloatArray
    coverage: FloatArray
    relevance: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class SolutionFit:
    """The fit of each term of a model, and of their union."""

    terms: Sufficiency
    inclusion: float
    pri: float
    coverage: float


def sufficiency(sets: ArrayLike, outcome: ArrayLike) -> Sufficiency:
    """Return how consistently each of `sets` is a subset of the outcome, and how much of the outcome it covers.

    `sets` x: memberships 0 to 1, a row a case, a column a set; `outcome` y: one a case; for the negated outcome give 1 - y.
    `inclusion = sum min(x, y)/sum x`; `PRI = (sum min(x, y) - s)/(sum x - s)`, `s = sum min(x, y, 1 - y)`, 0 where both
    parts are 0; `coverage = sum min(x, y)/sum y`; unique coverage: coverage less `sum min(x, z, y)/sum y`, z the union
    (maximum) of the other sets; of one set alone it is the coverage.

    ValueError: memberships out of range, a set or an outcome of which no case is a member to any degree. Source: Ragin
    2006, Polit Anal 14:291-310; Ragin 2008, chapters 3 and 7. Agrees with R QCA 3.25.1 `pof` to 1e-13; the peer gives no
    unique coverage of one set alone.
    """
    x, y = _sets_and_outcome(sets, outcome)
    inclusion, pri = (row[0] for row in score_rows(x, y[None, :]))
    both = np.minimum(x, y[:, None])
    shared = np.zeros(x.shape[1])
    for position in range(x.shape[1]):
        others = np.max(np.delete(both, position, axis=1), axis=1, initial=0.0)
        shared[position] = np.sum(np.minimum(both[:, position], others))
    coverage = np.sum(both, axis=0) / np.sum(y)
    return Sufficiency(inclusion, pri, coverage, coverage - shared / np.sum(y))


def necessity(sets: ArrayLike, outcome: ArrayLike) -> Necessity:
    """Return how consistently each of `sets` is a superset of the outcome, and whether that is trivial.

    `sets` x, `outcome` y: as `sufficiency`; for a disjunction give the maximum of its parts. `inclusion = sum min(x, y)/sum
    y`; `coverage = sum min(x, y)/sum x`; `RoN = sum (1 - x)/sum (1 - min(x, y))`, near 0 for a set that nearly all cases
    are in, 0 where all are wholly in both.

    ValueError: as `sufficiency`. Source: Ragin 2006, Polit Anal 14:291-310; Schneider and Wagemann 2012, Set-Theoretic
    Methods for the Social Sciences, chapter 9 (RoN). Agrees with R QCA 3.25.1 `pof` to 1e-13.
    """
    x, y = _sets_and_outcome(sets, outcome)
    both = np.minimum(x, y[:, None])
    relevance = share(np.sum(1 - x, axis=0), np.sum(1 - both, axis=0))
    return Necessity(np.sum(both, axis=0) / np.sum(y), np.sum(both, axis=0) / np.sum(x, axis=0), relevance)


def fit_solution(conditions: ArrayLike, outcome: ArrayLike, terms: Sequence[Term]) -> SolutionFit:
    """Return the fit of each of `terms` and of their union, as `sufficiency`.

    `conditions`: memberships, a row a case, a column a condition; `terms`: one model of a solution. ValueError: no term,
    and as `sufficiency` and `qca_terms.term_memberships`.
    """
    if not terms:
        raise ValueError("A solution without terms has no fit.")
    cases, levels = as_conditions(conditions)
    members = term_memberships(cases, levels, terms)
    each, union = sufficiency(members, outcome), sufficiency(np.max(members, axis=1, keepdims=True), outcome)
    return SolutionFit(each, float(union.inclusion[0]), float(union.pri[0]), float(union.coverage[0]))


def _sets_and_outcome(sets: ArrayLike, outcome: ArrayLike) -> tuple[FloatArray, FloatArray]:
    x = np.asarray(sets, dtype=np.float64)
    if x.ndim != 2 or 0 in x.shape:
        raise ValueError("sets must be a table with a row a case and a column a set.")
    if not np.all((x >= 0) & (x <= 1)):
        raise ValueError("Memberships in a set must lie within 0 to 1.")
    y = as_outcome(outcome, len(x))
    if not np.any(y > 0):
        raise ValueError("No case is a member of the outcome to any degree.")
    if not np.all(np.any(x > 0, axis=0)):
        raise ValueError("No case is a member of one of the sets to any degree.")
    return x, y
