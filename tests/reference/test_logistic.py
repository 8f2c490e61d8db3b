"""A share over sites against R glmer and metafor's rma.glmm; `own/logistic.R` pins the values.

glmer by default stops some 1e-5 away from the top and takes its errors from coarse differences; with one node (Laplace) its
deviance carries the noise of its inner steps, which differences enlarge. So the script follows glmer's own deviance
to its top with finer ones, and what is left to tell apart is named here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from pipeline.stats.logistic import NationalShare, share_of_sites

Read = Callable[[str], Any]
TOP = {25: 1e-7, 7: 1e-7, 1: 1e-3}  # intercept, tau, share
ERROR = {25: 1e-6, 7: 2e-5, 1: 1e-3}  # what follows from the curvature
BY_DEFAULT = 1e-3


@pytest.fixture
def pinned(read_own_values: Read) -> Any:
    return read_own_values("logistic")


def _fit(pinned: Any, case: dict[str, Any], nodes: int) -> tuple[NationalShare, list[int], list[int]]:
    sites = pinned["sets"][case["set"]]
    events, n = [site["events"] for site in sites], [site["n"] for site in sites]
    return share_of_sites(events, n, nodes=nodes), events, n


def test_glmer_at_its_top(pinned: Any) -> None:
    compared: Counter[int] = Counter()
    for case in pinned["fits"]:
        nodes = case["nodes"]
        ours, events, n = _fit(pinned, case, nodes)
        for name in ("intercept", "tau", "share", "median_share"):
            where = (case["set"], nodes, name)
            assert getattr(ours, name) == pytest.approx(case[name], rel=TOP[nodes], abs=1e-10), where
        compared[nodes] += 4
        for name in ("intercept_se", "low", "high"):
            if (case["set"], nodes) == ("empty_sites", 1):
                continue  # sites with all or none: glmer's noise leaves some 5 % of its error undecided
            assert getattr(ours, name) == pytest.approx(case[name], rel=ERROR[nodes]), (case["set"], nodes, name)
            compared[nodes] += 1
        assert ours.is_singular == case["is_singular"]
        # With more than one node glmer leaves the likelihood of the saturated model out of its log-likelihood.
        saturated = np.sum(stats.binom.logpmf(events, n, np.divide(events, n))) if nodes > 1 else 0
        assert ours.log_likelihood == pytest.approx(case["log_likelihood"] + saturated, abs=5e-6 if nodes > 1 else 5e-5)
    assert compared == {1: 6 * 7 - 3, 7: 6 * 7, 25: 6 * 7}


def test_glmer_and_metafor_by_default(pinned: Any) -> None:
    compared: Counter[str] = Counter()
    cases = [("glmer", case["nodes"], case, case["by_default"]) for case in pinned["fits"] if case["nodes"] > 1]
    cases += [("metafor", 7, case, case) for case in pinned["by_metafor"]]
    for peer, nodes, case, theirs in cases:
        ours, _, _ = _fit(pinned, case, nodes)
        for name in ("intercept", "intercept_se", "tau"):
            where = (peer, case["set"], name)
            assert getattr(ours, name) == pytest.approx(theirs[name], rel=BY_DEFAULT, abs=1e-5), where
            compared[peer] += 1
    assert compared == {"glmer": 36, "metafor": 12}
