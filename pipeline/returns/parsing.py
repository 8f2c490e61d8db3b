"""The grammar of each kind of column: text cells in, typed values and a verdict a cell out. Nothing is guessed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pandas import DataFrame, Series

_NUMBER = r"[+-]?[0-9]{1,15}(\.[0-9]{1,30})?"
_WHOLE = r"[+-]?[0-9]{1,15}(\.0+)?"
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}( 00:00:00)?"
_MONTH = r"[0-9]{4}-[0-9]{2}(-01)?( 00:00:00)?"
_SHORT = r"[^\x00-\x1f\x7f\x85\u2028\u2029]{1,100}"
_ROUNDED = r"[0-9](\.[0-9]+)?[eE]\+[0-9]+"
"""What a spreadsheet makes of a long number: its last digits are lost, so two codes may have become one."""
ERROR = r"#(REF!|N/A|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|SPILL!|CALC!|####*)"
"""What a spreadsheet shows where a formula failed."""
NO_ANSWERS = (
    *("na", "n/a", "n.a.", "nan", "none", "null", "nil", "not applicable", "not asked", "not done", "not recorded"),
    *("not known", "unknown", "not stated", "declined", "refused", "missing", "-", "--", "."),
)
"""Words for no answer: each is told apart in a note, and none is a value."""
EARLIEST, LATEST = "1990-01-01", "2100-12-31"


@dataclass(frozen=True)
class Parsed:
    """Typed values of a column, which cells held something that is not understood, and the rule that they break."""

    typed: Series[Any]
    is_bad: Series[bool]
    rule: str
    limit: str = ""


def parse(cells: Series[Any], metadata: dict[str, Any]) -> Parsed:
    """Parse a column of text by the kind that its schema states; blanks are missing, never bad.

    Each different text is parsed once, however often it stands there.
    """
    import pandas as pd

    which, words = pd.factorize(cells)
    found = _parse(pd.Series(words, dtype="str"), metadata)
    typed = found.typed.reindex(which).set_axis(cells.index)
    is_bad = found.is_bad.reindex(which, fill_value=False).set_axis(cells.index)
    return Parsed(typed, is_bad, found.rule, found.limit)


def _parse(words: Series[Any], metadata: dict[str, Any]) -> Parsed:
    import pandas as pd

    text = words.str.strip()
    text = text.where(text != "", None).astype("str")
    given, kind = text.notna(), metadata["kind"]
    if kind in {"number", "whole"}:
        fits = matches(text, _NUMBER if kind == "number" else _WHOLE)
        numbers = pd.to_numeric(text.where(fits)).astype("float64")
        whole = kind == "whole"
        return Parsed(numbers.astype("Int64") if whole else numbers, given & ~fits, "not-whole" if whole else "not-a-number")
    if kind in {"date", "month"}:
        return _parse_dates(text, given, kind)
    if kind in {"code", "code_list"}:
        return _parse_codes(text, given, metadata["codes"], is_list=kind == "code_list")
    fits = matches(text, _SHORT) & ~matches(text, _ROUNDED)
    return Parsed(text.where(fits), given & ~fits, "not-plain")


def matches(text: Series[Any], pattern: str) -> Series[bool]:
    """Whether a cell is wholly of the pattern; a missing one is not."""
    import numpy as np
    import pandas as pd

    which, words = pd.factorize(text)
    fits = re.compile(pattern).fullmatch
    found = np.array([*(fits(word) is not None for word in words), False])
    return pd.Series(found[which], index=text.index)


def _parse_dates(text: Series[Any], given: Series[bool], kind: str) -> Parsed:
    import pandas as pd

    fits = matches(text, _DATE if kind == "date" else _MONTH)
    iso = text.str.slice(0, 10) if kind == "date" else text.str.slice(0, 7) + "-01"
    dates = pd.to_datetime(iso.where(fits), format="%Y-%m-%d", errors="coerce").astype("datetime64[us]")
    dates = dates.where(dates.between(EARLIEST, LATEST))
    return Parsed(dates, given & dates.isna(), "not-a-date" if kind == "date" else "not-a-month")


def _parse_codes(text: Series[Any], given: Series[bool], codes: tuple[str, ...], *, is_list: bool) -> Parsed:
    by_word = {code.lower(): code for code in codes}

    def understand(cell: str) -> str | None:
        words = [word.strip().lower() for word in cell.split(";")] if is_list else [cell.lower()]
        known = [by_word.get(word) for word in words if word]
        return None if not known or None in known else ";".join(dict.fromkeys(k for k in known if k))

    values = text.map({cell: understand(cell) for cell in text.dropna().unique()}).astype("str")
    shown = ", ".join(codes) if len(codes) <= 40 else ", ".join(codes[:12]) + ", ... (the note on the template's heading has all)"
    return Parsed(values, given & values.isna(), "not-a-code", shown)


def no_answers(metadata: dict[str, Any]) -> set[str]:
    """The words, in lower case, that say in a column that there is no answer; a word that is a code of the column is one."""
    return set(NO_ANSWERS) - {code.lower() for code in metadata.get("codes") or ()}


def join_items(cells: DataFrame) -> Series[Any]:
    """Answers as one text a row, `1;0;;4`: each in the place of its number, blank where it is missing; no blanks at the end.

    They come from `item_1`, `item_2`, ... or from a column `items` that holds them so; missing where a row has none.
    """
    import pandas as pd

    joined = pd.Series("", index=cells.index, dtype="str")
    if "items" in cells:
        which, words = pd.factorize(cells["items"].fillna(""))
        plain = [";".join(answer.strip() for answer in str(word).split(";")) for word in words]
        joined = pd.Series(plain, dtype="str").take(which).set_axis(cells.index)
    single = {int(name.removeprefix("item_")): cells[name].fillna("") for name in map(str, cells) if name.startswith("item_")}
    has = pd.Series(data=False, index=cells.index)
    for answers in single.values():
        has |= answers != ""
    if has.any():
        blank = pd.Series("", index=cells.index[has], dtype="str")
        columns = {n: single[n][has].str.strip() if n in single else blank for n in range(1, max(single) + 1)}
        joined = joined.mask(has, columns.pop(1).str.cat(pd.DataFrame(columns), sep=";") if len(columns) > 1 else columns[1])
    joined = joined.str.rstrip(";")
    return joined.where(joined != "", None).astype("str")
