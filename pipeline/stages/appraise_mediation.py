"""Mediation: whether an answer given before the last score lies on the way from a context to change. An association, no more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.stages.appraise_sites import Finding, smallest_in_unit
from pipeline.stats.contrast import Contrast
from pipeline.stats.streams import stream

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pandas import DataFrame, Series

    from pipeline.theories import Theory

    Floats = NDArray[np.float64]

FEWEST_SITES, FEWEST_WOMEN, DRAWS = 20, 50, 999
ASSOCIATION = "an association of context, indicator and change, which shows no mechanism"
_PLANNING = "none: no smallest detectable indirect difference is planned"


def contrast_by_indicator(theory: Theory, women: DataFrame, answers: DataFrame, whole: Finding, seed: int) -> Finding:
    """The part of a context's difference that goes with the indicator: (context on indicator) times (indicator on change).

    `women`: with `x`; `whole`: the finding on the context itself. Percentile interval over 999 draws of sites. Source: product
    of coefficients, with the sites drawn (MacKinnon, Lockwood and Williams 2004, Multivariate Behavioral Research 39:99).
    """
    linked = _linked(theory, women.dropna(subset="x"), answers)
    by_side = linked.groupby("x")["site_id"]
    counts = {}
    for side, value in (("with", 1.0), ("without", 0.0)):
        counts[f"sites_{side}"] = int(by_side.nunique().get(value, 0))
        counts[f"women_{side}"] = int(by_side.size().get(value, 0))
    lacks = _why_not(theory, linked, counts)
    spread = linked.groupby("site_id")["pre"].agg(["std", "count"])
    found = replace(
        whole,
        counts={name: counts[name] for name in ("sites_with", "sites_without", "women_with", "women_without")},
        smallest=smallest_in_unit(theory, spread["std"], spread["count"]),
        detectable=float("nan"),
        planning=_PLANNING,
        lacks=lacks,
        crude=None,
        fair=None,
        note="" if lacks else ASSOCIATION,
    )
    if lacks:
        return found
    is_within = not theory.context.is_of_sites
    draws = [stream(seed, "mediation", theory.id, way) for way in ("crude", "adjusted")]
    crude, fair = (_indirect(linked, z, is_within, rng) for z, rng in zip(([], ["pre"]), draws, strict=True))
    if crude is None or fair is None:
        return replace(found, lacks="context, indicator and first score repeat each other", note="")
    return replace(found, crude=crude, fair=fair)


def _linked(theory: Theory, women: DataFrame, answers: DataFrame) -> DataFrame:
    """Women whose last answer before their last score is known, as `m`."""
    parts = (theory.mechanism.indicator or "").split(".")[1:]
    mine = answers[(answers["question"] == parts[-1]) & answers["referral_id"].notna() & answers["response"].notna()]
    if len(parts) > 1:
        mine = mine[mine["instrument"] == parts[0]]
    both = women.merge(mine[["site_id", "referral_id", "date", "response"]], on=["site_id", "referral_id"])
    both = both[both["date"] < both["post_date"]].sort_values(["site_id", "referral_id", "date", "response"], kind="stable")
    once = both.drop_duplicates(["site_id", "referral_id"], keep="last")
    return once.assign(m=once["response"].astype("float64"), x=once["x"].astype("float64"))


def _why_not(theory: Theory, linked: DataFrame, counts: dict[str, int]) -> str:
    if linked["site_id"].nunique() < FEWEST_SITES:
        return f"fewer than {FEWEST_SITES} sites with an indicator dated before the last score"
    if len(linked) < FEWEST_WOMEN:
        return f"fewer than {FEWEST_WOMEN} women with an indicator dated before the last score"
    least = theory.minimum
    if min(counts["sites_with"], counts["sites_without"]) < least.sites_each_side:
        return f"fewer than {least.sites_each_side} sites on one side"
    if min(counts["women_with"], counts["women_without"]) < least.women_each_side:
        return f"fewer than {least.women_each_side} women on one side"
    return ""


def _indirect(women: DataFrame, covariates: list[str], is_within: bool, rng: np.random.Generator) -> Contrast | None:
    """Multiply a and b from two least-squares fits, at the sites as they are and as they are drawn anew."""
    import pandas as pd

    codes, names = pd.factorize(women["site_id"], sort=True)
    columns = women[["x", *covariates, "m", "y"]].astype("float64")
    centred = columns - (columns.groupby(codes).transform("mean") if is_within else columns.mean())
    table = np.column_stack([np.ones(len(women)), centred.to_numpy()])
    products = np.stack([table[codes == site].T @ table[codes == site] for site in range(len(names))])
    drawn = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=DRAWS)
    weights = np.vstack([np.ones(len(names)), drawn])
    found = _product(np.einsum("bs,sij->bij", weights, products))
    if not np.isfinite(found[0]):
        return None
    draws = found[1:][np.isfinite(found[1:])]
    low, high = np.quantile(draws, [0.025, 0.975])
    return Contrast(float(found[0]), float(np.std(draws, ddof=1)), float(low), float(high), len(names) - 1)


def _product(sums: Floats) -> Floats:
    """Multiply a and b from matrices of products of (1, x, covariates, m, y); NaN where one cannot be solved."""
    last = sums.shape[1] - 1
    left, right = list(range(last - 1)), list(range(last))
    result = np.full(len(sums), np.nan)
    for at, each in enumerate(sums):
        a = _coefficients(each, left, last - 1)
        b = _coefficients(each, right, last)
        if a is not None and b is not None:
            result[at] = a[1] * b[last - 1]
    return result


def _coefficients(products: Floats, predictors: list[int], response: int) -> Any:
    square = products[np.ix_(predictors, predictors)]
    if np.linalg.matrix_rank(square) < len(predictors):
        return None
    return np.linalg.solve(square, products[predictors, response])


def with_context_of_sites(women: DataFrame, has_context: Series[Any]) -> DataFrame:
    """Women with their site's context as `x`."""
    return women.assign(x=women["site_id"].map(has_context).astype("boolean"))
