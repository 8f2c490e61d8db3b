"""What may leave of improvement by pathway and intervention: over all sites, where no group gives away another one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.disclosure.attack import withhold
from pipeline.disclosure.rule import SHOWN, TOO_FEW, is_spread, may_enter, round_counts
from pipeline.disclosure.sets import ReleasedSets
from pipeline.stages.describe_outcomes import DIMENSIONS, NOT_RECORDED, SEVERAL, grouped, over_sites
from pipeline.tables import empty

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy as np
    from numpy.typing import NDArray
    from pandas import DataFrame, Series

    from pipeline.config import ReleaseSettings


def release_subgroups(
    exact: Mapping[str, DataFrame],
    pools: Mapping[str, Iterable[str]],
    measures: Iterable[str],
    rule: ReleaseSettings,
) -> DataFrame:
    """Mean improvement by group, over the sites that may stand in a figure over sites, a row a measure, dimension and group.

    A pathway or intervention that no service offers (`component_counts`) is `not_offered`, which is no gap in the data.
    `pools`: by measure the sites in the released pool, whose women are another released set. A group is
    shown where its women are spread over sites, where the total less the others does not tell a withheld one, and where the
    women in it and not in another released set are none or enough. All pathways are held to the higher minimum of the
    sensitive ones, as each could else be worked out from the others.
    """
    import pandas as pd

    women, offered = grouped(exact["change"], exact["accepted_referrals"]), exact["component_counts"]
    parts = []
    for measure in measures:
        mine = women[women["measure"] == measure]
        if len(mine):
            parts.append(_of_measure(mine, offered, set(pools.get(measure, ())), rule).assign(measure=measure))
    return pd.concat(parts, ignore_index=True) if parts else empty("open_subgroups")


def _of_measure(women: DataFrame, offered: DataFrame, pool: set[str], rule: ReleaseSettings) -> DataFrame:
    import pandas as pd

    counts = women[women["dimension"] == next(iter(DIMENSIONS))].groupby("site_id").size()
    kept = may_enter(counts, rule)
    women = women[women["site_id"].isin(kept.index[kept])].sort_values(["site_id", "referral_id"], kind="stable")
    is_given = is_spread(counts[kept], rule)
    sites, _ = pd.factorize(women.loc[women["dimension"] == next(iter(DIMENSIONS)), "site_id"], sort=True)
    sets = ReleasedSets(sites, rule)
    parts = []
    for dimension in DIMENSIONS:
        mine = women[women["dimension"] == dimension].reset_index(drop=True)
        least = max(rule.minimum_count, rule.sensitive.minimum_count) if dimension == "pathway" else rule.minimum_count
        if pool and dimension == next(iter(DIMENSIONS)):
            sets.hold(mine["site_id"].isin(pool).to_numpy(dtype=bool))
        its_rule = rule.model_copy(update={"minimum_count": least})
        shown = _shown(mine, sets, its_rule) if is_given else set()
        parts.append(pd.DataFrame(_rows(dimension, mine, shown, offered, its_rule)))
    return pd.concat(parts, ignore_index=True)


def _shown(women: DataFrame, sets: ReleasedSets, rule: ReleaseSettings) -> set[str]:
    """The groups that may be shown, the larger ones first where two cannot both be."""
    counts = women.pivot_table(index="group", columns="site_id", values="referral_id", aggfunc="count", fill_value=0)
    total = counts.sum(axis=1)
    enough = counts.apply(is_spread, axis=1, rule=rule).astype(bool)
    fits = withhold(total, enough.copy(), ~enough, rule, by_site=False)
    for group in sorted(total.index[fits], key=lambda name: (-total[name], name)):
        fits[group] = sets.admit(_who(women, group))
    final: Series[bool] = withhold(total, fits, ~enough, rule, by_site=False)
    return set(final.index[final])


def _who(women: DataFrame, group: str) -> NDArray[np.bool_]:
    return (women["group"] == group).to_numpy(dtype=bool)


def _rows(dimension: str, women: DataFrame, shown: set[str], offered: DataFrame, rule: ReleaseSettings) -> list[dict[str, Any]]:
    """A row for every group that could be, in the order in which they are told; one for no answer only where there is one."""
    import pandas as pd

    known = {row["component"]: row for row in offered.to_dict("records")}
    rows: list[dict[str, Any]] = []
    for group in DIMENSIONS[dimension]:
        is_there = bool((women["group"] == group).any())
        offers = known[group]["k_with"] if group in known else None
        row: dict[str, Any] = {"dimension": dimension, "group": group, "k_sites_offering": offers}
        if group in shown:
            found = over_sites(women[women["group"] == group])
            told = ("mean_pre", "mean_improvement", "low", "high") if "low" in found else ("mean_pre",)
            row |= {name: round(found[name], 1) + 0.0 for name in told}
            n = round_counts(pd.Series([found["n"]]), rule).iloc[0]
            row |= {"n": n, "k_sites": found["k_sites"], "status": SHOWN}
        elif group in (SEVERAL, NOT_RECORDED) and not is_there:
            continue
        else:
            row["status"] = TOO_FEW if is_there or offers is None else _why_none(known[group])
        rows.append(row)
    return rows


def _why_none(offered: Mapping[Any, Any]) -> str:
    """Why no woman is in a group: no service offers it, none says so, or there are too few women, which may be none."""
    if offered["k_with"]:
        return TOO_FEW
    return "not_offered" if offered["k_without"] and not offered["k_not_recorded"] else NOT_RECORDED
