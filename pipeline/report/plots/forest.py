"""The forest: every site that may be shown, in order of its code, above the pool and the prediction interval."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pipeline.report import numerals, sentences, wording
from pipeline.report.material import Row, by_status, is_shown
from pipeline.report.plots.axis import (
    FOREST_SHARE,
    LINE_MM,
    ROW_MM,
    ROWS_A_PAGE,
    absent_lines,
    draw_axis,
    drawn_sites,
    ends_of,
    points_of,
    site_column,
    stand_beside,
    write_absent,
)
from pipeline.report.plots.sheet import MUTED, RULE, WHITE, Ink, Picture, Scale, Sheet, part_of, parts, scale, short

if TYPE_CHECKING:
    from pipeline.measures import Measure
    from pipeline.report.material import Material

_HEAD, _RIGHT, _WOMEN = 11.0, 31.0, 13.0
_SQUARE_MM = 3.1


def draw_forest(material: Material, measure: Measure, style: Ink, *, synthetic: bool) -> list[Picture]:
    """One picture, or several where the sites do not fit a page; none where no site may be shown."""
    shown, others = by_status(material.rows("open_sites", measure=measure.id), "mean_improvement", "low", "high")
    pooled = material.row("open_pooled", measure=measure.id)
    pooled = pooled if is_shown(pooled, "mean_improvement", "low", "high") else None
    groups = parts(shown, ROWS_A_PAGE)
    style = part_of(style, FOREST_SHARE) if stand_beside(material, measure) else style
    pictures = []
    for number, rows in enumerate(groups, start=1):
        is_last = number == len(groups)
        sheet = _sheet(rows, pooled, others if is_last else {}, measure, style, synthetic=synthetic, everything=shown)
        name = f"forest-{measure.id}" + (f"-{number}" if number > 1 else "")
        title = f"Mean improvement on {measure.label} by site"
        alt = _alt(measure, rows, pooled, others if is_last else {})
        pictures.append(
            Picture(
                name,
                title,
                alt,
                drawn_sites(material, measure, rows, has_pool=pooled is not None),
                sheet.svg(title=title, alt=alt),
            )
        )
    return pictures


def _sheet(
    rows: list[Row],
    pooled: Row | None,
    others: dict[str, list[str]],
    measure: Measure,
    style: Ink,
    *,
    synthetic: bool,
    everything: list[Row],
) -> Sheet:
    lines = absent_lines(style.width_mm, style.font_size_points - 1, others)
    has_prediction = pooled is not None and pooled["prediction_low"] is not None
    bottom = _HEAD + len(rows) * ROW_MM + (ROW_MM + 2 if pooled else 0) + (ROW_MM if has_prediction else 0) + 1
    sheet = Sheet(style, bottom + 10 + LINE_MM * len(lines) + (1 if lines else 0), synthetic=synthetic)
    label = site_column([row["site_id"] for row in rows])
    along = scale(ends_of(everything, pooled), left=label + _WOMEN + 3, right=style.width_mm - _RIGHT, n_ticks=6)
    _heads(sheet, along, label)
    draw_axis(sheet, along, top=_HEAD - 2, bottom=bottom, label=points_of(measure, "Mean improvement"))
    largest = max((row["n"] or 1 for row in everything), default=1)
    for position, row in enumerate(rows):
        _site(sheet, along, _HEAD + (position + 0.5) * ROW_MM, row, label, largest)
    if pooled is not None:
        _pool(sheet, along, _HEAD + len(rows) * ROW_MM + 2, pooled, label)
    write_absent(sheet, bottom + 11, lines)
    return sheet


def _heads(sheet: Sheet, along: Scale, label: float) -> None:
    middle = _HEAD - 4.6
    sheet.text(0, middle, "Site", bold=True, size=-0.5)
    sheet.text(label + _WOMEN, middle, "Women", bold=True, size=-0.5, align="right")
    sheet.text(along.right + 3, middle, f"Mean ({sentences.confidence()})", bold=True, size=-0.5)
    sheet.line([0, sheet.width], [_HEAD - 2, _HEAD - 2], colour=sheet.style.colour, weight=1)


def _site(sheet: Sheet, along: Scale, y: float, row: Row, label: float, largest: int) -> None:
    is_pooled = row["is_pooled"] is not False
    sheet.text(0, y, short(row["site_id"], 21))
    sheet.text(label + _WOMEN, y, numerals.count(row["n"]), align="right")
    sheet.line([along(row["low"]), along(row["high"])], [y, y], colour=sheet.style.colour, weight=1.1)
    side = max(1.0, _SQUARE_MM * math.sqrt((row["n"] or 1) / largest))
    fill = sheet.style.colour if is_pooled else WHITE
    sheet.square(along(row["mean_improvement"]), y, side, fill=fill, edge=sheet.style.colour, weight=1)
    sheet.text(along.right + 3, y, numerals.estimate(row["mean_improvement"], row["low"], row["high"]), size=-0.5)


def _pool(sheet: Sheet, along: Scale, top: float, pooled: Row, label: float) -> None:
    y, half = top + ROW_MM / 2, 1.6
    sheet.line([0, sheet.width], [top - 1, top - 1], colour=RULE, weight=0.8)
    low, mean, high = (along(pooled[name]) for name in ("low", "mean_improvement", "high"))
    sheet.text(0, y, "All sites", bold=True)
    sheet.text(label + _WOMEN, y, numerals.count(pooled["n"]), align="right", bold=True)
    sheet.area([(low, y), (mean, y - half), (high, y), (mean, y + half)], fill=sheet.style.accent)
    sheet.text(
        along.right + 3, y, numerals.estimate(*(pooled[c] for c in ("mean_improvement", "low", "high"))), bold=True, size=-0.5
    )
    if pooled["prediction_low"] is None:
        return
    y += ROW_MM
    ends = [along(pooled["prediction_low"]), along(pooled["prediction_high"])]
    sheet.text(0, y, "Prediction interval", colour=MUTED)
    sheet.line(ends, [y, y], colour=sheet.style.accent, weight=1.1, dashes=(3, 1.6))
    for end in ends:
        sheet.line([end, end], [y - 1.1, y + 1.1], colour=sheet.style.accent, weight=1.1)
    sheet.text(
        along.right + 3, y, numerals.interval(pooled["prediction_low"], pooled["prediction_high"]), colour=MUTED, size=-0.5
    )


def _alt(measure: Measure, rows: list[Row], pooled: Row | None, others: dict[str, list[str]]) -> str:
    means = [row["mean_improvement"] for row in rows]
    words = [_finding(measure, pooled)]
    if pooled is not None and pooled["prediction_low"] is not None:
        words.append(f"Prediction interval: {numerals.interval(pooled['prediction_low'], pooled['prediction_high'])}.")
    words += [
        f"Forest plot of {numerals.counted(len(rows), 'site')} in order of code.",
        f"Their means lie from {numerals.points(min(means))} to {numerals.points(max(means))} points; the interval "
        "lies wholly on the",
        f"better side of no change at {numerals.count(sum(row['low'] > 0 for row in rows))} of them",
        f"and wholly on the worse side at {numerals.count(sum(row['high'] < 0 for row in rows))}.",
    ]
    words += [f"{wording.capital(wording.status(status))}: {', '.join(sites)}." for status, sites in sorted(others.items())]
    return " ".join(words)


def _finding(measure: Measure, pooled: Row | None) -> str:
    if pooled is None:
        return f"Mean improvement on {measure.label} by site; no pooled mean is given."
    found = numerals.estimate(*(pooled[name] for name in ("mean_improvement", "low", "high")))
    return f"Pooled over all sites, the mean improvement on {measure.label} is {found} points."
