"""One table while it is checked, over every site at once: what was read, what it is taken for, and which rows are out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pipeline.returns.cells import masked
from pipeline.returns.faults import Fault, fault
from pipeline.stages.ingest import BEYOND, MARKS, PART, ROW, SHEET

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from pandas import DataFrame, Series

    Positions = NDArray[np.intp]
    Found = str | Callable[[Positions], str]

SITE = "_site"
Overruled = frozenset[tuple[str, str, str, str]]
"""Site, rule, sheet and cell of faults that somebody has decided are none."""


@dataclass
class Checked:
    """One table of all returns: cells as read, typed values, and which rows are out.

    Every frame and series has the rows of `read`, numbered from 0, the rows of a site together. `letters` names the letter of
    a column by site, part of the return and column. A column given as several names is the first that the site sent.
    """

    table: str
    sites: list[str]
    read: DataFrame
    letters: dict[tuple[str, int, str], str]
    typed: DataFrame
    is_rejected: Series[bool]
    overruled: Overruled = frozenset()
    faults: list[Fault] = field(default_factory=list)
    set_aside: set[str] = field(default_factory=set)

    def type_as(self, values: dict[str, Series[Any]], dtypes: dict[str, str]) -> None:
        """Take these for what the cells say; a column that is not among `values` is missing."""
        import pandas as pd

        missing: Series[Any] = pd.Series(None, index=self.read.index, dtype="object")
        typed: dict[str, Any] = {column: values.get(column, missing).astype(dtype) for column, dtype in dtypes.items()}  # type: ignore[call-overload] # a name of a type
        self.typed = pd.DataFrame(typed)

    @cached_property
    def site(self) -> Series[str]:
        """The site of each row."""
        return self.read[SITE]

    @cached_property
    def sent(self) -> dict[str, dict[str, str]]:
        """By site, the columns that it sent and the letter of each."""
        sent: dict[str, dict[str, str]] = {site: {} for site in self.sites}
        for (site, _, column), letter in self.letters.items():
            sent[site].setdefault(column, letter)
        return sent

    @property
    def kept(self) -> DataFrame:
        """The typed rows that stand so far."""
        return self.typed[~self.is_rejected]

    def named(self, site: str, *columns: str) -> str:
        """The first of several columns that a site sent; the first of all where it sent none."""
        return next((column for column in columns if column in self.sent[site]), columns[0])

    def by_site(self, rows: Series[bool]) -> Iterator[tuple[str, Positions]]:
        """Each site with a marked row, and where its marked rows stand."""
        import numpy as np

        at = np.flatnonzero(rows.to_numpy(dtype=bool, na_value=False))
        if len(at):
            which = self._numbers[at]
            starts = np.flatnonzero(np.r_[True, which[1:] != which[:-1]])
            for start, end in zip(starts, np.r_[starts[1:], len(at)], strict=True):
                yield str(self.site.iloc[at[start]]), at[start:end]

    def marking(self, at: Any) -> Series[bool]:
        """The rows at these positions, marked."""
        import numpy as np
        import pandas as pd

        rows = np.zeros(len(self.read), dtype=bool)
        rows[np.asarray(at, dtype=int)] = True
        return pd.Series(rows, index=self.read.index, dtype="bool")

    def add(
        self,
        rule: str,
        rows: Series[bool],
        *columns: str,
        limit: str = "",
        found: str = "",
        severity: str = "",
        letter: str = "",
    ) -> None:
        """Note a fault for each marked row at a column; a row fault takes the row out, once and for its first reason."""
        import numpy as np

        at = np.flatnonzero(rows.to_numpy(dtype=bool, na_value=False) & ~self.is_rejected.to_numpy())
        new = [
            (i, self._fault(rule, i, columns, limit=limit, found=found, severity=severity, letter=letter)) for i in at.tolist()
        ]
        new = [(i, each) for i, each in new if not self._is_overruled(each)]
        self.faults += [each for _, each in new]
        if new and new[0][1].severity == "row":
            self.is_rejected |= self.marking([i for i, _ in new])
        elif new and new[0][1].severity == "value":
            for column in {each.column for _, each in new} & {*self.typed}:
                self.typed[column] = self.typed[column].mask(self.marking([i for i, each in new if each.column == column]))

    def add_once(
        self,
        rule: str,
        rows: Series[bool],
        *columns: str,
        limit: str = "",
        found: Found = "",
        severity: str = "",
        letter: str = "",
        blanks: str = "",
    ) -> None:
        """Note one fault a site at its first marked row.

        One of severity file sets the site's table aside, one of a row takes out all that are marked, one of a value leaves out
        the column `blanks` of all of them. In `found`, {n} is how many rows of the site are marked; or it is made from their
        positions.
        """
        for site, at in self.by_site(rows):
            if site in self.set_aside:
                continue
            said = found.replace("{n}", str(len(at))) if isinstance(found, str) else found(at)
            new = self._fault(rule, int(at[0]), columns, limit=limit, found=said, severity=severity, letter=letter)
            if self._is_overruled(new):
                continue
            self.faults.append(new)
            if new.severity == "file":
                self.put_aside(site)
            elif new.severity == "row":
                self.is_rejected |= self.marking(at)
            elif blanks:
                self.typed[blanks] = self.typed[blanks].mask(self.marking(at))

    def put_aside_for(self, site: str, rule: str, found: str) -> None:
        """Set a site's table aside for a fault that stands in no row."""
        self.faults.append(fault(rule, site_id=site, found=found, table=self.table, sheet=self.table))
        self.put_aside(site)

    def put_aside(self, site: str) -> None:
        """Take out every row of a site."""
        self.set_aside.add(site)
        self.is_rejected = self.is_rejected | (self.site == site)

    def at_places(self, places: set[tuple[str, str, int]]) -> Series[bool]:
        """The rows at these sites, sheets and rows of the sheet, marked."""
        here = zip(*self._places[:3], strict=True)
        return self.marking([at for at, place in enumerate(here) if place in places])

    @cached_property
    def _numbers(self) -> Positions:
        import pandas as pd

        return pd.factorize(self.site)[0]

    @cached_property
    def _places(self) -> tuple[list[str], list[str], list[int], list[int]]:
        """Lists are far sooner asked for one row than frames."""
        return self.site.tolist(), self.read[SHEET].tolist(), self.read[ROW].tolist(), self.read[PART].tolist()

    def _is_overruled(self, new: Fault) -> bool:
        return bool(self.overruled) and (new.site_id, new.rule_id, new.sheet, new.cell) in self.overruled

    def _fault(
        self, rule: str, index: int, columns: tuple[str, ...], *, limit: str, found: str, severity: str, letter: str
    ) -> Fault:
        sites, sheets, rows, parts = self._places
        site, row, column = sites[index], int(rows[index]), self.named(sites[index], *columns)
        letter = self.letters.get((site, parts[index], column), letter)
        value = str(self.read[column].iloc[index]).strip() if column in self.read else ""
        return fault(
            rule,
            site_id=site,
            found=found or masked(value) or "blank",
            limit=limit,
            severity=severity or None,
            table=self.table,
            sheet=str(sheets[index]),
            cell=f"{letter}{row}" if letter else "",
            row=row,
            column=column,
        )


def stacked(frames: dict[str, DataFrame]) -> DataFrame:
    """The rows of one table of all sites, as text; a column that a site did not send is blank there."""
    import pandas as pd

    stack = pd.concat([frame.assign(**{SITE: site}) for site, frame in frames.items()], ignore_index=True)
    for column in (c for c in stack if c not in {ROW, PART}):
        stack[column] = stack[column].astype("str").fillna("")
    return stack.astype({ROW: "int64", PART: "int64"})


BESIDE = (SITE, SHEET, ROW, BEYOND, MARKS, PART)
"""Columns of the cells as read that are no cells."""
