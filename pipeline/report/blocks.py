"""A document as data: frozen parts, set in type or written as Markdown only at the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import zip_longest
from typing import Any, ClassVar, Literal

Align = Literal["left", "right", "center"]
Tone = Literal["plain", "strong", "muted", "yes"]


@dataclass(frozen=True)
class Heading:
    """A heading of level 1, 2 or 3; `is_change` puts the caution at the foot of every page of the section."""

    kind: ClassVar[str] = "heading"
    text: str
    level: int = 1
    is_change: bool = False
    is_numbered: bool = True


@dataclass(frozen=True)
class Paragraph:
    """Plain text, with a lead in bold where there is one."""

    kind: ClassVar[str] = "paragraph"
    text: str
    lead: str = ""


@dataclass(frozen=True)
class Items:
    """A list; each item is a lead, which may be empty, and a text."""

    kind: ClassVar[str] = "items"
    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Notice:
    """A boxed remark that must not be missed."""

    kind: ClassVar[str] = "notice"
    title: str
    text: str


@dataclass(frozen=True)
class Messages:
    """Findings: what it is about, a figure in large type, its sentences and, where there is a fourth text, how sure it is."""

    kind: ClassVar[str] = "messages"
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Tiles:
    """A few figures in large type side by side; each is the figure, and what it is of."""

    kind: ClassVar[str] = "tiles"
    tiles: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Facts:
    """Names and values in two columns. `is_dense` sets them in smaller type."""

    kind: ClassVar[str] = "facts"
    rows: tuple[tuple[str, str], ...]
    is_dense: bool = False


@dataclass(frozen=True)
class Cell:
    """A cell of a table that is not plain."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True)
class Column:
    """A column of a table; `share` is its part of the free width, 0 as wide as its content; `is_upright` turns its label."""

    label: str
    align: Align = "left"
    share: float = 0
    is_upright: bool = False


@dataclass(frozen=True)
class Table:
    """A table with real header rows; `spans` name groups of columns in a row above, as name and number of columns.

    `is_dense` sets it in smaller type, `is_tight` besides with hardly any room between rows, so that many fit a page. A long
    and narrow table runs through `k_columns` columns of the page. `is_split` lets a short one run over the end of a page too.
    """

    kind: ClassVar[str] = "table"
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str | Cell, ...], ...]
    note: str = ""
    spans: tuple[tuple[str, int], ...] = ()
    is_dense: bool = False
    is_tight: bool = False
    k_columns: int = 1
    is_split: bool = False


@dataclass(frozen=True)
class Figure:
    """A picture by name, with its caption and the alternative text that tells the finding."""

    kind: ClassVar[str] = "figure"
    name: str
    caption: str
    alt: str


@dataclass(frozen=True)
class Span:
    """One row of a picture of intervals; `look` is own, other (a further site), all or range."""

    label: str
    words: str
    low: float | None = None
    value: float | None = None
    high: float | None = None
    look: Literal["own", "other", "all", "range"] = "own"


@dataclass(frozen=True)
class Intervals:
    """A small picture of a few intervals on one scale, drawn by the typesetter."""

    kind: ClassVar[str] = "intervals"
    caption: str
    alt: str
    ticks: tuple[tuple[float, str], ...]
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Beside:
    """Columns of blocks on a page, each with its share of the width; where there are no pages, one after another."""

    kind: ClassVar[str] = "beside"
    columns: tuple[tuple[Block, ...], ...]
    shares: tuple[float, ...]


@dataclass(frozen=True)
class Break:
    """A new page; a soft one only where what follows, up to the next break, would not stay whole on this one."""

    kind: ClassVar[str] = "break"
    is_soft: bool = False


def page_of(section: str) -> str:
    """A reference to a section by its heading, for items, messages and cells: typeset with its page, elsewhere as a link."""
    return f"[[{section}]]"


Block = Heading | Paragraph | Items | Notice | Messages | Tiles | Facts | Table | Figure | Intervals | Beside | Break


def beside(left: Iterable[Block], right: Iterable[Block], *, shares: tuple[float, float] = (1, 1)) -> list[Block]:
    """Two columns; where one of them has nothing, the other over the whole width."""
    columns = (tuple(left), tuple(right))
    return [Beside(columns, shares)] if all(columns) else [*columns[0], *columns[1]]


def two_by_two(groups: Iterable[Sequence[Block]]) -> list[Block]:
    """Groups of blocks in two columns, next to each other in their order; a last one alone over the whole width."""
    found = list(groups)
    pairs = zip_longest(found[::2], found[1::2], fillvalue=())
    return [block for left, right in pairs for block in beside(left, right)]


def each(blocks: Iterable[Block]) -> Iterator[Block]:
    """Every block in order, with those that stand side by side one by one."""
    for block in blocks:
        if isinstance(block, Beside):
            yield from (part for column in block.columns for part in each(column))
        else:
            yield block


def as_json(block: Block) -> dict[str, Any]:
    """The block as plain data with its kind, for the typesetter."""
    if isinstance(block, Beside):
        columns = [[as_json(part) for part in column] for column in block.columns]
        return {"kind": block.kind, "shares": block.shares, "columns": columns}
    content = asdict(block)
    if isinstance(block, Table):
        content["rows"] = [[asdict(cell if isinstance(cell, Cell) else Cell(cell)) for cell in row] for row in block.rows]
    return {"kind": block.kind, **content}
