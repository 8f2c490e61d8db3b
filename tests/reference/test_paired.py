"""A group's change against R: t.test, effectsize and metafor's escalc on thirteen published sets of pairs."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pipeline.stats.paired import PairedChange, describe_change

EXACT = 1e-12
SEARCHED = 1e-6  # effectsize finds the noncentrality by a search that stops there; R's own pt agrees to 1e-9
# What each peer calls it -> the part of its value -> ours. Their change is post - pre, which is our improvement at -1.
COMPARED: dict[str, dict[str, Callable[[PairedChange], float]]] = {
    "desc": {
        "n": lambda c: c.n,
        "mean_pre": lambda c: c.mean_pre,
        "mean_post": lambda c: c.mean_post,
        "sd_pre": lambda c: c.sd_pre,
        "sd_post": lambda c: c.sd_post,
        "mean_change": lambda c: c.mean_improvement,
        "sd_change": lambda c: c.sd_improvement,
        "r": lambda c: c.r,
    },
    "t.test": {
        "t": lambda c: c.mean_improvement / c.se,
        "df": lambda c: c.n - 1,
        "mean_diff": lambda c: c.mean_improvement,
        "ci.0": lambda c: c.low,
        "ci.1": lambda c: c.high,
    },
    "effectsize:rm_d:z:adjust=FALSE": {"est": lambda c: c.d_z},
    "effectsize:rm_d:av:adjust=FALSE": {"est": lambda c: c.d_av},
    "effectsize:rm_d:b:adjust=TRUE": {"est": lambda c: c.d_pre},
    "effectsize:cohens_d:paired": {
        "est": lambda c: c.d_z,
        "ci_low": lambda c: c.d_z_low,
        "ci_high": lambda c: c.d_z_high,
    },
    "metafor:escalc:MC": {"yi": lambda c: c.mean_improvement, "vi": lambda c: c.se**2},
    "metafor:escalc:SMCR": {"yi": lambda c: c.d_pre, "vi": lambda c: c.d_pre_se**2},
}


def _pairs(setup: str, rows: list[dict[str, str]]) -> tuple[list[float], list[float]]:
    """Follow the setup's words: which column holds the score, which rows are before and which after."""
    if setup == "group 1 -> pre, group 2 -> post, by ID":
        score, occasion, person, occasions, treatment = "extra", "group", "ID", ("1", "2"), "all"
    else:
        found = re.fullmatch(r"time 1 -> pre, time 4 -> post of (\w+); treatment (\w+); complete pairs", setup)
        assert found, setup
        score, treatment = found.groups()
        occasion, person, occasions = "time", "id", ("1", "4")
    kept = [row for row in rows if treatment in ("all", row.get("treatment"))]
    before, after = (
        {row[person]: float(row[score]) if row[score] else math.nan for row in kept if row[occasion] == when}
        for when in occasions
    )
    shared = [who for who in before if who in after]
    return [before[who] for who in shared], [after[who] for who in shared]


def _part(value: dict[str, Any], name: str) -> float:
    key, _, position = name.partition(".")
    return float(value[key][int(position)] if position else value[key])


def test_every_covered_value(
    read_shared_values: Callable[[str], Any], read_shared_data: Callable[[str], list[dict[str, str]]]
) -> None:
    compared: Counter[str] = Counter()
    for ref in read_shared_values("paired_effect_sizes")["refs"]:
        name = next((name for name in COMPARED if ref["id"].endswith(":" + name)), None)
        if name is None:
            continue
        pre, post = _pairs(ref["setup"], read_shared_data(ref["data"]))
        change = describe_change(pre, post, sign=-1)
        assert change.reason == ""
        for part, ours in COMPARED[name].items():
            tolerance = SEARCHED if part.startswith("ci_") else EXACT
            assert ours(change) == pytest.approx(_part(ref["value"], part), rel=tolerance), (ref["id"], part)
            compared[name] += 1
    assert compared == {name: 13 * len(parts) for name, parts in COMPARED.items()}


def test_turning_the_measure_round_turns_signs_only(read_shared_data: Callable[[str], list[dict[str, str]]]) -> None:
    pre, post = _pairs("group 1 -> pre, group 2 -> post, by ID", read_shared_data("datasets__sleep.csv"))
    higher, lower = describe_change(pre, post, sign=-1), describe_change(pre, post, sign=1)
    assert (lower.mean_improvement, lower.d_av, lower.d_pre) == (-higher.mean_improvement, -higher.d_av, -higher.d_pre)
    assert (lower.se, lower.r, lower.d_pre_se) == (higher.se, higher.r, higher.d_pre_se)
    assert (lower.low, lower.high) == (-higher.high, -higher.low)
    assert np.allclose([lower.d_z_low, lower.d_z_high], [-higher.d_z_high, -higher.d_z_low], rtol=1e-10)
