"""Classes of change: three over all sites, two at a site, as counts because most sites are too small for shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, wording
from pipeline.report.colours import tint
from pipeline.report.material import Row, is_shown
from pipeline.report.plots.axis import LINE_MM, ROW_MM, ROWS_A_PAGE, absent_lines, site_column, write_absent
from pipeline.report.plots.sheet import INK, MUTED, RULE, WHITE, Ink, Picture, Sheet, part_of, parts, short

if TYPE_CHECKING:
    from pipeline.measures import Measure
    from pipeline.report.material import Material

ALL, IMPROVED = "ALL", "reliably_improved"
_WIDE, _WORDS, _GLYPH_MM, _ALL_SITES = 16.0, 23.0, 1.5, 15.0
_ORDER = (IMPROVED, "no_reliable_change", "not_reliably_improved", "reliably_deteriorated", "not_classified")


def classes_of(rows: list[Row]) -> list[Row]:
    """The classes of one site, or of all, in their order from better to worse."""
    return sorted(rows, key=lambda row: _ORDER.index(row["class"]) if row["class"] in _ORDER else len(_ORDER))


def draw_classes(material: Material, measure: Measure, style: Ink, *, synthetic: bool) -> list[Picture]:
    """One picture, or several where the sites do not fit a page; none where no class may be shown."""
    rows = material.rows("open_classes", measure=measure.id)
    if {row["class"] for row in rows} <= {"not_classified"} or not any(is_shown(row, "n") for row in rows):
        return []
    over_all = classes_of([row for row in rows if row["site_id"] == ALL])
    nation = over_all if any(is_shown(row, "n") for row in over_all) else []
    sites = {
        site: classes_of([row for row in rows if row["site_id"] == site]) for site in sorted({r["site_id"] for r in rows} - {ALL})
    }
    drawn = [site for site, found in sites.items() if any(is_shown(row, "n") for row in found)]
    others: dict[str, list[str]] = {}
    for site in sorted(set(sites) - set(drawn)):
        others.setdefault(sites[site][0]["status"], []).append(site)
    pictures = []
    groups = parts(drawn, ROWS_A_PAGE) or [[]]
    for number, group in enumerate(groups, start=1):
        hidden = others if number == len(groups) else {}
        sheet = _sheet(nation, {site: sites[site] for site in group}, hidden, style, synthetic=synthetic)
        title = f"Classes of change on {measure.label}"
        alt = _alt(measure, over_all, len(drawn), others)
        table = material.tables["open_classes"]
        told = [ALL, *group, *(site for found in hidden.values() for site in found)]
        data = table.loc[(table["measure"] == measure.id) & table["site_id"].isin(told)]
        name = f"classes-{measure.id}" + (f"-{number}" if number > 1 else "")
        pictures.append(Picture(name, title, alt, data, sheet.svg(title=title, alt=alt)))
    return pictures


def _sheet(nation: list[Row], sites: dict[str, list[Row]], others: dict[str, list[str]], style: Ink, *, synthetic: bool) -> Sheet:
    style = part_of(style, 0.5)
    lines = absent_lines(style.width_mm, style.font_size_points - 1, others)
    label = max(_ALL_SITES, site_column(list(sites)))
    head = 24.0 if nation else 3.0
    bottom = head + 9 + len(sites) * ROW_MM if sites else head
    sheet = Sheet(style, bottom + 2 + (LINE_MM * len(lines) + 1.5 if lines else 0), synthetic=synthetic)
    if nation:
        _nation(sheet, nation, label)
    largest = max((sum(row["n"] or 0 for row in rows) for rows in sites.values()), default=1) or 1
    if sites:
        _heads(sheet, head + 3, label)
    for position, (site, rows) in enumerate(sites.items()):
        _site(sheet, head + 9 + (position + 0.5) * ROW_MM, site, rows, label, (sheet.width - label - _WORDS) / largest)
    write_absent(sheet, bottom + 3.5, lines)
    return sheet


def _nation(sheet: Sheet, rows: list[Row], label: float) -> None:
    sheet.text(0, 11, "All sites", bold=True)
    known = [row for row in rows if is_shown(row, "n")]
    total = sum(row["n"] for row in known)
    x, width = label, sheet.width - label
    above = [f"{wording.change_class(row['class'])}: {wording.status(row['status'])}" for row in rows if row not in known]
    for row in known:
        length = width * row["n"] / total if total else 0
        fill, ink, hatch = _look(sheet, row["class"])
        sheet.bar(x, 8, length, 6, fill=fill, edge=WHITE, weight=0.8, hatch=hatch)
        is_wide = length > _WIDE
        if is_wide:
            sheet.text(x + length / 2, 11, numerals.count(row["n"]), align="center", colour=ink, bold=True)
            at, align = (x, "left") if row is known[0] else (x + length, "right")
            sheet.text(at, 17, _class_label(row, has_count=False), align=align, size=-1.5)
        else:
            above.append(_class_label(row, has_count=True))
        x += length
    sheet.text(sheet.width, 5.2, "; ".join(above), align="right", colour=MUTED, size=-1.5)


def _class_label(row: Row, *, has_count: bool) -> str:
    count = numerals.count(row["n"]) if has_count else ""
    share = "" if row["share_pct"] is None else numerals.percent(row["share_pct"])
    return ", ".join(part for part in (wording.change_class(row["class"]), count, share) if part)


def _heads(sheet: Sheet, y: float, label: float) -> None:
    sheet.text(0, y, "Site", bold=True, size=-0.5)
    sheet.bar(label, y - 1.3, 4, 2.6, fill=sheet.style.colour)
    sheet.text(label + 5.2, y, "reliably improved", size=-1)
    sheet.bar(label + 29, y - 1.3, 4, 2.6, fill=tint(sheet.style.colour, 0.25))
    sheet.text(label + 34.2, y, "not reliably improved", size=-1)
    sheet.line([0, sheet.width], [y + 3.4, y + 3.4], colour=RULE, weight=0.8)


def _site(sheet: Sheet, y: float, site: str, rows: list[Row], label: float, mm_per_woman: float) -> None:
    sheet.text(0, y, short(site, 21), size=-0.5)
    x, words = label, []
    for row in rows:
        is_improved = row["class"] == IMPROVED
        if not is_shown(row, "n"):
            words.append(f"{'improved' if is_improved else 'not improved'}: {wording.status(row['status'])}")
            continue
        length = row["n"] * mm_per_woman
        fill, ink = (sheet.style.colour, WHITE) if is_improved else (tint(sheet.style.colour, 0.25), INK)
        sheet.bar(x, y - ROW_MM / 2 + 0.5, length, ROW_MM - 1, fill=fill)
        if length > _GLYPH_MM * (len(numerals.count(row["n"])) + 0.5):
            sheet.text(x + length / 2, y, numerals.count(row["n"]), align="center", colour=ink, size=-1)
        else:
            words.append(f"{'improved' if is_improved else 'not improved'}: {numerals.count(row['n'])}")
        if is_improved and row["share_pct"] is not None:
            words.append(f"{numerals.percent(row['share_pct'])} improved")
        x += length
    sheet.text(x + 1.5, y, "; ".join(words), colour=MUTED, size=-1)


def _look(sheet: Sheet, name: str) -> tuple[str, str, str]:
    colour = sheet.style.colour
    looks = {IMPROVED: (colour, WHITE, ""), "reliably_deteriorated": (sheet.style.accent, WHITE, "////")}
    return looks.get(name, (tint(colour, 0.25), INK, ""))


def _alt(measure: Measure, nation: list[Row], k_drawn: int, others: dict[str, list[str]]) -> str:
    said = []
    for row in nation:
        share = f" ({numerals.percent(row['share_pct'])})" if row["share_pct"] is not None else ""
        number = f"{numerals.count(row['n'])} women{share}" if is_shown(row, "n") else wording.status(row["status"])
        said.append(f"{wording.change_class(row['class'])}: {number}")
    over_all = f"On {measure.label}, over all sites: {'; '.join(said)}. " if said else ""
    hidden = sum(len(sites) for sites in others.values())
    left = f" Named in words: {numerals.counted(hidden, 'further site')}." if hidden else ""
    return f"{over_all}Bars of the classes of change; two classes are drawn for {numerals.counted(k_drawn, 'site')}.{left}"
