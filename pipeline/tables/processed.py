"""The tables that the stages make on the way, exact and person-level or site-level; none of them leaves the machine."""

from pipeline import codes
from pipeline.tables.columns import POINTS, Column, code, counts, date, flag, limits, number, table, text, whole
from pipeline.tables.returned import MEASURE, REFERRAL, RETURNED, SITE

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
    "return_hash": text("Hash of the return", "Of the file or folder that was read; what a decision is bound to"),
    "value_hash": text("Hash of the value", "Of the cell as it was read; equal values have equal hashes, which hide nothing"),
}

_decision = {
    "id": text("Decision", "Unique: letters, digits, - and _", needed=True),
    "site": text("Site", needed=True),
    "return_hash": text("Hash of the return", "As in the table of faults", needed=True),
    "rule_id": text("Rule", "The rule of the fault that is decided on", needed=True),
    "sheet": text("Sheet", "As in the table of faults", needed=True),
    "cell": text("Cell", "A1 form, in CSV files too", needed=True),
    "old_value_hash": text("Hash of the value", "As in the table of faults", needed=True),
    "decision": code("Decision", codes.DECISIONS, "Overrule the fault, take the row out, or replace the value"),
    "new_value": text("New value", "With `correct` alone; (blank) for a blank cell"),
    "reason_code": code("Reason", codes.DECISION_REASONS),
    "who": code("Decided by", codes.DECIDERS, "A role, never a name"),
    "date": date("Date of the decision"),
}

_decision_fault = {
    "line": whole("Line of the file", "Blank for the whole file"),
    "column": text("Column"),
    "is_incident": flag("Possible incident", "Whether the file holds an identifier", needed=True),
    "found": text("Found", "Every letter as a and every digit as 9"),
    "expected": text("Expected"),
    "mend": text("How to mend"),
}

_published_fault = {
    "site_id": SITE,
    **{name: _fault[name] for name in ("rule_id", "table", "sheet", "column", "value_hash")},
}

_scores = {
    "site_id": SITE,
    "referral_id": REFERRAL,
    "measure": MEASURE,
    "date": date("Date completed"),
    "occasion": code("Declared occasion", codes.OCCASIONS),
    "score": number("Score", **POINTS),
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
    "pre": number("First score", needed=True, **POINTS),
    "post": number("Last score", needed=True, **POINTS),
    "improvement": number("Improvement", "Positive always means better", needed=True, **POINTS),
    "rci": number("Reliable change index", "Blank where the measure gives no reliability", unit="standard errors"),
    "class": code("Class of change", codes.CHANGE_CLASSES, needed=True),
    "case_before": flag("Case before", "At or beyond the clinical cut-off"),
    "case_after": flag("Case after"),
    "recovered": flag("Recovered", "Case before and not after"),
    "reliably_recovered": flag("Reliably recovered", "Recovered and reliably improved"),
    "undated_treatment": flag("Treatment undated", "Paired by declared occasion or order, without treatment dates"),
    "pre_last": number(
        "Last score before treatment", "The last valid one in the days that a first score may lie in; a sensitivity", **POINTS
    ),
    "days_to_treatment": whole("Days from first score to treatment", "Below 0 where treatment had begun", unit="days"),
    "first_referral": flag("First referral", "The woman's first paired referral on this measure, the one analysed"),
}

_score_uses = {
    "site_id": SITE,
    "measure": MEASURE,
    "use": code("Use", codes.SCORE_USES, "Exclusive; the uses of a measure sum to its scores", needed=True),
    "n_scores": whole("Scores", unit="scores", needed=True),
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
    **counts(
        n_referred="Referred",
        n_due="Due a second score by the end of the data",
        n_pre="Due, with a first score",
        n_paired="Due, with both scores",
        n_paired_all="Both scores, due or not",
    ),
    "mean_pre_paired": number("Mean first score of paired women", **POINTS),
    "mean_pre_unpaired": number("Mean first score of women due without a second", **POINTS),
    "sd_pre": number("SD of first scores of women due", **POINTS),
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
    "smallest_detectable": number("Smallest detectable difference", **POINTS),
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
    "estimate": number("Contrast, crude", **POINTS),
    **limits("Contrast, crude"),
    "estimate_adjusted": number("Contrast, adjusted for first scores", **POINTS),
    "low_adjusted": number("Contrast, adjusted: lower 95 % limit", **POINTS),
    "high_adjusted": number("Contrast, adjusted: upper 95 % limit", **POINTS),
    "mean_pre_with": number("Mean first score at sites with it", **POINTS),
    "mean_pre_without": number("Mean first score at sites without it", **POINTS),
    "smallest_detectable": number("Smallest detectable difference", **POINTS),
    "verdict": code("Verdict", codes.VERDICTS, needed=True),
    "reason": text("Reason", needed=True),
    "registered": text("Registered", "Date of registration, and whether it was witnessed"),
    "theory_hash": text("Hash of the theory", needed=True),
}


def _accepted(name: str) -> dict[str, Column]:
    columns = dict(RETURNED[name].columns)
    if name != "aggregates":
        return columns
    counts = [(count, spec.title) for count, spec in columns.items() if count.startswith("n_")]
    ends = {"low": "the least", "high": "the most"}
    bounds = {f"{count}_{end}": f"{title}: {what} that it can be" for count, title in counts for end, what in ends.items()}
    return columns | {name: whole(title, unit="women") for name, title in bounds.items()}


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
        table("decisions", "Decisions", "One row a decision of the analyst", _decision, key=("id",)),
        table("decision_faults", "Faults of the decisions", "One row a fault of the file of decisions", _decision_fault),
        table(
            "published_faults", "Faults at a release", "One row a fault that stood when a release was published", _published_fault
        ),
        table("quality", "Quality of returns", "One row a site and table", _quality, key=("site_id", "table")),
        table("scores", "Scores", "One row a woman's referral, measure and date", _scores),
        table("change", "Change", "One row a pair of scores", _change, key=("site_id", "referral_id", "measure")),
        table("score_uses", "Use of scores", "One row a site, measure and use", _score_uses, key=("site_id", "measure", "use")),
        table("flow", "Flow of women", "One row a site, measure and state", _flow, key=("site_id", "measure", "state")),
        table("missingness", "Completeness", "One row a site and measure", _completeness, key=("site_id", "measure")),
        table("testability", "Testability", "One row a theory", _testability, key=("theory_id",)),
        table("appraisal", "Appraisal", "One row a theory", _appraisal, key=("theory_id",)),
    )
}
