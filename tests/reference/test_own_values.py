"""Every estimator against R on data invented for it; `own/make.R` pins the values, metafor's searches told to go on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pipeline.stats.adjusted import site_intercepts
from pipeline.stats.meta import fit_random_effects, leave_one_out, shrink
from pipeline.stats.paired import describe_change, describe_groups
from pipeline.stats.proportion import wilson

Read = Callable[[str], Any]
SEARCHED = 1e-8  # metafor's steps are told to go on to 1e-10 of a squared point, its root searches to 1e-13
EXACT = 1e-11
COEFFICIENT = ("estimate", "se", "low", "high", "p_value")
SINGLE = ("tau2", "q", "q_p", "i2", "h2", "scale", "pi_low", "pi_high")


def _assert_close(ours: Any, theirs: Any, where: str, *, relative: float) -> int:
    """Compare and count; a null of R is a NaN of ours."""
    ours = np.atleast_1d(np.asarray(ours, dtype=float))
    theirs = np.atleast_1d(np.asarray(theirs, dtype=float)).reshape(ours.shape)
    np.testing.assert_allclose(ours, theirs, rtol=relative, atol=1e-13, err_msg=where)
    return int(ours.size)


def _assert_fit(case: dict[str, Any], arrays: dict[str, Any]) -> int:
    theirs, is_adhoc = case["value"], case["test"] == "adhoc"
    ours = fit_random_effects(**arrays, method=case["method"], test="knha" if is_adhoc else case["test"])
    if is_adhoc:
        limits = (ours.low_adhoc, ours.high_adhoc), (theirs["low"], theirs["high"])
        return sum(_assert_close(mine, peer, case["id"], relative=SEARCHED) for mine, peer in zip(*limits, strict=True))
    names = [name for name in SINGLE if (case["test"], name) != ("z", "scale")]
    n_compared = sum(
        _assert_close(getattr(ours, name), theirs[name], f"{case['id']} {name}", relative=SEARCHED)
        for name in (*COEFFICIENT, *names)
    )
    return n_compared + _assert_close(ours.covariance, theirs["covariance"], case["id"], relative=SEARCHED)


def test_random_effects(read_own_values: Read) -> None:
    pinned = read_own_values("meta_analysis")
    compared: Counter[str] = Counter()
    for case in pinned["fits"]:
        rows = pinned["sites"][case["data"]]
        arrays: dict[str, Any] = {"effects": [r["effect"] for r in rows], "variances": [r["variance"] for r in rows]}
        if case["moderators"]:
            arrays["moderators"] = [[row[name] for name in case["moderators"]] for row in pinned["moderators"]]
        kind, theirs = case["kind"], case["value"]
        if kind in ("rma", "metareg"):
            compared[kind] += _assert_fit(case, arrays)
            continue
        if kind == "blup":
            ours: Any = shrink(**arrays, fit=fit_random_effects(**arrays, method=case["method"]))
        else:
            ours = leave_one_out(**arrays) if kind == "leave1out" else fit_random_effects(**arrays)
        for name, value in theirs.items():
            compared[kind] += _assert_close(getattr(ours, name), value, f"{case['id']} {name}", relative=SEARCHED)
    # 6 data sets of 60 studies by 4 methods; 14 numbers a fit by Knapp-Hartung, 13 by z, 2 ad hoc limits.
    expected = {"rma": 24 * (14 + 13 + 2), "metareg": 4 * (22 + 21 + 32 + 31), "blup": 4 * 4 * 60, "confint": 6 * 2}
    assert compared == expected | {"leave1out": 10 * 58}


@pytest.mark.parametrize(("direction", "sign"), [("lower_is_better", 1), ("higher_is_better", -1)])
def test_paired_change(read_own_values: Read, direction: str, sign: int) -> None:
    pinned = read_own_values("paired")
    scores = {name: [row[name] for row in pinned["scores"]] for name in ("group", "pre", "post")}
    groups = describe_groups(scores["group"], scores["pre"], scores["post"], sign=sign)
    n_compared = 0
    for at, theirs in enumerate(pinned[direction]):
        theirs["d_pre_se"] = None if theirs["d_pre_variance"] is None else theirs.pop("d_pre_variance") ** 0.5
        theirs.pop("d_pre_variance", None)
        one = describe_change(
            [row["pre"] for row in pinned["scores"] if row["group"] == at],
            [row["post"] for row in pinned["scores"] if row["group"] == at],
            sign=sign,
        )
        for name, value in theirs.items():
            relative = 1e-9 if name in ("d_z_low", "d_z_high") else EXACT  # R's pt has some eleven digits far out
            n_compared += _assert_close(getattr(groups, name)[at], value, f"{at} {name}", relative=relative)
            assert getattr(one, name) == pytest.approx(getattr(groups, name)[at], rel=1e-14, nan_ok=True)
    assert n_compared == 8 * 17


@pytest.mark.parametrize(("model", "extra"), [("pre_alone", []), ("with_age", ["age"])])
def test_adjusted_sites(read_own_values: Read, model: str, extra: list[str]) -> None:
    pinned = read_own_values("adjusted")
    women = pinned["women"]
    codes, pre, post = ([woman[name] for woman in women] for name in ("group", "pre", "post"))
    case_mix = [[woman[name] for name in extra] for woman in women] if extra else None
    for sign in (1, -1):
        ours = site_intercepts(codes, pre, post, sign=sign, case_mix=case_mix)
        n_compared = 0
        for name, value in pinned[model].items():
            theirs = np.asarray(value) * (sign if name == "estimate" else 1)
            n_compared += _assert_close(getattr(ours, name), theirs, name, relative=1e-10)
        assert n_compared == 3 * 6 + 5


def test_wilson(read_own_values: Read) -> None:
    pinned = read_own_values("proportion")
    successes, n = ([row[name] for row in pinned["counts"]] for name in ("successes", "n"))
    n_compared = 0
    for theirs in pinned["limits"]:
        ours = wilson(successes, n, theirs["level"])
        n_compared += _assert_close(ours.low, theirs["low"], "low", relative=EXACT)
        n_compared += _assert_close(ours.high, theirs["high"], "high", relative=EXACT)
    assert n_compared == 12 * 2 * 2
