"""Mistakes of whole files: no workbook at all, too large, an old template, sent twice, under a wrong name."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.synthetic.mistakes.drafts import Draft, NoRoomError, Planted, Sheet
from pipeline.synthetic.mistakes.writing import files_of, old_container, workbook_of
from pipeline.synthetic.writing import CREATED

if TYPE_CHECKING:
    from numpy.random import Generator

ASIDE, NOT_READ, NOT_TAKEN = "return set aside", "return not read", "not taken in"
_TABLES = ("referrals", "contacts", "outcomes")
_ROWS = 40
"""Fewer rows may be alike at two sites by chance."""


def web_page(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """A page of a system saved as a workbook, and the lock file of whoever had it open."""
    sheet = draft["referrals"]
    cells = "".join(f"<tr>{''.join(f'<td>{value}</td>' for value in row[:4])}</tr>" for row in sheet.rows)
    draft.files = {f"{draft.site_id}.xls": f"<html><body><table>{cells}</table></body></html>".encode()}
    draft.beside[f"~${draft.site_id}.xls"] = b"\x08A. Nother".ljust(165, b" ")
    yield draft.told(13, "a web page as .xls", "file-unreadable", "file", consequence=NOT_READ)
    yield draft.told(13, "a lock file", file=f"~${draft.site_id}.xls")


def password(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """A workbook behind a password: a container with what is encrypted, here noise."""
    about = b'\x04\x00\x04\x00\x40\x00\x00\x00<?xml version="1.0"?><encryption/>'
    noise = rng.integers(0, 256, 6144, dtype="uint8").tobytes()
    draft.files = {f"{draft.site_id}.xlsx": old_container({"EncryptionInfo": about, "EncryptedPackage": noise})}
    yield draft.told(13, "a password", "file-unreadable", "file", consequence=NOT_READ)


def zero_bytes(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """A CSV file without a byte in it, beside others that are whole."""
    draft.sheets.pop("staff", None)
    draft.beside[f"{draft.site_id}/staff.csv"] = b""
    yield draft.told(13, "a file of zero bytes", "table-unreadable", "file", table="staff")


def link_out(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """A link in the folder of the site that leads out of it."""
    draft.sheets.pop("training", None)
    draft.links[f"{draft.site_id}/training.csv"] = "../../truth.json"
    yield draft.told(
        0, "a link that leads out of the folder", "table-unreadable", "file", table="training", file=next(iter(draft.links))
    )


def far_corner(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """A blank typed into the last cell of a sheet, a million rows and 16,384 columns away."""
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        book.set_properties({"created": CREATED})
        sheet = book.add_worksheet("referrals")
        for r, row in enumerate(draft["referrals"].rows):
            sheet.write_row(r, 0, [str(value or "") for value in row])
        sheet.write_string(1_048_575, 16_383, " ")
    draft.files = {f"{draft.site_id}.xlsx": buffer.getvalue()}
    yield draft.told(14, "a blank in the last cell of a sheet", "file-too-large", "file", consequence=NOT_READ)


def old_template(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """A template of a version that there is no longer."""
    read_me = Sheet("read me", [["Return of a Maternal Mental Health Service"], ["Template version 0"]])
    draft.sheets = {"read me": read_me, **draft.sheets}
    yield draft.told(17, "an old template", "template-version", "file", consequence=ASIDE)


def two_of_one_version(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """A workbook and a folder of one site and period, with other rows and nothing that says which is newer."""
    other = draft.copied()
    draft.form, other.form = "workbook", "folder"
    del other["outcomes"].rows[-2:]
    draft.beside |= files_of(other)
    yield draft.told(0, "two returns of one period and version", "file-conflict", "file", consequence=NOT_READ)


def newer_version(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """An older return that the site has sent anew since, with more rows."""
    older = draft.copied()
    del older["outcomes"].rows[-3:]
    draft.beside |= files_of(older)
    draft.version = "_v2"
    yield draft.told(0, "a newer version", "superseded", "note", file=next(iter(files_of(older))).partition("/")[0])


def sent_twice(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """The same return once more, under the name of a second version. It must be planted last."""
    again = draft.copied()
    again.version = "_v2"
    draft.beside |= files_of(again)
    name = next(iter(files_of(draft))).partition("/")[0]
    yield draft.told(0, "the same return twice", "identical-copy", "note", file=name)


def rows_of_another(draft: Draft, other: Draft) -> Iterator[Planted]:
    """The rows of another site, under ids of their own."""
    if min(len(other[name].rows) for name in _TABLES) < _ROWS:
        raise NoRoomError
    numbers: dict[tuple[str, str], str] = {}
    for name in _TABLES:
        rows = [row.copy() for row in other[name].rows]
        draft.sheets[name] = Sheet(name, rows)
        for row in draft[name].data():
            draft[name].put(row, "site_id", draft.site_id)
            for column in {"referral_id", "person_id"} & {*draft[name].headings}:
                key = (column, draft[name].get(row, column))
                draft[name].put(row, column, numbers.setdefault(key, f"{column[0].upper()}{100_001 + len(numbers)}"))
        for each in (draft, other):
            yield each.told(15, "rows of another site", "same-rows-as-another-site", "file", table=name)


def stray_entries(draft: Draft) -> Iterator[Planted]:
    """What lies in the folder of returns and is none: a name with a blank, a loose CSV file, a note, an unknown site, a link."""
    service = draft["service"]
    unknown = Sheet("service", [service.headings.copy(), service.rows[1].copy()])
    unknown.put(1, "site_id", "S5")
    unknown.put(1, "nil_return", "y")
    draft.beside |= {
        f"{draft.site_id} final.xlsx": workbook_of(draft),
        "outcomes.csv": b"referral_id,measure,occasion,total\nR1,pcl5,pre,40\n",
        "README.txt": b"Returns, as received.\n",
        "S5.xlsx": workbook_of(Draft("S5", "workbook", {"service": unknown})),
    }
    draft.links["S98.xlsx"] = "../truth.json"
    entries = (
        (45, "a name that is no site code", f"{draft.site_id} final.xlsx"),
        (0, "a CSV file outside a folder", "outcomes.csv"),
        (45, "a site that is not in the registry", "S5.xlsx"),
        (0, "a link that leads out", "S98.xlsx"),
    )
    for number, kind, name in entries:
        yield Planted(number=number, mistake=kind, site_id="", file=name, consequence=NOT_TAKEN)
    yield Planted(number=0, mistake="a read-me", site_id="", file="README.txt", consequence="nothing")
