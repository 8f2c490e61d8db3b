"""The rules: what every fault must say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.codes import SEVERITIES
from pipeline.returns.faults import RULES, as_rows, fault
from pipeline.tables import schemas

PACKAGE = Path(__file__).parents[3] / "pipeline"
RULE_FILES = {"faults.py", "rules.py", "rules_of_values.py"}
CODE = "\n".join(p.read_text(encoding="utf-8") for p in PACKAGE.rglob("*.py") if p.name not in RULE_FILES)


@pytest.mark.parametrize("rule", RULES.values(), ids=str)
def test_each_rule_has_a_stable_id_an_owner_and_its_texts(rule: object) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", rule.id)  # type: ignore[attr-defined] # a Rule
    for text in (rule.owner, rule.expected, rule.mend, rule.cost):  # type: ignore[attr-defined] # a Rule
        assert text.strip()
    assert rule.severity in SEVERITIES  # type: ignore[attr-defined] # a Rule


@pytest.mark.parametrize("rule_id", RULES)
def test_each_rule_is_used(rule_id: str) -> None:
    kind = rule_id.removeprefix("file-").removeprefix("table-")
    assert f'"{rule_id}"' in CODE or (kind in {"unreadable", "too-large"} and f'"{kind}"' in CODE)


def test_a_fault_has_the_columns_of_its_table_and_fills_in_the_limit() -> None:
    made = fault("score-out-of-range", site_id="S01", found="99", limit="from 0 to 80", table="outcomes", cell="D7", row=7)
    (row,) = as_rows([made])
    assert set(row) == set(schemas()["rejected"].columns)
    assert (row["expected"], row["severity"], row["cell"]) == ("a total from 0 to 80", "row", "D7")


def test_a_value_that_its_row_cannot_do_without_costs_the_row() -> None:
    value = fault("not-a-date", site_id="S01", found="x")
    row = fault("not-a-date", site_id="S01", found="x", severity="row")
    assert "date" in value.cost
    assert row.cost == RULES["blank-needed"].cost


def test_an_unknown_rule_is_a_fault_of_ours() -> None:
    with pytest.raises(KeyError):
        fault("no-such-rule", site_id="S01", found="")
