"""Series over time: a panel a series, with its centre, its limits of chance and the points that chance does not explain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.report import numerals, wording
from pipeline.report.colours import tint
from pipeline.report.material import Row, is_shown
from pipeline.report.plots.sheet import INK, MUTED, PALE, RULE, Ink, Picture, Scale, Sheet, parts, scale, short

if TYPE_CHECKING:
    from pipeline.report.material import Material

REFERRALS = "referrals"
_WIDE, _NARROW = 1, 4
_ROWS_A_PAGE = {_WIDE: 4, _NARROW: 7}
_HEIGHT = {_WIDE: 19.0, _NARROW: 13.0}
_HEAD, _FOOT, _LEFT, _GUTTER = 7.0, 5.5, 10.0, 5.0
_TICKS = {_WIDE: 4, _NARROW: 3}

Panel = tuple[str, str, list[Row]]


def draw_series(material: Material, style: Ink, *, synthetic: bool) -> list[Picture]:
    """Referrals by site in small panels, and every other series in a wide one; none of what is told in words."""
    shown = [row for row in material.rows("open_series") if is_shown(row, "period")]
    panels: dict[tuple[str, str], list[Row]] = {}
    for row in shown:
        panels.setdefault((row["site_id"], row["series"]), []).append(row)
    found = [(site, series, rows) for (site, series), rows in sorted(panels.items())]
    pictures = []
    for name, columns, chosen in (
        ("series-referrals", _NARROW, [each for each in found if each[1] == REFERRALS]),
        ("series-activity", _WIDE, [each for each in found if each[1] != REFERRALS]),
    ):
        for number, group in enumerate(parts(chosen, _ROWS_A_PAGE[columns] * columns), start=1):
            is_own = columns == _NARROW
            title = "Referrals by site over time" if is_own else "Series that sites returned, over time"
            alt = _alt(group, is_own=is_own)
            sheet = _sheet(material, group, columns, style, synthetic=synthetic)
            kept = {(site, series) for site, series, _ in group}
            table = material.tables["open_series"]
            data = table.loc[[key in kept for key in zip(table["site_id"], table["series"], strict=True)]]
            full = name + (f"-{number}" if number > 1 else "")
            pictures.append(Picture(full, title, alt, data, sheet.svg(title=title, alt=alt)))
    return pictures


def _sheet(material: Material, panels: list[Panel], columns: int, style: Ink, *, synthetic: bool) -> Sheet:
    high = _HEAD + _HEIGHT[columns] + _FOOT
    sheet = Sheet(style, -(-len(panels) // columns) * high + 4, synthetic=synthetic)
    width = (style.width_mm - (columns - 1) * _GUTTER) / columns
    for position, panel in enumerate(panels):
        left, top = (position % columns) * (width + _GUTTER), 3 + (position // columns) * high
        opened = material.row("open_breaks", site_id=panel[0], series=panel[1])
        _panel(sheet, panel, left, top, width, columns, (opened or {}).get("go_live"))
    return sheet


def _panel(sheet: Sheet, panel: Panel, left: float, top: float, width: float, columns: int, go_live: Any) -> None:
    site, series, rows = panel
    grain = rows[0]["grain"]
    name = site if columns == _NARROW else f"{site}, {wording.words(series)}"
    sheet.text(left, top + 3, short(name, 60 if columns == _WIDE else 14), bold=True, size=-0.5)
    sheet.text(left + width, top + 3, f"by {grain}", align="right", colour=MUTED, size=-1)
    start, bottom = top + _HEAD, top + _HEAD + _HEIGHT[columns]
    across = Scale(0, max(len(rows) - 1, 1), left + _LEFT, left + width - 1, ())
    values = [row[key] for row in rows for key in ("value", "low", "high") if row[key] is not None]
    up = scale([0.0, *values], left=bottom, right=start, n_ticks=_TICKS[columns])
    for tick in up.ticks:
        sheet.line([across.left, across.right], [up(tick)] * 2, colour=PALE if tick else RULE, weight=0.8)
        sheet.text(across.left - 1.2, up(tick), numerals.plain(round(tick, 6)), align="right", colour=MUTED, size=-1.5)
    _limits(sheet, across, up, rows)
    at = [i for i, row in enumerate(rows) if row["value"] is not None]
    for first, last in _unbroken(at):
        span = range(first, last + 1)
        sheet.line([across(i) for i in span], [up(rows[i]["value"]) for i in span], colour=sheet.style.colour, weight=0.9)
    for i in (i for i in at if rows[i]["rule"]):
        sheet.disc(across(i), up(rows[i]["value"]), 0.75, fill=sheet.style.accent, edge=sheet.style.accent)
    if go_live is not None:
        where = sum(row["period"] < go_live for row in rows)
        if 0 < where < len(rows):
            sheet.line([across(where)] * 2, [start, bottom], colour=INK, weight=0.9, dashes=(2, 1.4))
            sheet.text(across(where) + 1, bottom - 1.4, "go-live", size=-1.5)
    for i, align in ((0, "left"), (len(rows) - 1, "right")):
        month = rows[i]["period"]
        sheet.text(
            across(i), bottom + 2.4, f"{numerals.MONTHS[month.month - 1][:3]} {month.year}", align=align, colour=MUTED, size=-1.5
        )


def _limits(sheet: Sheet, across: Scale, up: Scale, rows: list[Row]) -> None:
    """The band of chance and the centre, anew wherever they change."""
    starts = [i for i, row in enumerate(rows) if i == 0 or row["centre"] != rows[i - 1]["centre"]]
    for first, after in zip(starts, [*starts[1:], len(rows)], strict=True):
        row = rows[first]
        ends = [across(first), across(max(after - 1, first))]
        if row["low"] is not None and row["high"] is not None:
            low, high = up(row["low"]), up(row["high"])
            sheet.area([(ends[0], low), (ends[1], low), (ends[1], high), (ends[0], high)], fill=tint(sheet.style.colour, 0.1))
        if row["centre"] is not None:
            sheet.line(ends, [up(row["centre"])] * 2, colour=MUTED, weight=0.8, dashes=(3, 1.6))


def _unbroken(positions: list[int]) -> list[tuple[int, int]]:
    """First and last of each stretch without a gap."""
    stretches: list[list[int]] = []
    for position in positions:
        if stretches and position == stretches[-1][-1] + 1:
            stretches[-1].append(position)
        else:
            stretches.append([position])
    return [(stretch[0], stretch[-1]) for stretch in stretches]


def _alt(panels: list[Panel], *, is_own: bool) -> str:
    flagged = [(site, series) for site, series, rows in panels if any(row["rule"] for row in rows)]
    names = [site if is_own else f"{site}, {wording.words(series)}" for site, series in flagged]
    what = "referrals by site" if is_own else "series that sites returned"
    said = (
        f"Points that chance does not explain lie in: {'; '.join(names)}."
        if names
        else "No point lies outside what chance explains."
    )
    return f"{said} {numerals.count(len(panels))} panels of {what} over time, in order of site code, each with its centre."
