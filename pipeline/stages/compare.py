"""Compare: each site's mean improvement, the pool over sites, shrunken estimates, and what other methods would say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.stages.compare_aggregates import BOUNDED, aggregate_sites
from pipeline.stages.compare_effect_sizes import effect_sizes
from pipeline.stages.compare_funnel import funnels
from pipeline.stages.compare_one_stage import adjusted_sites, one_stage
from pipeline.stages.compare_pool import other_pool, pool, with_one_variance
from pipeline.stages.compare_records import record_sites
from pipeline.stages.compare_referrals import pools_of_other_pairs
from pipeline.stages.compare_shares import national_shares
from pipeline.tables import empty, shape

if TYPE_CHECKING:
    from pandas import DataFrame

    from pipeline.config import CompareSettings
    from pipeline.measures import Measure

ASSUMED_CORRELATIONS = (0.5, 0.3, 0.8)
TABLES = (
    *("shares", "site_effects", "pooled", "pooled_sensitivity", "adjusted", "one_stage", "funnel", "funnel_budget"),
    "effect_sizes",
)


def compare(
    change: DataFrame,
    missingness: DataFrame,
    aggregates: DataFrame,
    referrals: DataFrame,
    measures: dict[str, Measure],
    settings: CompareSettings,
    seed: int,
) -> dict[str, DataFrame]:
    """Site effects, pooled estimates and their sensitivity; sites at the same first score and case mix; one stage; funnels.

    A woman counts once a measure, by her first paired referral. Sites that sent aggregates alone join by their paired
    means; their grain says so. Where such a site's count of pairs is held back or rounded, the least that it can be is used.
    """
    import pandas as pd

    used = change[change["first_referral"].fillna(value=False).astype(bool)]
    found: dict[str, list[Any]] = {name: [] for name in TABLES}
    for name, measure in measures.items():
        mine = used[used["measure"] == name].sort_values(["site_id", "referral_id"], kind="stable")
        table = _sites_of(mine, missingness, aggregates, measure, settings)
        if table.empty:
            continue
        table = _mark_pooled(table.sort_values("site_id", kind="stable", ignore_index=True), settings)
        table, row = pool(table, name)
        found["site_effects"].append(table)
        found["pooled"].append(pd.DataFrame([row]))
        others = [*_sensitivity(table), *_other_aggregates(mine, missingness, aggregates, measure, settings)]
        others += pools_of_other_pairs(change[change["measure"] == name], table, missingness, measure, settings)
        found["pooled_sensitivity"].append(pd.DataFrame(others))
        found["adjusted"].append(adjusted_sites(mine, referrals, measure))
        found["one_stage"].append(pd.DataFrame([one_stage(mine, table, measure)]))
        found["shares"].append(pd.DataFrame(national_shares(table, name)))
        found["effect_sizes"].append(pd.DataFrame(effect_sizes(mine, measure, seed)))
        drawn, budget = funnels(table, name, minimum=settings.min_pairs, seed=seed)
        found["funnel"] += drawn
        found["funnel_budget"].append(pd.DataFrame(budget))
    return {name: _stacked(name, parts) for name, parts in found.items()}


def _stacked(name: str, parts: list[DataFrame]) -> DataFrame:
    import pandas as pd

    shaped = [shape(name, part) for part in parts if len(part)]
    return pd.concat(shaped, ignore_index=True) if shaped else empty(name)


def _sites_of(
    mine: DataFrame,
    missingness: DataFrame,
    aggregates: DataFrame,
    measure: Measure,
    settings: CompareSettings,
    *,
    correlation: float = ASSUMED_CORRELATIONS[0],
    count: str = "low",
) -> DataFrame:
    """Every site of a measure once: by its records where they hold a pair or it sent nothing else, else by its aggregates."""
    import pandas as pd

    records = record_sites(mine, missingness, measure, settings.small_site_variance)
    sent = aggregate_sites(aggregates, measure, correlation, count)
    records = records[(records["n_paired"] > 0) | ~records["site_id"].isin(sent["site_id"])]
    return pd.concat([records, sent[~sent["site_id"].isin(records["site_id"])]], ignore_index=True)


def _mark_pooled(table: DataFrame, settings: CompareSettings) -> DataFrame:
    enough = table["n_paired"].fillna(0) >= settings.min_pairs
    has_error = (table["se"] > 0) & table["mean_improvement"].notna()
    note = (
        table["note"].where(table["se"] != 0, "no spread in the changes").where(enough, f"fewer than {settings.min_pairs} pairs")
    )
    return table.assign(is_pooled=(enough & has_error).astype("boolean"), note=note)


def _sensitivity(table: DataFrame) -> list[dict[str, Any]]:
    kept = table[table["is_pooled"]]
    if len(kept) < 2:
        return []
    rows = [other_pool(kept, f"tau2 by {m}", m, method=m) for m in ("DL", "PM", "ML")]
    rows.append(other_pool(kept, "normal interval", "REML, z", test="z"))
    rows.append(other_pool(with_one_variance(kept), "one variance within sites"))
    records = kept[kept["grain"] == "record"]
    if 2 <= len(records) < len(kept):
        rows.append(other_pool(records, "record-level sites alone"))
    if len(kept) > 2:
        rows += [other_pool(kept.drop(index=index), f"without {site}") for index, site in kept["site_id"].items()]
    return rows


def _other_aggregates(
    mine: DataFrame, missingness: DataFrame, aggregates: DataFrame, measure: Measure, settings: CompareSettings
) -> list[dict[str, Any]]:
    """The pool at what else could be true of sites that sent aggregates alone: another correlation, larger counts.

    Other correlations where a pooled site gave neither an SD of change nor r; the most that its count of pairs can be where
    that is known within bounds alone.
    """
    assumed, *correlations = ASSUMED_CORRELATIONS
    ways = [("error from assumed r", f"assumed r = {r}", r, "low") for r in correlations]
    ways.append((BOUNDED, "rounded or held-back counts at their highest", assumed, "high"))
    rows = []
    for mark, analysis, r, count in ways:
        table = _mark_pooled(_sites_of(mine, missingness, aggregates, measure, settings, correlation=r, count=count), settings)
        kept = table[table["is_pooled"]].sort_values("site_id", kind="stable")
        if len(kept) >= 2 and kept["note"].str.contains(mark, regex=False).any():
            rows.append(other_pool(kept, analysis))
    return rows
