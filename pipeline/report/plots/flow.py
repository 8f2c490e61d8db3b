"""The flow of women: a bar for each state that a referral can be in, on one scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline import codes
from pipeline.report import numerals, wording
from pipeline.report.colours import tint
from pipeline.report.material import Row, is_shown
from pipeline.report.plots.sheet import MUTED, RULE, Ink, Picture, Sheet

if TYPE_CHECKING:
    from pipeline.measures import Measure
    from pipeline.report.material import Material

_LABEL, _ROW, _HEAD, _RIGHT = 62.0, 5.6, 5.0, 22.0


def draw_flow(material: Material, measure: Measure, style: Ink, *, synthetic: bool) -> list[Picture]:
    """One picture for one measure; none where no state may be shown."""
    found = {row["state"]: row for row in material.rows("open_flow", measure=measure.id)}
    rows = [found[state] for state in ("referred", *codes.FLOW_STATES) if state in found]
    if not any(is_shown(row, "n") for row in rows):
        return []
    sheet = Sheet(style, _HEAD + _ROW * len(rows) + 1, synthetic=synthetic)
    largest = max(row["n"] for row in rows if is_shown(row, "n")) or 1
    for position, row in enumerate(rows):
        _state(sheet, _HEAD + position * _ROW, row, largest)
    sheet.line([_LABEL, _LABEL], [_HEAD - 0.5, _HEAD + _ROW * len(rows)], colour=MUTED, weight=0.8)
    title = f"Flow of women from referral to two scores on {measure.label}"
    alt = _alt(measure, rows)
    table = material.tables["open_flow"]
    data = table.loc[table["measure"] == measure.id]
    return [Picture("flow", title, alt, data, sheet.svg(title=title, alt=alt))]


def _state(sheet: Sheet, top: float, row: Row, largest: int) -> None:
    middle, is_total, is_end = top + _ROW / 2, row["state"] == "referred", row["state"] == "paired"
    sheet.text(_LABEL - 2.5, middle, wording.state(row["state"]), align="right", bold=is_total or is_end)
    if not is_shown(row, "n"):
        sheet.text(_LABEL + 2, middle, wording.status(row["status"]), colour=MUTED, size=-0.5)
        return
    length = (sheet.width - _LABEL - _RIGHT) * row["n"] / largest
    fill = sheet.style.colour if is_end else tint(sheet.style.colour, 0.55 if is_total else 0.3)
    sheet.bar(_LABEL, top + 0.8, length, _ROW - 1.6, fill=fill)
    sheet.text(_LABEL + length + 2, middle, numerals.count(row["n"]), bold=is_total or is_end)
    if is_total:
        sheet.line([0, sheet.width], [top + _ROW, top + _ROW], colour=RULE, weight=0.6)


def _alt(measure: Measure, rows: list[Row]) -> str:
    said = []
    for row in rows:
        number = numerals.count(row["n"]) if is_shown(row, "n") else wording.status(row["status"])
        said.append(f"{wording.state(row['state'])}: {number}")
    return f"Where the women referred stand on the way to two scores on {measure.label}. {'; '.join(said)}."
