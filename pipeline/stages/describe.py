"""Describe: what each service offers and how it is staffed, from its latest return, and which types of service there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.codes import INTERVENTIONS, PATHWAYS, SERVICE_FEATURES
from pipeline.stages.describe_outcomes import subgroups
from pipeline.stages.describe_types import types_of
from pipeline.tables import empty, shape

if TYPE_CHECKING:
    from collections.abc import Collection

    from pandas import DataFrame, Series

    from pipeline.measures import Measure

YES, NO = "y", "n"
NOT_RETURNED, NOT_OPEN_YET, NOT_RECORDED = "not_returned", "not_open_yet", "not_recorded"
NO_ANSWERS = (NOT_RETURNED, NOT_OPEN_YET, NOT_RECORDED)
NO_LIMIT = "no_limit"
STAFF = ("wte_psychology", "wte_midwifery", "wte_peer_support", "wte_psychiatry", "wte_other")
SETTINGS = ("wave", "area", "time_limit_months")
KINDS = {
    **dict.fromkeys(PATHWAYS, "pathway"),
    **dict.fromkeys(INTERVENTIONS, "intervention"),
    **dict.fromkeys(SERVICE_FEATURES, "feature"),
    **dict.fromkeys(SETTINGS, "setting"),
    **dict.fromkeys(STAFF, "staffing"),
}
"""Every component that is told of a service, and its kind. Those of the first three kinds are answered yes or no."""
BINARY = (*PATHWAYS, *INTERVENTIONS, *SERVICE_FEATURES)
BANDS = ((0.0, "none"), (1.0, "under_1"), (2.0, "1_to_2"), (5.0, "2_to_5"), (float("inf"), "5_and_more"))
"""Whole-time equivalents below the number; exactly none stands apart. A band says how large a team is, not who is in it."""


def describe(
    rows: dict[str, DataFrame], measures: dict[str, Measure], seed: int, sites: Collection[str] = ()
) -> dict[str, DataFrame]:
    """What services are (`services`), and how much women improved by pathway and intervention (`subgroups`).

    `rows`: the tables that the plan names as behind these; `sites`: those of the config, whether they returned anything or not.
    """
    found = services(rows["accepted_service"], rows["quality"], seed, sites)
    return {**found, "subgroups": subgroups(rows["change"], rows["accepted_referrals"], measures)}


def services(service: DataFrame, quality: DataFrame, seed: int, known_sites: Collection[str] = ()) -> dict[str, DataFrame]:
    """`components` of every service, `component_counts` over services, and the typology.

    `service` as accepted; of several periods of a site the latest counts, as a service changes. `quality` names the sites that
    returned anything at all, `known_sites` those of the config: one without a description has `not_returned`. A service that
    had not opened by the end of the period has `not_open_yet`, and an open one without an answer `not_recorded`.
    """
    import pandas as pd

    sites = sorted({*service["site_id"], *quality["site_id"], *known_sites})
    if not sites or service.empty:
        return {name: empty(name) for name in ("components", "component_counts", "typology", "site_types", "type_profiles")}
    latest = latest_period(service)
    answers = pd.DataFrame({name: _answers(latest, name) for name in KINDS}, index=latest.index).reindex(sites)
    unopened = is_unopened(latest).reindex(sites, fill_value=False)
    known = answers.fillna(NOT_RECORDED)
    known[unopened.to_numpy()] = NOT_OPEN_YET
    known[~answers.index.isin(latest.index)] = NOT_RETURNED
    table = known.rename_axis("site_id").reset_index().melt("site_id", var_name="component", value_name="value")
    order = {name: position for position, name in enumerate(KINDS)}
    table = table.assign(kind=table["component"].map(KINDS), rank=table["component"].map(order))
    table = table.sort_values(["site_id", "rank"], kind="stable")
    components = shape("components", table)
    return {"components": components, "component_counts": _counts(components), **types_of(known[list(BINARY)], KINDS, seed)}


def is_unopened(latest: DataFrame) -> Series[bool]:
    """By site, whether its service had not opened by the end of the latest period."""
    unopened: Series[bool] = latest["go_live_date"] > latest["period_end"]
    return unopened


def latest_period(service: DataFrame) -> DataFrame:
    """One row a site, by site: the latest period, and of that the last version."""
    ordered = service.sort_values(["period_end", "return_version"], kind="stable", na_position="first")
    return ordered.drop_duplicates("site_id", keep="last").set_index("site_id").sort_index()


def staff_band(wte: float) -> str:
    """The band of a number of whole-time equivalents."""
    return next(word for limit, word in BANDS if wte < limit or wte == limit == 0)


def _answers(latest: DataFrame, name: str) -> Series[Any]:
    """What the services say of a component, missing where they say nothing."""
    given = latest[name].astype("object")
    if name in STAFF:
        return given.map(staff_band, na_action="ignore").astype("object")
    if name == "time_limit_months":  # blank is no limit, at a service that says anything of its features
        says = latest[["time_limit_months", *SERVICE_FEATURES]].notna().any(axis=1)
        return given.map(lambda months: f"{months:g}", na_action="ignore").astype("object").fillna(NO_LIMIT).where(says)
    return given


def _counts(components: DataFrame) -> DataFrame:
    """Services with, without and of unknown answer, a row a component answered yes or no."""
    mine = components[components["component"].isin(BINARY)]
    table = mine.pivot_table(index="component", columns="value", values="site_id", aggfunc="count", fill_value=0)
    table = table.reindex(index=list(BINARY), columns=[YES, NO, *NO_ANSWERS], fill_value=0)
    table = table.rename(columns={YES: "k_with", NO: "k_without", **{name: f"k_{name}" for name in NO_ANSWERS}})
    return shape("component_counts", table.rename_axis("component").reset_index().assign(kind=[KINDS[name] for name in BINARY]))
