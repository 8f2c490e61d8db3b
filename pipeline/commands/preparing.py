"""Open the study; where there are no returns and the config allows a rehearsal, invent them first."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

from pipeline.engine.nodes import write_atomically
from pipeline.engine.runner import locked, read_seal, say, seal
from pipeline.study import Study, open_study

if TYPE_CHECKING:
    from pathlib import Path


def prepared(config_file: Path) -> Study:
    """Open the study; where it has no returns and its config allows a rehearsal, invent them first."""
    study = open_study(config_file)
    rehearsal = study.config.paths.rehearsal
    if rehearsal is None or not study.synthetic or study.config.synthetic:
        return study
    from pipeline.engine.code import closure, digest_modules

    wanted = study.config.rehearsal.model_dump_json() + digest_modules(closure(frozenset({"pipeline.synthetic"})))
    stamp = rehearsal / "made-with.txt"
    if not _is_made(stamp, wanted):
        from pipeline.synthetic import synthesise as invent

        with locked(study.state):
            if not _is_made(stamp, wanted):
                say(f"Inventing {study.config.rehearsal.sites} synthetic returns in {rehearsal} ...")
                shutil.rmtree(rehearsal, ignore_errors=True)
                chosen = study.config.rehearsal
                invent(rehearsal, sites=chosen.sites, women=chosen.women, seed=chosen.seed)
                write_atomically(stamp, wanted.encode())
    return open_study(config_file)


def _is_made(stamp: Path, wanted: str) -> bool:
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted


def is_sealed(study: Study) -> bool:
    """Whether everything that the last whole run read and made is as it left it."""
    stored = read_seal(study.state)
    products = [(study.state / name).resolve() for name in json.loads(stored.get("products", "[]"))]
    return bool(products) and stored.get("seal") == seal(study.state, study.inputs(), products, study.facts)
