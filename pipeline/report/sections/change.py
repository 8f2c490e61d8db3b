"""Change over all sites, measure by measure: how much, how spread, how many changed reliably."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, sentences, wording
from pipeline.report.blocks import Block, Break, Cell, Column, Heading, Notice, Paragraph, Table
from pipeline.report.material import is_shown
from pipeline.report.plots.classes import ALL, classes_of
from pipeline.report.sections.delivery import figures

if TYPE_CHECKING:
    from pipeline.measures import Measure
    from pipeline.report.material import Material, Row


_CLASSES_ON_HALF_A_PAGE = 25


def change(material: Material) -> list[Block]:
    """A summary of all measures, then each measure."""
    blocks: list[Block] = [
        Heading("Change by measure", is_change=True),
        Notice("Read with care.", sentences.CAUTION),
        Paragraph(
            "Improvement is a woman's first score less her last, turned so that positive is better. One referral of "
            "each woman counts, and only women with both scores."
        ),
        _summary(material),
    ]
    for position, measure in enumerate(material.measures.values()):
        rows = material.rows("open_classes", measure=measure.id)
        if position and sum(is_shown(row, "n") for row in rows) > _CLASSES_ON_HALF_A_PAGE:
            blocks.append(Break())
        blocks += _measure(material, measure)
    return blocks


def pooled_cells(row: Row | None) -> tuple[str | Cell, ...]:
    """Women, sites, mean and intervals of the pool; words where it is not given."""
    if not is_shown(row, "mean_improvement") or row is None:
        return (Cell("", "muted"), Cell("", "muted"), Cell("not given", "muted"), Cell("", "muted"), Cell("", "muted"))
    mean = numerals.estimate(row["mean_improvement"], row["low"], row["high"])
    prediction = numerals.interval(row["prediction_low"], row["prediction_high"]) or Cell("not given", "muted")
    limits = "" if row["tau2_low"] is None else f" ({numerals.squared(row['tau2_low'])} to {numerals.squared(row['tau2_high'])})"
    variance = f"{numerals.squared(row['tau2'])}{limits}" if row["tau2"] is not None else Cell("not given", "muted")
    return (numerals.count(row["n"]), numerals.count(row["k_sites"]), mean, prediction, variance)


def _summary(material: Material) -> Table:
    columns = (
        Column("Measure", share=1),
        Column("Women", "right"),
        Column("Sites", "right"),
        Column(f"Mean improvement ({sentences.confidence()})", "right"),
        Column("Prediction interval", "right"),
        Column("Variance between sites", "right"),
    )
    rows = tuple((m.label, *pooled_cells(material.row("open_pooled", measure=m.id))) for m in material.measures.values())
    note = "In points of each measure, the variance in points squared. Measures cannot be compared with each other in points."
    return Table("Change over all sites", columns, rows, note=note)


def _measure(material: Material, measure: Measure) -> list[Block]:
    key, label = f"change.{measure.id}", measure.label
    pooled = material.row("open_pooled", measure=measure.id)
    keys = [f"{key}.pooled"]
    if is_shown(pooled, "mean_improvement"):
        keys += [f"{key}.prediction", f"{key}.tau2"]
    n_paired = sentences.sentence(material, f"{key}.n_paired", measure=label)
    reason = (pooled or {}).get("note")
    said = " ".join([n_paired, *(sentences.sentence(material, each, reason=reason, measure=label) for each in keys)])
    drawn = figures(
        material,
        f"distribution-{measure.id}",
        f"How change on {label} is spread. The area of a bar is the number of women in it.",
    )
    classes = _classes(material, measure)
    if not drawn and len(keys) == 1:
        return [Heading(label, level=2), Paragraph(f"{said} How change is spread cannot be drawn either.")]
    missing = [Paragraph(f"Too few women have both scores on {label} to draw how change is spread.")]
    return [
        Heading(label, level=2),
        Paragraph(_scale(measure)),
        Paragraph(said + _left_out(pooled)),
        *(drawn or missing),
        *classes,
    ]


def _classes(material: Material, measure: Measure) -> list[Block]:
    label, key = measure.label, f"change.{measure.id}"
    found = classes_of(material.rows("open_classes", measure=measure.id, site_id=ALL))
    rows = tuple(_class_row(row) for row in found)
    has_classes = any(is_shown(row, "n") for row in found)
    if measure.primary_reliable_change is not None:
        said = sentences.sentence(material, f"{key}.threshold", measure=label)
    elif has_classes:
        said = f"No published reliable change is known for {label}; its classes rest on its published reliability."
    else:
        return [Paragraph(f"No published reliable change is known for {label}, so women are not put into classes of change.")]
    said = f"{said} {sentences.sentence(material, f'{key}.reliably_improved_pct', measure=label)}"
    blocks: list[Block] = [Paragraph(said)]
    if has_classes:
        columns = (
            Column("Class", share=1),
            Column("Women", "right"),
            Column("Share", "right"),
            Column(sentences.confidence().capitalize(), "right"),
        )
        note = "Shares come from the rounded counts; their intervals allow for differences between sites."
        blocks.append(Table(f"Classes of change on {label}, all sites", columns, rows, note=note))
    return [
        *blocks,
        *figures(material, f"classes-{measure.id}", f"Classes of change on {label}, over all sites and at each site."),
    ]


def _class_row(row: Row) -> tuple[str | Cell, ...]:
    name = wording.change_class(row["class"])
    if not is_shown(row, "n"):
        return (name, Cell(wording.status(row["status"]), "muted"), "", "")
    has_limits = row["share_low_pct"] is not None and row["share_high_pct"] is not None
    limits = f"{numerals.percent(row['share_low_pct'])} to {numerals.percent(row['share_high_pct'])}" if has_limits else ""
    return (name, numerals.count(row["n"]), numerals.percent(row["share_pct"]), limits)


def _scale(measure: Measure) -> str:
    construct = f", a measure of {measure.construct_}" if measure.construct_ else ""
    ends = f"{numerals.plain(measure.range.low)} to {numerals.plain(measure.range.high)} {measure.range.unit}"
    return f"{measure.name}{construct}: {ends}, and a {measure.better} score is better."


def _left_out(pooled: Row | None) -> str:
    k_sites = (pooled or {}).get("k_sites_left_out")
    return (
        f" Sites that the pooled mean leaves out because too few women stand behind them: {numerals.count(k_sites)}."
        if k_sites
        else ""
    )
