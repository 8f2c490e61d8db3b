"""One prediction held against many outcomes over the same conditions: whether the solution holds the predicted term."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from pipeline.stats.arrays import FloatArray, IntArray
from pipeline.stats.qca_intermediate import intermediate_rows, require_expectations
from pipeline.stats.qca_minimise import BoolArray
from pipeline.stats.qca_terms import Term, as_conditions, as_outcome, configurations, term_memberships
from pipeline.stats.qca_truth_table import POSITIVE, REMAINDER, CutOffs, judge_rows, score_rows

_Models = tuple[tuple[Term, ...], ...]


@dataclass(frozen=True, slots=True)
class Prediction:
    """A predicted term, with the expectations and cut-offs under which the intermediate solution is sought."""

    term: Term
    expectations: tuple[int | None, ...]
    cut_offs: CutOffs


@dataclass(frozen=True, slots=True, eq=False)
class Appraised:
    """One number an outcome: is there an intermediate solution, is the predicted term in all or any of its models, its fit.

    `consistency`: inclusion of the most consistent model, `coverage` of that model, both 0 where there is no solution;
    `term_inclusion`: inclusion of the predicted term, whether in a solution or not.
    """

    has_solution: BoolArray
    has_term: BoolArray
    has_term_in_any: BoolArray
    consistency: FloatArray
    coverage: FloatArray
    term_inclusion: FloatArray


def appraise_outcomes(conditions: ArrayLike, outcomes: ArrayLike, prediction: Prediction) -> Appraised:
    """Return what the intermediate solution says of the predicted term, for many outcomes over the same conditions.

    `conditions`: memberships, a row a case, a column a condition; `outcomes`: a row an outcome, a column a case. The same
    as `truth_table`, `minimise_intermediate` and `fit_solution` for each outcome, with each pattern of rows solved once. A
    case at exactly 0.5 in a condition is in no row. No positive row, or none against, is no solution. ValueError: as
    `truth_table` and `minimise_intermediate`, a term that does not fit the conditions.
    """
    cases, levels = as_conditions(conditions)
    many = np.asarray(outcomes, dtype=np.float64)
    if many.ndim != 2 or len(many) == 0:
        raise ValueError("outcomes must be a table with a row an outcome and a column a case.")
    as_outcome(many.ravel(), len(cases) * len(many))
    require_expectations(prediction.expectations, levels)
    members = term_memberships(cases, levels, configurations(levels))
    n = np.sum(members > 0.5, axis=0)
    if not np.any(n >= prediction.cut_offs.n):
        raise ValueError(f"No configuration has {prediction.cut_offs.n} or more cases.")
    statuses = judge_rows(n, *score_rows(members, many), prediction.cut_offs)
    predicted = term_memberships(cases, levels, [prediction.term])
    found = no_solution(score_rows(predicted, many)[0][:, 0])
    patterns, which = np.unique(statuses, axis=0, return_inverse=True)
    for position, pattern in enumerate(patterns):
        models = _models_of(levels, tuple(pattern.tolist()), prediction.expectations)
        if models:
            _enter(found, np.flatnonzero(which.ravel() == position), models, cases, levels, many, prediction.term)
    return found


def no_solution(term_inclusion: FloatArray) -> Appraised:
    """Return what is said of outcomes without a solution, one for each of `term_inclusion`."""
    no, nothing = np.zeros((3, len(term_inclusion)), dtype=np.bool_), np.zeros((2, len(term_inclusion)))
    return Appraised(no[0], no[1], no[2], nothing[0], nothing[1], term_inclusion)


def _enter(
    found: Appraised,
    outcomes: IntArray,
    models: _Models,
    cases: FloatArray,
    levels: tuple[int, ...],
    many: FloatArray,
    term: Term,
) -> None:
    """Write into `found` what `models` say of `outcomes`, which all have the same pattern of rows."""
    unions = np.column_stack([np.max(term_memberships(cases, levels, model), axis=1) for model in models])
    chosen = many[outcomes]
    inclusion = score_rows(unions, chosen)[0]
    best = np.argmax(inclusion, axis=1)
    shared = np.sum(np.minimum(unions.T[best], chosen), axis=1)
    found.has_solution[outcomes] = True
    found.has_term[outcomes] = all(term in model for model in models)
    found.has_term_in_any[outcomes] = any(term in model for model in models)
    found.consistency[outcomes] = np.take_along_axis(inclusion, best[:, None], axis=1)[:, 0]
    found.coverage[outcomes] = shared / np.sum(chosen, axis=1)


@lru_cache(maxsize=8192)
def _models_of(levels: tuple[int, ...], pattern: tuple[int, ...], expectations: tuple[int | None, ...]) -> _Models:
    """Return each model of the intermediate solution of one pattern of rows once; none where there is no solution."""
    statuses = np.array(pattern)
    positive, usable = statuses == POSITIVE, np.isin(statuses, (POSITIVE, REMAINDER))
    if not np.any(positive) or np.all(usable):
        return ()
    found = intermediate_rows(levels, positive, usable, expectations)
    return tuple(dict.fromkeys(model for one in found for model in one.solution.models))
