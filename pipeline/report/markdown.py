"""The Markdown twin of a document: the same blocks as text, so that two runs can be compared line by line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from pipeline.report import sentences
from pipeline.report.blocks import (
    Block,
    Break,
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
)
from pipeline.report.study import SYNTHETIC

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|$])")
_REFERENCE = re.compile(r"\\\[\\\[(.+?)\\\]\\\]")


def written(title: str, front: Facts, blocks: Sequence[Block], *, synthetic: bool, figures_folder: str = "figures") -> bytes:
    """The document as Markdown; figures are linked in `figures_folder`, beside the file."""
    lines = [f"# {_plain(title)}", ""]
    if synthetic:
        lines += [f"**{SYNTHETIC} DATA.** {sentences.INVENTED}", ""]
    lines += _block(front, synthetic, {}, figures_folder)
    numbers = {"Table": 0, "Figure": 0}
    for block in blocks:
        lines += _block(block, synthetic, numbers, figures_folder)
    known = {_plain(block.text) for block in blocks if isinstance(block, Heading)}
    text = _REFERENCE.sub(lambda found: _linked(found[1]) if found[1] in known else found[1], "\n".join(lines))
    return (text.rstrip() + "\n").encode()


def _linked(heading: str) -> str:
    """A link to a section, by the anchor that readers of Markdown make of its heading."""
    anchor = re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
    return f"[{heading}](#{anchor})"


def _block(block: Block, synthetic: bool, numbers: dict[str, int], folder: str) -> Iterator[str]:
    if isinstance(block, Break):
        return
    if isinstance(block, Heading):
        yield f"{'#' * (block.level + 1)} {_plain(block.text)}"
    elif isinstance(block, Paragraph):
        yield f"**{_plain(block.lead)}** {_plain(block.text)}" if block.lead else _plain(block.text)
    elif isinstance(block, Items):
        yield from (f"- **{_plain(lead)}** {_plain(text)}" if lead else f"- {_plain(text)}" for lead, text in block.items)
    elif isinstance(block, Notice):
        yield f"> **{_plain(block.title)}** {_plain(block.text)}"
    elif isinstance(block, Messages):
        for about, figure, text, *sure in block.rows:
            yield f"- **{_plain(about)}: {_plain(figure)}.** {_plain(text)}{''.join(f' How sure: {_plain(one)}' for one in sure)}"
    elif isinstance(block, Facts):
        yield from (f"- {_plain(name)}: {_plain(value)}" for name, value in block.rows)
    elif isinstance(block, Table):
        yield _caption("Table", block.caption, synthetic, numbers)
        yield ""
        yield from _table(block)
    else:
        yield from _picture(block, synthetic, numbers, folder)
    yield ""


def _picture(block: Figure | Intervals, synthetic: bool, numbers: dict[str, int], folder: str) -> Iterator[str]:
    if isinstance(block, Figure):
        yield f"![{_plain(block.alt)}]({folder}/{block.name}.svg)"
        yield ""
        yield _caption("Figure", block.caption, synthetic, numbers)
        return
    yield _caption("Figure", block.caption, synthetic, numbers)
    yield ""
    yield from (f"- {_plain(span.label)}: {_plain(span.words)}" for span in block.spans)


def _table(block: Table) -> Iterator[str]:
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


def _caption(kind: str, caption: str, synthetic: bool, numbers: dict[str, int]) -> str:
    numbers[kind] += 1
    mark = f" {SYNTHETIC}." if synthetic else ""
    return f"**{kind} {numbers[kind]}.{mark}** {_plain(caption)}"


def _plain(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text.replace("\n", " "))
