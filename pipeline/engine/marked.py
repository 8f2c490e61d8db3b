"""An open CSV file that says in a column of its own that its data were invented."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.engine.nodes import CsvTable, check, to_csv, write_atomically

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(kw_only=True)
class MarkedCsv(CsvTable):
    """A CSV file with a last column `data` that holds `mark` in every row; no such column where there is no mark.

    A line of comment would break readers, and a file without a mark could be taken for a real one.
    """

    mark: str = ""

    def save(self, value: DataFrame) -> None:
        """Check, mark, then write."""
        checked = check(self.schema, value)
        write_atomically(self.path, to_csv(checked.assign(data=self.mark) if self.mark else checked))
