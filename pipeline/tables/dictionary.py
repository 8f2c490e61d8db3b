"""Print the data dictionary from the schemas: `python -m pipeline.tables.dictionary docs/data-dictionary.md`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.tables import schemas
from pipeline.tables.released import RELEASED
from pipeline.tables.returned import EVIDENCE, RETURNED

if TYPE_CHECKING:
    from pandera.pandas import Column, DataFrameSchema

_HEAD = """# Data dictionary

Printed from `pipeline/tables/` by `make docs`; change it there. Needed means needed in each row; every other column may be
absent or blank.
"""


def dictionary() -> str:
    """The whole dictionary as Markdown."""
    returned = {**RETURNED, "evidence": EVIDENCE}
    others = {name: schema for name, schema in schemas().items() if name not in returned and not name.startswith("accepted_")}
    is_open = {name: name.startswith("open_") or name in RELEASED for name in others}
    titled = {
        "What a site returns": returned,
        "What the stages make, and keep on the machine": {n: s for n, s in others.items() if not is_open[n]},
        "What may leave: the open tables": {n: s for n, s in others.items() if is_open[n]},
    }
    parts = [_HEAD]
    for title, tables in titled.items():
        parts += [f"\n## {title}\n", *(_table(schema) for schema in tables.values())]
    return "\n".join(parts)


def _table(schema: DataFrameSchema) -> str:
    key = schema.metadata["key"]
    head = f"### `{schema.name}`: {schema.title}\n\n{schema.description}." + (f" Key: {', '.join(key)}." if key else "") + "\n"
    rows = ["| column | title | kind | unit | needed | meaning and codes |", "|---|---|---|---|---|---|"]
    return "\n".join([head, *rows, *(_row(name, column) for name, column in schema.columns.items())]) + "\n"


def _row(name: str, column: Column) -> str:
    meta = column.metadata
    codes = f"One of: {', '.join(meta['codes'])}" if meta["codes"] else ""
    blank = f"Blank means {meta['blank']}" if meta["blank"] else ""
    meaning = ". ".join(part for part in (column.description, codes, blank) if part)
    needed = "yes" if meta["needed"] else ""
    return f"| `{name}` | {column.title} | {meta['kind'].replace('_', ' ')} | {meta['unit']} | {needed} | {meaning} |"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(dictionary(), encoding="utf-8")
    print(sys.argv[1])
