"""What the twins of a document share: the walk over its blocks, and the numbers of its tables and figures."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import ClassVar, Literal

from pipeline.report.blocks import (
    Beside,
    Block,
    Break,
    Facts,
    Figure,
    Heading,
    Intervals,
    Items,
    Messages,
    Notice,
    Paragraph,
    Table,
    Tiles,
)

Lines = Iterator[str]


class Twin(ABC):
    """Writes blocks one after another as lines of text, each by the method that bears the name of its kind.

    `gap` are the lines between two blocks. Tables and figures are numbered as they come; a new page has no meaning here, and
    what stands side by side in print is written one after the other.
    """

    gap: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        self._numbers = {"Table": 0, "Figure": 0}

    def lines(self, blocks: Iterable[Block]) -> Lines:
        """The lines of all blocks."""
        for block in blocks:
            if isinstance(block, Break):
                continue
            write: Callable[[Block], Lines] = getattr(self, block.kind)
            yield from write(block)
            yield from () if isinstance(block, Beside) else self.gap

    def numbered(self, kind: Literal["Table", "Figure"]) -> str:
        """The next number of that kind, as in `Table 3`, with its full stop."""
        self._numbers[kind] += 1
        return f"{kind} {self._numbers[kind]}."

    def beside(self, block: Beside) -> Lines:
        """One column after the other."""
        for column in block.columns:
            yield from self.lines(column)

    @abstractmethod
    def heading(self, block: Heading) -> Lines:
        """A heading of its level."""

    @abstractmethod
    def paragraph(self, block: Paragraph) -> Lines:
        """A paragraph, its lead set off."""

    @abstractmethod
    def items(self, block: Items) -> Lines:
        """A list, each lead set off."""

    @abstractmethod
    def notice(self, block: Notice) -> Lines:
        """A remark that must not be missed."""

    @abstractmethod
    def messages(self, block: Messages) -> Lines:
        """Findings with their figures."""

    @abstractmethod
    def tiles(self, block: Tiles) -> Lines:
        """A few figures, each with what it is of."""

    @abstractmethod
    def facts(self, block: Facts) -> Lines:
        """Names and values."""

    @abstractmethod
    def table(self, block: Table) -> Lines:
        """A table with its caption, heads and note."""

    @abstractmethod
    def figure(self, block: Figure) -> Lines:
        """A picture with its alternative text and caption."""

    @abstractmethod
    def intervals(self, block: Intervals) -> Lines:
        """A picture that only the typesetter draws, in words, with its caption."""
