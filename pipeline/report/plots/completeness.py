"""Completeness by site and measure: a share in colour and number, counts where a share may not be given, else words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, wording
from pipeline.report.colours import LEAST_CONTRAST, contrast_with_white, tint
from pipeline.report.material import Row, is_shown
from pipeline.report.plots.axis import ROW_MM, ROWS_A_PAGE, site_column
from pipeline.report.plots.sheet import INK, MUTED, PALE, WHITE, Ink, Picture, Sheet, parts, short, wrapped

if TYPE_CHECKING:
    from pipeline.measures import Measure
    from pipeline.report.material import Material

ALL = "ALL"
_GAP, _GLYPH_MM = 1.0, 1.42


def cell_words(row: Row | None, *, with_counts: bool = True) -> str:
    """What a cell says: `72% (45 of 60)`, `25 of 40`, or the status in words."""
    if row is None:
        return wording.status("not_recorded")
    has_counts = row["n_due"] is not None and row["n_paired"] is not None
    counts = f"{numerals.count(row['n_paired'])} of {numerals.count(row['n_due'])}" if has_counts else ""
    if is_shown(row, "completion_pct"):
        share = numerals.percent(row["completion_pct"])
        return f"{share} ({counts})" if counts and with_counts else share
    if row["status"] == "shown":
        return counts or wording.status("too_few")
    return wording.status(row["status"])


def draw_completeness(material: Material, measures: list[Measure], style: Ink, *, synthetic: bool) -> list[Picture]:
    """One picture, or several where the sites do not fit a page; none where nothing but words would stand in it.

    A measure that no site recorded has no column: the text says so.
    """
    given = {row["measure"] for row in material.rows("open_completeness") if row["status"] != "not_recorded"}
    measures = [measure for measure in measures if measure.id in given]
    ids = [measure.id for measure in measures]
    cells = {(row["site_id"], row["measure"]): row for row in material.rows("open_completeness") if row["measure"] in ids}
    if not any(row["status"] == "shown" for row in cells.values()):
        return []
    sites = sorted({site for site, _ in cells if site != ALL})
    pictures = []
    for number, group in enumerate(parts(sites, ROWS_A_PAGE), start=1):
        sheet = _sheet([ALL, *group], measures, cells, style, synthetic=synthetic)
        title = "Completeness by site and measure"
        alt = _alt(group, measures, cells)
        table = material.tables["open_completeness"]
        data = table.loc[table["site_id"].isin([ALL, *group]) & table["measure"].isin(ids)]
        name = "completeness" + (f"-{number}" if number > 1 else "")
        pictures.append(Picture(name, title, alt, data, sheet.svg(title=title, alt=alt)))
    return pictures


def _sheet(sites: list[str], measures: list[Measure], cells: dict[tuple[str, str], Row], style: Ink, *, synthetic: bool) -> Sheet:
    label = site_column([*sites, "All sites"])
    width = min(48.0, (style.width_mm - label) / len(measures))
    heads = [wrapped(measure.label, width - 2, style.font_size_points)[:2] for measure in measures]
    top = 5 + 4 * max(len(lines) for lines in heads)
    sheet = Sheet(style, top + ROW_MM * len(sites) + 3, synthetic=synthetic)
    for column, lines in enumerate(heads):
        for position, words in enumerate(reversed(lines)):
            sheet.text(label + (column + 0.5) * width, top - 2.6 - 4 * position, words, align="center", bold=True)
    for position, site in enumerate(sites):
        y = top + position * ROW_MM + (1.5 if position else 0)
        sheet.text(0, y + ROW_MM / 2, "All sites" if site == ALL else short(site, 21), bold=site == ALL)
        for column, measure in enumerate(measures):
            _cell(sheet, label + column * width, y, width, cells.get((site, measure.id)))
    return sheet


def _cell(sheet: Sheet, x: float, y: float, width: float, row: Row | None) -> None:
    share = row["completion_pct"] / 100 if row is not None and is_shown(row, "completion_pct") else None
    fill = PALE if share is None else tint(sheet.style.colour, 0.1 + 0.75 * share**2)
    if row is not None and row["status"] == "shown":
        sheet.bar(x + _GAP / 2, y + _GAP / 4, width - _GAP, ROW_MM - _GAP / 2, fill=fill)
        colour = WHITE if contrast_with_white(fill) >= LEAST_CONTRAST else INK
    else:
        colour = MUTED
    sheet.text(x + width / 2, y + ROW_MM / 2, _fitting(row, width), align="center", colour=colour, size=-0.5)


def _fitting(row: Row | None, width: float) -> str:
    words = cell_words(row)
    return words if len(words) * _GLYPH_MM < width else cell_words(row, with_counts=False)


def _alt(sites: list[str], measures: list[Measure], cells: dict[tuple[str, str], Row]) -> str:
    said = []
    for measure in measures:
        rows = [cells[site, measure.id] for site in sites if (site, measure.id) in cells]
        shares = [row["completion_pct"] for row in rows if is_shown(row, "completion_pct")]
        reach = (
            f"sites with a share run from {numerals.percent(min(shares))} to {numerals.percent(max(shares))}" if shares else ""
        )
        over_all = f"all sites {cell_words(cells.get((ALL, measure.id)))}"
        few = sum(row["status"] == "too_few" for row in rows)
        hidden = f"{numerals.count(few)} {'site has' if few == 1 else 'sites have'} too few women to show" if few else ""
        said.append(f"{measure.label}: {'; '.join(part for part in (over_all, reach, hidden) if part)}.")
    return f"Share of women due a second score who have both scores. {' '.join(said)} Grid by site and measure."
