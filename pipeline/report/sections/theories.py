"""The programme theories on one map, then the contrasts behind the verdicts and what would count against each theory."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pipeline.report import numerals, sentences, wording
from pipeline.report.blocks import Block, Cell, Column, Heading, Notice, Paragraph, Table

if TYPE_CHECKING:
    from pipeline.report.material import Material, Row

_AGAINST = "What would count against each theory"


def theories(material: Material) -> list[Block]:
    """The map, the contrasts and the counter-evidence; a sentence where no theory was registered."""
    rows = material.rows("open_theories")
    heading = Heading("Programme theories", is_change=bool(rows))
    if not rows:
        return [heading, Paragraph("No programme theory was registered for this study, so none is appraised.")]
    return [
        heading,
        Notice("Read with care.", sentences.CAUTION),
        Paragraph(
            "Each theory says in which context a mechanism is expected to bring about an outcome. The data hold "
            "contexts and outcomes and hardly ever mechanisms: a verdict says whether change lies where the theory "
            "expects it, and never that its mechanism is at work."
        ),
        Paragraph(sentences.verdicts(material)),
        _map(rows, material),
        _contrasts(rows),
        _against(rows),
    ]


def _map(rows: list[Row], material: Material) -> Table:
    cells = [
        (
            f"{row['theory_id']}. {row['title']}",
            wording.context(row["context"]),
            row["mechanism"],
            _outcome(row["outcome"], material),
            _verdict(row),
        )
        for row in rows
    ]
    heads = ("Theory", "Context", "Mechanism", "Outcome", "Verdict and reason")
    # A column grows with the root of its longest text, so that rows come out about as low as they can.
    shares = [math.sqrt(max(len(row[position]) for row in cells)) for position in range(len(heads))]
    columns = tuple(Column(head, share=share) for head, share in zip(heads, shares, strict=True))
    return Table("The theories and what became of them", columns, tuple(cells), is_dense=True)


def _outcome(words: str, material: Material) -> str:
    """The outcome with the label of its measure in place of the measure's code."""
    said, on, code = words.rpartition(" on ")
    measure = material.measures.get(code)
    return wording.capital(f"{said}{on}{measure.label if measure else code}")


def _verdict(row: Row) -> str:
    return f"{wording.VERDICTS.get(row['verdict'], row['verdict'])}. {wording.capital(row['reason'].rstrip('. '))}."


def _contrasts(rows: list[Row]) -> Table:
    columns = (
        Column("Theory", share=1),
        Column("Sites with, without", "right"),
        Column("Women with, without", "right"),
        Column("Difference", "right"),
        Column("Adjusted for first scores", "right"),
        Column("Smallest detectable", "right"),
        Column("In"),
    )
    note = (
        f"Sites or women with the context less those without it ({sentences.confidence()}). "
        "Smallest detectable: what the sites received could probably have shown."
    )
    return Table("The contrasts behind the verdicts", columns, tuple(_contrast(row) for row in rows), note=note)


def _contrast(row: Row) -> tuple[str | Cell, ...]:
    women = _pair(row["n_women_with"], row["n_women_without"]) or Cell(wording.status("too_few"), "muted")
    crude = numerals.estimate(row["estimate"], row["low"], row["high"]) or Cell("not given", "muted")
    adjusted = numerals.estimate(row["estimate_adjusted"], row["low_adjusted"], row["high_adjusted"]) or Cell(
        "not given", "muted"
    )
    smallest = numerals.points(row["smallest_detectable"]) or Cell("not given", "muted")
    return (row["theory_id"], _pair(row["k_sites_with"], row["k_sites_without"]), women, crude, adjusted, smallest, row["unit"])


def _pair(first: int | None, second: int | None) -> str:
    return "" if first is None or second is None else f"{numerals.count(first)}, {numerals.count(second)}"


def _against(rows: list[Row]) -> Table:
    registered = {row["registered"] for row in rows}
    note = "Exploratory: not shown to have been fixed before results."
    columns = [Column("Theory"), Column("What would count against it", share=1)]
    cells = [(row["theory_id"], row["would_count_against"]) for row in rows]
    if len(registered) == 1:
        note = f"Registration of every theory: {registered.pop()}. {note}"
        return Table(_AGAINST, tuple(columns), tuple(cells), note=note, is_dense=True)
    with_state = tuple((*cell, wording.capital(row["registered"])) for cell, row in zip(cells, rows, strict=True))
    return Table(_AGAINST, (*columns, Column("Registered", share=0.45)), with_state, note=note, is_dense=True)
