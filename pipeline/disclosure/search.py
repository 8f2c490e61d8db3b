"""The search for whole numbers that fit all that a reader knows, by hand where a few moves do it, else as an integer programme.

Numbers are told by how far they lie from the true ones: most searches move a few counts of one block, and leave all others
where they are. What fits so fits all together. Only where nothing near by fits, more and more counts may move.

Sources: Fischetti and Salazar 2001, Management Science 47:1008 (the choice of further cells as an integer programme, solved
here by HiGHS through scipy).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.disclosure.by_hand import by_hand
from pipeline.disclosure.cheapest import cheapest
from pipeline.disclosure.known import NOBODY, Known
from pipeline.disclosure.programme import solve

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping

    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Places = NDArray[np.intp]

_SLACK = 1e-6
_FEW = 6
_NONE: dict[int, float] = {}
_A_TRIFLE = 0.01
"""What it costs to move a count that no other owner knows."""


@dataclass(frozen=True, eq=False)
class Witness:
    """Numbers that fit: the counts that are not as they truly are, and what they are instead."""

    at: tuple[int, ...] = ()
    values: tuple[float, ...] = ()


class Search(Known):
    """Numbers that fit, asked for count by count and reader by reader."""

    def witness(self, at: int, value: float, *, known: frozenset[int] = frozenset(), present: int = NOBODY) -> Witness | None:
        """Counts that fit all that the reader knows, with `value` at position `at`; None where there are none.

        Of all of them, those that leave the counts of others where they are, as far as can be.
        """
        if value == self.exact[at]:
            return Witness()
        low, high = self.bounds(known, present)
        if not low[at] <= value <= high[at]:
            return None
        moves = by_hand(self, at, value - self.exact[at], low, high)
        if moves is not None:
            return self._witness(moves)
        for may_move in self._rings(at, known):
            found = self._nearest(at, value, may_move, low, high)
            if found is not None:
                return found
        return None

    def extremes(
        self, at: int, *, known: frozenset[int] = frozenset(), within: float = 0.0, least: float | None = None
    ) -> tuple[float, float]:
        """The least and the most that the count at position `at` could be for a reader; `least`, where it is known already.

        Other blocks stay as they are, unless that leaves less than the numbers from 0 to `within`.
        """
        import numpy as np

        found = 0.0, 0.0
        for may_move in (self.block == self.block[at], np.ones(len(self.linked), dtype=bool)):
            found = self._extremes(at, may_move, *self.bounds(known), least)
            if found[0] <= 0 and found[1] >= within:
                break
        return found

    def _extremes(self, at: int, may_move: Flags, low: Numbers, high: Numbers, least: float | None) -> tuple[float, float]:
        import numpy as np

        free, found = self._free(may_move, low, high), [] if least is None else [least]
        for sign in (1.0, -1.0)[len(found) :]:
            cost = np.where(free == at, sign, 0.0)
            made = self._solve(free, low, high, np.concatenate([cost, -cost]))
            moved = dict(zip(made.at, made.values, strict=True)) if made else {}
            found.append(float(moved.get(at, self.exact[at])))
        return found[0], found[1]

    def cheapest(self, at: int, value: float, costs: Mapping[Hashable, float], **reader: Any) -> set[Hashable] | None:
        """The units that are cheapest to withhold so that the count at `at` could be `value`; None where nothing helps.

        `costs` says which units may be withheld, and what that costs; units of other printed counts stay as they are.
        """
        for may_move in (self.block == self.block[at], self.block >= 0):
            found = cheapest(self, at, value, costs, may_move, **reader)
            if found is not None:
                return found
        return None

    def _witness(self, moves: Mapping[int, float]) -> Witness:
        at = tuple(place for place, by in moves.items() if by)
        return Witness(at, tuple(float(self.exact[place] + moves[place]) for place in at))

    def _rings(self, at: int, known: frozenset[int]) -> Iterator[Flags]:
        """Counts that may move, those near by first: a few owners, then all of them, in one block and in all."""
        import numpy as np

        others = (self.owner != NOBODY) & (self.owner != self.owner[at])
        is_near = ~others | np.isin(self.owner, self._near(at, known))
        is_mine = self.block == self.block[at]
        tried: list[Flags] = []
        for ring in (is_near & is_mine, is_near, np.ones_like(is_near)):
            if not any((ring == each).all() for each in tried):
                tried.append(ring)
                yield ring

    def _near(self, at: int, known: frozenset[int]) -> list[int]:
        """A few owners whose counts could make up for another one: where they suffice, the search is a small one."""
        is_mine = self.block == self.block[at]
        others = set(self.owner[is_mine].tolist()) - known - {NOBODY, int(self.owner[at])}
        free = sorted(others & set(self.owner[is_mine & ~self.is_shown].tolist()))
        rest = [owner for owner in sorted(others) if owner not in free[:_FEW]]
        return [*free[:_FEW], *rest[:_FEW]]

    def _free(self, may_move: Flags, low: Numbers, high: Numbers) -> Places:
        import numpy as np

        return np.flatnonzero(may_move & (low < high))

    def _nearest(self, at: int, value: float, may_move: Flags, low: Numbers, high: Numbers) -> Witness | None:
        import numpy as np

        others = (self.owner != NOBODY) & (self.owner != self.owner[at])
        free = self._free(may_move & (np.arange(len(low)) != at), low, high)
        cost = np.where(others[free], 1.0, _A_TRIFLE)
        return self._solve(free, low, high, np.concatenate([cost, cost]), given={at: value - float(self.exact[at])})

    def _solve(
        self, free: Places, low: Numbers, high: Numbers, cost: Numbers, *, given: Mapping[int, float] = _NONE
    ) -> Witness | None:
        """Whole numbers for the counts `free` within their limits; `given`: by how much others move, and the rest do not at all.

        A variable for how far a count goes up, and one for how far down.
        """
        import numpy as np
        from scipy.optimize import Bounds, LinearConstraint
        from scipy.sparse import hstack

        columns, moved = self.columns[:, free], self.columns[:, list(given)]
        used = np.unique(np.concatenate([columns.indices, moved.indices]))
        matrix = columns.tocsr()[used]
        already = moved.tocsr()[used] @ np.array(list(given.values()), dtype="float64")
        up = np.minimum(high[free], np.maximum(self.far()[free], low[free])) - self.exact[free]
        down = self.exact[free] - low[free]
        limits = Bounds(
            np.concatenate([np.maximum(-down, 0), np.maximum(-up, 0)]), np.concatenate([np.maximum(up, 0), np.maximum(down, 0)])
        )
        room = self.room_low[used] - already, self.room_high[used] - already
        if not len(free):
            return self._witness(given) if (room[0] <= _SLACK).all() and (room[1] >= -_SLACK).all() else None
        relations = [LinearConstraint(hstack([matrix, -matrix]), *room)] if len(used) else []
        for whole in (None, np.ones(len(cost))):  # most often whole by itself
            found = solve(cost, integrality=whole, constraints=relations, bounds=limits)
            if found is None:
                return None
            moves = found[: len(free)] - found[len(free) :]
            if not (np.abs(moves - np.round(moves)) > _SLACK).any():
                break
        return self._witness({**given, **dict(zip(free.tolist(), np.round(moves).tolist(), strict=True))})
