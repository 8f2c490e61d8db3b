"""Funnels of sites, the policy by which one is pointed out, and how many chance alone would point out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, sentences, wording
from pipeline.report.blocks import Block, Cell, Column, Heading, Paragraph, Table, Tone, beside
from pipeline.report.material import is_shown
from pipeline.report.plots.funnel import MEAN, NAMES, WHAT
from pipeline.report.sections.delivery import figures

if TYPE_CHECKING:
    from pipeline.report.material import Material, Row

_KEYS = ("k_drawn", "expected", "k_beyond", "k_at_limit")


def funnels(material: Material) -> list[Block]:
    """The policy, the budget, then the funnels, measure by measure; nothing where none is drawn."""
    alarms = material.rows("open_false_alarms")
    policies = [row for row in alarms if row["is_policy"]]
    if not any(is_shown(row) for row in policies):
        return []
    blocks: list[Block] = [Heading("Funnels, and what chance alone would flag", level=2)]
    blocks += [Paragraph(_policy(policies[0]), lead="The policy."), *_budget(material, alarms)]
    for measure in material.measures.values():
        drawn = (figures(material, f"{name}-{measure.id}", _caption(kind, measure.label)) for kind, name in NAMES.items())
        blocks += beside(*drawn)
    untold = {material.measures[row["measure"]].label for row in policies if not is_shown(row) and row["kind"] == MEAN}
    if untold:
        labels = wording.listed([measure.label for measure in material.measures.values() if measure.label in untold])
        blocks.append(Paragraph(f"{labels}: too few sites may be drawn for a funnel."))
    return blocks


def why_no_funnel(material: Material) -> list[Block]:
    """One sentence, for the head of the section on sites, where no funnel is drawn for any measure."""
    policies = material.rows("open_false_alarms", is_policy=True)
    if not policies or any(is_shown(row) for row in policies):
        return []
    why = "; ".join(sorted({(row["note"] or "").rstrip(". ") for row in policies}))
    return [Paragraph(f"{wording.capital(why)}.")]


def _policy(row: Row) -> str:
    spread = (
        "allow for differences between sites beyond chance" if row["is_over_dispersed"] else "hold what chance alone would bring"
    )
    return (
        f"A site is pointed out where its value lies beyond the {numerals.percent(row['level_pct'])} limits that {spread}, and "
        f"only from {numerals.count(row['minimum'])} women on. To be pointed out is a reason to ask, first of the data, then of "
        "whom the site sees and when it measures; it is no judgement of the women or the staff. Points and limits are made of "
        "the rounded numbers that are released; where those leave open on which side of a limit a site lies, it is said to be at "
        "the limit. Sites have no order in these pictures, and none follows from them."
    )


def _caption(kind: str, label: str) -> str:
    return f"{WHAT[kind]} on {label} by the rounded number of women at a site."


def _budget(material: Material, alarms: list[Row]) -> list[Block]:
    said = []
    for kind, what in WHAT.items():
        if sentences.value(material, f"funnels.{kind}.k_drawn"):
            keys = [f"funnels.{kind}.{name}" for name in _KEYS]
            said.append(" ".join(sentences.sentence(material, key, kind=what.lower()) for key in keys))
    shown = [row for row in alarms if is_shown(row)]
    head = sorted(shown[:_KINDS_OF_LIMITS], key=_order)
    names = ("Expected", "Beyond", "At limit")
    columns = (
        Column("Measure", share=3.2),
        Column("Sites", "right"),
        *(Column(name, "right", share=1) for row in head for name in (names if row["is_policy"] else names[:-1])),
    )
    spans = (("", 2), *((_limits(row), 3 if row["is_policy"] else 2) for row in head))
    by_funnel: dict[tuple[str, str], list[Row]] = {}
    for row in shown:
        by_funnel.setdefault((row["measure"], row["kind"]), []).append(row)
    note = (
        "Sites expected beyond limits by chance, beyond them and, for the limits of the policy, at one. The number seen has no "
        "probability beside it, as the measures of one woman go together. Expected beyond over-dispersed limits: by simulation "
        "of sites as different as these seem to be, none of them special."
    )
    lines = tuple(_cells(material, sorted(rows, key=_order)) for rows in by_funnel.values())
    return [Paragraph(" ".join(said)), Table("False alarms", columns, lines, note=note, spans=spans, is_tight=True)]


_KINDS_OF_LIMITS = 4


def _order(row: Row) -> tuple[bool, float, bool]:
    """The limits of the policy first, then the wider before the narrower."""
    return (not row["is_policy"], -row["level_pct"], row["is_over_dispersed"])


def _limits(row: Row) -> str:
    spread = "over-dispersed" if row["is_over_dispersed"] else "chance alone"
    return f"{numerals.percent(row['level_pct'])}, {spread}{' (the policy)' if row['is_policy'] else ''}"


def _cells(material: Material, rows: list[Row]) -> tuple[str | Cell, ...]:
    """One line: a funnel by all its limits."""
    first = rows[0]
    name = f"{material.measures[first['measure']].label}, {WHAT[first['kind']].lower()}"
    numbers: list[str | Cell] = []
    for row in rows:
        tone: Tone = "strong" if row["is_policy"] else "plain"
        told = [numerals.hundredths(row["expected"]), numerals.count(row["k_beyond"])]
        told += [numerals.count(row["k_at_limit"])] if row["is_policy"] else []
        numbers += [Cell(each, tone) for each in told]
    return (name, numerals.count(first["k_drawn"]), *numbers)
