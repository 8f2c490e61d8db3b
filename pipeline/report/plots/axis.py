"""What several pictures share: the axis of points, the line of no change, and the list of what is not shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, wording
from pipeline.report.material import Material, Row, is_shown
from pipeline.report.plots.sheet import INK, MUTED, PALE, RULE, Scale, Sheet, wrapped

if TYPE_CHECKING:
    from pandas import DataFrame

    from pipeline.measures import Measure

ROWS_A_PAGE = 40
ROW_MM = 4.4
LINE_MM = 3.9
_BELOW_RULE_MM = 0.3
_SHORT_CODE = 6
FOREST_SHARE = 0.57
"""Of the width of a page, where the shrunken estimates stand beside the forest."""


def stand_beside(material: Material, measure: Measure) -> bool:
    """Whether the forest and the shrunken estimates of a measure are drawn next to each other, row by row.

    Both have to be drawn, on one page each, and the codes of the sites have to be short.
    """
    pooled = material.row("open_pooled", measure=measure.id)
    if not is_shown(pooled, "mean_improvement", "low", "high") or pooled is None or not pooled["has_shrunken_plot"]:
        return False
    rows = [row for row in material.rows("open_sites", measure=measure.id) if is_shown(row, "mean_improvement", "low", "high")]
    has_all = all(is_shown(row, "shrunken", "shrunken_low", "shrunken_high") for row in rows)
    return has_all and 0 < len(rows) <= ROWS_A_PAGE and max(len(row["site_id"]) for row in rows) <= _SHORT_CODE


def ends_of(rows: list[Row], pooled: Row | None) -> list[float]:
    """What the axes of a measure have to hold, the same for the sites' own means and for those drawn towards the pool."""
    names = ("low", "high", "shrunken_low", "shrunken_high")
    ends = [row[name] for row in rows for name in names if row.get(name) is not None] + [0.0]
    if pooled is not None:
        ends += [pooled[name] for name in ("low", "high", "prediction_low", "prediction_high") if pooled[name] is not None]
    return ends


def site_column(sites: list[str]) -> float:
    """Millimetres that the codes of the sites need."""
    return min(40.0, max(12.0, 1.9 * max((len(site) for site in sites), default=0) + 3))


def draw_axis(sheet: Sheet, scale: Scale, *, top: float, bottom: float, label: str) -> None:
    """Faint lines at the ticks, a dark one at no change, numbers below, and what is counted. `top` may be a rule."""
    top += _BELOW_RULE_MM
    for tick in scale.ticks:
        sheet.line([scale(tick)] * 2, [top, bottom], colour=PALE if tick else RULE, weight=0.8)
        words = numerals.plain(round(tick, 6))
        sheet.text(scale(tick), bottom + 2.6, words, align="center", colour=MUTED, size=-1)
    if scale.low <= 0 <= scale.high:
        sheet.line([scale(0)] * 2, [top, bottom], colour=INK, weight=0.9)
    sheet.line([scale.left, scale.right], [bottom, bottom], colour=RULE, weight=0.8)
    sheet.text((scale.left + scale.right) / 2, bottom + 6.6, label, align="center", colour=INK, size=-0.5)


def points_of(measure: Measure, what: str) -> str:
    """The label of an axis of change."""
    return f"{what}, {measure.range.unit} on {measure.label} (positive is better)"


def absent_lines(sheet_width: float, size_points: float, others: dict[str, list[str]]) -> list[str]:
    """The sites that are not drawn, in words, by reason, broken into lines."""
    lines: list[str] = []
    for status, sites in sorted(others.items()):
        lines += wrapped(f"{wording.capital(wording.status(status))}: {', '.join(sites)}.", sheet_width, size_points)
    return lines


def write_absent(sheet: Sheet, top: float, lines: list[str]) -> None:
    """Those lines, at the foot of the sheet."""
    for position, words in enumerate(lines):
        sheet.text(0, top + position * LINE_MM, words, colour=MUTED, size=-1)


def drawn_sites(material: Material, measure: Measure, rows: list[Row], *, has_pool: bool) -> DataFrame:
    """The open rows behind a picture of sites: those drawn, those told in words, and the pool as site ALL."""
    import pandas as pd

    table = material.tables["open_sites"]
    is_drawn = table["site_id"].isin([row["site_id"] for row in rows]) | (table["status"] != "shown")
    sites = table.loc[(table["measure"] == measure.id) & is_drawn].sort_values("site_id")
    if not has_pool:
        return sites
    pooled = material.tables["open_pooled"]
    return pd.concat([sites, pooled.loc[pooled["measure"] == measure.id].assign(site_id="ALL")], ignore_index=True)
