"""What this run chose. Every key has a default; an unknown key or a wrong value is refused with its place."""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from pipeline.codes import MODES, PATHWAYS
from pipeline.strict_yaml import FactError, Strict, read

SITE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _as_path(value: object) -> object:
    return Path(value) if isinstance(value, str) and value else value


Names = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]
Place = Annotated[Path, BeforeValidator(_as_path)]
Places = Annotated[tuple[Place, ...], BeforeValidator(_as_tuple)]


class StudySettings(Strict):
    title: str = "Maternal Mental Health Services: a realist evaluation"
    data_cut: datetime.date | None = None
    received: datetime.date | None = None


class PathSettings(Strict):
    """Folders and files; relative ones start at the folder of the config file."""

    returns: Place = Path("data/raw")
    rehearsal: Place | None = None
    processed: Place = Path("data/processed")
    releases: Place = Path("data/releases")
    reports: Place = Path("reports")
    measures: Places = ()
    theories: Places = ()
    instruments: Places = ()
    mappings: Place | None = None
    decisions: Place = Path("decisions.csv")
    denominators: Place | None = None
    evidence: Place = Path("evidence.csv")

    @property
    def not_for_release(self) -> Path:
        """What is kept of a release and may not leave: beside the releases, so that whoever copies one does not take it along."""
        return self.releases.with_name("not-for-release")

    def resolved(self, base: Path) -> PathSettings:
        """The same with every path absolute."""

        def absolute(path: Path) -> Path:
            return (base / path).resolve()

        return PathSettings(
            returns=absolute(self.returns),
            rehearsal=absolute(self.rehearsal) if self.rehearsal else None,
            processed=absolute(self.processed),
            releases=absolute(self.releases),
            reports=absolute(self.reports),
            measures=tuple(absolute(p) for p in self.measures),
            theories=tuple(absolute(p) for p in self.theories),
            instruments=tuple(absolute(p) for p in self.instruments),
            mappings=absolute(self.mappings) if self.mappings else None,
            decisions=absolute(self.decisions),
            denominators=absolute(self.denominators) if self.denominators else None,
            evidence=absolute(self.evidence),
        )


class RehearsalSettings(Strict):
    """The invented study that runs when there are no returns."""

    sites: int = Field(default=30, ge=2, le=99)
    women: int = Field(default=9000, ge=100, le=1_000_000)
    seed: int = Field(default=20261122, ge=0)


class IntakeSettings(Strict):
    """Limits against hostile or broken files."""

    max_file_megabytes: int = Field(default=200, gt=0)
    max_rows: int = Field(default=1_000_000, gt=0)
    max_columns: int = Field(default=400, gt=0)
    max_compression_ratio: int = Field(default=200, gt=1)


class ChangeSettings(Strict):
    """Which scores make a pair."""

    pre_window_days: int = Field(default=14, ge=0)
    min_gap_days: int = Field(default=14, ge=0)
    post_grace_days: int = Field(default=30, ge=0)


class CompareSettings(Strict):
    min_pairs: int = Field(default=10, ge=2)
    small_site_variance: Literal["own", "pooled"] = "own"


class SensitiveSettings(Strict):
    pathways: Names = ("loss_of_custody", "other")
    minimum_count: int = Field(default=20, ge=10)

    @field_validator("pathways")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := sorted(set(value) - set(PATHWAYS)):
            raise ValueError(f"unknown pathway {unknown[0]!r}; allowed: {', '.join(PATHWAYS)}")
        return value


class ReleaseSettings(Strict):
    """The disclosure rule: printed wherever it applies."""

    minimum_count: int = Field(default=10, ge=8)
    round_to: int = Field(default=5, ge=1)
    minimum_denominator: int = Field(default=50, ge=20)
    sensitive: SensitiveSettings = SensitiveSettings()


class FigureSettings(Strict):
    font_size_points: float = Field(default=9.0, ge=6, le=14, strict=False)
    width_mm: float = Field(default=165.0, ge=80, le=180, strict=False)
    colour: str = "#1F4E79"
    accent: str = "#B5651D"

    @field_validator("colour", "accent")
    @classmethod
    def _hexadecimal(cls, value: str) -> str:
        if not re.fullmatch(r"#[0-9A-Fa-f]{6}", value):
            raise ValueError("expected a colour as # and six hexadecimal digits, such as '#1F4E79'")
        return value


class AccessSettings(Strict):
    qualifying_modes: Names = ("01", "11")
    weeks: tuple[int, ...] = Field(default=(6, 16, 26, 52), strict=False)
    bootstrap_draws: int = Field(default=2000, ge=200)

    @field_validator("qualifying_modes")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := sorted(set(value) - set(MODES)):
            raise ValueError(f"unknown mode {unknown[0]!r}; allowed: {', '.join(MODES)}")
        return value


class FunnelSettings(Strict):
    """The outlier policy: which limits of a funnel decide, and the fewest women of a site that is drawn."""

    policy_level: Literal[95, 998] = 998
    over_dispersed: bool = True
    minimum: int = Field(default=10, ge=10)


class ReportSettings(Strict):
    sites: Literal["all", "none"] | Names = "all"


class GovernanceSettings(Strict):
    """Needed before a real report may say FINAL."""

    controller: str = ""
    agreement: str = ""
    retain_until: datetime.date | None = None
    national_data_opt_out_applied: bool | None = None


class Config(Strict):
    study: StudySettings = StudySettings()
    synthetic: bool = False
    seed: int = Field(default=20261122, ge=0)
    paths: PathSettings = PathSettings()
    sites: Names | None = None
    measures: Names | None = None
    theories: Names | None = None
    rehearsal: RehearsalSettings = RehearsalSettings()
    intake: IntakeSettings = IntakeSettings()
    change: ChangeSettings = ChangeSettings()
    compare: CompareSettings = CompareSettings()
    access: AccessSettings = AccessSettings()
    funnel: FunnelSettings = FunnelSettings()
    release: ReleaseSettings = ReleaseSettings()
    figures: FigureSettings = FigureSettings()
    reports: ReportSettings = ReportSettings()
    governance: GovernanceSettings = GovernanceSettings()

    @field_validator("sites")
    @classmethod
    def _safe_names(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for name in value or ():
            if not SITE_NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no site code: use letters, digits, - and _")
        return value

    @model_validator(mode="after")
    def _something_to_measure(self) -> Config:
        if self.measures is not None and not self.measures:
            raise ValueError("measures is empty: name at least one, or leave the key out for all")
        return self


def load(path: Path) -> Config:
    """Read a config file and make its paths absolute.

    Raises FactError, one line a mistake, where a key is unknown, a value is wrong, or a folder that we write to would touch
    the returns.
    """
    config = read(path, Config)
    base = path.resolve().parent
    resolved = config.paths.resolved(base)
    _keep_apart(path, resolved)
    return config.model_copy(update={"paths": resolved})


def _keep_apart(config_file: Path, paths: PathSettings) -> None:
    written = {"processed": paths.processed, "reports": paths.reports, "releases": paths.releases}
    for name, folder in written.items():
        others = {"returns": paths.returns, **{k: v for k, v in written.items() if k != name}}
        for other, place in others.items():
            if folder == place or folder in place.parents or (other == "returns" and place in folder.parents):
                raise FactError(
                    f"{config_file}: paths.{name}: found {str(folder)!r}, which is or overlaps paths.{other}; "
                    "give every one a folder of its own, so that no run can write over returns."
                )
    for file, path in {"decisions": paths.decisions, "evidence": paths.evidence}.items():
        for name, folder in {"returns": paths.returns, **written}.items():
            if folder in path.parents:
                raise FactError(
                    f"{config_file}: paths.{file}: found {str(path)!r}, which lies in paths.{name}; "
                    "keep it elsewhere: there it would count as a return, be removed or leave."
                )
