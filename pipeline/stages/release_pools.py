"""What may leave of the other ways to pool: one model beside two stages, and the pool by other methods and assumptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.disclosure.estimates import POOL_FROM
from pipeline.disclosure.rule import NOT_RECORDED, SHOWN, TOO_FEW, is_enough, is_spread
from pipeline.disclosure.sets import is_apart
from pipeline.stages.compare_pool import ONE
from pipeline.stages.compare_referrals import ALL_OF_RECORDS, ALL_REFERRALS, LAST_START, has_several, starts_otherwise
from pipeline.tables import empty

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from pipeline.config import ReleaseSettings

OTHER_PAIRS = "Too few women have another pair of scores in this pool than in the released one."
OTHER_SITES = "Too few women stand in this pool and not in the released one, or the reverse."
FEW_SITES = "With fewer than five sites to pool, no pooled figure is given."
_OWN, _ALIKE = "each site by its own variance", "one variance within sites"
_SINGLE = {
    "tau2 by DL": "dersimonian_laird",
    "tau2 by PM": "paule_mandel",
    "tau2 by ML": "maximum_likelihood",
    "normal interval": "normal_interval",
    _ALIKE: "one_variance",
    _OWN: "own_variances",
}
_RECORDS = "record-level sites alone"
_OTHER_PAIRS = {
    ALL_REFERRALS: "all_referrals",
    ALL_OF_RECORDS: "all_referrals_of_records",
    LAST_START: "last_before_treatment",
}
_RANGES = {
    "other_correlations": ("assumed r = 0.3", "assumed r = 0.8"),
    "held_back_counts": ("rounded or held-back counts at their highest",),
}
Rows = list[dict[str, Any]]


def release_pools(
    exact: dict[str, DataFrame],
    members: dict[str, DataFrame],
    why_not: dict[str, str],
    rests_on: dict[str, str],
    rule: ReleaseSettings,
) -> dict[str, DataFrame]:
    """`open_agreement` and `open_sensitivity`. `members`: by measure, the sites of the released pool; `why_not` as elsewhere.

    `rests_on`: by measure, the variances of the released pool; the one with the other variances stands among those beside it.

    Every pool here must hold the women of the released one, or differ from it by enough of them. No site that is left out is
    ever named: of those pools only the least and the most leave, over sites that could be shown themselves.
    """
    import pandas as pd

    agreement: Rows = []
    sensitivity: Rows = []
    effects = exact["site_effects"]
    for name, mine in members.items():
        pooled = effects[(effects["measure"] == name) & effects["is_pooled"].astype(bool)]
        one = exact["one_stage"][exact["one_stage"]["measure"] == name]
        others = exact["pooled_sensitivity"][exact["pooled_sensitivity"]["measure"] == name]
        if rests_on[name] == ONE:
            own = exact["pooled"][exact["pooled"]["measure"] == name].assign(analysis=_OWN)
            others = pd.concat([others[others["analysis"] != _ALIKE], own])
        agreement += [_agreement(row, pooled, mine, why_not[name], rule) for row in _records(one)]
        if len(others) and why_not[name]:
            sensitivity += [
                {"measure": name, "analysis": each, "status": TOO_FEW, "note": why_not[name]}
                for analysis, each in _SINGLE.items()
                if analysis != _OWN
            ]
        elif len(others):
            others_of = _with_other_pairs(exact["change"][exact["change"]["measure"] == name], pooled)
            sensitivity += _sensitivity(name, others, pooled, mine, others_of, rule)
    made = {"open_agreement": agreement, "open_sensitivity": sensitivity}
    return {name: pd.DataFrame(rows) if rows else empty(name) for name, rows in made.items()}


def women_at(sites: DataFrame, *, records_alone: bool = False) -> Series[Any]:
    """Women with both scores by site; of record sites alone if asked."""
    chosen = sites[sites["grain"] == "record"] if records_alone else sites
    return chosen.set_index("site_id")["n_paired"].astype("float64")


def _agreement(row: dict[str, Any], pooled: DataFrame, members: DataFrame, why_not: str, rule: ReleaseSettings) -> dict[str, Any]:
    made = {"measure": row["measure"], "k_sites": row["k"]}
    why = why_not or _why_records_may_not(pooled, members, rule)
    if why:
        return {**made, "status": TOO_FEW, "note": why}
    if row["estimate"] != row["estimate"]:
        return {**made, "status": NOT_RECORDED, "note": row["statement"]}
    made |= {name: _tenths(row[name]) for name in ("estimate", "low", "high", "two_stage")}
    made |= {f"two_stage_{end}": _tenths(row[f"{end}_two_stage"]) for end in ("low", "high")}
    return {**made, "icc": round(row["icc"], 2), "agrees": row["agrees"], "status": SHOWN, "note": row["statement"]}


def _why_records_may_not(pooled: DataFrame, members: DataFrame, rule: ReleaseSettings) -> str:
    """Why a pool of record sites alone may not stand beside the released pool and its like; blank where it may."""
    women = women_at(pooled, records_alone=True)
    if len(women) < POOL_FROM:
        return FEW_SITES
    beside = (women_at(members), women_at(members, records_alone=True))
    stands = is_spread(women, rule) and all(is_apart(women, others, rule) for others in beside)
    return "" if stands else OTHER_SITES


def _with_other_pairs(pairs: DataFrame, pooled: DataFrame) -> dict[str, Series[Any]]:
    """By analysis of other pairs, the women at each pooled site whose pairs are others there, or are none."""
    mine = pairs[pairs["site_id"].isin(pooled["site_id"])]
    first = mine[mine["first_referral"].fillna(value=False).astype(bool)]
    several = mine[has_several(mine)].groupby("site_id")["person_id"].nunique()
    later = first[starts_otherwise(first)].groupby("site_id")["person_id"].nunique()
    return {ALL_REFERRALS: several, ALL_OF_RECORDS: several, LAST_START: later}


def _other_pairs(
    found: dict[str, Any],
    others_of: dict[str, Series[Any]],
    pooled: DataFrame,
    members: DataFrame,
    rule: ReleaseSettings,
    why: str,
) -> Rows:
    """The pools over other pairs, each only over the sites of the pool and where enough women have another pair."""
    rows: Rows = []
    records = pooled[pooled["grain"] == "record"]
    for analysis, name in _OTHER_PAIRS.items():
        if analysis not in found:
            continue
        row, of_records = found[analysis], analysis == ALL_OF_RECORDS
        held = _why_records_may_not(pooled, members, rule) if of_records else why
        is_whole = row["k"] == len(records if of_records else pooled)
        held = held or ("" if is_whole and is_spread(others_of[analysis], rule) else OTHER_PAIRS)
        rows.append({"analysis": name, **(_held_back(held) if held else _interval(row, is_plain=False))})
    return rows


def _sensitivity(
    measure: str,
    others: DataFrame,
    pooled: DataFrame,
    members: DataFrame,
    others_of: dict[str, Series[Any]],
    rule: ReleaseSettings,
) -> Rows:
    found = {row["analysis"]: row for row in _records(others)}
    stands = is_apart(women_at(pooled), women_at(members), rule) and is_spread(women_at(pooled), rule)
    rows: Rows = []
    for analysis, name in _SINGLE.items():
        if analysis in found:
            is_plain = name == "normal_interval"
            rows.append(
                {"analysis": name, **(_interval(found[analysis], is_plain=is_plain) if stands else _held_back(OTHER_SITES))}
            )
    if _RECORDS in found:
        why = _why_records_may_not(pooled, members, rule)
        rows.append({"analysis": "records_alone", **(_held_back(why) if why else _interval(found[_RECORDS], is_plain=False))})
    for name, analyses in _RANGES.items():
        same = [found[each] for each in analyses if each in found]
        if same:
            is_same = stands and all(row["k"] == len(pooled) for row in same)
            main = found["normal interval"]["estimate"]  # the interval is another one, the estimate that of the pool
            rows.append({"analysis": name, **_range([main, *(row["estimate"] for row in same)], len(pooled), is_shown=is_same)})
    rows += _other_pairs(found, others_of, pooled, members, rule, "" if stands else OTHER_SITES)
    rows.append({"analysis": "one_site_left_out", **_left_out(found, women_at(pooled), rule, stands=stands)})
    return [{"measure": measure, **row} for row in rows]


def _left_out(found: dict[str, Any], women: Series[Any], rule: ReleaseSettings, *, stands: bool) -> dict[str, Any]:
    """The least and the most over the sites that could be shown alone; a site's own rows would else follow from its absence."""
    if len(women) - 1 < POOL_FROM:
        return _held_back(FEW_SITES)
    may_go = [site for site in women[is_enough(women, rule)].index if is_spread(women.drop(site), rule)]
    estimates = [found[f"without {site}"]["estimate"] for site in may_go if f"without {site}" in found]
    return _range(estimates, len(women) - 1, is_shown=stands and len(estimates) > 1)


def _interval(row: dict[str, Any], *, is_plain: bool) -> dict[str, Any]:
    suffix = "" if is_plain else "_adhoc"
    limits = {end: _tenths(row[f"{end}{suffix}"]) for end in ("low", "high")}
    return {"k_sites": row["k"], "estimate": _tenths(row["estimate"]), **limits, "status": SHOWN, "note": ""}


def _range(estimates: list[float], k_sites: int, *, is_shown: bool) -> dict[str, Any]:
    if not is_shown:
        return _held_back(OTHER_SITES)
    ends = {"least": _tenths(min(estimates)), "most": _tenths(max(estimates))}
    return {"k_sites": k_sites, **ends, "status": SHOWN, "note": ""}


def _held_back(why: str) -> dict[str, Any]:
    return {"status": TOO_FEW, "note": why}


def _records(table: DataFrame) -> Rows:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _tenths(value: float) -> float:
    return round(value, 1) + 0.0  # never a minus before nought
