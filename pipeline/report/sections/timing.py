"""When the first score was taken: days before treatment over all sites and at each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, sentences, wording
from pipeline.report.blocks import Block, Cell, Column, Paragraph, Table
from pipeline.report.material import is_shown

if TYPE_CHECKING:
    from pipeline.report.material import Material, Row

ALL = "ALL"
_MEASURES_A_TABLE = 6


def timing(material: Material) -> list[Block]:
    """Why it matters and the medians, measure by measure and site by site; none where no median may be shown."""
    told = [m for m in material.measures.values() if any(is_shown(row) for row in material.rows("open_timing", measure=m.id))]
    if not told:
        return []
    why = (
        "A first score from long before treatment counts what eased while a woman waited as improvement, and one from the day "
        "on which treatment began does not. Sites differ in when they ask."
    )
    first = next((m for m in told if sentences.value(material, f"timing.{m.id}.median_days")), told[0])
    said = sentences.sentence(material, f"timing.{first.id}.median_days", measure=first.label)
    blocks: list[Block] = [Paragraph(f"{why} {said}", lead="From first score to treatment.")]
    for start in range(0, len(told), _MEASURES_A_TABLE):
        shown = told[start : start + _MEASURES_A_TABLE]
        sites = dict.fromkeys(row["site_id"] for m in shown for row in material.rows("open_timing", measure=m.id))
        columns = (Column("Site", share=1), *(Column(m.label, "right", share=1) for m in shown))
        cells = tuple(
            (_site(site), *(_days(material.row("open_timing", measure=m.id, site_id=site)) for m in shown))
            for site in sorted(sites, key=lambda site: (site != ALL, site))
        )
        note = "Days; half of the women waited longer, half less. Over all sites with quartiles. Less than none: it had begun."
        blocks.append(Table("Days from first score to treatment", columns, cells, note=note, is_tight=True))
    return blocks


def _site(site: str) -> str:
    return "All sites" if site == ALL else site


def _days(row: Row | None) -> str | Cell:
    if row is None:
        return Cell(wording.status("not_recorded"), "muted")
    if not is_shown(row, "median_days"):
        return Cell(wording.status(row["status"]), "muted")
    limits = (row["lower_days"], row["upper_days"])
    spread = "" if None in limits else f" ({numerals.count(limits[0])} to {numerals.count(limits[1])})"
    return f"{numerals.count(row['median_days'])}{spread}"
