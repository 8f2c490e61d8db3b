"""Linked counts as numbers: what is printed, what each owner knows, and between what limits a reader sees every count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.disclosure.linked import Linked, Printing

if TYPE_CHECKING:
    from collections.abc import Hashable

    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Flags = NDArray[np.bool_]

NOBODY = -1


class Known:
    """Linked counts of which `is_shown` says which are printed."""

    def __init__(self, linked: Linked, is_shown: Flags, printing: Printing) -> None:
        import numpy as np
        from scipy.sparse import csr_array

        self.linked, self.is_shown = linked, is_shown.copy()
        self.exact = np.array(linked.exact)
        least = np.array([linked.least.get(at, printing.least) for at in range(len(linked))])
        self.printed_low, self.printed_high = printing.bounds(self.exact, least)
        for at, (low, high) in linked.told.items():
            self.printed_low[at], self.printed_high[at] = low, high
        named = {owner: at for at, owner in enumerate(dict.fromkeys(o for o in linked.owners if o is not None))}
        named |= {o: at for at, o in enumerate((o for o in _of_parts(linked) if o not in named), start=len(named))}
        self.owner = np.array([NOBODY if owner is None else named[owner] for owner in linked.owners], dtype=np.intp)
        self.owner_names = list(named)
        self.own = np.zeros((len(linked), len(named) + 1))  # one column more, of nobody
        self.could_hold = np.ones_like(self.own, dtype=bool)
        """Which owners a count over owners could be of; of any other count that is not asked."""
        for at, parts in linked.parts.items():
            self.could_hold[at] = False
            self.could_hold[at, [named[owner] for owner in parts]] = True
            for owner, n in parts.items():
                self.own[at, named[owner]] = n
        blocks = {block: at for at, block in enumerate(dict.fromkeys(linked.blocks))}
        self.block = np.array([blocks[block] for block in linked.blocks], dtype=np.intp)
        rows = [(row, at, weight) for row, (terms, _, _) in enumerate(linked.relations) for at, weight in terms.items()]
        index = np.array([(row, at) for row, at, _ in rows], dtype=np.intp).reshape(-1, 2)
        shape = (len(linked.relations), len(linked))
        self.rows = csr_array(([weight for *_, weight in rows], (index[:, 0], index[:, 1])), shape=shape)
        self.columns = self.rows.tocsc()
        activity = self.rows @ self.exact
        self.room_low = np.array([low for _, low, _ in linked.relations]) - activity
        self.room_high = np.array([high for *_, high in linked.relations]) - activity
        self._limits: dict[Any, tuple[Numbers, Numbers]] = {}

    def show(self, at: Any, *, value: bool) -> None:
        """Print counts, or withhold them."""
        self.is_shown[at] = value
        self._limits.clear()

    def bounds(self, known: frozenset[int] = frozenset(), present: int = NOBODY) -> tuple[Numbers, Numbers]:
        """The lowest and highest of each count for a reader, before relations are used.

        She is the owners in `known`; or a woman who stands in the count at `present` herself, which is then not nought.
        """
        import numpy as np

        asked = (known, present)
        if asked not in self._limits:
            low = np.where(self.is_shown, self.printed_low, 0.0)
            high = np.where(self.is_shown, self.printed_high, np.inf)
            if known:
                low = np.maximum(low, self.own[:, sorted(known)].sum(axis=1))
            is_known = np.isin(self.owner, list(known))
            if present != NOBODY:
                low[present] = max(low[present], 1.0)
            self._limits[asked] = np.where(is_known, self.exact, low), np.where(is_known, self.exact, high)
        return self._limits[asked]

    def far(self) -> Numbers:
        """A number above each count that no withheld count needs to go beyond."""
        far: Numbers = 2.0 * self.exact + 100.0
        return far


def _of_parts(linked: Linked) -> list[Hashable]:
    return list(dict.fromkeys(owner for parts in linked.parts.values() for owner in parts))
