"""The truth table of Qualitative Comparative Analysis: what the cases of each configuration say about the outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.stats.arrays import FloatArray, IntArray
from pipeline.stats.qca_calibration import require_no_half
from pipeline.stats.qca_terms import as_conditions, as_outcome, configurations, term_memberships

NEGATIVE, POSITIVE, CONTRADICTION, REMAINDER = 0, 1, 2, 3
STATUSES = ("negative", "positive", "contradiction", "remainder")
TOLERANCE = float(np.finfo(np.float64).eps ** 0.5)
"""By how much rounding may keep a number below its cut-off (the peer's)."""
_NUMBERS_AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True)
class CutOffs:
    """What makes a row positive: at least `n` cases, inclusion and PRI; `contradiction`: the lower inclusion, if any."""

    n: int = 1
    inclusion: float = 1.0
    pri: float = 0.0
    contradiction: float | None = None

    def __post_init__(self) -> None:
        shares = [self.inclusion, self.pri, *([] if self.contradiction is None else [self.contradiction])]
        if self.n < 1 or not all(0 <= share <= 1 for share in shares):
            raise ValueError("Cut-offs: n must be at least 1, inclusion, pri and contradiction must lie within 0 to 1.")
        if self.contradiction is not None and self.contradiction > self.inclusion:
            raise ValueError("The lower cut-off of inclusion lies above the upper.")


@dataclass(frozen=True, slots=True, eq=False)
class TruthTable:
    """A row a configuration, in the order of `qca_terms.configurations`.

    `n`: cases with a membership above 0.5; `n_in`, `n_out`: those of them above and below 0.5 in the outcome; `inclusion`
    and `pri`: NaN where n is 0; `status`: one of NEGATIVE, POSITIVE, CONTRADICTION, REMAINDER (`STATUSES` names them);
    `row_of_case`: -1 for a case that is in no row.
    """

    configurations: IntArray
    levels: tuple[int, ...]
    n: IntArray
    n_in: IntArray
    n_out: IntArray
    inclusion: FloatArray
    pri: FloatArray
    status: IntArray
    row_of_case: IntArray

    @property
    def is_contradictory(self) -> NDArray[np.bool_]:
        """Rows that hold cases with the outcome and cases without it, whatever their status."""
        return (self.n_in > 0) & (self.n_out > 0)

    def rows(self, *statuses: int) -> NDArray[np.bool_]:
        """Which rows have any of `statuses`."""
        return np.isin(self.status, statuses)


def truth_table(
    conditions: ArrayLike, outcome: ArrayLike, cut_offs: CutOffs | None = None, *, allow_half: bool = False
) -> TruthTable:
    """Return the truth table of `outcome` y over every configuration of `conditions`.

    `conditions`: memberships, a row a case and a column a condition (whole numbers from 0 for one of several values);
    `outcome`: memberships 0 to 1, one a case; for the negated outcome give 1 - y. With x_i case i's membership in a row:
    `inclusion = sum min(x, y)/sum x` and `PRI = (sum min(x, y) - s)/(sum x - s)`, `s = sum min(x, y, 1 - y)` (0 where
    both parts are 0). A row with fewer than `cut_offs.n` cases is a remainder; else positive where inclusion and PRI reach
    their cut-offs, a contradiction where inclusion reaches the lower one alone, else negative.

    ValueError: memberships out of range, too many conditions (see `as_conditions`), a condition at exactly 0.5 unless
    `allow_half` (then the case is in no row), or no row with enough cases. Source: Ragin 2008, Redesigning Social
    Inquiry, chapter 7; Schneider and Wagemann 2012 (PRI). Agrees with R QCA 3.25.1 `truthTable(complete = TRUE)` to 1e-13.
    """
    cut_offs = cut_offs or CutOffs()
    cases, levels = as_conditions(conditions)
    y = as_outcome(outcome, len(cases))
    if not allow_half:
        require_no_half(cases, "conditions")
    every = configurations(levels)
    members = term_memberships(cases, levels, every)
    is_in_row = members > 0.5
    n = np.sum(is_in_row, axis=0)
    if not np.any(n >= cut_offs.n):
        raise ValueError(f"No configuration has {cut_offs.n} or more cases.")
    inclusion, pri = (row[0] for row in score_rows(members, y[None, :]))
    return TruthTable(
        configurations=every,
        levels=levels,
        n=n,
        n_in=np.sum(is_in_row & (y > 0.5)[:, None], axis=0),
        n_out=np.sum(is_in_row & (y < 0.5)[:, None], axis=0),
        inclusion=np.where(n > 0, inclusion, np.nan),
        pri=np.where(n > 0, pri, np.nan),
        status=judge_rows(n, inclusion, pri, cut_offs),
        row_of_case=np.where(np.any(is_in_row, axis=1), np.argmax(is_in_row, axis=1), -1),
    )


def score_rows(members: FloatArray, outcomes: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return inclusion and PRI (an outcome by a set) of sets in many outcomes at once; 0 for a set without members.

    `members`: a row a case, a column a set; `outcomes`: a row an outcome, a column a case. Nothing is checked here.
    """
    at_once = max(_NUMBERS_AT_ONCE // max(members.size, 1), 1)
    sizes, parts = np.sum(members, axis=0), []
    for start in range(0, len(outcomes), at_once):
        y = outcomes[start : start + at_once, :, None]
        both = np.minimum(members[None], y)
        shared = np.sum(both, axis=1)
        ambiguous = np.sum(np.minimum(both, 1 - y), axis=1)
        parts.append((share(shared, sizes[None]), share(shared - ambiguous, sizes[None] - ambiguous)))
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def share(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Return part/whole, and 0 where the whole is 0 (or rounding's remains of it)."""
    is_empty = whole <= 1e-12
    return np.asarray(np.where(is_empty, 0.0, part / np.where(is_empty, 1.0, whole)), dtype=np.float64)


def judge_rows(n: IntArray, inclusion: FloatArray, pri: FloatArray, cut_offs: CutOffs) -> IntArray:
    """Return the status of each row; `inclusion` and `pri` may have an outcome a row before the rows of the table."""
    reaches = (inclusion + TOLERANCE >= cut_offs.inclusion) & (pri + TOLERANCE >= cut_offs.pri)
    lower = 2.0 if cut_offs.contradiction is None else cut_offs.contradiction
    is_between = (inclusion + TOLERANCE >= lower) & (inclusion + TOLERANCE < cut_offs.inclusion)
    judged = np.where(reaches, POSITIVE, np.where(is_between, CONTRADICTION, NEGATIVE))
    return np.asarray(np.where(n < cut_offs.n, REMAINDER, judged), dtype=np.int64)


def order_rows(table: TruthTable, by: Sequence[str] = ("status", "inclusion", "n")) -> IntArray:
    """Return the rows of `table` in order: highest first by each of `by` in turn, remainders last, ties as they stand.

    `by`: any of status (contradictions, positive, negative), inclusion, pri, n. ValueError: any other name. Agrees with R
    QCA 3.25.1 `truthTable(sort.by = ...)`.
    """
    columns = {
        "status": np.where(table.status == REMAINDER, -1, table.status),
        "inclusion": np.nan_to_num(table.inclusion, nan=-1.0),
        "pri": np.nan_to_num(table.pri, nan=-1.0),
        "n": table.n,
    }
    if not set(by) <= set(columns):
        raise ValueError(f"Rows can be ordered by {', '.join(columns)}, not by {', '.join(by)}.")
    keys = [-columns[name] for name in reversed(by)]
    return np.lexsort([*keys, table.status == REMAINDER]).astype(np.int64)
