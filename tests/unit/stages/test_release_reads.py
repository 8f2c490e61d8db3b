"""The step of release is handed every exact table that a part of it asks for, also in the branches that few studies reach."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.catalog import EXACT, PERSON_TABLES, SITE_TABLES
from pipeline.stages import release

PARTS = sorted(Path(release.__file__).parent.glob("release*.py"))


def test_every_exact_table_that_release_asks_for_by_name_is_handed_to_it() -> None:
    asked = {
        (name, path.name)
        for path in PARTS
        for name in re.findall(r"\bexact(?:\[|\.get\()\"(\w+)\"", path.read_text(encoding="utf-8"))
    }
    known = {*PERSON_TABLES, *SITE_TABLES}
    assert len(asked) > 20
    assert not {(name, part) for name, part in asked if name in known and name not in EXACT}
