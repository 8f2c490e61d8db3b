"""The open table of what changed since the last published release: open values alone, then and now."""

from __future__ import annotations

from pipeline.tables.columns import code, table, text

KINDS = ("release", "data", "site", "decision", "theory", "verdict", "finding")
HAPPENED = ("first", "compared", "new", "gone", "changed")

_changes = {
    "kind": code("Kind", KINDS, "release: which one this run is held against, in the first row", needed=True),
    "key": text("Key", "Code of the site or theory, key of the finding, or rule, reason and decision", needed=True),
    "what": code("What happened", HAPPENED, "first: no release to compare with", needed=True),
    "was": text("Was", "As published; blank where it was not there"),
    "is": text("Is", "As released now; blank where it is gone"),
}

RELEASED_SINCE = {
    "open_changes_since": table(
        "open_changes_since", "Changes since the last release", "One row a thing that changed", _changes, key=("kind", "key")
    )
}
