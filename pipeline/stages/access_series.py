"""Series: what happened month by month, with limits of chance, and a break at go-live where there is enough before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.stats.control_chart import control_chart
from pipeline.stats.interrupted import interrupted_series
from pipeline.tables import empty, shape

if TYPE_CHECKING:
    from pandas import DataFrame

REFERRALS = "referrals"
GRAINS = {"month": "MS", "quarter": "QS", "year": "YS"}
"""How a series may be added up, from fine to coarse."""
_SMALL = 20
"""Below so many a month on average, a change is a ratio of rates."""


def series_of(women: DataFrame, activity: DataFrame, service: DataFrame) -> dict[str, DataFrame]:
    """`activity_series`: a row a site, series, grain and period with control limits; `interrupted`: a row a series of beds.

    Referrals by month come from `women` (referrals with `person`): a month without one is a nought, and months that the
    return covers in part are left out. Other series come from the table activity, where a month that is absent is missing;
    one whose name ends in _days is a count of days, such as bed days, and is tested for a break at go-live. Quarters and
    years are whole ones. Persons of a quarter are counted where single referrals are known; else they are the most of any of
    its months, since the same persons may come again.
    """
    import pandas as pd

    own, sent = _referred(women, service), _returned(activity)
    everything = pd.concat([part for part in (own, sent) if len(part)], ignore_index=True) if len(own) or len(sent) else own
    if everything.empty:
        return {"activity_series": empty("activity_series"), "interrupted": empty("interrupted")}
    opened = service.groupby("site_id")["go_live_date"].min()
    charted, broken = [], []
    for (site, series, grain), mine in everything.groupby(["site_id", "series", "grain"], sort=True):
        periods, go_live = mine.sort_values("month"), opened.get(site)
        has_break = str(series).endswith("_days") and not pd.isna(go_live)
        charted.append(_charted(periods, _start(go_live, GRAINS[str(grain)]) if has_break else None))
        if has_break and grain == "month":
            broken.append({"site_id": site, "series": series, **_broken(periods, go_live)})
    chart = pd.concat(charted, ignore_index=True)
    chart["rank"] = chart["grain"].map({grain: rank for rank, grain in enumerate(GRAINS)})
    return {
        "activity_series": shape("activity_series", chart.sort_values(["site_id", "series", "rank", "month"], kind="stable")),
        "interrupted": shape("interrupted", pd.DataFrame(broken)) if broken else empty("interrupted"),
    }


def _referred(women: DataFrame, service: DataFrame) -> DataFrame:
    """Referrals and distinct women by site, grain and period, over the whole months that each return covers."""
    import pandas as pd

    dated = women[women["referral_date"].notna()]
    starts = service.groupby("site_id")[["period_start", "go_live_date"]].min().max(axis=1)
    ends = service.groupby("site_id")["period_end"].max()
    parts = []
    for site, mine in dated.groupby("site_id"):
        days = mine["referral_date"]
        first, last = _covered(starts.get(site, pd.NaT), ends.get(site, pd.NaT), days.min(), days.max())
        for grain, step in GRAINS.items():
            periods = _whole_periods(first, last, step)
            at = days.dt.to_period(step[0]).dt.to_timestamp()
            counted = mine.groupby(at)["person"].agg(["size", "nunique"]).reindex(periods, fill_value=0)
            rows = {"month": periods, "value": counted["size"].to_numpy(), "persons": counted["nunique"].to_numpy()}
            parts.append(pd.DataFrame(rows).assign(site_id=str(site), series=REFERRALS, grain=grain))
    return pd.concat(parts, ignore_index=True).astype({"value": "float64", "persons": "float64"}) if parts else pd.DataFrame()


def _covered(start: Any, end: Any, earliest: Any, latest: Any) -> tuple[Any, Any]:
    """The first and last month that the return covers wholly; from the first to the last referral where it does not say."""
    import pandas as pd

    first = _month(earliest) if pd.isna(start) else _month(start, 1 if start.day > 1 else 0)
    if pd.isna(end):
        return first, _month(latest)
    return first, _month(end + pd.Timedelta(days=1), -1)


def _month(day: Any, shift: int = 0) -> Any:
    return (day.to_period("M") + shift).to_timestamp()


def _start(day: Any, step: str) -> Any:
    return day.to_period(step[0]).to_timestamp()


def _whole_periods(first: Any, last: Any, step: str) -> Any:
    """Starts of the periods that lie wholly within the months from first to last."""
    import pandas as pd

    months = {"MS": 1, "QS": 3, "YS": 12}[step]
    starts = pd.date_range(first, last, freq=step)
    return pd.DatetimeIndex([day for day in starts if _month(day, months - 1) <= last]).astype("datetime64[us]")


def _returned(activity: DataFrame) -> DataFrame:
    """The returned series by grain; a month without a value, or a quarter or year with one, has none."""
    import pandas as pd

    parts = []
    for (site, series), rows in activity.groupby(["site_id", "series"], sort=True):
        by_month = rows.drop_duplicates("month", keep="last").set_index("month")[["value", "persons"]].astype("float64")
        whole = by_month.reindex(_whole_periods(by_month.index.min(), by_month.index.max(), "MS"))
        for grain, step in GRAINS.items():
            periods = _whole_periods(whole.index.min(), whole.index.max(), step)
            at = [_start(day, step) for day in whole.index]
            values = whole["value"].groupby(at).agg(lambda each: each.sum(skipna=False)).reindex(periods)
            persons = whole["persons"].groupby(at).max().reindex(periods)
            made = pd.DataFrame({"month": periods, "value": values.to_numpy(), "persons": persons.to_numpy()})
            parts.append(made.assign(site_id=str(site), series=str(series), grain=grain))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _charted(periods: DataFrame, begins: Any) -> DataFrame:
    """The chart of one series, with limits of their own from the period that `begins` on, where both parts are long enough."""
    at = 0 if begins is None else int((periods["month"] < begins).sum())
    parts = [at] if 0 < at < len(periods) else []
    made = control_chart(periods["value"].to_numpy(dtype="float64"), partitions=parts)
    return periods.assign(
        chart=made.kind,
        centre=made.centre,
        low=made.low,
        high=made.high,
        rule=made.rule,
        direction=made.direction,
        reason=made.reason,
    )


def _broken(months: DataFrame, go_live: Any) -> dict[str, Any]:
    """The break at go-live. The month in which it falls, unless on its first day, is half before and half after: left out."""
    counts = months["value"].to_numpy(dtype="float64").copy()
    is_split = (months["month"] == _month(go_live)).to_numpy() & (go_live.day > 1)
    counts[is_split] = np.nan
    at = int((months["month"] < go_live).sum())
    if not 0 < at < len(months):
        return {"go_live": _month(go_live), "reason": "go-live lies outside the series"}
    link: Any = "log" if np.nanmean(counts) < _SMALL else "identity"
    made = interrupted_series(counts, months["month"].dt.days_in_month.to_numpy(dtype="float64"), go_live=at, link=link)
    row: dict[str, Any] = {"link": link, "k_months_before": made.n_before, "k_months_after": made.n_after, "reason": made.reason}
    for name, change in (("level", made.level), ("slope", made.slope)):
        if change is not None:
            row |= {f"{name}": change.estimate, f"{name}_low": change.low_over_phi, f"{name}_high": change.high_over_phi}
            row |= {f"{name}_low_at_phi": change.low, f"{name}_high_at_phi": change.high}
            row |= {f"{name}_low_newey_west": change.low_newey_west, f"{name}_high_newey_west": change.high_newey_west}
    persons = months["persons"].to_numpy(dtype="float64")
    least = {"persons_before": persons[:at], "persons_after": persons[at:]}
    known = {
        name: float(np.nanmin(part)) if np.any(~np.isnan(part)) and not np.any(np.isnan(part)) else None
        for name, part in least.items()
    }
    return row | {"go_live": _month(go_live), "phi": made.phi, **known}
