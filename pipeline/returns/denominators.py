"""Denominators: births or women of a population by group, as the analyst gives them for rates."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from pipeline.codes import ETHNIC_GROUPS
from pipeline.strict_yaml import FactError

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = ("dimension", "group", "n", "source")
GROUPS = {"ethnic_group": ETHNIC_GROUPS, "deprivation_fifth": tuple(f"fifth_{number}" for number in range(1, 6))}
Denominators = tuple[tuple[str, str, int], ...]


def read_denominators(path: Path | None) -> Denominators:
    """Rows of dimension, group and number of people; none where there is no file.

    A CSV file with the columns dimension, group, n and source. Raises FactError, one line a mistake, with the line of the file.
    """
    if path is None:
        return ()
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError:
        raise FactError(f"{path}: cannot be read. Give a CSV file that exists, or leave out paths.denominators.") from None
    except UnicodeDecodeError:
        raise FactError(f"{path}: is no text in UTF-8. Save it as CSV UTF-8.") from None
    rows = list(csv.reader(io.StringIO(text, newline="")))
    if not rows or tuple(cell.strip() for cell in rows[0]) != COLUMNS:
        raise FactError(f"{path}: line 1: expected the headings {','.join(COLUMNS)}.")
    filled = [(line, [cell.strip() for cell in row]) for line, row in enumerate(rows[1:], start=2) if any(map(str.strip, row))]
    wrong = [f"{path}: line {line}: {message}" for line, row in filled if (message := _mistake(row))]
    named = [tuple(row[:2]) for _, row in filled]
    wrong += [f"{path}: {group} stands twice; give it once." for group in sorted({n[1] for n in named if named.count(n) > 1})]
    if wrong:
        raise FactError("\n".join(wrong))
    return tuple((row[0], row[1], int(row[2])) for _, row in filled)


def _mistake(row: list[str]) -> str:
    if len(row) != len(COLUMNS):
        return f"found {len(row)} values, expected {len(COLUMNS)}: {','.join(COLUMNS)}."
    dimension, group, n, source = row
    if dimension not in GROUPS:
        return f"dimension: found {dimension!r}, expected one of {', '.join(GROUPS)}."
    if group not in GROUPS[dimension]:
        return f"group: found {group!r}, expected one of {', '.join(GROUPS[dimension])}."
    if not (n.isascii() and n.isdigit() and int(n) > 0):
        return f"n: found {n!r}, expected a whole number above 0."
    return "" if source else "source: found nothing, expected where the number comes from."
