"""What may leave of theories with imputed second scores: the contrast alone, where either side may stand as a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.disclosure.rule import NOT_RECORDED, SHOWN, TOO_FEW, is_spread, may_enter
from pipeline.tables import empty

if TYPE_CHECKING:
    from pandas import DataFrame

    from pipeline.config import ReleaseSettings
    from pipeline.theories import Theory

POINTS = "points"
FEW = "Too few women, or women of too few sites, have or lack a second score on one side."


def release_theory_imputed(exact: dict[str, DataFrame], theories: dict[str, Theory], rule: ReleaseSettings) -> DataFrame:
    """`open_theory_imputed`: one decimal in points, or why there is none.

    Beside the contrast of complete pairs it tells of the women imputed; so these, and those with both scores, are enough on
    either side, without a site that is small and alone, and without the two largest.
    """
    import pandas as pd

    rows: list[dict[str, Any]] = []
    behind = exact["theory_imputed_sites"]
    for found in exact["theory_imputed"].to_dict("records"):
        made = {"theory_id": found["theory_id"], "unit": POINTS, "method": found["method"] or None}
        mine = behind[behind["theory_id"] == found["theory_id"]]
        if found["estimate"] != found["estimate"]:
            rows.append({**made, "status": NOT_RECORDED, "note": found["reason"]})
        elif not _may_stand(mine, theories[found["theory_id"]], rule):
            rows.append({**made, "status": TOO_FEW, "note": FEW})
        else:
            numbers = {name: round(found[name], 1) + 0.0 for name in ("estimate", "low", "high")}
            rows.append({**made, **numbers, "status": SHOWN, "note": found["reason"]})
    return pd.DataFrame(rows) if rows else empty("open_theory_imputed")


def _may_stand(sites: DataFrame, theory: Theory, rule: ReleaseSettings) -> bool:
    about = {*theory.context.codes, *((theory.population.pathway if theory.population else None) or ())}
    if about & {*rule.sensitive.pathways}:
        rule = rule.model_copy(update={"minimum_count": max(rule.minimum_count, rule.sensitive.minimum_count)})
    for side in ("with", "without"):
        mine = sites[sites["side"] == side]
        women = (mine["n_paired"] + mine["n_imputed"]).astype("float64")
        if not bool(may_enter(women[women > 0], rule).all()):
            return False
        if not all(is_spread(mine[name], rule) for name in ("n_paired", "n_imputed")):
            return False
    return True
