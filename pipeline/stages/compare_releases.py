"""What changed since the last published release, from its open tables and those of this run alone."""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING

from pipeline.disclosure.rule import SHOWN
from pipeline.engine.nodes import to_csv
from pipeline.tables import shape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pandas import DataFrame

Line = dict[str, str]
Said = dict[str, str]
COMPARED = ("findings", "open_returns", "open_decisions", "open_theories")
_OF_THE_DATA = "study."
_OF_A_VERDICT = ("appraise.", "theories.")
_WORDS_OF_A_THEORY = ("title", "context", "mechanism", "outcome", "would_count_against")


def changes_since(now: Mapping[str, DataFrame], then: Mapping[str, bytes] | None, release: str | None) -> DataFrame:
    """`open_changes_since`: a row for each thing that is new, gone or changed; the first row names the release.

    `now` holds the open tables named in COMPARED, `then` the files of the release by name, None where there is none.
    """
    import pandas as pd

    is_compared = then is not None and release is not None
    rows = [_row("release", "last", "compared" if is_compared else "first", was=release if is_compared else None)]
    if then is not None and is_compared:
        before = {name: _lines(then.get(f"{name}.csv", b"")) for name in COMPARED}
        after = {name: _lines(to_csv(now[name])) for name in COMPARED}
        for kind, read in _KINDS.items():
            rows += _differences(kind, read(before), read(after))
    return shape("open_changes_since", pd.DataFrame(rows))


def _differences(kind: str, before: Said, after: Said) -> list[dict[str, str | None]]:
    found = [_row(kind, key, "gone", was=said) for key, said in before.items() if key not in after]
    found += [_row(kind, key, "new", now=said) for key, said in after.items() if key not in before]
    both = ((key, before[key], said) for key, said in after.items() if key in before)
    found += [_row(kind, key, "changed", was=was, now=said) for key, was, said in both if was != said]
    return sorted(found, key=lambda row: str(row["key"]))


def _row(kind: str, key: str, what: str, *, was: str | None = None, now: str | None = None) -> dict[str, str | None]:
    return {"kind": kind, "key": key, "what": what, "was": was, "is": now}


def _lines(content: bytes) -> list[Line]:
    """The rows of an open CSV file; a column that a release did not have yet is absent."""
    rows = csv.DictReader(io.StringIO(content.decode("utf-8"), newline=""))
    return [{name: _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: str | None) -> str:
    """A number without needless decimals, so that another writer of the same number changes nothing."""
    text = value or ""
    try:
        number = float(text)
    except ValueError:
        return text
    return f"{number:.10g}" if math.isfinite(number) else ""


def _study(tables: dict[str, list[Line]]) -> Said:
    return {row["key"]: _value(row) for row in tables["findings"] if row["key"].startswith(_OF_THE_DATA)}


def _findings(tables: dict[str, list[Line]]) -> Said:
    others = (_OF_THE_DATA, *_OF_A_VERDICT)
    return {row["key"]: _value(row) for row in tables["findings"] if not row["key"].startswith(others)}


def _sites(tables: dict[str, list[Line]]) -> Said:
    return {row["site_id"]: _said(row, ("status", "n_referrals", "faults")) for row in tables["open_returns"]}


def _decisions(tables: dict[str, list[Line]]) -> Said:
    rows = tables["open_decisions"]
    return {", ".join(row[name] for name in ("rule_id", "reason_code", "decision")): row["n"] or row["status"] for row in rows}


def _theories(tables: dict[str, list[Line]]) -> Said:
    """The words of each theory as one text: a theory that says something else is another theory."""
    return {row["theory_id"]: " | ".join(row.get(name, "") for name in _WORDS_OF_A_THEORY) for row in tables["open_theories"]}


def _verdicts(tables: dict[str, list[Line]]) -> Said:
    return {row["theory_id"]: row["verdict"].replace("_", " ") for row in tables["open_theories"]}


_KINDS: dict[str, Callable[[dict[str, list[Line]]], Said]] = {
    "data": _study,
    "site": _sites,
    "decision": _decisions,
    "theory": _theories,
    "verdict": _verdicts,
    "finding": _findings,
}


def _value(row: Line) -> str:
    """A finding in a few words: its value with limits, or its statement; its status where it may not be shown."""
    if row["status"] != SHOWN:
        return row["status"].replace("_", " ")
    limits = f"{row['low']} to {row['high']}" if row["low"] and row["high"] else ""
    if row["value"]:
        return f"{row['value']} ({limits})" if limits else row["value"]
    return limits or row["statement"] or "not given"


def _said(row: Line, names: Iterable[str]) -> str:
    words = {"status": "", "n_referrals": "referrals ", "faults": "faults "}
    return ", ".join(f"{words[name]}{row[name].replace('_', ' ')}" for name in names if row.get(name))
