"""The brief for commissioners: what was found and how sure it is, access, what services offer, and what cannot be concluded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, sentences, sentences_verdicts, wording
from pipeline.report.blocks import Block, Break, Cell, Column, Heading, Items, Messages, Paragraph, Table
from pipeline.report.sections.access import EVENTS, declared_weeks
from pipeline.report.sections.front import key_messages

if TYPE_CHECKING:
    from pipeline.report.material import Material, Row

_MEASURES, _FEW = 2, 3
_CANNOT = (
    (
        "That the services brought the change about.",
        "There is no comparison group, and scores taken at a hard time tend to ease.",
    ),
    (
        "That one service does better than another.",
        "Services see different women, measure at different times and hear again from different shares of them.",
    ),
    ("What a service costs, or what it saves.", "Nothing of cost was returned."),
    ("Anything of a group that is too small to show.", "That says nothing of its need."),
)
_ASK = (
    ("Which women do we not reach?", "Hold the table of pathways and the waits against who gives birth in your area."),
    ("Which pathways are not offered here?", "Where do these women go in the meantime?"),
    ("What would we need to know next time?", "A second score from more women would say more than anything else."),
)


def for_commissioners(material: Material) -> list[Block]:
    """Two pages from the same findings as the national report; one where hardly anything may be said."""
    _, messages, *further = key_messages(material)
    assert isinstance(messages, Messages)  # so the front page of the national report is made
    has_much = len(messages.rows) > _FEW or {row["verdict"] for row in material.rows("open_theories")} - {"not_testable"}
    return [
        _heading("What was found, and how sure it is"),
        Messages((*messages.rows[: _MEASURES + 1], messages.rows[-1])) if len(messages.rows) > _MEASURES + 2 else messages,
        *further,
        _heading("What cannot be concluded"),
        Items(_CANNOT),
        *([Break()] if has_much else []),
        _heading("How long women wait"),
        *_waits(material),
        _heading("What the services offer"),
        *_pathways(material),
        _heading("What became of the programme theories"),
        *_theories(material),
        _heading("What to ask"),
        Items(_ASK),
    ]


def _heading(text: str) -> Heading:
    return Heading(text, is_change=True, is_numbered=False)


def _waits(material: Material) -> list[Block]:
    lines = []
    for event, done in EVENTS.items():
        for week in declared_weeks(material):
            shares = [sentences.value(material, f"waits.{event}.{week}.{name}_pct") for name in ("seen", "left")]
            if any(shares):
                told = (share or Cell("not given", "muted") for share in shares)
                lines.append((f"{wording.capital(done)} within {numerals.count(week)} weeks", *told))
    if not lines:
        return [Paragraph("Too few women, or too few services, stand behind the waits for any of them to be given.")]
    columns = (Column("Of the women not turned away", share=1), Column("Seen", "right"), Column("Left before", "right"))
    note = "Women who left before they were seen count among all; those who were still waiting when the data end are allowed for."
    return [Table("Waits from referral, over all sites", columns, tuple(lines), note=note)]


def _pathways(material: Material) -> list[Block]:
    rows = material.rows("open_services", kind="pathway")
    if not rows:
        return [Paragraph("No return says which pathways the services offer.")]
    names = list(dict.fromkeys(row["component"] for row in rows))
    columns = (Column("Pathway", share=1), *(Column(head, "right") for head in ("Offered", "Not offered", "Not recorded")))
    lines = tuple((wording.component(name), *(_sites(rows, name, answer) for answer in wording.ANSWERS)) for name in names)
    note = "Numbers of services that sent a description. A pathway that is not offered is a feature of a model and no gap."
    return [Table("Pathways that services offer", columns, lines, note=note)]


def _sites(rows: list[Row], name: str, answer: str) -> str:
    found = sum(row["component"] == name and row["value"] == answer for row in rows)
    return numerals.count(found) if found else "none"


def _theories(material: Material) -> list[Block]:
    rows = material.rows("open_theories")
    if not rows:
        return [Paragraph("No programme theory was registered for this study.")]
    if sentences_verdicts.is_none_testable(material):
        return [
            Paragraph(
                f"{sentences_verdicts.verdicts(material)} They can be tested when more sites, or more women, stand behind them."
            )
        ]
    columns = (Column("Theory", share=1), Column("Verdict"))
    lines = tuple((f"{row['theory_id']}. {row['title']}", wording.VERDICTS[row["verdict"]]) for row in rows)
    return [Table("Each theory and its verdict", columns, lines, is_dense=True)]
