"""Refuse what would fill the memory before it is read: a large file, a bomb, cells far apart, rows that are said to repeat."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pipeline.returns.cells import position
from pipeline.returns.package_parts import Events, Start, chunks_of, events
from pipeline.returns.sheets import UnreadableError

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.config import IntakeSettings

_MOST_CELLS = 25_000_000
"""Between the first and the last cell of a sheet; the reader takes up 32 bytes for each, filled or not."""
_SMALL = 50_000_000
"""What unpacks to fewer bytes is no bomb, whatever its ratio."""
_FAR = re.compile(rb"""\sr\s*=\s*["'](?:[A-Za-z]{2,3}|[X-Zx-z])[0-9]|\sr\s*=\s*["'][A-Za-z]{1,3}[0-9]{7}""")
"""Cells from column X on, or from row 1,000,000 on: no sheet without them is larger than the limit."""
_ADDRESS = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{1,3})([0-9]{1,7})["'](?![^<>]*/>)""")
"""The address of a cell that is more than its format."""


def refuse_size(path: Path, limits: IntakeSettings) -> None:
    """Raises UnreadableError where the file is larger than the limit."""
    size = path.stat().st_size
    if size > limits.max_file_megabytes * 1e6:
        raise UnreadableError("too-large", f"{size / 1e6:.0f} MB", f"{limits.max_file_megabytes} MB")


def refuse_bomb(path: Path, limits: IntakeSettings) -> None:
    """Raises UnreadableError where a zip package unpacks to far more than its size, or where its cells are too far apart."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        inside = sum(member.file_size for member in archive.infolist())
        ratio = inside / max(path.stat().st_size, 1)
        if inside > _SMALL and ratio > limits.max_compression_ratio:
            raise UnreadableError("too-large", f"a file that unpacks to {ratio:.0f} times its size", "an ordinary workbook")
        for member in archive.infolist():
            if member.filename == "content.xml":
                _refuse_repeats(events(chunks_of(archive, member)))
            elif any(_FAR.search(whole) for whole in _whole_tags(chunks_of(archive, member))):
                _refuse_extent(chunks_of(archive, member))


def _whole_tags(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, cut between tags."""
    rest = b""
    for chunk in chunks:
        window = rest + chunk
        end = window.rfind(b">") + 1 or len(window)
        rest = window[end:]
        yield window[:end]


def _refuse_extent(chunks: Iterable[bytes]) -> None:
    height, width = 0, 0
    for whole in _whole_tags(chunks):
        found = _ADDRESS.findall(whole)
        height = max([height, *(int(row) for _, row in found)])
        width = max([width, *(position(column.decode()) + 1 for column in {column for column, _ in found})])
    _refuse_cells(height, width)


def _refuse_repeats(stream: Events) -> None:
    """An open document says how often a cell and a row repeat; only those up to the last one with a value count."""
    height = width = row = column = times = 0
    for event in stream:
        if not isinstance(event, Start):
            continue
        if event.name == "table":
            height = width = row = times = 0
        elif event.name == "table-row":
            row, column = row + times, 0
            times = _times(event, "number-rows-repeated")
        elif event.name in {"table-cell", "covered-table-cell"}:
            column += _times(event, "number-columns-repeated")
            if event.attributes.keys() & {"value-type", "formula"}:
                height, width = row + times, max(width, column)
                _refuse_cells(height, width)


def _times(event: Start, name: str) -> int:
    said = event.attributes.get(name, "1")
    return int(said) if re.fullmatch("[0-9]{1,12}", said) else 1


def _refuse_cells(height: int, width: int) -> None:
    if height * width > _MOST_CELLS:
        size = f"a sheet of {height} rows and {width} columns"
        raise UnreadableError("too-large", size, f"{_MOST_CELLS:,} cells from the first to the last")
