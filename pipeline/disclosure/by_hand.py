"""A few moves by hand: a count moves, and where that breaks a relation, one other count of it makes up for it, and so on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.disclosure.known import Known, Numbers

_SLACK = 1e-6
_MOST_MOVES, _MOST_TRIES, _MOST_CHOICES = 12, 15, 2


def by_hand(known: Known, at: int, by: float, low: Numbers, high: Numbers) -> dict[int, float] | None:
    """Moves between `low` and `high` that hold every relation, with `by` at position `at`; None where none is found soon.

    What is not found so may well be there: it is for a programme to say.
    """
    moves = {at: by}
    return moves if _mended(known, moves, low, high, [_MOST_TRIES], int(known.owner[at])) else None


def _mended(known: Known, moves: dict[int, float], low: Numbers, high: Numbers, left: list[int], owner: int) -> bool:
    """Whether further moves make all relations hold; `moves` then has them. `left`: how many tries are left."""
    broken = _first_broken(known, moves)
    if broken is None:
        return True
    left[0] -= 1
    if len(moves) >= _MOST_MOVES or left[0] < 0:
        return False
    row, lacking = broken
    for place, by in _choices(known, row, lacking, moves, low, high, owner):
        moves[place] = by
        if _mended(known, moves, low, high, left, owner):
            return True
        del moves[place]
    return False


def _first_broken(known: Known, moves: dict[int, float]) -> tuple[int, float] | None:
    """The first relation that does not hold, and by how much its sum must change."""
    sums: dict[int, float] = {}
    columns = known.columns
    for place, by in moves.items():
        for index in range(columns.indptr[place], columns.indptr[place + 1]):
            row = int(columns.indices[index])
            sums[row] = sums.get(row, 0.0) + by * float(columns.data[index])
    for row, total in sums.items():
        if total < known.room_low[row] - _SLACK:
            return row, float(known.room_low[row]) - total
        if total > known.room_high[row] + _SLACK:
            return row, float(known.room_high[row]) - total
    return None


def _choices(
    known: Known, row: int, lacking: float, moves: dict[int, float], low: Numbers, high: Numbers, owner: int
) -> list[tuple[int, float]]:
    """Counts of a relation that could make up for what it lacks: those of the same owner first, then of others."""
    import numpy as np

    span = slice(known.rows.indptr[row], known.rows.indptr[row + 1])
    places = known.rows.indices[span]
    by = lacking / known.rows.data[span]
    new = known.exact[places] + by
    fits = (new >= low[places]) & (new <= high[places]) & (np.abs(by - np.round(by)) < _SLACK)
    found = [
        (int(place), float(round(each))) for place, each in zip(places[fits], by[fits], strict=True) if int(place) not in moves
    ]
    owners = known.owner

    def far(choice: tuple[int, float]) -> tuple[int, bool]:
        mine = int(owners[choice[0]])
        return (0 if mine == owner else 2 if mine == -1 else 1), bool(known.is_shown[choice[0]])

    return sorted(found, key=far)[:_MOST_CHOICES]
