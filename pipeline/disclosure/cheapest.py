"""The choice of what else to withhold as an integer programme: the cheapest units without which a count could be another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.disclosure.known import NOBODY
from pipeline.disclosure.programme import solve

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from pipeline.disclosure.known import Flags, Known


def cheapest(
    counts: Known,
    at: int,
    value: float,
    costs: Mapping[Hashable, float],
    may_move: Flags,
    *,
    known: frozenset[int] = frozenset(),
    present: int = NOBODY,
) -> set[Hashable] | None:
    """The units, or None where nothing helps; counts that may not move stay as they truly are."""
    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint
    from scipy.sparse import csr_array, hstack

    low, high = (each.copy() for each in counts.bounds(known, present))
    linked = counts.linked
    far = counts.far()
    high = np.minimum(high, np.maximum(far, counts.exact))
    is_known = np.isin(counts.owner, list(known))
    could_go = np.array([shown and unit in costs for shown, unit in zip(counts.is_shown, linked.units, strict=True)], dtype=bool)
    could_go &= may_move & ~is_known
    if not could_go[at] and not low[at] <= value <= high[at]:
        return None
    free = np.flatnonzero((may_move & (low < high)) | could_go | (np.arange(len(low)) == at))
    place = {int(each): number for number, each in enumerate(free)}
    loose = np.flatnonzero(could_go)
    units = list(dict.fromkeys(linked.units[each] for each in loose))
    unit_at = {unit: number for number, unit in enumerate(units)}
    columns = counts.columns[:, free]
    used = np.unique(columns.indices)
    n, k = len(free), len(units)
    rows, picked = np.arange(len(loose)), [place[int(each)] for each in loose]
    chosen = [unit_at[linked.units[each]] for each in loose]
    lowest = counts.own[loose][:, sorted(known)].sum(axis=1)
    pick = csr_array((np.ones(len(loose)), (rows, picked)), shape=(len(loose), n))
    down = csr_array((low[loose] - lowest, (rows, chosen)), shape=(len(loose), k))
    up = csr_array((high[loose] - far[loose], (rows, chosen)), shape=(len(loose), k))
    exact = counts.exact
    constraints = [
        LinearConstraint(hstack([pick, down]), low[loose] - exact[loose], np.inf),
        LinearConstraint(hstack([pick, up]), -np.inf, high[loose] - exact[loose]),
    ]
    if len(used):
        wide = hstack([columns.tocsr()[used], csr_array((len(used), k))])
        constraints.append(LinearConstraint(wide, counts.room_low[used], counts.room_high[used]))
    least, most = low[free] - exact[free], high[free] - exact[free]
    is_loose = could_go[free]
    least = np.where(is_loose, counts.own[free][:, sorted(known)].sum(axis=1) - exact[free], least)
    most = np.where(is_loose, far[free] - exact[free], most)
    least[place[at]], most[place[at]] = -exact[at], max(far[at], value) - exact[at]
    here = csr_array(([1.0], ([0], [place[at]])), shape=(1, n + k))
    constraints.append(LinearConstraint(here, value - exact[at], value - exact[at]))
    cost = np.concatenate([np.zeros(n), [costs[unit] for unit in units]])
    limits = Bounds(np.concatenate([least, np.zeros(k)]), np.concatenate([most, np.ones(k)]))
    found = solve(cost, constraints=constraints, bounds=limits, integrality=np.ones(n + k))
    return None if found is None else {unit for unit, is_out in zip(units, found[n:] > 0.5, strict=True) if is_out}
