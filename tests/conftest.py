"""One synthetic run shared by all tests, and a small study for tests of change."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

from pipeline.__main__ import main
from pipeline.synthetic import synthesise

from .unmarked import unmark

DONE_LINE = re.compile(r"\] (\S+) +done")


@dataclass(frozen=True)
class Told:
    """How a command ended: its exit code, what it printed, which tasks ran."""

    code: int
    out: str
    err: str

    @property
    def ran(self) -> list[str]:
        return DONE_LINE.findall(self.err)

    @property
    def steps(self) -> set[str]:
        return {name.split("[")[0] for name in self.ran}


def tell(*arguments: str | Path) -> Told:
    """Run one command of the pipeline in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([str(a) for a in arguments])
    return Told(code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


def make_once(folder: Path, name: str, make: Callable[[Path], None]) -> Path:
    """Make something once for all test processes."""
    target = folder / name
    with FileLock(folder / f"{name}.lock"):
        if not (target / "made").exists():
            target.mkdir(exist_ok=True)
            make(target)
            (target / "made").touch()
    return target


CONFIG = """
study: {{title: "Maternal Mental Health Services in England: a realist evaluation"}}
paths: {{returns: raw, rehearsal: invented, processed: processed, reports: reports, releases: releases}}
rehearsal: {{sites: {sites}, women: {women}, seed: {seed}}}
measures: [{measures}]
reports: {{sites: {reports}}}
"""


ALL_MEASURES = "pcl5, core10, phq9, gad7, epds, wsas"
SMALL_MEASURES = "pcl5, core10, gad7"
"""Those of the theories and one more: what runs, and why, depends on no number of measures."""


def write_config(
    folder: Path, *, sites: int, women: int, reports: str, seed: int = 20261122, measures: str = ALL_MEASURES
) -> Path:
    path = folder / "config.yaml"
    text = CONFIG.format(sites=sites, women=women, seed=seed, reports=reports, measures=measures)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def full_study(shared_folder: Path) -> Path:
    """The 30-site synthetic study, run once; read it, do not change it."""

    def make(folder: Path) -> None:
        config = write_config(folder, sites=30, women=9000, reports="all")
        told = tell("run", "--config", config)
        assert told.code == 0, told.err
        (folder / "told.txt").write_text(told.err + told.out, encoding="utf-8")

    return make_once(shared_folder, "full-study", make)


@pytest.fixture(scope="session")
def _small_study(shared_folder: Path) -> Path:
    """Six synthetic sites, run once. The returns lie in raw/, without their mark so that a test may take them for real ones,
    and the config says synthetic: nothing is invented again."""

    def make(folder: Path) -> None:
        synthesise(folder / "invented", sites=6, women=600)
        shutil.move(folder / "invented" / "returns", folder / "raw")
        unmark(folder / "raw")
        config = write_config(folder, sites=6, women=600, reports="[S01, S02]", measures=SMALL_MEASURES)
        text = config.read_text(encoding="utf-8").replace("rehearsal: invented, ", "") + "synthetic: true\n"
        config.write_text(text, encoding="utf-8")
        told = tell("run", "--config", config)
        assert told.code == 0, told.err

    return make_once(shared_folder, "small-study", make)


@pytest.fixture
def fresh_study(_small_study: Path, tmp_path: Path) -> Path:
    """A copy of six synthetic sites, up to date, that a test may change as it likes."""
    shutil.copytree(_small_study, tmp_path / "study")
    return tmp_path / "study"


@pytest.fixture(scope="session")
def _published_study(_small_study: Path, shared_folder: Path) -> Path:
    """The six sites as if they were real, with one measure, run and published as the release 2026-05."""

    def make(folder: Path) -> None:
        shutil.copytree(_small_study, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("made"))
        config = folder / "config.yaml"
        be_real(config)
        keep_to_one_measure(config)
        for command in (["run"], ["publish", "2026-05"]):
            told = tell(*command, "--config", config)
            assert told.code == 0, told.err

    return make_once(shared_folder, "published-study", make)


@pytest.fixture
def published(_published_study: Path, tmp_path: Path) -> Path:
    """A copy of a study as if it were real, with one measure and one release, that a test may change as it likes."""
    shutil.copytree(_published_study, tmp_path / "published")
    return tmp_path / "published"


def be_real(config: Path) -> None:
    """Take the returns of a small study for real ones."""
    _replace(config, "synthetic: true\n", "")


def keep_to_one_measure(config: Path) -> None:
    """One measure and no report of a site: enough for a test of what is released."""
    _replace(config, f"measures: [{SMALL_MEASURES}]", "measures: [pcl5]")
    _replace(config, "reports: {sites: [S01, S02]}", "reports: {sites: none}")


def _replace(config: Path, old: str, new: str) -> None:
    text = config.read_text(encoding="utf-8")
    assert old in text
    config.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def small_study(fresh_study: Path) -> Path:
    """The same, not yet run."""
    for name in ("processed", "reports"):
        shutil.rmtree(fresh_study / name)
    return fresh_study
