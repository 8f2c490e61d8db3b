"""The flow of women through the services, and how complete the scores are, all before any outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline import codes
from pipeline.report import numerals, sentences, wording
from pipeline.report.blocks import Block, Cell, Column, Figure, Heading, Paragraph, Table
from pipeline.report.material import is_shown

if TYPE_CHECKING:
    from pipeline.report.material import Material, Row


def flow(material: Material) -> list[Block]:
    """The picture of the flow and the same in a table."""
    blocks: list[Block] = [Heading("Flow of women")]
    if material.primary is None:
        return [*blocks, Paragraph("The study has no measure, so no flow towards two scores can be drawn.")]
    measure = material.measures[material.primary]
    found = {row["state"]: row for row in material.rows("open_flow", measure=measure.id)}
    rows = [found[state] for state in ("referred", *codes.FLOW_STATES) if state in found]
    blocks.append(
        Paragraph(
            f"Each referral is in exactly one state on the way to two scores on {measure.label}. Only women who are "
            "due, treated and finished long enough ago, can be asked for a second score; completeness is counted "
            "among them."
        )
    )
    if not rows:
        return [*blocks, Paragraph("The returns hold no referrals, so where women left the pathway is not known.")]
    blocks += figures(material, "flow", f"Where the women referred stand, from referral to two scores on {measure.label}.")
    if not any(is_shown(row, "n") for row in rows):
        return [*blocks, Paragraph("Too few women stand behind every state for any of these counts to be given.")]
    cells = tuple((wording.state(row["state"]), _count_or_words(row)) for row in rows)
    note = (
        "Each count is rounded on its own, so that the states need not add up to the referrals. Sites of too few women are not "
        "in it, so that there may be fewer referrals here than the returns hold."
    )
    return [
        *blocks,
        Table(f"Flow of women, {measure.label}", (Column("State", share=1), Column("Referrals", "right")), cells, note=note),
    ]


def completeness(material: Material) -> list[Block]:
    """How many of the women due have both scores, before any outcome is shown."""
    blocks: list[Block] = [
        Heading("Completeness"),
        Paragraph(
            "Before any outcome: of the women who were due a second score, how many have both. Change is known for "
            "these women alone. Each cell gives a share where enough women stand on both sides of it, else the "
            "reason in words. The figure for all sites leaves out sites where too few women were due."
        ),
    ]
    blocks.append(Paragraph(sentences.over_measures(material, "completion_pct")))
    drawn = figures(material, "completeness", "Women with both scores among women due, by site and measure.")
    counted = {row["site_id"] for row in material.rows("open_completeness")}
    totals = [row["site_id"] for row in material.rows("open_returns", status="aggregate_only") if row["site_id"] not in counted]
    if drawn and totals:
        missing = f"Not in the picture, because totals alone do not say who was due: {wording.listed(sorted(totals))}."
        blocks.append(Paragraph(missing))
    nil = sorted(row["site_id"] for row in material.rows("open_returns", status="nil_return"))
    if drawn and nil:
        blocks.append(Paragraph(f"Not in the picture, because nobody was referred: {wording.listed(nil)}."))
    return [*blocks, *(drawn or [Paragraph("For no site may the number of women with both scores be shown.")])]


def figures(material: Material, base: str, caption: str) -> list[Block]:
    """The picture of that name, or all its parts; nothing where it was not drawn."""
    names = [
        name for name in material.alt if name == base or (name.rpartition("-")[0] == base and name.rpartition("-")[2].isdigit())
    ]
    names.sort(key=lambda name: (len(name), name))
    return [
        Figure(name, caption if position == 0 else f"{caption} Continued.", material.alt[name])
        for position, name in enumerate(names)
    ]


def _count_or_words(row: Row) -> str | Cell:
    return numerals.count(row["n"]) if is_shown(row, "n") else Cell(wording.status(row["status"]), "muted")
