"""The HTML twin of a document: the same blocks as one page that a screen reader, a phone and a printer can read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING

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
from pipeline.report.colours import legible
from pipeline.report.study import SYNTHETIC

if TYPE_CHECKING:
    from pipeline.report.study import StudyFacts

_REFERENCE = re.compile(r"\[\[(.+?)\]\]")
_STYLE = """
:root{{--main:{main};--accent:{accent}}}
body{{font:1rem/1.5 "Source Sans 3",system-ui,sans-serif;color:#1b2530;max-width:60rem;margin:0 auto;padding:1rem}}
h1,h2,h3,h4,th,dt{{color:var(--main)}}h2{{border-top:2px solid var(--main);padding-top:.6rem;margin-top:2.5rem}}
a{{color:var(--main)}}.skip{{position:absolute;left:-99rem}}.skip:focus{{position:static}}
.mark{{background:var(--accent);color:#fff;padding:.4rem .8rem;font-weight:600}}
.note{{border-left:4px solid var(--accent);background:#f7f1ec;padding:.6rem 1rem}}
.scroll{{overflow-x:auto}}table{{border-collapse:collapse;font-size:.9rem;width:100%}}
caption,figcaption{{text-align:left;font-size:.9rem;padding:.4rem 0}}th,td{{padding:.25rem .5rem;vertical-align:top}}
thead{{border-bottom:2px solid var(--main)}}tbody tr{{border-bottom:1px solid #c4ced5}}th{{text-align:left}}
.right{{text-align:right;font-variant-numeric:tabular-nums}}.center{{text-align:center}}
img{{max-width:100%;height:auto}}.muted{{color:#55606b}}.strong{{font-weight:700}}figure{{margin:1.5rem 0}}
dl{{display:grid;grid-template-columns:max-content 1fr;gap:.3rem 1.5rem}}dd{{margin:0}}
@media print{{nav{{display:none}}figure,tr{{break-inside:avoid}}}}
"""


class _Page:
    """Numbers captions and knows the sections while the blocks of one document are written."""

    def __init__(self, study: StudyFacts, blocks: Sequence[Block]) -> None:
        self.mark = f'<span class="strong">{SYNTHETIC}.</span> ' if study.synthetic else ""
        self.sections = {block.text for block in blocks if isinstance(block, Heading) and block.level == 1}
        self.numbers = {"Table": 0, "Figure": 0}

    def caption(self, kind: str, text: str) -> str:
        self.numbers[kind] += 1
        return f"<b>{kind} {self.numbers[kind]}.</b> {self.mark}{escape(text)}"

    def text(self, text: str) -> str:
        return _REFERENCE.sub(lambda found: self.link(found[1]), escape(text, quote=False))

    def link(self, section: str) -> str:
        known = {escape(each, quote=False) for each in self.sections}
        return f'<a href="#{anchor(section)}">{section}</a>' if section in known else section


def page(title: str, front: Facts, blocks: Sequence[Block], study: StudyFacts, *, figures_folder: str = "figures") -> bytes:
    """The document as one HTML page; pictures are linked in `figures_folder`, beside the file, and nothing else is loaded."""
    here = _Page(study, blocks)
    whole = f"{SYNTHETIC} DATA. {title}" if study.synthetic else title
    style = _STYLE.format(main=legible(study.colour), accent=legible(study.accent))
    words = ", ".join(filter(None, (SYNTHETIC if study.synthetic else "", study.state, f"run {study.run_id}")))
    parts = [
        '<!DOCTYPE html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta name="author" content="{escape(study.author)}">\n<meta name="keywords" content="{escape(words)}">',
        f"<title>{escape(whole)}</title>\n<style>{style}</style>\n</head>\n<body>",
        '<a class="skip" href="#report">To the report</a>',
        *([f'<p class="mark">{SYNTHETIC} DATA. {escape(sentences.INVENTED)}</p>'] if study.synthetic else []),
        f"<header><h1>{escape(title)}</h1>{_facts(front, here)}</header>",
        *_contents(blocks),
        '<main id="report">',
        *(line for block in blocks for line in _block(block, here, figures_folder)),
        "</main>\n</body>\n</html>",
    ]
    return ("\n".join(parts) + "\n").encode()


def anchor(heading: str) -> str:
    """The id of a section, from its heading."""
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")


def _contents(blocks: Sequence[Block]) -> Iterator[str]:
    yield '<nav aria-label="Contents"><h2>Contents</h2><ul>'
    for block in blocks:
        if isinstance(block, Heading) and block.level == 1:
            yield f'<li><a href="#{anchor(block.text)}">{escape(block.text)}</a></li>'
    yield "</ul></nav>"


def _block(block: Block, here: _Page, folder: str) -> Iterator[str]:
    if isinstance(block, Break):
        return
    if isinstance(block, Heading):
        name = f' id="{anchor(block.text)}"' if block.level == 1 else ""
        yield f"<h{block.level + 1}{name}>{escape(block.text)}</h{block.level + 1}>"
    elif isinstance(block, Paragraph):
        yield f"<p>{_led(block.lead, block.text, here)}</p>"
    elif isinstance(block, Items):
        yield "<ul>" + "".join(f"<li>{_led(lead, text, here)}</li>" for lead, text in block.items) + "</ul>"
    elif isinstance(block, Notice):
        yield f'<p class="note" role="note">{_led(block.title, block.text, here)}</p>'
    elif isinstance(block, Messages):
        rows = ((about, figure, _sure(text, sure, here)) for about, figure, text, *sure in block.rows)
        yield "".join(f"<h3>{escape(about)}: {escape(figure)}</h3><p>{text}</p>" for about, figure, text in rows)
    elif isinstance(block, Facts):
        yield _facts(block, here)
    elif isinstance(block, Table):
        yield from _table(block, here)
    else:
        yield from _picture(block, here, folder)


def _sure(text: str, sure: list[str], here: _Page) -> str:
    return here.text(text) + "".join(f" <b>How sure?</b> {here.text(one)}" for one in sure)


def _led(lead: str, text: str, here: _Page) -> str:
    return f"<b>{escape(lead)}</b> {here.text(text)}" if lead else here.text(text)


def _facts(block: Facts, here: _Page) -> str:
    return "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{here.text(value)}</dd>" for name, value in block.rows) + "</dl>"


def _picture(block: Figure | Intervals, here: _Page, folder: str) -> Iterator[str]:
    if isinstance(block, Figure):
        picture = f'<img src="{folder}/{escape(block.name)}.svg" alt="{escape(block.alt)}">'
    else:
        picture = "<ul>" + "".join(f"<li>{escape(span.label)}: {escape(span.words)}</li>" for span in block.spans) + "</ul>"
    yield f"<figure>{picture}<figcaption>{here.caption('Figure', block.caption)}</figcaption></figure>"


def _table(block: Table, here: _Page) -> Iterator[str]:
    yield f'<div class="scroll" tabindex="0"><table><caption>{here.caption("Table", block.caption)}</caption><thead>'
    if block.spans:
        yield f"<tr>{''.join(_group(name, n_columns) for name, n_columns in block.spans)}</tr>"
    heads = (f'<th scope="col" class="{column.align}">{escape(column.label)}</th>' for column in block.columns)
    yield f"<tr>{''.join(heads)}</tr></thead><tbody>"
    for row in block.rows:
        yield f"<tr>{''.join(_cell(cell, at, block, here) for at, cell in enumerate(row))}</tr>"
    yield "</tbody></table></div>"
    if block.note:
        yield f'<p class="muted">{here.text(block.note)}</p>'


def _group(name: str, n_columns: int) -> str:
    """A head over several columns; an empty one is no head."""
    return f'<th scope="colgroup" colspan="{n_columns}">{escape(name)}</th>' if name else f'<td colspan="{n_columns}"></td>'


def _cell(cell: str | Cell, at: int, block: Table, here: _Page) -> str:
    text, tone = (cell.text, cell.tone) if isinstance(cell, Cell) else (cell, "plain")
    kind, scope = ("th", ' scope="row"') if at == 0 else ("td", "")
    return f'<{kind}{scope} class="{block.columns[at].align} {tone}">{here.text(text)}</{kind}>'
