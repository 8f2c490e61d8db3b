"""Addresses of cells, and cells as text."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from decimal import Decimal

_EXACT = 1e15
"""A spreadsheet keeps 15 digits; beyond them a number is no longer the one that was typed."""


def letters(position: int) -> str:
    """Column letters of a position counted from 0: 0 is A, 26 is AA."""
    name = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        name = chr(65 + rest) + name
    return name


def position(name: str) -> int:
    """The position of column letters, counted from 0: the reverse of `letters`."""
    number = 0
    for letter in name.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def as_text(value: object) -> str:
    """The cell's value as text, without changing what it says: whole numbers without a point, dates as ISO.

    A number that a spreadsheet cannot hold exactly keeps its exponent, so that no rule takes it for a code or a score.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        if not abs(value) < _EXACT:
            return repr(value)
        return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time()
        return value.date().isoformat() if midnight else value.isoformat(sep=" ")
    if isinstance(value, datetime.date):
        return value.isoformat()
    return str(value)


def heading(value: object) -> str:
    """A heading as we compare it: lower case, one underscore between words."""
    return re.sub(r"[^a-z0-9]+", "_", as_text(value).strip().lower()).strip("_")


def is_blank(row: Sequence[object]) -> bool:
    """Whether a row holds nothing but blanks."""
    return all(as_text(cell).strip() == "" for cell in row)


def masked(value: str) -> str:
    """What was found, in a form that cannot identify anyone.

    Short numbers, dates and marks stand; letters become a or A; where there are more than eight digits, each becomes 9.
    """
    shown = re.sub(r"[^\W\d_]", lambda letter: "A" if letter[0].isupper() else "a", value[:40])
    if sum(c.isdigit() for c in value) > 8:
        shown = re.sub(r"\d", "9", shown)
    return shown + ("..." if len(value) > 40 else "")
