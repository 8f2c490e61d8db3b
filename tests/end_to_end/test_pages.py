"""Every page of every document of the 30-site study, as it is set: nothing clipped, overlapping, orphaned or empty."""

from __future__ import annotations

from pathlib import Path

import pytest
import typst

from tests.printed import Page, orphans, pages_of

MARGIN = 30.0
"""Points from either side that hold no words."""
LEAST_FILLED = 0.5
"""Of a page that is not the last of its document."""


@pytest.fixture(scope="module")
def documents(full_study: Path) -> dict[str, list[Page]]:
    found = [*sorted((full_study / "reports").rglob("*.pdf")), *sorted((full_study / "processed" / "to_sites").rglob("*.pdf"))]
    assert len(found) > 60
    return {str(path.relative_to(full_study)): pages_of(path) for path in found}


def test_no_words_are_clipped_by_the_paper(documents: dict[str, list[Page]]) -> None:
    clipped = {(name, page.number): page.outside(MARGIN) for name, pages in documents.items() for page in pages}
    assert {place: words for place, words in clipped.items() if words} == {}


def test_no_words_are_printed_over_others(documents: dict[str, list[Page]]) -> None:
    over = {(name, page.number): page.overlapping() for name, pages in documents.items() for page in pages}
    assert {place: words for place, words in over.items() if words} == {}


def test_no_heading_stands_last_on_its_page(full_study: Path, documents: dict[str, list[Page]]) -> None:
    found = {name: orphans(full_study / name) for name in documents}
    assert {name: headings for name, headings in found.items() if headings} == {}


def test_no_page_but_the_last_is_mostly_empty(documents: dict[str, list[Page]]) -> None:
    short = [
        (name, page.number, round(page.filled(), 2))
        for name, pages in documents.items()
        for page in pages[:-1]
        if page.filled() < LEAST_FILLED
    ]
    assert short == []


def test_what_is_looked_for_is_found_where_it_is(tmp_path: Path) -> None:
    lines = " ".join(["Words of a paragraph that goes on for a while."] * 12)
    faults = f"""
#set page(paper: "a4", margin: 2cm)
#set heading(numbering: "1")
#show heading: set block(sticky: false)
{lines}
#place(top + left, dx: 2cm, dy: 0cm)[Printed over these]
#place(top + left, dx: -1.9cm, dy: 9cm)[Clipped here]
#pagebreak()
= A heading with words below
{lines}
#v(1fr)
= A heading alone
#pagebreak()
{lines}
#v(20cm)
Lowest words
"""
    typst.compile(faults.encode(), output=tmp_path / "faults.pdf")
    first, second, third = pages_of(tmp_path / "faults.pdf")
    assert any("Printed over" in word for pair in first.overlapping() for word in pair)
    assert [words.startswith("Clipped") for words in first.outside(MARGIN)] == [True]
    assert first.filled() < LEAST_FILLED < third.filled()
    assert (third.overlapping(), third.outside(MARGIN)) == ([], [])
    assert orphans(tmp_path / "faults.pdf") == ["H1 on page 2"]
    assert second.number == 2
