"""The women behind released figures: by variable, who stands in it, and with what; the one list that differences are taken of.

A variable is what figures are made of: `referred` (who was referred, accepted and treated), `standing/<measure>` (who is due a
second score, and where each stands), `paired/<measure>` (both scores, their change and its class), and what people said
(`release_sets_voices`). Two figures on one variable may be subtracted from each other, whatever they are called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.stages.release_sets_voices import people_behind, told
from pipeline.tables import empty, shape

if TYPE_CHECKING:
    from pandas import DataFrame, Series

REFERRED, STANDING, PAIRED = "referred", "standing", "paired"
ALL = "ALL"
_OF_REFERRAL = (
    *("client", "referral_date", "accepted", "eligible_for_outcomes", "first_treatment_date", "end_date", "pathway"),
    *("perinatal_stage", "age_band", "ethnic_category", "imd_decile"),
)


def women_behind(exact: dict[str, DataFrame]) -> DataFrame:
    """The table `released_women`, whatever is released of them: nothing is in a total or at a site yet.

    A site that sent totals alone has as many nameless women as it counts, and one more who stands for its figures: she
    differs where they do.
    """
    import pandas as pd

    parts = [_referred(exact["accepted_referrals"]), _standing(exact["standing"]), _paired(exact["change"])]
    parts += [_totals(exact["site_effects"]), people_behind(exact)]
    known = [part for part in parts if len(part)]
    table = pd.concat(known, ignore_index=True) if known else empty("released_women")
    return shape("released_women", table.assign(is_in_total=False, is_at_site=False))


def _referred(referrals: DataFrame) -> DataFrame:
    woman = referrals["person_id"].fillna("of referral " + referrals["referral_id"])
    named = [name for name in _OF_REFERRAL if name in referrals]
    return _gathered(referrals["site_id"], woman, told(referrals[named])).assign(variable=REFERRED)


def _standing(standing: DataFrame) -> DataFrame:
    variable = STANDING + "/" + standing["measure"]
    return _gathered(standing["site_id"], standing["person_id"], told(standing[["state", "is_due"]]), variable)


def _paired(change: DataFrame) -> DataFrame:
    mine = change[change["first_referral"].fillna(value=False).astype(bool)]
    woman = mine["person_id"].fillna("of referral " + mine["referral_id"])
    variable = PAIRED + "/" + mine["measure"]
    return _gathered(mine["site_id"], woman, told(mine[["pre", "post", "class"]]), variable)


def _totals(effects: DataFrame) -> DataFrame:
    import pandas as pd

    rows: list[dict[str, Any]] = []
    sent = effects[(effects["grain"] == "aggregate") & effects["n_paired"].notna()]
    for row in sent.to_dict("records"):
        place = {"variable": f"{PAIRED}/{row['measure']}", "site_id": row["site_id"]}
        rows += [{**place, "woman": f"number {number}", "value": ""} for number in range(int(row["n_paired"]))]
        rows.append({**place, "woman": "figures", "value": f"{row['mean_improvement']:.6g} {row['se']:.6g}"})
    return pd.DataFrame(rows)


def _gathered(site: Series[Any], woman: Series[Any], value: Series[Any], variable: Any = "") -> DataFrame:
    """One row a variable, site and woman; her values in order, whatever the order of the rows."""
    import pandas as pd

    table = pd.DataFrame({"variable": variable, "site_id": site, "woman": woman, "value": value})
    keys = ["variable", "site_id", "woman"]
    ordered = table.sort_values([*keys, "value"], kind="stable")
    is_again = ordered.duplicated(keys, keep=False)
    again = ordered[is_again].groupby(keys, sort=False)["value"].agg(";".join).reset_index()
    return pd.concat([ordered[~is_again], again]).sort_values(keys, kind="stable", ignore_index=True)
