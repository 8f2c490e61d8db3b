"""From a draft to the files of a return, the same bytes each time."""

from __future__ import annotations

import csv
import datetime
import io
import zipfile
from typing import TYPE_CHECKING, Any

from pipeline.synthetic.mistakes.drafts import Draft, Formula, Sheet
from pipeline.synthetic.writing import CREATED

if TYPE_CHECKING:
    from pathlib import Path

    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

DATED = {"num_format": "yyyy-mm-dd"}
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_OLD_SECTOR, _OLD_CUTOFF = 512, 4096
_NONE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def write_draft(folder: Path, draft: Draft) -> set[str]:
    """Write the return of a site, and what lies beside it, into the folder of returns; give the links that could not be made."""
    files = draft.files or files_of(draft)
    for name, content in {**files, **draft.beside}.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    missing = set()
    for name, target in draft.links.items():
        try:
            (folder / name).symlink_to(target)
        except OSError:  # Windows lets few accounts make one
            missing.add(name)
    return missing


def files_of(draft: Draft) -> dict[str, bytes]:
    """The files of a return by name: one workbook, or one CSV file a sheet."""
    name = f"{draft.site_id}{draft.version}"
    if draft.form == "workbook":
        return {name + draft.suffix: workbook_of(draft)}
    return {f"{name}/{sheet.name}.csv": csv_of(sheet) for sheet in draft.sheets.values()}


def csv_of(sheet: Sheet) -> bytes:
    """One CSV file."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=sheet.delimiter, lineterminator="\n")
    for r, row in enumerate(sheet.rows):
        if r in sheet.lines:
            text.write(sheet.lines[r] + "\n")
        else:
            writer.writerow(map(word, row))
    content = text.getvalue()
    return b"\xff\xfe" + content.encode("utf-16-le") if sheet.encoding == "utf-16" else content.encode(sheet.encoding)


def word(value: Any) -> str:
    """A value as a CSV file holds it."""
    if value is None:
        return ""
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def workbook_of(draft: Draft) -> bytes:
    """One workbook, with properties and zip entries of a fixed date."""
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "date_1904": draft.since_1904, "strings_to_formulas": False}) as book:
        book.set_properties({"created": CREATED, **draft.properties})
        for sheet in draft.sheets.values():
            _write_sheet(book, sheet)
        for name, text in draft.names.items():
            book.define_name(name, text)
        if draft.has_macros:
            book.add_vba_project(io.BytesIO(old_container({"VBA": b"\0" * _OLD_CUTOFF})), is_stream=True)
    return with_parts(buffer.getvalue(), draft.parts) if draft.parts else buffer.getvalue()


def _write_sheet(book: Workbook, sheet: Sheet) -> None:
    page = book.add_worksheet(sheet.name)
    formats: dict[tuple[tuple[str, Any], ...], Format] = {}

    def look(**properties: Any) -> Format:
        key = tuple(sorted(properties.items()))
        return formats.setdefault(key, book.add_format(properties)) if key not in formats else formats[key]

    for r, row in enumerate(sheet.rows):
        for c, value in enumerate(row):
            own = ({"bold": True} if r == sheet.head else {}) | sheet.looks.get((r, c), {})
            if isinstance(value, datetime.date):
                own = DATED | own
            _write_cell(page, r, c, value, look(**own) if own else None)
    for r in range(len(sheet.rows), len(sheet.rows) + sheet.formatted_blanks):
        page.write_blank(r, 0, None, look(bottom=1))
    for (r, c), text in sheet.comments.items():
        page.write_comment(r, c, text, {"author": "A. Nother"})
    for r in sheet.hidden_rows:
        page.set_row(r, None, None, {"hidden": True})
    for c in sheet.hidden_columns:
        page.set_column(c, c, None, None, {"hidden": True})
    if sheet.shows_only:
        column, only = sheet.shows_only
        page.autofilter(sheet.head, 0, len(sheet.rows) - 1, len(sheet.headings) - 1)
        page.filter_column_list(column, [only])
    if sheet.is_hidden:
        page.hide()


def _write_cell(page: Worksheet, r: int, c: int, value: Any, look: Format | None) -> None:
    if value is None:
        return
    if isinstance(value, Formula):
        page.write_formula(r, c, value.text, look, value.result)
    elif isinstance(value, bool):
        page.write_boolean(r, c, value, look)
    elif isinstance(value, datetime.date):
        page.write_datetime(r, c, value, look)
    elif isinstance(value, str):
        page.write_string(r, c, value, look)
    else:
        page.write_number(r, c, value, look)


def with_parts(content: bytes, parts: dict[str, bytes]) -> bytes:
    """A package with more parts. A name with + adds to a part: after the element named behind it, else at the end of the part."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        files = {member.filename: old.read(member) for member in old.infolist()}
        for name, more in parts.items():
            part, plus, element = name.partition("+")
            if element:
                files[part] = files[part].replace(f"</{element}>".encode(), f"</{element}>".encode() + more)
            elif plus:
                head, mark, tail = files[part].rpartition(b"</")
                files[part] = head + more + mark + tail
            else:
                files[name] = more
        for name, whole in files.items():
            new.writestr(zipfile.ZipInfo(name, _ZIP_DATE), whole, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def old_container(streams: dict[str, bytes]) -> bytes:
    """A compound file with these streams, as old spreadsheets and workbooks with a password are: [MS-CFB], version 3.

    A stream is filled up to 4,096 bytes, from which on it lies in sectors of its own.
    """
    padded = {name: each.ljust(_OLD_CUTOFF, b"\0") for name, each in streams.items()}
    padded = {name: each + bytes(-len(each) % _OLD_SECTOR) for name, each in padded.items()}
    fat, entries, body = [_FAT, _END], [_entry("Root Entry", 5, _END, 0, child=1)], b""
    for n, (name, content) in enumerate(padded.items(), start=1):
        start, count = len(fat), len(content) // _OLD_SECTOR
        fat += [*range(start + 1, start + count), _END]
        entries.append(_entry(name, 2, start, len(content), right=n + 1 if n < len(padded) else _NONE))
        body += content
    entries += [bytes(128)] * (4 - len(entries))
    fat += [_NONE] * (_OLD_SECTOR // 4 - len(fat))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + _numbers(0x3E, 3, 0xFFFE, 9, 6, size=2) + bytes(6)
    header += _numbers(0, 1, 1, 0, _OLD_CUTOFF, _END, 0, _END, 0, 0) + _numbers(*[_NONE] * 108)
    return header + _numbers(*fat) + b"".join(entries) + body


def _entry(name: str, kind: int, start: int, size: int, *, right: int = _NONE, child: int = _NONE) -> bytes:
    words = (name + "\0").encode("utf-16-le")
    about = words.ljust(64, b"\0") + _numbers(len(words), kind + 256, size=2)
    return about + _numbers(_NONE, right, child) + bytes(36) + _numbers(start, size, 0)


def _numbers(*values: int, size: int = 4) -> bytes:
    return b"".join(value.to_bytes(size, "little") for value in values)
