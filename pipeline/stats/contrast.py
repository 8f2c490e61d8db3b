"""The difference of two groups of sites: how small a one could be seen, how large it is, and what many of them allow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from pipeline.stats.meta import fit_random_effects

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Contrast:
    """Effect in the sites with a context less that in the others: estimate, error and 95 % limits, in units of the effects."""

    estimate: float
    se: float
    low: float
    high: float
    df: int

    def p_value(self, distance: float) -> float:
        """1 less the level at which the interval's half width is `distance`: two-sided by t(df), 1 for a distance below 0."""
        return float(2 * stats.t.sf(max(distance, 0.0) / self.se, self.df))


def contrast_sites(effects: Floats, errors: Floats, has_context: NDArray[np.bool_]) -> Contrast:
    """Meta-regression of the effects of k sites on one yes-no context, REML, Knapp-Hartung never narrower than z, by t(k - 2).

    `errors`: standard errors, above 0. ValueError: fewer than two sites on a side, and as `meta.fit_random_effects`, where the
    sources and the peer stand.
    """
    if min(int(has_context.sum()), int((~has_context).sum())) < 2:
        raise ValueError("A contrast needs at least two sites on each side.")
    fit = fit_random_effects(effects, errors**2, moderators=has_context.astype(np.float64)[:, None])
    low, high = float(fit.low_adhoc[1]), float(fit.high_adhoc[1])
    se = (high - low) / (2 * float(stats.t.ppf(0.975, fit.df)))
    return Contrast(float(fit.estimate[1]), se, low, high, fit.df)


def survives_holm(p_values: list[float], *, level: float = 0.05) -> list[bool]:
    """Which of a family of tests are still significant at `level` over all of them (Holm 1979, Scand J Stat 6:65).

    An empty family gives an empty list. Agrees with R's p.adjust(method = "holm").
    """
    from statsmodels.stats.multitest import multipletests

    return [bool(kept) for kept in multipletests(p_values, alpha=level, method="holm")[0]] if p_values else []


def smallest_detectable(has_context: NDArray[np.bool_], n: Floats, *, tau2: float, variance: float) -> float:
    """The smallest difference of two groups of sites that a two-sided 5 % test sees with 80 % power.

    `(t(.975, k - 2) + t(.80, k - 2)) sqrt(1 / W1 + 1 / W0)`, where `W` adds `w = 1 / (tau2 + variance / n)` over the sites
    of a group, `tau2` is the variance between sites, `variance` that of one woman's change, `n` the women of each site and
    k the number of sites. Points of the measure. NaN for fewer than three sites, or none on a side.

    Source: power of a weighted contrast of means under a random-effects model (Hedges and Pigott 2004, Psychological
    Methods 9:426), with t in place of z.
    """
    k = len(n)
    if k < 3 or has_context.all() or not has_context.any():
        return float("nan")
    weights = 1.0 / (tau2 + variance / n)
    error = np.sqrt(1.0 / weights[has_context].sum() + 1.0 / weights[~has_context].sum())
    return float((stats.t.ppf(0.975, k - 2) + stats.t.ppf(0.80, k - 2)) * error)


def phi(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    """Correlation of two yes-no splits of the same sites; 0 where one of them does not split."""
    if first.all() or second.all() or not first.any() or not second.any():
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])
