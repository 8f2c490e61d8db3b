"""The map of theories and a page a theory: complete, on one page each, and open where little can be said."""

from __future__ import annotations

import io
import json
import re

import pandas as pd
import pytest

from pipeline.report import documents, figures
from pipeline.report.blocks import Break, Facts, Figure, Heading, Notice, Paragraph, Table
from pipeline.report.material import Material
from pipeline.report.sections.theories import theories
from pipeline.report.typesetting import page_count, typeset
from pipeline.report.wording_theories import FIT_MEANINGS, field, term
from pipeline.tables import shape
from tests.unit.report import conftest as made
from tests.unit.report.pdf_text import pages, squeezed

INSTRUMENT = {"topic": "staff", "instrument": "nomad", "name": "NoMAD", "has_file": "y", "source": "x", "evidence": "V"}


def material_of(release: made.Release) -> Material:
    return Material(release.tables, release.measures, json.loads(release.figures["alt.json"]))


def typeset_alone(release: made.Release) -> bytes:
    head = {"title": "T", "eyebrow": "e", "subtitle": "s", "facts": [["Run", "x"]], "contents": "Contents"}
    blocks = theories(material_of(release))
    return typeset("national", blocks, release.study, head=head, foot="foot", figures=release.figures)


def page_of(release: made.Release, theory: str) -> list[object]:
    """The blocks of one theory."""
    blocks = theories(material_of(release))
    starts = [n for n, block in enumerate(blocks) if isinstance(block, Heading) and block.level == 2]
    at = next(n for n in starts if blocks[n].text.startswith(theory))  # type: ignore[union-attr]  # a heading
    after = next((n for n in starts if n > at), len(blocks))
    return list(blocks[at:after])


def words_of(blocks: list[object]) -> str:
    said = []
    for block in blocks:
        if isinstance(block, Facts):
            said += [f"{name}: {value}" for name, value in block.rows]
        elif isinstance(block, Notice | Paragraph):
            said.append(block.text)
        elif isinstance(block, Table):
            said += [str(cell if isinstance(cell, str) else cell.text) for row in block.rows for cell in row]
    return "\n".join(said)


def test_title_contents_map_and_no_more_than_a_page_a_theory(any_release: made.Release) -> None:
    k_theories = len(any_release.tables["open_theories"])
    n_pages = page_count(typeset_alone(any_release))
    assert 2 + 1 < n_pages <= 2 + 1 + k_theories


def test_a_theory_is_whole_on_its_page_and_two_short_ones_may_share_it() -> None:
    few = made.release(6, all_too_few=True)
    theories_of = few.tables["open_theories"]["theory_id"].tolist()
    texts = [squeezed(text) for text in pages(typeset_alone(few))][2:]
    starts = {theory: next(n for n, text in enumerate(texts) if f"{theory}.Peersupport" in text) for theory in theories_of}
    ends = [n for n, text in enumerate(texts) for _ in range(text.count("Evidencebesidethenumbers:"))]
    assert sorted(starts.values()) == ends
    assert len(set(ends)) < len(theories_of)


def test_thirty_four_theories_have_one_map_of_one_page_and_no_more_than_a_page_each(thirty: made.Release) -> None:
    few = thirty.tables["open_theories"]
    repeated = few.loc[[n % len(few) for n in range(34)]].reset_index(drop=True)
    repeated["theory_id"] = [f"CMO-{n:02d}" for n in range(1, 35)]
    repeated["title"] = "A peer-support worker makes recovery believable, so that women stay and improve"
    tables = thirty.tables | {"open_theories": shape("open_theories", repeated)}
    drawn = figures.draw(tables, thirty.measures, style=made.STYLE, synthetic=True)
    many = made.Release(tables=tables, measures=thirty.measures, study=thirty.study, figures=drawn)
    blocks = theories(material_of(many))
    assert sum(isinstance(block, Break) for block in blocks) == 1 + 34
    front = 1 + 1 + 1  # title, contents, and what leads to the map
    assert front + 1 + 34 / 2 < page_count(typeset_alone(many)) <= front + 1 + 34


def test_a_page_says_what_was_asked_of_it(thirty: made.Release) -> None:
    page = page_of(thirty, "CMO-01")
    said = words_of(page)
    row = thirty.tables["open_theories"].iloc[0]
    for text in (row["mechanism"], row["would_count_against"], row["registered"].split(",")[0]):
        assert text in said
    assert "Context:" in said
    assert "the theory asks for 5 points" in said
    assert [block.name for block in page if isinstance(block, Figure)] == ["theory-CMO-01"]
    assert FIT_MEANINGS["convergent"] in said
    assert "Supports (6 to 10)" in said
    assert "The smallest difference: value\n3\n5\nyes" in said


def test_what_is_silent_has_no_table_of_blanks(thirty: made.Release) -> None:
    page = page_of(thirty, "CMO-03")
    assert not [block for block in page if isinstance(block, Table)]
    assert FIT_MEANINGS["silent"] in words_of(page)


def test_configurations_hold_no_outcome_of_one_or_two_sites(thirty: made.Release) -> None:
    page = page_of(thirty, "CMO-05")
    (table,) = [block for block in page if isinstance(block, Table) and "Configurations" in block.caption]
    for row in table.rows:
        cells = [cell if isinstance(cell, str) else cell.text for cell in row]
        assert (cells[2] == "") == (cells[1] in ("2", "none")), cells
    said = words_of(page)
    assert "Peer support and no prior therapy required (consistency 0.91, PRI 0.84, coverage 0.39)." in said
    assert "Peer support (coverage 0.74)." in said


def test_a_theory_that_cannot_be_tested_still_shows_its_sites_and_its_evidence() -> None:
    four = made.release(4)
    page = page_of(four, "CMO-01")
    assert [block.title for block in page if isinstance(block, Notice)] == ["Not testable."]
    assert [block.name for block in page if isinstance(block, Figure)] == ["theory-CMO-01"]
    alt = json.loads(four.figures["alt.json"])["theory-CMO-01"]
    assert "No contrast is shown." in alt
    assert "Peer support: yes" in alt
    assert "Peer support: no" in alt
    assert FIT_MEANINGS["convergent"] in words_of(page)


def test_where_no_picture_can_be_drawn_few_services_stand_side_by_side() -> None:
    """At four sites, where no share may be shown, a table; a theory on staff tells on which side each service is."""
    four = made.release(4)
    rows = four.tables["open_theories"].iloc[:1]
    retention = "the share who have a second score: it is higher"
    kept = rows.assign(theory_id="CMO-21", outcome=retention, measure=None, unit="percentage points")
    asked = "staff improve more in secondary traumatic stress on proqol"
    told = rows.assign(theory_id="CMO-22", outcome=asked, measure=None, counted="staff")
    both = shape("open_theories", pd.concat([kept, told], ignore_index=True))
    hidden = four.tables["open_completeness"].assign(status="too_few", completion_pct=None, n_due=None, n_paired=None)
    tables = four.tables | {"open_theories": both, "open_completeness": shape("open_completeness", hidden)}
    drawn = figures.draw(tables, four.measures, style=made.STYLE, synthetic=True)
    release = made.Release(tables=tables, measures=four.measures, study=four.study, figures=drawn)
    services = four.tables["open_services"].query("component == 'peer_support'").set_index("site_id")["value"]
    services = services[services.isin(["y", "n"])]
    for theory in ("CMO-21", "CMO-22"):
        assert not [block for block in page_of(release, theory) if isinstance(block, Figure)]
    (table,) = [block for block in page_of(release, "CMO-21") if isinstance(block, Table) and "side by side" in block.caption]
    assert {row[0]: row[1] for row in table.rows} == {site: "yes" if v == "y" else "no" for site, v in services.items()}
    assert {row[2].text for row in table.rows} == {"too few"}
    sides = [" and ".join(", ".join(sorted(services.index[services == value])).rsplit(", ", 1)) for value in ("y", "n")]
    assert f"Peer support: yes at {sides[0]}; no at {sides[1]}." in words_of(page_of(release, "CMO-22"))
    assert "\nStaff: " in words_of(page_of(release, "CMO-22"))
    assert "adjusted" not in words_of(page_of(release, "CMO-22")).partition("Difference")[2]


def test_numbers_of_staff_are_not_called_women_and_have_one_contrast(thirty: made.Release) -> None:
    """There is nothing to adjust by: a second line would say the same again."""
    first = thirty.tables["open_theories"].iloc[:1]
    asked = "staff improve more in secondary traumatic stress on nomad"
    told = shape("open_theories", first.assign(theory_id="CMO-22", outcome=asked, measure=None, counted="staff"))
    instruments = shape("open_instruments", pd.DataFrame([INSTRUMENT]))
    tables = thirty.tables | {"open_theories": told, "open_instruments": instruments}
    drawn = figures.draw(tables, thirty.measures, style=made.STYLE, synthetic=True)
    release = made.Release(tables=tables, measures=thirty.measures, study=thirty.study, figures=drawn)
    said = words_of(page_of(release, "CMO-22"))
    assert "Outcome: Staff improve more in secondary traumatic stress on NoMAD." in said
    assert "Staff: " in said and "Women: " not in said
    assert "adjusted for" not in said
    assert [line.split(",")[0] for line in drawn["theory-CMO-22.csv"].decode().splitlines()[1:]] == ["Difference"]


def test_a_wait_is_not_said_to_be_adjusted_for_scores_that_come_after_it(thirty: made.Release) -> None:
    first = thirty.tables["open_theories"].iloc[:1]
    for outcome, adjusted in (
        ("women improve more on pcl5", "adjusted for first scores and case mix"),
        ("the share who have a second score: it is higher", "adjusted for first scores and case mix"),
        ("the wait to assessment: it is shorter", "adjusted for case mix"),
    ):
        told = shape("open_theories", first.assign(theory_id="CMO-22", outcome=outcome, counted="women"))
        release = made.Release(**{**vars(thirty), "tables": thirty.tables | {"open_theories": told}})
        said = words_of(page_of(release, "CMO-22"))
        assert f" {adjusted} (95% intervals)" in said


def test_what_could_be_seen_says_how_often(thirty: made.Release) -> None:
    row = thirty.tables["open_theories"].iloc[0]
    said = words_of(page_of(thirty, row["theory_id"]))
    assert f"Could be seen: a true difference of about {row['smallest_detectable']} points, in four of five such studies;" in said


def test_the_picture_holds_released_sites_on_the_side_that_services_tell(thirty: made.Release) -> None:
    lines = thirty.figures["theory-CMO-01.csv"].decode().splitlines()
    services = thirty.tables["open_services"].query("component == 'peer_support'").set_index("site_id")["value"]
    sites = thirty.tables["open_sites"].query("measure == 'pcl5' and status == 'shown'").set_index("site_id")
    drawn = [line.split(",") for line in lines[1:] if line.startswith("site,")]
    assert {row[2] for row in drawn} == {site for site in sites.index if services[site] in ("y", "n")}
    for _, side, site, value, low, high, *_rest in drawn:
        assert side == f"Peer support: {'yes' if services[site] == 'y' else 'no'}"
        assert [float(value), float(low), float(high)] == sites.loc[site, ["mean_improvement", "low", "high"]].tolist()
    order = [row[2] for row in drawn if row[1] == "Peer support: yes"]
    assert order == sorted(order)


@pytest.mark.parametrize(
    ("outcome", "table", "value"),
    [
        ("the wait to assessment: it is shorter, more women have it within 6 weeks", "open_waits", "seen_pct"),
        ("the share who have a second score: it is higher", "open_completeness", "completion_pct"),
    ],
)
def test_sites_of_a_wait_or_of_second_scores_are_drawn_by_their_released_shares(outcome: str, table: str, value: str) -> None:
    """At four sites too, and where the context is a time limit, which services tell in months."""
    four = made.release(4)
    told = (
        four.tables["open_theories"].iloc[:1].assign(theory_id="CMO-23", outcome=outcome, measure=None, unit="percentage points")
    )
    told = told.assign(context="time limit months: yes", component=None, component_value=None)
    tables = four.tables | {"open_theories": shape("open_theories", told)}
    drawn = pd.read_csv(io.BytesIO(figures.draw(tables, four.measures, style=made.STYLE, synthetic=True)["theory-CMO-23.csv"]))
    released = tables[table].query("site_id != 'ALL' and status == 'shown'")
    where = "event == 'assessment' and weeks == 6" if table == "open_waits" else "measure == 'pcl5'"
    shown = released.query(where).set_index("site_id")[value].dropna()
    limits = tables["open_services"].query("component == 'time_limit_months'").set_index("site_id")["value"]
    limits = limits[(limits == "no_limit") | limits.str.isdigit()]
    expected = {site: share for site, share in shown.items() if site in limits.index}
    sites = drawn[drawn["what"] == "site"]
    assert len(sites) and dict(zip(sites["site_id"], sites["value"], strict=True)) == expected
    assert {row.side for row in sites.itertuples()} == {
        f"Time limit: {'no' if limits[site] == 'no_limit' else 'yes'}" for site in expected
    }


def test_no_mark_stands_for_a_woman(thirty: made.Release) -> None:
    assert b"<circle" not in thirty.figures["theory-CMO-01.svg"]
    assert b"PathCollection" not in thirty.figures["theory-CMO-01.svg"]


def test_nothing_is_drawn_where_neither_contrast_nor_context_is_told() -> None:
    few = made.release(6, all_too_few=True)
    assert not [name for name in few.figures if name.startswith("theory-CMO")]
    assert "There is no picture" in words_of(page_of(few, "CMO-01"))


def test_imputed_second_scores_are_told_where_they_are_there_and_missed_by_nobody(thirty: made.Release) -> None:
    row = {"theory_id": "CMO-01", "estimate": 4.4, "low": 1.2, "high": 7.6, "unit": "points", "status": "shown"}
    import pandas as pd

    with_it = {**thirty.tables, "open_theory_imputed": pd.DataFrame([row])}
    release = made.Release(tables=with_it, measures=thirty.measures, study=thirty.study, figures=thirty.figures)
    assert "With imputed second scores: 4.4 (1.2 to 7.6) points" in words_of(page_of(release, "CMO-01"))
    without = {name: frame for name, frame in thirty.tables.items() if name != "open_theory_imputed"}
    release = made.Release(tables=without, measures=thirty.measures, study=thirty.study, figures=thirty.figures)
    assert "imputed" not in words_of(page_of(release, "CMO-01"))


def test_a_study_without_evidence_says_so_once_on_the_map_and_on_each_page(thirty: made.Release) -> None:
    tables = thirty.tables | {"open_joint": thirty.tables["open_joint"].iloc[:0]}
    release = made.Release(tables=tables, measures=thirty.measures, study=thirty.study, figures=thirty.figures)
    blocks = theories(material_of(release))
    (table,) = [block for block in blocks if isinstance(block, Table) and "became of them" in block.caption]
    assert "Evidence" not in [column.label for column in table.columns]
    assert "No coded evidence was given to this study." in words_of(page_of(release, "CMO-01"))


@pytest.mark.parametrize("name", ["national-report.md"])
def test_the_twin_holds_every_theory(name: str, thirty: made.Release) -> None:
    twin = documents.national(thirty.tables, thirty.measures, thirty.figures, thirty.study)[name].decode()
    found = re.findall(r"^### (CMO-\d\d)\.", twin, re.MULTILINE)
    assert found == thirty.tables["open_theories"]["theory_id"].tolist()


def test_fields_and_terms_read_as_words() -> None:
    assert field("smallest_difference.value") == "the smallest difference: value"
    assert field("outcome.within_weeks") == "the outcome: within weeks"
    assert term("peer_support*~prior_therapy_required") == "Peer support and no prior therapy required"
    assert term("emdr*~cbt") == "EMDR and no CBT"
