"""Which columns tell something that neither a group's level nor the columns before them tell."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.stats.arrays import as_codes, require_finite

_ROUNDING = 1e-9  # share of a column's length below which what is left of it is rounding error


def independent_within(group_codes: ArrayLike, columns: ArrayLike) -> NDArray[np.bool_]:
    """Say of each column whether it varies within groups, and not merely as those kept before it do.

    `group_codes`: whole numbers from 0, one a row; `columns`: N x q, complete, any units. A column is kept where its
    deviations from the groups' means leave more than rounding error once those of the columns kept before are taken out (Gram
    and Schmidt, twice for accuracy). With the kept columns a model with a level of its own for each group has one solution.
    ValueError: columns that are not N x q or not complete, codes not whole from 0.
    """
    codes, values = as_codes(group_codes, "group_codes"), np.asarray(columns, dtype=np.float64)
    if values.ndim != 2 or len(values) != len(codes):
        raise ValueError(f"columns must have two dimensions, with one row for each of the {len(codes)} codes.")
    require_finite(values.ravel(), "columns")
    n = np.maximum(np.bincount(codes), 1)
    basis = np.empty(values.shape, order="F")
    n_kept = 0
    keep = np.zeros(values.shape[1], dtype=np.bool_)
    for at, column in enumerate(values.T):
        rest = column - (np.bincount(codes, weights=column) / n)[codes]
        for _ in range(2):
            kept = basis[:, :n_kept]
            rest = rest - kept @ (kept.T @ rest)
        length = float(np.linalg.norm(rest))
        keep[at] = length > _ROUNDING * float(np.linalg.norm(column))
        if keep[at]:
            basis[:, n_kept] = rest / length
            n_kept += 1
    return keep
