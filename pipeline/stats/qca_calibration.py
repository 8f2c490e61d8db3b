"""Calibration for Qualitative Comparative Analysis: how far each case is a member of a set, from its raw value."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import ArrayLike

from pipeline.stats.arrays import FloatArray, IntArray, as_vector, require_finite

Anchors = tuple[float, float, float]
_AT_THE_ENDS = 1e-4  # the peer's: a membership nearer than this to 0 or 1 is 0 or 1


def calibrate_direct(
    values: ArrayLike, anchors: Sequence[float], *, membership_at_anchor: float = 0.95, allow_half: bool = False
) -> FloatArray:
    """Return fuzzy memberships in [0, 1] of `values` by Ragin's direct method.

    `values` x: one a case, in any unit. `anchors`: (out, cross, in), in the unit of x: the points of full
    non-membership, of greatest ambiguity and of full membership; rising where more of x means more of the set, falling
    where less does. With `g = membership_at_anchor` and a the anchor on x's side of `cross` c, the membership is
    `1/(1 + exp(-L))` with `L = +/- log(g/(1 - g)) (x - c)/(a - c)`, + on the side of `in`: so 1 - g at `out`, 0.5 at
    `cross` and g at `in`. Below 0.0001 it is 0, above 0.9999 it is 1, as in the peer.

    A membership of exactly 0.5 puts a case in no row of a truth table: it is an error unless `allow_half` declares it.
    ValueError: that, a missing or infinite value, anchors that neither rise nor fall, g outside 0.5 to 1. Source: Ragin
    2008, Redesigning Social Inquiry, chapter 5; Dusa 2019, QCA with R, chapter 4. Agrees with R QCA 3.25.1
    `calibrate(type = "fuzzy", method = "direct", logistic = TRUE)` to 1e-14.
    """
    x = as_vector(values, "values")
    require_finite(x, "values")
    out, cross, inside = require_anchors(anchors)
    if not 0.5 < membership_at_anchor < 1:
        raise ValueError(f"membership_at_anchor must lie between 0.5 and 1, not {membership_at_anchor!r}.")
    is_towards_in = (x > cross) == (inside > cross)
    distance = np.where(is_towards_in, inside - cross, cross - out)
    odds = np.log(membership_at_anchor / (1 - membership_at_anchor)) * (x - cross) / distance
    memberships = np.asarray(1 / (1 + np.exp(-np.clip(odds, -700, 700))), dtype=np.float64)
    memberships[memberships < _AT_THE_ENDS] = 0.0
    memberships[memberships > 1 - _AT_THE_ENDS] = 1.0
    if not allow_half:
        require_no_half(memberships, "values")
    return memberships


def calibrate_crisp(values: ArrayLike, thresholds: Sequence[float]) -> IntArray:
    """Return whole numbers from 0: how many of the rising `thresholds` each value has reached.

    `values`: one a case; one threshold gives 0 and 1 (at or above it), t of them give 0 to t. ValueError: a missing or
    infinite value or threshold, thresholds that do not rise, one outside the range of the values. Source: Dusa 2019, QCA
    with R, chapter 4. The same as R QCA 3.25.1 `calibrate(type = "crisp")`.
    """
    x, cuts = as_vector(values, "values"), as_vector(thresholds, "thresholds")
    require_finite(x, "values")
    require_finite(cuts, "thresholds")
    if len(x) == 0 or len(cuts) == 0 or np.any(np.diff(cuts) <= 0):
        raise ValueError("Give at least one value and at least one threshold; thresholds must rise.")
    if cuts[0] < np.min(x) or cuts[-1] > np.max(x):
        raise ValueError("A threshold lies outside the range of the values.")
    return np.searchsorted(cuts, x, side="right").astype(np.int64)


def require_anchors(anchors: Sequence[float]) -> Anchors:
    """Return (out, cross, in); ValueError unless they are three finite numbers that strictly rise or strictly fall."""
    three = as_vector(anchors, "anchors")
    if len(three) != 3 or not np.all(np.isfinite(three)) or abs(int(np.sum(np.sign(np.diff(three))))) != 2:
        raise ValueError("anchors must be three numbers (out, cross, in) that strictly rise or strictly fall.")
    return float(three[0]), float(three[1]), float(three[2])


def require_no_half(memberships: FloatArray, name: str) -> None:
    """Raise ValueError where a membership is exactly 0.5, neither in nor out; says how many, never which case."""
    n_half = int(np.sum(memberships == 0.5))
    if n_half:
        raise ValueError(f"{name}: {n_half} with a membership of exactly 0.5, neither in nor out; move an anchor or allow it.")


def shift_anchors(anchors: Sequence[float], shifts: Sequence[float] = (-0.1, 0.0, 0.1)) -> tuple[Anchors, ...]:
    """Return every combination of the three `anchors` moved by `shifts`, as shares of the distance from out to in.

    The anchors as given come first. Combinations that no longer strictly rise or fall are left out. ValueError: as
    `require_anchors`.
    """
    given = require_anchors(anchors)
    span = given[2] - given[0]
    moved = [(given[0] + a * span, given[1] + b * span, given[2] + c * span) for a, b, c in product(shifts, repeat=3)]
    in_order = [three for three in moved if np.all(np.diff(three) * np.sign(span) > 0)]
    return tuple(dict.fromkeys([given, *in_order]))
