"""One constructor a kind of column, so that every column states its title, unit, meaning and codes."""

from __future__ import annotations

from typing import Any

import pandera.pandas as pa
from pandera.engines.pandas_engine import STRING, Engine

Column = pa.Column


class Text(STRING):
    """Text as pandas keeps it; a column of that very type needs no look at each of its values."""

    def __init__(self) -> None:
        super().__init__(None)

    def check(self, pandera_dtype: Any, data_container: Any = None) -> Any:
        """True where the type is right; else whether each value is text."""
        is_text = Engine.dtype(pandera_dtype).type == self.type
        return is_text or super().check(pandera_dtype, data_container)


def _column(
    dtype: str, kind: str, title: str, description: str, *, unit: str = "", codes: tuple[str, ...] = (), **options: Any
) -> Column:
    needed, blank = options.pop("needed", False), options.pop("blank", "")
    return pa.Column(
        Text() if dtype == "str" else dtype,
        title=title,
        description=description,
        nullable=options.pop("nullable", not needed),
        metadata={"kind": kind, "dtype": dtype, "unit": unit, "codes": codes, "needed": needed, "blank": blank},
        **options,
    )


def text(title: str, description: str = "", **options: Any) -> Column:
    """Text kept exactly as received, such as a pseudonymous identifier."""
    return _column("str", "text", title, description, **options)


def code(title: str, codes: tuple[str, ...], description: str = "", **options: Any) -> Column:
    """One value of a closed list."""
    checks = pa.Check.isin(codes)
    return _column("str", "code", title, description, codes=codes, checks=checks, **options)


def code_list(title: str, codes: tuple[str, ...], description: str = "", **options: Any) -> Column:
    """Several values of a closed list, joined by semicolons."""
    return _column("str", "code_list", title, description, codes=codes, **options)


def yes_no(title: str, description: str = "", **options: Any) -> Column:
    """`y` or `n`."""
    return code(title, ("y", "n"), description, **options)


def date(title: str, description: str = "", **options: Any) -> Column:
    """A calendar date, without a time of day."""
    return _column("datetime64[us]", "date", title, description, **options)


def month(title: str, description: str = "", **options: Any) -> Column:
    """A calendar month, stored as its first day."""
    return _column("datetime64[us]", "month", title, description, **options)


def whole(title: str, description: str = "", **options: Any) -> Column:
    """A whole number that may be missing."""
    return _column("Int64", "whole", title, description, **options)


def number(title: str, description: str = "", **options: Any) -> Column:
    """A real number; missing is NaN."""
    return _column("float64", "number", title, description, **options)


def flag(title: str, description: str = "", **options: Any) -> Column:
    """True, false or not known."""
    return _column("boolean", "flag", title, description, **options)


def table(name: str, title: str, grain: str, columns: dict[str, Column], *, key: tuple[str, ...] = ()) -> pa.DataFrameSchema:
    """A table: strict and ordered, with its grain in one sentence and, where it has one, its key."""
    return pa.DataFrameSchema(
        columns,
        name=name,
        title=title,
        description=grain,
        strict=True,
        ordered=True,
        unique=list(key) or None,
        metadata={"key": key},
    )


POINTS: dict[str, Any] = {"unit": "points of the measure"}


def counts(**titles: str) -> dict[str, Column]:
    """Counts of women, by name and title."""
    return {name: whole(title, unit="women", nullable=True) for name, title in titles.items()}


def limits(what: str) -> dict[str, Column]:
    """The 95 % limits, `low` and `high`, of a number in points."""
    return {end: number(f"{what}: {word} 95 % limit", **POINTS) for end, word in (("low", "lower"), ("high", "upper"))}
