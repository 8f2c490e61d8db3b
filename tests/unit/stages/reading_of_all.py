"""What the open tables of a whole study say of the cells of its sites, read table by table as a stranger would."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tests.unit.stages.adversary import MINIMUM

Tables = dict[str, pd.DataFrame]
ALL = "ALL"


class Opened:
    """The open tables of one release, and which of their figures were looked at."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.looked_at: set[tuple[str, str]] = set()
        self._by: dict[Any, dict[Any, dict[str, Any]]] = {}

    def rows(self, table: str, **where: Any) -> list[dict[str, Any]]:
        """The rows of a table that hold these values, shown or not."""
        found = self.tables[table]
        for name, value in where.items():
            found = found[found[name].isna() if value is None else found[name] == value]
        return [{str(name): value for name, value in row.items()} for row in found.to_dict("records")]

    def figure(self, table: str, column: str, status: str = "status", **where: Any) -> Any:
        """The one figure of a row; None where there is no such row, or it is not shown."""
        self.looked_at.add((table, column))
        names = tuple(where)
        if (table, names) not in self._by:
            rows = self.rows(table)
            self._by[table, names] = {tuple(_plain(row[name]) for name in names): row for row in reversed(rows)}
        row = self._by[table, names].get(tuple(where.values()))
        return None if row is None or (status and row[status] != "shown") else _plain(row[column])


def _plain(value: Any) -> Any:
    return None if pd.isna(value) else value


def enter(counts: pd.Series, least: int = MINIMUM) -> list[str]:
    """The sites behind a figure over sites: the large ones, and the small ones together or not at all."""
    small = counts[(counts > 0) & (counts < least)]
    together = len(small) > 1 and small.sum() >= least
    return [str(site) for site, n in counts.items() if n >= least or (together and n > 0)]
