"""Open tables of what surrounds a change figure: missing second scores, thresholds, what comes by itself, other ways to pool."""

from __future__ import annotations

from typing import Any

from pipeline import codes
from pipeline.tables.columns import Column, code, flag, number, table, text, whole
from pipeline.tables.returned import MEASURE

_STATUS = code("Status", codes.STATUSES, "Why a figure is or is not shown", needed=True)
_NOTE = text("Note", "Why something is not given")
_POINTS: dict[str, Any] = {"unit": "points of the measure"}
_PERCENT: dict[str, Any] = {"unit": "percent"}
_SITES = whole("Sites behind the figure", unit="sites")

SCENARIOS = ("tenth_percentile", "no_change", "ninetieth_percentile")
QUESTIONS = ("no_effect", "too_small")
OUTCOMES = ("reached", "already", "none_within_scale", "not_assessed")
ANALYSES = (
    *("dersimonian_laird", "paule_mandel", "maximum_likelihood", "normal_interval", "one_variance", "records_alone"),
    "own_variances",
    *("other_correlations", "held_back_counts"),
    *("all_referrals", "all_referrals_of_records", "last_before_treatment", "one_site_left_out"),
)


def _n(title: str) -> Column:
    return whole(title, "Rounded; blank where it is not shown", unit="women")


def _limits(title: str) -> dict[str, Column]:
    return {end: number(f"{title}: {word} 95 % limit", **_POINTS) for end, word in (("low", "lower"), ("high", "upper"))}


_missing = {
    "measure": MEASURE,
    "k_sites": _SITES,
    "n": _n("Women with both scores"),
    "complete": number("Pooled mean improvement of women with both scores", **_POINTS),
    "estimate": number("Pooled mean improvement with imputed second scores", **_POINTS),
    **_limits("With imputed second scores"),
    "status": _STATUS,
    "note": _NOTE,
}
_scenarios = {
    "measure": MEASURE,
    "scenario": code("Scenario", SCENARIOS, "What every missing improvement is set to", needed=True),
    "fill": number("Improvement in place of every missing one", "Whole points", **_POINTS),
    "mean_improvement": number("Mean improvement then", "Whole points, without an interval", **_POINTS),
    "status": _STATUS,
    "note": _NOTE,
}
_tipping = {
    "measure": MEASURE,
    "question": code(
        "Question", QUESTIONS, "No effect: the interval holds no change; too small: below what matters", needed=True
    ),
    "outcome": code("Outcome", OUTCOMES),
    "delta": number("Points worse than similar women with a second score", "Where the answer first turns", **_POINTS),
    "smallest_important": number("Smallest important change", **_POINTS),
    "status": _STATUS,
    "note": _NOTE,
}
_balance = {
    "measure": MEASURE,
    "characteristic": text("Characteristic when she came", needed=True),
    "mean_paired": number("Mean of women with a second score", **_POINTS),
    "mean_unpaired": number("Mean of women without one", **_POINTS),
    "share_paired_pct": number("Share of women with a second score", "From rounded counts", **_PERCENT),
    "share_unpaired_pct": number("Share of women without one", "From rounded counts", **_PERCENT),
    "difference": number("Standardised difference, with less without a second score", unit="average SD"),
    "status": _STATUS,
}
_thresholds = {
    "measure": MEASURE,
    "points": number("Threshold", needed=True, **_POINTS),
    "is_published": flag("Published", needed=True),
    "improved_pct": number("Improved by so much", "From rounded counts", **_PERCENT),
    "low_pct": number("Improved by so much: lower 95 % limit", **_PERCENT),
    "high_pct": number("Improved by so much: upper 95 % limit", **_PERCENT),
    "deteriorated_pct": number("Deteriorated by so much", "From rounded counts", **_PERCENT),
    "twin_pct": number("Improved by so much through regression to the mean alone", "Expected", **_PERCENT),
    "status": _STATUS,
}
_verdicts = {
    "measure": MEASURE,
    "verdict": code("Verdict", ("fragile", "not_fragile", "not_assessed")),
    "reason": text("Reason"),
    "status": _STATUS,
}
_twin = {
    "measure": MEASURE,
    "is_sourced": flag("Population sourced", needed=True),
    "population_mean": number("Mean of the unselected population", "Sourced, or one of several that are tried", **_POINTS),
    "retest": number("Test-retest correlation"),
    "observed": number("Mean improvement seen", "In whole points", **_POINTS),
    "expected": number("Mean improvement through regression to the mean alone", **_POINTS),
    "improved_pct": number("Reliably improved through regression to the mean alone", "Expected", **_PERCENT),
    "deteriorated_pct": number("Reliably deteriorated through regression to the mean alone", "Expected", **_PERCENT),
    "status": _STATUS,
    "note": _NOTE,
}
_methods = {
    "measure": MEASURE,
    "method": text("Method of reliable change", needed=True),
    "class": code("Class", (*codes.CHANGE_CLASSES[:3], "not_reliably_improved"), needed=True),
    "n": _n("Women"),
    "share_pct": number("Share", "From rounded counts", **_PERCENT),
    "reliability": number("Reliability used"),
    "status": _STATUS,
}
_agreement = {
    "measure": MEASURE,
    "k_sites": _SITES,
    "estimate": number("Mean improvement by one model over all women", **_POINTS),
    **_limits("One model"),
    "two_stage": number("Mean improvement pooled over the same sites", **_POINTS),
    "two_stage_low": number("Pooled: lower 95 % limit", **_POINTS),
    "two_stage_high": number("Pooled: upper 95 % limit", **_POINTS),
    "icc": number("Share of the variance of improvement that lies between sites"),
    "agrees": flag("Both ways agree"),
    "status": _STATUS,
    "note": _NOTE,
}
_sensitivity = {
    "measure": MEASURE,
    "analysis": code("Analysis", ANALYSES, needed=True),
    "k_sites": _SITES,
    "estimate": number("Pooled mean improvement", **_POINTS),
    **_limits("Pooled mean improvement"),
    "least": number("Least of several pooled means", **_POINTS),
    "most": number("Most of several pooled means", **_POINTS),
    "status": _STATUS,
    "note": _NOTE,
}

RELEASED_NUMBERS = {
    schema.name: schema
    for schema in (
        table("open_missing", "Imputed second scores", "One row a measure", _missing, key=("measure",)),
        table("open_scenarios", "Scenarios", "One row a measure and scenario", _scenarios, key=("measure", "scenario")),
        table("open_tipping", "Tipping points", "One row a measure and question", _tipping, key=("measure", "question")),
        table(
            "open_balance",
            "With and without a second score",
            "One row a measure and characteristic",
            _balance,
            key=("measure", "characteristic"),
        ),
        table(
            "open_thresholds",
            "Shares by threshold",
            "One row a measure and threshold",
            _thresholds,
            key=("measure", "points", "is_published"),
        ),
        table("open_verdicts", "Whether thresholds agree", "One row a measure", _verdicts, key=("measure",)),
        table("open_twin", "Regression to the mean", "One row a measure and population mean", _twin),
        table(
            "open_methods",
            "Methods of reliable change",
            "One row a measure, method and class",
            _methods,
            key=("measure", "method", "class"),
        ),
        table("open_agreement", "One stage beside two", "One row a measure", _agreement, key=("measure",)),
        table(
            "open_sensitivity",
            "The pool by other methods",
            "One row a measure and analysis",
            _sensitivity,
            key=("measure", "analysis"),
        ),
    )
}
