"""The report of one site: its figures beside the others', words for what it could not send, and pages that are filled."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from pipeline.report import documents, sentences
from pipeline.report.blocks import Block, Cell, Heading, Intervals, Items, Paragraph, Table, Tiles, each
from pipeline.report.material import Material
from pipeline.report.site_change import middle_half, own_change, pictures, table_beside, tiles
from pipeline.report.site_report import site_blocks
from pipeline.report.typesetting import page_count
from tests.unit.report import conftest as made
from tests.unit.report.pdf_text import pages, squeezed


def material(release: made.Release, **tables: pd.DataFrame) -> Material:
    return Material({**release.tables, **tables}, release.measures)


def returned(release: made.Release, site: str, status: str) -> Material:
    """The release, had the return of a site come to that, and no table held anything of it."""
    held = {name: frame[frame["site_id"] != site] for name, frame in release.tables.items() if "site_id" in frame}
    row = {"site_id": site, "status": status, "n_referrals": None, "faults": "none", "n_status": "too_few"}
    held["open_returns"] = pd.concat([held["open_returns"], pd.DataFrame([row])], ignore_index=True)
    return material(release, **held)


def words(blocks: list[Block]) -> str:
    found = list(each(blocks))
    texts = [block.text for block in found if isinstance(block, Paragraph | Heading)]
    texts += [" ".join(item) for block in found if isinstance(block, Items) for item in block.items]
    return " ".join(texts)


def cells(table: Table, measure: str) -> dict[str, str]:
    (row,) = (row for row in table.rows if row[0] == measure)
    spans = [name for name, n_columns in table.spans for _ in range(n_columns)]
    heads = (f"{span}: {column.label}" for span, column in zip(spans, table.columns, strict=True))
    return {head: cell.text if isinstance(cell, Cell) else cell for head, cell in zip(heads, row, strict=True)}


def test_the_middle_half_is_that_of_the_means_that_are_released(thirty: made.Release) -> None:
    measure = thirty.measures["pcl5"]
    means = thirty.tables["open_sites"].query("measure == 'pcl5' and status == 'shown'")["mean_improvement"]
    assert middle_half(measure, material(thirty), thirty.study) == pytest.approx(np.quantile(means, [0.25, 0.75]))
    few = thirty.tables["open_sites"].query("site_id < 'S10'")
    assert middle_half(measure, material(thirty, open_sites=few), thirty.study) is None


def test_the_middle_half_stands_in_table_and_picture(thirty: made.Release) -> None:
    found = material(thirty)
    low, high = middle_half(thirty.measures["pcl5"], found, thirty.study) or (0, 0)
    table = table_beside("S01", found, thirty.study)
    assert table is not None
    line = cells(table, "PCL-5")
    assert line["Mean improvement (95% interval): Middle half"] == f"{low:.1f} to {high:.1f}"
    drawn = [block for block in each(pictures("S01", found, thirty.study)) if isinstance(block, Intervals)]
    assert [span.label for span in drawn[0].spans] == [
        "S01 alone",
        "S01, shrunken",
        "All sites, pooled",
        "Middle half",
        "Prediction",
    ]


def test_where_nothing_is_pooled_sites_stand_side_by_side_in_order_of_code() -> None:
    four = made.release(4, synthetic=False)
    (first, *_) = (block for block in each(pictures("S03", material(four), four.study)) if isinstance(block, Intervals))
    assert [(span.label, span.look) for span in first.spans] == [
        ("S03 alone", "own"),
        ("S01", "other"),
        ("S02", "other"),
        ("S04", "other"),
    ]
    (shown,) = (block for block in tiles("S03", material(four)) if isinstance(block, Tiles))
    assert shown.tiles[-1] == ("4 sites", "whose mean on PCL-5 may be shown; none are pooled")


def test_a_site_below_the_minimum_reads_the_figures_of_all_sites_and_none_of_its_own(thirty: made.Release) -> None:
    found = material(thirty)
    assert not own_change("S05", found)
    table = table_beside("S05", found, thirty.study)
    assert table is not None
    line = cells(table, "PCL-5")
    pooled = thirty.tables["open_pooled"].set_index("measure").loc["pcl5"]
    assert line["Mean improvement (95% interval): Here"] == "too few"
    assert line["Mean improvement (95% interval): Women here"] == ""
    assert line["Mean improvement (95% interval): All sites, pooled"].startswith(f"{pooled['mean_improvement']:.1f} (")
    args = (thirty.tables, thirty.measures, thirty.figures, thirty.study)
    printed = pages(documents.site("S05", *args)["S05.pdf"])
    assert len(printed) == 2
    assert all(squeezed(sentences.CAUTION) in squeezed(text) for text in printed)


@pytest.mark.parametrize(
    ("status", "said", "asked"),
    [
        ("nil_return", "it had no referrals, so there were no scores to give", "Whom are we here for?"),
        ("not_open_yet", "had not opened by the end of the period", "Whom are we here for?"),
        ("set_aside", "was set aside because it could not safely be read", "What stood in the way of the return?"),
        ("nothing_usable", "held no referral, no score and no totals", "What stood in the way of the return?"),
    ],
)
def test_a_site_that_could_send_no_figure_reads_why_and_is_asked_what_it_can_answer(
    thirty: made.Release, status: str, said: str, asked: str
) -> None:
    text = words(site_blocks("S02", returned(thirty, "S02", status), thirty.study))
    assert said in text
    assert asked in text
    assert "Whom do we not hear from again?" not in text
    assert "could tell something of one of them" not in text, "no woman stands behind a figure that was never sent"
    assert "Women without a second score" not in text


def test_totals_alone_are_not_called_too_few(thirty: made.Release) -> None:
    text = words(site_blocks("S02", returned(thirty, "S02", "aggregate_only"), thirty.study))
    assert "Totals say nothing of women without a second score" in text


def test_where_hardly_anything_is_shown_no_figure_stands_in_large_type() -> None:
    few = made.release(6, all_too_few=True)
    assert tiles("S01", material(few)) == []


def test_the_largest_type_that_keeps_to_the_pages_is_taken(thirty: made.Release) -> None:
    args = (thirty.tables, thirty.measures, thirty.figures, thirty.study)
    one, two = documents.passport("S07", [], [], [], thirty.study), documents.site("S01", *args)["S01.pdf"]
    assert (page_count(one), page_count(two)) == (1, 2)

    def tried(*settings: bytes) -> Iterator[bytes]:
        for setting in settings:
            seen.append(setting)
            yield setting

    seen: list[bytes] = []
    assert documents.fitted(tried(two, one, two), 1) == one
    assert seen == [two, one], "no more is set than is needed"
    assert documents.fitted(iter([two, two]), 1) == two


def test_no_site_is_told_its_place_among_the_others(thirty: made.Release) -> None:
    text = words(site_blocks("S01", material(thirty), thirty.study))
    assert not re.search(r"\b(rank|best|worst|better than (most|others)|above average|below average)\b", text)
