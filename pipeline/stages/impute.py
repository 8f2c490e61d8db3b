"""Impute: what women without a second score could mean for the answer. Complete pairs stay the headline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.stages.case_mix import case_mix, characteristics
from pipeline.stats.balance import standardised_differences
from pipeline.stats.completed import CompletedSites, complete_sites, pool_completed, pool_imputed_sites
from pipeline.stats.imputation import Imputed, impute_last_scores
from pipeline.stats.meta import fit_random_effects
from pipeline.stats.rubin import number_of_imputations, pool_rubin
from pipeline.stats.streams import stream
from pipeline.stats.tipping import fill_missing, tipping_points
from pipeline.tables import empty, shape

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pandas import DataFrame

    from pipeline.measures import Measure

ALL = "ALL"
NAMES = ("imputed", "scenarios", "tipping", "balance")
Rows = list[dict[str, Any]]


def impute(
    due: DataFrame, referrals: DataFrame, site_effects: DataFrame, pooled: DataFrame, measures: dict[str, Measure], seed: int
) -> dict[str, DataFrame]:
    """Complete the scores of women who are due and have a first one, by measure, in four ways that are told apart.

    `imputed`: means by site over data sets completed at random, and the sites pooled; `scenarios`: every missing improvement
    set to one value; `tipping`: how much worse than similar women the missing ones would have to be for the answer to turn;
    `balance`: how women with and without a second score differed when they came. The pool is over the sites that
    `site_effects` pools.
    """
    import pandas as pd

    found: dict[str, Rows] = {name: [] for name in NAMES}
    for name, measure in measures.items():
        women = due[due["measure"] == name].sort_values(["site_id", "referral_id"], kind="stable", ignore_index=True)
        if women.empty:
            continue
        mix = case_mix(women, referrals)
        found["balance"] += balance_of(women, characteristics(women, referrals), name)
        if women["post"].isna().any():
            mine = site_effects[
                (site_effects["measure"] == name) & site_effects["is_pooled"] & (site_effects["grain"] == "record")
            ]
            tau2 = pooled.loc[pooled["measure"] == name, "tau2"].max()
            for table, rows in _complete(women, mix.to_numpy(), mine, measure, float(tau2), seed).items():
                found[table] += rows
    return {name: shape(name, pd.DataFrame(rows)) if rows else empty(name) for name, rows in found.items()}


def _complete(
    women: DataFrame, mix: NDArray[np.float64], pooled: DataFrame, measure: Measure, tau2: float, seed: int
) -> dict[str, Rows]:
    import pandas as pd

    codes, names = pd.factorize(women["site_id"], sort=True)
    pre, post, gain = (women[c].to_numpy(dtype="float64") for c in ("pre", "post", "improvement"))
    m = number_of_imputations(100 * float(np.isnan(post).mean()))
    imputed = impute_last_scores(codes, pre, post, m=m, stream=stream(seed, "impute", measure.id), covariates=mix)
    gains = measure.sign * (pre[imputed.rows] - imputed.values)  # noqa: PD011 (no frame: the imputed scores)
    sites = complete_sites(codes, gain, rows=imputed.rows, imputed=gains)
    errors = sites.shifted(0.0)[1]
    is_pooled = np.isin(np.asarray(names), pooled["site_id"].to_numpy()) & (errors > 0).all(axis=0)
    return {
        "imputed": _imputed(measure.id, np.asarray(names), women, sites, is_pooled, imputed),
        "scenarios": _scenarios(measure.id, np.asarray(names), codes, gain, pooled, tau2),
        "tipping": _tipping(measure, sites, is_pooled),
    }


def _imputed(
    measure: str, names: NDArray[Any], women: DataFrame, sites: CompletedSites, is_pooled: NDArray[np.bool_], made: Imputed
) -> Rows:
    """A row a site, and one for all that are pooled."""
    means, errors = sites.shifted(0.0)
    one = pool_rubin(means, errors, df_complete=np.maximum(sites.n - 1.0, 1e-9))
    observed = women.groupby("site_id")["improvement"].agg(["size", "count", "mean"]).reindex(names)
    rows: Rows = []
    for at, site in enumerate(names):
        left = at in made.left_sites
        row = {"measure": measure, "site_id": site, "n_due": observed["size"].iloc[at], "n_paired": observed["count"].iloc[at]}
        row |= {"n_imputed": sites.n_imputed[at], "m": made.m, "complete": observed["mean"].iloc[at]}
        mine = {} if left else _pooled_row(one, at)
        is_whole = all(np.isfinite(value) for value in mine.values())
        row |= {"reason": "fewer than 5 pairs: not imputed" if left else "" if is_whole else one.reason}
        rows.append(row | mine)
    pool: dict[str, Any] = {"measure": measure, "site_id": ALL, "n_due": int(observed["size"][is_pooled].sum()), "m": made.m}
    pool |= {"n_paired": int(observed["count"][is_pooled].sum()), "n_imputed": int(sites.n_imputed[is_pooled].sum())}
    if is_pooled.sum() < 2:
        return [*rows, pool | {"reason": "fewer than two sites with enough pairs"}]
    found = pool_imputed_sites(sites, is_pooled=is_pooled)
    numbers = {name: float(np.squeeze(getattr(found, name))) for name in ("estimate", "se", "low", "high", "tau2")}
    pool["complete"] = _complete_pool(women[women["site_id"].isin(names[is_pooled])])
    each = pool_completed(sites, is_pooled=is_pooled)
    pool |= {name: float(np.squeeze(getattr(each, name))) for name in ("tau2_median", "tau2_low", "tau2_high")}
    return [*rows, pool | numbers | {"df": found.k - 1, "reason": made.reason}]


def _complete_pool(women: DataFrame) -> float:
    """The pooled mean of those with both scores, over the same sites."""
    gain = women.groupby("site_id")["improvement"].agg(["mean", "var", "count"])
    return float(fit_random_effects(gain["mean"].to_numpy(), (gain["var"] / gain["count"]).to_numpy()).estimate[0])


def _pooled_row(found: Any, at: Any) -> dict[str, float]:
    columns = ("estimate", "se", "low", "high", "df", "fraction_missing")
    return {name: float(np.squeeze(np.asarray(getattr(found, name))[at])) for name in columns}


def _scenarios(
    measure: str, names: NDArray[Any], codes: NDArray[np.intp], gain: NDArray[np.float64], pooled: DataFrame, tau2: float
) -> Rows:
    """What the mean would be were every missing improvement one value; the pool weighs sites as the complete pairs do."""
    errors = pooled.set_index("site_id")["se"].reindex(names).to_numpy(dtype="float64")
    weights = np.nan_to_num(1 / (errors**2 + (tau2 if np.isfinite(tau2) else 0.0)))
    made = fill_missing(codes, gain, weights=weights if (weights > 0).any() else None, n_sites=len(names))
    rows: Rows = []
    for at, scenario in enumerate(made.names):
        given = {"measure": measure, "scenario": scenario, "fill": made.fill[at], "reason": made.reason}
        rows.append(given | {"site_id": ALL, "estimate": made.overall[at] if (weights > 0).any() else None})
        rows += [given | {"site_id": site, "estimate": made.by_site[at, place]} for place, site in enumerate(names)]
    return rows


def _tipping(measure: Measure, sites: CompletedSites, is_pooled: NDArray[np.bool_]) -> Rows:
    if is_pooled.sum() < 2:
        return []

    def pool(deltas: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        found = pool_imputed_sites(sites, is_pooled=is_pooled, deltas=deltas)
        return found.estimate, found.low

    important = measure.smallest_important_change
    points = float(important.points) if important is not None and important.evidence != "BK" else None
    found = tipping_points(pool, scale_width=float(measure.range.high - measure.range.low), smallest_important=points)
    turns = {"no_effect": found.no_effect, "too_small": found.too_small}
    return [
        {"measure": measure.id, "question": question, "delta": turn.delta, "status": turn.status, "reason": turn.reason}
        | {"smallest_important": points if question == "too_small" else None}
        for question, turn in turns.items()
    ]


def balance_of(women: DataFrame, mix: DataFrame, measure: str) -> Rows:
    """How women with a second score differ from those without: first scores in points, each column of `mix` as a share."""
    columns = {"first_score": women["pre"], **{str(name): mix[name] for name in mix}}
    is_paired = women["post"].notna().to_numpy()
    found = standardised_differences(np.column_stack([*columns.values()]).astype("float64"), is_paired)
    parts = ("n_paired", "n_unpaired", "mean_paired", "mean_unpaired", "difference", "low", "high", "reason")
    return [
        {"measure": measure, "characteristic": name} | {part: getattr(found, part)[at] for part in parts}
        for at, name in enumerate(columns)
    ]
