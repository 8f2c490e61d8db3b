"""One table of one return while it is checked: what was read, what it is taken for, and which of its rows are out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipeline.returns.cells import masked
from pipeline.returns.faults import Fault, fault
from pipeline.stages.ingest import PART, ROW, SHEET

if TYPE_CHECKING:
    from pandas import DataFrame, Series


@dataclass
class Checked:
    """One table of one return while it is checked: cells as read, typed values, and which rows are out."""

    site_id: str
    table: str
    read: DataFrame
    letters: dict[str, str]
    typed: DataFrame
    is_rejected: Series[bool]
    faults: list[Fault] = field(default_factory=list)
    is_set_aside: bool = False
    by_part: dict[tuple[int, str], str] = field(default_factory=dict)

    def add(self, rule: str, rows: Series[bool], column: str, *, limit: str = "", found: str = "", severity: str = "") -> None:
        """Note a fault for each marked row at `column`; a row fault takes the row out, once and for its first reason."""
        hit = rows.fillna(value=False).astype(bool) & ~self.is_rejected
        new = [self._fault(rule, i, column, limit=limit, found=found, severity=severity) for i in self.read.index[hit]]
        self.faults += new
        if new and new[0].severity == "row":
            self.is_rejected |= hit
        elif new and new[0].severity == "value" and column in self.typed:
            self.typed[column] = self.typed[column].mask(hit)

    def add_once(
        self, rule: str, rows: Series[bool], column: str, *, limit: str = "", found: str = "", severity: str = ""
    ) -> None:
        """Note one fault at the first marked row; one of severity file sets the table aside, one of a row all that are marked."""
        marked = rows.fillna(value=False).astype(bool)
        hit = self.read.index[marked]
        if len(hit):
            self.faults.append(self._fault(rule, hit[0], column, limit=limit, found=found, severity=severity))
            if self.faults[-1].severity == "file":
                self.set_aside()
            elif self.faults[-1].severity == "row":
                self.is_rejected |= marked

    def set_aside_for(self, rule: str, found: str) -> None:
        """Set the table aside for a fault that stands in no row."""
        self.faults.append(fault(rule, site_id=self.site_id, found=found, table=self.table, sheet=self.table))
        self.set_aside()

    def set_aside(self) -> None:
        """Take out every row."""
        self.is_set_aside, self.is_rejected = True, self.is_rejected | True

    def _fault(self, rule: str, index: Any, column: str, *, limit: str, found: str, severity: str) -> Fault:
        row, own = int(self.read[ROW][index]), column if self.letters.get(column) == column else ""
        letter = self.by_part.get((int(self.read[PART][index]), column), own)
        value = self.read[column].fillna("")[index].strip() if column in self.read else ""
        return fault(
            rule,
            site_id=self.site_id,
            found=found or masked(value) or "blank",
            limit=limit,
            severity=severity or None,
            table=self.table,
            sheet=str(self.read[SHEET][index]),
            cell=f"{letter}{row}" if letter else "",
            row=row,
            column=column,
        )
