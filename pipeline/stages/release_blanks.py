"""Why a site has no figure: nothing usable came, it had not opened, or it records no score. No blank is left to be guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.disclosure.rule import NOT_RECORDED, TOO_FEW
from pipeline.stages.describe import NOT_OPEN_YET, NOT_RETURNED, is_unopened, latest_period
from pipeline.tables import shape

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pandas import DataFrame

READ, SET_ASIDE, TOTALS, NIL, NOTHING = "read", "set_aside", "aggregate_only", "nil_return", "nothing_usable"
"""What became of a return, with NOT_OPEN_YET and NOT_RETURNED: `codes.RETURNS`."""
_BY_SITE = ("open_sites", "open_completeness")
_OF_SCORES = (*_BY_SITE, "open_classes")


def returns_of(quality: DataFrame, service: DataFrame, sites: Collection[str]) -> dict[str, str]:
    """By site what became of its return, one of `codes.RETURNS`. `sites`: those of the config, whether they returned or not."""
    latest = latest_period(service)
    unopened = is_unopened(latest)
    nil = set(latest.index[latest["nil_return"] == "y"])
    tables = {str(site): set(mine.loc[mine["status"] == "read", "table"]) for site, mine in quality.groupby("site_id")}
    return {
        site: _status(tables.get(site), is_shut=bool(unopened.get(site, default=False)), is_nil=site in nil)
        for site in sorted({*tables, *sites})
    }


def _status(tables: set[str] | None, *, is_shut: bool, is_nil: bool) -> str:
    if tables is None:
        return NOT_RETURNED
    if tables & {"outcomes", "referrals"}:
        return READ
    if "aggregates" in tables:
        return TOTALS
    if not tables:
        return SET_ASIDE
    return NOT_OPEN_YET if is_shut else NIL if is_nil else NOTHING


def without_scores(quality: DataFrame) -> set[str]:
    """The sites whose returns hold not a row of outcomes, nor of totals: what they have no score of was not recorded."""
    rows = quality[quality["table"].isin(["outcomes", "aggregates"])].groupby("site_id")["rows_read"].sum()
    return {str(site) for site in rows.index[rows == 0]}


def with_blanks(
    opened: Mapping[str, DataFrame], returns: Mapping[str, str], unrecorded: Collection[str] = ()
) -> dict[str, DataFrame]:
    """The open tables with a row of words for each measure and site that returned nothing usable, or had not opened.

    Where a site is `unrecorded`, no score of it is withheld: none was recorded, and its rows say so.
    """
    import pandas as pd

    closed = {site: said for site, said in returns.items() if said not in (READ, TOTALS, NIL)}
    why = {site: said if said == NOT_OPEN_YET else NOT_RETURNED for site, said in closed.items()}
    made = dict(opened)
    for name in _OF_SCORES:
        is_blank = made[name]["site_id"].isin(list(unrecorded)) & (made[name]["status"] == TOO_FEW)
        made[name] = made[name].assign(status=made[name]["status"].mask(is_blank, NOT_RECORDED))
    for name in _BY_SITE:
        table = made[name]
        known = set(zip(table["measure"], table["site_id"], strict=True))
        rows = [
            {"measure": measure, "site_id": site, "status": status}
            for measure in dict.fromkeys(table["measure"])
            for site, status in why.items()
            if (measure, site) not in known
        ]
        if rows:
            both = pd.concat([table, shape(name, pd.DataFrame(rows))], ignore_index=True)
            order = pd.Categorical(both["measure"], list(dict.fromkeys(table["measure"])), ordered=True)
            made[name] = both.assign(order=order).sort_values(["order", "site_id"], kind="stable").drop(columns="order")
    return made
