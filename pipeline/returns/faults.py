"""The rules that a return is held against: each with a stable id, an owner, what was expected, how to mend it and the cost."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Rule:
    """One rule. `expected` may hold {limit}, which a fault fills in."""

    id: str
    severity: str
    expected: str
    mend: str
    cost: str
    owner: str = "data manager"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault of one return, as the table `rejected` keeps it."""

    site_id: str
    rule_id: str
    severity: str
    found: str
    expected: str
    mend: str
    cost: str
    table: str = ""
    sheet: str = ""
    cell: str = ""
    row: int | None = None
    column: str = ""


_ROW = "This row is not used."
_TABLE = "No row of this table is used until it is mended."
_RETURN = "No row of this return is used until it is mended."
_VALUE = "The value is left out."
_DATE = "The date is left out."
_NOTHING = "Nothing."
_COSTS = {"row": _ROW, "file": _TABLE}
"""What it costs where a fault is graver than its rule."""

_FILES = (
    Rule("file-unreadable", "file", "a workbook or CSV files that open", "Open it, save it as .xlsx or CSV and resend.", _RETURN),
    Rule(
        "file-too-large",
        "file",
        "a file within {limit}",
        "Send the data alone, without pictures or empty formatted rows.",
        _RETURN,
    ),
    Rule(
        "file-conflict",
        "file",
        "one return a site, period and version",
        "Keep the right one, or raise return_version in the newer one.",
        _RETURN,
    ),
    Rule(
        "identifier-found",
        "file",
        "no NHS number, name, date of birth, address, postcode, e-mail or telephone number anywhere",
        "Tell your information-governance lead. Take it out, in comments and hidden sheets too, and resend.",
        "Nothing of this return is kept or used.",
    ),
    Rule("identifying-cell", "value", "nothing that identifies a person", "Take it out and resend.", _VALUE),
    Rule("identifying-perhaps", "warning", "nothing that identifies a person", "Look, and take it out if it does.", _NOTHING),
    Rule("part-not-read", "note", "cells alone", _NOTHING, "Properties, comments and hidden sheets are not read as data."),
    Rule("superseded", "note", "the newest version of a return", _NOTHING, "The older return is not read."),
    Rule("identical-copy", "note", "each return once", _NOTHING, "One of the copies is read."),
    Rule(
        "mapping-unused",
        "warning",
        "only sheets and headings of the return in its mapping",
        "Correct the spelling in the mapping, or take them out.",
        "They stand for nothing in this return.",
        owner="analyst",
    ),
    Rule("read-as", "note", "text in UTF-8, separated by commas", _NOTHING, _NOTHING),
    Rule("no-known-table", "file", "a sheet or file named as a table: {limit}", "Name each sheet or file as its table.", _RETURN),
    Rule(
        "unknown-sheets",
        "warning",
        "only sheets or files named as a table",
        "Rename what was meant for us.",
        "They were not read.",
    ),
    Rule("table-twice", "file", "one sheet or file a table", "Put the rows of both in one sheet.", _TABLE),
    Rule("table-too-large", "file", "a table within {limit}", "Send the data alone, without empty formatted rows.", _TABLE),
    Rule("table-unreadable", "file", "a CSV file that opens", "Open it, save it again as CSV and resend.", _TABLE),
    Rule(
        "site-disagrees", "file", "the site code of the file's name in every row", "Correct site_id or the file's name.", _TABLE
    ),
    Rule(
        "referrals-set-aside",
        "file",
        "a table of referrals that can be used",
        "Mend the referrals; this table may be right.",
        _TABLE,
    ),
    Rule(
        "same-rows-as-another-site",
        "file",
        "rows that no other site sent",
        "Find out whose records they are, and resend without the others.",
        _TABLE,
    ),
)
_LAYOUT = (
    Rule("heading-not-found", "file", "a row of headings with {limit}", "Put them in one row, spelt as in the template.", _TABLE),
    Rule("heading-twice", "file", "each heading once", "Remove or rename one of the two columns.", _TABLE),
    Rule(
        "date-of-several",
        "file",
        "a date for each occasion",
        "Name the heading of each date in the mapping, under its score.",
        _TABLE,
        owner="analyst",
    ),
    Rule("beyond-headings", "row", "no value to the right of the last heading", "Move it under its heading, or remove it.", _ROW),
    Rule("unknown-columns", "warning", "only headings of the template", "Nothing, if not meant for us.", "They were not read."),
    Rule("blank-column", "warning", "values in {limit}", "Fill it in where it is known.", "Shown as not recorded."),
    Rule("blank-needed", "row", "a value in {limit}", "Fill in the cell.", _ROW),
)
_VALUES = (
    Rule("not-plain", "value", "a code of at most 100 characters on one line", "Write the code alone, as text.", _VALUE),
    Rule("not-a-number", "value", "a number such as 12 or 12.5", "Write the number alone, without other marks.", _VALUE),
    Rule("not-whole", "value", "a whole number such as 12", "Write the whole number alone.", _VALUE),
    Rule("not-a-date", "value", "a date as 2026-03-31, from 1990 to 2100", "Write the date as year-month-day.", _DATE),
    Rule(
        "not-a-month",
        "value",
        "a month as 2026-03, from 1990 to 2100",
        "Write the month as year-month.",
        "The month is left out.",
    ),
    Rule("not-a-day", "value", "whole days from the referral, {limit}", "Count the days from the referral.", _DATE),
    Rule("not-a-code", "value", "one of: {limit}", "Use one of these codes.", _VALUE),
    Rule("before-referral", "value", "a date on or after the referral", "Correct the date.", _DATE),
)
_ROWS = (
    Rule("unknown-measure", "row", "a measure such as {limit}", "Use the measure's short name.", _ROW),
    Rule("score-out-of-range", "row", "a total {limit}", "Check the form, and correct the total.", _ROW),
    Rule("item-out-of-range", "row", "answers {limit}", "Check the form, and correct the answer.", _ROW),
    Rule(
        "total-disagrees",
        "row",
        "the total that the answers give, {limit}",
        "Correct the total or the answers; where your system holds answers already reversed, send the total alone.",
        _ROW,
    ),
    Rule("items-incomplete", "warning", "a total, or {limit}", "Add the total or the answers, if known.", "It gives no score."),
    Rule(
        "items-not-kept", "warning", "totals alone for {limit}", "Leave the answers out next time.", "The answers were not kept."
    ),
    Rule(
        "occasion-disagrees", "warning", "an occasion that fits {limit}", "Correct the occasion or the date.", "It is in no pair."
    ),
    Rule("score-before-referral", "row", "a date on or after the referral", "Correct the date.", _ROW),
    Rule("duplicate-row", "note", "each row once", _NOTHING, "One of the identical rows is kept."),
    Rule("duplicate-key", "row", "each {limit} once", "Keep the right row, or correct the other.", "None of these rows is used."),
    Rule("referral-not-found", "row", "a referral_id of the referrals table", "Add the referral, or correct the id.", _ROW),
    Rule("counts-disagree", "row", "{limit}", "Correct the counts.", _ROW),
    Rule("not-possible", "row", "{limit}", "Correct the figure.", _ROW),
)
_MARKS = (
    Rule(
        "hidden-parts",
        "warning",
        "no hidden rows or columns, no filter",
        "Unhide, or remove them.",
        "They were read like any other.",
    ),
    Rule("coloured-cells", "warning", "no meaning in colours", "Give the meaning a column.", "Colours were not read."),
    Rule(
        "marks-not-read", "note", "a workbook of at most {limit}", _NOTHING, "Strike-through and hidden rows were not looked for."
    ),
    Rule("struck-through", "value", "no cell struck through", "Delete the value, or remove the strike-through.", _VALUE),
    Rule("cell-error", "value", "a value, not an error of the spreadsheet", "Mend the formula, and paste its value.", _VALUE),
    Rule("changing-formula", "value", "a value that stays, not TODAY() or the like", "Paste the value in its place.", _VALUE),
    Rule("no-result", "value", "a value, not a formula without a result", "Open and save it in a spreadsheet program.", _VALUE),
)
_MEANINGS = (
    Rule("no-answer", "note", "a blank cell", _NOTHING, "They count as not recorded."),
    Rule("summary-row", "row", "rows of records alone, no totals or means", "Delete the row.", _ROW),
    Rule("stands-for-missing", "value", "a blank where there is no answer", "Leave the cell blank.", _VALUE),
    Rule(
        "likely-sentinel",
        "warning",
        "a blank where there is no score",
        "Blank the 99s that mean no answer.",
        "They count as scores.",
    ),
    Rule(
        "copied-block",
        "row",
        "each record once",
        "Delete the copied rows, or enter their own values.",
        "None of the copies is used.",
    ),
    Rule(
        "ids-nearly-alike",
        "warning",
        "one spelling of each id",
        "Use the same capitals and zeros throughout.",
        "Each spelling counts as an id of its own.",
    ),
    Rule("hashed-id", "warning", "a salted pseudonym", "Confirm that it is salted, or replace it.", _NOTHING),
    Rule("no-rows", "file", "rows of data, or nil_return y in service", "Add the rows, or send nil_return y.", _TABLE),
    Rule("assessment-after-end", "warning", "an assessment before the end", "Correct either date.", "Both dates are kept."),
    Rule("post-before-pre", "row", "post after pre", "Correct the dates or the occasions.", "Neither score is used."),
    Rule("pre-and-post-same-day", "warning", "pre and post on different days", "Correct the date.", "They make no pair."),
    Rule(
        "post-timing",
        "warning",
        "a last score at the end of treatment",
        "Check date and occasion.",
        "They are used as they stand.",
    ),
    Rule(
        "outside-period",
        "warning",
        "dates from go-live to the period's end",
        "Correct the dates, or service.",
        "The rows are kept.",
    ),
    Rule("another-form", "file", "{limit}", "Tell us which form it is, or correct the totals.", _TABLE),
    Rule(
        "items-shifted", "row", "answers from {limit}", "Count the first answer as the form does.", "None of these rows is used."
    ),
    Rule("mean-for-total", "warning", "{limit}", "Send the totals in place of means.", "They are used as totals."),
    Rule("post-as-pre", "warning", "last scores of their own", "Check whether they were copied.", "They are used as they stand."),
    Rule(
        "pre-and-post-swapped",
        "warning",
        "pre first, post last",
        "Check which score is pre and which is post.",
        "They are used as labelled.",
    ),
    Rule(
        "zeros-at-post", "warning", "0 for an answered form alone", "Blank the zeros that mean no form.", "They count as scores."
    ),
    Rule(
        "not-the-woman",
        "warning",
        "women and birthing parents",
        "Nothing, if they are meant to be there.",
        "Their scores are not in the change.",
    ),
    Rule(
        "pathway-not-offered",
        "warning",
        "n for pathways without referrals",
        "Correct service, or the pathway.",
        "The referrals count.",
    ),
    Rule(
        "scored-not-eligible",
        "warning",
        "no scores where eligible_for_outcomes is n",
        "Correct the eligibility or remove the scores.",
        "The referral is counted as not eligible.",
    ),
    Rule("suppressed-count", "warning", "an exact count", "Send it if your agreement allows.", "The count is not known."),
    Rule(
        "rounded-counts", "warning", "exact counts", "Send them if your agreement allows.", "Rounding is carried into the result."
    ),
    Rule("small-deviation", "value", "{limit}", "Send the SD, not the standard error.", _VALUE),
)
RULES = {rule.id: rule for rule in (*_FILES, *_LAYOUT, *_VALUES, *_ROWS, *_MARKS, *_MEANINGS)}


def fault(rule_id: str, *, site_id: str, found: str, limit: str = "", severity: str | None = None, **place: object) -> Fault:
    """A fault under a rule; `place` gives table, sheet, cell, row and column."""
    rule = RULES[rule_id]
    is_graver = severity not in {None, rule.severity}
    return Fault(
        site_id=site_id,
        rule_id=rule_id,
        severity=severity or rule.severity,
        found=found,
        expected=rule.expected.format(limit=limit),
        mend=rule.mend,
        cost=_COSTS.get(severity or "", rule.cost) if is_graver else rule.cost,
        **place,  # type: ignore[arg-type] # the table's schema checks the place
    )


def as_rows(faults: list[Fault]) -> list[dict[str, object]]:
    """Faults as rows of a frame."""
    return [asdict(each) for each in faults]
