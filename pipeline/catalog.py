"""Every artefact once: its name, where it lies, what one row is, and how sensitive it is.

Levels: RAW as received; PERSON rows of women; SITE exact figures of all sites; SITE_OWN goes back to one site; CHECKER for
output checking; OPEN suppressed and rounded. A step that writes OPEN reads only OPEN, but for `release`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.engine.nodes import CsvTable, Folder, Frames, Hashed, Json, Node, Optional, Source, Table, hashed, optional

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.config import PathSettings

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
    "quality": "a site and table",
    "scores": "a woman's referral, measure and date",
    "change": "a pair of scores",
    "due": "a woman and measure, due a second score",
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
    "imputed": "a measure and site",
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
    "open_returns": "a site",
    "open_decisions": "a rule, reason and decision",
    "open_theories": "a theory",
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
    "disclosure_log": "an open table",
}

# Tables that a step writes or reads together.
COMPARED = ("site_effects", "pooled", "pooled_sensitivity", "adjusted", "one_stage", "shares", "funnel", "funnel_budget")
APPRAISED = (
    *("testability", "appraisal", "theory_sites", "truth_table", "solutions", "necessary", "configurations", "theory_changes"),
)
WOMEN_OF_THEORIES = ("change", "due", "flow", "accepted_referrals", "accepted_contacts", "accepted_experience")
EXACT = (
    "site_effects",
    "change",
    "flow",
    "missingness",
    "accepted_service",
    "accepted_referrals",
    "quality",
    "rejected",
    *("appraisal", "theory_sites"),
    *("pooled_sensitivity", "one_stage", "shares", "funnel", "funnel_budget"),
    *("due", "imputed", "scenarios", "tipping", "balance", "strip", "strip_verdicts", "twin", "methods"),
    *("waits", "equity", "activity_series", "interrupted"),
)


class Catalog:
    """The artefacts of one study, which lie under its own folders."""

    def __init__(self, paths: PathSettings, beside: Path) -> None:
        self._processed, self._reports, self._beside = paths.processed, paths.reports, beside
        self._mappings, self._decisions, self._not_for_release = paths.mappings, paths.decisions, paths.not_for_release
        levels = {**dict.fromkeys(PERSON_TABLES, PERSON), **dict.fromkeys(SITE_TABLES, SITE), **dict.fromkeys(OPEN_TABLES, OPEN)}
        described = {**PERSON_TABLES, **SITE_TABLES, **OPEN_TABLES}
        self._tables = {
            name: Table(name=name, path=paths.processed / f"{name}.parquet", schema=name, level=level, grain=described[name])
            for name, level in levels.items()
        }
        self.figures = Folder(name="figures", path=paths.reports / "figures", level=OPEN, grain="a figure, its data and alt text")
        self.run = Json(name="run.json", path=paths.reports / "run.json", level=OPEN, grain="what this run was made from")
        self.disclosure_log = CsvTable(
            name="disclosure-log.csv",
            path=paths.reports / "disclosure-log.csv",
            schema="disclosure_log",
            level=OPEN,
            grain="an open table",
        )
        self.ledger = Json(name="ledger.json", path=paths.processed / "ledger.json", level=SITE, grain="a run: rows in and out")
        self.decisions_to_take = CsvTable(
            name="decisions-to-take.csv",
            path=paths.processed / "decisions-to-take.csv",
            schema="decisions",
            level=PERSON,
            grain="a fault that can be decided on",
        )
        self.national_pdf = self._open_bytes("national-report.pdf", "the national report")
        self.national_markdown = self._open_bytes("national-report.md", "its twin in plain text")

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

    def site_report(self, site: str) -> Node:
        """A site's open report."""
        return self._open_bytes(f"sites/{site}.pdf", f"the report of {site}")

    def open_csv(self, name: str) -> CsvTable:
        """An open table for people and spreadsheets."""
        path = self._reports / "tables" / f"{name}.csv"
        return CsvTable(name=f"tables/{name}.csv", path=path, schema=name, level=OPEN, grain=OPEN_TABLES[name])

    def theories_lock(self) -> Optional:
        """The registration of the theories, if there is one."""
        path = self._beside / "theories.lock"
        return optional(Json(name="theories.lock", path=path, level=OPEN, grain="a registered theory"))

    def _open_bytes(self, name: str, grain: str) -> Node:
        return Node(name=name, path=self._reports / name, level=OPEN, grain=grain)
