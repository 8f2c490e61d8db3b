"""How blocks lie on a page: side by side where they fit, and the same words in every twin."""

from __future__ import annotations

import io
import re

import pikepdf
import pytest

from pipeline.report import documents, numerals
from pipeline.report.blocks import Beside, Block, Column, Facts, Figure, Heading, Paragraph, Table, beside, each, two_by_two
from pipeline.report.html import page
from pipeline.report.markdown import written
from pipeline.report.material import Material
from pipeline.report.plots.axis import FOREST_SHARE, stand_beside
from pipeline.report.plots.sheet import GUTTER_MM
from pipeline.report.sections.sites import sites
from pipeline.report.typesetting import page_count, typeset
from tests.unit.report import conftest as made

ONE, TWO, THREE = Paragraph("One."), Paragraph("Two."), Paragraph("Three.")
A_TABLE = Table("Sites", (Column("Site"), Column("Women", "right")), (("S01", "25"),))
HEAD = {"title": "A page", "eyebrow": "", "subtitle": "", "running": "", "facts": []}


def material(release: made.Release) -> Material:
    return Material(release.tables, release.measures, documents.alt_texts(release.figures))


def test_nothing_stands_beside_nothing() -> None:
    assert beside([ONE], []) == [ONE]
    assert beside([], [TWO]) == [TWO]
    assert beside([], []) == []
    assert beside([ONE], [TWO]) == [Beside(((ONE,), (TWO,)), (1, 1))]


def test_groups_stand_two_by_two_and_the_last_one_alone() -> None:
    assert two_by_two([[ONE], [TWO], [THREE]]) == [Beside(((ONE,), (TWO,)), (1, 1)), THREE]
    assert list(each(two_by_two([[ONE], [TWO], [THREE]]))) == [ONE, TWO, THREE]


def test_every_twin_writes_columns_one_after_the_other_and_counts_on() -> None:
    blocks: list[Block] = [A_TABLE, *beside([ONE, A_TABLE], [TWO, A_TABLE]), A_TABLE]
    text = written("A page", Facts(()), blocks, synthetic=False).decode()
    assert re.findall(r"Table (\d)|(One|Two)\.", text) == [("1", ""), ("", "One"), ("2", ""), ("", "Two"), ("3", ""), ("4", "")]
    html = page("A page", Facts(()), blocks, made.study(synthetic=False)).decode()
    assert re.findall(r"Table (\d)|(One|Two)\.", html) == re.findall(r"Table (\d)|(One|Two)\.", text)
    assert "\n\n\n" not in text[text.index("**Table") :]


def test_forest_and_shrunken_estimates_stand_row_by_row_where_codes_are_short(thirty: made.Release) -> None:
    measure = thirty.measures["pcl5"]
    (pair,) = [
        block
        for block in sites(material(thirty))
        if isinstance(block, Beside) and any(isinstance(part, Figure) and part.name == "forest-pcl5" for part in each([block]))
    ]
    assert [part.name for part in each([pair]) if isinstance(part, Figure)] == ["forest-pcl5", "shrunken-pcl5"]
    widths = [width_of(thirty.figures[f"{name}-pcl5.svg"]) for name in ("forest", "shrunken")]
    assert sum(widths) + GUTTER_MM == pytest.approx(made.STYLE.width_mm, abs=0.01)
    assert widths[0] / (sum(widths) + 2 * GUTTER_MM) == pytest.approx(FOREST_SHARE, abs=0.03)
    tables = dict(thirty.tables)
    tables["open_sites"] = tables["open_sites"].assign(site_id=lambda rows: "University-" + rows["site_id"])
    assert stand_beside(material(thirty), measure)
    assert not stand_beside(Material(tables, thirty.measures), measure)


def width_of(svg: bytes) -> float:
    found = re.search(rb'width="([\d.]+)pt"', svg)
    assert found is not None
    return float(found[1]) * 25.4 / 72


def test_a_picture_is_no_wider_on_the_page_than_it_was_drawn(thirty: made.Release) -> None:
    name = "distribution-pcl5"
    blocks = [Figure(name, "Spread.", "A picture that tells how change is spread over all women.")]
    pdf = typeset("site", blocks, thirty.study, head=HEAD, foot="", figures=thirty.figures)
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        attributes = [figure.A for figure in figures_of(opened.Root.StructTreeRoot)]
        every = [each for found in attributes for each in (found if isinstance(found, pikepdf.Array) else [found])]
        (box,) = [found.BBox for found in every if "/BBox" in found]
        width = (float(box[2]) - float(box[0])) * 25.4 / 72
    assert width == pytest.approx(width_of(thirty.figures[f"{name}.svg"]), abs=0.5)


def figures_of(node: pikepdf.Object) -> list[pikepdf.Object]:
    if isinstance(node, pikepdf.Array):
        return [found for child in node for found in figures_of(child)]
    if not isinstance(node, pikepdf.Dictionary):
        return []
    own = [node] if node.get("/S") == "/Figure" else []
    return own + (figures_of(node.K) if "/K" in node else [])


def test_a_long_table_in_columns_of_the_page_takes_fewer_pages(thirty: made.Release) -> None:
    rows = tuple((f"key.of_a_finding.{n}", f"{n}") for n in range(150))
    columns = (Column("Key", share=1), Column("Value", "right"))
    n_pages = [
        page_count(
            typeset(
                "site",
                [Heading("Keys"), Table("Keys", columns, rows, is_tight=True, k_columns=k)],
                thirty.study,
                head=HEAD,
                foot="",
            )
        )
        for k in (1, 2)
    ]
    assert n_pages[1] < n_pages[0]


def test_a_site_report_fills_two_pages_and_no_more(thirty: made.Release) -> None:
    args = (thirty.tables, thirty.measures, thirty.figures, thirty.study)
    assert page_count(documents.site("S01", *args)["S01.pdf"]) <= 2


def test_pictures_name_a_family_that_every_browser_has(thirty: made.Release) -> None:
    svg = thirty.figures["forest-pcl5.svg"].decode()
    families = re.findall(r"font(?:-family)?: ([^;\"]*'[^;\"]*)", svg)
    assert families and all(family.endswith("'Source Sans 3', sans-serif") for family in families)


@pytest.mark.parametrize(
    ("value", "words"), [(None, ""), (0.0, "up to 0.001"), (0.001, "up to 0.001"), (0.0123, "0.012"), (0.05, "0.05"), (1.0, "1")]
)
def test_a_probability_is_never_nought_nor_falsely_precise(value: float | None, words: str) -> None:
    assert numerals.probability(value) == words
