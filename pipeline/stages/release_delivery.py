"""What may leave of services: what each offers and its type. These are facts of organisations and tell of no woman."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame

Tables = dict[str, "DataFrame"]


def release_delivery(exact: Tables) -> Tables:
    """The open tables of components, of how many services have each, and of types. Staff are in bands already."""
    typology, profiles = exact["typology"], exact["type_profiles"]
    rounded = {"likeness": 2, "width": 2, "p_value": 3, "agreement_left_out": 2, "agreement_linkage": 2}
    return {
        "open_services": exact["components"],
        "open_components": exact["component_counts"],
        "open_typology": typology.round(rounded),
        "open_types": exact["site_types"].drop(columns=["width", "is_used"]),
        "open_type_profiles": profiles.assign(
            share_pct=(100 * profiles["share"]).round(0), share_others_pct=(100 * profiles["share_others"]).round(0)
        ).drop(columns=["share", "share_others"]),
    }
