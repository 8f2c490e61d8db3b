"""What the report of a site says in sentences: what came of its return, why a figure is not given, questions, conclusions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, sentences, wording

if TYPE_CHECKING:
    from pipeline.measures import Measure
    from pipeline.report.material import Material
    from pipeline.report.study import StudyFacts

Pairs = tuple[tuple[str, str], ...]

_EMPTY = ("set_aside", "nothing_usable", "not_returned", None)
_BEFORE = ("not_open_yet", "nil_return")
_MODEL = ("What is particular to our model?", "What in it might explain what we see, and for whom would it not work?")
_QUESTIONS: Pairs = (
    ("Whom do we see?", "How do our women differ from those elsewhere: in pathway, in severity, in circumstances?"),
    ("Whom do we not hear from again?", "What would it take to ask them?"),
    ("When do we measure?", "Are both scores taken at the same points of care for every woman?"),
    _MODEL,
    ("What would change our mind?", "What would we expect to see if we were wrong?"),
)
_QUESTIONS_BEFORE: Pairs = (
    ("Whom are we here for?", "Which women in our area need us, and how will they hear of us?"),
    ("What will we measure?", "Who asks each woman before treatment and again after it, and what if she leaves before?"),
    ("What is particular to our model?", "Which part of what we offer should help, whom, and why?"),
    ("What would change our mind?", "What would we expect to see if we were wrong?"),
)
_QUESTIONS_EMPTY: Pairs = (
    ("What stood in the way of the return?", "Was it the form, the time, or leave to share? Who can help?"),
    ("Which scores do we hold?", "Do women answer before treatment and again later, and where is that written down?"),
    ("Could we send totals?", "They can stand in where records of single referrals cannot be shared."),
    _MODEL,
)
_CAN_SAY = "how much the scores of the women who gave two changed here, and how sure that is"
_OF_WHOM = ", and for how many of the women due it is known."
_NO_CAUSE = "that a service brought the change about: nothing is compared with it, and scores taken at a hard time tend to ease."
_CONCLUDE: Pairs = (
    ("You cannot say", _NO_CAUSE),
    ("You cannot say", "that one service does better than another: sites see different women, and an interval is a range."),
    ("You cannot say", "anything of women without a second score, or of groups that are too small to show."),
)
_CONCLUDE_OVER_ALL: Pairs = (
    ("You can say", "what was found over all sites, and how sure that is."),
    ("You cannot say", "that it holds here: sites differ in whom they see and in what they offer."),
    ("You cannot say", _NO_CAUSE),
    ("You cannot say", "how the women here did: no figure stands for them."),
)
_CONCLUDE_NOTHING: Pairs = (
    ("You cannot say", "how scores changed, here or over all sites: no figure on that may be shown."),
    ("You cannot say", "that nothing changed: a figure that is not shown says nothing, neither good nor bad."),
)
_WHY_NOT = {
    "too_few": "too few women stand behind the figure, or behind one that it would give away",
    "not_recorded": "not recorded",
    "not_offered": "not offered by the service",
    "not_returned": "nothing that could be used was returned",
    "not_open_yet": "the service was not open yet",
}
_WHY_NOTHING: dict[str | None, str] = {
    "nil_return": "it had no referrals, so there were no scores to give",
    "not_open_yet": "the service was not open yet",
    "set_aside": "nothing that could be used was returned",
    "nothing_usable": "nothing that could be used was returned",
}
_UNSAID = "these data do not give it"


def status_of(site_id: str, material: Material) -> str | None:
    """What became of the return of a site, one of `codes.RETURNS`; None where none is on record."""
    row = material.row("open_returns", site_id=site_id)
    return None if row is None else str(row["status"])


def recorded(site_id: str, material: Material) -> list[Measure]:
    """The measures of which the site has a row, and where it has of none, those that other sites recorded."""
    tables = ("open_sites", "open_completeness")
    mine = [m for m in material.measures.values() if any(material.rows(t, measure=m.id, site_id=site_id) for t in tables)]
    return mine or [m for m in material.measures.values() if material.rows("open_sites", measure=m.id)]


def has_sent_figures(site_id: str, material: Material) -> bool:
    """Whether records or totals of the site were read, so that figures of its own could be given."""
    return status_of(site_id, material) in ("read", "aggregate_only")


def what_came(site_id: str, material: Material) -> str:
    """What became of the return, how many referrals it held, its faults, and the measures that others recorded."""
    row = material.row("open_returns", site_id=site_id)
    if row is None:
        return f"No return of {site_id} is on record, so this report can only say what is known of the services together."
    said = {
        "read": f"The return of {site_id} was read.",
        "aggregate_only": f"{site_id} returned totals and no single referrals; what rests on single referrals cannot be given.",
        "set_aside": f"The return of {site_id} was set aside because it could not safely be read; its passport says why.",
        "nil_return": f"{site_id} sent a nil return: it was open and had no referrals.",
        "not_open_yet": f"{site_id} had not opened by the end of the period.",
        "nothing_usable": f"The return of {site_id} held no referral, no score and no totals that could be used.",
    }.get(row["status"], f"The return of {site_id}: {wording.words(row['status'])}.")
    referrals = f" It held {numerals.count(row['n_referrals'])} accepted referrals, rounded." if row["n_referrals"] else ""
    if row["n_status"] == "too_few":
        referrals = " The number of accepted referrals is withheld under the rule on small numbers."
    faults = " No fault was found in it."
    if row["faults"] != "none":
        faults = f" Faults found in it: {row['faults']}; the passport of the return says what to mend."
    return said + referrals + faults + _others(site_id, material)


def _others(site_id: str, material: Material) -> str:
    mine = recorded(site_id, material)
    known = {row["measure"] for row in material.rows("open_completeness")}
    others = [measure.label for measure in material.measures.values() if measure.id in known and measure not in mine]
    return f" Measures that other sites recorded and this one did not: {wording.listed(others)}." if others else ""


def no_change(site_id: str, material: Material, study: StudyFacts) -> str:
    """Why no figure on change is given for the site."""
    opening = f"No figure on change is given for {site_id}"
    if status_of(site_id, material) in _WHY_NOTHING:
        return f"{opening}: {_WHY_NOTHING[status_of(site_id, material)]}."
    by_reason: dict[str, list[str]] = {}
    for measure in recorded(site_id, material) or material.measures.values():
        row = material.row("open_sites", measure=measure.id, site_id=site_id)
        by_reason.setdefault(_WHY_NOT.get(row["status"] if row else "", _UNSAID), []).append(measure.label)
    said = f"{opening}. {' '.join(f'{wording.listed(labels)}: {why}.' for why, labels in by_reason.items())}"
    if not by_reason.keys() & {_WHY_NOT["too_few"], _UNSAID}:
        return said
    least = numerals.count(study.minimum_count)
    return (
        f"{said} A figure on fewer than {least} women could tell something of one of them, so it is withheld from every reader. "
        "That says nothing of the quality of the service or its records, and the scores keep their use in the women's own care."
    )


def without_second_score(site_id: str, material: Material) -> str:
    """What women without a second score could mean here; blank where no woman of the site could be due one."""
    standing = status_of(site_id, material)
    if standing == "aggregate_only":
        return "Totals say nothing of women without a second score, so what they could mean here is not known."
    if standing != "read":
        return ""
    keys = {m.label: f"missing.{m.id}.{site_id}.site_no_change" for m in recorded(site_id, material)}
    means = [f"{sentences.value(material, key)} on {label}" for label, key in keys.items() if sentences.value(material, key)]
    if not means:
        return "How far women without a second score could move the figures here is withheld under the rule on small numbers."
    unchanged = "Had none of the women here without a second score changed, the mean improvement here would be about"
    return f"{unchanged} {wording.listed(means)}, in whole points."


def without_second_score_over_all(material: Material) -> str:
    """What women without a second score were like over all sites, and how far off they could put the answer."""
    if not material.primary:
        return ""
    label = material.measures[material.primary].label
    bands = [f"completion.{material.primary}.{band}_pct" for band in ("case", "not_case", "high_third", "low_third")]
    keys = [*bands, f"missing.{material.primary}.no_effect"]
    return " ".join(sentences.sentence(material, key, measure=label) for key in keys if sentences.value(material, key))


def questions(site_id: str, material: Material) -> Pairs:
    """Questions for a team to discuss, by what it could send."""
    standing = status_of(site_id, material)
    return _QUESTIONS_BEFORE if standing in _BEFORE else _QUESTIONS_EMPTY if standing in _EMPTY else _QUESTIONS


def conclusions(*, has_own_change: bool, has_change: bool, is_complete: bool) -> Pairs:
    """What may be concluded. `is_complete`: whether the share of women with both scores here is given."""
    if has_own_change:
        return (("You can say", _CAN_SAY + (_OF_WHOM if is_complete else ".")), *_CONCLUDE)
    return _CONCLUDE_OVER_ALL if has_change else _CONCLUDE_NOTHING
