"""The caterpillar of shrunken estimates, beside what each site's own data say, in order of site code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, sentences
from pipeline.report.material import Row, by_status, is_shown
from pipeline.report.plots.axis import (
    FOREST_SHARE,
    ROW_MM,
    ROWS_A_PAGE,
    draw_axis,
    drawn_sites,
    ends_of,
    site_column,
    stand_beside,
)
from pipeline.report.plots.sheet import INK, MUTED, WHITE, Ink, Picture, Sheet, part_of, parts, scale, short

if TYPE_CHECKING:
    from pipeline.measures import Measure
    from pipeline.report.material import Material

_HEAD, _RIGHT, _FOOT = 11.0, 30.0, 15.0


def draw_shrunken(material: Material, measure: Measure, style: Ink, *, synthetic: bool) -> list[Picture]:
    """Each site's own mean beside the estimate drawn towards the pool; none where the data cannot tell sites apart."""
    pooled = material.row("open_pooled", measure=measure.id)
    if pooled is None or not pooled["has_shrunken_plot"] or not is_shown(pooled, "mean_improvement"):
        return []
    style = part_of(style, 1 - FOREST_SHARE) if stand_beside(material, measure) else style
    columns = ("mean_improvement", "shrunken", "shrunken_low", "shrunken_high")
    shown, _ = by_status(material.rows("open_sites", measure=measure.id), *columns)
    pictures = []
    for number, rows in enumerate(parts(shown, ROWS_A_PAGE), start=1):
        name = f"shrunken-{measure.id}" + (f"-{number}" if number > 1 else "")
        title = f"Estimates drawn towards the mean of all sites, {measure.label}"
        alt = _alt(measure, rows, pooled)
        sheet = _sheet(rows, shown, pooled, measure, style, synthetic=synthetic)
        pictures.append(
            Picture(name, title, alt, drawn_sites(material, measure, rows, has_pool=True), sheet.svg(title=title, alt=alt))
        )
    return pictures


def _sheet(rows: list[Row], everything: list[Row], pooled: Row, measure: Measure, style: Ink, *, synthetic: bool) -> Sheet:
    bottom = _HEAD + len(rows) * ROW_MM + 1
    sheet = Sheet(style, bottom + _FOOT, synthetic=synthetic)
    label = site_column([row["site_id"] for row in rows])
    along = scale(ends_of(everything, pooled), left=label, right=style.width_mm - _RIGHT, n_ticks=6)
    middle, mean = _HEAD - 4.6, along(pooled["mean_improvement"])
    sheet.text(0, middle, "Site", bold=True, size=-0.5)
    sheet.text(sheet.width, middle, f"Shrunken ({sentences.confidence()})", align="right", bold=True, size=-0.5)
    sheet.line([0, sheet.width], [_HEAD - 2, _HEAD - 2], colour=style.colour, weight=1)
    draw_axis(sheet, along, top=_HEAD - 2, bottom=bottom, label=f"{measure.range.unit.capitalize()} on {measure.label}")
    _key(sheet, 0, bottom + 12)
    sheet.line([mean, mean], [_HEAD - 2, bottom], colour=style.accent, weight=1.1, dashes=(3, 1.6))
    for position, row in enumerate(rows):
        y = _HEAD + (position + 0.5) * ROW_MM
        sheet.text(0, y, short(row["site_id"], 21))
        sheet.line([along(row["shrunken_low"]), along(row["shrunken_high"])], [y, y], colour=style.colour, weight=1.1)
        sheet.disc(along(row["mean_improvement"]), y, 0.95, fill=WHITE, edge=MUTED)
        sheet.disc(along(row["shrunken"]), y, 1.15, fill=style.colour, edge=style.colour)
        sheet.text(along.right + 3, y, numerals.estimate(row["shrunken"], row["shrunken_low"], row["shrunken_high"]), size=-0.5)
    return sheet


def _key(sheet: Sheet, left: float, y: float) -> None:
    sheet.disc(left + 1.2, y, 1.15, fill=sheet.style.colour, edge=sheet.style.colour)
    sheet.text(left + 3.6, y, "shrunken", size=-1, colour=INK)
    sheet.disc(left + 19, y, 0.95, fill=WHITE, edge=MUTED)
    sheet.text(left + 21.4, y, "the site alone", size=-1, colour=MUTED)
    sheet.line([left + 41, left + 47], [y, y], colour=sheet.style.accent, weight=1.1, dashes=(3, 1.6))
    sheet.text(left + 49, y, "all sites", size=-1, colour=sheet.style.accent)


def _alt(measure: Measure, rows: list[Row], pooled: Row) -> str:
    own, drawn = ([row[name] for row in rows] for name in ("mean_improvement", "shrunken"))
    return (
        f"Each site's own mean improvement on {measure.label} beside its estimate drawn towards the mean of all "
        f"sites, {numerals.points(pooled['mean_improvement'])} points. The sites' own means lie from "
        f"{numerals.points(min(own))} to {numerals.points(max(own))}, the drawn estimates from "
        f"{numerals.points(min(drawn))} to {numerals.points(max(drawn))}."
    )
