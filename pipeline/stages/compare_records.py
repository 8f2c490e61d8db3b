"""Sites that sent records: their mean improvement over pairs, and how many women are in each class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.stats.paired import describe_groups
from pipeline.stats.small_sites import pool_small_sites

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from pipeline.measures import Measure

DESCRIBED = (
    *("mean_pre", "sd_pre", "mean_post", "sd_post", "r", "mean_improvement", "se", "low", "high"),
    *("d_z", "d_av", "d_pre"),
)
_CLASSES = ("reliably_improved", "no_reliable_change", "reliably_deteriorated")


def record_sites(mine: DataFrame, missingness: DataFrame, measure: Measure, variance: str) -> DataFrame:
    """Every site with pairs, or with women who are due, and its mean improvement with an error of its own.

    With `variance` pooled, sites of fewer than 10 pairs take the spread within all sites; their note says so.
    """
    import pandas as pd

    counts = missingness[missingness["measure"] == measure.id].set_index("site_id")
    codes, names = pd.factorize(mine["site_id"], sort=True)
    described = describe_groups(codes, mine["pre"].to_numpy(), mine["post"].to_numpy(), sign=measure.sign)
    table = pd.DataFrame({name: getattr(described, name) for name in DESCRIBED}, index=pd.Index(names, name="site_id"))
    table["n_paired"], table["note"] = described.n, ""
    if variance == "pooled":
        pooled = pool_small_sites(described.n, described.mean_improvement, described.sd_improvement)
        table = table.assign(se=pooled.se, low=pooled.low, high=pooled.high)
        table["note"] = np.where(pooled.is_pooled, "error from the spread within all sites", "")
    group = mine.groupby("site_id")
    for name in _CLASSES:
        table[f"n_{name}"] = (mine["class"] == name).groupby(mine["site_id"]).sum().where(_is_classified(mine))
    for name, column in (("case_before",) * 2, ("recovered",) * 2, ("reliably_recovered",) * 2):
        table[f"n_{name}"] = group[column].sum().where(group[column].count() > 0)
    table = table.reindex(table.index.union(counts.index).rename("site_id"))
    table["n_paired"] = table["n_paired"].fillna(0)
    table["n_eligible"] = counts["n_due"].reindex(table.index)
    table["n_pre"] = counts["n_pre"].reindex(table.index)
    return table.reset_index().assign(measure=measure.id, grain="record", note=lambda rows: rows["note"].fillna(""))


def _is_classified(mine: DataFrame) -> Series[bool]:
    return (mine["class"] != "not_classified").groupby(mine["site_id"]).any()
