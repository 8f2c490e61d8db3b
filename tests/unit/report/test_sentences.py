"""Sentences hold no digit of their own, and say something sensible whatever is missing."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pandas as pd
import pytest

import pipeline.report
from pipeline.report import numerals, sentences
from pipeline.report.material import Material
from pipeline.report.plots.sheet import FAMILY
from tests.unit.report import conftest as made

ROOM = Path(pipeline.report.__file__).parent
NAMES = {"measure": "PCL-5", "site": "S07", "kind": "mean improvement", "event": "been assessed", "weeks": "so many"}
KEYS = [name.replace(".", ".pcl5.", 1) if name.startswith(("change", "compare")) else name for name in sentences.TEMPLATES]
PROSE = [
    *(
        ROOM / name
        for name in (
            "sentences.py",
            "sentences_numbers.py",
            "sentences_verdicts.py",
            "wording.py",
            "site_report.py",
            "passport.py",
            "documents.py",
        )
    ),
    *sorted((ROOM / "sections").glob("*.py")),
    *sorted((ROOM / "plots").glob("*.py")),
]
NAMES |= {"what": "Forms", "sites": "some sites", "question": "a question", "option": "the first", "construct": "knowledge"}


def material(*rows: dict[str, object]) -> Material:
    columns = ("key", "value", "low", "high", "n", "k_sites", "status", "statement")
    return Material({"findings": pd.DataFrame(rows, columns=list(columns))}, {})


def test_no_template_holds_a_digit() -> None:
    for key, template in sentences.TEMPLATES.items():
        assert not re.search(r"\d", template.shown + template.absent), key


@pytest.mark.parametrize("path", PROSE, ids=lambda path: path.name)
def test_no_prose_holds_a_digit(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in bare]
    texts = [node.value for node in constants if isinstance(node.value, str) and node.value != FAMILY]
    assert texts or path.name == "__init__.py"
    assert not [text for text in texts if " " in text.strip() and re.search(r"\d", text)]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("status", ["too_few", "not_recorded", "not_offered", "missing", "empty"])
def test_what_is_missing_is_said_in_words(key: str, status: str) -> None:
    held = {"missing": material(), "empty": material({"key": key, "status": "shown"})}
    said = sentences.sentence(held.get(status) or material({"key": key, "value": 3.0, "status": status}), key, **NAMES)
    without_names = said.replace("PCL-5", "").replace("S07", "")
    assert not re.search(r"[\d{}]|nan|None", without_names)
    assert said.endswith(".")


@pytest.mark.parametrize("key", KEYS)
def test_what_is_shown_is_printed_with_its_number(key: str) -> None:
    row = {"key": key, "value": 1234.0, "low": -1.25, "high": 2250.0, "n": 4350, "k_sites": 24, "status": "shown"}
    said = sentences.sentence(material(row), key, **NAMES)
    assert said.endswith(".")
    assert not re.search(r"[{}]|nan|None|-\d", said.replace("PCL-5", ""))
    assert "1,2" in said or "1234%" in said or "\N{MINUS SIGN}1.2 and 2,250.0" in said


def test_the_reason_of_the_release_stands_in_the_sentence() -> None:
    row = {"key": "change.pcl5.pooled", "status": "too_few", "statement": "fewer than five sites."}
    said = sentences.sentence(material(row), "change.pcl5.pooled", reason="not this one", measure="PCL-5")
    assert said == "No mean improvement over all sites is given for PCL-5: fewer than five sites."


@pytest.mark.parametrize(("value", "said"), [(0, "no theory"), (1, "1 theory"), (3, "3 theories")])
def test_counted_things_agree_with_their_number(value: float, said: str) -> None:
    held = material({"key": "theories.k_consistent", "value": value, "status": "shown"})
    assert sentences.sentence(held, "theories.k_consistent") == f"The data are consistent with {said}."


def test_a_range_for_a_further_service_says_which_kind_of_interval_it_is() -> None:
    row = {"key": "change.pcl5.prediction", "low": 6.2, "high": 28.6, "status": "shown"}
    said = sentences.sentence(material(row), "change.pcl5.prediction", measure="PCL-5")
    assert said.endswith("between 6.2 and 28.6 points would be expected (95% prediction interval).")


def test_measures_that_are_withheld_for_one_reason_share_a_sentence() -> None:
    few = [{"key": f"change.{name}.completion_pct", "status": "too_few"} for name in made.measures()]
    table = pd.DataFrame(few, columns=["key", "value", "low", "high", "n", "k_sites", "status", "statement"])
    said = sentences.over_measures(Material({"findings": table}, made.measures()), "completion_pct")
    assert said.count(".") == 1
    assert "PCL-5, CORE-10, ReQoL-10 and W-DEQ (A)" in said


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        (numerals.points(-3.25), "\N{MINUS SIGN}3.2"),
        (numerals.points(-0.04), "0.0"),
        (numerals.points(None), ""),
        (numerals.count(12345), "12,345"),
        (numerals.percent(61.0), "61%"),
        (numerals.percent(61.25), "61.2%"),
        (numerals.squared(123.4), "120"),
        (numerals.squared(12.0), "12"),
        (numerals.squared(1.0), "1.0"),
        (numerals.squared(0.0432), "0.043"),
        (numerals.squared(0.0), "0"),
        (numerals.interval(-1.0, 2.0), "\N{MINUS SIGN}1.0 to 2.0"),
        (numerals.estimate(1.0, None, 2.0), "1.0"),
        (numerals.date("2026-03-31"), "31\N{NO-BREAK SPACE}March 2026"),
        (numerals.period(None, "2026-03-31"), "31\N{NO-BREAK SPACE}March 2026"),
    ],
)
def test_how_numbers_look(printed: str, expected: str) -> None:
    assert printed == expected
