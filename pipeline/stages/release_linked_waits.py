"""Linked counts of women who waited: how many were seen, and how many had left, so many weeks after they were referred.

Only shares are printed of them. A share is taken to tell the number of women exactly. At a site its limits tell how many waited:
whatever number gives the same three whole percentages, which may be a single one of few women. How many waited at all sites
is printed by itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.disclosure.rule import SHOWN
from pipeline.stages.release_linked import ALL, Name, Together
from pipeline.stages.release_linked_change import entering
from pipeline.stages.release_masks import Unit
from pipeline.stats.proportion import wilson

if TYPE_CHECKING:
    from pandas import DataFrame, Series

_TABLE = "open_waits"
_STATUS = {"seen": "status", "left": "left_status"}
_FIGURES = {kind: (f"{kind}_pct", f"{kind}_low_pct", f"{kind}_high_pct", status) for kind, status in _STATUS.items()}


@dataclass(frozen=True)
class _Wait:
    """Waits for one event at the sites that may enter: all women (by site), women by then (weeks, sites), and what is shown.

    `waited`: by kind, site and week, the least and the most women of whom the share may be.
    """

    event: str
    persons: Series[Any]
    waited: dict[tuple[str, str, int], tuple[float, float]]
    by_then: dict[str, DataFrame]
    shown: dict[str, set[tuple[str, int]]]

    def name(self, site: str, part: str) -> Name:
        return _TABLE, self.event, site, part

    def unit(self, kind: str, site: str, week: int) -> Unit:
        return Unit(_TABLE, (("event", self.event), ("site_id", site), ("weeks", week)), _FIGURES[kind])


def add_waits(made: Together, waits: DataFrame, opened: DataFrame) -> None:
    """Women who waited, and those seen and gone by the weeks that are printed. `waits`: exact; `opened`: open_waits so far."""
    for event, rows in waits[waits["site_id"] != ALL].groupby("event", sort=False):
        persons = rows.groupby("site_id")["persons"].first().astype("float64")
        persons = persons.reindex(entering(persons, made))
        told = opened[opened["event"] == event]
        by_then, shown = {}, {}
        for kind, status in _STATUS.items():
            wide = rows.pivot_table(index="weeks", columns="site_id", values=f"persons_{kind}", fill_value=0)
            by_then[kind] = wide.reindex(columns=persons.index).astype("float64")
            mine = told[told[status] == SHOWN]
            shown[kind] = {(str(site), int(week)) for site, week in zip(mine["site_id"], mine["weeks"], strict=True)}
        wait = _Wait(str(event), persons, _told(told, persons), by_then, shown)
        _add_all(made, wait, is_shown=bool(told.loc[told["site_id"] == ALL, "n"].notna().any()))
        for kind in _STATUS:
            _add_kind(made, wait, kind)
        _add_both(made, wait)


def _told(opened: DataFrame, persons: Any) -> dict[tuple[str, str, int], tuple[float, float]]:
    """By kind, site and week that are shown, of how many women a share with these limits may be, the true number among them."""
    import numpy as np

    most = int(2 * max(persons, default=0)) + 1
    n = np.repeat(np.arange(1, most), np.arange(1, most))
    limits = wilson((np.arange(len(n)) - n * (n - 1) // 2 + 1).astype("float64"), n.astype("float64"))
    every = [np.round(100 * each) for each in (limits.estimate, limits.low, limits.high)]
    found = {}
    for kind, status in _STATUS.items():
        rows = opened[(opened[status] == SHOWN) & opened["site_id"].isin(persons.index)]
        for row in rows.to_dict("records"):
            fits = np.logical_and.reduce([each == row[column] for each, column in zip(every, _FIGURES[kind], strict=False)])
            true = float(persons[row["site_id"]])
            numbers = [true, *n[fits].tolist()]
            found[kind, str(row["site_id"]), int(row["weeks"])] = float(min(numbers)), float(max(numbers))
    return found


def _add_all(made: Together, wait: _Wait, *, is_shown: bool) -> None:
    """All women who waited: of those referred all but the women turned away, and over all sites more than were accepted."""
    names, women = list[Name](), list[Name]()
    for site, n in wait.persons.items():
        names.append(made.add(wait.name(str(site), "waited"), n, Unit("people", (("site_id", str(site)),))))
        women.append(("people", "", str(site), "women"))
        away = made.linked.exact_of(women[-1:]) - n if women[-1] in made.linked else math.inf
        if 0 <= away < made.rule.minimum_count <= n:
            part: Name = ("people", wait.event, str(site), "turned away")
            made.add(part, away, Unit("people", (("site_id", str(site)),)))
            made.linked.total(women[-1], [names[-1], part])
        made.tie(women[-1:], names[-1:])
    unit = Unit(_TABLE, (("event", wait.event), ("site_id", ALL)), ("n",))
    name = made.sum_up(wait.name(ALL, "waited"), names, unit, is_shown=is_shown)
    if all(each in made.linked for each in women):
        of_all = made.sum_up(("people", wait.event, ALL, "referred there"), women, unit, is_sought=False)
        made.difference(("people", wait.event, ALL, "turned away"), of_all, name, unit)
    made.tie([name], [("people", "", ALL, "accepted")])


def _add_kind(made: Together, wait: _Wait, kind: str) -> None:
    """Women seen, or gone, by each week that is printed: at sites week by week, and over all sites as the sum of theirs."""
    at_sites = sorted({week for site, week in wait.shown[kind] if site != ALL})
    over_all = sorted({week for site, week in wait.shown[kind] if site == ALL})
    for site in wait.persons.index:
        _add_site(made, wait, kind, str(site))
    before: list[Name] = []
    for week in over_all:
        counts = dict(wait.by_then[kind].loc[week])
        n, name = sum(counts.values()), wait.name(ALL, f"{kind} by {week}")
        made.add_over_sites(name, counts, wait.unit(kind, ALL, week), is_shown=True, told=(n, n))
        made.tie([name], before)
        if week in at_sites:
            made.linked.total(name, [wait.name(site, name[3]) for site in counts])
        before = [name]
    made.tie([wait.name(ALL, "waited")], before)


def _add_site(made: Together, wait: _Wait, kind: str, site: str) -> None:
    """At one site: by each week; since an earlier one, and not by then, where that is small or told, and no part of less."""
    weeks = {week for where, week in wait.shown[kind] if where == site}
    hidden = {week for where, week in wait.shown[kind] if where != ALL and (ALL, week) in wait.shown[kind]} - weeks
    counts: Any = wait.by_then[kind][site]
    waited, least = wait.name(site, "waited"), made.rule.minimum_count
    is_few = float(wait.persons[site]) < least
    within: dict[str, Any] = {"part_of": waited} if is_few else {}
    before: list[int] = []
    for week in sorted(weeks | hidden):
        n, unit, is_shown = float(counts[week]), wait.unit(kind, site, week), week in weeks
        rest = float(wait.persons[site]) - n
        name = made.add(wait.name(site, f"{kind} by {week}"), n, unit, is_shown=is_shown, told=(n, n), **within)
        if is_shown or (rest < least and (kind == "seen" or not is_few)):
            place = wait.name(site, f"not {kind} by {week}")
            low, high = wait.waited.get((kind, site, week), (n + rest, n + rest))
            told = (max(low - n, 0.0), high - n)
            others = made.add(place, rest, unit, is_shown=is_shown, told=told, **within)
            made.linked.total(waited, [name, others])
        for first in {*before[-1:], *[each for each in before if each in weeks][-1:]}:
            earlier, since = wait.name(site, f"{kind} by {first}"), n - float(counts[first])
            if since < least <= n:
                step = made.add(wait.name(site, f"{kind} from {first} to {week}"), since, unit)
                made.linked.total(name, [earlier, step])
            else:
                made.tie([name], [earlier])
        before.append(week)


def _add_both(made: Together, wait: _Wait) -> None:
    """Whoever was neither seen nor gone by a week still waits, or was no longer followed."""
    for site, n in wait.persons.items():
        last: dict[str, Name] = {}
        for week in wait.by_then["seen"].index:
            here = {kind: wait.name(str(site), f"{kind} by {week}") for kind in _STATUS}
            last |= {kind: name for kind, name in here.items() if name in made.linked}
            if not all(name in made.linked for name in here.values()):
                continue
            seen, left = (made.linked.exact_of([name]) for name in here.values())
            if 0 <= n - seen - left < made.rule.minimum_count <= n - seen:
                unit = wait.unit("seen", str(site), int(week))
                still = made.add(wait.name(str(site), f"waiting at {week}"), n - seen - left, unit)
                made.linked.total(wait.name(str(site), "waited"), [*here.values(), still])
        for those in (list(last.values()), *[[name] for name in last.values()]):
            made.tie([wait.name(str(site), "waited")], those)
