"""The HTML twin: well formed, with its language, heads, ids and alternative texts, and with nothing loaded from elsewhere."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from html.parser import HTMLParser

import pytest

from pipeline.report import documents
from tests.unit.report import conftest as made

VOID = {"meta", "img"}


class Reader(HTMLParser):
    """Collects elements with their attributes, and whatever is not closed as it was opened."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture(scope="module")
def twins(any_release: made.Release) -> dict[str, bytes]:
    args = (any_release.tables, any_release.measures, any_release.figures, any_release.study)
    return documents.national(*args)


@pytest.fixture(scope="module")
def text(twins: dict[str, bytes]) -> str:
    return twins["national-report.html"].decode()


@pytest.fixture(scope="module")
def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    return reader


def test_it_is_well_formed_and_says_its_language_and_title(read: Reader, text: str) -> None:
    assert text.startswith("<!DOCTYPE html>")
    assert not read.wrong and not read.open
    assert read.all("html") == [{"lang": "en-GB"}]
    assert len(read.all("title")) == len(read.all("h1")) == len(read.all("main")) == 1


def test_headings_never_skip_a_level(read: Reader) -> None:
    levels = [int(name[1]) for name, _ in read.found if re.fullmatch(r"h[1-6]", name)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_every_link_within_leads_to_a_section(read: Reader) -> None:
    ids = Counter(attributes["id"] for _, attributes in read.found if "id" in attributes)
    assert set(ids.values()) == {1}
    targets = {str(a["href"])[1:] for a in read.all("a") if str(a["href"]).startswith("#")}
    assert targets <= set(ids)
    assert len(targets) > 10


def test_every_picture_is_told_and_every_table_has_heads_and_a_caption(
    read: Reader, twins: dict[str, bytes], any_release: made.Release
) -> None:
    pictures = read.all("img")
    assert {str(picture["src"]).removeprefix("figures/") for picture in pictures} <= set(any_release.figures)
    assert len(pictures) == twins["national-report.md"].decode().count("](figures/")
    assert all(len(str(picture["alt"])) > 30 for picture in pictures)
    assert len(read.all("table")) == len(read.all("caption")) == len(read.all("thead"))
    assert {attributes.get("scope") for attributes in read.all("th")} <= {"col", "row", "colgroup"}


def test_all_that_is_said_lies_in_a_landmark_and_no_head_is_empty(text: str) -> None:
    body = text[text.index("<body>") : text.index("</body>")]
    outside = re.sub(r"(?s)<(header|nav|main)[ >].*?</\1>", "", body)
    assert re.sub(r"<[^>]+>", "", outside).split() == ["To", "the", "report"]
    assert not re.search(r"<th[^>]*></th>", text)


def test_a_long_word_breaks_before_the_page_grows_wider_than_a_phone(text: str) -> None:
    style = text[text.index("<style>") : text.index("</style>")]
    assert "overflow-wrap:break-word" in style and "minmax(0,1fr)" in style
    assert text.count("<table>") == text.count('<div class="scroll" tabindex="0"><table>')


def test_nothing_is_loaded_from_elsewhere(read: Reader, text: str) -> None:
    assert not read.all("script") and not read.all("link")
    assert not re.search(r"url\(|@import|src=\"https?:", text)


def test_it_is_marked_where_the_data_are_invented(text: str, any_release: made.Release) -> None:
    assert ("SYNTHETIC DATA" in text) is any_release.study.synthetic
    captions = re.findall(r"<(?:caption|figcaption)>(.*?)</", text)
    assert all(
        ("SYNTHETIC" in caption) is any_release.study.synthetic for caption in re.findall(r"<caption>(.*?)</caption>", text)
    )
    assert captions


def test_marks_in_names_are_text(thirty: made.Release) -> None:
    study = made.study(title='<b onclick="x">Bold</b> & "more"')
    page = documents.national(thirty.tables, thirty.measures, thirty.figures, study)["national-report.html"].decode()
    assert "<b onclick" not in page
    assert "&lt;b onclick=&quot;x&quot;&gt;Bold&lt;/b&gt; &amp; &quot;more&quot;" in page
