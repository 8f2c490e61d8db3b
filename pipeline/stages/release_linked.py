"""All counts that are released of women with scores, held together: what readers could work out, and what stays back for it.

By measure: women with both scores, women due a second score, and their classes, by site and over sites, the bins of change and
the sides of contrasts between sites. Each is a count of `Linked`, tied to the others by what they are; the units that may be
withheld further are rows of the open tables, those of a site before those over sites.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pipeline.disclosure.linked import NOBODY, Linked, Printing, Search
from pipeline.disclosure.readers import Need, Reader, not_recovered, small_counts
from pipeline.disclosure.rule import SHOWN, may_enter, nearest
from pipeline.disclosure.withholding import withhold_linked

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from pandas import DataFrame, Series

    from pipeline.config import ReleaseSettings

    Tables = dict[str, DataFrame]
    Unit = tuple[str, str, str]

ALL = "ALL"
IMPROVED, SAME, WORSE, NOT = "reliably_improved", "no_reliable_change", "reliably_deteriorated", "not_reliably_improved"
_COSTS = {
    **{("open_classes", False): 1.0, ("open_completeness", False): 2.0, ("open_sites", False): 6.0},
    **{("open_theories", True): 10.0, ("open_distribution", True): 12.0},
    **{("open_classes", True): 20.0, ("open_completeness", True): 25.0},
}
_PRINTED = frozenset({"paired", "due", "due_paired", IMPROVED, NOT})
_FAR = 99.0
_AT_LEAST_OPEN = 3
"""Whole numbers that every count of a site must leave open."""


class Together:
    """The linked counts of one measure; `is_shown` and `is_small` are by position, and `units` names rows of open tables."""

    def __init__(self, measure: str, rule: ReleaseSettings) -> None:
        self.measure, self.rule = measure, rule
        self.linked, self.is_shown, self.is_small = Linked(), list[bool](), list[bool]()

    def add(
        self,
        table: str,
        site: str,
        part: str,
        exact: float,
        *,
        is_shown: bool,
        unit: str | None = None,
        is_sought: bool = True,
        told: tuple[float, float] | None = None,
    ) -> None:
        """A count that an open table holds, or would. `is_sought`: nobody may find it out where it is small."""
        owner = None if site == ALL else site
        self.linked.add((table, site, part), exact, owner=owner, unit=(table, unit or site, self.measure), told=told)
        self.is_shown.append(is_shown)
        self.is_small.append(is_sought and not is_shown and exact < self.rule.minimum_count)

    def sum_up(self, table: str, part: str, parts: list[tuple[str, str, str]], **how: Any) -> None:
        """A count over sites, as the sum of its parts there."""
        self.add(table, ALL, part, sum(self.linked.exact[self.linked.at(name)] for name in parts), **how)
        self.linked.total((table, ALL, part), list(parts))

    def needs(self) -> list[Need]:
        """What must stay open: small counts all the way, and three numbers of every count that is shown of a site."""
        import numpy as np

        is_of_site = np.array([owner is not None for owner in self.linked.owners], dtype=bool)
        is_told = np.isin(np.arange(len(self.linked)), list(self.linked.told))
        shown, small = np.array(self.is_shown, dtype=bool), np.array(self.is_small, dtype=bool)
        found = small_counts(self.linked, small, self.rule.minimum_count)
        if self.rule.round_to >= _AT_LEAST_OPEN:  # else each count is printed as it is, as the configuration asks
            found += not_recovered(self.linked, shown & is_of_site & ~is_told, others=_AT_LEAST_OPEN - 1)
        return found

    def cells(self, further: set[Any], held: Mapping[str, Collection[str]]) -> DataFrame:
        """Every count that is printed or withheld, as the table `checked_cells`; `held`: what earlier releases hold back."""
        import pandas as pd

        names = {"open_completeness": "standing"}
        rows = []
        for at, (name, unit) in enumerate(zip(self.linked.names, self.linked.units, strict=True)):
            table, site, part = _place(name)
            is_shown, exact = self.is_shown[at] and unit not in further, int(self.linked.exact[at])
            if at in self.linked.told or not (self.is_shown[at] or self.is_small[at] or part in _PRINTED):
                continue
            variable = f"{names.get(table, 'paired')}/{self.measure}"
            why = "complementary" if unit in further else "earlier_release" if site in held.get(variable, ()) else "by_rule"
            reason = "shown" if is_shown else "primary" if exact < self.rule.minimum_count else why
            printed = int(nearest(exact, self.rule)) if is_shown else None
            place = {"table": table, "measure": self.measure, "site_id": site, "part": part}
            rows.append({**place, "n": exact, "printed": printed, "reason": reason})
        return pd.DataFrame(rows)

    def costs(self) -> dict[Any, float]:
        """What it costs to withhold each unit: those of sites before those over sites, the small before the large."""
        found: dict[Any, float] = {}
        for unit, exact in zip(self.linked.units, self.linked.exact, strict=True):
            table, site, _ = _place(unit)
            base = _COSTS.get((table, site == ALL or table in ("open_theories", "open_distribution")))
            if base is not None:
                found[unit] = max(found.get(unit, 0.0), base + math.log1p(exact) / 10)
        return found


def counts_together(
    measure: str, exact: Tables, opened: Tables, members: DataFrame, contrasts: DataFrame, rule: ReleaseSettings
) -> Together:
    """The counts of one measure.

    `opened`: its open tables so far; `members`: the sites of its released pool; `contrasts`: rows of theory_sites of theories
    on the change in this measure, compared between sites.
    """
    made = Together(measure, rule)
    effects = _of(exact["site_effects"], measure).set_index("site_id")
    shown = _shown_at(opened["open_sites"], measure)
    for site, n in effects["n_paired"].fillna(0).items():
        made.add("open_sites", str(site), "paired", float(n), is_shown=site in shown)
    _add_classes(made, effects, opened["open_classes"])
    _add_completeness(made, _of(exact["missingness"], measure).set_index("site_id"), opened["open_completeness"])
    paired: dict[str, tuple[str, str, str]] = {str(site): ("open_sites", str(site), "paired") for site in effects.index}
    pooled = _of(opened["open_pooled"], measure)
    if len(members):
        is_shown = bool((pooled["status"] == SHOWN).any())
        made.sum_up("open_pooled", "paired", [paired[site] for site in members["site_id"]], is_shown=is_shown, is_sought=False)
    _add_bins(made, effects, _of(exact["change"], measure), _of(opened["open_distribution"], measure), paired)
    _add_contrasts(made, contrasts, opened["open_theories"], paired)
    return made


def hold_together(made: Together) -> tuple[set[Any], DataFrame]:
    """The units to withhold beyond those that are withheld already, and the attack as the table `checked_attack`."""
    import numpy as np

    shown, printing = np.array(made.is_shown, dtype=bool), Printing(made.rule.round_to, made.rule.minimum_count)
    needs = made.needs()
    outcome = withhold_linked(
        made.linked, shown, needs, made.costs(), printing, owners_read=True, women_read=True, is_tidied=False
    )
    search = Search(made.linked, outcome.is_shown, printing)
    unmet = {need.at: reader for need, reader in outcome.unmet}
    return set(outcome.further), _attacked(made, search, [need for need in needs if made.is_small[need.at]], unmet)


def _attacked(made: Together, search: Search, needs: list[Need], unmet: dict[int, Any]) -> DataFrame:
    import pandas as pd

    rows = []
    for need in needs:
        table, site, part = _place(made.linked.names[need.at])
        low, high = search.extremes(need.at)
        reader = unmet.get(need.at)
        who = "" if reader is None else _named(reader, search)
        place = {"table": table, "measure": made.measure, "site_id": site, "part": part, "n": int(made.linked.exact[need.at])}
        rows.append({**place, "low": low, "high": min(high, _FAR), "found_by": who})
    return pd.DataFrame(rows)


def _named(reader: Reader, search: Search) -> str:
    if reader.present != NOBODY:
        return "a woman who is counted"
    return " and ".join(str(search.owner_names[owner]) for owner in sorted(reader.known)) or "the public"


def _place(name: Any) -> tuple[str, str, str]:
    """The table, site and part of a count, or the table, row and measure of a unit, as `add` made them."""
    first, second, third = name
    return first, second, third


def _of(table: DataFrame, measure: str) -> DataFrame:
    return table[table["measure"] == measure]


def _shown_at(table: DataFrame, measure: str) -> set[str]:
    mine = _of(table, measure)
    return set(mine.loc[mine["status"] == SHOWN, "site_id"])


def _add_classes(made: Together, effects: DataFrame, opened: DataFrame) -> None:
    """Classes by site, two of them printed, and over the sites that may enter, two or three."""
    name = "open_classes"
    counts = effects[[f"n_{each}" for each in (IMPROVED, SAME, WORSE)]].astype("float64").dropna()
    if counts.empty:
        return
    shown = _shown_at(opened, made.measure)
    for site, row in counts.iterrows():
        where, values = str(site), [float(value) for value in row]
        is_shown = where in shown
        made.add(name, where, IMPROVED, values[0], is_shown=is_shown)
        made.add(name, where, NOT, values[1] + values[2], is_shown=is_shown)
        for part, value in zip((SAME, WORSE), values[1:], strict=True):
            made.add(name, where, part, value, is_shown=False, is_sought=False)
        made.linked.total((name, where, NOT), [(name, where, SAME), (name, where, WORSE)])
        if sum(values) == made.linked.exact[made.linked.at(("open_sites", where, "paired"))]:
            made.linked.total(("open_sites", where, "paired"), [(name, where, IMPROVED), (name, where, NOT)])
    kept = [str(site) for site, enters in may_enter(counts.sum(axis=1), made.rule).items() if enters]
    mine = _of(opened, made.measure)
    nation = set(mine.loc[(mine["site_id"] == ALL) & (mine["status"] == SHOWN), "class"])
    for part in (IMPROVED, SAME, WORSE, NOT):
        made.sum_up(name, part, [(name, site, part) for site in kept], is_shown=part in nation, is_sought=False)


def _add_completeness(made: Together, missingness: DataFrame, opened: DataFrame) -> None:
    """Women due and those of them with both scores, both printed, and the rest, known to be the minimum where both are."""
    name, parts = "open_completeness", ("due", "due_paired", "due_rest")
    if missingness.empty:
        return
    shown = _shown_at(opened, made.measure)
    told = (float(made.rule.minimum_count), math.inf)
    for site, row in missingness.iterrows():
        where, due, paired = str(site), float(row["n_due"]), float(row["n_paired"])
        is_shown = where in shown
        for part, value in zip(parts, (due, paired, due - paired), strict=True):
            made.add(name, where, part, value, is_shown=is_shown, told=told if part == "due_rest" else None)
        made.linked.total((name, where, "due"), [(name, where, part) for part in parts[1:]])
        all_paired = ("open_sites", where, "paired")
        if all_paired in made.linked and made.linked.exact[made.linked.at(all_paired)] >= paired:
            made.linked.relate({all_paired: 1.0, (name, where, "due_paired"): -1.0}, 0.0, math.inf)
    kept = [str(site) for site, enters in may_enter(missingness["n_due"], made.rule).items() if enters]
    for part in parts:
        places = [(name, site, part) for site in kept]
        made.sum_up(name, part, places, is_shown=ALL in shown, is_sought=False, told=told if part == "due_rest" else None)


def _add_bins(
    made: Together, effects: DataFrame, change: DataFrame, bins: DataFrame, paired: dict[str, tuple[str, str, str]]
) -> None:
    """The bins of change: together all women of the sites that enter, who are those with both scores there."""
    name = "open_distribution"
    women = change[change["first_referral"].fillna(value=False).astype(bool)].groupby("site_id").size()
    kept = [str(site) for site, enters in may_enter(women, made.rule).items() if enters]
    if bins.empty or any(effects["n_paired"].get(site) != women[site] for site in kept):
        return
    gain, edges = _gains(change, kept), [*bins["bin_low"].iloc[1:], math.inf]
    for number, edge in enumerate(edges):
        before = edges[number - 1] if number else -math.inf
        count = float((_is_below(gain, edge) & ~_is_below(gain, before)).sum())
        made.add(name, ALL, f"bin {number}", count, is_shown=True, is_sought=False)
    bins_and_women: dict[Any, float] = {("open_distribution", ALL, f"bin {number}"): 1.0 for number in range(len(edges))}
    made.linked.relate(bins_and_women | {paired[site]: -1.0 for site in kept})


def _gains(change: DataFrame, sites: list[str]) -> Series[Any]:
    used = change["first_referral"].fillna(value=False).astype(bool) & change["site_id"].isin(sites)
    gains: Series[Any] = change.loc[used, "improvement"].astype("float64")
    return gains


def _is_below(gain: Series[Any], edge: float) -> Series[bool]:
    """A change at an edge counts on the side further from no change, as the bins count it."""
    return gain < edge - 1e-9 if edge >= 0 else gain <= edge + 1e-9


def _add_contrasts(made: Together, contrasts: DataFrame, opened: DataFrame, paired: dict[str, tuple[str, str, str]]) -> None:
    """The two sides of each contrast between sites; which site stands on which side is known from what services offer."""
    name = "open_theories"
    shown = set(opened.loc[opened["status"] == SHOWN, "theory_id"]) if len(opened) else set()
    for theory, rows in contrasts[contrasts["is_used"].fillna(value=False).astype(bool)].groupby("theory_id"):
        if any(site not in paired for site in rows["site_id"]):
            continue
        exact = [made.linked.exact[made.linked.at(paired[site])] for site in rows["site_id"]]
        if exact != rows["n"].astype("float64").tolist():
            continue
        has_context = rows["has_context"].fillna(value=False).astype(bool)
        for side, chosen in (("with", rows[has_context]), ("without", rows[~has_context])):
            places: Iterable[tuple[str, str, str]] = [paired[site] for site in chosen["site_id"]]
            part = f"{theory} {side}"
            made.sum_up(name, part, list(places), is_shown=theory in shown, unit=str(theory), is_sought=False)
