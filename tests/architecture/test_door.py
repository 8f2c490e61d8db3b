"""The one door: a step that writes OPEN reads only OPEN, and `release` alone stands in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.catalog import CHECKER, OPEN, PERSON, RAW, SITE, SITE_OWN
from pipeline.engine.step import Step
from pipeline.engine.step import leaves as tree_leaves
from pipeline.plan import plan
from pipeline.study import open_study
from pipeline.tables import schemas

LEVELS = {RAW, PERSON, SITE, SITE_OWN, CHECKER, OPEN, "FACTS"}


@pytest.fixture
def steps(tmp_path: Path) -> list[Step]:
    for site in ("S01", "S02"):
        folder = tmp_path / "returns" / site
        folder.mkdir(parents=True)
        (folder / "outcomes.csv").write_text("referral_id,measure,date,total\n", encoding="utf-8")
    config = tmp_path / "config.yaml"
    config.write_text("paths: {returns: returns, processed: processed, reports: reports, releases: releases}\n", encoding="utf-8")
    return plan(open_study(config))


def levels(nodes: object) -> set[str]:
    return {node.level for node in tree_leaves(nodes)}


def test_every_artefact_has_a_level_and_a_grain(steps: list[Step]) -> None:
    for step in steps:
        for node in tree_leaves(step.produces):
            assert node.level in LEVELS
            assert node.grain


def test_what_is_open_is_made_from_what_is_open(steps: list[Step]) -> None:
    doors = {s.step for s in steps if OPEN in levels(s.produces) and not levels(s.depends_on) <= {OPEN, "FACTS"}}
    assert doors == {"release"}


def test_open_files_alone_lie_under_reports(steps: list[Step], tmp_path: Path) -> None:
    for step in steps:
        for node in tree_leaves(step.produces):
            if tmp_path / "reports" in node.path.parents:
                assert node.level == OPEN
            elif node.level == OPEN:
                assert node.path.suffix == ".parquet"


def test_every_table_has_its_schema(steps: list[Step]) -> None:
    named = {schema for step in steps for schema in step.schemas}
    assert named <= set(schemas())
    returned = {
        "service",
        "referrals",
        "contacts",
        "outcomes",
        "aggregates",
        "experience",
        "staff",
        "training",
        "survey",
        "activity",
    }
    assert set(schemas()) - named == returned | {"published_women"}


def test_one_name_is_one_node(steps: list[Step]) -> None:
    named: dict[str, set[str]] = {}
    for step in steps:
        for node in tree_leaves(step.depends_on):
            if node.level == "FACTS":
                named.setdefault(node.name, set()).add(node.state())
    assert not {name for name, states in named.items() if len(states) > 1}


def test_no_two_steps_write_one_thing(steps: list[Step]) -> None:
    paths = [node.path for step in steps for node in tree_leaves(step.produces)]
    assert len(paths) == len(set(paths))
