"""What each table must hold beyond the grammar of its cells: keys, order of dates, references, counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.returns.parsing import LATEST
from pipeline.stages.validate_counts import check_aggregates
from pipeline.stages.validate_detective import check_instruments
from pipeline.stages.validate_rows import check_blocks, check_ids, check_lost, check_restarts, check_sentinels, keys
from pipeline.stages.validate_scores import check_measures, check_scores

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from pipeline.measures import Measure
    from pipeline.stages.validate_checked import Checked

_DAYS = {
    "referrals": {"assessment_day": "assessment_date", "first_treatment_day": "first_treatment_date", "end_day": "end_date"},
    "contacts": {"contact_day": "contact_date"},
    "outcomes": {"day": "date"},
}
_MOST_DAYS = 40_000
"""From the earliest to the latest date that is taken for one."""
_KEYS = {"referrals": ["referral_id"], "outcomes": [], "aggregates": ["measure", "pathway"]}


def check_table(checked: Checked, measures: dict[str, Measure]) -> None:
    """Hold one table against its own rules."""
    if "measure" in checked.typed:
        check_measures(checked, measures)
    check_restarts(checked)
    _check_copies(checked)
    check_blocks(checked)
    check_sentinels(checked)
    check_ids(checked)
    if checked.table == "referrals":
        _check_referrals(checked)
    elif checked.table == "outcomes":
        check_instruments(checked, measures)
        check_scores(checked, measures)
    elif checked.table == "aggregates":
        check_aggregates(checked, measures)
    if {"period_start", "period_end"} <= {*checked.typed}:
        backwards = checked.typed["period_end"] < checked.typed["period_start"]
        checked.add("period-backwards", backwards, "period_end")


def check_references(tables: dict[str, Checked]) -> None:
    """Hold contacts and outcomes against the referrals of the same site, and turn days from referral into dates."""
    import pandas as pd

    referrals = tables.get("referrals")
    for table in (tables[name] for name in ("contacts", "outcomes") if name in tables):
        if referrals is None:
            _fill_dates(table, pd.Series(pd.NaT, index=table.read.index).astype("datetime64[us]"))
            continue
        lost = table.site.isin(referrals.set_aside) & ~table.is_rejected
        table.add_once("referrals-set-aside", lost, "", found="referrals that are set aside")
        check_lost(referrals, table)
        has_referrals = table.site.isin(referrals.site.unique())
        known, ids = keys(referrals), keys(table)
        stands = ids.isin(known[~referrals.is_rejected])
        left_out = has_referrals & ~stands & ids.isin(known)
        found = "{n} row(s) of referrals that were left out"
        table.add_once("referral-left-out", left_out & ~table.is_rejected, "referral_id", found=found)
        table.add("referral-not-found", has_referrals & ~stands, "referral_id")
        _fill_dates(table, _theirs(table, referrals)["referral_date"])


def check_occasions(tables: dict[str, Checked], pre_window_days: int) -> None:
    """One warning for each declared occasion that its date contradicts, where the row stands once dates have been compared.

    A score labelled pre may be of up to `pre_window_days` days after treatment began.
    """
    import pandas as pd

    outcomes, referrals = tables.get("outcomes"), tables.get("referrals")
    if outcomes is None or referrals is None:
        return
    theirs, date, occasion = _theirs(outcomes, referrals), outcomes.typed["date"], outcomes.typed["occasion"]
    treated, ended = theirs["first_treatment_date"], theirs["end_date"]
    late = (date > ended) | (date > treated + pd.Timedelta(days=pre_window_days))
    wrong = ((occasion == "post") & (date <= treated)) | ((occasion == "pre") & late)
    limit = f"the date: pre up to {pre_window_days} days after the first treatment, post after it"
    outcomes.add("occasion-disagrees", wrong, "occasion", limit=limit)


def _theirs(table: Checked, referrals: Checked) -> DataFrame:
    """The dates of the referral of each row; missing where it has none that stands."""
    dates = referrals.kept[["referral_date", "first_treatment_date", "end_date"]]
    dates = dates.set_axis(keys(referrals)[~referrals.is_rejected])
    ids = keys(table)
    return dates[~dates.index.duplicated()].reindex(ids).set_axis(ids.index)


def _check_copies(checked: Checked) -> None:
    """Of identical rows one is kept; rows that share their key and differ are all out."""
    if (key := _KEYS.get(checked.table)) is None:
        return
    copies = checked.kept.duplicated().reindex(checked.typed.index, fill_value=False)
    first = "referral_id" if "referral_id" in checked.typed else key[0]
    checked.add("duplicate-row", copies, first)
    checked.is_rejected = checked.is_rejected | copies
    if key:
        kept = checked.kept[["site_id", *key]].fillna("all")
        clash = kept.duplicated(keep=False).reindex(checked.typed.index, fill_value=False)
        checked.add("duplicate-key", clash, key[0], limit=" and ".join(key))


def _check_referrals(checked: Checked) -> None:
    typed = checked.typed
    typed["referral_date"] = typed["referral_date"].fillna(typed["referral_month"])
    _fill_dates(checked, typed["referral_date"])
    checked.add("not-a-code", ~typed["imd_decile"].between(1, 10) & typed["imd_decile"].notna(), "imd_decile", limit="1 to 10")


def _fill_dates(checked: Checked, start: Series[Any]) -> None:
    """Dates from days after `start`; a date that was given stands. Nothing lies before the referral."""
    import pandas as pd

    typed, is_scores = checked.typed, checked.table == "outcomes"
    before = "score-before-referral" if is_scores else "before-referral"
    for day, target in _DAYS[checked.table].items():
        days = typed[day].where(typed[day].between(-_MOST_DAYS, _MOST_DAYS)).astype("float64")
        counted = (start + pd.to_timedelta(days, unit="D")).astype("datetime64[us]")
        counted = counted.where(counted <= pd.Timestamp(LATEST))
        checked.add(before, typed[target] < start, target)
        checked.add(before, days < 0, day)
        is_lost = typed[day].notna() & counted.isna() & typed[target].isna()
        alone = is_lost & (typed["occasion"].isna() if is_scores else False)
        limit = f"at most {_MOST_DAYS}, where the date or month of the referral is given"
        checked.add("not-a-day", alone, day, limit=limit, severity="row")
        checked.add("not-a-day", is_lost & ~alone, day, limit=limit)
        typed[target] = typed[target].fillna(counted.where(days >= 0)).astype("datetime64[us]")
