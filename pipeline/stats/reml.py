"""Restricted likelihood of a linear model with independent random effects by site, from sums over each site alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np

from pipeline.stats.arrays import FloatArray, IntArray

_STARTS = (0.0, 0.005, 0.1, 2.0)  # variance ratios tried first, in units where each random column has mean square 1
_FLAT = 1e-9  # share of the degrees of freedom below which a derivative is rounding error
_LEVEL = 1e-14  # share of the likelihood within which it is level in double precision
_NEWTON_STEPS, _HALVINGS = 60, 30


@dataclass(frozen=True, slots=True, eq=False)
class SiteSums:
    """Sums of products of J sites, p fixed and q random columns; `y` is the response less its least-squares fit.

    `zz` (J, q, q), `zx` (J, q, p), `zy` (J, q): by site. `xx` (p, p), `xy` (p), `yy`: over all `n` rows.
    """

    zz: FloatArray
    zx: FloatArray
    zy: FloatArray
    xx: FloatArray
    xy: FloatArray
    yy: float
    n: int

    @property
    def df(self) -> int:
        """Rows less fixed columns."""
        return self.n - len(self.xx)


@dataclass(frozen=True, slots=True, eq=False)
class Evaluated:
    """The model at given variances: `beta` and its `covariance`, and what derivatives are made of.

    `t`: (J, q, q), (residual I + Z'Z G)^-1. `score`: Z'V^-1(y - X beta), (J, q). `quadratic`: y'Py. `traces`, `squares`: of
    each random column, tr(P ZZ') and y'P ZZ' P y. `slopes`: (q, p, p), X'V^-1 ZZ' V^-1 X. `criterion`: -2 log restricted
    likelihood.
    """

    beta: FloatArray
    covariance: FloatArray
    t: FloatArray
    score: FloatArray
    quadratic: float
    traces: FloatArray
    squares: FloatArray
    slopes: FloatArray
    criterion: float


def sum_sites(codes: IntArray, x: FloatArray, z: FloatArray, y: FloatArray, n_sites: int) -> SiteSums:
    """Sum products by site: `x` (N, p), `z` (N, q), `y` (N)."""

    def by_site(values: FloatArray) -> FloatArray:
        return np.asarray(np.bincount(codes, weights=values, minlength=n_sites), dtype=np.float64)

    q, p = z.shape[1], x.shape[1]
    zz = np.stack([[by_site(z[:, a] * z[:, b]) for b in range(q)] for a in range(q)])
    zx = np.stack([[by_site(z[:, a] * x[:, b]) for b in range(p)] for a in range(q)])
    zy = np.stack([by_site(z[:, a] * y) for a in range(q)])
    return SiteSums(zz.transpose(2, 0, 1), zx.transpose(2, 0, 1), zy.T, x.T @ x, x.T @ y, float(y @ y), len(y))


def evaluate(sums: SiteSums, residual: float, random: FloatArray) -> Evaluated:
    """Return the model at a residual variance above 0 and variances `random` (q) of the random columns from 0.

    Each site's V = residual I + Z G Z', G = diag(random); `Z'V^-1 = (residual I + Z'Z G)^-1 Z'`, so that only q x q matrices
    are inverted and a variance of 0 needs no care.
    """
    q = len(random)
    inner = residual * np.eye(q) + sums.zz * random
    t = np.asarray(np.linalg.inv(inner), dtype=np.float64)
    m, u, w = t @ sums.zz, t @ sums.zx, np.einsum("jab,jb->ja", t, sums.zy)
    weighted = sums.zx.transpose(0, 2, 1) * random
    a = (sums.xx - np.einsum("jpa,jar->pr", weighted, u)) / residual
    b = (sums.xy - np.einsum("jpa,ja->p", weighted, w)) / residual
    covariance = np.linalg.inv((a + a.T) / 2)
    beta = covariance @ b
    score = w - u @ beta
    quadratic = (sums.yy - float(np.sum(sums.zy * random * w))) / residual - float(b @ beta)
    slopes = np.einsum("jap,jar->apr", u, u)
    log_v = (sums.n - q * len(sums.zz)) * np.log(residual) + float(np.sum(np.linalg.slogdet(inner)[1]))
    log_a = float(np.linalg.slogdet(a)[1])
    return Evaluated(
        beta=beta,
        covariance=covariance,
        t=t,
        score=score,
        quadratic=quadratic,
        traces=np.einsum("jaa->a", m) - np.einsum("apr,rp->a", slopes, covariance),
        squares=np.sum(score**2, axis=0),
        slopes=slopes,
        criterion=log_v + log_a + quadratic + sums.df * np.log(2 * np.pi),
    )


def gradient(sums: SiteSums, residual: float, random: FloatArray) -> FloatArray:
    """Return the derivatives of the criterion by the residual variance and by each random one, `tr(P V_i) - y'P V_i P y`."""
    at = evaluate(sums, residual, random)
    by_random = at.traces - at.squares
    by_residual = (sums.df - random @ at.traces - (at.quadratic - random @ at.squares)) / residual
    return np.concatenate([[by_residual], by_random])


def find_ratios(sums: SiteSums) -> FloatArray:
    """Return the ratios of random to residual variance, from 0, at which the restricted likelihood is largest.

    The residual variance is profiled out. From the best of a few starts, Newton steps within the bounds until the ratios no
    longer move; a step that makes the likelihood smaller is halved.
    """
    q = sums.zz.shape[1]

    def profile(ratios: FloatArray) -> tuple[float, FloatArray]:
        at = evaluate(sums, 1.0, ratios)
        value = at.criterion - at.quadratic + sums.df * np.log(at.quadratic)
        return value / sums.df, (at.traces - sums.df * at.squares / at.quadratic) / sums.df

    ratios = min((np.array(each) for each in product(_STARTS, repeat=q)), key=lambda each: profile(each)[0])
    for _ in range(_NEWTON_STEPS):
        moved = _step(profile, ratios)
        is_still = np.max(np.abs(moved - ratios)) <= 1e-14 * (1 + np.max(ratios))
        ratios = moved
        if is_still:
            break
    return ratios


def _step(profile: Callable[[FloatArray], tuple[float, FloatArray]], ratios: FloatArray) -> FloatArray:
    """Take one Newton step in the ratios that are above 0, or that should be; none where the likelihood is level."""
    value, slope = profile(ratios)
    free = np.flatnonzero((ratios > 0) | (slope < -_FLAT))
    if len(free) == 0:
        return ratios
    size, directions = np.linalg.eigh(_curvature(profile, ratios, free))
    along = directions.T @ slope[free]
    change = directions @ (along / np.maximum(np.abs(size), 1e-12))
    for halving in range(_HALVINGS):
        moved = ratios.copy()
        moved[free] = np.maximum(ratios[free] - change / 2**halving, 0)
        if profile(moved)[0] <= value + _LEVEL * abs(value):
            return moved
    return ratios


def _curvature(profile: Callable[[FloatArray], tuple[float, FloatArray]], ratios: FloatArray, free: IntArray) -> FloatArray:
    """Return the second derivatives by the free ratios, from central differences of the first."""
    columns = []
    for at in free:
        step = np.zeros(len(ratios))
        step[at] = 1e-4 * max(ratios[at], 1e-4)
        columns.append(((profile(ratios + step)[1] - profile(ratios - step)[1]) / (2 * step[at]))[free])
    curvature = np.stack(columns, axis=1)
    return np.asarray((curvature + curvature.T) / 2, dtype=np.float64)
