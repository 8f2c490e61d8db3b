"""Who reads, and how closely each of them may know a count: the needs that all that is printed together must meet.

Readers are the public, every owner of counts (a site with its own rows), any two owners together, and a woman who knows that
she is in a count. One set of numbers that fits all that the public knows, and moves the counts of only a few owners, answers for
all the others at once: only readers who know one of the moved counts are asked again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.disclosure.linked import NOBODY, Linked, Search

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Need:
    """The count at `at` must be open between both ends of at least one of the `windows`."""

    at: int
    windows: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Reader:
    """The owners whose counts she knows, or the count in which she stands herself."""

    known: frozenset[int] = frozenset()
    present: int = NOBODY

    def asks(self) -> dict[str, Any]:
        """The same as arguments of a search."""
        return {"known": self.known, "present": self.present}


def small_counts(linked: Linked, is_small: Flags, minimum: int) -> list[Need]:
    """A small count may be anything from 0 to the minimum less one."""
    import numpy as np

    return [Need(int(at), ((0.0, minimum - 1.0),)) for at in np.flatnonzero(is_small)]


def not_recovered(linked: Linked, is_secret: Flags, others: int = 1) -> list[Need]:
    """At least so many other numbers stay open for each count, in a row with the true one."""
    import numpy as np

    needs = []
    for at in np.flatnonzero(is_secret):
        exact = linked.exact[at]
        starts = [exact - down for down in range(others, -1, -1) if exact >= down]
        needs.append(Need(int(at), tuple((start, start + others) for start in starts)))
    return needs


class Room:
    """Remembers, need by need, numbers that prove it is met, and finds the reader for whom it is not."""

    def __init__(self, search: Search, needs: list[Need], *, owners_read: bool, women_read: bool) -> None:
        self.search, self.needs = search, needs
        self._owners_read, self._women_read = owners_read, women_read
        self._proofs: dict[tuple[Need, Reader], list[Any]] = {}
        self._seen: list[Any] = []

    def breaks(self, need: Need) -> Reader | None:
        """A reader who can tell the count more closely than `need` allows; None where there is none.

        Most often even one who knows all counts of all others cannot, which is soon seen.
        """
        if self._owners_read:
            others = frozenset(int(o) for o in set(self.search.owner.tolist()) - {NOBODY, int(self.search.owner[need.at])})
            proofs = self._holds(need, Reader(others))
            own = self._absent(proofs) if proofs is not None and self._women_read else []
            if proofs is not None and all(self._holds(need, Reader(others, present=at)) is not None for at in own):
                return None
        public = self._holds(need, Reader())
        if public is None:
            return Reader()
        if self._women_read:
            for at in self._absent(public):
                if self._holds(need, Reader(present=at)) is None:
                    return Reader(present=at)
        return self._owner_who_breaks(need, public) if self._owners_read else None

    def _owner_who_breaks(self, need: Need, public: list[Any]) -> Reader | None:
        for first in self._moved(need, public):
            alone = Reader(frozenset({first}))
            proofs = self._holds(need, alone)
            if proofs is None:
                return alone
            for second in self._moved(need, proofs):
                both = Reader(frozenset({first, second}))
                if self._holds(need, both) is None:
                    return both
        return None

    def _holds(self, need: Need, reader: Reader) -> list[Any] | None:
        """The numbers that prove the need for a reader."""
        kept = self._proofs.get((need, reader))
        if kept is not None and all(self._fits(numbers) for numbers in kept):
            return kept
        for window in need.windows:
            proofs = []
            for end in window:
                made = self._witness(need.at, self._end(need, end, reader), reader)
                if made is None:
                    break
                proofs.append(made)
            else:
                self._proofs[need, reader] = proofs
                return proofs
        return None

    def _witness(self, at: int, value: float, reader: Reader) -> Any:
        """Numbers that fit: those found before for another need, where they do, for a search costs far more."""
        low, high = self.search.bounds(**reader.asks())
        for numbers in self._seen:
            if numbers[at] == value and ((numbers >= low) & (numbers <= high)).all():
                return numbers
        made = self.search.witness(at, value, **reader.asks())
        if made is not None:
            self._seen.append(made)
        return made

    def _end(self, need: Need, end: float, reader: Reader) -> float:
        """A woman who is in a count of the same owner may well be in this one too, and know that it is not nought."""
        owner = self.search.owner
        is_hers = reader.present != NOBODY and owner[need.at] == owner[reader.present]
        return max(end, min(self.search.exact[need.at], 1.0)) if is_hers else end

    def _fits(self, numbers: Any) -> bool:
        low, high = self.search.bounds()
        return bool(((numbers >= low) & (numbers <= high)).all())

    def _moved(self, need: Need, proofs: list[Any]) -> list[int]:
        """Owners, but for that of the count itself, of whom a proof takes other numbers than the true ones."""
        found = {int(o) for numbers in proofs for o in self.search.owner[numbers != self.search.exact]}
        return sorted(found - {NOBODY, int(self.search.owner[need.at])})

    def _absent(self, proofs: list[Any]) -> list[int]:
        """Counts that hold somebody, of which a proof says that they hold nobody."""
        found = {int(at) for numbers in proofs for at in ((numbers < 1) & (self.search.exact >= 1)).nonzero()[0]}
        return sorted(found)
