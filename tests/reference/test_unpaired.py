"""Cohorts of different people against R: t.test, wilcox.test and effectsize; `own/unpaired.R` pins the values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pipeline.stats.unpaired import compare_cohorts

Read = Callable[[str], Any]
NAMES = (
    *("mean_before", "mean_after", "sd_before", "sd_after", "difference", "low", "high"),
    *("shift", "shift_low", "shift_high", "u", "p_value", "rank_biserial"),
)
CLOSE = 1e-10


def test_cohorts(read_own_values: Read) -> None:
    n_compared = 0
    for case in read_own_values("unpaired")["cases"]:
        ours = compare_cohorts(case["before"], case["after"], sign=-1)
        assert ours.method == ("exact" if case["is_exact"] else "normal")
        turned = compare_cohorts(case["after"], case["before"], sign=1)
        assert (turned.shift, turned.rank_biserial) == pytest.approx((ours.shift, ours.rank_biserial), abs=CLOSE)
        for name in NAMES:
            theirs = float("nan") if case[name] is None else case[name]
            assert getattr(ours, name) == pytest.approx(theirs, rel=CLOSE, abs=1e-12, nan_ok=True), (case["name"], name)
            n_compared += 1
    assert n_compared == 7 * len(NAMES)


def test_where_wilcox_test_differs(read_own_values: Read) -> None:
    """The same limits where exact; else it inverts its own test: single answers move by no more than a tenth of a point."""
    n_compared = 0
    for case in read_own_values("unpaired")["cases"]:
        ours = compare_cohorts(case["before"], case["after"], sign=-1)
        for name in ("shift", "shift_low", "shift_high"):
            if np.isnan(getattr(ours, name)):
                assert case["name"].endswith("no limits")
                continue
            within = 1e-10 if case["is_exact"] else 0.1
            assert getattr(ours, name) == pytest.approx(case["wilcox_test"][name], abs=within), (case["name"], name)
            n_compared += 1
    assert n_compared == 7 * 3 - 2
