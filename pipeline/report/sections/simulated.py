"""How often the printed intervals hold the truth: simulated beforehand, with every target that is missed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.coverage import load
from pipeline.report.blocks import Block, Column, Heading, Paragraph, Table

if TYPE_CHECKING:
    from pipeline.coverage import Design, Simulated

_TITLES = {
    "coverage": "Intervals: how often they held the truth",
    "false_positives": "Tests: how often they found what was not there",
    "false_alarms": "Limits: how often they were passed by chance",
    "bias": "Estimates: how far from the truth, in points",
}
_COLUMNS = (
    Column("What", share=2.1),
    Column("Sites", "right"),
    Column("Range", "right"),
    Column("Worst design", share=1.5),
    Column("Target"),
)
_MET = {True: "met", False: "missed", None: "none set"}


def simulated() -> list[Block]:
    """The committed table of simulations, a part a kind of number."""
    table = load()
    blocks: list[Block] = [
        Heading("How the intervals did in simulations", level=2),
        Paragraph(" ".join(table.notes)),
    ]
    for quantity, title in _TITLES.items():
        rows = [row for row in table.rows if row.quantity == quantity]
        if rows:
            blocks.append(Table(title, _COLUMNS, tuple(_line(row) for row in rows), is_dense=True))
    return blocks


def _line(row: Simulated) -> tuple[str, ...]:
    name = row.what if not row.remark else f"{row.what}. {row.remark}"
    sites = "" if row.sites is None else f"{row.sites}"
    low, high = (_number(value, row) for value in (row.lowest, row.highest))
    return (name, sites, low if low == high else f"{low} to {high}", _design(row), _MET[row.met])


def _number(value: float, row: Simulated) -> str:
    return f"{value:+.2f}" if row.quantity == "bias" else f"{100 * value:.1f} %"


def _design(row: Simulated) -> str:
    worst: Design = row.worst
    parts = [f"{worst.women} a site" if worst.sites else worst.women, worst.shape, worst.detail]
    spread = f"SD of sites {worst.spread:g}" if worst.spread else ""
    error = f"error {100 * worst.error:.1f}" if row.quantity != "bias" else f"error {worst.error:.2f}"
    return ", ".join(part for part in (*parts, spread, error) if part)
