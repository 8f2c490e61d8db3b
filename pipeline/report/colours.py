"""Colours that can be read: tints of the chosen ones, and the chosen ones dark enough for small type on white."""

from __future__ import annotations

LEAST_CONTRAST = 4.5
"""Of text on its ground, as the Web Content Accessibility Guidelines ask at level AA."""
_STEP = 0.96


def tint(colour: str, share: float) -> str:
    """`colour` mixed with white; share 1 is the colour itself."""
    return _hexadecimal(tuple(255 - (255 - part) * share for part in _parts(colour)))


def legible(colour: str) -> str:
    """`colour`, darkened as far as text in it needs to stand out from white, and white text from it."""
    parts = _parts(colour)
    while contrast_with_white(_hexadecimal(parts)) < LEAST_CONTRAST:
        parts = tuple(part * _STEP for part in parts)
    return _hexadecimal(parts)


def contrast_with_white(colour: str) -> float:
    """The ratio of luminances, from 1 to 21, by the definition in WCAG 2.2."""
    shares = (part / 255 for part in _parts(colour))
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def _parts(colour: str) -> tuple[float, ...]:
    return tuple(float(int(colour[start : start + 2], 16)) for start in (1, 3, 5))


def _hexadecimal(parts: tuple[float, ...]) -> str:
    return "#" + "".join(f"{round(part):02x}" for part in parts)
