"""Small sites with the spread of all against R: lm's residual error and its limits; `own/small_sites.R` pins the values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pipeline.stats.small_sites import pool_small_sites

EXACT = 1e-12


def test_errors_and_limits(read_own_values: Callable[[str], Any]) -> None:
    pinned = read_own_values("small_sites")
    sites = pinned["sites"]
    sd = [np.nan if site["sd"] is None else site["sd"] for site in sites]
    ours = pool_small_sites([site["n"] for site in sites], [site["mean"] for site in sites], sd)
    assert (ours.pooled_sd, ours.pooled_df) == (pytest.approx(pinned["pooled_sd"], rel=EXACT), pinned["pooled_df"])
    n_compared = 0
    for name in ("se", "df", "low", "high", "is_pooled"):
        theirs = [site[name] for site in sites]
        np.testing.assert_allclose(getattr(ours, name).astype(float), np.array(theirs, dtype=float), rtol=EXACT, err_msg=name)
        n_compared += len(theirs)
    assert n_compared == 9 * 5
    assert ours.reason == ("",) * 9
