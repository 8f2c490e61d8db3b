"""The short documents: as long as promised, as safe as the national report, and the summary as plain as it says."""

from __future__ import annotations

import io
import re

import page
import pikepdf
import pytest

from pipeline.report import documents, sentences_plain, summaries
from pipeline.report.typesetting import page_count
from pipeline.reporting import signposts
from tests.unit.report import conftest as made
from tests.unit.report.pdf_text import pages, squeezed

NUMBER = re.compile(r"(?<![\w-])\d[\d,.]*\d%?|(?<![\w-])\d%?")
HARD_WORDS = (
    "interval",
    "pooled",
    "mean improvement",
    "reliabl",
    "prediction",
    "variance",
    "outcome",
    "theory",
    "cohort",
    "referral",
)


def made_of(release: made.Release) -> dict[str, bytes]:
    args = (release.tables, release.measures)
    return {**summaries.brief(*args, release.figures, release.study), **summaries.summary(*args, release.study)}


@pytest.fixture(scope="module")
def files(any_release: made.Release) -> dict[str, bytes]:
    return made_of(any_release)


def twin(files: dict[str, bytes], name: str) -> str:
    return files[f"{name}.md"].decode()


def test_they_are_as_long_as_promised(any_release: made.Release, files: dict[str, bytes]) -> None:
    may_hardly_say_anything = (any_release.tables["open_sites"]["status"] == "too_few").all()
    assert page_count(files["commissioner-brief.pdf"]) == (1 if may_hardly_say_anything else 2)
    assert page_count(files["summary-for-women.pdf"]) == 1


@pytest.mark.parametrize("profile", ["ua1", "2a"])
def test_they_conform_to_the_standards_of_access_and_archive(files: dict[str, bytes], profile: str) -> None:
    for name in ("commissioner-brief.pdf", "summary-for-women.pdf"):
        report = page.validate_pdf_bytes(files[name], profile=profile)
        assert report.is_compliant, (name, [(fault.rule_id, fault.message) for fault in report.failures])


def test_every_page_bears_run_number_and_mark(any_release: made.Release, files: dict[str, bytes]) -> None:
    for name in ("commissioner-brief.pdf", "summary-for-women.pdf"):
        texts = [squeezed(text) for text in pages(files[name])]
        for number, text in enumerate(texts, start=1):
            assert f"Page{number}of{len(texts)}" in text
            assert f"Run{any_release.study.run_id}" in text
            assert ("SYNTHETICDATA" in text) is any_release.study.synthetic
        with pikepdf.open(io.BytesIO(files[name])) as pdf:
            assert ("SYNTHETIC" in str(pdf.docinfo.Title)) is any_release.study.synthetic
            assert str(pdf.Root.Lang) == "en-GB"


def test_the_same_release_gives_the_same_bytes(any_release: made.Release, files: dict[str, bytes]) -> None:
    assert made_of(any_release) == files


def test_they_hold_no_number_that_the_national_report_does_not_hold(any_release: made.Release, files: dict[str, bytes]) -> None:
    args = (any_release.tables, any_release.measures, any_release.figures, any_release.study)
    national = documents.national(*args)["national-report.md"].decode()
    known = {number.rstrip(".,%") for number in NUMBER.findall(national)}
    known |= {number for each in signposts() for number in NUMBER.findall(each.turn_to)}
    for name in ("commissioner-brief", "summary-for-women"):
        text = re.sub(r"CMO-\d+|PCL-5|CORE-10|ReQoL-10|Table \d+", "", twin(files, name))
        new = {number.rstrip(".,%") for number in NUMBER.findall(text)} - known
        assert new <= set("123456789"), new  # counts of services by pathway, told in the table alone


def test_no_plain_sentence_holds_a_digit() -> None:
    for key, texts in sentences_plain.PLAIN.items():
        assert not re.search(r"\d", "".join(texts)), key


def test_at_few_sites_they_say_what_cannot_be_said() -> None:
    files = made_of(made.release(k_sites=4, synthetic=False))
    brief, summary = twin(files, "commissioner-brief"), twin(files, "summary-for-women")
    assert "No mean improvement over all sites is given" in brief
    assert "These data are not enough to test any of the theories." in brief
    assert "We cannot say how many women gave clearly better answers." in summary
    assert "We had too little to go on to test any of them." in summary


def test_where_nothing_may_be_shown_no_number_of_women_stands() -> None:
    summary = twin(made_of(made.release(k_sites=6, all_too_few=True)), "summary-for-women")
    assert "We cannot say how many women came to these services." in summary
    assert not re.search(r"\d+%", summary.split("How long")[0])


def test_a_release_of_nothing_still_makes_both() -> None:
    facts = made.study(period_start=None, period_end=None, data_cut=None)
    files = {**summaries.brief({}, {}, {}, facts), **summaries.summary({}, {}, facts)}
    assert page_count(files["summary-for-women.pdf"]) == 1
    assert page_count(files["commissioner-brief.pdf"]) == 1


def test_clearly_better_is_said_of_one_list_of_questions_and_of_chance(thirty: made.Release) -> None:
    said = twin(made_of(thirty), "summary-for-women")
    assert "a list of questions on post-traumatic stress symptoms, called PCL-5, at the start and again later." in said
    assert "gave clearly better answers the second time. Clearly means by more than answers go up and down by chance." in said


def test_a_wait_is_told_from_the_week_by_which_most_women_were_seen(thirty: made.Release) -> None:
    said = twin(made_of(thirty), "summary-for-women")
    assert "57% of women had a first meeting within 6 weeks." in said
    assert "60% of women had started their care within 26 weeks." in said


def test_the_summary_names_the_caution_and_where_to_find_help(files: dict[str, bytes]) -> None:
    summary = twin(files, "summary-for-women")
    assert "Was it the service?** We cannot tell." in summary
    for each in signposts():
        assert each.turn_to in summary
        assert each.url.startswith("https://")


def test_the_summary_can_be_read_at_twelve(files: dict[str, bytes]) -> None:
    prose = _prose(twin(files, "summary-for-women"))
    found = [sentence for sentence in re.split(r"(?<=[.?])\s+", prose) if len(sentence.split()) > 1]
    words = re.findall(r"[A-Za-z']+", prose)
    grade = 0.39 * len(words) / len(found) + 11.8 * sum(map(_syllables, words)) / len(words) - 15.59
    assert grade < 7, grade  # the formula of Flesch and Kincaid: a US school grade, reached at about twelve
    assert max(len(sentence.split()) for sentence in found) < 45
    assert sum(len(sentence.split()) for sentence in found) / len(found) < 14
    assert not [word for word in HARD_WORDS if word in prose.lower()]


def _prose(text: str) -> str:
    lines = [line.lstrip("->#* ").replace("**", "") for line in text.split("## ", 1)[1].splitlines()]
    return re.sub(r"\s+", " ", " ".join(line if line.endswith((".", "?")) else f"{line}." for line in lines if line))


def _syllables(word: str) -> int:
    """Groups of vowels, without a silent e: good enough to tell plain words from hard ones."""
    groups = len(re.findall(r"[aeiouy]+", word.lower()))
    return max(1, groups - (word.lower().endswith("e") and not word.lower().endswith("le") and groups > 1))
