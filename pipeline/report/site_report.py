"""The report of one site: its own open figures beside the national ones, in words where the site may not be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, sentences, wording
from pipeline.report.blocks import (
    Block,
    Cell,
    Column,
    Heading,
    Intervals,
    Items,
    Notice,
    Paragraph,
    Span,
    Table,
    beside,
    two_by_two,
)
from pipeline.report.material import is_shown
from pipeline.report.plots.classes import IMPROVED, classes_of
from pipeline.report.plots.completeness import ALL, cell_words
from pipeline.report.sections.access import waits_beside
from pipeline.report.sections.voices import voices_beside

if TYPE_CHECKING:
    from pipeline.measures import Measure
    from pipeline.report.material import Material, Row
    from pipeline.report.study import StudyFacts

_QUESTIONS = (
    (
        "Whom do we see?",
        "How do the women who come to us differ from those elsewhere, in pathway, in severity at the start, in circumstances?",
    ),
    ("Whom do we not hear from again?", "Which women have no second score, and what would it take to ask them?"),
    ("When do we measure?", "Are the first and the last score taken at the same points of care for every woman?"),
    (
        "What is particular to our model?",
        "Which part of what we offer might explain what we see, and for whom would it not work?",
    ),
    ("What would change our mind?", "What would we expect to see if this explanation were wrong?"),
)
_WIDE_PICTURES = 2
_ANSWERS = {"y": "Yes", "n": "No", "not_recorded": "Not recorded"}
_WHY_NOT = {
    "too_few": "too few women to show",
    "not_recorded": "not recorded",
    "not_offered": "not offered by the service",
    "not_returned": "nothing that could be used was returned",
    "not_open_yet": "the service was not open yet",
}
_UNSAID = "these data do not give it"
_CAN_SAY = "how much the scores of the women who gave two changed here, and how sure that is"
_OF_WHOM = ", and for how many of the women due it is known."
_CONCLUDE = (
    (
        "You cannot say",
        "that the service brought the change about: there is no comparison, and scores taken at a hard time tend to ease.",
    ),
    (
        "You cannot say",
        "that one service does better than another: sites differ in whom they see, and an interval is a range and not a point.",
    ),
    ("You cannot say", "anything of women without a second score, or of groups that are too small to show."),
)


def site_blocks(site_id: str, material: Material, study: StudyFacts) -> list[Block]:
    """The blocks of the report of one site; where it shows change, the caution stands on every page."""
    rows = {measure: material.row("open_sites", measure=measure, site_id=site_id) for measure in material.measures}
    has_change = any(is_shown(row, "mean_improvement") for row in rows.values())

    def section(text: str) -> Heading:
        return Heading(text, is_change=has_change, is_numbered=False)

    blocks: list[Block] = [
        section("What came from this site"),
        Paragraph(_return(site_id, material) + _not_recorded(site_id, material)),
    ]
    if has_change:
        blocks += [section("Change, beside all sites"), Notice("Read with care.", sentences.CAUTION)]
        blocks += [_beside(site_id, material), *_pictures(site_id, material, rows)]
    else:
        blocks += [section("Change"), Paragraph(_in_words(site_id, material, rows, study))]
    if table := _completeness(site_id, material):
        blocks += [section("Completeness"), table, Paragraph(_unheard(site_id, material))]
    if has_change and (table := _classes(site_id, material)):
        blocks += [section("Reliable change"), table]
    if table := waits_beside(site_id, material):
        blocks += [section("Waits"), table]
    if said := voices_beside(site_id, material):
        blocks += [section("Voices"), Paragraph(said)]
    if table := _service(site_id, material):
        blocks += [section("The service, as its return describes it"), table]
    conclusions = Items(_conclusions(site_id, material, has_change=has_change))
    return [
        *blocks,
        *beside(
            (section("Questions to discuss"), Items(_QUESTIONS)),
            (section("What you can and cannot conclude"), conclusions),
        ),
    ]


def _conclusions(site_id: str, material: Material, *, has_change: bool) -> tuple[tuple[str, str], ...]:
    is_complete = any(is_shown(row) for row in material.rows("open_completeness", site_id=site_id))
    can_say = ("You can say", _CAN_SAY + (_OF_WHOM if is_complete else "."))
    return (can_say, *_CONCLUDE) if has_change else _CONCLUDE


def _return(site_id: str, material: Material) -> str:
    row = material.row("open_returns", site_id=site_id)
    if row is None:
        return f"No return of {site_id} is on record, so this report can only say what is known of the services together."
    said = {
        "read": f"The return of {site_id} was read.",
        "aggregate_only": f"{site_id} returned totals and no single referrals; what rests on single referrals cannot be given.",
        "set_aside": f"The return of {site_id} was set aside because it could not safely be read; its passport says why.",
        "nil_return": f"{site_id} sent a nil return: it was open and had no referrals.",
        "not_open_yet": f"{site_id} had not opened by the end of the period.",
        "nothing_usable": f"The return of {site_id} held nothing that could be used; its passport says why.",
    }.get(row["status"], f"The return of {site_id}: {wording.words(row['status'])}.")
    referrals = f" Referrals accepted, rounded: {numerals.count(row['n_referrals'])}." if row["n_referrals"] is not None else ""
    if row["n_status"] == "too_few":
        referrals = " Referrals accepted: too few to show."
    mend = "" if row["faults"] == "none" else " The passport of the return says what to mend."
    return f"{said}{referrals} Faults found in it: {row['faults']}.{mend}"


def _recorded(site_id: str, material: Material) -> list[Measure]:
    tables = ("open_sites", "open_completeness")
    return [m for m in material.measures.values() if any(material.rows(t, measure=m.id, site_id=site_id) for t in tables)]


def _not_recorded(site_id: str, material: Material) -> str:
    recorded = _recorded(site_id, material)
    known = {row["measure"] for row in material.rows("open_completeness")}
    others = [measure.label for measure in material.measures.values() if measure.id in known and measure not in recorded]
    return f" Measures that other sites recorded and this one did not: {wording.listed(others)}." if recorded and others else ""


def _beside(site_id: str, material: Material) -> Table:
    interval = sentences.confidence()
    columns = (
        Column("Measure", share=1),
        Column("Women here", "right"),
        Column(f"Mean improvement here ({interval})", "right"),
        Column(f"All sites, pooled ({interval})", "right"),
    )
    rows = []
    for measure in _recorded(site_id, material):
        row = material.row("open_sites", measure=measure.id, site_id=site_id)
        pooled = material.row("open_pooled", measure=measure.id)
        own = _own(row)
        over_all = numerals.estimate(pooled["mean_improvement"], pooled["low"], pooled["high"]) if pooled else ""
        rows.append((measure.label, *own, over_all or Cell("not given", "muted")))
    note = "Positive is better. Women are rounded. The national figures are those of the same release."
    return Table("This site beside all sites", columns, tuple(rows), note=note, is_dense=True)


def _own(row: Row | None) -> tuple[str | Cell, str | Cell]:
    if row is None or not is_shown(row, "mean_improvement"):
        status = row["status"] if row is not None and row["status"] != "shown" else "not_recorded"
        return ("", Cell(wording.status(status), "muted"))
    return (numerals.count(row["n"]), numerals.estimate(row["mean_improvement"], row["low"], row["high"]))


def _pictures(site_id: str, material: Material, rows: dict[str, Row | None]) -> list[Block]:
    found: list[Intervals] = []
    for name, row in rows.items():
        if row is not None and is_shown(row, "mean_improvement", "low", "high"):
            picture = _picture(site_id, material, material.measures[name], row)
            found += [picture] if len(picture.spans) > 1 else []  # alone it would say what the table says
    return two_by_two([picture] for picture in found) if len(found) > _WIDE_PICTURES else [*found]


def _picture(site_id: str, material: Material, measure: Measure, row: Row) -> Intervals:
    from pipeline.report.plots.sheet import scale

    spans = [_span(f"{site_id} alone", row, "mean_improvement", "low", "high", look="own")]
    if row["shrunken"] is not None and row["shrunken_low"] is not None:
        spans.append(_span(f"{site_id}, shrunken", row, "shrunken", "shrunken_low", "shrunken_high", look="own"))
    pooled = material.row("open_pooled", measure=measure.id)
    if pooled is not None and is_shown(pooled, "mean_improvement", "low", "high"):
        spans.append(_span("All sites, pooled", pooled, "mean_improvement", "low", "high", look="all"))
    middle = material.finding(f"change.{measure.id}.middle_half")
    if is_shown(middle, "low", "high") and middle is not None:
        spans.append(_range("Middle half of sites", middle["low"], middle["high"]))
    if pooled is not None and is_shown(pooled, "prediction_low", "prediction_high"):
        spans.append(_range("Prediction interval", pooled["prediction_low"], pooled["prediction_high"]))
    ends = [value for span in spans for value in (span.low, span.high) if value is not None]
    ticks = tuple((tick, numerals.plain(round(tick, 6))) for tick in scale([*ends, 0.0], left=0, right=1, n_ticks=5).ticks)
    said = "; ".join(f"{span.label} {span.words}" for span in spans)
    caption = f"{measure.label}, in {measure.range.unit}; positive is better."
    return Intervals(caption, f"Mean improvement on {measure.label}, positive is better: {said}.", ticks, tuple(spans))


def _span(label: str, row: Row, value: str, low: str, high: str, *, look: str) -> Span:
    words = numerals.estimate(row[value], row[low], row[high])
    return Span(label, words, row[low], row[value], row[high], look)  # type: ignore[arg-type]  # own or all


def _range(label: str, low: float, high: float) -> Span:
    return Span(label, numerals.interval(low, high), low, None, high, "range")


def _in_words(site_id: str, material: Material, rows: dict[str, Row | None], study: StudyFacts) -> str:
    by_reason: dict[str, list[str]] = {}
    recorded = [measure.id for measure in _recorded(site_id, material)] or list(rows)
    for name in recorded:
        row = rows[name]
        status = row["status"] if row else None
        why = _WHY_NOT.get(status or "", _UNSAID)
        by_reason.setdefault(why, []).append(material.measures[name].label)
    said = " ".join(f"{wording.listed(labels)}: {why}." for why, labels in by_reason.items())
    opening = f"No figure on change is given for {site_id}. {said}"
    if not by_reason.keys() & {_WHY_NOT["too_few"], _UNSAID}:
        return opening
    least = numerals.count(study.minimum_count)
    return (
        f"{opening} A figure that rests on fewer than {least} women could "
        "tell something of one of them, so it is withheld from every reader. That says nothing of the quality of "
        "the service or of its records, and the scores keep their use in the women's own care."
    )


def _completeness(site_id: str, material: Material) -> Table | None:
    rows, can_say = [], False
    for measure in _recorded(site_id, material):
        here = material.row("open_completeness", measure=measure.id, site_id=site_id)
        over_all = material.row("open_completeness", measure=measure.id, site_id=ALL)
        can_say = can_say or is_shown(here) or is_shown(over_all)
        rows.append((measure.label, cell_words(here), cell_words(over_all)))
    columns = (Column("Measure", share=1), Column("Here", "right", share=1), Column("All sites", "right", share=1))
    note = "Women with both scores among the women who were due a second score."
    return Table("Completeness here and over all sites", columns, tuple(rows), note=note, is_dense=True) if can_say else None


def _unheard(site_id: str, material: Material) -> str:
    """What women without a second score could mean here, from figures of the site that are open already, else in words."""
    keys = {measure.label: f"missing.{measure.id}.{site_id}.site_no_change" for measure in _recorded(site_id, material)}
    means = [f"{sentences.value(material, key)} on {label}" for label, key in keys.items() if sentences.value(material, key)]
    said = ["What women without a second score could mean here is not given: too few of them, or of the others, can be shown."]
    if means:
        unchanged = "Had none of the women here without a second score changed, the mean improvement here would be about"
        said = [f"{unchanged} {wording.listed(means)}, in whole points."]
    return " ".join([*said, *_elsewhere(material)])


def _elsewhere(material: Material) -> list[str]:
    """What women without a second score were like over all sites, and how far off they could put the answer."""
    if not material.primary:
        return []
    label = material.measures[material.primary].label
    keys = [f"completion.{material.primary}.{band}_pct" for band in ("case", "not_case", "high_third", "low_third")]
    keys += [f"balance.{material.primary}.first_score", f"missing.{material.primary}.no_effect"]
    said = [sentences.sentence(material, key, measure=label) for key in keys if sentences.value(material, key)]
    return [f"Over all sites: {said[0]}", *said[1:]] if said else []


def _classes(site_id: str, material: Material) -> Table | None:
    rows = []
    for measure in material.measures.values():
        here = classes_of(material.rows("open_classes", measure=measure.id, site_id=site_id))
        nation = material.row("open_classes", measure=measure.id, site_id=ALL, **{"class": IMPROVED})
        if any(row["class"] == IMPROVED for row in here):
            rows.append((measure.label, "; ".join(_class_words(row) for row in here), _class_words(nation) if nation else ""))
    columns = (Column("Measure"), Column("Here", share=1), Column("All sites", share=0.7))
    note = "By the published reliable change of each measure, or its reliability where none is published; women are rounded."
    return Table("Reliable change here and over all sites", columns, tuple(rows), note=note, is_dense=True) if rows else None


def _class_words(row: Row) -> str:
    number = wording.status(row["status"])
    if is_shown(row, "n"):
        number = numerals.count(row["n"]) + (f" ({numerals.percent(row['share_pct'])})" if row["share_pct"] is not None else "")
    return f"{wording.change_class(row['class'])}: {number}"


def _service(site_id: str, material: Material) -> Table | None:
    rows = material.rows("open_services", site_id=site_id)
    said = {
        kind: {
            answer: [wording.component(r["component"]) for r in rows if r["kind"] == kind and r["value"] == answer]
            for answer in _ANSWERS
        }
        for kind in wording.KINDS
    }
    answers = [answer for answer in _ANSWERS if answer == "y" or any(each[answer] for each in said.values())]
    lines = [
        (wording.KINDS[kind], *("; ".join(each[answer]) or "\N{EN DASH}" for answer in answers))
        for kind, each in said.items()
        if any(each.values())
    ]
    columns = (Column("Part"), *(Column(_ANSWERS[answer], share=1) for answer in answers))
    return Table("What the service offers", columns, tuple(lines), is_dense=True) if lines else None
