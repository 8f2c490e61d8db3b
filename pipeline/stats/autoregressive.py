"""Least squares with errors that remember the month before: generalised least squares, AR(1), by restricted likelihood."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from pipeline.stats.arrays import FloatArray, IntArray, as_codes, as_vector, require_finite, require_same_length

_FURTHEST = 0.999
_GRID = np.linspace(-_FURTHEST, _FURTHEST, 81)
_EVEN = np.linspace(-0.985, 0.985, 198)  # middles of equal steps of phi, over which limits are averaged


@dataclass(frozen=True, slots=True, eq=False)
class AutoregressiveFit:
    """`coefficients` (p) and their `covariance` (p x p); `phi`: correlation of neighbouring months; `sigma`: SD of an error.

    `df = n - p`. `log_likelihood`: restricted, NaN where the design fits exactly; then sigma and the covariance are 0.
    """

    coefficients: FloatArray
    covariance: FloatArray
    phi: float
    sigma: float
    df: int
    log_likelihood: float


def fit_autoregressive(
    design: ArrayLike, response: ArrayLike, months: ArrayLike, *, phi: float | None = None
) -> AutoregressiveFit:
    """Fit `y = Xb + e`, `corr(e_s, e_t) = phi^|s - t|`, at a given phi or at the one of highest restricted likelihood.

    `design` X: n x p; `response` y: any unit; `months`: whole numbers that rise, with gaps where months are missing. With V the
    correlations and `b = (X'V^-1X)^-1 X'V^-1 y`: `sigma^2 = (y - Xb)'V^-1(y - Xb)/(n - p)`, covariance `sigma^2 (X'V^-1X)^-1`,
    `2 l = -(n - p)(log(2 pi sigma^2) + 1) - log|V| - log|X'V^-1X|`. phi is sought on a grid of 81 values from -0.999 to
    0.999 and then by Brent's method, so that a second, lower top does not pass for the first.

    ValueError: unequal lengths, missing numbers, months that do not rise, columns that repeat each other, no degree of
    freedom, phi not strictly between -1 and 1. Source: Pinheiro and Bates 2000, Mixed-Effects Models in S and S-PLUS, 5.3.
    Agrees with R nlme's `gls(correlation = corAR1(form = ~ month), method = "REML")` to 1e-10 at the same phi; nlme stops its
    own search for phi within about 1e-6 of the top.
    """
    x, y, t = np.asarray(design, dtype=np.float64), as_vector(response, "response"), as_codes(months, "months")
    if x.ndim != 2:
        raise ValueError("design must have two dimensions.")
    require_same_length(design=x, response=y, months=t)
    require_finite(x.ravel(), "design")
    require_finite(y, "response")
    if len(y) <= x.shape[1] or np.any(np.diff(t) <= 0):
        raise ValueError("There must be more months than columns, and months must rise.")
    if np.linalg.matrix_rank(x / np.maximum(np.linalg.norm(x, axis=0), np.finfo(float).tiny)) < x.shape[1]:
        raise ValueError("A column of the design is empty or repeats others.")
    if phi is not None and not -1 < phi < 1:
        raise ValueError(f"phi must lie strictly between -1 and 1, not {phi!r}.")
    return _fit_at(x, y, np.diff(t), _best_phi(x, y, np.diff(t)) if phi is None else phi)


def limits_over_phi(
    design: ArrayLike, response: ArrayLike, months: ArrayLike, column: int, *, level: float = 0.95
) -> tuple[float, float]:
    """Return the limits of one coefficient where phi is not known: every phi counts by its restricted likelihood.

    At each of 198 evenly spread values of phi the coefficient b has `(b - estimate)/error ~ t(n - p)`, as `fit_autoregressive`
    finds both; their mixture, weighted by `exp(l(phi))`, is the distribution of b for flat priors on phi, the coefficients and
    log sigma (Zellner and Tiao 1964, J Am Stat Assoc 59:763-778), and the limits are its quantiles. At one phi the errors of
    that phi pass for certain: a step that was not there was then found in 6 to 9 % of series of 48 months, with these in 4 to 6
    %. Arguments, and errors but for phi, as `fit_autoregressive`; NaN where the design fits exactly. No peer: checked against
    quadrature in R.
    """
    x, y, gaps = np.asarray(design, dtype=np.float64), as_vector(response, "response"), np.diff(as_codes(months, "months"))
    fits = [_fit_at(x, y, gaps, float(phi)) for phi in _EVEN]
    log_likelihood = np.array([fit.log_likelihood for fit in fits])
    if np.any(np.isnan(log_likelihood)):
        return np.nan, np.nan
    weights = np.exp(log_likelihood - np.max(log_likelihood))
    weights /= np.sum(weights)
    middle = np.array([fit.coefficients[column] for fit in fits])
    error = np.sqrt([fit.covariance[column, column] for fit in fits])
    df = fits[0].df

    def below(value: float, share: float) -> float:
        return float(weights @ special.stdtr(df, (value - middle) / error)) - share

    furthest = 2 * float(special.stdtrit(df, (1 + level) / 2)) * error
    ends = float(np.min(middle - furthest)), float(np.max(middle + furthest))
    tail = (1 - level) / 2
    low, high = (float(optimize.brentq(below, *ends, args=(share,), xtol=1e-12, rtol=1e-12)) for share in (tail, 1 - tail))
    return low, high


def _best_phi(x: FloatArray, y: FloatArray, gaps: IntArray) -> float:
    def loss(phi: float) -> float:
        return -_fit_at(x, y, gaps, phi).log_likelihood

    losses = [loss(phi) for phi in _GRID]
    if np.any(np.isnan(losses)):
        return 0.0  # an exact fit leaves no errors to correlate
    at = int(np.argmin(losses))
    bounds = _GRID[max(at - 1, 0)], _GRID[min(at + 1, len(_GRID) - 1)]
    return float(optimize.minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-9}).x)


def _fit_at(x: FloatArray, y: FloatArray, gaps: IntArray, phi: float) -> AutoregressiveFit:
    """Fit after a turn that makes the errors independent: each less its expectation given the one before, over its SD."""
    memory = np.power(phi, gaps)
    spread = np.sqrt(1 - memory**2)
    white = np.column_stack([x, y])
    white[1:] = (white[1:] - memory[:, None] * white[:-1]) / spread[:, None]
    q, r = np.linalg.qr(white[:, :-1])
    projected = q.T @ white[:, -1]
    residual = white[:, -1] - q @ projected
    squares, df = float(residual @ residual), len(y) - x.shape[1]
    inverse = np.linalg.inv(r)
    is_exact = squares <= (1e-13 * float(np.linalg.norm(white[:, -1]))) ** 2 * len(y)
    variance = 0.0 if is_exact else squares / df
    log_likelihood = np.nan
    if not is_exact:
        lengths = 2 * np.sum(np.log(spread)) + 2 * np.sum(np.log(np.abs(np.diag(r))))
        log_likelihood = -0.5 * (df * (np.log(2 * np.pi * variance) + 1) + lengths)
    return AutoregressiveFit(
        inverse @ projected, variance * inverse @ inverse.T, phi, float(np.sqrt(variance)), df, float(log_likelihood)
    )


def newey_west(design: ArrayLike, residuals: ArrayLike, months: ArrayLike, *, lag: int) -> FloatArray:
    """Return the covariance of ordinary least squares' coefficients with Bartlett weights up to `lag` months.

    `n/(n - p) (X'X)^-1 (G_0 + sum_l (1 - l/(lag + 1)) (G_l + G_l')) (X'X)^-1`, `G_l = sum_t u_t u_(t-l)'`, `u_t = x_t e_t`, 0
    in a missing month. `months` as `fit_autoregressive`. ValueError: a lag below 0. Source: Newey and West 1987, Econometrica
    55:703-708. Agrees with R sandwich's `NeweyWest(lag, prewhite = FALSE, adjust = TRUE)` to 1e-12 where no month is missing.
    """
    if lag < 0:
        raise ValueError(f"lag must be 0 or more, not {lag!r}.")
    x, e, t = np.asarray(design, dtype=np.float64), as_vector(residuals, "residuals"), as_codes(months, "months")
    require_same_length(design=x, residuals=e, months=t)
    scores = np.zeros((int(t[-1] - t[0]) + 1, x.shape[1]))
    scores[t - t[0]] = x * e[:, None]
    middle = scores.T @ scores
    for step in range(1, min(lag, len(scores) - 1) + 1):
        lagged = scores[step:].T @ scores[:-step]
        middle += (1 - step / (lag + 1)) * (lagged + lagged.T)
    bread = np.linalg.inv(x.T @ x)
    return np.asarray(len(e) / (len(e) - x.shape[1]) * bread @ middle @ bread, dtype=np.float64)
