"""The XmR chart of a monthly series: centre, limits from the moving range, and which points are of special cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from pipeline.stats.arrays import FloatArray, IntArray, as_vector, require_not_infinite

MIN_POINTS = 15
MIN_SEGMENT = 12
RUN = 7  # points of a shift, and of a trend with both its ends

_LIMIT = 2.66
_SCREEN = 3.267
_ROUNDING = 1e-12
_RULES = ("outside", "trend", "two_of_three", "shift")  # where a point breaks several, the first is named

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class ControlChart:
    """One entry a month, missing months included; `kind` is "xmr" or "run", then without limits.

    `centre, low, high`: units of the series (mean and process limits of the segment; the median in a run chart). `segment`:
    from 0. `outside, trend, two_of_three, shift`: the rules that a point breaks. `rule`: the first of these in that order, empty
    where none; `direction`: 1 above or rising, -1 below or falling, 0 without a rule. `reason`: what was not done, and why.
    """

    kind: str
    centre: FloatArray
    low: FloatArray
    high: FloatArray
    segment: IntArray
    outside: Flags
    trend: Flags
    two_of_three: Flags
    shift: Flags
    rule: tuple[str, ...]
    direction: IntArray
    reason: str


def control_chart(
    values: ArrayLike,
    *,
    partitions: Sequence[int] = (),
    n_baseline: int | None = None,
    screens_outliers: bool = False,
) -> ControlChart:
    """Chart a series in order of time, one value a month, NaN where the month is missing.

    Limits: `mean +/- 2.66 mean |x_i - x_(i-1)|` over neighbouring months that both have a value. Special cause: outside a limit;
    7 points (`RUN`) on one side of the centre; 7 rising or falling, both ends counted; two of three beyond two thirds of the way
    to a limit but not past it, all three on one side. A missing month ends a run of any kind, and a point on the centre
    ends a shift. `partitions`: positions where a new process begins; each part needs 12 points (`MIN_SEGMENT`), else all
    partitions are left out, with a reason; runs do not reach across one. `n_baseline`: limits from the first months of each
    part alone. `screens_outliers`: moving ranges of 3.267 times their mean or more are left out of a second mean. Fewer than
    15 points (`MIN_POINTS`): a run chart round the median, with shift and trend alone.

    No value: NaN, no flags, a reason. ValueError: infinite values, partitions that do not rise within the series, n_baseline
    below 2. Sources: Wheeler 1993, Understanding Variation (2.66, 3.267); NHS England, Making Data Count (rules, 15, 12);
    Perla, Provost and Murray 2011, BMJ Qual Saf 20:46-51 (run chart). Agrees with R NHSRplotthedots 0.2.2 (limits to 1e-12, every
    flag; it screens outliers by default), for series without missing months: there it may stop with an error.
    """
    y = as_vector(values, "values")
    require_not_infinite(y, "values")
    starts = list(partitions)
    if any(not 0 < start < len(y) for start in starts) or any(b <= a for a, b in pairwise(starts)):
        raise ValueError("partitions must rise, and lie within the series.")
    if n_baseline is not None and n_baseline < 2:
        raise ValueError("n_baseline must be at least 2.")
    n_points = int(np.sum(~np.isnan(y)))
    is_run = n_points < MIN_POINTS
    parts = np.split(y, starts)
    is_whole = bool(starts) and (is_run or min(int(np.sum(~np.isnan(part))) for part in parts) < MIN_SEGMENT)
    parts = [y] if is_whole else parts
    described = [_describe(part, is_run=is_run, n_baseline=n_baseline, screens_outliers=screens_outliers) for part in parts]
    centre, low, high, outside, trend, two, shift, direction = (np.concatenate(c) for c in zip(*described, strict=True))
    by_point = zip(outside, trend, two, shift, strict=True)
    return ControlChart(
        kind="run" if is_run else "xmr",
        centre=centre,
        low=low,
        high=high,
        segment=np.repeat(np.arange(len(parts)), [len(part) for part in parts]),
        outside=outside,
        trend=trend,
        two_of_three=two,
        shift=shift,
        rule=tuple(next((name for name, flag in zip(_RULES, flags, strict=True) if flag), "") for flags in by_point),
        direction=direction,
        reason=_reason(n_points, is_whole=is_whole, has_limits=not np.any(np.isnan(low))),
    )


def _reason(n_points: int, *, is_whole: bool, has_limits: bool) -> str:
    reasons = []
    if n_points == 0:
        reasons.append("no values")
    elif n_points < MIN_POINTS:
        reasons.append(f"fewer than {MIN_POINTS} points: a run chart without limits")
    elif not has_limits:
        reasons.append("no two neighbouring months to take a moving range from: no limits")
    if is_whole:
        reasons.append(
            f"a part would have fewer than {MIN_SEGMENT} points, or the chart fewer than {MIN_POINTS}: not partitioned"
        )
    return "; ".join(reasons)


def _describe(
    y: FloatArray, *, is_run: bool, n_baseline: int | None, screens_outliers: bool
) -> tuple[FloatArray, FloatArray, FloatArray, Flags, Flags, Flags, Flags, IntArray]:
    """Return centre, limits, flags in the order of the rules, and directions of one part."""
    seen = y[~np.isnan(y)]
    no_flags = np.zeros(len(y), dtype=np.bool_)
    if len(seen) == 0:
        nothing = np.full(len(y), np.nan)
        return nothing, nothing, nothing, no_flags, no_flags, no_flags, no_flags, np.zeros(len(y), dtype=np.int64)
    base = y[:n_baseline]
    centre = float(np.median(seen)) if is_run else float(np.nanmean(base))
    reach = np.nan if is_run else _LIMIT * _mean_moving_range(base, screens_outliers=screens_outliers)
    distance = y - centre
    # The mean of equal numbers may differ from them by rounding error, which is no side of the centre.
    side = np.where(np.abs(distance) <= _ROUNDING * np.max(np.abs(seen)), 0.0, np.sign(distance))
    slack = _ROUNDING * np.max(np.abs(seen))
    outside = np.abs(distance) > reach + slack
    close = ~outside & (np.abs(distance) > reach * 2 / 3 + slack)
    change = np.sign(np.diff(y))
    shift = _covered(_same_sign(side, RUN), RUN, len(y))
    trend = _covered(_same_sign(change, RUN - 1), RUN, len(y))
    two = _two_of_three(close, side)
    is_high = np.nan_to_num(side) > 0
    direction = np.where(outside | two | shift, np.where(is_high, 1, -1), 0)
    direction = np.where(trend & ~outside, _slope(change, trend), direction)
    whole = np.ones(len(y))
    return centre * whole, (centre - reach) * whole, (centre + reach) * whole, outside, trend, two, shift, direction


def _mean_moving_range(y: FloatArray, *, screens_outliers: bool) -> float:
    ranges = np.abs(np.diff(y))
    ranges = ranges[~np.isnan(ranges)]
    if len(ranges) == 0:
        return float("nan")
    mean = float(np.mean(ranges))
    kept = ranges[ranges < _SCREEN * mean] if screens_outliers else ranges
    return float(np.mean(kept)) if len(kept) else mean


def _same_sign(signs: FloatArray, length: int) -> Flags:
    """Say of each window of so many signs whether all are 1, or all -1; a missing one is neither."""
    if len(signs) < length:
        return np.zeros(0, dtype=np.bool_)
    windows = sliding_window_view(signs, length)
    return np.asarray(np.all(windows == 1, axis=1) | np.all(windows == -1, axis=1))


def _covered(is_run: Flags, length: int, n: int) -> Flags:
    """Flag every point of every window that is a run."""
    flags = np.zeros(n, dtype=np.bool_)
    for start in np.flatnonzero(is_run):
        flags[start : start + length] = True
    return flags


def _two_of_three(close: Flags, side: FloatArray) -> Flags:
    flags = np.zeros(len(close), dtype=np.bool_)
    for start in np.flatnonzero(_same_sign(side, 3)):
        window = slice(start, start + 3)
        if np.sum(close[window]) >= 2:
            flags[window] |= close[window]
    return flags


def _slope(change: FloatArray, trend: Flags) -> IntArray:
    """Return the sign of the step out of each point of a trend, or into it where it is the last."""
    after, before = np.append(change, np.nan), np.append(np.nan, change)
    is_last = ~np.append(trend[1:], False)
    return np.asarray(np.nan_to_num(np.where(is_last, before, after)), dtype=np.int64)
