"""The short documents of a run: the brief for commissioners and the summary in plain words, each with its Markdown twin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipeline.report.blocks import Break
from pipeline.report.documents import alt_texts, fitted, foot_of, short_facts, with_period
from pipeline.report.markdown import written
from pipeline.report.material import Material
from pipeline.report.sections.for_commissioners import for_commissioners
from pipeline.report.sections.in_plain_words import in_plain_words
from pipeline.report.typesetting import typeset

if TYPE_CHECKING:
    from pandas import DataFrame

    from pipeline.measures import Measure
    from pipeline.report.blocks import Block
    from pipeline.report.study import StudyFacts

BRIEF, SUMMARY = "commissioner-brief", "summary-for-women"
_TEXT_POINTS = (9.6, 9.2, 8.8)


def brief(
    tables: Mapping[str, DataFrame], measures: Mapping[str, Measure], figures: Mapping[str, bytes], study: StudyFacts
) -> dict[str, bytes]:
    """`commissioner-brief.pdf` and `.md`, from the same open tables and findings as the national report.

    Two pages, or one where hardly anything may be said.
    """
    material = Material(tables, measures, alt_texts(figures))
    head = {"title": "Brief for commissioners", "for": "For commissioners"}
    return _made(BRIEF, head, for_commissioners(material), with_period(study, material), figures)


def summary(tables: Mapping[str, DataFrame], measures: Mapping[str, Measure], study: StudyFacts) -> dict[str, bytes]:
    """`summary-for-women.pdf` and `.md`: one page in plain words from the same findings."""
    material = Material(tables, measures)
    head = {"title": "What we found, in plain words", "for": "For women and families", "text_points": (11.5, 11.0, 10.5)}
    return _made(SUMMARY, head, in_plain_words(material), with_period(study, material), {})


def _made(
    name: str, words: dict[str, Any], blocks: list[Block], study: StudyFacts, figures: Mapping[str, bytes]
) -> dict[str, bytes]:
    facts = short_facts(study)
    head = {
        "title": words["title"],
        "eyebrow": f"{words['for']} \N{MIDDLE DOT} {study.state}",
        "subtitle": study.title,
        "running": study.title,
        "facts": [list(row) for row in facts.rows],
    }
    sizes = ({**head, "text_points": points} for points in words.get("text_points", _TEXT_POINTS))
    n_pages = 2 if any(isinstance(block, Break) for block in blocks) else 1
    pdf = fitted((typeset("site", blocks, study, head=sized, foot=foot_of(study), figures=figures) for sized in sizes), n_pages)
    return {f"{name}.pdf": pdf, f"{name}.md": written(words["title"], facts, blocks, synthetic=study.synthetic)}
