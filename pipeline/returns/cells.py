"""Addresses of cells, and cells as text."""

from __future__ import annotations

import datetime
import functools
import re
from collections.abc import Sequence
from decimal import Decimal

from pipeline import codes

_MOST_DIGITS = 8
_SHORT, _LONG = 4, 6
"""Characters from which a word with a digit in front may be a code, and digits from which a number may be one."""
_DAY = r"((19|20)?[0-9]{2}[-/. ][0-9]{1,2}[-/. ][0-9]{1,2}|[0-9]{1,2}[-/. ][0-9]{1,2}[-/. ](19|20)?[0-9]{2})"
_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec|january|february|march|april|june|july|august|september|october"
_MONTH += r"|november|december)"
_CLOCK = r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
_TIME = re.compile(
    rf"{_DAY}([ T]{_CLOCK})?|([0-9]{{1,2}}[ -])?{_MONTH}[ -]((19|20)[0-9]{{2}}|[0-9]{{2}})|([0-9]{{1,5}} days?, )?{_CLOCK}",
    re.IGNORECASE | re.ASCII,
)
"""A date, with or without its time; a length of time, as a spreadsheet gives one."""
_NUMBER = re.compile(r"[+-]?[0-9]{1,5}([.,][0-9]{1,8})?([eE][+-]?[0-9]{1,2})?", re.ASCII)
_TOKEN = re.compile(r"\w+([-/.]\w+)*")
_NAMES = {"white", "black"}
_OTHER_MARKS = re.compile("[^a-z0-9]+")
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
    if value.__class__ is str:
        return value
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
    return _plain(as_text(value))


@functools.lru_cache(maxsize=10_000)
def _plain(text: str) -> str:
    return _OTHER_MARKS.sub("_", text.strip().lower()).strip("_")


def is_blank(row: Sequence[object]) -> bool:
    """Whether a row holds nothing but blanks."""
    return not any(cell is not None and not (text := as_text(cell)).isspace() and text for cell in row)


def masked(value: str) -> str:
    """What was found, in a form that cannot identify anyone.

    A code or word of our own that fills the cell, a date, a time, a length of time and a short number stand. Elsewhere letters
    become a or A, what mixes letters and digits, or has six digits or more, its length alone; where there are more than eight
    digits, each that is left becomes 9.
    """
    plain = value.strip()
    if _TIME.fullmatch(plain) or (_NUMBER.fullmatch(plain) and _digits(plain) <= _MOST_DIGITS) or _is_ours(plain):
        return plain
    is_long = _digits(value) > _MOST_DIGITS
    shown = _TOKEN.sub(lambda token: _masked_token(token[0], is_long=is_long), value[:40])
    return shown + ("..." if len(value) > 40 else "")


def _masked_token(token: str, *, is_long: bool) -> str:
    has_letter, n = any(map(str.isalpha, token)), _digits(token)
    if has_letter and n and (token[0].isalpha() or len(token) >= _SHORT):
        return f"[code of {len(token)} characters]"
    if token.isdigit() and len(token) >= _LONG and not is_long:
        return f"[number of {len(token)} digits]"
    shown = re.sub(r"[^\W\d_]", lambda letter: "A" if letter[0].isupper() else "a", token)
    return re.sub(r"\d", "9", shown) if is_long else shown


def _digits(text: str) -> int:
    return sum(map(str.isdigit, text))


def _is_ours(text: str) -> bool:
    """Whether all of the text is a code or heading of ours; one that may be a name or its initial only as we spell it."""
    words = _our_words()
    return text in words or (len(text) >= _SHORT and text.isascii() and _plain(text) in words - _NAMES)


@functools.cache
def _our_words() -> frozenset[str]:
    from pipeline.tables.returned import RETURNED

    lists = (each for each in vars(codes).values() if isinstance(each, tuple))
    columns = (name for schema in RETURNED.values() for name in schema.columns)
    return frozenset((*(str(word) for each in lists for word in each), *map(str, columns), *RETURNED))
