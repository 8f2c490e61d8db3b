"""Random numbers that depend on the run's seed and on what they are for, and on nothing else."""

from __future__ import annotations

import zlib

import numpy as np


def stream(seed: int, *purpose: str) -> np.random.Generator:
    """Return a generator of its own for a purpose, such as ("imputation", "pcl5").

    Equal seeds and purposes give equal numbers, whatever else is drawn, so that a measure more or less moves no other. The
    words enter the entropy of numpy's SeedSequence by their CRC-32. ValueError: a seed below 0.
    """
    if seed < 0:
        raise ValueError(f"seed must not be below 0, but is {seed}.")
    return np.random.default_rng(np.random.SeedSequence([seed, *(zlib.crc32(word.encode("utf-8")) for word in purpose)]))
