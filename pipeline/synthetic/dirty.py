"""The dirty twin: returns with honest mistakes, what the analyst has to say of them, and the answer key."""

from __future__ import annotations

import datetime
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from pipeline.synthetic.mistakes.drafts import Draft, Planted, draft_of
from pipeline.synthetic.mistakes.registry import spoil
from pipeline.synthetic.mistakes.writing import write_draft

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.synthetic.drawing import Table

RECEIVED = datetime.date(2026, 7, 31)
"""When the last return arrived: for `study.received` of the config."""
LAST_NUMBER = 48
"""The list of bad inputs goes so far; 0 is what it names without a number."""


def write_dirty(folder: Path, returns: Path, tables: dict[str, tuple[str, dict[str, Table]]], seed: int) -> set[str]:
    """Write the returns with mistakes into `returns`, and `mappings/` and `faults.json` into `folder`; give their sites.

    `tables` holds the form and the tables of each site. The key says of each mistake its number in the list of bad inputs, its
    place, the rule that must find it, how grave that is and what it costs; of one without a rule nothing is to be said.
    """
    spoilt, planted = spoil([draft_of(site, form, sheets) for site, (form, sheets) in tables.items()], seed)
    mappings = folder / "mappings"
    mappings.mkdir(parents=True, exist_ok=True)
    for old in mappings.glob("*.yaml"):
        old.unlink()
    missing: set[str] = set()
    for draft in spoilt.values():
        missing |= write_draft(returns, draft)
        if draft.mapping:
            (mappings / f"{draft.site_id}.yaml").write_text(draft.mapping, encoding="utf-8", newline="\n")
    key = json.dumps(
        _key(list(tables), spoilt, [each for each in planted if each.file not in missing]), indent=1, ensure_ascii=True
    )
    (folder / "faults.json").write_text(key + "\n", encoding="utf-8", newline="\n")
    return {*spoilt}


def _key(sites: list[str], spoilt: dict[str, Draft], planted: list[Planted]) -> dict[str, object]:
    numbers = {each.number for each in planted}
    return {
        "config": {"study": {"received": RECEIVED.isoformat()}, "paths": {"mappings": "mappings"}, "sites": sites},
        "numbers": sorted(numbers),
        "numbers_without_room": [n for n in range(LAST_NUMBER + 1) if n not in numbers],
        "identifiers": sorted({text for draft in spoilt.values() for text in draft.identifiers}),
        "planted": [asdict(each) for each in planted],
    }
