"""How long women wait: the share seen and the share who left before, by weeks since referral, over all sites."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals
from pipeline.report.colours import tint
from pipeline.report.material import Row, is_shown
from pipeline.report.plots.sheet import GUTTER_MM, INK, MUTED, PALE, RULE, Ink, Picture, Scale, Sheet, part_of

if TYPE_CHECKING:
    from pipeline.report.material import Material

ALL = "ALL"
EVENTS = {"assessment": "Assessed", "treatment": "Treatment begun"}
_HEAD, _HEIGHT, _LEFT, _RIGHT = 15.0, 40.0, 11.0, 2.0
_QUARTERS = (0, 25, 50, 75, 100)
_WEEKS_A_TICK, _GLYPH_MM = 8, 1.5


def draw_waits(material: Material, style: Ink, *, synthetic: bool) -> list[Picture]:
    """One picture with a panel an event; none where no share may be shown."""
    found = {event: material.rows("open_waits", event=event, site_id=ALL) for event in EVENTS}
    panels = {event: rows for event, rows in found.items() if _points(rows, "seen")}
    if not panels:
        return []
    last = max(row["weeks"] for rows in panels.values() for name in ("seen", "left") for row in _points(rows, name))
    end = -(-last // _WEEKS_A_TICK) * _WEEKS_A_TICK
    width = part_of(style, 0.5).width_mm
    sheet = Sheet(style, _HEAD + _HEIGHT + 10, synthetic=synthetic)
    for position, (event, rows) in enumerate(panels.items()):
        left = position * (width + GUTTER_MM)
        _panel(sheet, Scale(0, end, left + _LEFT, left + width - _RIGHT, ()), left, EVENTS[event], rows)
    title, alt = "Waits from referral", _alt(panels)
    table = material.tables["open_waits"]
    data = table.loc[(table["site_id"] == ALL) & table["event"].isin(list(panels))]
    return [Picture("waits", title, alt, data, sheet.svg(title=title, alt=alt))]


def _points(rows: list[Row], name: str) -> list[Row]:
    status = "status" if name == "seen" else "left_status"
    return sorted(
        (row for row in rows if row[status] == "shown" and row[f"{name}_pct"] is not None), key=lambda row: float(row["weeks"])
    )


def _panel(sheet: Sheet, across: Scale, left: float, event: str, rows: list[Row]) -> None:
    bottom = _HEAD + _HEIGHT
    up = Scale(0, 100, bottom, _HEAD, ())
    told = [row for row in rows if row["k_sites"] is not None]
    women = max((f"{numerals.count(row['n'])} women" for row in told if row["n"] is not None), default="women")
    who = f"of {women} not turned away, at {numerals.counted(told[0]['k_sites'], 'site')}" if told else "of women not turned away"
    sheet.text(left, _HEAD - 9, event, bold=True, size=-0.5)
    sheet.text(left, _HEAD - 5, f"Share {who}", colour=MUTED, size=-1)
    for part in _QUARTERS:
        sheet.line([across.left, across.right], [up(part)] * 2, colour=PALE if part else RULE, weight=0.8)
        sheet.text(across.left - 1.5, up(part), numerals.percent(part), align="right", colour=MUTED, size=-1)
    for week in range(0, int(across.high) + 1, _WEEKS_A_TICK):
        sheet.text(across(week), bottom + 2.6, numerals.count(week), align="center", colour=MUTED, size=-1)
    sheet.text((across.left + across.right) / 2, bottom + 6.4, "Weeks since referral", align="center", size=-0.5)
    for name, words, colour in (("seen", event, sheet.style.colour), ("left", "Left before", sheet.style.accent)):
        points = _points(rows, name)
        if points:
            _curve(sheet, across, up, points, name, colour, has_band=name == "seen")
            share = numerals.percent(points[-1][f"{name}_pct"])
            x, y = across(points[-1]["weeks"]), up(points[-1][f"{name}_pct"])
            said = f"{words}: {share}"
            has_room = x + 2 + _GLYPH_MM * len(said) < across.right
            place, align = ((x + 2, y), "left") if has_room else ((x, y - 3.4), "right")
            sheet.text(*place, said, align=align, colour=INK, size=-0.5)


def _curve(sheet: Sheet, across: Scale, up: Scale, points: list[Row], name: str, colour: str, *, has_band: bool) -> None:
    """Steps from point to point, with the interval of each point as a bar."""
    for row in points:
        ends = [row[f"{name}_{end}_pct"] for end in ("low", "high")]
        if has_band and None not in ends:
            sheet.line([across(row["weeks"])] * 2, [up(end) for end in ends], colour=tint(colour, 0.35), weight=3.2)
    x, y = [across(0)], [up(0)]
    for row in points:
        x += [across(row["weeks"])] * 2
        y += [y[-1], up(row[f"{name}_pct"])]
    sheet.line(x, y, colour=colour, weight=1.2)
    for row in points:
        sheet.disc(across(row["weeks"]), up(row[f"{name}_pct"]), 0.8, fill=colour, edge=colour)


def _alt(panels: dict[str, list[Row]]) -> str:
    said = []
    for event, rows in panels.items():
        points = [row for row in _points(rows, "seen") if is_shown(row, "seen_pct")]
        shares = ", ".join(f"{numerals.percent(row['seen_pct'])} by {numerals.count(row['weeks'])} weeks" for row in points)
        left = _points(rows, "left")
        gone = (
            f"; {numerals.percent(left[-1]['left_pct'])} had left before by {numerals.count(left[-1]['weeks'])} weeks"
            if left
            else ""
        )
        said.append(f"{EVENTS[event]}: {shares}{gone}.")
    return f"Shares of women by weeks since referral, over all sites. {' '.join(said)}"
