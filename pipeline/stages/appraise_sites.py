"""A context of services: each site's outcome, crude and adjusted, and the contrast of sites with and without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.stages.case_mix import case_mix
from pipeline.stats.adjusted import site_intercepts
from pipeline.stats.contrast import Contrast, contrast_sites, smallest_detectable
from pipeline.stats.meta import fit_random_effects
from pipeline.stats.paired import describe_groups
from pipeline.stats.proportion import wilson

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pandas import DataFrame, Series

    from pipeline.stages.appraise_women import Records
    from pipeline.theories import Theory

    Floats = NDArray[np.float64]

PLANNING = "blinded to the difference: variance between sites of one side, and of women within sites"
NO_RECORDS = "no records of women were given"
EFFECTS = ["site_id", "grain", "n", "effect", "se", "low", "high", "mean_pre", "sd_pre", "is_pooled", "adjusted", "se_adjusted"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Finding:
    """What the data say of one theory, before any verdict.

    `counts`: sites and women on each side. `smallest`: the smallest difference that matters, in the unit of the outcome;
    `detectable`: the smallest that could be seen. `lacks`: why it cannot be tested, blank where it can. `units`: whether each
    site (or woman) that was used has the context. `sites`: rows of the table theory_sites. `note`: how it was tested.
    """

    counts: dict[str, int]
    sites_unknown: int
    smallest: float
    detectable: float
    units: Series[Any]
    sites: DataFrame
    planning: str = PLANNING
    lacks: str = ""
    crude: Contrast | None = None
    fair: Contrast | None = None
    mean_pre: tuple[float, float] = (float("nan"), float("nan"))
    note: str = ""


def effects_of_measure(measure: str, site_effects: DataFrame, adjusted: DataFrame) -> DataFrame:
    """Sites of one measure as they were compared, aggregates among them, with the adjusted effect where there is one."""
    mine = site_effects[site_effects["measure"] == measure].rename(columns={"n_paired": "n", "mean_improvement": "effect"})
    fair = adjusted.loc[(adjusted["measure"] == measure) & (adjusted["se"] > 0), ["site_id", "estimate", "se"]]
    fair = fair.rename(columns={"estimate": "adjusted", "se": "se_adjusted"})
    return mine.merge(fair, on="site_id", how="left")[EFFECTS]


def effects_of_women(women: DataFrame, records: Records, scale: str) -> DataFrame:
    """The mean of `y` by site with its error, crude and adjusted, from rows of women; only sites of enough women are pooled.

    The error of a share is binomial at the share of all sites together, `sqrt(p(1 - p)/n)`, as funnel limits are drawn at the
    target (Spiegelhalter 2005, Stat Med 24:1185): a site's own would be nought at a share of 0 or 1, and would give most
    weight to the most extreme sites.
    """
    import pandas as pd

    if women.empty:
        return pd.DataFrame({name: pd.Series(dtype="object" if name in ("site_id", "grain") else "float64") for name in EFFECTS})
    codes, names = pd.factorize(women["site_id"], sort=True)
    y = women["y"].to_numpy(dtype="float64")
    group = women.groupby("site_id")
    table = pd.DataFrame({"site_id": names, "grain": "record", "n": group.size().reindex(names).to_numpy()})
    table = table.assign(
        mean_pre=group["pre"].mean().reindex(names).to_numpy(), sd_pre=group["pre"].std().reindex(names).to_numpy()
    )
    if scale == "risk_difference":
        found = wilson(group["y"].sum().reindex(names).to_numpy(), table["n"].to_numpy())
        share = float(y.mean())
        table = table.assign(effect=found.estimate, se=np.sqrt(share * (1 - share) / table["n"]), low=found.low, high=found.high)
    else:
        described = describe_groups(codes, y, np.zeros(len(y)), sign=1)
        table = table.assign(effect=described.mean_improvement, se=described.se, low=described.low, high=described.high)
    enough = table["n"] >= records.compare.min_pairs
    table["is_pooled"] = (enough & (table["se"] > 0)).astype("boolean")
    fair, errors = _adjusted(women, codes, y, records.referrals)
    return table.assign(adjusted=fair, se_adjusted=errors)[EFFECTS]


def covariates(women: DataFrame, referrals: DataFrame, *, without: str = "") -> list[Floats]:
    """What outcomes are adjusted for, the most first: first score and case mix, first score alone, nothing.

    `without`: the kind of case mix that is the context itself, such as pathway.
    """
    first = [women["pre"].to_numpy(dtype="float64")] if women["pre"].notna().all() and len(women) else []
    mix = case_mix(women, referrals)
    kept = [mix[name].to_numpy(dtype="float64") for name in mix if str(name).partition("_")[0] != without]
    sets = [[*first, *kept], first] if kept else [first]
    return [np.column_stack([*columns]) for columns in sets if columns] + [np.empty((len(women), 0))]


def _adjusted(women: DataFrame, codes: Any, y: Floats, referrals: DataFrame) -> tuple[Floats, Floats]:
    """The mean of `y` by site at the grand mean of the covariates, by parallel lines over all sites, with its error."""
    for z in covariates(women, referrals):
        if z.shape[1] == 0:
            break
        found = site_intercepts(codes, z[:, 0], y, sign=1, case_mix=z[:, 1:])
        if np.isfinite(found.slope):
            return found.mean_pre - found.estimate, found.se
    n = np.bincount(codes)
    means = np.bincount(codes, y) / n
    spread = float(np.sum((y - means[codes]) ** 2)) / max(len(y) - len(n), 1)
    return means, np.sqrt(spread / n)


def contrast_of_sites(theory: Theory, effects: DataFrame, has_context: Series[Any]) -> Finding:
    """Hold sites with the context against those without it, both ways, where there are enough of them."""
    effects = effects.assign(has_context=effects["site_id"].map(has_context).astype("boolean"))
    sites = effects[effects["is_pooled"].fillna(value=False).astype(bool)]
    known = sites.dropna(subset="has_context")
    both = known[known["se_adjusted"] > 0]
    counts = sides(known)
    lacks = why_not(theory, counts)
    without = f"{then} that sent records" if not lacks and (then := why_not(theory, sides(both))) else lacks
    means = known.groupby("has_context")["mean_pre"].mean()
    return Finding(
        counts=counts,
        sites_unknown=int(sites["has_context"].isna().sum()),
        smallest=smallest_in_unit(theory, known["sd_pre"], known["n"]),
        detectable=_detectable(known),
        units=known.set_index("site_id")["has_context"].astype(bool),
        sites=_rows(theory, effects),
        lacks=without,
        crude=None if without else _contrast(known, "effect", "se"),
        fair=None if without else _contrast(both, "adjusted", "se_adjusted"),
        mean_pre=(float(means.get(True, np.nan)), float(means.get(False, np.nan))),
    )


def sides(sites: DataFrame) -> dict[str, int]:
    """Sites and women on each side of a context."""
    has_context = sites["has_context"].astype(bool)
    each = {"with": sites[has_context], "without": sites[~has_context]}
    return {**{f"sites_{k}": len(v) for k, v in each.items()}, **{f"women_{k}": int(v["n"].sum()) for k, v in each.items()}}


def why_not(theory: Theory, counts: dict[str, int]) -> str:
    """What a theory's minimum lacks; blank where it is met."""
    sites, women = theory.minimum.sites_each_side, theory.minimum.women_each_side
    if min(counts["sites_with"], counts["sites_without"]) < sites:
        return f"fewer than {sites} sites on one side"
    if min(counts["women_with"], counts["women_without"]) < women:
        return f"fewer than {women} {'people' if theory.outcome.is_of_voices else 'women'} on one side"
    return ""


def smallest_in_unit(theory: Theory, sd: Series[Any], n: Series[Any]) -> float:
    """The smallest difference in the unit of the outcome; on the scale sd, times the pooled SD of first scores within sites."""
    value = float(theory.smallest_difference.value)
    if theory.smallest_difference.scale != "sd":
        return value
    degrees, spread = n.to_numpy(dtype="float64") - 1, sd.to_numpy(dtype="float64")
    used = np.isfinite(spread) & (degrees > 0)
    return value * float(np.sqrt(np.sum(degrees[used] * spread[used] ** 2) / degrees[used].sum())) if used.any() else np.nan


def _detectable(known: DataFrame) -> float:
    """The smallest difference that could be seen, from the spread of sites around the mean of their own side.

    That spread is independent of the difference itself. The spread of all sites together is not: it holds the difference, so
    that a test would be called strong just where a true difference came out small.
    """
    if len(known) < 3:
        return float("nan")
    variances, n = known["se"].to_numpy(dtype="float64") ** 2, known["n"].to_numpy(dtype="float64")
    has_context = known["has_context"].to_numpy(dtype=bool)
    split = has_context.astype("float64")[:, None] if min(has_context.sum(), (~has_context).sum()) > 1 else None
    fit = fit_random_effects(known["effect"].to_numpy(dtype="float64"), variances, moderators=split)
    variance = float((variances * n * (n - 1)).sum() / (n - 1).sum())
    return smallest_detectable(has_context, n, tau2=fit.tau2, variance=variance)


def _contrast(sites: DataFrame, effect: str, error: str) -> Contrast:
    effects, errors = (sites[name].to_numpy(dtype="float64") for name in (effect, error))
    return contrast_sites(effects, errors, sites["has_context"].to_numpy(dtype=bool))


def _rows(theory: Theory, effects: DataFrame) -> DataFrame:
    used = effects["is_pooled"].fillna(value=False) & effects["has_context"].notna()
    rows = effects.rename(columns={"effect": "estimate", "adjusted": "estimate_adjusted"}).assign(is_used=used)
    return rows.assign(theory_id=theory.id, scale=scale_of(theory), n=rows["n"].fillna(0))


def scale_of(theory: Theory) -> str:
    """The unit of the numbers: a difference given in SDs is computed in points."""
    return "points" if theory.smallest_difference.scale == "sd" else theory.smallest_difference.scale
