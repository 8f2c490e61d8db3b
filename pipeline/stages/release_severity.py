"""What may leave of completion by the first score; over all sites alone.

The bands of a measure add up to the women who are due and have a first score. So beside the open completeness they tell how many
lack a first score, and twice how many have both; their counts stay back where that would tell too much, and the shares stand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.disclosure.rule import SHOWN, TOO_FEW, is_spread, may_enter, nearest, share
from pipeline.disclosure.sets import is_apart
from pipeline.stages.change_severity import ALL
from pipeline.tables import empty

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from pipeline.config import ReleaseSettings
    from pipeline.measures import Measure

FEW_IN_BAND = "Too few women, or women of too few sites, have or lack a second score in one of the bands."
NOT_TOLD = "Completion over all sites is not given."
Rows = list[dict[str, Any]]


def release_severity(
    exact: dict[str, DataFrame], completeness: DataFrame, measures: dict[str, Measure], rule: ReleaseSettings
) -> DataFrame:
    """`open_severity`: all bands of a measure or none. `completeness` is the open table beside which they stand."""
    import pandas as pd

    rows: Rows = []
    for name in measures:
        mine = exact["completion"][(exact["completion"]["measure"] == name) & (exact["completion"]["site_id"] != ALL)]
        if mine.empty:
            continue
        every = exact["missingness"][exact["missingness"]["measure"] == name].set_index("site_id")
        every = every[["n_due", "n_paired"]].astype("float64")
        kept = every[may_enter(every["n_due"], rule)]
        due, paired = (_by_band(mine, column, kept.index) for column in ("n_due", "n_paired"))
        told = completeness[completeness["measure"] == name].set_index("site_id")["status"] == SHOWN
        why = _why_not(due, paired, rule) if told.get(ALL, False) else NOT_TOLD
        cuts = {"measure": name, "cut": mine["cut"].iloc[0]}
        if why:
            rows += [{**cuts, "band": band, "status": TOO_FEW, "note": why} for band in due.columns]
            continue
        has_hidden = bool((~told.reindex(kept.index, fill_value=False)).any())
        gives_counts = _may_count(due, paired, kept, exact["change"], name, rule, has_hidden=has_hidden)
        rows += [{**cuts, **row} for row in _rows(due.sum(), paired.sum(), rule, gives_counts=gives_counts)]
    return pd.DataFrame(rows) if rows else empty("open_severity")


def _by_band(completion: DataFrame, column: str, sites: Any) -> DataFrame:
    """Women by site (rows) and band (columns, in the order of the table)."""
    table = completion.pivot_table(index="site_id", columns="band", values=column, aggfunc="sum", fill_value=0)
    return table.reindex(index=sites, columns=list(dict.fromkeys(completion["band"])), fill_value=0).fillna(0).astype("float64")


def _why_not(due: DataFrame, paired: DataFrame, rule: ReleaseSettings) -> str:
    rest = due - paired
    may_stand = all(is_spread(side[band], rule) for side in (paired, rest) for band in due)
    return "" if may_stand and bool(share(paired.sum(), due.sum(), rule)["is_shown"].all()) else FEW_IN_BAND


def _may_count(
    due: DataFrame,
    paired: DataFrame,
    every: DataFrame,
    change: DataFrame,
    measure: str,
    rule: ReleaseSettings,
    *,
    has_hidden: bool,
) -> bool:
    """Whether counts may stand: they hide who lacks a first score, tell withheld sites no closer, and are apart from cases."""
    first_alone = every["n_due"] - due.sum(axis=1)
    low, high = _sum_of(due.sum(), rule)
    total_low, total_high = _sum_of(every[["n_due"]].sum(), rule)
    hides = is_spread(first_alone, rule) or (total_low - high <= 0 and total_high - low >= rule.minimum_count - 1)
    if has_hidden:
        both_low, both_high = _sum_of(paired.sum(), rule)
        known_low, known_high = _sum_of(every[["n_paired"]].sum(), rule)
        hides = hides and both_low <= known_low and both_high >= known_high and low <= total_low
    women = change[(change["measure"] == measure) & change["first_referral"].fillna(value=False).astype(bool)]
    sides = {"case": True, "not_case": False}
    others = {band: women[women["case_before"] == sides[band]].groupby("site_id").size() for band in due if band in sides}
    return hides and all(is_apart(paired[band], n.reindex(paired.index), rule) for band, n in others.items() if len(n))


def _sum_of(counts: Series[Any], rule: ReleaseSettings) -> tuple[float, float]:
    """The least and the most that counts can add up to for a reader who sees each of them rounded."""
    printed, n = nearest(counts, rule), len(counts)
    return float(printed.sum() - n * (rule.round_to // 2)), float(printed.sum() + n * ((rule.round_to - 1) // 2))


def _rows(due: Series[Any], paired: Series[Any], rule: ReleaseSettings, *, gives_counts: bool) -> Rows:
    shares, rows = share(paired, due, rule), []
    for band in due.index:
        made: dict[str, Any] = {"band": band, "completion_pct": shares.loc[band, "pct"], "status": SHOWN, "note": ""}
        if gives_counts:
            made |= {"n_due": int(nearest(due[band], rule)), "n_paired": int(nearest(paired[band], rule))}
        rows.append(made)
    return rows
