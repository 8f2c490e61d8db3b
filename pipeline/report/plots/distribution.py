"""How change is spread: bars whose area is the number of women, in bins that are wide enough to be safe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, wording
from pipeline.report.colours import tint
from pipeline.report.material import Row, is_shown
from pipeline.report.plots.axis import draw_axis, points_of
from pipeline.report.plots.sheet import MUTED, WHITE, Ink, Picture, Scale, Sheet, part_of, scale

if TYPE_CHECKING:
    from pipeline.measures import Measure
    from pipeline.report.material import Material

_TOP, _BOTTOM, _HEIGHT = 16.0, 48.0, 58.0
_GLYPH_MM, _FLAT = 1.25, 0.8


def draw_distribution(material: Material, measure: Measure, style: Ink, *, synthetic: bool) -> list[Picture]:
    """One picture of a measure; none where no bin may be shown."""
    rows = sorted(material.rows("open_distribution", measure=measure.id), key=lambda row: row["bin_low"])
    shown = [row for row in rows if is_shown(row, "n") and row["bin_high"] > row["bin_low"]]
    if not shown:
        return []
    sheet = Sheet(part_of(style, 0.5), _HEIGHT, synthetic=synthetic)
    ends = [row[end] for row in rows for end in ("bin_low", "bin_high")]
    ticks = scale([*ends, 0], left=2, right=sheet.width - 2, n_ticks=9).ticks
    low, high = min([*ends, 0]), max([*ends, 0])
    along = Scale(low, high, 2, sheet.width - 2, tuple(tick for tick in ticks if low <= tick <= high))
    draw_axis(sheet, along, top=_TOP, bottom=_BOTTOM, label=points_of(measure, "Improvement"))
    tallest = max(row["n"] / (row["bin_high"] - row["bin_low"]) for row in shown)
    _thresholds(sheet, along, measure)
    for row in shown:
        fill = _tone(style, row, measure)
        height, left = _height(row, tallest), along(row["bin_low"])
        edge = WHITE if height > _FLAT else fill  # a white edge would hide a bar that is as flat as a line
        sheet.bar(left, _BOTTOM - height, along(row["bin_high"]) - left, height, fill=fill, edge=edge)
    for row in rows:
        _label(sheet, along, row, tallest)
    title = f"Spread of change on {measure.label}"
    alt = _alt(measure, rows, shown)
    table = material.tables["open_distribution"]
    data = table.loc[table["measure"] == measure.id]
    return [Picture(f"distribution-{measure.id}", title, alt, data, sheet.svg(title=title, alt=alt))]


def _tone(style: Ink, row: Row, measure: Measure) -> str:
    """Dark from the reliable improvement on, or from no change where there is none; light below no change."""
    if row["bin_low"] < 0:
        return tint(style.colour, 0.4)
    return style.colour if row["bin_low"] >= (measure.primary_reliable_change or 0) else tint(style.colour, 0.7)


def _height(row: Row, tallest: float) -> float:
    return float((_BOTTOM - _TOP - 5) * row["n"] / (row["bin_high"] - row["bin_low"]) / tallest)


def _label(sheet: Sheet, along: Scale, row: Row, tallest: float) -> None:
    """The number of women above its bar, upwards where it is wider than the bar; a word where it may not be shown."""
    middle, width = along((row["bin_low"] + row["bin_high"]) / 2), along(row["bin_high"]) - along(row["bin_low"])
    if not is_shown(row, "n"):
        sheet.text(middle, _BOTTOM - 2, wording.status(row["status"]), align="center", colour=MUTED, size=-1.5)
        return
    words, top = numerals.count(row["n"]), _BOTTOM - _height(row, tallest)
    across = 1.4 * len(words)
    if across < width:
        sheet.bar(middle - across / 2, top - 3.8, across, 3.2, fill=WHITE)
        sheet.text(middle, top - 2.2, words, align="center", size=-1.5)
    else:
        sheet.bar(middle - width / 2, top - 1.2 - across, width, across, fill=WHITE)
        sheet.upright(middle, top - 1.2, words, size=-2)


def _thresholds(sheet: Sheet, along: Scale, measure: Measure) -> None:
    """Lines that bars and numbers lie upon, with their names above all of them."""
    threshold = measure.primary_reliable_change
    if threshold is None:
        return
    for value, name in ((threshold, "reliable improvement"), (-threshold, "reliable deterioration")):
        if not along.low <= value <= along.high:
            continue
        x = along(value)
        said = f"{name} from {numerals.plain(value)}"
        left = x if value > 0 else x - _GLYPH_MM * len(said)
        left = min(max(0.0, left), sheet.width - _GLYPH_MM * len(said))
        sheet.line([x, x], [_TOP - 7, _BOTTOM], colour=sheet.style.accent, weight=1, dashes=(3, 1.6))
        sheet.text(left, _TOP - 9, said, size=-1.5, colour=sheet.style.accent)


def _alt(measure: Measure, rows: list[Row], shown: list[Row]) -> str:
    fullest = max(shown, key=lambda row: row["n"] / (row["bin_high"] - row["bin_low"]))
    where = f"{numerals.plain(fullest['bin_low'])} to below {numerals.plain(fullest['bin_high'])}"
    ends = f"{numerals.plain(rows[0]['bin_low'])} to {numerals.plain(rows[-1]['bin_high'])}"
    return (
        f"Changes on {measure.label} are densest at {where} points, with {numerals.count(fullest['n'])} women; "
        f"positive is better. Histogram over all sites, with bins from {ends} points."
    )
