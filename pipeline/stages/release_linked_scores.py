"""Linked counts of staff and attendees whose scores are told: those asked twice, and those behind the score of a construct.

Each of them is one of those who answered anything on the topic. Nothing of them is printed by site.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.disclosure.rule import SHOWN
from pipeline.stages.release_linked import ALL, Name, Together
from pipeline.stages.release_masks import Unit
from pipeline.stages.voices_change import sites_entering
from pipeline.stages.voices_people import ENTERING

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    Tables = dict[str, DataFrame]

_BY_CHANGE = ["instrument", "construct", "occasion", "comparison"]
_BY_SCORE = ["instrument", "construct", "occasion", "wave"]
_COHORTS = {"paired": {"n_before": "twice"}, "unpaired": {"n_before": "before alone", "n_after": "after alone"}}
"""By comparison, the people behind it; the same people stand in both columns of those who were asked twice."""
_TWICE, _ONCE = "open_staff_change", "open_constructs"


def add_scores(made: Together, exact: Tables, opened: Tables) -> None:
    """People behind change of scores and scores of constructs, as they are printed. `opened`: the open tables of voices."""
    for topic in ("staff", "training"):
        printed = opened[_TWICE]
        _add_change(made, topic, _sites(exact[f"{topic}_change"]), printed[printed["topic"] == topic])
    _add_constructs(made, _sites(exact["nomad"]), opened[_ONCE])


def _sites(table: DataFrame) -> DataFrame:
    return table[~table["site_id"].isin([ALL, ENTERING])]


def _add_change(made: Together, topic: str, sites: DataFrame, opened: DataFrame) -> None:
    """Of one construct and occasion nobody was asked twice and once: all of them together are among those who answered."""
    apart: dict[str, list[Name]] = {}
    among: dict[str, list[str]] = {}
    for what, unit in _rows(opened, _BY_CHANGE, _TWICE, topic):
        mine = sites[(sites[list(what)] == list(what.values())).all(axis=1)].set_index("site_id")
        cohorts = _COHORTS[what["comparison"]]
        counts = mine[list(cohorts)]
        kept = sites_entering(counts, made.rule)
        subject = f"{what['instrument']} {what['construct']}, {what['occasion']}"
        for column, who in cohorts.items():
            name = _add(made, (_TWICE, topic, ALL, f"{subject}: {who}"), counts.loc[kept, column], unit)
            apart.setdefault(subject, []).append(name)
            among.setdefault(subject, []).extend(map(str, kept.index[kept]))
    for subject, names in apart.items():
        made.tie([_answered(topic, site) for site in among[subject]], names)


def _add_constructs(made: Together, sites: DataFrame, opened: DataFrame) -> None:
    """People with a score, all of them and by wave of sites, which are apart."""
    waves: dict[str, list[Name]] = {}
    for what, unit in _rows(opened, _BY_SCORE, _ONCE):
        mine = sites[(sites[list(what)] == list(what.values())).all(axis=1)].set_index("site_id")
        kept = sites_entering(mine[["n"]], made.rule)
        subject = " ".join(value for key, value in what.items() if key != "wave")
        name = _add(made, (_ONCE, "staff", ALL, f"{subject}: {what['wave']}"), mine.loc[kept, "n"], unit)
        if what["wave"] != ALL:
            waves.setdefault(subject, []).append(name)
    for subject, names in waves.items():
        made.tie([(_ONCE, "staff", ALL, f"{subject}: {ALL}")], names, is_all=True)


def _rows(opened: DataFrame, by: list[str], table: str, topic: str = "") -> list[tuple[dict[str, str], Unit]]:
    """The printed rows, each by what it is of, and the unit that it is."""
    found = []
    for row in opened.loc[opened["status"] == SHOWN, by].to_dict("records"):
        what = {str(key): str(value) for key, value in row.items() if isinstance(value, str)}
        where = {"topic": topic, **what} if topic else what
        found.append((what, Unit(table, tuple(where.items()))))
    return found


def _add(made: Together, name: Name, counts: Series[Any], unit: Unit) -> Name:
    """A printed count, which is part of those who answered at the same sites."""
    by_site = {str(site): float(n) for site, n in counts.items()}
    made.add_over_sites(name, by_site, unit, is_shown=True)
    made.tie([_answered(name[1], site) for site in by_site], [name])
    return name


def _answered(topic: str, site: str) -> Name:
    return "open_voices", topic, site, "answered"
