"""Open a return and give its sheets as rows of cells; what cannot be read is a finding, never an exception."""

from __future__ import annotations

import contextlib
import datetime
import re
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from xml.parsers.expat import ExpatError

from pipeline.returns.cells import as_text
from pipeline.returns.delimited import read_delimited
from pipeline.returns.inventory import is_ignored
from pipeline.returns.old_workbooks import refuse_old
from pipeline.returns.package_parts import RefusedPartError, Start, chunks_of, events
from pipeline.returns.sheets import UNSEEN, Sheet, UnreadableError
from pipeline.returns.sizes import refuse_bomb, refuse_size

if TYPE_CHECKING:
    from pipeline.config import IntakeSettings

_MOST_VALUES = 3_000_000
"""Between the first and the last cell of a sheet whose values are held as their types, and written again."""
_CLOSED = "a file that cannot be opened"
_DAMAGED = "a file that is damaged, or no workbook"
_MISNAMED = "a name that ends in {} on {}: its ending is wrong"
_LOCKED = "a file that is protected by a password"
_WEB_PAGE = re.compile(rb"(?i)[^<]{0,10}<(!doctype html|html|head|body|meta|table|!--)")
_OLD_CONTAINER, _ENCRYPTED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "EncryptedPackage".encode("utf-16-le")
"""An .xlsx with a password is an old container with a stream of that name: [MS-OFFCRYPTO] 2.3."""
SINCE_1900, SINCE_1904 = datetime.date(1899, 12, 30), datetime.date(1904, 1, 1)
"""Day 0 of a workbook's days: ECMA-376, 18.17.4.1; from 1 March 1900 on the first is right."""


def read_sheets(path: Path, limits: IntakeSettings, headings: Set[str]) -> list[Sheet]:
    """Every sheet of a workbook, or every file of a folder, in order. Raises UnreadableError.

    `headings` are the known headings; they tell which mark separates the columns of a CSV file.
    """
    try:
        return _read_folder(path, limits, headings) if path.is_dir() else _read_workbook(path, limits)
    except OSError:
        raise UnreadableError("unreadable", _CLOSED) from None


@dataclass(frozen=True)
class Values:
    """One visible sheet: its name, its number from 1, its values as their types, and the row and column where they begin."""

    name: str
    number: int
    rows: list[list[Any]]
    first_row: int
    first_column: int


def read_values(path: Path, limits: IntakeSettings | None = None) -> tuple[list[Values], Counter[str]]:
    """The visible sheets of a workbook that `read_sheets` has read, and how many others there are of which sort.

    A sheet beyond the limits was not searched for identifiers, so it is left out as too large. `limits` are those with which
    `read_sheets` read it; without them the ordinary ones. Raises UnreadableError.
    """
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    from pipeline.config import IntakeSettings

    sheets, left_out, limits = [], Counter[str](), limits or IntakeSettings()
    with _reading(lambda: _DAMAGED):
        refuse_old(path)
        with CalamineWorkbook.from_path(path) as book:
            for number, about in enumerate(book.sheets_metadata):
                is_shown, sheet = about.visible == SheetVisibleEnum.Visible, None
                if is_shown and about.typ == SheetTypeEnum.WorkSheet:
                    sheet = book.get_sheet_by_index(number)
                if sheet is not None and not _is_beyond(sheet, limits) and sheet.height * sheet.width <= _MOST_VALUES:
                    rows = sheet.to_python(skip_empty_area=True)
                    sheets.append(Values(about.name, number + 1, rows, *(sheet.start or (0, 0))))
                else:
                    left_out["too large" if sheet is not None else "without cells" if is_shown else "hidden"] += 1
    return sheets, left_out


def unseen_sheets(path: Path) -> dict[str, int]:
    """The hidden sheets of a workbook that is no zip package, each with its place from 0; none where it cannot be read."""
    from python_calamine import CalamineWorkbook, SheetVisibleEnum

    with contextlib.suppress(UnreadableError), _reading(lambda: _DAMAGED):
        refuse_old(path)
        with CalamineWorkbook.from_path(path) as book:
            return {each.name: n for n, each in enumerate(book.sheets_metadata) if each.visible != SheetVisibleEnum.Visible}
    return {}


@contextlib.contextmanager
def _reading(why: Callable[[], str]) -> Iterator[None]:
    """Whatever a damaged file makes a reader raise becomes UnreadableError; `why` says what is wrong with it.

    A reader that panics raises what is no Exception; its type is known by its name alone.
    """
    try:
        yield
    except UnreadableError:
        raise
    except _damaged():
        raise UnreadableError("unreadable", why()) from None
    except OSError:
        raise UnreadableError("unreadable", _CLOSED) from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise UnreadableError("unreadable", _DAMAGED) from None


def _is_beyond(sheet: Any, limits: IntakeSettings) -> bool:
    return bool(sheet.height > limits.max_rows or sheet.width > limits.max_columns)


def _damaged() -> tuple[type[Exception], ...]:
    from python_calamine import CalamineError

    return (
        CalamineError,
        ExpatError,
        RefusedPartError,
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        RuntimeError,
        LookupError,
        ValueError,
        struct.error,
    )


def _read_folder(folder: Path, limits: IntakeSettings, headings: Set[str]) -> list[Sheet]:
    files = sorted(p for p in folder.iterdir() if not is_ignored(p.name))
    if not any(p.suffix.lower() == ".csv" for p in files):
        raise UnreadableError("unreadable", "a folder without a CSV file")
    return [_read_file(file, limits, headings) for file in files]


def _read_file(path: Path, limits: IntakeSettings, headings: Set[str]) -> Sheet:
    try:
        if path.is_symlink() or not path.is_file() or path.suffix.lower() != ".csv":
            raise UnreadableError("unreadable", f"something other than a CSV file, {UNSEEN}: remove it")
        refuse_size(path, limits)
        return read_delimited(path, limits, headings)
    except UnreadableError as trouble:
        return Sheet(path.stem, trouble=trouble)


def _read_workbook(path: Path, limits: IntakeSettings) -> list[Sheet]:
    from python_calamine import CalamineWorkbook

    refuse_size(path, limits)
    with _reading(lambda: _why_damaged(path)):
        refuse_bomb(path, limits)
        day_zero = day_zero_of(path)
        refuse_old(path)
        with CalamineWorkbook.from_path(path) as book:
            return [_read_sheet(book, name, limits, day_zero) for name in book.sheet_names]


def _why_damaged(path: Path) -> str:
    """What a file is that no reader opens, as far as its bytes tell."""
    content = path.read_bytes()
    if not content:
        return "an empty file"
    if _WEB_PAGE.match(content):
        return "a web page under the name of a workbook"
    if content.startswith(_OLD_CONTAINER):
        if _ENCRYPTED in content or _is_locked(path):
            return _LOCKED
        return _DAMAGED if path.suffix.lower() == ".xls" else _MISNAMED.format(path.suffix, "an older workbook (.xls)")
    odd = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, LookupError, ValueError, struct.error, OSError)
    with contextlib.suppress(*odd), zipfile.ZipFile(path) as archive:
        if any(member.flag_bits & 1 for member in archive.infolist()):
            return _LOCKED
        if "xl/workbook.xml" in archive.namelist() and path.suffix.lower() in {".xls", ".ods", ".xlsb"}:
            return _MISNAMED.format(path.suffix, "a workbook (.xlsx)")
        return _LOCKED if b"encryption-data" in archive.read("META-INF/manifest.xml") else _DAMAGED
    return _DAMAGED


def _is_locked(path: Path) -> bool:
    from python_calamine import CalamineWorkbook, PasswordError

    with contextlib.suppress(UnreadableError), _reading(lambda: _DAMAGED):
        try:
            refuse_old(path)
            CalamineWorkbook.from_path(path).close()
        except PasswordError:
            return True
    return False


def day_zero_of(path: Path) -> datetime.date | None:
    """The day from which the numbers of an .xlsx count, as the workbook says; no other kind of file is asked."""
    if not zipfile.is_zipfile(path):
        return None
    with zipfile.ZipFile(path) as archive, contextlib.suppress(RefusedPartError, ExpatError):
        for member in archive.infolist():
            if PurePosixPath(member.filename).name == "workbook.xml":
                starts = (each for each in events(chunks_of(archive, member)) if isinstance(each, Start))
                said = next((each.attributes.get("date1904", "0") for each in starts if each.name == "workbookPr"), "0")
                return SINCE_1904 if said in {"1", "true", "on"} else SINCE_1900
    return None


def _read_sheet(book: Any, name: str, limits: IntakeSettings, day_zero: datetime.date | None) -> Sheet:
    sheet = book.get_sheet_by_name(name)
    if _is_beyond(sheet, limits):
        size = f"a sheet of {sheet.height} rows and {sheet.width} columns, {UNSEEN}"
        limit = f"{limits.max_rows} rows and {limits.max_columns} columns"
        return Sheet(name, trouble=UnreadableError("too-large", size, limit))
    first_row, first_column = sheet.start or (0, 0)
    rows = [[as_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=True)]
    return Sheet(name, rows, first_row, first_column, day_zero=day_zero)
