"""Tables drawn in text, so that a test reads as the rule that it shows."""

from __future__ import annotations

from typing import Any

import pandas as pd


def drawn(text: str) -> pd.DataFrame:
    """A table from lines of words, the columns first; `-` is missing, and numbers are numbers."""
    head, *rows = (line.split() for line in text.strip().splitlines())
    assert all(len(row) == len(head) for row in rows), "every line has as many words as the first"
    return pd.DataFrame([[_value(word) for word in row] for row in rows], columns=head)


def _value(word: str) -> Any:
    if word == "-":
        return None
    if word in {"yes", "no"}:
        return word == "yes"
    try:
        return float(word) if "." in word else int(word)
    except ValueError:
        return word
