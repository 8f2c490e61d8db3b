"""The part of a theory that is tested by configurations: conditions of services, an outcome as a set, and what is expected."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from pipeline.strict_yaml import ConflictError, Strict
from pipeline.theories.vocabulary import NUMBERS, SERVICE, as_code

Number = int | float
Anchors = Annotated[tuple[Number, Number, Number], Field(strict=False)]
FEWEST, MOST = 2, 5


class Condition(Strict):
    """A condition of a service: yes or no, a code, or a number with anchors (out, cross, in)."""

    variable: str
    is_: str = Field(default="y", alias="is")
    anchors: Anchors | None = None

    @field_validator("is_", mode="before")
    @classmethod
    def _as_code(cls, value: object) -> object:
        return as_code(value)

    @model_validator(mode="after")
    def _fits(self) -> Condition:
        known = {*SERVICE, *NUMBERS}
        if not self.variable.startswith("service.") or self.name not in known:
            raise ConflictError(f"expected service. and one of: {', '.join(sorted(known))}", "variable")
        if self.anchors is None:
            allowed = SERVICE.get(self.name)
            if allowed is None:
                raise ConflictError(f"are needed, as {self.variable} is a number: out, cross, in", "anchors")
            if self.is_ not in allowed:
                raise ConflictError(f"found {self.is_!r}; {self.variable} takes one of: {', '.join(allowed)}", "is")
        elif self.name not in NUMBERS:
            raise ConflictError(f"only a number has anchors, and {self.variable} is none", "anchors")
        else:
            require_order(self.anchors, "anchors")
        return self

    @property
    def name(self) -> str:
        """The column without its table, as expectations and terms name it."""
        return self.variable.removeprefix("service.")


class OutcomeSet(Strict):
    """The outcome as a set: (out, cross, in) in its own unit, points or a share from 0 to 1."""

    variable: str
    anchors: Anchors

    @field_validator("anchors")
    @classmethod
    def _ordered(cls, value: tuple[Number, Number, Number]) -> tuple[Number, Number, Number]:
        require_order(value)
        return value


class Configuration(Strict):
    """What a combination of conditions should bring about.

    `expectations`: for a condition the value (1 present, 0 absent) with which the outcome is expected. `term`: the conditions
    that make up the predicted combination, each as expected; all that have an expectation, where it is not given.
    """

    conditions: tuple[Condition, ...] = Field(min_length=FEWEST, max_length=MOST, strict=False)
    outcome: OutcomeSet
    expectations: dict[str, Literal[0, 1]] = Field(min_length=1)
    term: tuple[str, ...] | None = Field(default=None, min_length=1, strict=False)
    n_cut: int = Field(default=2, ge=1)
    incl_cut: float = Field(default=0.80, gt=0.5, le=1)
    pri_cut: float = Field(default=0.65, ge=0, le=1)
    allow_half: bool = False

    @field_validator("conditions", mode="before")
    @classmethod
    def _bare_names(cls, value: object) -> object:
        if not isinstance(value, list | tuple):
            return value
        return tuple({"variable": each} if isinstance(each, str) else each for each in value)

    @model_validator(mode="after")
    def _names_agree(self) -> Configuration:
        if len(set(self.names)) < len(self.names):
            raise ConflictError("names a condition twice", "conditions")
        for name in self.expectations:
            if name not in self.names:
                raise ConflictError(f"is none of the conditions: {', '.join(self.names)}", "expectations", name)
        for name in self.term or ():
            if name not in self.expectations:
                raise ConflictError(f"found {name!r}, of which nothing is expected; give it in expectations", "term")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The conditions by name, in order."""
        return tuple(condition.name for condition in self.conditions)

    @property
    def expected(self) -> tuple[int | None, ...]:
        """For each condition the value with which the outcome is expected, or None."""
        return tuple(self.expectations.get(name) for name in self.names)

    @property
    def predicted(self) -> tuple[int | None, ...]:
        """For each condition its value in the predicted combination, or None where that does not name it."""
        chosen = self.expectations if self.term is None else self.term
        return tuple(self.expectations[name] if name in chosen else None for name in self.names)

    def require_fit(self, context: str, is_: str | tuple[str, ...], outcome: str, sign: int) -> None:
        """Raise ConflictError where the block and the rest of the theory contradict each other."""
        mine = next((condition for condition in self.conditions if condition.variable == context), None)
        if mine is None or self.predicted[self.names.index(mine.name)] is None:
            raise ConflictError(
                f"must hold the context {context}, and the predicted combination too", "configuration", "conditions"
            )
        if mine.anchors is None and mine.is_ != is_:
            raise ConflictError(f"{context} is another value here than in the context", "configuration", "conditions")
        if self.outcome.variable != outcome:
            raise ConflictError(f"must be {outcome}, as in the outcome", "configuration", "outcome", "variable")
        rises = self.outcome.anchors[2] > self.outcome.anchors[0]
        if sign == 0:
            raise ConflictError("a configuration expects more or less, never no difference", "outcome", "expected")
        if rises != (sign > 0):
            text = "must rise where more of the outcome is expected and fall where less is: out, cross, in"
            raise ConflictError(text, "configuration", "outcome", "anchors")


def require_order(anchors: tuple[Number, Number, Number], *key: str) -> None:
    """Raise ConflictError unless three anchors strictly rise or strictly fall."""
    out, cross, inside = anchors
    if not (out < cross < inside or out > cross > inside):
        raise ConflictError("must strictly rise or strictly fall: out, cross, in", *key)
