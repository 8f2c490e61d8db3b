"""Which sites have a context, and which theories cannot be told apart because their contexts go together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.codes import SERVICE_FEATURES
from pipeline.stats.contrast import phi
from pipeline.theories.vocabulary import LIMIT

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from pipeline.theories import Theory

ALIKE = 0.8


def latest(service: DataFrame) -> DataFrame:
    """The latest row of each site, by site."""
    ordered = service.sort_values("period_end", kind="stable", na_position="first")
    return ordered.drop_duplicates("site_id", keep="last").set_index("site_id")


def sites_with(service: DataFrame, theory: Theory) -> Series[Any]:
    """Whether each site has the context of a theory, by its latest return; missing where it did not say.

    A blank time limit means that there is none, at a site that says anything of its features. For a context of women every
    site is missing.
    """
    import pandas as pd

    rows = latest(service)
    if not theory.context.is_of_sites:
        return pd.Series(pd.NA, index=rows.index, dtype="boolean")
    return has_code(rows, theory.context.column, str(theory.context.is_))


def has_code(rows: DataFrame, column: str, code: str) -> Series[Any]:
    """Whether each site's row has a code in a column; missing where it is blank."""
    if column == LIMIT:
        says = rows[[LIMIT, *SERVICE_FEATURES]].notna().any(axis=1)
        return ((rows[LIMIT].notna() == (code == "y")).astype("boolean")).where(says)
    return rows[column].map(lambda value: value == code, na_action="ignore").astype("boolean")


def told_apart(theory: Theory, mine: Series[Any], contexts: dict[str, Series[Any]], theories: dict[str, Theory]) -> str | None:
    """Another theory whose context splits these units alike, if there is one.

    `mine`: whether each unit has the context, without blanks; `contexts`: the same of every theory over its own units,
    sites for contexts of sites and women for those of women.
    """
    own = mine.to_numpy(dtype=bool)
    for other in theories.values():
        if other.context.variable == theory.context.variable or other.context.is_of_sites != theory.context.is_of_sites:
            continue
        theirs = contexts[other.id].reindex(mine.index).astype("boolean")
        known = theirs.notna().to_numpy()
        if known.sum() > 2 and abs(phi(own[known], theirs[known].to_numpy(dtype=bool))) >= ALIKE:
            return other.id
    return None
