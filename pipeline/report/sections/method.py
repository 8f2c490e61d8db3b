"""How the numbers were made: the estimators in words, what is known of each measure, and where this run came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, sentences, wording
from pipeline.report.blocks import Block, Cell, Column, Facts, Heading, Items, Paragraph, Table, beside
from pipeline.report.sections.front import rule

if TYPE_CHECKING:
    from pipeline.bibliography import Source
    from pipeline.measures import Measure, Sourced
    from pipeline.report.material import Material, Row
    from pipeline.report.study import StudyFacts

_SHORT = 12
"""Letters of a statement that a cell of numbers has room for; a longer one stands in its section."""


def method(study: StudyFacts) -> list[Block]:
    """Each estimator in words, with the constants of the run."""
    few, many = numerals.count(study.pool_from_sites), numerals.count(study.predict_from_sites)
    items = (
        (
            "Pairs.",
            "Within one referral: the first valid score from referral until shortly after treatment began, and the "
            "last valid score after it, not earlier than the gap set for the run and not later than the days of "
            "grace after treatment ended. A woman's first paired referral counts. Women are due when they were "
            "accepted, were treated, have ended, and the days of grace are over.",
        ),
        (
            "Linkage.",
            "Records of a site hang together by that site's own pseudonyms. Nothing is linked across sites or with any other "
            "source, and what two sites hold of one woman stays apart.",
        ),
        (
            "Classes.",
            "A woman is reliably improved or deteriorated when her change reaches the published reliable change of "
            "the measure; where none is published but a reliability is, when the reliable change index passes the "
            "usual limit.",
        ),
        (
            "Mean of a site.",
            f"The mean improvement with a t interval. Sites with fewer than {numerals.count(study.min_pairs)} pairs "
            "do not enter the pool.",
        ),
        (
            "Pooled mean.",
            "A random-effects mean by restricted maximum likelihood, with the interval of Knapp and Hartung, never "
            "narrower than the normal one. Limits of the variance between sites take the sites' own errors as estimated; the "
            "prediction interval uses the t distribution.",
        ),
        (
            "What is given for how many sites.",
            f"Fewer than {few} sites: no pooled mean, and the sites stand side by side. From {few}: the pooled mean "
            f"and the variance between sites. From {many}: the prediction interval too.",
        ),
        (
            "Shrunken estimates.",
            "Best linear unbiased predictions from the same model; shown only where the variance between sites is not zero. "
            "Their limits take neither that variance nor a site's own error as known.",
        ),
        ("Sites that sent totals.", "They enter the pool only with means of paired women; others are drawn hollow and stay out."),
        (
            "Theories.",
            "The difference between sites with the context and without it, by meta-regression with the interval of Knapp and "
            "Hartung, never narrower than the normal one; crude, and on site means adjusted for first scores and case mix (a "
            "wait for case mix alone; answers and staff not at all). A context of women is compared within sites, a "
            "configuration by truth tables. A verdict is consistent or inconsistent only where both ways agree. Each interval "
            "is of one theory alone; consistent ones that were registered before results are corrected for their number by "
            "Holm, no others are. What could be seen is the difference that four of five such studies would find.",
        ),
        (
            "Women without a second score.",
            "Multiple imputation of the last score from the first, case mix and site, pooled over data sets by Rubin's rules "
            "within each site and then over sites; scenarios with one value for all; a number of points taken from every "
            "imputed improvement until the answer turns.",
        ),
        (
            "Thresholds, and what comes of itself.",
            "The share improved at every threshold, fragile where published thresholds disagree or regression to the mean "
            "alone would do; the latter from the sourced mean, spread and test-retest correlation of an unselected population, "
            "never from the women themselves.",
        ),
        (
            "Funnels.",
            "Drawn from the released values and rounded numbers of women, with the variance of women within those sites. "
            "Limits allow for size alone, or also for a variance between sites found from winsorised scores where there are "
            "enough sites. How many would lie beyond over-dispersed limits by chance is simulated.",
        ),
        (
            "Waits.",
            "The cumulative incidence of being seen by Aalen and Johansen, with women who left before it as a competing event "
            "and women still waiting censored at the end of the data. Over all sites the interval is by draws of whole sites.",
        ),
        (
            "Series.",
            "Control charts of single values with limits from the moving range. Beds: a line with a step and a change of trend "
            "at go-live, a yearly wave and errors that remember the month before, by restricted maximum likelihood, and only "
            "where there is enough on either side.",
        ),
        ("Disclosure.", f"{rule(study)} A figure from which a withheld one could be worked out is withheld as well."),
        ("What was not done.", "No comparison group, no imputation in the headline figures, and no test of any mechanism."),
    )
    return [Heading("Method"), Items(items)]


def measures(material: Material, study: StudyFacts) -> list[Block]:
    """Every sourced number of every measure, with how far it was verified, and the references."""
    heading = Heading("Measures, thresholds and sources")
    found = {measure.label: _numbers(measure) for measure in material.measures.values()}
    if not any(found.values()):
        return [heading, Paragraph("No published number is on record for the measures of this study.")]
    cited = sorted({source for measure in material.measures.values() for source in measure.sources()} & set(study.sources))
    places = {name: numerals.count(at) for at, name in enumerate(cited, start=1)}
    columns = (Column("Number"), Column("Value", "right"), Column("Of", share=1), Column("Source", "right"), Column("Verified"))
    lines: list[tuple[str | Cell, ...]] = []
    for label, numbers in found.items():
        lines += [(Cell(label, "strong"), "", "", "", ""), *(_line(number, places) for number in numbers)] if numbers else []
    blocks: list[Block] = [
        heading,
        Paragraph(
            "Every clinical number below comes from its source and bears a mark of how far it was verified. A "
            "number marked as unverified is background knowledge and decides nothing alone."
        ),
        Table("Published numbers, by measure", columns, tuple(lines), is_dense=True),
    ]
    if cited:
        texts = tuple((places[name], f"{study.sources[name].citation} {_reach(study.sources[name])}") for name in cited)
        blocks += [Heading("Sources cited", level=2), Facts(texts, is_dense=True)]
    return blocks


def provenance(material: Material, study: StudyFacts) -> list[Block]:
    """What made this report, its settings, and the findings by the key that explains them."""
    facts = Facts(
        (
            ("Run", study.run_id),
            ("Version", study.version),
            *study.governance.items(),
            *study.hashes.items(),
        ),
        is_dense=True,
    )
    blocks: list[Block] = [
        Heading("Provenance", is_change=True),
        Paragraph(
            "The run id is made from the inputs, the configuration and the program: the same three give the same "
            "report, byte for byte. Every number in the sentences is a finding with a key, and can be traced by "
            "that key to the rows and rules behind it: python -m pipeline explain, followed by the key. Hashes are cut short "
            "here and stand whole in run.json, beside this report. The table of findings there holds those of single sites too."
        ),
    ]
    if not study.settings:
        blocks.append(facts)
    else:
        rows = tuple((name, _setting(value)) for name, value in sorted(study.settings.items()))
        columns = (Column("Setting", share=1), Column("Value", "right"))
        settings = Table("Settings of this run", columns, rows, is_tight=True)
        blocks += beside([facts], [settings], shares=(0.8, 1))
    sites = {row["site_id"] for row in material.rows("open_returns")}
    national = [row for row in material.rows("findings") if not sites.intersection(row["key"].split("."))]
    found = tuple(_finding(row) for row in national if row["status"] == "shown" and not _is_of_words(row))
    if found:
        heads = (
            Column("Key", share=1),
            Column("Value", "right"),
            Column(sentences.confidence().capitalize(), "right"),
        )
        blocks.append(Table("Findings by key", heads, found, is_tight=True, k_columns=2))
    return blocks


def _numbers(measure: Measure) -> list[tuple[str, float, str, Sourced]]:
    """What is published of a measure: the kind of number, its value, of what or whom, and where it is from."""
    found: list[tuple[str, float, str, Sourced]] = []
    found += [("Clinical cut-off", cut_off.value, cut_off.meaning, cut_off) for cut_off in measure.clinical_cut_offs]
    for change in measure.reliable_changes:
        name = "Reliable change, used here" if change.points == measure.primary_reliable_change else "Reliable change"
        found.append((name, change.points, _of(change.kind, change.population), change))
    if (smallest := measure.smallest_important_change) is not None:
        found.append(("Smallest important change", smallest.points, "", smallest))
    found += [("Reliability", each.value, _of(each.kind, each.population), each) for each in measure.reliabilities]
    for norm in measure.norms:
        found.append(("Mean of a population", norm.mean, f"{norm.population}, SD {numerals.plain(norm.sd)}", norm))
    return found


def _of(kind: str, population: str | None) -> str:
    return "; ".join(filter(None, (wording.kind_of_number(kind), population)))


def _line(number: tuple[str, float, str, Sourced], places: dict[str, str]) -> tuple[str | Cell, ...]:
    name, value, of, sourced = number
    evidence = wording.EVIDENCE[sourced.evidence] if sourced.source in places else wording.EVIDENCE["BK"]
    mark = Cell(evidence, "strong") if evidence == wording.EVIDENCE["BK"] else evidence
    return (name, numerals.plain(value), of, places.get(sourced.source, sourced.source), mark)


def _reach(entry: Source) -> str:
    mark = f"[{wording.EVIDENCE[entry.evidence]}]"
    return f"{entry.url} {mark}" if entry.url else mark


def _setting(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return numerals.plain(value) if isinstance(value, int | float) else str(value)


def _is_of_words(row: Row) -> bool:
    return row["value"] is None and row["low"] is None and len(row["statement"] or "") > _SHORT


def _finding(row: Row) -> tuple[str | Cell, ...]:
    worded = row["statement"] if len(row["statement"] or "") <= _SHORT else ""
    limits = f"{numerals.plain(row['low'])} to {numerals.plain(row['high'])}" if row["low"] is not None else ""
    return (row["key"], numerals.plain(row["value"]) or worded or "", limits)
