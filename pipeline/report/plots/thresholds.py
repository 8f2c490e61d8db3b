"""The threshold strip: the share improved, the share deteriorated and what comes by itself, wherever the line is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, sentences, wording
from pipeline.report.colours import tint
from pipeline.report.material import Row, is_shown
from pipeline.report.plots.sheet import INK, MUTED, PALE, RULE, WHITE, Ink, Picture, Scale, Sheet, part_of, scale

if TYPE_CHECKING:
    from pipeline.measures import Measure
    from pipeline.report.material import Material

_HEIGHT, _TOP, _BOTTOM, _LEFT = 58.0, 18.0, 48.0, 11.0
_PERCENT = (0, 25, 50, 75, 100)
_APART_MM = 5.0
_DASHES, _DOTS = (4, 1.8), (1.2, 1.4)


def draw_thresholds(material: Material, measure: Measure, style: Ink, *, synthetic: bool) -> list[Picture]:
    """One picture of a measure; none where no curve may be shown."""
    rows = material.rows("open_thresholds", measure=measure.id)
    curve = [row for row in rows if not row["is_published"]]
    if sum(is_shown(row, "improved_pct") for row in curve) < 2:  # a line needs two points
        return []
    published = [row for row in rows if row["is_published"]]
    sheet = Sheet(part_of(style, 0.5), _HEIGHT, synthetic=synthetic)
    ends = [row["points"] for row in rows]
    along = scale([0.0, *ends], left=_LEFT, right=sheet.width - 2, n_ticks=8)
    _axes(sheet, along, measure)
    shown = [row for row in curve if is_shown(row, "improved_pct")]
    _published(sheet, along, published, measure)
    _curve(sheet, along, shown, "improved_pct", style.colour, weight=1.8)
    _curve(sheet, along, curve, "deteriorated_pct", style.accent, weight=1.4, dashes=_DASHES)
    _curve(sheet, along, shown, "twin_pct", MUTED, weight=1.4, dashes=_DOTS)
    _key(sheet, has_twin=any(row["twin_pct"] is not None for row in shown))
    title = f"Share improved on {measure.label} by threshold"
    alt = _alt(material, measure, shown, published)
    table = material.tables["open_thresholds"]
    data = table.loc[table["measure"] == measure.id]
    return [Picture(f"thresholds-{measure.id}", title, alt, data, sheet.svg(title=title, alt=alt))]


def _up(percent: float) -> float:
    return _BOTTOM - (_BOTTOM - _TOP) * percent / 100


def _axes(sheet: Sheet, along: Scale, measure: Measure) -> None:
    for percent in _PERCENT:
        y = _up(percent)
        sheet.line([along.left, along.right], [y, y], colour=RULE if percent == 0 else PALE, weight=0.8)
        sheet.text(along.left - 1.5, y, numerals.percent(percent), align="right", colour=MUTED, size=-1)
    for tick in along.ticks:
        sheet.text(along(tick), _BOTTOM + 2.6, numerals.plain(round(tick, 6)), align="center", colour=MUTED, size=-1)
    label = f"Change that counts, {measure.range.unit} on {measure.label} and more"
    sheet.text((along.left + along.right) / 2, _BOTTOM + 6.6, label, align="center", colour=INK, size=-0.5)


def _published(sheet: Sheet, along: Scale, rows: list[Row], measure: Measure) -> None:
    """A line at each published threshold, that of the classes in full; numbers that would touch stand on two heights."""
    last, is_raised = -_APART_MM, False
    for row in rows:
        x = along(row["points"])
        is_primary = row["points"] == measure.primary_reliable_change
        is_raised = x - last < _APART_MM and not is_raised
        top = _TOP - (6.4 if is_raised else 2.8)
        sheet.line([x, x], [top + 1.8, _BOTTOM], colour=INK if is_primary else RULE, weight=1.1 if is_primary else 0.9)
        sheet.text(x, top, numerals.plain(row["points"]), align="center", size=-0.5, bold=is_primary)
        if is_shown(row, "improved_pct"):
            if row["low_pct"] is not None:
                sheet.line([x, x], [_up(row["low_pct"]), _up(row["high_pct"])], colour=tint(sheet.style.colour, 0.45), weight=4.0)
            sheet.disc(
                x, _up(row["improved_pct"]), 1.15, fill=sheet.style.colour if is_primary else WHITE, edge=sheet.style.colour
            )
        last = x


def _curve(
    sheet: Sheet, along: Scale, rows: list[Row], column: str, colour: str, *, weight: float, dashes: tuple[float, ...] = ()
) -> None:
    points = [(along(row["points"]), _up(row[column])) for row in rows if row[column] is not None]
    if points:
        x, y = zip(*points, strict=True)
        sheet.line(x, y, colour=colour, weight=weight, dashes=dashes)


def _key(sheet: Sheet, *, has_twin: bool) -> None:
    lines: list[tuple[str, str, float, tuple[float, ...]]] = [
        (f"improved (bars: {sentences.level()}, over sites)", sheet.style.colour, 1.8, ()),
        ("deteriorated", sheet.style.accent, 1.4, _DASHES),
    ]
    if has_twin:
        lines.append(("improved by regression to the mean alone", MUTED, 1.4, _DOTS))
    x = 0.0
    for position, (words, colour, weight, dashes) in enumerate(lines):
        y = 5.4 if position < 2 else 9.4
        x = 0.0 if position == 2 else x
        sheet.line([x, x + 6], [y, y], colour=colour, weight=weight, dashes=dashes)
        sheet.text(x + 7.5, y, words, colour=colour, size=-1.5)
        x += 11.5 + 1.3 * len(words)


def _alt(material: Material, measure: Measure, curve: list[Row], published: list[Row]) -> str:
    told = [row for row in published if is_shown(row, "improved_pct")] or [curve[0], curve[-1]]
    shares = [f"{numerals.percent(row['improved_pct'])} from {numerals.plain(row['points'])}" for row in told]
    verdict = material.row("open_verdicts", measure=measure.id)
    said = wording.FRAGILITY.get((verdict or {}).get("verdict") or "", "")
    named = "by published threshold, in points" if any(is_shown(row, "improved_pct") for row in published) else "in points"
    return (
        f"Share of women who improved on {measure.label} {named}: {wording.listed(shares)}. {said} "
        "Curves of the shares improved and deteriorated over the change that counts as one."
    )
