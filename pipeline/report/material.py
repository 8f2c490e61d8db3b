"""The open tables as plain rows, which is all that a figure or a document is given to draw from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pandas import DataFrame

    from pipeline.measures import Measure

Row = dict[str, Any]


class Material:
    """Rows of the open tables, None where a value is missing; an absent table has no rows. `alt` tells each figure in words."""

    def __init__(
        self, tables: Mapping[str, DataFrame], measures: Mapping[str, Measure], alt: Mapping[str, str] | None = None
    ) -> None:
        self.measures, self.tables = dict(measures), dict(tables)
        self.alt = dict(alt or {})
        self._rows: dict[str, list[Row]] = {}
        self._findings: dict[str, Row] | None = None

    def rows(self, table: str, **where: object) -> list[Row]:
        """The rows of `table` whose columns equal `where`, in the order of the table."""
        if table not in self._rows:
            self._rows[table] = _records(self.tables.get(table))
        return [row for row in self._rows[table] if all(row.get(name) == value for name, value in where.items())]

    def row(self, table: str, **where: object) -> Row | None:
        """The first of those rows, if there is any."""
        found = self.rows(table, **where)
        return found[0] if found else None

    def finding(self, key: str) -> Row | None:
        """The finding of that key, shown or not."""
        if self._findings is None:
            self._findings = {row["key"]: row for row in self.rows("findings")}
        return self._findings.get(key)

    @property
    def primary(self) -> str | None:
        """The id of the first measure of the study that has a flow, else of the first."""
        flows = {row["measure"] for row in self.rows("open_flow")}
        return next((name for name in self.measures if name in flows), next(iter(self.measures), None))


def is_shown(row: Row | None, *columns: str) -> bool:
    """Whether a row may be printed and holds the columns that are asked for."""
    return row is not None and row.get("status") == "shown" and all(row.get(name) is not None for name in columns)


def by_status(rows: list[Row], *columns: str) -> tuple[list[Row], dict[str, list[str]]]:
    """Rows that are shown, and the sites of the others by their status, each in order of site code."""
    ordered = sorted(rows, key=lambda row: row["site_id"])
    shown = [row for row in ordered if is_shown(row, *columns)]
    others: dict[str, list[str]] = {}
    for row in ordered:
        if not is_shown(row, *columns):
            status = row["status"] if row["status"] != "shown" else "no_interval"
            others.setdefault(status, []).append(row["site_id"])
    return shown, others


def _records(frame: DataFrame | None) -> list[Row]:
    if frame is None or frame.empty:
        return []
    plain = frame.astype(object).where(frame.notna(), None)
    return [{str(name): value for name, value in row.items()} for row in plain.to_dict("records")]
