"""What changed since the last release: drawn as two small releases and the lines that must come of them."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from pipeline.engine.nodes import to_csv
from pipeline.stages.compare_releases import COMPARED, changes_since
from pipeline.tables import empty, shape

Release = dict[str, pd.DataFrame]
THEORY = {
    **{"theory_id": "CMO-01", "title": "Peers build trust", "context": "peer support: yes", "mechanism": "Trust"},
    **{"outcome": "women improve more", "would_count_against": "No difference", "unit": "points", "reason": "too wide"},
    **{"registered": "declared", "status": "shown", "verdict": "inconclusive"},
}


def released(**rows: list[dict[str, Any]]) -> Release:
    return {name: shape(name, pd.DataFrame(rows[name])) if rows.get(name) else empty(name) for name in COMPARED}


def as_published(release: Release) -> dict[str, bytes]:
    return {f"{name}.csv": to_csv(frame) for name, frame in release.items()}


def lines(now: Release, then: Release | None) -> list[tuple[str, ...]]:
    found = changes_since(now, as_published(then) if then is not None else None, "2026-05" if then is not None else None)
    return [tuple("" if value != value or value is None else value for value in row) for row in found.itertuples(index=False)]


def finding(key: str, value: float | None = None, status: str = "shown", **more: Any) -> dict[str, Any]:
    return {"key": key, "value": value, "status": status, **more}


def site(site_id: str, status: str = "read", n_referrals: int | None = 120) -> dict[str, Any]:
    n_status = "shown" if n_referrals else "too_few"
    return {"site_id": site_id, "status": status, "n_referrals": n_referrals, "faults": "none", "n_status": n_status}


def test_the_first_release_has_nothing_to_be_held_against() -> None:
    assert lines(released(), None) == [("release", "last", "first", "", "")]
    assert len(changes_since(released(), None, "2026-05")) == 1, "a release whose folder is gone is none"


def test_what_is_as_it_was_is_not_listed() -> None:
    same = released(findings=[finding("change.pcl5.pooled", 12.0, low=9.5, high=14.5)], open_returns=[site("S01")])
    assert lines(same, same) == [("release", "last", "compared", "2026-05", "")]


@pytest.mark.parametrize(
    ("was", "now", "line"),
    [
        (finding("a.b", 12.0), finding("a.b", 12.5), ("finding", "a.b", "changed", "12", "12.5")),
        (
            finding("a.b", 12.0, low=9.0, high=14.0),
            finding("a.b", 12.0, low=9.5, high=14.0),
            ("finding", "a.b", "changed", "12 (9 to 14)", "12 (9.5 to 14)"),
        ),
        (finding("a.b", 12.0), finding("a.b", status="too_few"), ("finding", "a.b", "changed", "12", "too few")),
        (finding("study.n_women", 100.0), finding("study.n_women", 105.0), ("data", "study.n_women", "changed", "100", "105")),
    ],
)
def test_a_finding_that_changed_says_what_it_was_and_is(was: dict[str, Any], now: dict[str, Any], line: tuple[str, ...]) -> None:
    assert lines(released(findings=[now]), released(findings=[was]))[1:] == [line]


def test_a_value_that_is_withheld_is_never_printed() -> None:
    hidden = finding("a.b", 7.0, status="too_few")
    assert lines(released(findings=[hidden]), released(findings=[finding("a.b", 12.0)]))[1:] == [
        ("finding", "a.b", "changed", "12", "too few")
    ]


def test_sites_that_came_or_went_are_named() -> None:
    then = released(open_returns=[site("S01"), site("S02")])
    now = released(open_returns=[site("S02", "aggregate_only", None), site("S03")])
    assert lines(now, then)[1:] == [
        ("site", "S01", "gone", "read, referrals 120, faults none", ""),
        ("site", "S02", "changed", "read, referrals 120, faults none", "aggregate only, faults none"),
        ("site", "S03", "new", "", "read, referrals 120, faults none"),
    ]


def test_a_theory_may_change_its_words_or_its_verdict() -> None:
    then = released(open_theories=[THEORY, {**THEORY, "theory_id": "CMO-02"}])
    now = released(open_theories=[{**THEORY, "verdict": "not_testable"}, {**THEORY, "theory_id": "CMO-02", "title": "Another"}])
    found = lines(now, then)[1:]
    assert ("verdict", "CMO-01", "changed", "inconclusive", "not testable") in found
    assert [line[:3] for line in found if line[0] == "theory"] == [("theory", "CMO-02", "changed")]


def test_a_release_of_an_older_version_may_lack_tables_and_columns() -> None:
    now = released(findings=[finding("a.b", 1.0)], open_returns=[site("S01")], open_theories=[THEORY])
    old = {"findings.csv": b"key,value,low,high,status,statement\n", "open_theories.csv": b"theory_id,title,verdict\n"}
    found = changes_since(now, old, "2025-01")
    assert set(found["what"]) == {"compared", "new"}


def test_decisions_are_told_by_rule_and_reason() -> None:
    row = {"rule_id": "not-a-number", "reason_code": "checked_against_form", "decision": "correct", "n": 15, "status": "shown"}
    now = released(open_decisions=[{**row, "n": None, "status": "too_few"}])
    assert lines(now, released(open_decisions=[row]))[1:] == [
        ("decision", "not-a-number, checked_against_form, correct", "changed", "15", "too_few")
    ]
