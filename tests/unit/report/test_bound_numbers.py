"""Every number in the prose of the national report is a cell of an open table, a fact of the study or of a measure."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pipeline.report import documents, numerals, sentences
from pipeline.report.blocks import Block, Figure, Heading, Items, Messages, Notice, Paragraph, Table, each
from pipeline.report.material import Material
from tests.unit.report import conftest as made

TOKEN = "\N{BLACK SQUARE}"
PRINTERS = ("points", "hundredths", "count", "percent", "squared", "plain")
NOT_BOUND = (
    *("Sources cited", "Reporting standards"),
    *("How the intervals did in simulations", "How the verdicts on theories did in simulations"),
)
"""Sections whose numbers are facts of files of their own: citations, committed simulations, numbers of items."""


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Every number that is printed, each of which becomes a token without a digit."""
    found: list[float] = []

    def spied(name: str) -> Callable[[Any], str]:
        def printer(value: float | None) -> str:
            if value is None:
                return ""
            found.append(float(value))
            return TOKEN

        return printer

    for name in PRINTERS:
        monkeypatch.setattr(numerals, name, spied(name))
    monkeypatch.setattr(numerals, "date", lambda iso: TOKEN if iso else "")
    monkeypatch.setattr(sentences, "_FORMS", {name: getattr(numerals, name, spied(name)) for name in sentences._FORMS})
    return found


def prose(blocks: list[Block]) -> Iterator[str]:
    """Sentences, captions and notes, without the sections of sourced facts."""
    heading = ""
    for block in each(blocks):
        if isinstance(block, Heading):
            heading = block.text
            yield block.text
        elif heading in NOT_BOUND:
            continue
        elif isinstance(block, Paragraph | Notice):
            yield block.text
        elif isinstance(block, Items):
            yield from (f"{lead} {text}" for lead, text in block.items)
        elif isinstance(block, Messages):
            yield from (" ".join(row) for row in block.rows)
        elif isinstance(block, Table | Figure):
            yield block.caption
            yield block.note if isinstance(block, Table) else ""


def allowed(release: made.Release) -> re.Pattern[str]:
    """Names that hold digits: of measures, sites and theories, and what a theory says in its own words."""
    names = {name for measure in release.measures.values() for name in (measure.label, measure.name, measure.id)}
    names |= set(release.tables["open_returns"]["site_id"]) | set(release.tables["open_theories"]["theory_id"])
    words = release.tables["open_theories"][["title", "context", "mechanism", "outcome", "registered"]].to_numpy().ravel()
    texts = {str(text) for text in [*words, *release.tables["findings"]["statement"].dropna()]}
    typology = release.tables.get("open_typology")
    texts |= {f"{value:.3f}" for value in typology["p_value"].dropna()} if typology is not None else set()
    texts |= {source.citation for source in release.study.sources.values()} | {"DSM-5", "SF-12", release.study.title}
    return re.compile("|".join(re.escape(text) for text in sorted((n for n in names | texts if n), key=len, reverse=True)))


def test_no_digit_of_the_prose_is_typed(any_release: made.Release, printed: list[float]) -> None:
    material = Material(any_release.tables, any_release.measures, documents.alt_texts(any_release.figures))
    blocks = documents._national_blocks(material, any_release.study)
    names = allowed(any_release)
    texts = [names.sub("", text) for text in prose(blocks)]
    assert len(texts) > 100
    assert any(TOKEN in text for text in texts)
    assert not [text for text in texts if re.search(r"\d", text)]


def test_every_number_that_is_printed_is_an_open_cell_or_a_fact(any_release: made.Release, printed: list[float]) -> None:
    material = Material(any_release.tables, any_release.measures, documents.alt_texts(any_release.figures))
    documents._national_blocks(material, any_release.study)
    known = _cells(any_release) | _facts(any_release)
    odd = sorted({value for value in printed if not any(math.isclose(value, each, abs_tol=1e-9) for each in known)})
    counted = {value for value in odd if value.is_integer() and 0 < value <= max(len(f) for f in any_release.tables.values())}
    assert set(odd) <= counted, "neither a cell, nor a fact, nor a count of rows"


def _cells(release: made.Release) -> set[float]:
    columns = [frame[name] for frame in release.tables.values() for name in frame.select_dtypes("number")]
    return {float(value) for column in columns for value in column.dropna()}


def _facts(release: made.Release) -> set[float]:
    study = release.study
    said = {study.minimum_count, study.round_to, study.min_pairs, study.pool_from_sites, study.predict_from_sites, 95}
    dumped = [measure.model_dump() for measure in release.measures.values()] + list(study.settings.values())
    return {float(value) for value in [*said, *_numbers(dumped)]}


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict | list | tuple):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _numbers(part)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield float(value)
