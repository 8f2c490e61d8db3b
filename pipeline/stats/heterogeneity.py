"""The variance between studies: weighted least squares at a given value of it, and four ways to estimate it.

Symbols: `y` k effects, `v` their sampling variances, `X` the k x p design (first column 1), `tau2` the variance between
studies, `w = 1/(v + tau2)`, `W = diag(w)`, `P = W - WX(X'WX)^-1 X'W`. All work is done on `sqrt(W)X = QR`, so that a
moderator such as a calendar year loses no digits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from pipeline.stats.arrays import FloatArray, as_codes, as_vector, require_finite, require_same_length

Method = Literal["REML", "DL", "PM", "ML"]
METHODS: tuple[Method, ...] = ("REML", "DL", "PM", "ML")

_CONVERGED = 1e-10
_ROUNDING = 1e-14  # share of the typical variance below which a step is rounding error
_MAX_STEPS = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class Studies:
    """Effects (k), their sampling variances (k) and the design (k x p) with its column of ones."""

    effects: FloatArray
    variances: FloatArray
    design: FloatArray

    @property
    def k(self) -> int:
        """Number of studies."""
        return len(self.effects)

    @property
    def df(self) -> int:
        """Residual degrees of freedom, k - p."""
        return self.k - int(self.design.shape[1])


@dataclass(frozen=True, slots=True, eq=False)
class WeightedFit:
    """Weighted least squares at one value of tau2; `residuals` are `sqrt(w)(y - Xb)`, `q` and `r` factor `sqrt(W)X`."""

    weights: FloatArray
    q: FloatArray
    r: FloatArray
    coefficients: FloatArray
    residuals: FloatArray

    @property
    def quadratic(self) -> float:
        """`y'Py`, the weighted residual sum of squares."""
        return float(self.residuals @ self.residuals)

    @property
    def trace(self) -> float:
        """`tr(P)`."""
        return float(self.weights @ (1 - np.sum(self.q**2, axis=1)))

    @property
    def covariance(self) -> FloatArray:
        """`(X'WX)^-1`."""
        inverse = np.linalg.inv(self.r)
        return np.asarray(inverse @ inverse.T, dtype=np.float64)


def checked_effects(effects: ArrayLike, variances: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return both as vectors; ValueError unless equally long, not empty, finite, and every variance above 0."""
    y, v = as_vector(effects, "effects"), as_vector(variances, "variances")
    require_same_length(effects=y, variances=v)
    require_finite(y, "effects")
    require_finite(v, "variances")
    if len(y) == 0:
        raise ValueError("There are no studies to pool.")
    if np.any(v <= 0):
        raise ValueError(f"The variance of study {int(np.argmax(v <= 0))} (counted from 0) is not above 0.")
    return y, v


def checked_sites(effects: ArrayLike, variances: ArrayLike, n: ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return effects and squared errors as `checked_effects`, and the women of each; ValueError where those are fewer than 2."""
    y, v = checked_effects(effects, variances)
    women = as_codes(n, "n").astype(np.float64)
    require_same_length(effects=y, n=women)
    if np.any(women < 2):
        raise ValueError("A squared error needs two women or more.")
    return y, v, women


def make_studies(effects: ArrayLike, variances: ArrayLike, moderators: ArrayLike | None) -> Studies:
    """Check effects and variances and put an intercept before the moderators; ValueError where they do not fit."""
    y, v = checked_effects(effects, variances)
    columns = np.empty((len(y), 0)) if moderators is None else np.asarray(moderators, dtype=np.float64)
    if columns.ndim == 1:
        columns = columns[:, None]
    if columns.ndim != 2 or len(columns) != len(y):
        raise ValueError(f"moderators must have one row for each of the {len(y)} studies.")
    require_finite(columns.ravel(), "moderators")
    design = np.column_stack([np.ones(len(y)), columns])
    if design.shape[1] > len(y):
        raise ValueError(f"{design.shape[1]} coefficients cannot be estimated from {len(y)} studies.")
    lengths = np.linalg.norm(design, axis=0)
    if np.any(lengths == 0) or np.linalg.matrix_rank(design / lengths) < design.shape[1]:
        raise ValueError("A moderator is constant or repeats another, so its coefficient cannot be estimated.")
    return Studies(y, v, design)


def fit_weighted(studies: Studies, tau2: float) -> WeightedFit:
    """Fit the design to the effects with weights `1/(v + tau2)`."""
    weights = 1 / (studies.variances + tau2)
    root = np.sqrt(weights)
    q, r = np.linalg.qr(root[:, None] * studies.design)
    response = root * studies.effects
    projected = q.T @ response
    residuals = response - q @ projected
    # Effects that the design fits exactly leave only rounding error behind, which must not pass for spread.
    if residuals @ residuals <= (4 * np.finfo(float).eps) ** 2 * studies.k * (response @ response):
        residuals = np.zeros_like(residuals)
    return WeightedFit(weights, q, r, np.linalg.solve(r, projected), residuals)


def typical_variance(studies: Studies) -> float:
    """Return the typical sampling variance `(k - p)/tr(P)` at tau2 = 0 (Higgins and Thompson 2002, eq. 9)."""
    return studies.df / fit_weighted(studies, 0.0).trace


def estimate_tau2(studies: Studies, *, method: Method) -> float:
    """Estimate the variance between studies; never below 0.

    REML and ML maximise the (restricted) likelihood by Fisher scoring from the Hedges-Olkin estimate, by Brent's method
    once a step has passed the top, until all that is left to go is 1e-10 of tau2; where tau2 = 0 is likelier, 0. (A few
    studies of very unequal variance can give the likelihood two tops: the one uphill from the start is taken, as
    metafor does.) DL is the moment estimate at weights 1/v, PM solves `y'Py = k - p`. Needs k > p.

    Sources: Viechtbauer 2005, J Educ Behav Stat 30:261-293 (REML, ML); DerSimonian and Laird 1986, Control Clin
    Trials 7:177-188; Paule and Mandel 1982, J Res Natl Bur Stand 87:377-385. ArithmeticError if scoring fails.
    """
    if method == "DL":
        fit = fit_weighted(studies, 0.0)
        return max(0.0, (fit.quadratic - studies.df) / fit.trace)
    if method == "PM":
        return _solve_quadratic(studies, float(studies.df))
    return _maximise(studies, method=method)


def q_profile(studies: Studies, *, level: float) -> tuple[float, float]:
    """Return the limits of tau2 at which `y'Py` equals the chi-squared quantiles on k - p degrees of freedom.

    A limit that would fall below 0 is 0; where both do, the interval is the single point 0 (R's metafor returns an
    empty one). Source: Viechtbauer 2007, Stat Med 26:37-52.
    """
    tail = (1 - level) / 2
    low = _solve_quadratic(studies, float(special.chdtri(studies.df, tail)))
    return low, _solve_quadratic(studies, float(special.chdtri(studies.df, 1 - tail)))


def _solve_quadratic(studies: Studies, target: float) -> float:
    """Return the tau2 at which `y'Py` falls to `target`, or 0 where it starts below it."""

    def excess(tau2: float) -> float:
        return fit_weighted(studies, tau2).quadratic - target

    if excess(0.0) <= 0:
        return 0.0
    high = float(np.max(studies.variances))
    while excess(high) > 0:
        high *= 4
    return float(optimize.brentq(excess, 0.0, high, xtol=_ROUNDING * typical_variance(studies), rtol=1e-14))


def _maximise(studies: Studies, *, method: Method) -> float:
    def score(tau2: float) -> float:
        return _scoring_step(studies, tau2, method=method)

    found = _climb(score, _hedges_olkin(studies), smallest=_ROUNDING * typical_variance(studies))
    is_zero_likelier = _log_likelihood(studies, 0.0, method=method) >= _log_likelihood(studies, found, method=method)
    return 0.0 if is_zero_likelier else found


def _climb(score: Callable[[float], float], tau2: float, *, smallest: float) -> float:
    """Follow the scoring steps to where they end; once a step passes the top, find it in between."""
    step = score(tau2)
    for _ in range(_MAX_STEPS):
        proposed = max(0.0, tau2 + step)
        next_step = score(proposed)
        if step * next_step < 0:
            low, high = sorted((tau2, proposed))
            return float(optimize.brentq(score, low, high, xtol=smallest, rtol=1e-14))
        ratio = abs(next_step / step) if step else 0.0
        left = abs(next_step) / (1 - ratio) if ratio < 1 else np.inf  # steps shrink geometrically
        if proposed == tau2 or left <= _CONVERGED * proposed + smallest:
            return proposed
        tau2, step = proposed, next_step
    raise ArithmeticError("The likelihood of the variance between studies has no top that could be found.")


def _hedges_olkin(studies: Studies) -> float:
    """Return the unweighted moment estimate of tau2 (Hedges and Olkin 1985), where the scoring starts."""
    q, _ = np.linalg.qr(studies.design)
    residuals = studies.effects - q @ (q.T @ studies.effects)
    sampling = studies.variances @ (1 - np.sum(q**2, axis=1))
    return max(0.0, float(residuals @ residuals - sampling) / studies.df)


def _scoring_step(studies: Studies, tau2: float, *, method: Method) -> float:
    fit = fit_weighted(studies, tau2)
    fitted_part = fit.weights @ fit.residuals**2  # y'PPy
    if method == "ML":
        return float((fitted_part - np.sum(fit.weights)) / np.sum(fit.weights**2))
    leverage = np.sum(fit.q**2, axis=1)
    cross = fit.q.T @ (fit.weights[:, None] * fit.q)
    trace_pp = np.sum(fit.weights**2 * (1 - 2 * leverage)) + np.sum(cross**2)
    return float((fitted_part - fit.trace) / trace_pp)


def _log_likelihood(studies: Studies, tau2: float, *, method: Method) -> float:
    """Return the (restricted) log-likelihood without its constants."""
    fit = fit_weighted(studies, tau2)
    restricted = 0.0 if method == "ML" else 2 * np.sum(np.log(np.abs(np.diag(fit.r))))
    return float(-0.5 * (fit.quadratic - np.sum(np.log(fit.weights)) + restricted))
