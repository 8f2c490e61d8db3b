"""Control charts against R's NHSRplotthedots with its settings matched: published attendances, and invented series."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pipeline.stats.control_chart import ControlChart, control_chart

pytestmark = pytest.mark.filterwarnings("error")
Read = Callable[[str], Any]
EXACT = 1e-12
WORDS = {
    ("", 0): "Common Cause",
    ("outside", 1): "Above UCL",
    ("outside", -1): "Below LCL",
    ("trend", 1): "7 Point Trend (Increasing)",
    ("trend", -1): "7 Point Trend (Decreasing)",
    ("two_of_three", 1): "2 in 3 Above CL",
    ("two_of_three", -1): "2 in 3 Below CL",
    ("shift", 1): "7 Points Above CL",
    ("shift", -1): "7 Points Below CL",
}


def _words(chart: ControlChart) -> list[str]:
    return [WORDS[rule, int(way)] for rule, way in zip(chart.rule, chart.direction, strict=True)]


def _settings(call: str) -> dict[str, Any]:
    if "ptd_rebase(as.Date" in call:
        return {"partitions": [21], "screens_outliers": True}  # January 2018 in series that begin in April 2016
    if "fix_after_n_points=13" in call:
        return {"n_baseline": 13, "screens_outliers": True}
    return {"screens_outliers": "screen_outliers=TRUE" in call}


def test_published_series(read_shared_values: Read) -> None:
    compared: Counter[str] = Counter()
    named: Counter[str] = Counter()
    for ref in read_shared_values("spc")["refs"]:
        if not ref["id"].startswith("ae:") or ref["id"].endswith("target_summary"):
            continue
        rows = ref["value"]
        chart = control_chart([row["y"] for row in rows], **_settings(ref["call"]))
        assert (chart.kind, chart.reason) == ("xmr", "")
        assert _words(chart) == [row["special_cause_type"] for row in rows], ref["id"]
        named.update(_words(chart))
        for ours, peer in (("centre", "mean_col"), ("low", "lpl"), ("high", "upl")):
            np.testing.assert_allclose(getattr(chart, ours), [row[peer] for row in rows], rtol=EXACT, err_msg=ref["id"])
            compared[ours] += len(rows)
        for ours, peer in (("segment", "rebase_group"), ("outside", "outside_limits")):
            if peer in rows[0]:
                assert getattr(chart, ours).tolist() == [row[peer] for row in rows], ref["id"]
                compared[ours] += len(rows)
    assert compared == {"centre": 42 * 36, "low": 42 * 36, "high": 42 * 36, "segment": 35 * 36, "outside": 28 * 36}
    assert sum(named.values()) == 42 * 36
    assert set(named) == set(WORDS.values()) - {"7 Point Trend (Decreasing)"}  # which the invented series have


def test_invented_series(read_own_values: Read) -> None:
    pinned = read_own_values("charts")
    settings: dict[str, dict[str, Any]] = {
        "plain": {},
        "screened": {"screens_outliers": True},
        "partitioned": {"partitions": [pinned["partition"]]},
        "baseline": {"n_baseline": pinned["n_baseline"]},
    }
    named: Counter[str] = Counter()
    n_compared = 0
    for name, case in pinned["series"].items():
        for way, theirs in ((way, case[way]) for way in settings):
            chart = control_chart(case["values"], **settings[way])
            assert _words(chart) == theirs.pop("rule"), (name, way)
            named.update(_words(chart))
            for part, values in theirs.items():
                np.testing.assert_allclose(getattr(chart, part), values, rtol=EXACT, atol=1e-12, err_msg=f"{name} {way} {part}")
                n_compared += len(values)
    assert n_compared == 6 * 4 * 5 * 40
    assert set(named) >= {"7 Point Trend (Decreasing)", "7 Points Above CL", "2 in 3 Below CL", "Above UCL", "Common Cause"}
