"""Mean scores of staff by construct of one questionnaire, on its own scale: over all sites, and by wave where both may stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, sentences
from pipeline.report.material import Row, is_shown
from pipeline.report.plots.axis import ROW_MM, draw_axis
from pipeline.report.plots.sheet import INK, MUTED, WHITE, Ink, Picture, Scale, Sheet, scale
from pipeline.report.plots.voices import instrument_name

if TYPE_CHECKING:
    from pipeline.report.material import Material

_LABEL, _RIGHT, _HEAD = 50.0, 44.0, 12.0
_WAVES = {"ALL": "all sites", "EI": "Early Implementers", "FF": "Fast Followers"}


def draw_scores(material: Material, style: Ink, *, synthetic: bool) -> list[Picture]:
    """A picture for every questionnaire that was asked once and has two constructs or more to show: `scores-<instrument>`."""
    rows = [row for row in material.rows("open_constructs") if is_shown(row, "mean") and not row["occasion"]]
    pictures = []
    for instrument in dict.fromkeys(row["instrument"] for row in rows):
        mine = [row for row in rows if row["instrument"] == instrument]
        one_scale = len({(row["scale_low"], row["scale_high"]) for row in mine}) == 1
        if one_scale and sum(row["wave"] == "ALL" for row in mine) > 1:
            pictures.append(_scores(material, instrument, mine, style, synthetic=synthetic))
    return pictures


def _scores(material: Material, instrument: str, rows: list[Row], style: Ink, *, synthetic: bool) -> Picture:
    constructs = list(dict.fromkeys(row["construct"] for row in rows))
    found = {(row["construct"], row["wave"]): row for row in rows}
    bottom = _HEAD + len(constructs) * (ROW_MM + 1.6) + 1
    sheet = Sheet(style, bottom + 15, synthetic=synthetic)
    along = scale([rows[0]["scale_low"], rows[0]["scale_high"]], left=_LABEL, right=style.width_mm - _RIGHT)
    sheet.text(0, _HEAD - 4.6, "Construct", bold=True, size=-0.5)
    sheet.text(along.right + 3, _HEAD - 4.6, f"All sites ({sentences.confidence()})", bold=True, size=-0.5)
    sheet.line([0, sheet.width], [_HEAD - 2, _HEAD - 2], colour=style.colour, weight=1)
    draw_axis(sheet, along, top=_HEAD - 2, bottom=bottom, label="Mean score")
    for position, construct in enumerate(constructs):
        _row(sheet, along, _HEAD + (position + 0.5) * (ROW_MM + 1.6), construct, found)
    has_waves = any(wave != "ALL" for _, wave in found)
    key = "Disc and line: all sites, with the interval."
    more = " Open square: Early Implementers. Filled square: Fast Followers." if has_waves else ""
    sheet.text(0, bottom + 11, f"{key}{more}", colour=MUTED, size=-1)
    name = instrument_name(material, "staff", instrument)
    title = f"Scores of staff: {name}"
    alt = _alt(name, rows)
    table = material.tables["open_constructs"]
    data = table.loc[table["instrument"] == instrument]
    return Picture(f"scores-{instrument.replace('_', '-')}", title, alt, data, sheet.svg(title=title, alt=alt))


def _row(sheet: Sheet, along: Scale, y: float, construct: str, found: dict[tuple[str, str], Row]) -> None:
    waves = {wave: found[construct, wave] for wave in _WAVES if (construct, wave) in found}
    sheet.text(0, y, next(iter(waves.values()))["name"], size=-0.5)
    for wave, fill in (("EI", WHITE), ("FF", MUTED)):
        if wave in waves:
            sheet.square(along(waves[wave]["mean"]), y + 1.5, 1.9, fill=fill, edge=MUTED, weight=0.9)
    if "ALL" in waves:
        row = waves["ALL"]
        sheet.line([along(row["low"]), along(row["high"])], [y, y], colour=sheet.style.colour, weight=1.6)
        sheet.disc(along(row["mean"]), y, 1.3, fill=sheet.style.colour, edge=sheet.style.colour)
        sheet.text(along.right + 3, y, _words(row), size=-0.5, colour=INK)


def _words(row: Row) -> str:
    return f"{numerals.hundredths(row['mean'])} ({numerals.hundredths(row['low'])} to {numerals.hundredths(row['high'])})"


def _alt(name: str, rows: list[Row]) -> str:
    """The finding first: the highest and the lowest construct, then all of them."""
    whole = sorted((row for row in rows if row["wave"] == "ALL"), key=lambda row: row["mean"], reverse=True)
    ends = f"from {numerals.plain(rows[0]['scale_low'])} to {numerals.plain(rows[0]['scale_high'])}"
    first = f"highest on {whole[0]['name'].lower()}, lowest on {whole[-1]['name'].lower()}"
    means = "; ".join(f"{row['name']} {_words(row)}" for row in whole)
    return f"{name}, scores of staff {ends}, {first}. {means}."
