"""Reliable change by six methods against R clinicalsignificance, patient by patient, and true-score cut-offs with it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pipeline.stats.paired import describe_change
from pipeline.stats.reliable import classify, cut_off_a, cut_off_b, cut_off_c, standard_error_of_measurement
from pipeline.stats.reliable_methods import METHODS, reliable_change_by_method
from pipeline.stats.true_score import Population, pass_cut_off, true_cut_off

Read = Callable[[str], Any]
EXACT = 1e-11  # values are pinned to 15 digits, and an index near 0 is a difference of such
CUT_OFF = 1e-12
CLASS_OF = {
    "Recovered": "reliably_improved",
    "Improved": "reliably_improved",
    "Unchanged": "no_reliable_change",
    "Deteriorated": "reliably_deteriorated",
    "Harmed": "reliably_deteriorated",
}


def _argument(call: str, name: str) -> str | None:
    found = re.search(rf"\b{name}=\"?([\w.]+)", call)
    return found.group(1) if found else None


def _number(call: str, name: str) -> float | None:
    text = _argument(call, name)
    return None if text is None else float(text)


def _refs(read: Read, pattern: str) -> list[tuple[re.Match[str], dict[str, Any]]]:
    refs = read("clinical_significance")["refs"]
    return [(found, ref) for ref in refs if (found := re.fullmatch(rf"[\w.]+:\w+:(?:{pattern})", ref["id"]))]


def _scores(ref: dict[str, Any]) -> tuple[np.ndarray, np.ndarray, int]:
    patients = ref["value"]["per_patient"]
    pre, post = (np.array([patient[name] for patient in patients], dtype=float) for name in ("pre", "post"))
    return pre, post, 1 if _argument(ref["call"], "better_is") == "lower" else -1


def _column(ref: dict[str, Any], name: str) -> np.ndarray:
    return np.array([patient[name] for patient in ref["value"]["per_patient"]])


def test_every_patient_by_every_method(read_shared_values: Read) -> None:
    compared: Counter[str] = Counter()
    pattern = r"(?:cs_distribution|cs_combined):(JT|GLN|HLL|EN|NK|HA)\b.*"
    for found, ref in _refs(read_shared_values, pattern):
        pre, post, sign = _scores(ref)
        reliability = _number(ref["call"], "reliability")
        assert reliability is not None
        ours = reliable_change_by_method(
            pre,
            post,
            sign=sign,
            reliability=reliability,
            reliability_post=_number(ref["call"], "reliability_post"),
            level=1 - float(re.sub(r"^\.", "0.", _argument(ref["call"], "significance_level") or "0.05")),
        )[found[1]]
        np.testing.assert_allclose(ours.index, -sign * _column(ref, "rci"), rtol=EXACT, atol=1e-13, err_msg=ref["id"])
        assert ours.reason == ""
        category = _column(ref, "category")
        assert list(ours.classes) == [CLASS_OF[name] for name in category], ref["id"]
        compared[found[1]] += 1
        compared["patients"] += len(pre)
    sets = {"JT": 37, "GLN": 16, "HLL": 32, "EN": 32, "NK": 16, "HA": 15}
    assert compared == {**sets, "patients": 5478}
    assert set(sets) == set(METHODS)


def test_recovered_patients_by_every_method(read_shared_values: Read) -> None:
    """Recovered: a case before and not after, and reliably improved; at the cut-off itself the peer and we differ."""
    compared: Counter[str] = Counter()
    for found, ref in _refs(read_shared_values, r"cs_combined:(JT|GLN|HLL|EN|NK)\b.*"):
        pre, post, sign = _scores(ref)
        cut_off = ref["value"]["cutoff"]["value"]
        passed = (sign * (pre - cut_off) > 0) & (sign * (post - cut_off) < 0)
        improved = np.array([CLASS_OF[name] == "reliably_improved" for name in _column(ref, "category")])
        assert list(passed & improved) == list(_column(ref, "recovered")), ref["id"]
        compared[found[1]] += len(pre)
    assert compared == {"JT": 888, "GLN": 296, "HLL": 888, "EN": 888, "NK": 296}


def test_true_score_cut_offs_and_who_passed_them(read_shared_values: Read) -> None:
    compared: Counter[str] = Counter()
    for _, ref in _refs(read_shared_values, r"cs_statistical:HA:.*|cs_combined:HA:.*"):
        given, (pre, post, sign) = ref["value"]["cutoff"], _scores(ref)
        reliability = _number(ref["call"], "reliability")
        assert reliability is not None
        clinical = Population(given["m_clinical"], given["sd_clinical"])
        functional = Population(given["m_functional"], given["sd_functional"])
        error = standard_error_of_measurement(clinical.sd, reliability)
        kind = given["type"].removesuffix("_true")
        ours = true_cut_off(kind, clinical, functional, error=error, sign=sign)
        if kind == "b":
            assert ours != pytest.approx(given["value"], rel=1e-3)
            ours = true_cut_off("b", clinical, Population(functional.mean, clinical.sd), error=error, sign=sign)
        assert ours == pytest.approx(given["value"], rel=CUT_OFF), ref["id"]
        group = describe_change(pre, post, sign=sign)
        last = Population(group.mean_post, group.sd_post)
        passage = pass_cut_off(pre, post, sign=sign, cut_off=ours, last=last, error=error)
        np.testing.assert_allclose(passage.index, -sign * _column(ref, "cs_indiv"), rtol=EXACT, atol=1e-12)
        assert list(passage.has_relapsed) == list(_column(ref, "clinical_post"))
        if ":cs_statistical:" in ref["id"]:
            assert list(passage.is_case_before) == list(_column(ref, "clinical_pre"))
            assert list(passage.has_recovered) == list(_column(ref, "functional_post"))
        else:
            improved = np.array([CLASS_OF[name] == "reliably_improved" for name in _column(ref, "category")])
            assert list(passage.has_recovered & improved) == list(_column(ref, "recovered"))
        compared[kind] += 1
        compared["patients"] += len(pre)
    assert compared == {"a": 8, "b": 8, "c": 15, "patients": 1158}


def test_a_threshold_in_points(read_shared_values: Read) -> None:
    """The peer's anchor approach is a published threshold: at it counts, as here."""
    compared: Counter[str] = Counter()
    for _, ref in _refs(read_shared_values, r"cs_anchor:individual:\d+.*"):
        pre, post, sign = _scores(ref)
        threshold = _number(ref["call"], "mid_improvement")
        assert threshold is not None
        assert list(classify(sign * (pre - post), threshold=threshold)) == [CLASS_OF[c] for c in _column(ref, "category")]
        compared["sets"] += 1
        compared["patients"] += len(pre)
    assert compared == {"sets": 16, "patients": 592}


def test_own_patients(read_own_values: Read) -> None:
    """Formulas written down in R for invented patients, both directions, so that this stands by itself."""
    pinned = read_own_values("reliable_methods")
    compared: Counter[str] = Counter()
    for case in pinned["cases"]:
        pre, post = case["pre"], case["post"]
        ours = reliable_change_by_method(
            pre,
            post,
            sign=case["sign"],
            reliability=case["reliability"],
            reliability_post=case["reliability_post"],
        )
        for name, theirs in case["index"].items():
            np.testing.assert_allclose(ours[name].index, theirs, rtol=EXACT, atol=1e-13, err_msg=name)
            compared[name] += len(theirs)
        assert ours["HA"].critical == pytest.approx(case["critical_one_sided"], rel=CUT_OFF)
        assert ours["JT"].critical == pytest.approx(case["critical_two_sided"], rel=CUT_OFF)
        clinical, functional = Population(*case["clinical"]), Population(*case["functional"])
        observed = {
            "a": cut_off_a(clinical.mean, clinical.sd, sign=case["sign"]),
            "b": cut_off_b(functional.mean, functional.sd, sign=case["sign"]),
            "c": cut_off_c(clinical.mean, clinical.sd, functional.mean, functional.sd),
        }
        for kind in ("a", "b", "c"):
            true = true_cut_off(kind, clinical, functional, error=case["error"], sign=case["sign"])
            assert true == pytest.approx(case["true_cut_offs"][kind], rel=CUT_OFF)
            assert observed[kind] == pytest.approx(case["cut_offs"][kind], rel=CUT_OFF)
            compared["cut-offs"] += 2
    assert compared == {**{name: 2 * 24 for name in METHODS}, "cut-offs": 12}
