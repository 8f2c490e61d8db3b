"""A sheet of paper in millimetres to draw on, and the bytes of the SVG that comes of it."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from xml.sax.saxutils import escape

from pipeline.report.study import SYNTHETIC

if TYPE_CHECKING:
    from pandas import DataFrame

FONTS = Path(__file__).parents[1] / "fonts"
FAMILY = "Source Sans 3"
INK, MUTED, RULE, PALE, WHITE = "#1b2530", "#55606b", "#c4ced5", "#eef2f4", "#ffffff"
GUTTER_MM = 5.0
"""Between two pictures that stand side by side."""
_MM_PER_INCH = 25.4
_HALF_CAPITAL_MM = 0.33 * _MM_PER_INCH / 72  # half the height of a capital, a point of type size


class Style(Protocol):
    """What the figures take from the configuration."""

    @property
    def font_size_points(self) -> float:
        """Base size of type."""

    @property
    def width_mm(self) -> float:
        """Width of a figure that has the page to itself."""

    @property
    def colour(self) -> str:
        """Main colour, hexadecimal."""

    @property
    def accent(self) -> str:
        """Colour of the pool and of remarks, hexadecimal."""


@dataclass(frozen=True)
class Ink:
    """The same, with colours that can be read."""

    font_size_points: float
    width_mm: float
    colour: str
    accent: str


def part_of(style: Ink, share: float) -> Ink:
    """The same for a picture that has this share of the page's width, beside others, with half a gutter left to each."""
    whole = style.width_mm + GUTTER_MM
    return replace(style, width_mm=whole * share - GUTTER_MM)


@dataclass(frozen=True)
class Picture:
    """A finished figure: its name, title and alternative text, the data drawn, and the SVG."""

    name: str
    title: str
    alt: str
    data: DataFrame
    svg: bytes


@dataclass(frozen=True)
class Scale:
    """Values to millimetres, with round ticks just outside or at the ends of the data."""

    low: float
    high: float
    left: float
    right: float
    ticks: tuple[float, ...]

    def __call__(self, value: float) -> float:
        """Millimetres from the left of the sheet."""
        return self.left + (value - self.low) / (self.high - self.low) * (self.right - self.left)


def scale(values: Sequence[float], *, left: float, right: float, n_ticks: int = 7) -> Scale:
    """A scale that holds all `values`."""
    from matplotlib.ticker import MaxNLocator

    low, high = min(values), max(values)
    if low == high:
        low, high = low - 1, high + 1
    ticks = MaxNLocator(nbins=n_ticks, steps=[1, 2, 5, 10]).tick_values(low, high)
    inside = tuple(float(tick) for tick in ticks)
    return Scale(inside[0], inside[-1], left, right, inside)


@contextmanager
def type_setting(style: Ink) -> Iterator[None]:
    """Matplotlib with the vendored family alone, text kept as text and fixed identifiers; put back afterwards."""
    import matplotlib
    from matplotlib import font_manager

    known = {entry.fname for entry in font_manager.fontManager.ttflist}
    for path in sorted(FONTS.glob("*.ttf")):
        if str(path) not in known:
            font_manager.fontManager.addfont(path)
            # The first of equal matches wins, so that a copy installed on the machine is never measured instead.
            font_manager.fontManager.ttflist.insert(0, font_manager.fontManager.ttflist.pop())
    settings: dict[str, Any] = {
        "font.family": FAMILY,
        "font.size": style.font_size_points,
        "svg.fonttype": "none",
        "svg.hashsalt": FAMILY,
        "text.parse_math": False,
        "hatch.linewidth": 0.6,
        "hatch.color": WHITE,
    }
    with matplotlib.rc_context(settings):  # type: ignore[arg-type]  # the stubs list the keys, which are right
        yield


class Sheet:
    """One figure. Positions are millimetres from the left and from the top."""

    def __init__(self, style: Ink, height: float, *, synthetic: bool) -> None:
        from matplotlib.figure import Figure

        self.style, self.width, self.height = style, style.width_mm, height
        self.figure = Figure(figsize=(self.width / _MM_PER_INCH, height / _MM_PER_INCH))
        self.axes: Any = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set(xlim=(0, self.width), ylim=(height, 0))
        self.axes.axis("off")
        self._order = 0
        self.synthetic = synthetic
        if synthetic:
            self.text(self.width, 1.8, f"{SYNTHETIC} DATA", align="right", bold=True, colour=style.accent, size=-1.5)

    def text(
        self, x: float, y: float, words: str, *, align: str = "left", colour: str = INK, size: float = 0, bold: bool = False
    ) -> None:
        """Words whose capitals are centred on the height `y`; `size` is added to the base size, in points."""
        points = self.style.font_size_points + size
        look = {"fontsize": points, "fontweight": "bold" if bold else "normal", "color": colour}
        self.axes.text(x, y + points * _HALF_CAPITAL_MM, words, ha=align, va="baseline", zorder=self._next(), **look)

    def upright(self, x: float, y: float, words: str, *, colour: str = INK, size: float = 0) -> None:
        """Words that run upwards from `y`, centred on `x`."""
        points = self.style.font_size_points + size
        look = {"fontsize": points, "color": colour, "rotation": 90, "rotation_mode": "anchor"}
        self.axes.text(x + points * _HALF_CAPITAL_MM, y, words, ha="left", va="baseline", zorder=self._next(), **look)

    def line(
        self, x: Sequence[float], y: Sequence[float], *, colour: str = INK, weight: float = 0.8, dashes: Sequence[float] = ()
    ) -> None:
        """A line through points; `weight` and `dashes` in points."""
        from matplotlib.lines import Line2D

        options: Any = {"linestyle": (0, tuple(dashes))} if dashes else {}
        self._add(Line2D(x, y, color=colour, linewidth=weight, solid_capstyle="butt", zorder=self._next(), **options))

    def area(
        self,
        points: Sequence[tuple[float, float]],
        *,
        fill: str = "none",
        edge: str = "none",
        hatch: str = "",
        weight: float = 0.8,
    ) -> None:
        """A closed shape."""
        from matplotlib.patches import Polygon

        look = {"facecolor": fill, "edgecolor": edge, "hatch": hatch or None, "linewidth": weight}
        self._add(Polygon(points, closed=True, zorder=self._next(), **look))

    def bar(self, x: float, y: float, width: float, height: float, **look: Any) -> None:
        """A rectangle from its top left corner."""
        self.area([(x, y), (x + width, y), (x + width, y + height), (x, y + height)], **look)

    def square(self, x: float, y: float, side: float, **look: Any) -> None:
        """A square round a point."""
        self.bar(x - side / 2, y - side / 2, side, side, **look)

    def disc(self, x: float, y: float, radius: float, *, fill: str, edge: str, weight: float = 0.9) -> None:
        """A disc round a point."""
        from matplotlib.patches import Circle

        self._add(Circle((x, y), radius, facecolor=fill, edgecolor=edge, linewidth=weight, zorder=self._next()))

    def _add(self, mark: Any) -> None:
        self.axes.add_artist(mark)  # a sheet has its limits, so no mark is measured for them

    def _next(self) -> int:
        self._order += 1  # painted in the order of the calls, whatever the kind of mark
        return self._order

    def svg(self, *, title: str, alt: str) -> bytes:
        """The SVG, without date or version, with its title and its alternative text inside."""
        heading = f"{SYNTHETIC} DATA. {title}" if self.synthetic else title
        sink = io.BytesIO()
        self.figure.savefig(sink, format="svg", metadata={"Date": None, "Creator": None, "Title": heading})
        text = sink.getvalue().decode()
        described = f"</title>\n <desc>{escape(alt)}</desc>"
        with_fallback = text.replace(f"'{FAMILY}'", f"'{FAMILY}', sans-serif")  # a browser has no other way to our fonts
        return with_fallback.replace("</title>", described, 1).replace("<svg ", '<svg role="img" ', 1).encode()


def wrapped(words: str, width: float, size_points: float) -> list[str]:
    """Words broken into lines of about `width` millimetres."""
    mean_glyph_mm = 0.168 * size_points
    return textwrap.wrap(words, max(20, int(width / mean_glyph_mm)), break_long_words=False)


def short(words: str, n_glyphs: int) -> str:
    """Words cut to `n_glyphs`, with an ellipsis where something is left out."""
    return words if len(words) <= n_glyphs else words[: n_glyphs - 1] + "\N{HORIZONTAL ELLIPSIS}"


def parts(rows: Sequence[Any], n_rows: int) -> list[list[Any]]:
    """Rows in parts of nearly equal length that each fit a page."""
    k_parts = max(1, -(-len(rows) // n_rows))
    length = -(-len(rows) // k_parts) if rows else 0
    return [list(rows[start : start + length]) for start in range(0, len(rows), length)] if rows else []
