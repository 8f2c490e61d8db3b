"""What identifies a woman, where a site left it: every number begins with 999, every name and address is invented."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.returns.cells import letters
from pipeline.synthetic.mistakes.drafts import Draft, NoRoomError, Planted, Sheet
from pipeline.synthetic.mistakes.layout import survey

if TYPE_CHECKING:
    from numpy.random import Generator

NOT_READ = "return not read"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def nhs_number(rng: Generator, *, spaced: bool = True) -> str:
    """A number of the range for tests, with its check digit by modulus 11."""
    while True:
        digits = "999" + "".join(map(str, rng.integers(0, 10, 6)))
        check = (11 - sum(int(d) * w for d, w in zip(digits, range(10, 1, -1), strict=True)) % 11) % 11
        if check < 10:
            number = f"{digits}{check}"
            return f"{number[:3]} {number[3:6]} {number[6:]}" if spaced else number


def in_columns(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """Columns of NHS numbers, dates of birth, postcodes, e-mail addresses, telephone numbers and names."""
    sheet = draft["referrals"]
    rows = sheet.data()
    people = range(1, len(rows) + 1)
    columns = (
        (19, "NHS number", [nhs_number(rng) for _ in people]),
        (19, "Local number", [nhs_number(rng, spaced=False) for _ in people]),
        (20, "DOB", [f"{1 + n % 28:02}/{1 + n % 12:02}/{1985 + n % 17}" for n in people]),
        (20, "Postcode", [f"AB1 {n % 10}AA" for n in people]),
        (20, "E-mail", [f"woman{n}@example.org" for n in people]),
        (20, "Mobile", [f"07700 900{n % 1000:03}" for n in people]),
        (20, "Patient name", [f"Mrs Invented-{chr(65 + n % 26)}{chr(97 + n // 26 % 26)}xample" for n in people]),
    )
    for number, title, values in columns:
        sheet.headings.append(title)
        for row, value in zip(rows, values, strict=True):
            sheet.rows[row].append(value)
        draft.identifiers += values
        cell = f"{letters(len(sheet.headings) - 1)}2"
        yield draft.told(number, title, "identifier-found", "file", sheet="referrals", cell=cell, consequence=NOT_READ)


def out_of_sight(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """An NHS number in a comment and in a pivot cache, e-mail addresses on a hidden sheet and in a defined name."""
    comment, cached = nhs_number(rng), nhs_number(rng, spaced=False)
    addresses = ["one.woman@example.org", "another.woman@example.org", "ward@example.org"]
    draft.identifiers += [comment, cached, *addresses]
    sheet = draft["outcomes"]
    row = sheet.take(rng, sheet.given("total"))
    sheet.comments[row, sheet.at("total")] = f"Please check: {comment}"
    total = sheet.cell(row, "total")
    draft.sheets["Lookup"] = Sheet("Lookup", [["key", "to"], ["a", addresses[0]], ["b", addresses[1]]], is_hidden=True)
    draft.names["lead_contact"] = f'="{addresses[2]}"'
    draft.properties |= {"author": "A. Nother", "company": "An NHS Trust", "comments": "Draft for the lead"}
    draft.parts |= _pivot_cache(cached)

    def told(what: str, sheet: str = "", cell: str = "") -> Planted:
        return draft.told(8, what, "identifier-found", "file", sheet=sheet, cell=cell, consequence=NOT_READ)

    yield told("an NHS number in a comment", "outcomes", total)
    yield told("addresses on a hidden sheet", f"sheet {len(draft.sheets)}", "B2")
    yield told("an address in a defined name")
    yield told("an NHS number in a pivot cache")


def _pivot_cache(number: str) -> dict[str, bytes]:
    """The cache that a pivot table leaves behind when its sheet is deleted, with a record that is nowhere else."""
    definition = (
        f'<pivotCacheDefinition xmlns="{_MAIN}" xmlns:r="{_LINKS}" r:id="rId1" refreshedVersion="6" recordCount="1">'
        '<cacheSource type="worksheet"><worksheetSource ref="A1:B2" sheet="Sheet1"/></cacheSource><cacheFields count="2">'
        '<cacheField name="case" numFmtId="0"><sharedItems/></cacheField>'
        '<cacheField name="score" numFmtId="0"><sharedItems containsNumber="1"/></cacheField>'
        "</cacheFields></pivotCacheDefinition>"
    )
    records = f'<pivotCacheRecords xmlns="{_MAIN}" count="1"><r><s v="{number}"/><n v="41"/></r></pivotCacheRecords>'
    to_definition = _relation("rId901", "pivotCacheDefinition", "pivotCache/pivotCacheDefinition1.xml")
    back = _relation("rId1", "pivotCacheRecords", "pivotCacheRecords1.xml")
    return {
        "xl/pivotCache/pivotCacheDefinition1.xml": definition.encode(),
        "xl/pivotCache/pivotCacheRecords1.xml": records.encode(),
        "xl/pivotCache/_rels/pivotCacheDefinition1.xml.rels": _relations(back),
        "xl/workbook.xml+": b'<pivotCaches><pivotCache cacheId="1" r:id="rId901"/></pivotCaches>',
        "xl/_rels/workbook.xml.rels+": to_definition.encode(),
        "[Content_Types].xml+": b"".join(
            f'<Override PartName="/xl/pivotCache/pivotCache{part}1.xml" ContentType="{_TYPES}.pivotCache{part}+xml"/>'.encode()
            for part in ("Definition", "Records")
        ),
    }


def _relation(name: str, kind: str, target: str, mode: str = "") -> str:
    return f'<Relationship Id="{name}" Type="{_LINKS}/{kind}" Target="{target}"{mode}/>'


def _relations(relation: str) -> bytes:
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{relation}</Relationships>'.encode()


def nothing_that_identifies(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """A comment, a defined name, an author and a hidden sheet without any identifier."""
    sheet = draft["outcomes"]
    row = sheet.take(rng, sheet.given("total"))
    sheet.comments[row, sheet.at("total")] = "Sent late"
    draft.names["cut_off"] = "=33"
    draft.properties |= {"author": "A. Nother", "title": "Return"}
    draft.sheets["Lookup"] = Sheet("Lookup", [["code", "meaning"], ["a", "accepted"]], is_hidden=True)
    yield draft.told(8, "a comment", "part-not-read", "note")
    yield draft.told(8, "a defined name", "part-not-read", "note")
    yield draft.told(8, "a hidden sheet", "part-not-read", "note", sheet=f"sheet {len(draft.sheets)}")
    yield draft.told(8, "a hidden sheet", "unknown-sheets", "warning")


def macros_and_links(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """Macros, a link to another workbook with what was read from it, and a part whose name leads out of the package."""
    draft.suffix, draft.has_macros = ".xlsm", True
    book = (
        f'<externalLink xmlns="{_MAIN}"><externalBook xmlns:r="{_LINKS}" r:id="rId1">'
        '<sheetNames><sheetName val="Sheet1"/></sheetNames><sheetDataSet>'
        '<sheetData sheetId="0"><row r="1"><cell r="A1"><v>12</v></cell></row></sheetData></sheetDataSet>'
        "</externalBook></externalLink>"
    )
    target = _relation("rId1", "externalLinkPath", "file:///T:/scores.xlsx", ' TargetMode="External"')
    draft.parts |= {
        "xl/externalLinks/externalLink1.xml": book.encode(),
        "xl/externalLinks/_rels/externalLink1.xml.rels": _relations(target),
        "xl/_rels/workbook.xml.rels+": _relation("rId902", "externalLink", "externalLinks/externalLink1.xml").encode(),
        "xl/workbook.xml+sheets": b'<externalReferences><externalReference r:id="rId902"/></externalReferences>',
        "[Content_Types].xml+": (
            f'<Override PartName="/xl/externalLinks/externalLink1.xml" ContentType="{_TYPES}.externalLink+xml"/>'
        ).encode(),
        "../../outside.txt": b"nothing is written here",
    }
    yield draft.told(0, "macros", "part-not-read", "note")
    yield draft.told(0, "a link to another workbook", "part-not-read", "note")
    yield draft.told(0, "a part whose name leads elsewhere")


def one_address(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """One e-mail address among remarks, which are no column of ours."""
    sheet = survey(draft, rng)
    remarks = ["by post", "in the clinic", None, "by post"]
    for n, cells in enumerate(sheet.rows):
        cells.append("remarks" if n == 0 else remarks[n % 4])
    row = sheet.take(rng, lambda r: r > 1)
    draft.identifiers.append("the.lead@example.org")
    sheet.put(row, "remarks", draft.identifiers[-1])
    first = sheet.cell(0, "remarks")
    yield draft.in_cell(20, "one e-mail address", "identifying-cell", "value", "survey", row, "remarks")
    yield draft.told(20, "a column of remarks", "unknown-columns", "warning", table="survey", cell=first)


def ids_of_ten_digits(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """Persons numbered at random with ten digits, of which some pass the check of NHS numbers by chance."""
    sheet = draft["referrals"]
    people = list(dict.fromkeys(sheet.get(row, "person_id") for row in sheet.data()))
    if len(people) < 25:
        raise NoRoomError
    by_chance = {people[7 * n + 5] for n in range(1 + len(people) // 20)}
    numbers = {name: nhs_number(rng, spaced=False) if name in by_chance else _no_nhs_number(rng) for name in people}
    for row in sheet.data():
        sheet.put(row, "person_id", numbers[sheet.get(row, "person_id")])
    row = next(r for r in sheet.data() if sheet.get(r, "person_id") == numbers[people[5]])
    yield draft.in_cell(19, "ten digits that pass by chance", "identifying-perhaps", "warning", "referrals", row, "person_id")


def _no_nhs_number(rng: Generator) -> str:
    """Ten digits beginning with 999 whose last is no check digit."""
    number = nhs_number(rng, spaced=False)
    return f"{number[:9]}{(int(number[9]) + 1 + int(rng.integers(0, 8))) % 10}"
