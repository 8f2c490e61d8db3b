"""One table of a return held against another: what the service says of itself, and whom its rows are about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.codes import PATHWAYS
from pipeline.stages.validate_rows import keys

if TYPE_CHECKING:
    from collections.abc import Collection

    from pandas import DataFrame

    from pipeline.stages.validate_checked import Checked

_MUST_HOLD = ("referrals", "outcomes", "aggregates")


def check_against(tables: dict[str, Checked], sites: Collection[str]) -> None:
    """Hold the tables of each return against each other."""
    _check_empty(tables, sites)
    referrals, service = tables.get("referrals"), tables.get("service")
    if referrals is not None:
        _check_people(referrals)
        if service is not None:
            _check_pathways(referrals, service)
        if (outcomes := tables.get("outcomes")) is not None:
            _check_eligible(referrals, outcomes)


def _check_empty(tables: dict[str, Checked], sites: Collection[str]) -> None:
    """A return without any row of data, from a service that was open and does not say that there was nothing."""
    filled = {site for name, each in tables.items() if name != "service" for site in each.site.unique()}
    for site in (site for site in sites if site not in filled):
        sent = [tables[name] for name in _MUST_HOLD if name in tables and site in tables[name].sites]
        said_so = "service" in tables and _is_nil(tables["service"].kept, site)
        if sent and not said_so and not any(site in each.set_aside for each in sent):
            sent[0].put_aside_for(site, "no-rows", "headings alone")


def _is_nil(service: DataFrame, site: str) -> bool:
    mine = service[service["site_id"] == site]
    return bool((mine["nil_return"] == "y").any() or (mine["go_live_date"] > mine["period_end"].max()).any())


def _check_people(referrals: Checked) -> None:
    others = referrals.typed["client"].isin(["partner", "other"]) & ~referrals.is_rejected
    referrals.add_once("not-the-woman", others, "client", found="{n} referral(s) of partners or others")


def _check_pathways(referrals: Checked, service: Checked) -> None:
    offers = service.kept[["site_id", *PATHWAYS]]
    for pathway in PATHWAYS:
        is_closed = (offers[pathway] == "n").groupby(offers["site_id"]).all()
        closed = is_closed.index[is_closed]
        rows = referrals.typed["pathway"].str.contains(rf"(?:^|;){pathway}(?:;|$)", regex=True).eq(other=True)
        rows = rows.fillna(value=False) & referrals.site.isin(closed) & ~referrals.is_rejected
        found = f"{{n}} referral(s) for {pathway.replace('_', ' ')}"
        referrals.add_once("pathway-not-offered", rows, "pathway", found=found)


def _check_eligible(referrals: Checked, outcomes: Checked) -> None:
    out = keys(referrals)[referrals.typed["eligible_for_outcomes"] == "n"]
    scored = keys(outcomes).isin(out) & ~outcomes.is_rejected & ~outcomes.site.isin(referrals.set_aside)
    outcomes.add_once("scored-not-eligible", scored, "referral_id", found="{n} score(s) of such referrals")
