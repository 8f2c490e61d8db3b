"""What a reader meets on the pages of the national report: nothing said twice, no empty table, and one scale for one measure."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from pipeline.report import documents, sentences, wording
from pipeline.report.blocks import Block, Heading, Paragraph, Table, each
from pipeline.report.colours import LEAST_CONTRAST, contrast_with_white
from pipeline.report.material import Material
from pipeline.report.sections.access import who_came
from pipeline.report.sections.checklists import checklists
from pipeline.report.sections.delivery import completeness, flow
from pipeline.report.sections.front import key_messages
from pipeline.report.sections.sensitivity import sensitivity
from pipeline.report.sections.services import services
from pipeline.report.sections.sites import site_tables
from pipeline.report.sections.thresholds import judged
from pipeline.tables import shape
from tests.unit.report import conftest as made
from tests.unit.report.pdf_text import pages, squeezed


def material(release: made.Release, **tables: pd.DataFrame) -> Material:
    return Material({**release.tables, **tables}, release.measures, documents.alt_texts(release.figures))


def tables_of(blocks: list[Block]) -> list[Table]:
    return [block for block in each(blocks) if isinstance(block, Table)]


def words_of(blocks: list[Block]) -> str:
    return " ".join(block.text for block in each(blocks) if isinstance(block, Paragraph))


@pytest.fixture(scope="module")
def four() -> made.Release:
    return made.release(4)


@pytest.fixture(scope="module")
def few() -> made.Release:
    return made.release(6, all_too_few=True)


def test_the_caution_stands_once_on_a_page(four: made.Release) -> None:
    made_of = (four.tables, four.measures, four.figures, four.study)
    counts = [
        squeezed(text).count(squeezed(sentences.CAUTION)) for text in pages(documents.national(*made_of)["national-report.pdf"])
    ]
    assert set(counts) <= {0, 1, 2}, "two sections that begin on one page may each say it"
    assert counts.count(1) > 5
    assert counts[0] == counts[2] == 0, "the title page and the contents show no change"


def test_long_key_messages_keep_to_one_page(thirty: made.Release) -> None:
    long = "the share differs by more than 15 percentage points between published thresholds; " * 3
    verdicts = thirty.tables["open_verdicts"].assign(status="shown", verdict="fragile", reason=long)
    tables = {**thirty.tables, "open_verdicts": verdicts}
    texts = pages(documents.national(tables, thirty.measures, thirty.figures, thirty.study)["national-report.pdf"])
    assert "Thebiggestcaveat." in squeezed(texts[1]) and "Contents" in texts[2]


def test_few_sites_without_a_pool_stand_side_by_side_in_front(four: made.Release, thirty: made.Release) -> None:
    (table,) = tables_of(key_messages(material(four)))
    shown = four.tables["open_sites"].query("status == 'shown'")
    assert [row[0] for row in table.rows] == sorted(set(shown["site_id"]))
    first = shown[shown["measure"] == "pcl5"].iloc[0]
    at = next(n for n, column in enumerate(table.columns) if column.label == "PCL-5")
    assert any(str(row[at]).startswith(f"{first['mean_improvement']:.1f} (") for row in table.rows if row[0] == first["site_id"])
    assert not tables_of(key_messages(material(thirty)))


def test_a_table_without_a_count_is_a_sentence(few: made.Release) -> None:
    assert not tables_of(flow(material(few)))
    assert "Too few women stand behind every state" in words_of(flow(material(few)))
    equity = few.tables["open_equity"].assign(status="too_few", n_referred=None, treated_pct=None)
    said = who_came(material(few, open_equity=equity))
    assert not [table for table in tables_of(said) if table.caption.startswith("Who came")]
    assert words_of(said).count("too few women stand behind every group") == 2


def test_a_table_has_no_column_without_a_cell(thirty: made.Release) -> None:
    equity = thirty.tables["open_equity"].assign(treated_pct=None, treated_low_pct=None, treated_high_pct=None)
    for table in tables_of(who_came(material(thirty, open_equity=equity)))[:2]:
        assert "Treated, of accepted" not in [column.label for column in table.columns]
        assert {len(row) for row in table.rows} == {len(table.columns)}


def test_a_nil_return_is_named_where_its_row_is_missing(thirty: made.Release) -> None:
    returns = thirty.tables["open_returns"].copy()
    returns.loc[returns["site_id"] == "S03", "status"] = "nil_return"
    assert "Not in the picture, because nobody was referred: S03." in words_of(
        completeness(material(thirty, open_returns=returns))
    )
    assert "nobody was referred" not in words_of(completeness(material(thirty)))


def test_a_pathway_with_no_woman_is_too_few_where_others_have_a_number(thirty: made.Release) -> None:
    equity = thirty.tables["open_equity"]
    without = equity[~((equity["dimension"] == "pathway") & (equity["group"] == "tokophobia"))]
    (table,) = [each for each in tables_of(services(material(thirty, open_equity=without))) if each.caption == "Pathways offered"]
    assert "too few" in str(next(row for row in table.rows if row[0] == "Tokophobia")[-1])


def test_types_that_are_not_there_are_not_put_in_order(four: made.Release) -> None:
    assert "Which type is better" not in str(services(material(four)))


def test_the_tables_of_sites_have_one_size_of_type(thirty: made.Release, four: made.Release) -> None:
    assert {table.is_tight for table in tables_of(site_tables(material(thirty)))} == {True}
    assert {table.is_tight for table in tables_of(site_tables(material(four)))} == {False}


def test_sites_and_shrunken_estimates_share_one_scale(thirty: made.Release) -> None:
    muted = re.compile(r"<text [^>]*fill: #55606b[^>]*>(\N{MINUS SIGN}?\d+)</text>")
    for measure in ("pcl5", "core10"):
        forest, shrunken = (muted.findall(thirty.figures[f"{name}-{measure}.svg"].decode()) for name in ("forest", "shrunken"))
        assert forest == shrunken and "0" in forest


def test_numbers_in_the_grid_of_completeness_can_be_read_on_their_ground(thirty: made.Release) -> None:
    svg = thirty.figures["completeness.svg"].decode()
    grounds = set(re.findall(r"fill: (#[0-9a-f]{6}); stroke: none|fill: (#[0-9a-f]{6})\"", svg))
    grounds = {one or other for one, other in grounds}
    light = [ground for ground in grounds if contrast_with_white(ground) < LEAST_CONTRAST]
    assert light
    assert "fill: #ffffff" not in svg.replace('fill: #ffffff"/>', ""), "no white type where every ground is light"


def test_how_firm_a_share_is_is_said_with_its_reason() -> None:
    twin = {
        "status": "shown",
        "verdict": "fragile",
        "reason": "at a published threshold the interval meets what chance would give",
    }
    assert judged(twin) == f"{wording.FRAGILITY['fragile'].rstrip('.')}: {twin['reason']}."
    steady = {"status": "shown", "verdict": "not_fragile", "reason": "without a sourced population: the twin is not compared"}
    assert "one story" not in judged(steady) and "twin" not in judged(steady)


def test_how_far_two_ways_of_pooling_are_apart_is_a_number(thirty: made.Release) -> None:
    agreement = thirty.tables["open_agreement"].copy()
    agreement.loc[agreement["measure"] == "pcl5", "two_stage"] = agreement["estimate"] + 0.3
    assert "are at most 0.3 points apart, and their intervals agree" in words_of(
        sensitivity(material(thirty, open_agreement=agreement))
    )
    agreement["agrees"], agreement["note"] = False, "The two ways of pooling differ by more than half of their half width."
    said = words_of(sensitivity(material(thirty, open_agreement=shape("open_agreement", agreement))))
    assert "points apart" not in said and "the two ways of pooling differ" in said


def test_each_standard_is_cited_under_its_table() -> None:
    blocks = checklists([Heading("Method")])
    assert isinstance(blocks[-1], Table), "no reference is left alone on a page"
    tables = tables_of(blocks)
    assert all("https://" in table.note for table in tables)
    assert [table.is_split for table in tables] == [len(table.rows) > 15 for table in tables], "a short one stays whole"


def test_what_was_known_of_a_woman_has_the_names_of_the_tables() -> None:
    said = {
        code: wording.characteristic(code)
        for code in ("age_35_plus", "stage_post_loss", "source_self_referral", "deprivation_fifth_2")
    }
    assert said == {
        "age_35_plus": "Age: 35 and over",
        "stage_post_loss": "Perinatal stage: after a loss",
        "source_self_referral": "Referred by: herself",
        "deprivation_fifth_2": "Deprivation: second fifth",
    }
