"""What every statistic asks of its input: one-dimensional numbers of the same length, and a share as a level."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def as_vector(values: ArrayLike, name: str) -> FloatArray:
    """Return `values` as a one-dimensional float array; ValueError where they have another shape."""
    vector = np.asarray(values, dtype=np.float64)
    if vector.ndim != 1:
        raise ValueError(f"{name} must be one-dimensional, but has {vector.ndim} dimensions.")
    return vector


def as_codes(values: ArrayLike, name: str) -> IntArray:
    """Return whole numbers from 0 as group codes; ValueError for negative, missing or fractional ones."""
    numbers = as_vector(values, name)
    if not np.all(np.isfinite(numbers)) or np.any(numbers < 0) or np.any(numbers != np.floor(numbers)):
        raise ValueError(f"{name} must be whole numbers from 0, one a row.")
    return numbers.astype(np.int64)


def count_groups(codes: IntArray, given: int | None, name: str) -> int:
    """Return how many groups there are: as `given`, else the highest code + 1; ValueError for a code beyond them."""
    needed = int(np.max(codes, initial=-1)) + 1
    if given is not None and needed > given:
        raise ValueError(f"{name} holds {needed - 1}, but there are only {given} groups, counted from 0.")
    return needed if given is None else given


def require_same_length(**vectors: NDArray[np.float64] | IntArray) -> None:
    """Raise ValueError, naming each length, unless all vectors are equally long."""
    if len({len(vector) for vector in vectors.values()}) > 1:
        lengths = ", ".join(f"{name} {len(vector)}" for name, vector in vectors.items())
        raise ValueError(f"The lengths differ: {lengths}.")


def require_finite(values: FloatArray, name: str) -> None:
    """Raise ValueError where a value is missing or infinite."""
    if not np.all(np.isfinite(values)):
        raise ValueError(f"{name} holds a missing or infinite value at position {int(np.argmin(np.isfinite(values)))}.")


def require_not_infinite(values: FloatArray, name: str) -> None:
    """Raise ValueError where a value is infinite; missing values may pass."""
    if np.any(np.isinf(values)):
        raise ValueError(f"{name} holds an infinite value at position {int(np.argmax(np.isinf(values)))}.")


def require_sign(sign: int) -> None:
    """Raise ValueError unless the sign is 1 (lower scores are better) or -1 (higher scores are better)."""
    if sign not in (1, -1):
        raise ValueError(f"sign must be 1 (lower is better) or -1 (higher is better), not {sign!r}.")


def require_level(level: float) -> None:
    """Raise ValueError unless the confidence level lies strictly between 0 and 1."""
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, not {level!r}.")
