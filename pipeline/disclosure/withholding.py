"""Complementary suppression: what else must be withheld, so that no reader can tell a small count, at the least loss.

Each need that is not met is mended by the cheapest units to withhold, found as an integer programme; what is withheld only
widens what is open, so that this ends. Afterwards each further unit is shown again where every need still holds without it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipeline.disclosure.linked import Linked, Printing
from pipeline.disclosure.readers import Need, Reader, Room
from pipeline.disclosure.search import Search

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Outcome:
    """Which counts are shown, the units withheld beyond those that had to be, and needs that nothing could meet."""

    is_shown: Flags
    further: tuple[Hashable, ...] = ()
    unmet: tuple[tuple[Need, Reader], ...] = field(default=())


def withhold_linked(
    linked: Linked,
    is_shown: Flags,
    needs: list[Need],
    costs: Mapping[Hashable, float],
    printing: Printing,
    *,
    owners_read: bool = False,
    women_read: bool = False,
    is_tidied: bool = True,
) -> Outcome:
    """Withhold units until every need is met for every reader; see `withhold`."""
    room = Room(Search(linked, is_shown, printing), owners_read=owners_read, women_read=women_read)
    return withhold(room, needs, costs, is_tidied=is_tidied)


def withhold(room: Room, needs: list[Need], costs: Mapping[Hashable, float], *, is_tidied: bool = True) -> Outcome:
    """Withhold units until every need is met for every reader of `room`.

    A need on a count that is withheld meanwhile no longer matters, unless it was withheld from the start. `costs`: what it
    costs to withhold a unit; a unit without a cost stays as it is.
    """
    search, before = room.search, room.search.is_shown.copy()
    further: dict[Hashable, None] = {}
    unmet: dict[Need, Reader] = {}

    def matters(need: Need) -> bool:
        return bool(search.is_shown[need.at] == before[need.at]) and need not in unmet

    for need in needs:  # what is met stays met, as withholding only widens what is open
        while matters(need) and (reader := room.breaks(need)) is not None:
            chosen = _mend(search, need, reader, costs)
            if not chosen:
                unmet[need] = reader
                break
            further |= dict.fromkeys(chosen)
            _set(search, set(chosen), value=False)
    if is_tidied:
        _show_again(search, further, costs, lambda: all(room.breaks(need) is None for need in needs if matters(need)))
    return Outcome(search.is_shown.copy(), tuple(further), tuple(unmet.items()))


def _mend(search: Search, need: Need, reader: Reader, costs: Mapping[Hashable, float]) -> list[Hashable]:
    """The cheapest units that open one of the windows to the reader, in order; empty where none does."""
    choices = []
    own = float(search.own[need.at, sorted(reader.known)].sum())
    for window in need.windows:
        chosen: set[Hashable] = set()
        for end in (own + each for each in window):
            if search.witness(need.at, end, **reader.asks()) is not None:
                continue
            found = search.cheapest(need.at, end, {u: 0.0 if u in chosen else c for u, c in costs.items()}, **reader.asks())
            if found is None:
                break
            chosen |= found
        else:
            choices.append(chosen)
    ordered = [sorted(units, key=str) for units in choices if units]
    return min(ordered, key=lambda units: (sum(costs[unit] for unit in units), list(map(str, units))), default=[])


def _set(search: Search, units: set[Any], *, value: bool) -> None:
    search.show([at for at, unit in enumerate(search.linked.units) if unit in units], value=value)


def _show_again(
    search: Search, further: dict[Hashable, None], costs: Mapping[Hashable, float], is_safe: Callable[[], bool]
) -> None:
    """Show again what turned out not to be needed, the costliest first."""
    for unit in sorted(further, key=lambda each: (-costs[each], str(each))):
        before = search.is_shown.copy()
        _set(search, {unit}, value=True)
        if is_safe():
            del further[unit]
        else:
            search.show(before, value=True)
            search.show(~before, value=False)
