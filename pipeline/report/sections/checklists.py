"""The published reporting standards, item by item, with the pages that answer them and what is left to the study team."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import wording
from pipeline.report.blocks import Block, Cell, Column, Heading, Paragraph, Table, page_of
from pipeline.reporting import standards

if TYPE_CHECKING:
    from pipeline.reporting import Item, Standard

TITLE_PAGE, METHOD = "Title page", "Method"
_MOST_ITEMS_WHOLE = 15
_UNVERIFIED = wording.EVIDENCE["BK"]


def with_checklists(blocks: list[Block]) -> list[Block]:
    """The blocks of a report with the standards at the end of its section on method."""
    starts = [at for at, block in enumerate(blocks) if isinstance(block, Heading) and block.level == 1]
    method = next(at for at in starts if getattr(blocks[at], "text", "") == METHOD)
    end = next((at for at in starts if at > method), len(blocks))
    return [*blocks[:end], *checklists(blocks), *blocks[end:]]


def checklists(blocks: list[Block]) -> list[Block]:
    """Each standard as a table; pages are given for the sections that `blocks`, the rest of the report, hold."""
    sections = {TITLE_PAGE, *(block.text for block in blocks if isinstance(block, Heading) and block.level == 1)}
    return [
        Heading("Reporting standards", level=2),
        Paragraph(
            "Where this report says what the published standards ask for. Titles of items are in words of our own. What only the "
            "people who run the study can say is named, and has to be added before publication."
        ),
        *(_table(standard, sections) for standard in standards()),
    ]


def _table(standard: Standard, sections: set[str]) -> Table:
    columns = (
        Column("Item"),
        Column("What is asked for", share=1.1),
        Column("Where", share=1.2),
        Column("For the study team to add", share=0.8),
    )
    note = f"{standard.citation} {standard.url}"
    if any(wording.EVIDENCE[item.evidence] == _UNVERIFIED for item in standard.items):
        note = f"Items marked {_UNVERIFIED}: the number is known, the wording of the item itself was not read. {note}"
    return Table(
        standard.title,
        columns,
        tuple(_row(item, sections) for item in standard.items),
        note=note,
        is_dense=True,
        is_split=len(standard.items) > _MOST_ITEMS_WHOLE,
    )


def _row(item: Item, sections: set[str]) -> tuple[str | Cell, ...]:
    is_read = wording.EVIDENCE[item.evidence] != _UNVERIFIED
    asked = item.title if is_read else f"{item.title} ({_UNVERIFIED})"
    found = [page_of(section) for section in item.where if section in sections]
    where: str | Cell = "; ".join(found) or Cell("left to the study team" if item.team else "not in this report", "muted")
    return (item.number, asked, where, wording.capital(item.team) or "\N{EN DASH}")
