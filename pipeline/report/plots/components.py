"""The map of services: what each offers, a column a site and a row a component, by type of service where there are types."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from pipeline.report import numerals, wording
from pipeline.report.plots.sheet import INK, MUTED, PALE, RULE, WHITE, Ink, Picture, Sheet, parts, short

if TYPE_CHECKING:
    from pipeline.report.material import Material, Row

NO_ANSWERS = ("not_recorded", "not_open_yet", "not_returned")
SITES_A_PICTURE = 34
_ROW, _KIND_GAP, _TYPE_GAP, _FOOT = 4.4, 5.6, 1.6, 7.0
_LABEL, _COUNT = 43.0, 15.0
_WIDEST, _WORDS_FROM, _GLYPH = 24.0, 17.0, 1.75
_MARKS = {"y": "offered", "n": "not offered", "not_recorded": "not recorded", "not_open_yet": "not open yet"}
_WORDS = {"y": "yes", "n": "no", **{name: wording.STATUSES[name] for name in NO_ANSWERS}}


def draw_components(material: Material, style: Ink, *, synthetic: bool) -> list[Picture]:
    """One picture, or several where the sites do not fit; none where no return describes its service."""
    rows = [row for row in material.rows("open_services") if row["kind"] in wording.KINDS]
    value = {(row["site_id"], row["component"]): row["value"] for row in rows}
    order = list(dict.fromkeys((row["kind"], row["component"]) for row in rows))
    kinds = {kind: [name for its_kind, name in order if its_kind == kind] for kind in wording.KINDS}
    types = {row["site_id"]: row["type"] or "" for row in material.rows("open_types")}
    told = sorted({site for site, _ in value if any(value[site, name] in ("y", "n") for _, name in order)})
    if not told:
        return []
    told.sort(key=lambda site: (types.get(site, "") or "~", site))
    counted = {row["component"]: row for row in material.rows("open_components")}
    untold = _untold(value, told)
    pictures = []
    for number, group in enumerate(parts(told, SITES_A_PICTURE), start=1):
        sheet = _sheet(group, kinds, value, types, counted, style, synthetic=synthetic)
        title, alt = "What services offer", _alt(counted, kinds, untold)
        table = material.tables["open_services"]
        data = table.loc[table["site_id"].isin(group) & table["kind"].isin(list(wording.KINDS))]
        name = "components" + (f"-{number}" if number > 1 else "")
        pictures.append(Picture(name, title, alt, data, sheet.svg(title=title, alt=alt)))
    return pictures


def _untold(value: dict[tuple[str, str], str], told: list[str]) -> dict[str, list[str]]:
    """Sites that say of no component whether they offer it, by the reason that most of their cells give."""
    found: dict[str, list[str]] = {}
    for site in sorted({site for site, _ in value} - set(told)):
        why = Counter(answer for (its, _), answer in value.items() if its == site).most_common(1)[0][0]
        found.setdefault(why, []).append(site)
    return found


def _sheet(
    sites: list[str],
    kinds: dict[str, list[str]],
    value: dict[tuple[str, str], str],
    types: dict[str, str],
    counted: dict[str, Row],
    style: Ink,
    *,
    synthetic: bool,
) -> Sheet:
    n_gaps = sum(types.get(one, "") != types.get(other, "") for one, other in pairwise(sites))
    free = style.width_mm - _LABEL - _COUNT - n_gaps * _TYPE_GAP
    width = min(_WIDEST, free / len(sites))
    has_types = any(types.get(site) for site in sites)
    head = 5.0 + (4.5 if has_types else 0) + _GLYPH * min(12, max(map(len, sites)))
    height = head + sum(_KIND_GAP + _ROW * len(names) for names in kinds.values() if names) + _FOOT
    sheet = Sheet(style, height, synthetic=synthetic)
    at = _columns(sites, types, width)
    _heads(sheet, sites, at, types, width, head)
    y = head
    for kind, names in kinds.items():
        if not names:
            continue
        sheet.text(0, y + _KIND_GAP - 2.4, wording.KINDS[kind], bold=True, size=-0.5)
        y += _KIND_GAP
        for name in names:
            sheet.text(0, y + _ROW / 2, wording.component(name), size=-1)
            for site in sites:
                _cell(sheet, at[site], y, width, value.get((site, name), "not_recorded"))
            _count(sheet, at[sites[-1]] + width + 2, y + _ROW / 2, counted.get(name))
            y += _ROW
    _key(
        sheet,
        y + _FOOT - 2,
        {value.get((site, name), "not_recorded") for site in sites for n in kinds.values() for name in n},
        width,
    )
    return sheet


def _columns(sites: list[str], types: dict[str, str], width: float) -> dict[str, float]:
    """The left edge of each column, with a gap between types."""
    at, x = {}, _LABEL
    for position, site in enumerate(sites):
        if position and types.get(site, "") != types.get(sites[position - 1], ""):
            x += _TYPE_GAP
        at[site] = x
        x += width
    return at


def _heads(sheet: Sheet, sites: list[str], at: dict[str, float], types: dict[str, str], width: float, head: float) -> None:
    for site in sites:
        if width >= _WORDS_FROM:
            sheet.text(at[site] + width / 2, head - 1.5, short(site, 12), align="center", size=-0.5, bold=True)
        else:
            sheet.upright(at[site] + width / 2, head - 0.5, short(site, 12), size=-1.5)
    for name in sorted({types[site] for site in sites if types.get(site)}):
        mine = [at[site] for site in sites if types.get(site) == name]
        label = f"Type {name}" if len(mine) * width > 11 else name
        sheet.text((mine[0] + mine[-1] + width) / 2, 5.0, label, align="center", bold=True, size=-0.5)
        sheet.line([mine[0] + 0.4, mine[-1] + width - 0.4], [7.3, 7.3], colour=RULE, weight=1)
    x = at[sites[-1]] + width + 2
    sheet.text(x, head - 1.5, "Sites", size=-1, colour=MUTED)


def _cell(sheet: Sheet, x: float, y: float, width: float, answer: str) -> None:
    """Words where they fit; else a full square, a dot, a question mark or a dash."""
    middle = y + _ROW / 2
    if width >= _WORDS_FROM:
        if answer == "y":
            sheet.bar(x + 0.5, y + 0.3, width - 1, _ROW - 0.6, fill=sheet.style.colour)
        words = _WORDS.get(answer, answer)
        sheet.text(x + width / 2, middle, words, align="center", size=-1, colour=WHITE if answer == "y" else MUTED)
        return
    _mark(sheet, x + width / 2, middle, min(width, _ROW) - 0.9, answer)


def _mark(sheet: Sheet, x: float, y: float, side: float, answer: str) -> None:
    if answer == "y":
        sheet.square(x, y, side, fill=sheet.style.colour)
    elif answer == "n":
        sheet.square(x, y, side, fill=PALE)
    elif answer == "not_recorded":
        sheet.text(x, y, "?", align="center", size=-1.5, colour=INK)
    else:
        sheet.line([x - side / 3, x + side / 3], [y, y], colour=MUTED, weight=0.9)


def _count(sheet: Sheet, x: float, y: float, row: Row | None) -> None:
    if row is not None:
        answered = row["k_with"] + row["k_without"]
        sheet.text(x, y, f"{numerals.count(row['k_with'])} of {numerals.count(answered)}", size=-1, colour=INK)


def _key(sheet: Sheet, y: float, answers: set[str], width: float) -> None:
    """What the marks mean; nothing where the cells hold words."""
    if width >= _WORDS_FROM:
        return
    x = _LABEL
    for answer, words in _MARKS.items():
        if answer in answers:
            _mark(sheet, x + 1.5, y, _ROW - 0.9, answer)
            sheet.text(x + 4.5, y, words, size=-1, colour=MUTED)
            x += 9 + 1.55 * len(words)


def _alt(counted: dict[str, Row], kinds: dict[str, list[str]], untold: dict[str, list[str]]) -> str:
    said = []
    for kind, names in kinds.items():
        told = [
            f"{wording.component(name)} {numerals.count(row['k_with'])} of {numerals.count(row['k_with'] + row['k_without'])}"
            for name in names
            if (row := counted.get(name)) is not None
        ]
        if told:
            said.append(f"{wording.KINDS[kind]}: {'; '.join(told)}.")
    said += [f"{wording.capital(wording.status(why))}: {', '.join(sites)}." for why, sites in untold.items()]
    return f"How many of the sites that answered offer each component. {' '.join(said)} Map of components by site."
