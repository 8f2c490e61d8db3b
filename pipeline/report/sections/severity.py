"""Who has a second score, by how high the first one was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, sentences, wording
from pipeline.report.blocks import Block, Cell, Column, Heading, Paragraph, Table
from pipeline.report.material import is_shown

if TYPE_CHECKING:
    from pipeline.measures import Measure
    from pipeline.report.material import Material, Row


def severity(material: Material) -> list[Block]:
    """A table of all measures by band of the first score, and the first measure in sentences; why not, where none may stand."""
    rows = {name: material.rows("open_severity", measure=name) for name in material.measures}
    told = [name for name, found in rows.items() if any(is_shown(row, "completion_pct") for row in found)]
    blocks: list[Block] = []
    if told:
        blocks += [Heading("Who has a second score, by the first", level=2), Paragraph(_said(material, rows[told[0]]))]
        columns = (
            Column("Measure"),
            Column("First score", share=1),
            Column("Due", "right"),
            Column("With both", "right"),
            Column("Completion", "right"),
        )
        cells = tuple(_cells(material.measures[name], row, at) for name in told for at, row in enumerate(rows[name]))
        note = (
            "Women due a second score who have a first one, rounded; shares from the rounded counts. Counts stay back where they "
            "would tell how few lack a first score. Without a sourced cut-off: thirds of the first scores of all sites together."
        )
        blocks.append(Table("Second scores by the first, all sites", columns, cells, note=note))
    untold = [material.measures[name] for name, found in rows.items() if found and name not in told]
    return [*blocks, *_not_told(untold, material)]


def band(row: Row) -> str:
    """A band of the first score in words."""
    if row["cut"] is None:
        return wording.BANDS[row["band"]]
    return f"{wording.BANDS[row['band']]} ({numerals.plain(row['cut'])})"


def _said(material: Material, rows: list[Row]) -> str:
    measure = material.measures[rows[0]["measure"]]
    why = (
        "If women who came with severer scores are asked again less often, or more often, the women behind every change in this "
        "report are not those who came."
    )
    keys = [f"completion.{measure.id}.{row['band']}_pct" for row in reversed(rows)]
    return " ".join([why, *(sentences.sentence(material, key, measure=measure.label) for key in keys)])


def _cells(measure: Measure, row: Row, at: int) -> tuple[str | Cell, ...]:
    counts = [numerals.count(row[name]) or Cell("not given", "muted") for name in ("n_due", "n_paired")]
    return (measure.label if at == 0 else "", band(row), *counts, numerals.percent(row["completion_pct"]))


def _not_told(measures: list[Measure], material: Material) -> list[Block]:
    by_reason: dict[str, list[str]] = {}
    for measure in measures:
        row = material.rows("open_severity", measure=measure.id)[0]
        by_reason.setdefault(sentences.why_not({**row, "statement": row["note"]}), []).append(measure.label)
    said = [
        f"How many have a second score by the first one is not given for {wording.listed(v)}: {k}." for k, v in by_reason.items()
    ]
    return [Paragraph(" ".join(said))] if said else []
