"""Rows that are no records, and ids and blocks of rows that look copied, shortened or retyped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.returns.parsing import matches

if TYPE_CHECKING:
    from pandas import Series

    from pipeline.stages.validate_checked import Checked

_SUMMARY = (
    r"(?i)((grand|sub|overall|column)?[ -]?totals?|sums?|means?|averages?|medians?|sd|s\.d\.|std\.? ?dev\.?|standard deviation|"
    r"minimum|maximum|subtotals?)( \([^)]*\))? ?:?"
)
_LABELLED = (
    *("site_id", "referral_id", "person_id", "referral_date", "referral_month", "measure", "contact_date", "date"),
    *("staff_code", "attendee_code", "session_date", "respondent_code", "month"),
)
"""Columns at the left of a table, where a spreadsheet's summary row has its label."""
_BLOCK = 10
"""So many rows in the same order under other ids are no coincidence, where they differ among themselves."""
_DIFFERENT = 8
_HASHED = r"(?i)[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}"
_SENTINELS = (-1, 99, 999)
_COUNTED = ("response", "option", "items_answered", "time_limit_months", "persons")
_BEYOND_SHARE, _BEYOND_ROWS = 0.05, 20


def check_labels(checked: Checked) -> None:
    """Take out rows that sum up others, before anything else is asked of them."""
    for column in (c for c in _LABELLED if c in checked.read):
        checked.add("summary-row", matches(checked.read[column].astype("str").str.strip(), _SUMMARY), column)


def check_beyond(checked: Checked, beyond: Series[Any]) -> None:
    """Rows that have values right of the headings: each is out; where they are many, columns have moved."""
    held = beyond.fillna("") != ""
    if len(held) >= _BEYOND_ROWS and held.mean() > _BEYOND_SHARE:
        letter = str(beyond[held].iloc[0])
        checked.letters[letter] = letter
        checked.add_once("beyond-headings", held, letter, found=f"{held.sum()} of {len(held)} rows", severity="file")
        return
    for letter in sorted(set(beyond.fillna("")) - {""}):
        checked.letters[letter] = letter
        checked.add("beyond-headings", beyond == letter, letter, found="a value")


def check_sentinels(checked: Checked) -> None:
    """Numbers that stand for no answer, in columns where none of them can be one."""
    columns = [c for c in map(str, checked.typed) if c in _COUNTED or c.startswith("wte_")]
    for column in columns:
        wrong = checked.typed[column].isin([-1] if column == "persons" else _SENTINELS)
        checked.add("stands-for-missing", wrong, column)


def check_ids(checked: Checked) -> None:
    """Ids that differ in capitals or leading zeros alone, and ids that may be an unsalted digest."""
    for column in (c for c in ("referral_id", "person_id") if c in checked.typed):
        ids = checked.typed[column].mask(checked.is_rejected)
        plain = _plain(ids)
        alike = ids.groupby(plain).transform("nunique") > 1
        found = f"{plain[alike].nunique()} id(s) in more than one spelling"
        if checked.table == "referrals":
            checked.add_once("ids-nearly-alike", alike, column, found=found)
    if "person_id" in checked.typed:
        digests = matches(checked.typed["person_id"], _HASHED)
        checked.add_once("hashed-id", digests, "person_id", found=f"{digests.sum()} id(s) of 32, 40 or 64 characters 0-9 a-f")


def check_lost(referrals: Checked, other: Checked) -> None:
    """Whether ids without a referral would have one, were it not for capitals or zeros."""
    ids, known = other.typed["referral_id"], set(referrals.typed["referral_id"].dropna())
    lost = ~ids.isin(known) & _plain(ids).isin(set(_plain(referrals.typed["referral_id"]).dropna()))
    found = f"{int(lost.sum())} row(s) whose id is spelt otherwise in the referrals"
    other.add_once("ids-nearly-alike", lost, "referral_id", found=found)


def _plain(ids: Series[Any]) -> Series[Any]:
    return ids.str.lower().str.replace(r"^([^0-9]*?)0+(?=[0-9])", r"\1", regex=True)


def check_blocks(checked: Checked) -> None:
    """A run of rows that came before in the same order under other ids: the later run is out, in one line."""
    columns = {
        "outcomes": ["measure", "date", "day", "occasion", "total", "items"],
        "referrals": ["referral_date", "pathway", "age_band", "ethnic_category", "assessment_date", "end_date", "end_reason"],
    }.get(checked.table)
    if columns is None:
        return
    kept = checked.typed[~checked.is_rejected]
    is_dated = kept[[c for c in columns if "date" in c]].notna().any(axis=None)
    lines = [tuple(map(str, row)) for row in kept[columns].astype("object").itertuples(index=False, name=None)]
    seen: dict[tuple[tuple[str, ...], ...], int] = {}
    copied: set[int] = set()
    for start in range(len(lines) - _BLOCK + 1):
        run = tuple(lines[start : start + _BLOCK])
        if len(set(run)) < _DIFFERENT or (not is_dated and list(run) in (sorted(run), sorted(run, reverse=True))):
            continue
        if start - seen.setdefault(run, start) >= _BLOCK:
            copied.update(range(start, start + _BLOCK))
    if copied:
        rows = checked.is_rejected & False
        rows[kept.index[sorted(copied)]] = True
        checked.add_once("copied-block", rows, "referral_id", found=f"{len(copied)} rows as further up, under other ids")
