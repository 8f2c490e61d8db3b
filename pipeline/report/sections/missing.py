"""Women without a second score: who they were when they came, and what they could mean for the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, sentences, wording
from pipeline.report.blocks import Block, Cell, Column, Heading, Items, Notice, Paragraph, Table, two_by_two
from pipeline.report.material import is_shown
from pipeline.report.plots.missing import NEGLIGIBLE
from pipeline.report.sections.delivery import figures
from pipeline.report.sections.severity import severity

if TYPE_CHECKING:
    from pipeline.measures import Measure
    from pipeline.report.material import Material, Row

_TABLES = ("open_balance", "open_missing", "open_scenarios", "open_tipping")
_SCENARIOS = ("no_change", "tenth_percentile", "ninetieth_percentile")
_TURNS = {
    ("no_effect", "already"): (
        "Even if women without a second score did no worse than similar women with one, the interval of the mean improvement "
        "on {measure} holds no change at all."
    ),
    ("no_effect", "none_within_scale"): (
        "However badly women without a second score fared within the scale, the finding of an improvement on {measure} holds."
    ),
    ("too_small", "already"): (
        "Even if they did no worse than similar women, the mean on {measure} lies below the smallest important change."
    ),
    ("too_small", "none_within_scale"): (
        "However badly they fared within the scale, the mean on {measure} stays above the smallest important change."
    ),
}
"""Answers that have turned already, or never do: results, and no gaps."""
_AT = {"already": "turned already", "none_within_scale": "never on the scale"}
_CAPTION = "Mean improvement on {label}, by what is made of the women without a second score."
_WAYS = (
    (
        "Imputed.",
        "A second score is drawn many times over for each woman without one, as it would be expected of similar women at "
        "her site: same first score, and as far as enough women have them recorded same age, deprivation, pathway, perinatal "
        "stage, ethnic group and source of referral. If women stayed away for reasons that these do not hold, the imputed mean "
        "is off as well.",
    ),
    (
        "Scenarios.",
        "Every missing improvement is set to one value, which nobody believes: none at all, as little as nine in ten of the "
        "other women at least improved (their lowest tenth), or as much as one in ten of them did (their highest). The truth "
        "lies somewhere between. Whole points, and no interval, since none would be honest.",
    ),
    (
        "Tipping point.",
        "How many points worse than similar women with a second score the others would have to have done for the answer to turn.",
    ),
)


def missing(material: Material) -> list[Block]:
    """Paired against unpaired when they came, then imputation, scenarios and tipping point by measure; else why not, in words."""
    is_told = any(is_shown(row) for name in _TABLES for row in material.rows(name))
    blocks: list[Block] = [
        Heading("Women without a second score", is_change=is_told),
        *([Notice("Read with care.", sentences.CAUTION)] if is_told else []),
        Paragraph(
            "Change is known of women with both scores alone. If those without a second score fared otherwise, the figures "
            "that follow in this report are off. They remain the headline; this section asks how far off they could be."
        ),
    ]
    blocks += severity(material)
    blocks += _who(material) if any(is_shown(row) for row in material.rows("open_balance")) else []
    told = [measure for measure in material.measures.values() if _has_numbers(material, measure)]
    if told:
        drawn = [figures(material, f"missing-{measure.id}", _CAPTION.format(label=measure.label)) for measure in told]
        blocks += [Heading("What they could mean", level=2), Items(_WAYS), Paragraph(_said(material, told[0]))]
        blocks += [_table(material, told), *two_by_two(each for each in drawn if each)]
    return [*blocks, *_not_told([measure for measure in material.measures.values() if measure not in told], material)]


def _has_numbers(material: Material, measure: Measure) -> bool:
    return any(is_shown(row) for name in _TABLES[1:] for row in material.rows(name, measure=measure.id))


def _who(material: Material) -> list[Block]:
    """The first scores of all measures in a table, all that is known in a picture for the first measure."""
    rows = {measure: material.row("open_balance", measure=measure, characteristic="first_score") for measure in material.measures}
    cells = tuple((material.measures[name].label, *_first_scores(row)) for name, row in rows.items() if row is not None)
    columns = (
        Column("Measure", share=1),
        Column("First score, with a second", "right"),
        Column("First score, without one", "right"),
        Column("Standardised difference", "right"),
    )
    note = "Women due a second score who have a first one. Means in points of each measure; differences in standard deviations."
    said = (
        "A standardised difference is the difference of two means, or shares, in standard deviations; "
        f"up to {numerals.plain(NEGLIGIBLE)} on either side it is often held to be negligible (Austin, Statistics in Medicine)."
    )
    first = next((m for m in material.measures.values() if f"balance-{m.id}" in material.alt), None)
    if first is not None:
        said = f"{said} {sentences.sentence(material, f'balance.{first.id}.first_score', measure=first.label)}"
    blocks: list[Block] = [Heading("Who they were when they came", level=2), Paragraph(said)]
    blocks.append(Table("First scores of women with and without a second score", columns, cells, note=note))
    if first is None:
        return blocks
    caption = (
        f"Women due a second score on {first.label}, with it and without it, by what was known when they came. Dashed: the "
        "differences held to be negligible. The level that most women are in has no row, nor has one of too few women; "
        "fifths of deprivation count from the most deprived."
    )
    return [*blocks, *figures(material, f"balance-{first.id}", caption)]


def _first_scores(row: Row) -> tuple[str | Cell, ...]:
    if not is_shown(row, "difference"):
        return ("", "", Cell(wording.status(row["status"]), "muted"))
    means = [numerals.points(row[name]) or Cell("not given", "muted") for name in ("mean_paired", "mean_unpaired")]
    return (*means, numerals.hundredths(row["difference"]))


def _said(material: Material, measure: Measure) -> str:
    """The first measure in sentences; the others stand in the table."""
    key = f"missing.{measure.id}"
    is_drawn = f"missing-{measure.id}" in material.alt
    scenarios = [name for name in _SCENARIOS if sentences.value(material, f"{key}.{name}")] or ["no_change"]
    keys = ["complete", "imputed"] if sentences.value(material, f"{key}.complete") else ["imputed"]
    keys += ["no_change"] if is_drawn else scenarios  # the others stand in the picture
    said = [sentences.sentence(material, f"{key}.{name}", measure=measure.label) for name in keys]
    return " ".join([*said, *(_turn(material, measure, question) for question in ("no_effect", "too_small"))])


def _table(material: Material, measures: list[Measure]) -> Table:
    """What the sentences say of the first measure, for all of them."""
    columns = (
        Column("Measure", share=1),
        Column("Left out", "right"),
        Column(f"Imputed ({sentences.confidence()})", "right"),
        Column("None changed", "right"),
        Column("No improvement, if worse by", "right"),
        Column("Too small, if worse by", "right"),
    )
    note = (
        "Mean improvement in points of each measure, with the women without a second score left out, imputed or unchanged; then "
        "how many points worse than similar women they would have to have done for the finding of an improvement, or of one that "
        "is no smaller than the smallest important change, to turn."
    )
    lines = tuple((measure.label, *_cells(material, measure)) for measure in measures)
    return Table("What women without a second score could mean", columns, lines, note=note, is_dense=True)


def _cells(material: Material, measure: Measure) -> list[str | Cell]:
    row = material.row("open_missing", measure=measure.id)
    unchanged = material.row("open_scenarios", measure=measure.id, scenario="no_change")
    means: list[str] = ["", ""]
    if row is not None and is_shown(row, "estimate"):
        means = [numerals.points(row["complete"]), numerals.estimate(row["estimate"], row["low"], row["high"])]
    about = numerals.count(unchanged["mean_improvement"]) if unchanged and is_shown(unchanged, "mean_improvement") else ""
    turns = [_turns_at(material, measure, question) for question in ("no_effect", "too_small")]
    return [*(mean or Cell("not given", "muted") for mean in (*means, about and f"about {about}")), *turns]


def _turns_at(material: Material, measure: Measure, question: str) -> str | Cell:
    row = material.row("open_tipping", measure=measure.id, question=question) or {}
    if question == "too_small" and row.get("smallest_important") is None:
        return Cell("none stated", "muted")
    if row.get("outcome") in _AT:
        return _AT[row["outcome"]]
    return sentences.value(material, f"missing.{measure.id}.{question}") or Cell("not given", "muted")


def _turn(material: Material, measure: Measure, question: str) -> str:
    """Where the answer turns, that it has turned already or never does, or why that is not given."""
    row = material.row("open_tipping", measure=measure.id, question=question) or {}
    if question == "too_small" and row.get("smallest_important") is None:
        return f"No smallest important change is stated for {measure.label}, so nothing is said of falling below it."
    result = _TURNS.get((question, row.get("outcome") or ""))
    if result is not None:
        return result.format(measure=measure.label)
    return sentences.sentence(material, f"missing.{measure.id}.{question}", measure=measure.label)


def _not_told(measures: list[Measure], material: Material) -> list[Block]:
    """The measures without a number, by the reason of the release."""
    by_reason: dict[str, list[str]] = {}
    for measure in measures:
        why = sentences.why_not(material.finding(f"missing.{measure.id}.imputed"))
        by_reason.setdefault(why, []).append(measure.label)
    untold = "What women without a second score could mean is not given for"
    said = [f"{untold} {wording.listed(labels)}: {why}." for why, labels in by_reason.items()]
    return [Paragraph(" ".join(said))] if said else []
