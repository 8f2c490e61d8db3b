"""Second scores by the first, recovery and sizes of change, as the reader meets them."""

from __future__ import annotations

import re

import pytest

from tests.unit.report import conftest as made
from tests.unit.report.test_numbers import section, twin_of


@pytest.fixture(scope="module")
def twin(thirty: made.Release) -> str:
    return twin_of(thirty)


def rows(text: str, caption: str) -> list[str]:
    """The lines of the table that has this caption."""
    after = text[text.index(caption) :]
    return re.findall(r"^\| (?!---)(.*) \|$", after[: after.index("\n\n", after.index("\n|"))], re.MULTILINE)


def test_who_has_a_second_score_by_the_first_stands_before_any_outcome(twin: str) -> None:
    told = section(twin, "Women without a second score")
    place = told.index("Who has a second score, by the first")
    assert place < told.index("Who they were when they came") < told.index("What they could mean")
    assert twin.index("Second scores by the first, all sites") < twin.index("## Change by measure")
    assert "lay at or beyond the clinical cut-off, 60% have a second one." in told


def test_bands_carry_the_cut_off_or_are_called_thirds_and_withheld_counts_are_words(twin: str, thirty: made.Release) -> None:
    table = rows(twin, "Second scores by the first, all sites")
    assert "PCL-5 | short of the cut-off (31) | 700 | 455 | 65%" in table
    assert " | at or beyond the cut-off (31) | 700 | 420 | 60%" in table
    open_rows = thirty.tables["open_severity"].assign(cut=None, n_due=None, n_paired=None)
    open_rows["band"] = open_rows["band"].replace({"not_case": "low_third", "case": "high_third"})
    thirds = rows(twin_of(thirty, open_severity=open_rows), "Second scores by the first, all sites")
    assert "PCL-5 | least severe third | not given | not given | 65%" in thirds


def test_recovery_is_told_with_its_cut_off_and_what_is_withheld_is_said(twin: str) -> None:
    told = section(twin, "Change by measure")
    assert "The clinical cut-off is 31 points. Women beyond it before: 900." in told
    assert (
        "beyond the clinical cut-off on PCL-5 before, 46% were no longer so at their last score (mean over sites: 95% interval 41% to 51%)."
        in told
    )
    assert "How many of them recovered and improved reliably is not given for PCL-5: too few women" in told


def test_sizes_stand_in_a_table_and_no_p_in_a_sentence(twin: str) -> None:
    told = section(twin, "Change by measure")
    table = rows(told, "Sizes of change, all sites")
    assert (
        "PCL-5 | 1.21 (1.11 to 1.31) | 1.17 (1.07 to 1.27) | 1.31 (1.21 to 1.41) | 0.54 | 8.5 (7.5 to 9.0) | up to 0.001" in table
    )
    prose = "\n".join(line for line in told.splitlines() if not line.startswith("|"))
    assert not re.search(r"\bp (=|<|of) ?0|0\.001|significan", prose)


def test_when_women_gave_their_first_score_stands_with_the_other_analyses_by_site(twin: str) -> None:
    told = section(twin, "Sensitivity")
    assert "gave the first one at least 42 days before treatment began." in told
    table = rows(told, "Days from first score to treatment")
    assert [line.split(" | ")[:2] for line in table[1:]] == [
        ["All sites", "42 (0 to 91)"],
        ["S01", "\N{MINUS SIGN}3"],
        ["S02", "too few"],
    ]


def test_nothing_of_it_is_told_where_no_pool_is(twin: str) -> None:
    told = twin_of(made.release(4, synthetic=False))
    for words in ("Sizes of change, all sites", "Second scores by the first, all sites", "were no longer so at their last score"):
        assert words in twin
        assert words not in told
    assert "How many have a second score by the first one is not given for" in told
