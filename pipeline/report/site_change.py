"""Change in the report of a site: its open figures beside those of all sites, or beside each other site where none are pooled."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from pipeline.report import numerals, sentences, wording
from pipeline.report.blocks import Block, Cell, Column, Intervals, Span, Table, Tiles, two_by_two
from pipeline.report.material import is_shown
from pipeline.report.plots.completeness import ALL, cell_words
from pipeline.report.site_words import has_sent_figures, recorded, status_of

if TYPE_CHECKING:
    from pipeline.measures import Measure
    from pipeline.report.material import Material, Row
    from pipeline.report.study import StudyFacts

_MOST_PICTURES = 4
_MOST_SIDE_BY_SIDE = 9
_LEAST_TILES = 2
_ORDER = ("own", "other", "all", "range")
_SHRUNKEN = "Shrunken: drawn towards the mean of all sites, the more so the less its own data can say."
_PREDICTION = "Prediction: where the true mean of a further, similar site would be expected ({level})."
_TOO_FEW = "Too few: so few women stand behind the figure, or behind one that it would give away."
_MIDDLE = "The middle half: a quarter of the sites with a mean lie below it, a quarter above."


def has_change(site_id: str, material: Material) -> bool:
    """Whether a figure on change may be shown, of this site or of any."""
    return any(
        is_shown(row, "mean_improvement")
        for measure in recorded(site_id, material)
        for table in ("open_pooled", "open_sites")
        for row in material.rows(table, measure=measure.id)
        if table == "open_pooled" or row["site_id"] == site_id
    )


def own_change(site_id: str, material: Material) -> bool:
    """Whether a figure on change of this site may be shown."""
    return any(is_shown(row, "mean_improvement") for row in material.rows("open_sites", site_id=site_id))


def tiles(site_id: str, material: Material) -> list[Block]:
    """The figures in short: referrals, both scores, change here and over all sites; nothing where hardly any is given."""
    measure = _first(site_id, material)
    if measure is None:
        return []
    returned = material.row("open_returns", site_id=site_id)
    due = material.row("open_completeness", measure=measure.id, site_id=site_id)
    own = material.row("open_sites", measure=measure.id, site_id=site_id)
    pooled = material.row("open_pooled", measure=measure.id)
    both = f"both {measure.label} scores"
    of_due = f"of women due have {both}{_counts(due)}" if is_shown(due) else f"{both}, of the women due"
    made = (
        _tile(_referrals(returned), f"what came of {site_id}", is_known=bool(returned and returned["n_referrals"])),
        _tile(_share(due), of_due, is_known=is_shown(due)),
        _points(own, f"mean improvement here on {measure.label}", none=_blank(site_id, material, own)),
        _over_all_tile(measure, material, pooled),
    )
    is_enough = sum(is_known for *_, is_known in made) >= _LEAST_TILES
    return [Tiles(tuple((figure, words) for figure, words, _ in made))] if is_enough else []


Tile = tuple[str, str, bool]


def _tile(figure: tuple[str, str] | str, words: str, *, is_known: bool) -> Tile:
    return (*figure, is_known) if isinstance(figure, tuple) else (figure, words, is_known)


def _referrals(row: Row | None) -> tuple[str, str] | str:
    if row is not None and row["n_referrals"] is not None:
        return (numerals.count(row["n_referrals"]), "accepted referrals, rounded")
    if row is not None and row["n_status"] == "too_few":
        return ("withheld", "accepted referrals")
    return wording.RETURNS.get(row["status"] if row else "not_returned", "")


def _share(row: Row | None) -> str:
    return cell_words(row).partition(" (")[0]


def _counts(row: Row | None) -> str:
    return f" ({cell_words(row).partition(' (')[2]}" if " (" in cell_words(row) else ""


def _points(row: Row | None, words: str, *, none: str) -> Tile:
    if row is None or not is_shown(row, "mean_improvement"):
        return (none, words, False)
    limits = numerals.interval(row["low"], row["high"])
    return (f"{numerals.points(row['mean_improvement'])} points", f"{words}{f' ({limits})' if limits else ''}", True)


def _over_all_tile(measure: Measure, material: Material, pooled: Row | None) -> Tile:
    """The pooled mean; where there is none, how many sites have a mean that may be shown."""
    shown = sum(is_shown(row, "mean_improvement") for row in material.rows("open_sites", measure=measure.id))
    if shown and not is_shown(pooled, "mean_improvement"):
        return (numerals.counted(shown, "site"), f"whose mean on {measure.label} may be shown; none are pooled", True)
    return _points(pooled, f"mean improvement on {measure.label} over all sites", none="not given")


def _first(site_id: str, material: Material) -> Measure | None:
    mine = recorded(site_id, material)
    return next((m for m in mine if m.id == material.primary), next(iter(mine), None))


def table_beside(site_id: str, material: Material, study: StudyFacts) -> Table | None:
    """How many women gave both scores and how these changed, here and over all sites; nothing where no cell has a figure."""
    measures = recorded(site_id, material)
    middles = {m.id: middle_half(m, material, study) for m in measures}
    has_middle = any(middles.values())
    lines = [_line(site_id, material, m, (middles[m.id],) if has_middle else ()) for m in measures]
    if not has_sent_figures(site_id, material):
        lines = [line for line in lines if any(isinstance(cell, str) and cell for cell in line[1:])]
    if not any(isinstance(cell, str) and cell for line in lines for cell in line[1:]):
        return None
    columns = (
        Column("Measure", share=0.7),
        Column("Here", "right", share=1.05),
        Column("All sites", "right", share=1.35),
        Column("Women here", "right", share=0.75),
        Column("Here", "right", share=1.2),
        Column("All sites, pooled", "right", share=1.2),
        *([Column("Middle half", "right", share=1.0)] if has_middle else []),
    )
    spans = (("", 1), ("Both scores, of the women due", 2), (f"Mean improvement ({sentences.confidence()})", len(columns) - 3))
    notes = ["Positive is better. Counts are rounded.", *([_MIDDLE] if has_middle else []), *_terms(site_id, measures, material)]
    too_few = wording.status("too_few")
    if any(isinstance(cell, Cell) and cell.text == too_few for line in lines for cell in line):
        notes.append(_TOO_FEW)
    return Table(
        "This site beside all sites",
        columns,
        tuple(lines),
        note=" ".join([*notes, *_unpooled([m for m in measures if m.label in {line[0] for line in lines}], material)]),
        spans=spans,
        is_dense=True,
    )


def _line(
    site_id: str, material: Material, measure: Measure, middle: tuple[tuple[float, float] | None, ...]
) -> tuple[str | Cell, ...]:
    due = [material.row("open_completeness", measure=measure.id, site_id=site) for site in (site_id, ALL)]
    pooled = material.row("open_pooled", measure=measure.id)
    row = material.row("open_sites", measure=measure.id, site_id=site_id)
    over_all = numerals.estimate(pooled["mean_improvement"], pooled["low"], pooled["high"]) if pooled else ""
    not_given = Cell("not given", "muted")
    here: tuple[str | Cell, str | Cell] = ("", Cell(_blank(site_id, material, row), "muted"))
    if row is not None and is_shown(row, "mean_improvement"):
        here = (numerals.count(row["n"]), numerals.estimate(row["mean_improvement"], row["low"], row["high"]))
    return (
        measure.label,
        _due(due[0], _blank(site_id, material, due[0])),
        _due(due[1], "not given"),
        *here,
        over_all or not_given,
        *(numerals.interval(*each) if each else not_given for each in middle),
    )


def _due(row: Row | None, none: str) -> str | Cell:
    return cell_words(row) if is_shown(row) else Cell(none, "muted")


def _blank(site_id: str, material: Material, row: Row | None) -> str:
    """Why a figure of the site is not given, as its status, or as what became of its return."""
    if row is not None and row["status"] != "shown":
        return wording.status(row["status"])
    standing = status_of(site_id, material)
    known = {"not_open_yet": "not_open_yet", "nil_return": "too_few", "read": "not_recorded", "aggregate_only": "not_recorded"}
    return wording.status(known.get(standing or "", "not_returned"))


def _terms(site_id: str, measures: list[Measure], material: Material) -> list[str]:
    """What the words of the pictures mean, as far as they stand there."""
    names = [measure.id for measure in measures]
    own = [row for row in material.rows("open_sites", site_id=site_id) if row["measure"] in names]
    pooled = [row for row in material.rows("open_pooled") if row["measure"] in names]
    is_shrunken = any(row["shrunken_low"] is not None for row in own)
    is_predicted = any(is_shown(row, "prediction_low", "prediction_high") for row in pooled)
    return [*([_SHRUNKEN] if is_shrunken else []), *([_PREDICTION.format(level=sentences.level())] if is_predicted else [])]


def _unpooled(measures: list[Measure], material: Material) -> list[str]:
    """Why measures have no pooled figure, one sentence a reason."""
    by_reason: dict[str, list[str]] = {}
    for measure in measures:
        if not is_shown(material.row("open_pooled", measure=measure.id), "mean_improvement"):
            why = sentences.why_not(material.finding(f"change.{measure.id}.pooled"))
            by_reason.setdefault(why, []).append(measure.label)
    return [f"Over all sites, {wording.listed(labels)}: {why}." for why, labels in by_reason.items()]


def middle_half(measure: Measure, material: Material, study: StudyFacts) -> tuple[float, float] | None:
    """The quartiles of the means that are released, linearly interpolated, where sites enough for a prediction have one."""
    shown = [row for row in material.rows("open_sites", measure=measure.id) if is_shown(row, "mean_improvement")]
    if len(shown) < max(2, study.predict_from_sites):
        return None
    low, _, high = statistics.quantiles([row["mean_improvement"] for row in shown], n=4, method="inclusive")
    return low, high


def pictures(site_id: str, material: Material, study: StudyFacts) -> list[Block]:
    """A picture for each of the first measures that have more to show than one interval."""
    found = [_picture(site_id, material, measure, study) for measure in recorded(site_id, material)]
    drawn = [picture for picture in found if len(picture.spans) > 1]  # alone it would say what the table says
    return two_by_two([picture] for picture in drawn[:_MOST_PICTURES])


def _picture(site_id: str, material: Material, measure: Measure, study: StudyFacts) -> Intervals:
    from pipeline.report.plots.sheet import scale

    spans = [*_own(site_id, material, measure), *_over_all(material, measure, study)]
    if not middle_half(measure, material, study) and spans:
        spans[0:0] = _others(site_id, material, measure)
    spans.sort(key=lambda span: _ORDER.index(span.look))
    ends = [value for span in spans for value in (span.low, span.high) if value is not None]
    ticks = tuple((tick, numerals.plain(round(tick, 6))) for tick in scale([*ends, 0.0], left=0, right=1, n_ticks=5).ticks)
    said = "; ".join(f"{span.label} {span.words}" for span in spans)
    caption = f"{measure.label}, in {measure.range.unit}; positive is better."
    return Intervals(caption, f"Mean improvement on {measure.label}, positive is better: {said}.", ticks, tuple(spans))


def _own(site_id: str, material: Material, measure: Measure) -> list[Span]:
    row = material.row("open_sites", measure=measure.id, site_id=site_id)
    if row is None or not is_shown(row, "mean_improvement", "low", "high"):
        return []
    own = [_span(f"{site_id} alone", row, "mean_improvement", "low", "high", look="own")]
    if row["shrunken"] is not None and row["shrunken_low"] is not None:
        own.append(_span(f"{site_id}, shrunken", row, "shrunken", "shrunken_low", "shrunken_high", look="own"))
    return own


def _others(site_id: str, material: Material, measure: Measure) -> list[Span]:
    """The other sites side by side, in order of code, where they are few and this one sent something to set beside them."""
    rows = [row for row in material.rows("open_sites", measure=measure.id) if is_shown(row, "mean_improvement", "low", "high")]
    if len(rows) > _MOST_SIDE_BY_SIDE or not has_sent_figures(site_id, material):
        return []
    others = sorted((row for row in rows if row["site_id"] != site_id), key=lambda row: str(row["site_id"]))
    return [_span(row["site_id"], row, "mean_improvement", "low", "high", look="other") for row in others]


def _over_all(material: Material, measure: Measure, study: StudyFacts) -> list[Span]:
    pooled = material.row("open_pooled", measure=measure.id)
    spans = []
    if pooled is not None and is_shown(pooled, "mean_improvement", "low", "high"):
        spans.append(_span("All sites, pooled", pooled, "mean_improvement", "low", "high", look="all"))
    if middle := middle_half(measure, material, study):
        spans.append(_range("Middle half", *middle))
    if pooled is not None and is_shown(pooled, "prediction_low", "prediction_high"):
        spans.append(_range("Prediction", pooled["prediction_low"], pooled["prediction_high"]))
    return spans


def _span(label: str, row: Row, value: str, low: str, high: str, *, look: str) -> Span:
    words = numerals.estimate(row[value], row[low], row[high])
    return Span(label, words, row[low], row[value], row[high], look)  # type: ignore[arg-type]  # own, other or all


def _range(label: str, low: float, high: float) -> Span:
    return Span(label, numerals.interval(low, high), low, None, high, "range")
