"""Two sites with the same rows: found by hashes of the text of their rows once every identifier is dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pandas import DataFrame, Series

IDENTIFIERS = ("site_id", "referral_id", "person_id", "staff_code", "attendee_code", "respondent_code")
LEAST_ROWS, LEAST_SHARE = 20, 0.8


def same_rows(tables: Mapping[str, DataFrame]) -> dict[str, int]:
    """Sites whose table holds the rows of another site's, with how many; `tables` is one table's text cells by site.

    Two sites share a table where at least 20 rows and 80 % of the smaller table stand in both, and so do at least 20 and 80 %
    of the rows that occur once: few-valued tables, whose rows agree by chance, have no such rows. Columns that begin with _
    do not count, nor does a blank cell, so that a column left out is one left blank.
    """
    import pandas as pd

    hashes = {site: hashed for site, table in tables.items() if len(hashed := _hashes(table)) >= LEAST_ROWS}
    if len(hashes) < 2:
        return {}
    counts = pd.concat({site: each.value_counts() for site, each in hashes.items()}, names=["site", "row"])
    once = counts[counts == 1].reset_index()
    n_once = once.groupby("site").size()
    shared = once[once.duplicated("row", keep=False)]
    by_site = {str(site): set(rows) for site, rows in shared.groupby("site")["row"]}
    found: dict[str, int] = {}
    for site, mine in by_site.items():
        if not _is_enough(len(mine), n_once[site]):
            continue
        others = shared.loc[shared["row"].isin(mine) & (shared["site"] != site), "site"].value_counts()
        for other, n_common in others.items():
            if _is_enough(n_common, n_once[site]) and (n := _common(counts, site, str(other))):
                found[site], found[str(other)] = max(n, found.get(site, 0)), max(n, found.get(str(other), 0))
                break
    return found


def _is_enough(n: int, of: int) -> bool:
    return n >= LEAST_ROWS and n >= LEAST_SHARE * of


def _common(counts: Series[Any], one: str, other: str) -> int:
    """Rows that two sites have in common, as often as both have them; 0 where they are too few."""
    a, b = counts[one], counts[other]
    both = a.index.intersection(b.index)
    common = int(a[both].clip(upper=b[both]).sum())
    return common if _is_enough(common, min(a.sum(), b.sum())) else 0


def _hashes(table: DataFrame) -> Series[Any]:
    """One hash a row, whatever the order of columns; rows with nothing but identifiers are left out."""
    import pandas as pd

    total = pd.Series(0, index=table.index, dtype="uint64")
    for column in (c for c in table.columns if not c.startswith("_") and c not in IDENTIFIERS):
        text = table[column].fillna("").astype("str").str.strip().str.lower()
        values = pd.Series(pd.util.hash_array((column + "=" + text).to_numpy(dtype=object)), index=table.index)
        total += values.where(text != "", 0).astype("uint64")
    return total[total != 0]
