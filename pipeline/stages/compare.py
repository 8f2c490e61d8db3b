"""Compare: each site's mean improvement, the pool over sites, shrunken estimates, and what other methods would say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.stats.adjusted import site_intercepts
from pipeline.stats.meta import RandomEffects, fit_random_effects, shrink
from pipeline.stats.paired import describe_groups
from pipeline.tables import empty, shape

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from pipeline.config import CompareSettings
    from pipeline.measures import Measure

DESCRIBED = (
    *("mean_pre", "sd_pre", "mean_post", "sd_post", "r", "mean_improvement", "se", "low", "high"),
    *("d_z", "d_av", "d_pre"),
)
ASSUMED_CORRELATIONS = (0.5, 0.3, 0.8)
_CLASSES = ("reliably_improved", "no_reliable_change", "reliably_deteriorated")


def compare(
    change: DataFrame,
    missingness: DataFrame,
    aggregates: DataFrame,
    measures: dict[str, Measure],
    settings: CompareSettings,
) -> dict[str, DataFrame]:
    """Site effects, pooled estimates, their sensitivity, and baseline-adjusted site effects.

    A woman counts once a measure, by her first paired referral. Sites that sent aggregates alone join by their paired
    means; their grain says so.
    """
    import pandas as pd

    used = change[change["first_referral"].fillna(value=False).astype(bool)]
    sites, pooled, others, adjusted = [], [], [], []
    for name, measure in measures.items():
        mine = used[used["measure"] == name]
        table = _sites_of(mine, missingness, aggregates, measure, ASSUMED_CORRELATIONS[0])
        if table.empty:
            continue
        table = _mark_pooled(table.sort_values("site_id", kind="stable", ignore_index=True), settings)
        table, row = pool(table, name)
        sites.append(table)
        pooled.append(row)
        others += _sensitivity(table)
        others += _other_correlations(mine, missingness, aggregates, measure, settings)
        adjusted.append(_adjusted(mine, measure))
    if not sites:
        return {name: empty(name) for name in ("site_effects", "pooled", "pooled_sensitivity", "adjusted")}
    return {
        "site_effects": shape("site_effects", pd.concat(sites, ignore_index=True)),
        "pooled": shape("pooled", pd.DataFrame(pooled)),
        "pooled_sensitivity": shape("pooled_sensitivity", pd.DataFrame(others)) if others else empty("pooled_sensitivity"),
        "adjusted": shape("adjusted", pd.concat(adjusted, ignore_index=True)),
    }


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


def _sites_of(mine: DataFrame, missingness: DataFrame, aggregates: DataFrame, measure: Measure, correlation: float) -> DataFrame:
    """Every site of a measure once: by its records where they hold a pair or it sent nothing else, else by its aggregates."""
    import pandas as pd

    records = _record_sites(mine, missingness, measure)
    sent = _aggregate_sites(aggregates, measure, correlation)
    records = records[(records["n_paired"] > 0) | ~records["site_id"].isin(sent["site_id"])]
    return pd.concat([records, sent[~sent["site_id"].isin(records["site_id"])]], ignore_index=True)


def _record_sites(mine: DataFrame, missingness: DataFrame, measure: Measure) -> DataFrame:
    import pandas as pd

    counts = missingness[missingness["measure"] == measure.id].set_index("site_id")
    codes, names = pd.factorize(mine["site_id"], sort=True)
    described = describe_groups(codes, mine["pre"].to_numpy(), mine["post"].to_numpy(), sign=measure.sign)
    table = pd.DataFrame({name: getattr(described, name) for name in DESCRIBED}, index=pd.Index(names, name="site_id"))
    table["n_paired"] = described.n
    group = mine.groupby("site_id")
    for name in _CLASSES:
        table[f"n_{name}"] = (mine["class"] == name).groupby(mine["site_id"]).sum().where(_is_classified(mine))
    for name, column in (("case_before",) * 2, ("recovered",) * 2, ("reliably_recovered",) * 2):
        table[f"n_{name}"] = group[column].sum().where(group[column].count() > 0)
    table = table.reindex(table.index.union(counts.index).rename("site_id"))
    table["n_paired"] = table["n_paired"].fillna(0)
    table["n_eligible"] = counts["n_due"].reindex(table.index)
    table["n_pre"] = counts["n_pre"].reindex(table.index)
    return table.reset_index().assign(measure=measure.id, grain="record", note="")


def _is_classified(mine: DataFrame) -> Series[bool]:
    return (mine["class"] != "not_classified").groupby(mine["site_id"]).any()


def _aggregate_sites(aggregates: DataFrame, measure: Measure, correlation: float) -> DataFrame:
    """The latest row `all` of each site; its error from the SD of change, else from r, else from the `correlation` assumed."""
    import numpy as np

    whole = aggregates["pathway"].isna() | (aggregates["pathway"] == "all")
    mine = aggregates[whole & (aggregates["measure"] == measure.id)].sort_values("period_end", kind="stable", na_position="first")
    table = mine.drop_duplicates("site_id", keep="last").reset_index(drop=True)
    r = table["r"].fillna(correlation)
    sd_pre, sd_post = table["sd_pre"], table["sd_post"]
    from_r = (sd_pre**2 + sd_post**2 - 2 * r * sd_pre * sd_post).clip(lower=0) ** 0.5
    spread = table["sd_change"].fillna(from_r)
    n = table["n_paired"].astype("float64")
    gain = measure.sign * (table["mean_pre_paired"] - table["mean_post_paired"])
    how = np.where(table["sd_change"].notna(), "sd_change", np.where(table["r"].notna(), "given r", "assumed r"))
    note = np.where(
        gain.isna(), "unpaired means", np.where(spread.isna(), "no spread given", np.char.add("error from ", how.astype(str)))
    )
    return table.assign(
        measure=measure.id,
        grain="aggregate",
        mean_pre=table["mean_pre_paired"],
        mean_post=table["mean_post_paired"],
        mean_improvement=gain,
        se=spread / np.sqrt(n.where(n > 0)),
        note=note,
    ).pipe(_with_interval)


def _with_interval(table: DataFrame) -> DataFrame:
    from pipeline.stats.interval import t_interval

    mean, se, n = (
        table[name].to_numpy(dtype="float64", na_value=float("nan")) for name in ("mean_improvement", "se", "n_paired")
    )
    low, high = t_interval(mean, se, n)
    return table.assign(low=low, high=high)


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
    records = kept[kept["grain"] == "record"]
    if 2 <= len(records) < len(kept):
        rows.append(_row(records, "record-level sites alone"))
    if len(kept) > 2:
        rows += [_row(kept.drop(index=index), f"without {site}") for index, site in kept["site_id"].items()]
    return rows


def _other_correlations(
    mine: DataFrame, missingness: DataFrame, aggregates: DataFrame, measure: Measure, settings: CompareSettings
) -> list[dict[str, Any]]:
    """The pool at other assumed correlations, where a pooled site gave neither an SD of change nor r."""
    rows = []
    for r in ASSUMED_CORRELATIONS[1:]:
        table = _mark_pooled(_sites_of(mine, missingness, aggregates, measure, r), settings)
        kept = table[table["is_pooled"]].sort_values("site_id", kind="stable")
        if len(kept) >= 2 and (kept["note"] == "error from assumed r").any():
            rows.append(_row(kept, f"assumed r = {r}"))
    return rows


def _row(kept: DataFrame, analysis: str, word: str = "REML", **options: Any) -> dict[str, Any]:
    base = {"measure": kept["measure"].iloc[0], "k": len(kept), "n": int(kept["n_paired"].sum())}
    return {**base, "analysis": analysis, "method": word, **_numbers(_fit(kept, **options))}


def _adjusted(mine: DataFrame, measure: Measure) -> DataFrame:
    import pandas as pd

    codes, names = pd.factorize(mine["site_id"], sort=True)
    if len(names) < 2:
        return empty("adjusted")
    result = site_intercepts(codes, mine["pre"].to_numpy(), mine["post"].to_numpy(), sign=measure.sign)
    table = {"measure": measure.id, "site_id": names, "n": result.n, "estimate": result.estimate, "se": result.se}
    return pd.DataFrame(table).dropna()
