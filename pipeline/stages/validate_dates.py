"""Dates held against one another: first and last scores, the end of a referral, and the period that the return covers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from pipeline.stages.validate_checked import Checked

_MANY_PAIRS = 10
"""From so many pairs on, most of them backwards is one fault of the labels, not one of each date."""
_TOO_SOON_DAYS, _TOO_LATE_DAYS = 21, 425
"""Three weeks and fourteen months: a last score is then unlikely to follow a whole course of treatment, or to end it."""
_GRACE_DAYS = 30
"""Up to so long after the end of a referral a last score is in time, however long the course was."""
_STARTS = {"referrals": "referral_date", "contacts": "contact_date", "outcomes": "date"}


def check_dates(tables: dict[str, Checked]) -> None:
    """Hold the dates of every table of one return against each other, once days have become dates."""
    if (referrals := tables.get("referrals")) is not None:
        late = referrals.typed["assessment_date"] > referrals.typed["end_date"]
        referrals.add("assessment-after-end", late, "assessment_date")
    if (outcomes := tables.get("outcomes")) is not None:
        _check_order(outcomes, _ends(referrals))
    if (service := tables.get("service")) is not None:
        for table, column in _STARTS.items():
            if table in tables:
                _check_period(tables[table], column, service.typed[~service.is_rejected])


def first_and_last(checked: Checked) -> DataFrame:
    """First scores labelled pre beside last scores labelled post, a row a referral and measure; `_at` is the row in the table."""
    rows = checked.typed[~checked.is_rejected].sort_values("date", kind="stable", na_position="last")
    key = ["referral_id", "measure"]
    pre, post = (rows[rows["occasion"] == occasion].rename_axis("at").reset_index() for occasion in ("pre", "post"))
    columns = [*key, "at", "date", "total"]
    first, last = pre.drop_duplicates(key, keep="first"), post.drop_duplicates(key, keep="last")
    return first[columns].merge(last[columns], on=key, suffixes=("_pre", "_post"))


def _ends(referrals: Checked | None) -> Series[Any]:
    """By referral, its end where the referrals give one."""
    import pandas as pd

    if referrals is None:
        return pd.Series(pd.NaT, index=pd.Index([], dtype="str"), dtype="datetime64[us]")
    return referrals.typed[~referrals.is_rejected].drop_duplicates("referral_id").set_index("referral_id")["end_date"]


def _check_order(outcomes: Checked, ends: Series[Any]) -> None:
    pairs = first_and_last(outcomes)
    for measure in sorted(pairs["measure"].unique()):
        mine = pairs[pairs["measure"] == measure]
        backwards = mine[mine["date_post"] < mine["date_pre"]]
        rows = _rows(outcomes, backwards["at_pre"], backwards["at_post"])
        if len(backwards) >= _MANY_PAIRS and len(backwards) > len(mine) / 2:
            found = f"{len(backwards)} of {len(mine)} pairs backwards"
            outcomes.add_once("post-before-pre", rows, _dated(outcomes), found=found)
        else:
            outcomes.add("post-before-pre", rows, _dated(outcomes))
    gap = (pairs["date_post"] - pairs["date_pre"]).dt.days
    outcomes.add("pre-and-post-same-day", _rows(outcomes, pairs.loc[gap == 0, "at_post"]), _dated(outcomes))
    after = (pairs["date_post"] - ends.reindex(pairs["referral_id"]).set_axis(pairs.index)).dt.days
    is_late = (gap >= _TOO_LATE_DAYS) & ~(after <= _GRACE_DAYS)
    odd = pairs[gap.between(1, _TOO_SOON_DAYS) | is_late]
    found = f"{len(odd)} last score(s), {_TOO_SOON_DAYS} days or less or {_TOO_LATE_DAYS} days or more after the first"
    outcomes.add_once("post-timing", _rows(outcomes, odd["at_post"]), _dated(outcomes), found=found)


def _dated(outcomes: Checked) -> str:
    return "date" if "date" in outcomes.letters else "day"


def _rows(checked: Checked, *places: Series[Any]) -> Series[bool]:
    import pandas as pd

    return pd.Series(checked.typed.index.isin(pd.concat(list(places))), index=checked.typed.index)


def _check_period(checked: Checked, column: str, service: DataFrame) -> None:
    """One warning for all dates before the service opened, one for those after the period that the return covers."""
    dates, opened, ended = checked.typed[column].mask(checked.is_rejected), service["go_live_date"], service["period_end"]
    if checked.table == "referrals" and checked.typed["referral_month"].notna().any():
        opened = opened - opened.dt.day.sub(1).astype("timedelta64[D]")
    named = column if column in checked.letters else {"contact_date": "contact_day", "date": "day"}.get(column, "referral_month")
    for wrong, what in ((dates < opened.min(), "before the go-live date"), (dates > ended.max(), "after the end of the period")):
        checked.add_once("outside-period", wrong, named, found=f"{int(wrong.sum())} date(s) {what}")
