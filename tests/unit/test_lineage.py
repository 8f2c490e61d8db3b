"""Where an open number comes from, as it is read from the code: pinned where it is known, whole where it must not have a gap."""

from __future__ import annotations

import importlib

import pytest

from pipeline.catalog import OPEN_TABLES
from pipeline.commands.lineage import Origin, origin_of_finding, origin_of_table

FINDINGS = "pipeline.stages.release_findings"


@pytest.mark.parametrize(
    ("table", "made_by", "exact"),
    [
        ("open_sites", "pipeline.disclosure.estimates.release_sites", {"site_effects"}),
        ("open_pooled", "pipeline.stages.release._pooled", {"site_effects"}),
        ("open_completeness", "pipeline.stages.release_counts.release_completeness", {"missingness"}),
        ("open_decisions", "pipeline.stages.release_decisions.release_decisions", {"rejected"}),
        ("open_funnels", "pipeline.stages.release_funnels.release_funnels", {"site_effects"}),
    ],
)
def test_an_open_table_is_led_back_to_who_makes_it_and_from_what(table: str, made_by: str, exact: set[str]) -> None:
    origin = origin_of_table(table)
    assert origin.made_by == made_by
    assert origin.exact == exact


@pytest.mark.parametrize(
    ("key", "made_by", "tables"),
    [
        ("compare.pcl5.S07.mean_improvement", f"{FINDINGS}._by_site", {"open_sites"}),
        ("change.pcl5.pooled", f"{FINDINGS}._change", {"open_pooled"}),
        ("change.pcl5.completion_pct", f"{FINDINGS}._change", {"open_completeness"}),
        ("change.pcl5.reliably_improved_pct", f"{FINDINGS}._change", {"open_classes"}),
        ("theories.k_consistent", f"{FINDINGS}._theories", {"open_theories"}),
        ("missing.pcl5.S01.site_no_change", f"{FINDINGS}_numbers._at_sites", {"open_sites"}),
    ],
)
def test_a_finding_is_led_back_to_who_makes_it_and_to_its_table(key: str, made_by: str, tables: set[str]) -> None:
    assert origin_of_finding(key) == Origin(made_by, open_tables=frozenset(tables))


@pytest.mark.parametrize("table", sorted(OPEN_TABLES.keys() - {"findings", "disclosure_log"}))
def test_every_open_table_has_a_way_back(table: str) -> None:
    origin = origin_of_table(table)
    assert origin.exact | origin.open_tables, "nothing is known of what it is made from"
    module, _, function = origin.made_by.rpartition(".")
    assert hasattr(importlib.import_module(module), function), origin.made_by
    assert table not in origin.open_tables


@pytest.mark.parametrize("unknown", ["open_nothing", "no.such.family"])
def test_what_nobody_makes_has_no_origin(unknown: str) -> None:
    with pytest.raises(KeyError):
        (origin_of_table if unknown.startswith("open_") else origin_of_finding)(unknown)
