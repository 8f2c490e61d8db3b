"""Where no picture shows the sites of a theory: few services side by side, each with its context and what may be told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, wording
from pipeline.report.blocks import Block, Cell, Column, Paragraph, Table
from pipeline.report.material import is_shown
from pipeline.report.theory_sides import answers, component_of, value_of_context

if TYPE_CHECKING:
    from pipeline.report.material import Material, Row

_MOST = 12
"""So many services are told one by one; of more the numbers on each side say enough."""
_RETENTION = "the share who have a second score"
_CONTEXT = "There is no picture: the contrast is not given, and the context is not one that is told of single sites."
_OUTCOME = "There is no picture: the contrast is not given, and no site has a figure of this outcome that may be shown."


def side_by_side(row: Row, material: Material) -> list[Block]:
    """A sentence on why there is no picture; and a table of the services, where their context is told and they are few."""
    component = component_of(row)
    if component is None:
        return [Paragraph(_CONTEXT)]
    told = answers(row, material)
    sites = sorted(told)
    if not sites or len(sites) > _MOST:
        return [Paragraph(_OUTCOME)]
    is_retention = row["outcome"].lower().startswith(_RETENTION)
    if not is_retention:
        return [Paragraph(f"{_OUTCOME} {_who_has_it(row, told, component)}")]
    lines: list[tuple[str | Cell, ...]] = []
    for site in sorted(sites, key=lambda each: told[each] != value_of_context(row)):
        lines.append((site, "yes" if told[site] == "y" else "no", _second_scores(site, material)))
    columns = (
        Column("Service"),
        Column(wording.component(component), share=1),
        Column("Women due a second score who have one", share=1),
    )
    return [Table("The services side by side", columns, tuple(lines), is_dense=True)]


def _who_has_it(row: Row, told: dict[str, str], component: str) -> str:
    """Which services stand on which side, that of the context first."""
    said = []
    for value in (value_of_context(row), "n" if value_of_context(row) == "y" else "y"):
        sites = sorted(site for site, answer in told.items() if answer == value)
        said.append(f"{'yes' if value == 'y' else 'no'} at {wording.listed(sites) or 'no service'}")
    return f"{wording.component(component)}: {'; '.join(said)}."


def _second_scores(site: str, material: Material) -> str | Cell:
    found = material.row("open_completeness", measure=material.primary, site_id=site)
    if found is None or not is_shown(found, "completion_pct"):
        return Cell(wording.status(found["status"] if found else "too_few"), "muted")
    return f"{numerals.percent(found['completion_pct'])} of {numerals.count(found['n_due'])}"
