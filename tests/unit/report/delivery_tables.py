"""Invented open tables of services: how many have each component, types where there are enough sites, women by pathway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline import codes

if TYPE_CHECKING:
    from pipeline.measures import Measure
    from tests.unit.report.conftest import Tables

SETTINGS = {"wave": "EI", "area": "whole_system", "time_limit_months": "12", "wte_psychology": "2_to_5", "wte_midwifery": "none"}
CHANCE = "chance"


def surround(tables: Tables, measures: dict[str, Measure]) -> None:
    """Counts of components, settings, the typology and subgroups, as a release would hand them over."""
    _components(tables)
    _types(tables)
    for measure in measures.values():
        _subgroups(tables, measure.id)


def _components(tables: Tables) -> None:
    given = tables.rows["open_services"]
    for component, kind in dict((row["component"], row["kind"]) for row in given).items():
        answers = [row["value"] for row in given if row["component"] == component]
        row: dict[str, Any] = {"component": component, "kind": kind, "k_not_open_yet": 0, "k_not_returned": 0}
        row |= {"k_with": answers.count("y"), "k_without": answers.count("n"), "k_not_recorded": answers.count("not_recorded")}
        tables.rows["open_components"].append(row)
    for site in tables.sites:
        for component, value in SETTINGS.items():
            kind = "staffing" if component.startswith("wte_") else "setting"
            value = "no_limit" if component == "time_limit_months" and site == "S02" else value
            given.append({"site_id": site, "component": component, "kind": kind, "value": value})
    tables.finding("delivery.k_described", len(tables.sites), unit="sites")


def _types(tables: Tables) -> None:
    k_sites = len(tables.sites)
    has_types = k_sites >= 12
    whole: dict[str, Any] = {"type": "ALL", "k_sites": k_sites, "k_components": 15, "verdict": "stable" if has_types else "none"}
    whole |= {"reason": "" if has_types else CHANCE, "k_types": 2 if has_types else None}
    if has_types:
        whole |= {"likeness": 0.81, "p_value": 0.002, "agreement_left_out": 0.79, "left_out": "emdr", "agreement_linkage": 0.93}
    tables.rows["open_typology"].append(whole)
    for position, site in enumerate(tables.sites):
        row = {"site_id": site, "type": "AB"[position % 2] if has_types else None}
        tables.rows["open_types"].append({**row, "status": "shown" if has_types else "no_types"})
    for name, share in (("A", 93), ("B", 13)) if has_types else ():
        half = k_sites // 2
        each = {"type": name, "k_sites": half, "verdict": "stable" if name == "A" else "patterns"}
        tables.rows["open_typology"].append({**each, "likeness": 0.91 if name == "A" else 0.71})
        for component, kind in (("tokophobia", "pathway"), *((code, "intervention") for code in codes.INTERVENTIONS)):
            row = {"type": name, "component": component, "kind": kind, "k_with": round(half * share / 100), "k_answered": half}
            told = component in ("tokophobia", "emdr")
            row |= {"share_pct": share if told else 53, "share_others_pct": 106 - share if told else 53, "is_telling": told}
            tables.rows["open_type_profiles"].append(row)


def _subgroups(tables: Tables, measure: str) -> None:
    for dimension, groups in (("pathway", codes.PATHWAYS), ("intervention", codes.INTERVENTIONS)):
        for group in (*groups, "several"):
            row: dict[str, Any] = {"measure": measure, "dimension": dimension, "group": group, "status": "too_few"}
            row["k_sites_offering"] = None if group == "several" else 17
            if group == "vig":
                row |= {"status": "not_offered", "k_sites_offering": 0}
            elif group in ("birth_trauma", "perinatal_loss", "emdr", "midwifery") and not tables.few:
                row |= {"status": "shown", "n": 240, "k_sites": min(11, len(tables.sites)), "mean_pre": 44.1}
                row |= {"mean_improvement": 14.2}
                row |= {"low": 12.1, "high": 16.3} if len(tables.sites) >= 5 else {}
            tables.rows["open_subgroups"].append(row)
