"""Two sites with the same rows: found by hashes of the text of their rows once every identifier is dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pandas import DataFrame, Series

IDENTIFIERS = ("site_id", "referral_id", "person_id", "staff_code", "attendee_code", "respondent_code")
LEAST_ROWS, LEAST_SHARE = 20, 0.8


def same_rows(table: DataFrame, sites: Series[str]) -> dict[str, int]:
    """Sites whose rows of a table are another site's, with how many; `table` holds text cells, `sites` the site of each row.

    Two sites share a table where at least 20 rows and 80 % of the smaller table stand in both, and so do at least 20 and 80 %
    of the rows that occur once: few-valued tables, whose rows agree by chance, have no such rows. A blank cell
    does not count, so that a column left out is one left blank.
    """
    import pandas as pd

    hashes = pd.DataFrame({"site": sites, "row": _hashes(table)})
    hashes = hashes[hashes["row"] != 0]
    hashes = hashes[hashes.groupby("site")["row"].transform("size") >= LEAST_ROWS]
    if hashes["site"].nunique() < 2:
        return {}
    counts = hashes.groupby(["site", "row"]).size().rename("count")
    once = counts[counts == 1].reset_index()
    n_once = {str(site): int(n) for site, n in once.groupby("site").size().items()}
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
    """One hash a row, whatever the order of columns; 0 for a row with nothing but identifiers."""
    import numpy as np
    import pandas as pd

    total = np.zeros(len(table), dtype=np.uint64)
    for column in (c for c in table.columns if c not in IDENTIFIERS):
        which, words = pd.factorize(table[column])
        texts = [str(word).strip().lower() for word in words]
        hashed = pd.util.hash_array(np.array([f"{column}={text}" for text in texts], dtype=object))
        total += np.where(np.array(texts, dtype=object) == "", 0, hashed).astype(np.uint64)[which]
    return pd.Series(total, index=table.index)
