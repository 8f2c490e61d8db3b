"""Qualitative Comparative Analysis against R QCA: every table, solution, fit and search of four published data sets.

The order of terms and of equally short models is a matter of print: R sorts a full column as if its last row were sorted
already. So terms and models are compared as sets, numbers by the name of what they belong to. `NSEC` is always empty there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from pipeline.stats.qca_fit import fit_solution, necessity, sufficiency
from pipeline.stats.qca_intermediate import Intermediate, minimise_intermediate
from pipeline.stats.qca_minimise import Solution, minimise
from pipeline.stats.qca_search import Found, search_necessary, search_sufficient
from pipeline.stats.qca_terms import as_conditions, read_term, term_memberships, write_term
from pipeline.stats.qca_truth_table import CONTRADICTION, NEGATIVE, POSITIVE, REMAINDER, CutOffs, TruthTable, truth_table

EXACT = 1e-13
CODE = {NEGATIVE: "0", POSITIVE: "1", CONTRADICTION: "C", REMAINDER: "?"}


@dataclass
class Data:
    """The complete rows of one data set: R leaves out a case with any value missing."""

    columns: dict[str, np.ndarray]
    cases: list[str]

    def of(self, name: str) -> np.ndarray:
        return 1 - self.columns[name[1:]] if name.startswith("~") else self.columns[name]

    def table(self, names: Sequence[str]) -> np.ndarray:
        return np.column_stack([self.columns[name] for name in names])


@dataclass
class Peer:
    refs: list[dict[str, Any]]
    read: Callable[[str], list[dict[str, str]]]
    compared: Counter[str] = field(default_factory=Counter)

    def of_kind(self, *kinds: str) -> list[dict[str, Any]]:
        return [ref for ref in self.refs if ref["id"].split(":")[1] in kinds]

    def data(self, ref: dict[str, Any]) -> Data:
        rows = [row for row in self.read(ref["data"]) if all(row.values())]
        names = [name for name in rows[0] if name != "case"]
        return Data({name: np.array([float(row[name]) for row in rows]) for name in names}, [row["case"] for row in rows])

    def same(self, ours: float, theirs: Any, ref: dict[str, Any]) -> None:
        assert ours == pytest.approx(float(theirs), rel=EXACT, abs=EXACT), ref["id"]
        self.compared["numbers"] += 1


@pytest.fixture
def peer(read_shared_values: Callable[[str], Any], read_shared_data: Callable[[str], list[dict[str, str]]]) -> Peer:
    return Peer(read_shared_values("qca")["refs"], read_shared_data)


def _listed(value: Any) -> list[Any]:
    """R writes one string where there is one, a list where there are more or none."""
    return value if isinstance(value, list) else [value]


def _quoted(call: str, name: str) -> list[str]:
    found = re.search(rf'\b{name}=(?:c\((.*?)\)|("[^"]*"))', call)
    return re.findall(r'"([^"]*)"', found[1] or found[2]) if found else []


def _cut(call: str, name: str, default: float) -> float:
    found = re.search(rf"\b{re.escape(name)}=([\d.]+)", call)
    return float(found[1]) if found else default


@dataclass
class Study:
    """What a call of truthTable asks for."""

    data: Data
    conditions: list[str]
    outcome: np.ndarray
    table: TruthTable


def _study(peer: Peer, ref: dict[str, Any]) -> Study:
    call, data = ref["call"], peer.data(ref)
    conditions, outcome = _quoted(call, "conditions"), data.of(_quoted(call, "outcome")[0])
    cut_offs = CutOffs(int(_cut(call, "n.cut", 1)), _cut(call, "incl.cut", 1), _cut(call, "pri.cut", 0))
    return Study(data, conditions, outcome, truth_table(data.table(conditions), outcome, cut_offs))


def _cases_in(study: Study, row: int) -> str:
    return ",".join(case for case, place in zip(study.data.cases, study.table.row_of_case, strict=True) if place == row)


def test_truth_tables(peer: Peer) -> None:
    for ref in peer.of_kind("truthTable"):
        study = _study(peer, ref)
        table = study.table
        assert len(ref["value"]) == len(table.n)
        for row, theirs in enumerate(ref["value"]):
            assert [theirs[name] for name in study.conditions] == table.configurations[row].tolist()
            assert (theirs["n"], theirs["OUT"]) == (table.n[row], CODE[int(table.status[row])]), ref["id"]
            assert theirs["cases"] == _cases_in(study, row)
            for ours, name in ((table.inclusion, "incl"), (table.pri, "PRI")):
                if theirs[name] == "-":
                    assert np.isnan(ours[row])
                else:
                    peer.same(ours[row], theirs[name], ref)
            peer.compared["rows"] += 1
        peer.compared["tables"] += 1
    assert peer.compared == {"tables": 30, "rows": 992, "numbers": 532}


def _models(solution: Solution, names: Sequence[str]) -> list[frozenset[str]]:
    return [frozenset(write_term(term, names) for term in model) for model in solution.models]


def _same_solution(peer: Peer, ref: dict[str, Any], theirs: dict[str, Any], ours: Solution, study: Study) -> None:
    written = [write_term(term, study.conditions) for term in ours.terms]
    models = _models(ours, study.conditions)
    expected = [frozenset(model.split(" + ")) for model in theirs["solution"]]
    assert len(models) == len(set(models)) == len(expected), ref["id"]
    assert set(models) == set(expected), ref["id"]
    assert {write_term(term, study.conditions) for term in ours.essential} == set(_listed(theirs["essential"])), ref["id"]
    assert sorted(written) == sorted(_listed(theirs["PIchart"]["rows"])), ref["id"]
    assert sorted(row + 1 for row in ours.rows) == sorted(int(row) for row in _listed(theirs["PIchart"]["cols"])), ref["id"]
    for model, fit in zip(expected, theirs["ic"], strict=True):
        _same_fit(peer, ref, fit, ours, study, [read_term(term, study.conditions) for term in sorted(model)])
    peer.compared["solutions"] += 1


def _same_fit(
    peer: Peer, ref: dict[str, Any], theirs: dict[str, Any], ours: Solution, study: Study, terms: list[tuple[int, ...]]
) -> None:
    fit = fit_solution(study.data.table(study.conditions), study.outcome, terms)
    by_name = {row["_row"]: row for row in theirs["incl.cov"]}
    assert set(by_name) == {write_term(term, study.conditions) for term in terms}
    for position, term in enumerate(terms):
        row = by_name[write_term(term, study.conditions)]
        for name, values in (("inclS", fit.terms.inclusion), ("PRI", fit.terms.pri), ("covS", fit.terms.coverage)):
            peer.same(values[position], row[name], ref)
        if row["covU"] is None:
            assert len(terms) == 1
        else:
            peer.same(fit.terms.unique_coverage[position], row["covU"], ref)
        if "cases" in row:
            held = np.flatnonzero(ours.chart[ours.terms.index(term)])
            assert row["cases"] == "; ".join(_cases_in(study, ours.rows[place]) for place in held), ref["id"]
            peer.compared["cases"] += 1
    for name, value in (("inclS", fit.inclusion), ("PRI", fit.pri), ("covS", fit.coverage)):
        peer.same(value, theirs["sol"][name], ref)


def test_conservative_and_parsimonious_solutions(peer: Peer) -> None:
    for ref in peer.of_kind("conservative", "parsimonious"):
        study = _study(peer, ref)
        kind = "parsimonious" if 'include="?"' in ref["call"] else "conservative"
        _same_solution(peer, ref, ref["value"], minimise(study.table, kind), study)
    assert peer.compared == {"solutions": 60, "numbers": 711, "cases": 88}


def test_intermediate_solutions(peer: Peer) -> None:
    for ref in peer.of_kind("intermediate"):
        study = _study(peer, ref)
        expected = _quoted(ref["call"], "dir.exp")
        expectations = [1 if name in expected else None for name in study.conditions]
        ours = {_pair(found, study.conditions): found for found in minimise_intermediate(study.table, expectations)}
        assert len(ours) == len(ref["value"])
        for theirs in ref["value"].values():
            found = ours[frozenset(_listed(theirs["c.sol"])), frozenset(_listed(theirs["p.sol"]))]
            for rows, name in ((found.easy, "EC"), (found.difficult, "DC")):
                assert sorted(row + 1 for row in rows) == sorted(int(row) for row in _listed(theirs[name])), ref["id"]
            assert theirs["NSEC"] == []
            _same_solution(peer, ref, theirs, found.solution, study)
        peer.compared["calls"] += 1
    assert peer.compared == {"calls": 30, "solutions": 38, "numbers": 402, "cases": 74}


def _pair(found: Intermediate, names: Sequence[str]) -> tuple[frozenset[str], frozenset[str]]:
    narrow, wide = (frozenset(write_term(term, names) for term in model) for model in (found.conservative, found.parsimonious))
    return narrow, wide


def test_necessity_and_sufficiency_of_single_conditions(peer: Peer) -> None:
    for ref in peer.of_kind("necessity", "sufficiency"):
        data = peer.data(ref)
        found = re.match(r'pof\("(\S+) (<-|->) (\S+)"', ref["call"])
        assert found is not None
        sets, outcome = data.of(found[1])[:, None], data.of(found[3])
        (row,) = ref["value"]
        if found[2] == "<-":
            ours = necessity(sets, outcome)
            pairs = [(ours.inclusion, "inclN"), (ours.relevance, "RoN"), (ours.coverage, "covN")]
        else:
            fit = sufficiency(sets, outcome)
            pairs = [(fit.inclusion, "inclS"), (fit.pri, "PRI"), (fit.coverage, "covS")]
            assert row["covU"] is None
        for values, name in pairs:
            peer.same(values[0], row[name], ref)
        peer.compared["calls"] += 1
    assert peer.compared == {"calls": 240, "numbers": 720}


def _written(found: Found, names: Sequence[str]) -> str:
    return write_term(found.term, names, joined_by="*" if found.kind == "conjunction" else " + ")


def test_searches_for_necessary_and_sufficient_sets(peer: Peer) -> None:
    for ref in peer.of_kind("superSubset"):
        call, data = ref["call"], peer.data(ref)
        listed = re.search(r"x\[,c\((.*?)\)\]", call)
        assert listed is not None
        outcome = _quoted(call, "outcome")[0]
        names = [name for name in re.findall(r'"([^"]*)"', listed[1]) if name != outcome]
        conditions, cut_off = data.table(names), _cut(call, "incl.cut", 1)
        if "sufficiency" in call:
            ours = search_sufficient(conditions, data.of(outcome), inclusion=cut_off)
            columns = ("inclS", "PRI", "covS")
        else:
            ours = search_necessary(conditions, data.of(outcome), inclusion=cut_off, relevance=_cut(call, "ron.cut", 0))
            columns = ("inclN", "RoN", "covN")
        assert [_written(found, names) for found in ours] == [row["_row"] for row in ref["value"]], ref["id"]
        for found, row in zip(ours, ref["value"], strict=True):
            for value, name in zip((found.inclusion, found.relevance, found.coverage), columns, strict=True):
                peer.same(value, row[name], ref)
        peer.compared["calls"] += 1
    assert peer.compared == {"calls": 12, "numbers": 114}


def test_no_value_of_the_peer_is_left_out(peer: Peer) -> None:
    kinds = Counter(ref["id"].split(":")[1] for ref in peer.refs)
    compared = {"truthTable": 30, "conservative": 30, "parsimonious": 30, "intermediate": 30}
    assert kinds == {**compared, "necessity": 120, "sufficiency": 120, "superSubset": 12}
    assert len(peer.refs) == 372


def test_terms_are_read_as_they_are_written(peer: Peer) -> None:
    names = ["DEV", "URB", "LIT", "IND", "STB"]
    cases, levels = as_conditions(peer.data(peer.refs[0]).table(names))
    term = read_term("DEV*~URB*STB", names)
    assert write_term(term, names) == "DEV*~URB*STB"
    assert term_memberships(cases, levels, [term]).sum() == 4
