"""The pool over other pairs of the same women: all their referrals, or their last score before treatment as the first one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.stages.compare_pool import pool_to_print
from pipeline.stages.compare_records import record_sites
from pipeline.stats.clustered import cluster_means

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from pipeline.config import CompareSettings
    from pipeline.measures import Measure

ALL_REFERRALS = "all referrals"
ALL_OF_RECORDS = "all referrals, record-level sites alone"
LAST_START = "last score before treatment"


def pools_of_other_pairs(
    pairs: DataFrame, sites: DataFrame, missingness: DataFrame, measure: Measure, settings: CompareSettings
) -> list[dict[str, Any]]:
    """Rows of `pooled_sensitivity`; none where the other pairs are the same ones.

    `pairs`: every pair of the measure; `sites`: its rows of `site_effects`. The sites are those of the pool; those that sent
    sums alone stay as they are. With all referrals a site's mean is over referrals and its error takes women as clusters.
    """
    rows = []
    pooled = sites[sites["is_pooled"]]
    records = pooled["grain"] == "record"
    mine = pairs[pairs["site_id"].isin(pooled.loc[records, "site_id"])]
    if has_several(mine).any():
        table = _with(pooled, _of_referrals(mine))
        rows += _row(table, ALL_REFERRALS)
        rows += [] if records.all() else _row(table[records], ALL_OF_RECORDS)
    first = mine[mine["first_referral"].fillna(value=False).astype(bool)]
    if starts_otherwise(first).any():
        later = first[first["pre_last"].notna()].assign(pre=lambda rows: rows["pre_last"])
        found = record_sites(later, missingness, measure, settings.small_site_variance).set_index("site_id")
        rows += _row(_with(pooled, found[found["n_paired"] >= settings.min_pairs]), LAST_START)
    return rows


def has_several(pairs: DataFrame) -> Series[bool]:
    """Whether each pair is of a woman with several paired referrals at her site on one measure."""
    person = pairs["person_id"].fillna("of referral " + pairs["referral_id"])
    return pairs.groupby(["measure", "site_id", person])["referral_id"].transform("size") > 1


def starts_otherwise(pairs: DataFrame) -> Series[bool]:
    """Whether each pair would start from another score, or be none, were the last score before treatment the first one."""
    is_other: Series[bool] = pairs["pre_last"] != pairs["pre"]  # a missing score is another one
    return is_other if pairs["pre_last"].notna().any() else is_other & False


def _of_referrals(pairs: DataFrame) -> DataFrame:
    import pandas as pd

    codes, names = pd.factorize(pairs["site_id"], sort=True)
    women, _ = pd.factorize(pairs["person_id"].fillna("of referral " + pairs["referral_id"]), sort=True)
    found = cluster_means(codes, women, pairs["improvement"].to_numpy(dtype="float64"))
    numbers = {"mean_improvement": found.mean, "se": found.se, "n_paired": found.n_clusters}
    return pd.DataFrame(numbers, index=pd.Index(names, name="site_id"))


def _with(pooled: DataFrame, found: DataFrame) -> DataFrame:
    """The sites of the pool with the numbers `found` for those that sent records; without a site that has none."""
    table = pooled.set_index("site_id")
    is_record = (table["grain"] == "record").to_numpy()
    for name in ("mean_improvement", "se", "n_paired"):
        own = found[name].reindex(table.index).astype("float64")
        table[name] = np.where(is_record, own, table[name].astype("float64"))
    return table.reset_index().set_index(pooled.index)


def _row(table: DataFrame, analysis: str) -> list[dict[str, Any]]:
    """The pool found as the one that is printed, with one variance within all sites where that rule asks for it."""
    kept = table[(table["se"] > 0) & table["mean_improvement"].notna()]
    return [pool_to_print(kept, kept["measure"].iloc[0])[1] | {"analysis": analysis}] if len(kept) >= 2 else []
