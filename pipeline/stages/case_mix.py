"""Case mix: what is known of the women when they come, as columns for a model; what is not recorded is a level of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.stages.access_equity import GROUP_OF_CATEGORY
from pipeline.stats.independent import independent_within

if TYPE_CHECKING:
    from pandas import DataFrame, Series

FEWEST = 20
"""A level with fewer women joins the level that most are in: it could not be told from chance."""
WOMEN_A_COLUMN = 15
"""Women with an outcome behind each column of a model, at least. Source: Harrell 2015, Regression Modeling Strategies, 4.4."""
KNOWN = 0.5
"""A characteristic enters a model where at least this share of the women have it recorded."""
_KEY = ["site_id", "referral_id"]
_COLUMNS = ["age_band", "imd_decile", "pathway", "perinatal_stage", "ethnic_category", "referral_source"]
_AGES = {
    **dict.fromkeys(("under_20", "20_24"), "under_25"),
    **dict.fromkeys(("25_29", "30_34"), "25_34"),
    **dict.fromkeys(("35_39", "40_plus"), "35_plus"),
}
_SOURCES = {
    "A1": "gp",
    "A2": "health_visitor",
    "A3": "other_primary_care",
    "A4": "maternity",
    **dict.fromkeys(("B1", "B2"), "self_referral"),
    **dict.fromkeys(("P1", "H2", "M9", "Q1", "Q2"), "secondary_care"),
}
"""National source-of-referral codes in the groups of NHS England's dashboard of perinatal services; all others are `other`."""


def case_mix(women: DataFrame, referrals: DataFrame) -> DataFrame:
    """Columns of 0 and 1 for a model with a level for each site, a row each of `women` in their order.

    `women` names a referral by site_id and referral_id; where it has last scores (`post`), those with one count for the rule of
    parsimony. Characteristics enter whole and in this order: age, deprivation, pathway, perinatal stage, ethnic group, source
    of referral; each where half of the women have it recorded and 15 women stand behind every column, the first score among
    them. The level of most women has no column, nor has one of fewer than 20 women, nor one that sites or the columns before
    it tell already, as where a site records nothing.
    """
    import pandas as pd

    n_fitted = int(women["post"].notna().sum()) if "post" in women else len(women)
    left = n_fitted // WOMEN_A_COLUMN - 1
    parts = []
    for name, level in _levels(women, referrals).items():
        columns = _columns(name, level)
        if level.notna().mean() >= KNOWN and columns.shape[1] <= left:
            parts.append(columns)
            left -= columns.shape[1]
    mix = pd.concat(parts, axis=1) if parts else pd.DataFrame(index=range(len(women)))
    keep = independent_within(pd.factorize(women["site_id"], sort=True)[0], mix.to_numpy(dtype="float64"))
    return mix.loc[:, keep].set_axis(women.index)


def characteristics(women: DataFrame, referrals: DataFrame) -> DataFrame:
    """The same columns for a description: of every characteristic, whatever a model could bear."""
    import pandas as pd

    columns = [_columns(name, level) for name, level in _levels(women, referrals).items()]
    return pd.concat(columns, axis=1).set_axis(women.index)


def _levels(women: DataFrame, referrals: DataFrame) -> dict[str, Series[Any]]:
    known = referrals.drop_duplicates(_KEY)[[*_KEY, *_COLUMNS]]
    rows = women[_KEY].merge(known, on=_KEY, how="left")
    quintile = ((rows["imd_decile"].astype("float64") + 1) // 2).map(lambda fifth: f"fifth_{fifth:.0f}", na_action="ignore")
    return {
        "age": rows["age_band"].map(_AGES),
        "deprivation": quintile,
        "pathway": rows["pathway"].str.partition(";")[0],
        "stage": rows["perinatal_stage"],
        "ethnicity": rows["ethnic_category"].map(GROUP_OF_CATEGORY),
        "source": rows["referral_source"].map(lambda code: _SOURCES.get(code, "other"), na_action="ignore"),
    }


def _columns(name: str, level: Series[Any]) -> DataFrame:
    import pandas as pd

    given = level.astype("object").where(level.notna(), "not_recorded")
    counts = given.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    kept = sorted(counts.index[1:][counts.iloc[1:] >= FEWEST])
    return pd.DataFrame({f"{name}_{one}": (given == one).astype("float64") for one in kept}, index=given.index)
