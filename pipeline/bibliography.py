"""Where facts come from: how far each was verified, the list of sources, and what is cited and not on it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from pipeline.strict_yaml import Strict, read

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SHIPPED = Path(__file__).parent / "measures" / "sources.yaml"
FILE = "sources.yaml"
"""The name of a bibliography in a folder of measures or theories of one's own."""
Evidence = Literal["V", "V-code", "V-2nd", "BK"]
"""V read in the source; V-code read in published code; V-2nd read in a secondary source; BK background, unverified."""


class Cited(Strict):
    """A statement that never stands without its source."""

    source: str = Field(min_length=1)
    note: str = ""


class Source(Strict):
    """One entry of the bibliography."""

    citation: str
    evidence: Evidence
    url: str = ""


class _Sources(Strict):
    sources: dict[str, Source]


@cache
def sources(folders: tuple[Path, ...] = ()) -> dict[str, Source]:
    """The bibliography by source id: the shipped one and the `sources.yaml` of extra `folders`, if they have one."""
    found = dict(read(SHIPPED, _Sources).sources)
    for path in (folder / FILE for folder in folders):
        if path.is_file():
            found |= read(path, _Sources).sources
    return found


def unlisted(cited: Mapping[str, Iterable[str]], known: Iterable[str]) -> list[str]:
    """A sentence for each file, by its id, that cites what no bibliography holds."""
    listed = set(known)
    found = {name: sorted(set(ids) - listed) for name, ids in cited.items()}
    return [
        f"{name} cites {', '.join(ids)}, which no list of sources holds, so that it is printed as unverified. "
        f"Add it to {FILE} beside the file, with citation and evidence."
        for name, ids in found.items()
        if ids
    ]
