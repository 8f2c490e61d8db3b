"""The pooled mean of many sets of site effects at once, as imputations and tipping points ask for thousands of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.stats.arrays import FloatArray

_CONVERGED = 1e-11
_MAX_STEPS = 500


@dataclass(frozen=True, slots=True, eq=False)
class PooledMany:
    """One number a set of sites: the pooled mean, its Knapp-Hartung variance, plain and ad hoc, and the variance between sites.

    `estimate`: units of the effects; `variance`, `variance_adhoc`, `tau2`: squared units.
    """

    estimate: FloatArray
    variance: FloatArray
    variance_adhoc: FloatArray
    tau2: FloatArray


def pool_many(effects: ArrayLike, variances: ArrayLike) -> PooledMany:
    """Fit `y_i ~ N(mu, v_i + tau2)` by REML to each row of `effects` (B x k), `variances` v (B x k) its squared errors.

    With `w = 1/(v + tau2)`: `mu = sum w y/sum w`, Knapp-Hartung variance `s2/sum w`, `s2 = sum w (y - mu)^2/(k - 1)`, ad hoc
    `max(1, s2)/sum w`. tau2 by Fisher scoring from the Hedges-Olkin estimate, by the secant and by halving once the top is
    between two steps; where 0 is likelier, 0. ValueError: shapes that differ, fewer than two sites, missing or infinite
    numbers, variances not above 0. ArithmeticError where the scoring does not settle. Sources: as
    `meta.fit_random_effects`, with which, and so with R metafor's `rma`, it agrees to 1e-8.
    """
    y, v = np.asarray(effects, dtype=np.float64), np.asarray(variances, dtype=np.float64)
    if y.ndim != 2 or y.shape != v.shape or y.shape[1] < 2:
        raise ValueError(f"Effects and variances must be B x k with k from 2, but are {y.shape} and {v.shape}.")
    if not np.all(np.isfinite(y)) or not np.all(np.isfinite(v)) or np.any(v <= 0):
        raise ValueError("Effects must be finite, and variances finite and above 0.")
    tau2 = _climb(y, v)
    tau2 = np.where(_log_likelihood(y, v, np.zeros(len(y))) >= _log_likelihood(y, v, tau2), 0.0, tau2)
    weights, total, residuals = _fit(y, v, tau2)
    scale = np.sum(weights * residuals**2, axis=1) / (y.shape[1] - 1)
    estimate = np.sum(weights * y, axis=1) / total
    return PooledMany(estimate, scale / total, np.maximum(scale, 1.0) / total, tau2)


def _fit(y: FloatArray, v: FloatArray, tau2: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    weights = 1 / (v + tau2[:, None])
    total = weights.sum(axis=1)
    return weights, total, y - (np.sum(weights * y, axis=1) / total)[:, None]


def _step(y: FloatArray, v: FloatArray, tau2: FloatArray) -> FloatArray:
    """Return the scoring step `(y'PPy - tr P)/tr PP`."""
    weights, total, residuals = _fit(y, v, tau2)
    squares = weights**2
    of_squares = squares.sum(axis=1)
    trace_pp = of_squares - 2 * np.sum(squares * weights, axis=1) / total + (of_squares / total) ** 2
    return np.asarray((np.sum(squares * residuals**2, axis=1) - total + of_squares / total) / trace_pp)


def _climb(y: FloatArray, v: FloatArray) -> FloatArray:
    """Follow the steps of every row to where they end."""
    tau2: FloatArray = np.maximum(np.var(y, axis=1, ddof=1) - v.mean(axis=1), 0.0)
    tiny = 1e-14 * v.mean(axis=1)
    low, high = np.full(len(y), -1.0), np.full(len(y), np.inf)
    before, step_before = np.full(len(y), np.nan), np.full(len(y), np.nan)
    active = np.arange(len(y))
    for _ in range(_MAX_STEPS):
        t = tau2[active]
        step = _step(y[active], v[active], t)
        low[active] = np.where(step > 0, np.maximum(low[active], t), low[active])
        high[active] = np.where(step <= 0, np.minimum(high[active], t), high[active])
        new = _propose(t, step, before[active], step_before[active], low[active], high[active])
        before[active], step_before[active] = t, step
        tau2[active] = new
        is_going = np.abs(new - t) > _CONVERGED * new + tiny[active]
        active = active[is_going]
        if not len(active):
            return tau2
    raise ArithmeticError("The likelihood of the variance between sites has no top that could be found.")


def _propose(
    t: FloatArray, step: FloatArray, before: FloatArray, step_before: FloatArray, low: FloatArray, high: FloatArray
) -> FloatArray:
    """Return the secant's next point where the score falls and it lies in the bracket, else the scoring step, else the middle."""
    run, fall = t - before, step_before - step
    is_falling = np.nan_to_num(fall * np.sign(run)) > 0
    secant = t + step * np.divide(run, fall, out=np.ones_like(t), where=is_falling)
    new = np.maximum(np.where(is_falling, secant, t + step), 0.0)
    is_inside: NDArray[np.bool_] = (new > low) & (new <= high)
    middle = (np.maximum(low, 0.0) + np.where(np.isfinite(high), high, 0.0)) / 2
    fallback = np.where(np.isfinite(high), middle, np.maximum(t + step, 0.0))
    return np.asarray(np.where(is_inside, new, fallback), dtype=np.float64)


def _log_likelihood(y: FloatArray, v: FloatArray, tau2: FloatArray) -> FloatArray:
    weights, total, residuals = _fit(y, v, tau2)
    misfit = np.sum(weights * residuals**2 - np.log(weights), axis=1)
    return np.asarray(-0.5 * (misfit + np.log(total)), dtype=np.float64)
