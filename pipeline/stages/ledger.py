"""Ledger: what a run was made from, and the rows in and out of every table. It stays on the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.returns.decisions import FOR_ANALYST

if TYPE_CHECKING:
    from pandas import DataFrame


def ledger(
    quality: DataFrame, rejected: DataFrame, run: dict[str, Any], wrong: DataFrame, of_evidence: DataFrame
) -> dict[str, Any]:
    """`run` with the rows read, accepted and rejected of each table that was there, and the sites with a possible incident.

    `decisions` counts what became of the analyst's decisions and says what is wrong in their file; `wrong` is `decision_faults`.
    `of_evidence` is `evidence_faults`.
    """
    present = quality[quality["status"] != "absent"]
    rows: dict[str, Any] = {}
    for row in present.to_dict("records"):
        counts = {name: int(row[f"rows_{name}"]) for name in ("read", "accepted", "rejected")}
        rows.setdefault(row["site_id"], {})[row["table"]] = {"status": row["status"], **counts}
    incidents = sorted(rejected.loc[rejected["rule_id"] == "identifier-found", "site_id"].unique())
    told = {"is_incident": bool(of_evidence["is_incident"].any()), "faults": _faults(of_evidence, "cell", "costs")}
    return {**run, "rows": rows, "incidents": incidents, "decisions": _decisions(rejected, wrong), "evidence": told}


def _decisions(rejected: DataFrame, wrong: DataFrame) -> dict[str, Any]:
    not_applied = rejected[rejected["rule_id"].isin(FOR_ANALYST)]
    return {
        "n_applied": int((rejected["rule_id"] == "decision-applied").sum()),
        "not_applied": _texts(not_applied, "site_id", "sheet", "cell", "rule_id", "found", "expected"),
        "is_incident": bool(wrong["is_incident"].any()),
        "faults": _faults(wrong),
    }


def _faults(wrong: DataFrame, *more: str) -> list[dict[str, Any]]:
    """The faults of a file that the analyst keeps, with their lines."""
    lines = [None if line != line else int(line) for line in wrong["line"].astype("float64")]
    texts = _texts(wrong, "column", "found", "expected", "mend", *more)
    return [{"line": line, **each} for line, each in zip(lines, texts, strict=True)]


def _texts(frame: DataFrame, *columns: str) -> list[dict[str, str]]:
    rows = frame[list(columns)].fillna("").astype("str").itertuples(index=False)
    return [dict(zip(columns, row, strict=True)) for row in rows]
