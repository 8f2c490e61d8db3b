"""What people said may leave by role group alone, from three sources at two sites, and never so that one can be worked out.

A reading of several sources is printed, never how many took which side: with a rule of two thirds, three sources that agree
look like two of three. Of two printed readings, one over sources that hold the other's, the rest number none or enough.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipeline import codes

MINIMUM_SOURCES, MINIMUM_SITES = 3, 2
ALL = "all"
Place = tuple[str, str]
"""An element and a role group, either of them `all`."""
Sources = frozenset[tuple[str, str]]
"""Sources, each with its site; a blank site counts as none."""


def are_enough(sources: Sources) -> bool:
    """Whether a reading of these sources may stand."""
    sites = {site for _, site in sources if site}
    return len({source for source, _ in sources}) >= MINIMUM_SOURCES and len(sites) >= MINIMUM_SITES


def may_stand(spoken: Mapping[Place, Sources]) -> set[Place]:
    """Which of the readings on one theory may stand beside each other, the widest first.

    `spoken`: the sources behind each. A narrower one stays back where what it leaves of a wider one, alone or with those that
    stand beside it, would be a reading of too few.
    """
    printed: set[Place] = set()
    for place in sorted(spoken, key=_rank):
        if are_enough(spoken[place]) and all(_is_hidden(wider, place, printed, spoken) for wider in _wider(place) & printed):
            printed.add(place)
    return printed


def _rank(place: Place) -> tuple[bool, bool, int, Place]:
    """Readings over all before parts of them, and women and families before those who work there."""
    element, group = place
    return element != ALL and group != ALL, element != ALL, codes.GROUPS.index(group) if group != ALL else -1, place


def _wider(place: Place) -> set[Place]:
    element, group = place
    return {(ALL, ALL), (ALL, group), (element, ALL)} - {place}


def _is_hidden(wider: Place, place: Place, printed: set[Place], spoken: Mapping[Place, Sources]) -> bool:
    """Whether what is left of a wider reading is nobody's or enough, without `place`, and without all that divides it alike."""
    alike = {
        other
        for other in printed
        if other != wider and wider in _wider(other) and ((other[0] == place[0]) or (other[1] == place[1]))
    }
    together = frozenset[tuple[str, str]]().union(spoken[place], *(spoken[other] for other in alike))
    return all(not left or are_enough(left) for left in (spoken[wider] - spoken[place], spoken[wider] - together))


def band(k_sources: int) -> str:
    """How many sources, in bands."""
    return "3 to 5" if k_sources <= 5 else "6 to 10" if k_sources <= 10 else "11 and more"
