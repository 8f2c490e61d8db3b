"""Where no picture shows the sites of a theory: few services side by side, each with its context and what may be told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, wording
from pipeline.report.blocks import Block, Cell, Column, Paragraph, Table
from pipeline.report.material import is_shown

if TYPE_CHECKING:
    from pipeline.report.material import Material, Row

_MOST = 12
"""So many services are told one by one; of more the numbers on each side say enough."""
_RETENTION = "the share who have a second score"
_CONTEXT = "There is no picture: the contrast is not given, and the context is not one that is told of single sites."
_OUTCOME = "There is no picture: the contrast is not given, and no site has a figure of this outcome that may be shown."


def side_by_side(row: Row, material: Material) -> list[Block]:
    """A sentence on why there is no picture; and a table of the services, where their context is told and they are few."""
    if row.get("component") is None:
        return [Paragraph(_CONTEXT)]
    told = {each["site_id"]: each["value"] for each in material.rows("open_services", component=row["component"])}
    sites = sorted(site for site, value in told.items() if value in ("y", "n"))
    if not sites or len(sites) > _MOST:
        return [Paragraph(_OUTCOME)]
    is_retention = row["outcome"].lower().startswith(_RETENTION)
    lines: list[tuple[str | Cell, ...]] = []
    for site in sorted(sites, key=lambda each: told[each] != row["component_value"]):
        more = (_second_scores(site, material),) if is_retention else ()
        lines.append((site, "yes" if told[site] == "y" else "no", *more))
    more_columns = (Column("Women due a second score who have one", share=1),) if is_retention else ()
    columns = (Column("Service"), Column(wording.component(row["component"]), share=1), *more_columns)
    table = Table("The services side by side", columns, tuple(lines), is_dense=True)
    return [table] if is_retention else [Paragraph(_OUTCOME), table]


def _second_scores(site: str, material: Material) -> str | Cell:
    found = material.row("open_completeness", measure=material.primary, site_id=site)
    if found is None or not is_shown(found, "completion_pct"):
        return Cell(wording.status(found["status"] if found else "too_few"), "muted")
    return f"{numerals.percent(found['completion_pct'])} of {numerals.count(found['n_due'])}"
