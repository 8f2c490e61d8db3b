"""Funnels: the share of sites flagged where none is special, and whether the stated budget of false alarms is right."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from scipy import special

from benchmarks.coverage import invented
from benchmarks.coverage.cells import Cell, Design, Result, sizes
from benchmarks.coverage.pooled import MEAN, SPREAD
from benchmarks.coverage.shares import intercept_for
from pipeline.stats.arrays import IntArray
from pipeline.stats.funnel import (
    ABOVE,
    BELOW,
    FEWEST_FOR_OVER_DISPERSION,
    LEVELS,
    Funnel,
    Kind,
    Limits,
    funnel_of_means,
    funnel_of_proportions,
)
from pipeline.stats.funnel_alarms import expected_false_alarms

KINDS: tuple[Kind, ...] = ("mean", "proportion")
BUDGETED = 200
"""Funnels of a cell whose budget is reckoned: each takes a simulation of its own."""
SHARE, LOG_ODDS = 0.6, {0.0: 0.0, 1.5: 0.3, 4.5: 0.8}


def cells() -> list[Cell]:
    """All cells of this part."""
    return [
        Cell(f"funnel of {kind}s", funnel, 10_000, {"kind": kind, "k": k, "n": n, "tau": tau, "shape": shape})
        for kind in KINDS
        for k in (4, 10, 30)
        for n in ("30", SPREAD)
        for tau in (0.0, 4.5)
        for shape in (invented.SHAPES if kind == "mean" else ("counts",))
        if tau == 0 or k >= FEWEST_FOR_OVER_DISPERSION
    ]


def funnel(rng: Generator, replicates: int, *, kind: Kind, k: int, n: str, tau: float, shape: str) -> list[Result]:
    """Flags of sites of one population: base limits where sites are alike, over-dispersed ones where they are and are not.

    The budget of base limits supposes that sites are alike; that of over-dispersed ones that all are of one normal population.
    """
    drawn = _draw(rng, replicates, kind, sizes(k, n), tau, shape)
    spread = tau if kind == "mean" else LOG_ODDS[tau]
    design = Design(k, n, spread, shape)
    results = []
    stated = _stated(rng, drawn[:BUDGETED])
    for level in LEVELS:
        base, wide = (np.array([_share(getattr(each, name)[level]) for each in drawn]) for name in ("base", "over_dispersed"))
        if tau == 0:
            results.append(design.result(f"Funnel of {kind}s, {level:.1%} limits", "false_alarms", base, nominal=1 - level))
        if k >= FEWEST_FOR_OVER_DISPERSION:
            what = f"Funnel of {kind}s, over-dispersed {level:.1%} limits"
            results.append(design.result(what, "false_alarms", wide, nominal=stated[level]))
    return results


def _stated(rng: Generator, drawn: list[Funnel]) -> dict[float, float]:
    """The mean share of sites that the budgets of these funnels expect to be flagged, by level."""
    budgets = [expected_false_alarms(each, rng=rng) for each in drawn]
    return {level: float(np.mean([budget.over_dispersed[level] / budget.k for budget in budgets])) for level in LEVELS}


def _share(limits: Limits) -> float:
    return float(np.mean((limits.flag == BELOW) | (limits.flag == ABOVE)))


def _draw(rng: Generator, replicates: int, kind: Kind, women: IntArray, tau: float, shape: str) -> list[Funnel]:
    if kind == "mean":
        y, v, _ = invented.site_summaries(rng, replicates, women, tau, shape, MEAN)
        sds = np.sqrt(v * women)
        return [funnel_of_means(women, means, sd) for means, sd in zip(y, sds, strict=True)]
    spread = LOG_ODDS[tau]
    odds = intercept_for(SHARE, spread) + spread * rng.standard_normal((replicates, len(women)))
    return [funnel_of_proportions(events, women) for events in rng.binomial(women, special.expit(odds))]
