"""Waits: the share seen within so many days, at one site and over sites."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from scipy import special

from benchmarks.coverage.cells import Cell, Design, Floats, Result, covers, each_replicate, sizes
from pipeline.stats.waiting import CENSORED, LEFT, SEEN, bootstrap_sites, cumulative_incidence, share_within

SITE = "Share seen in time at a site, Aalen-Johansen, log (not printed)"
NATIONAL = "Share seen in time over sites, bootstrap of sites"
BY_ERROR = "Share seen in time at a site, Aalen-Johansen, Wilson by its error"
MEAN_DAYS, LEAVE = 42.0, 0.2
"""The mean of a normal spread of log days to being seen is that of 42 days; a fifth would leave after 10 to 200 days."""
AT = (42.0, 126.0)
_LOG_SD, _LONGEST = 0.8, 300.0
_BOOTSTRAP = 500


def cells() -> list[Cell]:
    """All cells of this part."""
    made = [Cell("waits of a site", site, 2_000, {"n": n}) for n in ("15", "30", "150")]
    made += [Cell("waits over sites", national, 2_000, {"k": k, "spread": spread}) for k in (10, 30) for spread in (0.0, 0.4)]
    return made


def draw(rng: Generator, log_shift: Floats) -> tuple[Floats, Floats]:
    """Days and what happened, one woman an entry: seen, left before, or censored at a time spread evenly up to 300 days.

    Whole days, so that many are tied. `log_shift`: how much later, as a log ratio, a woman's site sees women.
    """
    n = len(log_shift)
    seen = np.exp(np.log(MEAN_DAYS) + log_shift + _LOG_SD * rng.standard_normal(n))
    left = np.where(rng.random(n) < LEAVE, rng.uniform(10, 200, n), np.inf)
    followed = rng.uniform(30, _LONGEST, n)
    first = np.minimum(np.minimum(seen, left), followed)
    events = np.select([followed <= first, left <= first], [CENSORED, LEFT], SEEN)
    return np.ceil(first), events.astype(np.float64)


def true_share(spread: float) -> Floats:
    """The share seen by each of the days asked for, by numbers: seen at a time, and not left before it."""
    edges = np.linspace(0, max(AT), 126_001)
    sd = np.hypot(_LOG_SD, spread)
    with np.errstate(divide="ignore"):
        by = special.ndtr((np.log(edges) - np.log(MEAN_DAYS)) / sd)
    stays = 1 - LEAVE * np.clip((edges - 10) / 190, 0, 1)
    seen = np.concatenate([[0.0], np.cumsum(np.diff(by) * (stays[1:] + stays[:-1]) / 2)])
    return np.asarray(np.interp(AT, edges, seen))


def site(rng: Generator, replicates: int, *, n: str) -> list[Result]:
    """One site's limits on the log scale, and Wilson's for as many women as would give the same error, which are printed."""

    def once(draws: Generator) -> tuple[float, ...]:
        days, events = draw(draws, np.zeros(int(n)))
        found = share_within(cumulative_incidence(days, events), AT)
        other = share_within(cumulative_incidence(days, events, interval="wilson"), AT)
        return *found.low[1], *found.high[1], *other.low[1], *other.high[1]

    limits = each_replicate(rng, replicates, once)
    design, middle = Design(0, n, 0.0, "log-normal"), 2 * len(AT)
    return _results(limits[:, :middle], design, SITE, 0.0) + _results(limits[:, middle:], design, BY_ERROR, 0.0)


def national(rng: Generator, replicates: int, *, k: int, spread: float) -> list[Result]:
    """Limits by draws of whole sites, which may see women earlier or later."""
    women = sizes(k, "10 to 150")
    codes = np.repeat(np.arange(k), women)

    def once(draws: Generator) -> tuple[float, ...]:
        days, events = draw(draws, (spread * draws.standard_normal(k))[codes])
        found = bootstrap_sites(days, events, codes, at_days=AT, stream=draws, n_draws=_BOOTSTRAP)
        return *found.low[1], *found.high[1]

    return _results(each_replicate(rng, replicates, once), Design(k, "10 to 150", spread, "log-normal"), NATIONAL, spread)


def _results(limits: Floats, design: Design, what: str, spread: float) -> list[Result]:
    results = []
    for at, (days, truth) in enumerate(zip(AT, true_share(spread), strict=True)):
        own = Design(design.k, design.n, design.tau, design.shape, f"within {days / 7:g} weeks")
        results.append(own.result(what, "coverage", covers(limits[:, at], limits[:, at + len(AT)], float(truth))))
    return results
