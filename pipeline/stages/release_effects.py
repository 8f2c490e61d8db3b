"""What may leave of the sizes of change: over all sites alone, on the women behind the thresholds, and never by site."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.disclosure.rule import NOT_RECORDED, SHOWN, TOO_FEW, is_spread, nearest
from pipeline.stages.compare_effect_sizes import effect_sizes
from pipeline.stages.release_thresholds import women_of_entering_sites
from pipeline.tables import empty

if TYPE_CHECKING:
    from pandas import DataFrame

    from pipeline.config import ReleaseSettings
    from pipeline.measures import Measure

FEW_WOMEN = "Too few women, or women of too few sites, have both scores."
LEAST_P = 0.001
_HUNDREDTHS = ("r", "d_z", "d_z_low", "d_z_high", "d_av", "d_av_low", "d_av_high", "d_pre", "d_pre_low", "d_pre_high")
_TENTHS = ("hodges_lehmann", "hodges_lehmann_low", "hodges_lehmann_high")


def release_effects(
    exact: dict[str, DataFrame], why_not: dict[str, str], measures: dict[str, Measure], rule: ReleaseSettings, seed: int
) -> DataFrame:
    """`open_effects`, a row a measure with pairs. `why_not`: by measure, why no pool is released; blank where one is.

    Where the rule leaves a small site out, all is found again without it, so that the women are those of the thresholds.
    """
    import pandas as pd

    used = exact["change"][exact["change"]["first_referral"].fillna(value=False).astype(bool)]
    women = women_of_entering_sites(used, rule)
    rows: list[dict[str, Any]] = []
    for name, measure in measures.items():
        everyone, mine = (table[table["measure"] == name] for table in (used, women))
        if everyone.empty:
            continue
        why = why_not[name] or ("" if is_spread(mine.groupby("site_id").size(), rule) else FEW_WOMEN)
        if why:
            rows.append({"measure": name, "status": TOO_FEW, "note": why})
            continue
        found = _records(exact["effect_sizes"], name) if len(mine) == len(everyone) else effect_sizes(mine, measure, seed)
        rows += [_row(each, rule) for each in found]
    return pd.DataFrame(rows) if rows else empty("open_effects")


def _records(table: DataFrame, measure: str) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in table[table["measure"] == measure].to_dict("records")]


def _row(found: dict[str, Any], rule: ReleaseSettings) -> dict[str, Any]:
    made: dict[str, Any] = {"measure": found["measure"], "n": int(nearest(found["n"], rule)), "note": found["reason"]}
    if found["d_z"] != found["d_z"]:
        return {"measure": found["measure"], "status": NOT_RECORDED, "note": found["reason"]}
    made |= {name: round(found[name], 2) + 0.0 for name in _HUNDREDTHS}
    made |= {name: round(found[name], 1) + 0.0 for name in _TENTHS}
    p = found["wilcoxon_p"]
    return {**made, "wilcoxon_p": max(round(p, 3), LEAST_P) if p == p else None, "status": SHOWN}
