"""Recovery on one measure: of the women who were cases before, how many were none after, and how many reliably so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, sentences, wording
from pipeline.report.blocks import Block, Paragraph

if TYPE_CHECKING:
    from pipeline.measures import Measure
    from pipeline.report.material import Material


def recovery(material: Material, measure: Measure) -> list[Block]:
    """One paragraph; none where there are no numbers."""
    rows = material.rows("open_recovery", measure=measure.id)
    keys = [f"recovery.{measure.id}.{row['share']}_pct" for row in rows]
    if not any(sentences.value(material, key) for key in keys):
        return []
    said = [sentences.sentence(material, key, measure=measure.label) for key in keys]
    cut = f"The clinical cut-off is {numerals.plain(rows[0]['cut_off'])} {measure.range.unit}."
    count = numerals.count(rows[0]["n_cases"])
    of = f" Women beyond it before: {count}." if count else ""
    least = "A score can cross a cut-off by a point, so that recovery alone says little of how much changed."
    return [Paragraph(f"{cut}{of} {' '.join(said)} {least}", lead="Recovery.")]


def recovery_not_given(material: Material) -> list[Block]:
    """One paragraph on the measures with a cut-off of which nothing may be shown, by the reason of the release."""
    by_reason: dict[str, list[str]] = {}
    for measure in material.measures.values():
        keys = [f"recovery.{measure.id}.{row['share']}_pct" for row in material.rows("open_recovery", measure=measure.id)]
        if keys and not any(sentences.value(material, key) for key in keys):
            by_reason.setdefault(sentences.why_not(material.finding(keys[0])), []).append(measure.label)
    said = [
        f"How many of the women at or beyond the clinical cut-off recovered is not given for {wording.listed(labels)}: {why}."
        for why, labels in by_reason.items()
    ]
    return [Paragraph(" ".join(said), lead="Recovery.")] if said else []
