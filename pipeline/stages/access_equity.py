"""Equity: who is referred, accepted and treated, by characteristic; kinds of no answer stay apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.codes import AGE_BANDS, ETHNIC_GROUPS, PATHWAYS, PERINATAL_STAGES
from pipeline.stats.equity import rate_ratios
from pipeline.stats.logistic import share_of_sites
from pipeline.tables import empty, shape

if TYPE_CHECKING:
    from pandas import DataFrame, Series

ALL = "ALL"
NOT_STATED, NOT_KNOWN, NOT_RECORDED, NOT_SENT = "not_stated", "not_known", "not_recorded", "not_sent"
NO_ANSWERS = (NOT_STATED, NOT_KNOWN, NOT_RECORDED, NOT_SENT)
"""She was asked and did not say; it is not known; the cell is blank; the site sent no such column."""
SEVERAL = "several"
SOURCES = {
    "A1": "general_practice",
    "A2": "health_visiting",
    "A3": "other_primary_care",
    "A4": "maternity",
    **dict.fromkeys(("H2", "M9", "P1", "Q1", "Q2"), "secondary_care"),
    **dict.fromkeys(("B1", "B2"), "self"),
}
"""Who referred her, as the national dashboard of these services groups the codes (NHS England, MHSDS); all others together."""
OTHER_SOURCE = "other_source"
FIFTHS = tuple(f"fifth_{number}" for number in range(1, 6))
DIMENSIONS = {
    "pathway": (*PATHWAYS, SEVERAL),
    "perinatal_stage": PERINATAL_STAGES,
    "age_band": AGE_BANDS,
    "referral_source": (*dict.fromkeys(SOURCES.values()), OTHER_SOURCE),
    "ethnic_group": ETHNIC_GROUPS,
    "deprivation_fifth": FIFTHS,
}
"""The groups of each characteristic, in the order in which they are told."""
GROUP_OF_CATEGORY = {
    **dict.fromkeys("ABC", "white"),
    **dict.fromkeys("DEFG", "mixed"),
    **dict.fromkeys("HJKL", "asian"),
    **dict.fromkeys("MNP", "black"),
    **dict.fromkeys("RS", "other"),
    **{group: group for group in ETHNIC_GROUPS},
    "Z": NOT_STATED,
    "99": NOT_KNOWN,
}
"""National categories by group (NHS Data Dictionary, ethnic category)."""
_STEPS = ("referred", "accepted", "treated")
_COUNTS = [f"n_{step}" for step in _STEPS]


def equity_of(women: DataFrame, denominators: DataFrame) -> DataFrame:
    """Women by characteristic, group and site: how many were referred, accepted and treated; as site ALL each share too.

    `women`: referrals with `person` and `treated`. A woman counts once, by her first referral. `share_referred` is of the women
    with an answer. `low` and `high` are of the share treated among those accepted, over sites. `rate_ratio`: of
    referral, beside all other groups together, where `denominators` (dimension, group, n) are given.
    """
    import pandas as pd

    order = women.sort_values(["site_id", "person", "referral_date", "referral_id"], kind="stable")
    first = order.drop_duplicates(["site_id", "person"])
    if first.empty:
        return empty("equity")
    is_treated = first["treated"].notna()
    flags = pd.DataFrame(
        {"n_referred": True, "n_accepted": (first["accepted"] == "y") | is_treated, "n_treated": is_treated}, index=first.index
    )
    parts = [_rows(name, level, flags, first["site_id"], denominators) for name, level in _levels(first).items()]
    return shape("equity", pd.concat(parts, ignore_index=True))


def _levels(first: DataFrame) -> dict[str, Series[Any]]:
    fifth = (first["imd_decile"].astype("float64") + 1) // 2
    columns = {
        "pathway": ("pathway", first["pathway"].mask(first["pathway"].str.contains(";", na=False), SEVERAL)),
        "perinatal_stage": ("perinatal_stage", first["perinatal_stage"]),
        "age_band": ("age_band", first["age_band"]),
        "referral_source": (
            "referral_source",
            first["referral_source"].map(lambda code: SOURCES.get(code, OTHER_SOURCE), na_action="ignore"),
        ),
        "ethnic_group": ("ethnic_category", first["ethnic_category"].map(GROUP_OF_CATEGORY)),
        "deprivation_fifth": ("imd_decile", fifth.map(lambda number: f"fifth_{number:.0f}", na_action="ignore")),
    }
    return {name: _told(first, column, level) for name, (column, level) in columns.items()}


def _told(first: DataFrame, column: str, level: Series[Any]) -> Series[Any]:
    """The level, or which kind of no answer it is."""
    is_sent = first[column].notna().groupby(first["site_id"]).transform("any")
    plain = level.astype("object")
    return plain.where(plain.notna(), is_sent.map({True: NOT_RECORDED, False: NOT_SENT}))


def _rows(dimension: str, level: Series[Any], flags: DataFrame, site: Series[Any], denominators: DataFrame) -> DataFrame:
    import pandas as pd

    by_site = flags.groupby([level.rename("group"), site])[_COUNTS].sum().reset_index()
    found = set(by_site["group"])
    groups = [group for group in (*DIMENSIONS[dimension], *NO_ANSWERS) if group in found]
    answered = ~level.isin(NO_ANSWERS)
    ratios = _ratios(dimension, level[answered], denominators)
    rows = []
    for group in groups:
        mine = by_site[by_site["group"] == group]
        row: dict[str, Any] = {"group": group, "site_id": ALL, "k_sites": len(mine), **mine[_COUNTS].sum()}
        row["share_referred"] = row["n_referred"] / answered.sum() if group not in NO_ANSWERS else None
        if row["n_accepted"]:
            share = share_of_sites(mine["n_treated"].to_numpy(dtype="int64"), mine["n_accepted"].to_numpy(dtype="int64"))
            row |= {"share_treated": row["n_treated"] / row["n_accepted"], "low": share.low, "high": share.high}
        rows.append(row | ratios.get(group, {}))
    table = pd.concat([by_site.astype({"group": "object"}), pd.DataFrame(rows)], ignore_index=True)
    rank = table["group"].map({group: position for position, group in enumerate(groups)})
    order = table.assign(rank=rank, is_all=table["site_id"] == ALL).sort_values(["rank", "is_all", "site_id"])
    return order.assign(dimension=dimension)


def _ratios(dimension: str, level: Series[Any], denominators: DataFrame) -> dict[Any, dict[str, float]]:
    """By group that has a denominator, its rate of referral beside that of all others together."""
    births = denominators[denominators["dimension"] == dimension]
    if births.empty or level.empty:
        return {}
    groups = births["group"].tolist()
    counts = level.value_counts().reindex(groups, fill_value=0)
    found = rate_ratios(counts.to_numpy(), births["n"].to_numpy(dtype="int64"))
    named = {"rate_ratio": found.ratio, "ratio_low": found.low, "ratio_high": found.high, "denominator": births["n"].to_numpy()}
    return {group: {name: float(values[at]) for name, values in named.items()} for at, group in enumerate(groups)}
