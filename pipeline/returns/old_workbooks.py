"""Look through an .xls before a reader opens it: what it says of its own size may take up all memory, or end the process.

The container is as in [MS-CFB] 2.2 to 2.6, the records of the workbook as in [MS-XLS] 2.1.4 and 2.4.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.returns.sheets import UnreadableError

_CONTAINER = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_STREAMS = {"workbook", "book"}
_NO_SECTOR = 0xFFFFFFFA
"""From here on, an entry in a table of sectors is no sector: [MS-CFB] 2.1."""
_SMALL_SECTOR, _ENTRY = 64, 128
_STREAM, _ROOT = 2, 5
_CELLS = {0x0006, 0x0201, 0x0203, 0x0204, 0x0205, 0x027E, 0x00FD, 0x00D6, 0x00BD, 0x00BE}
"""Formula, blank, number, label, boolean or error, compressed number, shared text, rich text, and rows of two of them."""
_SEVERAL = {0x00BD, 0x00BE}
"""Several cells of one row: the last column ends the record."""
_BEGIN, _END, _TEXTS, _SHEET, _EXTENT, _PASSWORD = 0x0809, 0x000A, 0x00FC, 0x0085, 0x0200, 0x002F
_MOST_COLUMNS, _MOST_ROWS = 256, 65_536
"""Of a sheet of an .xls (Excel specifications and limits)."""
_LEAST_TEXT = 3
"""Bytes of the shortest shared text: its length and its flags."""


class _OddError(Exception):
    """The container or a record of it breaks its own rules."""


def refuse_old(path: Path) -> None:
    """Raises UnreadableError where a file is an old container whose sectors, records or cells cannot be as they say."""
    with path.open("rb") as file:
        if file.read(len(_CONTAINER)) != _CONTAINER:
            return
    try:
        for stream in _workbooks(path.read_bytes()):
            _check_records(stream)
    except (_OddError, struct.error, IndexError):
        raise UnreadableError("unreadable", "a file that is damaged, or no workbook") from None


def _workbooks(content: bytes) -> Iterator[bytes]:
    """The streams of the container that hold a workbook; every chain of sectors in it ends."""
    version, _, shift = struct.unpack_from("<3H", content, 26)
    if (version, shift) not in {(3, 9), (4, 12)}:
        raise _OddError
    first_entry, _, least, first_small, _, first_list, _ = struct.unpack_from("<7I", content, 48)
    sectors = _cut(content, 1 << shift)[1:]
    table = _table(content, sectors, first_list)
    small_table = _numbers(b"".join(_chain(sectors, table, first_small)))
    entries = _cut(b"".join(_chain(sectors, table, first_entry)), _ENTRY)
    small: list[bytes] = []
    for entry in entries:
        name_length, kind, start, length = struct.unpack_from("<HB49xII", entry, 64)
        if kind == _ROOT:
            small = _cut(b"".join(_chain(sectors, table, start)), _SMALL_SECTOR) if length else []
        elif kind == _STREAM and length:
            parts = _chain(small, small_table, start) if length < least else _chain(sectors, table, start)
            if sum(map(len, parts)) < length:
                raise _OddError
            if entry[: max(name_length - 2, 0)].decode("utf-16-le", errors="replace").lower() in _STREAMS:
                yield b"".join(parts)[:length]


def _cut(content: bytes, size: int) -> list[bytes]:
    return [content[at : at + size] for at in range(0, len(content), size)]


def _numbers(content: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(content) // 4}I", content[: len(content) // 4 * 4])


def _table(content: bytes, sectors: list[bytes], first_list: int) -> list[int]:
    """Which sector follows each: its own sectors are listed in the header, and in a chain of lists after it."""
    listed, at, lists = [*struct.unpack_from("<109I", content, 76)], first_list, 0
    while at < _NO_SECTOR:
        *more, at = _numbers(sectors[at])
        listed, lists = listed + more, lists + 1
        if lists > len(sectors):
            raise _OddError
    return [follows for sector in listed if sector < _NO_SECTOR for follows in _numbers(sectors[sector])]


def _chain(sectors: Sequence[bytes], table: Sequence[int], start: int) -> list[bytes]:
    found: list[bytes] = []
    at = start
    while at < _NO_SECTOR:
        found.append(sectors[at])
        at = table[at]
        if len(found) > len(sectors):
            raise _OddError
    return found


def _check_records(stream: bytes) -> None:
    """Every cell lies where a sheet has cells, every sheet begins where one does, and no count exceeds what is there."""
    at, is_first, begins, sheets = 0, True, set[int](), set[int]()
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        data = stream[at + 4 : at + 4 + length]
        if len(data) < length:
            raise _OddError
        if kind == _PASSWORD and is_first and data[:2] != b"\0\0":
            return  # what follows is encrypted, and no reader goes on
        if kind == _BEGIN:
            begins.add(at)
        elif kind == _SHEET:
            sheets.add(struct.unpack_from("<I", data)[0])
        elif kind in _CELLS:
            _check_cell(kind, data)
        elif kind == _EXTENT:
            _check_extent(data)
        elif kind == _TEXTS and struct.unpack_from("<4xI", data)[0] > len(stream) // _LEAST_TEXT:
            raise _OddError
        is_first = is_first and kind != _END
        at += 4 + length
    if not sheets <= begins:
        raise _OddError


def _check_cell(kind: int, data: bytes) -> None:
    _, column = struct.unpack_from("<HH", data)
    last = struct.unpack_from("<H", data, len(data) - 2)[0] if kind in _SEVERAL else column
    if not column <= last < _MOST_COLUMNS:
        raise _OddError


def _check_extent(data: bytes) -> None:
    form = "<IIHH" if len(data) == struct.calcsize("<IIHHH") else "<HHHH"
    top, bottom, left, right = struct.unpack_from(form, data)
    if not (top <= bottom <= _MOST_ROWS and left <= right <= _MOST_COLUMNS):
        raise _OddError
