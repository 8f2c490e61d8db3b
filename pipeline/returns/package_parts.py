"""Read the XML parts of a workbook's zip package without trusting them: no DTD, no entity, nothing outside, nothing run."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Set
from pathlib import PurePosixPath
from typing import NamedTuple, TypeAlias

from pipeline.returns.cells import position

MOST_BYTES = 200_000_000
"""A part that unpacks to more is not looked into; of a worksheet only what is no cell counts."""
_CHUNK, _TAG, _CELL = 1 << 20, 200, 10_000
"""Bytes read at once, and bytes within which a tag or a cell ends."""
_CACHED = frozenset({"s", "n", "d", "x", "b", "e", "m"})
"""Values of a pivot cache."""
_PARTS = frozenset({"t", "text", "v", "p", "span", "a", "formula1", "formula2", "f"})
"""Elements whose text belongs to the element that they stand in."""
_CELLS = re.compile(rb"<(?:\w+:)?sheetData\b[^<>]*(?<!/)>")
_CELLS_END = re.compile(rb"</(?:\w+:)?sheetData\s*>")
_STRING_CELL = re.compile(
    rb"""<(?:\w+:)?c\b[^<>]*?\bt\s*=\s*["']s["'][^<>]*>\s*"""
    rb"(?:<(?:\w+:)?f\b[^<>]*(?:/>|>[^<]*</(?:\w+:)?f>)\s*)?<(?:\w+:)?v[^<>]*>\s*([0-9]+)"
)


class RefusedPartError(Exception):
    """A part with a DTD: no spreadsheet program writes one, and it can carry traps."""


class Start(NamedTuple):
    """An element begins."""

    name: str
    attributes: Mapping[str, str]


class End(NamedTuple):
    """An element ends."""

    name: str


Events: TypeAlias = Iterable["Start | End | str"]


class Text(NamedTuple):
    """The text of one element that was asked for, with its attributes."""

    name: str
    attributes: Mapping[str, str]
    text: str


def events(chunks: Iterable[bytes]) -> Events:
    """Elements and text in order, names without their prefix.

    Raises RefusedPartError, and expat.ExpatError where it is no XML.
    """
    from xml.parsers import expat

    queue: list[Start | End | str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        local = {key.rpartition(":")[2]: value for key, value in attributes.items()} if attributes else attributes
        queue.append(Start(name.rpartition(":")[2], local))

    def refuse(*_: object) -> None:
        raise RefusedPartError

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: queue.append(End(name.rpartition(":")[2]))
    parser.CharacterDataHandler = queue.append
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    for chunk in chunks:
        parser.Parse(chunk, False)
        yield from queue
        queue.clear()
    parser.Parse(b"", True)
    yield from queue


def texts_of(stream: Events, names: Set[str]) -> Iterator[Text]:
    """Every element of `names` with all the text inside it that is meant to be read."""
    inside: list[Start] = []
    words: list[str] = []
    for event in stream:
        if isinstance(event, Start):
            if inside or event.name in names:
                inside.append(event)
        elif not inside:
            continue
        elif isinstance(event, str):
            if len(inside) == 1 or inside[-1].name in _PARTS:
                words.append(event)
        else:
            last = inside.pop()
            if not inside:
                yield Text(last.name, last.attributes, "".join(words))
                words = []
            elif last.name == "p":
                words.append("\n")


def chunks_of(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """The bytes of a part."""
    with archive.open(part) as stream:
        yield from iter(lambda: stream.read(_CHUNK), b"")


def without_cells(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The bytes of a worksheet before its cells and after them."""
    rest, is_inside = b"", False
    for chunk in chunks:
        rest += chunk
        while mark := (_CELLS_END if is_inside else _CELLS).search(rest):
            if is_inside:
                rest = rest[mark.start() :]
            else:
                yield rest[: mark.end()]
                rest = rest[mark.end() :]
            is_inside = not is_inside
        if not is_inside:
            yield rest[:-_TAG]
        rest = rest[-_TAG:]
    if not is_inside:
        yield rest


def used_strings(archive: zipfile.ZipFile, worksheets: Iterable[zipfile.ZipInfo]) -> set[int]:
    """Numbers of the shared strings that some cell shows."""
    used: set[int] = set()
    for part in worksheets:
        rest = b""
        for chunk in chunks_of(archive, part):
            window = rest + chunk
            used.update(map(int, _STRING_CELL.findall(window)))
            rest = window[-_CELL:]
    return used


def relations(archive: zipfile.ZipFile, part: str) -> dict[str, str]:
    """What a part points to inside the package: the name of the target for each id."""
    folder = posixpath.dirname(part)
    try:
        member = archive.getinfo(relations_part(part))
    except KeyError:
        return {}
    links = [link.attributes for link in texts_of(events(chunks_of(archive, member)), {"Relationship"})]
    return {
        link.get("Id", ""): posixpath.normpath(posixpath.join("/", folder, link.get("Target", ""))).lstrip("/")
        for link in links
        if link.get("TargetMode") != "External"
    }


def relations_part(part: str) -> str:
    """The name of the part that says what another points to."""
    folder, name = posixpath.split(part)
    return f"{folder}/_rels/{name}.rels".lstrip("/")


def cached_fields(stream: Events) -> list[list[str]]:
    """Fields of a pivot cache as columns, each under its heading where it has one."""
    fields: dict[int, list[str]] = {}
    at, step = -1, 0
    for event in stream:
        if not isinstance(event, Start):
            continue
        if event.name == "cacheField":
            at += 1
            fields[at] = [event.attributes.get("name", "")]
        elif event.name == "sharedItems":
            fields.setdefault(at, []).extend(event.attributes[key] for key in ("minDate", "maxDate") if key in event.attributes)
        elif event.name == "r":
            at, step = -1, 1
        elif event.name in _CACHED:
            at += step
            if event.name in {"s", "n", "d"}:
                fields.setdefault(at, []).append(event.attributes.get("v", ""))
    return list(fields.values())


def linked_cells(stream: Events) -> list[list[str]]:
    """Cells that are kept of another workbook, as columns."""
    columns: dict[int, list[str]] = {}
    at, words = 0, list[str]()
    for event in stream:
        if isinstance(event, Start):
            if event.name == "cell" and (letter := re.match("[A-Z]{1,3}", event.attributes.get("r", ""))):
                at = position(letter[0])
            words = []
        elif isinstance(event, str):
            words.append(event)
        elif event.name == "v":
            columns.setdefault(at, []).append("".join(words))
    return list(columns.values())


def sheets_of(archive: zipfile.ZipFile) -> list[tuple[str, bool, str]]:
    """Each sheet's name, whether it is hidden, and the part that holds it."""
    names = {member.filename: member for member in archive.infolist()}
    if "content.xml" in names:
        return _ods_sheets(events(chunks_of(archive, names["content.xml"])))
    book = next((name for name in names if PurePosixPath(name).name == "workbook.xml"), "")
    if not book:
        return []
    parts = relations(archive, book)
    found = [e.attributes for e in events(chunks_of(archive, names[book])) if isinstance(e, Start) and e.name == "sheet"]
    return [(a.get("name", ""), a.get("state", "visible") != "visible", parts.get(a.get("id", ""), "")) for a in found]


def _ods_sheets(stream: Events) -> list[tuple[str, bool, str]]:
    hidden: set[str] = set()
    style, sheets = "", []
    for event in stream:
        if not isinstance(event, Start):
            continue
        if event.name == "style":
            style = event.attributes.get("name", "")
        elif event.name == "table-properties" and event.attributes.get("display") == "false":
            hidden.add(style)
        elif event.name == "table":
            sheets.append((event.attributes.get("name", ""), event.attributes.get("style-name", "") in hidden, ""))
    return sheets
