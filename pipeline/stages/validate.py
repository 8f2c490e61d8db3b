"""Validate: cells as text to typed, accepted tables; each fault named by cell; rows read = accepted + rejected."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from pipeline.returns.faults import as_rows
from pipeline.returns.layout import ITEMS
from pipeline.returns.overlap import IDENTIFIERS, same_rows
from pipeline.returns.parsing import Parsed, join_items, parse
from pipeline.stages.ingest import BEYOND, MARKS, PART, ROW, SHEET
from pipeline.stages.validate_against import check_against
from pipeline.stages.validate_apart import Apart, add_apart, add_counted, set_apart, without
from pipeline.stages.validate_checked import Checked
from pipeline.stages.validate_dates import check_dates
from pipeline.stages.validate_detective import check_patterns
from pipeline.stages.validate_rows import check_beyond, check_labels
from pipeline.stages.validate_rules import check_references, check_table
from pipeline.stages.validate_scores import drop_items
from pipeline.tables import empty, schemas, shape

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from pipeline.measures import Measure

Records = dict[str, "DataFrame"]
_BESIDE = ("layout", "faults", "intake")
_ONE_OF = {
    "outcomes": (("total", "items"), ("date", "day", "occasion")),
    "aggregates": (("n_paired", "n_pre", "n_post"), ("mean_pre_paired", "mean_post_paired", "mean_pre", "mean_post")),
}
"""Beside the columns that a row needs: groups of which it needs one."""
_INSTEAD = (
    *(("referral_date", "referral_month"), ("contact_date", "contact_day"), ("date", "day", "occasion")),
    *((f"{event}_date", f"{event}_day") for event in ("assessment", "first_treatment", "end")),
    ("total", "items", "items_answered"),
)
"""Where one of these columns holds something, the others may stay blank without a word; else one word is enough."""


def validate(records: dict[str, Records], measures: dict[str, Measure]) -> dict[str, DataFrame]:
    """Parse and check every return.

    `records` holds, by site, the frames of text that `ingest` made; `measures` every known measure by id.
    Returns the accepted tables (`accepted_<table>`), `rejected`, `rejected_rows` and `quality`.
    """
    import pandas as pd

    copied = _rows_of_others(records)
    checked = [each for site, frames in records.items() for each in _check_return(site, frames, measures, copied)]
    tables = {name: [c for c in checked if c.table == name] for name in schemas() if f"accepted_{name}" in schemas()}
    accepted = {f"accepted_{n}": _stack(f"accepted_{n}", [c.typed[~c.is_rejected] for c in cs]) for n, cs in tables.items()}
    late = as_rows([f for c in checked for f in c.faults])
    rejected = _stack("rejected", [*(f["faults"] for f in records.values()), pd.DataFrame(late)])
    rejected_rows = _stack("rejected_rows", [_quarantined(c) for c in checked])
    quality = _quality(records, checked, accepted, rejected, rejected_rows)
    return {**accepted, "rejected": rejected, "rejected_rows": rejected_rows, "quality": quality}


def _stack(schema: str, parts: list[DataFrame]) -> DataFrame:
    import pandas as pd

    shaped = [shape(schema, part) for part in parts if len(part)]
    return pd.concat(shaped, ignore_index=True) if shaped else empty(schema)


def _rows_of_others(records: dict[str, Records]) -> dict[tuple[str, str], int]:
    """Tables that hold the rows of another site's, by site and table, with how many; only tables with identifiers can."""
    people = [name for name, schema in schemas().items() if {*IDENTIFIERS} & {*schema.columns} - {"site_id"}]
    same = {name: same_rows({site: frames[name] for site, frames in records.items() if name in frames}) for name in people}
    return {(site, name): n for name, found in same.items() for site, n in found.items()}


def _check_return(
    site_id: str, frames: Records, measures: dict[str, Measure], copied: dict[tuple[str, str], int]
) -> list[Checked]:
    tables: dict[str, Checked] = {}
    layout, is_aside = frames["layout"], frames["intake"].set_index("table")["is_set_aside"]
    for name, read in frames.items():
        if name not in _BESIDE:
            mine = layout[layout["table"] == name]
            by_part = {(int(p), c): letter for p, c, letter in zip(mine["part"], mine["column"], mine["letter"], strict=True)}
            n_copied = copied.get((site_id, name), 0)
            tables[name] = _check(site_id, name, read, by_part, measures, is_aside=bool(is_aside[name]), n_copied=n_copied)
    check_references(tables)
    check_against(tables)
    check_dates(tables)
    if (outcomes := tables.get("outcomes")) is not None:
        check_patterns(outcomes, measures)
    return list(tables.values())


def _check(
    site_id: str,
    name: str,
    read: DataFrame,
    by_part: dict[tuple[int, str], str],
    measures: dict[str, Measure],
    *,
    is_aside: bool,
    n_copied: int,
) -> Checked:
    import pandas as pd

    letters: dict[str, str] = {}
    for (_, column), letter in by_part.items():
        letters.setdefault(column, letter)
    columns = schemas()[name].columns
    given = [c for c in map(str, read) if c in letters or c in columns]
    apart = set_apart(read, {c: columns[c].metadata if c in columns else {} for c in given})
    cells = without(read, apart)
    parsed = {c: parse(cells[c], spec.metadata) for c, spec in columns.items() if c in read and c != ITEMS}
    values = {c: found.typed for c, found in parsed.items()} | ({ITEMS: join_items(cells)} if ITEMS in columns else {})
    missing = pd.Series(None, index=read.index, dtype="object")
    typed = {c: values.get(c, missing).astype(spec.metadata["dtype"]) for c, spec in columns.items()}
    checked = Checked(site_id, name, read.copy(), letters, pd.DataFrame(typed), pd.Series(data=False, index=read.index))
    checked.by_part = by_part
    drop_items(checked, measures)
    if is_aside:
        checked.set_aside()
    if n_copied:
        checked.set_aside_for("same-rows-as-another-site", f"{n_copied} rows")
    check_labels(checked)
    _check_site(checked, parsed.pop("site_id", None))
    if len(read) and not checked.is_set_aside:
        _check_cells(checked, parsed, apart)
        check_table(checked, measures)
    return checked


def _check_site(checked: Checked, given: Parsed | None) -> None:
    if given is not None and not checked.is_set_aside:
        is_other = given.is_bad | (given.typed.notna() & (given.typed != checked.site_id))
        is_other &= ~checked.is_rejected
        checked.add_once("site-disagrees", is_other, "site_id", found="another site code")
    checked.typed["site_id"] = checked.site_id


def _check_cells(checked: Checked, parsed: dict[str, Parsed], apart: Apart) -> None:
    """Values beyond the headings, values that are not understood, needed values that are not there, blank columns."""
    columns = schemas()[checked.table].columns
    check_beyond(checked, checked.read[BEYOND])
    if checked.is_set_aside:
        return
    groups = [
        *((c,) for c, spec in columns.items() if spec.metadata["needed"] and c != "site_id"),
        *_ONE_OF.get(checked.table, ()),
    ]
    has = {group: checked.typed[list(group)].notna().any(axis=1) for group in groups}
    add_apart(checked, apart, has)
    for column, result in parsed.items():
        for group in groups:
            if column in group:
                checked.add(result.rule, result.is_bad & ~has[group], column, limit=result.limit, severity="row")
        checked.add(result.rule, result.is_bad, column, limit=result.limit)
    for group in groups:
        _check_needed(checked, group, has[group])
    add_counted(checked, apart)
    if not checked.is_set_aside:
        _check_blank_columns(checked, columns)


def _check_needed(checked: Checked, group: tuple[str, ...], has: Series[bool]) -> None:
    column = next((c for c in group if c in checked.letters), group[0])
    if len(has) > 1 and not has.any() and not checked.is_rejected.any():
        checked.add_once("blank-needed", ~has, column, limit=" or ".join(group), found="no row has it", severity="file")
    else:
        checked.add("blank-needed", ~has, column, limit=" or ".join(group))


def _check_blank_columns(checked: Checked, columns: dict[str, Any]) -> None:
    """One warning for each column that is absent or blank throughout, unless another stands in its place."""
    import pandas as pd

    blank = {c for c in columns if checked.typed[c].isna().all() and not any(f.column == c for f in checked.faults)}
    for column, spec in columns.items():
        instead = next((group for group in _INSTEAD if column in group), (column,))
        if column == instead[0] and blank.issuperset(instead) and not spec.metadata["blank"]:
            checked.add_once(
                "blank-column", pd.Series(data=True, index=checked.read.index), column, limit=column, found="no value"
            )


def _quarantined(checked: Checked) -> DataFrame:
    out = checked.read[checked.is_rejected]
    cells = out.drop(columns=[SHEET, ROW, BEYOND, MARKS, PART], errors="ignore").fillna("")
    joined = [" | ".join(row) for row in cells.itertuples(index=False)]
    places = {"table": checked.table, "site_id": checked.site_id, "cells": joined}
    return out[[SHEET, ROW]].rename(columns={SHEET: "sheet", ROW: "row"}).assign(**places)


def _quality(
    records: dict[str, Records],
    checked: list[Checked],
    accepted: dict[str, DataFrame],
    rejected: DataFrame,
    rejected_rows: DataFrame,
) -> DataFrame:
    """Rows read as they were counted at ingest; accepted and rejected as they lie in the tables that were made."""
    import pandas as pd

    is_aside = {(c.site_id, c.table): c.is_set_aside for c in checked}
    kept = {name: Counter(accepted[f"accepted_{name}"]["site_id"]) for name in schemas() if f"accepted_{name}" in schemas()}
    out = Counter(zip(rejected_rows["site_id"], rejected_rows["table"], strict=True))
    faults = Counter(zip(rejected["site_id"], rejected["table"], rejected["severity"], strict=True))
    copies = set(zip(*(rejected.loc[rejected["rule_id"] == "duplicate-row", c] for c in ("site_id", "table")), strict=True))
    rows = []
    for site, frames in records.items():
        intake = frames["intake"].set_index("table")
        for table in kept:
            status = {True: "set_aside", False: "read", None: "absent"}[is_aside.get((site, table))]
            rows.append(
                {
                    "site_id": site,
                    "table": table,
                    "status": status,
                    "form": intake["form"].iloc[0],
                    "rows_read": int(intake["rows_read"].get(table, 0)),
                    "rows_accepted": kept[table][site],
                    "rows_rejected": out[(site, table)],
                    "n_values_blanked": faults[(site, table, "value")],
                    "n_warnings": faults[(site, table, "warning")],
                    "is_duplicated": (site, table) in copies,
                }
            )
    return shape("quality", pd.DataFrame(rows))
