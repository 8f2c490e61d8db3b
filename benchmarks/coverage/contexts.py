"""Tests of a context: between sites by meta-regression, crude and adjusted, and within sites by a random slope."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from benchmarks.coverage import invented
from benchmarks.coverage.cells import Cell, Design, Result, covers, each_replicate, sizes
from benchmarks.coverage.pooled import MEAN, SPREAD
from pipeline.stats.adjusted import site_intercepts
from pipeline.stats.contrast import contrast_sites
from pipeline.stats.mixed import fit_random_slope

CONTRAST, BOTH = "Contrast of sites with and without a context", "Contrast: crude and adjusted both reject"
SLOPE = "Context of women, random slope"
SITES = (8, 10, 30)
"""Eight sites are the fewest that a theory may be tested on: four on each side."""
SLOPE_SDS = (0.0, 2.0, 6.0)


def cells() -> list[Cell]:
    """All cells of this part."""
    made = [
        Cell("contrast", contrast, 4_000, {"k": k, "n": n, "tau": tau, "shape": shape})
        for k in SITES
        for n in ("15", SPREAD)
        for tau in invented.TAUS
        for shape in invented.SHAPES
    ]
    made += [Cell("both contrasts", both, 2_000, {"k": k, "severity": s}) for k in (10, 30) for s in (0.0, 5.0)]
    made += [Cell("slope", slope, 2_000, {"k": k, "n": SPREAD, "slope_sd": sd}) for k in (4, 10, 30) for sd in SLOPE_SDS]
    return made


def contrast(rng: Generator, replicates: int, *, k: int, n: str, tau: float, shape: str) -> list[Result]:
    """A context without effect at every other site: how often the interval leaves 0 out."""
    y, v, _ = invented.site_summaries(rng, replicates, sizes(k, n), tau, shape, MEAN)
    has_context = np.arange(k) % 2 == 0
    found = [contrast_sites(effects, np.sqrt(errors), has_context) for effects, errors in zip(y, v, strict=True)]
    rejects = np.array([each.low > 0 or each.high < 0 for each in found], dtype=np.float64)
    return [Design(k, n, tau, shape).result(CONTRAST, "false_positives", rejects, nominal=0.05)]


def both(rng: Generator, replicates: int, *, k: int, severity: float) -> list[Result]:
    """A context without effect at sites whose women are severer by so many points: crude, adjusted, and both together.

    Improvement rises with a woman's true score, so that the crude contrast is confounded where severity differs.
    """
    women = sizes(k, SPREAD)
    codes = np.repeat(np.arange(k), women)
    has_context = np.arange(k) % 2 == 0

    def once(draws: Generator) -> tuple[float, ...]:
        true = MEAN + 1.5 * draws.standard_normal(k)
        first = invented.SD_PRE * draws.standard_normal(len(codes)) + severity * has_context[codes]
        gain = true[codes] + invented.SLOPE * first + invented.SD_REST * draws.standard_normal(len(codes))
        pre, post = np.rint(invented.MEAN_PRE + first), np.rint(invented.MEAN_PRE + first - gain)
        means = np.bincount(codes, pre - post) / women
        squares = np.bincount(codes, (pre - post - means[codes]) ** 2)
        crude = contrast_sites(means, np.sqrt(squares / (women - 1) / women), has_context)
        found = site_intercepts(codes, pre, post, sign=1)
        fair = contrast_sites(found.estimate, found.se, has_context)
        return tuple(float(each.low > 0 or each.high < 0) for each in (crude, fair))

    crude, fair = each_replicate(rng, replicates, once).T
    design = Design(k, SPREAD, 1.5, "normal", f"severity differs by {severity:g}")
    named = {f"{CONTRAST}: crude": crude, f"{CONTRAST}: adjusted": fair, BOTH: crude * fair}
    return [design.result(what, "false_positives", rejects, nominal=0.05) for what, rejects in named.items()]


def slope(rng: Generator, replicates: int, *, k: int, n: str, slope_sd: float) -> list[Result]:
    """A woman's own context that makes no difference on average, and differs between sites with this SD in points.

    Four women in ten have it. A singular fit is counted apart too, since the rule is not to use it.
    """
    women = sizes(k, n)
    codes = np.repeat(np.arange(k), women)

    def once(draws: Generator) -> tuple[float, ...]:
        has = (draws.random(len(codes)) < 0.4).astype(np.float64)
        share = (np.bincount(codes, has) / women)[codes]
        first, rest = draws.standard_normal((2, len(codes)))
        effects = MEAN + 1.5 * draws.standard_normal(k)
        gain = effects[codes] + slope_sd * draws.standard_normal(k)[codes] * has
        gain = gain + invented.SLOPE * invented.SD_PRE * first + invented.SD_REST * rest
        before = invented.MEAN_PRE + invented.SD_PRE * first
        pre, post = np.rint(before), np.rint(before - gain)
        columns = np.column_stack([has - share, share, pre])
        found = fit_random_slope(codes, pre - post, columns, has - share)
        return float(found.low[1]), float(found.high[1]), float(found.is_singular)

    low, high, singular = each_replicate(rng, replicates, once).T
    rejects = 1 - covers(low, high, 0.0)
    design = Design(k, n, slope_sd, "normal", "tau: of the slope")
    return [
        design.result(SLOPE, "false_positives", rejects, nominal=0.05),
        design.result(f"{SLOPE}: fits not singular", "false_positives", np.where(singular == 0, rejects, np.nan), nominal=0.05),
    ]
