"""The programme theories: each can be tested with what sites return, and what is tested cannot change unseen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipeline import measures, theories
from pipeline.strict_yaml import FactError
from pipeline.tables.returned import RETURNED

if TYPE_CHECKING:
    from pathlib import Path

SHIPPED = theories.load()

# What each shipped theory tests, as registered. A new hash here is a new prediction and needs a new date.
REGISTERED = {
    "CMO-01": "7a6b64a42b745544",
    "CMO-02": "ba2b2ffcf328bdc4",
    "CMO-03": "7b92251498c960a9",
    "CMO-04": "73cd169a724b7907",
}

TEXT = """\
id: ABC-01
title: A title
context: {variable: service.peer_support, is: yes}
mechanism: {says: Something happens.}
outcome: {variable: change.pcl5, expected: larger_improvement}
minimum: {sites_each_side: 5, women_each_side: 50}
smallest_difference: {value: 5, scale: points}
would_count_against: Nothing happens.
registered: 2026-11-22
sources: [author2020]
"""


def read(folder: Path, text: str = TEXT) -> theories.Theory:
    folder.mkdir(exist_ok=True)
    (folder / "ABC-01.yaml").write_text(text, encoding="utf-8")
    theories.load.cache_clear()
    return theories.load((folder,))["ABC-01"]


def changed(before: str, after: str) -> str:
    assert TEXT.count(before) == 1
    return TEXT.replace(before, after)


def test_four_theories_are_shipped_as_registered() -> None:
    assert {name: theory.hash for name, theory in SHIPPED.items()} == REGISTERED


@pytest.mark.parametrize("theory", SHIPPED.values(), ids=SHIPPED)
def test_the_context_is_something_that_sites_return(theory: theories.Theory) -> None:
    table, _, column = theory.context.variable.partition(".")
    assert table == "service"
    assert column in RETURNED["service"].columns
    assert theory.context.is_ == "y"


@pytest.mark.parametrize("theory", SHIPPED.values(), ids=SHIPPED)
def test_the_smallest_difference_is_a_third_of_the_reliable_change(theory: theories.Theory) -> None:
    assert measures.load()[theory.outcome.measure].primary_reliable_change == 3 * theory.smallest_difference.value


@pytest.mark.parametrize("theory", SHIPPED.values(), ids=SHIPPED)
def test_what_would_count_against_it_types_no_number(theory: theories.Theory) -> None:
    assert theory.would_count_against
    assert not any(letter.isdigit() for letter in theory.would_count_against)


def test_every_theory_tests_something_else() -> None:
    assert len({(theory.context, theory.outcome) for theory in SHIPPED.values()}) == len(SHIPPED)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        *((word, "y") for word in ("yes", "Yes", "YES", "true", "True", "on", "y", "Y", '"yes"', '"True"')),
        *((word, "n") for word in ("no", "No", "false", "FALSE", "off", "n", "N", '"no"', '"false"')),
        ("EI", "EI"),
        ("whole_system", "whole_system"),
        ('"01"', "01"),
    ],
)
def test_yes_and_no_become_the_codes_of_a_return(tmp_path: Path, written: str, code: str) -> None:
    assert read(tmp_path, changed("is: yes", f"is: {written}")).context.is_ == code


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("service.peer_support", "service.non_medical_venue"),
        ("is: yes", "is: no"),
        ("change.pcl5", "change.core10"),
        ("larger_improvement", "smaller_improvement"),
        ("sites_each_side: 5", "sites_each_side: 6"),
        ("women_each_side: 50", "women_each_side: 60"),
        ("value: 5", "value: 6"),
    ],
)
def test_another_prediction_has_another_hash(tmp_path: Path, before: str, after: str) -> None:
    assert read(tmp_path / "new", changed(before, after)).hash != read(tmp_path / "old").hash


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("title: A title", "title: Another title"),
        ("Something happens.", "Something else is said to happen."),
        ("{says: Something happens.}", "{says: Something happens., indicator: experience.felt_understood}"),
        ("against: Nothing happens.", "against: It does not happen."),
        ("registered: 2026-11-22", "registered: 2026-12-01"),
        ("[author2020]", "[author2020, other2021]"),
        ("is: yes", 'is: "y"'),
        ("value: 5", "value: 5.0"),
        ("smallest_difference: {value: 5, scale: points}", "smallest_difference: 5"),
        ("smallest_difference:", "test: moderation\nsmallest_difference:"),
    ],
)
def test_other_words_for_the_same_prediction_keep_the_hash(tmp_path: Path, before: str, after: str) -> None:
    assert read(tmp_path / "new", changed(before, after)).hash == read(tmp_path / "old").hash


def test_the_outcome_names_its_measure() -> None:
    assert {name: theory.outcome.measure for name, theory in SHIPPED.items()} == {
        "CMO-01": "pcl5",
        "CMO-02": "core10",
        "CMO-03": "pcl5",
        "CMO-04": "core10",
    }


MISTAKES = {
    "unknown key": ("title: A title", "title: A title\nhypothesis: x", "3: hypothesis: unknown key"),
    "unknown key inside": ("is: yes", "is: yes, was: no", "3: context.was: unknown key. Allowed here: is, variable."),
    "duplicate key": ("title: A title", "title: A title\ntitle: B", "3: title: stands twice"),
    "missing key": ("title: A title\n", "", "title: is missing"),
    "a number for a code": ("is: yes", "is: 1", "3: context.is: found 1"),
    "a context that no site returns": ("service.peer_support", "service.kindness", "3: context.variable: found"),
    "a context of no table": ("service.peer_support", "peer_support", "3: context.variable: found 'peer_support'"),
    "an outcome that is no change": ("change.pcl5", "pcl5", "5: outcome.variable: found 'pcl5'"),
    "unknown direction": ("larger_improvement", "better", "5: outcome.expected: found 'better'"),
    "too few sites": ("sites_each_side: 5", "sites_each_side: 3", "6: minimum.sites_each_side: found 3"),
    "too few women": ("women_each_side: 50", "women_each_side: 39", "6: minimum.women_each_side: found 39"),
    "no difference": ("value: 5", "value: 0", "7: smallest_difference.value: found 0"),
    "yes for a number": ("{value: 5, scale: points}", "yes", "7: smallest_difference: found True"),
    "a date in words": ("2026-11-22", "last week", "9: registered: found 'last week'"),
    "no source": ("[author2020]", "[]", "10: sources:"),
    "another kind of id": ("id: ABC-01", "id: theory one", "1: id: found 'theory one'"),
    "another test": ("smallest_difference:", "test: guess\nsmallest_difference:", "7: test: found 'guess'"),
}


@pytest.mark.parametrize(("before", "after", "expected"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named_by_file_line_and_key(tmp_path: Path, before: str, after: str, expected: str) -> None:
    with pytest.raises(FactError) as caught:
        read(tmp_path, changed(before, after))
    message = str(caught.value)
    assert message.startswith(str(tmp_path / "ABC-01.yaml"))
    assert expected in message
    assert "\n" not in message


def test_the_name_of_the_file_is_the_id(tmp_path: Path) -> None:
    with pytest.raises(FactError, match="id: found 'ABC-02'; expected 'ABC-01'"):
        read(tmp_path, changed("id: ABC-01", "id: ABC-02"))


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FactError, match="no such folder"):
        theories.load((tmp_path / "absent",))


def test_an_empty_folder_adds_none(tmp_path: Path) -> None:
    assert theories.load((tmp_path,)) == SHIPPED
