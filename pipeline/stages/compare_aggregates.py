"""Sites that sent sums and no records: their paired means, and the error that what they sent allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.stats.interval import t_interval

if TYPE_CHECKING:
    from pandas import DataFrame

    from pipeline.measures import Measure

BOUNDED = "; count of pairs known within bounds, the lowest used"


def aggregate_sites(aggregates: DataFrame, measure: Measure, correlation: float, count: str) -> DataFrame:
    """The latest row `all` of each site; its error from the SD of change, else from r, else from the `correlation` assumed.

    A count that is known within bounds alone is taken at its `count` end, low or high; low never makes an error too small.
    """
    whole = aggregates["pathway"].isna() | (aggregates["pathway"] == "all")
    mine = aggregates[whole & (aggregates["measure"] == measure.id)].sort_values("period_end", kind="stable", na_position="first")
    table = mine.drop_duplicates("site_id", keep="last").reset_index(drop=True)
    r = table["r"].fillna(correlation)
    sd_pre, sd_post = table["sd_pre"], table["sd_post"]
    from_r = (sd_pre**2 + sd_post**2 - 2 * r * sd_pre * sd_post).clip(lower=0) ** 0.5
    spread = table["sd_change"].fillna(from_r)
    bounds = [table[f"n_paired_{end}"].fillna(table["n_paired"]) for end in ("low", "high")]
    is_exact = (bounds[0] == bounds[1]).fillna(value=False)
    n = bounds[count == "high"]
    gain = measure.sign * (table["mean_pre_paired"] - table["mean_post_paired"])
    how = np.where(table["sd_change"].notna(), "sd_change", np.where(table["r"].notna(), "given r", "assumed r"))
    note = np.where(
        gain.isna(), "unpaired means", np.where(spread.isna(), "no spread given", np.char.add("error from ", how.astype(str)))
    )
    note = np.where(is_exact | n.isna(), note, np.char.add(note.astype(str), BOUNDED))
    women = n.astype("float64")
    return table.assign(
        measure=measure.id,
        grain="aggregate",
        mean_pre=table["mean_pre_paired"],
        mean_post=table["mean_post_paired"],
        mean_improvement=gain,
        n_paired=n,
        se=spread / np.sqrt(women.where(women > 0)),
        note=note,
    ).pipe(_with_interval)


def _with_interval(table: DataFrame) -> DataFrame:
    mean, se, n = (
        table[name].to_numpy(dtype="float64", na_value=float("nan")) for name in ("mean_improvement", "se", "n_paired")
    )
    low, high = t_interval(mean, se, n)
    return table.assign(low=low, high=high)
