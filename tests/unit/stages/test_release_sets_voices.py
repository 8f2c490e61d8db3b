"""Who answered, as far as it can be known without a lasting code."""

from __future__ import annotations

import pandas as pd

from pipeline.stages.release_sets_voices import people_behind
from pipeline.tables import empty, shape

NONE = {f"accepted_{topic}": empty(f"accepted_{topic}") for topic in ("experience", "staff", "training", "survey")}


def staff(*people: tuple[str, str, int]) -> dict[str, pd.DataFrame]:
    """A row a person: code, instrument and answer to question 1, all at one site."""
    rows = pd.DataFrame(people, columns=["staff_code", "instrument", "response"]).assign(site_id="S01", question="1")
    return {**NONE, "accepted_staff": shape("accepted_staff", rows)}


def marks(accepted: dict[str, pd.DataFrame], variable: str) -> set[str]:
    found = people_behind(accepted)
    return set(found.loc[found["variable"] == variable, "woman"])


def test_new_codes_for_the_same_people_change_nobody() -> None:
    then, now = staff(("A1", "nomad", 3), ("A2", "nomad", 4)), staff(("X9", "nomad", 4), ("X8", "nomad", 3))
    assert marks(then, "answers/nomad") == marks(now, "answers/nomad")
    assert len(marks(then, "people/staff")) == 2


def test_two_who_answered_the_same_are_two() -> None:
    assert len(marks(staff(("A1", "nomad", 3), ("A2", "nomad", 3), ("A3", "nomad", 3)), "answers/nomad")) == 3


def test_one_who_came_is_one_more_whatever_the_order_of_the_rows() -> None:
    then = staff(("A1", "nomad", 3), ("A2", "NoMAD", 3))
    now = staff(("A2", "nomad", 3), ("A3", "nomad", 5), ("A1", "nomad", 3))
    assert len(marks(now, "answers/nomad") - marks(then, "answers/nomad")) == 1
    assert marks(then, "answers/nomad") <= marks(now, "answers/nomad")


def test_a_person_with_two_questionnaires_is_one_of_the_staff_and_one_behind_each() -> None:
    found = people_behind(staff(("A1", "nomad", 3), ("A1", "psat", 6)))
    assert found.groupby("variable").size().to_dict() == {"answers/nomad": 1, "answers/psat": 1, "people/staff": 1}


def test_a_form_without_a_code_is_a_person_of_its_own() -> None:
    rows = pd.DataFrame({"site_id": "S01", "instrument": "poem", "question": ["1", "1"], "response": [4, 4]})
    found = people_behind({**NONE, "accepted_experience": shape("accepted_experience", rows)})
    assert found.groupby("variable").size().to_dict() == {"answers/poem": 2, "people/experience": 2}
    assert not found.duplicated(["variable", "site_id", "woman"]).any()


def test_without_answers_nobody_stands_behind_anything() -> None:
    assert people_behind(NONE).empty
