"""The rules of values, of rows and of what they mean together."""

from __future__ import annotations

from pipeline.returns.rules import DATE_LEFT_OUT, NOTHING, ROW_NOT_USED, TABLE_NOT_USED, VALUE_LEFT_OUT, Rule

VALUES = (
    Rule("not-plain", "value", "a code of at most 100 characters on one line", "Write the code alone, as text.", VALUE_LEFT_OUT),
    Rule("not-a-number", "value", "a number such as 12 or 12.5", "Write the number alone, without other marks.", VALUE_LEFT_OUT),
    Rule("not-whole", "value", "a whole number such as 12", "Write the whole number alone.", VALUE_LEFT_OUT),
    Rule("not-a-date", "value", "a date as 2026-03-31, from 1990 to 2100", "Write the date as year-month-day.", DATE_LEFT_OUT),
    Rule(
        "not-a-month",
        "value",
        "a month as 2026-03, from 1990 to 2100",
        "Write the month as year-month.",
        "The month is left out.",
    ),
    Rule("not-a-day", "value", "whole days from the referral, {limit}", "Count the days from the referral.", DATE_LEFT_OUT),
    Rule("not-a-code", "value", "one of: {limit}", "Use one of these codes.", VALUE_LEFT_OUT),
    Rule("before-referral", "value", "a date on or after the referral", "Correct the date.", DATE_LEFT_OUT),
)
ROWS = (
    Rule("unknown-measure", "row", "a measure such as {limit}", "Use the measure's short name.", ROW_NOT_USED),
    Rule("score-out-of-range", "row", "a total {limit}", "Check the form, and correct the total.", ROW_NOT_USED),
    Rule("item-out-of-range", "row", "answers {limit}", "Check the form, and correct the answer.", ROW_NOT_USED),
    Rule(
        "total-disagrees",
        "row",
        "the total that the answers give, {limit}",
        "Correct the total or the answers; where your system holds answers already reversed, send the total alone.",
        ROW_NOT_USED,
    ),
    Rule(
        "total-of-part",
        "row",
        "{limit}, where a total stands beside them",
        "Add the missing answers, or send the total alone if it is known to be of all items.",
        ROW_NOT_USED,
    ),
    Rule("items-incomplete", "warning", "a total, or {limit}", "Add the total or the answers, if known.", "It gives no score."),
    Rule("not-an-answer", "value", "the number of a box: {limit}", "Check the form, and correct the number.", VALUE_LEFT_OUT),
    Rule(
        "unknown-question",
        "value",
        "a question of {limit}",
        "Correct the number of the question, or the instrument.",
        "Its answers are left out.",
    ),
    Rule(
        "items-not-kept", "warning", "totals alone for {limit}", "Leave the answers out next time.", "The answers were not kept."
    ),
    Rule(
        "occasion-disagrees", "warning", "an occasion that fits {limit}", "Correct the occasion or the date.", "It is in no pair."
    ),
    Rule("score-before-referral", "row", "a date on or after the referral", "Correct the date.", ROW_NOT_USED),
    Rule("duplicate-row", "note", "each row once", NOTHING, "One of the identical rows is kept."),
    Rule("duplicate-key", "row", "each {limit} once", "Keep the right row, or correct the other.", "None of these rows is used."),
    Rule(
        "referral-not-found", "row", "a referral_id of the referrals table", "Add the referral, or correct the id.", ROW_NOT_USED
    ),
    Rule(
        "referral-left-out",
        "row",
        "rows of referrals that are used",
        "Mend the referral first, where it is named; these rows may be right.",
        "These rows are not used until then.",
    ),
    Rule("period-backwards", "value", "an end of the period on or after its start", "Correct either date.", DATE_LEFT_OUT),
    Rule("counts-disagree", "row", "{limit}", "Correct the counts.", ROW_NOT_USED),
    Rule("not-possible", "row", "{limit}", "Correct the figure.", ROW_NOT_USED),
)
MEANINGS = (
    Rule("no-answer", "note", "a blank cell", NOTHING, "They count as not recorded."),
    Rule("summary-row", "row", "rows of records alone, no totals or means", "Delete the row.", ROW_NOT_USED),
    Rule("stands-for-missing", "value", "a blank where there is no answer", "Leave the cell blank.", VALUE_LEFT_OUT),
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
        "one spelling of each id, without invisible marks",
        "Use the same capitals, zeros and accents throughout.",
        "Each spelling counts as an id of its own.",
    ),
    Rule(
        "ids-restart",
        "file",
        "one id for one referral, on whichever sheet",
        "Number the referrals on through all sheets, or put the sheet's name before each id.",
        TABLE_NOT_USED,
    ),
    Rule("hashed-id", "warning", "a salted pseudonym", "Confirm that it is salted, or replace it.", NOTHING),
    Rule("no-rows", "file", "rows of data, or nil_return y in service", "Add the rows, or send nil_return y.", TABLE_NOT_USED),
    Rule("after-receipt", "value", "a date up to {limit}, when the last return arrived", "Correct the date.", DATE_LEFT_OUT),
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
    Rule(
        "perhaps-another-form",
        "warning",
        "totals of {limit}, some of them low after treatment",
        "Look at the form, and tell us which one it is.",
        "They count as scores of this measure.",
    ),
    Rule("another-form", "file", "{limit}", "Tell us which form it is, or correct the totals.", TABLE_NOT_USED),
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
    Rule("small-deviation", "value", "{limit}", "Send the SD, not the standard error.", VALUE_LEFT_OUT),
)
