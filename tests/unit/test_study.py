"""What a run says of itself: draft or final, the release that it is compared with, and what its identity rests on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline import bibliography
from pipeline.strict_yaml import FactError
from pipeline.study import Study, facts_for_print, open_study

GIVEN = {
    "controller": "An integrated care board",
    "agreement": "DSA 12",
    "retain_until": "2031-03-31",
    "national_data_opt_out_applied": "true",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "returns" / "S01").mkdir(parents=True)
    (tmp_path / "returns" / "S01" / "outcomes.csv").write_text("referral_id,measure,date,total\n", encoding="utf-8")
    return tmp_path


def study(folder: Path, governance: dict[str, str] | None = None, more: str = "") -> Study:
    said = "".join(f"  {name}: {value}\n" for name, value in (governance or {}).items())
    path = folder / "config.yaml"
    paths = "paths: {returns: returns, processed: processed, reports: reports, releases: releases}\n"
    path.write_text(paths + (f"governance:\n{said}" if said else "") + more, encoding="utf-8")
    return open_study(path)


def test_a_real_run_is_final_where_its_governance_is_all_given(folder: Path) -> None:
    facts = facts_for_print(study(folder, GIVEN))
    assert (facts.state, facts.why_draft, facts.retain_until) == ("FINAL", "", "2031-03-31")
    assert facts.governance["National data opt-out"] == "applied"


def test_an_opt_out_that_is_said_not_to_be_applied_is_given_and_printed(folder: Path) -> None:
    facts = facts_for_print(study(folder, {**GIVEN, "national_data_opt_out_applied": "false"}))
    assert (facts.state, facts.governance["National data opt-out"]) == ("FINAL", "not applied")


@pytest.mark.parametrize("missing", GIVEN)
def test_without_any_one_key_it_is_a_draft_that_names_the_key(folder: Path, missing: str) -> None:
    facts = facts_for_print(study(folder, {name: value for name, value in GIVEN.items() if name != missing}))
    assert (facts.state, facts.why_draft) == ("DRAFT", f"The configuration does not give governance.{missing}.")
    assert not facts.governance


def test_a_blank_is_not_given_and_every_missing_key_is_named(folder: Path) -> None:
    why = facts_for_print(study(folder, {"controller": "'  '"})).why_draft
    assert all(f"governance.{name}" in why for name in GIVEN)


def test_a_source_that_no_list_holds_is_told_until_a_list_beside_the_file_holds_it(folder: Path) -> None:
    (folder / "mine").mkdir()
    facts = "id: strain\nname: Strain\nbetter: lower\nrange: {low: 0, high: 9}\nsmallest_important_change: "
    (folder / "mine" / "strain.yaml").write_text(facts + "{points: 2, source: author2020, evidence: V}\n", encoding="utf-8")
    paths = "paths: {returns: returns, processed: processed, reports: reports, releases: releases, measures: [mine]}\n"
    (folder / "config.yaml").write_text(paths + "measures: [strain]\n", encoding="utf-8")

    def opened() -> Study:
        bibliography.sources.cache_clear()
        return open_study(folder / "config.yaml")

    (told,) = opened().unlisted
    assert told.startswith("strain cites author2020, which no list of sources holds")
    assert "author2020" not in facts_for_print(opened()).sources
    entry = "sources:\n  author2020: {citation: 'Author A. A scale. 2020.', evidence: V}\n"
    (folder / "mine" / "sources.yaml").write_text(entry, encoding="utf-8")
    assert opened().unlisted == []
    assert facts_for_print(opened()).sources["author2020"].citation == "Author A. A scale. 2020."


def test_an_invented_study_is_never_final_and_lacks_nothing(folder: Path) -> None:
    facts = facts_for_print(study(folder, GIVEN, "synthetic: true\n"))
    assert (facts.state, facts.why_draft, facts.synthetic) == ("DRAFT", "", True)


def test_a_passport_is_a_working_paper(folder: Path) -> None:
    assert facts_for_print(study(folder, GIVEN), "0123456789abcdef").state == "DRAFT"


def test_a_file_of_decisions_is_part_of_what_a_run_is(folder: Path) -> None:
    without = study(folder).run_id
    (folder / "decisions.csv").write_text("id\n", encoding="utf-8")
    decided = study(folder)
    assert decided.run_id != without
    assert (folder / "decisions.csv").resolve() in decided.inputs()


@pytest.mark.parametrize("place", ["returns", "processed", "reports", "releases/2026-05"])
def test_decisions_may_not_lie_where_they_would_be_lost_or_leave(folder: Path, place: str) -> None:
    path = folder / "config.yaml"
    path.write_text(
        f"paths: {{returns: returns, processed: processed, reports: reports, releases: releases, decisions: {place}/d.csv}}\n"
    )
    with pytest.raises(FactError, match=r"paths\.decisions: found"):
        open_study(path)


def test_a_run_is_compared_with_the_last_release_of_another_run(folder: Path) -> None:
    assert study(folder).last_release is None
    mine = study(folder).run_id
    (folder / "not-for-release").mkdir()
    kept = [{"release": "R9", "run_id": "a"}, {"release": "R10", "run_id": "b"}, {"release": "R11", "run_id": mine}]
    (folder / "not-for-release" / "published.json").write_text(json.dumps(kept), encoding="utf-8")
    assert study(folder).last_release == "R10"


def test_a_release_of_which_nothing_was_kept_is_named_all_the_same(folder: Path) -> None:
    (folder / "releases" / "2026-05").mkdir(parents=True)
    assert study(folder).last_release == "2026-05"


@pytest.mark.parametrize("content", ["{", "[1]", '{"a": 1}', '[{"release": "R1"}]'])
def test_a_damaged_list_of_releases_is_refused_with_its_place(folder: Path, content: str) -> None:
    (folder / "not-for-release").mkdir()
    (folder / "not-for-release" / "published.json").write_text(content, encoding="utf-8")
    with pytest.raises(FactError, match=r"published\.json: cannot be read"):
        assert study(folder).last_release
