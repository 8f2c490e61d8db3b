"""Where effectsize, effsize and metafor define a paired size or its limits otherwise: the same numbers, by their convention.

Each row of docs/divergences.md about paired sizes is held here: what ours becomes when the peer's convention is put in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import special, stats

from pipeline.stats.paired import PairedChange, describe_change
from pipeline.stats.resampling import resample_d_av
from tests.reference.test_paired import _pairs

Values = Callable[[str], Any]
Data = Callable[[str], list[dict[str, str]]]
EXACT = 1e-12


def _j(df: float) -> float:
    return float(np.exp(special.gammaln(df / 2) - special.gammaln((df - 1) / 2)) / np.sqrt(df / 2))


CORRECTED: dict[str, Callable[[PairedChange], dict[str, float]]] = {
    "effectsize:rm_d:z:adjust=TRUE": lambda c: {"est": _j(c.n - 1) * c.d_z},
    "effectsize:hedges_g:paired": lambda c: {"est": _j(c.n - 1) * c.d_z},
    "effectsize:rm_d:av:adjust=TRUE": lambda c: {"est": _j(c.n - 1) * c.d_av},
    "effectsize:rm_d:b:adjust=FALSE": lambda c: {"est": c.d_pre / _j(c.n - 1)},
    "effsize:cohen.d:hedges=FALSE:within=FALSE": lambda c: {"est": c.d_z},
    "metafor:escalc:SMCC": lambda c: {"yi": _j(c.n - 1) * c.d_z, "vi": 1 / c.n + (_j(c.n - 1) * c.d_z) ** 2 / (2 * c.n)},
    "metafor:escalc:SMCRH:presd": lambda c: {"yi": c.d_pre},
    "t.test": lambda c: {"p": 2 * stats.t.sf(abs(c.mean_improvement / c.se), c.n - 1)},
}


def _changes(read_values: Values, read_data: Data) -> list[tuple[dict[str, Any], list[float], list[float], PairedChange]]:
    found = []
    for ref in read_values("paired_effect_sizes")["refs"]:
        pre, post = _pairs(ref["setup"], read_data(ref["data"]))
        found.append((ref, pre, post, describe_change(pre, post, sign=-1)))
    return found


def test_sizes_by_the_peers_conventions(read_shared_values: Values, read_shared_data: Data) -> None:
    compared: Counter[str] = Counter()
    for ref, _, _, change in _changes(read_shared_values, read_shared_data):
        name = next((name for name in CORRECTED if ref["id"].endswith(":" + name)), None)
        for part, ours in CORRECTED[name](change).items() if name else ():
            assert ours == pytest.approx(ref["value"][part], rel=EXACT), (ref["id"], part)
            compared[str(name)] += 1
    assert compared == {name: 26 if name.endswith("SMCC") else 13 for name in CORRECTED}


def test_limits_of_d_z_by_another_approximation(read_shared_values: Values, read_shared_data: Data) -> None:
    """rm_d's limits are normal with an approximate error; noncentral t, as here, is exact: less than 0.02 apart."""
    widest, n_compared = 0.0, 0
    for ref, _, _, change in _changes(read_shared_values, read_shared_data):
        if ref["id"].endswith(":effectsize:rm_d:z:adjust=FALSE"):
            for ours, theirs in ((change.d_z_low, ref["value"]["ci_low"]), (change.d_z_high, ref["value"]["ci_high"])):
                widest = max(widest, abs(ours - theirs))
                n_compared += 1
    assert n_compared == 26
    assert 0.001 < widest < 0.1


def test_limits_of_d_av_by_resampling_and_by_formula(read_shared_values: Values, read_shared_data: Data) -> None:
    """effectsize's formula asks for normal scores; resampling does not. On real scores they are near, not equal."""
    apart = []
    for ref, pre, post, change in _changes(read_shared_values, read_shared_data):
        if ref["id"].endswith(":effectsize:rm_d:av:adjust=FALSE"):
            ours = resample_d_av(pre, post, sign=-1, rng=np.random.default_rng(1))
            assert ours.estimate == change.d_av
            width = ref["value"]["ci_high"] - ref["value"]["ci_low"]
            apart += [abs(ours.low - ref["value"]["ci_low"]) / width, abs(ours.high - ref["value"]["ci_high"]) / width]
    assert len(apart) == 26
    assert np.median(apart) < 0.15
    assert max(apart) < 0.6
