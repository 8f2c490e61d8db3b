"""Which of several returns of one site stands: the later period, then the higher version; copies are noted, doubt is named."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipeline.returns.faults import Fault, fault
from pipeline.returns.inventory import is_ignored, site_and_version
from pipeline.returns.mapped import locate_table, table_of
from pipeline.returns.parsing import parse
from pipeline.returns.readers import read_sheets
from pipeline.returns.sheets import Sheet, UnreadableError
from pipeline.tables import schemas

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pandas import DataFrame

    from pipeline.config import IntakeSettings
    from pipeline.returns.inventory import Return
    from pipeline.returns.mapping import Mapping


@dataclass
class Candidate:
    """One file or folder of a site, read: its sheets or why there are none, its last day as ISO, and its version."""

    path: Path
    sheets: list[Sheet] = field(default_factory=list)
    trouble: UnreadableError | None = None
    period_end: str = ""
    version: int = 1


def choose(received: Return, limits: IntakeSettings, mapping: Mapping) -> tuple[Candidate | None, list[Candidate], list[Fault]]:
    """Read what a site sent: the one that stands, or none where two are equal and differ; the others; the faults say why.

    The version is the higher of what the service table states and what the name ends in. Where one of them does not say how
    far it reaches, the versions alone decide.
    """
    site_id = received.site_id
    kept, copies = _without_copies(received.paths)
    faults = [fault("identical-copy", site_id=site_id, found=name) for name in copies]
    found = [_read(path, limits, mapping) for path in kept]
    if len(found) == 1:
        return found[0], [], faults
    for each in found:
        _date(each, site_id, mapping)
    is_dated = all(each.period_end for each in found)
    rank = {each.path: (each.period_end if is_dated else "", each.version) for each in found}
    best = [each for each in found if rank[each.path] == max(rank.values())]
    faults += [fault("superseded", site_id=site_id, found=each.path.name) for each in found if each not in best]
    if len(best) > 1:
        names = ", ".join(sorted(each.path.name for each in best))
        return None, found, [*faults, fault("file-conflict", site_id=site_id, found=names)]
    return best[0], [each for each in found if each is not best[0]], faults


def standing(site_id: str, paths: Sequence[Path], rejected: DataFrame) -> Path:
    """The one of a site's returns that was read, as its faults tell."""
    notes = rejected[(rejected["site_id"] == site_id) & rejected["rule_id"].isin(["superseded", "identical-copy"])]
    return next((path for path in paths if path.name not in set(notes["found"])), paths[0])


def _without_copies(paths: tuple[Path, ...]) -> tuple[list[Path], list[str]]:
    if len(paths) == 1:
        return list(paths), []
    kept: dict[str, Path] = {}
    for path in paths:
        kept.setdefault(_content(path), path)
    return list(kept.values()), sorted(path.name for path in paths if path not in kept.values())


def _content(path: Path) -> str:
    """Hash of a file, or of the files of a folder that are read; of the name alone where it cannot be read."""
    try:
        if path.is_dir():
            files = sorted(p for p in path.iterdir() if not is_ignored(p.name))
            return "folder " + " ".join(f"{p.name} {_content(p)}" for p in files)
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return f"unreadable {path.name}"


def _read(path: Path, limits: IntakeSettings, mapping: Mapping) -> Candidate:
    from pipeline.tables.returned import RETURNED

    headings = {column for schema in RETURNED.values() for column in schema.columns} | mapping.headings
    try:
        return Candidate(path, read_sheets(path, limits, headings))
    except UnreadableError as trouble:
        return Candidate(path, trouble=trouble)


def _date(candidate: Candidate, site_id: str, mapping: Mapping) -> None:
    """Take period and version from the service table; what is not understood there counts as not stated."""
    import pandas as pd

    ends: list[Any] = []
    versions: list[Any] = [site_and_version(candidate.path)[1]]
    for sheet in (sheet for sheet in candidate.sheets if table_of(sheet, mapping) == "service"):
        for part in locate_table(sheet, site_id=site_id, table="service", mapping=mapping):
            cells = pd.DataFrame(part.cells, columns=list(part.letters), dtype="str")
            for column, into in (("period_end", ends), ("return_version", versions)):
                if column in cells and not part.is_set_aside:
                    into += list(parse(cells[column], schemas()["service"].columns[column].metadata).typed.dropna())
    candidate.version = int(max(versions))
    candidate.period_end = max(ends).date().isoformat() if ends else ""
