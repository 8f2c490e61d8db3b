"""Faults held against those that stood at the last release: which are new, which are still open, how many are mended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipeline.returns.decisions import FOR_ANALYST

if TYPE_CHECKING:
    from pandas import DataFrame

_MOST_RULES = 8
_KEY = ("rule_id", "table", "column", "value_hash")
"""What a fault is known by when its row has moved: its rule, its place but for the row, and its value."""


@dataclass(frozen=True)
class Since:
    """How the faults of one site stand against a release.

    `release` is the last one, or nothing; `is_known` whether the faults that stood then were kept. `states` says of each fault,
    in the order given, `new` or `open`, blank for notes and where there is nothing to compare; `fixed` counts by rule.
    """

    release: str = ""
    is_known: bool = False
    states: tuple[str, ...] = ()
    fixed: Mapping[str, int] = field(default_factory=dict)


def since(site_id: str, faults: Iterable[Mapping[str, Any]], release: str | None, then: DataFrame | None) -> Since:
    """Match the faults of a site with those of `then`, the table `published_faults` of `release`; notes stay out.

    Each fault is matched once, so that of three equal ones, of which two are left, two are open and one is fixed.
    """
    given = list(faults)
    if release is None or then is None:
        return Since(release or "", states=("",) * len(given))
    mine = then[then["site_id"] == site_id]
    left = Counter(tuple(map(_text, row)) for row in mine[list(_KEY)].itertuples(index=False))
    states = []
    for each in given:
        key = tuple(_text(each.get(name)) for name in _KEY)
        is_note = each["severity"] == "note"
        is_open = not is_note and left[key] > 0
        left[key] -= is_open
        states.append("" if is_note else "open" if is_open else "new")
    fixed = Counter[str]()
    for key, n in left.items():
        fixed[key[0]] += max(n, 0)
    return Since(release, is_known=True, states=tuple(states), fixed={rule: n for rule, n in sorted(fixed.items()) if n})


def keys_of(rejected: DataFrame) -> DataFrame:
    """The table `published_faults`: what every fault that asks for something is known by, without its value."""
    from pipeline.tables import shape

    is_kept = (rejected["severity"] != "note") & ~rejected["rule_id"].isin(FOR_ANALYST)
    return shape("published_faults", rejected[is_kept])


def in_words(compared: Since) -> str:
    """One line on what has become of the faults since the last release."""
    if not compared.release:
        return "First release: there is no earlier one to compare with."
    if not compared.is_known:
        return f"The faults at release {compared.release} were not kept, so none can be compared with them."
    counts = Counter(compared.states)
    fixed = sum(compared.fixed.values())
    most = sorted(compared.fixed.items(), key=lambda each: -each[1])
    rules = "; ".join([*(f"{rule} {n}" for rule, n in most[:_MOST_RULES]), *(["and others"] if len(most) > _MOST_RULES else [])])
    stand = f"{counts['new']} new, {counts['open']} still open, {fixed} fixed"
    return f"Since release {compared.release}: {stand}" + (f" ({rules})." if rules else ".")


def _text(value: Any) -> str:
    return "" if value is None or value != value else str(value)  # a missing text may be NaN
