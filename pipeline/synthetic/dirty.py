"""The dirty twin: honest mistakes planted in some returns, each with the cell and the rule that must find it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

import numpy as np

from pipeline.returns.cells import letters
from pipeline.synthetic.drawing import Table, Whole

EVERY = 3
"""One in so many record-level returns is dirty; the others are those of the clean study, to the byte."""
Tables = dict[str, Table]


@dataclass(frozen=True)
class Planted:
    """One planted mistake: where it stands and the rule that finds it."""

    site_id: str
    table: str
    cell: str
    rule_id: str


@dataclass(frozen=True)
class Mistake:
    """A kind of mistake: the column that it spoils, what it writes there, its rule, and in which rows it can stand."""

    table: str
    column: str
    writes: str
    rule_id: str
    fits: Callable[[Tables], Whole]


def _given(table: str, column: str) -> Callable[[Tables], Whole]:
    """Rows that hold something in the column."""

    def rows(tables: Tables) -> Whole:
        values = tables[table][column]
        if values.dtype.kind == "M":
            return np.flatnonzero(~np.isnat(values))
        return np.flatnonzero([v is not None and v == v for v in values.tolist()])

    return rows


def _alone(tables: Tables) -> Whole:
    """Referrals with neither contact nor outcome, so that what happens to them takes nothing else with it."""
    used = set(tables["outcomes"]["referral_id"]) | set(tables["contacts"]["referral_id"])
    return np.flatnonzero([name not in used for name in tables["referrals"]["referral_id"]])


MISTAKES = (
    Mistake("referrals", "imd_decile", "12", "not-a-code", _alone),
    Mistake("referrals", "age_band", "thirty", "not-a-code", _alone),
    Mistake("referrals", "referral_source", "GP surgery", "not-a-code", _alone),
    Mistake("referrals", "referral_id", "", "blank-needed", _alone),
    Mistake("outcomes", "total", "4S", "not-a-number", _given("outcomes", "total")),
    Mistake("outcomes", "total", "4,5", "not-a-number", _given("outcomes", "total")),
    Mistake("outcomes", "total", "83.7", "score-out-of-range", _given("outcomes", "total")),
    Mistake("outcomes", "measure", "pcl-6", "unknown-measure", _given("outcomes", "measure")),
    Mistake("outcomes", "referral_id", "R999999", "referral-not-found", _given("outcomes", "referral_id")),
    Mistake("outcomes", "referral_id", "", "blank-needed", _given("outcomes", "referral_id")),
    Mistake("contacts", "mode", "by telephone", "not-a-code", _given("contacts", "mode")),
    Mistake("contacts", "referral_id", "R999998", "referral-not-found", _given("contacts", "referral_id")),
)


def is_dirty(number: int) -> bool:
    """Whether the return of service `number`, counted from 0, gets mistakes."""
    return number % EVERY == 1


def spoil(site_id: str, tables: Tables, rng: np.random.Generator) -> tuple[Tables, list[Planted]]:
    """The tables with one mistake of every kind, each in a row of its own, and the answer key."""
    spoilt = {name: dict(table) for name, table in tables.items()}
    taken: dict[str, set[int]] = {}
    planted = []
    for mistake in MISTAKES:
        free = [row for row in mistake.fits(tables).tolist() if row not in taken.setdefault(mistake.table, set())]
        if not free:
            continue
        row = int(rng.choice(free))
        taken[mistake.table].add(row)
        column = spoilt[mistake.table][mistake.column].astype(object)
        column[row] = mistake.writes
        spoilt[mistake.table][mistake.column] = column
        letter = letters(list(spoilt[mistake.table]).index(mistake.column))
        planted.append(Planted(site_id, mistake.table, f"{letter}{row + 2}", mistake.rule_id))
    return spoilt, planted


def as_key(planted: list[Planted]) -> Iterator[dict[str, str]]:
    """The answer key, ready to be written."""
    return (asdict(each) for each in sorted(planted, key=lambda p: (p.site_id, p.table, p.cell)))
