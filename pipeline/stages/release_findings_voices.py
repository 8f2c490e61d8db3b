"""Findings on voices, from open tables alone: who answered, positive answers, options, scores and their change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.disclosure.rule import SHOWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pandas import DataFrame

Finding = dict[str, Any]
_WHY = "Too few people, or too few sites, stand behind it."
_POINTS = "points of the construct"


def findings_on_voices(tables: Mapping[str, DataFrame]) -> Iterator[Finding]:
    """The findings of every topic, by dotted key; nothing of what no site returned."""
    for row in _rows(tables, "open_voices", site_id="ALL"):
        yield _finding(f"voices.{row['topic']}.people", row["n"], row, unit="people", n=row["n"])
    for row in _rows(tables, "open_answers", part="positive"):
        key = f"voices.{row['instrument']}.{row['question']}.positive_pct"
        yield _finding(key, row["share_pct"], row, unit="percent", n=row["n_answered"], **_limits(row, "share_{}_pct"))
    for row in _rows(tables, "open_survey", group="ALL"):
        key = f"voices.survey.{row['question']}.{row['option']}.share_pct"
        yield _finding(key, row["share_pct"], row, unit="percent", n=row["n_answered"], **_limits(row, "share_{}_pct"))
    for row in _rows(tables, "open_staff_change", occasion="after"):
        name = "change" if row["comparison"] == "paired" else "cohorts"
        key = f"voices.{row['topic']}.{row['instrument']}.{row['construct']}.{name}"
        yield _finding(key, row["change"], row, unit=_POINTS, n=row["n_after"], **_limits(row, "{}"))
    for row in _rows(tables, "open_constructs"):
        if not isinstance(row["occasion"], str):
            key = f"voices.{row['instrument']}.{row['construct']}.{row['wave']}.score"
            yield _finding(key, row["mean"], row, unit=_POINTS, n=row["n"], **_limits(row, "{}"))


def _finding(key: str, value: Any, row: dict[str, Any], **more: Any) -> Finding:
    why = "" if row["status"] == SHOWN else row.get("note") or _WHY
    return {"key": key, "value": value, "status": row["status"], "statement": why, "k_sites": row["k_sites"], **more}


def _limits(row: dict[str, Any], name: str) -> dict[str, Any]:
    return {end: row[name.format(end)] for end in ("low", "high")}


def _rows(tables: Mapping[str, DataFrame], name: str, **where: str) -> list[dict[str, Any]]:
    table = tables.get(name)
    if table is None:
        return []
    for column, value in where.items():
        table = table[table[column] == value]
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]
