"""What no single row shows: another form or scale in a column, labels exchanged, scores copied from one time to the other.

Each threshold is a choice of ours, set so that the pattern cannot well come about by chance; none is a clinical number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.returns.cells import position
from pipeline.stages.score import answers_of
from pipeline.stages.validate_dates import first_and_last

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pandas import DataFrame, Series

    from pipeline.measures import Measure
    from pipeline.stages.validate_checked import Checked

_ENOUGH = 10
"""Scores or pairs below which a pattern is not looked for."""
_OTHER_FORMS = {"pcl5": ("PCL-C", 17, 85)}
"""Forms of the same name and another range: the PTSD Checklist for DSM-IV has 17 items of 1 to 5 (National Center for PTSD)."""
_FLOOR_SCORES, _FLOOR_LAST = 40, 20
"""Of so many totals, so many of them last scores, some lie below the lowest of the other form, if it is not that."""
_MOSTLY = 0.5
_OUTSIDE = 0.2
_BACKWARDS_SE = 3.0
_ZEROS, _ZERO_SHARE = 8, 0.4
_SENTINEL_ROWS = 3
_SENTINELS = (-1, 99, 999)
"""Numbers that stand for no answer say nothing of the form."""


def check_instruments(checked: Checked, measures: dict[str, Measure]) -> None:
    """Ask whether the scores of each measure are on its scale at all, before single scores are held against it."""
    for measure, rows in _of_each(checked.kept, measures):
        totals = rows["total"].dropna()
        if len(totals) >= _ENOUGH:
            _check_form(checked, totals, measure)
            _check_floor(checked, rows, measure)
            _check_mean_for_total(checked, totals, measure)
        _check_repeated(checked, totals, measure)
        if measure.items is not None and rows["items"].count() >= _ENOUGH:
            _check_item_scale(checked, rows["items"], measure)


def _of_each(rows: DataFrame, measures: dict[str, Measure]) -> Iterator[tuple[Measure, DataFrame]]:
    """The rows of each site and known measure."""
    for (_, name), mine in rows.groupby(["site_id", "measure"], sort=True):
        if name in measures:
            yield measures[name], mine


def _check_form(checked: Checked, totals: Series[float], measure: Measure) -> None:
    """Another form: all its totals lie in the other's range and some beyond ours, or so many beyond ours that none fits."""
    low, high = measure.range.low, measure.range.high
    outside = totals[((totals < low) | (totals > high)) & ~totals.isin(_SENTINELS)]
    form, least, most = _OTHER_FORMS.get(measure.id, ("", 0, 0))
    beyond = outside.nunique()
    is_form = bool(form) and beyond > 1 and bool(totals.between(least, most).all())
    if is_form or (beyond > 2 and len(outside) > _OUTSIDE * len(totals)):
        found = f"totals from {totals.min():g} to {totals.max():g}" + (f", as of {form}" if is_form else "")
        limit = f"totals of {measure.label} from {low} to {high}"
        checked.add_once("another-form", checked.marking(outside.index), "total", limit=limit, found=found)


def _check_floor(checked: Checked, rows: DataFrame, measure: Measure) -> None:
    """Another form whose totals all lie within our range too: none is below its own lowest, and there are many."""
    form, least, _ = _OTHER_FORMS.get(measure.id, ("", 0, 0))
    totals = rows["total"].dropna()
    n_last = int((rows.loc[totals.index, "occasion"] == "post").sum())
    is_many = len(totals) >= _FLOOR_SCORES and n_last >= _FLOOR_LAST
    if form and is_many and totals.min() >= least and totals.max() <= measure.range.high:
        found = f"none of {len(totals)} totals, {n_last} of them last scores, is below {least}, the lowest of {form}"
        checked.add_once("perhaps-another-form", checked.marking(totals.index), "total", limit=measure.label, found=found)


def _check_item_scale(checked: Checked, items: Series[str], measure: Measure) -> None:
    rule = measure.items
    answers = answers_of(items).apply(lambda each: each.where(each.str.fullmatch(r"[0-9]{1,2}")).astype("float64"))
    if rule is not None and answers.min(axis=None) == rule.low + 1 and answers.max(axis=None) == rule.high + 1:
        at = items.dropna().index
        sent = checked.sent[str(checked.site.iloc[at[0]])]
        column = min((c for c in sent if c == "items" or c.startswith("item_")), key=lambda c: position(sent[c]))
        found = f"answers from {rule.low + 1} to {rule.high + 1} in {len(at)} rows"
        checked.add_once("items-shifted", checked.marking(at), column, limit=f"{rule.low} to {rule.high}", found=found)


def _check_mean_for_total(checked: Checked, totals: Series[float], measure: Measure) -> None:
    if measure.items is not None and totals.max() <= measure.items.high and (totals % 1 != 0).mean() > _OUTSIDE:
        limit = f"totals of {measure.label} from {measure.range.low} to {measure.range.high}"
        found = f"{len(totals)} scores of at most {totals.max():g}, with decimals"
        checked.add_once("mean-for-total", checked.marking(totals.index), "total", limit=limit, found=found)


def _check_repeated(checked: Checked, totals: Series[float], measure: Measure) -> None:
    """99 within a scale that reaches so far, often, and nothing beside it."""
    if measure.range.high > 99:
        same = totals.index[totals == 99]
        if len(same) >= _SENTINEL_ROWS and not totals.isin([97, 98, 100, 101]).any():
            found = f"99 in {len(same)} rows, nothing near it"
            checked.add_once("likely-sentinel", checked.marking(same), "total", found=found)


def check_patterns(checked: Checked, measures: dict[str, Measure]) -> None:
    """Ask of the pairs of each measure whether they can be what their labels say."""
    pairs = first_and_last(checked).dropna(subset=["total_pre", "total_post"])
    for measure, mine in _of_each(pairs, measures):
        if len(mine) >= _ENOUGH:
            _check_copied(checked, mine, measure)
            _check_swapped(checked, mine, measure)
    scored = checked.kept[checked.kept["total"].notna()]
    for measure, rows in _of_each(scored[scored["occasion"].isin(["pre", "post"])], measures):
        if measure.range.low == 0:
            _check_zeros(checked, rows, measure)


def _check_copied(checked: Checked, pairs: DataFrame, measure: Measure) -> None:
    same = pairs["total_pre"] == pairs["total_post"]
    if same.mean() > _MOSTLY:
        found = f"{same.sum()} of {len(pairs)} last scores of {measure.label} equal to the first"
        checked.add_once("post-as-pre", checked.marking(pairs.loc[same, "at_post"]), "total", found=found)


def _check_swapped(checked: Checked, pairs: DataFrame, measure: Measure) -> None:
    gain = measure.sign * (pairs["total_pre"] - pairs["total_post"])
    error = gain.std() / len(gain) ** 0.5
    if gain.mean() < -_BACKWARDS_SE * error:
        found = f"{(gain < 0).sum()} of {len(gain)} women worse on {measure.label} at the last score"
        checked.add_once("pre-and-post-swapped", checked.marking(pairs["at_post"]), "occasion", found=found)


def _check_zeros(checked: Checked, rows: DataFrame, measure: Measure) -> None:
    post, pre = (rows.loc[rows["occasion"] == occasion, "total"] for occasion in ("post", "pre"))
    zeros = post.index[post == 0]
    share = len(zeros) / max(len(post), 1)
    if len(post) >= _ENOUGH and len(zeros) >= _ZEROS and share >= _ZERO_SHARE and not (pre == 0).mean() > share / 2:
        found = f"{len(zeros)} of {len(post)} last scores of {measure.label} are 0"
        checked.add_once("zeros-at-post", checked.marking(zeros), "total", found=found)
