"""What stands on the pages of a PDF, and where: for tests of words and of the layout."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pikepdf
import pypdfium2 as pdfium
import pypdfium2.raw as raw

HEAD, FOOT = 60.0, 60.0
"""Points at the top and at the foot of a page that hold what stands on every page."""
_CLEAR, _TOUCHING = 1.0, 0.35
"""Points that two pieces may share from left to right, and the share of the lower one's height that they may share."""


@dataclass
class Page:
    """One page: its words, and where each piece of text lies (left, bottom, right and top, in points from below)."""

    number: int
    width: float
    height: float
    words: str
    places: Any
    _text: Any

    def at(self, piece: int) -> str:
        """The words of one piece."""
        return " ".join(self._text.get_text_bounded(*self.places[piece]).split())

    def outside(self, margin: float) -> list[str]:
        """Pieces that reach into the `margin`, in points, of either side or of the ends of the paper."""
        left, bottom, right, top = self.places.T
        end = margin / 5  # the band of a rehearsal lies near the edge
        is_out = (left < margin) | (right > self.width - margin) | (bottom < end) | (top > self.height - end)
        return [self.at(int(piece)) for piece in np.flatnonzero(is_out)]

    def overlapping(self) -> list[tuple[str, str]]:
        """Pairs of pieces of which the one is printed over the other."""
        low, high = self.places[:, None, :], self.places[None, :, :]
        across = np.minimum(low[..., 2], high[..., 2]) - np.maximum(low[..., 0], high[..., 0])
        along = np.minimum(low[..., 3], high[..., 3]) - np.maximum(low[..., 1], high[..., 1])
        heights = self.places[:, 3] - self.places[:, 1]
        found = (across > _CLEAR) & (along > _TOUCHING * np.minimum(heights[:, None], heights[None, :]))
        pairs = [(self.at(int(one)), self.at(int(other))) for one, other in np.argwhere(np.triu(found, 1))]
        return [pair for pair in pairs if all(pair)]

    def filled(self) -> float:
        """The share of the room between head and foot, from above, down to the lowest mark or piece of text."""
        lowest = [mark for mark in (*self.places[:, 1], *self._bottoms()) if FOOT < mark < self.height - HEAD]
        room = self.height - HEAD - FOOT
        return (self.height - HEAD - min(lowest, default=self.height - HEAD)) / room

    def _bottoms(self) -> list[float]:
        """Where drawn things end."""
        page = self._text.page
        return [float(each.get_bounds()[1]) for each in page.get_objects(max_depth=1) if each.type == raw.FPDF_PAGEOBJ_FORM]


def pages_of(path: Path) -> list[Page]:
    """Every page of a PDF."""
    document = pdfium.PdfDocument(path)
    found = []
    for number, page in enumerate(document, start=1):
        text = page.get_textpage()
        places = np.array([text.get_rect(piece) for piece in range(text.count_rects())], dtype=float).reshape(-1, 4)
        words = text.get_text_range().replace("\r\n", "\n")
        found.append(Page(number, *page.get_size(), words, places, text))
    return found


def words_of(path: Path) -> list[str]:
    """The words of every page."""
    return [page.words for page in pages_of(path)]


def orphans(path: Path) -> list[str]:
    """The headings of a tagged PDF after which nothing more stands on their page."""
    with pikepdf.open(path) as pdf:
        number = {page.obj.objgen: place for place, page in enumerate(pdf.pages, start=1)}
        told = list(_told(pdf.Root.StructTreeRoot, "", None))
        places = [(tag, number[page.objgen]) for tag, page in told]
        following = zip(places, [*places[1:], ("", 0)], strict=True)
        return [f"{tag} on page {page}" for (tag, page), (_, after) in following if _is_heading(tag) and after != page]


def _is_heading(tag: str) -> bool:
    return len(tag) == 2 and tag[0] == "H" and tag[1].isdigit()


def _told(element: Any, tag: str, page: Any) -> Iterator[tuple[str, Any]]:
    """What is on the pages, in the order of reading: the tag that holds it, and its page."""
    if isinstance(element, int):
        yield tag, page
        return
    if isinstance(element, pikepdf.Array):
        for each in element:
            yield from _told(each, tag, page)
        return
    page = element.get("/Pg", page)
    if element.get("/Type") in ("/MCR", "/OBJR"):
        yield tag, page
        return
    name = str(element.get("/S", "")).removeprefix("/")
    held = tag if _is_heading(tag) else name  # a span in a heading is the heading
    yield from _told(element.get("/K", pikepdf.Array()), held, page)
