"""The profiles of types: the share of each type's services that have a component, as bars beside one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, wording
from pipeline.report.plots.sheet import INK, MUTED, PALE, RULE, Ink, Picture, Sheet

if TYPE_CHECKING:
    from pipeline.report.material import Material, Row

_ROW, _KIND_GAP, _HEAD, _LABEL, _NUMBER = 4.6, 5.6, 10.0, 45.0, 10.0


def draw_types(material: Material, style: Ink, *, synthetic: bool) -> list[Picture]:
    """One picture; none where there are no types."""
    rows = material.rows("open_type_profiles")
    names = sorted({row["type"] for row in rows})
    if not names:
        return []
    cells = {(row["type"], row["component"]): row for row in rows}
    order = list(dict.fromkeys((row["kind"], row["component"]) for row in rows))
    kinds = {kind: [name for its_kind, name in order if its_kind == kind] for kind in wording.KINDS}
    sizes = {row["type"]: row["k_sites"] for row in material.rows("open_typology")}
    height = _HEAD + sum(_KIND_GAP + _ROW * len(names) for names in kinds.values() if names) + 7
    sheet = Sheet(style, height, synthetic=synthetic)
    width = (style.width_mm - _LABEL) / len(names)
    for position, name in enumerate(names):
        left = _LABEL + position * width
        sheet.text(left, 5, f"Type {name}, {numerals.counted(sizes[name], 'site')}", bold=True, size=-0.5)
    y = _HEAD
    for kind, components in kinds.items():
        if components:
            sheet.text(0, y + _KIND_GAP - 2.4, wording.KINDS[kind], bold=True, size=-0.5)
            y += _KIND_GAP
        for component in components:
            sheet.text(0, y + _ROW / 2, wording.component(component), size=-1)
            for position, name in enumerate(names):
                _bar(sheet, _LABEL + position * width, y, width - _NUMBER - 3, cells.get((name, component)))
            y += _ROW
    sheet.text(_LABEL, y + 3.5, "Dark: the components that set the type apart from all other services.", size=-1, colour=MUTED)
    title, alt = "Types of service", _alt(names, rows, sizes)
    return [Picture("types", title, alt, material.tables["open_type_profiles"], sheet.svg(title=title, alt=alt))]


def telling(rows: list[Row], name: str) -> str:
    """What sets a type apart in words: `nearly all offer EMDR (12 of 12); few offer Peer support (1 of 12)`."""
    said = []
    for has_more in (True, False):
        mine = [
            f"{wording.component(row['component'])} ({numerals.count(row['k_with'])} of {numerals.count(row['k_answered'])})"
            for row in rows
            if row["type"] == name and row["is_telling"] and (row["share_pct"] > row["share_others_pct"]) == has_more
        ]
        if mine:
            said.append(f"{'more often' if has_more else 'less often'} than elsewhere {wording.listed(mine)}")
    return "; ".join(said)


def _bar(sheet: Sheet, x: float, y: float, width: float, row: Row | None) -> None:
    top, height = y + 0.7, _ROW - 1.4
    sheet.bar(x, top, width, height, fill=PALE)
    if row is None or row["share_pct"] is None:
        sheet.text(x + width + 1.5, y + _ROW / 2, "not known", size=-1.5, colour=MUTED)
        return
    if row["share_pct"] > 0:
        fill = sheet.style.colour if row["is_telling"] else RULE
        sheet.bar(x, top, width * row["share_pct"] / 100, height, fill=fill)
    sheet.text(x + width + 1.5, y + _ROW / 2, numerals.percent(row["share_pct"]), size=-1.5, colour=INK)


def _alt(names: list[str], rows: list[Row], sizes: dict[str, int]) -> str:
    told = (telling(rows, name) for name in names)
    said = [
        f"Type {name}, {numerals.counted(sizes[name], 'site')}: {words or 'no component sets it apart'}."
        for name, words in zip(names, told, strict=True)
    ]
    return f"Share of each type's services that have each component. {' '.join(said)} Bars by component and type."
