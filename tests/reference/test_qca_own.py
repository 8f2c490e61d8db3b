"""Qualitative Comparative Analysis against R QCA on data invented here: what the published sets do not show.

Calibration, conditions with several values, negated outcomes, contradictions, every irredundant model, dominated terms,
expectations of absence, ordered rows and whole expressions. Made by own/qca.R.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from pipeline.stats.qca_calibration import calibrate_crisp, calibrate_direct
from pipeline.stats.qca_fit import necessity, sufficiency
from pipeline.stats.qca_intermediate import minimise_intermediate
from pipeline.stats.qca_minimise import Solution, minimise
from pipeline.stats.qca_search import search_necessary, search_sufficient
from pipeline.stats.qca_terms import Term, as_conditions, read_term, term_memberships, write_term
from pipeline.stats.qca_truth_table import (
    CONTRADICTION,
    NEGATIVE,
    POSITIVE,
    REMAINDER,
    CutOffs,
    TruthTable,
    order_rows,
    truth_table,
)

EXACT = 1e-13
CODE = {NEGATIVE: "0", POSITIVE: "1", CONTRADICTION: "C", REMAINDER: "?"}
KINDS: dict[str, tuple[Any, Any, bool]] = {
    "conservative": ("conservative", "fewest", False),
    "conservative_all": ("conservative", "irredundant", False),
    "parsimonious": ("parsimonious", "fewest", False),
    "parsimonious_all": ("parsimonious", "irredundant", False),
    "parsimonious_dominant": ("parsimonious", "fewest", True),
}


@pytest.fixture(scope="module")
def own(read_own_values: Callable[[str], Any]) -> dict[str, Any]:
    values: dict[str, Any] = read_own_values("qca")
    assert values["made_with"]["QCA"] == "3.25.1"
    return values


@dataclass
class Study:
    names: list[str]
    conditions: np.ndarray
    outcome: np.ndarray

    def written(self, terms: Iterable[Term]) -> frozenset[str]:
        levels = as_conditions(self.conditions)[1]
        return frozenset(write_term(term, self.names, levels=levels) for term in terms)


def _study(own: dict[str, Any], name: str, *, negated: bool = False) -> Study:
    columns = {key: np.array(values, dtype=float) for key, values in own["studies"][name].items()}
    outcome = columns.pop("Y")
    return Study(list(columns), np.column_stack(list(columns.values())), 1 - outcome if negated else outcome)


def _tables(own: dict[str, Any]) -> Iterable[tuple[dict[str, Any], Study, TruthTable]]:
    for one in own["solved"]:
        study, cut = _study(own, one["study"], negated=one["negated"]), one["cut"]
        cut_offs = CutOffs(cut["n"], cut["incl"], cut["pri"], cut["lower"] or None)
        yield one, study, truth_table(study.conditions, study.outcome, cut_offs)


def test_calibrations(own: dict[str, Any]) -> None:
    for one in own["direct"]:
        ours = calibrate_direct(own["raw"], one["anchors"], membership_at_anchor=one["idm"], allow_half=True)
        np.testing.assert_allclose(ours, np.array(one["value"], dtype=float), rtol=0, atol=1e-14)
    for one in own["crisp"]:
        assert calibrate_crisp(own["raw"], one["thresholds"]).tolist() == one["value"]
    assert (len(own["direct"]), len(own["crisp"]), len(own["raw"])) == (12, 3, 40)


def test_tables_and_their_order(own: dict[str, Any]) -> None:
    seen: Counter[str] = Counter()
    for one, _, table in _tables(own):
        rows = one["rows"]
        assert [CODE[int(status)] for status in table.status] == [str(code) for code in rows["OUT"]]
        assert table.n.tolist() == rows["n"]
        for ours, name in ((table.inclusion, "incl"), (table.pri, "PRI")):
            theirs = [np.nan if value == "-" else float(value) for value in rows[name]]
            np.testing.assert_allclose(ours, theirs, rtol=EXACT, atol=EXACT)
        assert (order_rows(table, ["inclusion", "n"]) + 1).tolist() == one["order"]
        seen.update(CODE[int(status)] for status in table.status)
    assert seen == {"0": 276, "1": 340, "C": 44, "?": 204}


def _same(ours: Solution, theirs: dict[str, Any], study: Study) -> None:
    assert {study.written(model) for model in ours.models} == {frozenset(model) for model in theirs["models"]}
    assert len(ours.models) == len(theirs["models"])
    assert study.written(ours.essential) == set(theirs["essential"])
    assert study.written(ours.terms) == set(theirs["terms"])


def test_solutions(own: dict[str, Any]) -> None:
    compared: Counter[str] = Counter()
    for one, study, table in _tables(own):
        for name, (kind, models, drop_dominated) in KINDS.items():
            theirs = one["found"][name]
            if theirs:
                _same(minimise(table, kind, models=models, drop_dominated=drop_dominated), theirs, study)
                compared[name] += 1
                compared["models"] += len(theirs["models"])
            else:
                with pytest.raises(ValueError, match=r"nothing to explain|falls out"):
                    minimise(table, kind)
    assert compared == {**dict.fromkeys(KINDS, 48), "models": 379}


def test_intermediate_solutions(own: dict[str, Any]) -> None:
    compared: Counter[str] = Counter()
    for one, study, table in _tables(own):
        if not one["found"]["intermediate"]:
            continue
        ours = minimise_intermediate(table, [None if given == "-" else int(given) for given in one["expectations"]])
        by_pair = {(study.written(found.conservative), study.written(found.parsimonious)): found for found in ours}
        assert len(by_pair) == len(ours) == len(one["found"]["intermediate"])
        for theirs in one["found"]["intermediate"]:
            found = by_pair[frozenset(theirs["conservative"]), frozenset(theirs["parsimonious"])]
            models = {study.written(model) for model in found.solution.models}
            assert models == {frozenset(model) for model in theirs["models"]}
            assert [row + 1 for row in found.easy] == sorted(int(row) for row in theirs["easy"])
            assert [row + 1 for row in found.difficult] == sorted(int(row) for row in theirs["difficult"])
            compared["pairs"] += 1
            compared["easy"] += len(found.easy)
        compared["tables"] += 1
    assert compared == {"tables": 48, "pairs": 100, "easy": 190}


def test_searches(own: dict[str, Any]) -> None:
    sets = 0
    for one in own["searches"]:
        study = _study(own, one["study"])
        search = search_necessary if one["relation"] == "necessity" else search_sufficient
        found = search(study.conditions, study.outcome, inclusion=0.8, coverage=0.3)
        levels = as_conditions(study.conditions)[1]
        joins = {"conjunction": "*", "disjunction": " + "}
        ours = [write_term(each.term, study.names, levels=levels, joined_by=joins[each.kind]) for each in found]
        assert ours == one["sets"]
        numbers = [[each.inclusion, each.relevance, each.coverage] for each in found]
        np.testing.assert_allclose(numbers, one["value"], rtol=EXACT, atol=EXACT)
        sets += len(found)
    assert (len(own["searches"]), sets) == (8, 59)


def test_whole_expressions(own: dict[str, Any]) -> None:
    """Each term and the union, as sufficient and as necessary; the union has no unique coverage."""
    for one in own["fits"]:
        study = _study(own, one["study"])
        cases, levels = as_conditions(study.conditions)
        terms = [read_term(text, study.names) for text in one["expression"].split(" + ")]
        members = term_memberships(cases, levels, terms)
        union = np.max(members, axis=1, keepdims=True)
        for sets, rows in ((members, slice(None, -1)), (union, slice(-1, None))):
            fit, needed = sufficiency(sets, study.outcome), necessity(sets, study.outcome)
            theirs = np.array(one["sufficient"], dtype=float)[rows]
            np.testing.assert_allclose(np.column_stack([fit.inclusion, fit.pri, fit.coverage]), theirs[:, :3], rtol=EXACT)
            if sets is members:
                np.testing.assert_allclose(fit.unique_coverage, theirs[:, 3], rtol=1e-11, atol=EXACT)
            theirs = np.array(one["necessary"], dtype=float)[rows]
            np.testing.assert_allclose(np.column_stack([needed.inclusion, needed.relevance, needed.coverage]), theirs, rtol=EXACT)
    assert len(own["fits"]) == 3
