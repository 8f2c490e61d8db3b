"""Blocks to a PDF by the Typst compiler in the wheel: tagged, archivable, and the same bytes for the same blocks."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.report import sentences
from pipeline.report.blocks import Block, Figure, as_json, each
from pipeline.report.colours import legible
from pipeline.report.stream_ends import with_plain_stream_ends
from pipeline.report.study import SYNTHETIC

if TYPE_CHECKING:
    import typst

    from pipeline.report.study import StudyFacts

_TEMPLATES = Path(__file__).parent / "typst"
_FONTS = Path(__file__).parent / "fonts"
_NO_CUT = "2000-01-01"


def typeset(
    template: str,
    blocks: Iterable[Block],
    study: StudyFacts,
    *,
    head: Mapping[str, Any],
    foot: str,
    figures: Mapping[str, bytes] | None = None,
) -> bytes:
    """Set `blocks` with `<template>.typ` and return the PDF.

    `head` holds `title`, `eyebrow`, `subtitle` and what else the template asks for; `foot` stands on every page beside the
    run id. Pictures are taken from `figures` by `<name>.svg`. Raises typst.TypstError where a block cannot be set.
    """
    parts = list(blocks)
    names = {block.name for block in each(parts) if isinstance(block, Figure)}
    content = {
        "head": dict(head),
        "foot": foot,
        "run": f"Run {study.run_id}",
        "state": study.state,
        "synthetic": f"{SYNTHETIC} DATA" if study.synthetic else "",
        "invented": sentences.INVENTED,
        "caution": sentences.CAUTION,
        "author": study.author,
        "keywords": _keywords(study),
        "colour": legible(study.colour),
        "accent": legible(study.accent),
        "blocks": [as_json(block) for block in parts],
        "pictures": {name: (figures or {})[f"{name}.svg"].decode() for name in sorted(names)},
    }
    return _compile(template, _settable(json.dumps(content, ensure_ascii=False)), study)


def page_count(pdf: bytes) -> int:
    """The number of pages, from the metadata, which the archive standard leaves readable."""
    found = re.search(rb"<xmpTPg:NPages>(\d+)<", pdf)
    if found is None:
        raise ValueError("the PDF does not say how many pages it has; only PDFs made here can be asked")
    return int(found[1])


def _keywords(study: StudyFacts) -> list[str]:
    words = ["realist evaluation", "maternal mental health services", f"run {study.run_id}", study.state]
    return [SYNTHETIC, *words] if study.synthetic else words


def _settable(text: str) -> str:
    """The text with a question mark for every character that our fonts lack: a site may write any, and a page cannot."""
    strange = {c for c in set(text) if not (c.isascii() or "\u00a0" <= c <= "\u017f" or "\u2010" <= c <= "\u2026")}
    unknown = strange - _drawn() if strange else strange
    return text.translate(dict.fromkeys(map(ord, unknown), "?")) if unknown else text


@cache
def _drawn() -> frozenset[str]:
    """The characters that every one of our fonts has."""
    from matplotlib.ft2font import FT2Font

    maps = [FT2Font(str(path)).get_charmap() for path in sorted(_FONTS.glob("*.ttf"))]
    return frozenset(chr(code) for code in set(maps[0]).intersection(*maps[1:]))


def _compile(template: str, content: str, study: StudyFacts) -> bytes:
    import typst

    compiler = typst.Compiler(
        input=str(_TEMPLATES / f"{template}.typ"),
        root=str(_TEMPLATES),
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"content": content},
    )
    pdf = compiler.compile(format="pdf", pdf_standards=["ua-1", "a-2a"], timestamp=_timestamp(study))
    assert isinstance(pdf, bytes)  # the wheel gives a list only for pictures of pages
    return with_plain_stream_ends(pdf)


@cache
def _fonts() -> typst.Fonts:
    import typst

    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(_FONTS)])


def _timestamp(study: StudyFacts) -> int:
    day = datetime.date.fromisoformat((study.data_cut or _NO_CUT)[:10])
    return int(datetime.datetime(day.year, day.month, day.day, tzinfo=datetime.UTC).timestamp())
