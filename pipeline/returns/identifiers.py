"""What an identifier looks like: NHS numbers, postcodes, dates of birth, e-mail addresses, telephone numbers, names with a title.

NHS numbers carry a check digit by modulus 11 (NHS Data Dictionary, attribute NHS NUMBER). Scotland's and Northern Ireland's
numbers are built alike and are found too. One random number of ten digits in eleven passes the check, so a bare one is
judged by the company that it keeps. The same holds for other codes that may be mere ids: see `_stands_out`.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from itertools import accumulate

KINDS = ("nhs_number", "postcode", "date_of_birth", "email", "phone", "person_name", "address")
"""`address` and most of `person_name` are found by headings alone."""

SHARE = 0.3
"""So many of the look-alikes in a column must be the real thing; chance alone gives 1 in 11 for NHS numbers, less for others."""
FEW = 0.1
"""A column with a smaller share of look-alikes is no column of such ids."""
SEVERAL = 5
"""So many numbers of ten digits with letters before them are no accident in a column of hashes."""

_SPACED = re.compile(r"[0-9]{3}[ ._/-]{1,3}[0-9]{3}[ ._/-]{1,3}[0-9]{4}(?![0-9])")
_TEN_DIGITS = re.compile(r"[0-9]{10}")
_TEN = re.compile(r"(?:(?<![0-9A-Za-z])|(?<=[Nn][Hh][Ss]))(?<![0-9]\.)[0-9]{10}(?:\.0+)?(?![0-9A-Za-z])(?!\.[0-9])")
_TEN_HEXADECIMAL = re.compile("(?=(?:[0-9]*[A-Fa-f]){2})[0-9A-Fa-f]{10}")
_THOUSANDS = re.compile(r"(?<![0-9,.])[0-9](?:,[0-9]{3}){3}(?![0-9]|,[0-9]|\.[0-9])")
_PREFIXED = re.compile(r"^[A-Za-z]{1,5}([0-9]{10})[A-Za-z]?$", re.MULTILINE)

_AREAS = (
    "A[BL]|B[ABDFHLNRSTX]?|C[ABFHMORTVW]|D[ADEGHLNTY]|E[CHNX]?|F[KY]|G[LUY]?|H[ADGPRSUX]|I[GMPV]|JE|K[ATWY]|L[ADELNSU]?|M[EKL]?"
    "|N[EGNPRW]?|O[LX]|P[AEHLOR]|R[GHM]|S[AEGKLMNOPRSTWY]?|T[ADFNQRSW]|UB|W[ACDFNRSV]?|YO|ZE"
)
"""The 126 postcode areas of the United Kingdom and the Crown Dependencies (Royal Mail, Postcode Address File)."""
_OUTWARD = rf"(?:(?:{_AREAS})(?:[0-9]|[1-9][0-9])|(?:E|EC|N|NW|SE|SW|W|WC)[1-9][A-Z]|GIR)"
_INWARD = re.compile(r"[0-9][ABD-HJLNP-UW-Zabd-hjlnp-uw-z]{2}(?![0-9A-Za-z_])")
_POSTCODE = re.compile(rf"(?<![0-9A-Za-z_]){_OUTWARD}(?P<gap> {{0,2}})[0-9][A-Z]{{2}}$", re.IGNORECASE)
_ORDINAL = re.compile("1st|2nd|3rd|[04-9]th")
_JOINT = re.compile(r"[0-9A-Za-z][-_/.+=]")
_SHORT_CODE = re.compile(r"(?=[0-9]*[A-Za-z])(?=[A-Za-z]*[0-9])[A-Za-z0-9]{5,7}")

_EMAIL = re.compile(r"(?<=[\w.%+'-])@(?:[\w-]+\.)+[A-Za-z]{2,}")

_PHONE = re.compile(
    r"(?<![0-9A-Za-z])(?<![0-9][.-])(?:(?:\+|00)44[ .-]{0,2}(?:\(0\)[ .-]?)?\(?0?|\(?0|(?=447[0-9]{9}\b)44)"
    r"(?P<rest>(?:7[0-9]|1[1-9]|2[03489])[0-9]{0,8}\)?(?:[ .-]{1,3}[0-9]{2,8}){0,4})(?![0-9A-Za-z]|[.-][0-9])"
)
_LONG_NUMBER = re.compile(r"[0-9A-Fa-f]{10,13}")

_YEAR, _SHORT_YEAR = r"(?:19[5-9][0-9]|200[0-9]|201[0-5])", r"(?:[5-9][0-9]|0[0-9]|1[0-5])"
_ANY_YEAR, _ANY_SHORT_YEAR = r"(?:19|20)[0-9]{2}", r"[0-9]{2}"
_DAY, _MONTH = r"(?:3[01]|[12][0-9]|0?[1-9])", r"(?:1[0-2]|0?[1-9])"
_NAMED = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_START = r"(?<![0-9A-Za-z])(?<![0-9A-Za-z][-/.])"


def _date(year: str, short: str, *, start: str = _START) -> str:
    ordinal = "(?:st|nd|rd|th)?"
    numbers = rf"{year}([-/.]){_MONTH}\1{_DAY}|{_DAY}([-/. ]){_MONTH}\2{year}|{_MONTH}/{_DAY}/{year}|{_DAY}/{_MONTH}/{short}"
    years = rf"(?:{year}|{short})"
    words = rf"{_DAY}{ordinal}[ /-]{{0,2}}(?:of )?{_NAMED}[ ,/-]{{0,2}}{years}|{_NAMED} {_DAY}{ordinal},? {years}"
    return rf"{start}(?:{numbers}|{words})(?![0-9A-SU-Za-su-z]|[-/.][0-9A-Za-z])"


_DATE_MARK = re.compile("[0-9][-/. ][0-9]|[JFMASONDjfmasond][AEPUCOaepuco][NBRYLGPTVCnbrylgptvc]")
"""No date is without it, and it is found far sooner."""
_DATE = re.compile(_date(_YEAR, _SHORT_YEAR), re.IGNORECASE)
_EIGHT = re.compile(
    rf"^(?:{_YEAR}(?:1[0-2]|0[1-9])(?:3[01]|[12][0-9]|0[1-9])|(?:3[01]|[12][0-9]|0[1-9])(?:1[0-2]|0[1-9]){_YEAR})$", re.MULTILINE
)
_EIGHT_DIGITS = re.compile(r"[0-9A-Fa-f]{8}")
_BIRTH = re.compile(
    rf"(?:d\.?o\.?b\.?|birth|born)[^0-9A-Za-z\n]{{0,4}}(?:(?:on|is|was) )?{_date(_ANY_YEAR, _ANY_SHORT_YEAR, start='')}",
    re.IGNORECASE,
)
ANY_DATE = re.compile(_date(_ANY_YEAR, _ANY_SHORT_YEAR), re.IGNORECASE)
"""A date of any year, for columns whose heading says that it is one of birth."""

_TITLED = re.compile(
    r"(?<![A-Za-z])(?:Mrs|Miss|Ms|Mr|Mx|MRS)\.? (?!Teams|Word|Excel|Office|Forms|Outlook)(?:[A-Z][a-z'-]+|[A-Z]{3,})"
)


@dataclass(frozen=True)
class Spotted:
    """Which texts hold an identifier, by kind; and which hold ten digits that pass the check no more often than by chance."""

    certain: dict[str, set[str]] = field(default_factory=dict)
    by_chance: set[str] = field(default_factory=set)


def spot(texts: Collection[str], *, has_dates: bool = False) -> Spotted:
    """Look for identifiers in the different texts of one column; `has_dates` where dates are expected there."""
    lines = _Lines(texts)
    numbers, by_chance = _nhs_numbers(lines)
    found = {
        "nhs_number": numbers,
        "postcode": _postcodes(lines),
        "date_of_birth": set() if has_dates else _births(lines),
        "email": lines.holding(_EMAIL) if "@" in lines.text else set(),
        "phone": _phones(lines),
        "person_name": lines.holding(_TITLED) if "M" in lines.text else set(),
    }
    return Spotted({kind: lines.originals(at) for kind, at in found.items() if at}, lines.originals(by_chance))


def as_plain(text: str) -> str:
    """The text on one line, with the digits, blanks and dashes of every script as ASCII, and without invisible marks."""
    if not text.isascii():
        text = "".join(_as_ascii(c) for c in unicodedata.normalize("NFKC", text))
    return re.sub(r"[\x00-\x1f\x7f]+", " ", text)


def is_nhs_number(digits: str) -> bool:
    """Whether ten digits pass the modulus-11 check; ten equal digits, which pass too, are fillers."""
    total = sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False))
    return (11 - total % 11) % 11 == int(digits[9]) and len(set(digits)) > 1


def _as_ascii(c: str) -> str:
    if c.isascii():
        return c
    category = unicodedata.category(c)
    if category == "Nd":
        return str(unicodedata.decimal(c))
    return {"Zs": " ", "Zl": " ", "Zp": " ", "Pd": "-", "Cf": "", "Mn": ""}.get(category, "-" if c == "\u2212" else c)


class _Lines:
    """The texts as lines of one string, which is searched far faster than each of them."""

    def __init__(self, texts: Collection[str]) -> None:
        self._texts = list(texts)
        self.text = "\n".join(self._texts)
        if not self.text.isascii() or re.search(r"[\x00-\x09\x0b-\x1f\x7f]", self.text) or self.text.count("\n") >= len(self):
            self._plain = list(map(as_plain, self._texts))
            self.text = "\n".join(self._plain)
        else:
            self._plain = self._texts
        self._starts: list[int] = []

    def __len__(self) -> int:
        return len(self._texts)

    def originals(self, at: Collection[int]) -> set[str]:
        """The texts as they were received."""
        return {self._texts[i] for i in at}

    def line(self, at: int) -> str:
        """The text of a line."""
        return self._plain[at]

    def at(self, offset: int) -> int:
        """Which line stands at an offset of the string."""
        if not self._starts:
            self._starts = list(accumulate((len(text) + 1 for text in self._plain), initial=0))
        return bisect_right(self._starts, offset) - 1

    def matches(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """Every match; no pattern goes beyond a line."""
        return pattern.finditer(self.text)

    def holding(self, pattern: re.Pattern[str], accept: Callable[[re.Match[str]], bool] = bool) -> set[int]:
        """The lines with a match that is accepted."""
        return {self.at(match.start()) for match in self.matches(pattern) if accept(match)}

    def count(self, pattern: re.Pattern[str]) -> int:
        """How many lines are wholly of the pattern."""
        return sum(1 for text in self._plain if pattern.fullmatch(text))

    def is_whole(self, match: re.Match[str]) -> bool:
        """Whether the match is its whole line, but for blanks and an apostrophe."""
        return len(self.line(self.at(match.start())).strip(" '")) == len(match[0].strip())


def _stands_out(hits: int, alike: int, lines: int) -> bool:
    """Whether hits are more than what chance makes of a column of ids that look alike."""
    return hits > 0 and (alike < FEW * lines or hits >= SHARE * alike)


def _nhs_numbers(lines: _Lines) -> tuple[set[int], set[int]]:
    """The lines with an NHS number, and those that are too few among numbers of ten digits to be one."""

    def is_grouped(match: re.Match[str]) -> bool:
        before = match.string[max(match.start() - 4, 0) : match.start()]
        is_number = not before[-1:].isdigit() and not re.search(r"(?:\+|00)44[ .-]?$", before)
        return is_number and is_nhs_number("".join(filter(str.isdigit, match[0])))

    certain, by_chance = lines.holding(_SPACED, is_grouped), set[int]()
    bare = [(match.start(), match[0][:10]) for match in lines.matches(_TEN)] if _TEN_DIGITS.search(lines.text) else []
    if "," in lines.text:
        bare += [(match.start(), match[0].replace(",", "")) for match in lines.matches(_THOUSANDS)]
    valid = _valid(lines, bare)
    if valid and _stands_out(len(valid), len(bare) + lines.count(_TEN_HEXADECIMAL), len(lines)):
        certain |= valid
    else:
        by_chance |= valid
    prefixed = [(match.start(), match[1]) for match in lines.matches(_PREFIXED)]
    valid = _valid(lines, prefixed) if len(prefixed) >= min(SEVERAL, 0.5 * len(lines)) else set()
    if len(valid) >= max(2, SHARE * len(prefixed)):
        certain |= valid
    return certain, by_chance - certain


def _valid(lines: _Lines, numbers: list[tuple[int, str]]) -> set[int]:
    import numpy as np

    if not numbers:
        return set()
    digits = np.frombuffer("".join(number for _, number in numbers).encode(), dtype=np.uint8).reshape(-1, 10) - 48
    passes = (digits[:, :9] @ np.arange(10, 1, -1) + digits[:, 9]) % 11 == 0
    passes &= (digits != digits[:, :1]).any(axis=1)
    return {lines.at(numbers[i][0]) for i in np.flatnonzero(passes)}


def _postcodes(lines: _Lines) -> set[int]:
    certain, compact = set[int](), set[int]()
    for inward in lines.matches(_INWARD):
        window = lines.text[max(inward.start() - 9, 0) : inward.end()]
        match = _POSTCODE.search(window)
        if match is None or _ORDINAL.match(inward[0]):
            continue
        start, at = inward.end() - len(match[0]), lines.at(inward.start())
        if match["gap"]:
            certain.add(at)
        elif len(lines.line(at).strip(" '")) == len(match[0]):
            compact.add(at)
        elif not _JOINT.fullmatch(lines.text[max(start - 2, 0) : start]) and not re.match(
            r"[-_/.+=][0-9A-Za-z]", lines.text[inward.end() : inward.end() + 2]
        ):
            certain.add(at)
    if compact and _stands_out(len(compact), lines.count(_SHORT_CODE), len(lines)):
        certain |= compact
    return certain


def _births(lines: _Lines) -> set[int]:
    certain = lines.holding(_DATE) if _DATE_MARK.search(lines.text) else set()
    lower = lines.text.lower()
    if any(word in lower for word in ("birth", "born", "dob", "d.o.b")):
        certain |= lines.holding(_BIRTH)
    if (eight := lines.holding(_EIGHT)) and _stands_out(len(eight), lines.count(_EIGHT_DIGITS), len(lines)):
        certain |= eight
    return certain


def _phones(lines: _Lines) -> set[int]:
    certain, plain = set[int](), set[int]()
    for match in lines.matches(_PHONE):
        if sum(map(str.isdigit, match["rest"])) == 10:
            is_plain = match[0].isdigit() and lines.is_whole(match)
            (plain if is_plain else certain).add(lines.at(match.start()))
    if plain and _stands_out(len(plain), lines.count(_LONG_NUMBER), len(lines)):
        certain |= plain
    return certain
