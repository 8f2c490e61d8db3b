"""What may leave of how women with a second score differed from those without one when they came; over all sites alone.

No number of women stands beside it: from one, and from the numbers of all who were due, that of women without a first score
would follow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.disclosure.rule import SHOWN, TOO_FEW, is_spread, percent
from pipeline.disclosure.sets import is_apart
from pipeline.stages.case_mix import characteristics
from pipeline.stages.impute import balance_of
from pipeline.stages.release_thresholds import women_of_entering_sites
from pipeline.tables import empty

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from pipeline.config import ReleaseSettings
    from pipeline.measures import Measure

FIRST = "first_score"
Rows = list[dict[str, Any]]


def release_balance(
    exact: dict[str, DataFrame], why_not: dict[str, str], measures: dict[str, Measure], rule: ReleaseSettings
) -> DataFrame:
    """`open_balance`: standardised differences, mean first scores and shares, found without the sites that may not enter.

    A characteristic needs enough women, at enough sites, who have it and who do not, on both sides; a sensitive pathway more.
    """
    import pandas as pd

    due, changed = (women_of_entering_sites(table, rule) for table in (exact["due"], _first(exact["change"])))
    rows: Rows = []
    for name in measures:
        women = due[due["measure"] == name].sort_values(["site_id", "referral_id"], kind="stable", ignore_index=True)
        if women.empty or why_not[name]:
            continue
        mix = characteristics(women, exact["accepted_referrals"])
        others = changed[changed["measure"] == name].groupby("site_id").size()
        rows += [_row(found, women, mix, others, rule) for found in balance_of(women, mix, name)]
    return pd.DataFrame(rows) if rows else empty("open_balance")


def _first(change: DataFrame) -> DataFrame:
    return change[change["first_referral"].fillna(value=False).astype(bool)]


def _row(found: dict[str, Any], women: DataFrame, mix: DataFrame, changed: Series[Any], rule: ReleaseSettings) -> dict[str, Any]:
    name = found["characteristic"]
    is_paired = women["post"].notna()
    made: dict[str, Any] = {"measure": found["measure"], "characteristic": name, "status": TOO_FEW}
    sides = (women[is_paired], women[~is_paired])
    if not all(is_spread(side.groupby("site_id").size(), rule) for side in sides) or found["difference"] != found["difference"]:
        return made
    difference = {"difference": round(float(found["difference"]), 2) + 0.0, "status": SHOWN}
    if name == FIRST:
        # The mean first score of all pairs leaves with the twin; those not due yet stand there and not here.
        if not is_apart(sides[0].groupby("site_id").size(), changed, rule):
            return made | difference
        return made | difference | {f"mean_{side}": round(found[f"mean_{side}"], 1) for side in ("paired", "unpaired")}
    shares = [_share(side, mix.loc[side.index, name] == 1, name, rule) for side in sides]
    if any(each is None for each in shares):
        return made
    return made | difference | {"share_paired_pct": shares[0], "share_unpaired_pct": shares[1]}


def _share(women: DataFrame, has_it: Series[bool], name: str, rule: ReleaseSettings) -> float | None:
    """The whole percentage who have the characteristic, from rounded counts; None where it may not stand."""
    strict = rule
    if name.removeprefix("pathway_") in rule.sensitive.pathways:
        strict = rule.model_copy(update={"minimum_count": max(rule.minimum_count, rule.sensitive.minimum_count)})
    by_site = [women[kept].groupby("site_id").size() for kept in (has_it, ~has_it)]
    found = percent(int(has_it.sum()), len(women), strict)
    return found if all(is_spread(counts, strict) for counts in by_site) else None
