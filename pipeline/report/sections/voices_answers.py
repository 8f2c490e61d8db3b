"""Answers by question of one topic: pictures, tables of what has no score, and words for what may not be told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, sentences, wording
from pipeline.report.blocks import Block, Cell, Column, Paragraph, Table, two_by_two
from pipeline.report.material import is_shown
from pipeline.report.plots.voices import MOST_ROWS, band_words, instrument_name, question_words, told_apart
from pipeline.report.sections.delivery import figures

if TYPE_CHECKING:
    from pipeline.report.material import Material, Row

NOTHING = {
    "experience": "No site returned forms on experience.",
    "staff": "No site returned a questionnaire of staff.",
    "training": "No site returned a questionnaire around training.",
    "survey": "No site returned a survey.",
}
_MOST_NAMED = 5


def is_returned(material: Material, topic: str) -> bool:
    """Whether any site returned it, shown or not."""
    return material.finding(f"voices.{topic}.people") is not None


def answers(material: Material, topic: str) -> list[Block]:
    """Pictures of answers by instrument, and a table of those that have no score."""
    rows = material.rows("open_answers", topic=topic)
    blocks: list[Block] = []
    tables: list[Block] = []
    for instrument in sorted({row["instrument"] for row in rows}):
        name = wording.capital(instrument_name(material, topic, instrument))
        caption = f"{name}: answers by question, over all sites."
        drawn = figures(material, f"answers-{topic}-{instrument.replace('_', '-')}", caption)
        blocks += drawn
        mine = [row for row in rows if row["instrument"] == instrument]
        n_questions = len({row["question"] for row in mine})
        shown = [row for row in mine if row["status"] == "shown" and row["part"] == "answers"]
        apart = told_apart(shown)
        if not drawn and apart and n_questions > MOST_ROWS:
            asked = f"{numerals.count(n_questions)} questions"
            blocks.append(Paragraph(f"{name}: answers to its {asked} stand in the open table of answers, not in a picture."))
        if not any(row["construct"] for row in mine) and any(is_shown(row, "n") for row in mine):
            tables.append(_table(name, mine))
        hidden = sorted({question_words(row) for row in mine if row["status"] != "shown"})
        if hidden:
            blocks.append(Paragraph(f"{name}: too few people, or too few sites, answered {_which(hidden, n_questions)}."))
        whole = list(dict.fromkeys(question_words(row) for row in shown if row not in apart))
        if whole:
            blocks.append(Paragraph(f"{name}: too few people for answers to be told apart on {_which(whole, n_questions)}."))
    return [*blocks, *two_by_two([table] for table in tables)]


def _which(questions: list[str], n_questions: int) -> str:
    """A few questions by name; of many only how many they are."""
    if len(questions) <= _MOST_NAMED:
        return wording.listed(questions)
    if len(questions) == n_questions:
        return f"any of its {numerals.count(n_questions)} questions"
    return f"{numerals.count(len(questions))} of its {numerals.count(n_questions)} questions"


def _table(name: str, rows: list[Row]) -> Table:
    lines: list[tuple[str | Cell, ...]] = []
    last = ""
    for row in rows:
        words = question_words(row)
        answer = {"positive": "Positive, together", "beside_the_scale": "Beside the scale"}.get(row["part"]) or (
            band_words(row) if row["answer_low"] is not None else ""
        )
        number = numerals.count(row["n"]) if is_shown(row, "n") else Cell(wording.status(row["status"]), "muted")
        lines.append(("" if words == last else words, answer, number, share(row)))
        last = words
    columns = (
        Column("Question", share=1),
        Column("Answer", share=1),
        Column("People", "right"),
        Column(f"Share ({sentences.confidence()})", "right"),
    )
    note = "Counts are rounded, and shares come from the rounded counts, so that rows may not add up."
    return Table(f"{name}: answers", columns, tuple(lines), note=note, is_dense=True)


def share(row: Row) -> str:
    """`57% (52% to 62%)`; blank where there is none."""
    if row["share_pct"] is None:
        return ""
    limits = [numerals.percent(row[f"share_{end}_pct"]) for end in ("low", "high")]
    return f"{numerals.percent(row['share_pct'])} ({' to '.join(limits)})"
