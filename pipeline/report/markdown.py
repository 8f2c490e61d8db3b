"""The Markdown twin of a document: the same blocks as text, so that two runs can be compared line by line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal

from pipeline.report import sentences
from pipeline.report.blocks import (
    Block,
    Cell,
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
from pipeline.report.study import SYNTHETIC
from pipeline.report.twin import Lines, Twin

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|$])")
_REFERENCE = re.compile(r"\\\[\\\[(.+?)\\\]\\\]")


def written(title: str, front: Facts, blocks: Sequence[Block], *, synthetic: bool, figures_folder: str = "figures") -> bytes:
    """The document as Markdown; figures are linked in `figures_folder`, beside the file."""
    lines = [f"# {_plain(title)}", ""]
    if synthetic:
        lines += [f"**{SYNTHETIC} DATA.** {sentences.INVENTED}", ""]
    lines += _Markdown(synthetic=synthetic, folder=figures_folder).lines([front, *blocks])
    known = {_plain(block.text) for block in blocks if isinstance(block, Heading)}
    text = _REFERENCE.sub(lambda found: _linked(found[1]) if found[1] in known else found[1], "\n".join(lines))
    return (text.rstrip() + "\n").encode()


def _linked(heading: str) -> str:
    """A link to a section, by the anchor that readers of Markdown make of its heading."""
    anchor = re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
    return f"[{heading}](#{anchor})"


class _Markdown(Twin):
    gap = ("",)

    def __init__(self, *, synthetic: bool, folder: str) -> None:
        super().__init__()
        self.mark = f" {SYNTHETIC}." if synthetic else ""
        self.folder = folder

    def caption(self, kind: Literal["Table", "Figure"], text: str) -> str:
        return f"**{self.numbered(kind)}{self.mark}** {_plain(text)}"

    def heading(self, block: Heading) -> Lines:
        yield f"{'#' * (block.level + 1)} {_plain(block.text)}"

    def paragraph(self, block: Paragraph) -> Lines:
        yield f"**{_plain(block.lead)}** {_plain(block.text)}" if block.lead else _plain(block.text)

    def items(self, block: Items) -> Lines:
        yield from (f"- **{_plain(lead)}** {_plain(text)}" if lead else f"- {_plain(text)}" for lead, text in block.items)

    def notice(self, block: Notice) -> Lines:
        yield f"> **{_plain(block.title)}** {_plain(block.text)}"

    def messages(self, block: Messages) -> Lines:
        for about, figure, text, *sure in block.rows:
            yield f"- **{_plain(about)}: {_plain(figure)}.** {_plain(text)}{''.join(f' How sure: {_plain(one)}' for one in sure)}"

    def tiles(self, block: Tiles) -> Lines:
        yield from (f"- **{_plain(figure)}** {_plain(text)}" for figure, text in block.tiles)

    def facts(self, block: Facts) -> Lines:
        yield from (f"- {_plain(name)}: {_plain(value)}" for name, value in block.rows)

    def table(self, block: Table) -> Lines:
        yield self.caption("Table", block.caption)
        yield ""
        yield from _table(block)

    def figure(self, block: Figure) -> Lines:
        yield f"![{_plain(block.alt)}]({self.folder}/{block.name}.svg)"
        yield ""
        yield self.caption("Figure", block.caption)

    def intervals(self, block: Intervals) -> Lines:
        yield self.caption("Figure", block.caption)
        yield ""
        yield from (f"- {_plain(span.label)}: {_plain(span.words)}" for span in block.spans)


def _table(block: Table) -> Lines:
    marks = {"left": "---", "right": "---:", "center": ":---:"}
    groups = [name for name, n_columns in block.spans for _ in range(n_columns)] or [""] * len(block.columns)
    yield _row(f"{group}: {column.label}" if group else column.label for group, column in zip(groups, block.columns, strict=True))
    yield _row((marks[column.align] for column in block.columns), is_plain=False)
    for row in block.rows:
        yield _row(cell.text if isinstance(cell, Cell) else cell for cell in row)
    if block.note:
        yield ""
        yield _plain(block.note)


def _row(cells: Iterable[str], *, is_plain: bool = True) -> str:
    return f"| {' | '.join(_plain(cell) if is_plain else cell for cell in cells)} |"


def _plain(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text.replace("\n", " "))
