"""What no single row shows: another form or scale in a column, labels exchanged, scores copied from one time to the other.

Each threshold is a choice of ours, set so that the pattern cannot well come about by chance; none is a clinical number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.returns.cells import position
from pipeline.stages.score import answers_of
from pipeline.stages.validate_dates import first_and_last

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from pipeline.measures import Measure
    from pipeline.stages.validate_checked import Checked

_ENOUGH = 10
"""Scores or pairs below which a pattern is not looked for."""
_OTHER_FORMS = {"pcl5": ("PCL-C", 17, 85)}
"""Forms of the same name and another range: the PTSD Checklist for DSM-IV has 17 items of 1 to 5 (National Center for PTSD)."""
_MOSTLY = 0.5
_OUTSIDE = 0.2
_BACKWARDS_SE = 3.0
_ZEROS, _ZERO_SHARE = 5, 0.3
_SENTINEL_ROWS = 3


def check_instruments(checked: Checked, measures: dict[str, Measure]) -> None:
    """Ask whether the scores of each measure are on its scale at all, before single scores are held against it."""
    for name in sorted(checked.typed["measure"].dropna().unique()):
        if (measure := measures.get(name)) is not None:
            mine = (checked.typed["measure"] == name) & ~checked.is_rejected
            _check_form(checked, mine, measure)
            _check_item_scale(checked, mine, measure)
            _check_mean_for_total(checked, mine, measure)
            _check_repeated(checked, mine, measure)


def _check_form(checked: Checked, mine: Series[bool], measure: Measure) -> None:
    """Another form: all its totals lie in the other's range and some beyond ours, or so many beyond ours that none fits."""
    totals = checked.typed["total"].where(mine)
    low, high = measure.range.low, measure.range.high
    outside = totals[(totals < low) | (totals > high)]
    if totals.count() < _ENOUGH:
        return
    form, least, most = _OTHER_FORMS.get(measure.id, ("", 0, 0))
    beyond = outside.nunique()
    is_form = bool(form) and totals.between(least, most).sum() == totals.count() and beyond > 1
    if is_form or (beyond > 2 and len(outside) > _OUTSIDE * totals.count()):
        found = f"totals from {totals.min():g} to {totals.max():g}" + (f", as of {form}" if is_form else "")
        limit = f"totals of {measure.label} from {low} to {high}"
        checked.add_once("another-form", mine & totals.index.isin(outside.index), "total", limit=limit, found=found)


def _check_item_scale(checked: Checked, mine: Series[bool], measure: Measure) -> None:
    rule, items = measure.items, checked.typed["items"].where(mine)
    if rule is None or items.count() < _ENOUGH:
        return
    answers = answers_of(items).apply(lambda each: each.where(each.str.fullmatch(r"[0-9]{1,2}")).astype("float64"))
    if answers.min(axis=None) == rule.low + 1 and answers.max(axis=None) == rule.high + 1:
        columns = [c for c in checked.letters if c == "items" or c.startswith("item_")]
        column = min(columns, key=lambda c: position(checked.letters[c]))
        found = f"answers from {rule.low + 1} to {rule.high + 1} in {items.count()} rows"
        checked.add_once("items-shifted", items.notna(), column, limit=f"{rule.low} to {rule.high}", found=found)


def _check_mean_for_total(checked: Checked, mine: Series[bool], measure: Measure) -> None:
    totals = checked.typed["total"].where(mine).dropna()
    if measure.items is None or len(totals) < _ENOUGH:
        return
    if totals.max() <= measure.items.high and (totals % 1 != 0).mean() > _OUTSIDE:
        limit = f"totals of {measure.label} from {measure.range.low} to {measure.range.high}"
        found = f"{len(totals)} scores of at most {totals.max():g}, with decimals"
        checked.add_once("mean-for-total", mine & checked.typed["total"].notna(), "total", limit=limit, found=found)


def _check_repeated(checked: Checked, mine: Series[bool], measure: Measure) -> None:
    """99 within a scale that reaches so far, often, and nothing beside it."""
    totals = checked.typed["total"].where(mine)
    if measure.range.high > 99 and (totals == 99).sum() >= _SENTINEL_ROWS and not totals.isin([97, 98, 100, 101]).any():
        checked.add_once("likely-sentinel", totals == 99, "total", found=f"99 in {(totals == 99).sum()} rows, nothing near it")


def check_patterns(checked: Checked, measures: dict[str, Measure]) -> None:
    """Ask of the pairs of each measure whether they can be what their labels say."""
    pairs = first_and_last(checked).dropna(subset=["total_pre", "total_post"])
    for name in sorted(pairs["measure"].unique()):
        mine, measure = pairs[pairs["measure"] == name], measures[name]
        if len(mine) >= _ENOUGH:
            _check_copied(checked, mine, measure)
            _check_swapped(checked, mine, measure)
    _check_zeros(checked, measures)


def _check_copied(checked: Checked, pairs: DataFrame, measure: Measure) -> None:
    same = pairs["total_pre"] == pairs["total_post"]
    if same.mean() > _MOSTLY:
        found = f"{same.sum()} of {len(pairs)} last scores of {measure.label} equal to the first"
        checked.add_once("post-as-pre", _at(checked, pairs.loc[same, "at_post"]), "total", found=found)


def _check_swapped(checked: Checked, pairs: DataFrame, measure: Measure) -> None:
    gain = measure.sign * (pairs["total_pre"] - pairs["total_post"])
    error = gain.std() / len(gain) ** 0.5
    if gain.mean() < -_BACKWARDS_SE * error:
        found = f"{(gain < 0).sum()} of {len(gain)} women worse on {measure.label} at the last score"
        checked.add_once("pre-and-post-swapped", _at(checked, pairs["at_post"]), "occasion", found=found)


def _check_zeros(checked: Checked, measures: dict[str, Measure]) -> None:
    kept = checked.typed[~checked.is_rejected]
    for name in sorted(kept["measure"].unique()):
        mine = kept[(kept["measure"] == name) & kept["total"].notna()]
        post, pre = (mine.loc[mine["occasion"] == occasion, "total"] for occasion in ("post", "pre"))
        is_zero = post[post == 0]
        share = len(is_zero) / max(len(post), 1)
        if measures[name].range.low == 0 and len(post) >= _ENOUGH and len(is_zero) >= _ZEROS and share >= _ZERO_SHARE:
            if (pre == 0).mean() > share / 2:
                continue
            found = f"{len(is_zero)} of {len(post)} last scores of {measures[name].label} are 0"
            checked.add_once("zeros-at-post", _at(checked, is_zero.index.to_series()), "total", found=found)


def _at(checked: Checked, places: Series[int]) -> Series[bool]:
    import pandas as pd

    return pd.Series(checked.typed.index.isin(places), index=checked.typed.index)
