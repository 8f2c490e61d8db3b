"""What `theories.lock` keeps of a theory, and what of it has changed since."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from pipeline.theories.schema import Theory

Entry = dict[str, Any]
"""hash, date, outcomes_processed, definition (absent in older locks) and earlier (the entries that it took the place of)."""


class Change(NamedTuple):
    """One field that is not as it was registered; `decides`: whether it changes what is tested, and not its words alone."""

    field: str
    was: str
    now: str
    decides: bool


def definition_of(theory: Theory) -> dict[str, Any]:
    """The whole theory in plain values, as its file gives it."""
    return theory.model_dump(mode="json", by_alias=True, exclude_none=True)


def register_all(theories: dict[str, Theory], old: dict[str, Entry], *, outcomes_processed: bool) -> tuple[dict[str, Entry], int]:
    """The new lock, and how many of its entries are new.

    An entry stays as it is while what decides is unchanged; it gains the definition if it lacks one. Else a new one takes its
    place and keeps the old one under `earlier`, so that the change can be told. Theories that are no longer of the study go.
    """
    lock: dict[str, Entry] = {}
    n_new = 0
    for name, theory in theories.items():
        then = old.get(name)
        if then is not None and then["hash"] == theory.hash:
            lock[name] = {"definition": definition_of(theory), **then}
            continue
        n_new += 1
        lock[name] = {
            "hash": theory.hash,
            "date": theory.registered.isoformat(),
            "outcomes_processed": outcomes_processed,
            "definition": definition_of(theory),
        }
        if then is not None:
            before = {key: value for key, value in then.items() if key != "earlier"}
            lock[name]["earlier"] = [*then.get("earlier", []), before]
    return lock, n_new


def is_prespecified(theory: Theory, entry: Entry | None) -> bool:
    """Whether what is tested was locked before outcomes of the study were processed, and has not changed since."""
    return bool(entry) and entry is not None and entry["hash"] == theory.hash and not entry["outcomes_processed"]


def registration(theory: Theory, entry: Entry | None) -> str:
    """How a theory was registered, in words."""
    if is_prespecified(theory, entry) and entry:
        return f"prespecified on {entry['date']}"
    if entry and entry["hash"] != theory.hash:
        return f"changed since it was registered on {entry['date']}: exploratory"
    return "declared, not witnessed: exploratory"


def changes(theory: Theory, entry: Entry | None) -> list[Change]:
    """Every field that differs from what was first registered, by its dotted name; empty where nothing is known or differs.

    A lock without the definition can only say that something that decides is not the same.
    """
    if not entry:
        return []
    first = next((each for each in [*entry.get("earlier", []), entry] if "definition" in each), None)
    if first is None:
        return (
            [Change("definition", f"hash {entry['hash']}", f"hash {theory.hash}", True)] if entry["hash"] != theory.hash else []
        )
    was, now = dict(_flat(first["definition"])), dict(_flat(definition_of(theory)))
    fields = [*was, *(name for name in now if name not in was)]
    differ = [name for name in fields if was.get(name, "") != now.get(name, "")]
    return [Change(name, was.get(name, ""), now.get(name, ""), _decides(theory, name)) for name in differ]


def _flat(given: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every value under its dotted name; a list is one value, numbers read alike however they are written."""
    if isinstance(given, dict):
        for key, value in given.items():
            yield from _flat(value, f"{name}.{key}" if name else str(key))
    elif isinstance(given, list):
        yield name, "; ".join(_word(each) for each in given)
    else:
        yield name, _word(given)


def _word(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {word}" for name, word in _flat(value))
    return f"{value:g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _decides(theory: Theory, name: str) -> bool:
    part = name.partition(".")[0]
    is_indicator = name == "mechanism.indicator" and theory.test == "mediation"
    return is_indicator or part in {
        *("context", "outcome", "population", "test", "minimum", "configuration", "smallest_difference"),
    }
