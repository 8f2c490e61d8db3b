"""What a reader can find out: numbers are sought that fit all she is told, where a small count is none, and where it is nine.

Numbers that fit in a part of the cells, with all others as they truly are, fit the whole. So counts are first moved beside what
else stands of their site, many of them at once, then against another site, and only then among all cells: what cannot be moved
there either is found out. Numbers that move the cells of some sites answer every reader who knows none of these sites.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csc_array, csr_array

from tests.unit.stages.adversary import FAR, MINIMUM, NOBODY, Reader, Sum

Counts = NDArray[np.signedinteger[Any]]
_SECONDS = 60.0
_HELPERS, _MANY = 2, 6
_MOST = MINIMUM - 1
_OPEN = 3
"""Whole numbers that every printed count of a site leaves open."""
_TWO = 2


class Ends:
    """By sum, the least and the most of the numbers that were found for a reader."""

    def __init__(self, kept: list[Counts]) -> None:
        self.low, self.high = np.min(kept, axis=0), np.max(kept, axis=0)

    def note(self, found: Counts) -> None:
        np.minimum(self.low, found, out=self.low)
        np.maximum(self.high, found, out=self.high)

    def lack(self, goals: Counts, limit: Counts, sign: int) -> Counts:
        """Those of the `goals` that were found above their limit alone (`sign` 1), or below it alone (-1)."""
        missing: Counts = goals[(self.low if sign > 0 else -self.high)[goals] > sign * limit[goals]]
        return missing


class Solver:
    """Whole numbers that fit what is said, kept as they are found: of each, the values of all sums, and the sites it moves."""

    def __init__(self, reader: Reader) -> None:
        self.cells = list(reader.truth)
        at = {cell: place for place, cell in enumerate(self.cells)}
        self.exact = np.array([reader.truth[cell] for cell in self.cells])
        self.sites, self.readers = reader.sites(), reader.readers
        self.bit = {site: 1 << place for place, site in enumerate(self.sites)}
        self.owner = np.array([self.bit.get(cell[0], 0) for cell in self.cells], dtype=object)
        self.is_whole = np.array([cell not in reader.broken for cell in self.cells])
        self.matrix = csc_array(_matrix([terms for terms, *_ in reader.said], at))
        self.low, self.high = (np.array([each[end] for each in reader.said]) for end in (1, 2))
        self.said = self.matrix @ self.exact
        self.goals, self.is_told = _goals(reader)
        said = {frozenset(terms): (low, high) for terms, low, high in reader.said if set(terms.values()) == {1.0}}
        self.printed = np.array([said.get(frozenset(goal.cells), (0.0, FAR)) for goal in self.goals])
        self.sums = _matrix([dict.fromkeys(goal.cells, 1.0) for goal in self.goals], at)
        self.truth: Counts = np.rint(self.sums @ self.exact).astype(np.int64)
        self.least = np.array([goal.least for goal in self.goals])
        self.values: list[Counts] = [self.truth]
        self.moved = [0]
        self.blocks: dict[tuple[str, str], list[int]] = defaultdict(list)
        for place, cell in enumerate(self.cells):
            self.blocks[cell[1], cell[0]].append(place)
        self.parts: dict[Any, Any] = {}
        self.k_solved = 0

    def finds(self, known: tuple[str, ...] = (), about: str = "") -> list[str]:
        """What sites who put their own rows together can tell; nobody's rows: the public. `about`: how the names begin."""
        mine = sum(self.bit[site] for site in known)
        is_mine = np.array([cell[0] in known for cell in self.cells], dtype="float64")
        taken = np.rint(self.sums @ (is_mine * self.exact)).astype(np.int64)
        is_left = (np.rint(self.sums @ (1 - is_mine)) > 0) & [goal.name.startswith(about) for goal in self.goals]
        asked = np.flatnonzero(~self.is_told & is_left & (self.truth - taken < self.least))
        ends = Ends([values for values, moved in zip(self.values, self.moved, strict=True) if not moved & mine])
        for limit, sign in ((taken, 1), (taken + _MOST, -1)):
            self._settle(asked, limit, sign, ends, mine)
        closed = {*ends.lack(asked, taken, 1).tolist(), *ends.lack(asked, taken + _MOST, -1).tolist()}
        told = [f"{self.goals[g].name}: {ends.low[g] - taken[g]} to {ends.high[g] - taken[g]}" for g in sorted(closed)]
        printed = np.flatnonzero(self.is_told & is_left) if len(known) < _TWO else np.array([], dtype=np.int64)
        for sign in (1, -1):
            self._settle(printed[self._may_be(printed, self.truth[printed] - sign)], self.truth - sign, sign, ends, mine)
        numbers = {goal: self._numbers(goal, mine) for goal in printed.tolist()}
        return told + [f"{self.goals[g].name}: one of {sorted(found)}" for g, found in numbers.items() if len(found) < _OPEN]

    def finds_with_herself(self) -> list[str]:
        """What women can tell who know that they are counted in a cell: that it holds one of them alone, or cannot hold nine."""
        small = np.flatnonzero(~self.is_told & (self.truth > 0) & (self.truth < MINIMUM))
        cells = {goal: self._places(goal)[self.exact[self._places(goal)] > 0].tolist() for goal in small.tolist()}
        told = set[str]()
        for turn in range(max(map(len, cells.values()), default=0)):
            own = {goal: mine[turn] for goal, mine in cells.items() if turn < len(mine)}
            goals = np.array([*own], dtype=np.int64)
            for end, sign in ((1, 1), (_MOST, -1)):
                ends, limit = Ends([self.truth]), np.full(len(self.goals), end)
                self._settle(goals, limit, sign, ends, 0, own)
                told |= {f"{self.goals[goal].name}: never {end}" for goal in ends.lack(goals, limit, sign).tolist()}
        return sorted(told)

    def _settle(self, goals: Counts, limit: Counts, sign: int, ends: Ends, known: int, own: dict[int, int] | None = None) -> None:
        """Look for numbers by which each of the `goals` reaches its limit, in larger and larger parts. `own`: cells not empty."""
        together = defaultdict(list)
        for goal in ends.lack(goals, limit, sign).tolist():
            cells = self.goals[goal].cells
            together[cells[0][1], frozenset(cell[0] for cell in cells)].append(goal)
        for group in together.values():
            left = np.array(group)
            for turn, (key, free) in enumerate(self._frees(self.goals[group[0]], known)):
                waiting = [left]
                while waiting:
                    some = ends.lack(waiting.pop(), limit, sign)
                    if len(some):
                        ends.note(self._pushed(key, free, some, limit, sign, own))
                    rest = ends.lack(some, limit, sign)
                    if 0 < len(rest) < len(some):
                        waiting.append(rest)
                    elif turn and len(rest) > 1:  # too many at once
                        waiting += [rest[::2], rest[1::2]]
                left = ends.lack(left, limit, sign)
                if not len(left):
                    break

    def _numbers(self, goal: int, known: int) -> set[int]:
        """Some of the whole numbers that a printed count may be: enough of them, or all."""
        exact = int(self.truth[goal])
        found = {int(values[goal]) for values, moved in zip(self.values, self.moved, strict=True) if not moved & known}
        for sign in (1, -1):
            for further in (1, 2):
                wanted = exact - sign * further
                if len(found) < _OPEN and wanted not in found and self._may_be(np.array([goal]), wanted).all():
                    limit, ends = np.full(len(self.goals), wanted), Ends([self.truth])
                    self._settle(np.array([goal]), limit, sign, ends, known)
                    found |= {int(ends.low[goal]), int(ends.high[goal])}
        return found

    def _may_be(self, goals: Counts, wanted: Any) -> NDArray[np.bool_]:
        """Whether numbers fit what is printed of the sums themselves."""
        fits: NDArray[np.bool_] = (self.printed[goals, 0] <= wanted) & (wanted <= self.printed[goals, 1])
        return fits

    def _frees(self, goal: Sum, known: int) -> Iterator[tuple[Any, Counts]]:
        """Cells that may move, ever more of them, by a name for each set."""
        block = goal.cells[0][1]
        unknown = [site for site in self.sites if not self.bit[site] & known]
        own = tuple(site for site in dict.fromkeys(cell[0] for cell in goal.cells) if site in unknown)
        others = [site for site in unknown if site not in own and (block, site) in self.blocks]
        others.sort(key=lambda site: -len(self.blocks[block, site]))
        within = [own, *((*own, site) for site in others[:_HELPERS]), (*own, *others[:_MANY]), tuple(unknown)]
        for sites in dict.fromkeys(tuple(sorted(each)) for each in within):
            yield (block, sites), np.array([p for site in (*sites, NOBODY) for p in self.blocks.get((block, site), ())])
        for sites in dict.fromkeys((tuple(sorted([*own, *others[:1]])), tuple(unknown))):
            inside = {NOBODY, *sites}
            yield ("", sites), np.array([p for (_, site), places in self.blocks.items() if site in inside for p in places])

    def _pushed(self, key: Any, free: Counts, goals: Counts, limit: Counts, sign: int, own: dict[int, int] | None) -> Counts:
        """The sums of numbers by which the goals together come as near their limits as they can, where these cells may move."""
        if key not in self.parts:
            part = self.matrix[:, free].tocsr()
            rows = np.flatnonzero(np.diff(part.indptr))
            rest = self.said[rows] - part[rows] @ self.exact[free]
            self.parts[key] = part[rows], self.low[rows] - rest, self.high[rows] - rest
        part, low, high = self.parts[key]
        wanted = self.sums[goals][:, free]
        beyond = sign * (limit[goals] - self.truth[goals] + wanted @ self.exact[free])
        is_whole, k = self.is_whole[free], len(goals)
        lows = np.where(is_whole, 0.0, -FAR)
        if own is not None:
            lows[np.isin(free, [own[goal] for goal in goals.tolist()])] = 1.0
        most = np.where(is_whole, 2 * self.exact[free] + 200, FAR)
        matrix = _with_shortfalls(part, sign * wanted)
        self.k_solved += 1
        found = milp(
            np.r_[np.zeros(len(free)), np.ones(k)],
            constraints=LinearConstraint(matrix, np.r_[low, beyond if k == 1 else np.full(k, -FAR)], np.r_[high, beyond]),
            bounds=Bounds(np.r_[lows, np.zeros(k)], np.r_[most, np.full(k, FAR)]),
            integrality=np.r_[is_whole, np.zeros(k)].astype(np.int64),
            options={"time_limit": _SECONDS, "mip_rel_gap": 0.2 if k > 1 else 0.0},
        )
        if found.x is None:
            return self.truth
        numbers = self.exact.copy()
        numbers[free] = np.where(is_whole, np.rint(found.x[: len(free)]), found.x[: len(free)])
        said = self.matrix @ numbers
        assert (said > self.low - 1e-4).all(), "what is found must fit all that is said, not what may move alone"
        assert (said < self.high + 1e-4).all()
        values: Counts = np.rint(self.sums @ numbers).astype(np.int32)
        self.values.append(values)
        self.moved.append(_union(self.owner[np.abs(numbers - self.exact) > 1e-6]))
        return values

    def _places(self, goal: int) -> Counts:
        start, end = self.sums.indptr[goal : goal + 2]
        places: Counts = self.sums.indices[start:end]
        return places


def _with_shortfalls(part: csr_array, wanted: csr_array) -> csr_array:
    """All rows below each other; each sum that is wanted may fall short by a further number of its own."""
    (k, width), ends = wanted.shape, wanted.indptr[1:]
    data = np.r_[part.data, np.insert(wanted.data, ends, -1.0)]
    indices = np.r_[part.indices, np.insert(wanted.indices, ends, width + np.arange(k))]
    indptr = np.r_[part.indptr, part.indptr[-1] + ends + np.arange(1, k + 1)]
    return csr_array((data, indices, indptr), shape=(part.shape[0] + k, width + k))


def _union(owners: Any) -> int:
    moved = 0
    for bit in set(owners.tolist()):
        moved |= bit
    return moved


def _matrix(rows: Iterable[dict[Any, float]], at: dict[Any, int]) -> csr_array:
    """Sums of cells as rows of a matrix."""
    given = list(rows)
    entries = [(row, at[cell], weight) for row, terms in enumerate(given) for cell, weight in terms.items()]
    across, down, weights = (np.array(each) for each in zip(*entries, strict=True)) if entries else ([], [], [])
    return csr_array((weights, (across, down)), shape=(len(given), len(at)))


def _goals(reader: Reader) -> tuple[list[Sum], NDArray[np.bool_]]:
    """Each sum that must stay open once, the hidden ones before those that are printed."""
    hidden: dict[Any, Sum] = {}
    for each in reader.hidden:
        known = hidden.get(frozenset(each.cells))
        if each.cells and (known is None or known.least < each.least):
            hidden[frozenset(each.cells)] = each
    told = {frozenset(each.cells): each for each in reversed(reader.told)}
    goals = [*(each for cells, each in hidden.items() if cells not in told), *told.values()]
    return goals, np.arange(len(goals)) >= len(goals) - len(told)
