"""Linked counts that are told without a number: thresholds of change, how women came, and for how many a median may stand.

A share in whole per cent, of a number that is known to the nearest `round_to`, tells its count nearly as closely as a rounded
count does.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pipeline.disclosure.rule import SHOWN, nearest, percent
from pipeline.stages.case_mix import characteristics
from pipeline.stages.release_linked import ALL, Name, Together
from pipeline.stages.release_linked_change import IMPROVED, WORSE, by_site, entering
from pipeline.stages.release_masks import Unit

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray
    from pandas import DataFrame

    from pipeline.config import ReleaseSettings
    from pipeline.measures import Measure

    Tables = dict[str, DataFrame]
    Women = NDArray[np.bool_]

TABLES = ("open_thresholds", "open_balance", "open_timing")
"""Tables that stand on others, of which nothing but shares or quantiles is printed."""
_NEXT = 3
"""Thresholds on either side of that of reliable change; those further off only say less."""
_BETTER = ("improved_pct", "low_pct", "high_pct", "twin_pct", "status")
_DIRECTIONS = {"improved": (1.0, IMPROVED, _BETTER), "deteriorated": (-1.0, WORSE, ("deteriorated_pct",))}
_WHOLE = "everybody"
_HALVES = 2
_SLACK = 1e-9


def add_thresholds(
    made: Together, measure: Measure, women: DataFrame, strip: DataFrame, kept: list[str], everybody: Name
) -> None:
    """Women at and beyond the thresholds next to that of reliable change: they hold the class, or the class holds them.

    The shares of the strip together tell how many women they are shares of.
    """
    primary = measure.primary_reliable_change
    points = sorted(strip.loc[strip["measure"] == measure.id, "points"].unique())
    if primary is None or not points:
        return
    shares: list[float] = []
    for word, (sign, kind, figures) in _DIRECTIONS.items():
        change = sign * women["improvement"].to_numpy(dtype="float64")
        beyond = {point: change >= point - _SLACK for point in points}
        told = {point: percent(int(beyond[point].sum()), len(women), made.rule) for point in points}
        shares += [share for share in told.values() if share is not None]
        may_stand = [point for point in points if told[point] is not None]
        below, above = [p for p in may_stand if p < primary], [p for p in may_stand if p >= primary]
        classes: list[Name] = [("open_classes", measure.id, site, kind) for site in kept]
        before: list[Name] = []
        for point in (*below[-_NEXT:], *above[:_NEXT]):
            unit = Unit("open_thresholds", (("measure", measure.id), ("points", point)), figures)
            name: Name = ("open_thresholds", measure.id, ALL, f"{word} by {point:g}")
            limits = told_by_share(int(beyond[point].sum()), len(women), made.rule)
            made.add_over_sites(name, by_site(women[beyond[point]], kept), unit, told=limits, is_sought=False)
            made.tie(before, [name])
            sides = ([name], classes) if point < primary else (classes, [name])
            made.tie(*sides, is_all=point == primary)
            before = [name]
    if shares:
        whole: Name = ("open_thresholds", measure.id, ALL, _WHOLE)
        unit, limits = Unit("open_thresholds", (("measure", measure.id),)), whole_of_strip(shares, len(women), made.rule)
        made.add_over_sites(whole, by_site(women, kept), unit, told=limits, is_sought=False)
        made.tie([everybody], [whole], is_all=True)


def whole_of_strip(shares: Iterable[float], exact: int, rule: ReleaseSettings) -> tuple[float, float]:
    """The least and the most of a number of which rounded counts, not printed themselves, are all these whole percentages."""
    step, rounded, asked = rule.round_to, int(nearest(float(exact), rule)), set(shares)
    fitting = [rounded]
    for way in (-step, step):
        number = rounded + way
        while 0 < number <= 2 * rounded and all(_may_be(share, number, step) for share in asked):
            fitting.append(number)
            number += way
    return float(min(fitting) - step // 2), float(max(fitting) + (step - 1) // 2)


def _may_be(share: float, whole: int, step: int) -> bool:
    """Whether some rounded count is that whole percentage of a rounded whole."""
    nearest_count = share * whole / (100 * step)
    return any(round(100 * step * n / whole) == share for n in (math.floor(nearest_count), math.ceil(nearest_count)))


def told_by_share(top: int, bottom: int, rule: ReleaseSettings) -> tuple[float, float]:
    """The least and the most that a count can be beside its whole percentage, where its whole is known as it is rounded."""
    step = rule.round_to
    whole, exact = max(float(nearest(float(bottom), rule)), step), max(float(nearest(float(top), rule)), step)
    share, found = round(100 * exact / whole), [exact]
    for way in (-step, step):
        other = exact + way
        while 0 < other <= whole and round(100 * other / whole) == share:
            found.append(other)
            other += way
    low, high = min(found) - step // 2, max(found) + (step - 1) // 2
    return min(low, float(top)), max(high, float(top))


def add_balance(made: Together, measure: str, exact: Tables) -> None:
    """Women due with and without a second score by characteristic: levels are apart, and the rest of a side is what is left.

    A characteristic of which nothing is small, neither a level nor the rest, has nothing to be found out.
    """
    due = exact["due"][exact["due"]["measure"] == measure]
    kept = entering(due.groupby("site_id").size(), made) if len(due) else []
    women = due[due["site_id"].isin(kept)].sort_values(["site_id", "referral_id"], kind="stable", ignore_index=True)
    if women.empty:
        return
    mix = characteristics(women, exact["accepted_referrals"]) == 1
    for side, part, is_here in (("paired", "due_paired", women["post"].notna()), ("unpaired", "due_rest", women["post"].isna())):
        for subject, levels in _by_characteristic(mix, women["post"].notna(), made.rule).items():
            sets = {level: is_here & mix[level] for level in levels}
            rest = is_here & ~mix[levels].any(axis=1)
            counts = {level: by_site(women[chosen], kept) for level, chosen in {**sets, "": rest}.items()}
            least = {level: _least(level, made.rule) for level in counts}
            if all(sum(sorted(by.values())[:-2]) >= least[level] for level, by in counts.items()):
                continue
            whole: Name = ("open_balance", measure, ALL, f"all: {side}")
            if whole not in made.linked:
                made.add_over_sites(whole, by_site(women[is_here], kept), _unit(measure), is_sought=False)
                made.tie([("open_completeness", measure, site, part) for site in kept], [whole], is_all=True)
            names = []
            for level, by in counts.items():
                name: Name = ("open_balance", measure, ALL, f"{level or f'no other {subject}'}: {side}")
                told = told_by_share(int(sum(by.values())), int(is_here.sum()), made.rule) if level else None
                names.append(made.add_over_sites(name, by, _unit(measure, level), told=told, least=least[level]))
            made.linked.total(whole, list(names))


def _unit(measure: str, level: str = "") -> Unit:
    """A row of the balance; of what has none, nothing that could be withheld."""
    where = (("measure", measure), ("characteristic", level))
    return Unit("open_balance" if level else "people", where)


def _least(level: str, rule: ReleaseSettings) -> int:
    is_sensitive = level.removeprefix("pathway_") in rule.sensitive.pathways
    return max(rule.minimum_count, rule.sensitive.minimum_count) if is_sensitive else rule.minimum_count


def _by_characteristic(mix: DataFrame, is_paired: Any, rule: ReleaseSettings) -> dict[str, list[str]]:
    """The levels of each characteristic of which a share may stand at all."""
    found: dict[str, list[str]] = {}
    for level in map(str, mix.columns):
        counts = [(int((mix[level] & side).sum()), int(side.sum())) for side in (is_paired, ~is_paired)]
        if all(percent(top, bottom, rule) is not None for top, bottom in counts):
            found.setdefault(level.partition("_")[0], []).append(level)
    return found


def add_dated(made: Together, measure: str, women: DataFrame) -> None:
    """A median at a site says that as many women as it needs have both scores and both dates."""
    least = float(_HALVES * made.rule.minimum_count)
    for site, n in women.loc[women["days_to_treatment"].notna(), "site_id"].value_counts(sort=False).items():
        paired: Name = ("open_sites", measure, str(site), "paired")
        if n >= least and paired in made.linked:
            unit = Unit("open_timing", (("measure", measure), ("site_id", str(site))))
            name: Name = ("open_timing", measure, str(site), "dated")
            made.add(name, float(n), unit, told=(least, math.inf), is_sought=False)
            made.tie([paired], [name])


def is_told(name: Name, mine: DataFrame) -> bool:
    """Whether the rows `mine` of its open table tell a count of `TABLES`."""
    table, _, site, part = name
    if table == "open_thresholds":
        if part == _WHOLE:
            return bool(mine[["improved_pct", "deteriorated_pct"]].notna().any(axis=None))
        word, _, point = part.partition(" by ")
        here = mine[(mine["points"] - float(point)).abs() < _SLACK]
        return bool(here[f"{word}_pct"].notna().any()) if f"{word}_pct" in here else False
    shown = mine[mine["status"] == SHOWN]
    if table == "open_timing":
        return bool((shown["site_id"] == site).any())
    level, _, side = part.partition(": ")
    return bool(shown.loc[shown["characteristic"] == level, f"share_{side}_pct"].notna().any())
