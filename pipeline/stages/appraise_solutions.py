"""What a truth table says, as rows: its configurations, the three solutions with their fit, and necessary conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.stats.qca_fit import fit_solution, necessity
from pipeline.stats.qca_intermediate import minimise_intermediate
from pipeline.stats.qca_minimise import minimise
from pipeline.stats.qca_terms import FREE, write_term
from pipeline.stats.qca_truth_table import NEGATIVE, POSITIVE, REMAINDER, STATUSES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pipeline.stats.qca_prediction import Prediction
    from pipeline.stats.qca_terms import Term
    from pipeline.stats.qca_truth_table import TruthTable

    Floats = NDArray[np.float64]

NECESSARY, COVERS = 0.90, 0.60
Rows = list[dict[str, Any]]


def truth_rows(table: TruthTable, names: Sequence[str], predicted: Term, site_ids: Any) -> Rows:
    """A row a configuration, with the sites in it."""
    rows: Rows = []
    for at, values in enumerate(table.configurations.tolist()):
        is_in = all(wanted in (FREE, value) for wanted, value in zip(predicted, values, strict=True))
        rows.append(
            {
                "row": at + 1,
                "configuration": write_term(values, names),
                "n_sites": table.n[at],
                "n_in": table.n_in[at],
                "n_out": table.n_out[at],
                "inclusion": table.inclusion[at],
                "pri": table.pri[at],
                "status": STATUSES[table.status[at]],
                "is_contradictory": table.is_contradictory[at],
                "is_predicted": is_in,
                "sites": ";".join(sorted(site_ids[table.row_of_case == at])),
            }
        )
    return rows


def solutions_of(table: TruthTable, members: Floats, y: Floats, prediction: Prediction, names: Sequence[str]) -> Rows:
    """A row a term of every model; none where no configuration, or every one, may lead to the outcome."""
    if not table.rows(POSITIVE).any() or not (table.status == NEGATIVE).any() or table.rows(POSITIVE, REMAINDER).all():
        return []
    kinds = {
        "conservative": minimise(table, "conservative").models,
        "parsimonious": minimise(table, "parsimonious").models,
        "intermediate": tuple(
            dict.fromkeys(m for one in minimise_intermediate(table, prediction.expectations) for m in one.solution.models)
        ),
    }
    rows: Rows = []
    for kind, models in kinds.items():
        for number, model in enumerate(models, start=1):
            rows += _terms(kind, number, model, members, y, prediction.term, names)
    return rows


def _terms(
    kind: str, number: int, model: tuple[Term, ...], members: Floats, y: Floats, predicted: Term, names: Sequence[str]
) -> Rows:
    fit = fit_solution(members, y, model)
    whole = {"model_inclusion": fit.inclusion, "model_pri": fit.pri, "model_coverage": fit.coverage}
    return [
        {
            "kind": kind,
            "model": number,
            "term": write_term(term, names),
            "is_predicted": term == predicted,
            "inclusion": fit.terms.inclusion[at],
            "pri": fit.terms.pri[at],
            "coverage": fit.terms.coverage[at],
            "unique_coverage": fit.terms.unique_coverage[at],
        }
        | whole
        for at, term in enumerate(model)
    ]


def necessary_of(members: Floats, y: Floats, names: Sequence[str]) -> Rows:
    """Each condition and its absence as necessary for the outcome, where any site is a member."""
    if not (y > 0).any():
        return []
    rows: Rows = []
    for at, name in enumerate(names):
        for written, sets in ((name, members[:, [at]]), (f"~{name}", 1 - members[:, [at]])):
            if not (sets > 0).any():
                continue
            fit = necessity(sets, y)
            inclusion, coverage, relevance = (float(v[0]) for v in (fit.inclusion, fit.coverage, fit.relevance))
            is_necessary = inclusion >= NECESSARY and coverage >= COVERS and relevance >= COVERS
            rows.append(
                {
                    "condition": written,
                    "inclusion": inclusion,
                    "coverage": coverage,
                    "relevance": relevance,
                    "is_necessary": is_necessary,
                }
            )
    return rows
