"""Women without a second score: what complete pairs and multiple imputation say of all women due."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from scipy import special, stats

from benchmarks.coverage import invented
from benchmarks.coverage.cells import Cell, Design, Flags, Floats, Result, covers, each_replicate, sizes
from benchmarks.coverage.pooled import MEAN
from pipeline.stats.arrays import IntArray
from pipeline.stats.completed import PooledSites, complete_sites, pool_imputed_sites
from pipeline.stats.imputation import impute_last_scores
from pipeline.stats.meta_batch import pool_many
from pipeline.stats.paired import PairedChanges, describe_groups
from pipeline.stats.rubin import Pooled, number_of_imputations, pool_rubin

MECHANISMS = ("MAR", "MNAR")
DELTA = 6.0
"""Points by which a missing improvement is lower than that of a similar woman, where missing is not at random."""
FEWEST = 10
"""Pairs of a site that is pooled."""
ODDS, BY_SD, BY_SITE = -0.6, 0.8, 0.5
SITE_GRID = stats.norm.ppf((np.arange(200) + 0.5) / 200)
COMPLETE, IMPUTED = "complete pairs", "imputed"


def cells() -> list[Cell]:
    """All cells of this part."""
    return [
        Cell("missing", missing, 2_000, {"k": k, "n": n, "tau": tau, "shape": shape, "mechanism": mechanism})
        for mechanism in MECHANISMS
        for k in (4, 10, 30)
        for n in ("30", "25 to 150")
        for tau in (0.0, 4.5)
        for shape in (invented.SHAPES if (n, tau) == ("30", 4.5) else ("normal",))
    ]


def missing(rng: Generator, replicates: int, *, k: int, n: str, tau: float, shape: str, mechanism: str) -> list[Result]:
    """Bias and coverage at the pooled mean over sites and at a site, of complete pairs and of completed data.

    A second score is likelier missing the higher the first one (MAR), and at some sites more than at others; about four in
    ten are. Under MNAR those missing improved by `DELTA` points less than others with their first score. The truth is the mean of
    all women due.
    """
    women = sizes(k, n)
    codes = np.repeat(np.arange(k), women)

    grid = grid_of_severity(shape)
    shift = DELTA if mechanism == "MNAR" else 0.0
    loss_overall = shift * expected_share(grid, SITE_GRID)

    def once(draws: Generator) -> tuple[float, ...]:
        true, by_site = MEAN + tau * draws.standard_normal(k), draws.standard_normal(k)
        pre, post = invented.pairs(draws, shape, len(codes), true[codes])
        severity = (pre - invented.MEAN_PRE) / invented.SD_PRE
        is_missing = draws.random(len(codes)) < special.expit(ODDS + BY_SD * severity + BY_SITE * by_site[codes])
        seen = np.where(is_missing, np.nan, np.rint(post))  # what is missing, and lower by `shift`, is never seen
        truths = MEAN - loss_overall, true[0] - shift * expected_share(grid, by_site[:1])
        return _judge(draws, codes, np.rint(pre), seen, truths)

    found = each_replicate(rng, replicates, once).T
    design = Design(k, n, tau, shape, mechanism)
    results = []
    for at, place in enumerate(("Pooled mean", "Site mean")):
        for way, name in enumerate((COMPLETE, IMPUTED)):
            error, inside = found[4 * at + 2 * way], found[4 * at + 2 * way + 1]
            results.append(design.result(f"{place} of all women due, {name}", "bias", error, nominal=0.0))
            results.append(design.result(f"{place} of all women due, {name}", "coverage", inside))
    return results


def grid_of_severity(shape: str) -> Floats:
    """First scores in SDs from their mean, at 1,000 equal steps of probability."""
    steps = (np.arange(1000) + 0.5) / 1000
    return np.asarray(stats.norm.ppf(steps) if shape == "normal" else invented.standardised_gamma(steps))


def expected_share(severity: Floats, by_site: Floats) -> float:
    """The mean chance of a missing second score."""
    return float(np.mean(special.expit(ODDS + BY_SD * severity[:, None] + BY_SITE * by_site)))


def _judge(draws: Generator, codes: IntArray, pre: Floats, seen: Floats, truths: tuple[float, float]) -> tuple[float, ...]:
    """Error and coverage: pooled mean by complete pairs, by imputation; the first site's mean by both. NaN where not computed."""
    described = describe_groups(codes, pre, seen, sign=1)
    is_pooled = described.n >= FEWEST
    nothing = (np.nan, np.nan)
    pooled = _pooled(described, is_pooled, truths[0]) if is_pooled.sum() >= 2 else nothing
    site = _error_and_hit(described.mean_improvement[0], described.low[0], described.high[0], truths[1])
    m = number_of_imputations(100 * float(np.mean(np.isnan(seen))))
    made = impute_last_scores(codes, pre, seen, m=m, stream=draws)
    completed = complete_sites(codes, pre - seen, rows=made.rows, imputed=pre[made.rows] - made.values)
    whole = pool_imputed_sites(completed, is_pooled=is_pooled) if is_pooled.sum() >= 2 else None
    overall = nothing if whole is None else _of_pooled(whole, 0, truths[0])
    means, errors = completed.shifted(0.0)
    one = pool_rubin(means[:, 0], errors[:, 0], df_complete=max(completed.n[0] - 1.0, 1e-9))
    own = nothing if 0 in made.left_sites else _of_pooled(one, 0, truths[1])
    return *pooled, *overall, *site, *own


def _pooled(described: PairedChanges, is_pooled: Flags, truth: float) -> tuple[float, float]:
    """The ad hoc interval over the sites with enough pairs."""
    fit = pool_many(described.mean_improvement[None, is_pooled], described.se[None, is_pooled] ** 2)
    half = special.stdtrit(int(is_pooled.sum()) - 1, 0.975) * np.sqrt(fit.variance_adhoc[0])
    return _error_and_hit(fit.estimate[0], fit.estimate[0] - half, fit.estimate[0] + half, truth)


def _of_pooled(found: Pooled | PooledSites, at: int, truth: float) -> tuple[float, float]:
    estimate, low, high = (float(np.ravel(each)[at]) for each in (found.estimate, found.low, found.high))
    return _error_and_hit(estimate, low, high, truth)


def _error_and_hit(estimate: float, low: float, high: float, truth: float) -> tuple[float, float]:
    return float(estimate - truth), float(covers(np.asarray(low), np.asarray(high), truth))
