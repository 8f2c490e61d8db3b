"""How often the printed intervals hold the truth: simulated beforehand, with every target that is missed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.coverage import load, verdicts
from pipeline.report.blocks import Block, Column, Heading, Paragraph, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.coverage import Design, Simulated
    from pipeline.coverage.verdicts import Scenario

_TITLES = {
    "coverage": "Intervals: how often they held the truth",
    "false_positives": "Tests: how often they found what was not there",
    "false_alarms": "Limits: how often they were passed by chance",
    "bias": "Estimates: how far from the truth, in points",
}
_COLUMNS = (
    Column("What", share=2.2),
    Column("Sites", "right"),
    Column("Range", "right"),
    Column("Worst design", share=1.7),
    Column("Target", share=0.7),
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
            blocks.append(_table(title, [_line(row) for row in rows]))
    return [*blocks, *_verdicts()]


def _table(title: str, lines: list[tuple[str, ...]]) -> Table:
    """Without the columns that hold nothing."""
    kept = [at for at in range(len(_COLUMNS)) if any(line[at] for line in lines)]
    return Table(
        title, tuple(_COLUMNS[at] for at in kept), tuple(tuple(line[at] for at in kept) for line in lines), is_tight=True
    )


def _verdicts() -> list[Block]:
    """How often the verdicts on theories were right and wrong, by what was planted."""
    found = verdicts.load()
    heads = ("Sites", "Consistent", "Inconsistent", "Inconclusive", "Not testable")
    columns = (Column("What was planted", share=1), *(Column(head, "right") for head in heads), Column("Target"))
    return [
        Heading("How the verdicts on theories did in simulations", level=2),
        Paragraph(" ".join(found.notes)),
        Paragraph(said_of_targets(found.rows)),
        Table("Verdicts: how often each came, in per cent", columns, tuple(map(_scenario, found.rows)), is_tight=True),
    ]


def said_of_targets(rows: Sequence[Scenario]) -> str:
    """Which targets are met and which are missed; and what came of studies for which there was none."""
    aimed, missed = [row for row in rows if row.aim != "none"], [row for row in rows if row.met is False]
    names = "; ".join(f"{row.planted}, {row.sites} sites ({100 * row.rate:.1f} %)" for row in missed)
    said = f"{len(missed)} of {len(aimed)} targets are missed: {names}." if missed else f"All {len(aimed)} targets are met."
    without = [row for row in rows if row.aim == "none"]
    rates = "; ".join(f"{row.planted}, {row.sites} sites: {row.counted} in {100 * row.rate:.1f} %" for row in without)
    closed = [f"{row.planted.partition(':')[0]} at {row.sites} sites" for row in without if row.not_testable == 1]
    never = f" Never testable: {', '.join(closed)}." if closed else ""
    return f"{said} No target was set where none could be promised ({rates}).{never}" if without else said


def _scenario(row: Scenario) -> tuple[str, ...]:
    shares = (row.consistent, row.inconsistent, row.inconclusive, row.not_testable)
    bound = {"at_least": "at least", "at_most": "at most", "none": ""}[row.aim]
    target = f"{row.counted.replace('_', ' ')} {bound} {100 * row.target:.0f} %: " if bound else ""
    name = row.planted[:1].upper() + row.planted[1:]
    return (name, f"{row.sites}", *(f"{100 * share:.1f}" for share in shares), f"{target}{_MET[row.met]}")


def _line(row: Simulated) -> tuple[str, ...]:
    name = row.what if not row.remark else f"{row.what}. {row.remark}"
    sites = "" if row.sites is None else f"{row.sites}"
    low, high = (_number(value, row) for value in (row.lowest, row.highest))
    return (name, sites, low if low == high else f"{low} to {high}", _design(row), _kept_or_missed(row))


def _kept_or_missed(row: Simulated) -> str:
    """Whether the target is met; if not, on which side and how often."""
    if row.met is not False:
        return _MET[row.met]
    way = row.fault.replace("_", " ")
    return f"{way} in {row.misses} of {row.designs}" if row.designs > 1 else way


def _number(value: float, row: Simulated) -> str:
    return f"{value:+.2f}" if row.quantity == "bias" else f"{100 * value:.1f} %"


def _design(row: Simulated) -> str:
    worst: Design = row.worst
    parts = [f"{worst.women} a site" if worst.sites else worst.women, worst.shape, worst.detail]
    spread = f"SD of sites {worst.spread:g}" if worst.spread else ""
    error = f"error {100 * worst.error:.1f}" if row.quantity != "bias" else f"error {worst.error:.2f}"
    return ", ".join(part for part in (*parts, spread, error) if part)
