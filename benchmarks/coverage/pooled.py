"""Many sites: the pooled mean, the spread between sites, a new site, shrunken and adjusted site effects, one model over all."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from scipy import special

from benchmarks.coverage import invented
from benchmarks.coverage.cells import Cell, Design, Floats, Result, covers, each_replicate, sizes
from pipeline.stages.compare_pool import FEW, MOVED
from pipeline.stats.adjusted import site_intercepts
from pipeline.stats.arrays import FloatArray, IntArray
from pipeline.stats.meta_batch import PooledMany, pool_many
from pipeline.stats.mixed import fit_random_intercept
from pipeline.stats.shrunken_limits import share_below
from pipeline.stats.variance_between import excess_over_chance

SITES, FEWEST_PRINTED = (4, 10, 30), 5
SPREAD = "10 to 150"
PLAIN, ADHOC = "Pooled mean, Knapp-Hartung", "Pooled mean, Knapp-Hartung ad hoc, own variances"
PRINTED = "Pooled mean, Knapp-Hartung ad hoc (printed)"
COMMON = "Pooled mean, ad hoc, one variance within all sites (candidate)"
NORMAL = "Pooled mean, normal (sensitivity)"
AHEAD, AHEAD_LESS = "A new site, prediction interval (printed)", "A new site, prediction interval by t(k - 2)"
BETWEEN = "Variance between sites, Q-profile"
SHRUNKEN, KNOWN = "Shrunken site effects (printed)", "Shrunken site effects, both variances as known"
WIDEST = f"{SHRUNKEN}: sites most spread out"
MATCHED = "Variance between sites, moments matched (printed)"
ONE, ADJUSTED = "One model over all women", "Adjusted site effects"
MEAN = 10.0
ONE_SIDED = 0.975
"""How often limits hold a variance of 0: never above it, since limits below 0 are 0."""
_CHUNK = 500


def cells() -> list[Cell]:
    """All cells of this part."""
    made = [
        Cell("pool", pool, 10_000, {"k": k, "n": n, "tau": tau, "shape": shape})
        for k in sorted((*SITES, FEWEST_PRINTED))
        for n in ("10", "30", "150", SPREAD)
        for tau in invented.TAUS
        for shape in (*invented.SHAPES, *([invented.UNLIKE] if n in ("10", SPREAD) else []))
    ]
    for k in SITES:
        for tau in (0.0, 4.5):
            made.append(Cell("adjusted", adjusted, 4_000, {"k": k, "n": "8 to 150", "tau": tau}))
        for n in ("15", SPREAD):
            for tau in invented.TAUS:
                made.append(Cell("one model", one_model, 2_000, {"k": k, "n": n, "tau": tau, "shape": "normal"}))
        made.append(Cell("one model", one_model, 2_000, {"k": k, "n": SPREAD, "tau": 1.5, "shape": "skewed"}))
    return made


def pool(rng: Generator, replicates: int, *, k: int, n: str, tau: float, shape: str) -> list[Result]:
    """Every interval that follows from site means and their errors."""
    y, v, true = invented.site_summaries(rng, replicates, sizes(k, n), tau, shape, MEAN)
    fit = pool_many(y, v)
    t = float(special.stdtrit(k - 1, 0.975))
    normal = special.ndtri(0.975) * np.sqrt(1 / np.sum(1 / (v + fit.tau2[:, None]), axis=1))
    design = Design(k, n, tau, shape)
    halves = {PLAIN: t * np.sqrt(fit.variance), ADHOC: t * np.sqrt(fit.variance_adhoc), NORMAL: normal}
    results = [
        design.result(what, "coverage", covers(fit.estimate - half, fit.estimate + half, MEAN)) for what, half in halves.items()
    ]
    alike = common_variances(v, sizes(k, n))
    one = pool_many(y, alike)
    half = t * np.sqrt(one.variance_adhoc)
    results.append(design.result(COMMON, "coverage", covers(one.estimate - half, one.estimate + half, MEAN)))
    is_moved = np.abs(fit.estimate - one.estimate) > MOVED * halves[ADHOC]
    half, estimate = np.where(is_moved, half, halves[ADHOC]), np.where(is_moved, one.estimate, fit.estimate)
    results.append(design.result(PRINTED, "coverage", covers(estimate - half, estimate + half, MEAN)))
    results.append(design.result(f"{PRINTED}: how often on one variance", "verdict", is_moved, nominal=np.nan))
    results.append(design.result(PRINTED, "bias", estimate - MEAN, nominal=0.0))
    results.append(design.result(ADHOC, "bias", fit.estimate - MEAN, nominal=0.0))
    results.append(design.result(COMMON, "bias", one.estimate - MEAN, nominal=0.0))
    results.append(design.result(AHEAD, "coverage", holds_new_site(fit, k - 1, tau)))
    results.append(design.result(AHEAD_LESS, "coverage", holds_new_site(fit, k - 2, tau)))
    nominal = 0.95 if tau > 0 else ONE_SIDED
    results.append(design.result(BETWEEN, "coverage", profile_holds(y, v, tau), nominal=nominal))
    results.append(design.result(MATCHED, "coverage", matched_holds(y, v, sizes(k, n), tau), nominal=nominal))
    told_apart = np.where(is_moved, one.tau2, fit.tau2) > 0
    inside = [covers(*shrunken_limits(each, y, errors), true) for each, errors in ((fit, v), (one, alike))]
    known = np.where(is_moved[:, None], inside[1], inside[0])
    results.append(design.result(KNOWN, "coverage", np.where(told_apart, known.mean(axis=1), np.nan)))
    held = shrunken_held(y, np.where(is_moved[:, None], alike, v), sizes(k, n), true)
    held = np.maximum(held, known) if k < FEW else held
    results.append(design.result(SHRUNKEN, "coverage", np.where(told_apart, held.mean(axis=1), np.nan)))
    if shape == invented.UNLIKE:
        widest = held[:, invented.spreads(k) == max(invented.SPREADS)].mean(axis=1)
        results.append(design.result(WIDEST, "coverage", np.where(told_apart, widest, np.nan)))
    return results


def shrunken_held(y: FloatArray, v: FloatArray, n: IntArray, true: FloatArray) -> Floats:
    """Whether the limits of `limits_over_variance` hold each site's truth: where as much lies below it as between their tails."""
    women = n.astype(np.float64)
    parts = [slice(start, start + _CHUNK) for start in range(0, len(y), _CHUNK)]
    below = np.concatenate([share_below(y[part], v[part], women, true[part]) for part in parts])
    return np.where((below >= 0.025) & (below <= 0.975), 1.0, 0.0)


def common_variances(v: FloatArray, n: IntArray) -> FloatArray:
    """Squared errors were the variance within all sites the same: pooled by degrees of freedom, over each site's women."""
    within = np.sum(v * n * (n - 1), axis=1) / np.sum(n - 1)
    return np.asarray(within[:, None] / n)


def holds_new_site(fit: PooledMany, df: int, tau: float) -> Floats:
    """The chance, a replicate, that a new site's true mean lies within `estimate +/- t(df) sqrt(variance + tau2)`."""
    half = float(special.stdtrit(df, 0.975)) * np.sqrt(fit.variance + fit.tau2)
    low, high = fit.estimate - half - MEAN, fit.estimate + half - MEAN
    if tau == 0:
        return covers(low, high, 0.0)
    return np.asarray(special.ndtr(high / tau) - special.ndtr(low / tau))


def profile_holds(y: FloatArray, v: FloatArray, tau: float) -> Floats:
    """Whether the Q-profile interval holds tau^2: where Q at tau^2 lies between the quantiles whose roots are its limits.

    As limits below 0 are 0, a tau of 0 is held unless Q lies above the upper one.
    """
    weights = 1 / (v + tau**2)
    centre = np.sum(weights * y, axis=1, keepdims=True) / np.sum(weights, axis=1, keepdims=True)
    q = np.sum(weights * (y - centre) ** 2, axis=1)
    lower, upper = (special.chdtri(y.shape[1] - 1, tail) for tail in (0.975, 0.025))
    return np.where((q <= upper) & ((q >= lower) | (tau == 0)), 1.0, 0.0)


def matched_holds(y: FloatArray, v: FloatArray, n: IntArray, tau: float) -> Floats:
    """The same of `limits_of_variance`, which are where its statistic passes a quantile."""
    women = n.astype(np.float64)
    above, below = (excess_over_chance(y, v, women, tau**2, share) > 0 for share in (0.975, 0.025))
    return np.where(~above & (below | (tau == 0)), 1.0, 0.0)


def shrunken_limits(fit: PooledMany, y: FloatArray, v: FloatArray) -> tuple[Floats, Floats]:
    """The limits of `meta.shrink`, for many sets of sites at once."""
    weight = fit.tau2[:, None] / (fit.tau2[:, None] + v)
    estimate = weight * y + (1 - weight) * fit.estimate[:, None]
    half = special.stdtrit(y.shape[1] - 1, 0.975) * np.sqrt(weight * v + (1 - weight) ** 2 * fit.variance[:, None])
    return estimate - half, estimate + half


def _women(rng: Generator, n: Floats, tau: float, shape: str) -> tuple[Floats, ...]:
    """Site codes, first and last scores of one replicate, and each site's true effect."""
    true = MEAN + tau * rng.standard_normal(len(n))
    codes = np.repeat(np.arange(len(n)), n.astype(np.int64))
    pre, post = invented.pairs(rng, shape, len(codes), true[codes])
    return codes.astype(np.float64), np.rint(pre), np.rint(post), true


def one_model(rng: Generator, replicates: int, *, k: int, n: str, tau: float, shape: str) -> list[Result]:
    """The random-intercept model's mean, by Satterthwaite's degrees of freedom."""
    women = sizes(k, n).astype(np.float64)

    def once(stream: Generator) -> tuple[float, ...]:
        codes, pre, post, _ = _women(stream, women, tau, shape)
        found = fit_random_intercept(codes, pre - post)
        return float(found.low[0]), float(found.high[0]), float(found.is_singular)

    low, high, singular = each_replicate(rng, replicates, once).T
    design = Design(k, n, tau, shape)
    results = [design.result(ONE, "coverage", covers(low, high, MEAN))]
    if tau > 0:
        results.append(design.result(f"{ONE}: fits without variance between sites", "verdict", singular, nominal=0.0))
    return results


def adjusted(rng: Generator, replicates: int, *, k: int, n: str, tau: float) -> list[Result]:
    """Each site's improvement at the same first score, where the sites' first scores differ by an SD of 5 points.

    The truth is the site's effect at the grand mean of first scores, which the interval takes as fixed.
    """
    women = sizes(k, n)
    codes = np.repeat(np.arange(k), women)

    def once(stream: Generator) -> tuple[float, ...]:
        true = MEAN + tau * stream.standard_normal(k)
        severity = 5.0 * stream.standard_normal(k)
        first = invented.SD_PRE * stream.standard_normal(len(codes)) + severity[codes]
        gain = true[codes] + invented.SLOPE * first + invented.SD_REST * stream.standard_normal(len(codes))
        pre, post = np.rint(invented.MEAN_PRE + first), np.rint(invented.MEAN_PRE + first - gain)
        found = site_intercepts(codes, pre, post, sign=1)
        half = special.stdtrit(found.df, 0.975) * found.se
        at_mean = true + invented.SLOPE * (found.mean_pre - invented.MEAN_PRE)
        return tuple(covers(found.estimate - half, found.estimate + half, at_mean))

    inside = each_replicate(rng, replicates, once)
    design = Design(k, n, tau, "normal", "severity differs")
    return [
        design.result(ADJUSTED, "coverage", inside.mean(axis=1)),
        design.result(f"{ADJUSTED}: smallest site (8)", "coverage", inside[:, 0]),
    ]
