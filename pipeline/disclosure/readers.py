"""Who reads, and how closely each of them may know a count: the needs that all that is printed together must meet.

Readers are the public, every owner of counts (a site with its own rows), any two owners together, and a woman who knows that
she is in a count. Of a count over owners, an owner takes off what is its own, and the rest must be as open as a count. One set of
numbers answers for many readers: for all who know none of the counts that it moves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.disclosure.known import NOBODY
from pipeline.disclosure.search import Search, Witness

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pipeline.disclosure.linked import Linked

    Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Need:
    """The count at `at` must be open between both ends of at least one of the `windows`.

    Of a count over owners that holds for each reader for whom less than `below` is left when her own part is taken off, and
    then on what is left.
    """

    at: int
    windows: tuple[tuple[float, float], ...]
    below: float = math.inf


@dataclass(frozen=True)
class Reader:
    """The owners whose counts she knows, or the count in which she stands herself."""

    known: frozenset[int] = frozenset()
    present: int = NOBODY

    def asks(self) -> dict[str, Any]:
        """The same as arguments of a search."""
        return {"known": self.known, "present": self.present}


def small_counts(linked: Linked, is_small: Flags, minimum: int) -> list[Need]:
    """A small count, or what is left of one, may be anything from 0 to the minimum less one.

    Small is what lies below the least count of its kind that is shown, which may be more than the minimum.
    """
    import numpy as np

    least = {int(at): linked.least.get(int(at), minimum) for at in np.flatnonzero(is_small)}
    return [Need(at, ((0.0, minimum - 1.0),), below=n) for at, n in least.items()]


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
    """Remembers numbers that fit, and finds the reader for whom a need is not met."""

    def __init__(self, search: Search, *, owners_read: bool, women_read: bool) -> None:
        self.search = search
        self._owners_read, self._women_read = owners_read, women_read
        self._seen: dict[tuple[int, float], list[Witness]] = {}
        self._who: dict[Witness, Flags] = {}

    def breaks(self, need: Need) -> Reader | None:
        """A reader who can tell the count more closely than `need` allows; None where there is none."""
        import numpy as np

        own = self.search.own[need.at]
        left = own[:, None] + own[None, :]
        asking = self._asking(need, left)
        while asking.any():
            first, second = np.argwhere(asking)[-1]  # the public first, who knows least
            reader = Reader(frozenset({int(first), int(second)} - {len(own) - 1}))
            proofs = self._holds(need, reader)
            if proofs is None:
                return reader
            if not reader.known and self._women_read:
                for at in self._absent(proofs):
                    if self._holds(need, Reader(present=at)) is None:
                        return Reader(present=at)
            answered = left == left[first, second]
            for proof in proofs:
                answered = answered & self._fits_for(proof)
            answered[first, second] = True
            asking &= ~answered
        return None

    def has_proof(self, at: int, value: float) -> bool:
        """Whether numbers were found that fit all that is printed, with `value` at the position `at`."""
        return any(self._still_fits(found) for found in self._seen.get((at, value), ()))

    def _asking(self, need: Need, left: Any) -> Flags:
        """Readers as pairs of owners, the last of whom is nobody; nobody asks who knows all that there could be of a count."""
        import numpy as np

        k = len(left) - 1
        asking: Flags = np.triu(np.ones_like(left, dtype=bool), 1)
        asking[k, k] = True
        if not self._owners_read:
            asking[:k] = False
        owner = self.search.owner[need.at]
        if owner != NOBODY:
            asking[owner, :] = asking[:, owner] = False
        could_hold = self.search.could_hold[need.at]
        has_others = could_hold.sum() - could_hold[:, None] - could_hold[None, :] > 0
        has_others[k, k] = True
        asking &= has_others & (self.search.exact[need.at] - left < need.below)
        return asking

    def _holds(self, need: Need, reader: Reader) -> list[Witness] | None:
        """The numbers that prove the need for a reader."""
        for window in need.windows:
            proofs = []
            for end in window:
                made = self._witness(need.at, self._end(need, end, reader), reader)
                if made is None:
                    break
                proofs.append(made)
            else:
                return proofs
        return None

    def _witness(self, at: int, value: float, reader: Reader) -> Witness | None:
        """Numbers that fit: those found before, where they do, for a search costs far more."""
        for found in self._seen.get((at, value), ()):
            if self._fits_reader(found, reader) and self._still_fits(found):
                return found
        made = self.search.witness(at, value, **reader.asks())
        if made is not None:
            for place, number in zip(made.at, made.values, strict=True):
                self._seen.setdefault((place, number), []).append(made)
        return made

    def _end(self, need: Need, end: float, reader: Reader) -> float:
        """Her own part comes on top. A woman for whom a count cannot be nought is in it herself: to her it is one at least."""
        end += float(self.search.own[need.at, sorted(reader.known)].sum())
        return end if reader.present == NOBODY else max(end, min(float(self.search.exact[need.at]), 1.0))

    def _still_fits(self, found: Witness) -> bool:
        low, high = self.search.bounds()
        return all(low[at] <= value <= high[at] for at, value in zip(found.at, found.values, strict=True))

    def _fits_reader(self, found: Witness, reader: Reader) -> bool:
        if reader.present != NOBODY:
            return all(at != reader.present or value >= 1 for at, value in zip(found.at, found.values, strict=True))
        nobody = len(self.search.own[0]) - 1
        first, second = [*sorted(reader.known), nobody, nobody][:2]
        return bool(self._fits_for(found)[first, second])

    def _fits_for(self, found: Witness) -> Flags:
        """The pairs of owners who know nothing against these numbers."""
        import numpy as np

        if found not in self._who:
            search = self.search
            fits = np.ones((len(search.own[0]),) * 2, dtype=bool)
            for at, value in zip(found.at, found.values, strict=True):
                if search.owner[at] != NOBODY:
                    fits[search.owner[at], :] = fits[:, search.owner[at]] = False
                elif value < search.exact[at]:
                    own = search.own[at]
                    fits &= own[:, None] + own[None, :] <= value
            self._who[found] = fits
        return self._who[found]

    def _absent(self, proofs: list[Witness]) -> list[int]:
        """Counts that hold somebody, of which a proof says that they hold nobody."""
        exact = self.search.exact
        pairs = [pair for found in proofs for pair in zip(found.at, found.values, strict=True)]
        return sorted({at for at, value in pairs if value < 1 <= exact[at]})
