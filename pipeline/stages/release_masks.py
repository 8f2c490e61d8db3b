"""Rows of open tables that stay back after all: their figures go, their words stay, and the status says too few."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.disclosure.rule import SHOWN, TOO_FEW
from pipeline.tables import schemas

if TYPE_CHECKING:
    from pandas import DataFrame, Series

ALL = "ALL"
_ROWS_GO = frozenset({"open_distribution"})
"""Tables whose rows say something by themselves, such as where a bin ends."""
_SETTLED_OTHERWISE = {"is_pooled": False, "has_shrunken_plot": False}
_STAY = frozenset({"k_sites", "k_sites_left_out"})
_NUMBERS = frozenset({"number", "whole", "flag"})


def without_figures(name: str, table: DataFrame, where: Series[bool], note: str = "") -> DataFrame:
    """The open table `name` with nothing but words in the rows `where`; `note` says why, where the table has a note."""
    is_out = where.fillna(value=False).astype(bool)
    if not is_out.any():
        return table
    if name in _ROWS_GO:
        return table[~is_out]
    if name == "open_series":
        return _as_words(table, is_out)
    made, schema = table.copy(), schemas()[name]
    for column in figures_of(name, made):
        settled: Any = _SETTLED_OTHERWISE.get(column)
        made[column] = made[column].where(~is_out, settled)
    for column in (each for each in schema.columns if each.endswith("status") and each in made):
        made[column] = made[column].where(~is_out | (made[column] != SHOWN), TOO_FEW)
    if note and "note" in made:
        made["note"] = made["note"].where(~is_out, note)
    return made


def figures_of(name: str, table: DataFrame) -> list[str]:
    """The columns of an open table that hold figures on women: numbers that are no key and that may be blank."""
    schema = schemas()[name]
    kept = {*schema.metadata["key"], *(_STAY if name == "open_pooled" else ())}
    return [
        column
        for column, spec in schema.columns.items()
        if column in table and column not in kept and spec.metadata["kind"] in _NUMBERS and not spec.metadata["needed"]
    ]


def _as_words(series: DataFrame, is_out: Series[bool]) -> DataFrame:
    """A series that stays back is one row without a period."""
    import pandas as pd

    words = series.loc[is_out, ["site_id", "series"]].drop_duplicates().assign(status=TOO_FEW)
    return pd.concat([series[~is_out], words], ignore_index=True).sort_values(["site_id", "series"], kind="stable")
