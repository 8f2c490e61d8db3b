"""Look for identifiers where no cell is: comments, hidden names, caches, headers, prompts, links. Nothing of it is kept.

What is looked into follows ECMA-376 (Office Open XML) and, for .ods, OASIS OpenDocument. Macros are never run, links never
followed, document properties and the authors of comments never read.
"""

from __future__ import annotations

import contextlib
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from xml.parsers import expat

from pipeline.returns.hits import Finding, hits_in, severity_of, shown, template_headings
from pipeline.returns.identifiers import spot
from pipeline.returns.package_parts import (
    MOST_BYTES,
    Events,
    RefusedPartError,
    Start,
    Text,
    cached_fields,
    chunks_of,
    events,
    linked_cells,
    relations,
    relations_part,
    sheets_of,
    texts_of,
    used_strings,
    without_cells,
)
from pipeline.returns.readers import unseen_sheets

COMMENTS, NAMES, CACHES, UNUSED = "comment", "defined name", "pivot cache", "text that no cell shows"
HEADERS, PROMPTS, LINKS, DRAWINGS = "header or footer", "drop-down list", "link", "drawing or chart"
PROPERTIES = "document properties, dropped unread"
CACHED, OTHER = "cache of another workbook", "other part of the file"
_ON_SHOW = {HEADERS, PROMPTS, LINKS, DRAWINGS, OTHER}
"""On a letterhead or a footer one e-mail address, telephone number, postcode or date is most likely the organisation's own."""
_PLACES = {
    **dict.fromkeys(("comment", "threadedComment", "annotation"), COMMENTS),
    **dict.fromkeys(("definedName", "named-expression"), NAMES),
    **dict.fromkeys(("oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter"), HEADERS),
    **dict.fromkeys(("header", "footer", "header-left", "footer-left"), HEADERS),
    **dict.fromkeys(("dataValidation", "content-validation"), PROMPTS),
    **dict.fromkeys(("hyperlink", "Relationship"), LINKS),
    **dict.fromkeys(("p", "cNvPr", "pt"), DRAWINGS),
}
_WORKSHEET = {name for name, place in _PLACES.items() if place in {HEADERS, PROMPTS, LINKS}}
_ELEMENTS = {
    **{
        "comments": {"comment"},
        "ThreadedComments": {"threadedComment"},
        "workbook": {"definedName"},
        "Relationships": {"Relationship"},
    },
    **dict.fromkeys(("worksheet", "chartsheet", "dialogsheet"), _WORKSHEET),
    **{root: {"p", "cNvPr", "pt"} for root in ("wsDr", "chartSpace", "userShapes")},
    **{"document-content": {"annotation", "named-expression", "content-validation"}, "document-styles": _WORKSHEET},
}
"""By the part's root element: which of its elements hold text."""
_UNREAD = {
    *("styleSheet", "theme", "calcChain", "Types", "personList", "table", "volTypes", "metadata"),
    *("document-settings", "manifest"),
}
"""They hold no text of a site but names of authors, and headings that stand in cells."""
_PROPERTIES = {"coreProperties", "Properties", "document-meta"}
_SHOWN_ATTRIBUTES = (
    *("prompt", "promptTitle", "error", "errorTitle", "display", "tooltip", "location", "Target", "descr", "title", "name"),
    *("comment", "v", "caption", "expression", "command", "connection"),
)
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, expat.ExpatError, RefusedPartError)
_PIECE = 2000
"""So many bytes mostly hold the first element."""
_HEADER_CODE = re.compile(r"&(?:\"[^\"]*\"|[0-9]+|K[0-9A-Fa-f]{6}|.)")
_MARKUP = re.compile(r"<[^<>]*>")


@dataclass(frozen=True)
class _Found:
    """Text of one place, with the sheet and cell that it belongs to, where it does; `is_noted` where it counts as one more."""

    place: str
    text: str
    sheet: str = ""
    cell: str = ""
    is_noted: bool = False


def hidden_sheets(path: Path) -> set[str]:
    """Names of the sheets of a workbook that whoever opens it does not see."""
    try:
        if path.suffix.lower() == ".xls" and not zipfile.is_zipfile(path):
            return set(unseen_sheets(path))
        with zipfile.ZipFile(path) as archive:
            return {name for name, is_hidden, _ in sheets_of(archive) if is_hidden}
    except (OSError, *_BROKEN):
        return set()


def scan_hidden_parts(path: Path, *, cells: Set[str] = frozenset(), headings: Mapping[str, str] | None = None) -> list[Finding]:
    """Look into every part of a workbook but its cells; nothing of what is found is shown, and nothing raises.

    An identifier in a comment, a defined name, a cache or a text that no cell shows is of severity file. Where a header,
    prompt, link, drawing or chart holds a single one that may be the organisation's own, that is a warning. `cells` are the
    texts of cells that were scanned already; without them it takes longer to tell which text no cell shows. `headings` are
    those of `scan.scan_cells`; they tell what a cache holds.
    """
    if path.is_dir():
        return []
    try:
        with zipfile.ZipFile(path) as archive:
            return list(_scan(archive, cells, template_headings() if headings is None else headings))
    except (OSError, *_BROKEN):
        unseen = unseen_sheets(path).items()
        place = "comments and hidden parts, which cannot be looked into in this kind of file"
        return [Finding("", "warning", "", "", place), *(Finding("", "note", shown(n, s), "", "hidden sheet") for s, n in unseen)]


@dataclass
class _Search:
    """One workbook that is looked into: the sheet that each part belongs to, and how many parts of each kind were met."""

    archive: zipfile.ZipFile
    cells: Set[str]
    headings: Mapping[str, str]
    owners: dict[str, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def read(self, member: zipfile.ZipInfo, root: str) -> Events:
        """The part's elements, without the cells of a worksheet."""
        chunks = chunks_of(self.archive, member)
        return events(without_cells(chunks) if root == "worksheet" else chunks)

    def root(self, member: zipfile.ZipInfo) -> str:
        """The name of the part's first element, which says what the part is, whatever its file is called."""
        with self.archive.open(member) as stream:
            pieces = iter(lambda: stream.read(_PIECE), b"")
            return next((each.name for each in events(pieces) if isinstance(each, Start)), "")


def _scan(archive: zipfile.ZipFile, cells: Set[str], headings: Mapping[str, str]) -> Iterator[Finding]:
    sheets: list[tuple[str, bool, str]] = []
    with contextlib.suppress(*_BROKEN):
        sheets = sheets_of(archive)
    owners = _owners(archive, {part: shown(n, name) for n, (name, _, part) in enumerate(sheets) if part})
    search = _Search(archive, cells, headings, owners)
    for member in archive.infolist():
        yield from _part(search, member)
    for place, n in sorted(search.counts.items()):
        yield Finding("", "note", "", "", place if place == PROPERTIES else f"{place}: {n}")
    for n, (name, is_hidden, _) in enumerate(sheets):
        if is_hidden:
            yield Finding("", "note", shown(n, name), "", "hidden sheet")


def _owners(archive: zipfile.ZipFile, sheets: dict[str, str]) -> dict[str, str]:
    """The sheet that each part belongs to."""
    owners = dict(sheets)
    for part, sheet in sheets.items():
        owners[relations_part(part)] = sheet
        with contextlib.suppress(*_BROKEN):
            owners.update(dict.fromkeys(relations(archive, part).values(), sheet))
    return owners


def _part(search: _Search, member: zipfile.ZipInfo) -> Iterator[Finding]:
    name = PurePosixPath(member.filename.lower())
    if name.name == "vbaproject.bin":
        search.counts["macros, never run"] += 1
    elif {"media", "embeddings", "activex", "pictures"} & set(name.parts[:-1]) and name.suffix != ".rels":
        search.counts["pictures and embedded files, not looked into"] += 1
    elif name.suffix in {".xml", ".rels", ".vml"}:
        try:
            yield from _look(search, member)
        except RefusedPartError:
            sheet = search.owners.get(member.filename, "")
            yield Finding("", "file", sheet, "", "a part that holds a document type, which no spreadsheet program writes")
        except _BROKEN:
            yield from _judge([_Found(OTHER, text) for text in _raw(search.archive, member)])


def _look(search: _Search, member: zipfile.ZipInfo) -> Iterator[Finding]:
    root, sheet = search.root(member), search.owners.get(member.filename, "")
    if root in _UNREAD:
        return
    if root in _PROPERTIES:
        search.counts[PROPERTIES] = 1
    elif member.file_size > MOST_BYTES and root != "worksheet":
        yield Finding("", "warning", sheet, "", "a part that is too large to be looked into")
    elif root == "externalLink":
        search.counts["caches of other workbooks, not followed"] += 1
        yield from _columns(linked_cells(search.read(member, root)), CACHED, search.headings)
    elif root in {"pivotCacheDefinition", "pivotCacheRecords"}:
        search.counts[f"{CACHES}s"] += root == "pivotCacheDefinition"
        yield from _columns(cached_fields(search.read(member, root)), CACHES, search.headings)
    elif root == "sst":
        yield from _judge(list(_unused(search, member)))
    else:
        found = list(_texts(root, search.read(member, root), sheet))
        search.counts.update(f"{each.place}s" for each in found if each.is_noted)
        yield from _judge(found)


def _columns(columns: list[list[str]], place: str, headings: Mapping[str, str]) -> Iterator[Finding]:
    for hit in hits_in(columns, headings):
        yield Finding(hit.kind, severity_of(hit, hit.cells, is_hidden=True), "", "", place)


def _texts(root: str, stream: Events, sheet: str) -> Iterator[_Found]:
    names = _ELEMENTS.get(root)
    if names is not None:
        for text in texts_of(stream, names):
            yield from _words(text, _PLACES[text.name], sheet)
        return
    for event in stream:
        if isinstance(event, str):
            yield _Found(OTHER, event, sheet)
        elif isinstance(event, Start):
            yield from (_Found(OTHER, event.attributes[key], sheet) for key in _SHOWN_ATTRIBUTES if key in event.attributes)


def _words(text: Text, place: str, sheet: str) -> Iterator[_Found]:
    if text.name == "Relationship" and text.attributes.get("TargetMode") != "External":
        return
    cell = text.attributes.get("ref", "")
    cell = cell if re.fullmatch(r"[A-Z]{1,3}[0-9]{1,7}", cell) else ""
    words = _HEADER_CODE.sub(" ", text.text) if place == HEADERS else text.text
    yield _Found(place, words, sheet, cell, is_noted=place in {COMMENTS, NAMES} and not _is_ours(text))
    yield from (_Found(place, text.attributes[key], sheet, cell) for key in _SHOWN_ATTRIBUTES if key in text.attributes)


def _judge(found: list[_Found]) -> Iterator[Finding]:
    """One finding a kind and place."""
    for place in dict.fromkeys(each.place for each in found):
        here = [each for each in found if each.place == place]
        spotted = spot({each.text for each in here} - {""})
        for kind, texts in {**spotted.certain, "": spotted.by_chance}.items():
            holding = [each for each in here if each.text in texts]
            if not holding:
                continue
            is_one_of_theirs = place in _ON_SHOW and kind != "nhs_number" and len({each.text for each in holding}) == 1
            severity = "warning" if is_one_of_theirs or kind in {"", "person_name"} else "file"
            yield Finding(kind or "nhs_number", severity, holding[0].sheet, holding[0].cell, place)


def _is_ours(text: Text) -> bool:
    """Whether it is a note of our own template, which begins with the title of a column, or a name that every program gives."""
    from pipeline.tables.returned import RETURNED

    first = text.text.partition("\n")[0]
    titles = {column.title for schema in RETURNED.values() for column in schema.columns.values()}
    return text.attributes.get("name", "").startswith("_xlnm.") if text.name == "definedName" else first in titles


def _unused(search: _Search, member: zipfile.ZipInfo) -> Iterator[_Found]:
    """Shared strings that no cell shows; which those are is only asked where one of them holds an identifier."""
    strings = [text.text for text in texts_of(search.read(member, "sst"), {"si"})]
    doubtful = [(n, text) for n, text in enumerate(strings) if text and text not in search.cells]
    spotted = spot({text for _, text in doubtful})
    if spotted.certain or spotted.by_chance:
        worksheets = [each for each in search.archive.infolist() if "sheet" in each.filename and each.filename.endswith(".xml")]
        used = used_strings(search.archive, worksheets)
        yield from (_Found(UNUSED, text) for n, text in doubtful if n not in used)


def _raw(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> list[str]:
    """What is left of a part that is no XML once its marks are taken away."""
    try:
        with archive.open(member) as stream:
            text = stream.read(MOST_BYTES).decode("utf-8", errors="replace")
    except _BROKEN:
        return []
    return _MARKUP.sub("\n", text).split("\n")
