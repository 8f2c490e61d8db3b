"""Which returns lie in the folder: one a site, found by name alone, nothing opened."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.config import SITE_NAME
from pipeline.engine.nodes import digest, digest_path

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods")
_IGNORED = re.compile(r"(\..*|~\$.*|readme(\..*)?|thumbs\.db|desktop\.ini)", re.IGNORECASE)
_VERSIONED = re.compile(r"(?P<site>.+?)_v(?P<version>\d{1,3})", re.IGNORECASE)


@dataclass(frozen=True)
class Return:
    """What one site sent: the file or folder with the highest version in its name, and any others of the same site."""

    site_id: str
    path: Path
    others: tuple[Path, ...] = ()

    @property
    def paths(self) -> tuple[Path, ...]:
        """Everything that the site sent; which of it stands is decided by what it says of its period."""
        return (self.path, *self.others)

    @property
    def names(self) -> list[str]:
        """What of it decides the records, wherever the folder lies."""
        return [self.site_id, *(path.name for path in self.paths)]

    @property
    def content(self) -> str:
        """Hash of everything that the site sent; of the one file or folder where it sent one."""
        found = [digest_path(path) or "" for path in self.paths]
        return digest("\n".join(found)) if self.others else found[0]


@dataclass(frozen=True)
class Refused:
    """Something in the returns folder that cannot be a return."""

    position: int
    reason: str
    mend: str


def is_ignored(name: str) -> bool:
    """Whether a file is no part of a return: hidden, a lock file, a read-me or a file that an operating system leaves."""
    return _IGNORED.fullmatch(name) is not None


def site_and_version(path: Path) -> tuple[str, int]:
    """The site and the version that a name gives: S07_v2.xlsx is version 2 of S07; without one it is the first."""
    stem = path.name if path.is_dir() else path.stem
    match = _VERSIONED.fullmatch(stem)
    return (match["site"], int(match["version"])) if match else (stem, 1)


def take_inventory(folder: Path, sites: Iterable[str] | None = None) -> tuple[list[Return], list[Refused]]:
    """List the returns of `folder` by site code, and what was refused.

    Several names of one site (S07.xlsx, S07_v2.xlsx, a folder S07) are one entry, the highest version first.
    `sites` is the registry; without one every safe name is a site.
    """
    found: dict[str, list[tuple[int, Path]]] = {}
    refused: list[Refused] = []
    entries = sorted(p for p in folder.iterdir() if not is_ignored(p.name))
    for position, path in enumerate(entries, start=1):
        reason = _refuse(folder, path)
        name, version = site_and_version(path)
        if reason is None and not SITE_NAME.fullmatch(name):
            reason = ("its name is no site code", "Rename it to the site's code, such as S07.xlsx or a folder S07.")
        if reason is None and sites is not None and name not in set(sites):
            reason = ("its name is not in the list `sites` of the config", "Rename it, or add the site to the config.")
        if reason is None:
            found.setdefault(name, []).append((version, path))
        else:
            refused.append(Refused(position, *reason))
    return [_ordered(site, versions) for site, versions in sorted(found.items())], refused


def _refuse(folder: Path, path: Path) -> tuple[str, str] | None:
    if not (path.is_dir() or path.is_file()):
        return ("it is a broken link or no ordinary file", "Put the file itself there.")
    if path.is_symlink() and folder.resolve() not in path.resolve().parents:
        return ("it is a link that leads out of the returns folder", "Put the file itself there.")
    if path.is_dir() or path.suffix.lower() in WORKBOOKS:
        return None
    if path.suffix.lower() == ".csv":
        return ("a CSV file must lie in a folder named as its site", "Put it in a folder such as S07/outcomes.csv.")
    return ("it is neither a workbook nor a folder of CSV files", "Send a workbook (.xlsx) or a folder with one CSV a table.")


def _ordered(site: str, versions: list[tuple[int, Path]]) -> Return:
    first, *others = (path for _, path in sorted(versions, key=lambda each: (-each[0], each[1].name)))
    return Return(site, first, tuple(others))
