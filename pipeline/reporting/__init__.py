"""What a report has to say by the published standards, and where a reader in need finds help: facts with their sources."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import Field

from pipeline.bibliography import Evidence
from pipeline.strict_yaml import Strict, read

_HERE = Path(__file__).parent
STANDARDS = _HERE / "standards.yaml"
SIGNPOSTS = _HERE / "signposts.yaml"


class Item(Strict):
    """One item of a standard, titled in our words.

    `evidence`: how far the item's own wording was read. `where`: headings of the national report. `team`: what only the people
    who run the study can add; empty where the report says all.
    """

    number: str = Field(min_length=1)
    title: str = Field(min_length=1)
    evidence: Evidence
    where: tuple[str, ...] = Field(default=(), strict=False)
    team: str = ""


class Standard(Strict):
    """A published list of what a report has to say."""

    id: str = Field(min_length=1)
    title: str = Field(min_length=1)
    citation: str = Field(min_length=1)
    url: str
    items: tuple[Item, ...] = Field(strict=False, min_length=1)


class Standards(Strict):
    """Every standard that the national report is held against."""

    standards: tuple[Standard, ...] = Field(strict=False, min_length=1)


class Signpost(Strict):
    """Where to turn, in plain words, with the page on which that was read."""

    when: str = Field(min_length=1)
    turn_to: str = Field(min_length=1)
    url: str = Field(min_length=1)


class Signposts(Strict):
    """All signposts, the most urgent first."""

    signposts: tuple[Signpost, ...] = Field(strict=False, min_length=1)


@cache
def standards(path: Path = STANDARDS) -> tuple[Standard, ...]:
    """The shipped standards; FactError where the file cannot be used."""
    return read(path, Standards).standards


@cache
def signposts(path: Path = SIGNPOSTS) -> tuple[Signpost, ...]:
    """The shipped signposts; FactError where the file cannot be used."""
    return read(path, Signposts).signposts
