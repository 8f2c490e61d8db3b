"""Linked counts of women referred: by site, month by month, and by characteristic."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pipeline.disclosure.rule import SHOWN, is_spread
from pipeline.stages.access_equity import NO_ANSWERS
from pipeline.stages.access_series import REFERRALS
from pipeline.stages.release_findings import referrals_by_site
from pipeline.stages.release_linked import ALL, Name, Together
from pipeline.stages.release_linked_change import entering, whole_of_shares
from pipeline.stages.release_linked_waits import add_waits
from pipeline.stages.release_masks import Unit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pandas import DataFrame

    Tables = dict[str, DataFrame]

_TREATED = ("n_treated", "treated_pct", "treated_low_pct", "treated_high_pct", "treated_status")
_ACCEPTED = ("n_accepted", "accepted_status", *_TREATED)
_REFERRED = ("n_referred", "share_referred_pct", "status", "k_sites", *_ACCEPTED)
_STEPS = {"referred": ("status", _REFERRED), "accepted": ("accepted_status", _ACCEPTED), "treated": ("treated_status", _TREATED)}
_COUNTS = [f"n_{step}" for step in _STEPS]
_OF_SITE = (
    ((("open_returns", "referrals"),), (("people", "persons"),)),
    ((("people", "persons"),), (("people", "women"),)),
    ((("open_returns", "referrals"),), (("people", "cases"),)),
    ((("people", "cases"),), (("people", "women"),)),
)
"""Of each site: referrals hold persons, persons hold women, and so do referrals of women."""


def add_people(made: Together, exact: Tables, opened: Tables) -> None:
    """Referrals, persons and women of each site, and what is printed of them. `opened`: the open tables so far."""
    counts = _by_site(exact)
    shown = opened["open_returns"]
    shown_sites = set(shown.loc[shown["n_status"] == SHOWN, "site_id"])
    for site, row in counts.iterrows():
        unit, where = Unit("open_returns", (("site_id", str(site)),), ("n_referrals", "n_status")), str(site)
        made.add(("open_returns", "", where, "referrals"), row["n_referrals"], unit, is_shown=where in shown_sites)
        for part in ("persons", "women", "cases"):
            made.add(("people", "", where, part), row[f"n_{part}"], Unit("people", unit.where))
        for whole, parts in _OF_SITE:
            made.tie(*([(table, "", where, part) for table, part in side] for side in (whole, parts)))
    if len(counts):
        is_given = is_spread(counts["n_persons"], made.rule)
        for part, source in (("women", ("people", "persons")), ("referrals", ("open_returns", "referrals"))):
            unit = Unit("findings", (("key", f"study.n_{part}"),))
            names = [(source[0], "", str(site), source[1]) for site in counts.index]
            made.sum_up(("findings", "", ALL, part), names, unit, is_shown=is_given, is_sought=False)
    _add_series(made, exact["activity_series"], opened["open_series"])
    _add_equity(made, exact["equity"], opened["open_equity"])
    add_waits(made, exact["waits"], opened["open_waits"])


def add_within_people(made: Together, measures: Iterable[str], sites: Iterable[str]) -> None:
    """Whoever is due a second score, or has both, was referred."""
    for site in sites:
        for measure in measures:
            for name in (("open_completeness", measure, site, "due"), ("open_sites", measure, site, "paired")):
                made.tie([("people", "", site, "women")], [name])


def _by_site(exact: Tables) -> DataFrame:
    """Referrals, persons, women and their referrals, by site."""
    sent = exact["accepted_referrals"]
    counts: Any = referrals_by_site(sent)
    of_women = sent[sent["client"].isna() | (sent["client"] == "woman_or_birthing_parent")]
    women: Any = referrals_by_site(of_women).reindex(counts.index).fillna(0)
    found: DataFrame = counts.assign(n_women=women["n_persons"], n_cases=women["n_referrals"]).astype("float64")
    return found


def _add_series(made: Together, series: DataFrame, opened: DataFrame) -> None:
    """Referrals of a site by period, and those outside the periods that are printed."""
    table = "open_series"
    mine = opened[(opened["series"] == REFERRALS) & (opened["status"] == SHOWN)]
    for site, rows in mine.groupby("site_id"):
        grain, where = rows["grain"].iloc[0], str(site)
        told = series[(series["site_id"] == site) & (series["series"] == REFERRALS) & (series["grain"] == grain)]
        told = told[told["value"].notna()]
        unit, total = Unit(table, (("site_id", where), ("series", REFERRALS))), ("open_returns", "", where, "referrals")
        rest = made.linked.exact_of([total]) - float(told["value"].sum()) if total in made.linked else -1.0
        names = [
            made.add((table, "", where, f"{period:%Y-%m}"), float(n), unit, is_shown=True)
            for period, n in zip(told["month"], told["value"], strict=True)
        ]
        if rest >= 0:
            names.append(made.add((table, "", where, "outside"), rest, unit, is_sought=rest > 0))
            made.linked.total(total, list(names))


def _add_equity(made: Together, equity: DataFrame, opened: DataFrame) -> None:
    """Women by characteristic: at each step those who went on and those who did not; every characteristic adds up to all."""
    sites = equity[equity["site_id"] != ALL]
    for dimension, rows in sites.groupby("dimension", sort=False):
        least = max(made.rule.minimum_count, made.rule.sensitive.minimum_count) if dimension == "pathway" else None
        kept = entering(rows.groupby("site_id")["n_referred"].sum(), made, least)
        mine = opened[opened["dimension"] == dimension].set_index("group")
        found: dict[str, list[Name]] = {step: [] for step in _STEPS}
        for group, counts in rows[rows["site_id"].isin(kept)].groupby("group", sort=False):
            each = counts.set_index("site_id")[_COUNTS].astype("float64").reindex(kept, fill_value=0.0)
            for step, name in _add_group(made, str(dimension), str(group), each, mine, least).items():
                found[step].append(name)
        women = [("people", "", site, "women") for site in kept]
        made.tie(women, found["referred"], is_all=True)
        _add_totals(made, str(dimension), rows[rows["site_id"].isin(kept)], found)
        _add_answered(made, str(dimension), rows[rows["site_id"].isin(kept)], mine, found["referred"])


def _add_group(
    made: Together, dimension: str, group: str, counts: DataFrame, opened: DataFrame, least: int | None
) -> dict[str, Name]:
    table, of, names = "open_equity", dimension, dict[str, Name]()
    told = (float(least or made.rule.minimum_count), math.inf)
    before: Name | None = None
    for step, (status, figures) in _STEPS.items():
        unit = Unit(table, (("dimension", dimension), ("group", group)), figures)
        is_shown = group in opened.index and opened.loc[group, status] == SHOWN
        name = (table, of, ALL, f"{group} {step}")
        names[step] = made.add_over_sites(name, dict(counts[f"n_{step}"]), unit, is_shown=is_shown, least=least)
        if before is not None:
            rest = (table, of, ALL, f"{group} not {step}")
            left = counts[f"n_{before[3].split()[-1]}"] - counts[f"n_{step}"]
            made.add_over_sites(rest, dict(left), unit, is_shown=is_shown, told=told, least=least)
            made.linked.total(before, [names[step], rest])
        before = names[step]
    return names


def _add_totals(made: Together, dimension: str, rows: DataFrame, found: dict[str, list[Name]]) -> None:
    """All who were accepted, and all who were treated: the same women whatever they are told apart by."""
    for step in ("accepted", "treated"):
        sums = rows.groupby("site_id")[f"n_{step}"].sum()
        name: Name = ("people", "", ALL, step)
        if name not in made.linked:
            made.add_over_sites(name, dict(sums), Unit("people", (("step", step),)))
        if made.linked.exact_of([name]) == float(sums.sum()):
            made.linked.total(name, list(found[step]))


def _add_answered(made: Together, dimension: str, rows: DataFrame, opened: DataFrame, referred: list[Name]) -> None:
    """Whoever gave an answer, of whom shares are printed: their rounded number is one of those that give these shares."""
    answers = [name for name in referred if name[3].removesuffix(" referred") not in NO_ANSWERS]
    shares = opened[opened["share_referred_pct"].notna()]
    if not len(answers) or shares.empty:
        return
    counts = rows[~rows["group"].isin(NO_ANSWERS)].groupby("site_id")["n_referred"].sum()
    told = whole_of_shares(shares["n_referred"], shares["share_referred_pct"], float(counts.sum()), made.rule)
    unit = Unit("open_equity", (("dimension", dimension),), ("share_referred_pct",))
    place: Name = ("open_equity", dimension, ALL, "answered")
    name = made.add_over_sites(place, dict(counts), unit, is_shown=True, told=told, is_sought=False)
    made.linked.total(name, list(answers))
