"""Rows that are no records, and ids and blocks of rows that look copied, shortened or retyped."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from pipeline.returns.parsing import matches
from pipeline.stages.ingest import BEYOND, SHEET

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from pandas import DataFrame, Series

    from pipeline.stages.validate_checked import Checked, Positions

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
_BLOCKS = {
    "outcomes": ["measure", "date", "day", "occasion", "total", "items"],
    "referrals": ["referral_date", "pathway", "age_band", "ethnic_category", "assessment_date", "end_date", "end_reason"],
}
_HASHED = r"(?i)[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}"
_SENTINELS = (-1, 99, 999)
_COUNTED = ("response", "option", "items_answered", "time_limit_months", "persons")
_RECORDS = {"referrals": ["referral_id"], "outcomes": ["referral_id", "measure", "occasion"]}
"""What names a record among those of one site, whichever of its sheets it stands on."""
_RESTARTED, _FEWEST = 0.8, 5
"""So large a share of a sheet's records, and so many, do not agree in their ids with another sheet's by mistake."""
_BEYOND_SHARE, _BEYOND_ROWS = 0.05, 20


def check_labels(checked: Checked) -> None:
    """Take out rows that sum up others, before anything else is asked of them."""
    for column in (c for c in _LABELLED if c in checked.read):
        checked.add("summary-row", matches(checked.read[column].str.strip(), _SUMMARY), column)


def check_beyond(checked: Checked) -> None:
    """Rows that have values right of the headings: each is out; where they are many at a site, columns have moved."""
    beyond = checked.read[BEYOND]
    held = beyond != ""
    if not held.any():
        return
    n_rows = checked.site.value_counts()
    for site, at in checked.by_site(held):
        if n_rows[site] >= _BEYOND_ROWS and len(at) > _BEYOND_SHARE * n_rows[site]:
            letter, found = str(beyond.iloc[at[0]]), f"{len(at)} of {n_rows[site]} rows"
            rule, rows = "beyond-headings", checked.marking(at)
            checked.add_once(rule, rows, letter, found=found, severity="file", letter=letter)
    for letter in sorted(set(beyond[held])):
        checked.add("beyond-headings", beyond == letter, letter, found="a value", letter=letter)


def check_sentinels(checked: Checked) -> None:
    """Numbers that stand for no answer, in columns where none of them can be one."""
    columns = [c for c in map(str, checked.typed) if c in _COUNTED or c.startswith("wte_")]
    for column in columns:
        wrong = checked.typed[column].isin([-1] if column == "persons" else _SENTINELS)
        checked.add("stands-for-missing", wrong, column)


def check_ids(checked: Checked) -> None:
    """Ids that differ in capitals or leading zeros alone, and ids that may be an unsalted digest."""
    for column in (c for c in ("referral_id", "person_id") if c in checked.typed):
        if checked.table == "referrals":
            ids = checked.typed[column].mask(checked.is_rejected)
            plain = _plain(ids)
            alike = ids.groupby([checked.site, plain]).transform("nunique") > 1

            def spelt(at: Positions, plain: Series[Any] = plain) -> str:
                return f"{plain.iloc[at].nunique()} id(s) in more than one spelling"

            checked.add_once("ids-nearly-alike", alike, column, found=spelt)
    if "person_id" in checked.typed:
        digests = matches(checked.typed["person_id"], _HASHED)
        checked.add_once("hashed-id", digests, "person_id", found="{n} id(s) of 32, 40 or 64 characters 0-9 a-f")


def check_restarts(checked: Checked) -> None:
    """Ids that start anew on each sheet: most records of a sheet stand on another one too, and say something else there."""
    if (key := _RECORDS.get(checked.table)) is None:
        return
    rows = checked.kept[checked.kept[key].notna().all(axis=1)].assign(sheet=checked.read[SHEET])
    sheets = rows[["site_id", "sheet"]].drop_duplicates()
    several = sheets.loc[sheets["site_id"].duplicated(), "site_id"]
    for _, mine in rows[rows["site_id"].isin(several)].groupby("site_id"):
        first = mine.drop_duplicates(["sheet", *key])
        again = first[first.duplicated(key, keep=False)]
        said = again.drop(columns="sheet").drop_duplicates()
        other = again[again.set_index(key).index.isin(said.set_index(key).index[said.duplicated(key, keep=False)])]
        share = other["sheet"].value_counts() / first["sheet"].value_counts()
        if len(other) and share.max() >= _RESTARTED and len(other) >= 2 * _FEWEST:
            found = f"{other.set_index(key).index.nunique()} records on more than one sheet, each with other values"
            checked.add_once("ids-restart", checked.marking(other.index), "referral_id", found=found)


def check_lost(referrals: Checked, other: Checked) -> None:
    """Whether ids without a referral would have one, were it not for capitals or zeros."""
    alike = referrals.site + "/" + _plain(referrals.typed["referral_id"])
    plain = other.site + "/" + _plain(other.typed["referral_id"])
    lost = ~keys(other).isin(keys(referrals).dropna()) & plain.isin(alike.dropna())
    found = "{n} row(s) whose id is spelt otherwise in the referrals"
    other.add_once("ids-nearly-alike", lost, "referral_id", found=found)


def keys(checked: Checked) -> Series[Any]:
    """What names a referral among those of all sites: `site/referral`."""
    return checked.site + "/" + checked.typed["referral_id"]


def _plain(ids: Series[Any]) -> Series[Any]:
    """Ids as an eye sees them: without capitals, leading zeros, invisible marks, and accents written in one way."""
    import pandas as pd

    which, words = pd.factorize(ids)
    seen = [unicodedata.normalize("NFC", "".join(c for c in str(w) if unicodedata.category(c) != "Cf")) for w in words]
    ids = pd.Series([*seen, None], dtype="str").take(which).set_axis(ids.index)
    return ids.str.lower().str.replace(r"^([^0-9]*?)0+(?=[0-9])", r"\1", regex=True)


def check_blocks(checked: Checked) -> None:
    """A run of rows that came before in the same order under other ids: the later run is out, in one line a site."""
    import numpy as np

    columns = _BLOCKS.get(checked.table)
    kept = checked.kept
    if columns is None or len(kept) < 2 * _BLOCK:
        return
    lines = kept[columns].groupby(columns, dropna=False, sort=False).ngroup().to_numpy()
    sites = checked.site[~checked.is_rejected].to_numpy(dtype=object)
    starts = _repeated(lines, sites)
    is_dated = kept[[c for c in columns if "date" in c]].notna().any(axis=1).groupby(sites).any()
    seen: dict[tuple[Any, ...], int] = {}
    copied: set[int] = set()
    for start in starts:
        run = (sites[start], *lines[start : start + _BLOCK])
        if len(set(run)) <= _DIFFERENT or (not is_dated[sites[start]] and _is_sorted(kept.iloc[start : start + _BLOCK], columns)):
            continue
        if start - seen.setdefault(run, start) >= _BLOCK:
            copied.update(range(start, start + _BLOCK))
    rows = checked.marking(np.flatnonzero(~checked.is_rejected)[sorted(copied)])
    checked.add_once("copied-block", rows, "referral_id", found="{n} rows as further up, under other ids")


def _repeated(lines: NDArray[Any], sites: NDArray[np.object_]) -> list[int]:
    """Where a run of lines begins that stands more than once at its site."""
    import numpy as np
    import pandas as pd

    count = len(lines) - _BLOCK + 1
    mixed = np.asarray(pd.util.hash_array(lines), dtype=np.uint64)
    which = pd.factorize(sites)[0]
    runs = np.asarray(pd.util.hash_array(which[:count]), dtype=np.uint64)
    for offset in range(_BLOCK):
        runs = runs * np.uint64(1_000_003) + mixed[offset : offset + count]
    is_one_site = which[:count] == which[_BLOCK - 1 :]
    again = pd.Series(runs).where(is_one_site).duplicated(keep=False).to_numpy() & is_one_site
    return [int(start) for start in np.flatnonzero(again)]


def _is_sorted(rows: DataFrame, columns: list[str]) -> bool:
    lines = [tuple(map(str, row)) for row in rows[columns].astype("object").itertuples(index=False, name=None)]
    return lines in (sorted(lines), sorted(lines, reverse=True))
