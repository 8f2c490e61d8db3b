"""Answers as bars, a question a row; and means before and after, with the change and its interval."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pipeline.report import numerals, sentences, wording
from pipeline.report.colours import tint
from pipeline.report.material import Row, is_shown
from pipeline.report.plots.axis import ROW_MM, draw_axis
from pipeline.report.plots.sheet import INK, MUTED, WHITE, Ink, Picture, Scale, Sheet, scale, short, wrapped

if TYPE_CHECKING:
    from pipeline.report.material import Material

TOPICS = ("experience", "staff", "training")
_LABEL, _RIGHT, _HEAD, _GLYPH_MM = 50.0, 17.0, 10.5, 1.45
MOST_ROWS = 36
"""Lines of one picture; a questionnaire with more has none, as half of its questions would be no picture of it."""
_DARK_FROM = 0.7


def draw_answers(material: Material, style: Ink, *, synthetic: bool) -> list[Picture]:
    """A picture for every topic and instrument of which an answer may be shown: `answers-<topic>-<instrument>`."""
    pictures = []
    for topic in TOPICS:
        rows = told_apart([row for row in material.rows("open_answers", topic=topic, part="answers") if is_shown(row, "n")])
        for instrument in sorted({row["instrument"] for row in rows}):
            mine = [row for row in rows if row["instrument"] == instrument]
            if len(_lines(mine)) > MOST_ROWS:
                continue
            pictures.append(_answers(material, topic, instrument, mine, style, synthetic=synthetic))
    return pictures


def told_apart(rows: list[Row]) -> list[Row]:
    """The answers to questions of which two or more may be told apart: one band over all answers shows nothing."""
    bands = Counter((row["instrument"], row["question"], row["occasion"]) for row in rows)
    return [row for row in rows if bands[row["instrument"], row["question"], row["occasion"]] > 1]


def _answers(material: Material, topic: str, instrument: str, rows: list[Row], style: Ink, *, synthetic: bool) -> Picture:
    lines = _lines(rows)
    n_heads = sum(not line for _, line in lines)
    sheet = Sheet(style, _HEAD + (len(lines)) * ROW_MM + 1.2 * n_heads + 2, synthetic=synthetic)
    width = sheet.width - _LABEL - _RIGHT
    sheet.text(_LABEL, _HEAD - 4, "Answers by number, from the lowest to the highest", bold=True, size=-0.5)
    sheet.text(sheet.width, _HEAD - 4, "People", bold=True, size=-0.5, align="right")
    sheet.line([0, sheet.width], [_HEAD - 1.4, _HEAD - 1.4], colour=style.colour, weight=1)
    y = _HEAD + ROW_MM / 2 - 1
    for label, bands in lines:
        if not bands:
            y += 1.2
            sheet.text(0, y, label, bold=True, size=-0.5)
        else:
            sheet.text(0, y, short(label, 36), size=-0.5)
            _bar(sheet, bands, y, width)
            sheet.text(sheet.width, y, numerals.count(bands[0]["n_answered"]), align="right", size=-0.5)
        y += ROW_MM
    name = instrument_name(material, topic, instrument)
    title = f"Answers: {name}"
    alt = _alt(material, name, topic, instrument, rows)
    table = material.tables["open_answers"]
    data = table.loc[(table["topic"] == topic) & (table["instrument"] == instrument)]
    return Picture(f"answers-{topic}-{instrument.replace('_', '-')}", title, alt, data, sheet.svg(title=title, alt=alt))


def _lines(rows: list[Row]) -> list[tuple[str, list[Row]]]:
    """A heading where a construct begins, then a line a question and occasion."""
    lines: list[tuple[str, list[Row]]] = []
    construct = None
    for row in rows:
        key = (row["question"], row["occasion"])
        if row["construct"] and row["construct"] != construct:
            lines.append((row["construct"], []))
        if not lines or not lines[-1][1] or (lines[-1][1][0]["question"], lines[-1][1][0]["occasion"]) != key:
            lines.append((question_words(row), []))
            lines[-1][1].append(row)
        else:
            lines[-1][1].append(row)
        construct = row["construct"]
    return lines


def question_words(row: Row) -> str:
    """A question by its number or code, with its occasion, and whether it is worded the other way round."""
    code = row["question"]
    words = f"Question {code}" if code.isdigit() else wording.capital(wording.words(code))
    when = f", {wording.words(row['occasion'])}" if row["occasion"] else ""
    return f"{words}{when}{' (worded against it)' if row['is_reversed'] == 'y' else ''}"


def band_words(row: Row) -> str:
    """`4`, `1 to 3`, or the answer in words."""
    if row["label"]:
        return str(row["label"])
    low, high = row["answer_low"], row["answer_high"]
    return numerals.count(low) if low == high else f"{numerals.count(low)} to {numerals.count(high)}"


def _bar(sheet: Sheet, bands: list[Row], y: float, width: float) -> None:
    total = sum(row["n"] for row in bands)
    lowest, highest = bands[0]["answer_low"], max(row["answer_high"] for row in bands)
    x = _LABEL
    for position, row in enumerate(bands):
        length = width * row["n"] / total
        middle = (row["answer_low"] + row["answer_high"]) / 2
        depth = (middle - lowest) / (highest - lowest) if highest > lowest else 1.0
        fill, ink = _look(sheet, row, depth, position)
        sheet.bar(x, y - ROW_MM / 2 + 0.45, length, ROW_MM - 0.9, fill=fill, edge=WHITE, weight=0.8)
        share = f": {numerals.percent(row['share_pct'])}" if row["share_pct"] is not None else ""
        for words in (f"{band_words(row)}{share}", share.removeprefix(": "), ""):
            if len(words) * _GLYPH_MM + 1.5 < length:
                sheet.text(x + length / 2, y, words, align="center", colour=ink, size=-1)
                break
        x += length


def _look(sheet: Sheet, row: Row, depth: float, position: int) -> tuple[str, str]:
    """Fill and ink. No tint between light and dark: neither black nor white type could be read on it."""
    if row["is_positive"] is not None:
        shade = position % 2
        is_positive = row["is_positive"] == "y"
        fill = tint(sheet.style.colour, 1.0 - 0.14 * shade) if is_positive else tint(MUTED, 0.22 + 0.1 * shade)
        return fill, WHITE if is_positive else INK
    is_dark = depth > _DARK_FROM
    return tint(sheet.style.colour, 0.86 + 0.14 * depth if is_dark else 0.1 + 0.4 * depth), WHITE if is_dark else INK


def instrument_name(material: Material, topic: str, instrument: str) -> str:
    """What an instrument is called; its code in words where there is no file of it."""
    row = material.row("open_instruments", topic=topic, instrument=instrument)
    if row is None or row["has_file"] != "y":
        return wording.words(instrument)
    return str(row["name"])


def _alt(material: Material, name: str, topic: str, instrument: str, rows: list[Row]) -> str:
    positive = material.rows("open_answers", topic=topic, instrument=instrument, part="positive")
    shares = [
        f"{question_words(row)}: {numerals.percent(row['share_pct'])} positive" for row in positive if is_shown(row, "share_pct")
    ]
    if not shares:
        largest: dict[str, Row] = {}
        for row in rows:
            if row["n"] > largest.get(row["question"], {"n": 0})["n"]:
                largest[row["question"]] = row
        shares = [f"{question_words(row)}: most often {band_words(row)}" for row in list(largest.values())[:6]]
    k = numerals.count(len({row["question"] for row in rows}))
    return (
        f"{wording.capital(name)}. {'; '.join(shares)}. Bars of answers to {k} question{'' if k == '1' else 's'}, over all sites."
    )


def draw_staff_change(material: Material, style: Ink, *, synthetic: bool) -> list[Picture]:
    """Means before and after by construct, of the same people and of different people: `change-<topic>-<instrument>`."""
    rows = [row for row in material.rows("open_staff_change", occasion="after") if is_shown(row, "mean_before", "mean_after")]
    pictures = []
    for topic, instrument in sorted({(row["topic"], row["instrument"]) for row in rows}):
        mine = [row for row in rows if (row["topic"], row["instrument"]) == (topic, instrument)]
        pictures.append(_dumbbells(material, topic, instrument, mine, style, synthetic=synthetic))
    return pictures


def _dumbbells(material: Material, topic: str, instrument: str, rows: list[Row], style: Ink, *, synthetic: bool) -> Picture:
    rows = sorted(rows, key=lambda row: (row["order"], row["comparison"]))
    bottom = _HEAD + len(rows) * (ROW_MM + 1) + 1
    sheet = Sheet(style, bottom + 15, synthetic=synthetic)
    along = scale([rows[0]["scale_low"], rows[0]["scale_high"]], left=_LABEL, right=style.width_mm - 48)
    sheet.text(0, _HEAD - 4.6, "Construct", bold=True, size=-0.5)
    sheet.text(along.right + 3, _HEAD - 4.6, f"Change ({sentences.confidence()})", bold=True, size=-0.5)
    sheet.line([0, sheet.width], [_HEAD - 2, _HEAD - 2], colour=style.colour, weight=1)
    draw_axis(sheet, along, top=_HEAD - 2, bottom=bottom, label="Mean score")
    for position, row in enumerate(rows):
        _dumbbell(sheet, along, _HEAD + (position + 0.5) * (ROW_MM + 1), row)
    key = "Open mark: before. Filled mark: after. Discs: the same people twice. Squares, broken line: different people."
    for at, words in enumerate(wrapped(key, sheet.width, style.font_size_points - 1)):
        sheet.text(0, bottom + 11 + 3.5 * at, words, colour=MUTED, size=-1)
    name = instrument_name(material, topic, instrument)
    title = f"Before and after: {name}"
    said = "; ".join(f"{_who(row)} {change_words(row)} points" for row in rows)
    alt = f"Mean change on the {name[:1].lower()}{name[1:]}, positive is better: {said}. Marks before and after on one scale."
    table = material.tables["open_staff_change"]
    data = table.loc[(table["topic"] == topic) & (table["instrument"] == instrument)]
    return Picture(f"change-{topic}-{instrument.replace('_', '-')}", title, alt, data, sheet.svg(title=title, alt=alt))


def _who(row: Row) -> str:
    return f"{row['name']}, {'the same people' if row['comparison'] == 'paired' else 'different people'}:"


def change_words(row: Row) -> str:
    """`0.56 (0.43 to 0.69)`."""
    limits = f"{numerals.hundredths(row['low'])} to {numerals.hundredths(row['high'])}"
    return f"{numerals.hundredths(row['change'])} ({limits})"


def _dumbbell(sheet: Sheet, along: Scale, y: float, row: Row) -> None:
    is_paired = row["comparison"] == "paired"
    colour = sheet.style.colour if is_paired else MUTED
    sheet.text(0, y, f"{row['name']}{'' if is_paired else ', others'}", size=-0.5, colour=INK if is_paired else MUTED)
    before, after = along(row["mean_before"]), along(row["mean_after"])
    sheet.line([before, after], [y, y], colour=colour, weight=1.6 if is_paired else 1.0, dashes=() if is_paired else (2.5, 1.6))
    if is_paired:
        sheet.disc(before, y, 1.3, fill=WHITE, edge=colour)
        sheet.disc(after, y, 1.3, fill=colour, edge=colour)
    else:
        sheet.square(before, y, 2.2, fill=WHITE, edge=colour, weight=0.9)
        sheet.square(after, y, 2.2, fill=colour, edge=colour, weight=0.9)
    sheet.text(along.right + 3, y, change_words(row), size=-0.5)
