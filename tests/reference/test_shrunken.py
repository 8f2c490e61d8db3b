"""Limits of shrunken estimates and of standardised sizes against R, from their definitions; `own/shrunken.R` pins the values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pipeline.stats.shrunken_limits import limits_over_variance
from pipeline.stats.standardised import limits_of_sizes

pytestmark = pytest.mark.filterwarnings("error")

ADAPTIVE = 1e-8
"""R's adaptive quadrature and its search for the limit."""
EXACT = 1e-10


def test_limits_of_shrunken_estimates(read_own_values: Callable[[str], Any]) -> None:
    sets = read_own_values("shrunken")["shrunken"]
    n_compared = 0
    for each in sets:
        ours = limits_over_variance(each["effects"], each["variances"], each["n"], level=each["level"])
        for name in ("low", "high"):
            assert getattr(ours, name) == pytest.approx(each[name], rel=ADAPTIVE, abs=ADAPTIVE), (each["level"], name)
            n_compared += len(each[name])
    assert n_compared == 2 * 2 * (6 + 5 + 8)


def test_limits_of_standardised_sizes(read_own_values: Callable[[str], Any]) -> None:
    groups = read_own_values("shrunken")["sizes"]
    assert [len(group["pre"]) for group in groups] == [8, 40, 150]
    for group in groups:
        ours = limits_of_sizes(group["pre"], group["post"], sign=1)
        for end in ("low", "high"):
            for size, value in group[end].items():
                assert getattr(ours, f"{size}_{end}") == pytest.approx(value, rel=EXACT), (size, end)
