"""One group of women: the mean improvement, standardised sizes, ranks, and shares."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from scipy import special, stats

from benchmarks.coverage import invented
from benchmarks.coverage.cells import Cell, Design, Floats, Result, covers, each_replicate
from pipeline.stats.balance import standardised_differences
from pipeline.stats.paired import PairedChanges, describe_groups
from pipeline.stats.proportion import wilson
from pipeline.stats.resampling import resample_d_av
from pipeline.stats.signed_rank import signed_rank
from pipeline.stats.small_sites import pool_small_sites
from pipeline.stats.standardised import SIZES as SIZES_OF_CHANGE
from pipeline.stats.standardised import jackknife_sizes
from pipeline.stats.streams import stream

SIZES = (8, 15, 30, 75, 150)
EFFECTS = (0.0, 10.0, 20.0)
"""True mean improvement in points; d_pre of 0, 0.7 and 1.4."""
CLOSED, ITERATED = 10_000, 2_000
T, D_Z, D_AV, D_PRE = "Site mean, t", "d_z, noncentral t", "d_av, bootstrap", "d_pre, normal (Becker)"
D_PRE_T = "d_pre, t (Bonett; not printed)"
"""Variance `(SD_D^2/SD_pre^2 + d^2/2)/(n - 1)` (Bonett 2008, Psychol Methods 13:99), t(n - 1): a candidate in its place."""
D_Z_LEFT, D_AV_LEFT, D_PRE_LEFT = "d_z, jackknife", "d_av, jackknife", "d_pre, jackknife"
RANKS, RANKS_OFF = "Hodges-Lehmann, by ranks", "Hodges-Lehmann, by ranks: truth between two half points"
CUT_MEAN = 34.0
_DRAWS, _CHUNK = 10_000_000, 500_000
_SHARES = tuple(round(0.05 * step, 2) for step in range(1, 20))


def cells() -> list[Cell]:
    """All cells of this part."""
    made = [
        Cell("site", change, CLOSED, {"n": n, "shape": shape, "effect": effect})
        for n in SIZES
        for shape in (*invented.SHAPES, invented.LEFT)
        for effect in EFFECTS
    ]
    made += [Cell("cut off", at_the_ends, CLOSED, {"shape": shape}) for shape in invented.SHAPES]
    made += [Cell("wilson", share, 1, {"n": n}) for n in SIZES]
    for n in SIZES:
        for shape in invented.SHAPES:
            made.append(Cell("ranks", ranks, CLOSED // 2, {"n": n, "shape": shape}))
        for shape in (*invented.SHAPES, invented.LEFT):
            made.append(Cell("d_av", average_size, ITERATED, {"n": n, "shape": shape, "effect": 10.0}))
    made += [Cell("small sites", small, ITERATED, {"spread": spread}) for spread in ("alike", "unlike")]
    made += [Cell("balance", balance, ITERATED, {"n": n, "difference": d}) for n in (30, 150) for d in (0.0, 0.5)]
    return made


def change(rng: Generator, replicates: int, *, n: int, shape: str, effect: float) -> list[Result]:
    """The t interval of the mean, and the intervals of d_z and d_pre."""
    pre, post = (np.rint(scores) for scores in invented.pairs(rng, shape, (replicates, n), effect))
    found = _describe(pre, post)
    design = Design(0, str(n), 0.0, shape, f"d_pre {effect / invented.SD_PRE:.1f}")
    d_z = effect / np.sqrt(invented.SD_CHANGE**2 + 2 * invented.ROUNDING)
    d_pre = effect / np.sqrt(invented.SD_PRE**2 + invented.ROUNDING)
    wider = np.hypot(found.sd_improvement / found.sd_pre, found.d_pre / np.sqrt(2)) / np.sqrt(n - 1)
    half = special.stdtrit(n - 1, 0.975) * wider
    mean = [design.result(T, "coverage", covers(found.low, found.high, effect))] if effect == EFFECTS[0] else []
    return [
        *mean,
        design.result(D_Z, "coverage", covers(found.d_z_low, found.d_z_high, d_z)),
        design.result(D_PRE, "coverage", covers(found.d_pre_low, found.d_pre_high, d_pre)),
        design.result(D_PRE_T, "coverage", covers(found.d_pre - half, found.d_pre + half, d_pre)),
        *_left_out(design, pre, post, {D_Z_LEFT: d_z, D_AV_LEFT: effect / np.sqrt(invented.AVERAGE_VARIANCE), D_PRE_LEFT: d_pre}),
    ]


def _left_out(design: Design, pre: Floats, post: Floats, truths: dict[str, float]) -> list[Result]:
    """The jackknife's limits of each size."""
    ends = jackknife_sizes(pre, post, sign=1)
    return [
        design.result(what, "coverage", covers(ends[f"{size}_low"], ends[f"{size}_high"], truth))
        for size, (what, truth) in zip(SIZES_OF_CHANGE, truths.items(), strict=True)
    ]


def _describe(pre: Floats, post: Floats) -> PairedChanges:
    groups = np.repeat(np.arange(len(pre)), pre.shape[1])
    return describe_groups(groups, pre.ravel(), post.ravel(), sign=1, n_groups=len(pre))


def at_the_ends(rng: Generator, replicates: int, *, shape: str) -> list[Result]:
    """The t interval where scores are cut off at the ends of the scale; the truth is a huge draw's, kept with its error."""
    draws = _DRAWS if replicates == CLOSED else _CHUNK
    truth, error = mean_of_cut_off(rng, shape, draws)
    results = [Design(0, "", 0.0, shape, "scores cut off").row(T, "truth", truth, error, draws, nominal=0.0)]
    for n in SIZES:
        pre, post = (invented.cut_off(s) for s in invented.pairs(rng, shape, (replicates, n), CUT_MEAN))
        found = _describe(pre, post)
        design = Design(0, str(n), 0.0, shape, "scores cut off")
        results.append(design.result(T, "coverage", covers(found.low, found.high, truth)))
    return results


def mean_of_cut_off(rng: Generator, shape: str, draws: int) -> tuple[float, float]:
    """The mean improvement between two scores that are cut off, and the standard error of that figure."""
    sums, squares = 0.0, 0.0
    for _ in range(draws // _CHUNK):
        pre, post = (invented.cut_off(scores) for scores in invented.pairs(rng, shape, _CHUNK, CUT_MEAN))
        sums += float(np.sum(pre - post))
        squares += float(np.sum((pre - post) ** 2))
    mean = sums / draws
    return mean, float(np.sqrt((squares / draws - mean**2) / draws))


def share(_: Generator, __: int, *, n: int) -> list[Result]:
    """Wilson's interval, exactly: every count that can be, by its probability."""
    counts = np.arange(n + 1)
    found = wilson(counts, np.full(n + 1, n))
    results = []
    for p in _SHARES:
        rate = float(stats.binom.pmf(counts, n, p) @ covers(found.low, found.high, p))
        results.append(Design(0, str(n), 0.0, "counts", f"share {p}").row("Share of one group, Wilson", "coverage", rate, 0.0, 0))
    mean = float(np.mean([row.rate for row in results]))
    design = Design(0, str(n), 0.0, "counts", "mean over shares 0.05 to 0.95")
    return [*results, design.row("Share of one group, Wilson: mean over shares", "coverage", mean, 0.0, 0)]


def ranks(rng: Generator, replicates: int, *, n: int, shape: str) -> list[Result]:
    """Hodges and Lehmann's interval of the middle of pairwise means, and Wilcoxon's test.

    Scores are whole, so that limits are half points: the truth is one of them at times, and lies between two at others.
    """
    effect, off = EFFECTS[1], EFFECTS[1] + 0.25
    middle = pseudomedian(shape)

    def once(draws: Generator) -> tuple[float, ...]:
        pre, post = (np.rint(scores) for scores in invented.pairs(draws, shape, n, effect))
        found = signed_rank(pre, post, sign=1)
        null = signed_rank(pre - np.rint(effect), post, sign=1) if shape == "normal" else None
        other = signed_rank(*(np.rint(scores) for scores in invented.pairs(draws, shape, n, off)), sign=1)
        return found.low, found.high, other.low, other.high, null.p_value if null else np.nan

    low, high, low_off, high_off, p = each_replicate(rng, replicates, once).T
    design = Design(0, str(n), 0.0, shape)
    results = [design.result(RANKS, "coverage", covers(low, high, effect + middle))]
    results.append(design.result(RANKS_OFF, "coverage", covers(low_off, high_off, off + middle)))
    if shape == "normal":
        results.append(design.result("Wilcoxon's test", "false_positives", p < 0.05, nominal=0.05))
    return results


def pseudomedian(shape: str) -> float:
    """The median of the mean of two women's improvements, less the mean improvement; nil for a normal shape."""
    if shape == "normal":
        return 0.0
    rng = stream(1, "pseudomedian", shape)
    both = np.zeros(4_000_000)
    for _ in range(2):
        first, rest = (invented.deviates(rng, shape, len(both)) for _ in range(2))
        both += invented.SLOPE * invented.SD_PRE * first + invented.SD_REST * rest
    return float(np.median(both) / 2)


def average_size(rng: Generator, replicates: int, *, n: int, shape: str, effect: float) -> list[Result]:
    """The percentile bootstrap of d_av."""

    def once(draws: Generator) -> tuple[float, ...]:
        pre, post = (np.rint(scores) for scores in invented.pairs(draws, shape, n, effect))
        found = resample_d_av(pre, post, sign=1, rng=draws)
        return found.low, found.high

    low, high = each_replicate(rng, replicates, once).T
    design = Design(0, str(n), 0.0, shape, f"d_pre {effect / invented.SD_PRE:.1f}")
    return [design.result(D_AV, "coverage", covers(low, high, effect / np.sqrt(invented.AVERAGE_VARIANCE)))]


def small(rng: Generator, replicates: int, *, spread: str) -> list[Result]:
    """Ten sites of eight women that borrow the spread of all, where spreads are alike and where they are not."""
    k, n = 10, 8
    sds = np.full(k, invented.SD_CHANGE) if spread == "alike" else np.linspace(8.0, 18.0, k)

    def once(draws: Generator) -> tuple[float, ...]:
        values = np.rint(sds[:, None] * draws.standard_normal((k, n)))
        found = pool_small_sites(np.full(k, n), values.mean(axis=1), values.std(axis=1, ddof=1))
        inside = covers(found.low, found.high, 0.0)
        return float(np.mean(inside)), float(inside[-1])

    mean, widest = each_replicate(rng, replicates, once).T
    design = Design(k, str(n), 0.0, "normal", f"spreads {spread}")
    what = "Site mean, pooled variance (option)"
    return [
        design.result(what, "coverage", mean),
        *([design.result(f"{what}: most spread-out site", "coverage", widest)] if spread == "unlike" else []),
    ]


def balance(rng: Generator, replicates: int, *, n: int, difference: float) -> list[Result]:
    """The standardised difference of paired and unpaired women, six of ten paired."""
    paired = np.arange(n) < round(0.6 * n)

    def once(draws: Generator) -> tuple[float, ...]:
        values = draws.standard_normal(n) + difference * paired
        found = standardised_differences(values[:, None], paired)
        return float(found.low[0]), float(found.high[0])

    low, high = each_replicate(rng, replicates, once).T
    design = Design(0, str(n), 0.0, "normal", f"difference {difference}")
    return [design.result("Standardised difference, paired and unpaired", "coverage", covers(low, high, difference))]
