"""The documents of a run: the national report with its Markdown twin, the report of a site, and the passport of a return."""

from __future__ import annotations

import bisect
import dataclasses
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pipeline.report import numerals
from pipeline.report.blocks import Facts
from pipeline.report.html import page
from pipeline.report.markdown import written
from pipeline.report.material import Material, is_shown
from pipeline.report.passport import passport_blocks
from pipeline.report.sections.access import who_came
from pipeline.report.sections.change import change
from pipeline.report.sections.checklists import with_checklists
from pipeline.report.sections.delivery import completeness, flow
from pipeline.report.sections.deviations import deviations
from pipeline.report.sections.front import how_to_read, key_messages, short_rule, title_facts
from pipeline.report.sections.funnels import funnels
from pipeline.report.sections.method import measures as measures_section
from pipeline.report.sections.method import method, provenance
from pipeline.report.sections.missing import missing
from pipeline.report.sections.quality import quality
from pipeline.report.sections.sensitivity import sensitivity
from pipeline.report.sections.series import series
from pipeline.report.sections.services import services
from pipeline.report.sections.simulated import simulated
from pipeline.report.sections.since import since
from pipeline.report.sections.sites import site_tables, sites
from pipeline.report.sections.subgroups import subgroups
from pipeline.report.sections.theories import theories
from pipeline.report.sections.voices import voices
from pipeline.report.site_report import site_blocks
from pipeline.report.site_words import has_sent_figures
from pipeline.report.typesetting import page_count, typeset

if TYPE_CHECKING:
    from pandas import DataFrame

    from pipeline.measures import Measure
    from pipeline.report.blocks import Block
    from pipeline.report.study import StudyFacts

OPEN_TABLES = (
    *("findings", "open_sites", "open_pooled", "open_flow", "open_completeness", "open_distribution"),
    *("open_classes", "open_services", "open_returns", "open_decisions", "open_theories"),
    *("open_funnels", "open_funnel_limits", "open_false_alarms", "open_waits", "open_equity", "open_series", "open_breaks"),
    *("open_missing", "open_scenarios", "open_tipping", "open_balance", "open_thresholds", "open_verdicts"),
    *("open_components", "open_typology", "open_types", "open_type_profiles", "open_subgroups"),
    *("open_twin", "open_methods", "open_agreement", "open_sensitivity"),
    *("open_joint", "open_truth_table", "open_solutions", "open_necessary", "open_theory_changes"),
    *("open_effects", "open_recovery", "open_severity", "open_theory_imputed", "open_timing"),
    *("open_voices", "open_instruments", "open_answers", "open_survey", "open_staff_change", "open_constructs"),
    "open_changes_since",
)
_KIND = "realist evaluation"
_MOST_FAULTS = 25
_SITE_PAGES, _SITE_TEXT_POINTS = 2, (9.6, 9.3, 9.0, 8.7)


def national(
    tables: Mapping[str, DataFrame], measures: Mapping[str, Measure], figures: Mapping[str, bytes], study: StudyFacts
) -> dict[str, bytes]:
    """The national report as `national-report.pdf` and its twins `.md` and `.html`, from the open tables and figures."""
    material = Material(tables, measures, alt_texts(figures))
    study = with_period(study, material)
    blocks = _national_blocks(material, study)
    title = study.title if _KIND in study.title.lower() else f"{study.title}: a {_KIND}"
    front = title_facts(study)
    head = {
        "title": title,
        "eyebrow": f"National report \N{MIDDLE DOT} {study.state}",
        "subtitle": "Which model of service works, for whom, in what circumstances, how and why",
        "facts": [list(row) for row in front.rows],
        "contents": "Contents",
    }
    pdf = typeset("national", blocks, study, head=head, foot=foot_of(study), figures=figures)
    text = written(title, front, blocks, synthetic=study.synthetic)
    twins = {"national-report.md": text, "national-report.html": page(title, front, blocks, study)}
    return {"national-report.pdf": pdf, **twins}


def site(
    site_id: str,
    tables: Mapping[str, DataFrame],
    measures: Mapping[str, Measure],
    figures: Mapping[str, bytes],
    study: StudyFacts,
) -> dict[str, bytes]:
    """The report of one site as `<site_id>.pdf` and its twin `.md`: its own open figures beside the national ones."""
    material = Material(tables, measures, alt_texts(figures))
    study = with_period(study, material)
    head = {
        "title": f"Site {site_id}",
        "eyebrow": f"Site report \N{MIDDLE DOT} {study.state}",
        "subtitle": study.title,
        "running": study.title,
        "facts": [list(row) for row in short_facts(study).rows],
    }
    blocks, front = site_blocks(site_id, material, study), short_facts(study)
    sizes = ({**head, "text_points": points} for points in _SITE_TEXT_POINTS)
    n_pages = _SITE_PAGES if has_sent_figures(site_id, material) else 1
    pdf = fitted((typeset("site", blocks, study, head=sized, foot=foot_of(study)) for sized in sizes), n_pages)
    return {f"{site_id}.pdf": pdf, f"{site_id}.md": written(f"Site {site_id}", front, blocks, synthetic=study.synthetic)}


def passport(
    site_id: str,
    quality_rows: list[dict[str, Any]],
    uses: list[dict[str, Any]],
    faults: list[dict[str, Any]],
    study: StudyFacts,
    *,
    compared: str = "",
) -> bytes:
    """One page for the site alone: rows read to scores paired, every loss named, then as many faults as the page holds.

    `quality_rows` are rows of `quality`, `uses` of `score_uses` and `faults` of `rejected`, all of this site. `compared` says how
    the faults stand against the last release, and each fault in `since` whether it is new.
    """
    period = numerals.period(study.period_start, study.period_end)
    head = {
        "title": f"Passport of the return of {site_id}",
        "eyebrow": f"For {site_id} only \N{MIDDLE DOT} {study.state}",
        "subtitle": "What was read, what was accepted, and what to mend",
        "running": study.title,
        "facts": [*([["Period", period]] if period else []), ["Run", study.run_id]],
    }
    foot = f"Small numbers of {site_id}: not for publication, send by your approved route."

    def with_faults(n_faults: int) -> bytes:
        blocks = passport_blocks(quality_rows, uses, faults, n_faults=n_faults, compared=compared)
        return typeset("site", blocks, study, head=head, foot=foot)

    pdf = with_faults(_MOST_FAULTS)
    if page_count(pdf) == 1:
        return pdf
    return with_faults(bisect.bisect_left(range(1, _MOST_FAULTS), True, key=lambda n: page_count(with_faults(n)) > 1))


def fitted(settings: Iterator[bytes], n_pages: int) -> bytes:
    """The first that keeps to so many pages, else the very first: a last page that is all but empty reads badly."""
    first = pdf = next(settings)
    while page_count(pdf) > n_pages:
        pdf = next(settings, b"")
        if not pdf:
            return first
    return pdf


def _national_blocks(material: Material, study: StudyFacts) -> list[Block]:
    blocks = [
        *key_messages(material),
        *how_to_read(study),
        *services(material),
        *flow(material),
        *completeness(material),
        *who_came(material),
        *series(material),
        *missing(material),
        *change(material),
        *subgroups(material),
        *sites(material),
        *funnels(material),
        *site_tables(material),
        *theories(material),
        *voices(material),
        *sensitivity(material),
        *since(material),
        *quality(material),
        *method(study),
        *deviations(material, study),
        *measures_section(material, study),
        *simulated(),
        *provenance(material, study),
    ]
    return with_checklists(blocks)


def short_facts(study: StudyFacts) -> Facts:
    """The facts under the title of a short document."""
    return Facts(tuple(row for row in title_facts(study).rows if row[0] in ("Period", "Data to", "Run")))


def with_period(study: StudyFacts, material: Material) -> StudyFacts:
    """The study with the dates that the release found, where the configuration declares none."""
    found = {name: material.finding(f"study.{name}") for name in ("period_start", "period_end", "data_cut")}
    dates = {name: row["statement"] for name, row in found.items() if row is not None and is_shown(row, "statement")}
    dated = dataclasses.replace(study, **{name: iso for name, iso in dates.items() if iso and getattr(study, name) is None})
    if dated.is_draft or not (dated.retain_until and dated.data_cut and dated.retain_until < dated.data_cut[:10]):
        return dated
    why = f"governance.retain_until, {numerals.date(dated.retain_until)}, is before the last day of the data."
    return dataclasses.replace(dated, is_draft=True, why_draft=why)


def alt_texts(figures: Mapping[str, bytes]) -> dict[str, str]:
    """The alternative text of each figure by its name."""
    texts: dict[str, str] = json.loads(figures.get("alt.json", b"{}"))
    return texts


def foot_of(study: StudyFacts) -> str:
    """What stands at the foot of every page beside the run."""
    cut = f"Data to {numerals.date(study.data_cut)} \N{MIDDLE DOT} " if study.data_cut else ""
    return f"{cut}{short_rule(study)}"
