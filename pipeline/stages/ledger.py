"""Ledger: what a run was made from, and the rows in and out of every table. It stays on the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pandas import DataFrame


def ledger(quality: DataFrame, rejected: DataFrame, run: dict[str, Any]) -> dict[str, Any]:
    """`run` with the rows read, accepted and rejected of each table that was there, and the sites with a possible incident."""
    present = quality[quality["status"] != "absent"]
    rows: dict[str, Any] = {}
    for row in present.to_dict("records"):
        counts = {name: int(row[f"rows_{name}"]) for name in ("read", "accepted", "rejected")}
        rows.setdefault(row["site_id"], {})[row["table"]] = {"status": row["status"], **counts}
    incidents = sorted(rejected.loc[rejected["rule_id"] == "identifier-found", "site_id"].unique())
    return {**run, "rows": rows, "incidents": incidents}
