"""How far a configuration holds: one outcome at a time against many at once, a planted cause, and pure noise."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.stats.qca_calibration import calibrate_direct, shift_anchors
from pipeline.stats.qca_fit import fit_solution, sufficiency
from pipeline.stats.qca_intermediate import minimise_intermediate
from pipeline.stats.qca_minimise import minimise_rows
from pipeline.stats.qca_prediction import Prediction, appraise_outcomes
from pipeline.stats.qca_robustness import permute_outcome, redraw_outcome, sweep
from pipeline.stats.qca_terms import FREE, as_conditions, term_memberships
from pipeline.stats.qca_truth_table import NEGATIVE, POSITIVE, CutOffs, truth_table

pytestmark = pytest.mark.filterwarnings("error")
BOTH = (1, 1, FREE)
PREDICTION = Prediction(BOTH, (1, 1, None), CutOffs(n=1, inclusion=0.8, pri=0.5))
ANCHORS = (2.0, 5.5, 9.0)


def _planted(n: int = 24, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return three conditions, and an outcome in points that is high where the first two are."""
    stream = np.random.default_rng(seed)
    conditions = np.round(np.clip(stream.beta(0.3, 0.3, (n, 3)), 0.02, 0.98), 3)
    conditions[conditions == 0.5] = 0.51
    return conditions, 1 + 9 * np.minimum(conditions[:, 0], conditions[:, 1]) + stream.normal(0, 0.4, n)


def test_many_outcomes_at_once_are_as_one_at_a_time() -> None:
    stream = np.random.default_rng(4)
    conditions, points = _planted()
    outcomes = np.vstack([calibrate_direct(points, ANCHORS), stream.uniform(size=(60, 24)), stream.beta(4, 1, (60, 24))])
    found = appraise_outcomes(conditions, outcomes, PREDICTION)
    cases, levels = as_conditions(conditions)
    predicted = term_memberships(cases, levels, [BOTH])
    for row, outcome in enumerate(outcomes):
        assert found.term_inclusion[row] == pytest.approx(sufficiency(predicted, outcome).inclusion[0])
        table = truth_table(conditions, outcome, PREDICTION.cut_offs)
        if not np.any(table.status == POSITIVE) or not np.any(table.status == NEGATIVE):
            assert not found.has_solution[row]
            assert found.consistency[row] == found.coverage[row] == 0
            continue
        solved = minimise_intermediate(table, PREDICTION.expectations)
        models = [model for one in solved for model in one.solution.models]
        fits = [fit_solution(conditions, outcome, model) for model in models]
        assert found.has_solution[row]
        assert found.has_term[row] == all(BOTH in model for model in models)
        assert found.has_term_in_any[row] == any(BOTH in model for model in models)
        assert found.consistency[row] == pytest.approx(max(fit.inclusion for fit in fits))
        best = [fit.coverage for fit in fits if fit.inclusion >= found.consistency[row] - 1e-12]
        assert any(found.coverage[row] == pytest.approx(coverage) for coverage in best)
    assert found.has_term[0]
    assert 0 < found.has_solution.sum() < len(outcomes)


def test_a_planted_cause_is_told_from_noise() -> None:
    conditions, points = _planted()
    outcome = calibrate_direct(points, ANCHORS)
    planted = permute_outcome(conditions, outcome, PREDICTION, rng=np.random.default_rng(1))
    assert planted.permutations == 999
    assert planted.p_term < 0.05
    assert planted.p_inclusion == pytest.approx(0.001)
    assert planted.p_term == pytest.approx((1 + 999 * planted.share_with_term) / 1000)
    assert planted.share_with_term <= planted.share_with_solution
    noise = permute_outcome(conditions, np.random.default_rng(2).permutation(outcome), PREDICTION, rng=np.random.default_rng(1))
    assert noise.p_term == 1
    assert noise.p_inclusion > 0.05


def test_noise_is_seldom_called_a_finding() -> None:
    """Where conditions say nothing, each p is at or below 0.1 in a tenth of studies at most, but for chance."""
    p_values = []
    for seed in range(150):
        conditions, points = _planted(16, seed)
        outcome = calibrate_direct(np.random.default_rng(10_000 + seed).permutation(points), ANCHORS, allow_half=True)
        found = permute_outcome(conditions, outcome, PREDICTION, rng=np.random.default_rng(seed), permutations=99)
        p_values.append([found.p_term, found.p_inclusion, found.p_solution])
    assert np.all(np.mean(np.array(p_values) <= 0.1, axis=0) < 0.1 + 3 * np.sqrt(0.09 / 150))


def test_the_order_of_cases_and_the_number_of_runs_do_not_matter() -> None:
    conditions, points = _planted()
    outcome, errors = calibrate_direct(points, ANCHORS), np.linspace(0.5, 2, 24)
    order = np.random.default_rng(9).permutation(24)
    first, again, turned = (
        (
            permute_outcome(conditions[rows], outcome[rows], PREDICTION, rng=np.random.default_rng(5), permutations=99),
            redraw_outcome(
                conditions[rows], points[rows], errors[rows], PREDICTION, anchors=ANCHORS, rng=np.random.default_rng(6)
            ),
        )
        for rows in (np.arange(24), np.arange(24), order)
    )
    assert first == again == turned


def test_redraws_without_error_repeat_the_outcome_and_large_errors_drown_it() -> None:
    conditions, points = _planted()
    shares = []
    for error in (0.0, 1.0, 30.0):
        found = redraw_outcome(conditions, points, np.full(24, error), PREDICTION, anchors=ANCHORS, rng=np.random.default_rng(3))
        assert found.redraws == 200
        shares.append(found.share_with_term)
    assert shares[0] == 1
    assert shares[0] > shares[1] > shares[2]


def test_backward_anchors_redraw_the_negated_outcome() -> None:
    conditions, points = _planted()
    neither = Prediction((0, FREE, FREE), (None, None, None), PREDICTION.cut_offs)
    table = truth_table(conditions, 1 - calibrate_direct(points, ANCHORS), neither.cut_offs)
    has_term = all((0, FREE, FREE) in m for one in minimise_intermediate(table, (None,) * 3) for m in one.solution.models)
    found = redraw_outcome(
        conditions, points, np.zeros(24), neither, anchors=ANCHORS[::-1], rng=np.random.default_rng(3), redraws=1
    )
    assert found.share_with_term == float(has_term) == 1


def test_a_sweep_goes_through_every_setting() -> None:
    conditions, points = _planted()
    raw = np.log(conditions / (1 - conditions))
    others = [
        np.column_stack([calibrate_direct(column, three, allow_half=True) for column in raw.T])
        for three in shift_anchors((-3, 0, 3), (-0.05, 0.05))
    ]
    outcomes = [calibrate_direct(points, three, allow_half=True) for three in shift_anchors(ANCHORS)]
    cut_offs = [CutOffs(1, 0.8, 0.5), CutOffs(1, 0.75, 0.5), CutOffs(2, 0.8, 0.5), CutOffs(25, 0.8, 0.5)]
    found = sweep([conditions, *others], outcomes, PREDICTION, cut_offs)
    assert len(found) == (1 + len(others)) * len(outcomes) * 4
    assert [(one.conditions, one.outcome, one.cut_offs) for one in found[:5]] == [
        *((0, 0, cut) for cut in cut_offs),
        (0, 1, cut_offs[0]),
    ]
    as_given = appraise_outcomes(conditions, outcomes[0][None], PREDICTION)
    assert (found[0].has_term, found[0].consistency) == (as_given.has_term[0], as_given.consistency[0])
    assert not any(one.has_solution or one.has_term for one in found if one.cut_offs.n == 25)
    assert 0.5 < np.mean([one.has_term for one in found if one.cut_offs.n < 25]) < 1
    assert {one.n_half for one in found} == {0}


def test_a_case_at_a_half_is_counted_in_a_sweep_and_refused_elsewhere() -> None:
    conditions, points = _planted()
    conditions[3, 1] = 0.5
    outcome = calibrate_direct(points, ANCHORS)
    assert sweep([conditions], [outcome], PREDICTION, [CutOffs(1, 0.8)])[0].n_half == 1
    with pytest.raises(ValueError, match=r"exactly 0\.5"):
        permute_outcome(conditions, outcome, PREDICTION, rng=np.random.default_rng(1))
    with pytest.raises(ValueError, match=r"exactly 0\.5"):
        redraw_outcome(conditions, points, np.ones(24), PREDICTION, anchors=ANCHORS, rng=np.random.default_rng(1))


def test_bad_input_is_refused() -> None:
    conditions, points = _planted()
    outcome, stream = calibrate_direct(points, ANCHORS), np.random.default_rng(1)
    with pytest.raises(ValueError, match="at least 1"):
        permute_outcome(conditions, outcome, PREDICTION, rng=stream, permutations=0)
    with pytest.raises(ValueError, match="at least 1"):
        redraw_outcome(conditions, points, np.ones(24), PREDICTION, anchors=ANCHORS, rng=stream, redraws=0)
    with pytest.raises(ValueError, match="below 0"):
        redraw_outcome(conditions, points, -np.ones(24), PREDICTION, anchors=ANCHORS, rng=stream)
    with pytest.raises(ValueError, match="lengths differ"):
        redraw_outcome(conditions, points[1:], np.ones(24), PREDICTION, anchors=ANCHORS, rng=stream)
    with pytest.raises(ValueError, match="at least one calibration"):
        sweep([], [outcome], PREDICTION, [CutOffs()])
    with pytest.raises(ValueError, match="does not fit"):
        appraise_outcomes(conditions, outcome[None], Prediction((1, 1), (None,) * 3, CutOffs()))
    with pytest.raises(ValueError, match="a row an outcome"):
        appraise_outcomes(conditions, outcome, PREDICTION)
    with pytest.raises(ValueError, match="No configuration has 25"):
        appraise_outcomes(conditions, outcome[None], Prediction(BOTH, (None,) * 3, CutOffs(n=25)))


def test_a_long_term_beside_a_short_one_is_found() -> None:
    """One case speaks for all five conditions, four against A with one other: A alone, or the other four together."""
    against = [7, 11, 13, 14]
    positive, usable = np.arange(32) == 31, ~np.isin(np.arange(32), against)
    found = minimise_rows((2,) * 5, positive, usable)
    assert found.terms == ((1, FREE, FREE, FREE, FREE), (FREE, 1, 1, 1, 1))
    assert len(found.models) == 2
