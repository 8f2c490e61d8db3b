"""What every document must be: accessible, repeatable, honest about change, and silent where women are too few."""

from __future__ import annotations

import io
import re
from typing import Any

import page
import pandas as pd
import pikepdf
import pytest

from pipeline.codes import SCORE_USES
from pipeline.measures import load
from pipeline.report import documents, figures, sentences
from pipeline.report.typesetting import page_count
from pipeline.tables import shape
from tests.unit.report import conftest as made
from tests.unit.report.pdf_text import pages, squeezed

ESTIMATE = re.compile(r"\d\.\d(?:points)?\((?:95%interval)?\u2212?[\d,]+\.\dto\u2212?[\d,]+\.\d\)")
FAULT = {"site_id": "S07", "table": "outcomes", "sheet": "outcomes", "row": 14, "column": "total", "severity": "value"}
TEXTS = {
    "found": "a total of three digits",
    "expected": "a whole number within the range of the measure",
    "mend": "Look at the form again and type the total, or leave the cell blank where it was not taken",
    "cost": "The score is not used, so the woman may count as one without a second score",
}


def faults(k_faults: int) -> list[dict[str, Any]]:
    return [{**FAULT, **TEXTS, "cell": f"F{row}", "rule_id": f"outcomes.total.rule_{row}"} for row in range(k_faults)]


def quality() -> list[dict[str, Any]]:
    counts = {"n_values_blanked": 3, "n_warnings": 2, "form": "workbook"}
    return [
        {"table": "outcomes", "status": "read", "rows_read": 1204, "rows_accepted": 1190, "rows_rejected": 14, **counts},
        {"table": "staff", "status": "absent", "rows_read": 0, "rows_accepted": 0, "rows_rejected": 0, **counts},
    ]


USES: list[dict[str, Any]] = [
    {"measure": measure, "use": use, "n_scores": n}
    for measure, counts in {"core10": (210, 210, 97, 60, 0, 3, 0), "pcl5": (205, 205, 103, 80, 2, 0, 5)}.items()
    for use, n in zip(SCORE_USES, counts, strict=True)
]
"""1,180 scores of 1,190 accepted rows."""


def made_of(release: made.Release) -> dict[str, bytes]:
    args = (release.tables, release.measures, release.figures, release.study)
    files = documents.national(*args)
    for site in ("S01", "S04", "S05", "S99"):
        files |= documents.site(site, *args)
    return {**files, "passport.pdf": documents.passport("S07", quality(), USES, faults(60), release.study)}


@pytest.fixture(scope="module")
def files(any_release: made.Release) -> dict[str, bytes]:
    return made_of(any_release)


@pytest.fixture(scope="module")
def pdfs(files: dict[str, bytes]) -> dict[str, bytes]:
    return {name: data for name, data in files.items() if name.endswith(".pdf")}


def text_of(pdf: bytes) -> str:
    return squeezed("".join(pages(pdf)))


def elements(pdf: pikepdf.Pdf, kind: str) -> list[pikepdf.Object]:
    found, waiting = [], [pdf.Root.StructTreeRoot.K]
    while waiting:
        node = waiting.pop()
        if isinstance(node, pikepdf.Array):
            waiting += list(node)
        elif isinstance(node, pikepdf.Dictionary):
            if node.get("/S") == f"/{kind}":
                found.append(node)
            if "/K" in node:
                waiting.append(node.K)
    return found


@pytest.mark.parametrize("profile", ["ua1", "2a"])
def test_every_pdf_conforms_to_the_standards_of_access_and_archive(pdfs: dict[str, bytes], profile: str) -> None:
    for name, pdf in pdfs.items():
        report = page.validate_pdf_bytes(pdf, profile=profile)
        assert report.is_compliant, (name, [(fault.rule_id, fault.message) for fault in report.failures])


def test_every_pdf_says_what_it_is(any_release: made.Release, pdfs: dict[str, bytes]) -> None:
    for name, data in pdfs.items():
        with pikepdf.open(io.BytesIO(data)) as pdf:
            assert str(pdf.Root.Lang) == "en-GB"
            assert bool(pdf.Root.MarkInfo.Marked)
            assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
            assert "/StructTreeRoot" in pdf.Root
            assert pdf.Root.Outlines.First, name
            assert str(pdf.docinfo.Author) == any_release.study.author
            assert any_release.study.run_id in str(pdf.docinfo.Keywords)
            assert str(pdf.docinfo.CreationDate).startswith("D:20260331")
            with pdf.open_metadata() as metadata:
                assert metadata["pdfuaid:part"] == "1"
                assert metadata["pdfaid:part"] == "2"
                assert metadata["dc:title"] == str(pdf.docinfo.Title)
            is_marked = "SYNTHETIC" in str(pdf.docinfo.Title) and "SYNTHETIC" in str(pdf.docinfo.Keywords)
            assert is_marked is any_release.study.synthetic


def test_every_figure_is_told_and_every_table_has_its_heads(pdfs: dict[str, bytes], any_release: made.Release) -> None:
    for name, data in pdfs.items():
        with pikepdf.open(io.BytesIO(data)) as pdf:
            told = [str(figure.get("/Alt", "")) for figure in elements(pdf, "Figure")]
            assert all(len(alt) > 30 for alt in told), name
            for table in elements(pdf, "Table"):
                assert "/THead" in [str(part.S) for part in table.K if "/S" in part], name
    n_pictures = sum(name.endswith(".svg") for name in any_release.figures)
    with pikepdf.open(io.BytesIO(pdfs["national-report.pdf"])) as pdf:
        assert len(elements(pdf, "Figure")) == n_pictures


def test_the_same_release_gives_the_same_bytes(any_release: made.Release, files: dict[str, bytes]) -> None:
    assert made_of(any_release) == files


def test_every_page_is_marked_where_the_data_are_invented_and_none_elsewhere(
    any_release: made.Release, pdfs: dict[str, bytes]
) -> None:
    for name, pdf in pdfs.items():
        marked = ["SYNTHETICDATA" in squeezed(text) for text in pages(pdf)]
        assert set(marked) == {any_release.study.synthetic}, name
        assert any_release.study.synthetic or "SYNTHETIC" not in text_of(pdf)


def test_every_page_bears_run_and_number(any_release: made.Release, pdfs: dict[str, bytes]) -> None:
    for pdf in pdfs.values():
        n_pages = page_count(pdf)
        texts = pages(pdf)
        assert len(texts) == n_pages
        for number, text in enumerate(texts, start=1):
            assert f"Page{number}of{n_pages}" in squeezed(text)
            assert f"Run{any_release.study.run_id}" in squeezed(text)


@pytest.mark.parametrize("is_draft", [True, False])
def test_the_title_page_and_every_foot_say_whether_it_is_a_draft(thirty: made.Release, is_draft: bool) -> None:
    why = "The configuration does not give governance.controller." if is_draft else ""
    study = made.study(synthetic=False, is_draft=is_draft, why_draft=why)
    args = (thirty.tables, thirty.measures, thirty.figures, study)
    files = {**documents.national(*args), **documents.site("S01", *args)}
    state, other = ("DRAFT", "FINAL") if is_draft else ("FINAL", "DRAFT")
    for name in ("national-report.pdf", "S01.pdf"):
        texts = [squeezed(text) for text in pages(files[name])]
        assert all(f"{state}\N{MIDDLE DOT}Run{study.run_id}" in text for text in texts), name
        assert not any(other in text for text in texts)
    front = squeezed(pages(files["national-report.pdf"])[0])
    assert ("Whyadraft" in front) is is_draft
    assert (squeezed(why) in front) is True
    assert f"- State: {state}" in files["national-report.md"].decode()


def test_data_that_run_beyond_the_day_they_may_be_kept_make_a_draft(thirty: made.Release) -> None:
    def twin(retain_until: str) -> str:
        study = made.study(synthetic=False, is_draft=False, retain_until=retain_until, governance={"Agreement": "A 12"})
        return documents.national(thirty.tables, thirty.measures, thirty.figures, study)["national-report.md"].decode()

    assert "- State: FINAL" in twin("2026-03-31")
    assert "- Agreement: A 12" in twin("2026-03-31")
    assert "- State: DRAFT" in twin("2026-03-30")
    assert squeezed("retain\\_until, 30 March 2026, is before the last day of the data.") in squeezed(twin("2026-03-30"))


def test_every_page_that_shows_change_bears_the_caution(pdfs: dict[str, bytes]) -> None:
    caution = squeezed(sentences.CAUTION)
    for name, pdf in pdfs.items():
        for number, text in enumerate(pages(pdf), start=1):
            if ESTIMATE.search(squeezed(text)):
                assert caution in squeezed(text), (name, number)


def test_the_pages_that_show_change_are_found(thirty: made.Release) -> None:
    national = documents.national(thirty.tables, thirty.measures, thirty.figures, thirty.study)["national-report.pdf"]
    assert sum(bool(ESTIMATE.search(squeezed(text))) for text in pages(national)) > 12


def test_the_caution_is_content_and_no_mere_foot(thirty: made.Release) -> None:
    blocks = documents.national(thirty.tables, thirty.measures, thirty.figures, thirty.study)["national-report.md"].decode()
    sections = re.split(r"^## ", blocks, flags=re.MULTILINE)[1:]
    with_change = [section for section in sections if re.search(r"\d\.\d (?:points )?\((?:95% interval )?\u2212?\d", section)]
    assert len(with_change) >= 5
    assert all(sentences.CAUTION in section for section in with_change)


def test_no_site_is_ranked_or_graded(files: dict[str, bytes]) -> None:
    text = files["national-report.md"].decode() + "".join(
        text_of(pdf) for name, pdf in files.items() if re.fullmatch(r"S\d\d\.pdf", name)
    )
    assert not re.search(r"\b(failed|fails|failing|league|grade[ds]?|underperform\w*|ranked|outlier)\b", text, re.IGNORECASE)


def test_a_site_that_may_not_be_shown_gets_a_report_in_words(thirty: made.Release) -> None:
    args = (thirty.tables, thirty.measures, thirty.figures, thirty.study)
    few = documents.site("S05", *args)["S05.pdf"]
    over_all = thirty.tables["open_pooled"].set_index("measure")["mean_improvement"]
    assert {found[0][:3] for found in re.finditer(ESTIMATE, text_of(few))} <= {f"{mean:.1f}"[-3:] for mean in over_all}
    assert squeezed("No figure on change is given for S05.") in text_of(few)
    assert squeezed("too few women stand behind the figure, or behind one that it would give away.") in text_of(few)
    unknown = documents.site("S99", *args)["S99.pdf"]
    assert squeezed("No return of S99 is on record") in text_of(unknown)


def test_a_site_report_prints_its_own_open_figures_beside_the_national_ones(thirty: made.Release) -> None:
    report = documents.site("S01", thirty.tables, thirty.measures, thirty.figures, thirty.study)["S01.pdf"]
    own = thirty.tables["open_sites"].query("measure == 'pcl5' and site_id == 'S01'").iloc[0]
    pooled = thirty.tables["open_pooled"].query("measure == 'pcl5'").iloc[0]
    for row in (own, pooled):
        assert f"{row['mean_improvement']:.1f}({row['low']:.1f}to{row['high']:.1f})" in text_of(report)
    assert 2 <= page_count(report) <= 3
    assert "S02" not in text_of(report)


def test_the_passport_keeps_to_one_page_and_says_how_many_faults_it_leaves_out(thirty: made.Release) -> None:
    crowded = documents.passport("S07", quality(), USES, faults(60), thirty.study)
    assert page_count(crowded) == 1
    left_out = re.search(r"And(\d+)moreinthefixlist", text_of(crowded))
    assert left_out is not None
    named = len(set(re.findall(r"rule_\d+(?=\(value\))", text_of(crowded))))
    assert named + int(left_out[1]) == 60
    assert named >= 5
    assert "1,2041,19014" in text_of(crowded)
    assert squeezed("No fault was found") in text_of(documents.passport("S07", quality(), USES, [], thirty.study))


def test_the_passport_says_which_faults_are_new_since_the_last_release(thirty: made.Release) -> None:
    new, still = ({**faults(1)[0], "rule_id": "not-whole", "since": f"{said} since 2026-05"} for said in ("new", "still open"))
    compared = "Since release 2026-05: 1 new, 1 still open, 3 fixed (not-a-date 3)."
    text = text_of(documents.passport("S07", quality(), USES, [new, still], thirty.study, compared=compared))
    assert squeezed(compared) in text
    assert "not-whole(value,new)" in text
    assert "not-whole(value,stillopen)" in text
    mended = documents.passport(
        "S07", quality(), USES, [], thirty.study, compared="Since release 2026-05: 0 new, 0 still open, 3 fixed."
    )
    assert "3fixed" in text_of(mended)


def test_the_passport_leads_every_accepted_row_to_a_pair_or_says_why_not(thirty: made.Release) -> None:
    text = text_of(documents.passport("S07", quality(), USES, [], thirty.study))
    assert "core1058021021097600030" not in text, "a use that no score has is no column"
    assert "core10580210210976003" in text
    assert squeezed("not in the study: 10.") in text


def test_the_passport_names_the_tables_that_did_not_come(thirty: made.Release) -> None:
    def said(*sent: str) -> str:
        tables = ("activity", "aggregates", "contacts", "outcomes", "referrals", "service")
        counts = {"rows_read": 1, "rows_accepted": 1, "rows_rejected": 0, "n_values_blanked": 0, "n_warnings": 0}
        rows = [{"table": name, "status": "read" if name in sent else "absent", **counts} for name in tables]
        return text_of(documents.passport("S07", rows, [], [], thirty.study))

    assert squeezed("Not in this return: activity. If one was meant") in said("contacts", "outcomes", "referrals", "service")
    assert squeezed("Not in this return: activity. If one was meant") in said("aggregates", "service"), "totals stand for women"
    assert squeezed("activity, aggregates, contacts, outcomes and referrals.") in said("service")
    assert squeezed("Not in this return") not in said(), "there a fault says what became of the whole return"


def test_faults_that_differ_only_by_cell_share_a_line(thirty: made.Release) -> None:
    same = [{**fault, "rule_id": "outcomes.range"} for fault in faults(9)]
    text = text_of(documents.passport("S07", quality(), USES, same, thirty.study))
    assert "F0,F1,F2and6more" in text
    assert text.count(squeezed(TEXTS["cost"])) == 1


def test_the_twin_holds_the_findings_and_links_every_picture(any_release: made.Release, files: dict[str, bytes]) -> None:
    twin = files["national-report.md"].decode()
    for name in re.findall(r"\]\(figures/([^)]+)\)", twin):
        assert name in any_release.figures
    assert twin.count("](figures/") == sum(name.endswith(".svg") for name in any_release.figures)
    for row in any_release.tables["open_pooled"].query("status == 'shown'").itertuples():
        assert f"{row.mean_improvement:.1f} ({row.low:.1f} to {row.high:.1f})" in twin
    captions = re.findall(r"^\*\*(Table|Figure) \d+\.(.*?)\*\*", twin, re.MULTILINE)
    assert len(captions) > 10
    assert {mark for _, mark in captions} == {" SYNTHETIC." if any_release.study.synthetic else ""}


def test_the_twin_and_the_pdf_tell_the_same_sentences(any_release: made.Release, files: dict[str, bytes]) -> None:
    text = text_of(files["national-report.pdf"])
    twin = re.sub(r"\\([\\`*_{}\[\]<>#|$])", r"\1", files["national-report.md"].decode())
    paragraphs = [line for line in twin.splitlines() if line and line[0].isupper()]
    assert len(paragraphs) > 10
    missing = [line for line in paragraphs if squeezed(re.sub(r"\bd_(z|av|pre)\b", r"d\1", line)) not in text]
    assert not missing


def test_decisions_are_told_by_rule_and_reason_alone(thirty: made.Release) -> None:
    twin = documents.national(thirty.tables, thirty.measures, thirty.figures, thirty.study)["national-report.md"].decode()
    assert "| not-a-number | checked against form | value corrected | 15 |" in twin
    assert "| not-a-number | checked against form | row left out | too few |" in twin
    without = {**thirty.tables, "open_decisions": thirty.tables["open_decisions"].iloc[:0]}
    twin = documents.national(without, thirty.measures, thirty.figures, thirty.study)["national-report.md"].decode()
    assert "No fault was decided on by the analyst" in twin
    assert "Decisions on faults" not in twin


def test_names_with_marks_are_printed_as_they_are(thirty: made.Release) -> None:
    title = "#let x = 1; *bold* _under_ $a$ <b> [link](x) | \\"
    odd = documents.national(thirty.tables, thirty.measures, thirty.figures, made.study(title=title))
    assert squeezed(title) in text_of(odd["national-report.pdf"])
    assert "\\*bold\\* \\_under\\_" in odd["national-report.md"].decode()


def test_dates_that_the_configuration_does_not_declare_come_from_the_findings(thirty: made.Release) -> None:
    rows = [{"key": f"study.{name}", "status": "shown", "statement": "2025-02-28"} for name in ("period_end", "data_cut")]
    findings = shape("findings", pd.concat([thirty.tables["findings"], pd.DataFrame(rows)], ignore_index=True))
    undated = made.study(period_start=None, period_end="2024-01-31", data_cut=None)
    site = documents.site("S01", {**thirty.tables, "findings": findings}, thirty.measures, thirty.figures, undated)["S01.pdf"]
    assert "Datato28February2025" in text_of(site)
    assert "Period31January2024" in text_of(site)
    with pikepdf.open(io.BytesIO(site)) as pdf:
        assert str(pdf.docinfo.CreationDate).startswith("D:20250228")


def test_classes_that_rest_on_a_reliability_are_shown_and_said(thirty: made.Release) -> None:
    classes = thirty.tables["open_classes"]
    moved = classes.query("measure == 'pcl5'").assign(measure="wdeq_a")
    tables = {**thirty.tables, "open_classes": pd.concat([classes, moved], ignore_index=True)}
    drawn = figures.draw(tables, thirty.measures, style=made.STYLE, synthetic=True)
    twin = documents.national(tables, thirty.measures, drawn, thirty.study)["national-report.md"].decode()
    assert "No published reliable change is known for W-DEQ (A); its classes rest on its published reliability." in twin
    assert "](figures/classes-wdeq\\_a.svg)" in twin or "](figures/classes-wdeq_a.svg)" in twin


def test_a_measure_that_a_site_did_not_record_is_named_once(thirty: made.Release) -> None:
    names = ("open_sites", "open_completeness", "open_classes")
    tables = {
        name: frame.query("measure != 'core10' or site_id != 'S01'") if name in names else frame
        for name, frame in thirty.tables.items()
    }
    text = text_of(documents.site("S01", tables, thirty.measures, thirty.figures, thirty.study)["S01.pdf"])
    assert squeezed("Measures that other sites recorded and this one did not: CORE-10.") in text
    assert text.count("CORE-10") == 1


def test_measures_with_a_pool_come_first_and_the_others_are_told_in_a_line(thirty: made.Release) -> None:
    others = {name: measure for name, measure in load().items() if name not in thirty.measures}
    measures = {**dict(list(others.items())[:2]), **thirty.measures}
    twin = documents.national(thirty.tables, measures, thirty.figures, thirty.study)["national-report.md"].decode()
    front = twin.split("## Key messages")[1].split("\n## ")[0]
    assert "- **PCL-5: " in front
    assert "- **Further measures: 3.** The section on change tells of " in front
    assert not [label for label in (m.label for m in list(others.values())[:2]) if f"- **{label}:" in front]
    side_by_side = twin.split("## Sites side by side")[1].split("\n## ")[0]
    assert side_by_side.index("### PCL-5") < side_by_side.index("### Further measures")


def test_a_measure_that_nobody_recorded_is_not_asked_of_a_site(thirty: made.Release) -> None:
    names = ("open_sites", "open_completeness", "open_classes")
    tables = {name: frame.query("measure != 'core10'") if name in names else frame for name, frame in thirty.tables.items()}
    text = text_of(documents.site("S01", tables, thirty.measures, thirty.figures, thirty.study)["S01.pdf"])
    assert "CORE-10" not in text


def test_a_release_of_nothing_still_makes_a_report() -> None:
    files = documents.national({}, {}, {}, made.study(period_start=None, period_end=None, data_cut=None))
    assert page.is_pdf_compliant_bytes(files["national-report.pdf"], profile="ua1")
    assert b"D:20000101" in files["national-report.pdf"] or b"2000-01-01" in files["national-report.pdf"]
    assert documents.site("S01", {}, made.measures(), {}, made.study())["S01.pdf"]


def test_the_theories_name_measures_and_contexts_as_the_rest_of_the_report_does(thirty: made.Release) -> None:
    coded = thirty.tables["open_theories"].assign(outcome="women improve more on pcl5", context="non medical venue: yes")
    tables = {**thirty.tables, "open_theories": coded}
    twin = documents.national(tables, thirty.measures, thirty.figures, thirty.study)["national-report.md"].decode()
    assert "| Non-medical venue: yes |" in twin
    assert "| Women improve more on PCL-5 |" in twin
    assert "women improve more on pcl5" not in twin


def test_theories_that_could_not_be_tested_are_not_called_inconsistent_with_the_data(thirty: made.Release) -> None:
    tables = {**thirty.tables, "open_theories": thirty.tables["open_theories"].assign(verdict="not_testable")}
    front = documents.national(tables, thirty.measures, thirty.figures, thirty.study)["national-report.md"].decode()
    assert "**Theories: none testable.** These data are not enough to test any of the theories." in front
    without = {**thirty.tables, "open_theories": thirty.tables["open_theories"].iloc[:0]}
    front = documents.national(without, thirty.measures, thirty.figures, thirty.study)["national-report.md"].decode()
    assert "**Theories: none registered.**" in front


def test_measures_of_which_nothing_may_be_shown_share_their_sentences(thirty: made.Release) -> None:
    names = ("open_pooled", "open_sites", "open_classes", "open_funnels", "open_false_alarms")
    too_few = {name: thirty.tables[name].assign(status="too_few") for name in names}
    hidden = thirty.tables["findings"].assign(status="too_few", statement=None)
    tables = {**thirty.tables, **too_few, "findings": hidden}
    twin = documents.national(tables, thirty.measures, {}, thirty.study)["national-report.md"].decode()
    labels = ("PCL-5", "CORE-10")
    changed, sites = (
        re.search(rf"^## {name}\n(.*?)^## ", twin, re.M | re.S) for name in ("Change by measure", "Sites side by side")
    )
    assert changed is not None and sites is not None
    assert not [line for line in (changed[1] + sites[1]).split("\n") if line.startswith("###") and "By pathway" not in line]
    assert all(label in section for label in labels for section in (changed[1], sites[1]))
    assert twin.count("No mean improvement over all sites is given") == 2  # in front, and once in the section on change


def test_a_site_without_a_national_figure_beside_it_gets_no_picture_of_itself_alone(thirty: made.Release) -> None:
    alone = thirty.tables["open_sites"].query("site_id == 'S01'").assign(shrunken=None, shrunken_low=None, shrunken_high=None)
    tables = {**thirty.tables, "open_sites": alone, "open_pooled": thirty.tables["open_pooled"].iloc[:0]}
    with pikepdf.open(io.BytesIO(documents.site("S01", tables, thirty.measures, {}, thirty.study)["S01.pdf"])) as pdf:
        assert not elements(pdf, "Figure")
    with pikepdf.open(io.BytesIO(documents.site("S01", thirty.tables, thirty.measures, {}, thirty.study)["S01.pdf"])) as pdf:
        assert elements(pdf, "Figure")
