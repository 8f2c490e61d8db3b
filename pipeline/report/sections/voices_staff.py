"""What staff and those who were trained say: scores of constructs, and change of the same and of different people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, sentences, wording
from pipeline.report.blocks import Block, Cell, Column, Heading, Paragraph, Table
from pipeline.report.material import is_shown
from pipeline.report.plots.voices import change_words, instrument_name
from pipeline.report.sections.delivery import figures
from pipeline.report.sections.voices_answers import NOTHING, answers, is_returned

if TYPE_CHECKING:
    from pipeline.report.material import Material, Row

_NAMES = "{names}"
_WHEN = {"after": "after", "follow_up": "months later"}


def staff(material: Material) -> list[Block]:
    """Scores of constructs, answers by question, and change."""
    blocks: list[Block] = [Heading("Staff", level=2)]
    if not is_returned(material, "staff"):
        return [*blocks, Paragraph(NOTHING["staff"])]
    scores = material.rows("open_constructs")
    if scores:
        blocks.append(
            Paragraph(
                "A person's score on a construct is the mean, or the sum, of the answers to its questions; answers worded "
                "against the construct are turned round, and boxes that say that a question is not relevant count for nothing. "
                "Intervals allow for likeness within a team."
            )
        )
        blocks += [*_said(material, scores), _scores(material, scores), *answers(material, "staff")]
    else:
        blocks += answers(material, "staff")
    return [*blocks, *_changes(material, "staff")]


def _said(material: Material, rows: list[Row]) -> list[Block]:
    """By questionnaire, its highest and its lowest construct where these have one scale, and the picture of all of them."""
    blocks: list[Block] = []
    for instrument in dict.fromkeys(row["instrument"] for row in rows):
        mine = [row for row in rows if row["instrument"] == instrument and row["wave"] == "ALL" and not row["occasion"]]
        shown = sorted((row for row in mine if is_shown(row, "mean")), key=lambda row: row["mean"])
        name = instrument_name(material, "staff", instrument)
        known = material.row("open_instruments", topic="staff", instrument=instrument)
        about = f" ({known['about']})" if known and known["about"] else ""
        if len(shown) > 1 and len({_ends(row) for row in shown}) == 1 and len({row["is_better"] for row in shown}) == 1:
            told = [
                sentences.sentence(
                    material,
                    f"voices.{instrument}.{row['construct']}.ALL.score",
                    construct=f"{row['name'][:1].lower()}{row['name'][1:]} (the {word})",
                )
                for row, word in ((shown[-1], "highest"), (shown[0], "lowest"))
            ]
            blocks.append(Paragraph(f"{name}{about}: {' '.join(told)}"))
        blocks += figures(material, f"scores-{instrument.replace('_', '-')}", f"{name}: mean scores of staff by construct.")
    return blocks


def _scores(material: Material, rows: list[Row]) -> Table:
    names = {"ALL": "All sites", "EI": "Early Implementers", "FF": "Fast Followers"}
    waves = [wave for wave in names if any(row["wave"] == wave for row in rows)]
    found = {(row["instrument"], row["construct"], row["occasion"], row["wave"]): row for row in rows}
    keys = list(dict.fromkeys((row["instrument"], row["construct"], row["occasion"]) for row in rows))
    lines = []
    for key in keys:
        first = next(row for row in rows if (row["instrument"], row["construct"], row["occasion"]) == key)
        name = instrument_name(material, "staff", key[0])
        when = f", {wording.words(key[2])}" if key[2] else ""
        lines.append((name, f"{first['name']}{when}", *(_score(found.get((*key, wave))) for wave in waves)))
    columns = (Column("Questionnaire"), Column("Construct", share=1), *(Column(names[wave], "right", share=1) for wave in waves))
    ends = [f"{instrument_name(material, 'staff', row['instrument'])} from {_ends(row)}" for row in rows]
    runs = wording.listed(list(dict.fromkeys(ends)))
    note = f"Mean score ({sentences.confidence()}) and rounded number of people. Scores run on {runs}."
    return Table("Scores of staff by construct", columns, tuple(lines), note=note, is_dense=True)


def _ends(row: Row) -> str:
    return f"{numerals.plain(row['scale_low'])} to {numerals.plain(row['scale_high'])}"


def _score(row: Row | None) -> str | Cell:
    if row is None or not is_shown(row, "mean"):
        return Cell(wording.status(row["status"] if row else "too_few"), "muted")
    limits = f"{numerals.hundredths(row['low'])} to {numerals.hundredths(row['high'])}"
    return f"{numerals.hundredths(row['mean'])} ({limits}), {numerals.count(row['n'])}"


def training(material: Material) -> list[Block]:
    """Change of those who were trained, and answers that have no score."""
    blocks: list[Block] = [Heading("Training", level=2)]
    if not is_returned(material, "training"):
        return [*blocks, Paragraph(NOTHING["training"])]
    return [*blocks, *_changes(material, "training"), *answers(material, "training")]


def _changes(material: Material, topic: str) -> list[Block]:
    """Sentences, pictures and a table on change, the same people and different people apart."""
    rows = material.rows("open_staff_change", topic=topic)
    if not rows:
        return []
    said: list[str] = []
    untold: dict[str, list[str]] = {}
    for row in rows:
        if row["occasion"] == "after" and not (row["comparison"] == "paired" and is_shown(row, "change")):
            last = "change" if row["comparison"] == "paired" else "cohorts"
            key, name = f"voices.{topic}.{row['instrument']}.{row['construct']}.{last}", _in_a_sentence(row)
            if sentences.value(material, key):
                said.append(sentences.sentence(material, key, construct=name))
            else:
                untold.setdefault(key, []).append(name)
    by_words: dict[str, list[str]] = {}
    for key, names in untold.items():
        by_words.setdefault(sentences.sentence(material, key, construct=_NAMES), []).extend(names)
    said += [words.replace(_NAMES, wording.listed(names)) for words, names in by_words.items()]
    how: list[Block] = [
        Paragraph(
            "People who gave the same code twice are compared with themselves; people who answered on one occasion alone are "
            "compared as two cohorts, and never mixed with the former. There is no comparison group, so these figures cannot say "
            "what brought a change about; people who expect to be asked again may also answer differently."
        ),
    ]
    is_first = topic == "staff" or not material.rows("open_staff_change", topic="staff")
    blocks: list[Block] = [
        *(how if is_first else []),
        Paragraph(" ".join([*_of_the_same_people(material, topic, rows), *said])),
    ]
    for instrument in sorted({row["instrument"] for row in rows}):
        name = wording.capital(instrument_name(material, topic, instrument))
        blocks += figures(material, f"change-{topic}-{instrument.replace('_', '-')}", f"{name}: mean scores before and after.")
    return [*blocks, _change_table(material, topic, rows)]


def _in_a_sentence(row: Row) -> str:
    return f"{row['name'][:1].lower()}{row['name'][1:]}"


def _of_the_same_people(material: Material, topic: str, rows: list[Row]) -> list[str]:
    """Their changes in one sentence."""
    told = [row for row in rows if row["occasion"] == "after" and row["comparison"] == "paired" and is_shown(row, "change")]
    if not told:
        return []
    parts = [f"{_in_a_sentence(row)} by {change_words(row)}" for row in told]
    return [
        f"Asked before and after, the same people changed on {wording.listed(parts)}: points with {sentences.confidence()}s, "
        "above nought is better."
    ]


def _change_table(material: Material, topic: str, rows: list[Row]) -> Table:
    who = {"paired": "same people", "unpaired": "different people"}
    lines: list[tuple[str | Cell, ...]] = []
    for row in rows:
        head = (row["name"], f"{_WHEN[row['occasion']]}, {who[row['comparison']]}")
        if not is_shown(row, "change"):
            lines.append((*head, Cell(wording.status(row["status"]), "muted"), "", ""))
            continue
        people = numerals.count(row["n_after"]) if row["comparison"] == "paired" else _two(row)
        lines.append((*head, people, change_words(row), numerals.hundredths(row["rank_biserial"])))
    columns = (
        Column("Construct", share=0.8),
        Column("Compared with before", share=1),
        Column("People", "right"),
        Column(f"Change ({sentences.confidence()})", "right", share=1),
        Column("Rank-biserial", "right"),
    )
    note = (
        "Positive is better. People are rounded. Intervals of the same people allow for likeness within a site, and are never "
        "narrower than without it; those of different people count each person alone. The rank-biserial correlation runs from "
        "minus one, where all do worse, to one, where all do better."
    )
    return Table(
        f"Change in {'those who were trained' if topic == 'training' else 'staff'}",
        columns,
        tuple(lines),
        note=note,
        is_dense=True,
    )


def _two(row: Row) -> str:
    return f"{numerals.count(row['n_before'])} before, {numerals.count(row['n_after'])} after"
