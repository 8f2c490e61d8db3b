"""Validate: cells as text to typed, accepted tables; each fault named by cell; rows read = accepted + rejected.

Each table is taken of all sites at once, so that the work grows with the rows and not with the returns.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.returns.decisions import REJECTED, Settled, settle
from pipeline.returns.decisions_hashes import with_hashes
from pipeline.returns.faults import as_rows
from pipeline.returns.layout import ITEMS
from pipeline.returns.overlap import IDENTIFIERS, same_rows
from pipeline.returns.parsing import join_items, parse
from pipeline.stages.ingest import ROW, SHEET
from pipeline.stages.validate_against import check_against
from pipeline.stages.validate_answers import check_answers
from pipeline.stages.validate_apart import set_apart, without
from pipeline.stages.validate_cells import check_cells, check_site
from pipeline.stages.validate_checked import BESIDE, SITE, Checked, stacked
from pipeline.stages.validate_dates import check_dates
from pipeline.stages.validate_detective import check_patterns
from pipeline.stages.validate_rehearsal import set_strangers_aside
from pipeline.stages.validate_rows import check_labels
from pipeline.stages.validate_rules import check_occasions, check_references, check_table
from pipeline.stages.validate_scores import drop_items
from pipeline.tables import empty, schemas, shape

if TYPE_CHECKING:
    import datetime

    from pandas import DataFrame

    from pipeline.instruments import Instrument
    from pipeline.measures import Measure

Records = dict[str, "DataFrame"]


@dataclass(frozen=True)
class ValidateSettings:
    """When the last return arrived, where that is known; how late a first score may be; whether the study is a rehearsal."""

    received: datetime.date | None = None
    pre_window_days: int = 14
    synthetic: bool = False


def validate(
    received: dict[str, Records],
    measures: dict[str, Measure],
    decisions: DataFrame | None = None,
    settings: ValidateSettings | None = None,
    instruments: dict[str, Instrument] | None = None,
) -> dict[str, DataFrame]:
    """Parse and check every return.

    `received` holds, by site, the frames of text that `ingest` made; `measures` and `instruments` every known one by id;
    `decisions` those of the analyst. Returns the accepted tables (`accepted_<table>`), `rejected`, `rejected_rows` and `quality`.
    """
    import pandas as pd

    settings = settings or ValidateSettings()
    settled = {site: _settled(site, frames, decisions) for site, frames in received.items()}
    records = {site: each.frames for site, each in settled.items()}
    names = [name for name in schemas() if f"accepted_{name}" in schemas()]
    letters = _letters(records)
    sent = {name: {site: frames[name] for site, frames in records.items() if name in frames} for name in names}
    tables = {name: _read(name, frames, letters[name]) for name, frames in sent.items() if frames}
    for checked in tables.values():
        checked.overruled = frozenset((site, *fault) for site, each in settled.items() for fault in each.accepted)
        _check(checked, settled, measures)
        check_answers(checked, instruments or {})
    set_strangers_aside(tables, synthetic=settings.synthetic)
    check_references(tables)
    check_against(tables, list(records))
    check_dates(tables, settings.received)
    check_occasions(tables, settings.pre_window_days)
    if "outcomes" in tables:
        check_patterns(tables["outcomes"], measures)
    accepted = {f"accepted_{n}": shape(f"accepted_{n}", tables[n].kept if n in tables else None) for n in names}
    late = [each for checked in tables.values() for each in checked.faults]
    late += [each for site in settled.values() for each in site.faults]
    found = _stack("rejected", [*(frames["faults"] for frames in records.values()), pd.DataFrame(as_rows(late))])
    rejected = shape("rejected", with_hashes(_by_site(found, list(records)), received))
    rejected_rows = _by_site(_stack("rejected_rows", [_quarantined(each) for each in tables.values()]), list(records))
    quality = _quality(records, tables, accepted, rejected, rejected_rows)
    return {**accepted, "rejected": rejected, "rejected_rows": rejected_rows, "quality": quality}


def _settled(site: str, frames: Records, decisions: DataFrame | None) -> Settled:
    return Settled(frames) if decisions is None or decisions.empty else settle(site, frames, decisions)


def _stack(schema: str, parts: list[DataFrame]) -> DataFrame:
    import pandas as pd

    shaped = [shape(schema, part) for part in parts if len(part)]
    return pd.concat(shaped, ignore_index=True) if shaped else empty(schema)


def _by_site(table: DataFrame, sites: list[str]) -> DataFrame:
    """The rows of each site together, in the order of the sites and otherwise as they are."""
    order = table["site_id"].map({site: at for at, site in enumerate(sites)})
    return table.iloc[order.argsort(kind="stable")].reset_index(drop=True)


def _letters(records: dict[str, Records]) -> dict[str, dict[tuple[str, int, str], str]]:
    """By table, the letter of each column in each part of a site's return."""
    letters: dict[str, dict[tuple[str, int, str], str]] = {}
    for site, frames in records.items():
        layout = frames["layout"]
        columns = (layout[name].tolist() for name in ("table", "part", "column", "letter"))
        for table, part, column, letter in zip(*columns, strict=True):
            letters.setdefault(table, {})[site, int(part), column] = letter
    return {name: letters.get(name, {}) for name in schemas()}


def _read(name: str, frames: Records, letters: dict[tuple[str, int, str], str]) -> Checked:
    import pandas as pd

    read = stacked(frames)
    return Checked(name, list(frames), read, letters, pd.DataFrame(), pd.Series(data=False, index=read.index))


def _check(checked: Checked, settled: dict[str, Settled], measures: dict[str, Measure]) -> None:
    columns = schemas()[checked.table].columns
    given = [c for c in map(str, checked.read) if c not in BESIDE]
    apart = set_apart(checked.read, {c: columns[c].metadata if c in columns else {} for c in given})
    cells = without(checked.read, apart)
    parsed = {c: parse(cells[c], spec.metadata) for c, spec in columns.items() if c in given and c != ITEMS}
    values = {c: found.typed for c, found in parsed.items()} | ({ITEMS: join_items(cells)} if ITEMS in columns else {})
    checked.type_as(values, {c: spec.metadata["dtype"] for c, spec in columns.items()})
    drop_items(checked, measures)
    copied = _copied(checked)
    for site in checked.sites:
        intake = settled[site].frames["intake"]
        if intake.loc[intake["table"] == checked.table, "is_set_aside"].any():
            checked.put_aside(site)
        if site in copied:
            checked.put_aside_for(site, "same-rows-as-another-site", f"{copied[site]} rows")
    out = {(site, *place) for site in checked.sites for place in settled[site].rejected}
    if out:
        checked.add(REJECTED, checked.at_places(out), "")
    check_labels(checked)
    check_site(checked, parsed.pop("site_id", None))
    check_cells(checked, parsed, apart)
    check_table(checked, measures)


def _copied(checked: Checked) -> dict[str, int]:
    """Sites with the rows of another, and how many; only tables with identifiers can show it."""
    has_people = {*IDENTIFIERS} & {*schemas()[checked.table].columns} - {"site_id"}
    return same_rows(checked.read.drop(columns=[*BESIDE]), checked.site) if has_people else {}


def _quarantined(checked: Checked) -> DataFrame:
    import numpy as np
    import pandas as pd

    out = checked.read[checked.is_rejected]
    if out.empty:
        return pd.DataFrame()
    site, sent = out[SITE].to_numpy(dtype=object), out.drop(columns=[*BESIDE])
    joined = np.empty(len(out), dtype=object)
    for name in dict.fromkeys(site):
        mine = sent[list(checked.sent[name])][site == name]
        joined[site == name] = [" | ".join(row) for row in mine.itertuples(index=False, name=None)]
    return pd.DataFrame(
        {"site_id": site, "table": checked.table, "sheet": out[SHEET], "row": out[ROW], "cells": joined}, index=out.index
    )


def _quality(
    records: dict[str, Records],
    tables: dict[str, Checked],
    accepted: dict[str, DataFrame],
    rejected: DataFrame,
    rejected_rows: DataFrame,
) -> DataFrame:
    """Rows read as they were counted at ingest; accepted and rejected as they lie in the tables that were made."""
    import pandas as pd

    kept = {name.removeprefix("accepted_"): Counter(table["site_id"]) for name, table in accepted.items()}
    out = Counter(zip(rejected_rows["site_id"], rejected_rows["table"], strict=True))
    faults = Counter(zip(rejected["site_id"], rejected["table"], rejected["severity"], strict=True))
    copies = set(zip(*(rejected.loc[rejected["rule_id"] == "duplicate-row", c] for c in ("site_id", "table")), strict=True))
    rows: list[dict[str, Any]] = []
    for site, frames in records.items():
        intake = frames["intake"].set_index("table")
        for table in kept:
            checked = tables.get(table)
            is_there = checked is not None and site in checked.sites
            is_aside = checked is not None and site in checked.set_aside
            rows.append(
                {
                    "site_id": site,
                    "table": table,
                    "status": "absent" if not is_there else "set_aside" if is_aside else "read",
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
