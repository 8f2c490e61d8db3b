"""Within change on one measure: where the line is drawn, what comes of itself, and what other methods would say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, sentences, wording
from pipeline.report.blocks import Block, Cell, Column, Paragraph, Table, beside
from pipeline.report.material import is_shown
from pipeline.report.sections.delivery import figures

if TYPE_CHECKING:
    from pipeline.measures import Measure
    from pipeline.report.material import Material, Row

_NATURAL = "Natural recovery is not in it: women who had come at a bad time would have eased to some degree untreated."


def strip(material: Material, measure: Measure) -> list[Block]:
    """The picture of the share improved by the change that counts; nothing where no curve may be shown."""
    if _verdict(material, measure) is None:
        return []
    caption = (
        f"The share of women improved on {measure.label}, by the change that counts as one. Upright lines: published thresholds, "
        "the dark one that of the classes."
    )
    return figures(material, f"thresholds-{measure.id}", caption)


def where_the_line_is(material: Material, measure: Measure) -> list[Block]:
    """The shares at the published thresholds, and how firm the number of women improved is."""
    verdict = _verdict(material, measure)
    if verdict is None:
        return []
    return [Paragraph(f"{_published(material, measure)} {judged(verdict)}", lead="Where the line is drawn.")]


def what_comes_of_itself(material: Material, measure: Measure) -> list[Block]:
    """Regression to the mean alone, and the methods table; words for what a measure lacks."""
    if _verdict(material, measure) is None:
        return []
    said, by_population = _twin(material, measure)
    methods = _methods(material, measure)
    if not isinstance(methods[0], Table):
        return [said, *by_population, *methods]
    return [said, *beside(by_population, methods, shares=(0.62, 1))]


def _verdict(material: Material, measure: Measure) -> Row | None:
    return material.row("open_verdicts", measure=measure.id) if material.rows("open_thresholds", measure=measure.id) else None


def thresholds_not_given(material: Material) -> list[Block]:
    """One paragraph on the measures of which nothing of it may be shown, by the reason of the release."""
    by_reason: dict[str, list[str]] = {}
    for measure in material.measures.values():
        found = material.finding(f"thresholds.{measure.id}.verdict")
        if found is not None and not material.rows("open_thresholds", measure=measure.id):
            by_reason.setdefault(sentences.why_not(found), []).append(measure.label)
    said = [f"It is not given for {wording.listed(labels)}: {why}." for why, labels in by_reason.items()]
    return [Paragraph(" ".join(said), lead="How shares depend on the threshold, and what comes of itself.")] if said else []


def _published(material: Material, measure: Measure) -> str:
    rows = [row for row in material.rows("open_thresholds", measure=measure.id) if row["is_published"]]
    shown = [row for row in rows if is_shown(row, "improved_pct")]
    unit = measure.range.unit
    if not rows:
        return f"No threshold of reliable change on {measure.label} is published, so the curve stands without a mark."
    if not shown:
        return f"At no published threshold may the share improved on {measure.label} be shown."
    said = [f"{numerals.percent(row['improved_pct'])} by {numerals.plain(row['points'])}" for row in shown]
    few = " At the others the share may not be shown." if len(shown) < len(rows) else ""
    return f"Of women with both scores on {measure.label}, {wording.listed(said)} {unit} or more improved.{few}"


def judged(verdict: Row) -> str:
    """How firm the number of women improved is, and why."""
    if not is_shown(verdict, "verdict"):
        return wording.FRAGILITY["not_assessed"]
    reason = (verdict["reason"] or "").rstrip(". ")
    said = wording.FRAGILITY[verdict["verdict"]].rstrip(".")
    return f"{said}: {wording.REASONS.get(reason, reason)}." if reason else f"{said}."


def _twin(material: Material, measure: Measure) -> tuple[Paragraph, list[Table]]:
    label, rows = measure.label, material.rows("open_twin", measure=measure.id)
    lead = "What comes of itself."
    if not rows or not is_shown(rows[0], "expected"):
        lacks = f"What regression to the mean alone would give on {label} cannot be said"
        reason = sentences.why_not({**rows[0], "statement": rows[0]["note"]}) if rows else sentences.WHY_NOT[None]
        return Paragraph(f"{lacks}: {reason}.", lead=lead), []
    why = (
        "Women come when their scores are high, and high scores fall when asked again, by chance of the day and of the answers. "
        f"{_NATURAL}"
    )
    key = f"twin.{measure.id}"
    observed = f"The same women improved by about {numerals.plain(rows[0]['observed'])} points on average."
    if rows[0]["is_sourced"]:
        return Paragraph(f"{why} {sentences.sentence(material, f'{key}.expected', measure=label)} {observed}", lead=lead), []
    untold = (
        f"No mean of an unselected population is sourced for {label}, so there is a table over such means and no one number; "
        "a reader who knows the population can choose the row."
    )
    columns = (
        Column("Mean of the population", "right", share=1),
        Column("Improvement by it alone", "right", share=1),
    )
    cells = tuple((numerals.points(row["population_mean"]), numerals.points(row["expected"])) for row in rows)
    said = sentences.sentence(material, f"{key}.expected_range", measure=label)
    note = f"Test-retest correlation {numerals.plain(rows[0]['retest'])}. Natural recovery is not in it."
    caption = f"Regression to the mean on {label}"
    table = Table(caption, columns, cells, note=note, is_dense=True)
    return Paragraph(f"{why} {untold} {said} {observed}", lead=lead), [table]


def _methods(material: Material, measure: Measure) -> list[Block]:
    rows = material.rows("open_methods", measure=measure.id)
    if not any(is_shown(row, "n") for row in rows):
        words = f"Other methods of reliable change are not set side by side for {measure.label}"
        why = "too few women" if rows else "no reliability of the measure is sourced, or too few women stand behind it"
        return [Paragraph(f"{words}: {why}.", lead="Other methods.")]
    columns = (
        Column("Method", share=1),
        Column("Improved", "right"),
        Column("No change", "right"),
        Column("Deteriorated", "right"),
    )
    methods = list(dict.fromkeys(row["method"] for row in rows))
    cells = tuple(_method(method, [row for row in rows if row["method"] == method]) for method in methods)
    reliability = numerals.plain(rows[0]["reliability"])
    note = (
        f"Women, rounded, and shares from the rounded counts; reliability {reliability}. A cell stays back where it, or its "
        "difference from another method, would rest on too few women."
    )
    return [Table(f"Reliable change on {measure.label} by six methods, all sites", columns, cells, note=note, is_dense=True)]


def _method(method: str, rows: list[Row]) -> tuple[str | Cell, ...]:
    found = {row["class"]: row for row in rows}
    names = ("reliably_improved", "no_reliable_change", "reliably_deteriorated")
    cells: list[str | Cell] = []
    for name in names:
        row = found.get(name)
        if row is not None and is_shown(row, "n"):
            cells.append(f"{numerals.count(row['n'])} ({numerals.percent(row['share_pct'])})")
        else:
            cells.append(Cell(wording.status("too_few"), "muted"))
    return (wording.METHODS.get(method, method), *cells)
