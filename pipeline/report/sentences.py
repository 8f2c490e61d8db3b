"""Sentences that hold no digit: every number in them is a finding or a cell of an open table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.report import numerals, wording
from pipeline.report.material import is_shown
from pipeline.report.sentences_numbers import NUMBERS, Form
from pipeline.report.sentences_voices import VOICES
from pipeline.report.study import CONFIDENCE_PCT

if TYPE_CHECKING:
    from pipeline.report.material import Material, Row

CAUTION = (
    "The scores of women who were treated change for many reasons; "
    "the change shown here cannot, taken alone, be put down to the service."
)
INVENTED = "The returns were invented for a rehearsal. They describe no woman and no service."
_FORMS = {
    "count": numerals.count,
    "tally": lambda number: numerals.count(number) if number else "none",
    "points": numerals.points,
    "percent": numerals.percent,
    "hundredths": numerals.hundredths,
    "plain": numerals.plain,
}
_NOUNS = {"sites": ("site", "sites"), "theories": ("theory", "theories")}


@dataclass(frozen=True)
class Template:
    """A sentence for a finding that is shown, and one for a finding that is not; `{why}` says why not."""

    shown: str
    absent: str
    form: Form = "count"


TEMPLATES = {
    "study.k_sites": Template(
        "Returns came from {value}.",
        "How many sites returned anything cannot be said: {why}.",
        "sites",
    ),
    "study.k_sites_record": Template(
        "Records of single referrals came from {value}.",
        "How many sites sent records of single referrals cannot be said: {why}.",
        "sites",
    ),
    "study.k_sites_aggregate": Template(
        "Totals alone came from {value}.",
        "How many sites sent totals only cannot be said: {why}.",
        "sites",
    ),
    "study.k_returns_set_aside": Template(
        "Returns set aside because nothing in them could safely be used: {value}.",
        "How many returns were set aside cannot be said: {why}.",
        "tally",
    ),
    "study.k_nil_return": Template(
        "A nil return, which says that no woman was referred, came from {value}.",
        "How many sites were open and had no referrals cannot be said: {why}.",
        "sites",
    ),
    "study.k_not_open_yet": Template(
        "Services that had not opened by the end of the period: {value}.",
        "How many sites had not opened cannot be said: {why}.",
        "sites",
    ),
    "study.k_not_returned": Template(
        "No return came from {value} of the study.",
        "How many sites returned nothing cannot be said: {why}.",
        "sites",
    ),
    "study.n_referrals": Template(
        "The accepted returns hold {value} referrals, rounded.",
        "The number of referrals is not given: {why}.",
    ),
    "change.n_paired": Template(
        "Women with both a first and a last score on {measure}: {value}.",
        "The number of women with both scores on {measure} is not given: {why}.",
    ),
    "change.pooled": Template(
        "On {measure} the mean improvement over all sites was {value} points{limits}{basis}.",
        "No mean improvement over all sites is given for {measure}: {why}.",
        "points",
    ),
    "change.prediction": Template(
        "In a further service like these, a true mean on {measure} between {range} points would be expected "
        "({level} prediction interval).",
        "No range is given in which a further service might lie on {measure}: {why}.",
        "range",
    ),
    "change.completion_pct": Template(
        "Of the women who were due a second score on {measure}, {value} have both scores.",
        "The share of women with both scores on {measure} is not given: {why}.",
        "percent",
    ),
    "change.reliably_improved_pct": Template(
        "Of the women with both scores on {measure}, {value} improved reliably{over_sites}.",
        "The share of women who reliably improved on {measure} is not given: {why}.",
        "percent",
    ),
    "change.threshold": Template(
        "On {measure} a change counts as reliable from {value} points.",
        "No reliable change is used for {measure}: {why}.",
        "plain",
    ),
    "compare.mean_improvement": Template(
        "The mean improvement on {measure} at {site} was {value} points{limits}{basis}.",
        "No mean improvement on {measure} is given for {site}: {why}.",
        "points",
    ),
    "compare.shrunken": Template(
        "Drawn towards the mean of all sites, as far as its own data are weak, the estimate is {value} points{limits}.",
        "No estimate drawn towards the mean of all sites is given for {site}: {why}.",
        "points",
    ),
    "waits.seen_pct": Template(
        "Within {weeks} weeks of referral {value} of the women had {event}{limits}.",
        "The share of women who had {event} within {weeks} weeks is not given: {why}.",
        "percent",
    ),
    "waits.left_pct": Template(
        "Within {weeks} weeks {value} had left before they had {event}{limits}.",
        "The share of women who left within {weeks} weeks before they had {event} is not given: {why}.",
        "percent",
    ),
    "funnels.k_drawn": Template(
        "The funnels of {kind} hold {value} points, one a site and measure.",
        "How many points the funnels of {kind} hold cannot be said: {why}.",
        "count",
    ),
    "funnels.expected": Template(
        "If no site were special, about {value} of them would be expected beyond the limits of the policy.",
        "How many would lie beyond the limits by chance is not given for {kind}: {why}.",
        "plain",
    ),
    "funnels.k_beyond": Template(
        "Points beyond them: {value}.",
        "How many lie beyond them is not given for {kind}: {why}.",
        "tally",
    ),
    "funnels.k_at_limit": Template(
        "Points at a limit, where rounding leaves the side open: {value}.",
        "How many lie at a limit is not given for {kind}: {why}.",
        "tally",
    ),
    "theories.k_consistent": Template(
        "The data are consistent with {value}.",
        "How many theories the data are consistent with cannot be said: {why}.",
        "theories",
    ),
    "theories.k_inconsistent": Template(
        "They are inconsistent with {value}.",
        "How many theories the data are inconsistent with cannot be said: {why}.",
        "theories",
    ),
    "theories.k_inconclusive": Template(
        "They leave {value} open.",
        "On how many theories the data are inconclusive cannot be said: {why}.",
        "theories",
    ),
    "theories.k_not_testable": Template(
        "They are not enough to test {value}.",
        "How many theories could not be tested cannot be said: {why}.",
        "theories",
    ),
}
TEMPLATES["delivery.k_described"] = Template(
    "{value} described what they offer.", "How many services are described cannot be said: {why}.", "sites"
)
TEMPLATES |= {key: Template(*parts) for key, parts in (NUMBERS | VOICES).items()}
_TOGETHER = {"completion_pct": "Of the women who were due a second score, both scores are known for {values}."}
WHY_NOT = {
    "not_returned": "nothing that could be used was returned",
    "not_offered": "the service does not offer it",
    "not_open_yet": "the service was not open yet",
    "not_recorded": "it was not recorded",
    "too_few": "too few women, or too few sites, stand behind it",
    "shown": "it cannot be computed from these data",
    None: "these data do not give it",
}


def template_of(key: str) -> Template:
    """The template of a finding key such as `change.pcl5.pooled`: its first and last part name it."""
    family, *_, last = key.split(".")
    return TEMPLATES[f"{family}.{last}"]


def value(material: Material, key: str) -> str:
    """The value of a finding as printed; blank where it may not be shown."""
    row = material.finding(key)
    form = template_of(key).form
    return "" if row is None or not _is_complete(row, form) else _printed(row, form)


def sentence(material: Material, key: str, *, reason: str | None = None, **names: str) -> str:
    """The sentence of a finding; in words where it is missing or may not be shown. `reason` is used then, if given."""
    row = material.finding(key)
    template = template_of(key)
    if row is None or not _is_complete(row, template.form):
        return template.absent.format(why=why_not(row, reason), **names)
    return template.shown.format(
        value=value(material, key),
        limits=_limits(row, template.form),
        over_sites=_limits(row, template.form, " (mean over sites: {interval} {low} to {high})"),
        range=numerals.interval(row["low"], row["high"]).replace(" to ", " and "),
        basis=basis(row),
        level=level(),
        **names,
    )


def over_measures(material: Material, last: str) -> str:
    """`change.<measure>.<last>` for every measure in as few sentences as can be; those not given share one a reason."""
    said: list[str] = []
    together: list[str] = []
    withheld: dict[str, list[str]] = {}
    for measure in material.measures.values():
        key = f"change.{measure.id}.{last}"
        if value(material, key) and last in _TOGETHER:
            together.append(f"{value(material, key)} on {measure.label}")
        elif value(material, key):
            said.append(sentence(material, key, measure=measure.label))
        else:
            withheld.setdefault(why_not(material.finding(key)), []).append(measure.label)
    template = TEMPLATES[f"change.{last}"]
    if together:
        said.append(_TOGETHER[last].format(values=wording.listed(together)))
    return " ".join([*said, *(template.absent.format(measure=wording.listed(names), why=why) for why, names in withheld.items())])


def why_not(row: Row | None, reason: str | None = None) -> str:
    """Why a figure is not given, as the end of a sentence: the release's own words if it has any, else its status."""
    given = (row or {}).get("statement") or reason
    if given:
        return given[:1].lower() + given[1:].rstrip(". ")
    return WHY_NOT.get(row["status"] if row else None, WHY_NOT[None])


def basis(row: Row) -> str:
    """`, from 1,200 women at 24 sites`, or what there is of it."""
    women = f"{numerals.count(row['n'])} women" if row.get("n") is not None else ""
    sites = numerals.counted(row["k_sites"], "site") if row.get("k_sites") is not None else ""
    return f", from {' at '.join(part for part in (women, sites) if part)}" if women or sites else ""


def confidence() -> str:
    """`95% interval`."""
    return f"{level()} interval"


def level() -> str:
    """`95%`."""
    return numerals.percent(CONFIDENCE_PCT)


def _printed(row: Row, form: Form) -> str:
    if form == "range":
        return numerals.interval(row["low"], row["high"])
    if form in _NOUNS:
        one, many = _NOUNS[form]
        return f"{numerals.count(row['value'])} {one if row['value'] == 1 else many}" if row["value"] else f"no {one}"
    return _FORMS[form](row["value"])


def _limits(row: Row, form: Form, words: str = " ({interval} {low} to {high})") -> str:
    if form not in _FORMS or row["low"] is None or row["high"] is None:
        return ""
    return words.format(interval=confidence(), low=_FORMS[form](row["low"]), high=_FORMS[form](row["high"]))


def _is_complete(row: Row, form: Form) -> bool:
    return is_shown(row, "low", "high") if form == "range" else is_shown(row, "value")
