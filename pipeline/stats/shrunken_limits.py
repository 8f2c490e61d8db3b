"""Limits of shrunken estimates that carry what is not known: the spread between sites, their mean, and each site's own error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from pipeline.stats.arrays import FloatArray, require_level
from pipeline.stats.heterogeneity import checked_sites

FEWEST = 4
"""Sites: with fewer, a flat weight on tau2 gives no distribution."""
_NODES, _STEPS = (part / 2 for part in np.polynomial.legendre.leggauss(64))
_ROOTS = 0.5 + _NODES
_SHARES = _ROOTS**2  # of the sites' typical squared error in the whole variance; its root, as the tail of tau2 is smooth in it
_AS_GOOD_AS_KNOWN = 1e10  # degrees of freedom beyond which scipy's t is normal
_TOO_FEW = f"fewer than {FEWEST} sites: the spread between them could be anything"


@dataclass(frozen=True, slots=True, eq=False)
class ShrunkenLimits:
    """Limits by site, units of the effects; `reason`: why they are NaN, empty where they are not."""

    low: FloatArray
    high: FloatArray
    reason: str


def limits_over_variance(effects: ArrayLike, variances: ArrayLike, n: ArrayLike, *, level: float = 0.95) -> ShrunkenLimits:
    """Return limits of each site's true effect, drawn towards the others, where neither variance is taken as known.

    `effects` y and squared errors v by site, each v from the site's own `n` women, from 2. At one tau2, with w = 1/(v + tau2),
    W = sum w, mu = sum wy/W, b = tau2 w and `V = bv + (1 - b)^2/W`, a site's effect lies round `by + (1 - b)mu` with variance
    `V + 4 tau2^2 w^3 v^2/(n - 1)`. The second part stands for v being estimated: once for the weight that moves with it, once
    for bv, which is low on average as it is concave in v (both by the delta method). The distribution is t with
    `V^2 (n - 1)/(b^2 v)^2` degrees of freedom (Satterthwaite: n - 1 where the site stands alone, many where it says little).
    Every tau2 counts by its restricted likelihood, all values alike beforehand, and the limits are quantiles of the mixture. Flat
    weights on tau2 are those of R Rgbp, chosen there for their coverage (Tak, Kelly and Morris 2017, J Stat Softw 78(5)). The
    integral is Gauss and Legendre's over sqrt(h/(h + tau2)), h the harmonic mean of v.

    Limits at one tau2 (`meta.shrink`, metafor's blup) held the truth in 90.5 to 99.6 % of simulations at 10 and 30 sites whose
    data told them apart; these in 93.1 to 97.9 at 10 sites and 93.6 to 99.7 at 30, above 97 only where true effects were all but
    the same. With 5 to 7 sites that chance alone told apart they held it in 91 to 95: see `compare_pool`. NaN with a reason for
    fewer than four sites. ValueError: as `heterogeneity.checked_sites`. Agrees with adaptive quadrature in R to
    1e-6; with v known (n without end) this is the shrinkage interval of a normal-normal hierarchy.
    """
    require_level(level)
    y, v, women = checked_sites(effects, variances, n)
    if len(y) < FEWEST:
        return ShrunkenLimits(np.full(len(y), np.nan), np.full(len(y), np.nan), _TOO_FEW)
    # The order of the sites must not reach the last digit.
    order = np.lexsort((women, v, y))
    mixture = _mixture(y[order], v[order], women[order])
    limits = np.empty((len(y), 2))
    for place, site in enumerate(order):
        limits[site] = [_quantile(mixture, place, (1 + way * level) / 2) for way in (-1, 1)]
    return ShrunkenLimits(limits[:, 0], limits[:, 1], "")


def share_below(y: FloatArray, v: FloatArray, n: FloatArray, value: FloatArray) -> FloatArray:
    """Return the share of each site's distribution that lies below `value`; a limit is where it is the limit's tail.

    `y`, `v`, `value`: (..., k), one row a set of sites; symbols as `limits_over_variance`.
    """
    return _below(_mixture(y, v, n), value)


@dataclass(frozen=True, slots=True, eq=False)
class _Mixture:
    """`weight` (..., nodes); `centre`, `error`, `df` (..., k, nodes)."""

    weight: FloatArray
    centre: FloatArray
    error: FloatArray
    df: FloatArray


def _mixture(y: FloatArray, v: FloatArray, n: FloatArray) -> _Mixture:
    typical = 1 / np.mean(1 / v, axis=-1)
    tau2 = typical[..., None, None] * (1 - _SHARES) / _SHARES
    effect, error2, own_df = y[..., None], v[..., None], n[..., None] - 1
    w = 1 / (error2 + tau2)
    total = np.sum(w, axis=-2, keepdims=True)
    mu = np.sum(w * effect, axis=-2, keepdims=True) / total
    misfit = np.sum(w * (effect - mu) ** 2 - np.log(w), axis=-2) + np.log(total[..., 0, :])
    log_weight = np.log(_STEPS) - 3 * np.log(_ROOTS) - misfit / 2
    weight = np.exp(log_weight - np.max(log_weight, axis=-1, keepdims=True))
    weight /= np.sum(weight, axis=-1, keepdims=True)
    own = tau2 * w
    variance = own * error2 + (1 - own) ** 2 / total
    df = np.minimum(variance**2 * own_df / (own**2 * error2) ** 2, _AS_GOOD_AS_KNOWN)
    unsure = 4 * tau2**2 * w**3 * error2**2 / own_df
    return _Mixture(weight, own * effect + (1 - own) * mu, np.sqrt(variance + unsure), df)


def _below(mixture: _Mixture, value: FloatArray) -> FloatArray:
    parts = special.stdtr(mixture.df, (value[..., None] - mixture.centre) / mixture.error)
    return np.asarray(np.sum(mixture.weight[..., None, :] * parts, axis=-1))


def _quantile(mixture: _Mixture, place: int, share: float) -> float:
    centre, error, df = (part[place] for part in (mixture.centre, mixture.error, mixture.df))
    low = float(np.min(centre - error))
    high = float(np.max(centre + error))

    def excess(value: float) -> float:
        return float(mixture.weight @ special.stdtr(df, (value - centre) / error)) - share

    step = high - low
    while excess(low) > 0:
        low -= step
    while excess(high) < 0:
        high += step
    return float(optimize.brentq(excess, low, high, xtol=1e-10 * step, rtol=1e-14))
