"""Women without a second score, in two pictures: who they were when they came, and what they could mean for the mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, sentences, wording
from pipeline.report.material import Row, is_shown
from pipeline.report.plots.axis import ROW_MM, draw_axis
from pipeline.report.plots.sheet import INK, MUTED, WHITE, Ink, Picture, Sheet, part_of, scale

if TYPE_CHECKING:
    from pandas import DataFrame

    from pipeline.measures import Measure
    from pipeline.report.material import Material

NEGLIGIBLE = 0.1
"""In average SDs. Source: Austin 2009, Statistics in Medicine 28:3083-3107."""
_HEAD, _LABEL, _RIGHT = 11.0, 58.0, 38.0
_SHORT_LABEL, _SHORT_RIGHT = 26.0, 29.0


def draw_missing(material: Material, measure: Measure, style: Ink, *, synthetic: bool) -> list[Picture]:
    """The mean over women with both scores, with imputed scores, and in the scenarios; none where it may not be shown."""
    row = material.row("open_missing", measure=measure.id)
    if row is None or not is_shown(row, "estimate", "low", "high"):
        return []
    scenarios = [each for each in material.rows("open_scenarios", measure=measure.id) if is_shown(each, "mean_improvement")]
    n_lines = 1 + (row["complete"] is not None) + len(scenarios)
    bottom = _HEAD + n_lines * ROW_MM + 1
    sheet = Sheet(part_of(style, 0.5), bottom + 10, synthetic=synthetic)
    ends = [0.0, row["low"], row["high"], *(each["mean_improvement"] for each in scenarios)]
    along = scale([*ends, row["complete"] or 0.0], left=_SHORT_LABEL, right=sheet.width - _SHORT_RIGHT, n_ticks=4)
    sheet.text(0, _HEAD - 4.6, "The others", bold=True, size=-0.5)
    sheet.text(sheet.width, _HEAD - 4.6, f"Mean ({sentences.confidence()})", align="right", bold=True, size=-0.5)
    sheet.line([0, sheet.width], [_HEAD - 2, _HEAD - 2], colour=style.colour, weight=1)
    draw_axis(sheet, along, top=_HEAD - 2, bottom=bottom, label=f"Mean improvement, {measure.range.unit}")
    y = _HEAD + ROW_MM / 2
    if row["complete"] is not None:
        sheet.text(0, y, "left out", size=-0.5)
        sheet.square(along(row["complete"]), y, 2.4, fill=WHITE, edge=style.colour, weight=1)
        sheet.text(along.right + 3, y, numerals.points(row["complete"]), size=-0.5)
        y += ROW_MM
    sheet.text(0, y, "imputed", size=-0.5)
    sheet.line([along(row["low"]), along(row["high"])], [y, y], colour=style.colour, weight=1.1)
    sheet.square(along(row["estimate"]), y, 2.4, fill=style.colour, edge=style.colour, weight=1)
    sheet.text(along.right + 3, y, numerals.estimate(row["estimate"], row["low"], row["high"]), size=-0.5)
    for each in scenarios:
        y += ROW_MM
        sheet.text(0, y, scenario_words(each).removeprefix("all ").removeprefix("at the "), colour=MUTED, size=-0.5)
        sheet.disc(along(each["mean_improvement"]), y, 1.15, fill=style.accent, edge=style.accent)
        sheet.text(along.right + 3, y, f"about {numerals.count(each['mean_improvement'])}", colour=MUTED, size=-0.5)
    title = f"What women without a second score could mean for {measure.label}"
    alt = _alt(measure, row, scenarios)
    tables = [material.tables[name] for name in ("open_missing", "open_scenarios")]
    return [Picture(f"missing-{measure.id}", title, alt, _both(tables, measure), sheet.svg(title=title, alt=alt))]


def scenario_words(row: Row) -> str:
    """What every missing improvement is set to."""
    if row["scenario"] == "no_change":
        return "all unchanged"
    return f"all {wording.SCENARIOS[row['scenario']]} ({numerals.count(row['fill'])})"


def draw_balance(material: Material, measure: Measure, style: Ink, *, synthetic: bool) -> list[Picture]:
    """How women with a second score differ from those without one in what was known when they came."""
    rows = [row for row in material.rows("open_balance", measure=measure.id) if is_shown(row, "difference")]
    if not rows:
        return []
    bottom = _HEAD + len(rows) * ROW_MM + 1
    sheet = Sheet(style, bottom + 10, synthetic=synthetic)
    along = scale([*(row["difference"] for row in rows), -NEGLIGIBLE, NEGLIGIBLE], left=_LABEL, right=style.width_mm - _RIGHT)
    sheet.text(0, _HEAD - 4.6, "When she came", bold=True, size=-0.5)
    sheet.text(along.right + 3, _HEAD - 4.6, "With, without a second", bold=True, size=-0.5)
    sheet.line([0, sheet.width], [_HEAD - 2, _HEAD - 2], colour=style.colour, weight=1)
    label = "Standardised difference (positive: higher, or more often, with a second score)"
    draw_axis(sheet, along, top=_HEAD - 2, bottom=bottom, label=label)
    for end in (-NEGLIGIBLE, NEGLIGIBLE):
        sheet.line([along(end)] * 2, [_HEAD - 2, bottom], colour=style.accent, weight=0.9, dashes=(3, 1.6))
    for position, row in enumerate(rows):
        y = _HEAD + (position + 0.5) * ROW_MM
        sheet.text(0, y, wording.characteristic(row["characteristic"]))
        sheet.line([along(0), along(row["difference"])], [y, y], colour=style.colour, weight=1)
        sheet.disc(along(row["difference"]), y, 1.15, fill=style.colour, edge=style.colour)
        sheet.text(along.right + 3, y, both_sides(row), size=-0.5, colour=INK)
    title = f"Women with and without a second score on {measure.label}"
    largest = max(rows, key=lambda row: abs(row["difference"]))
    alt = (
        f"When they came, women with a second score on {measure.label} and women without one differed most in "
        f"{wording.characteristic(largest['characteristic']).lower()}, by {numerals.hundredths(largest['difference'])} standard "
        f"deviations; {numerals.count(sum(abs(row['difference']) <= NEGLIGIBLE for row in rows))} of "
        f"{numerals.count(len(rows))} differences are no larger than {numerals.plain(NEGLIGIBLE)}. Points by characteristic."
    )
    table = material.tables["open_balance"]
    return [
        Picture(f"balance-{measure.id}", title, alt, table.loc[table["measure"] == measure.id], sheet.svg(title=title, alt=alt))
    ]


def both_sides(row: Row) -> str:
    """Both means, or both shares; blank where they are not given."""
    if row["mean_paired"] is not None and row["mean_unpaired"] is not None:
        return f"{numerals.points(row['mean_paired'])}, {numerals.points(row['mean_unpaired'])}"
    if row["share_paired_pct"] is not None and row["share_unpaired_pct"] is not None:
        return f"{numerals.percent(row['share_paired_pct'])}, {numerals.percent(row['share_unpaired_pct'])}"
    return ""


def _both(tables: list[DataFrame], measure: Measure) -> DataFrame:
    import pandas as pd

    first, scenarios = (table.loc[table["measure"] == measure.id] for table in tables)
    return pd.concat([first.assign(scenario="imputed"), scenarios], ignore_index=True)


def _alt(measure: Measure, row: Row, scenarios: list[Row]) -> str:
    complete = "" if row["complete"] is None else f"{numerals.points(row['complete'])} points over women with both scores, "
    imputed = numerals.estimate(row["estimate"], row["low"], row["high"])
    others = [f"about {numerals.count(each['mean_improvement'])} with {scenario_words(each)}" for each in scenarios]
    tail = f"; {wording.listed(others)}" if others else ""
    return f"Mean improvement on {measure.label}: {complete}{imputed} with imputed second scores{tail}. Positive is better."
