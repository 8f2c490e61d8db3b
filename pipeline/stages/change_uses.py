"""What became of every score: which rows make a pair, and why each of the others does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.codes import SCORE_USES
from pipeline.tables import empty, shape

if TYPE_CHECKING:
    from pandas import DataFrame, Series

_KEY = ["site_id", "referral_id", "measure"]


def uses_of(scores: DataFrame, usable: DataFrame, cases: DataFrame, firsts: DataFrame, pairs: DataFrame) -> DataFrame:
    """Count scores by site, measure and use; the uses are exclusive and sum to the scores.

    `usable` are the scores left once those of one day have become one; `cases` the referrals of women; `firsts` the first scores,
    and `pairs` the last ones with them, each with the row of `scores` that it is.
    """
    import numpy as np
    import pandas as pd

    if scores.empty:
        return empty("score_uses")
    moment = scores["date"].astype("str").fillna(scores["occasion"])
    same = scores.assign(moment=moment).groupby([*_KEY, "moment"], dropna=False)["score"]
    is_conflict = same.transform("nunique") > 1
    is_first, is_paired = scores.index.isin(firsts["pre_row"]), _among(scores[_KEY], pairs[_KEY])
    steps = {
        "not_a_woman": ~_among(scores[_KEY[:2]], cases[_KEY[:2]]),
        "conflict": is_conflict,
        "same_day": ~scores.index.isin(usable.index),
        "first": is_first & is_paired,
        "last": scores.index.isin(pairs["row"]),
        "first_alone": is_first,
    }
    use = np.select([np.asarray(each, dtype=bool) for each in steps.values()], list(steps), default="between")
    counted = scores.assign(use=use).groupby(["site_id", "measure", "use"]).size().rename("n_scores").reset_index()
    counted["rank"] = counted["use"].map({one: at for at, one in enumerate(SCORE_USES)})
    return shape("score_uses", pd.DataFrame(counted).sort_values(["site_id", "measure", "rank"]))


def _among(rows: DataFrame, others: DataFrame) -> Series[bool]:
    import pandas as pd

    found = pd.MultiIndex.from_frame(rows).isin(pd.MultiIndex.from_frame(others)) if len(others) else False
    return pd.Series(found, index=rows.index)
