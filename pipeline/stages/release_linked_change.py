"""Linked counts of one measure: women with both scores, women due, their classes, where referrals stand, and groups of women."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pipeline.disclosure.rule import NOT_RECORDED, SHOWN, TOO_FEW, may_enter, nearest
from pipeline.stages.describe_outcomes import DIMENSIONS, grouped
from pipeline.stages.release_blanks import without_scores
from pipeline.stages.release_linked import ALL, Name, Together
from pipeline.stages.release_masks import Unit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pandas import DataFrame, Series

    from pipeline.config import ReleaseSettings

    Tables = dict[str, DataFrame]

IMPROVED, SAME, WORSE, NOT = "reliably_improved", "no_reliable_change", "reliably_deteriorated", "not_reliably_improved"
_DECIMAL = 0.05
"""How far a mean is from what is printed of it."""
_TWO = 2
"""Sites that may put their rows together: of what only they hold nothing is left to find."""
UNDATED = ("due_without_pre", "due_without_post", "paired")


def add_change(
    made: Together, measure: str, exact: Tables, opened: Tables, members: DataFrame, threshold: float | None = None
) -> None:
    """The counts of one measure, whose reliable change is from `threshold` points.

    `opened`: the open tables so far; `members`: the sites of the released pool.
    """
    effects = _of(exact["site_effects"], measure).set_index("site_id")
    shown, nowhere = shown_at(opened["open_sites"], measure), without_scores(exact["quality"])
    for site, n in effects["n_paired"].fillna(0).items():
        unit, is_sought = _at(measure, str(site), "open_sites"), str(site) not in nowhere
        name = made.add(("open_sites", measure, str(site), "paired"), float(n), unit, is_shown=site in shown, is_sought=is_sought)
        if not is_sought:
            made.linked.relate({name: 1.0})  # a word beside it tells that there is none
    _add_classes(made, measure, effects.drop(index=list(nowhere), errors="ignore"), opened["open_classes"])
    if threshold is not None:
        _add_beside_means(made, measure, effects.loc[effects.index.isin(shown), "mean_improvement"], threshold)
    due = _of(exact["missingness"], measure).set_index("site_id")
    _add_completeness(made, measure, due, opened["open_completeness"], nowhere)
    pooled = _of(opened["open_pooled"], measure)
    if len(members):
        is_shown, unit = bool((pooled["status"] == SHOWN).any()), Unit("open_pooled", (("measure", measure),))
        names = paired_at(measure, members["site_id"])
        made.sum_up(("open_pooled", measure, ALL, "paired"), names, unit, is_shown=is_shown, is_sought=False)
    women = _first(_of(exact["change"], measure))
    _add_bins(made, measure, women, _of(opened["open_distribution"], measure))
    _add_flow(made, measure, _of(exact["flow"], measure), _of(opened["open_flow"], measure))
    _add_groups(made, measure, grouped(women, exact["accepted_referrals"]), opened["open_subgroups"])


def paired_at(measure: str, sites: Any) -> list[Name]:
    """The names of the women with both scores at these sites."""
    return [("open_sites", measure, str(site), "paired") for site in sites]


def shown_at(table: DataFrame, measure: str) -> set[str]:
    """The sites of which a table shows its row on a measure."""
    mine = _of(table, measure)
    return set(mine.loc[mine["status"] == SHOWN, "site_id"])


def _at(measure: str, site: str, table: str) -> Unit:
    return Unit(table, (("measure", measure), ("site_id", site)))


def _of(table: DataFrame, measure: str) -> DataFrame:
    return table[table["measure"] == measure]


def _first(change: DataFrame) -> DataFrame:
    return change[change["first_referral"].fillna(value=False).astype(bool)]


def _add_classes(made: Together, measure: str, effects: DataFrame, opened: DataFrame) -> None:
    """Classes by site, two of them printed, and over the sites that may enter, two or three."""
    table = "open_classes"
    counts = effects[[f"n_{each}" for each in (IMPROVED, SAME, WORSE)]].astype("float64").dropna()
    if counts.empty:
        return
    shown = shown_at(opened, measure)
    for site, row in counts.iterrows():
        where, values = str(site), [float(value) for value in row]
        unit, is_shown = _at(measure, where, table), where in shown
        improved = made.add((table, measure, where, IMPROVED), values[0], unit, is_shown=is_shown)
        others = made.add((table, measure, where, NOT), values[1] + values[2], unit, is_shown=is_shown)
        parts = [
            made.add((table, measure, where, part), value, unit, is_sought=False)
            for part, value in zip((SAME, WORSE), values[1:], strict=True)
        ]
        made.linked.total(others, list(parts))
        made.tie(paired_at(measure, [where]), [improved, others], is_all=True)
    kept = entering(counts.sum(axis=1), made)
    mine = _of(opened, measure)
    nation = set(mine.loc[(mine["site_id"] == ALL) & (mine["status"] == SHOWN), "class"])
    for part in (IMPROVED, SAME, WORSE, NOT):
        name = (table, measure, ALL, part)
        names, is_sought = [(table, measure, site, part) for site in kept], part in (SAME, WORSE) and len(kept) > _TWO
        how: dict[str, Any] = {"is_shown": part in nation, "is_sought": is_sought}
        made.sum_up(name, names, _at(measure, ALL, table), **how)
    _add_whole(made, measure, mine[(mine["site_id"] == ALL) & (mine["status"] == SHOWN)])


def _add_beside_means(made: Together, measure: str, means: Series[Any], threshold: float) -> None:
    """Beside a mean that is printed: above what they can have who did not improve reliably, somebody did, and below, not all."""
    for site, mean in means.items():
        for kind, is_certain in ((IMPROVED, mean > threshold - 1 - _DECIMAL), (NOT, mean < threshold + _DECIMAL)):
            of_class: Name = ("open_classes", measure, str(site), kind)
            if not is_certain or of_class not in made.linked or made.linked.exact_of([of_class]) == 0:
                continue
            name: Name = ("open_sites", measure, str(site), f"{kind} by the mean")
            unit, some = _at(measure, str(site), "open_sites"), made.linked.exact_of([of_class])
            made.add(name, some, unit, is_shown=True, is_sought=False, told=(1.0, math.inf))
            made.linked.total(name, [of_class])


def _add_whole(made: Together, measure: str, nation: DataFrame) -> None:
    """All women of the sites whose classes are told over sites: those whom the printed classes are such shares of."""
    table, shares = "open_classes", nation[nation["share_pct"].notna()]
    parts: list[Name] = [(table, measure, ALL, part) for part in (IMPROVED, NOT)]
    if shares.empty:
        return
    told = whole_of_shares(shares["n"], shares["share_pct"], made.linked.exact_of(parts), made.rule)
    by = [made.linked.parts[made.linked.at(part)] for part in parts]
    counts = {site: n + by[1][site] for site, n in by[0].items()}
    whole: Name = (table, measure, ALL, "everybody")
    made.add_over_sites(whole, counts, _at(measure, ALL, table), is_shown=True, told=told, is_sought=False)
    made.linked.total(whole, list(parts))


def whole_of_shares(n: Iterable[float], pct: Iterable[float], exact: float, rule: ReleaseSettings) -> tuple[float, float]:
    """The least and the most of a number that is not printed, of which rounded counts `n` are the whole percentages `pct`."""
    step, rounded = rule.round_to, float(nearest(exact, rule))
    fitting, shares = [rounded], [*zip(n, pct, strict=True)]
    for way in (-step, step):
        number = rounded + way
        while number > 0 and all(round(100 * top / number) == share for top, share in shares):
            fitting.append(number)
            number += way
    return min(fitting) - step // 2, max(fitting) + (step - 1) // 2


def entering(counts: Series[Any], made: Together, least: int | None = None) -> list[str]:
    """The sites that may enter a figure over sites, of which at least so many women are shown."""
    rule = made.rule.model_copy(update={"minimum_count": least or made.rule.minimum_count})
    return [str(site) for site, enters in may_enter(counts, rule).items() if enters]


def by_site(rows: DataFrame, sites: list[str]) -> dict[str, float]:
    """How many of the rows each of the sites has."""
    counts = rows["site_id"].value_counts()
    return {site: float(counts.get(site, 0)) for site in sites}


def _add_completeness(made: Together, measure: str, missingness: DataFrame, opened: DataFrame, nowhere: set[str]) -> None:
    """Women due and those of them with both scores, both printed, and the rest, known to be the minimum where both are."""
    table, parts = "open_completeness", ("due", "due_paired", "due_rest")
    if missingness.empty:
        return
    shown = shown_at(opened, measure)
    told = (float(made.rule.minimum_count), math.inf)
    for site, row in missingness.iterrows():
        where, due, paired = str(site), float(row["n_due"]), float(row["n_paired"])
        unit = _at(measure, where, table)
        names = []
        for part, n in zip(parts, (due, paired, due - paired), strict=True):
            is_sought = part != "due_paired" or where not in nowhere
            how: dict[str, Any] = {"is_shown": where in shown, "told": told if part == "due_rest" else None}
            names.append(made.add((table, measure, where, part), n, unit, is_sought=is_sought, **how))
        made.linked.total(names[0], list(names[1:]))
        made.tie(paired_at(measure, [where]), [names[1]])
    kept = entering(missingness["n_due"], made)
    for part in parts:
        names = [(table, measure, site, part) for site in kept]
        how = {"is_shown": ALL in shown, "told": told if part == "due_rest" else None, "is_sought": False}
        made.sum_up((table, measure, ALL, part), names, _at(measure, ALL, table), **how)


def _add_bins(made: Together, measure: str, women: DataFrame, bins: DataFrame) -> None:
    """The bins of change: together all women of the sites that enter, who are those with both scores there."""
    table, unit = "open_distribution", Unit("open_distribution", (("measure", measure),))
    kept = entering(women.groupby("site_id").size(), made)
    mine = women[women["site_id"].isin(kept)]
    gain, names = mine["improvement"].astype("float64"), []
    for number, edge in enumerate([*bins["bin_low"].iloc[1:], math.inf] if len(bins) else []):
        before = bins["bin_low"].iloc[number] if number else -math.inf
        counts = by_site(mine[_is_below(gain, edge) & ~_is_below(gain, before)], kept)
        names.append(made.add_over_sites((table, measure, ALL, f"bin {number}"), counts, unit, is_shown=True))
    made.tie(paired_at(measure, kept), names, is_all=True)
    for number in range(len(names)):  # a bin that begins at the threshold of reliable change begins a class
        for kind, beyond in ((IMPROVED, names[number:]), (WORSE, names[:number])):
            classes: list[Name] = [("open_classes", measure, site, kind) for site in kept]
            if all(name in made.linked for name in classes) and _are_same(made, classes, beyond):
                made.tie(classes, beyond, is_all=True)


def _are_same(made: Together, of_sites: list[Name], over_sites: list[Name]) -> bool:
    """Whether counts over sites are, site by site, as many as those of the sites."""
    parts = [made.linked.parts.get(made.linked.at(name), {}) for name in over_sites]
    return all(sum(part.get(name[2], 0.0) for part in parts) == made.linked.exact_of([name]) for name in of_sites)


def _is_below(gain: Series[Any], edge: float) -> Series[bool]:
    """A change at an edge counts on the side further from no change, as the bins count it."""
    return gain < edge - 1e-9 if edge >= 0 else gain <= edge + 1e-9


def _add_flow(made: Together, measure: str, flow: DataFrame, opened: DataFrame) -> None:
    """Referrals by state, which add up to those referred; the women who are due, or have both scores, have such referrals."""
    if flow.empty:
        return
    table = "open_flow"
    wide = flow.pivot_table(index="state", columns="site_id", values="n_referrals", fill_value=0, aggfunc="sum")
    people = flow.groupby("site_id")["n_persons"].max()
    kept, shown = entering(people, made), set(opened.loc[opened["status"] == SHOWN, "state"])
    states_told = opened.loc[~opened["state"].isin(["referred"]) & (opened["status"] != NOT_RECORDED), "state"]
    wide = wide.reindex(list(dict.fromkeys([*states_told, *wide.index])), fill_value=0)[kept]
    unit = {state: Unit(table, (("measure", measure), ("state", state))) for state in ("referred", *wide.index)}
    referred = made.add_over_sites(
        (table, measure, ALL, "referred"), dict(wide.sum()), unit["referred"], is_shown="referred" in shown
    )
    states = {
        str(state): made.add_over_sites((table, measure, ALL, str(state)), dict(row), unit[state], is_shown=state in shown)
        for state, row in wide.iterrows()
    }
    made.linked.total(referred, list(states.values()))
    cases = [("people", "", site, "cases") for site in kept]
    exactly = [
        name for name, n in zip(cases, wide.sum(), strict=True) if name in made.linked and made.linked.exact_of([name]) == n
    ]
    made.tie(exactly if len(exactly) == len(cases) else cases, [referred], is_all=len(exactly) == len(cases))
    due = [("open_completeness", measure, site, "due") for site in kept]
    made.tie([states[each] for each in UNDATED if each in states], due)
    made.tie([states["paired"]] if "paired" in states else [], paired_at(measure, kept))


def _add_groups(made: Together, measure: str, women: DataFrame, opened: DataFrame) -> None:
    """Women with both scores by pathway and by intervention; each is in one group of either."""
    table, mine = "open_subgroups", _of(opened, measure)
    if women.empty or mine.empty:
        return
    one = women[women["dimension"] == next(iter(DIMENSIONS))].groupby("site_id").size()
    kept = entering(one, made)
    shown = set(zip(mine.loc[mine["status"] == SHOWN, "dimension"], mine.loc[mine["status"] == SHOWN, "group"], strict=True))
    for dimension, rows in women[women["site_id"].isin(kept)].groupby("dimension", sort=False):
        least = max(made.rule.minimum_count, made.rule.sensitive.minimum_count) if dimension == "pathway" else None
        names = []
        told = mine[(mine["dimension"] == dimension) & mine["status"].isin([SHOWN, TOO_FEW])]
        for group in dict.fromkeys([*told["group"], *rows["group"]]):
            unit = Unit(table, (("measure", measure), ("dimension", str(dimension)), ("group", str(group))))
            name, is_shown = (table, measure, ALL, f"{dimension} {group}"), (dimension, group) in shown
            counts = by_site(rows[rows["group"] == group], kept)
            names.append(made.add_over_sites(name, counts, unit, is_shown=is_shown, least=least))
        made.tie(paired_at(measure, kept), names, is_all=True)
