"""Release: the one door from exact tables to open ones. Every count, share and estimate passes the disclosure rule here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.config import AccessSettings, FunnelSettings
from pipeline.disclosure.attack import withhold
from pipeline.disclosure.estimates import SHRUNKEN, release_pool, release_sites, released_pool_members
from pipeline.disclosure.rule import NOT_RECORDED, SHOWN, as_status, describe, is_enough, is_spread, round_counts
from pipeline.stages.compare_pool import pool_to_print
from pipeline.stages.describe import NOT_OPEN_YET, NOT_RETURNED
from pipeline.stages.release_access import release_access
from pipeline.stages.release_balance import release_balance
from pipeline.stages.release_blanks import returns_of, with_blanks, without_scores
from pipeline.stages.release_configurations import release_configurations
from pipeline.stages.release_counts import release_classes, release_completeness, release_distribution, release_flow
from pipeline.stages.release_decisions import release_decisions
from pipeline.stages.release_delivery import release_delivery
from pipeline.stages.release_effects import release_effects
from pipeline.stages.release_findings import findings_of, referrals_by_site
from pipeline.stages.release_funnels import release_funnels
from pipeline.stages.release_joint import release_joint
from pipeline.stages.release_ledger import ReleaseLedger
from pipeline.stages.release_missing import release_missing
from pipeline.stages.release_pools import release_pools
from pipeline.stages.release_recovery import release_recovery
from pipeline.stages.release_severity import release_severity
from pipeline.stages.release_subgroups import release_subgroups
from pipeline.stages.release_theories import release_theories
from pipeline.stages.release_theory_imputed import release_theory_imputed
from pipeline.stages.release_thresholds import release_thresholds
from pipeline.stages.release_timing import release_timing
from pipeline.stages.release_voices import release_voices
from pipeline.tables import empty, shape

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pandas import DataFrame

    from pipeline.config import ReleaseSettings
    from pipeline.instruments import Instrument
    from pipeline.measures import Measure
    from pipeline.theories import Theory

Tables = dict[str, "DataFrame"]
_POLICY, _WEEKS = FunnelSettings(), AccessSettings().weeks


def release(
    exact: Tables,
    measures: dict[str, Measure],
    theories: dict[str, Theory],
    rule: ReleaseSettings,
    policy: FunnelSettings = _POLICY,
    weeks: tuple[int, ...] = _WEEKS,
    seed: int = 0,
    instruments: Mapping[str, Instrument] | None = None,
    ledger: ReleaseLedger | None = None,
    sites: Collection[str] = (),
) -> Tables:
    """Every open table, the findings, and a log of how much was withheld.

    `exact` holds the tables that the plan names as EXACT. What stands round a pool is released where the pool is. The
    `ledger` says what stays back for earlier releases, and keeps what output checking needs. `sites` are those of the config,
    whether they returned anything or not.
    """
    ledger = ledger or ReleaseLedger(exact, rule)
    effects, referrals = exact["site_effects"], referrals_by_site(exact["accepted_referrals"])
    pools = {name: _pooled(effects[effects["measure"] == name], name, rule) for name in measures}
    rows = ledger.pools({name: row for name, (row, _) in pools.items()})
    effects = _with_shrunken(effects, [members for _, members in pools.values()])
    returns = returns_of(exact["quality"], exact["accepted_service"], sites)
    open_tables = {
        "open_sites": release_sites(effects, {name: row["has_shrunken_plot"] for name, row in rows.items()}, rule),
        "open_pooled": _frame([row for row in rows.values() if row["k_sites"] or row["k_sites_left_out"]]),
        "open_flow": release_flow(exact["flow"], measures, rule, has_referrals=len(referrals) > 0),
        "open_completeness": release_completeness(exact["missingness"], measures, rule),
        "open_distribution": release_distribution(exact["change"], measures, rule),
        "open_classes": release_classes(effects, exact["shares"], rule),
        "open_returns": _returns(returns, exact["rejected"], referrals, rule),
        "open_decisions": release_decisions(exact["rejected"], rule),
        "open_theories": release_theories(exact["appraisal"], exact["testability"], theories, exact["theory_sites"], rule),
        "open_joint": release_joint(exact["joint"], exact["evidence"]),
        "open_theory_changes": exact["theory_changes"],
        **release_configurations(exact, theories, rule),
        **release_access(exact, referrals["n_referrals"], weeks, rule),
        **release_voices(exact, instruments or {}, rule),
    }
    open_tables["open_theory_imputed"] = release_theory_imputed(exact, theories, rule)
    members = {name: found for name, (_, found) in pools.items()}
    sites_pooled = {name: found["site_id"] for name, found in members.items()}
    open_tables["open_subgroups"] = release_subgroups(exact, sites_pooled, measures, rule)
    open_tables = ledger.together(open_tables, members, theories, measures)
    open_tables |= _surroundings(exact, open_tables, members, rows, measures, rule, seed)
    open_tables |= release_funnels(effects, open_tables["open_sites"], open_tables["open_classes"], policy, rule, seed)
    open_tables |= release_delivery(exact)
    open_tables = ledger.beside(open_tables)
    open_tables = with_blanks(ledger.since_releases(open_tables, theories), returns, without_scores(exact["quality"]))
    open_tables = {name: shape(name, table) if len(table) else empty(name) for name, table in open_tables.items()}
    found = findings_of(open_tables, referrals, exact["accepted_service"], measures, rule, exact["flow"]["data_cut"].max())
    open_tables["findings"] = shape("findings", ledger.findings(found))
    log = [_log_entry(name, table, rule, ledger) for name, table in sorted(open_tables.items())]
    return {**open_tables, "disclosure_log": shape("disclosure_log", _frame(log))}


def _frame(rows: list[dict[str, Any]]) -> DataFrame:
    import pandas as pd

    return pd.DataFrame(rows)


def _surroundings(
    exact: Tables,
    beside: Tables,
    members: Tables,
    rows: dict[str, dict[str, Any]],
    measures: dict[str, Measure],
    rule: ReleaseSettings,
    seed: int,
) -> Tables:
    """What stands round a pooled mean, and stays back where none is released."""
    why_not = {name: "" if row["status"] == SHOWN else row["note"] for name, row in rows.items()}
    thresholds = release_thresholds(exact, beside, why_not, measures, rule)
    return {
        **release_missing(exact, beside["open_completeness"], members, why_not, rule),
        "open_balance": release_balance(exact, why_not, measures, rule),
        "open_severity": release_severity(exact, beside["open_completeness"], measures, rule),
        **thresholds,
        "open_recovery": release_recovery(exact, {**beside, **thresholds}, why_not, measures, rule),
        "open_effects": release_effects(exact, why_not, measures, rule, seed),
        "open_timing": release_timing(exact, measures, rule),
        **release_pools(exact, members, why_not, {name: row.get("rests_on", "") for name, row in rows.items()}, rule),
    }


def _pooled(mine: DataFrame, measure: str, rule: ReleaseSettings) -> tuple[dict[str, Any], DataFrame]:
    """The open row of a measure, and the sites in its pool with the shrunken estimates that this pool gives."""
    chosen = released_pool_members(mine, rule)
    members, row = pool_to_print(chosen, measure)
    others = mine.drop(index=chosen.index)
    too_few = ~is_enough(others["n_paired"], rule) | (others["se"] > 0)  # else they have no error, or no paired mean
    return release_pool(measure, row, members, int(too_few.sum()), rule), members


def _with_shrunken(effects: DataFrame, members: list[DataFrame]) -> DataFrame:
    import pandas as pd

    found = pd.concat([each[SHRUNKEN] for each in members]) if members else effects[SHRUNKEN].iloc[:0]
    return effects.assign(**{name: found[name].reindex(effects.index) for name in SHRUNKEN})


def _returns(returns: dict[str, str], rejected: DataFrame, referrals: DataFrame, rule: ReleaseSettings) -> DataFrame:
    import pandas as pd

    status = pd.Series(returns, dtype="str").rename_axis("site_id")
    faults = rejected[rejected["severity"] != "note"].groupby("site_id").size().reindex(status.index, fill_value=0)
    bands = pd.cut(faults, [-1, 0, 9, 99, float("inf")], labels=["none", "1 to 9", "10 to 99", "100 and more"])
    shown = is_enough(referrals["n_persons"], rule)
    if is_spread(referrals["n_persons"], rule):
        shown = withhold(referrals["n_referrals"], shown, ~shown, rule, by_site=True)
    n = round_counts(referrals["n_referrals"], rule).where(shown).reindex(status.index)
    blank = status.where(status.isin([NOT_RETURNED, NOT_OPEN_YET]), NOT_RECORDED)
    words = as_status(shown).reindex(status.index).fillna(blank)
    table = {"status": status, "faults": bands.astype("str"), "n_referrals": n, "n_status": words}
    return pd.DataFrame(table).reset_index()


def _log_entry(name: str, table: DataFrame, rule: ReleaseSettings, ledger: ReleaseLedger) -> dict[str, Any]:
    status = next((column for column in ("n_status", "status") if column in table), None)
    withheld = int((table[status] != SHOWN).sum()) if status else 0
    held = ledger.withheld_since(name)
    counts = {"k_cells": len(table), "k_cells_withheld": withheld, "k_cells_since_release": held}
    return {"table": name, "rule": describe(rule), **counts}
