"""Where every referral stands, from referred to paired, and who lacks a second score."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.codes import FLOW_STATES
from pipeline.tables import empty, shape

if TYPE_CHECKING:
    from pandas import DataFrame, Series

_KEY = ["site_id", "referral_id", "measure"]


def flow_of(cases: DataFrame, firsts: DataFrame, pairs: DataFrame, *, cut: Any, grace_days: int) -> DataFrame:
    """Count referrals and women by site, measure and state; the states are exclusive and sum to the referrals.

    `cut` is the day up to which data count; the table keeps it.
    """
    if cases.empty:
        return empty("flow")
    states = cases.assign(state=_states(cases, firsts, pairs, cut=cut, grace_days=grace_days))
    grouped = states.groupby(["site_id", "measure", "state"])
    counted = grouped.agg(n_referrals=("referral_id", "size"), n_persons=("person_id", "nunique"))
    order = counted.reset_index()
    order["rank"] = order["state"].map({state: i for i, state in enumerate(FLOW_STATES)})
    return shape("flow", order.assign(data_cut=cut).sort_values(["site_id", "measure", "rank"]))


def standing_of(cases: DataFrame, firsts: DataFrame, pairs: DataFrame, *, cut: Any, grace_days: int) -> DataFrame:
    """Where each referral stands on each measure, and whether a second score is due: the rows behind the counts of `flow_of`."""
    if cases.empty:
        return empty("standing")
    states = _states(cases, firsts, pairs, cut=cut, grace_days=grace_days)
    found = cases.assign(state=states, is_due=_is_due(cases, cut, grace_days))
    return shape("standing", found.sort_values(["measure", "site_id", "referral_id"], kind="stable"))


def missingness_of(cases: DataFrame, firsts: DataFrame, pairs: DataFrame, *, cut: Any, grace_days: int) -> DataFrame:
    """Women due a second score by site and measure, how many have it, and first scores of those with and without."""
    if cases.empty:
        return empty("missingness")
    data = cases.merge(firsts[[*_KEY, "pre"]], on=_KEY, how="left")
    data["is_due"] = _is_due(data, cut, grace_days)
    data["is_paired"] = _is_in(data, pairs)
    both = data["is_due"] & data["is_paired"]
    only_first = data["is_due"] & ~data["is_paired"]
    data = data.assign(
        due=data["person_id"].where(data["is_due"]),
        with_pre=data["person_id"].where(data["is_due"] & (data["pre"].notna() | data["is_paired"])),
        paired=data["person_id"].where(both),
        paired_all=data["person_id"].where(data["is_paired"]),
        pre_paired=data["pre"].where(both),
        pre_unpaired=data["pre"].where(only_first),
        pre_due=data["pre"].where(data["is_due"]),
    )
    counted = data.groupby(["site_id", "measure"]).agg(
        n_referred=("person_id", "nunique"),
        n_due=("due", "nunique"),
        n_pre=("with_pre", "nunique"),
        n_paired=("paired", "nunique"),
        n_paired_all=("paired_all", "nunique"),
        mean_pre_paired=("pre_paired", "mean"),
        mean_pre_unpaired=("pre_unpaired", "mean"),
        sd_pre=("pre_due", "std"),
    )
    return shape("missingness", counted.reset_index())


def due_of(cases: DataFrame, firsts: DataFrame, pairs: DataFrame, *, cut: Any, grace_days: int) -> DataFrame:
    """Women due a second score who have a first one, with the second and the improvement where there is one.

    A woman stands here once a measure: by her first referral with both scores, else by her first with a first score.
    """
    if cases.empty:
        return empty("due")
    data = cases[_is_due(cases, cut, grace_days)].merge(firsts[[*_KEY, "pre"]], on=_KEY, how="left")
    data = data.merge(pairs[[*_KEY, "pre", "post", "improvement"]], on=_KEY, how="left", suffixes=("", "_of_pair"))
    data["pre"] = data["pre_of_pair"].fillna(data["pre"])
    data = data[data["pre"].notna()].assign(is_single=lambda rows: rows["post"].isna())
    order = ["measure", "site_id", "person_id", "is_single", "referral_date", "referral_id"]
    once = data.sort_values(order, kind="stable").drop_duplicates(["measure", "site_id", "person_id"])
    return shape("due", once.sort_values(["measure", "site_id", "referral_id"], kind="stable"))


def _states(cases: DataFrame, firsts: DataFrame, pairs: DataFrame, *, cut: Any, grace_days: int) -> Any:
    import numpy as np

    started, ended = cases["first_treatment_date"].notna(), cases["end_date"].notna()
    is_accepted = (cases["accepted"] == "y") | started | ~cases["has_referral"]
    is_declined = cases["end_reason"] == "declined_before_start"
    due = _is_due(cases, cut, grace_days)
    steps = {
        "paired": _is_in(cases, pairs),
        "not_accepted": cases["accepted"] == "n",
        "pending": ~is_accepted & ~ended & ~is_declined,
        "not_eligible": cases["eligible_for_outcomes"] == "n",
        "due_without_post": due & _is_in(cases, firsts),
        "due_without_pre": due,
        "declined": ~started & is_declined,
        "left_before_start": ~started & ended,
        "waiting": ~started,
        "in_treatment": ~ended,
    }
    return np.select([np.asarray(v, dtype=bool) for v in steps.values()], list(steps), default="not_yet_due")


def _is_due(cases: DataFrame, cut: Any, grace_days: int) -> Series[bool]:
    import pandas as pd

    closed = cases["end_date"] + pd.Timedelta(days=grace_days) <= cut
    refused = (cases["accepted"] == "n") | (cases["eligible_for_outcomes"] == "n")
    dated: Series[bool] = cases["first_treatment_date"].notna() & closed & ~refused
    return dated | ~cases["has_referral"]


def _is_in(cases: DataFrame, other: DataFrame) -> Series[bool]:
    import pandas as pd

    if other.empty:
        return pd.Series(data=False, index=cases.index)
    return pd.Series(pd.MultiIndex.from_frame(cases[_KEY]).isin(pd.MultiIndex.from_frame(other[_KEY])), index=cases.index)
