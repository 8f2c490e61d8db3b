"""How sure a finding is: what else would have to hold, each in a sentence of its own finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import sentences, wording
from pipeline.report.material import is_shown
from pipeline.report.sections.thresholds import judged

if TYPE_CHECKING:
    from pipeline.measures import Measure
    from pipeline.report.material import Material

OF_THEORIES = (
    "A verdict says whether change lies where the theory expects it. The data hardly ever hold a mechanism, so no verdict shows "
    "that one is at work."
)


def how_sure(material: Material, measure: Measure) -> str:
    """Of a pooled mean: for how many women it is known, what would come by itself, and whether thresholds agree."""
    keys = [f"change.{measure.id}.completion_pct", f"twin.{measure.id}.expected"]
    said = [sentences.sentence(material, key, measure=measure.label) for key in keys if sentences.value(material, key)]
    if between := sentences.value(material, f"twin.{measure.id}.expected_range").replace(" to ", " and "):
        said.append(f"Regression to the mean alone would give between {between} points, over the population means tried.")
    row = material.row("open_verdicts", measure=measure.id)
    if row is not None and is_shown(row, "verdict"):
        said.append(judged(row) if row["verdict"] == "fragile" else wording.FRAGILITY[row["verdict"]])
    return " ".join(said)
