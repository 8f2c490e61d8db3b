"""The reporting standards: every item is there, and every page that is named is the page on which the section begins."""

from __future__ import annotations

import io
import re

import pikepdf
import pytest

from pipeline.report import documents
from pipeline.report.blocks import Heading, Paragraph
from pipeline.report.markdown import written
from pipeline.report.sections.checklists import METHOD, TITLE_PAGE, with_checklists
from pipeline.reporting import standards
from tests.unit.report import conftest as made
from tests.unit.report.pdf_text import pages, squeezed


@pytest.fixture(scope="module")
def national(any_release: made.Release) -> dict[str, bytes]:
    return documents.national(any_release.tables, any_release.measures, any_release.figures, any_release.study)


def test_the_lists_are_whole_and_numbered_as_published() -> None:
    rameses, record = standards()
    assert [item.number for item in rameses.items] == [str(number) for number in range(1, 21)]
    counts = {1: 3, 6: 3, 7: 1, 12: 3, 13: 1, 19: 1, 22: 1}
    assert [item.number for item in record.items] == [f"{head}.{n}" for head, k in counts.items() for n in range(1, k + 1)]


def test_every_item_is_answered_or_left_to_someone() -> None:
    for standard in standards():
        assert not [item.number for item in standard.items if not (item.where or item.team)]


def test_an_item_whose_wording_was_not_read_says_so(national: dict[str, bytes]) -> None:
    twin = national["national-report.md"].decode()
    for standard in standards():
        for item in standard.items:
            assert (f"| {item.number} | {item.title} (unverified) |" in twin) is (item.evidence == "BK")


def test_every_section_that_is_named_is_a_section(thirty: made.Release) -> None:
    twin = documents.national(thirty.tables, thirty.measures, thirty.figures, thirty.study)["national-report.md"].decode()
    headings = {TITLE_PAGE, *re.findall(r"^## (.+)$", twin, re.MULTILINE)}
    named = {section for standard in standards() for item in standard.items for section in item.where}
    assert named <= headings, named - headings


def begins(pdf: bytes) -> dict[str, int]:
    """The page of each section of the first level, from the outline of the PDF."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        numbers = {each.objgen: number for number, each in enumerate(document.pages, start=1)}
        with document.open_outline() as outline:
            found = {re.sub(r"^\d+\s+", "", item.title): item.destination for item in outline.root}
        return {title: numbers[place[0].objgen] for title, place in found.items()}


def test_every_page_that_is_named_is_where_the_section_begins(national: dict[str, bytes]) -> None:
    whole = squeezed("".join(pages(national["national-report.pdf"])))
    named = {section for standard in standards() for item in standard.items for section in item.where} - {TITLE_PAGE}
    told = {
        section: {int(number) for number in re.findall(rf"{re.escape(squeezed(section))},page(\d+)", whole)} for section in named
    }
    first = begins(national["national-report.pdf"])
    assert {section: found for section, found in told.items() if found} == {
        section: {first[section]} for section in named if section in first
    }
    assert sum(bool(found) for found in told.values()) >= 10
    assert "Titlepage,page1" in whole


def test_a_section_that_a_report_lacks_is_not_given_a_page() -> None:
    blocks = with_checklists([Heading(METHOD), Paragraph("How it was done.")])
    text = written("Short", documents.short_facts(made.study()), blocks, synthetic=False).decode()
    assert "[Method](#method)" in text
    assert "[Sensitivity]" not in text
    assert "not in this report" in text
    assert "left to the study team" in text


def test_the_standards_stand_in_the_section_on_method(national: dict[str, bytes]) -> None:
    twin = national["national-report.md"].decode()
    method = twin.split("\n## Method\n")[1].split("\n## ")[0]
    assert "### Deviations from the registered plan" in method
    assert "### Reporting standards" in method
