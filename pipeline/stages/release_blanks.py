"""Why a site has no figure at all: nothing usable came from it, or it had not opened. A blank is never left to be guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.stages.describe import NOT_OPEN_YET, NOT_RETURNED, is_unopened, latest_period
from pipeline.tables import shape

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pandas import DataFrame

READ, SET_ASIDE, TOTALS, NIL, NOTHING = "read", "set_aside", "aggregate_only", "nil_return", "nothing_usable"
"""What became of a return, with NOT_OPEN_YET and NOT_RETURNED: `codes.RETURNS`."""
_BY_SITE = ("open_sites", "open_completeness")


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


def with_blanks(opened: Mapping[str, DataFrame], returns: Mapping[str, str]) -> dict[str, DataFrame]:
    """The open tables with a row of words for each measure and site that returned nothing usable, or had not opened."""
    import pandas as pd

    closed = {site: said for site, said in returns.items() if said not in (READ, TOTALS, NIL)}
    why = {site: said if said == NOT_OPEN_YET else NOT_RETURNED for site, said in closed.items()}
    made = dict(opened)
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
