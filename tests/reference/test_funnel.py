"""Funnels against R: FunnelPlotR on shared data, and the formulas written down in `own/funnel.R`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pipeline.stats.funnel import Funnel, funnel_of_means, funnel_of_proportions, limits_at, over_dispersion

Read = Callable[[str], Any]
EXACT = 1e-12
SEVEN_DIGITS = 1e-6  # FunnelPlotR types the normal quantiles as 1.959964 and 3.090232
COLUMNS = {
    ("base", 0.95): ("LCL95", "UCL95"),
    ("base", 0.998): ("LCL99", "UCL99"),
    ("over_dispersed", 0.95): ("OD95LCL", "OD95UCL"),
    ("over_dispersed", 0.998): ("OD99LCL", "OD99UCL"),
}


def test_proportions_of_funnelplotr(read_shared_values: Read) -> None:
    compared: Counter[str] = Counter()
    for ref in read_shared_values("funnel")["refs"]:
        found = re.fullmatch(r"medpar:PR:died:trim(0\.\d+):limit(95|99):adj=(TRUE|FALSE)", ref["id"])
        if found is None:
            continue
        theirs, rows = ref["value"], ref["value"]["aggregated"]
        events, n = (np.array([row[name] for row in rows]) for name in ("numerator", "denominator"))
        ours = funnel_of_proportions(events, n)
        if found[3] == "TRUE":
            z = np.array([row["Uzscore"] for row in rows])
            phi, tau2 = over_dispersion(z, 1 / (4 * n), winsorise=float(found[1]))
            assert [phi, tau2] == pytest.approx([theirs["phi"], theirs["tau2"]], rel=EXACT)
            compared["dispersion"] += 1
        for (kind, level), names in COLUMNS.items():
            is_base = kind == "base"
            if not is_base and (found[1], found[3]) != ("0.1", "TRUE"):
                continue
            limits = getattr(ours, kind)[level]
            is_folded = n == 1  # the peer's angle passes a right angle there and comes back
            for mine, name in zip((limits.low, limits.high), names, strict=True):
                given = np.array([row[name] for row in rows])
                np.testing.assert_allclose(mine[~is_folded], given[~is_folded], rtol=0, atol=SEVEN_DIGITS, err_msg=name)
                assert np.all(np.abs(mine - given) < 0.002)
                compared[kind] += int(np.sum(~is_folded))
            is_theirs = (level, found[3]) == ((0.95, "TRUE") if found[2] == "95" else (0.998, "TRUE"))
            if not is_base and is_theirs:
                flagged = [row["outlier"] == 1 for row in rows]
                assert list((limits.flag != "within")[~is_folded]) == list(np.array(flagged)[~is_folded])
                compared["flags"] += int(np.sum(~is_folded))
    # 54 hospitals, 2 of them with one patient; 12 calls with base limits, 2 with our winsorising and over-dispersion.
    assert compared == {"dispersion": 6, "base": 12 * 4 * 52, "over_dispersed": 2 * 4 * 52, "flags": 2 * 52}


def test_the_site_that_the_peer_flags_by_folding_back(read_shared_values: Read) -> None:
    refs = {ref["id"]: ref["value"] for ref in read_shared_values("funnel")["refs"]}
    rows = refs["medpar:PR:died:trim0.1:limit95:adj=TRUE"]["aggregated"]
    ours = funnel_of_proportions([row["numerator"] for row in rows], [row["denominator"] for row in rows])
    flags = ours.over_dispersed[0.95].flag
    different = [row for row, flag in zip(rows, flags, strict=True) if (flag != "within") != (row["outlier"] == 1)]
    assert [(row["numerator"], row["denominator"]) for row in different] == [(1, 1)]


def _assert_funnel(ours: Funnel, case: dict[str, Any], kinds: tuple[str, ...]) -> int:
    names = ("target", "phi", "tau2") if ours.kind == "proportion" else ("target", "phi", "tau2", "sigma2", "df")
    for name in names:
        assert getattr(ours, name) == pytest.approx(case[name], rel=EXACT), name
    n_compared = len(names)
    for kind in kinds:
        for level, theirs in zip((0.95, 0.998), case[kind], strict=True):
            limits = getattr(ours, kind)[level]
            np.testing.assert_allclose(limits.low, theirs["low"], rtol=EXACT, atol=1e-14)
            np.testing.assert_allclose(limits.high, theirs["high"], rtol=EXACT, atol=1e-14)
            assert list(limits.flag) == theirs["flag"], (kind, level)
            n_compared += 3 * len(limits.low)
            if kind != "exact":
                drawn = limits_at(ours, ours.n, level=level, is_over_dispersed=kind != "base")
                assert np.array_equal(drawn, [limits.low, limits.high])
    return n_compared


def test_own_means(read_own_values: Read) -> None:
    pinned = read_own_values("funnel")["means"]
    n_compared = 0
    for case in pinned:
        sd = [np.nan if value is None else value for value in case["sd"]]
        n_compared += _assert_funnel(funnel_of_means(case["n"], case["mean"], sd), case, ("base", "over_dispersed"))
    assert n_compared == 3 * 5 + 2 * 2 * 3 * (24 + 12 + 6)
    assert pinned[0]["tau2"] > 0
    assert pinned[2]["tau2"] == 0


def test_own_proportions(read_own_values: Read) -> None:
    pinned = read_own_values("funnel")["proportions"]
    kinds = ("base", "over_dispersed", "exact")
    n_compared = sum(_assert_funnel(funnel_of_proportions(case["events"], case["n"]), case, kinds) for case in pinned)
    assert n_compared == 3 * 3 + 3 * 2 * 3 * (24 + 5 + 12)
    assert {flag for case in pinned for line in case["base"] for flag in line["flag"]} == {"below", "within", "above"}
