"""Sensitivity: what other ways to pool would have said, all measures side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, sentences, wording
from pipeline.report.blocks import Block, Cell, Column, Heading, Notice, Paragraph, Table
from pipeline.report.material import is_shown
from pipeline.report.sections.timing import timing

if TYPE_CHECKING:
    from pipeline.measures import Measure
    from pipeline.report.material import Material, Row

_MEASURES_A_TABLE = 4


def sensitivity(material: Material) -> list[Block]:
    """The headline beside other methods, assumptions and one model over all women; a sentence where nothing is pooled."""
    told = [
        m for m in material.measures.values() if any(is_shown(row) for row in material.rows("open_sensitivity", measure=m.id))
    ]
    if not told:
        return [Heading("Sensitivity"), Paragraph(_untold(material, list(material.measures.values())))]
    blocks: list[Block] = [
        Heading("Sensitivity", is_change=True),
        Notice("Read with care.", sentences.CAUTION),
        Paragraph(
            "The pooled means of this report rest on choices: how the variance between sites is estimated, which sites enter, "
            "what is assumed of sites that sent totals. Here each is made otherwise. An answer that turns with one of them "
            "should not be leaned on."
        ),
    ]
    for start in range(0, len(told), _MEASURES_A_TABLE):
        blocks.append(_table(material, told[start : start + _MEASURES_A_TABLE]))
    blocks.append(Paragraph(_left_out(material, told), lead="One site left out."))
    blocks.append(Paragraph(_agreement(material, told), lead="One model or two stages."))
    rest = [measure for measure in material.measures.values() if measure not in told]
    return [*blocks, *([Paragraph(_untold(material, rest))] if rest else []), *timing(material)]


def _table(material: Material, measures: list[Measure]) -> Table:
    columns = (Column("Pooled mean"), *(Column(measure.label, "right", share=1) for measure in measures))
    lines: list[tuple[str | Cell, ...]] = [
        (Cell("As in this report", "strong"), *(_headline(material, measure) for measure in measures))
    ]
    for analysis, words in wording.ANALYSES.items():
        rows = [material.row("open_sensitivity", measure=measure.id, analysis=analysis) for measure in measures]
        if any(row is not None for row in rows):
            lines.append((words, *(_cell(row) for row in rows)))
    for words, name in (("One model over all women", "estimate"), ("Two stages, the same sites", "two_stage")):
        rows = [material.row("open_agreement", measure=measure.id) for measure in measures]
        lines.append((words, *(_of_model(row, name) for row in rows)))
    note = (
        f"Mean improvement in points ({sentences.confidence()}); a range alone is that of the pooled means, over the assumptions "
        "or over the sites left out. A site that is left out is never named, and only sites that may be shown are left out."
    )
    return Table("The pooled mean by other methods and assumptions", columns, tuple(lines), note=note, is_tight=True)


def _headline(material: Material, measure: Measure) -> str | Cell:
    row = material.row("open_pooled", measure=measure.id)
    if row is None or not is_shown(row, "mean_improvement"):
        return Cell("not given", "muted")
    return Cell(numerals.estimate(row["mean_improvement"], row["low"], row["high"]), "strong")


def _cell(row: Row | None) -> str | Cell:
    if row is None:
        return Cell("does not apply", "muted")
    if is_shown(row, "least", "most"):
        return numerals.interval(row["least"], row["most"])
    if is_shown(row, "estimate"):
        return numerals.estimate(row["estimate"], row["low"], row["high"])
    return Cell(wording.status(row["status"]), "muted")


def _of_model(row: Row | None, name: str) -> str | Cell:
    if row is None or not is_shown(row, name):
        return Cell(wording.status("too_few" if row is None else row["status"]), "muted")
    ends = ("low", "high") if name == "estimate" else ("two_stage_low", "two_stage_high")
    return numerals.estimate(row[name], *(row[end] for end in ends))


def _left_out(material: Material, measures: list[Measure]) -> str:
    """How far the pool moves with one site, of all measures in one sentence; those not given each in their own."""
    keys = {measure.label: f"sensitivity.{measure.id}.one_site_left_out" for measure in measures}
    ranges = [
        f"{sentences.value(material, key).replace(' to ', ' and ')} on {label}"
        for label, key in keys.items()
        if sentences.value(material, key)
    ]
    said = [f"Whichever site is left out, the pooled mean stays between {wording.listed(ranges)}, in points."] if ranges else []
    untold = [label for label, key in keys.items() if not sentences.value(material, key)]
    return " ".join([*said, *(sentences.sentence(material, keys[label], measure=label) for label in untold)])


def _agreement(material: Material, measures: list[Measure]) -> str:
    """Whether one model over all women says what the pool of site means says, measure by measure."""
    near: dict[str, float] = {}
    by_words: dict[str, list[str]] = {}
    for measure in measures:
        row = material.row("open_agreement", measure=measure.id)
        if row is not None and row["agrees"] is True and is_shown(row, "estimate", "two_stage"):
            near[measure.label] = abs(row["estimate"] - row["two_stage"])
            continue
        words = (row or {}).get("note") or "It may not be shown."
        by_words.setdefault(words, []).append(measure.label)
    said = [] if not near else [_near(near)]
    said += [f"{wording.listed(labels)}: {words[:1].lower()}{words[1:]}" for words, labels in by_words.items()]
    how = "The means of sites are pooled in two stages; one model over all women at sites that sent records does it in one."
    return " ".join([how, *said])


def _near(differences: dict[str, float]) -> str:
    """Of measures on which both ways agree by the rule of the comparison: how far apart their means are."""
    most = max(differences.values())
    apart = f"at most {numerals.points(most)} points apart" if most else "the same"
    return (
        f"On {wording.listed(list(differences))} the two means, as printed, are {apart}, and their intervals agree on whether "
        "there was any change."
    )


def _untold(material: Material, measures: list[Measure]) -> str:
    by_reason: dict[str, list[str]] = {}
    for measure in measures:
        found = material.finding(f"sensitivity.{measure.id}.methods") or material.finding(f"change.{measure.id}.pooled")
        by_reason.setdefault(sentences.why_not(found), []).append(measure.label)
    return " ".join(
        f"There is no pool to put to the test for {wording.listed(labels)}: {why}." for why, labels in by_reason.items()
    )
