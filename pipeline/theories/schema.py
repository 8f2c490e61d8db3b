"""The shape of a theory file: a context, a mechanism and an outcome, how they are tested, and what would count against them."""

from __future__ import annotations

import datetime
import hashlib
import json
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from pipeline.strict_yaml import ConflictError, Strict
from pipeline.theories.configuration import Configuration
from pipeline.theories.vocabulary import (
    EXPECTED,
    LIMIT,
    MATCHED,
    MOST_WEEKS,
    OUTCOMES,
    SCALES,
    SERVICE,
    VOICES,
    WOMEN,
    Expected,
    Kind,
    Scale,
    as_code,
    contexts,
)

Number = int | float
Codes = Annotated[tuple[str, ...], Field(strict=False, min_length=1)]
FLOORS = {"sites_each_side": 4, "women_each_side": 40}


class Context(Strict):
    """Where or for whom: `service.<column>` splits the sites, `referrals.<column>` the women of every site."""

    variable: str
    is_: str | tuple[str, ...] = Field(alias="is")
    matches: dict[str, Codes] | None = None

    @field_validator("variable")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in {*(f"service.{name}" for name in SERVICE), *(f"referrals.{name}" for name in (*WOMEN, MATCHED))}:
            raise ValueError(f"expected {contexts()}")
        return value

    @field_validator("is_", mode="before")
    @classmethod
    def _as_codes(cls, value: object) -> object:
        many = [as_code(each) for each in value] if isinstance(value, list | tuple) else [as_code(value)]
        if not many or not all(isinstance(each, str) for each in many):
            raise ValueError("expected yes, no, a code, or a list of codes; a code that is a number needs quotes")
        unique = sorted(set(map(str, many)))
        return unique[0] if len(unique) == 1 else tuple(unique)

    @model_validator(mode="after")
    def _fits(self) -> Context:
        allowed = SERVICE[self.column] if self.is_of_sites else WOMEN.get(self.column, ("y", "n"))
        for code in self.codes:
            if code not in allowed:
                words = ("yes", "no") if allowed == ("y", "n") else allowed
                raise ConflictError(f"found {code!r}; {self.variable} takes one of: {', '.join(words)}", "is")
        if len(self.codes) > 1 and self.column not in WOMEN:
            raise ConflictError(f"{self.variable} takes one value, not a list", "is")
        if (self.matches is not None) != (self.column == MATCHED):
            text = f"is needed with referrals.{MATCHED}, and only there: the interventions named for each pathway"
            raise ConflictError(text, "matches")
        for pathway, given in (self.matches or {}).items():
            if pathway not in WOMEN["pathway"]:
                raise ConflictError(f"no such pathway; allowed: {', '.join(WOMEN['pathway'])}", "matches", pathway)
            if unknown := sorted(set(given) - set(WOMEN["intervention"])):
                text = f"found {unknown[0]!r}; allowed: {', '.join(WOMEN['intervention'])}"
                raise ConflictError(text, "matches", pathway)
        return self

    @property
    def column(self) -> str:
        """The column behind the variable."""
        return self.variable.partition(".")[2]

    @property
    def codes(self) -> tuple[str, ...]:
        """Every value that is the context."""
        return (self.is_,) if isinstance(self.is_, str) else self.is_

    @property
    def is_of_sites(self) -> bool:
        """Whether it is one of services, the same for all women of a site."""
        return self.variable.startswith("service.")

    @property
    def is_limit(self) -> bool:
        """Whether it asks if a time limit is set at all."""
        return self.column == LIMIT


class Mechanism(Strict):
    """What is thought to happen between context and outcome, in words; `indicator`: an answer that would show it."""

    says: str = Field(min_length=1)
    indicator: str | None = Field(default=None, pattern=r"^experience\.[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$")


class Outcome(Strict):
    """What should differ, and in which direction; `within_weeks`: the weeks within which a wait is followed."""

    variable: str = Field(pattern=OUTCOMES)
    expected: Expected
    within_weeks: int | None = Field(default=None, ge=1, le=MOST_WEEKS)

    @model_validator(mode="after")
    def _fits(self) -> Outcome:
        if self.expected not in EXPECTED[self.kind]:
            raise ConflictError(
                f"found {self.expected!r}; {self.kind} takes one of: {', '.join(EXPECTED[self.kind])}", "expected"
            )
        if (self.within_weeks is not None) != (self.kind == "wait"):
            raise ConflictError("is needed with a wait, and only there: how many weeks are followed", "within_weeks")
        return self

    @property
    def kind(self) -> Kind:
        """What is measured: change, retention, recovered, wait, or what people say."""
        name: Any = self.variable.partition(".")[0]
        kind: Kind = name
        return kind

    @property
    def measure(self) -> str:
        """The measure behind it; blank for waits and voices, and for retention on the study's first measure."""
        return "" if self.kind == "wait" or self.is_of_voices else self.variable.partition(".")[2]

    @property
    def is_of_voices(self) -> bool:
        """Whether it is told by people, a number a site, and not by rows of women."""
        return self.kind in VOICES

    @property
    def asked(self) -> tuple[str, str]:
        """Of voices, the instrument, and the question or construct."""
        _, instrument, part = self.variable.split(".")
        return instrument, part

    @property
    def event(self) -> str:
        """What a wait is for, assessment or treatment; blank where it is none."""
        return self.variable.partition(".")[2] if self.kind == "wait" else ""


class Population(Strict):
    """The women whom the theory is about; each key narrows it, and none leaves all of them."""

    pathway: Codes | None = None
    perinatal_stage: Codes | None = None
    age_band: Codes | None = None
    ethnic_group: Codes | None = None
    deprivation_fifth: Codes | None = None
    referral_source: Codes | None = None
    intervention: Codes | None = None

    @field_validator("*", mode="before")
    @classmethod
    def _as_codes(cls, value: object) -> object:
        return [as_code(each) for each in value] if isinstance(value, list | tuple) else value

    @model_validator(mode="after")
    def _known(self) -> Population:
        for name, given in self.chosen.items():
            if unknown := sorted(set(given) - set(WOMEN[name])):
                raise ConflictError(f"found {unknown[0]!r}; allowed: {', '.join(WOMEN[name])}", name)
        return self

    @property
    def chosen(self) -> dict[str, tuple[str, ...]]:
        """The codes by column, of the columns that narrow it."""
        return {name: given for name in WOMEN if (given := getattr(self, name)) is not None}


class Minimum(Strict):
    """The fewest sites and women on each side with which a test is made; never below the floors."""

    sites_each_side: int = Field(default=4, ge=FLOORS["sites_each_side"])
    women_each_side: int = Field(default=40, ge=FLOORS["women_each_side"])


class SmallestDifference(Strict):
    """The smallest difference between the sides that would matter; a bare number means points.

    `points` of the measure; `sd` of first scores within sites; `risk_difference` from 0 to 1; `days` of waiting.
    """

    value: Number = Field(gt=0)
    scale: Scale = "points"

    @model_validator(mode="after")
    def _possible(self) -> SmallestDifference:
        if self.scale == "risk_difference" and self.value >= 1:
            raise ConflictError("found a difference of shares of 1 or more; write 0.1 for ten in a hundred", "value")
        return self


class Theory(Strict):
    """One context-mechanism-outcome configuration, with what would count against it."""

    id: str = Field(pattern=r"^[A-Z]{2,8}-[0-9]{2,3}$")
    title: str = Field(min_length=1)
    context: Context
    mechanism: Mechanism
    outcome: Outcome
    population: Population | None = None
    test: Literal["moderation", "mediation", "configuration"] = "moderation"
    minimum: Minimum = Minimum()
    smallest_difference: SmallestDifference
    configuration: Configuration | None = None
    would_count_against: str = Field(min_length=1)
    registered: datetime.date
    sources: tuple[str, ...] = Field(min_length=1, strict=False)

    @field_validator("smallest_difference", mode="before")
    @classmethod
    def _bare_number(cls, value: object) -> object:
        return {"value": value} if isinstance(value, int | float) and not isinstance(value, bool) else value

    @model_validator(mode="after")
    def _scale_fits(self) -> Theory:
        allowed, scale = SCALES[self.outcome.kind], self.smallest_difference.scale
        if scale not in allowed:
            text = f"found {scale!r}; {self.outcome.kind} is measured in {' or '.join(allowed)}"
            raise ConflictError(text, "smallest_difference", "scale")
        return self

    @model_validator(mode="after")
    def _voices_fit(self) -> Theory:
        """What people say is a number a site: it is held against contexts of services, over all who answered."""
        known = f"{self.outcome.kind} is known by site, and"
        if self.outcome.is_of_voices and not self.context.is_of_sites:
            raise ConflictError(f"{known} takes a context service.<column>", "context", "variable")
        if self.outcome.is_of_voices and self.population is not None:
            raise ConflictError(f"{known} cannot be narrowed to some women", "population")
        if self.outcome.is_of_voices and self.test != "moderation":
            raise ConflictError(f"found {self.test!r}; {known} is tested by moderation alone", "test")
        return self

    @model_validator(mode="after")
    def _test_fits(self) -> Theory:
        if (self.configuration is not None) != (self.test == "configuration"):
            raise ConflictError("is needed with test: configuration, and only there", "configuration")
        if self.test == "mediation" and self.mechanism.indicator is None:
            raise ConflictError("is needed with test: mediation, such as experience.felt_understood", "mechanism", "indicator")
        if self.test == "mediation" and self.outcome.kind != "change":
            raise ConflictError("mediation is tested on change.<measure> alone", "outcome", "variable")
        if self.configuration is not None:
            self.configuration.require_fit(self.context.variable, self.context.is_, self.outcome.variable, self.sign)
        return self

    @property
    def sign(self) -> int:
        """1 where the side with the context should have more of what is measured, -1 where less, 0 where no difference.

        A wait is measured as the share seen within the weeks, so that shorter is more, or in days, so that shorter is less.
        """
        if self.outcome.expected in ("shorter", "longer"):
            is_more = (self.outcome.expected == "shorter") == (self.smallest_difference.scale == "risk_difference")
            return 1 if is_more else -1
        return {"no_difference": 0, "smaller_improvement": -1, "lower": -1}.get(self.outcome.expected, 1)

    @property
    def decides(self) -> dict[str, Any]:
        """What is tested, in plain values; wording, dates and sources are no part of it."""
        tested = self.model_dump(mode="json", include={"context", "outcome", "population", "test", "minimum", "configuration"})
        tested["configuration"] = _as_floats(tested["configuration"])  # 5 and 5.0 are one prediction
        tested["smallest_difference"] = {"value": float(self.smallest_difference.value), "scale": self.smallest_difference.scale}
        if self.test == "mediation":
            tested["indicator"] = self.mechanism.indicator
        decisive: dict[str, Any] = _without_none(tested)
        return decisive

    @property
    def hash(self) -> str:
        """Of what is tested, not of its wording."""
        return hashlib.sha256(json.dumps(self.decides, sort_keys=True).encode()).hexdigest()[:16]


def _as_floats(given: Any) -> Any:
    if isinstance(given, dict):
        return {name: _as_floats(value) for name, value in given.items()}
    if isinstance(given, list):
        return [_as_floats(value) for value in given]
    return float(given) if isinstance(given, int) and not isinstance(given, bool) else given


def _without_none(given: Any) -> Any:
    """Leave out what is not given: a key that came later changes no hash of an older file."""
    if isinstance(given, dict):
        return {name: _without_none(value) for name, value in given.items() if value is not None}
    return [_without_none(value) for value in given] if isinstance(given, list) else given
