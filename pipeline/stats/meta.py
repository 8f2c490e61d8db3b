"""Random-effects meta-analysis and meta-regression: pooled effect, spread between studies, shrunken estimates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from pipeline.stats.arrays import FloatArray, require_level
from pipeline.stats.heterogeneity import (
    METHODS,
    Method,
    Studies,
    checked_effects,
    estimate_tau2,
    fit_weighted,
    make_studies,
    q_profile,
    typical_variance,
)

Test = Literal["knha", "z"]

_NO_DF = "as many coefficients as studies: nothing can be said of error or spread"
_EMPTY_PROFILE = "both Q-profile limits of tau2 fall below 0"
_EXACT_FIT = "the model fits the effects exactly: the Knapp-Hartung standard error is 0"


@dataclass(frozen=True, slots=True, eq=False)
class RandomEffects:
    """A random-effects model; arrays hold one number a coefficient, the intercept (the pooled effect) first.

    `estimate, se, low, high, p_value`: in the units of the effects; limits by t(`df`) for test "knha", normal for "z".
    `low_adhoc, high_adhoc`: Knapp-Hartung limits, by t(`df`), whose scale is never below 1, whatever the test.
    `covariance`: of the coefficients, p x p. `scale`: Knapp-Hartung's s2 (not applied under "z").
    `tau2, tau2_low, tau2_high`: variance between studies, squared units, with Q-profile limits.
    `q, q_df, q_p`: Cochran's Q (with moderators, the residual Q), its degrees of freedom and chi-squared p.
    `i2`: percent; `h2`: ratio. `pi_low, pi_high`: prediction interval, NaN where there are moderators.
    `design`: k x p. `reason`: why a number is NaN or degenerate; empty where there is nothing to say.
    """

    k: int
    df: int
    estimate: FloatArray
    se: FloatArray
    low: FloatArray
    high: FloatArray
    low_adhoc: FloatArray
    high_adhoc: FloatArray
    p_value: FloatArray
    covariance: FloatArray
    scale: float
    tau2: float
    tau2_low: float
    tau2_high: float
    q: float
    q_df: int
    q_p: float
    i2: float
    h2: float
    pi_low: float
    pi_high: float
    method: str
    test: Test
    level: float
    design: FloatArray
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Shrunken:
    """Best linear unbiased predictions, one a study, in the units of the effects; `weight` is its own share."""

    estimate: FloatArray
    se: FloatArray
    low: FloatArray
    high: FloatArray
    weight: FloatArray
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class LeftOut:
    """The intercept-only model refitted without each study in turn; entry i is without study i."""

    estimate: FloatArray
    se: FloatArray
    low: FloatArray
    high: FloatArray
    low_adhoc: FloatArray
    high_adhoc: FloatArray
    p_value: FloatArray
    tau2: FloatArray
    q: FloatArray
    q_p: FloatArray
    i2: FloatArray
    h2: FloatArray
    reason: str


def fit_random_effects(
    effects: ArrayLike,
    variances: ArrayLike,
    *,
    moderators: ArrayLike | None = None,
    method: Method = "REML",
    test: Test = "knha",
    level: float = 0.95,
    tau2: float | None = None,
) -> RandomEffects:
    """Fit `y_i = x_i'b + u_i + e_i`, `u_i ~ N(0, tau2)`, `e_i ~ N(0, v_i)`.

    `effects` y (k) in any unit, `variances` v (k) their squared standard errors, taken as known; `moderators` k or
    k x m columns, to which an intercept is added; `tau2` a known variance between studies in place of an estimate. With
    `w = 1/(v + tau2)`: `b = (X'WX)^-1 X'Wy`. Test "knha": covariance `s2 (X'WX)^-1`, `s2 = y'Py/(k - p)`, limits by
    t(k - p); the ad hoc limits use max(1, s2); test "z": covariance `(X'WX)^-1`, normal limits. Prediction interval
    `b +/- t(k - 1) sqrt(se^2 + tau2)`, the normal quantile under "z" (its source and others use t(k - 2)). Estimators
    of tau2: see `heterogeneity`. I2 = 100 tau2/(tau2 + s), H2 = tau2/s + 1, s the typical sampling variance.

    One study (or as many coefficients as studies) gives its estimate, NaN for the rest, and a reason. ValueError:
    unequal lengths, missing or infinite numbers, a variance that is not above 0, more coefficients than studies, a
    moderator that is constant or repeats another. ArithmeticError: an estimate of tau2 that does not settle.
    Sources: Viechtbauer 2005, J Educ Behav Stat 30:261-293; Knapp and Hartung 2003, Stat Med 22:2693-2710 (also ad
    hoc); Viechtbauer 2007, Stat Med 26:37-52 (Q-profile); Higgins and Thompson 2002, Stat Med 21:1539-1558 (I2, H2);
    Higgins, Thompson and Spiegelhalter 2009, J R Stat Soc A 172:137-159 (prediction).
    Agrees with R metafor's `rma`, `predict` and `confint` to 1e-8 at the same tau2. On tau2 it agrees to 1e-8 where
    metafor is told to search on; by default metafor stops at a step of 1e-5 (REML, ML) or 1.2e-4 from the root (PM,
    Q-profile), which leaves up to 3 percent of tau2 undone on the published sets.
    """
    require_level(level)
    if method not in METHODS or test not in ("knha", "z"):
        raise ValueError(f"method must be one of {', '.join(METHODS)} and test knha or z, not {method!r} and {test!r}.")
    if tau2 is not None and not 0 <= tau2 < np.inf:
        raise ValueError(f"tau2 must be a number from 0, not {tau2!r}.")
    spread = _spread(make_studies(effects, variances, moderators), method=method, level=level, tau2=tau2)
    return _assemble(spread, method=method if tau2 is None else "given", test=test, level=level)


def shrink(effects: ArrayLike, variances: ArrayLike, fit: RandomEffects) -> Shrunken:
    """Draw each study's effect towards what the model predicts for it.

    `weight_i = tau2/(tau2 + v_i)`; estimate `weight y + (1 - weight) x'b`; variance `weight v + (1 - weight)^2 x'Cx`,
    C the covariance of b in `fit` (with Knapp-Hartung's scale where it was applied); limits by the fit's distribution.
    With tau2 = 0 every estimate is the model's. `effects` and `variances` must be those of the fit, in its order.
    Source: Raudenbush and Bryk 1985, J Educ Stat 10:75-98. Agrees with R metafor's `blup` to 1e-8.
    """
    y, v = checked_effects(effects, variances)
    if len(y) != fit.k:
        raise ValueError(f"The fit has {fit.k} studies, but {len(y)} effects were given.")
    weight = fit.tau2 / (fit.tau2 + v)
    fitted = fit.design @ fit.estimate
    fitted_variance = np.einsum("ij,jk,ik->i", fit.design, fit.covariance, fit.design)
    estimate = weight * y + (1 - weight) * fitted
    se = np.sqrt(weight * v + (1 - weight) ** 2 * fitted_variance)
    margin = _quantile(fit.df, test=fit.test, level=fit.level) * se
    reason = _NO_DF if fit.df == 0 else ""
    return Shrunken(estimate, se, estimate - margin, estimate + margin, weight, reason)


def leave_one_out(
    effects: ArrayLike, variances: ArrayLike, *, method: Method = "REML", test: Test = "knha", level: float = 0.95
) -> LeftOut:
    """Refit the intercept-only model k times, leaving out one study each time, as `fit_random_effects` fits it.

    With two studies each refit has one, and everything but its estimate is NaN, with a reason. ValueError: fewer than
    two studies, and as `fit_random_effects`. Agrees with R metafor's `leave1out` as that does.
    """
    whole = fit_random_effects(effects, variances, method=method, test=test, level=level)
    if whole.k < 2:
        raise ValueError("At least two studies are needed before one can be left out.")
    y, v = checked_effects(effects, variances)
    kept = [np.arange(whole.k) != left for left in range(whole.k)]
    spreads = [_spread(make_studies(y[keep], v[keep], None), method=method, level=None) for keep in kept]
    fits = [_assemble(spread, method=method, test=test, level=level) for spread in spreads]
    first = ("estimate", "se", "low", "high", "low_adhoc", "high_adhoc", "p_value")
    single = ("tau2", "q", "q_p", "i2", "h2")
    columns = {name: np.array([getattr(fit, name)[0] for fit in fits]) for name in first}
    columns |= {name: np.array([getattr(fit, name) for fit in fits]) for name in single}
    return LeftOut(**columns, reason=_NO_DF if whole.k == 2 else "")


@dataclass(frozen=True, slots=True, eq=False)
class _Spread:
    studies: Studies
    tau2: float
    tau2_low: float
    tau2_high: float
    q: float
    i2: float
    h2: float


def _spread(studies: Studies, *, method: Method, level: float | None, tau2: float | None = None) -> _Spread:
    """Estimate tau2 and what follows from it; without a `level`, without its interval."""
    q = fit_weighted(studies, 0.0).quadratic
    if studies.df == 0:
        return _Spread(studies, np.nan, np.nan, np.nan, q, np.nan, np.nan)
    tau2 = estimate_tau2(studies, method=method) if tau2 is None else tau2
    low, high = (np.nan, np.nan) if level is None else q_profile(studies, level=level)
    sampling = typical_variance(studies)
    return _Spread(studies, tau2, low, high, q, 100 * tau2 / (tau2 + sampling), tau2 / sampling + 1)


def _assemble(spread: _Spread, *, method: str, test: Test, level: float) -> RandomEffects:
    studies, df = spread.studies, spread.studies.df
    # Without degrees of freedom any weights give the same exact fit, and nothing gives its error.
    weighted = fit_weighted(studies, spread.tau2 if df else 0.0)
    estimate = weighted.coefficients
    scale = weighted.quadratic / df if df else np.nan
    unscaled = weighted.covariance if df else np.full_like(weighted.covariance, np.nan)
    covariance = unscaled * scale if test == "knha" else unscaled
    se = np.sqrt(np.diag(covariance))
    margin = _quantile(df, test=test, level=level) * se
    adhoc = _quantile(df, test="knha", level=level) * np.sqrt(np.diag(unscaled) * max(1.0, scale))
    ahead = _prediction_margin(se, spread.tau2, df, test=test, level=level)
    return RandomEffects(
        k=studies.k,
        df=df,
        estimate=estimate,
        se=se,
        low=estimate - margin,
        high=estimate + margin,
        low_adhoc=estimate - adhoc,
        high_adhoc=estimate + adhoc,
        p_value=_p_values(estimate, se, df, test=test),
        covariance=covariance,
        scale=scale,
        tau2=spread.tau2,
        tau2_low=spread.tau2_low,
        tau2_high=spread.tau2_high,
        q=spread.q,
        q_df=df,
        q_p=float(special.chdtrc(df, spread.q)) if df else np.nan,
        i2=spread.i2,
        h2=spread.h2,
        pi_low=float(estimate[0] - ahead),
        pi_high=float(estimate[0] + ahead),
        method=method,
        test=test,
        level=level,
        design=studies.design,
        reason=_reason(df, scale=scale, tau2_high=spread.tau2_high),
    )


def _quantile(df: int, *, test: Test, level: float) -> float:
    upper = (1 + level) / 2
    return float(special.stdtrit(df, upper) if test == "knha" else special.ndtri(upper))


def _prediction_margin(se: FloatArray, tau2: float, df: int, *, test: Test, level: float) -> float:
    """Half the width of the prediction interval, NaN where moderators leave no single new study to predict."""
    return np.nan if len(se) > 1 else _quantile(df, test=test, level=level) * float(np.sqrt(se[0] ** 2 + tau2))


def _p_values(estimate: FloatArray, se: FloatArray, df: int, *, test: Test) -> FloatArray:
    """Two-sided p; where the error is 0, 1 for an estimate of 0 and 0 for any other."""
    limit = np.where(estimate == 0, 0.0, np.inf)
    ratio = np.divide(np.abs(estimate), se, out=limit, where=se != 0)
    tail = special.stdtr(df, -ratio) if test == "knha" else special.ndtr(-ratio)
    return np.asarray(2 * tail, dtype=np.float64)


def _reason(df: int, *, scale: float, tau2_high: float) -> str:
    if df == 0:
        return _NO_DF
    return "; ".join([_EXACT_FIT] * (scale == 0) + [_EMPTY_PROFILE] * (tau2_high == 0))
