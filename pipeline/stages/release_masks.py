"""Rows of open tables that stay back after all: their figures go, their words stay, and the status says too few."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.disclosure.rule import SHOWN, TOO_FEW
from pipeline.tables import schemas

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pandas import DataFrame, Series

    Tables = dict[str, DataFrame]

ALL = "ALL"
_ROWS_GO = frozenset({"open_distribution"})
"""Tables whose rows say something by themselves, such as where a bin ends."""
_SETTLED_OTHERWISE = {"is_pooled": False, "has_shrunken_plot": False}
_STAY = {"open_pooled": {"k_sites", "k_sites_left_out"}, "open_subgroups": {"k_sites_offering"}}
"""Columns that tell of services and not of women."""
_NUMBERS = frozenset({"number", "whole", "flag"})
_RATIOS = ("rate_ratio", "ratio_low", "ratio_high")


@dataclass(frozen=True)
class Unit:
    """What is withheld together: the rows of an open table `where` columns hold these values.

    `figures`: the columns that go, where the others stay; columns of statuses among them say too few.
    """

    table: str
    where: tuple[tuple[str, str | int], ...]
    figures: tuple[str, ...] = ()

    @property
    def place(self) -> dict[str, str | int]:
        """The values that its rows hold, by column."""
        return dict(self.where)

    def rows(self, table: DataFrame) -> Series[bool]:
        """Which rows of its table are withheld."""
        found = table.iloc[:, 0].notna()
        for column, value in self.where:
            found = found & (table[column] == value)
        return found.astype(bool)


def without_units(opened: Tables, units: Iterable[Unit]) -> Tables:
    """The open tables without what stays back, and without what is made of it; units of tables that are not made yet wait."""
    made = dict(opened)
    for unit in sorted((unit for unit in units if unit.table in made), key=str):
        table = made[unit.table]
        where = unit.rows(table)
        made[unit.table] = _blank(table, where, unit.figures) if unit.figures else without_figures(unit.table, table, where)
        if unit.table == "open_equity" and {*unit.figures} & {"", "n_referred"}:
            of_all = made[unit.table]["dimension"] == unit.place["dimension"]  # a rate beside all others holds them
            made[unit.table] = _blank(made[unit.table], of_all, _RATIOS)
        if unit.table == "open_waits":  # the number of women stands beside a share
            waits = made[unit.table]
            waits["n"] = waits["n"].where((waits["status"] == SHOWN) | (waits["left_status"] == SHOWN))
        if unit.table == "open_sites":  # classes of a site add up to its women
            classes = made["open_classes"]
            made["open_classes"] = without_figures("open_classes", classes, unit.rows(classes)) if len(classes) else classes
    return made


def _blank(table: DataFrame, where: Series[bool], figures: tuple[str, ...]) -> DataFrame:
    made = table.copy()
    for column in figures:
        is_status = column.endswith("status")
        made[column] = made[column].mask(where & (made[column] == SHOWN), TOO_FEW) if is_status else made[column].mask(where)
    return made


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
    kept = {*schema.metadata["key"], *_STAY.get(name, ())}
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
