"""Open tables of what services offer, of types of service, and of improvement by pathway and intervention."""

from pipeline import codes
from pipeline.tables.columns import code, number, table, text, whole
from pipeline.tables.described import COMPONENT, COUNTS, KIND, PROFILES, TYPOLOGY, VALUE
from pipeline.tables.returned import MEASURE, SITE

_STATUS = code("Status", codes.STATUSES, "Why a figure is or is not shown", needed=True)
_types = {
    "site_id": SITE,
    "type": text("Type", "Blank where the service has none"),
    "status": code(
        "Status", ("not_returned", "not_open_yet", "not_recorded", "no_types", "shown"), "Why it has a type or none", needed=True
    ),
}
_profiles = {
    **{name: column for name, column in PROFILES.items() if name not in ("share", "share_others")},
    "share_pct": number("Share of the type's services with it", unit="percent"),
    "share_others_pct": number("Share of all other services with it", unit="percent"),
}
_subgroups = {
    "measure": MEASURE,
    "dimension": code("By", ("pathway", "intervention"), needed=True),
    "group": text("Group", "One pathway or intervention alone, `several`, or none recorded", needed=True),
    "k_sites_offering": whole("Sites that offer it", "Blank for `several` and where none is recorded", unit="sites"),
    "k_sites": whole("Sites with such women", unit="sites"),
    "n": whole("Women with both scores", "Rounded; blank where it is not shown", unit="women"),
    "mean_pre": number("Mean first score", unit="points"),
    "mean_improvement": number("Mean improvement", "Over all sites, never by site", unit="points"),
    "low": number("Mean improvement: lower 95 % limit", "None from fewer than five sites", unit="points"),
    "high": number("Mean improvement: upper 95 % limit", unit="points"),
    "status": _STATUS,
}

RELEASED_DELIVERY = {
    schema.name: schema
    for schema in (
        table(
            "open_services",
            "Services and models",
            "One row a site and component",
            {"site_id": SITE, "component": COMPONENT, "kind": KIND, "value": VALUE},
            key=("site_id", "component"),
        ),
        table("open_components", "Services by component", "One row a component", COUNTS, key=("component",)),
        table("open_typology", "Typology of services", "One row a type, and one for all", TYPOLOGY, key=("type",)),
        table("open_types", "Services by type", "One row a site", _types, key=("site_id",)),
        table("open_type_profiles", "Profiles of types", "One row a type and component", _profiles, key=("type", "component")),
        table(
            "open_subgroups",
            "Improvement by pathway and intervention",
            "One row a measure, dimension and group",
            _subgroups,
            key=("measure", "dimension", "group"),
        ),
    )
}
