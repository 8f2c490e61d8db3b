"""How far a configuration holds: outcomes permuted, drawn again from their errors, or calibrated and cut otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pipeline.stats.arrays import FloatArray, as_vector, require_finite, require_same_length
from pipeline.stats.qca_calibration import calibrate_direct, require_no_half
from pipeline.stats.qca_prediction import Appraised, Prediction, appraise_outcomes, no_solution
from pipeline.stats.qca_terms import as_conditions, as_outcome, configurations, term_memberships
from pipeline.stats.qca_truth_table import CutOffs

_ROUNDING = 1e-12  # two numbers nearer than this are equal


@dataclass(frozen=True, slots=True)
class Permuted:
    """p by permutation: `p_term` of the predicted term's presence, `p_inclusion` of its inclusion, `p_solution` of consistency.

    `share_with_term`, `share_with_solution`: how often permuted outcomes gave the term, and any solution at all.
    """

    p_term: float
    p_inclusion: float
    p_solution: float
    share_with_term: float
    share_with_solution: float
    permutations: int


@dataclass(frozen=True, slots=True)
class Redrawn:
    """How often outcomes drawn again had the predicted term in every model, and any solution."""

    share_with_term: float
    share_with_solution: float
    redraws: int


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a sweep, by the positions of its calibrations; `n_half`: cases at exactly 0.5, which are in no row."""

    conditions: int
    outcome: int
    cut_offs: CutOffs
    n_half: int
    has_solution: bool
    has_term: bool
    consistency: float
    coverage: float


def permute_outcome(
    conditions: ArrayLike,
    outcome: ArrayLike,
    prediction: Prediction,
    *,
    rng: np.random.Generator,
    permutations: int = 999,
) -> Permuted:
    """Return how often an outcome dealt out to the cases at random does as well as the one observed.

    `conditions`, `outcome`: as `truth_table`; for the negated outcome give 1 - y. With T of the outcome as it is and T_b of
    permutation b of B, `p = (1 + number of T_b >= T)/(1 + B)`, for three T: whether the predicted term is in every model of
    the intermediate solution (0 or 1, so p = 1 where it is not), its inclusion, and the consistency of the solution (0
    where there is none). Cases are sorted first, so that their order does not matter. ValueError: as `appraise_outcomes`, a
    condition at exactly 0.5, fewer than one permutation. Source: Phipson and Smyth 2010, Stat Appl Genet Mol Biol 9:39.
    """
    if permutations < 1:
        raise ValueError(f"permutations must be at least 1, not {permutations!r}.")
    cases, _ = as_conditions(conditions)
    require_no_half(cases, "conditions")
    y = as_outcome(outcome, len(cases))
    order = np.lexsort((*cases.T, y))
    cases, y = cases[order], y[order]
    drawn = rng.permuted(np.tile(y, (permutations, 1)), axis=1)
    found = appraise_outcomes(cases, np.vstack([y, drawn]), prediction)
    return Permuted(
        p_term=_p_value(found.has_term.astype(np.float64)),
        p_inclusion=_p_value(found.term_inclusion),
        p_solution=_p_value(found.consistency),
        share_with_term=float(np.mean(found.has_term[1:])),
        share_with_solution=float(np.mean(found.has_solution[1:])),
        permutations=permutations,
    )


def _p_value(statistics: FloatArray) -> float:
    """Compare the first of `statistics`, as observed, with the others."""
    return float((1 + np.sum(statistics[1:] >= statistics[0] - _ROUNDING)) / len(statistics))


def redraw_outcome(
    conditions: ArrayLike,
    estimates: ArrayLike,
    errors: ArrayLike,
    prediction: Prediction,
    *,
    anchors: Sequence[float],
    rng: np.random.Generator,
    redraws: int = 200,
    membership_at_anchor: float = 0.95,
) -> Redrawn:
    """Return how often the predicted term stands when each case's outcome is drawn again from its standard error.

    `conditions`: memberships, a row a case; `estimates`, `errors`: each case's outcome and its standard error, in the unit
    of `anchors` (out, cross, in). Each redraw is normal around the estimates and calibrated as `calibrate_direct`; for the
    negated outcome give the anchors backwards. Cases are sorted first, so that their order does not matter. ValueError: as
    `appraise_outcomes` and `calibrate_direct`, a condition at exactly 0.5, a standard error below 0, no redraw.
    """
    if redraws < 1:
        raise ValueError(f"redraws must be at least 1, not {redraws!r}.")
    cases, _ = as_conditions(conditions)
    require_no_half(cases, "conditions")
    centre, spread = as_vector(estimates, "estimates"), as_vector(errors, "errors")
    require_same_length(estimates=centre, errors=spread, conditions=cases[:, 0])
    require_finite(spread, "errors")
    if np.any(spread < 0):
        raise ValueError("errors holds a standard error below 0.")
    order = np.lexsort((*cases.T, spread, centre))
    drawn = rng.normal(centre[order], spread[order], size=(redraws, len(order)))
    members = calibrate_direct(drawn.ravel(), anchors, membership_at_anchor=membership_at_anchor, allow_half=True)
    found = appraise_outcomes(cases[order], members.reshape(drawn.shape), prediction)
    return Redrawn(float(np.mean(found.has_term)), float(np.mean(found.has_solution)), redraws)


def sweep(
    conditions: Sequence[ArrayLike],
    outcomes: Sequence[ArrayLike],
    prediction: Prediction,
    cut_offs: Sequence[CutOffs],
) -> tuple[Setting, ...]:
    """Return one setting for each of `conditions`, each of `outcomes` and each of `cut_offs`, in that order.

    `conditions`, `outcomes`: the same cases under other anchors (`qca_calibration.shift_anchors`), each as `truth_table`;
    `prediction`: its own cut-offs are not used. Settings in which no row has enough cases have no solution. The share of
    settings with the term is the mean of `has_term`. ValueError: as `appraise_outcomes`, nothing to sweep over.
    """
    if not conditions or not outcomes or not cut_offs:
        raise ValueError("A sweep needs at least one calibration of conditions, one of the outcome and one set of cut-offs.")
    settings = []
    for position, one in enumerate(conditions):
        cases, levels = as_conditions(one)
        many = np.vstack([as_outcome(outcome, len(cases)) for outcome in outcomes])
        n_half = int(np.sum(np.any(cases == 0.5, axis=1)))
        most_cases = int(np.max(np.sum(term_memberships(cases, levels, configurations(levels)) > 0.5, axis=0)))
        by_cut = [_swept(cases, many, prediction, cut, most_cases) for cut in cut_offs]
        for row in range(len(many)):
            for cut, found in zip(cut_offs, by_cut, strict=True):
                settings.append(_setting(position, row, cut, n_half, found))
    return tuple(settings)


def _swept(cases: FloatArray, many: FloatArray, prediction: Prediction, cut: CutOffs, most_cases: int) -> Appraised:
    if cut.n > most_cases:
        return no_solution(np.zeros(len(many)))
    return appraise_outcomes(cases, many, Prediction(prediction.term, prediction.expectations, cut))


def _setting(position: int, row: int, cut: CutOffs, n_half: int, found: Appraised) -> Setting:
    return Setting(
        conditions=position,
        outcome=row,
        cut_offs=cut,
        n_half=n_half,
        has_solution=bool(found.has_solution[row]),
        has_term=bool(found.has_term[row]),
        consistency=float(found.consistency[row]),
        coverage=float(found.coverage[row]),
    )
