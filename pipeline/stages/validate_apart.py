"""Cells set apart before a column is parsed: marked in the workbook, an error, a word for no answer, a count held back."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from pipeline.returns.parsing import ERROR, no_answers
from pipeline.stages.ingest import MARKS
from pipeline.stages.validate_counts import HELD_BACK

if TYPE_CHECKING:
    from collections.abc import Callable

    from pandas import DataFrame, Series

    from pipeline.stages.validate_checked import Checked, Positions

Apart = dict[str, dict[str, "Series[bool]"]]
"""By column and rule, the cells that are set apart."""
_IDS = ("site_id", "referral_id", "person_id")
"""Texts in which a word for no answer is no value either; in others it may be a code of the site's own."""
_COUNTED = ("no-answer", "suppressed-count")


def set_apart(read: DataFrame, columns: dict[str, dict[str, Any]]) -> Apart:
    """Cells that hold no value of their column, by the rule that says why; `columns` gives the metadata of each."""
    marks = _marked(read)
    found = {column: _of(read, column, metadata, marks.get(column, {})) for column, metadata in columns.items()}
    return {column: rules for column, rules in found.items() if rules}


def without(read: DataFrame, apart: Apart) -> DataFrame:
    """The cells as read, blank where they are set apart."""
    blanked = {column: read[column].mask(_any(rules), "") for column, rules in apart.items()}
    return read.assign(**blanked)


def _marked(read: DataFrame) -> dict[str, dict[str, Series[bool]]]:
    """By column and rule, the cells that the workbook's own marks set apart."""
    import numpy as np
    import pandas as pd

    places: dict[str, dict[str, list[int]]] = {}
    marks = read[MARKS].to_numpy(dtype=object)
    for at in np.flatnonzero(marks != ""):
        for mark in str(marks[at]).split(";"):
            column, _, rule = mark.partition("=")
            places.setdefault(column, {}).setdefault(rule, []).append(int(at))
    here = np.arange(len(read))
    return {
        column: {rule: pd.Series(np.isin(here, at), index=read.index) for rule, at in sorted(rules.items())}
        for column, rules in places.items()
    }


def _of(read: DataFrame, column: str, metadata: dict[str, Any], marked: dict[str, Series[bool]]) -> dict[str, Series[bool]]:
    import numpy as np
    import pandas as pd

    which, words = pd.factorize(read[column])
    plain = [str(word).strip() for word in words]
    found = dict(marked)

    def note(rule: str, fits: Callable[[str], bool]) -> None:
        """Mark the cells whose words fit, but for those that another rule has."""
        flags = [fits(word) for word in plain]
        if any(flags):
            rows = pd.Series(np.array([*flags, False])[which], index=read.index)
            found[rule] = rows & ~_any(found) if found else rows

    broken = found.pop("cell-error", None)
    note("cell-error", lambda word: word[:1] == "#" and re.fullmatch(ERROR, word) is not None)
    if broken is not None:
        found["cell-error"] = found["cell-error"] | broken if "cell-error" in found else broken
    if metadata.get("kind") != "text" or column in _IDS:
        none = no_answers(metadata)
        note("no-answer", lambda word: word.lower() in none)
    if column.startswith("n_"):
        note("suppressed-count", lambda word: re.fullmatch(HELD_BACK, word) is not None)
    return {rule: rows for rule, rows in found.items() if rows.any()}


def _any(rules: dict[str, Series[bool]]) -> Series[bool]:
    import numpy as np
    import pandas as pd

    first, *others = rules.values()
    return pd.Series(np.logical_or.reduce([first, *others]).astype(bool), index=first.index)


def add_apart(checked: Checked, apart: Apart, has: dict[tuple[str, ...], Series[bool]]) -> None:
    """Name each cell that is marked or an error; it takes its row out where the row needs it.

    `has` says for each group of columns of which a row needs one whether it has one; a count held back is one.
    """
    for column, rules in apart.items():
        for rule, rows in rules.items():
            mine = [group for group in has if column in group]
            if rule == "suppressed-count":
                for group in mine:
                    has[group] = has[group] | rows
            elif rule != "no-answer":
                for group in mine:
                    checked.add(rule, rows & ~has[group], column, severity="row")
                checked.add(rule, rows, column)


def add_counted(checked: Checked, apart: Apart) -> None:
    """One line a column for words that mean no answer, and for counts held back: each with how often it stands there."""
    for column, rules in apart.items():
        words = checked.read[column]

        def said(at: Positions, words: Series[Any] = words) -> str:
            counts = Counter(words.iloc[at].str.strip())
            return ", ".join(f"{word} in {count} row(s)" for word, count in sorted(counts.items())[:5])

        for rule in (rule for rule in _COUNTED if rule in rules):
            checked.add_once(rule, rules[rule] & ~checked.is_rejected, column, found=said)
