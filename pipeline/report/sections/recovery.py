"""Recovery on one measure: of the women who were cases before, how many were none after, and how many reliably so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, sentences
from pipeline.report.blocks import Block, Paragraph

if TYPE_CHECKING:
    from pipeline.measures import Measure
    from pipeline.report.material import Material


def recovery(material: Material, measure: Measure) -> list[Block]:
    """One paragraph, or why there are no numbers; none where nothing was released on it."""
    rows = material.rows("open_recovery", measure=measure.id)
    if not rows:
        return []
    keys = [f"recovery.{measure.id}.{row['share']}_pct" for row in rows]
    if not any(sentences.value(material, key) for key in keys):
        return [Paragraph(sentences.sentence(material, keys[0], measure=measure.label), lead="Recovery.")]
    said = [sentences.sentence(material, key, measure=measure.label) for key in keys]
    cut = f"The clinical cut-off is {numerals.plain(rows[0]['cut_off'])} {measure.range.unit}."
    count = numerals.count(rows[0]["n_cases"])
    of = f" Women beyond it before: {count}." if count else ""
    least = "A score can cross a cut-off by a point, so that recovery alone says little of how much changed."
    return [Paragraph(f"{cut}{of} {' '.join(said)} {least}", lead="Recovery.")]
