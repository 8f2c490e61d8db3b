"""What came back from the sites, and how the data were mended or set aside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, sentences, wording
from pipeline.report.blocks import Block, Cell, Column, Heading, Paragraph, Table
from pipeline.report.material import is_shown

if TYPE_CHECKING:
    from pipeline.report.material import Material, Row

_MEANINGS = {
    "aggregate_only": "Totals only: the site sent sums and no single referrals.",
    "set_aside": "Set aside: the return could not safely be read and is asked for again.",
    "nil_return": "Nil return: the service was open and had no referrals.",
    "not_open_yet": "Not open yet: the service had not opened by the end of the period.",
    "not_returned": "Not returned: nothing came from this site.",
    "nothing_usable": "Nothing usable: no table that figures could rest on was accepted, and the return is asked for again.",
}
_DECISIONS = {"accept": "fault overruled", "reject": "row left out", "correct": "value corrected"}
_KEYS = ("study.k_sites", "study.k_sites_record", "study.k_sites_aggregate", "study.k_returns_set_aside")


def quality(material: Material) -> list[Block]:
    """Every return with what became of it."""
    rows = sorted(material.rows("open_returns"), key=lambda row: row["site_id"])
    keys = (*_KEYS, *blanks(material))
    blocks: list[Block] = [
        Heading("Data quality"),
        Paragraph(
            "Every row that a site sent was either accepted or rejected with a reason that the site can act on; "
            "none was changed in silence. For each site there is a list of its faults, for that site alone, with the cell, "
            "what was found, what was expected and how to mend it."
        ),
        Paragraph(" ".join(sentences.sentence(material, key) for key in keys)),
    ]
    if not rows:
        return [*blocks, Paragraph("No return is on record.")]
    columns = (
        Column("Site", share=1),
        Column("Return", share=1),
        Column("Referrals accepted", "right", share=1),
        Column("Faults found", "right", share=1),
    )
    found = {row["status"] for row in rows}
    note = " ".join(text for status, text in _MEANINGS.items() if status in found)
    return [*blocks, Table("Returns", columns, tuple(_cells(row) for row in rows), note=note), *_decisions(material)]


def blanks(material: Material) -> list[str]:
    """The keys that say how many sites sent nothing to count, of each kind that there is."""
    kinds = ("nil_return", "not_open_yet", "not_returned")
    return [key for key in (f"study.k_{kind}" for kind in kinds) if material.finding(key)]


def _decisions(material: Material) -> list[Block]:
    rows = material.rows("open_decisions")
    said = "Where a site could not mend a fault, the analyst decided on it, for a stated reason, on that very return and value."
    if not rows:
        return [Paragraph("No fault was decided on by the analyst: what the sites sent stands as it was checked.")]
    columns = (Column("Rule", share=1), Column("Reason", share=1), Column("Decision", share=1), Column("Cells", "right"))
    cells = tuple(
        (
            row["rule_id"],
            wording.words(row["reason_code"]),
            _DECISIONS[row["decision"]],
            numerals.count(row["n"]) if is_shown(row, "n") else Cell(wording.status(row["status"]), "muted"),
        )
        for row in rows
    )
    return [Paragraph(said), Table("Decisions on faults", columns, cells)]


def _cells(row: Row) -> tuple[str | Cell, ...]:
    has_count = row["n_status"] == "shown" and row["n_referrals"] is not None
    referrals = numerals.count(row["n_referrals"]) if has_count else Cell(_why(row), "muted")
    return (row["site_id"], wording.RETURNS.get(row["status"], wording.words(row["status"])), referrals, row["faults"])


def _why(row: Row) -> str:
    status = row["n_status"] or "shown"
    return wording.status("not_recorded" if status == "shown" else status)
