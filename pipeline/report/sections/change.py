"""Change over all sites, measure by measure: how much, how spread, how many changed reliably."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, sentences, wording
from pipeline.report.blocks import Block, Cell, Column, Heading, Notice, Paragraph, Table, beside, two_by_two
from pipeline.report.material import is_shown
from pipeline.report.plots.classes import ALL, classes_of
from pipeline.report.sections.delivery import figures
from pipeline.report.sections.effects import effects
from pipeline.report.sections.recovery import recovery, recovery_not_given
from pipeline.report.sections.thresholds import strip, thresholds_not_given, what_comes_of_itself, where_the_line_is

if TYPE_CHECKING:
    from pipeline.measures import Measure
    from pipeline.report.material import Material, Row


_SITES_BESIDE_ALL_WORDS = 8


def change(material: Material) -> list[Block]:
    """A summary of all measures, then each measure."""
    blocks: list[Block] = [
        Heading("Change by measure", is_change=True),
        Notice("Read with care.", sentences.CAUTION),
        Paragraph(
            "Improvement is a woman's first score less her last, turned so that positive is better. One referral of "
            "each woman counts, and only women with both scores."
        ),
        _summary(material),
        *effects(material),
    ]
    told = [measure for measure in material.measures.values() if _has_anything(material, measure)]
    for measure in told:
        blocks += _measure(material, measure)
    blocks += [*recovery_not_given(material), *thresholds_not_given(material)]
    untold = [measure.label for measure in material.measures.values() if measure not in told]
    if untold and told:
        blocks.append(Heading("Further measures", level=2))
    if untold:
        why = "too few women, or too few sites, have both scores for change over all sites to be given or drawn"
        blocks.append(Paragraph(f"{wording.listed(untold)}: {why}."))
    return blocks


def _has_anything(material: Material, measure: Measure) -> bool:
    drawn = (f"distribution-{measure.id}", f"classes-{measure.id}")
    is_pooled = is_shown(material.row("open_pooled", measure=measure.id), "mean_improvement")
    return is_pooled or any(name in material.alt for name in drawn) or bool(_shown_classes(material, measure))


def _shown_classes(material: Material, measure: Measure) -> list[Row]:
    return [row for row in material.rows("open_classes", measure=measure.id, site_id=ALL) if is_shown(row, "n")]


def pooled_cells(row: Row | None) -> tuple[str | Cell, ...]:
    """Women, sites, mean and intervals of the pool; words where it is not given."""
    if not is_shown(row, "mean_improvement") or row is None:
        return (Cell("", "muted"), Cell("", "muted"), Cell("not given", "muted"), Cell("", "muted"), Cell("", "muted"))
    mean = numerals.estimate(row["mean_improvement"], row["low"], row["high"])
    prediction = numerals.interval(row["prediction_low"], row["prediction_high"]) or Cell("not given", "muted")
    limits = "" if row["tau2_low"] is None else f" ({numerals.squared(row['tau2_low'])} to {numerals.squared(row['tau2_high'])})"
    variance = f"{numerals.squared(row['tau2'])}{limits}" if row["tau2"] is not None else Cell("not given", "muted")
    return (numerals.count(row["n"]), numerals.count(row["k_sites"]), mean, prediction, variance)


def is_any_pooled(material: Material) -> bool:
    """Whether a mean over all sites is given on any measure."""
    return any(is_shown(row, "mean_improvement") for row in material.rows("open_pooled"))


def _summary(material: Material) -> Table | Paragraph:
    if not is_any_pooled(material):
        return Paragraph(sentences.over_measures(material, "pooled"))
    columns = (
        Column("Measure", share=1),
        Column("Women", "right"),
        Column("Sites", "right"),
        Column("Left out", "right"),
        Column(f"Mean improvement ({sentences.confidence()})", "right"),
        Column(f"{sentences.level()} prediction interval", "right"),
        Column("Variance between sites", "right"),
    )
    rows = tuple((m.label, *_summary_cells(material.row("open_pooled", measure=m.id))) for m in material.measures.values())
    note = (
        "In points of each measure, the variance in points squared. Measures cannot be compared with each other in points. "
        "Left out: sites too small to pool. Women of sites that sent totals count here, those of sites left out do not, unlike "
        "in the flow."
    )
    return Table("Change over all sites", columns, rows, note=note)


def _summary_cells(pooled: Row | None) -> tuple[str | Cell, ...]:
    """The same with the number of sites that too few women keep out of the pool."""
    women, sites, *rest = pooled_cells(pooled)
    left_out = (pooled or {}).get("k_sites_left_out") if is_shown(pooled, "mean_improvement") else None
    return (women, sites, "" if left_out is None else numerals.count(left_out) or "none", *rest)


def _measure(material: Material, measure: Measure) -> list[Block]:
    key, label = f"change.{measure.id}", measure.label
    pooled = material.row("open_pooled", measure=measure.id)
    keys = [f"{key}.pooled"]
    if is_shown(pooled, "mean_improvement"):
        keys.append(f"{key}.prediction")  # the variance stands in the table above
    reason = (pooled or {}).get("note")
    if not is_any_pooled(material):
        keys = []  # said of all measures at the head of the section
    said = " ".join(sentences.sentence(material, each, reason=reason, measure=label) for each in keys)
    drawn = figures(material, f"distribution-{measure.id}", f"Change on {label}. The area of a bar is the number of women in it.")
    few = [] if drawn else [Paragraph(f"Too few women have both scores on {label} to draw how change is spread.")]
    said_of_classes, in_a_table = _classes(material, measure)
    improved = [row for row in material.rows("open_classes", measure=measure.id) if row["class"] == "reliably_improved"]
    return [
        Heading(label, level=2),
        Paragraph(f"{_scale(measure)} {said}{_of_one_variance(pooled)}".rstrip()),
        *few,
        *_spread_and_classes(
            drawn,
            strip(material, measure),
            [said_of_classes, *in_a_table],
            [*recovery(material, measure), *where_the_line_is(material, measure)],
            figures(material, f"classes-{measure.id}", _caption_of_classes(label, has_all=bool(in_a_table))),
            k_sites=sum(is_shown(row, "n") for row in improved if row["site_id"] != ALL),
        ),
        *what_comes_of_itself(material, measure),
    ]


def _spread_and_classes(
    spread: list[Block], strip: list[Block], said: list[Block], more: list[Block], classes: list[Block], *, k_sites: int
) -> list[Block]:
    """Both pictures of change side by side, then the words beside the picture of classes; a picture alone has them beside it.

    `more` is said below where few sites make the picture too low for all of the words.
    """
    pictures = [*spread, *strip]
    if len(classes) > 1:  # more sites than fit beside the words
        return [*_pairs(pictures), *said, *more, *_pairs(classes)]
    if len(pictures) < 2:
        return beside(pictures, [*said, *more, *classes])
    if k_sites <= _SITES_BESIDE_ALL_WORDS:
        return [*_pairs(pictures), *beside(said, classes), *more]
    return [*_pairs(pictures), *beside([*said, *more], classes)]


def _pairs(pictures: list[Block]) -> list[Block]:
    return two_by_two([picture] for picture in pictures)


def _caption_of_classes(label: str, *, has_all: bool) -> str:
    where = "over all sites and at each site" if has_all else "at each site; over all sites they may not be shown"
    return f"Classes of change on {label}, {where}."


def _classes(material: Material, measure: Measure) -> tuple[Paragraph, list[Table]]:
    """What makes a class and how many improved, and all classes in a table, if they may be shown."""
    label, key = measure.label, f"change.{measure.id}"
    has_classes = bool(_shown_classes(material, measure))
    if measure.primary_reliable_change is not None:
        said = sentences.sentence(material, f"{key}.threshold", measure=label)
    elif has_classes or f"classes-{measure.id}" in material.alt:
        said = f"No published reliable change is known for {label}; its classes rest on its published reliability."
    else:
        return Paragraph(f"No published reliable change is known for {label}, so women are not put into classes of change."), []
    said = f"{said} {sentences.sentence(material, f'{key}.reliably_improved_pct', measure=label)}"
    return Paragraph(said), [_table_of_classes(material, measure)] if has_classes else []


def _table_of_classes(material: Material, measure: Measure) -> Table:
    columns = (
        Column("Class", share=1),
        Column("Women", "right"),
        Column("Share", "right"),
        Column("Mean over sites", "right"),
    )
    note = (
        f"Shares are of all these women, from the rounded counts. Mean over sites: {sentences.confidence()} of the mean share, "
        "which need not be the same. Sites that are too small, or that sent totals, are not counted here."
    )
    rows = tuple(map(_class_row, classes_of(material.rows("open_classes", measure=measure.id, site_id=ALL))))
    return Table(f"Classes of change on {measure.label}, all sites", columns, rows, note=note, is_dense=True)


def _class_row(row: Row) -> tuple[str | Cell, ...]:
    name = wording.change_class(row["class"])
    if not is_shown(row, "n"):
        return (name, Cell(wording.status(row["status"]), "muted"), "", "")
    has_limits = row["share_low_pct"] is not None and row["share_high_pct"] is not None
    limits = f"{numerals.percent(row['share_low_pct'])} to {numerals.percent(row['share_high_pct'])}" if has_limits else ""
    return (name, numerals.count(row["n"]), numerals.percent(row["share_pct"]), limits)


def _scale(measure: Measure) -> str:
    construct = f", a measure of {measure.construct_}" if measure.construct_ else ""
    ends = f"{numerals.plain(measure.range.low)} to {numerals.plain(measure.range.high)} {measure.range.unit}"
    return f"{measure.name}{construct}: {ends}, and a {measure.better} score is better."


_ONE_VARIANCE = (
    " How much women's changes differ goes with the mean from site to site, which would pull a pool in which each site counts by "
    "its own variance; this mean takes one variance within all sites, and the other stands among the other ways to pool."
)


def _of_one_variance(pooled: Row | None) -> str:
    return _ONE_VARIANCE if (pooled or {}).get("rests_on") == "one_variance" else ""
