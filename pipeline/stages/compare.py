"""Compare: each site's mean improvement, the pool over sites, shrunken estimates, and what other methods would say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.stages.compare_aggregates import BOUNDED, aggregate_sites
from pipeline.stages.compare_funnel import funnels
from pipeline.stages.compare_one_stage import adjusted_sites, one_stage
from pipeline.stages.compare_records import record_sites
from pipeline.stages.compare_shares import national_shares
from pipeline.stats.meta import RandomEffects, fit_random_effects, shrink
from pipeline.stats.small_sites import pool_small_sites
from pipeline.tables import empty, shape

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from pipeline.config import CompareSettings
    from pipeline.measures import Measure

ASSUMED_CORRELATIONS = (0.5, 0.3, 0.8)
_ALL = 10**9
"""More pairs than any site has: all take the spread within all sites."""
TABLES = ("shares", "site_effects", "pooled", "pooled_sensitivity", "adjusted", "one_stage", "funnel", "funnel_budget")


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
        found["pooled_sensitivity"].append(pd.DataFrame(others))
        found["adjusted"].append(adjusted_sites(mine, referrals, measure))
        found["one_stage"].append(pd.DataFrame([one_stage(mine, table, measure)]))
        found["shares"].append(pd.DataFrame(national_shares(table, name)))
        drawn, budget = funnels(table, name, minimum=settings.min_pairs, seed=seed)
        found["funnel"] += drawn
        found["funnel_budget"].append(pd.DataFrame(budget))
    return {name: _stacked(name, parts) for name, parts in found.items()}


def _stacked(name: str, parts: list[DataFrame]) -> DataFrame:
    import pandas as pd

    shaped = [shape(name, part) for part in parts if len(part)]
    return pd.concat(shaped, ignore_index=True) if shaped else empty(name)


def pool(table: DataFrame, measure: str) -> tuple[DataFrame, dict[str, Any]]:
    """Pool the marked sites of one measure by REML with Knapp-Hartung intervals; add shrunken estimates to `table`."""
    kept = table[table["is_pooled"]]
    row: dict[str, Any] = {"measure": measure, "k": len(kept), "n": int(kept["n_paired"].sum()), "method": "REML, Knapp-Hartung"}
    if len(kept) < 2:
        return table, {**row, "method": "not pooled: fewer than two sites"}
    fit = _fit(kept)
    shrunken = shrink(kept["mean_improvement"].to_numpy(), kept["se"].to_numpy() ** 2, fit)
    table = table.copy()
    table.loc[kept.index, "shrunken"] = shrunken.estimate
    table.loc[kept.index, "shrunken_low"] = shrunken.low
    table.loc[kept.index, "shrunken_high"] = shrunken.high
    return table, {**row, **_numbers(fit)}


def _fit(kept: DataFrame, **options: Any) -> RandomEffects:
    return fit_random_effects(kept["mean_improvement"].to_numpy(), kept["se"].to_numpy() ** 2, **options)


def _numbers(fit: RandomEffects) -> dict[str, Any]:
    first = {name: float(getattr(fit, name)[0]) for name in ("estimate", "se", "low", "high", "low_adhoc", "high_adhoc")}
    rest = ("tau2", "tau2_low", "tau2_high", "i2", "h2", "q", "q_df", "q_p", "pi_low", "pi_high")
    return {**first, **{name: getattr(fit, name) for name in rest}}


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
    rows = [_row(kept, f"tau2 by {m}", m, method=m) for m in ("DL", "PM", "ML")]
    rows.append(_row(kept, "normal interval", "REML, z", test="z"))
    alike = pool_small_sites(kept["n_paired"].to_numpy(dtype="int64"), kept["mean_improvement"], _spread(kept), below=_ALL)
    rows.append(_row(kept.assign(se=alike.se), "one variance within sites"))
    records = kept[kept["grain"] == "record"]
    if 2 <= len(records) < len(kept):
        rows.append(_row(records, "record-level sites alone"))
    if len(kept) > 2:
        rows += [_row(kept.drop(index=index), f"without {site}") for index, site in kept["site_id"].items()]
    return rows


def _spread(kept: DataFrame) -> Series[float]:
    """The SD of improvement that the error of each site stands for."""
    return kept["se"] * kept["n_paired"].astype("float64") ** 0.5


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
            rows.append(_row(kept, analysis))
    return rows


def _row(kept: DataFrame, analysis: str, word: str = "REML", **options: Any) -> dict[str, Any]:
    base = {"measure": kept["measure"].iloc[0], "k": len(kept), "n": int(kept["n_paired"].sum())}
    return {**base, "analysis": analysis, "method": word, **_numbers(_fit(kept, **options))}
