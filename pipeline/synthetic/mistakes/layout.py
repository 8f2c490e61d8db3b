"""Mistakes of layout: where the headings stand, what stands beside the table, how a CSV file is written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pipeline.returns.cells import letters
from pipeline.synthetic.mistakes.drafts import Draft, NoRoomError, Planted, Sheet
from pipeline.synthetic.mistakes.writing import word

if TYPE_CHECKING:
    from numpy.random import Generator

_QUESTIONS, _PEOPLE = 3, 8


def survey(draft: Draft, rng: Generator) -> Sheet:
    """A table of a lived-experience survey beside the others, a row a ticked option."""
    if "survey" not in draft.sheets:
        groups = rng.choice(["women_and_families", "staff", "leaders"], _PEOPLE).tolist()
        options = rng.integers(1, 6, (_PEOPLE, _QUESTIONS)).tolist()
        rows: list[list[Any]] = [["site_id", "respondent_code", "group", "question", "option"]]
        rows += [
            [draft.site_id, f"C{n + 1:02}", groups[n], f"q{q + 1}", option]
            for n, ticked in enumerate(options)
            for q, option in enumerate(ticked)
        ]
        draft.sheets["survey"] = Sheet("survey", rows)
    return draft.sheets["survey"]


def banner(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """The name of the service above the headings, a blank row, and the headings again half-way down."""
    sheet = draft["outcomes"]
    if sheet.taken:
        raise NoRoomError
    blank: list[Any] = [None] * len(sheet.headings)
    half = len(sheet.rows) // 2
    again = [blank.copy(), sheet.headings.copy()]
    sheet.rows = [["Maternal Mental Health Service", *blank[1:]], blank.copy(), *sheet.rows[:half], *again, *sheet.rows[half:]]
    sheet.head = 2
    yield draft.told(2, "rows above the headings", table="outcomes")
    yield draft.told(5, "a blank row, and the headings again", table="outcomes", cell=f"A{half + 4}")


def reordered(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """Columns in another order."""
    sheet = draft["contacts"]
    if sheet.taken:
        raise NoRoomError
    sheet.rows = [row[::-1] for row in sheet.rows]
    yield draft.told(17, "columns in another order", table="contacts")


def formatted_blanks(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """Thousands of rows below the table that hold a format and nothing else."""
    draft["contacts"].formatted_blanks = 3000
    yield draft.told(14, "3,000 formatted blank rows", table="contacts")


def hidden(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """A hidden row, a hidden column, and a filter that is left on."""
    referrals, contacts, service = draft["referrals"], draft["contacts"], draft["service"]
    row = referrals.take(rng, referrals.given("referral_id"))
    referrals.hidden_rows = {row}
    yield draft.in_cell(7, "a hidden row", "hidden-parts", "warning", "referrals", row, referrals.headings[0])
    service.hidden_columns = {service.at("region")}
    yield draft.in_cell(7, "a hidden column", "hidden-parts", "warning", "service", 1, "region")
    column = contacts.at("attendance")
    contacts.shows_only = (column, "5")
    contacts.hidden_rows = {r for r in contacts.data() if contacts.rows[r][column] != "5"}
    if not contacts.hidden_rows:
        raise NoRoomError
    first = min(contacts.hidden_rows)
    yield draft.in_cell(7, "a filter left on", "hidden-parts", "warning", "contacts", first, contacts.headings[0])


def how_csv_is_written(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """Semicolons in Windows-1252, tabs in UTF-16, and a byte-order mark."""
    referrals, contacts, outcomes = draft["referrals"], draft["contacts"], draft["outcomes"]
    row = referrals.take(rng, referrals.given("person_id"))
    referrals.put(row, "person_id", "Pé" + referrals.get(row, "person_id")[1:])
    referrals.encoding, referrals.delimiter = "cp1252", ";"
    yield draft.told(11, "semicolons, Windows-1252", "read-as", "note", table="referrals")
    contacts.encoding, contacts.delimiter = "utf-16", "\t"
    yield draft.told(11, "tabs, UTF-16", "read-as", "note", table="contacts")
    outcomes.encoding = "utf-8-sig"
    yield draft.told(11, "a byte-order mark", table="outcomes")


def stray_mark(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """A quotation mark before a field that nothing closes: the line is lost, those below it are rows again."""
    sheet = draft["contacts"]
    last = sheet.at_least(3)[-1]
    row = sheet.take(rng, lambda r: r < last and None not in sheet.rows[r] and None not in sheet.rows[r + 1])
    words = [word(value) for value in sheet.rows[row]]
    words[sheet.at("mode")] = '"' + words[sheet.at("mode")]
    sheet.lines[row] = sheet.delimiter.join(words)
    yield draft.in_cell(12, "a stray quotation mark", "stray-quotation-mark", "row", "contacts", row, "mode")


def stray_mark_to_the_end(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """The same in the last lines of a file, which break off: where the rows begin again cannot be told."""
    sheet = survey(draft, rng)
    row, last = len(sheet.rows) - 2, len(sheet.rows) - 1
    words = [word(value) for value in sheet.rows[row]]
    sheet.lines[row] = ",".join([*words[:3], '"' + words[3], words[4]])
    sheet.lines[last] = ",".join(map(word, sheet.rows[last][:2])) + "\n," + ",".join(map(word, sheet.rows[last][2:]))
    yield draft.told(12, "a quotation mark that nothing closes", "table-unreadable", "file", table="survey")


def beyond_headings(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """Blank fields after the last heading in some rows, and a value there in one."""
    sheet = draft["outcomes"]
    width = len(sheet.headings)
    rows = [sheet.take(rng, sheet.given("total")) for _ in range(4)]
    for row in rows[1:]:
        sheet.rows[row] += [None, None]
    yield draft.told(1, "blank fields after the last heading", "blank-extra-fields", "note", table="outcomes")
    sheet.rows[rows[0]].append("x")
    cell = f"{letters(width)}{rows[0] + 1}"
    yield draft.told(1, "a value after the last heading", "beyond-headings", "row", table="outcomes", cell=cell)


def many_beyond_headings(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """A further field in every tenth row: the columns of those rows have moved."""
    sheet = draft["contacts"]
    rows = sheet.where(lambda row: sheet.rows[row][-1] is not None)[4::8]
    if len(sheet.data()) < 20 or len(rows) <= len(sheet.data()) / 20:
        raise NoRoomError
    for row in rows:
        sheet.rows[row].insert(3, "13:30")
    cell = f"{letters(len(sheet.headings))}{rows[0] + 1}"
    yield draft.told(1, "values after the last heading in many rows", "beyond-headings", "file", table="contacts", cell=cell)


def headings_over_two_rows(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """Each heading cut in two, over two rows."""
    sheet = survey(draft, rng)
    halves = [str(title).partition("_") for title in sheet.headings]
    halves = [half if half[2] else ("survey", "", half[0][:4]) for half in halves]
    sheet.rows = [[half[0] for half in halves], [half[2] for half in halves], *sheet.rows[1:]]
    yield draft.told(2, "headings over two rows", "heading-not-found", "file", table="survey")


def heading_twice(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """One heading over two columns."""
    sheet = draft["contacts"]
    for row in sheet.rows:
        row.append(row[sheet.at("mode")])
    cell = f"{letters(len(sheet.headings) - 1)}1"
    yield draft.told(3, "a heading twice", "heading-twice", "file", table="contacts", cell=cell)


def renamed_column(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """A needed column by a name that is not ours."""
    sheet = draft["contacts"]
    cell = sheet.cell(0, "referral_id")
    sheet.headings[sheet.at("referral_id")] = "Case reference"
    yield draft.told(17, "a needed column by another name", "heading-not-found", "file", table="contacts")
    yield draft.told(17, "a needed column by another name", "unknown-columns", "warning", table="contacts", cell=cell)


def two_sheets_of_a_table(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """The scores of the second year on a sheet of their own, with nothing that says so."""
    sheet = draft["outcomes"]
    half = len(sheet.at_least(4)) // 2 + 1
    draft.sheets["Outcomes_"] = Sheet("Outcomes_", [sheet.headings.copy(), *sheet.rows[half:]])
    del sheet.rows[half:]
    yield draft.told(21, "two sheets of one table", "table-twice", "file", table="outcomes", sheet="Outcomes_")


def _split(draft: Draft, table: str, columns: list[list[int]]) -> list[Sheet]:
    """Put the rows of a table on sheets named by quarter; the draft loses the table."""
    sheet = draft.sheets.pop(table)
    tabs = [Sheet(f"Q{n + 1}", [sheet.headings.copy(), *(sheet.rows[r] for r in rows)]) for n, rows in enumerate(columns)]
    draft.sheets |= {tab.name: tab for tab in tabs}
    return tabs


def mapped_tabs(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """Contacts on a sheet a quarter, which the mapping of the site names."""
    rows = draft["contacts"].at_least(4)
    if draft["contacts"].taken:
        raise NoRoomError
    _split(draft, "contacts", [rows[: len(rows) // 2], rows[len(rows) // 2 :]])
    draft.mapping = "sheets:\n  contacts: [Q1, Q2]\n"
    yield draft.told(6, "one sheet a quarter, mapped", table="contacts", sheet="Q1")


def unmapped_tabs(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """Nothing but sheets named by quarter, without a mapping."""
    sheet = draft["referrals"]
    rows = sheet.at_least(4)
    draft.sheets = {"referrals": sheet}
    _split(draft, "referrals", [rows[: len(rows) // 2], rows[len(rows) // 2 :]])
    yield draft.told(6, "one sheet a quarter", "no-known-table", "file", consequence="return set aside")


def restarting_ids(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """Referrals on a sheet a quarter, which the mapping names, numbered from 1 on each of them."""
    rows = draft["referrals"].at_least(12)
    tabs = _split(draft, "referrals", [rows[: len(rows) // 2], rows[len(rows) // 2 :]])
    for tab in tabs:
        for n, row in enumerate(tab.data(), start=1):
            tab.put(row, "referral_id", f"Q{n}")
    draft.mapping = "sheets:\n  referrals: [Q1, Q2]\n"
    cell = tabs[0].cell(1, "referral_id")
    yield draft.told(21, "ids from 1 on each sheet", "ids-restart", "file", table="referrals", sheet="Q1", cell=cell)
    for table in (name for name in ("contacts", "outcomes") if draft[name].data()):
        yield draft.told(21, "its referrals are set aside", "referrals-set-aside", "file", table=table)


def other_site(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """The code of another site in the last rows."""
    sheet = draft["outcomes"]
    rows = sheet.at_least(8)[-3:]
    for row in rows:
        sheet.put(row, "site_id", "S98")
    yield draft.in_cell(16, "another site in site_id", "site-disagrees", "file", "outcomes", rows[0], "site_id")


def blank_key(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """A column that each row needs, blank throughout."""
    sheet = survey(draft, rng)
    for row in sheet.data():
        sheet.put(row, "respondent_code", None)
    yield draft.in_cell(41, "a needed column blank throughout", "blank-needed", "file", "survey", 1, "respondent_code")


def blank_column(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """A column that no row needs, blank throughout."""
    sheet = draft["referrals"]
    for row in sheet.data():
        sheet.put(row, "imd_decile", None)
    yield draft.in_cell(41, "a column blank throughout", "blank-column", "warning", "referrals", 1, "imd_decile")


def no_rows(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """Headings alone from a service that is open and says nothing of it."""
    _empty(draft)
    yield draft.told(18, "headings alone", "no-rows", "file", table="referrals")


def nil_return(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """Headings alone, and the word that there is nothing."""
    _empty(draft)
    draft["service"].put(1, "nil_return", "y")
    yield draft.told(18, "a nil return")


def not_open_yet(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """Headings alone from a service that opens after the period."""
    import datetime

    _empty(draft)
    draft["service"].put(1, "go_live_date", draft["service"].get(1, "period_end") + datetime.timedelta(days=63))
    yield draft.told(18, "a service not open yet")


def _empty(draft: Draft) -> None:
    for name in draft.sheets.keys() - {"service"}:
        del draft[name].rows[1:]
