"""What is known of each outcome measure: one YAML file a measure, every clinical number with its source."""

from __future__ import annotations

import math
import re
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from pipeline.bibliography import FILE, Cited, Evidence
from pipeline.strict_yaml import ConflictError, FactError, Strict, read

SHIPPED = Path(__file__).parent
Number = int | float


class Range(Strict):
    """What a total can be; `step` is the distance of one possible total from the next."""

    low: Number
    high: Number
    step: Number | Literal["any"] = "any"
    unit: str = "points"
    evidence: Evidence | None = None
    source: str | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Range:
        if self.low >= self.high:
            raise ConflictError("low must be below high", "low")
        if self.step != "any" and self.step <= 0:
            raise ConflictError("step must be above 0, or any", "step")
        return self


class Items(Strict):
    """How answers make a total; absent where only totals may be returned."""

    count: int = Field(gt=0)
    low: int
    high: int
    reversed: tuple[int, ...] = Field(default=(), strict=False)
    max_missing: int | None = Field(default=None, ge=0)
    scoring: Literal["sum", "mean_times_10"] = "sum"
    source: str | None = None

    @model_validator(mode="after")
    def _numbered(self) -> Items:
        if beyond := [number for number in self.reversed if not 1 <= number <= self.count]:
            raise ConflictError(f"item {beyond[0]} does not exist; the items are 1 to {self.count}", "reversed")
        return self

    @property
    def total(self) -> tuple[int, int]:
        """The lowest and the highest total that the items can give."""
        times = 10 if self.scoring == "mean_times_10" else self.count
        return self.low * times, self.high * times


class Sourced(Cited):
    """A clinical number never stands without its source and how far that was verified."""

    evidence: Evidence


class CutOff(Sourced):
    """Who is a case: the first of a measure decides, the others are shown."""

    value: Number
    case: Literal["at_or_beyond"] = "at_or_beyond"
    meaning: str = ""


class Reliability(Sourced):
    """A coefficient between 0 and 1."""

    value: float = Field(gt=0, lt=1)
    kind: Literal["test_retest", "internal_consistency", "split_half"]
    population: str = ""


class Norm(Sourced):
    """Mean and SD of a population, in points; `selected` where it was chosen for being unwell."""

    population: str
    mean: Number
    sd: Number = Field(gt=0)
    n: int | None = None
    selected: bool


class ReliableChange(Sourced):
    """A published threshold of change within one woman, in points."""

    points: Number = Field(gt=0)
    level: float | None = None
    kind: str
    population: str = ""


class SmallestChange(Sourced):
    """The smallest change that matters to a woman, in points."""

    points: Number = Field(gt=0)


class Licence(Strict):
    """Whether answers to single items may be kept, and their wording printed."""

    store_items: bool
    print_items: bool
    terms: str
    source: str
    evidence: Evidence


class Measure(Strict):
    """One outcome measure. Only id, name, better and range are needed; what is absent is not computed, and said."""

    id: str
    name: str
    short_name: str = ""
    construct_: str = Field(default="", alias="construct")
    better: Literal["lower", "higher"]
    range: Range
    recall_days: int | None = None
    items: Items | None = None
    subscales: dict[str, Annotated[tuple[int, ...], Field(strict=False)]] = Field(default={})
    clinical_cut_offs: tuple[CutOff, ...] = Field(default=(), strict=False)
    reliabilities: tuple[Reliability, ...] = Field(default=(), strict=False)
    norms: tuple[Norm, ...] = Field(default=(), strict=False)
    reliable_changes: tuple[ReliableChange, ...] = Field(default=(), strict=False)
    primary_reliable_change: Number | None = None
    smallest_important_change: SmallestChange | None = None
    licence: Licence | None = None
    authored_by: str = ""
    checked_by: str = ""
    next_review: str = ""

    @field_validator("id")
    @classmethod
    def _plain(cls, value: str) -> str:
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,31}", value):
            raise ValueError("expected a short name of lower-case letters, digits and _ that starts with a letter")
        return value

    @model_validator(mode="after")
    def _within_range(self) -> Measure:
        low, high = self.range.low, self.range.high
        for i, cut_off in enumerate(self.clinical_cut_offs):
            if not low <= cut_off.value <= high:
                message = f"the cut-off {cut_off.value} lies outside the range {low} to {high}"
                raise ConflictError(message, "clinical_cut_offs", i, "value")
        for i, norm in enumerate(self.norms):
            if not low <= norm.mean <= high:
                raise ConflictError(f"the mean {norm.mean} lies outside the range {low} to {high}", "norms", i, "mean")
        for i, change in enumerate(self.reliable_changes):
            if change.points > high - low:
                message = f"the reliable change {change.points} is wider than the range"
                raise ConflictError(message, "reliable_changes", i, "points")
        return self

    @model_validator(mode="after")
    def _items_agree(self) -> Measure:
        if self.items is None:
            return self
        low, high = self.items.total
        if (low, high) != (self.range.low, self.range.high):
            message = f"the items total {low} to {high}, the range says {self.range.low} to {self.range.high}"
            raise ConflictError(message, "items")
        for name, numbers in self.subscales.items():
            if beyond := [number for number in numbers if not 1 <= number <= self.items.count]:
                message = f"item {beyond[0]} does not exist; the items are 1 to {self.items.count}"
                raise ConflictError(message, "subscales", name)
        return self

    @model_validator(mode="after")
    def _decided_by_evidence(self) -> Measure:
        if self.clinical_cut_offs and self.clinical_cut_offs[0].evidence == "BK":
            message = "the first cut-off decides who is a case, not background knowledge: begin with a sourced one"
            raise ConflictError(message, "clinical_cut_offs", 0, "evidence")
        published = {change.points for change in self.reliable_changes}
        primary, key = self.primary_reliable_change, "primary_reliable_change"
        if primary is None and published:
            raise ConflictError("is needed, as reliable_changes are given: name the one that decides the class", key)
        if primary is not None and primary not in published:
            raise ConflictError("must be one of the points under reliable_changes, which carry the source", key)
        if published and all(change.evidence == "BK" for change in self.reliable_changes if change.points == primary):
            message = "rests on background knowledge alone, which never decides: name a sourced one or leave all out"
            raise ConflictError(message, key)
        return self

    @property
    def label(self) -> str:
        """The name for figures and tables."""
        return self.short_name or self.name

    @property
    def sign(self) -> int:
        """+1 where a fall in score is better, -1 where a rise is: improvement = sign x (pre - post)."""
        return 1 if self.better == "lower" else -1

    def holds(self, score: float) -> bool:
        """Whether a total lies in the range and on its step."""
        if not self.range.low <= score <= self.range.high:
            return False
        if self.range.step == "any":
            return True
        steps = (score - self.range.low) / self.range.step
        return math.isclose(steps, round(steps), abs_tol=1e-9)

    def sources(self) -> set[str]:
        """Every source that the file cites."""
        parts = (*self.clinical_cut_offs, *self.reliabilities, *self.norms, *self.reliable_changes)
        single = (self.range, self.items, self.smallest_important_change, self.licence)
        return {part.source for part in (*parts, *single) if part is not None and part.source}


@cache
def load(folders: tuple[Path, ...] = ()) -> dict[str, Measure]:
    """The shipped measures and those of extra `folders`, by id; a later folder may replace an earlier measure.

    Raises FactError where a file is not valid, its name is not its id, or a folder holds none.
    """
    found: dict[str, Measure] = {}
    for folder in (SHIPPED, *folders):
        paths = sorted(p for p in folder.glob("*.y*ml") if p.name != FILE)
        if not paths:
            raise FactError(f"{folder}: holds no measure file (*.yaml). Add one, or take it out of paths.measures.")
        for path in paths:
            measure = read(path, Measure)
            if measure.id != path.stem:
                raise FactError(f"{path}: id: found {measure.id!r}; expected {path.stem!r}, the name of the file.")
            found[measure.id] = measure
    return found
