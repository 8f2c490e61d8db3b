"""Terms of Qualitative Comparative Analysis: conjunctions of conditions, their memberships and how they are written."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from pipeline.stats.arrays import FloatArray, IntArray, require_finite

FREE = -1
"""Stands in a term for a condition that it does not name."""
Term = tuple[int, ...]
"""A value for each condition: 0 absent, 1 present (2 and on: further values), or FREE."""
MOST_ROWS = 256
_LITERAL = re.compile(r"(~?)([^~*+\[\]\s]+)(?:\[(\d+)\])?")


def as_conditions(conditions: ArrayLike) -> tuple[FloatArray, tuple[int, ...]]:
    """Return memberships (a row a case, a column a condition) and how many values each condition has.

    A column of whole numbers has 0 to its highest value, at least two; any other is fuzzy, within 0 to 1, and has two:
    absent and present. ValueError: not two-dimensional, no case or condition, a missing or infinite membership, one below
    0, a fuzzy one above 1, or more than 256 rows in the truth table.
    """
    table = np.asarray(conditions, dtype=np.float64)
    if table.ndim != 2 or 0 in table.shape:
        raise ValueError("conditions must be a table with a row a case and a column a condition.")
    require_finite(table.ravel(), "conditions")
    is_whole = np.all(table == np.floor(table), axis=0)
    if np.any(table < 0) or np.any(~is_whole & np.any(table > 1, axis=0)):
        raise ValueError("Memberships must lie within 0 to 1, or be whole numbers from 0.")
    levels = tuple(int(max(2, highest + 1)) for highest in np.max(np.where(is_whole, table, 1.0), axis=0))
    if int(np.prod(np.array(levels, dtype=np.float64))) > MOST_ROWS:
        raise ValueError(f"Too many conditions: a truth table of more than {MOST_ROWS} rows.")
    return table, levels


def as_outcome(outcome: ArrayLike, n_cases: int) -> FloatArray:
    """Return memberships in the outcome, one a case; ValueError unless each lies within 0 to 1 and the length fits."""
    y = np.asarray(outcome, dtype=np.float64)
    if y.shape != (n_cases,):
        raise ValueError(f"outcome must hold one membership for each of the {n_cases} cases.")
    require_finite(y, "outcome")
    if np.any((y < 0) | (y > 1)):
        raise ValueError("Memberships in the outcome must lie within 0 to 1.")
    return y


def configurations(levels: Sequence[int]) -> IntArray:
    """Return every row of a truth table, the last condition changing fastest: row r is the peer's row r + 1."""
    return np.indices(tuple(levels)).reshape(len(levels), -1).T.astype(np.int64)


def term_memberships(conditions: FloatArray, levels: Sequence[int], terms: Sequence[Term] | IntArray) -> FloatArray:
    """Return memberships in each term (a row a case, a column a term): the lowest membership in what it names.

    `conditions`, `levels`: from `as_conditions`. A case is in value 1 of a two-valued condition to the degree x, in 0 to
    the degree 1 - x; in value v of another wholly or not at all. A term that names nothing holds every case. ValueError: a
    term of another length, or a value that the condition has not.
    """
    found = np.ones((len(conditions), len(terms)))
    for position, term in enumerate(terms):
        if len(term) != len(levels) or any(value >= count or value < FREE for value, count in zip(term, levels, strict=True)):
            raise ValueError(f"The term {tuple(term)} does not fit conditions with {tuple(levels)} values.")
        for column, value in enumerate(term):
            if value != FREE:
                found[:, position] = np.minimum(found[:, position], literal(conditions[:, column], levels[column], int(value)))
    return found


def literal(column: FloatArray, count: int, value: int) -> FloatArray:
    """Return memberships in one `value` of a condition with `count` values."""
    if count > 2:
        return np.asarray(column == value, dtype=np.float64)
    return column if value == 1 else 1 - column


def write_term(term: Sequence[int], names: Sequence[str], *, levels: Sequence[int] = (), joined_by: str = "*") -> str:
    """Return a term as text: `A*~B`; with more than two values anywhere in `levels`, `A[1]*B[0]`. Naming nothing: `1`."""
    has_values = any(count > 2 for count in levels)
    parts = []
    for name, value in zip(names, term, strict=True):
        if value != FREE:
            parts.append(f"{name}[{value}]" if has_values else f"{'' if value else '~'}{name}")
    return joined_by.join(parts) or "1"


def read_term(text: str, names: Sequence[str]) -> Term:
    """Return the term that `text` names, such as `A*~B` or `A[2]*B[0]`, over the conditions `names`.

    ValueError: an unknown name, a name given twice, or anything that is no conjunction.
    """
    term = [FREE] * len(names)
    for part in text.split("*"):
        found = _LITERAL.fullmatch(part.strip())
        if found is None or (found[1] and found[3]):
            raise ValueError(f"{part.strip()!r} is no condition; write A, ~A or A[2], joined by *.")
        if found[2] not in names:
            raise ValueError(f"{found[2]!r} is none of the conditions {', '.join(names)}.")
        column = list(names).index(found[2])
        if term[column] != FREE:
            raise ValueError(f"{found[2]!r} is named twice in {text!r}.")
        term[column] = int(found[3]) if found[3] else int(not found[1])
    return tuple(term)
