"""The summary for women and families: short sentences, the same findings, and what nobody can know from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, sentences_verdicts, wording_theories
from pipeline.report.blocks import Block, Heading, Items, Notice, Paragraph
from pipeline.report.material import is_shown
from pipeline.report.sections.access import declared_weeks
from pipeline.report.sentences_plain import plainly
from pipeline.reporting import signposts

if TYPE_CHECKING:
    from pipeline.report.material import Material

_MOST = 50
"""The share of women, in percent, from which a wait is told: most of them have been seen by then."""
_EVENTS = {"assessment": "a first meeting", "treatment": "started their care"}


def in_plain_words(material: Material) -> list[Block]:
    """One page: what it is about, who took part, what was found, what is not known, and where to find help."""
    return [
        _heading("What is this about?"),
        Paragraph(
            "Maternal Mental Health Services are part of the NHS. They help women who struggle after a hard or "
            "frightening birth, after losing a baby, because they are very afraid of giving birth, or when their child no longer "
            "lives with them. "
            "We wanted to know what helps, whom it helps, and why."
        ),
        _heading("Who is it about?"),
        Paragraph(
            f"{plainly(material, 'study.k_sites')} {plainly(material, 'study.n_referrals')} "
            "No one can be picked out: we leave out small numbers and round the rest."
        ),
        _heading("What did we find?"),
        Items(_found(material)),
        _heading("What do we not know?"),
        Items(
            (
                (
                    "Was it the service?",
                    "We cannot tell. Hard feelings can ease with time. We had no other group to compare with.",
                ),
                ("Which service is best?", "We cannot tell, and we do not rank them. They see different women."),
                ("What will it be like for me?", "We cannot tell. Every woman is different, and numbers tell only about groups."),
            )
        ),
        _heading("What can you do with this?"),
        Paragraph(
            "Ask your local service what it offers and how long women wait. Tell it what helped you and what did not. "
            "You can ask for the full report, which has all the numbers."
        ),
        Notice("If this brings up hard feelings.", _signposted()),
    ]


def _heading(text: str) -> Heading:
    return Heading(text, is_change=True, is_numbered=False)


def _found(material: Material) -> tuple[tuple[str, str], ...]:
    return (
        ("Did women's answers change?", _better(material)),
        ("How long did women wait?", _waits(material)),
        ("Which of our ideas fit?", _ideas(material)),
    )


def _better(material: Material) -> str:
    if material.primary is None:
        return "We have no answers from women on how they feel."
    key, measure = f"change.{material.primary}", material.measures[material.primary]
    topic = measure.construct_ or "how they feel"
    asked = f"Women answered a list of questions on {topic}, called {measure.label}, at the start and again later."
    told = [plainly(material, f"{key}.{name}") for name in ("reliably_improved_pct", "completion_pct")]
    return " ".join([asked, *told, *(["The full report tells of the other lists."] if len(material.measures) > 1 else [])])


def _waits(material: Material) -> str:
    said = []
    for event, words in _EVENTS.items():
        shown = {
            week: row["value"]
            for week in declared_weeks(material)
            if (row := material.finding(f"waits.{event}.{week}.seen_pct")) is not None and is_shown(row, "value")
        }
        if shown:
            week = next((week for week, share in shown.items() if share >= _MOST), max(shown))
            key = f"waits.{event}.{week}.seen_pct"
            said.append(plainly(material, key, event=words, weeks=numerals.count(week)))
    if not said:
        return "Too few women stand behind the numbers for us to say."
    return " ".join([*said, "This is of the women who were not turned away."])


def _ideas(material: Material) -> str:
    rows = material.rows("open_theories")
    if not rows:
        return "We had no ideas to test."
    asked = "We had ideas on what helps and why."
    if all(wording_theories.is_prespecified(row) for row in rows):
        asked = "Before we looked, we wrote down ideas on what helps and why."
    if sentences_verdicts.is_none_testable(material):
        return f"{asked} We had too little to go on to test any of them."
    held = [name for name in ("inconsistent", "inconclusive", "not_testable") if any(row["verdict"] == name for row in rows)]
    told = [plainly(material, f"theories.k_{verdict}") for verdict in ("consistent", *held)]
    return " ".join([asked, *told, "That an idea fits does not show that it is the reason."])


def _signposted() -> str:
    return " ".join(f"{each.when}: {each.turn_to}." for each in signposts())
