"""Reliable change and cut-offs against R clinicalsignificance, method Jacobson-Truax, patient by patient."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from pipeline.stats.reliable import (
    classify,
    cut_off_a,
    cut_off_b,
    cut_off_c,
    reliable_change_index,
    standard_error_of_measurement,
)

EXACT = 1e-12
CLASS_OF = {
    "Recovered": "reliably_improved",
    "Improved": "reliably_improved",
    "Unchanged": "no_reliable_change",
    "Deteriorated": "reliably_deteriorated",
    "Harmed": "reliably_deteriorated",
}


def _argument(call: str, name: str, default: str = "") -> str:
    found = re.search(rf"\b{name}=\"?([\w.]+)", call)
    return found.group(1) if found else default


def _refs(read: Callable[[str], Any], kinds: str) -> list[dict[str, Any]]:
    pattern = re.compile(rf"[\w.]+:\w+:({kinds}):JT\b")
    return [ref for ref in read("clinical_significance")["refs"] if pattern.match(ref["id"])]


def _scores(ref: dict[str, Any]) -> tuple[np.ndarray, np.ndarray, int]:
    patients = ref["value"]["per_patient"]
    pre, post = (np.array([patient[name] for patient in patients], dtype=float) for name in ("pre", "post"))
    return pre, post, 1 if _argument(ref["call"], "better_is") == "lower" else -1


def test_reliable_change_of_every_patient(read_shared_values: Callable[[str], Any]) -> None:
    compared: Counter[str] = Counter()
    for ref in _refs(read_shared_values, "cs_distribution|cs_combined"):
        pre, post, sign = _scores(ref)
        reliability = float(_argument(ref["call"], "reliability"))
        sd = float(np.std(pre, ddof=1))
        index = reliable_change_index(sign * (pre - post), sd, reliability)
        theirs = np.array([patient["rci"] for patient in ref["value"]["per_patient"]])
        np.testing.assert_allclose(index, -sign * theirs, rtol=EXACT, err_msg=ref["id"])
        alpha = float(_argument(ref["call"], "significance_level", "0.05"))
        classes = classify(index, threshold=float(stats.norm.ppf(1 - alpha / 2)), is_inclusive=False)
        assert list(classes) == [CLASS_OF[patient["category"]] for patient in ref["value"]["per_patient"]], ref["id"]
        compared["sets"] += 1
        compared["patients"] += len(pre)
        if "s_diff" in ref["value"].get("rci_results", {}):
            error = standard_error_of_measurement(sd, reliability) * 2**0.5
            assert error == pytest.approx(ref["value"]["rci_results"]["s_diff"], rel=EXACT)
            compared["s_diff"] += 1
    # 5 measures by 4 methods and one other level, 3 of them again by group; s_diff stands in cs_distribution alone.
    assert compared == {"sets": 5 * 4 + 5 + 3 * 4, "patients": 1360, "s_diff": 8}


def test_cut_offs_and_who_passed_them(read_shared_values: Callable[[str], Any]) -> None:
    """For b the peer takes the clinical SD where the functional population's range is meant: a named divergence."""
    compared: Counter[str] = Counter()
    for ref in _refs(read_shared_values, "cs_combined|cs_statistical"):
        pre, post, sign = _scores(ref)
        given = ref["value"]["cutoff"]
        clinical, functional = ((given[f"m_{who}"], given[f"sd_{who}"]) for who in ("clinical", "functional"))
        ours = {
            "a": cut_off_a(*clinical, sign=sign),
            "b": cut_off_b(given["m_functional"], given["sd_clinical"], sign=sign),
            "c": cut_off_c(*clinical, *functional),
        }[given["type"]]
        assert ours == pytest.approx(given["value"], rel=EXACT), ref["id"]
        if given["type"] == "b":
            assert cut_off_b(*functional, sign=sign) != pytest.approx(given["value"], rel=1e-3)
        compared[given["type"]] += 1
        passed = (sign * (pre - ours) > 0) & (sign * (post - ours) < 0)
        for patient, has_passed in zip(ref["value"]["per_patient"], passed, strict=True):
            if "clinical_pre" in patient:
                assert has_passed == (patient["clinical_pre"] and patient["functional_post"]), ref["id"]
            elif patient["category"] == "Recovered":
                assert has_passed, ref["id"]
            compared["patients"] += 1
    assert compared == {"a": 16, "b": 16, "c": 16, "patients": 1776}
