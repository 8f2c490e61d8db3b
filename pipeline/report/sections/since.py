"""What changed since the last published release, for the data, the theories and the findings alike."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline.report import numerals, wording
from pipeline.report.blocks import Block, Column, Heading, Paragraph, Table

if TYPE_CHECKING:
    from pipeline.report.material import Material, Row

_KINDS = {
    "data": "Facts of the data",
    "site": "Sites",
    "decision": "Decisions on faults",
    "theory": "Theories, their words",
    "verdict": "Verdicts",
    "finding": "Findings",
}
_IN_FULL = ("data", "site", "decision", "verdict")
_HAPPENED = ("new", "gone", "changed")
_MINUS = re.compile(r"(?<![\w-])-(?=\d)")


def since(material: Material) -> list[Block]:
    """How much changed by kind, then each change of data, sites, verdicts and findings over all sites."""
    release = last_release(material)
    heading = Heading("Changes since the last release", is_change=release is not None)
    if release is None:
        return [heading, Paragraph("This is the first release of this study: there is none before it to compare with.")]
    rows = [row for row in material.rows("open_changes_since") if row["kind"] != "release"]
    if not rows:
        same = f"Nothing in the data, the theories or the findings differs from release {release}."
        return [heading, Paragraph(same)]
    shown = [row for row in rows if row["kind"] in _IN_FULL or _is_national(row, material)]
    return [
        heading,
        Paragraph(
            f"Held against release {release}, open value against open value. A finding that changed may have done so because the "
            "data, a theory, a setting or the program changed; the table does not say which."
        ),
        _counts(rows),
        *(_changes(kind, [row for row in shown if row["kind"] == kind]) for kind in _KINDS if _has(kind, shown)),
        *_theories(rows),
        Paragraph(
            "Findings of single sites, and those that neither were nor are shown as a number, stand in the table of changes, "
            "which lies beside this report."
        ),
    ]


def last_release(material: Material) -> str | None:
    """The release that this run is held against; None where there is none."""
    row = material.row("open_changes_since", kind="release")
    return row["was"] if row is not None and row["what"] == "compared" else None


def since_of_theory(material: Material, theory_id: str) -> str:
    """What became of a theory since the last release, in a sentence; empty where there is no release to compare with."""
    release = last_release(material)
    if release is None:
        return ""
    words = material.row("open_changes_since", kind="theory", key=theory_id)
    verdict = material.row("open_changes_since", kind="verdict", key=theory_id)
    if verdict is not None and verdict["what"] == "new":
        return f"New since release {release}."
    reworded = " Its words were changed since." if words is not None and words["what"] == "changed" else ""
    if verdict is None:
        return f"The verdict is that of release {release}.{reworded}"
    return f"In release {release} the verdict was: {verdict['was']}.{reworded}"


def _is_national(row: Row, material: Material) -> bool:
    """Whether a finding is of all sites, so that no part of its key is the code of a site, and was or is shown as a number."""
    if not any(character.isdigit() for character in (row["was"] or "") + (row["is"] or "")):
        return False
    sites = {each["site_id"] for each in material.rows("open_returns")}
    gone = {each["key"] for each in material.rows("open_changes_since", kind="site")}
    return row["kind"] == "finding" and not (sites | gone).intersection(row["key"].split("."))


def _has(kind: str, rows: list[Row]) -> bool:
    return any(row["kind"] == kind for row in rows)


def _counts(rows: list[Row]) -> Table:
    columns = (Column("What", share=1), *(Column(wording.capital(what), "right") for what in _HAPPENED))
    lines = []
    for kind, name in _KINDS.items():
        mine = [row["what"] for row in rows if row["kind"] == kind]
        lines.append((name, *(numerals.count(mine.count(what)) if mine.count(what) else "none" for what in _HAPPENED)))
    return Table("How much changed", columns, tuple(lines), note="Every finding is counted, those of single sites as well.")


def _changes(kind: str, rows: list[Row]) -> Table:
    columns = (Column("Which", share=1.2), Column("Change", share=0.5), Column("Was", share=1), Column("Is", share=1))
    lines = tuple((row["key"], row["what"], _words(row["was"]), _words(row["is"])) for row in rows)
    titles = {"data": "Facts of the data that changed", "finding": "Findings over all sites that changed"}
    return Table(titles.get(kind, f"{_KINDS[kind]} that changed"), columns, lines, is_dense=True)


def _theories(rows: list[Row]) -> list[Block]:
    """Theories that came, went or were reworded, by their codes."""
    said = []
    for what, words in {"new": "New", "gone": "No longer held", "changed": "Reworded"}.items():
        names = [row["key"] for row in rows if row["kind"] == "theory" and row["what"] == what]
        said += [f"{words}: {wording.listed(names)}."] if names else []
    return [Paragraph(" ".join(said), lead="Theories.")] if said else []


def _words(text: str | None) -> str:
    return _MINUS.sub(numerals.MINUS, text) if text else "\N{EN DASH}"
