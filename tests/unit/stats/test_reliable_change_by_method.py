"""Six methods of reliable change: worked by hand, turned round, and where there is no answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pipeline.stats.paired import describe_change
from pipeline.stats.reliable import reliable_change_index
from pipeline.stats.reliable_methods import METHODS, reliable_change_by_method
from pipeline.stats.true_score import Population, pass_cut_off, true_cut_off

pytestmark = pytest.mark.filterwarnings("error")
PRE, POST = np.array([50.0, 44, 61, 39, 55, 47, 66, 42]), np.array([30.0, 41, 40, 45, 33, 30, 62, np.nan])


def test_one_patient_by_hand() -> None:
    """M1 = 50, S1 = 10, M2 = 40, S2 = 12, R = 0.5, r = 0.84, so e = 4; a first score of 60 and a last of 46."""
    group = describe_change([40, 60], [30, 50], sign=1)
    numbers = {"mean_pre": 50, "sd_pre": 10, "mean_post": 40, "sd_post": 12, "r": 0.5}
    group = type(group)(**{name: numbers.get(name, getattr(group, name)) for name in group.__dataclass_fields__})
    ours = reliable_change_by_method([60], [46], sign=1, reliability=0.84, reliability_post=0.75, group=group)
    d = (244 - 32 - 120) / (244 - 120)
    by_hand = {
        "JT": 14 / (4 * 2**0.5),
        "GLN": (58.4 - 46) / (10 * (1 - 0.84**2) ** 0.5),
        "HLL": (8.4 - 6) / (10 * (1 - 0.84**2) ** 0.5),
        "EN": (58.4 - 46) / 4,
        "NK": (58.4 - 46) / (10 * (0.84**2 * 0.16 + 0.25) ** 0.5),
        "HA": (14 * d + 10 * (1 - d)) / (4 * (2 * d) ** 0.5),
    }
    assert {name: ours[name].index[0] for name in METHODS} == pytest.approx(by_hand)
    assert {name: str(ours[name].classes[0]) for name in METHODS} == {
        **dict.fromkeys(METHODS, "reliably_improved"),
        "GLN": "reliably_improved",
        "HLL": "no_reliable_change",
    }


def test_turning_the_measure_round_changes_nothing_but_the_scores() -> None:
    lower = reliable_change_by_method(PRE, POST, sign=1, reliability=0.8)
    higher = reliable_change_by_method(-PRE, -POST, sign=-1, reliability=0.8)
    for name in METHODS:
        assert higher[name].index == pytest.approx(lower[name].index, nan_ok=True)
        assert list(higher[name].classes) == list(lower[name].classes)
        assert lower[name].classes[-1] == "not_classified"


def test_the_first_method_is_the_index_that_stands_by_itself() -> None:
    alone = reliable_change_index(PRE - POST, describe_change(PRE, POST, sign=1).sd_pre, 0.8)
    assert reliable_change_by_method(PRE, POST, sign=1, reliability=0.8)["JT"].index == pytest.approx(alone, nan_ok=True)


def test_methods_without_an_answer_say_why_and_the_others_stand() -> None:
    """Differences that spread less than measurement error alone have no reliability of their own."""
    ours = reliable_change_by_method([50, 60, 40], [40, 49, 31], sign=1, reliability=0.5)
    assert np.isnan(ours["HA"].index).all()
    assert "more than the spread of differences" in ours["HA"].reason
    assert set(ours["HA"].classes) == {"not_classified"}
    assert np.isfinite(ours["JT"].index).all()
    for pre, post in (([], []), ([50], [40]), ([50, 50], [40, 30])):
        for answer in reliable_change_by_method(pre, post, sign=1, reliability=0.8).values():
            assert answer.reason
            assert np.isnan(answer.index).all()
            assert len(answer.index) == len(pre)
    perfect = reliable_change_by_method(PRE, POST, sign=1, reliability=1.0)
    assert all(answer.reason for answer in perfect.values())


def test_without_measurement_error_a_true_cut_off_is_the_observed_one() -> None:
    clinical, functional = Population(48, 12), Population(20, 8)
    assert [true_cut_off(kind, clinical, functional, error=0, sign=1) for kind in ("a", "b", "c")] == [24, 36, 31.2]
    assert true_cut_off("b", clinical, functional, error=9, sign=1) == 20  # less spread than error: none of true scores


def test_who_passed_and_who_fell_back() -> None:
    ours = pass_cut_off([50, 50, 20, 20, np.nan], [10, 29, 60, 31, 10], sign=1, cut_off=30, last=Population(30, 10), error=5)
    assert list(ours.is_case_before) == [True, True, False, False, False]
    assert list(ours.has_recovered) == [True, False, False, False, False]
    assert list(ours.has_relapsed) == [False, False, True, False, False]
    assert ours.index[0] == pytest.approx(15 / (5 * 0.75**0.5))
    nothing = pass_cut_off([50], [10], sign=1, cut_off=30, last=Population(30, 4), error=5)
    assert nothing.reason
    assert not nothing.has_recovered.any()


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: reliable_change_by_method([1], [2], sign=1, reliability=1.1), "reliability must lie"),
        (lambda: reliable_change_by_method([1], [2], sign=1, reliability=0.8, reliability_post=-1), "reliability_post must"),
        (lambda: reliable_change_by_method([1, 2], [2], sign=1, reliability=0.8), "lengths differ"),
        (lambda: reliable_change_by_method([1], [2], sign=0, reliability=0.8), "sign must be"),
        (lambda: true_cut_off("d", Population(1, 1), Population(1, 1), error=0, sign=1), "kind must be"),  # type: ignore[arg-type]
        (lambda: pass_cut_off([1], [2, 3], sign=1, cut_off=3, last=Population(1, 1), error=0), "lengths differ"),
    ],
)
def test_what_has_no_answer_is_refused_in_a_sentence(call: Callable[[], Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        call()
