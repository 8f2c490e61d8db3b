"""Random draws that the whole study shares: one stream a topic, and choices whose weights differ by row."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.random import Generator, SeedSequence
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]
Dates = NDArray[np.datetime64]
Texts = NDArray[np.object_]
Column = NDArray[Any]
Table = dict[str, Column]
"""Columns by name; dates are days, NaT, NaN and None are blank cells."""


@dataclass(frozen=True)
class Streams:
    """Independent generators, so that a change to one topic leaves the draws of the others as they were."""

    sites: Generator
    severity: Generator
    people: Generator
    decisions: Generator
    courses: Generator
    improvements: Generator
    completion: Generator
    scores: Generator
    contacts: Generator
    items: Generator
    names: Generator
    activity: Generator


def streams(seed: int) -> Streams:
    """Spawn every stream from one seed."""
    children = SeedSequence(seed).spawn(len(fields(Streams)))
    return Streams(*(np.random.default_rng(child) for child in children))


def choose(stream: Generator, weights: Floats) -> Whole:
    """One position a row of `weights` (rows, options), in proportion to the row's weights."""
    cumulative = np.cumsum(weights, axis=1)
    point = stream.random(len(weights))[:, None] * cumulative[:, -1:]
    position = (point >= cumulative).sum(axis=1)
    return np.asarray(np.minimum(position, weights.shape[1] - 1), dtype=np.int64)


def pick(stream: Generator, options: dict[str, float], n: int) -> Texts:
    """`n` values of one closed list, in proportion to their weights."""
    weights = np.tile(np.array(list(options.values())), (n, 1))
    return np.array(list(options), dtype=object)[choose(stream, weights)]


def alike(stream: Generator, *, rows: int, columns: int, correlation: float) -> Floats:
    """Draw standard normals (rows, columns), every two columns correlated alike."""
    common = stream.standard_normal((rows, 1))
    own = stream.standard_normal((rows, columns))
    return np.asarray(np.sqrt(correlation) * common + np.sqrt(1 - correlation) * own)


def only_where(flags: Flags, values: Texts) -> Texts:
    """Keep the values where the flag holds, and leave blanks elsewhere."""
    blank = np.full(len(flags), None, dtype=object)
    return np.where(flags, values, blank)


def expit(x: Floats) -> Floats:
    """Turn log odds into shares."""
    return 1 / (1 + np.exp(-x))


def days(numbers: Floats | Whole) -> NDArray[np.timedelta64]:
    """Whole days from numbers, rounded to the nearest."""
    return np.rint(numbers).astype("timedelta64[D]")
