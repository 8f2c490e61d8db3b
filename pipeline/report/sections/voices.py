"""Voices: what women and families, staff and those who were trained say, by topic; plain words where nothing was returned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, sentences, wording
from pipeline.report.blocks import Block, Cell, Column, Heading, Paragraph, Table
from pipeline.report.material import is_shown
from pipeline.report.plots.voices import instrument_name, question_words
from pipeline.report.sections.voices_answers import NOTHING, answers, is_returned, share
from pipeline.report.sections.voices_staff import staff, training

if TYPE_CHECKING:
    from pipeline.report.material import Material, Row

_WHAT = {
    "experience": "Forms on experience",
    "staff": "Questionnaires of staff",
    "training": "Questionnaires around training",
    "survey": "Survey of people with lived experience, staff and leaders",
}
_GROUPS = {"women_and_families": "Women and families", "staff": "Staff", "leaders": "Leaders", "ALL": "All who answered"}
_FEW = "a number withheld"
_ASKED = {"experience": "on experience", "staff": "as staff", "training": "around training", "survey": "in the survey"}
_EVIDENCE = {**wording.EVIDENCE, "own": "made for a study"}


def voices(material: Material) -> list[Block]:
    """The whole chapter, in the order of experience, staff, training and survey."""
    blocks: list[Block] = [
        Heading("Voices: experience, staff, training and survey"),
        Paragraph(
            "What people say is counted by questionnaire and question, and no questionnaire is added to another. Answers appear "
            "by their number on the form; the wording of a questionnaire is not printed. People who answered chose to, so that "
            "others may think otherwise. Figures are given over all sites alone: a team is small, and its members would know "
            "each other's answers."
        ),
        Paragraph(_who(material)),
    ]
    if material.rows("open_instruments"):
        blocks.append(_questionnaires(material))
    for build in (_experience, staff, training, _survey):
        blocks += build(material)
    return blocks


def _who(material: Material) -> str:
    """How many people answered, topic by topic."""
    said = []
    for topic, what in _WHAT.items():
        row = material.finding(f"voices.{topic}.people")
        if row is None:
            said.append(NOTHING[topic])
        else:
            sites = numerals.counted(row["k_sites"], "site") if row["k_sites"] is not None else ""
            said.append(sentences.sentence(material, f"voices.{topic}.people", what=what, sites=sites))
    return " ".join(said)


def voices_beside(site_id: str, material: Material) -> list[Block]:
    """How many people of a site answered, and what people say over all sites; nothing where nobody of the site did."""
    here = {row["topic"]: row for row in material.rows("open_voices", site_id=site_id)}
    if not here:
        return []
    counts = {topic: f"about {numerals.count(row['n'])}" if is_shown(row, "n") else _FEW for topic, row in here.items()}
    people = [f"{count} {_ASKED.get(topic, topic)}" for topic, count in counts.items()]
    answered = (
        f"People who answered: {wording.listed(people)}. What those of one site said is not told, as they and their teams could "
        "be recognised."
    )
    said = [
        f"{share(row)} on {_question(material, row)}"
        for row in material.rows("open_answers", topic="experience", part="positive")
        if is_shown(row, "share_pct")
    ]
    over_all = f"Positive answers ({sentences.confidence()}): {'; '.join(said)}."
    return [Paragraph(answered, "Here."), *([Paragraph(over_all, "Over all sites.")] if said and "experience" in here else [])]


def _questionnaires(material: Material) -> Table:
    lines: list[tuple[str | Cell, ...]] = []
    for row in material.rows("open_instruments"):
        name = instrument_name(material, row["topic"], row["instrument"])
        if row["has_file"] != "y":
            lines.append((wording.capital(name), wording.capital(row["topic"]), Cell("unscored: no file of it", "muted"), ""))
            continue
        told = [part for part in (row["scored"], f"positive: {row['positive']}" if row["positive"] else "") if part]
        beside = f"beside the scale: {row['not_counted']}" if row["not_counted"] else ""
        how = "; ".join([*told, *([beside] if beside else [])]) or "unscored: no scoring was found"
        source = f"{row['source']} ({_EVIDENCE.get(row['evidence'], row['evidence'])})"
        about = f": {row['about']}" if row["about"] else ""
        lines.append((f"{name}{about}", wording.capital(row["topic"]), how, source))
    columns = (
        Column("Questionnaire", share=0.8),
        Column("Topic"),
        Column("What is read from it", share=1.2),
        Column("Source", share=1.2),
    )
    return Table("Questionnaires returned, and how they are read", columns, tuple(lines), is_dense=True)


def _experience(material: Material) -> list[Block]:
    blocks: list[Block] = [Heading("Experience", level=2)]
    if not is_returned(material, "experience"):
        return [*blocks, Paragraph(NOTHING["experience"])]
    blocks.append(
        Paragraph(
            "A woman who is known by her referral counts once, by her last answer; a form without a referral counts as one "
            "person, as nothing tells whose it is. Neighbouring answers are joined where too few people gave one of them. "
            "Intervals allow for differences between sites."
        )
    )
    said = [
        sentences.sentence(material, _key(row), question=_question(material, row))
        for row in material.rows("open_answers", topic="experience", part="positive")
    ]
    if said:
        blocks.append(Paragraph(" ".join(said)))
    return [*blocks, *answers(material, "experience")]


def _key(row: Row) -> str:
    return f"voices.{row['instrument']}.{row['question']}.positive_pct"


def _question(material: Material, row: Row) -> str:
    name = instrument_name(material, row["topic"], row["instrument"])
    is_only = len({each["question"] for each in material.rows("open_answers", instrument=row["instrument"])}) == 1
    words = question_words(row)
    said = f"{words[:1].lower()}{words[1:]}"
    question = (
        said if row["question"].isdigit() else f"the question \N{LEFT DOUBLE QUOTATION MARK}{said}\N{RIGHT DOUBLE QUOTATION MARK}"
    )
    return f"the {name}" if is_only else f"{question} of the {name[:1].lower()}{name[1:]}"


def _survey(material: Material) -> list[Block]:
    blocks: list[Block] = [Heading("Survey", level=2)]
    rows = material.rows("open_survey")
    if not is_returned(material, "survey"):
        return [*blocks, Paragraph(NOTHING["survey"])]
    if not any(is_shown(row, "n") for row in rows):
        return [*blocks, Paragraph("Too few people, or too few sites, stand behind every option of the survey.")]
    blocks.append(
        Paragraph(
            "Several options may be ticked. Shares are of the people who answered the question, so that those of one question "
            "may add up to more than all. Options stand in the order of their numbers on the form."
        )
    )
    groups = [group for group in _GROUPS if any(row["group"] == group and is_shown(row, "n") for row in rows)]
    found = {(row["question"], row["option"], row["group"]): row for row in rows}
    lines: list[tuple[str | Cell, ...]] = []
    last = ""
    for question, option in dict.fromkeys((row["question"], row["option"]) for row in rows):
        words = question_words({"question": question, "occasion": None, "is_reversed": None})
        cells = [_option(found.get((question, option, group))) for group in groups]
        lines.append(("" if words == last else words, numerals.count(option), *cells))
        last = words
    columns = (Column("Question", share=0.8), Column("Option", "right"), *(Column(_GROUPS[g], "right", share=1) for g in groups))
    note = f"Share ({sentences.confidence()}), or the rounded number of people where a share may not be given."
    return [*blocks, Table("Survey: options ticked", columns, tuple(lines), note=note, is_dense=True)]


def _option(row: Row | None) -> str | Cell:
    if row is None or not is_shown(row, "n"):
        return Cell(wording.status(row["status"] if row else "too_few"), "muted")
    return share(row) or f"{numerals.count(row['n'])} of {numerals.count(row['n_answered'])}"
