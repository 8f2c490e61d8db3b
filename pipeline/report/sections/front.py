"""What the reader meets first: the facts of the report, the findings in sentences, and how to read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, sentences, sentences_verdicts, wording
from pipeline.report.blocks import Block, Cell, Column, Facts, Heading, Items, Messages, Notice, Paragraph, Table
from pipeline.report.material import is_shown
from pipeline.report.sections.change import is_any_pooled
from pipeline.report.sections.how_sure import OF_THEORIES, how_sure
from pipeline.report.sections.quality import blanks

if TYPE_CHECKING:
    from pipeline.measures import Measure
    from pipeline.report.material import Material, Row
    from pipeline.report.study import StudyFacts

_MEASURES_IN_FRONT, _SITES_IN_FRONT = 3, 12
_HEADLINES = ("pooled", "reliably_improved_pct")
_STUDY = ("study.k_sites_record", "study.k_sites_aggregate", "study.k_returns_set_aside")


def title_facts(study: StudyFacts) -> Facts:
    """The facts of the title page."""
    rows = (
        ("Period", numerals.period(study.period_start, study.period_end) or "not declared"),
        ("Data to", numerals.date(study.data_cut) or "not declared"),
        ("State", study.state),
        *([("Why a draft", study.why_draft)] if study.why_draft else []),
        ("Run", study.run_id),
        ("Version", study.version),
        ("Disclosure rule", rule(study)),
    )
    return Facts(rows)


def rule(study: StudyFacts) -> str:
    """The disclosure rule in one sentence, with the constants of the run."""
    return (
        f"Figures that rest on fewer than {numerals.count(study.minimum_count)} women are withheld; "
        f"every count is rounded on its own to the nearest {numerals.count(study.round_to)}."
    )


def short_rule(study: StudyFacts) -> str:
    """The rule for the foot of a page."""
    return f"Fewer than {numerals.count(study.minimum_count)} women withheld, counts rounded to {numerals.count(study.round_to)}"


def key_messages(material: Material) -> list[Block]:
    """One page: what came, what changed, what became of the theories, and the biggest caveat."""
    rows: list[tuple[str, ...]] = [
        ("Returns", sentences.value(material, "study.k_sites") or "not known", _returns(material)),
        *_change(material),
        _of_theories(material),
    ]
    blocks: list[Block] = [Heading("Key messages", is_change=True, is_numbered=False), Messages(tuple(rows))]
    return [*blocks, *_side_by_side(material), Notice("The biggest caveat.", _caveat(material))]


def _side_by_side(material: Material) -> list[Block]:
    """Where nothing is pooled, what the sites that may be shown have: few enough to be read one by one."""
    shown = [row for row in material.rows("open_sites") if is_shown(row, "mean_improvement", "low", "high")]
    sites = sorted({row["site_id"] for row in shown})
    if is_any_pooled(material) or not 0 < len(sites) <= _SITES_IN_FRONT:
        return []
    measures = [measure for measure in material.measures.values() if any(row["measure"] == measure.id for row in shown)]
    found = {(row["site_id"], row["measure"]): row for row in material.rows("open_sites")}
    lines = tuple((site, *(_at_site(found.get((site, measure.id))) for measure in measures)) for site in sites)
    columns = (Column("Site"), *(Column(measure.label, "right", share=1) for measure in measures))
    note = "In points of each measure, positive is better. Sites stand in order of their code, which says nothing of their work."
    caption = f"Mean improvement ({sentences.confidence()}) of women with both scores, site by site"
    return [Table(caption, columns, lines, note=note, is_dense=True)]


def _at_site(row: Row | None) -> str | Cell:
    if row is None or not is_shown(row, "mean_improvement"):
        return Cell(wording.status(row["status"] if row else "not_recorded"), "muted")
    return numerals.estimate(row["mean_improvement"], row["low"], row["high"])


def _of_theories(material: Material) -> tuple[str, ...]:
    row = ("Theories", _verdict(material), _theories(material))
    is_tested = material.rows("open_theories") and not sentences_verdicts.is_none_testable(material)
    return (*row, OF_THEORIES) if is_tested else row


def _change(material: Material) -> list[tuple[str, ...]]:
    measures = list(material.measures.values())
    keys = [f"change.{measure.id}.{name}" for measure in measures for name in _HEADLINES]
    if measures and not any(sentences.value(material, key) for key in keys):
        return [("Change", "not given", sentences.over_measures(material, "pooled"))]
    with_pool = [measure for measure in measures if sentences.value(material, f"change.{measure.id}.pooled")]
    first = [*with_pool, *(measure for measure in measures if measure not in with_pool)][:_MEASURES_IN_FRONT]
    rows: list[tuple[str, ...]] = [_on_measure(material, measure) for measure in first]
    rest = [measure.label for measure in measures if measure not in first]
    if rest:
        told = f"The section on change tells of {wording.listed(rest)} in the same way."
        rows.append(("Further measures", numerals.count(len(rest)), told))
    return rows


def _on_measure(material: Material, measure: Measure) -> tuple[str, ...]:
    key = f"change.{measure.id}"
    pooled = sentences.value(material, f"{key}.pooled")
    keys = [f"{key}.pooled", f"{key}.prediction"] if pooled else [f"{key}.pooled"]
    if sentences.value(material, f"{key}.reliably_improved_pct") or (pooled and measure.primary_reliable_change is not None):
        keys.append(f"{key}.reliably_improved_pct")
    row = (measure.label, f"{pooled} points" if pooled else "not given", _join(material, keys, measure=measure.label))
    sure = how_sure(material, measure) if pooled else ""
    return (*row, sure) if sure else row


def _verdict(material: Material) -> str:
    if not material.rows("open_theories"):
        return "none registered"
    consistent = material.finding("theories.k_consistent")
    if consistent is None or consistent["value"] is None:
        return "not known"
    if sentences_verdicts.is_none_testable(material):
        return "none testable"
    return f"{numerals.count(consistent['value']) if consistent['value'] else 'none'} consistent"


def how_to_read(study: StudyFacts) -> list[Block]:
    """What the words and numbers of the report mean."""
    meanings = tuple((wording.status(code), text) for code, text in wording.STATUS_MEANINGS.items())
    verdicts = tuple((wording.VERDICTS[code], text) for code, text in wording.VERDICT_MEANINGS.items())
    return [
        Heading("How to read this report"),
        Paragraph(
            "This is a realist evaluation: it asks which model of service works, for whom, in what circumstances, "
            "how and why. It sets out what the services returned, how complete that is, what changed, and whether "
            "the change lies where each programme theory said."
        ),
        Items(_terms(study)),
        Table(
            "What stands in place of a figure that is not shown",
            (Column("Word"), Column("Meaning", share=1)),
            meanings,
            note="A blank is never a zero, and a zero is never printed as a count of women.",
        ),
        Table("What a verdict on a theory means", (Column("Verdict"), Column("Meaning", share=1)), verdicts),
    ]


def _terms(study: StudyFacts) -> tuple[tuple[str, str], ...]:
    return (
        (
            "Improvement.",
            "First score less last score, or the reverse where a higher score is better: positive always means better.",
        ),
        (
            f"{wording.capital(sentences.confidence())}.",
            "The range of values that fit these data well. A wide interval means that the data say little.",
        ),
        ("Pooled mean.", "One mean over all sites, in which a site counts for more the more surely its own mean is known."),
        (
            "Prediction interval.",
            f"Where the true mean of one further, similar service would be expected, with a confidence of {sentences.level()}. "
            "The more the sites differ, the wider it is beside the interval of the pooled mean.",
        ),
        (
            "Shrunken estimate.",
            "A site's mean drawn towards the pooled mean, the more so the less its own data can say. Sites stand in "
            "order of their code, and never in order of their results.",
        ),
        (
            "Reliable change.",
            "A change in one woman's score that is larger than the measure's published error of measurement. Who is "
            "reliably improved depends on the published number that is chosen; the appendix lists them with their "
            "sources.",
        ),
        ("Disclosure rule.", f"{rule(study)} Rows may therefore not add up to their totals."),
        ("Data behind the figures.", "Beside each figure lies a file of the same name that holds the data drawn."),
    )


def _theories(material: Material) -> str:
    if not material.rows("open_theories"):
        return "No programme theory was registered for this study."
    return sentences_verdicts.verdicts(material, is_front=True)


def _caveat(material: Material) -> str:
    if material.primary is None:
        return sentences.CAUTION
    label = material.measures[material.primary].label
    known = "Nothing is known of how women without a second score fared."
    if not sentences.value(material, f"change.{material.primary}.pooled"):  # else each finding says how many have both
        complete = sentences.sentence(material, f"change.{material.primary}.completion_pct", measure=label)
        known = f"{complete} Nothing is known of how the others fared."
    turn = f"missing.{material.primary}.no_effect"
    unless = f" {sentences.sentence(material, turn, measure=label)}" if sentences.value(material, turn) else ""
    return f"{sentences.CAUTION} {known}{unless} There is no comparison group."


def _returns(material: Material) -> str:
    """Whom returns came from; each kind of blank is told of where there is one."""
    return _join(material, (*_STUDY, *blanks(material), "study.n_referrals"))


def _join(material: Material, keys: list[str] | tuple[str, ...], **names: str) -> str:
    return " ".join(sentences.sentence(material, key, **names) for key in keys)
