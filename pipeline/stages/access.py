"""Access: how long women wait and how many leave before, who is seen, and what happens month by month."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.disclosure.rule import may_enter
from pipeline.stages.access_equity import equity_of
from pipeline.stages.access_series import series_of
from pipeline.stats.streams import stream
from pipeline.stats.waiting import MIN_SITES, Incidence, bootstrap_sites, cumulative_incidence, share_within
from pipeline.tables import empty, shape

if TYPE_CHECKING:
    import pandas as pd
    from pandas import DataFrame, Series

    from pipeline.config import AccessSettings, ReleaseSettings

ALL = "ALL"
STEP_WEEKS, LAST_WEEKS = 4, 104
"""The curves are read every four weeks for two years."""
ATTENDED = ("5", "6")
SEEN, LEFT, WAITING = 1, 2, 0
_KINDS = {"seen": SEEN, "left": LEFT, "waiting": WAITING}


def access(
    referrals: DataFrame,
    contacts: DataFrame,
    activity: DataFrame,
    service: DataFrame,
    denominators: tuple[tuple[str, str, int], ...],
    settings: AccessSettings,
    rule: ReleaseSettings,
    data_cut: pd.Timestamp | None,
    seed: int,
) -> dict[str, DataFrame]:
    """`waits`: shares seen, left and waiting by weeks; `equity`: who was referred, accepted and treated; series by month.

    Women alone. Waits are of referrals that were not turned away, from referral to assessment and to first treatment. A
    woman whose wait goes on is followed to `data_cut`, or to the end of the period that her site's return covers if that is
    earlier; without either, to the last date of the referrals. Rows of all sites hold those of them that may stand in a released
    figure, as a curve cannot be cut down to them later.
    """
    import pandas as pd

    women = referrals[referrals["client"].isna() | (referrals["client"] == "woman_or_birthing_parent")]
    women = women.assign(person=women["person_id"].fillna("of referral " + women["referral_id"]))
    dates = first_events(women, contacts, settings)
    women = women.assign(treated=dates["treatment"])
    cut = data_cut if data_cut is not None and data_cut == data_cut else women[["referral_date", "end_date"]].max().max()
    cuts = service.groupby("site_id")["period_end"].max().clip(upper=cut)  # type: ignore[arg-type]  # a day, as the series has
    until = cuts.reindex(women["site_id"]).set_axis(women.index).fillna(cut)
    rows: list[dict[str, Any]] = []
    for event, when in dates.items():
        rows += _waits(follow(women, when, until), str(event), settings, rule, seed)
    return {
        "waits": shape("waits", pd.DataFrame(rows)) if rows else empty("waits"),
        "equity": equity_of(women, pd.DataFrame(denominators, columns=["dimension", "group", "n"])),
        **series_of(women, activity, service),
    }


def first_events(women: DataFrame, contacts: DataFrame, settings: AccessSettings) -> DataFrame:
    """Assessment and first treatment as they were returned; where a site sends none, from contacts in a mode that counts.

    The first such contact that was attended then stands for the assessment, and the first after the assessment for the treatment.
    """
    key = ["site_id", "referral_id"]
    kept = contacts[contacts["attendance"].isin(ATTENDED) & contacts["mode"].isin(settings.qualifying_modes)]
    own = women[[*key, "assessment_date"]].assign(row=women.index).merge(kept[[*key, "contact_date"]], on=key)
    first = own.groupby("row")["contact_date"].min().reindex(women.index).astype("datetime64[us]")
    assessed = _sent(women, "assessment_date", first)
    later = own[own["contact_date"] > assessed.reindex(own["row"]).set_axis(own.index)]
    after = later.groupby("row")["contact_date"].min().reindex(women.index).astype("datetime64[us]")
    return women[[]].assign(assessment=assessed, treatment=_sent(women, "first_treatment_date", after))


def _sent(women: DataFrame, column: str, instead: Series[Any]) -> Series[Any]:
    """The column where the woman's site sends it at all, else what stands in its place."""
    is_sent = women[column].notna().groupby(women["site_id"]).transform("any").astype(bool)
    return women[column].where(is_sent, instead)


def follow(women: DataFrame, when: Series[Any], until: Series[Any]) -> DataFrame:
    """Days since referral and how they ended (`kind`), one row a referral that waited, at sites that send such dates at all.

    `until`: the day up to which each is followed; a referral of a later day is left out.
    """
    known = women["referral_date"].notna() & (women["accepted"] != "n")
    asked = when.notna().groupby(women["site_id"]).transform("any").astype(bool)
    happened, ended = (dates.where(dates <= until) for dates in (when, women["end_date"]))
    kind = np.select([happened.notna(), ended.notna()], [SEEN, LEFT], WAITING)
    days = (happened.fillna(ended).fillna(until) - women["referral_date"]).dt.days
    waits = women[["site_id", "person"]].assign(days=days.astype("float64"), kind=kind.astype(np.int64))
    return waits[known & asked & (days >= 0).fillna(value=False)]


def _waits(waits: DataFrame, event: str, settings: AccessSettings, rule: ReleaseSettings, seed: int) -> list[dict[str, Any]]:
    """Rows of one event: every site, then all sites together, a row a number of weeks."""
    import pandas as pd

    weeks = sorted({*range(STEP_WEEKS, LAST_WEEKS + 1, STEP_WEEKS), *settings.weeks})
    at = np.array(weeks, dtype="float64") * 7
    rows = []
    for site, mine in waits.groupby("site_id"):
        rows += _rows(
            share_within(cumulative_incidence(mine["days"], mine["kind"], interval="wilson"), at), event, site, weeks, mine
        )
    kept = may_enter(waits.groupby("site_id")["person"].nunique(), rule)
    here = waits[waits["site_id"].isin(kept.index[kept])]
    if here.empty:
        return rows
    codes, sites = pd.factorize(here["site_id"], sort=True)
    if len(sites) < MIN_SITES:
        whole = share_within(cumulative_incidence(here["days"], here["kind"], interval="wilson"), at)
        return rows + [{**row, **_NO_LIMITS} for row in _rows(whole, event, ALL, weeks, here)]
    draws, n_draws = stream(seed, "waits", event), settings.bootstrap_draws
    whole = bootstrap_sites(here["days"], here["kind"], codes, at_days=at, stream=draws, n_draws=n_draws)
    return rows + _rows(whole, event, ALL, weeks, here)


_NO_LIMITS = {f"{end}_{name}": np.nan for end in ("low", "high") for name in _KINDS}
"""Women of one site are alike, and few sites cannot say how much."""


def _rows(curve: Incidence, event: str, site: Any, weeks: list[int], waits: DataFrame) -> list[dict[str, Any]]:
    person = waits["site_id"] + " " + waits["person"]  # pseudonyms are a site's own
    ended = {name: waits["days"][waits["kind"] == kind] for name, kind in _KINDS.items() if kind != WAITING}
    first = {name: days.groupby(person).min() for name, days in ended.items()}
    longest = waits["days"].groupby(person).max()
    rows = []
    for at, week in enumerate(weeks):
        row: dict[str, Any] = {"event": event, "site_id": site, "weeks": week, "n": curve.n, "n_at_risk": curve.n_at_risk[at]}
        row |= {f"n_{name}": int((days <= 7 * week).sum()) for name, days in ended.items()}
        row |= {f"persons_{name}": int((days <= 7 * week).sum()) for name, days in first.items()}
        row |= {"persons": len(longest), "persons_at_risk": int((longest >= 7 * week).sum())}
        for name, kind in _KINDS.items():
            row |= {
                f"share_{name}": curve.share[kind, at],
                f"low_{name}": curve.low[kind, at],
                f"high_{name}": curve.high[kind, at],
            }
        rows.append(row)
    return rows
