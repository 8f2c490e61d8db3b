"""Write a template or an invented study."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.engine.nodes import write_atomically
from pipeline.strict_yaml import FactError

if TYPE_CHECKING:
    from argparse import Namespace

DONE = 0


def template(given: Namespace) -> int:
    """Write an empty workbook for a site."""
    from pipeline.returns.template import template as workbook

    if given.file.exists():
        raise FactError(f"template: {str(given.file)!r} is there already and may be filled in; name another file.")

    write_atomically(given.file, workbook())
    print(given.file)
    return DONE


def synthesise(given: Namespace) -> int:
    """Write an invented study."""
    from pipeline.synthetic import synthesise as invent

    if given.folder.exists() and any(given.folder.iterdir()):
        raise FactError(f"synthesise: {str(given.folder)!r} is not empty; name a new folder, so that nothing is written over.")
    invent(given.folder, sites=given.sites, women=given.women, seed=given.seed, dirty=given.dirty)
    print(given.folder / "returns")
    return DONE
