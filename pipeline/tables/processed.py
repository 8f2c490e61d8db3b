"""The tables that the stages make on the way, exact and person-level or site-level; none of them leaves the machine."""

from pipeline import codes
from pipeline.tables.columns import Column, code, date, flag, number, table, text, whole
from pipeline.tables.returned import REFERRAL, RETURNED, SITE

MEASURE = text("Measure", "Identifier of the measure", needed=True)
_POINTS = {"unit": "points of the measure"}


def _counts(**titles: str) -> dict[str, Column]:
    return {name: whole(title, unit="women", nullable=True) for name, title in titles.items()}


def _interval(what: str) -> dict[str, Column]:
    return {
        "low": number(f"{what}: lower 95 % limit", **_POINTS),
        "high": number(f"{what}: upper 95 % limit", **_POINTS),
    }


_fault = {
    "site_id": SITE,
    "table": text("Table", "Table of the return, or blank for the whole return"),
    "sheet": text("Sheet", "Worksheet, or the CSV file's name"),
    "cell": text("Cell", "A1 form, in CSV files too"),
    "row": whole("Row", "Row of the sheet, counted from 1"),
    "column": text("Column"),
    "rule_id": text("Rule", "Stable identifier of the rule", needed=True),
    "severity": code("Severity", codes.SEVERITIES, needed=True),
    "found": text("Found", "Masked: the kind of thing found, and the value only where it cannot identify"),
    "expected": text("Expected"),
    "mend": text("How to mend"),
    "cost": text("What it costs", "What is lost if it is not mended"),
}

_scores = {
    "site_id": SITE,
    "referral_id": REFERRAL,
    "measure": MEASURE,
    "date": date("Date completed"),
    "occasion": code("Declared occasion", codes.OCCASIONS),
    "score": number("Score", **_POINTS),
    "items_answered": whole("Items answered"),
    "scored_from": code("Scored from", ("total", "items"), needed=True),
}

_change = {
    "site_id": SITE,
    "referral_id": REFERRAL,
    "person_id": text("Person"),
    "measure": MEASURE,
    "pre_date": date("Date of first score"),
    "post_date": date("Date of last score"),
    "pre": number("First score", needed=True, **_POINTS),
    "post": number("Last score", needed=True, **_POINTS),
    "improvement": number("Improvement", "Positive always means better", needed=True, **_POINTS),
    "rci": number("Reliable change index", "Blank where the measure gives no reliability", unit="standard errors"),
    "class": code("Class of change", codes.CHANGE_CLASSES, needed=True),
    "case_before": flag("Case before", "At or beyond the clinical cut-off"),
    "case_after": flag("Case after"),
    "recovered": flag("Recovered", "Case before and not after"),
    "reliably_recovered": flag("Reliably recovered", "Recovered and reliably improved"),
    "undated_treatment": flag("Treatment undated", "Paired by declared occasion or order, without treatment dates"),
    "first_referral": flag("First referral", "The woman's first paired referral on this measure, the one analysed"),
}

_flow = {
    "site_id": SITE,
    "measure": MEASURE,
    "state": code("State", codes.FLOW_STATES, "Exclusive; the states of a measure sum to the referrals", needed=True),
    "n_referrals": whole("Referrals", unit="referrals", needed=True),
    "n_persons": whole("Persons", unit="women", needed=True),
    "data_cut": date("Data cut", "The day up to which data count, the same in every row"),
}

_completeness = {
    "site_id": SITE,
    "measure": MEASURE,
    **_counts(
        n_referred="Referred",
        n_due="Due a second score by the end of the data",
        n_pre="Due, with a first score",
        n_paired="Due, with both scores",
        n_paired_all="Both scores, due or not",
    ),
    "mean_pre_paired": number("Mean first score of paired women", **_POINTS),
    "mean_pre_unpaired": number("Mean first score of women due without a second", **_POINTS),
    "sd_pre": number("SD of first scores of women due", **_POINTS),
}

_site_effects = {
    "measure": MEASURE,
    "site_id": SITE,
    "grain": code("Grain", ("record", "aggregate"), needed=True),
    **_counts(n_eligible="Due", n_pre="With a first score", n_paired="With both scores"),
    "mean_pre": number("Mean first score", **_POINTS),
    "sd_pre": number("SD of first scores", **_POINTS),
    "mean_post": number("Mean last score", **_POINTS),
    "sd_post": number("SD of last scores", **_POINTS),
    "r": number("Correlation of first and last score"),
    "mean_improvement": number("Mean improvement", **_POINTS),
    "se": number("Standard error of the mean improvement", **_POINTS),
    **_interval("Mean improvement"),
    "d_z": number("Standardised by the SD of change", unit="SD of change"),
    "d_av": number("Standardised by the average SD", unit="average SD"),
    "d_pre": number("Standardised by the SD of first scores, bias corrected", unit="SD of first scores"),
    "shrunken": number("Shrunken estimate", "Best linear unbiased prediction", **_POINTS),
    "shrunken_low": number("Shrunken estimate: lower 95 % limit", **_POINTS),
    "shrunken_high": number("Shrunken estimate: upper 95 % limit", **_POINTS),
    **_counts(
        n_reliably_improved="Reliably improved",
        n_no_reliable_change="No reliable change",
        n_reliably_deteriorated="Reliably deteriorated",
        n_case_before="Case before",
        n_recovered="Recovered",
        n_reliably_recovered="Reliably recovered",
    ),
    "is_pooled": flag("Pooled", "Whether the site enters the pooled estimate", needed=True),
    "note": text("Note", "Why a site stays out, or how its error was found"),
}

_pooled_numbers = {
    "k": whole("Sites pooled", needed=True),
    "n": whole("Women pooled", unit="women", needed=True),
    "estimate": number("Pooled mean improvement", **_POINTS),
    "se": number("Standard error", **_POINTS),
    **_interval("Pooled mean improvement, Knapp-Hartung"),
    "low_adhoc": number("Lower limit, Knapp-Hartung never narrower than z", **_POINTS),
    "high_adhoc": number("Upper limit, Knapp-Hartung never narrower than z", **_POINTS),
    "tau2": number("Variance between sites", unit="points squared"),
    "tau2_low": number("Variance between sites: lower Q-profile limit", unit="points squared"),
    "tau2_high": number("Variance between sites: upper Q-profile limit", unit="points squared"),
    "i2": number("I squared", unit="percent"),
    "h2": number("H squared"),
    "q": number("Cochran's Q"),
    "q_df": whole("Degrees of freedom of Q"),
    "q_p": number("p of Q"),
    "pi_low": number("Prediction interval, lower limit", **_POINTS),
    "pi_high": number("Prediction interval, upper limit", **_POINTS),
    "method": text("Method", needed=True),
}

_adjusted = {
    "measure": MEASURE,
    "site_id": SITE,
    "n": whole("Women", unit="women", needed=True),
    "estimate": number("Improvement at the grand mean of first scores", needed=True, **_POINTS),
    "se": number("Standard error", needed=True, **_POINTS),
}

_quality = {
    "site_id": SITE,
    "table": text("Table", needed=True),
    "status": code("Status", ("read", "set_aside", "absent"), needed=True),
    "form": code("Form of the return", ("workbook", "folder", "unreadable"), needed=True),
    "rows_read": whole("Rows read", unit="rows", needed=True),
    "rows_accepted": whole("Rows accepted", unit="rows", needed=True),
    "rows_rejected": whole("Rows rejected", unit="rows", needed=True),
    "n_values_blanked": whole("Values blanked", unit="values", needed=True),
    "n_warnings": whole("Warnings", needed=True),
    "is_duplicated": flag("Copies set aside", "Whether identical rows were kept once"),
}

_testability = {
    "theory_id": text("Theory", needed=True),
    "measure": MEASURE,
    "sites_with": whole("Sites with the context", needed=True),
    "sites_without": whole("Sites without it", needed=True),
    "sites_unknown": whole("Sites that did not say", needed=True),
    "women_with": whole("Pairs at sites with it", unit="women", needed=True),
    "women_without": whole("Pairs at sites without it", unit="women", needed=True),
    "smallest_detectable": number("Smallest detectable difference", **_POINTS),
    "planning": text("Planning values", "Where tau and SD came from"),
    "is_testable": flag("Testable", needed=True),
    "reason": text("Reason", needed=True),
}

_appraisal = {
    "theory_id": text("Theory", needed=True),
    "test": text("Test", needed=True),
    "sites_with": whole("Sites with the context", needed=True),
    "sites_without": whole("Sites without it", needed=True),
    "women_with": whole("Pairs at sites with it", unit="women", needed=True),
    "women_without": whole("Pairs at sites without it", unit="women", needed=True),
    "estimate": number("Contrast, crude", **_POINTS),
    **_interval("Contrast, crude"),
    "estimate_adjusted": number("Contrast, adjusted for first scores", **_POINTS),
    "low_adjusted": number("Contrast, adjusted: lower 95 % limit", **_POINTS),
    "high_adjusted": number("Contrast, adjusted: upper 95 % limit", **_POINTS),
    "mean_pre_with": number("Mean first score at sites with it", **_POINTS),
    "mean_pre_without": number("Mean first score at sites without it", **_POINTS),
    "smallest_detectable": number("Smallest detectable difference", **_POINTS),
    "verdict": code("Verdict", codes.VERDICTS, needed=True),
    "reason": text("Reason", needed=True),
    "registered": text("Registered", "Date of registration, and whether it was witnessed"),
    "theory_hash": text("Hash of the theory", needed=True),
}


def _accepted(name: str) -> dict[str, Column]:
    return dict(RETURNED[name].columns)


PROCESSED = {
    schema.name: schema
    for schema in (
        *(table(f"accepted_{n}", f"Accepted {s.title.lower()}", s.description, _accepted(n)) for n, s in RETURNED.items()),
        table("rejected", "Faults", "One row a fault", _fault),
        table(
            "rejected_rows",
            "Rejected rows",
            "One row a quarantined source row; its cells as read, joined in one text",
            {**{k: _fault[k] for k in ("site_id", "table", "sheet", "row")}, "cells": text("Cells as read")},
        ),
        table("quality", "Quality of returns", "One row a site and table", _quality, key=("site_id", "table")),
        table("scores", "Scores", "One row a woman's referral, measure and date", _scores),
        table("change", "Change", "One row a pair of scores", _change, key=("site_id", "referral_id", "measure")),
        table("flow", "Flow of women", "One row a site, measure and state", _flow, key=("site_id", "measure", "state")),
        table("missingness", "Completeness", "One row a site and measure", _completeness, key=("site_id", "measure")),
        table("site_effects", "Site effects", "One row a measure and site", _site_effects, key=("measure", "site_id")),
        table("pooled", "Pooled estimates", "One row a measure", {"measure": MEASURE, **_pooled_numbers}, key=("measure",)),
        table(
            "pooled_sensitivity",
            "Pooled estimates by other methods",
            "One row a measure and analysis",
            {"measure": MEASURE, "analysis": text("Analysis", needed=True), **_pooled_numbers},
            key=("measure", "analysis"),
        ),
        table("adjusted", "Adjusted site effects", "One row a measure and site", _adjusted, key=("measure", "site_id")),
        table("testability", "Testability", "One row a theory", _testability, key=("theory_id",)),
        table("appraisal", "Appraisal", "One row a theory", _appraisal, key=("theory_id",)),
    )
}
