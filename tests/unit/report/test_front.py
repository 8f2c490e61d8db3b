"""What the reader meets first: contents on one page, how sure each finding is, deviations and provenance."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from pipeline.config import ReleaseSettings
from pipeline.report import documents, sentences, wording
from pipeline.report.blocks import Paragraph, Table
from pipeline.report.material import Material
from pipeline.report.sections import quality
from pipeline.report.sections.deviations import deviations
from pipeline.stages import release_findings
from pipeline.tables import shape
from tests.unit.report import conftest as made
from tests.unit.report.pdf_text import pages, squeezed


@pytest.fixture(scope="module")
def national(any_release: made.Release) -> dict[str, bytes]:
    return documents.national(any_release.tables, any_release.measures, any_release.figures, any_release.study)


def section(text: str, name: str) -> str:
    return text.split(f"\n## {name}\n")[1].split("\n## ")[0]


def test_contents_keep_to_one_page(national: dict[str, bytes]) -> None:
    texts = [squeezed(text) for text in pages(national["national-report.pdf"])]
    assert "Contents" in texts[2]
    assert "Provenance" in texts[2]
    assert "1Howtoreadthisreport" in texts[3]


def test_each_pooled_finding_says_how_sure_it_is(thirty: made.Release) -> None:
    twin = documents.national(thirty.tables, thirty.measures, thirty.figures, thirty.study)["national-report.md"].decode()
    lines = [line for line in section(twin, "Key messages").splitlines() if " points.**" in line]
    assert len(lines) == 3
    assert all("How sure: " in line and "have both scores" in line for line in lines)
    assert any(words.rstrip(".") in line for line in lines for words in wording.FRAGILITY.values())


def test_where_nothing_is_pooled_nothing_is_sure(any_release: made.Release, national: dict[str, bytes]) -> None:
    front = section(national["national-report.md"].decode(), "Key messages")
    has_pool = (any_release.tables["open_pooled"]["status"] == "shown").any()
    assert ("How sure: Of the women" in front) is bool(has_pool)


def test_figures_and_tables_are_numbered_without_a_gap(national: dict[str, bytes]) -> None:
    for kind in ("Table", "Figure"):
        numbers = [int(n) for n in re.findall(rf"^\*\*{kind} (\d+)\.", national["national-report.md"].decode(), re.MULTILINE)]
        assert numbers == list(range(1, len(numbers) + 1))


def test_every_return_is_accounted_for_whatever_became_of_it() -> None:
    said = ["read", "read", "aggregate_only", "set_aside", "nothing_usable", "nil_return", "not_open_yet", "not_returned"]
    returns = pd.DataFrame({"site_id": [f"S{n:02}" for n in range(1, 9)], "status": said, "n_referrals": 10, "n_status": "shown"})
    nobody = pd.DataFrame({"n_persons": pd.Series(dtype="float64"), "n_referrals": pd.Series(dtype="float64")})
    found = pd.DataFrame([*release_findings._study({"open_returns": returns}, nobody, ReleaseSettings())])
    material = Material({"findings": shape("findings", found)}, {})
    counts = found[(found["unit"] == "sites") & (found["key"] != "study.k_sites")]
    assert counts["value"].sum() == len(said)
    assert quality.blanks(material) == ["study.k_nil_return", "study.k_not_open_yet", "study.k_not_returned"]
    told = sentences.sentence(material, "study.k_nil_return")
    assert told == "A nil return, which says that no woman was referred, came from 1 site."
    some = Material({"findings": shape("findings", found[found["key"] != "study.k_nil_return"])}, {})
    assert quality.blanks(some) == ["study.k_not_open_yet", "study.k_not_returned"]


def test_settings_other_than_their_defaults_are_deviations() -> None:
    study = made.study(settings={"a.b": "3", "seed": "1"}, defaults={"a.b": "2", "seed": "1"})
    _, theories, table = deviations(Material({}, {}), study)
    assert isinstance(theories, Paragraph) and theories.text == "No theory was registered."
    assert isinstance(table, Table) and table.rows == (("a.b", "2", "3"),)
    _, _, none = deviations(Material({}, {}), made.study(settings={"a.b": "2"}, defaults={"a.b": "2"}))
    assert isinstance(none, Paragraph) and "at its default" in none.text


def test_theories_that_were_changed_since_registration_are_deviations() -> None:
    tables = {
        "open_theories": pd.DataFrame([{"theory_id": "CMO-01", "registered": "prespecified on 2026-01-02"}]),
        "open_theory_changes": pd.DataFrame([{"theory_id": "CMO-01", "field": "smallest_difference"}]),
    }
    _, theories, _ = deviations(Material(tables, {}), made.study())
    assert isinstance(theories, Paragraph)
    assert theories.text == ("CMO-01: prespecified on 2026-01-02. Changed since it was registered, CMO-01: smallest difference.")


def test_provenance_names_what_the_run_was_made_from(thirty: made.Release) -> None:
    study = made.study(hashes={"returns, together": "0123456789ab", "seed": "20261122"})
    twin = documents.national(thirty.tables, thirty.measures, thirty.figures, study)["national-report.md"].decode()
    text = section(twin, "Provenance")
    assert "- returns, together: 0123456789ab" in text
    assert "- seed: 20261122" in text
    assert "python -m pipeline explain" in text
