"""How long before treatment women gave their first score: a site that asks late counts none of what eased while they waited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.tables import empty, shape

if TYPE_CHECKING:
    from pandas import DataFrame

ALL = "ALL"
QUARTILES = {"lower": 0.25, "median": 0.5, "upper": 0.75}


def timing_of(change: DataFrame) -> DataFrame:
    """Quartiles of the days from first score to treatment, by measure and site, over each woman's first pair with known dates."""
    import pandas as pd

    used = change[change["first_referral"].fillna(value=False).astype(bool) & change["days_to_treatment"].notna()]
    rows: list[dict[str, Any]] = []
    for measure, mine in used.groupby("measure", sort=False):
        parts = [(ALL, mine), *mine.groupby("site_id")]
        rows += [{"measure": measure, "site_id": site, **_quartiles(women)} for site, women in parts]
    return shape("timing", pd.DataFrame(rows)) if rows else empty("timing")


def _quartiles(women: DataFrame) -> dict[str, Any]:
    days = women["days_to_treatment"].astype("float64")
    return {"n": len(days), **{f"{name}_days": float(days.quantile(share)) for name, share in QUARTILES.items()}}
