"""The HTML twin of a document: the same blocks as one page that a screen reader, a phone and a printer can read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING, Literal

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
from pipeline.report.colours import legible
from pipeline.report.study import SYNTHETIC
from pipeline.report.twin import Lines, Twin

if TYPE_CHECKING:
    from pipeline.report.study import StudyFacts

_REFERENCE = re.compile(r"\[\[(.+?)\]\]")
_STYLE = """
:root{{--main:{main};--accent:{accent}}}
body{{font:1rem/1.5 "Source Sans 3",system-ui,sans-serif;color:#1b2530;max-width:60rem;margin:0 auto;padding:1rem;
overflow-wrap:break-word}}
h1,h2,h3,h4,th,dt{{color:var(--main)}}h2{{border-top:2px solid var(--main);padding-top:.6rem;margin-top:2.5rem}}
a{{color:var(--main)}}.skip{{position:absolute;left:-99rem}}.skip:focus{{position:static}}
.mark{{background:var(--accent);color:#fff;padding:.4rem .8rem;font-weight:600}}
.note{{border-left:4px solid var(--accent);background:#f7f1ec;padding:.6rem 1rem}}
.scroll{{overflow-x:auto}}table{{border-collapse:collapse;font-size:.9rem;width:100%}}
caption,figcaption{{text-align:left;font-size:.9rem;padding:.4rem 0}}caption span{{position:sticky;left:0;
display:inline-block;max-width:calc(100vw - 2rem)}}th,td{{padding:.25rem .5rem;vertical-align:top}}
thead{{border-bottom:2px solid var(--main)}}tbody tr{{border-bottom:1px solid #c4ced5}}th{{text-align:left}}
td.right{{white-space:nowrap}}
.right{{text-align:right;font-variant-numeric:tabular-nums}}.center{{text-align:center}}
img{{max-width:100%;height:auto}}.muted{{color:#55606b}}.strong{{font-weight:700}}figure{{margin:1.5rem 0}}
dl{{display:grid;grid-template-columns:fit-content(40%) minmax(0,1fr);gap:.3rem 1.5rem}}dd{{margin:0}}
@media print{{nav{{display:none}}figure,tr{{break-inside:avoid}}}}
"""


class _Page(Twin):
    """The blocks of one document; it knows the sections that a reference may lead to."""

    def __init__(self, study: StudyFacts, blocks: Sequence[Block], folder: str) -> None:
        super().__init__()
        self.mark = f'<span class="strong">{SYNTHETIC}.</span> ' if study.synthetic else ""
        self.sections = {escape(b.text, quote=False) for b in blocks if isinstance(b, Heading) and b.level == 1}
        self.folder = folder

    def caption(self, kind: Literal["Table", "Figure"], text: str) -> str:
        return f"<b>{self.numbered(kind)}</b> {self.mark}{escape(text)}"

    def text(self, text: str) -> str:
        return _REFERENCE.sub(lambda found: self.link(found[1]), escape(text, quote=False))

    def link(self, section: str) -> str:
        return f'<a href="#{anchor(section)}">{section}</a>' if section in self.sections else section

    def led(self, lead: str, text: str) -> str:
        return f"<b>{escape(lead)}</b> {self.text(text)}" if lead else self.text(text)

    def heading(self, block: Heading) -> Lines:
        name = f' id="{anchor(block.text)}"' if block.level == 1 else ""
        yield f"<h{block.level + 1}{name}>{escape(block.text)}</h{block.level + 1}>"

    def paragraph(self, block: Paragraph) -> Lines:
        yield f"<p>{self.led(block.lead, block.text)}</p>"

    def items(self, block: Items) -> Lines:
        yield "<ul>" + "".join(f"<li>{self.led(lead, text)}</li>" for lead, text in block.items) + "</ul>"

    def notice(self, block: Notice) -> Lines:
        yield f'<p class="note" role="note">{self.led(block.title, block.text)}</p>'

    def messages(self, block: Messages) -> Lines:
        rows = ((about, figure, self.sure(text, sure)) for about, figure, text, *sure in block.rows)
        yield "".join(f"<h3>{escape(about)}: {escape(figure)}</h3><p>{text}</p>" for about, figure, text in rows)

    def sure(self, text: str, sure: list[str]) -> str:
        return self.text(text) + "".join(f" <b>How sure?</b> {self.text(one)}" for one in sure)

    def tiles(self, block: Tiles) -> Lines:
        yield "<ul>" + "".join(f"<li><b>{escape(figure)}</b> {self.text(text)}</li>" for figure, text in block.tiles) + "</ul>"

    def facts(self, block: Facts) -> Lines:
        rows = "".join(f"<dt>{escape(name)}</dt><dd>{self.text(value)}</dd>" for name, value in block.rows)
        yield f"<dl>{rows}</dl>"

    def figure(self, block: Figure) -> Lines:
        yield self.pictured(f'<img src="{self.folder}/{escape(block.name)}.svg" alt="{escape(block.alt)}">', block.caption)

    def intervals(self, block: Intervals) -> Lines:
        spans = "".join(f"<li>{escape(span.label)}: {escape(span.words)}</li>" for span in block.spans)
        yield self.pictured(f"<ul>{spans}</ul>", block.caption)

    def pictured(self, picture: str, caption: str) -> str:
        return f"<figure>{picture}<figcaption>{self.caption('Figure', caption)}</figcaption></figure>"

    def table(self, block: Table) -> Lines:
        yield f'<div class="scroll" tabindex="0"><table><caption><span>{self.caption("Table", block.caption)}</span></caption>'
        yield "<thead>"
        if block.spans:
            yield f"<tr>{''.join(_group(name, n_columns) for name, n_columns in block.spans)}</tr>"
        heads = (f'<th scope="col" class="{column.align}">{escape(column.label)}</th>' for column in block.columns)
        yield f"<tr>{''.join(heads)}</tr></thead><tbody>"
        for row in block.rows:
            yield f"<tr>{''.join(self.cell(cell, at, block) for at, cell in enumerate(row))}</tr>"
        yield "</tbody></table></div>"
        if block.note:
            yield f'<p class="muted">{self.text(block.note)}</p>'

    def cell(self, cell: str | Cell, at: int, block: Table) -> str:
        text, tone = (cell.text, cell.tone) if isinstance(cell, Cell) else (cell, "plain")
        kind, scope = ("th", ' scope="row"') if at == 0 and text else ("td", "")
        return f'<{kind}{scope} class="{block.columns[at].align} {tone}">{self.text(text)}</{kind}>'


def page(title: str, front: Facts, blocks: Sequence[Block], study: StudyFacts, *, figures_folder: str = "figures") -> bytes:
    """The document as one HTML page; pictures are linked in `figures_folder`, beside the file, and nothing else is loaded."""
    here = _Page(study, blocks, figures_folder)
    whole = f"{SYNTHETIC} DATA. {title}" if study.synthetic else title
    style = _STYLE.format(main=legible(study.colour), accent=legible(study.accent))
    words = ", ".join(filter(None, (SYNTHETIC if study.synthetic else "", study.state, f"run {study.run_id}")))
    parts = [
        '<!DOCTYPE html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta name="author" content="{escape(study.author)}">\n<meta name="keywords" content="{escape(words)}">',
        f"<title>{escape(whole)}</title>\n<style>{style}</style>\n</head>\n<body>",
        '<a class="skip" href="#report">To the report</a>',
        "<header>",
        *([f'<p class="mark">{SYNTHETIC} DATA. {escape(sentences.INVENTED)}</p>'] if study.synthetic else []),
        f"<h1>{escape(title)}</h1>{''.join(here.facts(front))}</header>",
        *_contents(blocks),
        '<main id="report">',
        *here.lines(blocks),
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


def _group(name: str, n_columns: int) -> str:
    """A head over several columns; an empty one is no head."""
    return f'<th scope="colgroup" colspan="{n_columns}">{escape(name)}</th>' if name else f'<td colspan="{n_columns}"></td>'
