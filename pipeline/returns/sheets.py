"""What a reader makes of a file: sheets of cells as text, or a finding that says why there are none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime
    from collections.abc import Mapping

Rows = list[list[str]]
UNSEEN = "not searched for identifiers"
"""Said of what was sent and could not be looked through."""
HEADER_SEARCH = 30
"""Headings are looked for in so many rows."""


class UnreadableError(Exception):
    """What is not read: `kind` is unreadable or too-large, `found` what is wrong, `limit` what is allowed."""

    def __init__(self, kind: str, found: str, limit: str = "") -> None:
        super().__init__(found)
        self.kind, self.found, self.limit = kind, found, limit


@dataclass(frozen=True)
class Sheet:
    """One sheet or CSV file: its name, its cells as text, and the row and column where the cells begin, from 0.

    `trouble` is why it was not read; `read_as` says how, where that was not plain. `strays` gives, by its place in `rows`, each
    line of a CSV file that a stray quotation mark spoils, with the column of the mark. `is_ragged` where each row has a length
    of its own, as in a CSV file. `day_zero` is the day from which a workbook counts its days, where that is known.
    """

    name: str
    rows: Rows = field(default_factory=list)
    first_row: int = 0
    first_column: int = 0
    trouble: UnreadableError | None = None
    read_as: str = ""
    strays: Mapping[int, int] = field(default_factory=dict)
    is_ragged: bool = False
    day_zero: datetime.date | None = None
