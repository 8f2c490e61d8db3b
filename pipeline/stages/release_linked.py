"""All counts of a release as one system: what is printed of each, how they hang together, and what stays back for it.

A count has a name of four parts: the open table that holds it or would, what it is of (a measure, characteristic or topic), the
site, and its part. The units that may be withheld further are rows of open tables, those of a site before those over sites.
Sites add up to figures over sites by themselves; where only figures over sites are printed, what each site adds is kept
beside them, as that is what a site takes off.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pipeline.disclosure.known import NOBODY
from pipeline.disclosure.linked import Linked, Printing
from pipeline.disclosure.readers import Need, Reader, Room, not_recovered, small_counts
from pipeline.disclosure.rule import nearest
from pipeline.disclosure.search import Search
from pipeline.disclosure.withholding import withhold

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from pandas import DataFrame

    from pipeline.config import ReleaseSettings
    from pipeline.stages.release_masks import Unit

Name = tuple[str, str, str, str]
ALL = "ALL"
_COSTS = {
    **{("open_classes", False): 1.0, ("open_completeness", False): 2.0, ("open_series", False): 2.0, ("open_voices", False): 3.0},
    **{("open_waits", False): 1.0, ("open_returns", False): 4.0, ("open_sites", False): 9.0},
    **{("open_severity", True): 4.0, ("open_waits", True): 14.0, ("open_effects", True): 6.0, ("open_recovery", True): 7.0},
    **{("open_subgroups", True): 7.0, ("open_equity", True): 7.0, ("open_methods", True): 8.0, ("open_missing", True): 8.0},
    **{("open_answers", True): 8.0, ("open_survey", True): 8.0, ("open_staff_change", True): 8.0, ("open_constructs", True): 8.0},
    **{("open_timing", False): 1.0, ("open_balance", True): 4.0, ("open_thresholds", True): 6.0},
    **{("open_theories", True): 10.0, ("open_distribution", True): 12.0, ("open_flow", True): 12.0},
    **{("open_classes", True): 20.0, ("open_completeness", True): 25.0, ("open_voices", True): 25.0, ("findings", True): 30.0},
}
"""By table, and whether the row is over sites, what it costs to withhold one; what is not here stays as it is."""
_COST_OF_N = {"open_waits": 5.0}
"""The same of the number of women alone, where that stands beside shares."""
_FAR = 99.0
_AT_LEAST_OPEN = 3
"""Whole numbers that every count of a site must leave open."""


class Together:
    """The linked counts of a release; `is_shown`, `is_sought` are by position."""

    def __init__(self, rule: ReleaseSettings) -> None:
        self.rule = rule
        self.linked, self.is_shown, self.is_sought = Linked(), list[bool](), list[bool]()
        self._up_to: dict[int, float] = {}

    def add(
        self,
        name: Name,
        exact: float,
        unit: Unit,
        *,
        is_shown: bool = False,
        is_sought: bool = True,
        told: tuple[float, float] | None = None,
        least: int | None = None,
        parts: Mapping[Any, float] | None = None,
        part_of: Name | None = None,
    ) -> Name:
        """A count that an open table holds, or would; of several sites `parts` says how much of it is each one's.

        `is_sought`: nobody may find it out where it is small. `part_of`: a count that is small and sought itself; then it is
        enough that the part may be anything up to it.
        """
        if part_of is not None:
            self._up_to[len(self.linked)] = min(self.linked.exact_of([part_of]), self.rule.minimum_count - 1.0)
        owner = None if name[2] == ALL else name[2]
        own = {str(site): float(n) for site, n in (parts or {}).items()}
        self.linked.add(name, exact, owner=owner, unit=unit, block=name[1], told=told, least=least, parts=own)
        self.is_shown.append(is_shown)
        self.is_sought.append(is_sought)
        return name

    def add_over_sites(self, name: Name, parts: Mapping[Any, float], unit: Unit, **how: Any) -> Name:
        """A count over sites, of which `parts` says how much is each one's."""
        nobody = {} if parts else {"is_sought": False}  # no site of which it could be
        return self.add(name, float(sum(parts.values())), unit, parts=parts, **{**how, **nobody})

    def sum_up(self, name: Name, parts: list[Name], unit: Unit, **how: Any) -> Name:
        """A count over sites, as the sum of its parts there."""
        self.add_over_sites(name, {part[2]: self.linked.exact_of([part]) for part in parts}, unit, **how)
        self.linked.total(name, list(parts))
        return name

    def difference(self, name: Name, whole: Name, part: Name, unit: Unit, **how: Any) -> Name:
        """Who is in the one figure over sites and not in the other, where the one holds the other; else nothing."""
        found = [self.linked.parts.get(self.linked.at(each), {}) for each in (whole, part)]
        left = {site: n - found[1].get(site, 0.0) for site, n in found[0].items()}
        if min(left.values(), default=-1.0) >= 0 and not {*found[1]} - {*found[0]}:
            self.add_over_sites(name, left, unit, is_shown=False, **how)
            self.linked.total(whole, [part, name])
        return name

    def tie(self, whole: Iterable[Name], parts: Iterable[Name], *, is_all: bool = False) -> None:
        """What everybody knows of some counts and others: the first hold the second, and are nothing else where `is_all`.

        A relation that these data break, such as for women without a referral, is one that nobody can rely on.
        """
        over, under = (list(dict.fromkeys(name for name in names if name in self.linked)) for names in (whole, parts))
        more = self.linked.exact_of(over) - self.linked.exact_of(under)
        if not over or not under or more < 0:
            return
        terms = {**dict.fromkeys(over, 1.0), **dict.fromkeys(under, -1.0)}
        self.linked.relate(terms, 0.0, 0.0 if is_all and more == 0 else math.inf)

    def is_small(self) -> Any:
        """By position, whether a count, or what some reader leaves of it, is small, sought and not shown."""
        import numpy as np

        least = np.array([self.linked.least.get(at, self.rule.minimum_count) for at in range(len(self.linked))])
        largest = [sum(sorted(self.linked.parts.get(at, {}).values())[-2:]) for at in range(len(self.linked))]
        left = np.array(self.linked.exact) - np.array(largest)
        return np.array(self.is_sought, dtype=bool) & (left < least)

    def needs(self, is_shown: Any) -> list[Need]:
        """What must stay open: small counts all the way, and three numbers of every count that is shown of a site."""
        import numpy as np

        is_of_site = np.array([owner is not None for owner in self.linked.owners], dtype=bool)
        is_told = np.isin(np.arange(len(self.linked)), list(self.linked.told))
        found = small_counts(self.linked, self.is_small() & ~is_shown, self.rule.minimum_count)
        found = [replace(n, windows=((0.0, self._up_to[n.at]),)) if n.at in self._up_to else n for n in found]
        if self.rule.round_to >= _AT_LEAST_OPEN:  # else each count is printed as it is, as the configuration asks
            found += not_recovered(self.linked, is_shown & is_of_site & ~is_told, others=_AT_LEAST_OPEN - 1)
        return found

    def costs(self, tables: Collection[str] | None = None) -> dict[Any, float]:
        """What it costs to withhold each unit, of the `tables` named: those of sites before those over sites, the small first."""
        found: dict[Any, float] = {}
        for unit, name, exact in zip(self.linked.units, self.linked.names, self.linked.exact, strict=True):
            base = _COSTS.get((unit.table, _place(name)[2] == ALL))
            base = _COST_OF_N.get(unit.table, base) if unit.figures == ("n",) else base
            if base is not None and (tables is None or unit.table in tables):
                found[unit] = max(found.get(unit, 0.0), base + math.log1p(exact) / 10)
        return found


class System:
    """All linked counts, which are asked once or more: what is printed later is withheld at first."""

    def __init__(self, made: Together) -> None:
        import numpy as np

        self.made, rule = made, made.rule
        shown = np.array(made.is_shown, dtype=bool)
        search = Search(made.linked, shown, Printing(rule.round_to, rule.minimum_count))
        self._room = Room(search, owners_read=True, women_read=True)
        self._unmet: dict[int, Reader] = {}
        self._asked: set[int] = set(range(len(shown)))
        self.further: set[Any] = set()

    def withhold(self, tables: Collection[str] | None = None) -> set[Any]:
        """The units of the `tables` to withhold beyond those that are withheld already."""
        search = self._room.search
        needs = self.made.needs(search.is_shown)
        found = withhold(self._room, needs, self.made.costs(tables), is_tidied=False)
        self._unmet |= {need.at: reader for need, reader in found.unmet}
        self.further |= set(found.further)
        return set(found.further)

    def attack(self) -> DataFrame:
        """The attack as the table `checked_attack`."""
        import numpy as np
        import pandas as pd

        rows, search, linked = [], self._room.search, self.made.linked
        is_small = self.made.is_small() & ~search.is_shown & (search.exact < self.made.rule.minimum_count)
        for at in np.flatnonzero(is_small).tolist():
            least = 0.0 if self._room.has_proof(at, 0.0) else None
            low, high = search.extremes(at, within=self.made.rule.minimum_count - 1.0, least=least)
            reader = self._unmet.get(at)
            who = "" if reader is None else _named(reader, search)
            place = _cell(linked.names[at], self.made.rule)
            rows.append({**place, "n": int(linked.exact[at]), "low": low, "high": min(high, _FAR), "found_by": who})
        return pd.DataFrame(rows)

    def cells(self, held: Mapping[str, Collection[str]], variable_of: Mapping[str, str]) -> DataFrame:
        """Every count that is printed or withheld, as the table `checked_cells`; `held`: what earlier releases hold back."""
        import pandas as pd

        rows, made = [], self.made
        for at, (name, unit) in enumerate(zip(made.linked.names, made.linked.units, strict=True)):
            is_shown, exact = bool(self._room.search.is_shown[at]), int(made.linked.exact[at])
            if at in made.linked.told or not (made.is_shown[at] or made.is_sought[at]):
                continue
            table, of, site, _ = _place(name)
            least = made.linked.least.get(at, made.rule.minimum_count)
            variable = variable_of.get(table, "") + (f"/{of}" if variable_of.get(table, "") not in ("", "referred") else "")
            why = "complementary" if unit in self.further else "earlier_release" if site in held.get(variable, ()) else "by_rule"
            reason = "shown" if is_shown else "primary" if exact < least else why
            printed = int(nearest(exact, made.rule)) if is_shown else None
            rows.append({**_cell(name, made.rule), "n": exact, "printed": printed, "reason": reason})
        return pd.DataFrame(rows)

    def show(self, names: Iterable[Name]) -> None:
        """Print counts that were withheld until now."""
        at = [self.made.linked.at(name) for name in names]
        self._room.search.show(at, value=True)
        for each in at:
            self.made.is_shown[each] = True


def _cell(name: Any, rule: ReleaseSettings) -> dict[str, Any]:
    table, of, site, part = _place(name)
    return {"table": table, "measure": of, "site_id": site, "part": part}


def _named(reader: Reader, search: Search) -> str:
    if reader.present != NOBODY:
        return "a woman who is counted"
    return " and ".join(str(search.owner_names[owner]) for owner in sorted(reader.known)) or "the public"


def _place(name: Any) -> Name:
    """The four parts of a name, as `add` made it."""
    table, of, site, part = name
    return table, of, site, part
