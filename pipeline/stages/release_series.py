"""What may leave of series: by month where every month may be shown, else by quarter, else by year, else a word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.disclosure.attack import is_safe
from pipeline.disclosure.rule import SHOWN, TOO_FEW, nearest
from pipeline.stages.access_series import GRAINS, REFERRALS
from pipeline.tables import empty, shape

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from pipeline.config import ReleaseSettings

_FEWEST_PERIODS = 4
_DIRECTIONS = {1: "up", -1: "down"}
_KEY = ["site_id", "series"]
WITHHELD = "Too few people stand behind single months, so no break is told."


def release_series(series: DataFrame, referrals: Series[Any], rule: ReleaseSettings) -> DataFrame:
    """Each series at the finest grain of which every period holds the minimum of people; one grain alone, or one word.

    `referrals`: referrals by site, whose totals are released: what lies outside the periods must not be found from them.
    Flags are those of the exact values. A month without a value stays blank.
    """
    import pandas as pd

    if series.empty:
        return empty("open_series")
    parts = []
    for (site, name), rows in series.groupby(_KEY, sort=False):
        total = float(referrals.get(site, float("nan"))) if name == REFERRALS else float("nan")
        grains = (rows[rows["grain"] == grain] for grain in GRAINS)
        chosen = next((mine for mine in grains if _may_stand(mine, total, rule)), None)
        if chosen is None:
            parts.append(pd.DataFrame({"site_id": [site], "series": [name], "status": [TOO_FEW]}))
        else:
            parts.append(_opened(chosen, rule))
    return shape("open_series", pd.concat(parts, ignore_index=True))


def _may_stand(periods: DataFrame, total: float, rule: ReleaseSettings) -> bool:
    import pandas as pd

    known = periods[periods["value"].notna()]
    if len(known) < _FEWEST_PERIODS or not (known["persons"].fillna(0) >= rule.minimum_count).all():
        return False
    rest = total - float(known["value"].sum())
    if total != total or not 0 < rest < rule.minimum_count:
        return True
    parts = pd.Series([*known["value"], rest])
    is_rest = parts.index == len(parts) - 1
    return is_safe(parts, pd.Series(~is_rest), pd.Series(is_rest), rule, by_site=False)


def _opened(rows: DataFrame, rule: ReleaseSettings) -> DataFrame:
    is_chart = rows["chart"] == "xmr"
    is_known = rows["value"].notna()
    table = rows[["site_id", "series", "grain", "chart"]].assign(period=rows["month"], status=SHOWN)
    table["value"] = nearest(rows["value"], rule).clip(lower=float(rule.round_to)).where(is_known)
    table["centre"] = rows["centre"].round(0).where(is_chart, nearest(rows["centre"], rule))  # a median is one of the values
    table["low"] = rows["low"].clip(lower=0).round(0).where(is_chart)
    table["high"] = rows["high"].round(0).where(is_chart)
    is_flagged = rows["rule"].fillna("") != ""
    table["rule"] = rows["rule"].where(is_flagged)
    table["direction"] = rows["direction"].map(_DIRECTIONS).where(is_flagged)
    return table


def release_breaks(interrupted: DataFrame, opened: DataFrame, rule: ReleaseSettings) -> DataFrame:
    """The break at go-live, where the series is shown by month; the step to one decimal a day, or a ratio to two."""
    import pandas as pd

    if interrupted.empty:
        return empty("open_breaks")
    monthly = opened[opened["grain"] == "month"]
    index = interrupted.set_index(_KEY).index
    least = interrupted[["persons_before", "persons_after"]].min(axis=1, skipna=False)
    is_monthly = pd.Series(index.isin(monthly.set_index(_KEY).index), index=interrupted.index)
    may_stand = is_monthly & (least.fillna(0) >= rule.minimum_count)
    has_test = interrupted["level"].notna()
    is_shown = may_stand & has_test
    table = interrupted[[*_KEY, "go_live", "link"]].assign(status=is_shown.map({True: SHOWN, False: TOO_FEW}))
    for name in ("k_months_before", "k_months_after"):
        table[name] = interrupted[name].where(may_stand)
    is_ratio = interrupted["link"] == "log"
    for end in ("", "_low", "_high"):
        level, slope = interrupted[f"level{end}"], interrupted[f"slope{end}"]
        table[f"level{end}"] = (level.round(2).where(is_ratio, level.round(1)) + 0.0).where(is_shown)
        a_year = (slope**12).round(2).where(is_ratio, (12 * slope).round(1)) + 0.0
        table[f"slope{end}"] = a_year.where(is_shown)
    table["note"] = interrupted["reason"].where(may_stand, WITHHELD)
    return table
