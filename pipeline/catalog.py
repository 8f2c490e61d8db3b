"""Every artefact once: its name, where it lies, what one row is, and how sensitive it is.

Levels: RAW as received; PERSON rows of women; SITE exact figures of all sites; SITE_OWN goes back to one site; CHECKER for
output checking; OPEN suppressed and rounded. A step that writes OPEN reads only OPEN, but for `release`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.engine.kept import KeptTable
from pipeline.engine.marked import MarkedCsv
from pipeline.engine.nodes import CsvTable, Folder, Frames, Hashed, Json, Node, Optional, Source, Table, hashed, optional
from pipeline.not_for_release import BesideReleases

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.config import PathSettings

_READ_A_SITE = ("rejected", "quality", "score_uses")
"""Tables that the step to-sites reads once a site."""
RAW, PERSON, SITE, SITE_OWN, CHECKER, OPEN = "RAW", "PERSON", "SITE", "SITE_OWN", "CHECKER", "OPEN"

ACCEPTED = (
    *("service", "referrals", "contacts", "outcomes", "aggregates"),
    *("experience", "staff", "training", "survey", "activity"),
)
PERSON_TABLES = {
    **{f"accepted_{name}": f"a row of the table {name}, accepted" for name in ACCEPTED},
    "rejected": "a fault",
    "rejected_rows": "a quarantined source row",
    "decisions": "a decision of the analyst",
    "decision_faults": "a fault of the file of decisions",
    "evidence": "a coded excerpt",
    "evidence_faults": "a fault of the file of evidence",
    "quality": "a site and table",
    "scores": "a woman's referral, measure and date",
    "change": "a pair of scores",
    "due": "a woman and measure, due a second score",
    "standing": "a woman's referral and measure",
    "released_women": "a variable and woman",
    "score_uses": "a site, measure and use",
}
SITE_TABLES = {
    "flow": "a site, measure and state",
    "missingness": "a site and measure",
    "site_effects": "a measure and site",
    "pooled": "a measure",
    "pooled_sensitivity": "a measure and analysis",
    "adjusted": "a measure and site",
    "one_stage": "a measure",
    "shares": "a measure and class",
    "funnel": "a measure, kind and site",
    "funnel_budget": "a measure and kind",
    "effect_sizes": "a measure",
    "timing": "a measure and site",
    "completion": "a measure, site and band of the first score",
    "imputed": "a measure and site",
    "theory_imputed": "a theory",
    "theory_imputed_sites": "a theory, site and side",
    "scenarios": "a measure, scenario and site",
    "tipping": "a measure and question",
    "balance": "a measure and characteristic",
    "strip": "a measure and threshold",
    "strip_verdicts": "a measure",
    "twin": "a measure and population mean",
    "methods": "a measure, method and class",
    "waits": "an event, site and number of weeks",
    "equity": "a dimension, group and site",
    "activity_series": "a site, series, grain and period",
    "interrupted": "a site and series",
    "testability": "a theory",
    "appraisal": "a theory",
    "theory_sites": "a theory and site",
    "truth_table": "a theory, outcome and configuration",
    "solutions": "a theory, outcome, solution, model and term",
    "necessary": "a theory, outcome and condition",
    "configurations": "a theory and outcome",
    "theory_changes": "a theory and field",
    "joint": "a theory, element and role group",
    "experience_summary": "a site, question and answer",
    "staff_summary": "a site, question, occasion and answer",
    "survey_summary": "a site, group, question and option",
    "staff_change": "a site, construct, later occasion and comparison",
    "training_change": "a site, construct, later occasion and comparison",
    "nomad": "a site, construct, wave and occasion",
    "voices": "a topic and site",
    "components": "a site and component",
    "component_counts": "a component",
    "typology": "a type",
    "site_types": "a site",
    "type_profiles": "a type and component",
    "subgroups": "a measure, dimension, group and site",
}
OPEN_TABLES = {
    "findings": "a finding",
    "open_sites": "a measure and site",
    "open_pooled": "a measure",
    "open_flow": "a measure and state",
    "open_completeness": "a measure and site",
    "open_distribution": "a measure and bin",
    "open_classes": "a measure, site and class",
    "open_services": "a site and component",
    "open_components": "a component",
    "open_typology": "a type",
    "open_types": "a site",
    "open_type_profiles": "a type and component",
    "open_subgroups": "a measure, dimension and group",
    "open_returns": "a site",
    "open_decisions": "a rule, reason and decision",
    "open_theories": "a theory",
    "open_joint": "a theory, element and role group",
    "open_truth_table": "a theory, outcome and configuration",
    "open_solutions": "a theory, outcome, solution, model and term",
    "open_necessary": "a theory, outcome and condition",
    "open_theory_changes": "a theory and field",
    "open_effects": "a measure",
    "open_recovery": "a measure and share",
    "open_timing": "a measure and site",
    "open_severity": "a measure and band of the first score",
    "open_theory_imputed": "a theory",
    "open_missing": "a measure",
    "open_scenarios": "a measure and scenario",
    "open_tipping": "a measure and question",
    "open_balance": "a measure and characteristic",
    "open_thresholds": "a measure and threshold",
    "open_verdicts": "a measure",
    "open_twin": "a measure and population mean",
    "open_methods": "a measure, method and class",
    "open_agreement": "a measure",
    "open_sensitivity": "a measure and analysis",
    "open_funnels": "a measure, kind and site",
    "open_funnel_limits": "a measure, kind and size",
    "open_false_alarms": "a measure, kind and kind of limits",
    "open_waits": "an event, site and number of weeks",
    "open_equity": "a characteristic and group",
    "open_series": "a site, series and period",
    "open_breaks": "a site and series",
    "open_voices": "a topic and site",
    "open_instruments": "a topic and instrument",
    "open_answers": "a question, occasion and band of answers",
    "open_survey": "a group, question and option",
    "open_staff_change": "a topic, construct, later occasion and comparison",
    "open_constructs": "a construct, wave and occasion",
    "disclosure_log": "an open table",
}
SINCE_TABLES = {"open_changes_since": "a thing that changed since the last release"}

# Tables that a step writes or reads together.
COMPARED = (
    *("site_effects", "pooled", "pooled_sensitivity", "adjusted", "one_stage", "shares", "funnel", "funnel_budget"),
    "effect_sizes",
)
APPRAISED = (
    *("theory_imputed", "theory_imputed_sites"),
    *("testability", "appraisal", "theory_sites", "truth_table", "solutions", "necessary", "configurations", "theory_changes"),
)
VOICED = ("experience_summary", "staff_summary", "survey_summary", "staff_change", "training_change", "nomad", "voices")
DESCRIBED = ("components", "component_counts", "typology", "site_types", "type_profiles", "subgroups")
WOMEN_OF_THEORIES = (
    *("change", "due", "flow", "accepted_referrals", "accepted_contacts", "accepted_experience"),
    *("experience_summary", "staff_change", "training_change"),
)
CHECKED_TABLES = {
    "checked_cells": "a count that is released or withheld",
    "checked_attack": "a count that must not be found out",
}
EXACT = (
    "site_effects",
    *("change", "standing"),
    "flow",
    "missingness",
    "accepted_service",
    "accepted_referrals",
    "quality",
    "rejected",
    *(*APPRAISED, "evidence", "joint"),
    *("pooled", "pooled_sensitivity", "one_stage", "shares", "funnel", "funnel_budget"),
    *("completion", "effect_sizes", "timing"),
    *("due", "imputed", "scenarios", "tipping", "balance", "strip", "strip_verdicts", "twin", "methods"),
    *("waits", "equity", "activity_series", "interrupted"),
    *DESCRIBED[:-1],
    *VOICED,
    *("accepted_experience", "accepted_staff", "accepted_training", "accepted_survey"),
)


class Catalog:
    """The artefacts of one study, which lie under its own folders."""

    def __init__(self, paths: PathSettings, beside: Path, *, mark: str = "") -> None:
        """`mark` stands in every open CSV file of a study whose data were invented."""
        self._releases, self._mark = paths.releases, mark
        self._processed, self._reports, self._beside = paths.processed, paths.reports, beside
        self._mappings, self._decisions, self._not_for_release = paths.mappings, paths.decisions, paths.not_for_release
        described = {**PERSON_TABLES, **SITE_TABLES, **CHECKED_TABLES, **OPEN_TABLES, **SINCE_TABLES}
        above = {PERSON: PERSON_TABLES, SITE: SITE_TABLES, CHECKER: CHECKED_TABLES}
        levels = {name: next((each for each, names in above.items() if name in names), OPEN) for name in described}
        self._tables = {
            name: (KeptTable if level == OPEN or name in _READ_A_SITE else Table)(
                name=name, path=paths.processed / f"{name}.parquet", schema=name, level=level, grain=described[name]
            )
            for name, level in levels.items()
        }
        self.figures = Folder(name="figures", path=paths.reports / "figures", level=OPEN, grain="a figure, its data and alt text")
        self.run = Json(name="run.json", path=paths.reports / "run.json", level=OPEN, grain="what this run was made from")
        self.disclosure_log = MarkedCsv(
            name="disclosure-log.csv",
            path=paths.reports / "disclosure-log.csv",
            schema="disclosure_log",
            level=OPEN,
            grain="an open table",
            mark=mark,
        )
        self.ledger = Json(name="ledger.json", path=paths.processed / "ledger.json", level=SITE, grain="a run: rows in and out")
        self.beside_releases = BesideReleases(paths.not_for_release)
        self.output_check = Folder(
            name="output-check", path=paths.processed / "output-check", level=CHECKER, grain="a manifest, cells and their attack"
        )
        self.decisions_to_take = CsvTable(
            name="decisions-to-take.csv",
            path=paths.processed / "decisions-to-take.csv",
            schema="decisions",
            level=PERSON,
            grain="a fault that can be decided on",
        )

    def __getitem__(self, name: str) -> Table:
        """A table by its name."""
        return self._tables[name]

    def some(self, *names: str) -> dict[str, Table]:
        """Several tables by name."""
        return {name: self._tables[name] for name in names}

    def received(self, site: str, paths: tuple[Path, ...]) -> list[Source]:
        """Everything that a site sent, as received."""
        names = [f"return of {site}", *(f"return of {site}, {n}" for n in range(2, len(paths) + 1))]
        grain = "a site's workbook or folder"
        return [Source(name=name, path=path, level=RAW, grain=grain) for name, path in zip(names, paths, strict=True)]

    def mapping(self, site: str) -> Node | Hashed:
        """The site's own words, if there is a file of them."""
        if self._mappings is None:
            return hashed(f"mapping of {site}", None)
        path = self._mappings / f"{site}.yaml"
        return optional(Source(name=f"mapping of {site}", path=path, level=RAW, grain="a site's sheet, heading or code"))

    def decisions_file(self) -> Optional:
        """What the analyst decided, if there is a file of it."""
        return optional(Source(name="decisions.csv", path=self._decisions, level=RAW, grain="a decision of the analyst"))

    def evidence_file(self, path: Path) -> Optional:
        """What people said, coded, if there is a file of it."""
        return optional(Source(name="evidence.csv", path=path, level=RAW, grain="a coded excerpt"))

    def published_faults(self, release: str | None) -> Optional:
        """The faults that stood at a release, if they were kept; beside the releases, since they may not leave with one."""
        path = self._not_for_release / (f"published-faults-{release}.parquet" if release else "no-release.parquet")
        grain = "a fault that stood at a release"
        table = Table(name="faults at the last release", path=path, schema="published_faults", level=PERSON, grain=grain)
        return optional(table)

    def records(self, site: str) -> Frames:
        """A return as cells of text."""
        return Frames(name=f"records[{site}]", path=self._processed / "records" / site, level=PERSON, grain="a row of a sheet")

    def to_site(self, site: str) -> Folder:
        """What goes back to a site."""
        path = self._processed / "to_sites" / site
        return Folder(name=f"to_sites[{site}]", path=path, level=SITE_OWN, grain="passport and marked-up copy or fix list")

    def documents(self, name: str, *kinds: str) -> dict[str, Node]:
        """A document by the names of its files: as a PDF, its twin in plain text, and further `kinds`."""
        files = [f"{name}.{kind}" for kind in ("pdf", "md", *kinds)]
        return {file: self._open_bytes(file, f"the document {name}") for file in files}

    def site_documents(self, site: str) -> dict[str, Node]:
        """A site's open report, by the names of its files; the twins stand apart, so that `sites` holds what is sent out."""
        places = {f"{site}.pdf": f"sites/{site}.pdf", f"{site}.md": f"sites-text/{site}.md"}
        return {name: self._open_bytes(path, f"the report of {site}") for name, path in places.items()}

    def open_csv(self, name: str) -> CsvTable:
        """An open table for people and spreadsheets."""
        path, grain = self._reports / "tables" / f"{name}.csv", {**OPEN_TABLES, **SINCE_TABLES}[name]
        return MarkedCsv(name=f"tables/{name}.csv", path=path, schema=name, level=OPEN, grain=grain, mark=self._mark)

    def release_tables(self, release: str | None) -> Optional:
        """The open tables of a published release, if there is one."""
        path = self._releases / (release or "none") / "tables"
        return optional(Folder(name="tables of the last release", path=path, level=OPEN, grain="an open table as published"))

    def theories_lock(self) -> Optional:
        """The registration of the theories, if there is one."""
        path = self._beside / "theories.lock"
        return optional(Json(name="theories.lock", path=path, level=OPEN, grain="a registered theory"))

    def _open_bytes(self, name: str, grain: str) -> Node:
        return Node(name=name, path=self._reports / name, level=OPEN, grain=grain)
