"""The sites side by side, in order of their code: what each one's data say, and what they say together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, sentences, wording
from pipeline.report.blocks import Block, Cell, Column, Heading, Notice, Paragraph, Table, beside, two_by_two
from pipeline.report.material import is_shown
from pipeline.report.plots.axis import FOREST_SHARE, stand_beside
from pipeline.report.sections.change import is_any_pooled
from pipeline.report.sections.delivery import figures
from pipeline.report.sections.funnels import why_no_funnel

if TYPE_CHECKING:
    from pipeline.measures import Measure
    from pipeline.report.material import Material, Row

_SITES_ON_HALF_A_PAGE = 12


def sites(material: Material) -> list[Block]:
    """For each measure the forest and the shrunken estimates."""
    has_change = any(is_shown(row, "mean_improvement") for row in material.rows("open_sites"))
    blocks: list[Block] = [
        Heading("Sites side by side", is_change=has_change),
        *([Notice("Read with care.", sentences.CAUTION)] if has_change else []),
        Paragraph(
            "Sites differ in whom they see, when they measure and whom they can reach again. Their order here is "
            "that of their code and says nothing of their work; there is no ranking, and none can be had from these "
            "data."
        ),
        *why_no_funnel(material),
    ]
    told: list[Block] = []
    untold: list[str] = []
    for measure in material.measures.values():
        k_shown = sum(is_shown(row, "mean_improvement") for row in material.rows("open_sites", measure=measure.id))
        if not k_shown:
            untold.append(measure.label)
            continue
        told += _measure(material, measure)
    if told and not is_any_pooled(material):
        blocks.append(Paragraph(sentences.over_measures(material, "pooled")))
    blocks += told
    if 0 < len(untold) < len(material.measures):
        blocks.append(Heading("Further measures", level=2))
    if untold:
        why = "no site has enough women with both scores for its mean to be given"
        blocks.append(Paragraph(f"{wording.listed(untold)}: {why}."))
    return blocks


def _measure(material: Material, measure: Measure) -> list[Block]:
    label = measure.label
    shown = [row for row in material.rows("open_sites", measure=measure.id) if is_shown(row, "mean_improvement")]
    pooled = material.row("open_pooled", measure=measure.id)
    said = [Paragraph(_pool_words(material, measure, pooled))] if is_any_pooled(material) else []
    blocks: list[Block] = [Heading(label, level=2), *said]
    hollow = "; a hollow square stays out of the pool" if any(row["is_pooled"] is False for row in shown) else ""
    caption = f"Mean improvement on {label} by site. The area of a square is the rounded number of women{hollow}."
    forest = figures(material, f"forest-{measure.id}", caption)
    shrunken = figures(material, f"shrunken-{measure.id}", f"The same on {label}, drawn towards the mean of all sites.")
    if stand_beside(material, measure):
        return [*blocks, *beside(forest, shrunken, shares=(FOREST_SHARE, 1 - FOREST_SHARE))]
    if is_shown(pooled, "mean_improvement") and not shrunken:
        alike = f"On {label} these data cannot tell the sites apart, so estimates drawn towards the pool are not shown."
        return [*blocks, Paragraph(alike), *forest]
    return [*blocks, *forest, *(shrunken if is_shown(pooled, "mean_improvement") else [])]


def site_tables(material: Material) -> list[Block]:
    """The same as tables, a measure after the other; nothing where no site may be shown on any measure."""
    by_measure = {
        measure.id: sorted(material.rows("open_sites", measure=measure.id), key=lambda row: row["site_id"])
        for measure in material.measures.values()
    }
    told = {name: rows for name, rows in by_measure.items() if any(is_shown(row, "mean_improvement") for row in rows)}
    if not told:
        return []
    is_tight = max(len(rows) for rows in told.values()) > _SITES_ON_HALF_A_PAGE
    tables = [_table(material.measures[name], rows, is_tight=is_tight) for name, rows in told.items()]
    has_shrunken = any(row["shrunken"] is not None for rows in told.values() for row in rows)
    set_out: list[Block] = [*tables] if is_tight or has_shrunken else two_by_two([table] for table in tables)
    return [Heading("Change by site, in tables", is_change=True), Notice("Read with care.", sentences.CAUTION), *set_out]


def _pool_words(material: Material, measure: Measure, pooled: Row | None) -> str:
    reason = (pooled or {}).get("note")
    said = sentences.sentence(material, f"change.{measure.id}.pooled", reason=reason, measure=measure.label)
    return said if is_shown(pooled, "mean_improvement") or reason else f"{said} The sites stand side by side instead."


def _table(measure: Measure, rows: list[Row], *, is_tight: bool) -> Table:
    interval = sentences.confidence()
    has_shrunken = any(row["shrunken"] is not None for row in rows)
    shrunken = (Column(f"Shrunken estimate ({interval})", "right", share=1),) if has_shrunken else ()
    columns = (
        Column("Site", share=0.4),
        Column("Women", "right", share=0.4),
        Column(f"Mean improvement ({interval})", "right", share=1),
        *shrunken,
        Column("Return", "right", share=0.8),
    )
    note = f"In {measure.range.unit} of {measure.label}; women are rounded."
    cells = tuple(_cells(row, has_shrunken=has_shrunken) for row in rows)
    return Table(f"Change on {measure.label} by site", columns, cells, note=note, is_tight=is_tight)


def _cells(row: Row, *, has_shrunken: bool) -> tuple[str | Cell, ...]:
    shrunken = (numerals.estimate(row["shrunken"], row["shrunken_low"], row["shrunken_high"]),) if has_shrunken else ()
    if not is_shown(row):
        return (row["site_id"], "", Cell(wording.status(row["status"]), "muted"), *shrunken, Cell(_return(row), "muted"))
    mean = numerals.estimate(row["mean_improvement"], row["low"], row["high"])
    return (row["site_id"], numerals.count(row["n"]), mean, *shrunken, _return(row))


def _return(row: Row) -> str:
    if row["status"] == "not_returned":
        return ""
    kind = {"record": "records", "aggregate": "totals"}.get(row["grain"] or "", "")
    return f"{kind}, not pooled" if row["is_pooled"] is False else kind
