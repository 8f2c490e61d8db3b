"""Linked counts of one measure that are printed last: by band of the first score, of recovery, by method, of sizes of change."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pipeline.disclosure.rule import SHOWN
from pipeline.stages.release_linked import ALL, Name, Together
from pipeline.stages.release_linked_change import IMPROVED, NOT, SAME, WORSE, by_site, entering, paired_at
from pipeline.stages.release_linked_shares import TABLES, add_balance, add_dated, add_thresholds, is_told
from pipeline.stages.release_masks import Unit
from pipeline.stats.reliable_methods import reliable_change_by_method
from pipeline.tables.released_change import RECOVERIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pandas import DataFrame

    from pipeline.measures import Measure

    Tables = dict[str, DataFrame]

LATER = ("open_severity", "open_recovery", "open_effects", "open_methods", "open_missing", *TABLES)
"""Tables that stand on others as these are left, and that stay back where they would tell too much beside them."""

_CLASSES = {IMPROVED: (IMPROVED,), SAME: (SAME,), WORSE: (WORSE,), NOT: (SAME, WORSE)}


def add_numbers(made: Together, measure: Measure, exact: Tables) -> None:
    """Counts that later tables may print; until then they are withheld, and no secret by themselves."""
    change = exact["change"]
    women = change[(change["measure"] == measure.id) & change["first_referral"].fillna(value=False).astype(bool)]
    kept = entering(women.groupby("site_id").size(), made)
    women = women[women["site_id"].isin(kept)]
    if len(women):
        unit = Unit("open_effects", (("measure", measure.id),), ("n",))
        everybody: Name = ("open_effects", measure.id, ALL, "paired")
        made.add_over_sites(everybody, by_site(women, kept), unit, is_sought=False)
        made.tie(paired_at(measure.id, kept), [everybody], is_all=True)
        add_thresholds(made, measure, women, exact["strip"], kept, everybody)
        _add_methods(made, measure, women, exact["methods"], everybody, kept)
        _add_recovery(made, measure.id, women, everybody)
    add_dated(made, measure.id, women)
    _add_bands(made, measure.id, exact["completion"], kept)
    add_balance(made, measure.id, exact)
    _add_imputed(made, measure.id, exact["imputed"], exact["site_effects"])


def printed(opened: Tables, made: Together) -> list[Name]:
    """The counts of `LATER` that the open tables print."""
    found: list[Name] = []
    for name in made.linked.names:
        table, of, site, part = place = _place(name)
        if table not in LATER:
            continue
        mine = opened[table][opened[table]["measure"] == of]
        if is_told(place, mine) if table in TABLES else _is_printed(table, part, mine[mine["status"] == SHOWN]):
            found.append((table, of, site, part))
    return found


def _is_printed(table: str, part: str, mine: DataFrame) -> bool:
    first, _, second = part.rpartition(": ")
    if table == "open_severity":
        return bool(mine.loc[mine["band"] == first, "n_due"].notna().any()) and bool(first)
    if table == "open_recovery":
        if part == "cases":
            return bool(mine["n_cases"].notna().any())
        return second in ("yes", "no") and bool((mine["share"] == first).any())
    if table == "open_methods":
        return bool(((mine["method"] == first) & (mine["class"] == second)).any())
    return bool(mine["n"].notna().any())


def _add_methods(
    made: Together, measure: Measure, women: DataFrame, methods: DataFrame, everybody: Name, kept: list[str]
) -> None:
    """Each method tells all women apart."""
    mine = methods[methods["measure"] == measure.id]
    if mine.empty:
        return
    pre, post, reliability = women["pre"].to_numpy(), women["post"].to_numpy(), float(mine["reliability"].iloc[0])
    for method, found in reliable_change_by_method(pre, post, sign=measure.sign, reliability=reliability).items():
        classes = women[["site_id"]].assign(of=found.classes)
        if not classes["of"].isin([IMPROVED]).any():
            continue
        unit = Unit("open_methods", (("measure", measure.id), ("method", str(method))))
        improved, same, worse, others = (
            made.add_over_sites(
                ("open_methods", measure.id, ALL, f"{method}: {name}"),
                by_site(classes[classes["of"].isin(of)], kept),
                unit,
            )
            for name, of in _CLASSES.items()
        )
        made.linked.total(others, [same, worse])
        made.tie([everybody], [improved, others], is_all=True)


def _add_recovery(made: Together, measure: str, women: DataFrame, everybody: Name) -> None:
    """Cases are some of the women, those who recovered some of the cases, and the reliably recovered some of both."""
    table = "open_recovery"
    known = women[women["case_before"].notna()]
    is_case = known["case_before"].fillna(value=False).astype(bool)
    if not is_case.any():
        return
    kept = entering(known[is_case].groupby("site_id").size(), made)
    cases_of = known[is_case & known["site_id"].isin(kept)]
    place = (("measure", measure),)
    cases = made.add_over_sites((table, measure, ALL, "cases"), by_site(cases_of, kept), Unit(table, place, ("n_cases",)))
    if made.linked.exact_of([everybody]) == len(known):
        made.difference((table, measure, ALL, "not cases"), everybody, cases, Unit(table, place, ("n_cases",)))
    told, found = (float(made.rule.minimum_count), math.inf), list[Name]()
    for share in (each for each in RECOVERIES if known[each].notna().any()):
        has_it = cases_of[share].fillna(value=False).astype(bool)
        unit = Unit(table, (*place, ("share", share)))
        sides = [by_site(cases_of[chosen], kept) for chosen in (has_it, ~has_it)]
        yes, no = (
            made.add_over_sites((table, measure, ALL, f"{share}: {side}"), n, unit, told=limits)
            for side, n, limits in zip(("yes", "no"), sides, (None, told), strict=True)
        )
        made.linked.total(cases, [yes, no])
        found.append(yes)
    if len(found) > 1:
        made.difference((table, measure, ALL, "recovered, not reliably"), found[0], found[1], Unit(table, place))
        made.tie([("open_classes", measure, site, IMPROVED) for site in kept], [found[1]])


def _add_bands(made: Together, measure: str, completion: DataFrame, kept_paired: list[str]) -> None:
    """Women due with a first score, by its band, and who of them has both; the rest have no first score."""
    table, whole = "open_severity", ("open_completeness", measure, ALL, "due")
    mine = completion[(completion["measure"] == measure) & (completion["site_id"] != ALL)]
    kept = list(made.linked.parts.get(made.linked.at(whole), {})) if whole in made.linked else []
    if mine.empty or not kept:
        return
    mine, unit = mine[mine["site_id"].isin(kept)], Unit(table, (("measure", measure),), ("n_due", "n_paired"))
    told, found = (float(made.rule.minimum_count), math.inf), {"due": list[Name](), "paired": list[Name]()}
    for band, rows in mine.groupby("band", sort=False):
        counts = rows.set_index("site_id")[["n_due", "n_paired"]].astype("float64").reindex(kept, fill_value=0.0)
        parts = {"due": counts["n_due"], "paired": counts["n_paired"], "rest": counts["n_due"] - counts["n_paired"]}
        names = [
            made.add_over_sites((table, measure, ALL, f"{band}: {part}"), dict(n), unit, told=told if part == "rest" else None)
            for part, n in parts.items()
        ]
        made.linked.total(names[0], names[1:])
        found["due"].append(names[0])
        found["paired"].append(names[1])
        if band == "case" and set(kept) <= set(kept_paired):
            made.tie([("open_recovery", measure, ALL, "cases")], [names[1]])
    made.tie([("open_completeness", measure, ALL, "due_paired")], found["paired"])
    sums = mine.groupby("site_id")["n_due"].sum().reindex(kept, fill_value=0)
    with_first = made.add_over_sites((table, measure, ALL, "with a first score"), dict(sums), unit, is_sought=False)
    made.linked.total(with_first, list(found["due"]))
    made.difference((table, measure, ALL, "without a first score"), whole, with_first, unit)


def _add_imputed(made: Together, measure: str, imputed: DataFrame, effects: DataFrame) -> None:
    """Women with both scores at the sites of the completed pool."""
    pooled = effects[(effects["measure"] == measure) & effects["is_pooled"].astype(bool) & (effects["grain"] == "record")]
    mine = imputed[(imputed["measure"] == measure) & imputed["site_id"].isin(pooled["site_id"])].set_index("site_id")
    if len(mine):
        unit = Unit("open_missing", (("measure", measure),), ("n", "complete"))
        name: Name = ("open_missing", measure, ALL, "paired")
        made.add_over_sites(name, dict(mine["n_paired"].astype("float64")), unit, is_sought=False)
        made.tie([("open_completeness", measure, str(site), "due_paired") for site in mine.index], [name], is_all=True)


def _place(name: Any) -> Name:
    table, of, site, part = name
    return table, of, site, part


def by_measure(made: Together, measures: Mapping[str, Measure], exact: Tables) -> None:
    """`add_numbers` of every measure."""
    for measure in measures.values():
        add_numbers(made, measure, exact)
