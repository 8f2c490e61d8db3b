"""Who came to the services and how long they waited, before any outcome; and a site's waits beside those of all sites."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, sentences, wording
from pipeline.report.blocks import Block, Cell, Column, Heading, Paragraph, Table
from pipeline.report.material import is_shown
from pipeline.report.plots.waits import ALL
from pipeline.report.sections.delivery import figures

if TYPE_CHECKING:
    from pipeline.report.material import Material, Row

_CASE_MIX = {
    "pathway": "Pathway",
    "perinatal_stage": "Perinatal stage at referral",
    "age_band": "Age at referral",
    "referral_source": "Who referred her",
}
_EQUITY = {"ethnic_group": "Ethnic group", "deprivation_fifth": "Deprivation of the place of residence"}
EVENTS = {"assessment": "been assessed", "treatment": "begun treatment"}
_HEADS = {"assessment": "Assessed within", "treatment": "Treatment begun within"}


def who_came(material: Material) -> list[Block]:
    """Case mix, ethnic group and deprivation, then the waits."""
    rows = material.rows("open_equity")
    blocks: list[Block] = [Heading("Who came, and how long they waited")]
    if rows:
        blocks += [
            Paragraph(
                "Women by what is known of them at their first referral, over all sites. Shares are of the women with an answer; "
                "kinds of answer that say nothing of a woman stand apart and are never spread over the others. Treated counts "
                "those whose treatment had begun by the last day of the data: some of the others were still waiting."
            ),
            *_table("Who came: pathway, stage, age and source of referral", _CASE_MIX, rows),
            *_table("Who came: ethnic group and deprivation", _EQUITY, rows),
            Paragraph(
                "A difference between groups in the share treated may come from when, where and with what need women were "
                "referred. It is a reason to look at how women reach and stay with a service, and it is no property of any woman."
            ),
        ]
    else:
        blocks.append(Paragraph("No return holds single referrals, so who came cannot be told."))
    return [*blocks, *_waits(material)]


def _table(caption: str, dimensions: dict[str, str], rows: list[Row]) -> list[Block]:
    """The table without the columns that hold nothing; a sentence where no count in it may be given."""
    if not any(row["status"] == "shown" for row in rows if row["dimension"] in dimensions):
        return [Paragraph(f"{caption}: too few women stand behind every group for any count to be given.")]
    has_ratio = any(row["rate_ratio"] is not None for row in rows if row["dimension"] in dimensions)
    columns = [
        Column("Group", share=1),
        Column("Referred", "right"),
        Column("Share", "right"),
        Column("Accepted", "right"),
        Column("Treated", "right"),
        Column("Treated, of accepted", "right"),
        Column(f"Mean over sites ({sentences.confidence()})", "right"),
        *([Column(f"Ratio of rates ({sentences.confidence()})", "right")] if has_ratio else []),
    ]
    lines: list[tuple[str | Cell, ...]] = []
    for dimension, heading in dimensions.items():
        mine = [row for row in rows if row["dimension"] == dimension]
        if mine:
            lines.append((Cell(heading, "strong"), *[""] * (len(columns) - 1)))
            lines += [_cells(row, has_ratio=has_ratio) for row in mine]
    ratio = " The ratio compares a group's rate of referral with that of all the other groups." if has_ratio else ""
    has_interval = any(line[len(columns) - 1 - has_ratio] for line in lines)
    interval = " The interval is of the mean share over sites, which need not be the share of all women." if has_interval else ""
    note = f"Counts are rounded, shares come from the rounded counts of all women, and rows may not add up.{interval}{ratio}"
    kept = [at for at in range(len(columns)) if any(line[at] for line in lines)]
    cells = tuple(tuple(line[at] for at in kept) for line in lines)
    return [Table(caption, tuple(columns[at] for at in kept), cells, note=note, is_dense=True)]


def _cells(row: Row, *, has_ratio: bool) -> tuple[str | Cell, ...]:
    counts = [
        numerals.count(row[f"n_{step}"]) if row[status] == "shown" else Cell(wording.status(row[status]), "muted")
        for step, status in (("referred", "status"), ("accepted", "accepted_status"), ("treated", "treated_status"))
    ]
    share = "" if row["share_referred_pct"] is None else numerals.percent(row["share_referred_pct"])
    limits = " to ".join(numerals.hundredths(row[name]) for name in ("ratio_low", "ratio_high"))
    ratio = "" if row["rate_ratio"] is None else f"{numerals.hundredths(row['rate_ratio'])} ({limits})"
    treated = "" if row["treated_pct"] is None else numerals.percent(row["treated_pct"])
    ends = [row["treated_low_pct"], row["treated_high_pct"]]
    over_sites = "" if None in (*ends, row["treated_pct"]) else " to ".join(map(numerals.percent, ends))
    cells = (wording.group(row["group"]), counts[0], share, *counts[1:], treated, over_sites)
    return (*cells, ratio) if has_ratio else cells


def _share(row: Row, name: str) -> str:
    """`57% (52% to 62%)`, without limits where there are none; blank where there is no share."""
    value, low, high = (row[f"{name}{end}_pct"] for end in ("", "_low", "_high"))
    if value is None:
        return ""
    return numerals.percent(value) + (
        f" ({numerals.percent(low)} to {numerals.percent(high)})" if None not in (low, high) else ""
    )


def _waits(material: Material) -> list[Block]:
    blocks: list[Block] = [
        Heading("Waits", level=2),
        Paragraph(
            "From referral to assessment and to the start of treatment, for women who were not turned away. Some women leave "
            "before they are seen, and some were still waiting when the data end: the shares count the former and allow for the "
            "latter. A point is given only where enough further women were seen since the point before."
        ),
    ]
    weeks = declared_weeks(material)
    said = [sentence for event in EVENTS for sentence in _sentences(material, event, weeks)]
    drawn = figures(material, "waits", "Women seen, and women who left before, by weeks since referral, over all sites.")
    if not said and not drawn:
        return [*blocks, Paragraph("Too few women, or too few sites, stand behind the waits for any of them to be given.")]
    table = _by_site(material, weeks)
    return [*blocks, Paragraph(" ".join(said)), *drawn, *([table] if table else [])]


def declared_weeks(material: Material) -> list[int]:
    """The numbers of weeks at which sites are told; other ones are points of a curve."""
    return sorted({int(row["weeks"]) for row in material.rows("open_waits") if row["site_id"] != ALL})


def _sentences(material: Material, event: str, weeks: list[int]) -> list[str]:
    """What is shown at the weeks declared, and where nothing is, one sentence that says so."""
    keys = {name: [(week, f"waits.{event}.{week}.{name}_pct") for week in weeks] for name in ("seen", "left")}
    shown = {name: [each for each in found if sentences.value(material, each[1])] for name, found in keys.items()}
    told = [*shown["seen"], *shown["left"][-1:]]
    said = [sentences.sentence(material, key, event=EVENTS[event], weeks=numerals.count(week)) for week, key in told]
    if not said and weeks:
        key = f"waits.{event}.{weeks[0]}.seen_pct"
        said = [sentences.sentence(material, key, event=EVENTS[event], weeks=numerals.count(weeks[0]))]
    return said


def _by_site(material: Material, weeks: list[int]) -> Table | None:
    found = {(row["event"], row["weeks"], row["site_id"]): row for row in material.rows("open_waits")}
    sites = sorted({site for _, _, site in found} - {ALL})
    told = [
        (event, week)
        for event in _HEADS
        for week in weeks
        if any(is_shown(found.get((event, week, site)), "seen_pct") for site in sites)
    ]
    if not told:
        return None
    lines = [
        ("All sites" if site == ALL else site, *(_wait(found.get((event, week, site))) for event, week in told))
        for site in [ALL, *sites]
    ]
    spans = [("", 1), *((words, sum(event == e for e, _ in told)) for event, words in _HEADS.items())]
    columns = (Column("Site"), *(Column(f"{numerals.count(week)} weeks", "right", share=1) for _, week in told))
    note = (
        "Shares with their intervals, in order of site code. A site is told where enough of its women were seen since the number "
        "of weeks before and enough still waited, and where its share would not give away that of another."
    )
    kept = tuple(span for span in spans if span[1])
    return Table("Waits by site", columns, tuple(lines), note=note, spans=kept, is_tight=True)


def _wait(row: Row | None) -> str | Cell:
    return _share(row, "seen") if row is not None and is_shown(row, "seen_pct") else Cell(wording.status("too_few"), "muted")


def waits_beside(site_id: str, material: Material) -> Table | None:
    """A site's waits beside those of all sites; nothing where none of either may be shown."""
    pairs = {
        (event, week): [material.row("open_waits", event=event, weeks=week, site_id=site) for site in (site_id, ALL)]
        for event in EVENTS
        for week in declared_weeks(material)
    }
    own = {at: pair for at, pair in pairs.items() if is_shown(pair[0], "seen_pct")}
    shown = own or {at: pair for at, pair in pairs.items() if is_shown(pair[1], "seen_pct")}
    lines = [
        (
            f"{wording.capital(EVENTS[event])} within {numerals.count(week)} weeks",
            *(_beside(row, name) for name in ("seen", "left") for row in pair),
        )
        for (event, week), pair in shown.items()
    ]
    columns = (
        Column("Women not turned away", share=1.5),
        *(Column(head, "right", share=1) for _ in ("seen", "left") for head in ("Here", "All sites")),
    )
    if not lines:
        return None
    note = f"Shares with {sentences.confidence()}s. Women who left before count among all; those still waiting are allowed for."
    spans = (("", 1), ("Seen", 2), ("Left before", 2))
    return Table("Waits from referral, here and over all sites", columns, tuple(lines), note=note, spans=spans, is_dense=True)


def _beside(row: Row | None, name: str) -> str | Cell:
    share = _share(row, name) if row is not None and is_shown(row) else ""
    return share or Cell("not given", "muted")
