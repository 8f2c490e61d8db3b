"""Findings: each number that a sentence may ask for, under a dotted key, taken from the open tables alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.codes import VERDICTS
from pipeline.disclosure.rule import NOT_RECORDED, SHOWN, TOO_FEW, is_spread, round_counts
from pipeline.stages.release_findings_delivery import findings_on_delivery
from pipeline.stages.release_findings_numbers import findings_on_numbers
from pipeline.stages.release_findings_voices import findings_on_voices
from pipeline.tables import shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from pandas import DataFrame

    from pipeline.config import ReleaseSettings
    from pipeline.measures import Measure

Finding = dict[str, Any]


def findings_of(
    tables: dict[str, DataFrame],
    referrals: DataFrame,
    service: DataFrame,
    measures: dict[str, Measure],
    rule: ReleaseSettings,
    data_cut: pd.Timestamp | None,
) -> DataFrame:
    """Collect the findings. `referrals` (see `referrals_by_site`) pass the rule here; of `service` only the period is used."""
    import pandas as pd

    rows = [*_study(tables, referrals, rule), *_period(service, data_cut)]
    for name, measure in measures.items():
        rows += [*_change(tables, name, measure), *_by_site(tables, name), *findings_on_numbers(tables, name, measure)]
    rows += [*_theories(tables), *_funnels(tables), *_waits(tables), *findings_on_voices(tables), *findings_on_delivery(tables)]
    return shape("findings", pd.DataFrame(rows).drop_duplicates("key"))


def referrals_by_site(referrals: DataFrame) -> DataFrame:
    """Referrals and distinct persons by site. Pseudonyms are a site's own: two sites may use the same one for two women."""
    people = referrals.assign(person=referrals["person_id"].fillna(referrals["referral_id"]))
    return people.groupby("site_id").agg(n_referrals=("referral_id", "size"), n_persons=("person", "nunique"))


def _finding(key: str, value: Any = None, *, unit: str = "", status: str = SHOWN, **more: Any) -> Finding:
    return {"key": key, "value": value, "unit": unit, "status": status, "statement": "", **more}


def _study(tables: dict[str, DataFrame], referrals: DataFrame, rule: ReleaseSettings) -> Iterator[Finding]:
    returns = tables["open_returns"]["status"]
    yield _finding("study.k_sites", int((returns != "not_returned").sum()), unit="sites")
    for said in ("nil_return", "not_open_yet", "not_returned"):
        if (returns == said).any():
            yield _finding(f"study.k_{said}", int((returns == said).sum()), unit="sites")
    yield _finding("study.k_sites_record", int((returns == "read").sum()), unit="sites")
    yield _finding("study.k_sites_aggregate", int((returns == "aggregate_only").sum()), unit="sites")
    yield _finding("study.k_returns_set_aside", int(returns.isin(["set_aside", "nothing_usable"]).sum()), unit="sites")
    is_given = is_spread(referrals["n_persons"], rule)
    status = SHOWN if is_given else NOT_RECORDED if referrals.empty else TOO_FEW
    totals = round_counts(referrals.sum(), rule)
    for key, column, unit in (("study.n_women", "n_persons", "women"), ("study.n_referrals", "n_referrals", "referrals")):
        n = totals[column] if is_given else None
        yield _finding(key, n, unit=unit, n=n, status=status)


def _period(service: DataFrame, data_cut: pd.Timestamp | None) -> Iterator[Finding]:
    start, end = service["period_start"].min(), service["period_end"].max()
    days = {"period_start": start, "period_end": end, "data_cut": data_cut}
    for name, day in days.items():
        if day is not None and day == day:
            yield {**_finding(f"study.{name}"), "statement": day.isoformat()[:10]}


def _change(tables: dict[str, DataFrame], name: str, measure: Measure) -> Iterator[Finding]:
    prefix = f"change.{name}"
    if measure.primary_reliable_change is not None:
        yield _finding(f"{prefix}.threshold", float(measure.primary_reliable_change), unit=measure.range.unit)
    for row in _rows(tables["open_pooled"], measure=name):
        place = {"k_sites": row["k_sites"], "n": row["n"], "status": row["status"], "statement": row["note"]}
        points = {"unit": measure.range.unit}
        yield _finding(f"{prefix}.n_paired", row["n"], **{**place, "unit": "women"})
        yield {**_finding(f"{prefix}.pooled", row["mean_improvement"], **points), **place, "low": row["low"], "high": row["high"]}
        limits = {"low": row["prediction_low"], "high": row["prediction_high"]}
        is_given = limits["low"] == limits["low"]
        status = row["status"] if is_given else TOO_FEW
        yield {**_finding(f"{prefix}.prediction", **points), **place, **limits, "status": status}
        limits = {"low": row["tau2_low"], "high": row["tau2_high"]}
        yield {**_finding(f"{prefix}.tau2", row["tau2"], unit="points squared"), **place, **limits}
    for row in _rows(tables["open_completeness"], measure=name, site_id="ALL"):
        yield _finding(f"{prefix}.completion_pct", row["completion_pct"], unit="percent", n=row["n_due"], status=row["status"])
    for row in _rows(tables["open_classes"], measure=name, site_id="ALL"):
        found = _finding(f"{prefix}.{row['class']}_pct", row["share_pct"], unit="percent", n=row["n"], status=row["status"])
        yield {**found, "low": row["share_low_pct"], "high": row["share_high_pct"]}


def _by_site(tables: dict[str, DataFrame], name: str) -> Iterator[Finding]:
    why = " ".join(row["note"] for row in _rows(tables["open_pooled"], measure=name))
    for row in _rows(tables["open_sites"], measure=name):
        found = {"n": row["n"], "unit": "points", "status": row["status"]}
        key = f"compare.{name}.{row['site_id']}"
        yield {**_finding(f"{key}.mean_improvement", row["mean_improvement"], **found), "low": row["low"], "high": row["high"]}
        if row["status"] == SHOWN and row["shrunken"] != row["shrunken"]:
            found |= {"status": TOO_FEW, "statement": why if row["is_pooled"] else "The site stays out of the pool."}
        yield {**_finding(f"{key}.shrunken", row["shrunken"], **found), "low": row["shrunken_low"], "high": row["shrunken_high"]}


def _theories(tables: dict[str, DataFrame]) -> Iterator[Finding]:
    verdicts = tables["open_theories"]["verdict"]
    for verdict in VERDICTS:
        yield _finding(f"theories.k_{verdict}", int((verdicts == verdict).sum()), unit="theories")
    for row in _rows(tables["open_theories"]):
        statement = f"{row['verdict']}: {row['reason']}"
        yield {**_finding(f"appraise.{row['theory_id']}.verdict"), "statement": statement}


def _funnels(tables: dict[str, DataFrame]) -> Iterator[Finding]:
    """By kind, the sites drawn, flagged and expected to be, added up over measures, by the limits of the policy."""
    alarms = tables["open_false_alarms"]
    for kind, rows in alarms[alarms["is_policy"].fillna(value=False).astype(bool)].groupby("kind", sort=False):
        shown = rows[rows["status"] == SHOWN]
        status, note = (SHOWN, "") if len(shown) else (TOO_FEW, str(rows["note"].iloc[0]))
        for name, column in (
            ("k_drawn", "k_drawn"),
            ("expected", "expected"),
            ("k_beyond", "k_beyond"),
            ("k_at_limit", "k_at_limit"),
        ):
            value = round(float(shown[column].sum()), 1) if len(shown) else None
            yield {**_finding(f"funnels.{kind}.{name}", value, unit="sites and measures", status=status), "statement": note}


def _waits(tables: dict[str, DataFrame]) -> Iterator[Finding]:
    waits = tables["open_waits"]
    declared = set(waits.loc[waits["site_id"] != "ALL", "weeks"])  # the other weeks are points of a curve
    for row in (row for row in _rows(waits, site_id="ALL") if row["weeks"] in declared):
        place = {"n": row["n"], "k_sites": row["k_sites"]}
        for name, status in (("seen", "status"), ("left", "left_status")):
            found = _finding(f"waits.{row['event']}.{row['weeks']}.{name}_pct", row[f"{name}_pct"], unit="percent", **place)
            yield {**found, "low": row[f"{name}_low_pct"], "high": row[f"{name}_high_pct"], "status": row[status]}


def _rows(table: DataFrame, **where: str) -> list[dict[str, Any]]:
    for column, value in where.items():
        table = table[table[column] == value]
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]
