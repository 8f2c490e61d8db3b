"""Open tables of change over all sites: sizes of change, recovery, second scores by the first, theories with imputed scores."""

from __future__ import annotations

from typing import Any

from pipeline import codes
from pipeline.tables.columns import Column, code, number, table, text, whole
from pipeline.tables.compared_change import BANDS
from pipeline.tables.returned import MEASURE

_STATUS = code("Status", codes.STATUSES, "Why a figure is or is not shown", needed=True)
_NOTE = text("Note", "Why something is not given")
_PERCENT: dict[str, Any] = {"unit": "percent"}
_POINTS: dict[str, Any] = {"unit": "points of the measure"}
RECOVERIES = ("recovered", "reliably_recovered")


def _n(title: str) -> Column:
    return whole(title, "Rounded; blank where it is not shown", unit="women")


def _with_limits(name: str, title: str, unit: str) -> dict[str, Column]:
    ends = {f"{name}_{end}": number(f"{title}: {word} 95 % limit", unit=unit) for end, word in _ENDS.items()}
    return {name: number(title, unit=unit), **ends}


_ENDS = {"low": "lower", "high": "upper"}
_effects = {
    "measure": MEASURE,
    "n": _n("Women with both scores"),
    **_with_limits("d_z", "Standardised by the SD of change", "SD of change"),
    **_with_limits("d_av", "Standardised by the average SD", "average SD"),
    **_with_limits("d_pre", "Standardised by the SD of first scores, bias corrected", "SD of first scores"),
    "r": number("Correlation of first and last score", "Two decimals"),
    **_with_limits("hodges_lehmann", "Hodges-Lehmann estimate of improvement", _POINTS["unit"]),
    "wilcoxon_p": number("p of Wilcoxon's signed rank test", "Three decimals, 0.001 for anything less"),
    "status": _STATUS,
    "note": _NOTE,
}
_recovery = {
    "measure": MEASURE,
    "share": code("Share", RECOVERIES, "Of the women who were cases before", needed=True),
    "cut_off": number("Clinical cut-off", "Sourced", **_POINTS),
    "n_cases": _n("Cases before"),
    "n": _n("Recovered, or reliably recovered"),
    "share_pct": number("Share", "From rounded counts", **_PERCENT),
    "share_low_pct": number("Share: lower 95 % limit", **_PERCENT),
    "share_high_pct": number("Share: upper 95 % limit", **_PERCENT),
    "status": _STATUS,
    "note": _NOTE,
}
_severity = {
    "measure": MEASURE,
    "band": code("Band of the first score", BANDS, "By the sourced cut-off where there is one, else thirds", needed=True),
    "cut": number("Clinical cut-off", "Blank for thirds", **_POINTS),
    "n_due": _n("Due, with a first score in the band"),
    "n_paired": _n("Of these, with both scores"),
    "completion_pct": number("Completion", "From rounded counts", **_PERCENT),
    "status": _STATUS,
    "note": _NOTE,
}
_timing = {
    "measure": MEASURE,
    "site_id": text("Site", "ALL for the study", needed=True),
    **{
        f"{name}_days": number(f"Days from first score to treatment: {words}", "Whole; below 0 where it had begun", unit="days")
        for name, words in (("lower", "lower quartile"), ("median", "median"), ("upper", "upper quartile"))
    },
    "status": _STATUS,
}
_theory_imputed = {
    "theory_id": text("Theory", needed=True),
    "estimate": number("Contrast with imputed second scores"),
    "low": number("Lower 95 % limit"),
    "high": number("Upper 95 % limit"),
    "unit": text("Unit of the contrast", needed=True),
    "method": text("Method", "What is contrasted in each completed data set"),
    "status": _STATUS,
    "note": _NOTE,
}

RELEASED_CHANGE = {
    schema.name: schema
    for schema in (
        table("open_effects", "Sizes of change", "One row a measure", _effects, key=("measure",)),
        table("open_recovery", "Recovery", "One row a measure and share", _recovery, key=("measure", "share")),
        table("open_timing", "From first score to treatment", "One row a measure and site", _timing, key=("measure", "site_id")),
        table(
            "open_severity",
            "Second scores by the first",
            "One row a measure and band of the first score",
            _severity,
            key=("measure", "band"),
        ),
        table(
            "open_theory_imputed",
            "Theories with imputed second scores",
            "One row a theory",
            _theory_imputed,
            key=("theory_id",),
        ),
    )
}
