"""The report of one site: its own open figures beside the national ones, in words where the site may not be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, sentences, site_words, wording
from pipeline.report.blocks import Block, Cell, Column, Heading, Items, Notice, Paragraph, Table, beside
from pipeline.report.material import is_shown
from pipeline.report.plots.classes import IMPROVED, classes_of
from pipeline.report.plots.completeness import ALL
from pipeline.report.sections.access import waits_beside
from pipeline.report.sections.voices import voices_beside
from pipeline.report.site_change import has_change, own_change, pictures, table_beside, tiles

if TYPE_CHECKING:
    from pipeline.report.material import Material, Row
    from pipeline.report.study import StudyFacts

_ANSWERS = {"y": "Yes", "n": "No", "not_recorded": "Not recorded"}
_CLASSES_HERE = (IMPROVED, "not_reliably_improved")
_CLASSES_OVER_ALL = (IMPROVED, "no_reliable_change", "reliably_deteriorated")


def site_blocks(site_id: str, material: Material, study: StudyFacts) -> list[Block]:
    """The blocks of the report of one site; where it shows change, of its own or over all sites, each page has the caution."""
    is_change = has_change(site_id, material)

    def section(text: str) -> Heading:
        return Heading(text, is_change=is_change, is_numbered=False)

    blocks: list[Block] = [
        *tiles(site_id, material),
        section("What came from this site"),
        Paragraph(site_words.what_came(site_id, material)),
        *_change(site_id, material, study, section("Change, beside all sites" if is_change else "Change")),
    ]
    if table := _classes(site_id, material):
        blocks += [section("Reliable change"), table]
    if table := waits_beside(site_id, material):
        blocks += [section("Waits"), table]
    unheard, voices = _unheard(site_id, material), voices_beside(site_id, material)
    blocks += beside(
        [section("Women without a second score"), *unheard] if unheard else [],
        [section("Voices"), *voices] if voices else [],
    )
    if table := _service(site_id, material):
        blocks += [section("The service, as its return describes it"), table]
    is_complete = any(is_shown(row) for row in material.rows("open_completeness", site_id=site_id))
    concluded = site_words.conclusions(
        has_own_change=own_change(site_id, material), has_change=is_change, is_complete=is_complete
    )
    return [
        *blocks,
        *beside(
            (section("Questions to discuss"), Items(site_words.questions(site_id, material))),
            (section("What you can and cannot conclude"), Items(concluded)),
        ),
    ]


def _change(site_id: str, material: Material, study: StudyFacts, heading: Heading) -> list[Block]:
    table = table_beside(site_id, material, study)
    why_none = [] if own_change(site_id, material) else [Paragraph(site_words.no_change(site_id, material, study))]
    if not heading.is_change:
        return [heading, *why_none, *([table] if table else [])]
    caution = Notice("Read with care.", sentences.CAUTION)
    return [heading, *why_none, caution, *([table] if table else []), *pictures(site_id, material, study)]


def _unheard(site_id: str, material: Material) -> list[Block]:
    if not site_words.has_sent_figures(site_id, material):
        return []
    here, over_all = site_words.without_second_score(site_id, material), site_words.without_second_score_over_all(material)
    return [Paragraph(text, lead) for lead, text in (("Here.", here), ("Over all sites.", over_all)) if text]


def _classes(site_id: str, material: Material) -> Table | None:
    """Reliable change here and over all sites; nothing where no count is given."""
    rows, is_known = [], False
    for measure in site_words.recorded(site_id, material):
        here = {row["class"]: row for row in classes_of(material.rows("open_classes", measure=measure.id, site_id=site_id))}
        nation = {row["class"]: row for row in material.rows("open_classes", measure=measure.id, site_id=ALL)}
        cells = [*(here.get(name) for name in _CLASSES_HERE), *(nation.get(name) for name in _CLASSES_OVER_ALL)]
        is_known = is_known or any(is_shown(row, "n") for row in cells)
        if here or any(is_shown(row, "n") for row in nation.values()):
            rows.append((measure.label, *(_class_cell(row) for row in cells)))
    if not is_known:
        return None
    heads = ("Reliably improved", "Not reliably improved", "Reliably improved", "No reliable change", "Reliably deteriorated")
    columns = (Column("Measure", share=0.7), *(Column(head, "right", share=1) for head in heads))
    note = "By the published reliable change of each measure, or its reliability where none is published. Women are rounded."
    spans = (("", 1), ("Here", len(_CLASSES_HERE)), ("All sites", len(_CLASSES_OVER_ALL)))
    return Table("Reliable change here and over all sites", columns, tuple(rows), note=note, spans=spans, is_dense=True)


def _class_cell(row: Row | None) -> str | Cell:
    if row is None:
        return Cell("not given", "muted")
    if not is_shown(row, "n"):
        return Cell(wording.status(row["status"]), "muted")
    return numerals.count(row["n"]) + (f" ({numerals.percent(row['share_pct'])})" if row["share_pct"] is not None else "")


def _service(site_id: str, material: Material) -> Table | None:
    rows = material.rows("open_services", site_id=site_id)
    said = {
        kind: {
            answer: [wording.component(r["component"]) for r in rows if r["kind"] == kind and r["value"] == answer]
            for answer in _ANSWERS
        }
        for kind in wording.KINDS
    }
    answers = [answer for answer in _ANSWERS if answer == "y" or any(each[answer] for each in said.values())]
    lines = [
        (wording.KINDS[kind], *("; ".join(each[answer]) or "\N{EN DASH}" for answer in answers))
        for kind, each in said.items()
        if any(each.values())
    ]
    columns = (Column("Part"), *(Column(_ANSWERS[answer], share=1) for answer in answers))
    return Table("What the service offers", columns, tuple(lines), is_dense=True) if lines else None
