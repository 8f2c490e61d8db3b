"""The marked-up copy: a site's own workbook as values alone, with each fault coloured and explained in its own cell."""

from __future__ import annotations

import datetime
import functools
import io
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.returns.cell_marks import read_marks
from pipeline.returns.cells import as_text, position
from pipeline.returns.fix_list import COLUMNS, MASKED, NAME, headed, is_fix_list, new_book, write_fix_list
from pipeline.returns.identifiers import spot
from pipeline.returns.incident import RULES
from pipeline.returns.parsing import ERROR
from pipeline.returns.readers import SINCE_1904, Values, day_zero_of, read_values
from pipeline.returns.sheets import UnreadableError

if TYPE_CHECKING:
    from pipeline.config import IntakeSettings

_SHADES = {"file": "#F4B9B9", "row": "#F8CBAD", "value": "#FFE699", "warning": "#DDEBF7", "note": "#E7E6E6"}
"""By severity, the gravest first; none is darker than black text can be read on."""
_ROW_SHADE = "#FDF1E9"
_MEANS = {
    "file": "The table or return is set aside",
    "row": "The row is left out",
    "value": "The value is left out",
    "warning": "Please check",
    "note": "For your information",
}
_KINDS: dict[str, dict[str, Any]] = {
    "date": {"num_format": "yyyy-mm-dd"},
    "moment": {"num_format": "yyyy-mm-dd hh:mm:ss"},
    "text": {"num_format": "@", "quote_prefix": True},
}
_KEPT_AS_TEXT = re.compile(r"[=+\-@'\t\r\n].*|\s*[0-9]+\s*", re.DOTALL)
"""A spreadsheet makes something else of it once someone types in the cell: a formula, or 7 of 007."""
_FIRST_DAY = datetime.date(1900, 3, 1)
"""Programs disagree on what day an earlier serial number is."""
_LONGEST = 32_767
"""Characters that a cell takes (Excel specifications and limits)."""
_MOST_COMMENTS = 5_000
"""On a sheet, so that it still opens with ease; beyond them cells are coloured, and the fix list alone explains them."""
_ADDRESS = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_NO_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]")
_WITHHELD = RULES["value"]
"""Faults whose cell holds an identifier, so that its value is not copied."""
_STRUCK = "struck-through"
_RESULTS = {"changing-formula", "no-result", "cell-error"}
"""Faults of a formula: as a mere value its result would look sound. An error in words alone stays, as it is refused again."""
_ERROR = re.compile(ERROR)
_LEFT_BLANK = "Left blank in this copy: a formula whose result changes, is missing or failed. Type the value."


@dataclass
class _Marks:
    """What is marked on one sheet, by row and column from 0: comments, shades, cells left blank, and rows that are out.

    `struck` stays struck through; `results` are formulas whose result is not to be trusted.
    """

    comments: dict[tuple[int, int], list[str]] = field(default_factory=dict)
    shades: dict[tuple[int, int], str] = field(default_factory=dict)
    blank: set[tuple[int, int]] = field(default_factory=set)
    rows: set[int] = field(default_factory=set)
    struck: set[tuple[int, int]] = field(default_factory=set)
    results: set[tuple[int, int]] = field(default_factory=set)

    def add_rule(self, at: tuple[int, int], rule: str) -> None:
        """What a rule asks of the cell itself."""
        if rule == _WITHHELD:
            self.blank.add(at)
        elif rule == _STRUCK:
            self.struck.add(at)
        elif rule in _RESULTS:
            self.results.add(at)

    def add_broken(self, cells: Mapping[tuple[int, int], str]) -> None:
        """Marks of the workbook itself, rows and columns from 1: a row that is out for another reason names them in no fault."""
        for (row, column), rule in cells.items():
            self.add_rule((row - 1, column - 1), rule)

    def shade(self, at: tuple[int, int]) -> str:
        """The colour of a cell, or nothing."""
        return self.shades.get(at) or (_ROW_SHADE if at[0] in self.rows else "")


class _Exact(float):
    """A number that is written with all its digits; xlsxwriter writes 16, and some need 17."""

    def __format__(self, _: str, /) -> str:
        return repr(float(self))


def marked_copy(
    path: Path,
    site_id: str,
    faults: Sequence[dict[str, Any]],
    *,
    is_synthetic: bool,
    compared: str = "",
    limits: IntakeSettings | None = None,
) -> bytes | None:
    """A new .xlsx with the values of the visible sheets at their own addresses, marked, with the fix list in front.

    `faults` are the site's rows of the table `rejected`. None, where no copy may be made or none can: the return holds
    identifiers, is a folder of CSV files, or was not read at all. A lone cell with an identifier is left blank. A fault may say
    in `since` whether it is new since the last release, and `compared` what has become of them all. A sheet beyond the
    `limits` of the intake was never searched for identifiers, and is left out.
    """
    if path.is_dir() or any(_forbids(fault) for fault in faults):
        return None
    try:
        sheets, left_out = read_values(path, limits)
    except UnreadableError:
        return None
    sheets = [each for each in sheets if not is_fix_list(each.rows)]
    broken = {name: marks.cells for name, marks in read_marks(path)[0].items()}
    faults = _safe_to_resend(faults)
    head, buffer = headed(site_id, is_synthetic=is_synthetic), io.BytesIO()
    names = _names(sheet.name for sheet in sheets)
    is_since_1904 = day_zero_of(path) == SINCE_1904
    with new_book(buffer, f"Marked-up copy of {site_id}", is_since_1904=is_since_1904) as book:
        write_fix_list(book, head, faults, name=names.pop(), remark=" ".join(filter(None, (_remark(left_out), compared))))
        formats = _Formats(book)
        for original, name in zip(sheets, names, strict=True):
            marks = _marks(_on(original, faults), original.first_column)
            marks.add_broken(broken.get(original.name, {}))
            sheet = book.add_worksheet(name)
            sheet.set_header("&C" + head)
            _write(sheet, original, marks, formats)
    return buffer.getvalue()


def _forbids(fault: dict[str, Any]) -> bool:
    rule = str(fault["rule_id"])
    return rule.startswith(("identifier", "file-")) or (rule == _WITHHELD and not _ADDRESS.fullmatch(fault["cell"] or ""))


def _safe_to_resend(faults: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The faults with a 9 for each digit of what would be taken for an identifier if the site mends the copy and resends it.

    Among scores a date such as 26/05/1990 says what is wrong with the cell; in a comment it reads as a date of birth.
    """
    given = {str(fault["found"] or "") for fault in faults}
    masked = {text: re.sub(r"\d", "9", text) for text in _spotted(given)}
    unclear = _spotted(set(masked.values()))
    shown = {text: "[not shown]" if form in unclear else form for text, form in masked.items()}
    return [{**fault, "found": shown.get(str(fault["found"] or ""), fault["found"])} for fault in faults]


def _spotted(texts: set[str]) -> set[str]:
    found = spot(texts)
    return set().union(found.by_chance, *found.certain.values())


def _remark(left_out: Mapping[str, int]) -> str:
    counted = " and ".join(f"{n} sheet(s) {sort}" for sort, n in sorted(left_out.items()))
    return f"Not in this copy: {counted}." if counted else ""


def _names(given: Iterable[str]) -> list[str]:
    """Names that a workbook can have, in order, and last the name of the fix list; as given, wherever that is possible."""
    names: list[str] = []
    for name in (*given, NAME):
        plain = _NO_NAME.sub("_", name)[:31].strip("'") or "sheet"
        taken = {each.casefold() for each in names}
        others = (f"{plain[:27]} {n}" for n in range(2, len(names) + 3))
        names.append(next(each for each in (plain, *others) if each.casefold() not in taken))
    return names


def _on(sheet: Values, faults: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The faults of a sheet, which may give it by its number instead of its name."""
    return [fault for fault in faults if fault["sheet"] in {sheet.name, f"sheet {sheet.number}"}]


def _marks(faults: Sequence[dict[str, Any]], first_column: int) -> _Marks:
    """A row fault without a cell, such as a blank under a heading that is missing, stands at the first cell of its row."""
    marks, order = _Marks(), list(_SHADES)
    for fault in sorted(faults, key=lambda fault: order.index(fault["severity"])):
        found, row = _ADDRESS.fullmatch(fault["cell"] or ""), int(fault["row"] or 0)
        if fault["severity"] == "row" and row:
            marks.rows.add(row - 1)
        if found:
            at = (int(found[2]) - 1, position(found[1]))
        elif fault["severity"] == "row" and row:
            at = (row - 1, first_column)
        else:
            continue
        if found:
            marks.add_rule(at, fault["rule_id"])
        marks.shades.setdefault(at, _SHADES[fault["severity"]])
        marks.comments.setdefault(at, []).append(_comment(fault))
    return marks


def _comment(fault: dict[str, Any]) -> str:
    lines = [f"{COLUMNS[name][0]}: {fault[name]}" for name in ("found", "expected", "mend", "cost", "rule_id")]
    since = f" ({fault['since']})" if fault.get("since") else ""
    return _CONTROL.sub(" ", "\n".join([_MEANS[fault["severity"]] + since, *lines]))


class _Formats:
    """Cell formats, each made once."""

    def __init__(self, book: Any) -> None:
        self._book, self._made = book, dict[tuple[str, str, bool], Any]()

    def __call__(self, kind: str, shade: str, *, is_struck: bool = False) -> Any:
        key = (kind, shade, is_struck)
        if not any(key):
            return None
        if key not in self._made:
            look = ({"bg_color": shade} if shade else {}) | ({"font_strikeout": True} if is_struck else {})
            self._made[key] = self._book.add_format({**_KINDS.get(kind, {}), **look})
        return self._made[key]


def _write(sheet: Any, original: Values, marks: _Marks, formats: _Formats) -> None:
    width = max(map(len, original.rows), default=0)
    sheet.set_column(original.first_column, original.first_column + max(width, 1) - 1, 14)
    for at, shade in marks.shades.items():
        sheet.write_blank(*at, None, formats("", shade))
    for row, values in enumerate(original.rows, start=original.first_row):
        for column, value in enumerate(values, start=original.first_column):
            at = (row, column)
            if at in marks.results and as_text(value) != "" and not _ERROR.fullmatch(as_text(value)):
                marks.blank.add(at)
                marks.comments.setdefault(at, []).append(_LEFT_BLANK)
            given = None if at in marks.blank else value
            _write_cell(sheet, at, given, functools.partial(formats, shade=marks.shade(at), is_struck=at in marks.struck))
    for n, (at, texts) in enumerate([*marks.comments.items()][:_MOST_COMMENTS]):
        told = texts if n else [*texts, MASKED]
        sheet.write_comment(*at, "\n\n".join(told)[:_LONGEST], {"x_scale": 3, "y_scale": 2 if n else 3})


def _write_cell(sheet: Any, at: tuple[int, int], value: Any, form: Callable[[str], Any]) -> None:
    text = as_text(value)
    if text == "":
        if form(""):
            sheet.write_blank(*at, None, form(""))
    elif isinstance(value, bool):
        sheet.write_boolean(*at, value, form(""))
    elif isinstance(value, int | float) and math.isfinite(value):
        sheet.write_number(*at, _Exact(value), form(""))
    elif isinstance(value, datetime.date) and text >= _FIRST_DAY.isoformat():
        sheet.write_datetime(*at, value, form("date" if len(text) == len("2026-03-31") else "moment"))
    else:
        sheet.write_string(*at, text[:_LONGEST], form("text" if _KEPT_AS_TEXT.fullmatch(text) else ""))
