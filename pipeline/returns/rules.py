"""What a rule is, and the rules of files, headings and marks. The rules of values and rows stand in `rules_of_values`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """One rule. `expected` may hold {limit}, which a fault fills in."""

    id: str
    severity: str
    expected: str
    mend: str
    cost: str
    owner: str = "data manager"


ROW_NOT_USED = "This row is not used."
TABLE_NOT_USED = "No row of this table is used until it is mended."
RETURN_NOT_USED = "No row of this return is used until it is mended."
VALUE_LEFT_OUT = "The value is left out."
DATE_LEFT_OUT = "The date is left out."
NOTHING = "Nothing."

FILES = (
    Rule(
        "file-unreadable",
        "file",
        "a workbook or CSV files that open",
        "Open it, save it as .xlsx or CSV and resend.",
        RETURN_NOT_USED,
    ),
    Rule(
        "file-too-large",
        "file",
        "a file within {limit}",
        "Send the data alone, without pictures or empty formatted rows.",
        RETURN_NOT_USED,
    ),
    Rule(
        "file-conflict",
        "file",
        "one return a site, period and version",
        "Keep the right one, or raise return_version in the newer one.",
        RETURN_NOT_USED,
    ),
    Rule(
        "identifier-found",
        "file",
        "no NHS number, name, date of birth, address, postcode, e-mail or telephone number anywhere",
        "Tell your information-governance lead. Take it out, in comments and hidden sheets too, and resend.",
        "Nothing of this return is kept or used.",
    ),
    Rule("identifying-cell", "value", "nothing that identifies a person", "Take it out and resend.", VALUE_LEFT_OUT),
    Rule("identifying-perhaps", "warning", "nothing that identifies a person", "Look, and take it out if it does.", NOTHING),
    Rule("part-not-read", "note", "cells alone", NOTHING, "Properties, comments and hidden sheets are not read as data."),
    Rule("superseded", "note", "the newest version of a return", NOTHING, "The older one is searched for identifiers alone."),
    Rule("identical-copy", "note", "each return once", NOTHING, "One of the copies is read."),
    Rule(
        "mapping-unused",
        "warning",
        "only sheets and headings of the return in its mapping",
        "Correct the spelling in the mapping, or take them out.",
        "They stand for nothing in this return.",
        owner="analyst",
    ),
    Rule("read-as", "note", "text in UTF-8, separated by commas", NOTHING, NOTHING),
    Rule("days-since-1904", "note", "days that count from 1900", NOTHING, "They were read as the workbook counts them."),
    Rule(
        "template-version",
        "file",
        "a template of version {limit} or a workbook of your own",
        "Ask for the present template, and copy the rows into it.",
        RETURN_NOT_USED,
    ),
    Rule(
        "invented-return",
        "file",
        "real returns alone, as this study is no rehearsal",
        "Take it out of the folder of returns, or set `synthetic: true` for a rehearsal.",
        RETURN_NOT_USED,
        owner="analyst",
    ),
    Rule(
        "not-invented",
        "file",
        "invented returns alone, as the others of this rehearsal are",
        "Take it out of the folder of returns; real returns have a study of their own.",
        RETURN_NOT_USED,
        owner="analyst",
    ),
    Rule(
        "no-known-table",
        "file",
        "a sheet or file named as a table: {limit}",
        "Name each sheet or file as its table.",
        RETURN_NOT_USED,
    ),
    Rule(
        "unknown-sheets",
        "warning",
        "only sheets or files named as a table",
        "Rename what was meant for us, and remove what was not searched.",
        "They were not read.",
    ),
    Rule("table-twice", "file", "one sheet or file a table", "Put the rows of both in one sheet.", TABLE_NOT_USED),
    Rule(
        "table-too-large", "file", "a table within {limit}", "Send the data alone, without empty formatted rows.", TABLE_NOT_USED
    ),
    Rule("table-unreadable", "file", "a CSV file that opens", "Open it, save it again as CSV and resend.", TABLE_NOT_USED),
    Rule(
        "site-disagrees",
        "file",
        "the site code of the file's name in every row",
        "Correct site_id or the file's name.",
        TABLE_NOT_USED,
    ),
    Rule(
        "referrals-set-aside",
        "file",
        "a table of referrals that can be used",
        "Mend the referrals; this table may be right.",
        TABLE_NOT_USED,
    ),
    Rule(
        "same-rows-as-another-site",
        "file",
        "rows that no other site sent",
        "Find out whose records they are, and resend without the others.",
        TABLE_NOT_USED,
    ),
)
LAYOUT = (
    Rule("blank-extra-fields", "note", "rows that end with the last heading", NOTHING, NOTHING),
    Rule("serial-days", "note", "dates", NOTHING, "They were read as the dates that the workbook shows for them."),
    Rule(
        "stray-quotation-mark",
        "row",
        'marks (") that open and close a whole field',
        "Remove or double the mark, and check the rows below it.",
        ROW_NOT_USED,
    ),
    Rule(
        "heading-not-found",
        "file",
        "a row of headings with {limit}",
        "Put them in one row, spelt as in the template.",
        TABLE_NOT_USED,
    ),
    Rule("above-headings", "row", "rows of data below the headings", "Move it below the headings, or remove it.", ROW_NOT_USED),
    Rule("times-of-day", "note", "dates", NOTHING, "The day was read; the time of day was left out."),
    Rule("heading-twice", "file", "each heading once", "Remove or rename one of the two columns.", TABLE_NOT_USED),
    Rule(
        "date-of-several",
        "file",
        "a date for each occasion",
        "Name the heading of each date in the mapping, under its score.",
        TABLE_NOT_USED,
        owner="analyst",
    ),
    Rule(
        "beyond-headings",
        "row",
        "no value to the right of the last heading",
        "Move it under its heading, or remove it.",
        ROW_NOT_USED,
    ),
    Rule("unknown-columns", "warning", "only headings of the template", "Nothing, if not meant for us.", "They were not read."),
    Rule("blank-column", "warning", "values in {limit}", "Fill it in where it is known.", "Shown as not recorded."),
    Rule("blank-needed", "row", "a value in {limit}", "Fill in the cell.", ROW_NOT_USED),
)
MARKS = (
    Rule(
        "hidden-parts",
        "warning",
        "no hidden rows or columns, no filter",
        "Unhide, or remove them.",
        "They were read like any other.",
    ),
    Rule("coloured-cells", "warning", "no meaning in colours", "Give the meaning a column.", "Colours were not read."),
    Rule(
        "marks-not-read",
        "warning",
        "an .xlsx of at most {limit}",
        "Resend it so, or check that no cell is struck through and no row hidden.",
        "Strike-through and hidden rows were not looked for.",
    ),
    Rule("struck-through", "value", "no cell struck through", "Delete the value, or remove the strike-through.", VALUE_LEFT_OUT),
    Rule(
        "cell-error",
        "value",
        "a value, not an error of the spreadsheet",
        "Mend the formula, and paste its value.",
        VALUE_LEFT_OUT,
    ),
    Rule(
        "changing-formula",
        "value",
        "a value that stays, not TODAY() or the like",
        "Paste the value in its place.",
        VALUE_LEFT_OUT,
    ),
    Rule(
        "no-result",
        "value",
        "a value, not a formula without a result",
        "Open and save it in a spreadsheet program.",
        VALUE_LEFT_OUT,
    ),
)
DECISIONS = (
    Rule(
        "decision-stale",
        "warning",
        "a decision on the return and the value that stand now",
        "Look at the return that stands, and take its line of decisions-to-take.csv, or delete the decision.",
        "The decision is not applied.",
        owner="analyst",
    ),
    Rule(
        "decision-impossible",
        "warning",
        "{limit}",
        "Correct the value or reject the row instead, or ask the site to resend.",
        "The decision is not applied.",
        owner="analyst",
    ),
    Rule("decision-applied", "note", "a decision with its reason", NOTHING, "The return counts as decided.", owner="analyst"),
    Rule(
        "rejected-by-decision",
        "row",
        "a row that was not taken out by decision",
        "Nothing, unless you disagree: then tell us why.",
        ROW_NOT_USED,
        owner="analyst",
    ),
)
