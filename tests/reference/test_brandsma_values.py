"""Change in 216 Dutch schools (Brandsma and Knuver 1989, in R's mice): by school, pooled, shrunken and overall."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pipeline.stats.meta import fit_random_effects, shrink
from pipeline.stats.paired import PairedChanges, describe_change, describe_groups

EXACT = 1e-12
ROOT_STOPS = np.finfo(float).eps ** 0.25  # metafor's PM and Q-profile searches stop once the root is known to this
NAMES = {"n_paired": "n"}


@pytest.fixture
def values(read_shared_values: Callable[[str], Any]) -> Any:
    return read_shared_values("brandsma")


@pytest.fixture
def pupils(read_shared_data: Callable[[str], list[dict[str, str]]]) -> tuple[list[str], np.ndarray, np.ndarray]:
    rows = read_shared_data("brandsma.csv")
    pre, post = (np.array([float(row[name]) if row[name] else math.nan for row in rows]) for name in ("pre", "post"))
    return [row["site_id"] for row in rows], pre, post


@pytest.fixture
def schools(values: Any, pupils: tuple[list[str], np.ndarray, np.ndarray]) -> tuple[list[str], PairedChanges]:
    site_ids, pre, post = pupils
    names = sorted(set(site_ids))
    codes = [names.index(site_id) for site_id in site_ids]
    return names, describe_groups(codes, pre, post, sign=values["direction"], n_groups=len(names))


def _effects(values: Any, schools: tuple[list[str], PairedChanges]) -> tuple[np.ndarray, np.ndarray]:
    names, change = schools
    pooled = [names.index(row["site_id"]) for row in values["shrunken"]]
    assert np.all(change.n[pooled] >= values["min_pairs"])
    return change.mean_improvement[pooled], change.se[pooled] ** 2


def test_schools(values: Any, schools: tuple[list[str], PairedChanges]) -> None:
    names, change = schools
    n_compared = 0
    for row in values["sites"]:
        at = names.index(row.pop("site_id"))
        for name, theirs in row.items():
            assert getattr(change, NAMES.get(name, name))[at] == pytest.approx(theirs, rel=EXACT), (at, name)
            n_compared += 1
    assert n_compared == 197 * 11
    assert int(np.sum(change.n > 0)) == 197
    assert all(reason == "no pairs" for reason, n in zip(change.reason, change.n, strict=True) if n == 0)


@pytest.mark.parametrize(
    ("method", "test", "tolerance"),
    [("REML", "knha", 1e-9), ("DL", "knha", 1e-9), ("PM", "knha", None), ("REML", "z", 1e-9)],
)
def test_pooled(values: Any, schools: tuple[list[str], PairedChanges], method: Any, test: Any, tolerance: float | None) -> None:
    theirs = next(row for row in values["pooled"] if (row["method"], row["test"]) == (method, test))
    effects, variances = _effects(values, schools)
    fit = fit_random_effects(effects, variances, method=method, test=test)
    if tolerance is None:  # metafor stopped short of the PM root: the rest is compared at its own tau2
        assert fit.tau2 == pytest.approx(theirs["tau2"], abs=ROOT_STOPS)
        fit = fit_random_effects(effects, variances, method=method, test=test, tau2=theirs["tau2"])
    assert (fit.k, fit.q_df) == (theirs["k"], theirs["k"] - 1)
    for name in ("estimate", "se", "low", "high"):
        assert getattr(fit, name)[0] == pytest.approx(theirs[name], rel=1e-9)
    for name in ("tau2", "i2", "h2", "q", "q_p", "pi_low", "pi_high"):
        assert getattr(fit, name) == pytest.approx(theirs[name], rel=1e-9)
    assert [fit.tau2_low, fit.tau2_high] == pytest.approx([theirs["tau2_low"], theirs["tau2_high"]], abs=ROOT_STOPS)
    assert len(values["pooled"]) == 4


def test_shrunken(values: Any, schools: tuple[list[str], PairedChanges]) -> None:
    effects, variances = _effects(values, schools)
    ours = shrink(effects, variances, fit_random_effects(effects, variances))
    for at, row in enumerate(values["shrunken"]):
        for name in ("estimate", "se", "low", "high"):
            assert getattr(ours, name)[at] == pytest.approx(row[name], rel=1e-8), (row["site_id"], name)
    assert len(values["shrunken"]) == len(ours.estimate) == 196


def test_overall(values: Any, pupils: tuple[list[str], np.ndarray, np.ndarray]) -> None:
    _, pre, post = pupils
    ours = describe_change(pre, post, sign=values["direction"])
    for name, theirs in values["overall"].items():
        assert getattr(ours, name) == pytest.approx(theirs, rel=EXACT), name
    assert len(values["overall"]) == 6
