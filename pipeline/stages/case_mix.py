"""Case mix: what is known of the women when they come, as columns for a model; what is not recorded is a level of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pandas import DataFrame, Series

FEWEST = 20
"""A level with fewer women joins the level that most are in: it could not be told from chance."""
_AGES = {
    **dict.fromkeys(("under_20", "20_24"), "under_25"),
    **dict.fromkeys(("25_29", "30_34"), "25_34"),
    **dict.fromkeys(("35_39", "40_plus"), "35_plus"),
}


def case_mix(women: DataFrame, referrals: DataFrame) -> DataFrame:
    """Columns of 0 and 1, a row each of `women` in their order, for age, deprivation and pathway at referral.

    `women` names a referral by site_id and referral_id. The level of most women is the reference and has no column; nor has a
    level of fewer than 20 women.
    """
    import pandas as pd

    key = ["site_id", "referral_id"]
    known = referrals.drop_duplicates(key)[[*key, "age_band", "imd_decile", "pathway"]]
    rows = women[key].merge(known, on=key, how="left")
    quintile = ((rows["imd_decile"].astype("float64") + 1) // 2).map(lambda fifth: f"fifth_{fifth:.0f}", na_action="ignore")
    levels = {
        "age": rows["age_band"].map(_AGES),
        "deprivation": quintile,
        "pathway": rows["pathway"].str.partition(";")[0],
    }
    columns = [_columns(name, level) for name, level in levels.items()]
    return pd.concat(columns, axis=1).set_axis(women.index)


def _columns(name: str, level: Series[Any]) -> DataFrame:
    import pandas as pd

    given = level.astype("object").where(level.notna(), "not_recorded")
    counts = given.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    kept = sorted(counts.index[1:][counts.iloc[1:] >= FEWEST])
    return pd.DataFrame({f"{name}_{one}": (given == one).astype("float64") for one in kept}, index=given.index)
