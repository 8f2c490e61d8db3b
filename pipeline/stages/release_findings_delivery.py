"""Findings on services, from open tables alone: how many are described, and what came of looking for types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pandas import DataFrame


def findings_on_delivery(tables: dict[str, DataFrame]) -> Iterator[dict[str, Any]]:
    """Sites that describe their service, by component the sites that offer it, and the verdict on types."""
    services = tables["open_services"]
    if services.empty:
        return
    told = services.loc[services["value"].isin(["y", "n"]), "site_id"].nunique()
    yield _finding("delivery.k_described", int(told), "sites")
    for row in tables["open_components"].to_dict("records"):
        yield _finding(f"delivery.{row['component']}.k_with", int(row["k_with"]), "sites")
    whole = tables["open_typology"]
    for row in whole[whole["type"] == "ALL"].to_dict("records"):
        found = row["verdict"] != "none"
        yield {**_finding("delivery.k_types", int(row["k_types"]) if found else 0, "types"), "statement": row["reason"] or ""}


def _finding(key: str, value: int, unit: str) -> dict[str, Any]:
    return {"key": key, "value": value, "unit": unit, "status": "shown", "statement": ""}
