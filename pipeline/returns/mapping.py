"""A site's own words: which of its sheets, headings and codes stand for which of ours, as a person wrote them down."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from pipeline.config import SITE_NAME, Names
from pipeline.returns.cells import heading
from pipeline.returns.inventory import is_ignored
from pipeline.strict_yaml import ConflictError, FactError, Strict, line_of, read

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

_ITEM = re.compile(r"item_[1-9]\d{0,2}")


def _text_keys(value: object) -> object:
    for key in value if isinstance(value, dict) else ():
        if not isinstance(key, str):
            raise ValueError(f"holds the key {key!r}, which YAML does not read as text; put it in quotes, such as 'Yes' or '01'")
    return value


class Score(Strict):
    """What a heading of a wide sheet stands for; `date` is the site's heading over the dates of these scores."""

    measure: str
    occasion: Literal["pre", "during", "post", "follow_up"]
    date: str | None = None


Words = Annotated[dict[str, str], BeforeValidator(_text_keys)]
Sheets = Annotated[dict[str, str | Names], BeforeValidator(_text_keys)]
Headings = Annotated[dict[str, str | Score], BeforeValidator(_text_keys)]


class Mapping(Strict):
    """One file `<SITE>.yaml`; what it does not name stays as the site wrote it.

    `sheets`: a sheet's name and our table, or our table and the list of sheets that make it up together. `columns`: for each
    of our tables, a heading and our column, or the score that it stands for. `codes`: for `table.column`, a code and ours.
    """

    sheets: Sheets = Field(default_factory=dict)
    columns: dict[str, Headings] = Field(default_factory=dict)
    codes: dict[str, Words] = Field(default_factory=dict)
    dates: Literal["iso", "dd/mm/yyyy"] = "iso"

    @model_validator(mode="after")
    def _names_what_there_is(self) -> Mapping:
        if not (self.sheets or self.columns or self.codes):
            return self
        from pipeline.tables.returned import RETURNED

        for key, given in self.sheets.items():
            _one_of(key if isinstance(given, tuple) else given, RETURNED, "table", "sheets", key)
        _distinct([(("sheets", key), name) for key, given in self.sheets.items() for name in _tabs(key, given)])
        for table, headings in self.columns.items():
            _one_of(table, RETURNED, "table", "columns", table)
            _distinct([(("columns", table, name), name) for name in headings])
            _check_headings(table, headings)
        for place, words in self.codes.items():
            table, _, column = place.partition(".")
            _one_of(table, RETURNED, "table", "codes", place)
            _one_of(column, RETURNED[table].columns, f"column of {table}", "codes", place)
            _check_codes(place, words, RETURNED[table].columns[column].metadata)
        return self

    @property
    def tables(self) -> dict[str, str]:
        """Our table by the name of a sheet, spelt as a heading."""
        return {
            heading(name): key if isinstance(given, tuple) else given
            for key, given in self.sheets.items()
            for name in _tabs(key, given)
        }

    def scores(self, table: str) -> dict[str, Score]:
        """What the headings of a wide sheet stand for, by heading."""
        return {heading(name): to for name, to in self.columns.get(table, {}).items() if isinstance(to, Score)}

    def names(self, table: str) -> dict[str, str]:
        """What each heading stands for: one of our columns, `pcl5 pre <heading>` for scores, `date <heading>` for their dates."""
        scores = self.scores(table)
        dates = {heading(score.date): f"date {heading(score.date)}" for score in scores.values() if score.date}
        plain = {heading(name): to for name, to in self.columns.get(table, {}).items() if isinstance(to, str)}
        return {**plain, **{name: f"{score.measure} {score.occasion} {name}" for name, score in scores.items()}, **dates}

    @property
    def headings(self) -> set[str]:
        """Every heading that it names."""
        return {name for table in self.columns for name in self.names(table)}

    @property
    def measures(self) -> list[tuple[tuple[str, ...], str]]:
        """Every measure that it names, with the key that names it."""
        scores = [
            (("columns", t, n), to.measure) for t, hs in self.columns.items() for n, to in hs.items() if isinstance(to, Score)
        ]
        words = [(("codes", p, n), to) for p, ws in self.codes.items() if p.endswith(".measure") for n, to in ws.items()]
        return [*scores, *words]


def load(folder: Path, *, sites: Iterable[str] | None, measures: Collection[str]) -> dict[str, Mapping]:
    """Every mapping of a folder by site. `sites` is the registry of the config, if there is one.

    Raises FactError with file and line where a file is no mapping, or names a site, table, column, code or measure that there
    is not.
    """
    if not folder.is_dir():
        raise FactError(f"{folder}: is no folder. Make it, or take paths.mappings out of the config.")
    found = {}
    for path in sorted(p for p in folder.iterdir() if not is_ignored(p.name)):
        if path.suffix != ".yaml" or not SITE_NAME.fullmatch(path.stem):
            raise FactError(f"{path}:1: its name is not a site's code and .yaml. Rename it, such as S07.yaml.")
        if sites is not None and path.stem not in set(sites):
            raise FactError(f"{path}:1: {path.stem} is not in the list `sites` of the config. Rename it, or add the site.")
        mapping = read(path, Mapping)
        for key, measure in mapping.measures:
            if measure not in measures:
                allowed = ", ".join(sorted(measures))
                raise FactError(f"{path}:{line_of(path, *key)}: {'.'.join(key)}: found {measure!r}; allowed: {allowed}.")
        found[path.stem] = mapping
    return found


def read_mapping(path: Path | None) -> Mapping:
    """The mapping of one site, empty where it has none. Raises FactError."""
    return Mapping() if path is None else read(path, Mapping)


def _tabs(key: str, given: str | tuple[str, ...]) -> tuple[str, ...]:
    return given if isinstance(given, tuple) else (key,)


def _one_of(name: str, allowed: Iterable[str], what: str, *key: str) -> None:
    if name not in allowed:
        raise ConflictError(f"{name!r} is no {what}; allowed: {', '.join(allowed)}", *key)


def _distinct(named: Sequence[tuple[tuple[str, ...], str]]) -> None:
    seen: set[str] = set()
    for key, name in named:
        plain = heading(name)
        if not plain:
            raise ConflictError("needs a letter from a to z or a digit", *key)
        if plain in seen:
            raise ConflictError(f"{name!r} is named twice, apart from capitals, spaces and marks", *key)
        seen.add(plain)


def _check_headings(table: str, headings: dict[str, Any]) -> None:
    from pipeline.tables.returned import RETURNED

    columns = RETURNED[table].columns
    is_wide = any(isinstance(to, Score) for to in headings.values())
    taken = {heading(name) for name in headings}
    for name, to in headings.items():
        key = ("columns", table, name)
        if isinstance(to, Score):
            if table != "outcomes":
                raise ConflictError("only headings of outcomes stand for a score", *key)
            if to.date is not None and (not heading(to.date) or heading(to.date) in taken):
                raise ConflictError(f"the date heading {to.date!r} is blank, or is named on a line of its own", *key)
        elif not ("items" in columns and _ITEM.fullmatch(to)):
            _one_of(to, columns, f"column of {table}", *key)
        if is_wide and not isinstance(to, Score) and (to in {"measure", "occasion", "total", "items"} or _ITEM.fullmatch(to)):
            raise ConflictError(f"{to} cannot stand beside headings that stand for a score", *key)


def _check_codes(place: str, words: dict[str, str], metadata: dict[str, Any]) -> None:
    import pandas as pd

    from pipeline.returns.parsing import parse

    if metadata["kind"] in {"date", "month"} or place.endswith(("referral_id", "person_id", ".items", ".date")):
        raise ConflictError("dates and identifiers are not translated", "codes", place)
    seen: dict[str, str] = {}
    for theirs, ours in words.items():
        result = parse(pd.Series([ours], dtype="str"), metadata)
        if not ours.strip() or result.is_bad.any():
            allowed = f"; allowed: {', '.join(metadata['codes'])}" if metadata["codes"] else ""
            raise ConflictError(f"{ours!r} is no value of {place}{allowed}", "codes", place, theirs)
        if seen.setdefault(folded(theirs), ours) != ours:
            raise ConflictError(f"{theirs!r} is named twice, apart from capitals and spaces", "codes", place, theirs)


def folded(text: str) -> str:
    """A code as it is compared: without capitals, and one space between words."""
    return " ".join(text.split()).casefold()
