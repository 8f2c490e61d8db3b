"""The programme theories: one map of all, then a page a theory."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pipeline.report import sentences, sentences_verdicts, wording
from pipeline.report import wording_theories as words
from pipeline.report.blocks import Block, Break, Cell, Column, Heading, Notice, Paragraph, Table
from pipeline.report.sections.theory_pages import outcome_of, theory_page

if TYPE_CHECKING:
    from pipeline.report.material import Material, Row

_BESIDE_TEXT = 16
"""So many theories share a page with what leads to them; more have a page of their own."""

_BANDS = "Beside it what most sources said that spoke to it, and how many they are; too few: nobody, or not enough to print."


def theories(material: Material) -> list[Block]:
    """The map, then a page a theory; a sentence where no theory was registered."""
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
        Paragraph(sentences_verdicts.verdicts(material)),
        Paragraph(_evidence(material)),
        *([Break()] if len(rows) > _BESIDE_TEXT else []),
        _map(rows, material),
        *(block for row in rows for block in theory_page(row, material)),
    ]


def _evidence(material: Material) -> str:
    """How what people said stands to the verdicts, theory by theory."""
    wholes = material.rows("open_joint", element="all", role_group="all")
    if not wholes:
        return "No coded evidence from interviews or groups was given to this study."
    said = []
    for fit, name in words.FITS.items():
        found = [row["theory_id"] for row in wholes if row["fit"] == fit]
        said += [f"{name}: {wording.listed(found)}."] if found else []
    lead = "Beside the numbers stands what people said in interviews and groups, as far as enough of them spoke to a theory."
    return " ".join([lead, *said])


def _map(rows: list[Row], material: Material) -> Table:
    has_evidence = bool(material.rows("open_joint"))
    cells = [_line(row, material, has_evidence=has_evidence) for row in rows]
    heads = ["Theory", "Context", "Mechanism in short", "Outcome", "Verdict", *(["Evidence"] if has_evidence else [])]
    texts = [[cell.text if isinstance(cell, Cell) else cell for cell in line] for line in cells]
    # A column of words grows with the root of its longest text, so that rows come out about as low as they can.
    shares = [0.0 if at in (0, 4, 5) else math.sqrt(max(len(line[at]) for line in texts)) for at in range(len(heads))]
    columns = tuple(Column(head, share=share) for head, share in zip(heads, shares, strict=True))
    fits = {line[5] for line in texts} if has_evidence else set()
    meanings = [f"{name}: {words.FIT_MEANINGS[fit].rstrip('.')}." for fit, name in words.FITS.items() if name in fits]
    below = ["Below, each theory with its whole mechanism and the reason of its verdict."]
    note = " ".join([*below, *([_BANDS] if has_evidence else []), *meanings])
    return Table(
        "The theories and what became of them",
        columns,
        tuple(cells),
        note=note,
        is_dense=True,
        is_tight=len(rows) > _BESIDE_TEXT,
        is_split=len(rows) <= _BESIDE_TEXT,
    )


def _line(row: Row, material: Material, *, has_evidence: bool) -> tuple[str | Cell, ...]:
    verdict = str(wording.VERDICTS.get(row["verdict"], row["verdict"]))
    line: tuple[str | Cell, ...] = (
        row["theory_id"],
        wording.context(row["context"]),
        row["title"],
        outcome_of(row, material),
        Cell(verdict, "strong") if row["verdict"] in ("consistent", "inconsistent") else verdict,
    )
    if not has_evidence:
        return line
    whole = material.row("open_joint", theory_id=row["theory_id"], element="all", role_group="all")
    return (*line, words.FITS[whole["fit"]] if whole else words.FITS["silent"])
