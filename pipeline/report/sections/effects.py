"""The sizes of change of all measures, in one table for readers who compare with other studies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, wording
from pipeline.report.blocks import Block, Cell, Column, Paragraph, Table
from pipeline.report.material import is_shown

if TYPE_CHECKING:
    from pipeline.measures import Measure
    from pipeline.report.material import Material, Row


def effects(material: Material) -> list[Block]:
    """The table, with a remark on how to read it; a sentence on the measures that it leaves out."""
    rows = material.rows("open_effects")
    told = [row for row in rows if is_shown(row, "d_z")]
    if not told:
        return []
    columns = (
        Column("Measure", share=1),
        Column("Per SD of change", "right"),
        Column("Per average SD", "right"),
        Column("Per SD of first scores", "right"),
        Column("r", "right"),
        Column("Hodges-Lehmann, points", "right"),
        Column("p by ranks", "right"),
    )
    cells = tuple(_cells(material.measures[row["measure"]], row) for row in told)
    note = (
        "All women with both scores as one group, sites not told apart: limits hold for women alone, and would be wider with "
        "differences between sites. In order: d_z, d_av and d_pre, the last corrected for small numbers, with limits that ask "
        "for no shape (jackknife); r between first and last score; Wilcoxon's signed rank test."
    )
    said = (
        "Standardised sizes divide a change by a spread, and the spreads differ: a size may be compared with one of the same "
        "kind in another study, never with another column. None says what a service added."
    )
    left = [material.measures[row["measure"]].label for row in rows if row not in told]
    few = f" Too few women stand behind those of {wording.listed(left)}." if left else ""
    return [Paragraph(said + few), Table("Sizes of change, all sites", columns, cells, note=note, is_dense=True)]


def _cells(measure: Measure, row: Row) -> tuple[str | Cell, ...]:
    sizes = (_with_limits(row, name) for name in ("d_z", "d_av", "d_pre"))
    shift = numerals.estimate(row["hodges_lehmann"], row["hodges_lehmann_low"], row["hodges_lehmann_high"])
    return (measure.label, *sizes, numerals.hundredths(row["r"]), shift, numerals.probability(row["wilcoxon_p"]))


def _with_limits(row: Row, name: str) -> str | Cell:
    if row[name] is None:
        return Cell("not given", "muted")
    low, high = (numerals.hundredths(row[f"{name}_{end}"]) for end in ("low", "high"))
    return f"{numerals.hundredths(row[name])} ({low} to {high})" if low and high else numerals.hundredths(row[name])
