"""Qualitative Comparative Analysis: small cases by hand, textbook charts, and laws that any data must keep."""

from __future__ import annotations

from itertools import chain, combinations, product

import numpy as np
import pytest

from pipeline.stats.qca_calibration import calibrate_crisp, calibrate_direct, shift_anchors
from pipeline.stats.qca_fit import fit_solution, necessity, sufficiency
from pipeline.stats.qca_intermediate import minimise_intermediate
from pipeline.stats.qca_minimise import minimise, minimise_rows
from pipeline.stats.qca_search import search_necessary, search_sufficient
from pipeline.stats.qca_terms import FREE, configurations, read_term, write_term
from pipeline.stats.qca_truth_table import (
    CONTRADICTION,
    NEGATIVE,
    POSITIVE,
    REMAINDER,
    CutOffs,
    order_rows,
    truth_table,
)

pytestmark = pytest.mark.filterwarnings("error")
RISING, FALLING = (20.0, 50.0, 80.0), (80.0, 50.0, 20.0)
NAMES = ["A", "B", "C"]


def test_anchors_are_where_they_say() -> None:
    assert calibrate_direct([20, 50, 80], RISING, allow_half=True) == pytest.approx([0.05, 0.5, 0.95])
    assert calibrate_direct([20, 50, 80], FALLING, allow_half=True) == pytest.approx([0.95, 0.5, 0.05])
    assert calibrate_direct([20, 80], RISING, membership_at_anchor=0.9) == pytest.approx([0.1, 0.9])


def test_each_side_of_the_crossover_has_its_own_slope() -> None:
    """Half the way to an anchor is half the log odds: 1/(1 + sqrt(19)) below, one minus that above."""
    uneven = (40.0, 50.0, 90.0)
    low = 1 / (1 + np.sqrt(19))
    assert calibrate_direct([45, 70], uneven) == pytest.approx([low, 1 - low])
    assert calibrate_direct([45, 70], uneven[::-1]) == pytest.approx([1 - low, low])


def test_backward_anchors_negate() -> None:
    values = np.random.default_rng(1).uniform(-100, 200, 50)
    assert calibrate_direct(values, RISING) == pytest.approx(1 - calibrate_direct(values, FALLING), abs=1e-15)


def test_far_values_are_wholly_in_or_out() -> None:
    assert calibrate_direct([-1e300, -100, 200, 1e300], RISING).tolist() == [0, 0, 1, 1]


def test_a_half_must_be_declared() -> None:
    with pytest.raises(ValueError, match=r"1 with a membership of exactly 0\.5"):
        calibrate_direct([50, 60], RISING)
    conditions = [[0.5, 1], [0.9, 0.8], [0.1, 0.7]]
    with pytest.raises(ValueError, match=r"conditions: 1 with a membership of exactly 0\.5"):
        truth_table(conditions, [1, 1, 0])
    table = truth_table(conditions, [1, 1, 0], allow_half=True)
    assert table.row_of_case.tolist() == [-1, 3, 1]
    assert table.n.sum() == 2


@pytest.mark.parametrize("anchors", [(1, 1, 2), (1, 3, 2), (1, 2), (1, 2, np.nan), (2, 2, 2), (1, 2, 3, 4)])
def test_anchors_must_rise_or_fall(anchors: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="strictly rise or strictly fall"):
        calibrate_direct([1.5], anchors)


def test_other_bad_calibrations_are_refused() -> None:
    for level in (0.5, 1.0):
        with pytest.raises(ValueError, match="membership_at_anchor"):
            calibrate_direct([1], RISING, membership_at_anchor=level)
    with pytest.raises(ValueError, match="missing or infinite"):
        calibrate_direct([1, np.nan], RISING)
    with pytest.raises(ValueError, match="outside the range"):
        calibrate_crisp([1, 2], [3])
    with pytest.raises(ValueError, match="must rise"):
        calibrate_crisp([1, 2, 3], [2, 2])


def test_crisp_thresholds_are_reached_at_their_value() -> None:
    assert calibrate_crisp([1, 2, 3, 4], [3]).tolist() == [0, 0, 1, 1]
    assert calibrate_crisp([4, 1, 2, 3], [2, 3]).tolist() == [2, 0, 1, 2]


def test_shifted_anchors_start_with_those_given() -> None:
    moved = shift_anchors(RISING)
    assert moved[0] == RISING
    assert len(set(moved)) == len(moved) == 27
    assert set(shift_anchors(FALLING)) == {three[::-1] for three in moved}
    assert all(out < cross < inside for out, cross, inside in shift_anchors(RISING, (-0.3, 0, 0.3)))
    assert len(shift_anchors(RISING, (-0.3, 0, 0.3))) < 27


# A  B | Y      cases of a crisp table
CRISP = np.array([[0, 0], [0, 0], [0, 1], [1, 0], [1, 0], [1, 0], [1, 1]])
Y = np.array([0, 0, 1, 1, 1, 0, 1])


def test_a_crisp_truth_table_by_hand() -> None:
    """
    A B | n  in  out  inclusion
    0 0 | 2   0    2      0
    0 1 | 1   1    0      1
    1 0 | 3   2    1     2/3     contradictory
    1 1 | 1   1    0      1
    """
    table = truth_table(CRISP, Y, CutOffs(inclusion=0.75))
    assert table.configurations.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert (table.n.tolist(), table.n_in.tolist(), table.n_out.tolist()) == ([2, 1, 3, 1], [0, 1, 2, 1], [2, 0, 1, 0])
    assert table.inclusion == pytest.approx([0, 1, 2 / 3, 1])
    assert table.pri == pytest.approx([0, 1, 2 / 3, 1])
    assert table.status.tolist() == [NEGATIVE, POSITIVE, NEGATIVE, POSITIVE]
    assert table.is_contradictory.tolist() == [False, False, True, False]


def test_cut_offs_make_rows() -> None:
    assert truth_table(CRISP, Y, CutOffs(n=2)).status.tolist() == [NEGATIVE, REMAINDER, NEGATIVE, REMAINDER]
    lower = CutOffs(inclusion=0.75, contradiction=0.6)
    assert truth_table(CRISP, Y, lower).status.tolist() == [NEGATIVE, POSITIVE, CONTRADICTION, POSITIVE]
    assert truth_table(CRISP, Y, CutOffs(inclusion=2 / 3)).status.tolist() == [NEGATIVE, POSITIVE, POSITIVE, POSITIVE]
    assert truth_table(CRISP, Y, CutOffs(inclusion=0.6, pri=0.7)).status.tolist() == [NEGATIVE, POSITIVE, NEGATIVE, POSITIVE]
    with pytest.raises(ValueError, match="No configuration has 4 or more cases"):
        truth_table(CRISP, Y, CutOffs(n=4))


def test_pri_sees_a_row_that_fits_the_outcome_and_its_negation() -> None:
    """Inclusion is 1 in both, for a row of low memberships; PRI is 0 where each case is equally in both."""
    conditions, outcome = [[0.3], [0.4], [0.8]], np.array([0.4, 0.5, 0.5])
    for y in (outcome, 1 - outcome):
        table = truth_table(np.array(conditions), np.full(3, 0.5), CutOffs())
        assert table.pri.tolist() == [0, 0]
        assert 0 <= float(truth_table(np.array(conditions), y).pri[1]) < 1


def test_rows_can_be_ordered() -> None:
    table = truth_table(CRISP[:-1], Y[:-1], CutOffs(inclusion=0.6))
    assert order_rows(table).tolist() == [1, 2, 0, 3]
    assert order_rows(table, ["n"]).tolist() == [2, 0, 1, 3]
    with pytest.raises(ValueError, match="not by size"):
        order_rows(table, ["size"])


def test_bad_tables_are_refused() -> None:
    for conditions, outcome, message in (
        ([[1.2, 0.4]], [1], "within 0 to 1, or be whole"),
        ([[-1, 0]], [1], "within 0 to 1, or be whole"),
        ([[1, 0]], [1.1], "outcome must lie"),
        ([[1, 0]], [1, 0], "one membership for each"),
        ([1, 0], [1, 0], "a row a case"),
        ([[np.nan]], [1], "missing or infinite"),
        ([[0] * 9], [1], "more than 256 rows"),
    ):
        with pytest.raises(ValueError, match=message):
            truth_table(conditions, outcome)
    for wrong in ({"n": 0}, {"inclusion": 1.1}, {"pri": -0.1}, {"inclusion": 0.5, "contradiction": 0.6}):
        with pytest.raises(ValueError, match=r"[Cc]ut-off"):
            CutOffs(**wrong)


def _rows(count: int, *positive: int) -> np.ndarray:
    return np.isin(np.arange(count), positive)


def test_a_cyclic_chart_has_two_shortest_and_three_longer_models() -> None:
    """Of 0, 1, 2, 5, 6, 7 over three conditions each row is in two of six terms (a textbook's cyclic chart)."""
    rows = _rows(8, 0, 1, 2, 5, 6, 7)
    found = minimise_rows((2, 2, 2), rows, rows)
    assert {write_term(term, NAMES) for term in found.terms} == {"~A*~B", "~A*~C", "~B*C", "B*~C", "A*C", "A*B"}
    assert {frozenset(write_term(term, NAMES) for term in model) for model in found.models} == {
        frozenset({"~A*~B", "A*C", "B*~C"}),
        frozenset({"~A*~C", "~B*C", "A*B"}),
    }
    assert found.essential == ()
    longer = minimise_rows((2, 2, 2), rows, rows, models="irredundant")
    assert [len(model) for model in longer.models] == [3, 3, 4, 4, 4]


def _holds(term: tuple[int, ...], row: np.ndarray) -> bool:
    return all(value in (FREE, given) for value, given in zip(term, row, strict=True))


@pytest.mark.parametrize("levels", [(2, 2, 2), (2, 2, 2, 2), (3, 2, 2), (2, 4, 2), (2, 2, 2, 2, 2)])
def test_terms_and_models_are_those_of_exhaustion(levels: tuple[int, ...]) -> None:
    """Prime implicants and models by their definitions: try every term, and every set of terms."""
    stream = np.random.default_rng(sum(levels))
    every = configurations(levels)
    for _ in range(12):
        status = stream.choice([NEGATIVE, POSITIVE, REMAINDER], len(every), p=[0.5, 0.25, 0.25])
        if not {NEGATIVE, POSITIVE} <= set(status):
            continue
        positive, usable = status == POSITIVE, status != NEGATIVE
        terms = list(product(*(range(FREE, count) for count in levels)))
        held = {term: frozenset(r for r, row in enumerate(every) if _holds(term, row)) for term in terms}
        sound = [term for term in terms if all(usable[row] for row in held[term])]
        prime = [t for t in sound if not any(held[t] < held[u] for u in sound) and any(positive[r] for r in held[t])]
        found = minimise_rows(levels, positive, usable, models="irredundant")
        assert set(found.terms) == set(prime)
        if len(prime) > 11:
            continue
        wanted = frozenset(np.flatnonzero(positive))
        sets = chain.from_iterable(combinations(prime, size) for size in range(1, len(prime) + 1))
        covering = [frozenset(s) for s in sets if wanted <= frozenset().union(*(held[term] for term in s))]
        irredundant = {s for s in covering if not any(other < s for other in covering)}
        assert {frozenset(model) for model in found.models} == irredundant
        shortest = {s for s in irredundant if len(s) == min(map(len, irredundant))}
        assert {frozenset(model) for model in minimise_rows(levels, positive, usable).models} == shortest


def test_all_values_of_a_condition_must_be_there_before_it_falls_out() -> None:
    two_of_three = minimise_rows((3, 2), _rows(6, 1, 3), _rows(6, 1, 3))
    assert [write_term(term, ["A", "B"], levels=(3, 2)) for term in two_of_three.terms] == ["A[1]*B[1]", "A[0]*B[1]"]
    assert minimise_rows((3, 2), _rows(6, 1, 3, 5), _rows(6, 1, 3, 5)).terms == ((FREE, 1),)


def test_dominated_terms_can_be_left_out() -> None:
    positive, usable = _rows(8, 6, 7), _rows(8, 2, 4, 6, 7)
    assert len(minimise_rows((2, 2, 2), positive, usable).terms) == 3
    assert [write_term(t, NAMES) for t in minimise_rows((2, 2, 2), positive, usable, drop_dominated=True).terms] == ["A*B"]


def test_nothing_to_explain_or_nothing_against_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing to explain"):
        minimise(truth_table(CRISP, np.zeros(7)), "conservative")
    for kind in ("conservative", "parsimonious"):
        with pytest.raises(ValueError, match="every condition falls out"):
            minimise(truth_table(CRISP, np.ones(7)), kind)
    with pytest.raises(ValueError, match="every condition falls out"):
        minimise_intermediate(truth_table(CRISP, np.ones(7)), [1, 1])
    with pytest.raises(ValueError, match="kind must be"):
        minimise(truth_table(CRISP, Y), "intermediate")


# Ragin's shape: the outcome is seen with A*B*~C, not with ~A; A*B*C is never seen.
SEEN = np.array([[1, 1, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0], [0, 1, 1]])
WITH = np.array([1, 0, 0, 0, 0])


def test_easy_counterfactuals_need_an_expectation() -> None:
    """
    conservative A*B*~C, parsimonious A. C expected: A*B*C is easy. B expected: A*~B stays hard.
    """
    table = truth_table(SEEN, WITH)
    assert [write_term(t, NAMES) for t in minimise(table, "conservative").terms] == ["A*B*~C"]
    assert [write_term(t, NAMES) for t in minimise(table, "parsimonious").terms] == ["A"]
    for expectations, expected, easy in (
        ([None, None, None], "A*B*~C", ()),
        ([1, 1, None], "A*B*~C", ()),
        ([1, 1, 1], "A*B", (7,)),
        ([None, None, 1], "A*B", (7,)),
        ([1, 0, 1], "A", (4, 5, 7)),
        ([0, 0, 0], "A*~C", (4,)),
    ):
        (found,) = minimise_intermediate(table, expectations)
        assert [write_term(term, NAMES) for term in found.solution.terms] == [expected], expectations
        assert found.easy == easy
        assert found.assumed == (4, 5, 7)
    with pytest.raises(ValueError, match="3 conditions, but 2 expectations"):
        minimise_intermediate(table, [1, 1])
    with pytest.raises(ValueError, match="has not"):
        minimise_intermediate(table, [1, 1, 2])


def test_the_intermediate_lies_between_the_other_two() -> None:
    stream = np.random.default_rng(5)
    for _ in range(30):
        conditions, outcome = stream.uniform(size=(16, 4)), stream.uniform(size=16)
        table = truth_table(conditions, outcome, CutOffs(inclusion=0.75))
        if not np.any(table.status == POSITIVE) or not np.any(table.status == NEGATIVE):
            continue
        for found in minimise_intermediate(table, stream.choice([0, 1, None], 4).tolist()):
            for model in found.solution.models:
                within, held, around = (_held_rows(terms) for terms in (found.conservative, model, found.parsimonious))
                assert within <= held <= around
                assert held - within <= set(found.easy)


def _held_rows(terms: tuple[tuple[int, ...], ...]) -> set[int]:
    return {r for r, row in enumerate(configurations((2, 2, 2, 2))) if any(_holds(term, row) for term in terms)}


def test_fit_by_hand() -> None:
    """
    X   Z   Y   min(X, Y)  min(Z, Y)  of both
    .8  .2  .6     .6         .2        .2
    .4  .6  .4     .4         .4        .4
    .1  .9  .7     .1         .7        .1
    """
    fit = fit_solution([[0.8, 0.2], [0.4, 0.6], [0.1, 0.9]], [0.6, 0.4, 0.7], [(1, FREE), (FREE, 1)])
    assert fit.terms.inclusion == pytest.approx([1.1 / 1.3, 1.3 / 1.7])
    assert fit.terms.coverage == pytest.approx([1.1 / 1.7, 1.3 / 1.7])
    assert fit.terms.unique_coverage == pytest.approx([0.4 / 1.7, 0.6 / 1.7])
    assert fit.terms.pri == pytest.approx([(1.1 - 0.9) / (1.3 - 0.9), (1.3 - 0.9) / (1.7 - 0.9)])
    assert (fit.inclusion, fit.coverage) == pytest.approx((1.7 / 2.3, 1.0))


def test_what_speaks_for_an_outcome_does_not_speak_for_its_negation() -> None:
    """PRI for Y and for not Y: together 1 where X is nowhere above both of them, never more."""
    stream = np.random.default_rng(2)
    sets, y = stream.uniform(size=(30, 5)), stream.uniform(size=30)
    assert np.all(sufficiency(sets, y).pri + sufficiency(sets, 1 - y).pri < 1)
    assert sufficiency(sets / 2, y).pri + sufficiency(sets / 2, 1 - y).pri == pytest.approx(np.ones(5))


def test_necessity_is_sufficiency_the_other_way_round() -> None:
    stream = np.random.default_rng(3)
    x, y = stream.uniform(size=20), stream.uniform(size=20)
    ours, other = necessity(x[:, None], y), sufficiency(y[:, None], x)
    assert (ours.inclusion[0], ours.coverage[0]) == pytest.approx((other.inclusion[0], other.coverage[0]))
    assert necessity(np.ones((4, 1)), [1, 0, 1, 0]).relevance.tolist() == [0]
    assert necessity([[1], [0], [1], [0]], [1, 0, 1, 0]).relevance.tolist() == [1]


def test_sets_without_members_are_refused() -> None:
    for sets, outcome, message in (
        ([[0.0], [0.0]], [1, 0], "one of the sets"),
        ([[1.0], [0.0]], [0, 0], "member of the outcome"),
        ([[1.5], [0.0]], [1, 0], "within 0 to 1"),
        ([1.0, 0.0], [1, 0], "a column a set"),
    ):
        for measure in (sufficiency, necessity):
            with pytest.raises(ValueError, match=message):
                measure(sets, outcome)
    with pytest.raises(ValueError, match="without terms"):
        fit_solution([[1.0]], [1], [])


def test_searches_go_through_every_combination() -> None:
    """Y = A*B + C*D*E*F*G: with seven conditions a peer that stops early would miss the longer term."""
    every = configurations((2,) * 7)
    y = (every[:, 0] & every[:, 1]) | np.all(every[:, 2:] == 1, axis=1)
    found = search_sufficient(every, y, inclusion=1)
    assert [write_term(one.term, list("ABCDEFG")) for one in found] == ["A*B", "C*D*E*F*G"]
    either = search_necessary(every, y, inclusion=1, most=2)
    wanted = {f"{one} + {other}" for one in "AB" for other in "CDEFG"}
    assert {write_term(one.term, list("ABCDEFG"), joined_by=" + ") for one in either} == wanted
    assert {one.kind for one in either} == {"disjunction"}
    with pytest.raises(ValueError, match="most must be"):
        search_necessary(every, y, most=0)
    with pytest.raises(ValueError, match="Cut-offs must lie"):
        search_sufficient(every, y, inclusion=1.5)


def test_terms_are_read_and_written() -> None:
    for text in ("A", "~B", "A*~C", "~A*B*~C"):
        assert write_term(read_term(text, NAMES), NAMES) == text
    assert read_term("A[2]*B[0]", NAMES) == (2, 0, FREE)
    assert write_term((2, 0, FREE), NAMES, levels=(3, 2, 2)) == "A[2]*B[0]"
    assert write_term((FREE, FREE, FREE), NAMES) == "1"
    for text, message in (
        ("A*D", "none of the conditions"),
        ("A*A", "named twice"),
        ("A + B", "no condition"),
        ("~A[1]", "no condition"),
    ):
        with pytest.raises(ValueError, match=message):
            read_term(text, NAMES)
