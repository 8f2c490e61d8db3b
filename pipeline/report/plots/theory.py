"""The picture of a theory: its contrast against what would matter, and below it the sites on either side of the context."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.report import numerals, sentences, wording
from pipeline.report.material import Material, Row, is_shown
from pipeline.report.plots.sheet import INK, MUTED, PALE, RULE, Ink, Picture, Scale, Sheet, scale, short
from pipeline.report.theory_sides import Outcome, Side, sides_of
from pipeline.report.wording_theories import is_of_voices

if TYPE_CHECKING:
    from pandas import DataFrame

_NAMES, _WORDS = 34.0, 44.0
_GAP, _CODE = 8.0, 15.0
_HEAD, _STRIP_ROW, _AXIS = 5.0, 4.6, 9.5
_MARK = 5.0
"""Millimetres that keep the titles of the sides clear of the mark of invented data."""
_TALLEST, _TALLEST_ALONE = 60.0, 32.5
"""Millimetres that the sites take; alone they stand on the page of configurations, beside a truth table."""
_LEAST_ROW, _MOST_ROW = 1.5, 5.5
_NAMED_FROM = 2.3
"""Millimetres a row from which the codes of the sites can be read."""
_CONTRASTS = (("", "Crude"), ("_adjusted", "Adjusted"))


def draw_theories(material: Material, style: Ink, *, synthetic: bool) -> list[Picture]:
    """A picture a theory, `theory-<id>`, where its contrast or any of its sites may be shown; sites in order of their code.

    Sites are drawn as what is released of them elsewhere, on the side that `open_services` tells of them.
    """
    pictures = []
    for theory in material.rows("open_theories"):
        contrasts = _contrasts(theory)
        sides, outcome = sides_of(theory, material)
        if contrasts or sides:
            title = f"{theory['theory_id']}: the contrast, and the sites on either side of it"
            alt = _alt(theory, contrasts, sides, outcome)
            sheet = _sheet(theory, contrasts, sides, outcome, style, synthetic=synthetic)
            data = _data(theory, contrasts, sides)
            pictures.append(Picture(f"theory-{theory['theory_id']}", title, alt, data, sheet.svg(title=title, alt=alt)))
    return pictures


def _contrasts(theory: Row) -> list[tuple[str, float, float, float]]:
    """Name, estimate and limits of the crude and the adjusted contrast, as far as they are shown; of voices there is one."""
    found = []
    for suffix, name in (("", "Difference"),) if is_of_voices(theory) else _CONTRASTS:
        columns = tuple(f"{column}{suffix}" for column in ("estimate", "low", "high"))
        if is_shown(theory, *columns):
            value, low, high = (theory[column] for column in columns)
            found.append((name, value, low, high))
    return found


def _sheet(
    theory: Row,
    contrasts: list[tuple[str, float, float, float]],
    sides: list[Side],
    outcome: Outcome | None,
    style: Ink,
    *,
    synthetic: bool,
) -> Sheet:
    n_rows = max((len(side.rows) for side in sides), default=0)
    tallest = _TALLEST if contrasts else _TALLEST_ALONE
    row_mm = min(_MOST_ROW, max(_LEAST_ROW, tallest / n_rows)) if n_rows else 0.0
    strip = _HEAD + len(contrasts) * _STRIP_ROW + _AXIS if contrasts else 0.0
    below = _HEAD + n_rows * row_mm + _AXIS if n_rows else 0.0
    gap = 1.0 if strip else _MARK
    sheet = Sheet(style, strip + below + (gap if below else 0), synthetic=synthetic)
    if contrasts:
        _strip(sheet, theory, contrasts)
    if sides and outcome:
        _panels(sheet, sides, outcome, top=strip + _HEAD + gap, row_mm=row_mm)
    return sheet


def _strip(sheet: Sheet, theory: Row, contrasts: list[tuple[str, float, float, float]]) -> None:
    smallest = _signed_smallest(theory)
    ends = [value for _, _, low, high in contrasts for value in (low, high)] + [0.0, *smallest]
    along = scale(ends, left=_NAMES, right=sheet.width - _WORDS)
    bottom = _HEAD + len(contrasts) * _STRIP_ROW
    unit = theory["unit"]
    axis = f"Difference of sites or women with the context from those without, {unit}"
    _axis(sheet, along, top=_HEAD - 1, bottom=bottom, label=axis, is_label=True)
    for value in smallest:
        sheet.line([along(value)] * 2, [_HEAD - 1, bottom], colour=sheet.style.accent, weight=1, dashes=(2.5, 1.5))
    if smallest:
        end = max(smallest, key=abs)
        words = "smallest that matters"
        is_right = along(end) > (along.left + along.right) / 2
        sheet.text(along(end), _HEAD - 3.2, words, align="right" if is_right else "left", colour=sheet.style.accent, size=-1.5)
    for at, (name, value, low, high) in enumerate(contrasts):
        y = _HEAD + (at + 0.5) * _STRIP_ROW
        sheet.text(0, y, name, size=-0.5)
        _interval(sheet, along, y, low, value, high, weight=1.3, half=1.4)
        sheet.text(along.right + 3, y, f"{numerals.estimate(value, low, high)}", size=-0.5)


def _signed_smallest(theory: Row) -> list[float]:
    """Where the smallest difference lies on the axis: on the side that is expected, on both where none is."""
    smallest = theory.get("smallest_difference")
    if smallest is None:
        return []
    return {"with": [smallest], "without": [-smallest]}.get(str(theory.get("side")), [-smallest, smallest])


def _panels(sheet: Sheet, sides: list[Side], outcome: Outcome, *, top: float, row_mm: float) -> None:
    """Both sides next to each other on one scale."""
    width = (sheet.width - _GAP) / 2
    everything = [row[end] for side in sides for row in side.rows for end in ("low", "value", "high") if row[end] is not None]
    bottom = top + max(len(side.rows) for side in sides) * row_mm
    for at, side in enumerate(sides):
        left = at * (width + _GAP)
        along = scale([*everything, 0.0], left=left + _CODE, right=left + width - 2, n_ticks=5)
        n_shown = numerals.counted(len(side.rows), "site") if side.rows else "no site"
        title = f"{side.title} ({n_shown} shown)"
        sheet.text(left, top - 3.4, short(title, 52), bold=True, size=-0.5)
        if not side.rows:
            sheet.text(left, top + row_mm / 2, "No site to show on this side.", colour=MUTED, size=-0.5)
            continue
        _axis(sheet, along, top=top - 1, bottom=bottom, label=outcome.label, is_label=False)
        for position, row in enumerate(side.rows):
            y = top + (position + 0.5) * row_mm
            if row_mm >= _NAMED_FROM:
                sheet.text(left, y, short(row["site_id"], 9), size=-2)
            low, high = (row["value"] if row[end] is None else row[end] for end in ("low", "high"))
            _interval(sheet, along, y, low, row["value"], high, weight=1.1, half=row_mm * 0.32)
    has_limits = any(row["low"] is not None for side in sides for row in side.rows)
    with_limits = f", {sentences.confidence()}" if has_limits else ""
    sheet.text(sheet.width / 2, bottom + 7, f"{outcome.label}{with_limits}", align="center", size=-1)


def _axis(sheet: Sheet, along: Scale, *, top: float, bottom: float, label: str, is_label: bool) -> None:
    for tick in along.ticks:
        sheet.line([along(tick)] * 2, [top, bottom], colour=PALE if tick else INK, weight=0.8)
        words = numerals.plain(round(tick, 6))
        sheet.text(along(tick), bottom + 2.4, words, align="center", colour=MUTED, size=-1.5)
    sheet.line([along.left, along.right], [bottom, bottom], colour=RULE, weight=0.8)
    if is_label:
        sheet.text((along.left + along.right) / 2, bottom + 6, label, align="center", size=-1)


def _interval(sheet: Sheet, along: Scale, y: float, low: float, value: float, high: float, *, weight: float, half: float) -> None:
    """A line from limit to limit with a short stroke across it at the estimate."""
    sheet.line([along(low), along(high)], [y, y], colour=sheet.style.colour, weight=weight)
    sheet.line([along(value)] * 2, [y - half, y + half], colour=sheet.style.colour, weight=weight + 0.7)


def _alt(theory: Row, contrasts: list[tuple[str, float, float, float]], sides: list[Side], outcome: Outcome | None) -> str:
    verdict = wording.VERDICTS.get(theory["verdict"], theory["verdict"])
    words = [f"{theory['theory_id']}, verdict: {verdict}."]
    for name, value, low, high in contrasts:
        what = name if name == "Difference" else f"{name} difference"
        words.append(f"{what}: {numerals.estimate(value, low, high)} {theory['unit']}.")
    if not contrasts:
        words.append("No contrast is shown.")
    for side in sides:
        values = [row["value"] for row in side.rows]
        shown = f"{side.title}: {numerals.counted(len(values), 'site')} shown"
        if values and outcome:
            printed = numerals.points if outcome.unit == "points" else numerals.plain
            shown += f", their {outcome.words} from {printed(min(values))} to {printed(max(values))} {outcome.unit}"
        words.append(f"{shown}.")
    return " ".join(words)


def _data(theory: Row, contrasts: list[tuple[str, float, float, float]], sides: list[Side]) -> DataFrame:
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for name, value, low, high in contrasts:
        what = name if name == "Difference" else f"{name} contrast"
        rows.append({"what": what, "side": None, "site_id": None, "value": value, "low": low, "high": high})
    for side in sides:
        for row in side.rows:
            ends = {name: row[name] for name in ("value", "low", "high")}
            rows.append({"what": "site", "side": side.title, "site_id": row["site_id"], **ends})
    return pd.DataFrame(rows).assign(theory_id=theory["theory_id"])
