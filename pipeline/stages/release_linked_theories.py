"""Linked counts of theories: the two sides of each contrast, and of whom they are a part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.disclosure.rule import SHOWN
from pipeline.stages.release_linked import ALL, Name, Together
from pipeline.stages.release_masks import Unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pandas import DataFrame

    from pipeline.theories import Theory

VOICES = {"experience": "experience", "staff": "staff", "training": "training"}
"""The topic of voices that a kind of outcome is told by."""
_WITHIN = {
    "change": ("open_sites", "paired"),
    "recovered": ("open_sites", "paired"),
    "retention": ("open_completeness", "due"),
    "wait": ("people", "women"),
    **dict.fromkeys(VOICES, ("open_voices", "answered")),
}
"""By kind of outcome, the counts of a site of which the women or people of a theory are a part."""


def of_theory(theory: Theory, first_measure: str) -> str:
    """What a theory's women or people are counted by: a measure, a topic of voices, or nothing for waits."""
    kind = theory.outcome.kind
    if kind in VOICES:
        return VOICES[kind]
    return "" if kind == "wait" else theory.outcome.measure or first_measure


def add_theories(made: Together, theories: Mapping[str, Theory], first_measure: str, sites: DataFrame, opened: DataFrame) -> None:
    """The sides of every contrast. `sites`: the table theory_sites; `opened`: open_theories so far."""
    shown = set(opened.loc[opened["status"] == SHOWN, "theory_id"]) if len(opened) else set()
    used = sites[sites["is_used"].fillna(value=False).astype(bool)]
    for name, rows in used.groupby("theory_id"):
        theory = theories.get(str(name))
        if theory is None:
            continue
        table, part = _WITHIN[theory.outcome.kind]
        of = of_theory(theory, first_measure)
        within: list[list[Name]] = []
        sides: list[Name] = []
        for side, counts in _sides(theory, rows).items():
            within.append([(table, of, site, part) for site in counts])
            place: Name = ("open_theories", of, ALL, f"{name} {side}")
            unit = Unit("open_theories", (("theory_id", str(name)),))
            least = _least(theory, made)
            is_of_sites = theory.context.is_of_sites  # then a side is the sum of counts of sites, each held by itself
            how: dict[str, Any] = {"is_shown": name in shown, "least": least, "is_sought": not is_of_sites}
            sides.append(made.add_over_sites(place, counts, unit, **how))
        if theory.context.is_of_sites:  # which site stands on which side is known from what services offer
            for places, side_of in zip(within, sides, strict=True):
                made.tie(places, [side_of], is_all=theory.outcome.kind == "change" and theory.population is None)
        else:
            made.tie([each for places in within for each in places], sides)


def _sides(theory: Theory, rows: DataFrame) -> dict[str, dict[str, float]]:
    """By side, the women of each site that stands on it."""
    where = rows["site_id"].astype("str")
    has_it = rows["has_context"].fillna(value=False).astype(bool)
    found = {}
    for side, is_here in (("with", has_it), ("without", ~has_it)):
        n = rows["n"].where(is_here) if theory.context.is_of_sites else rows[f"n_{side}"]
        given = n.astype("float64").fillna(0)
        found[side] = {site: float(each) for site, each in zip(where, given, strict=True) if each}
    return found


def _least(theory: Theory, made: Together) -> int | None:
    narrowed = (theory.population.pathway if theory.population else None) or ()
    sensitive = made.rule.sensitive
    return sensitive.minimum_count if {*theory.context.codes, *narrowed} & {*sensitive.pathways} else None
