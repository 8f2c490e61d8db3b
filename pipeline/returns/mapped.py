"""One sheet of a return as a table of ours: found under the site's own words, and said in ours."""

from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING

from pipeline.returns.cells import heading, is_blank
from pipeline.returns.layout import Located, locate
from pipeline.returns.mapping import Mapping, folded
from pipeline.returns.readers import HEADER_SEARCH
from pipeline.tables import schemas

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from pipeline.returns.mapping import Score
    from pipeline.returns.readers import Sheet

_BRITISH = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})( 00:00(:00)?)?")
_PER_SCORE = {"measure", "occasion", "total", "items"}


def table_of(sheet: Sheet, mapping: Mapping) -> str | None:
    """The table that a sheet is: the one that the mapping says, else the one that it is named as."""
    from pipeline.tables.returned import RETURNED

    name = mapping.tables.get(heading(sheet.name), heading(sheet.name))
    return name if name in RETURNED else None


def locate_table(sheet: Sheet, *, site_id: str, table: str, mapping: Mapping) -> list[Located]:
    """Take `table` out of a sheet, in parts that share the letters of their columns, every cell under its own address.

    A sheet is one part; a wide sheet is one part a heading that stands for a score, with a row for each score that is not
    blank. Codes and dates that the mapping names are translated; all others stay as the site wrote them.
    """
    if sheet.trouble is not None:
        located = Located(table, sheet.name, site_id)
        located.add(f"table-{sheet.trouble.kind}", sheet.trouble.found, limit=sheet.trouble.limit)
        return [located]
    columns, names = schemas()[table].columns, mapping.names(table)
    needed = {name for name, column in columns.items() if column.metadata["needed"] and name != "site_id"}
    if headings_in(sheet) & mapping.scores(table).keys():
        needed -= _PER_SCORE
    known = {*columns, *names.values()}
    located = locate(sheet, site_id=site_id, table=table, known=known, needed=needed, names=names)
    if sheet.read_as:
        located.add("read-as", sheet.read_as)
    parts = _unfold(located, mapping)
    for part in parts:
        _translate(part, mapping)
    return parts


def headings_in(sheet: Sheet) -> set[str]:
    """Everything in the first rows of a sheet, spelt as a heading."""
    return {heading(cell) for row in sheet.rows[:HEADER_SEARCH] for cell in row if cell}


def _unfold(located: Located, mapping: Mapping) -> list[Located]:
    """A wide sheet as one part a score."""
    scores, names = mapping.scores(located.table), mapping.names(located.table)
    wide = {names[title]: score for title, score in scores.items() if names[title] in located.letters}
    dates = {name: f"date {heading(score.date)}" for name, score in wide.items() if score.date}
    if not wide:
        return [located]
    beside = sorted(name for name in located.letters if name in _PER_SCORE or name.startswith("item_"))
    if beside:
        located.add("heading-twice", f"{beside[0]} beside headings that stand for a score", column=beside[0])
    undated = {score.occasion for name, score in wide.items() if dates.get(name) not in located.letters}
    if len(undated) > 1 and {"date", "day"} & located.letters.keys():
        located.add("date-of-several", f"one date for scores {' and '.join(sorted(undated))}", column="date")
    shared = [name for name in located.letters if " " not in name and name not in beside]
    parts = [_part(located, name, score, shared, dates.get(name)) for name, score in wide.items()]
    parts[0].faults, parts[0].is_set_aside = located.faults, located.is_set_aside
    left = set(range(len(located.rows))) - {i for i, row in enumerate(located.cells) if _has(row, located, wide)}
    _keep_beyond(parts[0], located, sorted(i for i in left if located.beyond[i]))
    return parts


def _has(row: list[str], located: Located, names: Collection[str]) -> bool:
    return any(not is_blank([cell]) for cell, name in zip(row, located.letters, strict=True) if name in names)


def _part(located: Located, name: str, score: Score, shared: list[str], date: str | None) -> Located:
    at = {column: i for i, column in enumerate(located.letters)}
    own = [column for column in shared if not (date in at and column in {"date", "day"})]
    sources = {**{column: column for column in own}, **({"date": date} if date in at else {})}
    part = Located(located.table, located.sheet, located.site_id)
    part.letters = {c: located.letters[source] for c, source in sources.items() if source}
    part.letters |= dict.fromkeys(("measure", "occasion", "total"), located.letters[name])  # a mark on the cell is the total's
    for row, cells, beyond in zip(located.rows, located.cells, located.beyond, strict=True):
        if not is_blank([cells[at[name]]]):
            part.rows.append(row)
            part.beyond.append(beyond)
            taken = [cells[at[source]] for source in sources.values() if source]
            part.cells.append([*taken, score.measure, score.occasion, cells[at[name]]])
    return part


def _keep_beyond(part: Located, located: Located, rows: list[int]) -> None:
    """A row without a score whose only trace is a value right of the headings is kept, to be named."""
    at = {column: i for i, column in enumerate(located.letters)}
    for i in rows:
        part.rows.append(located.rows[i])
        part.beyond.append(located.beyond[i])
        part.cells.append([located.cells[i][at[column]] if column in at else "" for column in part.letters])


def _translate(part: Located, mapping: Mapping) -> None:
    columns = schemas()[part.table].columns
    for position, column in enumerate(part.letters):
        metadata = columns[column].metadata if column in columns else {"kind": ""}
        say: Callable[[str], str] | None = None
        if words := mapping.codes.get(f"{part.table}.{column}"):
            say = _translator(words, is_list=metadata["kind"] == "code_list")
        elif metadata["kind"] in {"date", "month"} and mapping.dates == "dd/mm/yyyy":
            say = _iso
        if say:
            said = {cell: say(cell) for cell in {row[position] for row in part.cells}}
            for row in part.cells:
                row[position] = said[row[position]]


def _translator(words: dict[str, str], *, is_list: bool) -> Callable[[str], str]:
    ours = {folded(theirs): our for theirs, our in words.items()}

    def say(cell: str) -> str:
        if folded(cell) in ours or not is_list:
            return ours.get(folded(cell), cell)
        return ";".join(ours.get(folded(word), word) for word in cell.split(";"))

    return say


def _iso(cell: str) -> str:
    """Day, month and year as ISO, where they are a date of the calendar; anything else as it is."""
    match = _BRITISH.fullmatch(cell.strip())
    try:
        return datetime.date(int(match[3]), int(match[2]), int(match[1])).isoformat() if match else cell
    except ValueError:
        return cell
