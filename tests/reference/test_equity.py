"""Rate ratios against R's poisson.test, and ticked options against prop.test, on invented counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pipeline.stats.equity import multiple_response, rate_ratios

pytestmark = pytest.mark.filterwarnings("error")
EXACT = 1e-11  # quantiles of the beta distribution by two libraries


@pytest.mark.parametrize(("way", "reference"), [("first", 0), ("others", None)])
def test_rate_ratios(read_own_values: Callable[[str], Any], way: str, reference: int | None) -> None:
    pinned = read_own_values("equity")
    counts, births = ([row[name] for row in pinned["referred"]] for name in ("count", "births"))
    ours = rate_ratios(counts, births, reference=reference, level=pinned[way]["level"])
    n_compared = 0
    for at, theirs in enumerate(pinned[way]["ratios"]):
        if at == reference:  # R compares the group with itself; we do not
            assert (ours.ratio[at], ours.reason[at], bool(np.isnan(ours.low[at]))) == (1, "the reference", True)
            continue
        for name, value in theirs.items():
            assert getattr(ours, name)[at] == pytest.approx(value, rel=EXACT), (at, name)
            n_compared += 1
    assert n_compared == {"first": 15, "others": 18}[way]


def test_ticked_options(read_own_values: Callable[[str], Any]) -> None:
    pinned = read_own_values("equity")
    ours = multiple_response(np.array(pinned["ticks"], dtype=bool), np.array(pinned["answered"]))
    for side in ("low", "high"):
        theirs = pinned[f"tick_{side}"]
        assert len(theirs) == 4
        np.testing.assert_allclose(getattr(ours, side), theirs, rtol=EXACT, atol=1e-15)
