"""What may leave of waits: a step where enough further women had the event, to an end where enough still wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.disclosure.rule import SHOWN, TOO_FEW, is_enough, is_spread, may_enter, round_counts
from pipeline.stages.release_counts import ALL
from pipeline.stages.release_equity import release_equity
from pipeline.stages.release_series import release_breaks, release_series
from pipeline.tables import empty

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pandas import DataFrame, Series

    from pipeline.config import ReleaseSettings

    Fits = Callable[[Series[Any]], bool]

_EVENTS = ("seen", "left")


def release_access(
    exact: dict[str, DataFrame], referrals: Series[Any], weeks: Iterable[int], rule: ReleaseSettings
) -> dict[str, DataFrame]:
    """The open tables of waits, equity and series. `referrals`: by site, whose totals are released."""
    series = release_series(exact["activity_series"], referrals, rule)
    return {
        "open_waits": release_waits(exact["waits"], exact["equity"], weeks, rule),
        "open_equity": release_equity(exact["equity"], rule),
        "open_series": series,
        "open_breaks": release_breaks(exact["interrupted"], series, rule),
    }


def release_waits(waits: DataFrame, equity: DataFrame, weeks: Iterable[int], rule: ReleaseSettings) -> DataFrame:
    """Shares seen, and shares left before, over all sites every four weeks and at `weeks`; at a site at `weeks` alone.

    `waits` as the stage access makes it. A number of weeks is shown where, since the last one shown and up to the next, the
    minimum of further women had the event, and where the minimum still wait; over all sites in a spread over sites, at a site
    out of enough women. What the shares of sites tell of one another is held in one system with all other counts, later. The
    number of women is given over all sites alone, and only where it does not tell, beside the women referred and accepted
    (`equity`), of a few turned away or not decided on.
    """
    import pandas as pd

    parts = []
    for event, rows in waits.groupby("event", sort=False):
        table = _of_event(rows, list(weeks), rule).assign(event=event)
        is_told = (table["site_id"] == ALL) & _may_be_counted(rows, equity, rule)
        parts.append(table.assign(n=table["n"].where(is_told)))
    return pd.concat(parts, ignore_index=True) if parts else empty("open_waits")


def _may_be_counted(rows: DataFrame, equity: DataFrame, rule: ReleaseSettings) -> bool:
    """Whether the women who waited may stand beside those referred and accepted: both differences, as figures over sites."""
    persons = rows[rows["site_id"] != ALL].groupby("site_id")["persons"].first().astype("float64")
    persons = persons[may_enter(persons, rule)]
    mine = equity[(equity["dimension"] == equity["dimension"].min()) & (equity["site_id"] != ALL)]
    women = mine.groupby("site_id")[["n_referred", "n_accepted"]].sum().astype("float64").reindex(persons.index)
    return is_spread(women["n_referred"] - persons, rule) and is_spread(persons - women["n_accepted"], rule)


def _of_event(rows: DataFrame, declared: list[int], rule: ReleaseSettings) -> DataFrame:
    import pandas as pd

    sites = rows[rows["site_id"] != ALL]
    persons = sites.groupby("site_id")["persons"].first()
    kept = may_enter(persons, rule)
    wide = {
        name: sites.pivot_table(index="weeks", columns="site_id", values=f"persons_{name}", fill_value=0).reindex(
            columns=persons.index
        )
        for name in (*_EVENTS, "at_risk")
    }
    whole = rows[rows["site_id"] == ALL].set_index("weeks")
    is_given = len(whole) > 0 and is_spread(persons[kept], rule) and int(whole["persons"].iloc[0]) == int(persons[kept].sum())
    over_all = {
        name: _steps(wide[name].loc[:, kept], wide["at_risk"].loc[:, kept], declared, lambda n: is_spread(n, rule))
        if is_given
        else []
        for name in _EVENTS
    }
    at_site = {name: _at_sites(wide[name], wide["at_risk"], persons, declared, rule) for name in _EVENTS}
    nation = _table(whole.reset_index(), {name: set(shown) for name, shown in over_all.items()}, rule)
    nation = nation.assign(k_sites=int(kept.sum()))
    last = max((week for shown in over_all.values() for week in shown), default=0)
    parts = [nation[(nation["weeks"] <= last) | nation["weeks"].isin(declared)]]
    for site, mine in sites.groupby("site_id"):
        shown = {name: {week for week, found in at_site[name].items() if site in found} for name in _EVENTS}
        parts.append(_table(mine[mine["weeks"].isin(declared)], shown, rule))
    return pd.concat(parts, ignore_index=True)


def _steps(counts: DataFrame, at_risk: DataFrame, declared: list[int], fits: Fits) -> list[int]:
    """The weeks that may be shown, `declared` ones before others: rows of `counts` are weeks, columns sites, women so far."""
    shown = [0]
    waiting: dict[int, Any] = {int(week): at_risk.loc[week] for week in at_risk.index}
    nobody = counts.iloc[0] * 0
    so_far: dict[int, Any] = {0: nobody, **{int(week): counts.loc[week] for week in counts.index}}
    weeks = [week for week in so_far if week and week in declared] + [week for week in so_far if week and week not in declared]
    for week in weeks:
        before = max(other for other in shown if other < week)
        after = min((other for other in shown if other > week), default=None)
        if not fits(so_far[week] - so_far[before]) or not fits(waiting[week]):
            continue
        if after is None or fits(so_far[after] - so_far[week]):
            shown.append(week)
    return sorted(shown[1:])


def _at_sites(
    counts: DataFrame, at_risk: DataFrame, persons: Series[Any], declared: list[int], rule: ReleaseSettings
) -> dict[int, set[str]]:
    """By declared week, the sites whose share may be shown."""
    large = persons.index[(round_counts(persons, rule).fillna(0) >= rule.minimum_denominator).astype(bool)]
    weeks = sorted(set(declared) & set(counts.index))
    found: dict[int, set[str]] = {week: set() for week in weeks}
    for site in large:
        steps = _steps(counts.loc[weeks, [site]], at_risk.loc[weeks, [site]], weeks, lambda n: bool(is_enough(n, rule).all()))
        for week in steps:
            found[week].add(str(site))
    return found


def _table(rows: DataFrame, shown: dict[str, set[int]], rule: ReleaseSettings) -> DataFrame:
    """The open rows: shares as whole percentages, never 0 or 100."""
    table = rows[["site_id", "weeks"]].assign(n=round_counts(rows["persons"], rule))
    for name in _EVENTS:
        pct = 100 * rows[f"share_{name}"]
        is_shown = rows["weeks"].isin(shown[name]) & (pct > 0.5) & (pct < 99.5)
        table[f"{name}_pct"] = pct.round(0).where(is_shown)
        for end in ("low", "high"):
            table[f"{name}_{end}_pct"] = (100 * rows[f"{end}_{name}"]).round(0).where(is_shown)
        table["status" if name == "seen" else "left_status"] = is_shown.map({True: SHOWN, False: TOO_FEW})
    is_told = (table["status"] == SHOWN) | (table["left_status"] == SHOWN)
    return table.assign(n=table["n"].where(is_told))
