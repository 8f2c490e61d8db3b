"""Counts that hang together: what is printed of each, what ties them to one another, and what a reader can make of it.

A reader knows every printed count up to its rounding, the relations between counts (a total and its parts, a figure over sites
and those of the sites), and perhaps some counts exactly. A withheld count could be any number that fits all of that. A search
for such a number is an integer programme, solved by HiGHS through scipy.

Sources: Hundepool et al. 2012, Statistical Disclosure Control (feasibility intervals); Fischetti and Salazar 2001, Management
Science 47:1008 (the choice of further cells as an integer programme).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Flags = NDArray[np.bool_]

NOBODY = -1
_SLACK = 1e-6
_FEW = 4
_QUIET = {"presolve": False}  # with it, HiGHS may print a line on the screen


@dataclass
class Linked:
    """Named counts and the relations between them, added one by one.

    `owner` of a count is who knows it exactly, such as a site; `unit` is what must be withheld with it, such as a row of a table.
    """

    names: list[Hashable] = field(default_factory=list)
    exact: list[float] = field(default_factory=list)
    owners: list[Hashable | None] = field(default_factory=list)
    units: list[Hashable] = field(default_factory=list)
    told: dict[int, tuple[float, float]] = field(default_factory=dict)
    relations: list[tuple[dict[int, float], float, float]] = field(default_factory=list)
    _at: dict[Hashable, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.names)

    def __contains__(self, name: Hashable) -> bool:
        return name in self._at

    def at(self, name: Hashable) -> int:
        """The position of a count."""
        return self._at[name]

    def add(
        self,
        name: Hashable,
        exact: float,
        *,
        owner: Hashable | None = None,
        unit: Hashable | None = None,
        told: tuple[float, float] | None = None,
    ) -> None:
        """Take in a count. `told`: what is known of it where its unit is shown, if that is not the rounded count.

        Raises ValueError where the name is there already.
        """
        if name in self._at:
            raise ValueError("a count is added once")
        at = self._at[name] = len(self.names)
        if told is not None:
            self.told[at] = told
        self.names.append(name)
        self.exact.append(float(exact))
        self.owners.append(owner)
        self.units.append(name if unit is None else unit)

    def relate(self, terms: Mapping[Hashable, float], low: float = 0.0, high: float = 0.0) -> None:
        """State that the weighted sum of counts lies between `low` and `high`, as everybody knows.

        Raises ValueError where the exact counts do not.
        """
        found = {self._at[name]: float(weight) for name, weight in terms.items()}
        value = sum(weight * self.exact[at] for at, weight in found.items())
        if not low - 1e-6 <= value <= high + 1e-6:
            raise ValueError("a relation does not hold for the exact counts")
        self.relations.append((found, low, high))

    def total(self, name: Hashable, parts: list[Hashable]) -> None:
        """State that one count is the sum of others."""
        self.relate({name: 1.0, **dict.fromkeys(parts, -1.0)})


@dataclass(frozen=True)
class Printing:
    """How counts are printed: rounded or exact, and the least count that is ever shown."""

    round_to: int | None = None
    least: float = 0.0

    def bounds(self, exact: Numbers) -> tuple[Numbers, Numbers]:
        """What a reader knows of each count that is printed: the lowest and the highest that it could be."""
        import numpy as np

        if self.round_to is None or self.round_to == 1:
            return exact.copy(), exact.copy()
        printed = (exact / self.round_to + 0.5) // 1 * self.round_to
        return np.maximum(printed - self.round_to // 2, self.least), printed + (self.round_to - 1) // 2


class Search:
    """A search for whole numbers that fit all that is known, where `is_shown` says which of the linked counts are printed."""

    def __init__(self, linked: Linked, is_shown: Flags, printing: Printing) -> None:
        import numpy as np
        from scipy.sparse import csr_array

        self.linked, self.is_shown, self.printing = linked, is_shown.copy(), printing
        self.exact = np.array(linked.exact)
        self.printed_low, self.printed_high = printing.bounds(self.exact)
        for at, (low, high) in linked.told.items():
            self.printed_low[at], self.printed_high[at] = low, high
        named = {owner: at for at, owner in enumerate(dict.fromkeys(o for o in linked.owners if o is not None))}
        self.owner = np.array([NOBODY if owner is None else named[owner] for owner in linked.owners], dtype=np.intp)
        self.owner_names = list(named)
        rows = [(row, at, weight) for row, (terms, _, _) in enumerate(linked.relations) for at, weight in terms.items()]
        index = np.array([(row, at) for row, at, _ in rows], dtype=np.intp).reshape(-1, 2)
        shape = (len(linked.relations), len(linked))
        self._relations = csr_array(([weight for *_, weight in rows], (index[:, 0], index[:, 1])), shape=shape)
        self._low = np.array([low for _, low, _ in linked.relations])
        self._high = np.array([high for *_, high in linked.relations])

    def bounds(self, known: frozenset[int] = frozenset(), present: int = NOBODY) -> tuple[Numbers, Numbers]:
        """The lowest and highest of each count for a reader, before relations are used.

        She is the owners in `known`; or a woman who stands in the count at `present` herself, which is then not nought.
        """
        import numpy as np

        low = np.where(self.is_shown, self.printed_low, 0.0)
        high = np.where(self.is_shown, self.printed_high, np.inf)
        is_known = np.isin(self.owner, list(known))
        if present != NOBODY:
            low[present] = max(low[present], 1.0)
        return np.where(is_known, self.exact, low), np.where(is_known, self.exact, high)

    def witness(self, at: int, value: float, *, known: frozenset[int] = frozenset(), present: int = NOBODY) -> Numbers | None:
        """Counts that fit all that the reader knows, with `value` at position `at`; None where there are none.

        Of all of them, those that leave the counts of others where they are, as far as can be.
        """
        import numpy as np

        if value == self.exact[at]:
            return self.exact
        low, high = self.bounds(known, present)
        if not low[at] <= value <= high[at]:
            return None
        low[at] = high[at] = value
        is_other = (self.owner != NOBODY) & (self.owner != self.owner[at])
        for is_far in (is_other & ~np.isin(self.owner, self._near(at, known)), np.zeros_like(is_other)):
            least, most = np.where(is_far, self.exact, low), np.where(is_far, self.exact, high)
            moved = np.flatnonzero(is_other & (least < most))
            cost = np.concatenate([np.zeros(len(low)), np.ones(len(moved))])
            found = self._solve(least, most, moved, cost, is_any=True)
            if found is not None or not is_far.any():
                return found
        return None

    def _near(self, at: int, known: frozenset[int]) -> list[int]:
        """A few owners whose counts could make up for another one: where they suffice, the search is a small one."""
        import numpy as np

        others = set(self.owner.tolist()) - known - {NOBODY, int(self.owner[at])}
        free = sorted(others & set(self.owner[~self.is_shown].tolist()))
        return [*free[:_FEW], *[owner for owner in np.sort(list(others)).tolist() if owner not in free[:_FEW]][: 2 * _FEW]]

    def extremes(self, at: int, *, known: frozenset[int] = frozenset()) -> tuple[float, float]:
        """The least and the most that the count at position `at` could be for a reader."""
        import numpy as np

        low, high = self.bounds(known)
        found = []
        for sign in (1.0, -1.0):
            cost = np.zeros(len(low))
            cost[at] = sign
            made = self._solve(low, np.where(np.isinf(high), self._far(), high), np.array([], dtype=np.intp), cost)
            found.append(float("nan") if made is None else float(made[at]))
        return found[0], found[1]

    def cheapest(self, at: int, value: float, costs: Mapping[Hashable, float], **reader: Any) -> set[Hashable] | None:
        """The units that are cheapest to withhold so that the count at `at` could be `value`; None where nothing helps.

        `costs` says which units may be withheld, and what that costs; units of other printed counts stay as they are.
        """
        import numpy as np
        from scipy.optimize import Bounds, LinearConstraint, milp
        from scipy.sparse import csr_array, hstack, vstack

        low, high = self.bounds(**reader)
        far = self._far()
        high = np.where(np.isinf(high), far, high)
        is_fixed = np.isin(self.owner, list(reader.get("known", ())))
        units = list(dict.fromkeys(u for u, shown in zip(self.linked.units, self.is_shown, strict=True) if shown and u in costs))
        place = {unit: position for position, unit in enumerate(units)}
        n, k = len(low), len(units)
        free = [i for i in range(n) if self.is_shown[i] and self.linked.units[i] in place and not is_fixed[i]]
        rows, columns = np.arange(len(free)), [place[self.linked.units[i]] for i in free]
        pick = csr_array((np.ones(len(free)), (rows, free)), shape=(len(free), n))
        z_low = csr_array((low[free], (rows, columns)), shape=(len(free), k))
        z_high = csr_array((high[free] - far[free], (rows, columns)), shape=(len(free), k))
        constraints = [
            LinearConstraint(hstack([pick, z_low]), low[free], np.inf),
            LinearConstraint(hstack([pick, z_high]), -np.inf, high[free]),
        ]
        if len(self.linked.relations):
            wide = hstack([self._relations, csr_array((len(self.linked.relations), k))])
            constraints.append(LinearConstraint(wide, self._low, self._high))
        free_low, free_high = low.copy(), high.copy()
        free_low[free], free_high[free] = 0.0, far[free]
        may_move = not self.is_shown[at] or at in free
        if not may_move and not low[at] <= value <= high[at]:
            return None
        row = csr_array(([1.0], ([0], [at])), shape=(1, n + k))
        constraints.append(LinearConstraint(vstack([row]), value, value))
        cost = np.concatenate([np.zeros(n), [costs[unit] for unit in units]])
        limits = Bounds(np.concatenate([free_low, np.zeros(k)]), np.concatenate([free_high, np.ones(k)]))
        found = milp(cost, constraints=constraints, bounds=limits, integrality=np.ones(n + k), options=_QUIET)
        return None if found.x is None else {unit for unit, is_out in zip(units, found.x[n:] > 0.5, strict=True) if is_out}

    def _far(self) -> Numbers:
        """A number above each count that no withheld count needs to go beyond."""
        far: Numbers = 2.0 * self.exact + 100.0
        return far

    def _solve(
        self, low: Numbers, high: Numbers, moved: NDArray[np.intp], cost: Numbers, *, is_any: bool = False
    ) -> Numbers | None:
        """Whole numbers within the bounds and relations; beyond the counts, one variable for each of `moved`: by how much."""
        import numpy as np
        from scipy.optimize import Bounds, LinearConstraint, milp
        from scipy.sparse import csr_array, eye_array, hstack

        is_free = low < high
        at = np.flatnonzero(is_free)
        numbers = low.copy()
        relations = self._relations[:, at]
        is_used = np.diff(relations.indptr) > 0
        known = self._relations @ np.where(is_free, 0.0, low)
        is_broken = (known < self._low - _SLACK) | (known > self._high + _SLACK)
        if (is_broken & ~is_used).any():
            return None
        if not len(at):
            return numbers
        n, k = len(at), len(moved)
        constraints = []
        if is_used.any():
            wide = hstack([relations[is_used], csr_array((int(is_used.sum()), k))])
            constraints.append(LinearConstraint(wide, (self._low - known)[is_used], (self._high - known)[is_used]))
        if k:
            pick = csr_array((np.ones(k), (np.arange(k), np.searchsorted(at, moved))), shape=(k, n))
            constraints.append(LinearConstraint(hstack([pick, -eye_array(k)]), -np.inf, self.exact[moved]))
            constraints.append(LinearConstraint(hstack([pick, eye_array(k)]), self.exact[moved], np.inf))
        limits = Bounds(np.concatenate([low[at], np.zeros(k)]), np.concatenate([high[at], np.full(k, np.inf)]))
        costs = np.concatenate([cost[at], cost[len(low) :]])
        found = milp(costs, constraints=constraints, bounds=limits, options=_QUIET)  # most often whole by itself
        if found.x is None:
            return None
        is_broken = np.abs(found.x[:n] - np.round(found.x[:n])) > _SLACK
        if is_broken.any():
            whole = np.concatenate([np.ones(n), np.zeros(k)])
            is_settled = ~np.isin(self.owner[at], self.owner[at][is_broken]) & (self.owner[at] != NOBODY)
            rest = np.flatnonzero(is_settled)
            nearby = Bounds(limits.lb.copy(), limits.ub.copy())
            nearby.lb[rest] = nearby.ub[rest] = np.round(found.x[rest])
            tries = [nearby, limits] if is_any else [limits]  # numbers near by are soon found
            for each in tries:
                found = milp(costs, constraints=constraints, bounds=each, integrality=whole, options=_QUIET)
                if found.x is not None:
                    break
        if found.x is None:
            return None
        numbers[at] = np.round(found.x[:n])
        return numbers
