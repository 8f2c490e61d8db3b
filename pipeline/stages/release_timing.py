"""What may leave of the days from first score to treatment: quartiles over all sites, the median by site, in whole days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.disclosure.rule import SHOWN, TOO_FEW, is_spread
from pipeline.stages.change_timing import ALL, timing_of
from pipeline.stages.release_thresholds import women_of_entering_sites
from pipeline.tables import empty

if TYPE_CHECKING:
    from pandas import DataFrame

    from pipeline.config import ReleaseSettings
    from pipeline.measures import Measure

_HALVES, _QUARTERS = 2, 4


def release_timing(exact: dict[str, DataFrame], measures: dict[str, Measure], rule: ReleaseSettings) -> DataFrame:
    """`open_timing`. A quantile needs the minimum of women on each side of it; no number of women stands beside it.

    Where the rule leaves a small site out, the quartiles over all sites are found again without it.
    """
    import pandas as pd

    change = exact["change"]
    dated = change[change["first_referral"].fillna(value=False).astype(bool) & change["days_to_treatment"].notna()]
    women = women_of_entering_sites(dated, rule)
    found = timing_of(women) if len(women) < len(dated) else exact["timing"]
    rows: list[dict[str, Any]] = []
    for name in measures:
        nation = found[(found["measure"] == name) & (found["site_id"] == ALL)]
        counts = women[women["measure"] == name].groupby("site_id").size()
        rows += [_over_all(row, rule, is_given=is_spread(counts, rule)) for row in nation.to_dict("records")]
        sites = exact["timing"][(exact["timing"]["measure"] == name) & (exact["timing"]["site_id"] != ALL)]
        rows += [_at_site(row, rule) for row in sites.to_dict("records")]
    return pd.DataFrame(rows) if rows else empty("open_timing")


def _over_all(row: dict[Any, Any], rule: ReleaseSettings, *, is_given: bool) -> dict[str, Any]:
    made = {"measure": row["measure"], "site_id": ALL}
    if not is_given or row["n"] < _QUARTERS * rule.minimum_count:
        return {**made, "status": TOO_FEW}
    return {**made, **{name: round(row[name]) for name in ("lower_days", "median_days", "upper_days")}, "status": SHOWN}


def _at_site(row: dict[Any, Any], rule: ReleaseSettings) -> dict[str, Any]:
    made = {"measure": row["measure"], "site_id": row["site_id"]}
    if row["n"] < _HALVES * rule.minimum_count:
        return {**made, "status": TOO_FEW}
    return {**made, "median_days": round(row["median_days"]), "status": SHOWN}
