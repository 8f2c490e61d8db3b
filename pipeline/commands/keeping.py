"""Register theories, publish a release, purge a site: what changes what is kept."""

from __future__ import annotations

import json
import shutil
import time
from typing import TYPE_CHECKING, Any

from pipeline.commands.preparing import is_sealed, prepared
from pipeline.config import SITE_NAME
from pipeline.engine.nodes import write_atomically, write_folder_atomically
from pipeline.engine.runner import locked, say
from pipeline.strict_yaml import FactError

if TYPE_CHECKING:
    from argparse import Namespace

DONE, WRONG_USE = 0, 2


def register(given: Namespace) -> int:
    """Fix the theories as they stand, with the date of each and whether outcomes had been processed."""
    study = prepared(given.config)
    path = study.config_file.resolve().parent / "theories.lock"
    is_late = (study.config.paths.processed / "change.parquet").is_file()
    old: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    kept = {t.id: old[t.id] for t in study.theories.values() if t.id in old and old[t.id]["hash"] == t.hash}
    new = {
        t.id: {"hash": t.hash, "date": t.registered.isoformat(), "outcomes_processed": is_late}
        for t in study.theories.values()
        if t.id not in kept
    }
    write_atomically(path, (json.dumps({**kept, **new}, indent=1, sort_keys=True) + "\n").encode())
    late = " Outcomes had been processed before: these count as exploratory." if is_late and new else ""
    print(f"{path}: {len(new)} registered, {len(kept)} kept.{late}")
    return DONE


def publish(given: Namespace) -> int:
    """Keep the open files of the last run as a release that later runs can be held against."""
    study = prepared(given.config)
    if not SITE_NAME.fullmatch(given.release):
        raise FactError(f"release: found {given.release!r}; expected letters, digits, - and _, such as 2026-11.")
    if study.synthetic:
        raise FactError("publish: the study is synthetic; only a run on real returns can be published.")
    with locked(study.state):
        if not is_sealed(study):
            raise FactError("publish: the reports are not up to date; run `make all` first.")
        target = study.config.paths.releases / given.release
        if target.exists():
            raise FactError(f"publish: the release {given.release!r} is there already; a release is never changed.")
        reports = study.config.paths.reports
        files = {p.relative_to(reports).as_posix(): p.read_bytes() for p in sorted(reports.rglob("*")) if p.is_file()}
        write_folder_atomically(target, files)
    print(target)
    return DONE


def purge(given: Namespace) -> int:
    """Remove a site's return and all that was made of it."""
    study = prepared(given.config)
    received = [r for r in study.returns if r.site_id == given.site]
    held = [study.config.paths.processed / folder / given.site for folder in ("records", "to_sites")]
    paths = [*(path for r in received for path in r.paths), *(p for p in held if p.exists())]
    if not paths:
        raise FactError(f"purge: nothing is held of {given.site!r}. Sites with a return: {', '.join(study.sites) or 'none'}.")
    say("This removes for good:\n" + "\n".join(f"  {path}" for path in paths))
    if not given.yes and input("Type the site's code to confirm: ").strip() != given.site:
        say("Nothing was removed.")
        return WRONG_USE
    with locked(study.state):
        for path in paths:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        log = study.config.paths.processed / "purged.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as file:
            file.write(f"{time.strftime('%Y-%m-%d')} {given.site} purged\n")
    say(f"{given.site} is removed. Run `make all` to rebuild the rest without it.")
    return DONE
