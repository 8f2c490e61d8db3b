"""Configurations: whether a predicted combination of conditions goes with the outcome over sites, and is more than chance."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.stages.appraise_contexts import has_code, latest
from pipeline.stages.appraise_solutions import necessary_of, solutions_of, truth_rows
from pipeline.stages.appraise_verdict import DEPENDS
from pipeline.stats.qca_calibration import calibrate_direct, shift_anchors
from pipeline.stats.qca_prediction import Prediction, appraise_outcomes
from pipeline.stats.qca_robustness import permute_outcome, redraw_outcome, sweep
from pipeline.stats.qca_terms import FREE, write_term
from pipeline.stats.qca_truth_table import CutOffs, truth_table
from pipeline.stats.streams import stream

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pandas import DataFrame

    from pipeline.theories import Theory
    from pipeline.theories.configuration import Configuration

    Floats = NDArray[np.float64]

FEWEST, FEW, SOME = 12, 20, 30
"""Sites: below the first nothing is tested; below the second at most 3 conditions, up to the third at most 4."""
PERMUTATIONS, REDRAWS = 999, 200
LEVEL, SURVIVES = 0.05, 0.75
HOLDS = "the predicted combination is in the solution, not by chance, and holds under redraws and other cut-offs"
OPPOSED = "the predicted combination goes with the absence of the outcome, by the same rule"
ON_CROSS = "a site lies exactly on a cross-over, and no rule for it was declared"
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Configured:
    """Verdict and reason by configurations, `p` of the prediction by chance, and rows of the tables behind it."""

    verdict: str
    reason: str
    p: float | None = None
    rows: dict[str, Rows] = field(default_factory=dict)


def configure(theory: Theory, effects: DataFrame, service: DataFrame, seed: int) -> Configured:
    """Hold a predicted combination against the sites, by crude and by adjusted outcomes, which must agree.

    `effects`: sites with their outcome, as `appraise_sites` makes them. Consistent: the predicted combination is in every model
    of the intermediate solution, its permutation p is below 0.05, and 75 % of redraws and of other settings keep it;
    inconsistent: the same for the absence of the outcome; else inconclusive. Too few sites: not testable.
    """
    block = theory.configuration
    assert block is not None
    used = effects[effects["is_pooled"].fillna(value=False).astype(bool)]
    ways = {False: used, True: used[used["se_adjusted"] > 0]}
    tables: dict[str, Rows] = {name: [] for name in ("truth_table", "solutions", "necessary", "configurations")}
    read = []
    for is_adjusted, sites in ways.items():
        members, known = memberships(block, sites["site_id"], service)
        lacks = _why_not(block, members, sites[known], is_adjusted=is_adjusted)
        if lacks:
            return Configured("not_testable", lacks, None, tables)
        names = ("adjusted", "se_adjusted") if is_adjusted else ("effect", "se")
        case = _Case(theory, block, members, *(sites.loc[known, name].to_numpy(dtype="float64") for name in names))
        read.append(_both_outcomes(case, sites.loc[known, "site_id"].to_numpy(), seed, tables, is_adjusted=is_adjusted))
    (first, p_first), (second, p_second) = read
    words = first if first[0] == second[0] else ("inconclusive", DEPENDS)
    return Configured(*words, max(p_first, p_second), tables)


def memberships(block: Configuration, site_ids: Any, service: DataFrame) -> tuple[Floats, NDArray[np.bool_]]:
    """A row a known site, a column a condition; and which of the sites are known: every condition said, none left in no row."""
    rows = latest(service).reindex(site_ids)
    columns = []
    for condition in block.conditions:
        if condition.anchors is None:
            columns.append(has_code(rows, condition.name, condition.is_).astype("Float64").to_numpy("float64", na_value=np.nan))
            continue
        raw = rows[condition.name].to_numpy(dtype="float64")
        column = np.full(len(raw), np.nan)
        known = np.isfinite(raw)
        column[known] = calibrate_direct(raw[known], condition.anchors, allow_half=True)
        columns.append(column)
    table = np.column_stack(columns)
    is_known = np.asarray(np.isfinite(table).all(axis=1), dtype=np.bool_)
    if block.allow_half:
        is_known = is_known & (table != 0.5).all(axis=1)
    return np.asarray(table[is_known], dtype=np.float64), is_known


@dataclass(frozen=True, eq=False)
class _Case:
    """One way to see the sites: memberships in the conditions, outcomes and their errors."""

    theory: Theory
    block: Configuration
    members: Floats
    values: Floats
    errors: Floats

    def prediction(self, *, is_present: bool) -> Prediction:
        """The predicted combination; for the absence of the outcome expectations are turned round."""
        turned = [None if value is None else value if is_present else 1 - value for value in self.block.expected]
        term = tuple(FREE if value is None else value for value in self.block.predicted)
        return Prediction(term, tuple(turned), CutOffs(self.block.n_cut, self.block.incl_cut, self.block.pri_cut))

    def anchors(self, *, is_present: bool) -> tuple[float, float, float]:
        """Those of the outcome, backwards for its absence."""
        out, cross, inside = map(float, self.block.outcome.anchors)
        return (out, cross, inside) if is_present else (inside, cross, out)


def _why_not(block: Configuration, members: Floats, sites: DataFrame, *, is_adjusted: bool) -> str:
    k, suffix = len(sites), " that sent records" if is_adjusted else ""
    if k < FEWEST:
        return f"fewer than {FEWEST} sites{suffix} with every condition known"
    if k < FEW and len(block.conditions) > 3:
        return f"more than 3 conditions with fewer than {FEW} sites{suffix}"
    if k <= SOME and len(block.conditions) > 4:
        return f"more than 4 conditions with no more than {SOME} sites{suffix}"
    outcome = sites["adjusted" if is_adjusted else "effect"].to_numpy(dtype="float64")
    if not block.allow_half and (np.any(members == 0.5) or np.any(outcome == block.outcome.anchors[1])):
        return ON_CROSS
    return ""


def _both_outcomes(
    case: _Case, site_ids: Any, seed: int, tables: dict[str, Rows], *, is_adjusted: bool
) -> tuple[tuple[str, str], float]:
    """The verdict that one way alone would give, and p of the prediction; adds to `tables`."""
    found = {}
    for outcome, is_present in (("present", True), ("absent", False)):
        base = {"theory_id": case.theory.id, "is_adjusted": is_adjusted, "outcome": outcome}
        row = _hold(case, seed, is_present=is_present, is_adjusted=is_adjusted)
        found[outcome] = row
        tables["configurations"].append(base | row)
        _describe(case, site_ids, base, tables, is_present=is_present)
    failed = _failed(found["present"])
    if not failed:
        return ("consistent", HOLDS), found["present"]["p_term"]
    if not _failed(found["absent"]):
        return ("inconsistent", OPPOSED), found["present"]["p_term"]
    return ("inconclusive", failed), found["present"]["p_term"]


def _hold(case: _Case, seed: int, *, is_present: bool, is_adjusted: bool) -> dict[str, Any]:
    """One row of `configurations`: the prediction as it stands, by chance, redrawn, and under other settings."""
    prediction, anchors = case.prediction(is_present=is_present), case.anchors(is_present=is_present)
    purpose = ("configuration", case.theory.id, "adjusted" if is_adjusted else "crude", "present" if is_present else "absent")
    row = {"k": len(case.members), "term": write_term(prediction.term, case.block.names)}
    row |= {"has_term": False, "p_term": 1.0, "permutations": PERMUTATIONS, "redraws": REDRAWS, "settings": 0}
    y = calibrate_direct(case.values, anchors, allow_half=True)
    if int(_rows_of(case.members).max()) < case.block.n_cut:
        return row  # no configuration holds enough sites: nothing is in a solution
    has_term = bool(appraise_outcomes(case.members, y[None, :], prediction).has_term[0])
    chance = permute_outcome(case.members, y, prediction, rng=stream(seed, *purpose, "permuted"), permutations=PERMUTATIONS)
    redrawn = redraw_outcome(
        case.members,
        case.values,
        case.errors,
        prediction,
        anchors=anchors,
        rng=stream(seed, *purpose, "redrawn"),
        redraws=REDRAWS,
    )
    outcomes = [calibrate_direct(case.values, each, allow_half=True) for each in shift_anchors(anchors)]
    settings = sweep([case.members], outcomes, prediction, _cut_offs(case.block))
    row |= {"has_term": has_term, "p_term": chance.p_term, "share_by_chance": chance.share_with_solution}
    row |= {"share_of_redraws": redrawn.share_with_term, "settings": len(settings)}
    return row | {"share_of_sweep": float(np.mean([setting.has_term for setting in settings]))}


def _rows_of(members: Floats) -> NDArray[np.int64]:
    """Sites by configuration."""
    codes = (members > 0.5) @ (2 ** np.arange(members.shape[1]))
    return np.bincount(codes)


def _cut_offs(block: Configuration) -> list[CutOffs]:
    """The declared cut-offs, and those around them."""
    n_cuts = sorted({max(1, block.n_cut - 1), block.n_cut})
    inclusions = [min(1.0, max(0.51, block.incl_cut + shift)) for shift in (-0.05, 0.0, 0.05)]
    pris = [min(1.0, max(0.0, block.pri_cut + shift)) for shift in (-0.1, 0.0, 0.1)]
    return [CutOffs(n, inclusion, pri) for n in n_cuts for inclusion in inclusions for pri in pris]


def _failed(row: dict[str, Any]) -> str:
    """Which part of the rule is not met first; blank where all are."""
    if not row["has_term"]:
        return "the predicted combination is not in the intermediate solution"
    if row["p_term"] >= LEVEL:
        return "the predicted combination would be in the solution as often by chance"
    if row["share_of_redraws"] < SURVIVES:
        return "the predicted combination does not survive redraws of the sites' outcomes"
    return "" if row["share_of_sweep"] >= SURVIVES else "the predicted combination does not survive other anchors and cut-offs"


def _describe(case: _Case, site_ids: Any, base: dict[str, Any], tables: dict[str, Rows], *, is_present: bool) -> None:
    """Add the truth table, the solutions and the necessary conditions."""
    prediction = case.prediction(is_present=is_present)
    y = calibrate_direct(case.values, case.anchors(is_present=is_present), allow_half=True)
    if int(_rows_of(case.members).max()) < case.block.n_cut:
        return
    table = truth_table(case.members, y, prediction.cut_offs, allow_half=True)
    names = case.block.names
    tables["truth_table"] += [base | row for row in truth_rows(table, names, prediction.term, site_ids)]
    tables["solutions"] += [base | row for row in solutions_of(table, case.members, y, prediction, names)]
    tables["necessary"] += [base | row for row in necessary_of(case.members, y, names)]
