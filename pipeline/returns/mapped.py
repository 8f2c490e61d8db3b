"""One sheet of a return as a table of ours: found under the site's own words, and said in ours."""

from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING

from pipeline.returns.cells import heading, is_blank
from pipeline.returns.hits import template_headings
from pipeline.returns.identifying_headings import announced
from pipeline.returns.layout import Located, locate
from pipeline.returns.mapping import Mapping, Score, folded
from pipeline.returns.parsing import EARLIEST, LATEST
from pipeline.returns.sheets import HEADER_SEARCH
from pipeline.tables import schemas

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from pipeline.returns.sheets import Sheet

_BRITISH = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})( 00:00(:00)?)?")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} (?!00:00:00$)[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?")
"""What `cells.as_text` makes of a date of a workbook with a time of day."""
_SERIAL = re.compile(r"[0-9]{5}(\.0+)?")
_EARLIEST, _LATEST = map(datetime.date.fromisoformat, (EARLIEST, LATEST))
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
    if sheet.day_zero is not None:
        _read_serials(located, sheet.day_zero)
    if not sheet.is_ragged:
        _leave_times_out(located)
    parts = _unfold(located, mapping)
    for part in parts:
        _translate(part, mapping)
    return parts


def _read_serials(located: Located, day_zero: datetime.date) -> None:
    """The number of a day in a column of dates becomes its date; a note a column says how often."""
    for position, column, letter in _dates(located):
        rows = [i for i, row in enumerate(located.cells) if _SERIAL.fullmatch(row[position].strip())]
        dates = {i: day_zero + datetime.timedelta(days=int(float(located.cells[i][position]))) for i in rows}
        dates = {i: date for i, date in dates.items() if _EARLIEST <= date <= _LATEST}
        for i, date in dates.items():
            located.cells[i][position] = date.isoformat()
        if dates:
            row, name = located.rows[min(dates)], column.partition(" ")[0]
            located.add("serial-days", f"{len(dates)} number(s) of days", letter=letter, row=row, column=name)


def _leave_times_out(located: Located) -> None:
    """A date of a workbook that has a time of day becomes its day; a note a column says how often."""
    for position, column, letter in _dates(located):
        rows = [i for i, row in enumerate(located.cells) if _MOMENT.fullmatch(row[position].strip())]
        for i in rows:
            located.cells[i][position] = located.cells[i][position].strip()[:10]
        if rows:
            row, name = located.rows[rows[0]], column.partition(" ")[0]
            located.add("times-of-day", f"{len(rows)} date(s) with a time of day", letter=letter, row=row, column=name)


def _dates(located: Located) -> Iterator[tuple[int, str, str]]:
    """The columns of dates: place, name and letter of each."""
    columns = schemas()[located.table].columns
    for position, (column, letter) in enumerate(located.letters.items()):
        if column.startswith("date ") or (column in columns and columns[column].metadata["kind"] in {"date", "month"}):
            yield position, column, letter


def known_headings(mapping: Mapping) -> dict[str, str]:
    """The headings of the template and those that the mapping names, with the kind of their column.

    A heading that announces an identifier announces it still, whatever it is mapped to.
    """
    known = template_headings()
    for table, headings in mapping.columns.items():
        columns = schemas()[table].columns
        for name, to in headings.items():
            if isinstance(to, Score):
                names = {name: "number", **({to.date: "date"} if to.date else {})}
            else:
                names = {name: columns[to].metadata["kind"] if to in columns else "number"}
            known |= {heading(each): kind for each, kind in names.items() if not announced(each)}
    return known


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
    _keep(parts[0], located, sorted({i for i in left if located.beyond[i]} | _marked(located)))
    return parts


def _marked(located: Located) -> set[int]:
    """The rows that are no rows, which no part may read."""
    return {i for i, mark in enumerate(located.marks) if mark}


def _has(row: list[str], located: Located, names: Collection[str]) -> bool:
    return any(not is_blank([cell]) for cell, name in zip(row, located.letters, strict=True) if name in names)


def _part(located: Located, name: str, score: Score, shared: list[str], date: str | None) -> Located:
    at = {column: i for i, column in enumerate(located.letters)}
    own = [column for column in shared if not (date in at and column in {"date", "day"})]
    sources = {**{column: column for column in own}, **({"date": date} if date in at else {})}
    part = Located(located.table, located.sheet, located.site_id)
    part.letters = {c: located.letters[source] for c, source in sources.items() if source}
    part.letters |= dict.fromkeys(("measure", "occasion", "total"), located.letters[name])  # a mark on the cell is the total's
    marked = _marked(located)
    for i, cells in enumerate(located.cells):
        if i not in marked and not is_blank([cells[at[name]]]):
            part.rows.append(located.rows[i])
            part.beyond.append(located.beyond[i])
            taken = [cells[at[source]] for source in sources.values() if source]
            part.cells.append([*taken, score.measure, score.occasion, cells[at[name]]])
    return part


def _keep(part: Located, located: Located, rows: list[int]) -> None:
    """A row without a score whose only trace is a value right of the headings, and one that is no row, is kept to be named."""
    if located.marks:
        known, first = part.letters, next(iter(part.letters))
        marks = [mark.partition("=") for mark in (located.marks[i] for i in rows)]
        part.marks = ["" for _ in part.rows] + [f"{c if c in known else first}={rule}" if rule else "" for c, _, rule in marks]
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
