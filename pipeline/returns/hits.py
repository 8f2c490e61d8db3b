"""What a sheet's columns hold that identifies: hits in columns, how grave each is, and findings without the value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.returns.cells import heading
from pipeline.returns.identifiers import spot
from pipeline.returns.identifying_headings import BARE_NAME, announced, are_names, fits, may_announce
from pipeline.returns.sheets import HEADER_SEARCH

FORM_SEARCH = 100
"""In so many rows a label may stand to the left of its value, as on a form."""
_WEAK = {"person_name", "address", BARE_NAME}
"""Any text fits under these, so that the heading must be one."""


@dataclass(frozen=True)
class Finding:
    """An identifier, and where it stands; never what it says.

    `kind` is one of `identifiers.KINDS`, or empty where a part of the file is named that holds none. `severity` is `file`
    (the whole return is set aside), `value` (that cell is left out), `warning` or `note`. `sheet` is the sheet's name where
    that is one of ours, else its number ("sheet 3"), since a name may itself identify. `cell` is the first one, such as C5.
    """

    kind: str
    severity: str
    sheet: str
    cell: str
    place: str


@dataclass(frozen=True)
class Hit:
    """One kind of identifier in one column: first row, position of the column, number of cells, and how it was known."""

    kind: str
    row: int
    column: int
    cells: int
    by_heading: bool = False
    by_chance: bool = False


def template_headings() -> dict[str, str]:
    """The headings of the template, with the kind of each column."""
    from pipeline.tables.returned import RETURNED

    return {name: column.metadata["kind"] for schema in RETURNED.values() for name, column in schema.columns.items()}


def shown(position: int, name: str) -> str:
    """A sheet's name where it is that of one of our tables, else its number: a site's own name may be a woman's."""
    from pipeline.tables.returned import RETURNED

    return name if name.isascii() and heading(name) in RETURNED else f"sheet {position + 1}"


def columns_of(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """Rows of any length as columns of one length."""
    width = max(map(len, rows), default=0)
    if all(len(row) == width for row in rows):
        return [[row[i] for row in rows] for i in range(width)]
    return [[row[i] if i < len(row) else "" for row in rows] for i in range(width)]


def hits_in(columns: Sequence[Sequence[str]], known: Mapping[str, str]) -> list[Hit]:
    """What the columns of one sheet hold; a column counts once for each kind."""
    hits: dict[tuple[str, int], Hit] = {}
    for hit in (*_by_label(columns, known), *_by_pattern(columns, known)):
        first = hits.setdefault((hit.kind, hit.column), hit)
        if first is not hit:
            hits[hit.kind, hit.column] = replace(first, cells=max(first.cells, hit.cells), row=min(first.row, hit.row))
    return list(hits.values())


def _by_pattern(columns: Sequence[Sequence[str]], known: Mapping[str, str]) -> list[Hit]:
    hits = []
    for position, column in enumerate(columns):
        texts = set(column) - {""}
        has_dates = any(known.get(heading(text)) in {"date", "month"} for text in column[:HEADER_SEARCH] if text)
        spotted = spot(texts, has_dates=has_dates)
        for kind, holding in spotted.certain.items():
            rows = [row for row, text in enumerate(column) if text in holding]
            hits.append(Hit(kind, rows[0], position, len(rows)))
        if spotted.by_chance and "nhs_number" not in spotted.certain:
            rows = [row for row, text in enumerate(column) if text in spotted.by_chance]
            hits.append(Hit("nhs_number", rows[0], position, len(rows), by_chance=True))
    return hits


def _by_label(columns: Sequence[Sequence[str]], known: Mapping[str, str]) -> list[Hit]:
    """What stands under a heading that announces it, or to the right of a label."""
    hits = []
    for position, column in enumerate(columns):
        top = column[:FORM_SEARCH]
        for row, text in enumerate(top if may_announce("\n".join(top)) else ()):
            kind = announced(text) if text else ""
            if not kind or heading(text) in known:
                continue
            if row < HEADER_SEARCH and (kind not in _WEAK or _is_heading(columns, row, position, known)):
                hits += _under(column, row, position, kind)
            beside = columns[position + 1][row] if position + 1 < len(columns) else ""
            is_label = kind not in _WEAK or (kind != BARE_NAME and text.rstrip().endswith(":"))
            if is_label and beside and not announced(beside) and fits(kind, beside):
                hits.append(Hit(kind, row, position + 1, 1, by_heading=True))
    return hits


def _is_heading(columns: Sequence[Sequence[str]], row: int, position: int, known: Mapping[str, str]) -> bool:
    """Whether a cell is a heading: the first of its column below a banner, or in one row with others."""
    for above in range(row):
        if columns[position][above] and sum(1 for column in columns if column[above]) > min(1, len(columns) - 1):
            return sum(1 for column in columns if heading(column[row]) in known or announced(column[row])) > 1
    return True


def _under(column: Sequence[str], row: int, position: int, kind: str) -> list[Hit]:
    values = {text for text in column[row + 1 :] if text and not announced(text)}
    if kind == BARE_NAME:
        kind, values = "person_name", values if are_names(values) else set()
    fitting = {text for text in values if fits(kind, text)}
    rows = [at for at, text in enumerate(column[row + 1 :], start=row + 1) if text in fitting]
    return [Hit(kind, rows[0], position, len(rows), by_heading=True)] if rows else []


def severity_of(hit: Hit, total: int, *, is_hidden: bool) -> str:
    """How grave a hit is where the return holds `total` of its kind."""
    if hit.by_chance:
        return "warning"
    if hit.by_heading or hit.kind == "nhs_number":
        return "file"
    if hit.kind == "date_of_birth":
        return "file" if hit.cells > 1 else "warning" if is_hidden else "value"
    return "file" if total > 1 or is_hidden else "value"
