"""The section on what changed since the last release, and the line of a theory."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.report import documents
from pipeline.report.material import Material
from pipeline.report.sections.since import since_of_theory
from tests.unit.report import conftest as made

COLUMNS = ["kind", "key", "what", "was", "is"]
CHANGES = [
    ("release", "last", "compared", "2026-05", None),
    ("data", "study.n_women", "changed", "100", "105"),
    ("site", "S04", "gone", "read, referrals 120", None),
    ("verdict", "CMO-01", "changed", "inconclusive", "consistent"),
    ("theory", "CMO-02", "changed", "old words", "new words"),
    ("verdict", "CMO-03", "new", None, "not testable"),
    ("finding", "change.pcl5.pooled", "changed", "-1.5 (-3 to 0.5)", "12 (9 to 14)"),
    ("finding", "compare.pcl5.S01.mean_improvement", "changed", "11", "12"),
    ("finding", "compare.pcl5.S04.mean_improvement", "gone", "11", None),
]


def report(thirty: made.Release, rows: list[tuple[str | None, ...]]) -> str:
    tables = {**thirty.tables, "open_changes_since": pd.DataFrame(rows, columns=COLUMNS)}
    twin = documents.national(tables, thirty.measures, thirty.figures, thirty.study)["national-report.md"].decode()
    return twin.split("## Changes since the last release\n")[1].split("\n## ")[0]


@pytest.mark.parametrize("rows", [[], [("release", "last", "first", None, None)]])
def test_the_first_release_says_so(thirty: made.Release, rows: list[tuple[str | None, ...]]) -> None:
    assert "This is the first release of this study" in report(thirty, rows)


def test_a_release_of_the_same_says_so(thirty: made.Release) -> None:
    assert "Nothing in the data, the theories or the findings differs from release 2026-05." in report(thirty, CHANGES[:1])


def test_what_changed_is_told_with_what_it_was(thirty: made.Release) -> None:
    text = report(thirty, CHANGES)
    assert "| study.n\\_women | changed | 100 | 105 |" in text
    assert "| S04 | gone | read, referrals 120 | \N{EN DASH} |" in text
    assert "| change.pcl5.pooled | changed | \N{MINUS SIGN}1.5 (\N{MINUS SIGN}3 to 0.5) | 12 (9 to 14) |" in text
    assert "**Theories.** Reworded: CMO-02." in text
    assert "| Findings | none | 1 | 2 |" in text


def test_findings_of_single_sites_stand_in_the_table_alone(thirty: made.Release) -> None:
    text = report(thirty, CHANGES)
    assert "compare.pcl5.S01" not in text
    assert "compare.pcl5.S04" not in text, "also of a site that is gone"


@pytest.mark.parametrize(
    ("theory", "said"),
    [
        ("CMO-01", "In release 2026-05 the verdict was: inconclusive."),
        ("CMO-02", "The verdict is that of release 2026-05. Its words were changed since."),
        ("CMO-03", "New since release 2026-05."),
        ("CMO-04", "The verdict is that of release 2026-05."),
    ],
)
def test_each_theory_has_its_line(theory: str, said: str) -> None:
    material = Material({"open_changes_since": pd.DataFrame(CHANGES, columns=COLUMNS)}, {})
    assert since_of_theory(material, theory) == said
    assert since_of_theory(Material({}, {}), theory) == ""
