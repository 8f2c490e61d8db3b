"""Counts that hang together: what is printed of each, and what ties them to one another.

A reader knows every printed count up to its rounding, the relations between counts (a total and its parts, a figure over sites
and those of the sites), and perhaps some counts exactly. A withheld count could be any number that fits all of that.

Source: Hundepool et al. 2012, Statistical Disclosure Control (feasibility intervals).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

_SLACK = 1e-6


@dataclass
class Linked:
    """Named counts and the relations between them, added one by one.

    `owner` of a count is who knows it exactly, such as a site; `unit` is what must be withheld with it, such as a row of a
    table. Of a count over owners, `parts` says how much of it each owner knows to be its own, which may be nothing. Counts
    of one `block` hang together most, and are looked at first.
    """

    names: list[Hashable] = field(default_factory=list)
    exact: list[float] = field(default_factory=list)
    owners: list[Hashable | None] = field(default_factory=list)
    units: list[Any] = field(default_factory=list)
    blocks: list[Hashable] = field(default_factory=list)
    told: dict[int, tuple[float, float]] = field(default_factory=dict)
    least: dict[int, float] = field(default_factory=dict)
    parts: dict[int, dict[Hashable, float]] = field(default_factory=dict)
    relations: list[tuple[dict[int, float], float, float]] = field(default_factory=list)
    _at: dict[Hashable, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.names)

    def __contains__(self, name: Hashable) -> bool:
        return name in self._at

    def at(self, name: Hashable) -> int:
        """The position of a count."""
        return self._at[name]

    def exact_of(self, names: Iterable[Hashable]) -> float:
        """The sum of counts."""
        return sum(self.exact[self._at[name]] for name in names)

    def add(
        self,
        name: Hashable,
        exact: float,
        *,
        owner: Hashable | None = None,
        unit: Hashable | None = None,
        block: Hashable | None = None,
        told: tuple[float, float] | None = None,
        least: float | None = None,
        parts: Mapping[str, float] | None = None,
    ) -> None:
        """Take in a count. `told`: what is known of it where its unit is shown, if that is not the rounded count.

        `least`: the least count of its kind that is ever shown, if that is not the least of all. Raises ValueError where the
        name is there already.
        """
        if name in self._at:
            raise ValueError("a count is added once")
        at = self._at[name] = len(self.names)
        if told is not None:
            self.told[at] = told
        if least is not None:
            self.least[at] = least
        if parts:
            self.parts[at] = {who: float(n) for who, n in parts.items()}
        self.names.append(name)
        self.exact.append(float(exact))
        self.owners.append(owner)
        self.units.append(name if unit is None else unit)
        self.blocks.append(block)

    def relate(self, terms: Mapping[Any, float], low: float = 0.0, high: float = 0.0) -> None:
        """State that the weighted sum of counts lies between `low` and `high`, as everybody knows.

        Raises ValueError where the exact counts do not.
        """
        found = {self._at[name]: float(weight) for name, weight in terms.items()}
        value = sum(weight * self.exact[at] for at, weight in found.items())
        if not low - _SLACK <= value <= high + _SLACK:
            raise ValueError("a relation does not hold for the exact counts")
        self.relations.append((found, low, high))

    def total(self, name: Hashable, parts: Iterable[Hashable]) -> None:
        """State that one count is the sum of others."""
        self.relate({name: 1.0, **dict.fromkeys(parts, -1.0)})


@dataclass(frozen=True)
class Printing:
    """How counts are printed: rounded or exact, and the least count that is ever shown."""

    round_to: int | None = None
    least: float = 0.0

    def bounds(self, exact: Numbers, least: Numbers | None = None) -> tuple[Numbers, Numbers]:
        """What a reader knows of each count that is printed: the lowest and the highest that it could be.

        `least`: count by count, where not all of them have the same least one.
        """
        import numpy as np

        if self.round_to is None or self.round_to == 1:
            return exact.copy(), exact.copy()
        printed = (exact / self.round_to + 0.5) // 1 * self.round_to
        low = np.maximum(printed - self.round_to // 2, self.least if least is None else least)
        return low, printed + (self.round_to - 1) // 2
