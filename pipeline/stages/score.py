"""Score: one total a woman's referral, measure and occasion, as given or from the items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.tables import empty, shape

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from pipeline.measures import Items, Measure

MOST_ITEMS = 200


def score(outcomes: DataFrame, measures: dict[str, Measure]) -> DataFrame:
    """Totals of the study's `measures`, a row each accepted outcome that gives one.

    A total that was returned stands. Else the items are added up, reversed where the measure says so; missing items are made
    up by the mean of the answered ones only as far as the measure's sourced rule allows, otherwise there is no score.
    """
    import pandas as pd

    parts = []
    for name, measure in measures.items():
        mine = outcomes[outcomes["measure"] == name]
        if mine.empty:
            continue
        from_items, answered = score_items(mine["items"], measure.items)
        total = mine["total"].fillna(from_items)
        parts.append(
            pd.DataFrame(
                {
                    **{c: mine[c] for c in ("site_id", "referral_id", "measure", "date", "occasion")},
                    "score": total,
                    "items_answered": mine["items_answered"].fillna(answered),
                    "scored_from": mine["total"].notna().map({True: "total", False: "items"}),
                }
            )[total.notna()]
        )
    return shape("scores", pd.concat(parts, ignore_index=True)) if parts else empty("scores")


def answers_of(items: Series[Any]) -> DataFrame:
    """Answers as text, a column an item counted from 0; rows without any are left out."""
    return items.dropna().str.split(";", n=MOST_ITEMS, expand=True)


def score_items(items: Series[Any], rule: Items | None) -> tuple[Series[Any], Series[Any]]:
    """Totals in points, and how many items were answered; missing where there are no items, no rule, or too few answers.

    With k of n items answered, at most `max_missing` short, the total is n (or 10, for a mean times ten) times the mean of
    the k. An item is reversed as low + high - answer.
    """
    import numpy as np
    import pandas as pd

    if rule is None or items.isna().all():
        none = pd.Series(np.nan, index=items.index)
        return none, none.astype("Int64")
    answers = answers_of(items).reindex(columns=range(rule.count))
    points = answers.apply(pd.to_numeric, errors="coerce").astype("float64")
    backwards = [number - 1 for number in rule.reversed]
    points[backwards] = rule.low + rule.high - points[backwards]
    answered = points.notna().sum(axis=1)
    enough = answered >= rule.count - (rule.max_missing or 0)
    times = 10 if rule.scoring == "mean_times_10" else rule.count
    total = (points.sum(axis=1) * times / answered).where(enough)  # in this order a whole number stays one
    return total.reindex(items.index), answered.reindex(items.index).astype("Int64")
