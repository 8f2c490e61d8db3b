"""The open tables: suppressed, rounded and free of persons; all that figures, documents and notebooks ever see."""

from pipeline import codes
from pipeline.tables.columns import Column, code, flag, number, table, text, whole
from pipeline.tables.returned import MEASURE, SITE

_STATUS = code("Status", codes.STATUSES, "Why a figure is or is not shown", needed=True)
_POINTS = {"unit": "points of the measure"}


def _n(title: str) -> Column:
    return whole(title, "Rounded; blank where it is not shown", unit="women")


def _estimate(name: str, title: str) -> dict[str, Column]:
    return {
        name: number(title, **_POINTS),
        f"{name}_low": number(f"{title}: lower 95 % limit", **_POINTS),
        f"{name}_high": number(f"{title}: upper 95 % limit", **_POINTS),
    }


_findings = {
    "key": text("Key", "Dotted name that sentences and documents ask for", needed=True),
    "value": number("Value"),
    "low": number("Lower 95 % limit"),
    "high": number("Upper 95 % limit"),
    "n": _n("Women behind the value"),
    "k_sites": whole("Sites behind the value", unit="sites"),
    "unit": text("Unit"),
    "status": _STATUS,
    "statement": text("Statement", "Words, where the finding is not a number"),
}
_sites = {
    "measure": MEASURE,
    "site_id": SITE,
    "n": _n("Women with both scores"),
    "mean_improvement": number("Mean improvement", **_POINTS),
    "low": number("Lower 95 % limit", **_POINTS),
    "high": number("Upper 95 % limit", **_POINTS),
    **_estimate("shrunken", "Shrunken estimate"),
    "grain": code("Grain", ("record", "aggregate")),
    "is_pooled": flag("Enters the released pool"),
    "status": _STATUS,
}
_pooled = {
    "measure": MEASURE,
    "k_sites": whole("Sites pooled", unit="sites"),
    "n": _n("Women pooled"),
    "mean_improvement": number("Pooled mean improvement", **_POINTS),
    "low": number("Lower 95 % limit", **_POINTS),
    "high": number("Upper 95 % limit", **_POINTS),
    "tau2": number("Variance between sites", unit="points squared"),
    "tau2_low": number("Variance between sites: lower limit", unit="points squared"),
    "tau2_high": number("Variance between sites: upper limit", unit="points squared"),
    "prediction_low": number("Prediction interval: lower limit", **_POINTS),
    "prediction_high": number("Prediction interval: upper limit", **_POINTS),
    "rests_on": code("Rests on", ("own_variances", "one_variance"), "Each site's own variance, or one within all sites"),
    "k_sites_left_out": whole("Sites left out because too few women", unit="sites"),
    "has_shrunken_plot": flag("Whether the data can tell the sites apart"),
    "status": _STATUS,
    "note": text("Note", "Why something is not given"),
}
_flow = {
    "measure": MEASURE,
    "state": code("State", ("referred", *codes.FLOW_STATES), needed=True),
    "n": _n("Referrals"),
    "status": _STATUS,
}
_completeness = {
    "measure": MEASURE,
    "site_id": text("Site", "ALL for the study", needed=True),
    "n_due": _n("Due a second score"),
    "n_paired": _n("Due, with both scores"),
    "completion_pct": number("Completion", unit="percent"),
    "status": _STATUS,
}
_distribution = {
    "measure": MEASURE,
    "bin_low": number("Improvement from", needed=True, **_POINTS),
    "bin_high": number("to below", needed=True, **_POINTS),
    "n": _n("Women"),
    "status": _STATUS,
}
_classes = {
    "measure": MEASURE,
    "site_id": text("Site", "ALL for the study", needed=True),
    "class": text("Class of change", needed=True),
    "n": _n("Women"),
    "share_pct": number("Share", unit="percent"),
    "share_low_pct": number("Share: lower 95 % limit", unit="percent"),
    "share_high_pct": number("Share: upper 95 % limit", unit="percent"),
    "status": _STATUS,
}
_returns = {
    "site_id": SITE,
    "status": code("Status", codes.RETURNS, needed=True),
    "n_referrals": _n("Referrals accepted"),
    "faults": text("Faults", "In bands: none, 1 to 9, 10 to 99, 100 and more", needed=True),
    "n_status": _STATUS,
}
_decisions = {
    "rule_id": text("Rule", "The rule of the fault that was decided on", needed=True),
    "reason_code": code("Reason", codes.DECISION_REASONS, needed=True),
    "decision": code("Decision", codes.DECISIONS, needed=True),
    "n": whole("Cells decided on", "Rounded; blank where it is not shown", unit="cells"),
    "status": _STATUS,
}
_theories = {
    "theory_id": text("Theory", needed=True),
    "title": text("Title", needed=True),
    "context": text("Context in words", needed=True),
    "mechanism": text("Mechanism in words", needed=True),
    "outcome": text("Outcome in words", needed=True),
    "k_sites_with": whole("Sites with the context", unit="sites"),
    "k_sites_without": whole("Sites without it", unit="sites"),
    "n_women_with": _n("Pairs, or people counted, at sites with it"),
    "n_women_without": _n("Pairs, or people counted, at sites without it"),
    "unit": text("Unit of the contrast", needed=True),
    "estimate": number("Contrast"),
    "low": number("Lower 95 % limit"),
    "high": number("Upper 95 % limit"),
    "estimate_adjusted": number("Contrast, adjusted for first scores"),
    "low_adjusted": number("Adjusted: lower 95 % limit"),
    "high_adjusted": number("Adjusted: upper 95 % limit"),
    "smallest_detectable": number("Smallest detectable difference"),
    "verdict": code("Verdict", codes.VERDICTS, needed=True),
    "reason": text("Reason", needed=True),
    "would_count_against": text("What would count against it", needed=True),
    "registered": text("Registered", needed=True),
    "test": code("Test", ("moderation", "mediation", "configuration")),
    "counted": code("Whose numbers they are", ("women", "answers", "staff", "attendees")),
    "population": text("Population in words", "Blank for all women"),
    "testability": text("What could be tested, before any result"),
    "k_sites_unknown": whole("Sites that did not say", unit="sites"),
    "smallest_difference": number("Smallest difference that matters", "A choice of the theory; in the unit of the contrast"),
    "side": code("Side expected to have more", ("with", "without", "neither"), "neither: no difference is expected"),
    "component": text("Component of services that is the context", "Where open_services tells it by site"),
    "component_value": code("Its value in the context", ("y", "n")),
    "measure": text("Measure", "Where the outcome is the change of all women, which open_sites tells by site"),
    "status": _STATUS,
}
_disclosure_log = {
    "table": text("Open table", needed=True),
    "rule": text("Rule and version", needed=True),
    "k_cells": whole("Cells", needed=True),
    "k_cells_withheld": whole("Cells withheld", needed=True),
    "k_cells_since_release": whole("Cells withheld because of an earlier release", needed=True),
}

RELEASED = {
    schema.name: schema
    for schema in (
        table("findings", "Findings", "One row a finding", _findings, key=("key",)),
        table("open_sites", "Change by site", "One row a measure and site", _sites, key=("measure", "site_id")),
        table("open_pooled", "Change over all sites", "One row a measure", _pooled, key=("measure",)),
        table("open_flow", "Flow of women", "One row a measure and state", _flow, key=("measure", "state")),
        table("open_completeness", "Completeness", "One row a measure and site", _completeness, key=("measure", "site_id")),
        table(
            "open_distribution", "Distribution of change", "One row a measure and bin", _distribution, key=("measure", "bin_low")
        ),
        table(
            "open_classes",
            "Classes of change",
            "One row a measure, site and class",
            _classes,
            key=("measure", "site_id", "class"),
        ),
        table("open_returns", "Returns", "One row a site", _returns, key=("site_id",)),
        table(
            "open_decisions",
            "Decisions on faults",
            "One row a rule, reason and decision",
            _decisions,
            key=("rule_id", "reason_code", "decision"),
        ),
        table("open_theories", "Theories", "One row a theory", _theories, key=("theory_id",)),
        table("disclosure_log", "Disclosure log", "One row an open table", _disclosure_log, key=("table",)),
    )
}
