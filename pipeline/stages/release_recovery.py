"""What may leave of recovery: shares of the women who were cases before, over all sites alone.

Every set of women here must differ from every released set on the same changes, the classes, bins, thresholds and methods among
them, by nobody or by enough women; so those who recovered and not reliably so are nobody or enough as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.disclosure.rule import SHOWN, TOO_FEW, is_spread, may_enter, round_counts, share
from pipeline.stages.change_severity import cut_off
from pipeline.stages.release_thresholds import held_sets, women_of_entering_sites
from pipeline.stats.logistic import share_of_sites
from pipeline.tables import empty
from pipeline.tables.released_change import RECOVERIES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from pandas import DataFrame

    from pipeline.config import ReleaseSettings
    from pipeline.disclosure.sets import ReleasedSets
    from pipeline.measures import Measure

    Women = NDArray[np.bool_]

FEW_CASES = "Too few women who were cases before, or women of too few sites, recovered or did not."


def release_recovery(
    exact: dict[str, DataFrame],
    released: dict[str, DataFrame],
    why_not: dict[str, str],
    measures: dict[str, Measure],
    rule: ReleaseSettings,
) -> DataFrame:
    """`open_recovery`, two rows for each measure with a sourced cut-off; reliable recovery needs a class of change too.

    How many were cases stays back where nearly all women were, since the others would be few.

    `released` holds the open tables beside which these stand. Limits allow for differences between sites, as those of classes.
    """
    import pandas as pd

    used = exact["change"][exact["change"]["first_referral"].fillna(value=False).astype(bool)]
    women = women_of_entering_sites(used, rule)
    rows: list[dict[str, Any]] = []
    for name, measure in measures.items():
        mine = women[(women["measure"] == name) & women["case_before"].notna()].reset_index(drop=True)
        if mine.empty or cut_off(measure) is None:
            continue
        given = {"measure": name, "cut_off": cut_off(measure)}
        if why_not[name]:
            rows += [{**given, "share": each, "status": TOO_FEW, "note": why_not[name]} for each in _told(mine)]
            continue
        open_here = {table: frame[frame["measure"] == name] for table, frame in released.items() if "measure" in frame}
        held = held_sets(mine, open_here, measure, rule)
        is_case = _cases_of_entering_sites(mine, rule)
        gives_cases = held.admit(is_case)
        for each in _told(mine):
            found = _row(mine, is_case, _flag(mine, each), held, rule) or {"status": TOO_FEW, "note": FEW_CASES}
            rows.append({**given, "share": each, **found, **({} if gives_cases else {"n_cases": None})})
    return pd.DataFrame(rows) if rows else empty("open_recovery")


def _told(women: DataFrame) -> list[str]:
    return [name for name in RECOVERIES if women[name].notna().any()]


def _flag(women: DataFrame, name: str) -> Women:
    return women[name].fillna(value=False).to_numpy(dtype=bool)


def _cases_of_entering_sites(women: DataFrame, rule: ReleaseSettings) -> Women:
    is_case = _flag(women, "case_before")
    kept = may_enter(women[is_case].groupby("site_id").size(), rule)
    return is_case & women["site_id"].map(kept).fillna(value=False).to_numpy(dtype=bool)


def _row(women: DataFrame, is_case: Women, has_it: Women, held: ReleasedSets, rule: ReleaseSettings) -> dict[str, Any] | None:
    """The share of cases who have it; None where either side of it may not stand."""
    import numpy as np
    import pandas as pd

    sites = women["site_id"]
    sides = [sites[is_case & has_it].value_counts(), sites[is_case & ~has_it].value_counts()]
    cases, events = int(is_case.sum()), int((is_case & has_it).sum())
    found = share(pd.Series([events]), pd.Series([cases]), rule).iloc[0]
    may_stand = bool(found["is_shown"]) and all(is_spread(side, rule) for side in sides)
    if not (may_stand and held.admits(is_case & ~has_it) and held.admit(is_case & has_it)):
        return None
    codes, names = pd.factorize(sites[is_case], sort=True)
    by_site = np.bincount(codes, has_it[is_case], minlength=len(names)).astype(np.int64)
    model = share_of_sites(by_site, np.bincount(codes, minlength=len(names)))
    limits = {f"share_{end}_pct": round(100 * getattr(model, end)) for end in ("low", "high") if model.low == model.low}
    counts = {"n_cases": round_counts(pd.Series([cases]), rule).iloc[0], "n": found["n"]}
    return {**counts, "share_pct": found["pct"], **limits, "status": SHOWN, "note": ""}
