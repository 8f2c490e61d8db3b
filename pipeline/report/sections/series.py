"""What happened month by month: referrals and the series that sites returned, with limits of chance and breaks at go-live."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, sentences, wording
from pipeline.report.blocks import Block, Cell, Column, Heading, Paragraph, Table
from pipeline.report.material import is_shown
from pipeline.report.sections.delivery import figures

if TYPE_CHECKING:
    from pipeline.report.material import Material, Row


def series(material: Material) -> list[Block]:
    """The pictures and the breaks; nothing where no site has a series."""
    rows = material.rows("open_series")
    if not rows:
        return []
    blocks: list[Block] = [
        Heading("Month by month", level=2),
        Paragraph(
            "Each series is told by month where enough people stand behind every month, else by quarter or year, else in "
            "words. The dashed line is the centre, the band what chance alone would bring from one period to the next; a "
            "marked point breaks a rule of the control chart, so that something other than chance is worth looking for; a "
            "series in which a month resembles the month before, as that of beds does, breaks them oftener. Series with few "
            "periods have a median and no band."
        ),
        *figures(material, "series-referrals", "Referrals by site, in whole months, quarters or years of the return."),
        *figures(material, "series-activity", "Series that sites returned. The vertical line is the month of go-live."),
    ]
    hidden = sorted((row["site_id"], row["series"]) for row in rows if not is_shown(row, "period"))
    if hidden:
        names = wording.listed([f"{site} ({wording.words(name)})" for site, name in hidden])
        blocks.append(Paragraph(f"Too few people stand behind these series, or one period of them, to be drawn: {names}."))
    return [*blocks, *_breaks(material)]


def _breaks(material: Material) -> list[Block]:
    rows = material.rows("open_breaks")
    if not rows:
        return []
    columns = (
        Column("Site"),
        Column("Series", share=1.2),
        Column("Months before, after", "right", share=0.6),
        Column(f"Step at go-live ({sentences.confidence()})", "right", share=1.2),
        Column(f"Change of trend a year ({sentences.confidence()})", "right", share=1),
    )
    units = {row["link"] for row in rows if is_shown(row, "level")}
    note = (
        "Steps are changes in days spent in bed per day, that is in beds in use."
        if units <= {"identity"}
        else "Steps are changes in days spent in bed per day, that is in beds in use, or ratios of rates where marked so."
    )
    return [
        Heading("Beds, before and after go-live", level=3),
        Paragraph(
            "Each series is compared with itself: a step and a change of trend at go-live, with a yearly wave, and errors that "
            "remember the month before. There is no comparison series, so anything else that changed at the same time is in the "
            "step as well."
        ),
        Table("Days in beds before and after go-live", columns, tuple(_cells(row) for row in rows), note=note),
    ]


def _cells(row: Row) -> tuple[str | Cell, ...]:
    months = (
        ""
        if row["k_months_before"] is None
        else f"{numerals.count(row['k_months_before'])}, {numerals.count(row['k_months_after'])}"
    )
    if not is_shown(row, "level"):
        why = Cell(wording.capital(row["note"] or wording.status(row["status"])), "muted")
        return (row["site_id"], wording.words(row["series"]), months, why, "")
    return (row["site_id"], wording.words(row["series"]), months, _change(row, "level"), _change(row, "slope"))


def _change(row: Row, name: str) -> str:
    values = [row[f"{name}{end}"] for end in ("", "_low", "_high")]
    if row["link"] != "log":
        return f"{numerals.points(values[0])}, from {numerals.interval(*values[1:])}"
    return f"ratio {values[0]:.2f}, from {values[1]:.2f} to {values[2]:.2f}"
