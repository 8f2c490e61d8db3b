"""Means of clustered rows against R: sandwich's vcovCL; `own/clustered.R` pins the values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pipeline.stats.clustered import cluster_means

EXACT = 1e-12


def test_means_and_errors(read_own_values: Callable[[str], Any]) -> None:
    pinned = read_own_values("clustered")
    ours = cluster_means(pinned["group"], pinned["woman"], pinned["y"])
    n_compared = 0
    for name in ("mean", "se", "n_rows", "n_clusters"):
        theirs = [group[name] for group in pinned["groups"]]
        np.testing.assert_allclose(getattr(ours, name), theirs, rtol=EXACT, err_msg=name)
        n_compared += len(theirs)
    assert n_compared == 4 * 4
    assert ours.reason == ("",) * 4
