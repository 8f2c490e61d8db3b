"""The page of one theory: what it says, what could be tested, its contrast, and the evidence beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, sentences, wording
from pipeline.report import wording_theories as words
from pipeline.report.blocks import Block, Break, Cell, Column, Facts, Figure, Heading, Notice, Paragraph, Table
from pipeline.report.material import is_shown
from pipeline.report.plots.sheet import short
from pipeline.report.sections.since import since_of_theory
from pipeline.report.sections.theory_configurations import configurations, is_long
from pipeline.report.sections.theory_sites import side_by_side
from pipeline.report.sentences_verdicts import reason_of
from pipeline.report.theory_sides import sides_of

if TYPE_CHECKING:
    from pipeline.report.material import Material, Row

_MOST_CHANGES, _LONGEST = 4, 90


def theory_page(row: Row, material: Material) -> list[Block]:
    """The blocks of one page; a theory that could not be tested says so and still shows its sites and its evidence."""
    return [
        Break(is_soft=True),
        Heading(f"{row['theory_id']}. {row['title']}", level=2),
        Notice(f"{wording.VERDICTS.get(row['verdict'], row['verdict'])}.", reason_of(row)),
        Facts((*_statement(row, material), *_tested(row, material)), is_dense=True),
        *_picture(row, material),
        *configurations(row, material),
        *_beside(row, material),
        *_changed(row, material),
    ]


def outcome_of(row: Row, material: Material) -> str:
    """The outcome with the label of its measure in place of the measure's code."""
    said, on, code = row["outcome"].rpartition(" on ")
    measure, asked = material.measures.get(code), material.row("open_instruments", instrument=code)
    label = measure.label if measure else asked["name"] if asked and asked["has_file"] == "y" else code
    return wording.capital(f"{said}{on}{label}")


def _statement(row: Row, material: Material) -> tuple[tuple[str, str], ...]:
    whom = [("Which women", wording.context(row["population"]))] if row.get("population") else []
    return (
        ("Context", wording.context(row["context"])),
        *whom,
        ("Mechanism", row["mechanism"]),
        ("Outcome", f"{outcome_of(row, material)}."),
        ("Would count against it", row["would_count_against"]),
    )


def _tested(row: Row, material: Material) -> tuple[tuple[str, str], ...]:
    before = (row.get("testability") or "").rstrip(". ")
    facts = [("Before any result", f"{wording.capital(before)}.")] if before and not row["reason"].startswith(before) else []
    if row.get("test") == "configuration":
        return (*facts, ("Sites and women", f"{_sites(row)}; {_women(row)}"))
    facts.append(("Sites in the test", _sites(row)))
    facts.append((words.COUNTED.get(row.get("counted") or "", "Women"), _women(row)))
    facts.append(("Difference", _difference(row)))
    if imputed := _imputed(row, material):
        facts.append(("With imputed second scores", imputed))
    facts.append(("Could be seen", _smallest(row)))
    return tuple(facts)


def _sites(row: Row) -> str:
    both = (row["k_sites_with"], row["k_sites_without"])
    if None in both:
        return "not given"
    unknown = row.get("k_sites_unknown")
    silent = f", {numerals.count(unknown)} that did not say" if unknown else ""
    return f"{numerals.count(both[0])} with the context, {numerals.count(both[1])} without it{silent}"


def _women(row: Row) -> str:
    if row["n_women_with"] is None or row["n_women_without"] is None:
        return wording.status("too_few") if not is_shown(row) else "not given"
    return f"{numerals.count(row['n_women_with'])} with the context, {numerals.count(row['n_women_without'])} without it"


def _difference(row: Row) -> str:
    crude = numerals.estimate(row["estimate"], row["low"], row["high"])
    if not crude:
        return "not given"
    adjusted = numerals.estimate(row["estimate_adjusted"], row["low_adjusted"], row["high_adjusted"])
    beside = f"; {adjusted} adjusted for {words.adjusted_for(row)}" if adjusted and not words.is_of_voices(row) else ""
    return f"{crude} {row['unit']}{beside} ({sentences.confidence()}{'s' if beside else ''})"


def _imputed(row: Row, material: Material) -> str:
    imputed = material.row("open_theory_imputed", theory_id=row["theory_id"])
    if imputed is None or not is_shown(imputed, "estimate", "low", "high"):
        return ""
    return f"{numerals.estimate(imputed['estimate'], imputed['low'], imputed['high'])} {imputed['unit']}"


def _smallest(row: Row) -> str:
    matters = row.get("smallest_difference")
    what = f"; the theory asks for {numerals.plain(matters)} {row['unit']}" if matters is not None else ""
    if row["smallest_detectable"] is None:
        return f"not given{what}"
    least = numerals.points(row["smallest_detectable"])
    return f"a true difference of about {least} {row['unit']}, in four of five such studies{what}"


def _picture(row: Row, material: Material) -> list[Block]:
    name = f"theory-{row['theory_id']}"
    if is_long(row, material):
        return [
            Paragraph(f"The sites on either side of the context are drawn in the figure {name}, which lies beside this report.")
        ]
    if name not in material.alt:
        return side_by_side(row, material)
    both = "The contrast" if words.is_of_voices(row) else "The contrast, crude and adjusted"
    caption = f"{both}, and the sites on either side of the context"
    if not sides_of(row, material)[0]:
        caption = both
    elif not is_shown(row, "estimate"):
        caption = "The sites on either side of the context"
    return [Figure(name, caption, material.alt[name])]


def _beside(row: Row, material: Material) -> list[Block]:
    """The joint display: readings by element and role group."""
    rows = material.rows("open_joint", theory_id=row["theory_id"])
    if not rows:
        return [Paragraph("No coded evidence was given to this study.", lead="Evidence.")]
    whole = next((each for each in rows if each["element"] == each["role_group"] == "all"), None)
    fit = whole["fit"] if whole else "silent"
    told = Paragraph(words.FIT_MEANINGS[fit], lead=f"Evidence beside the numbers: {words.FITS[fit].lower()}.")
    if not any(is_shown(each, "reading") for each in rows):
        return [told]
    found = {(each["element"], each["role_group"]): each for each in rows}
    columns = (Column("What they spoke to"), *(Column(name, share=1) for name in words.GROUPS.values()))
    lines = tuple(
        (name, *(_said(found.get((element, group))) for group in words.GROUPS)) for element, name in words.ELEMENTS.items()
    )
    return [told, Table("What people said of the theory", columns, lines, is_dense=True)]


def _said(row: Row | None) -> str | Cell:
    if row is None or not is_shown(row, "reading"):
        return Cell(wording.status("too_few"), "muted")
    return f"{wording.capital(words.READINGS[row['reading']].removesuffix(' it'))} ({row['sources'].replace(' and more', '+')})"


def _changed(row: Row, material: Material) -> list[Block]:
    """What is not as it was registered, and what changed since the last release."""
    rows = material.rows("open_theory_changes", theory_id=row["theory_id"])
    blocks: list[Block] = []
    if rows:
        ordered = sorted(rows, key=lambda each: not each["decides"])
        columns = (Column("Field", share=0.8), Column("Was", share=1), Column("Is", share=1), Column("Decides"))
        lines = tuple(
            (
                wording.capital(words.field(each["field"])),
                short(each["was"] or "", _LONGEST),
                short(each["now"] or "", _LONGEST),
                "yes" if each["decides"] else "no",
            )
            for each in ordered[:_MOST_CHANGES]
        )
        left = len(rows) - len(lines)
        note = f"{numerals.count(left)} more in the table of changes, which lies beside this report." if left else ""
        blocks.append(Table("What changed since it was registered", columns, lines, note=note, is_dense=True))
    since = since_of_theory(material, row["theory_id"])
    return [*blocks, *([Paragraph(since, lead="Since the last release.")] if since else [])]
