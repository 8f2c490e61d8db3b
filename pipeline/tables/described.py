"""What services offer, exact: components, how many services have each, and the types of service."""

from pipeline.tables.columns import code, counts, flag, number, table, text, whole
from pipeline.tables.returned import MEASURE, SITE

KIND = code("Kind", ("pathway", "intervention", "feature", "setting", "staffing"), needed=True)
COMPONENT = text("Component", "Pathway, intervention, feature, setting or staff of the service", needed=True)
VALUE = text("Value", "y, n, a wave, an area, months, a band of whole-time equivalents, or why there is no answer", needed=True)
VERDICT = code(
    "Verdict", ("stable", "patterns", "none"), "stable: types; patterns: which services belong is doubtful", needed=True
)
TYPE = text("Type", "A, B and so on, the largest first, then by site code; ALL for the typology as a whole", needed=True)
COUNTS = {
    "component": COMPONENT,
    "kind": KIND,
    "k_with": whole("Services with it", unit="sites"),
    "k_without": whole("Services without it", unit="sites"),
    "k_not_recorded": whole("Open services without an answer", unit="sites"),
    "k_not_open_yet": whole("Services not open yet", unit="sites"),
    "k_not_returned": whole("Sites that returned no description", unit="sites"),
}
TYPOLOGY = {
    "type": TYPE,
    "k_sites": whole("Services grouped, or of the type", unit="sites"),
    "k_components": whole("Components that they were grouped by"),
    "k_types": whole("Types of the best grouping"),
    "verdict": VERDICT,
    "reason": text("Reason", "Why there are no types: few_units, small_groups, alike, chance or unstable; blank where there are"),
    "likeness": number("Mean Jaccard likeness when services are drawn anew", "Of the least stable type, in the row ALL"),
    "width": number("Mean silhouette width"),
    "p_value": number("Share of groupings of chance that are as distinct"),
    "agreement_left_out": number("Least agreement when one component is left out", "Adjusted Rand index"),
    "left_out": text("That component"),
    "agreement_linkage": number("Agreement with average linkage", "Adjusted Rand index"),
}
_SITE_TYPES = {
    "site_id": SITE,
    "type": text("Type", "Blank where the service has none"),
    "width": number("Silhouette width"),
    "is_used": flag("Grouped", "More than half of its components are recorded", needed=True),
    "status": code(
        "Status", ("not_returned", "not_open_yet", "not_recorded", "no_types", "shown"), "Why it has a type or none", needed=True
    ),
}
PROFILES = {
    "type": TYPE,
    "component": COMPONENT,
    "kind": KIND,
    "k_with": whole("Services of the type with it", unit="sites"),
    "k_answered": whole("Services of the type that answered", unit="sites"),
    "share": number("Share of the type's services with it"),
    "share_others": number("Share of all other services with it"),
    "is_telling": flag("Describes the type"),
}
_SUBGROUPS = {
    "measure": MEASURE,
    "dimension": code("By", ("pathway", "intervention"), needed=True),
    "group": text("Group", "One code alone, `several`, or why there is none", needed=True),
    "site_id": text("Site", "ALL for all sites", needed=True),
    **counts(n="Women with both scores"),
    "k_sites": whole("Sites with such women", unit="sites"),
    "mean_pre": number("Mean first score", unit="points"),
    "mean_improvement": number("Mean improvement", unit="points"),
    "low": number("Mean improvement: lower 95 % limit", unit="points"),
    "high": number("Mean improvement: upper 95 % limit", unit="points"),
}

DESCRIBED = {
    schema.name: schema
    for schema in (
        table(
            "components",
            "Components of services",
            "One row a site and component",
            {"site_id": SITE, "component": COMPONENT, "kind": KIND, "value": VALUE},
            key=("site_id", "component"),
        ),
        table("component_counts", "Services by component", "One row a component", COUNTS, key=("component",)),
        table("typology", "Typology of services", "One row a type, and one for all", TYPOLOGY, key=("type",)),
        table("site_types", "Services by type", "One row a site", _SITE_TYPES, key=("site_id",)),
        table("type_profiles", "Profiles of types", "One row a type and component", PROFILES, key=("type", "component")),
        table(
            "subgroups",
            "Improvement by pathway and intervention",
            "One row a measure, dimension, group and site",
            _SUBGROUPS,
            key=("measure", "dimension", "group", "site_id"),
        ),
    )
}
