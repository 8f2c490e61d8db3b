"""Counts of an aggregate return: what is known of one that is held back or rounded, and figures that cannot be together."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pipeline.returns.parsing import matches

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from pipeline.measures import Measure
    from pipeline.stages.validate_checked import Checked

_BELOW = r"(?P<sign>[<≤]) ?(?P<most>[0-9]{1,3})"
_FROM_TO = r"(?P<least>[0-9]{1,4}) ?(?:-|–|to) ?(?P<most>[0-9]{1,4})"  # noqa: RUF001 (a dash is typed as a spreadsheet sets it)
HELD_BACK = rf"{re.sub(r'[?]P<[a-z]+>', '?:', _BELOW)}|\*|{re.sub(r'[?]P<[a-z]+>', '?:', _FROM_TO)}|(?i:c|suppressed|supp\.?)"
"""What stands in place of a count that a site may not give."""
_BASE = 5
"""The base to which counts are rounded; at random or up, a count is less than it away from what is written."""
_SLIVER, _SEVERAL = 15, 10
"""Scores of so many women spread over more than such a part of the range: ours to choose, no clinical number."""
_NESTED = (("n_post", "n_pre"), ("n_paired", "n_pre"), ("n_paired", "n_post"), ("n_pre", "n_eligible"))
_CHANGED = ("n_reliably_improved", "n_reliably_deteriorated")


def counted(columns: Any) -> list[str]:
    """The columns of counts among those of the aggregates."""
    return [c for c in map(str, columns) if c.startswith("n_") and not c.endswith(("_low", "_high"))]


def bounds_of(text: str) -> tuple[int, int | None] | None:
    """The least and the most that a count can be which is held back; None where the text says nothing of it."""
    if below := re.fullmatch(_BELOW, text):
        return 0, int(below["most"]) - (below["sign"] == "<")
    if between := re.fullmatch(_FROM_TO, text):
        return (int(between["least"]), int(between["most"])) if int(between["least"]) <= int(between["most"]) else None
    return 0, None


def check_aggregates(checked: Checked, measures: dict[str, Measure]) -> None:
    """Hold the figures of each row against each other; `<count>_low` and `<count>_high` say within what each count lies."""
    typed = checked.typed
    for column in counted(typed):
        checked.add("not-possible", typed[column] < 0, column, limit="a count of 0 or more")
    _check_deviations(checked, measures)
    for column in ("sd_pre", "sd_post", "sd_change"):
        checked.add("not-possible", typed[column] < 0, column, limit="a standard deviation of 0 or more")
    checked.add("not-possible", typed["r"].abs() > 1, "r", limit="a correlation from -1 to 1")
    low = typed["measure"].map({name: m.range.low for name, m in measures.items()}).astype("float64")
    high = typed["measure"].map({name: m.range.high for name, m in measures.items()}).astype("float64")
    for column in (c for c in typed.columns if c.startswith("mean_")):
        beyond = (typed[column] < low) | (typed[column] > high)
        checked.add("not-possible", beyond, column, limit="a mean within the measure's range")
    _fill_bounds(checked)
    _check_rounded(checked)
    _check_nested(checked)


def _fill_bounds(checked: Checked) -> None:
    for column in counted(checked.typed):
        count = checked.typed[column]
        words = checked.read[column].str.strip() if column in checked.read else count.astype("str")
        held = matches(words, HELD_BACK) & count.isna()
        known = {word: bounds_of(word) or (0, None) for word in words[held].unique()}
        for end, side in enumerate(("low", "high")):
            given = words.where(held).map({word: bounds[end] for word, bounds in known.items()}).astype("Int64")
            checked.typed[f"{column}_{side}"] = count.fillna(given)


def _check_rounded(checked: Checked) -> None:
    """Counts of a site that all end in 0 or 5 have been rounded: each lies less than the base away."""
    kept = checked.kept
    columns = counted(kept)
    for _, mine in kept.groupby("site_id"):
        counts = mine[columns].melt()["value"].dropna()
        if len(counts) >= 2 * _BASE and (counts > 0).any() and (counts % _BASE == 0).all():
            column = next(c for c in columns if mine[c].notna().any())
            rows = checked.marking(mine.index[mine[column].notna()])
            found = f"{len(counts)} counts, each a multiple of {_BASE}"
            checked.add_once("rounded-counts", rows, column, found=found)
            for name in columns:
                checked.typed.loc[mine.index, f"{name}_low"] = _widened(mine, name, "low", -_BASE + 1)
                checked.typed.loc[mine.index, f"{name}_high"] = _widened(mine, name, "high", _BASE - 1)


def _widened(rows: DataFrame, name: str, side: str, by: int) -> Series[Any]:
    return rows[f"{name}_{side}"].mask(rows[name].notna(), (rows[name] + by).clip(lower=0))


def _check_nested(checked: Checked) -> None:
    """No count is larger than the one that it is part of, whatever the two are within their bounds; each narrows the other."""
    typed = checked.typed
    for few, many in _NESTED:
        disagrees = typed[f"{few}_low"] > typed[f"{many}_high"]
        checked.add("counts-disagree", disagrees, few, limit=f"{few} no larger than {many}")
    least = sum((typed[f"{name}_low"].fillna(0) for name in _CHANGED), start=0)
    limit = "no more women with a change than n_paired"
    checked.add("counts-disagree", (least > typed["n_paired_high"]).astype("boolean"), _CHANGED[0], limit=limit)
    for few, many in reversed(_NESTED):
        most = typed[f"{many}_high"]
        typed[f"{few}_high"] = typed[f"{few}_high"].fillna(most.where(typed[f"{few}_low"].notna())).clip(upper=most.fillna(10**9))


def _check_deviations(checked: Checked, measures: dict[str, Measure]) -> None:
    """A deviation of many women that is a sliver of the scale is the error of their mean."""
    typed = checked.typed
    width = typed["measure"].map({name: m.range.high - m.range.low for name, m in measures.items()}).astype("float64")
    counts = {"sd_pre": "n_pre", "sd_post": "n_post", "sd_change": "n_paired"}
    for column, count in counts.items():
        women = typed[count].fillna(typed["n_paired"]).astype("float64")
        is_error = (typed[column] >= 0) & (typed[column] < width / _SLIVER) & (women >= _SEVERAL)
        checked.add("small-deviation", is_error, column, limit=f"a standard deviation of at least a {_SLIVER}th of the range")
