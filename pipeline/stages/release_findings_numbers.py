"""Findings on what surrounds a pooled mean, from open tables alone: missing second scores, what comes by itself, other pools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.disclosure.rule import NOT_RECORDED, SHOWN, TOO_FEW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pandas import DataFrame

    from pipeline.measures import Measure

Finding = dict[str, Any]
_OUTCOMES = {
    "no_effect": {
        "already": "had they done no worse than similar women, the interval would already hold no change at all",
        "none_within_scale": "however badly they fared within the scale, the interval would still leave out no change",
    },
    "too_small": {
        "already": "had they done no worse than similar women, it would already lie below it",
        "none_within_scale": "however badly they fared within the scale, it would not",
    },
}


def findings_on_numbers(tables: dict[str, DataFrame], name: str, measure: Measure) -> Iterator[Finding]:
    """The findings of one measure, by dotted key."""
    yield from _missing(tables, name, measure)
    yield from _at_sites(tables, name, measure)
    for row in _rows(tables["open_balance"], measure=name, characteristic="first_score"):
        yield _finding(f"balance.{name}.first_score", row["difference"], unit="average SD", status=row["status"])
    for row in _rows(tables["open_verdicts"], measure=name):
        words = f"{row['verdict'].replace('_', ' ')}: {row['reason']}" if row["status"] == SHOWN else row["reason"]
        yield _finding(f"thresholds.{name}.verdict", status=row["status"], statement=words)
    yield from _twin(tables, name, measure)
    yield from _pools(tables, name, measure)
    yield from _shares(tables, name)
    yield from _timing(tables, name)


def _finding(key: str, value: Any = None, *, unit: str = "", status: str = SHOWN, statement: Any = "", **more: Any) -> Finding:
    return {"key": key, "value": value, "unit": unit, "status": status, "statement": statement, **more}


def _missing(tables: dict[str, DataFrame], name: str, measure: Measure) -> Iterator[Finding]:
    unit = measure.range.unit
    for row in _rows(tables["open_missing"], measure=name):
        place = {"unit": unit, "status": row["status"], "statement": row["note"], "k_sites": row["k_sites"]}
        yield _finding(f"missing.{name}.imputed", row["estimate"], low=row["low"], high=row["high"], **place)
        is_given = row["status"] != SHOWN or row["complete"] == row["complete"]
        place |= {} if is_given else {"status": TOO_FEW, "k_sites": None}
        yield _finding(f"missing.{name}.complete", row["complete"], n=row["n"], **place)
    for row in _rows(tables["open_scenarios"], measure=name):
        place = {"unit": unit, "status": row["status"], "statement": row["note"]}
        yield _finding(f"missing.{name}.{row['scenario']}", row["mean_improvement"], **place)
    for row in _rows(tables["open_tipping"], measure=name):
        words = _OUTCOMES[row["question"]].get(row["outcome"], row["note"])
        yield _finding(f"missing.{name}.{row['question']}", row["delta"], unit=unit, status=row["status"], statement=words)


def _at_sites(tables: dict[str, DataFrame], name: str, measure: Measure) -> Iterator[Finding]:
    """The mean of a site were all without a second score unchanged: from its rounded open figures, so that it tells no more."""
    complete = {row["site_id"]: row for row in _rows(tables["open_completeness"], measure=name, status=SHOWN)}
    for row in _rows(tables["open_sites"], measure=name, status=SHOWN):
        here = complete.get(row["site_id"])
        if here is not None and row["mean_improvement"] == row["mean_improvement"]:
            value = round(row["mean_improvement"] * here["n_paired"] / here["n_due"]) + 0.0
            yield _finding(f"missing.{name}.{row['site_id']}.site_no_change", value, unit=measure.range.unit)


def _twin(tables: dict[str, DataFrame], name: str, measure: Measure) -> Iterator[Finding]:
    rows = _rows(tables["open_twin"], measure=name)
    if not rows:
        return
    first = rows[0]
    place = {"unit": measure.range.unit, "status": first["status"], "statement": first["note"]}
    if first["status"] == SHOWN and not first["is_sourced"]:
        expected = [row["expected"] for row in rows]
        yield _finding(f"twin.{name}.expected", **{**place, "status": NOT_RECORDED})
        yield _finding(f"twin.{name}.expected_range", low=min(expected), high=max(expected), **place)
    else:
        yield _finding(f"twin.{name}.expected", first["expected"], **place)


def _pools(tables: dict[str, DataFrame], name: str, measure: Measure) -> Iterator[Finding]:
    unit = measure.range.unit
    for row in _rows(tables["open_agreement"], measure=name):
        place = {"unit": unit, "status": row["status"], "statement": row["note"], "k_sites": row["k_sites"]}
        yield _finding(f"sensitivity.{name}.one_model", row["estimate"], low=row["low"], high=row["high"], **place)
    rows = _rows(tables["open_sensitivity"], measure=name)
    known = [row["estimate"] for row in rows if row["status"] == SHOWN and row["estimate"] == row["estimate"]]
    if rows:
        ends: dict[str, Any] = (
            {"low": min(known), "high": max(known)} if known else {"status": TOO_FEW, "statement": rows[0]["note"]}
        )
        yield _finding(f"sensitivity.{name}.methods", unit=unit, **ends)
    for row in rows:
        if row["analysis"] == "one_site_left_out":
            place = {"unit": unit, "status": row["status"], "statement": row["note"]}
            yield _finding(f"sensitivity.{name}.one_site_left_out", low=row["least"], high=row["most"], **place)


def _shares(tables: dict[str, DataFrame], name: str) -> Iterator[Finding]:
    """Who has a second score by the first one, and who recovered."""
    for row in _rows(tables["open_severity"], measure=name):
        given = {"unit": "percent", "status": row["status"], "statement": row["note"], "n": row["n_due"]}
        yield _finding(f"completion.{name}.{row['band']}_pct", row["completion_pct"], **given)
    for row in _rows(tables["open_recovery"], measure=name):
        given = {"unit": "percent", "status": row["status"], "statement": row["note"], "n": row["n_cases"]}
        limits = {"low": row["share_low_pct"], "high": row["share_high_pct"]}
        yield _finding(f"recovery.{name}.{row['share']}_pct", row["share_pct"], **given, **limits)


def _timing(tables: dict[str, DataFrame], name: str) -> Iterator[Finding]:
    for row in _rows(tables["open_timing"], measure=name, site_id="ALL"):
        yield _finding(f"timing.{name}.median_days", row["median_days"], unit="days", status=row["status"])


def _rows(table: DataFrame, **where: str) -> list[dict[str, Any]]:
    for column, value in where.items():
        table = table[table[column] == value]
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]
