"""Estimates that may leave: by site to one decimal and nothing else, over sites by the printing rules for their number."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pipeline.disclosure.attack import is_safe
from pipeline.disclosure.rule import (
    NOT_RECORDED,
    SHOWN,
    TOO_FEW,
    is_enough,
    is_spread,
    may_enter,
    nearest,
    round_counts,
    status_of,
)

if TYPE_CHECKING:
    from pandas import DataFrame

    from pipeline.config import ReleaseSettings

SHRUNKEN = ["shrunken", "shrunken_low", "shrunken_high"]
SITE_FIGURES = ["mean_improvement", "low", "high", *SHRUNKEN]
POOL_FROM, PREDICT_FROM = 5, 10


def release_sites(effects: DataFrame, told_apart: dict[str, bool], rule: ReleaseSettings) -> DataFrame:
    """Each site's rounded n, mean improvement with limits and shrunken estimate; no error, SD or correlation.

    `effects` holds the shrunken estimates of the pool that is released; `told_apart` says by measure whether they may be
    printed. Where every woman changed by the same, the mean would tell of each of them, and is withheld.
    """
    table = effects[["measure", "site_id", "grain", "is_pooled"]].copy()
    has_figure = effects["mean_improvement"].notna()
    is_uniform = (effects["se"] == 0).astype(bool)
    enough = is_enough(effects["n_paired"], rule)
    table["n"] = round_counts(effects["n_paired"], rule)
    table[SITE_FIGURES] = (effects[SITE_FIGURES].round(1) + 0.0).where(enough & ~is_uniform)
    is_told_apart = effects["measure"].map(told_apart).fillna(value=False).astype(bool)
    table[SHRUNKEN] = table[SHRUNKEN].where(is_told_apart)
    status = status_of(effects["n_paired"], rule).where(~is_uniform, TOO_FEW)
    table["status"] = status.where(~enough | has_figure, NOT_RECORDED)
    table["is_pooled"] = (table["is_pooled"].astype(bool) & enough & has_figure).astype("boolean")
    return table


def released_pool_members(effects: DataFrame, rule: ReleaseSettings) -> DataFrame:
    """The sites that stand in a released pool of one measure.

    Small ones only as two or more with the minimum together, and only where no other site can work one of them out.
    """
    pooled = effects[effects["is_pooled"].astype(bool)]
    n = pooled["n_paired"].astype("float64")
    big = is_enough(n, rule)
    kept = may_enter(n, rule)
    if not is_safe(n[kept], big[kept], ~big[kept], rule, by_site=True):
        kept = big
    return pooled[kept]


def release_pool(measure: str, row: dict[str, Any], members: DataFrame, k_left_out: int, rule: ReleaseSettings) -> dict[str, Any]:
    """One pooled row by the printing rules: from 5 sites the pool, from 10 the prediction interval; else words."""
    k = len(members)
    base = {"measure": measure, "k_sites": k, "k_sites_left_out": k_left_out, "has_shrunken_plot": False}
    if k < POOL_FROM:
        note = "With fewer than five sites to pool, the sites stand side by side and no pooled figure is given."
        return {**base, "status": TOO_FEW, "note": note}
    if not is_spread(members["n_paired"], rule):
        return {**base, "status": TOO_FEW, "note": "Two sites hold nearly all women, so that no pooled figure is given."}
    tau2 = row["tau2"]
    shown = {
        "n": int(nearest(row["n"], rule)),
        "mean_improvement": _tenths(row["estimate"]),
        "low": _tenths(row["low_adhoc"]),
        "high": _tenths(row["high_adhoc"]),
        "tau2": _figures(tau2),
        "tau2_low": _figures(row["tau2_low_matched"]),
        "tau2_high": _figures(row["tau2_high_matched"]),
        "rests_on": row["rests_on"],
    }
    notes = []
    if k >= PREDICT_FROM:
        shown |= {"prediction_low": _tenths(row["pi_low"]), "prediction_high": _tenths(row["pi_high"])}
    else:
        notes.append("With fewer than ten sites no prediction interval is given.")
    if not tau2 > 0:
        notes.append("These data cannot tell the sites apart.")
    return {**base, **shown, "has_shrunken_plot": bool(tau2 > 0), "status": SHOWN, "note": " ".join(notes)}


def _tenths(value: float) -> float:
    return round(value, 1) + 0.0  # never a minus before nought


def _figures(value: float, figures: int = 2) -> float:
    if not math.isfinite(value) or value == 0:
        return value
    return round(value, figures - 1 - math.floor(math.log10(abs(value))))
