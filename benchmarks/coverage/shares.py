"""Shares over sites that differ: the national share of a class, and shares of people who come in groups."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from scipy import optimize, special

from benchmarks.coverage.cells import Cell, Design, Result, covers, each_replicate, sizes
from pipeline.stats.arrays import IntArray
from pipeline.stats.logistic import share_of_sites
from pipeline.stats.proportion import share_over_groups, wilson

NATIONAL, GROUPS = "National share, random-intercept logistic", "Share over groups, ratio to size"
WIDER = "National share, random-intercept logistic, wider (printed)"
UNGROUPED = "Share over sites, Wilson (never printed)"
TAUS = (0.0, 0.3, 0.8)
"""SD of the sites' log odds."""
SHARES = (0.15, 0.6)
_GRID = np.linspace(-8, 8, 1601)


def cells() -> list[Cell]:
    """All cells of this part."""
    made = []
    for k in (4, 10, 30):
        for tau in TAUS:
            for share in SHARES:
                design = {"k": k, "n": "10 to 150", "tau": tau, "share": share}
                made.append(Cell("national share", national, 2_000, design))
                made.append(Cell("share over groups", groups, 10_000, design))
    return made


def intercept_for(share: float, tau: float) -> float:
    """The log odds of the middle site at which the mean share over sites is `share`."""
    bell = np.exp(-(_GRID**2) / 2)
    bell = bell / bell.sum()
    return float(optimize.brentq(lambda b: bell @ special.expit(b + tau * _GRID) - share, -10, 10))


def _draw(rng: Generator, shape: tuple[int, ...], n: IntArray, tau: float, intercept: float) -> IntArray:
    return np.asarray(rng.binomial(n, special.expit(intercept + tau * rng.standard_normal(shape))))


def national(rng: Generator, replicates: int, *, k: int, n: str, tau: float, share: float) -> list[Result]:
    """The share averaged over the sites' distribution."""
    women, intercept = sizes(k, n), intercept_for(share, tau)

    def once(draws: Generator) -> tuple[float, ...]:
        found = share_of_sites(_draw(draws, (k,), women, tau, intercept), women)
        return found.low, found.high, found.low_wider, found.high_wider

    low, high, low_wider, high_wider = each_replicate(rng, replicates, once).T
    design, limits = Design(k, n, tau, "counts", f"share {share}"), {NATIONAL: (low, high), WIDER: (low_wider, high_wider)}
    return [design.result(what, "coverage", covers(*ends, share)) for what, ends in limits.items()]


def groups(rng: Generator, replicates: int, *, k: int, n: str, tau: float, share: float) -> list[Result]:
    """All events over all people, beside an interval that overlooks that sites differ."""
    women, intercept = sizes(k, n), intercept_for(share, tau)
    events = _draw(rng, (replicates, k), women, tau, intercept)
    found = [share_over_groups(each, women) for each in events]
    low, high = (np.array([getattr(each, end)[0] for each in found]) for end in ("low", "high"))
    naive = wilson(events.sum(axis=1), np.full(replicates, women.sum()))
    design = Design(k, n, tau, "counts", f"share {share}")
    return [
        design.result(GROUPS, "coverage", covers(low, high, share)),
        design.result(UNGROUPED, "coverage", covers(naive.low, naive.high, share)),
    ]
