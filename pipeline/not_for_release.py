"""What is kept of releases and may not leave with one: it lies beside them, so that whoever copies a release does not take it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.engine.nodes import Json, Optional, Table, optional

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

PERSON = "PERSON"
THE_KEY = "the key"
"""No release can be called so."""


class BesideReleases:
    """The women behind each release, by keyed hash, and the key. So many hashes are an exact count: neither may leave."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def women(self, release: str) -> Table:
        """The women behind a release."""
        name, grain = f"women behind the release {release}", "a variable and woman, hashed"
        path = self._folder / f"published-women-{release}.parquet"
        return Table(name=name, path=path, schema="published_women", level=PERSON, grain=grain)

    def key(self) -> Json:
        """What they are hashed with."""
        return Json(name="key of releases", path=self._folder / "key.json", level=PERSON, grain="a study")

    def earlier(self, releases: Iterable[str]) -> dict[str, Optional]:
        """What is kept of earlier releases by name, and the key; empty where there is none."""
        kept = {name: optional(self.women(name)) for name in releases}
        return {**kept, THE_KEY: optional(self.key())} if kept else {}
