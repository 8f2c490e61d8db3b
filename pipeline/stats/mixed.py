"""Linear mixed models by site: a random intercept, or a random intercept and slope that do not depend on each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from pipeline.stats.arrays import (
    FloatArray,
    IntArray,
    as_codes,
    as_vector,
    count_groups,
    require_level,
    require_not_infinite,
    require_same_length,
)
from pipeline.stats.reml import Evaluated, SiteSums, evaluate, find_ratios, gradient, sum_sites

_ROUNDING = 1e-12  # a spread below this share of the scores is the rounding error of equal numbers


@dataclass(frozen=True, slots=True, eq=False)
class MixedModel:
    """A fitted model; the first fixed effect is the intercept, then the columns in their order.

    `estimate, se, df, low, high, p_value, covariance`: of fixed effects, Satterthwaite's df. `variance_site`,
    `variance_slope` (NaN without one), `variance_residual`; `icc`: share of site in the variance where the slope's
    column is 0. `intercepts`, `slopes`: predicted deviations by site (NaN at a site without rows), `*_se` conditional on the
    fixed effects, as lme4. `log_likelihood`: restricted. `n`: rows, `k`: sites with rows. `is_singular`: a variance is 0.
    `reason`: why numbers are NaN, or that the fit is singular.
    """

    estimate: FloatArray
    se: FloatArray
    df: FloatArray
    low: FloatArray
    high: FloatArray
    p_value: FloatArray
    covariance: FloatArray
    variance_site: float
    variance_slope: float
    variance_residual: float
    icc: float
    intercepts: FloatArray
    intercepts_se: FloatArray
    slopes: FloatArray
    slopes_se: FloatArray
    log_likelihood: float
    n: int
    k: int
    is_singular: bool
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Complete rows, sorted; `x` = q r, `z`: random columns, each divided by its `scale`; `present`: codes with rows."""

    present: IntArray
    codes: IntArray
    q: FloatArray
    r: FloatArray
    z: FloatArray
    scale: FloatArray
    y: FloatArray


def fit_random_intercept(
    site_codes: ArrayLike,
    response: ArrayLike,
    columns: ArrayLike | None = None,
    *,
    n_sites: int | None = None,
    level: float = 0.95,
) -> MixedModel:
    """Fit `y_ij = b0 + x_ij'b + u_j + e_ij`, u_j ~ N(0, variance_site), e_ij ~ N(0, variance_residual), by REML.

    `site_codes`: whole numbers from 0; `response`: points; `columns`: N x m of x; `n_sites` keeps sites without rows. Rows
    with a missing value are left out. Variances maximise the restricted likelihood (Patterson and Thompson 1971, Biometrika
    58:545-554), residual variance profiled out, from sums by site: 9,000 rows take some ten milliseconds. Fixed effects by
    generalised least squares; limits by t with Satterthwaite's df, `2 v^2/(g'Ag)`, v the variance of an effect, g its
    derivative by the variances, A twice the inverse of the curvature of -2 log likelihood (Fai and Cornelius 1996, J
    Stat Comput Simul 54:363-378; a variance at 0 counts as known). Predicted u_j: best linear unbiased.

    NaN with a reason: fewer than two sites, one row a site, no rows left over, columns that repeat each other, no spread
    of the response (or none within sites). ValueError: unequal lengths, infinite numbers, codes not whole from 0. Agrees
    with R lme4 and lmerTest to 1e-8 where lmer is told to go on, to 1e-5 of a variance where it stops by default.
    statsmodels' MixedLM is as fast, but stops at 2e-6 to 1e-5 of a variance and gives neither these df nor errors of u_j.
    """
    return _fit(site_codes, response, columns, None, n_sites=n_sites, level=level)


def fit_random_slope(
    site_codes: ArrayLike,
    response: ArrayLike,
    columns: ArrayLike,
    slope: ArrayLike,
    *,
    n_sites: int | None = None,
    level: float = 0.95,
) -> MixedModel:
    """Fit `y_ij = b0 + x_ij'b + u_j + w_j s_ij + e_ij`, u_j and w_j normal and independent: (1 | site) + (0 + s | site).

    `slope` s: a column that varies within sites, as a woman's own less her site's mean; it belongs into `columns` too
    where its average effect is wanted. The rest as in `fit_random_intercept`, w_j in points per unit of s. A variance may be
    estimated as 0: `is_singular`, with a reason; Satterthwaite's df then treat it as known, and the effect of s may
    seem more certain than it is. NaN with a reason also where s does not vary.
    """
    return _fit(site_codes, response, columns, as_vector(slope, "slope"), n_sites=n_sites, level=level)


def _fit(
    site_codes: ArrayLike,
    response: ArrayLike,
    columns: ArrayLike | None,
    slope: FloatArray | None,
    *,
    n_sites: int | None,
    level: float,
) -> MixedModel:
    require_level(level)
    codes, y = as_codes(site_codes, "site_codes"), as_vector(response, "response")
    size = count_groups(codes, n_sites, "site_codes")
    x = np.empty((len(y), 0)) if columns is None else np.asarray(columns, dtype=np.float64)
    require_same_length(site_codes=codes, response=y, slope=y if slope is None else slope)
    if x.ndim != 2 or len(x) != len(y):
        raise ValueError(f"columns must have two dimensions, with one row for each of the {len(y)} responses.")
    rows = _complete_rows(codes, np.column_stack([np.ones(len(y)), x]), slope, y)
    reason = _why_not(rows)
    if reason:
        return _unfitted(rows, size, reason)
    fitted = rows.q @ (rows.q.T @ rows.y)
    sums = sum_sites(rows.codes, rows.q, rows.z, rows.y - fitted, len(rows.present))
    ratios = find_ratios(sums)
    residual = evaluate(sums, 1.0, ratios).quadratic / sums.df
    return _describe(rows, sums, residual, residual * ratios, size=size, level=level)


def _complete_rows(codes: IntArray, x: FloatArray, slope: FloatArray | None, y: FloatArray) -> _Rows:
    """Keep complete rows, sort them by site and value so that sums never depend on the order given, and scale them."""
    random = np.ones((len(y), 1)) if slope is None else np.column_stack([np.ones(len(y)), slope])
    for values, name in ((x.ravel(), "columns"), (y, "response"), (random.ravel(), "slope")):
        require_not_infinite(values, name)
    is_complete = ~(np.isnan(x).any(axis=1) | np.isnan(y) | np.isnan(random).any(axis=1))
    codes, x, y, random = codes[is_complete], x[is_complete], y[is_complete], random[is_complete]
    order = np.lexsort((*random.T[::-1], *x.T[::-1], y, codes))
    codes, x, y, random = codes[order], x[order], y[order], random[order]
    present, within = np.unique(codes, return_inverse=True)
    scale = np.sqrt(np.mean(random**2, axis=0)) if len(y) else np.ones(random.shape[1])
    lengths = np.linalg.norm(x, axis=0)
    q, r = np.linalg.qr(x / np.where(lengths > 0, lengths, 1)) if len(y) else (x, np.eye(x.shape[1]))
    return _Rows(present, within, q, r * lengths if len(y) else r, random / np.where(scale > 0, scale, 1), scale, y)


def _why_not(rows: _Rows) -> str:
    """Return why the model cannot be fitted, empty where it can."""
    n, p = len(rows.y), rows.r.shape[0]
    if n <= rows.r.shape[1] or p < rows.r.shape[1]:
        return "no rows" if n == 0 else "as many coefficients as rows"
    k = len(rows.present)
    if k < 2:
        return "one site: no variance between sites"
    if n == k:
        return "one row a site: variance between and within sites cannot be told apart"
    diagonal, lengths = np.abs(np.diag(rows.r)), np.linalg.norm(rows.r, axis=0)
    if np.any(diagonal <= 1e-10 * lengths):
        return "columns repeat each other (or the intercept): no coefficients"
    if np.any(rows.scale == 0):
        return "the column with the random slope does not vary"
    return "" if _has_spread_within(rows) else "no spread within sites: no residual variance"


def _has_spread_within(rows: _Rows) -> bool:
    """Tell whether anything is left once each site has its own intercept (and slope), and the fixed columns are used."""
    values = np.column_stack([rows.q, rows.y])
    own = sum_sites(rows.codes, values, rows.z, rows.y, len(rows.present))
    coefficients = np.linalg.pinv(own.zz, rcond=1e-10, hermitian=True) @ own.zx
    left = values - np.einsum("ia,iab->ib", rows.z, coefficients[rows.codes])
    y, q = left[:, -1], left[:, :-1]
    y = y - q @ np.linalg.lstsq(q, y, rcond=1e-8)[0]
    return bool(np.linalg.norm(y) > _ROUNDING * np.sqrt(len(y)) * np.linalg.norm(rows.y))


def _describe(rows: _Rows, sums: SiteSums, residual: float, random: FloatArray, *, size: int, level: float) -> MixedModel:
    at = evaluate(sums, residual, random)
    back = np.asarray(np.linalg.inv(rows.r), dtype=np.float64)
    estimate = back @ (rows.q.T @ rows.y + at.beta)
    covariance = back @ at.covariance @ back.T
    se = np.sqrt(np.diag(covariance))
    df = _satterthwaite(sums, at, back, residual, random)
    margin = special.stdtrit(df, (1 + level) / 2) * se
    deviations = np.full((size, len(random)), np.nan)
    errors = deviations.copy()
    deviations[rows.present] = random * at.score / rows.scale
    errors[rows.present] = np.sqrt(residual * random * np.einsum("jaa->ja", at.t)) / rows.scale
    variances = random / rows.scale**2
    return MixedModel(
        estimate=estimate,
        se=se,
        df=df,
        low=estimate - margin,
        high=estimate + margin,
        p_value=2 * special.stdtr(df, -np.abs(estimate) / se),
        covariance=covariance,
        variance_site=float(variances[0]),
        variance_slope=float(variances[1]) if len(random) > 1 else np.nan,
        variance_residual=residual,
        icc=float(variances[0] / (variances[0] + residual)),
        intercepts=deviations[:, 0],
        intercepts_se=errors[:, 0],
        slopes=deviations[:, 1] if len(random) > 1 else np.full(size, np.nan),
        slopes_se=errors[:, 1] if len(random) > 1 else np.full(size, np.nan),
        log_likelihood=-at.criterion / 2 - float(np.sum(np.log(np.abs(np.diag(rows.r))))),
        n=sums.n,
        k=len(rows.present),
        is_singular=bool(np.any(random == 0)),
        reason=_remark(random, df),
    )


def _remark(random: FloatArray, df: FloatArray) -> str:
    names = ("between sites", "of the slope")
    zero = [name for name, variance in zip(names, random, strict=False) if variance == 0]
    remarks = [f"singular: variance {' and '.join(zero)} estimated as 0"] if zero else []
    if np.any(np.isnan(df)):
        remarks.append("the likelihood is not curved downwards at its top: no degrees of freedom")
    return "; ".join(remarks)


def _satterthwaite(sums: SiteSums, at: Evaluated, back: FloatArray, residual: float, random: FloatArray) -> FloatArray:
    """Return the df of each fixed effect; a variance of 0 is taken as known."""
    free = np.flatnonzero(np.concatenate([[True], random > 0]))
    values = np.concatenate([[residual], random])

    def slope_along(position: np.signedinteger[Any], share: float) -> FloatArray:
        step = np.zeros(len(values))
        step[position] = share * values[position]
        up, down = values + step, values - step
        difference = gradient(sums, up[0], up[1:]) - gradient(sums, down[0], down[1:])
        return np.asarray(difference[free] / (2 * step[position]), dtype=np.float64)

    # Richardson's extrapolation of central differences: the error falls with the fourth power of the step.
    curvature = np.stack([(4 * slope_along(i, 1e-3) - slope_along(i, 2e-3)) / 3 for i in free], axis=1)
    curvature = (curvature + curvature.T) / 2
    inverse = np.linalg.inv(at.covariance)
    by_residual = (inverse - np.einsum("a,apr->pr", random, at.slopes)) / residual
    by_variance = np.concatenate([by_residual[None], at.slopes])[free]
    half = back @ at.covariance
    derivatives = np.einsum("ip,apr,ir->ia", half, by_variance, half)
    variance = np.einsum("ip,ip->i", half, back)
    if np.any(np.linalg.eigvalsh(curvature) <= 0):
        return np.full(len(variance), np.nan)
    spread = np.einsum("ia,ab,ib->i", derivatives, 2 * np.linalg.inv(curvature), derivatives)
    return np.asarray(2 * variance**2 / spread, dtype=np.float64)


def _unfitted(rows: _Rows, size: int, reason: str) -> MixedModel:
    p = rows.r.shape[1]
    nothing, by_site = np.full(p, np.nan), np.full(size, np.nan)
    return MixedModel(
        *(nothing,) * 6,
        np.full((p, p), np.nan),
        *(np.nan,) * 4,
        *(by_site,) * 4,
        np.nan,
        n=len(rows.y),
        k=len(rows.present),
        is_singular=False,
        reason=reason,
    )
