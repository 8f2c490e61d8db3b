"""Draws of the effects of small sites from the distribution between sites, given their own women."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from pipeline.stats.arrays import FloatArray

_STEPS = 200
_REACH = 5.0  # the grid of tau ends at this many times the spread of the sites' means


def draw_small_sites(
    means: FloatArray, variances: FloatArray, is_used: NDArray[np.bool_], is_drawn: NDArray[np.bool_], stream: Generator
) -> FloatArray:
    """Draw `a_j` of the sites `is_drawn` under `means_j ~ N(a_j, v_j)`, `a_j ~ N(mu, tau2)`, flat priors on mu and tau.

    `means` and `variances` v: m x J, points and squared points, one row a data set; `is_used`: the sites (at least three) that
    tell of mu and tau. tau is drawn from its posterior on a grid of 200 midpoints up to five times the spread of the means,
    then mu given tau, then a_j given both: `N((means_j/v_j + mu/tau2)/h, 1/h)`, `h = 1/v_j + 1/tau2`. Returns m x (number of
    sites drawn); where every v is 0, the means. ValueError for fewer than three sites. Source: Gelman and colleagues 2013,
    Bayesian Data Analysis, 3rd ed., 5.4.
    """
    if int(np.sum(is_used)) < 3:
        raise ValueError("A distribution between sites needs at least three sites.")
    y, v = means[:, is_used], variances[:, is_used]
    if not np.any(v > 0):  # scores without error: each site's mean is known
        return np.array(means[:, is_drawn])
    reach = _REACH * np.std(y, axis=1, ddof=1)
    tau = reach[:, None] * (np.arange(_STEPS) + 0.5) / _STEPS
    weight = 1 / (v[:, None, :] + tau[:, :, None] ** 2)
    total = weight.sum(axis=2)
    centre = np.sum(weight * y[:, None, :], axis=2) / total
    misfit = np.sum(weight * (y[:, None, :] - centre[:, :, None]) ** 2, axis=2)
    density = 0.5 * np.sum(np.log(weight), axis=2) - 0.5 * np.log(total) - 0.5 * misfit
    chance = np.cumsum(np.exp(density - density.max(axis=1, keepdims=True)), axis=1)
    at = np.sum(chance < stream.random((len(y), 1)) * chance[:, -1:], axis=1)
    rows = np.arange(len(y))
    mu = centre[rows, at] + stream.standard_normal(len(y)) / np.sqrt(total[rows, at])
    own, tau2 = variances[:, is_drawn], tau[rows, at][:, None] ** 2
    share = tau2 / (tau2 + own)
    expected = share * means[:, is_drawn] + (1 - share) * mu[:, None]
    return np.asarray(expected + np.sqrt(share * own) * stream.standard_normal(own.shape))
