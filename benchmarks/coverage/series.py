"""Monthly series: a break that is not there, by AR(1) errors and by Newey and West's; and control charts of chance alone."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from benchmarks.coverage.cells import Cell, Design, Floats, Result, each_replicate
from pipeline.stats.control_chart import control_chart
from pipeline.stats.interrupted import Change, interrupted_series

LEVEL, SLOPE = "Break in level, AR(1)", "Break in slope, AR(1)"
WAYS = ("", ", over phi (printed)", ": Newey-West (sensitivity)")
RATE, SD = 10.0, 1.0
"""Bed days a day, and the SD of a month's error."""
PHIS = (0.0, 0.3, 0.6)


def cells() -> list[Cell]:
    """All cells of this part."""
    made = [Cell("series", series, 2_000, {"months": m, "phi": phi}) for m in (48, 72) for phi in PHIS]
    made += [Cell("control chart", chart, 2_000, {"months": months}) for months in (24, 36)]
    return made


def series(rng: Generator, replicates: int, *, months: int, phi: float) -> list[Result]:
    """As many months before go-live as after, with a trend and a yearly wave, and errors of which each remembers the last."""
    t = np.arange(months)
    line = RATE + 0.02 * t + 0.5 * np.sin(2 * np.pi * t / 12)
    days = np.full(months, 30.0)

    def once(draws: Generator) -> tuple[float, ...]:
        rate = np.maximum(line + remembering(draws, months, phi), 0)
        found = interrupted_series(np.rint(rate * days), days, go_live=months // 2)
        return *_rejects(found.level), *_rejects(found.slope)

    found = each_replicate(rng, replicates, once).T
    design = Design(0, f"{months} months", phi, "normal", "tau: phi")
    names = [f"{name}{way}" for name in (LEVEL, SLOPE) for way in WAYS]
    return [design.result(what, "false_positives", each, nominal=0.05) for what, each in zip(names, found, strict=True)]


def remembering(rng: Generator, months: int, phi: float) -> Floats:
    """Errors of SD 1 whose correlation with the month before is phi."""
    shocks = SD * rng.standard_normal(months)
    for month in range(1, months):
        shocks[month] = phi * shocks[month - 1] + np.sqrt(1 - phi**2) * shocks[month]
    return shocks


def _rejects(change: Change | None) -> tuple[float, ...]:
    """Whether the interval at one phi, that over phi and that of the sensitivity leave 0 out; NaN without a test."""
    if change is None:
        return (np.nan,) * len(WAYS)
    limits = (
        (change.low, change.high),
        (change.low_over_phi, change.high_over_phi),
        (change.low_newey_west, change.high_newey_west),
    )
    return tuple(float(low > 0 or high < 0) for low, high in limits)


def chart(rng: Generator, replicates: int, *, months: int) -> list[Result]:
    """The share of months marked, and of charts with any mark, where nothing happens but chance."""

    def once(draws: Generator) -> tuple[float, ...]:
        marked = np.array(control_chart(100 + 10 * draws.standard_normal(months)).rule) != ""
        return float(np.mean(marked)), float(np.any(marked))

    by_month, by_chart = each_replicate(rng, replicates, once).T
    design = Design(0, f"{months} months", 0.0)
    return [
        design.result("Control chart: months marked", "false_alarms", by_month, nominal=0.0),
        design.result("Control chart: charts with a mark", "false_alarms", by_chart, nominal=0.0),
    ]
