"""What is known of questionnaires on experience, staff and training: one YAML file each, no wording of any question.

An instrument without a file is reported by question and answer alone, unscored.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from pipeline.bibliography import Cited, Evidence
from pipeline.strict_yaml import ConflictError, FactError, Strict, read

SHIPPED = Path(__file__).parent
Topic = Literal["experience", "staff", "training"]
Codes = Annotated[tuple[int, ...], Field(strict=False)]
Questions = Annotated[tuple[str, ...], Field(strict=False)]
LEAST_SHARE_ANSWERED = 0.5
"""Of a construct's questions, for a mean: a choice of this project, made before any result, not of an instrument's authors."""


class Sourced(Cited):
    """Where a statement was read, and how far it was verified; `own` where it was made for a study."""

    evidence: Evidence | Literal["own"]


class Answers(Sourced):
    """The numbers of the answers that lie on a scale."""

    low: int
    high: int

    @model_validator(mode="after")
    def _ordered(self) -> Answers:
        if self.low >= self.high:
            raise ConflictError("low must be below high", "low")
        return self


class Positive(Sourced):
    """The answers that count as positive."""

    codes: Codes = Field(min_length=1)


class NonAnswers(Sourced):
    """Numbers of boxes that say nothing on the scale; `are_counted`: whether they stand in the denominator of shares."""

    codes: Codes = Field(min_length=1)
    means: str = Field(min_length=1)
    are_counted: bool = False


class Reversed(Sourced):
    """Questions whose wording runs against their construct."""

    questions: Questions = Field(min_length=1)


class Construct(Strict):
    """Questions that are scored together; `better` is missing where neither end is."""

    name: str = Field(min_length=1)
    questions: Questions = Field(min_length=1)
    score: Literal["mean", "sum"] = "mean"
    better: Literal["lower", "higher"] | None = None


class Instrument(Sourced):
    """One questionnaire. Only id, name, topics and source are needed; what is absent is not computed, and said.

    `about`: in a few words, what it asks about; `other_questions`, even none, says that the form has the questions of its
    constructs and these, and no more.
    """

    id: str
    name: str = Field(min_length=1)
    short_name: str = ""
    about: str = ""
    topics: Annotated[tuple[Topic, ...], Field(strict=False, min_length=1)]
    answers: Answers | None = None
    labels: dict[int, str] = Field(default={})
    positive: Positive | None = None
    non_answers: NonAnswers | None = None
    reversed: Reversed | None = None
    constructs: dict[str, Construct] = Field(default={})
    other_questions: Questions | None = None
    terms: str = ""
    authored_by: str = ""
    checked_by: str = ""
    next_review: str = ""

    @field_validator("id")
    @classmethod
    def _plain(cls, value: str) -> str:
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,31}", value):
            raise ValueError("expected a short name of lower-case letters, digits and _ that starts with a letter")
        return value

    @field_validator("constructs")
    @classmethod
    def _plain_constructs(cls, value: dict[str, Construct]) -> dict[str, Construct]:
        for name in value:
            if not re.fullmatch(r"[a-z][a-z0-9_]{0,47}", name):
                raise ValueError(f"{name!r}: expected a short name of lower-case letters, digits and _")
        return value

    @model_validator(mode="after")
    def _answers_fit(self) -> Instrument:
        if self.answers is None:
            for key in ("positive", "constructs", "reversed"):
                if getattr(self, key):
                    raise ConflictError("needs answers: which numbers lie on the scale", key)
            return self
        allowed = set(self.codes)
        for key in ("positive", "non_answers"):
            given = getattr(self, key)
            inside = set(given.codes) & set(self.scale) if given else set()
            if key == "positive" and given and inside != set(given.codes):
                raise ConflictError(f"lies beyond the answers {self.answers.low} to {self.answers.high}", key, "codes")
            if key == "non_answers" and inside:
                raise ConflictError(f"{min(inside)} is an answer on the scale already", key, "codes")
        if unknown := sorted(set(self.labels) - allowed):
            raise ConflictError(f"{unknown[0]} is no answer of the instrument", "labels")
        if self.positive is not None and self.positive.evidence == "BK":
            raise ConflictError("rests on background knowledge alone, which never decides: leave it out", "positive", "evidence")
        if self.positive is not None and len(set(self.positive.codes)) == len(self.scale):
            raise ConflictError("holds every answer, so that nothing could be otherwise", "positive", "codes")
        return self

    @model_validator(mode="after")
    def _questions_fit(self) -> Instrument:
        seen: dict[str, str] = {}
        for name, construct in self.constructs.items():
            for question in construct.questions:
                if question in seen:
                    raise ConflictError(
                        f"question {question} stands in {seen[question]} already", "constructs", name, "questions"
                    )
                seen[question] = name
        if twice := sorted(set(self.other_questions or ()) & set(seen)):
            raise ConflictError(f"question {twice[0]} stands in {seen[twice[0]]} already", "other_questions")
        if self.reversed is not None:
            if unknown := sorted(set(self.reversed.questions) - set(seen)):
                raise ConflictError(f"question {unknown[0]} stands in no construct", "reversed", "questions")
            if self.reversed.evidence == "BK":
                text = "rests on background knowledge alone, which never decides: leave the construct unscored"
                raise ConflictError(text, "reversed", "evidence")
        return self

    @property
    def label(self) -> str:
        """The name for figures and tables."""
        return self.short_name or self.name

    @property
    def scale(self) -> tuple[int, ...]:
        """The answers on the scale, from low to high; none where they are not known."""
        return tuple(range(self.answers.low, self.answers.high + 1)) if self.answers else ()

    @property
    def codes(self) -> tuple[int, ...]:
        """Every number that may be ticked; none where they are not known."""
        return (*self.scale, *(self.non_answers.codes if self.non_answers else ()))

    @property
    def scaled(self) -> tuple[str, ...]:
        """The questions of constructs, whose answers must lie on the scale; where there is none, all must."""
        return tuple(question for construct in self.constructs.values() for question in construct.questions)

    @property
    def questions(self) -> tuple[str, ...]:
        """Every question of the form; none where the file does not say that it names all of them."""
        return (*self.scaled, *self.other_questions) if self.other_questions is not None else ()


@cache
def load(folders: tuple[Path, ...] = ()) -> dict[str, Instrument]:
    """The shipped instruments and those of extra `folders`, by id; a later folder may replace an earlier file.

    Raises FactError where a file is not valid, its name is not its id, or a folder holds none.
    """
    found: dict[str, Instrument] = {}
    for folder in (SHIPPED, *folders):
        paths = sorted(folder.glob("*.y*ml"))
        if not paths:
            raise FactError(f"{folder}: holds no instrument file (*.yaml). Add one, or take it out of paths.instruments.")
        for path in paths:
            instrument = read(path, Instrument)
            if instrument.id != path.stem:
                raise FactError(f"{path}: id: found {instrument.id!r}; expected {path.stem!r}, the name of the file.")
            found[instrument.id] = instrument
    return found
