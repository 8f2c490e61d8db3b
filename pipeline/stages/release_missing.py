"""What may leave of women without a second score: imputed means, scenarios, tipping points, and who they were; over all sites.

Nothing of it leaves by site: there the mean of women with both scores and the mean in a scenario give the number without a
second score as a quotient. Over all sites the same holds for the last site that a reader does not know, so that scenarios are
given in whole points, and only where several sites' numbers are withheld or none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.disclosure.estimates import POOL_FROM
from pipeline.disclosure.rule import NOT_RECORDED, SHOWN, TOO_FEW, is_spread, nearest
from pipeline.disclosure.sets import is_apart, is_hidden_among_others
from pipeline.stages.release_pools import FEW_SITES, OTHER_SITES, women_at
from pipeline.tables import empty
from pipeline.tables.released_numbers import QUESTIONS, SCENARIOS

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from pipeline.config import ReleaseSettings

ALL = "ALL"
FEW_MISSING = "Too few women, or women of too few sites, lack a second score."
TO_BE_FOUND = "From this figure and the others the number of women without a second score at a site could be worked out."
_TENTH = 0.1
_SCENARIOS = dict(zip(("10th percentile", "no change", "90th percentile"), SCENARIOS, strict=True))
Rows = list[dict[str, Any]]


def release_missing(
    exact: dict[str, DataFrame],
    completeness: DataFrame,
    members: dict[str, DataFrame],
    why_not: dict[str, str],
    rule: ReleaseSettings,
) -> dict[str, DataFrame]:
    """`open_missing`, `open_scenarios` and `open_tipping`. `completeness` is the open table that they must stand beside.

    `members`: by measure, the sites of the released pool; `why_not`: why none is released, blank where one is.
    """
    import pandas as pd

    rows: dict[str, Rows] = {"open_missing": [], "open_scenarios": [], "open_tipping": []}
    for name, mine in members.items():
        imputed = exact["imputed"][exact["imputed"]["measure"] == name].set_index("site_id")
        if imputed.empty:
            continue
        effects = exact["site_effects"]
        pooled = effects[(effects["measure"] == name) & effects["is_pooled"].astype(bool) & (effects["grain"] == "record")]
        over_all, everywhere = imputed[imputed.index == ALL].iloc[0], imputed[imputed.index != ALL]
        sites = everywhere[everywhere.index.isin(pooled["site_id"])]
        why = why_not[name] or _why_not(sites, over_all, mine, rule)
        rows["open_missing"].append(_missing(name, over_all, sites, mine, why, rule))
        all_due = exact["missingness"][exact["missingness"]["measure"] == name].set_index("site_id")["n_due"]
        open_here = completeness[completeness["measure"] == name].set_index("site_id")["status"] == SHOWN
        why = why or ("" if _is_hidden(sites, all_due, open_here, rule) else TO_BE_FOUND)
        rows["open_scenarios"] += _scenarios(name, exact["scenarios"], everywhere, why, rule)
        rows["open_tipping"] += _tipping(name, exact["tipping"], why)
    return {name: pd.DataFrame(made) if made else empty(name) for name, made in rows.items()}


def _why_not(sites: DataFrame, over_all: Series[Any], members: DataFrame, rule: ReleaseSettings) -> str:
    """Why the completed pool may not stand beside the released one; blank where it may. `sites`: those of the completed pool."""
    if len(sites) < POOL_FROM:
        return FEW_SITES
    if not is_spread(sites["n_imputed"], rule) or not is_spread(sites["n_due"] - sites["n_imputed"], rule):
        return FEW_MISSING
    released = women_at(members, records_alone=True)
    is_whole = sites["n_imputed"].sum() == over_all["n_imputed"]  # else a site left the completed pool by itself
    of_released = sites["n_due"].reindex(released.index).fillna(released)
    return "" if is_whole and is_apart(sites["n_due"], of_released, rule) else OTHER_SITES


def _missing(
    measure: str, over_all: Series[Any], sites: DataFrame, members: DataFrame, why: str, rule: ReleaseSettings
) -> dict[str, Any]:
    if why:
        return {"measure": measure, "status": TOO_FEW, "note": why}
    numbers = {name: float(over_all[name]) for name in ("estimate", "low", "high")}
    if any(value != value for value in numbers.values()):
        return {"measure": measure, "status": NOT_RECORDED, "note": over_all["reason"]}
    made: dict[str, Any] = {"measure": measure, "k_sites": len(sites), "status": SHOWN, "note": ""}
    made |= {name: round(value, 1) + 0.0 for name, value in numbers.items()}
    # Women with both scores who are not due yet stand in the released pool and not here.
    if all(is_apart(sites["n_paired"], women_at(members, records_alone=alone), rule) for alone in (True, False)):
        made |= {"complete": round(float(over_all["complete"]), 1) + 0.0, "n": int(nearest(over_all["n_paired"], rule))}
    return made


def _is_hidden(sites: DataFrame, all_due: Series[Any], is_open: Series[bool], rule: ReleaseSettings) -> bool:
    """Whether no site's number without a second score can be found. It is printed where its completeness is and all due count."""
    without_first = all_due.reindex(sites.index).astype("float64") - sites["n_due"].astype("float64")
    is_printed = is_open.reindex(sites.index, fill_value=False).astype(bool) & (without_first == 0)
    missing = (sites["n_due"] - sites["n_paired"]).astype("float64")
    sought = missing.where((without_first == 0) | (missing < without_first), without_first)
    return is_hidden_among_others(sought, is_printed, rule)


def _scenarios(measure: str, scenarios: DataFrame, sites: DataFrame, why: str, rule: ReleaseSettings) -> Rows:
    """Whole points. A percentile that stands in for the missing ones needs the minimum of women beyond it."""
    rows: Rows = []
    mine = scenarios[(scenarios["measure"] == measure) & (scenarios["site_id"] == ALL)].set_index("scenario")
    for exact_name, name in _SCENARIOS.items():
        if exact_name not in mine.index:
            continue
        row, made = mine.loc[exact_name], {"measure": measure, "scenario": name}
        is_tail_wide = name == "no_change" or _TENTH * float(sites["n_paired"].sum()) >= rule.minimum_count
        if why or not is_tail_wide:
            rows.append({**made, "status": TOO_FEW, "note": why or FEW_MISSING})
        elif row["estimate"] != row["estimate"]:
            rows.append({**made, "status": NOT_RECORDED, "note": row["reason"]})
        else:
            numbers = {"fill": round(row["fill"]) + 0.0, "mean_improvement": round(row["estimate"]) + 0.0}
            rows.append({**made, **numbers, "status": SHOWN, "note": ""})
    return rows


def _tipping(measure: str, tipping: DataFrame, why: str) -> Rows:
    rows: Rows = []
    for row in tipping[tipping["measure"] == measure].to_dict("records"):
        made = {"measure": measure, "question": row["question"], "smallest_important": row["smallest_important"]}
        if why:
            rows.append({**made, "status": TOO_FEW, "note": why})
            continue
        outcome = {"none within the scale": "none_within_scale"}.get(row["status"], row["status"].replace(" ", "_"))
        is_assessed = outcome != "not_assessed"
        delta = row["delta"] if outcome == "reached" else None
        rows.append(
            {**made, "outcome": outcome, "delta": delta, "note": row["reason"], "status": SHOWN if is_assessed else NOT_RECORDED}
        )
    return sorted(rows, key=lambda made: QUESTIONS.index(made["question"]))
