"""Register theories, publish a release, purge a site: what changes what is kept."""

from __future__ import annotations

import json
import secrets
import shutil
import time
from typing import TYPE_CHECKING, Any

from pipeline.commands.preparing import is_sealed, prepared
from pipeline.config import SITE_NAME
from pipeline.engine.nodes import drop_site, holds_site, write_atomically, write_folder_atomically
from pipeline.engine.runner import locked, say
from pipeline.strict_yaml import FactError
from pipeline.study import RELEASES, published
from pipeline.theories.registration import changes, register_all

if TYPE_CHECKING:
    from argparse import Namespace
    from pathlib import Path

    from pipeline.catalog import Catalog
    from pipeline.study import Study

DONE, WRONG_USE = 0, 2


def register(given: Namespace) -> int:
    """Fix the theories as they stand: each whole, with its date and whether outcomes had been processed."""
    study = prepared(given.config)
    path = study.config_file.resolve().parent / "theories.lock"
    is_late = (study.config.paths.processed / "change.parquet").is_file()
    lock, n_new = register_all(study.theories, _lock_at(path), outcomes_processed=is_late)
    write_atomically(path, (json.dumps(lock, indent=1, sort_keys=True) + "\n").encode())
    late = " Outcomes had been processed before: these count as exploratory." if is_late and n_new else ""
    print(f"{path}: {n_new} registered, {len(lock) - n_new} kept.{late}")
    for name, theory in study.theories.items():
        for change in changes(theory, lock[name]):
            print(f"  {name}: {change.field} was {change.was or 'not given'}, is {change.now or 'not given'}")
    return DONE


def _lock_at(path: Path) -> dict[str, Any]:
    """The lock as it lies there; empty where there is none."""
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): {"hash": "", "date": "", "outcomes_processed": True, **entry} for name, entry in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        raise FactError(f"{path}: cannot be read as the registration of theories; put back its last good copy.") from None


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
        _refuse_what_can_be_found(study)
        reports = study.config.paths.reports
        files = {p.relative_to(reports).as_posix(): p.read_bytes() for p in sorted(reports.rglob("*")) if p.is_file()}
        _keep_women(study, given.release)
        _keep_faults(study, given.release)
        write_folder_atomically(target, files)
    print(target)
    return DONE


def _keep_faults(study: Study, release: str) -> None:
    """Keep what the faults are known by, beside the releases: small numbers of single sites do not leave with a release."""
    from pipeline.returns.since_release import keys_of

    catalog, folder = _catalog(study), study.config.paths.not_for_release
    catalog.published_faults(release).save(keys_of(catalog["rejected"].load()))
    kept = [each for each in published(folder) if each["release"] != release]
    listed = json.dumps([*kept, {"release": release, "run_id": study.run_id}], indent=1) + "\n"
    write_atomically(folder / RELEASES, listed.encode())


def _refuse_what_can_be_found(study: Study) -> None:
    """No release where somebody could work out what is withheld."""
    attack = _catalog(study)["checked_attack"].load()
    n_found = int((attack["found_by"].fillna("") != "").sum())
    if n_found:
        raise FactError(
            f"publish: {n_found} withheld count(s) could be worked out from the others; see output-check/attack.csv in "
            f"{study.config.paths.processed}, and raise release.minimum_count or leave a site out."
        )


def _keep_women(study: Study, release: str) -> None:
    """Keep who stands behind what is shown, by keyed hash, beside the releases: so many hashes are an exact count."""
    from pipeline.disclosure.releases import hashed_women
    from pipeline.tables import shape

    catalog = _catalog(study)
    kept = catalog.beside_releases
    if not kept.key().path.is_file():
        kept.key().save({"key": secrets.token_hex(32)})
    women = hashed_women(catalog["released_women"].load(), kept.key().load()["key"])
    is_behind = women["is_in_total"] | women["is_at_site"]
    kept.women(release).save(shape("published_women", women[is_behind.fillna(value=False)]))


def _catalog(study: Study) -> Catalog:
    from pipeline.catalog import Catalog

    return Catalog(study.config.paths, study.config_file.resolve().parent)


def purge(given: Namespace) -> int:
    """Remove a site's return and all that was made of it."""
    if not SITE_NAME.fullmatch(given.site):
        raise FactError(f"purge: found {given.site!r}; expected the code of a site, such as S07.")
    study = prepared(given.config)
    paths, tables = _held(study, given.site), _with_rows_of(study, given.site)
    if not (paths or tables):
        raise FactError(f"purge: nothing is held of {given.site!r}. Sites with a return: {', '.join(study.sites) or 'none'}.")
    say("This removes for good:\n" + "\n".join(f"  {path}" for path in paths))
    for path in tables:
        say(f"  the rows of {given.site} in {path}")
    if not given.yes and _answer("Type the site's code to confirm: ") != given.site:
        say("Nothing was removed.")
        return WRONG_USE
    with locked(study.state):
        for path in paths:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        for path in tables:
            drop_site(path, given.site)
        log = study.config.paths.processed / "purged.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as file:
            file.write(f"{time.strftime('%Y-%m-%d')} {given.site} purged\n")
    for path in (study.config.paths.decisions, study.config.paths.evidence):
        if path.is_file():
            say(f"If {path} holds lines on {given.site}, delete them: only you write to that file.")
    say(f"{given.site} is removed. Run `make all` to rebuild the rest without it; until then reports and sums still count it.")
    return DONE


def _answer(question: str) -> str:
    """What a person types; nothing where nobody can."""
    try:
        return input(question).strip()
    except EOFError:
        return ""


def _held(study: Study, site: str) -> list[Path]:
    """The files and folders of one site: as received, its records, what went back to it, its report, and lists that name it."""
    config = study.config.paths
    received = [path for each in study.returns if each.site_id == site for path in each.paths]
    made = [config.processed / folder / site for folder in ("records", "to_sites")]
    reports = [config.reports / "sites" / f"{site}.pdf", config.reports / "sites-text" / f"{site}.md"]
    mine = [*received, *(path for path in (*made, *reports) if path.exists())]
    lists = [config.processed / name for name in ("ledger.json", "decisions-to-take.csv")]
    return [*mine, *(path for path in lists if mine and path.exists())]


def _with_rows_of(study: Study, site: str) -> list[Path]:
    """Every table that holds rows of a site, also those kept beside the releases."""
    folders = (study.config.paths.processed, study.config.paths.not_for_release)
    return [path for folder in folders for path in sorted(folder.glob("*.parquet")) if holds_site(path, site)]
