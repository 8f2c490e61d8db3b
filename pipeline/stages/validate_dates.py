"""Dates held against one another: first and last scores, the end of a referral, and the period that the return covers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.stages.validate_rows import keys
from pipeline.tables import schemas

if TYPE_CHECKING:
    import datetime

    from pandas import DataFrame, Series

    from pipeline.stages.validate_checked import Checked

_MANY_PAIRS = 10
"""From so many pairs on, most of them backwards is one fault of the labels, not one of each date."""
_TOO_SOON_DAYS, _TOO_LATE_DAYS = 21, 425
"""Three weeks and fourteen months: a last score is then unlikely to follow a whole course of treatment, or to end it."""
_GRACE_DAYS = 30
"""Up to so long after the end of a referral a last score is in time, however long the course was."""
_STARTS = {"referrals": "referral_date", "contacts": "contact_date", "outcomes": "date"}
_INSTEAD = {"contact_date": "contact_day", "date": "day", "referral_date": "referral_month"}
_DATED = ("date", "day")
_PLANNED = ("go_live_date", "period_end", "period_start")
"""Dates of a service that may lie ahead."""
_PAIR = ["site_id", "referral_id", "measure"]


def check_dates(tables: dict[str, Checked], received: datetime.date | None) -> None:
    """Hold the dates of every table against each other, once days have become dates.

    `received` is the day on which the last return arrived, where it is known: nothing can have happened after it.
    """
    if received is not None:
        _check_receipt(tables, received)
    if (referrals := tables.get("referrals")) is not None:
        late = referrals.typed["assessment_date"] > referrals.typed["end_date"]
        referrals.add("assessment-after-end", late, "assessment_date")
    if (outcomes := tables.get("outcomes")) is not None:
        _check_order(outcomes, _ends(referrals))
    if (service := tables.get("service")) is not None:
        for table, column in _STARTS.items():
            if table in tables:
                _check_period(tables[table], column, service.kept)


def _check_receipt(tables: dict[str, Checked], received: datetime.date) -> None:
    """A row whose own date lies after its receipt is out; another date that does is left out."""
    import pandas as pd

    limit = received.isoformat()
    for name, checked in tables.items():
        for column in (c for c, spec in schemas()[name].columns.items() if spec.metadata["kind"] in {"date", "month"}):
            if column in _PLANNED:
                continue
            named = (column, _INSTEAD.get(column, column.replace("_date", "_day")))
            is_own = column in {_STARTS.get(name), "month", "session_date", "date"}
            late = checked.typed[column] > pd.Timestamp(received)
            checked.add("after-receipt", late, *named, limit=limit, severity="row" if is_own else "value")
            if not is_own:
                checked.typed[column] = checked.typed[column].mask(late)


def first_and_last(checked: Checked) -> DataFrame:
    """First scores labelled pre beside last scores labelled post, a row a referral and measure; `_at` is the row in the table."""
    rows = checked.kept.sort_values("date", kind="stable", na_position="last")
    pre, post = (rows[rows["occasion"] == occasion].rename_axis("at").reset_index() for occasion in ("pre", "post"))
    columns = [*_PAIR, "at", "date", "total"]
    first, last = pre.drop_duplicates(_PAIR, keep="first"), post.drop_duplicates(_PAIR, keep="last")
    return first[columns].merge(last[columns], on=_PAIR, suffixes=("_pre", "_post"))


def _ends(referrals: Checked | None) -> Series[Any]:
    """By site and referral, its end where the referrals give one."""
    import pandas as pd

    if referrals is None:
        return pd.Series(pd.NaT, index=pd.Index([], dtype="str"), dtype="datetime64[us]")
    ends = referrals.kept["end_date"].set_axis(keys(referrals)[~referrals.is_rejected])
    return ends[~ends.index.duplicated()]


def _check_order(outcomes: Checked, ends: Series[Any]) -> None:
    pairs = first_and_last(outcomes)
    is_back = pairs["date_post"] < pairs["date_pre"]
    if is_back.any():
        by = [pairs["measure"], pairs["site_id"]]
        n_back, n_pairs = is_back.groupby(by).transform("sum"), is_back.groupby(by).transform("size")
        is_label = is_back & (n_back >= _MANY_PAIRS) & (n_back > n_pairs / 2)
        for (_, _), mine in pairs[is_label].groupby(["site_id", "measure"]):
            found = f"{len(mine)} of {n_pairs[mine.index[0]]} pairs backwards"
            outcomes.add_once("post-before-pre", _rows(outcomes, mine["at_pre"], mine["at_post"]), *_DATED, found=found)
        single = pairs[is_back & ~is_label]
        outcomes.add("post-before-pre", _rows(outcomes, single["at_pre"], single["at_post"]), *_DATED)
    gap = (pairs["date_post"] - pairs["date_pre"]).dt.days
    outcomes.add("pre-and-post-same-day", _rows(outcomes, pairs.loc[gap == 0, "at_post"]), *_DATED)
    named = pairs["site_id"] + "/" + pairs["referral_id"]
    after = (pairs["date_post"] - ends.reindex(named).set_axis(pairs.index)).dt.days
    is_late = (gap >= _TOO_LATE_DAYS) & ~(after <= _GRACE_DAYS)
    odd = pairs[gap.between(1, _TOO_SOON_DAYS) | is_late]
    found = f"{{n}} last score(s), {_TOO_SOON_DAYS} days or less or {_TOO_LATE_DAYS} days or more after the first"
    outcomes.add_once("post-timing", _rows(outcomes, odd["at_post"]), *_DATED, found=found)


def _rows(checked: Checked, *places: Series[Any]) -> Series[bool]:
    import pandas as pd

    return checked.marking(pd.concat(list(places)))


def _check_period(checked: Checked, column: str, service: DataFrame) -> None:
    """One warning a site for all dates before the service opened, one for those after the period that the return covers."""
    dates = checked.typed[column].mask(checked.is_rejected)
    opened = service.groupby("site_id")["go_live_date"].min().reindex(checked.site).set_axis(dates.index)
    ended = service.groupby("site_id")["period_end"].max().reindex(checked.site).set_axis(dates.index)
    if checked.table == "referrals":
        by_month = checked.typed["referral_month"].notna().groupby(checked.site).transform("any")
        opened = opened.where(~by_month, opened - (opened.dt.day - 1).astype("timedelta64[D]"))
    for wrong, what in ((dates < opened, "before the go-live date"), (dates > ended, "after the end of the period")):
        checked.add_once("outside-period", wrong, column, _INSTEAD[column], found=f"{{n}} date(s) {what}")
