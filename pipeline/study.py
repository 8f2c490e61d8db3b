"""One study: its config, its returns, its measures and its theories, found and checked before anything runs."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from pipeline import __version__, bibliography, instruments, measures, theories
from pipeline import config as settings
from pipeline.engine.code import package_state
from pipeline.engine.nodes import digest, digest_path
from pipeline.report.study import StudyFacts
from pipeline.returns import mapping
from pipeline.returns.denominators import read_denominators
from pipeline.returns.inventory import Refused, Return, take_inventory
from pipeline.strict_yaml import FactError, line_of

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.bibliography import Source
    from pipeline.config import Config
    from pipeline.instruments import Instrument
    from pipeline.measures import Measure
    from pipeline.returns.denominators import Denominators
    from pipeline.returns.mapping import Mapping
    from pipeline.theories import Theory

T = TypeVar("T")


@dataclass(frozen=True)
class Study:
    """What a run works on. `measures` are those of the study, the primary one first; `known_measures` all there are."""

    config_file: Path
    config: Config
    returns: list[Return]
    refused: list[Refused]
    known_measures: dict[str, Measure]
    measures: dict[str, Measure]
    theories: dict[str, Theory]
    synthetic: bool
    mappings: dict[str, Mapping] = field(default_factory=dict)
    denominators: Denominators = ()
    instruments: dict[str, Instrument] = field(default_factory=dict)
    known_theories: tuple[str, ...] = ()
    state: Path = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "state", self.config.paths.processed / ".pytask")

    @property
    def sites(self) -> list[str]:
        """Codes of the sites that sent something."""
        return [received.site_id for received in self.returns]

    @property
    def sources(self) -> dict[str, Source]:
        """The bibliography, with the lists that stand beside measures and theories of one's own."""
        return bibliography.sources((*self.config.paths.measures, *self.config.paths.theories))

    @property
    def unlisted(self) -> list[str]:
        """What a measure or a theory of the study cites and no list of sources holds, a sentence each."""
        cited = {name: measure.sources() for name, measure in self.measures.items()}
        return bibliography.unlisted({**cited, **{name: {*each.sources} for name, each in self.theories.items()}}, self.sources)

    @property
    def evidence(self) -> Path:
        """The file of evidence: that of the config, and the invented one in a rehearsal."""
        paths = self.config.paths
        is_rehearsal = self.synthetic and not self.config.synthetic and paths.rehearsal is not None
        return paths.rehearsal / "evidence.csv" if is_rehearsal and paths.rehearsal else paths.evidence

    @property
    def reported_sites(self) -> list[str]:
        """Codes of the sites that get a report."""
        chosen = self.config.reports.sites
        return {"all": self.sites, "none": []}[chosen] if isinstance(chosen, str) else [s for s in self.sites if s in chosen]

    @property
    def facts(self) -> str:
        """Canonical text of everything but the returns that decides the results: config, measures, theories, code."""
        chosen = self.config.model_dump_json(exclude={"paths", "rehearsal"})
        known = [m.model_dump_json() for m in self.measures.values()] + [t.model_dump_json() for t in self.theories.values()]
        known += [i.model_dump_json() for i in self.instruments.values()]
        words = [f"{site} {words.model_dump_json()}" for site, words in self.mappings.items()]
        return "\n".join([chosen, *known, package_state(), str(self.synthetic), *words, str(self.denominators)])

    @property
    def run_id(self) -> str:
        """Hash of inputs, config and package: the same wherever the same study is run."""
        received = [f"{r.site_id} {p.name if r.others else ''} {digest_path(p)}" for r in self.returns for p in r.paths]
        beside = {"decisions": self.config.paths.decisions, "evidence": self.evidence}
        given = [f"{name} {digest_path(path)}" for name, path in beside.items() if path.is_file()]
        return digest("\n".join([self.facts, *received, *given]))[:12]

    @property
    def last_release(self) -> str | None:
        """The last release of another run than this one, with which its faults are compared; publishing changes no passport."""
        paths = self.config.paths
        if kept := published(paths.not_for_release):
            mine = self.run_id
            return next((each["release"] for each in reversed(kept) if each["run_id"] != mine), None)
        folders = [folder.name for folder in paths.releases.iterdir() if folder.is_dir()] if paths.releases.is_dir() else []
        return max(folders, default=None)

    @property
    def release_to_compare(self) -> str | None:
        """The release that reports are held against: none for invented data, which are never held against real ones."""
        return None if self.synthetic else self.last_release

    @property
    def releases_before(self) -> tuple[str, ...]:
        """The releases of other runs, in order, beside which this one must be safe; none for invented data."""
        kept = () if self.synthetic else published(self.config.paths.not_for_release)
        mine = self.run_id if kept else ""
        return tuple(each["release"] for each in kept if each["run_id"] != mine)

    def inputs(self) -> list[Path]:
        """Every path outside our own folders that a run reads."""
        beside = [self.config_file, self.config_file.resolve().parent / "theories.lock", self.config.paths.returns]
        paths = self.config.paths
        folders = [*paths.measures, *paths.theories, *paths.instruments, *([paths.mappings] if paths.mappings else [])]
        last = [paths.releases / self.release_to_compare / "tables"] if self.release_to_compare else []
        files = [paths.decisions, self.evidence, *last, *([paths.denominators] if paths.denominators else [])]
        before = self.releases_before
        files += [paths.not_for_release / f"published-women-{name}.parquet" for name in before]
        files += [paths.not_for_release / "key.json"] if before else []
        return [*beside, *files, *(path for received in self.returns for path in received.paths), *folders]


RELEASES = "published.json"


def published(folder: Path) -> list[dict[str, str]]:
    """The releases so far, the first one first, each with the run that it is of. Raises FactError where the list is damaged."""
    try:
        found = json.loads((folder / RELEASES).read_text(encoding="utf-8"))
        return [{"release": str(each["release"]), "run_id": str(each["run_id"])} for each in found]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, KeyError):
        raise FactError(f"{folder / RELEASES}: cannot be read as the list of releases; put back its last good copy.") from None


def returns_folder(config: Config, config_file: Path) -> tuple[Path, bool]:
    """Where the returns lie, and whether they are the invented ones. Raises FactError where there is neither."""
    folder = config.paths.returns
    where = f"{config_file}:{line_of(config_file, 'paths', 'returns')}: paths.returns"
    if folder.is_dir() and any(take_inventory(folder, config.sites)):
        return folder, config.synthetic
    if config.paths.rehearsal is not None:
        return config.paths.rehearsal / "returns", True
    if not folder.is_dir():
        raise FactError(f"{where}: found {str(folder)!r}, which is no folder. Make it, or correct the path.")
    raise FactError(f"{where}: found no return in {str(folder)!r}. Put one workbook or one folder of CSV files a site there.")


def open_study(config_file: Path) -> Study:
    """Read config, measures and theories and list the returns. Raises FactError with one line a mistake."""
    config = settings.load(config_file)
    known = measures.load(config.paths.measures)
    predicted = theories.load(config.paths.theories)
    used = _chosen(config_file, "measures", config.measures, known)
    of_services = (
        ("",) if used.keys() & measures.load().keys() else ()
    )  # waits and retention are predicted of these services alone
    apt = {name: theory for name, theory in predicted.items() if theory.outcome.measure in (*of_services, *used)}
    tested = _chosen(config_file, "theories", config.theories, apt)
    folder, synthetic = returns_folder(config, config_file)
    found, refused = take_inventory(folder, config.sites) if folder.is_dir() else ([], [])
    words = config.paths.mappings
    return Study(
        config_file=config_file,
        config=config,
        returns=found,
        refused=refused,
        known_measures=known,
        measures=used,
        theories=tested,
        synthetic=synthetic,
        mappings=mapping.load(words, sites=config.sites, measures=known) if words else {},
        denominators=read_denominators(config.paths.denominators),
        instruments=instruments.load(config.paths.instruments),
        known_theories=tuple(predicted),
    )


def facts_for_print(study: Study, run_id: str | None = None) -> StudyFacts:
    """What every page says of the run; `run_id` stands in for the study's own where only one return matters."""
    config = study.config
    cited = _cited(study) if run_id is None else set()
    return StudyFacts(
        title=config.study.title,
        synthetic=study.synthetic,
        **_standing(study, is_passport=run_id is not None),
        period_start=None,
        period_end=None,
        data_cut=None,
        k_sites=len(study.returns),
        run_id=run_id[:12] if run_id else study.run_id,
        minimum_count=config.release.minimum_count,
        round_to=config.release.round_to,
        version=__version__,
        min_pairs=config.compare.min_pairs,
        **({} if run_id else config.figures.model_dump(include={"colour", "accent"})),
        sources={name: source for name, source in study.sources.items() if name in cited},
        settings={} if run_id else settings_in_words(config),
        defaults={} if run_id else settings_in_words(settings.Config()),
        hashes={} if run_id else hashes_in_words(study),
    )


def _standing(study: Study, *, is_passport: bool) -> dict[str, Any]:
    """Whether a run is a draft, why, and what its governance says. An invented study and a passport are never final."""
    if study.synthetic or is_passport:
        return {"is_draft": True}
    given = study.config.governance
    missing = [f"governance.{name}" for name, value in given if value is None or not str(value).strip()]
    if missing:
        return {"is_draft": True, "why_draft": f"The configuration does not give {', '.join(missing)}."}
    said = {
        "Controller of the data": given.controller,
        "Agreement": given.agreement,
        "Data kept until": str(given.retain_until),
        "National data opt-out": "applied" if given.national_data_opt_out_applied else "not applied",
    }
    return {"is_draft": False, "retain_until": str(given.retain_until), "governance": said}


def _cited(study: Study) -> set[str]:
    by_measures = {source for measure in study.measures.values() for source in measure.sources()}
    return by_measures | {source for theory in study.theories.values() for source in theory.sources}


def settings_in_words(config: Config) -> dict[str, str]:
    """The settings that decide results, name by name, as the reports print them."""
    chosen = config.model_dump(mode="json", include={"access", "change", "compare", "funnel", "release", "seed"})
    flat = {
        f"{part}.{name}": value for part, values in chosen.items() if isinstance(values, dict) for name, value in values.items()
    }
    given = {name: value for name, value in {**flat, "seed": chosen["seed"]}.items() if not isinstance(value, dict)}
    return {name: ", ".join(map(str, value)) if isinstance(value, list) else str(value) for name, value in given.items()}


def hashes_in_words(study: Study) -> dict[str, str]:
    """What a run was made from, as a table of the report gives it: hashes cut short, versions, seed; whole ones in run.json."""
    made = facts_of_run(study)
    together = {"returns, together": digest("\n".join(made["return_hashes"])), "package": made["package_hash"]}
    config = {"configuration": made["config_hash"], "settings that decide results": made["settings_hash"]}
    decided = {"decisions": made["decisions_hash"] or "none"}
    versions = {name: str(number) for name, number in made["libraries"].items()}
    hashes = {name: value[:12] for name, value in {**together, **config, **decided}.items()}
    return {**hashes, "seed": str(made["seed"]), **versions}


def facts_of_run(study: Study) -> dict[str, Any]:
    """What a run was made from: versions, hashes, seed and rule; no count, path or file name."""
    return {
        "run_id": study.run_id,
        "config_hash": digest(study.config.model_dump_json(exclude={"paths"})),
        **facts_of_results(study),
    }


def facts_of_results(study: Study) -> dict[str, Any]:
    """The same for what decides results, whatever the look of the reports."""
    from importlib.metadata import version

    libraries = ("numpy", "pandas", "pandera", "pyarrow", "pytask", "scipy", "statsmodels", "typst")
    return {
        "synthetic": study.synthetic,
        "version": __version__,
        "package_hash": package_state(),
        "settings_hash": digest(study.config.model_dump_json(exclude={"paths", "rehearsal", "figures", "reports", "study"})),
        "return_hashes": sorted(digest_path(path) or "" for r in study.returns for path in r.paths),
        "decisions_hash": digest_path(study.config.paths.decisions) or "",
        "evidence_hash": digest_path(study.evidence) or "",
        "mapping_hashes": sorted(digest(words.model_dump_json()) for words in study.mappings.values()),
        "measures": {name: digest(m.model_dump_json()) for name, m in study.measures.items()},
        "instruments": {name: digest(i.model_dump_json()) for name, i in study.instruments.items()},
        "theories": {name: theory.hash for name, theory in study.theories.items()},
        "seed": study.config.seed,
        "rule": study.config.release.model_dump(mode="json"),
        "libraries": {name: version(name) for name in libraries},
    }


def _chosen(config_file: Path, key: str, names: tuple[str, ...] | None, known: dict[str, T]) -> dict[str, T]:
    for position, name in enumerate(names or ()):
        if name not in known:
            line = line_of(config_file, key, position)
            allowed = ", ".join(sorted(known)) or "none: no theory fits the measures of the study"
            raise FactError(f"{config_file}:{line}: {key}[{position}]: found {name!r}; allowed: {allowed}.")
    return known if names is None else {name: known[name] for name in names}
