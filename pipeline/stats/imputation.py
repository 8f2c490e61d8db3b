"""Draws of a missing last score: Bayesian normal regression, and the same with an effect for each site."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from pipeline.stats.arrays import (
    FloatArray,
    IntArray,
    as_codes,
    as_vector,
    count_groups,
    require_finite,
    require_not_infinite,
    require_same_length,
)
from pipeline.stats.between_draws import draw_small_sites

MIN_FIXED = 10
MIN_IMPUTED = 5
_MIN_SITES = 3  # a flat prior on the SD between sites needs three of them
_ROUNDING = 1e-9  # share of a column's length below which what is left of it is rounding error


@dataclass(frozen=True, slots=True, eq=False)
class Imputed:
    """Imputed scores: row i of `values` is data set i, column j the woman at position `rows[j]`; points, not rounded.

    `not_imputed`: positions of women without a score whom the model leaves without one. `drawn_sites`, `left_sites`: codes of
    the sites whose effect was drawn from the distribution between sites, and of those that were not imputed. `reason`: why
    someone was left out, or a column not used; empty where neither is so.
    """

    m: int
    rows: IntArray
    values: FloatArray
    not_imputed: IntArray
    drawn_sites: IntArray
    left_sites: IntArray
    reason: str


def impute_normal(design: ArrayLike, response: ArrayLike, *, m: int, stream: Generator) -> Imputed:
    """Draw the missing responses m times from `y = x'b + e`, `e ~ N(0, s2)`, with b and s2 drawn anew for each data set.

    `design` N x p, complete, with its own column of ones and any site terms; `response` N, NaN where missing, any unit. On the
    n observed rows: `s2* = RSS/chi2(n - p)`, `b* = b + s* chol((X'X)^-1) z`, `y* = x'b* + s* z`: the posterior under
    flat priors on b and log s. A column that repeats those before it is left out. Without a degree of freedom nobody is
    imputed. Both are said in `reason`. ValueError: a design that is not complete or not N x p, infinite responses, m < 1.
    Source: Rubin 1987, Multiple Imputation for Nonresponse in Surveys, p. 167. Peer: R mice's `mice.impute.norm`; same
    distribution, so that pooled estimates over 60 seeds agree within their Monte-Carlo error.
    """
    y, x = as_vector(response, "response"), np.asarray(design, dtype=np.float64)
    if x.ndim != 2 or len(x) != len(y):
        raise ValueError(f"design must have two dimensions, with one row for each of the {len(y)} responses.")
    require_finite(x.ravel(), "design")
    require_not_infinite(y, "response")
    _require_data_sets(m)
    is_missing = np.isnan(y)
    keep = _independent(x[~is_missing], np.linalg.norm(x[~is_missing], axis=0))
    x, df = x[:, keep], int(np.sum(~is_missing)) - int(np.sum(keep))
    rows = np.flatnonzero(is_missing)
    if df < 1:
        return _nobody(m, rows, "no more observed scores than coefficients: no scores imputed")
    slopes, sd = draw_regression(x[~is_missing], y[~is_missing], df=df, m=m, stream=stream)
    values = slopes @ x[rows].T + sd[:, None] * stream.standard_normal((m, len(rows)))
    nothing = np.empty(0, dtype=np.int64)
    return Imputed(m, rows, values, nothing, nothing, nothing, _left_out(keep))


def impute_last_scores(
    site_codes: ArrayLike,
    pre: ArrayLike,
    post: ArrayLike,
    *,
    m: int,
    stream: Generator,
    covariates: ArrayLike | None = None,
    n_sites: int | None = None,
) -> Imputed:
    """Draw missing last scores m times from `post_ij = a_j + z_ij'b + e_ij`, z the first score and further columns.

    `site_codes` whole numbers from 0; `pre` complete, `post` NaN where missing, both in points; `covariates` N x q (case mix,
    first score times context), complete. Pairs at sites with at least 5 (`MIN_IMPUTED`) of them are used. For each data set
    `s2* = RSS/chi2(n - J - p)` and b* come from deviations within the J sites, as in `impute_normal`. With
    `r_j = ybar_j - zbar_j'b*`, a site with at least 10 pairs (`MIN_FIXED`) gets the fixed effect `a_j* = r_j + s* z/sqrt(n_j)`,
    which is `impute_normal` with a column for each site. A smaller site gets a draw of the distribution between sites,
    `a_j ~ N(mu, tau2)`, given its own pairs (see `between_draws.draw_small_sites`). A site with fewer than 5 pairs is not
    imputed, nor are the smaller ones where fewer than 3 sites have 5 pairs. Scores are neither rounded nor cut off at the
    ends of the scale, which would bias their mean.

    A column constant within sites is part of a_j and is left out, with a reason. ValueError: unequal lengths, missing first
    scores or covariates, infinite numbers, codes not whole from 0, m < 1. Sources: Rubin 1987 (as above); Gelman and
    colleagues 2013, Bayesian Data Analysis, 3rd ed., 5.4 (sites). Peer: as `impute_normal`, for sites with fixed effects.
    """
    codes, z, y = _women(site_codes, pre, post, covariates)
    size = count_groups(codes, n_sites, "site_codes")
    _require_data_sets(m)
    is_missing = np.isnan(y)
    n = np.bincount(codes[~is_missing], minlength=size)
    is_used, is_drawn, is_left = _ways(n)
    seen = ~is_missing & is_used[codes]
    within, z_means = _centred(codes[seen], z[seen], np.where(is_used, n, 0))
    response, y_means = _centred(codes[seen], y[seen, None], np.where(is_used, n, 0))
    keep = _independent(within, np.linalg.norm(z[seen], axis=0))
    df = int(np.sum(seen)) - int(np.sum(is_used)) - int(np.sum(keep))
    if df < 1:
        return _nobody(m, np.flatnonzero(is_missing), f"no site has {MIN_IMPUTED} pairs, or none to spare: no scores imputed")
    slopes, sd = draw_regression(within[:, keep], response[:, 0], df=df, m=m, stream=stream)
    means, variances = y_means[:, 0] - slopes @ z_means[:, keep].T, sd[:, None] ** 2 / np.maximum(n, 1)
    effects = means + np.sqrt(variances) * stream.standard_normal((m, size))
    if np.any(is_drawn):
        effects[:, is_drawn] = draw_small_sites(means, variances, is_used, is_drawn, stream)
    rows = np.flatnonzero(is_missing & ~is_left[codes])
    left = np.flatnonzero(is_left & (np.bincount(codes[is_missing], minlength=size) > 0))
    too_few = f"sites with fewer than {MIN_IMPUTED} pairs, or too few sites to draw one from: not imputed"
    return Imputed(
        m=m,
        rows=rows,
        values=effects[:, codes[rows]] + slopes @ z[rows][:, keep].T + sd[:, None] * stream.standard_normal((m, len(rows))),
        not_imputed=np.flatnonzero(is_missing & is_left[codes]),
        drawn_sites=np.flatnonzero(is_drawn),
        left_sites=left,
        reason="; ".join(filter(None, [too_few if len(left) else "", _left_out(keep)])),
    )


def _ways(n: IntArray) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Say which sites' pairs are used, which sites' effects are drawn, and which sites are left, by their numbers of pairs."""
    is_used = n >= MIN_IMPUTED
    is_small = is_used & (n < MIN_FIXED)
    is_drawn = is_small & (int(np.sum(is_used)) >= _MIN_SITES)
    return is_used, is_drawn, ~is_used | (is_small & ~is_drawn)


def _women(
    site_codes: ArrayLike, pre: ArrayLike, post: ArrayLike, covariates: ArrayLike | None
) -> tuple[IntArray, FloatArray, FloatArray]:
    codes, before, after = as_codes(site_codes, "site_codes"), as_vector(pre, "pre"), as_vector(post, "post")
    require_same_length(site_codes=codes, pre=before, post=after)
    columns = np.empty((len(before), 0)) if covariates is None else np.asarray(covariates, dtype=np.float64)
    if columns.ndim != 2 or len(columns) != len(before):
        raise ValueError(f"covariates must have two dimensions, with one row for each of the {len(before)} women.")
    z = np.column_stack([before, columns])
    require_finite(z.ravel(), "pre or covariates")
    require_not_infinite(after, "post")
    return codes, z, after


def _require_data_sets(m: int) -> None:
    if m < 1:
        raise ValueError(f"m must be at least 1, not {m!r}.")


def _centred(codes: IntArray, columns: FloatArray, n: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return deviations from each site's means, and the means: NaN at a site without rows."""
    sums = np.column_stack([np.bincount(codes, weights=column, minlength=len(n)) for column in columns.T])
    means = np.divide(sums, n[:, None], out=np.full(sums.shape, np.nan), where=n[:, None] > 0)
    return columns - means[codes], means


def _independent(columns: FloatArray, size: FloatArray) -> NDArray[np.bool_]:
    """Say of each column whether anything of it is left beside those before it (Gram and Schmidt, twice for accuracy)."""
    basis: list[FloatArray] = []
    keep = np.zeros(columns.shape[1], dtype=np.bool_)
    for at, column in enumerate(columns.T):
        rest = column.copy()
        for _ in range(2):
            for direction in basis:
                rest = rest - (direction @ rest) * direction
        length = float(np.linalg.norm(rest))
        keep[at] = length > _ROUNDING * size[at]
        if keep[at]:
            basis.append(rest / length)
    return keep


def draw_regression(x: FloatArray, y: FloatArray, *, df: int, m: int, stream: Generator) -> tuple[FloatArray, FloatArray]:
    """Return m draws of the coefficients (m x p) and of the residual SD (m) of y on the independent columns of x.

    `sd* = sqrt(RSS/chi2(df))`, `b* = b + sd* R^-1 z` with `x = QR`: the posterior under flat priors on b and log sd. Peer: R
    mice's `.norm.draw`.
    """
    q, r = np.linalg.qr(x)
    projected = q.T @ y
    residual = y - q @ projected
    sd = np.sqrt(residual @ residual / stream.chisquare(df, m))
    coefficients = np.linalg.solve(r, projected[:, None] + sd * stream.standard_normal((x.shape[1], m)))
    return coefficients.T, sd


def _left_out(keep: NDArray[np.bool_]) -> str:
    return "" if np.all(keep) else f"{int(np.sum(~keep))} column(s) left out: constant, or repeating others"


def _nobody(m: int, missing: IntArray, reason: str) -> Imputed:
    nothing = np.empty(0, dtype=np.int64)
    return Imputed(m, nothing, np.empty((m, 0)), missing, nothing, nothing, reason)
