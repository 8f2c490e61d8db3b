"""The appendix on simulations: every missed target says on which side it was missed, how often, and why."""

from __future__ import annotations

from pipeline.coverage import Simulated, load, verdicts
from pipeline.report.blocks import Paragraph, Table
from pipeline.report.sections.simulated import said_of_targets, simulated


def test_a_missed_target_says_on_which_side_how_often_and_why() -> None:
    lines = [line for block in simulated() if isinstance(block, Table) and "Verdicts" not in block.caption for line in block.rows]
    missed = [(row, line) for row, line in zip(_in_order(), lines, strict=True) if row.met is False]
    assert missed
    for row, line in missed:
        assert str(line[-1]).startswith(row.fault.replace("_", " ")), row.what
        assert row.designs == 1 or str(line[-1]).endswith(f"in {row.misses} of {row.designs}"), row.what
        assert row.remark and row.remark in str(line[0]), f"{row.what} is missed without a reason"


def _in_order() -> list[Simulated]:
    """The rows as the tables hold them: by kind of number."""
    kinds = ("coverage", "false_positives", "false_alarms", "bias")
    return [row for kind in kinds for row in load().rows if row.quantity == kind]


def test_the_text_on_verdicts_names_each_missed_target_and_what_had_none() -> None:
    rows = verdicts.load().rows
    aimed = [row for row in rows if row.aim != "none"]
    said = said_of_targets(rows)
    assert said in [block.text for block in simulated() if isinstance(block, Paragraph)]
    assert said.startswith(f"All {len(aimed)} targets are met.")
    assert "configuration: planted, 12 sites: consistent in 19.0 %" in said
    assert said.endswith("Never testable: mediation at 12 sites.")
    worse = [row.model_copy(update={"met": False, "rate": 0.731}) if row is aimed[0] else row for row in rows]
    assert said_of_targets(worse).startswith(f"1 of {len(aimed)} targets are missed: sites: true effect, 30 sites (73.1 %).")
