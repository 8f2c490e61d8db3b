"""Improvement of women by pathway and by intervention, over all sites: what was seen where, and no contest of treatments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, sentences, wording
from pipeline.report.blocks import Block, Cell, Column, Heading, Paragraph, Table
from pipeline.report.material import is_shown

if TYPE_CHECKING:
    from pipeline.measures import Measure
    from pipeline.report.material import Material, Row

_DIMENSIONS = {"pathway": "Pathway", "intervention": "Intervention"}
_NAMES = {"several": "Several", "not_recorded": "None recorded"}


def subgroups(material: Material) -> list[Block]:
    """A table of the primary measure, and one sentence on the others; nothing where no return names pathway or intervention."""
    told = [measure for measure in material.measures.values() if _shown(material, measure)]
    if not material.rows("open_subgroups"):
        return []
    blocks: list[Block] = [
        Heading("By pathway and by intervention", level=2),
        Paragraph(
            "Women with both scores, by the one pathway they came on and the one intervention they were given; women with more "
            "than one stand under several, so that each woman is in one row of a pathway and one of an intervention. Women were "
            "not dealt out to interventions by chance: who is given which follows need, wish, place and staff, and higher first "
            "scores have further to fall. A difference between rows is therefore no effect of a pathway or an intervention."
        ),
    ]
    if not told:
        return [
            *blocks,
            Paragraph("Of no pathway and no intervention may a mean over sites be given: too few women, or too few sites."),
        ]
    blocks += [_table(material, measure) for measure in told[:1]]
    others = [measure.label for measure in told[1:]]
    if others:
        blocks.append(
            Paragraph(f"The same for {wording.listed(others)} stands in the table of subgroups, which lies beside this report.")
        )
    return blocks


def _shown(material: Material, measure: Measure) -> list[Row]:
    return [row for row in material.rows("open_subgroups", measure=measure.id) if is_shown(row, "n")]


def _table(material: Material, measure: Measure) -> Table:
    lines: list[tuple[str | Cell, ...]] = []
    for dimension, heading in _DIMENSIONS.items():
        rows = material.rows("open_subgroups", measure=measure.id, dimension=dimension)
        if rows:
            lines.append((Cell(heading, "strong"), *[""] * 5))
            lines += [_cells(row) for row in rows]
    columns = (
        Column("Women", share=1),
        Column("Sites that offer it", "right"),
        Column("Sites with such women", "right"),
        Column("Women", "right"),
        Column("Mean first score", "right"),
        Column(f"Mean improvement ({sentences.confidence()})", "right"),
    )
    note = (
        f"Points on {measure.label}, over all sites and never by site. No mean improvement is given over fewer than five sites, "
        "as so few cannot say how much sites differ. Not offered: no service offers it, so that no woman is missing."
    )
    return Table(
        f"By pathway and by intervention, {measure.label}", columns, tuple(lines), note=note, is_dense=True, is_split=True
    )


def _cells(row: Row) -> tuple[str | Cell, ...]:
    name = _NAMES.get(row["group"]) or wording.component(row["group"])
    offering = "" if row["k_sites_offering"] is None else numerals.count(row["k_sites_offering"])
    if not is_shown(row, "n"):
        return (name, offering, "", Cell(wording.status(row["status"]), "muted"), "", "")
    mean = numerals.estimate(row["mean_improvement"], row["low"], row["high"]) or Cell("not given", "muted")
    return (name, offering, numerals.count(row["k_sites"]), numerals.count(row["n"]), numerals.points(row["mean_pre"]), mean)
