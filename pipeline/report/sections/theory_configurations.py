"""The configurations of a theory: its truth table, what leads to the outcome, and what the outcome is never without."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, wording
from pipeline.report import wording_theories as words
from pipeline.report.blocks import Block, Cell, Column, Facts, Paragraph, Table
from pipeline.report.material import is_shown

if TYPE_CHECKING:
    from pipeline.report.material import Material, Row

_CRUDE = {"is_adjusted": False, "outcome": "present"}
_MOST_ROWS = 8


def configurations(row: Row, material: Material) -> list[Block]:
    """Truth table and solution by crude outcomes; nothing where the theory is none of configurations."""
    if row.get("test") != "configuration":
        return []
    theory = row["theory_id"]
    lines = material.rows("open_truth_table", theory_id=theory, **_CRUDE)
    if not lines:
        return [Paragraph("The configurations of services are not given: too few sites, or too few women at one of them.")]
    return [_truth_table(lines), Facts((*_solution(theory, material), _necessary(theory, material)), is_dense=True)]


def is_long(row: Row, material: Material) -> bool:
    """Whether the configurations, or they and what changed, take the room of the picture."""
    rows = material.rows("open_truth_table", theory_id=row["theory_id"], **_CRUDE)
    return len(rows) > _MOST_ROWS or bool(rows and material.rows("open_theory_changes", theory_id=row["theory_id"]))


def _truth_table(rows: list[Row]) -> Table:
    columns = (
        Column("Configuration of services", share=1),
        Column("Sites", "right"),
        Column("With the outcome", "right"),
        Column("Inclusion", "right"),
        Column("PRI", "right"),
        Column("Result"),
    )
    lines = tuple(_line(row) for row in rows)
    note = (
        "Bold: the predicted combination. Inclusion: how far all of its sites share the outcome. No outcome is told of one or "
        "two sites."
    )
    return Table("Configurations of services and the outcome, as measured", columns, lines, note=note, is_dense=True)


def _line(row: Row) -> tuple[str | Cell, ...]:
    name = Cell(words.term(row["configuration"]), "strong" if row["is_predicted"] else "plain")
    sites = numerals.count(row["k_sites"]) if row["k_sites"] else "none"
    if not is_shown(row, "inclusion"):
        why = words.RESULTS["remainder"] if not row["k_sites"] else wording.status("too_few")
        return (name, sites, "", "", "", Cell(why, "muted"))
    numbers = (
        numerals.count(row["k_sites_in"]) or "none",
        numerals.hundredths(row["inclusion"]),
        numerals.hundredths(row["pri"]),
    )
    return (name, sites, *numbers, words.RESULTS.get(row["result"], ""))


def _solution(theory: str, material: Material) -> list[tuple[str, str]]:
    """The first model of the intermediate solution, crude and adjusted."""
    said = []
    for is_adjusted, how in ((False, "Leads to it, as measured"), (True, "The same, adjusted")):
        where = {"is_adjusted": is_adjusted, "outcome": "present", "solution": "intermediate"}
        rows = material.rows("open_solutions", theory_id=theory, **where)
        mine = [row for row in rows if row["model"] == min(each["model"] for each in rows)]
        terms = "; ".join(f"{words.term(row['term'])} ({_fits(row)})" for row in mine)
        others = ". Other choices of terms fit as well" if len(mine) < len(rows) else ""
        said.append((how, f"{terms}{others}." if mine else "No configuration."))
    return said


def _fits(row: Row) -> str:
    parts = {"consistency": row["inclusion"], "PRI": row["pri"], "coverage": row["coverage"]}
    return ", ".join(f"{name} {numerals.hundredths(value)}" for name, value in parts.items() if value is not None)


def _necessary(theory: str, material: Material) -> tuple[str, str]:
    rows = [row for row in material.rows("open_necessary", theory_id=theory, **_CRUDE) if row["is_necessary"]]
    found = wording.listed([f"{words.term(row['condition'])} (coverage {numerals.hundredths(row['coverage'])})" for row in rows])
    return ("Necessary for it", f"{found}." if rows else "No single condition.")
