"""One table of a return held against another: what the service says of itself, and whom its rows are about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.codes import PATHWAYS

if TYPE_CHECKING:
    from pipeline.stages.validate_checked import Checked

_MUST_HOLD = ("referrals", "outcomes", "aggregates")
_COUNTS = 5


def check_against(tables: dict[str, Checked]) -> None:
    """Hold the tables of one return against each other."""
    _check_empty(tables)
    referrals, service = tables.get("referrals"), tables.get("service")
    if referrals is not None and not referrals.is_set_aside:
        _check_people(referrals)
        if service is not None:
            _check_pathways(referrals, service)
        if (outcomes := tables.get("outcomes")) is not None:
            _check_eligible(referrals, outcomes)
    if (aggregates := tables.get("aggregates")) is not None:
        _check_rounded(aggregates)


def _check_empty(tables: dict[str, Checked]) -> None:
    """A return without any row of data, from a service that was open and does not say that there was nothing."""
    sent = [tables[name] for name in _MUST_HOLD if name in tables]
    if not sent or any(len(each.read) for name, each in tables.items() if name != "service"):
        return
    service = tables.get("service")
    if service is not None:
        typed = service.typed[~service.is_rejected]
        if (typed["nil_return"] == "y").any() or (typed["go_live_date"] > typed["period_end"].max()).any():
            return
    if not any(each.is_set_aside for each in sent):
        sent[0].set_aside_for("no-rows", "headings alone")


def _check_people(referrals: Checked) -> None:
    others = referrals.typed["client"].isin(["partner", "other"]) & ~referrals.is_rejected
    referrals.add_once("not-the-woman", others, "client", found=f"{others.sum()} referral(s) of partners or others")


def _check_pathways(referrals: Checked, service: Checked) -> None:
    typed = service.typed[~service.is_rejected]
    for pathway in (p for p in PATHWAYS if len(typed) and (typed[p] == "n").all()):
        rows = referrals.typed["pathway"].str.split(";").map(lambda given, p=pathway: p in given, na_action="ignore")
        rows = rows.eq(True) & ~referrals.is_rejected
        found = f"{rows.sum()} referral(s) for {pathway.replace('_', ' ')}"
        referrals.add_once("pathway-not-offered", rows, "pathway", found=found)


def _check_eligible(referrals: Checked, outcomes: Checked) -> None:
    out = referrals.typed.loc[referrals.typed["eligible_for_outcomes"] == "n", "referral_id"]
    scored = outcomes.typed["referral_id"].isin(out) & ~outcomes.is_rejected
    outcomes.add_once("scored-not-eligible", scored, "referral_id", found=f"{scored.sum()} score(s) of such referrals")


def _check_rounded(aggregates: Checked) -> None:
    """Counts that all end in 0 or 5 have been rounded."""
    kept = aggregates.typed[~aggregates.is_rejected]
    counts = kept[[c for c in map(str, kept) if c.startswith("n_")]].stack().dropna()
    if len(counts) >= 2 * _COUNTS and (counts > 0).any() and (counts % _COUNTS == 0).all():
        column = str(counts.index[0][1])
        rows = aggregates.typed[column].notna() & ~aggregates.is_rejected
        aggregates.add_once("rounded-counts", rows, column, found=f"{len(counts)} counts, each a multiple of {_COUNTS}")
