"""What each table must hold beyond the grammar of its cells: keys, order of dates, references, counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.returns.parsing import LATEST
from pipeline.stages.validate_detective import check_instruments
from pipeline.stages.validate_rows import check_blocks, check_ids, check_lost, check_sentinels
from pipeline.stages.validate_scores import check_measures, check_scores

if TYPE_CHECKING:
    from pandas import Series

    from pipeline.measures import Measure
    from pipeline.stages.validate_checked import Checked

_DAYS = {
    "referrals": {"assessment_day": "assessment_date", "first_treatment_day": "first_treatment_date", "end_day": "end_date"},
    "contacts": {"contact_day": "contact_date"},
    "outcomes": {"day": "date"},
}
_MOST_DAYS = 40_000
"""From the earliest to the latest date that is taken for one."""
_SLIVER, _SEVERAL = 15, 10
"""Scores of so many women spread over more than such a part of the range: ours to choose, no clinical number."""
_KEYS = {"referrals": ["referral_id"], "outcomes": [], "aggregates": ["measure", "pathway"]}


def check_table(checked: Checked, measures: dict[str, Measure]) -> None:
    """Hold one table against its own rules."""
    if "measure" in checked.typed:
        check_measures(checked, measures)
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
        _check_aggregates(checked, measures)


def check_references(tables: dict[str, Checked]) -> None:
    """Hold contacts and outcomes against the referrals of the same return, and turn days from referral into dates."""
    import pandas as pd

    referrals = tables.get("referrals")
    is_alone = referrals is None or (referrals.read.empty and not referrals.is_set_aside)
    for table in (tables[n] for n in ("contacts", "outcomes") if n in tables and not tables[n].is_set_aside):
        ids = table.typed["referral_id"]
        if referrals is None or is_alone:
            _fill_dates(table, pd.Series(pd.NaT, index=ids.index).astype("datetime64[us]"))
        elif referrals.is_set_aside:
            table.add_once("referrals-set-aside", ids.notna() | ids.isna(), "", found="referrals that are set aside")
        else:
            kept = referrals.typed[~referrals.is_rejected].set_index("referral_id")
            check_lost(referrals, table)
            table.add("referral-not-found", ~ids.isin(kept.index), "referral_id")
            dates = kept[["referral_date", "first_treatment_date", "end_date"]].reindex(ids).set_axis(ids.index)
            _fill_dates(table, dates["referral_date"])
            _check_occasions(table, dates["first_treatment_date"], dates["end_date"])


def _check_copies(checked: Checked) -> None:
    """Of identical rows one is kept; rows that share their key and differ are all out."""
    if (key := _KEYS.get(checked.table)) is None:
        return
    kept = checked.typed[~checked.is_rejected]
    copies = kept.duplicated().reindex(checked.typed.index, fill_value=False)
    first = "referral_id" if "referral_id" in checked.typed else key[0]
    checked.add("duplicate-row", copies, first)
    checked.is_rejected = checked.is_rejected | copies
    if key:
        kept = checked.typed.loc[~checked.is_rejected, key].fillna("all")
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


def _check_occasions(checked: Checked, treated: Series[Any], ended: Series[Any]) -> None:
    if checked.table == "outcomes":
        date, occasion = checked.typed["date"], checked.typed["occasion"]
        wrong = ((occasion == "post") & (date <= treated)) | ((occasion == "pre") & (date > ended))
        limit = "the date: pre before the end, post after the first treatment"
        checked.add("occasion-disagrees", wrong, "occasion", limit=limit)


def _check_aggregates(checked: Checked, measures: dict[str, Measure]) -> None:
    typed = checked.typed
    for column in (c for c in typed.columns if c.startswith("n_")):
        checked.add("not-possible", typed[column] < 0, column, limit="a count of 0 or more")
    _check_deviations(checked, measures)
    for column in ("sd_pre", "sd_post", "sd_change"):
        checked.add("not-possible", typed[column] < 0, column, limit="a standard deviation of 0 or more")
    checked.add("not-possible", typed["r"].abs() > 1, "r", limit="a correlation from -1 to 1")
    low = typed["measure"].map({name: m.range.low for name, m in measures.items()}).astype("float64")
    high = typed["measure"].map({name: m.range.high for name, m in measures.items()}).astype("float64")
    for column in (c for c in typed.columns if c.startswith("mean_")):
        checked.add(
            "not-possible", (typed[column] < low) | (typed[column] > high), column, limit="a mean within the measure's range"
        )
    for few, many in (("n_post", "n_pre"), ("n_paired", "n_pre"), ("n_paired", "n_post")):
        checked.add("counts-disagree", typed[few] > typed[many], few, limit=f"{few} no larger than {many}")
    changed = typed["n_reliably_improved"].fillna(0) + typed["n_reliably_deteriorated"].fillna(0)
    checked.add(
        "counts-disagree", changed > typed["n_paired"], "n_reliably_improved", limit="no more women with a change than n_paired"
    )


def _check_deviations(checked: Checked, measures: dict[str, Measure]) -> None:
    """A deviation of many women that is a sliver of the scale is the error of their mean."""
    typed = checked.typed
    width = typed["measure"].map({name: m.range.high - m.range.low for name, m in measures.items()}).astype("float64")
    counts = {"sd_pre": "n_pre", "sd_post": "n_post", "sd_change": "n_paired"}
    for column, count in counts.items():
        women = typed[count].fillna(typed["n_paired"]).astype("float64")
        is_error = (typed[column] >= 0) & (typed[column] < width / _SLIVER) & (women >= _SEVERAL)
        checked.add("small-deviation", is_error, column, limit=f"a standard deviation of at least a {_SLIVER}th of the range")
