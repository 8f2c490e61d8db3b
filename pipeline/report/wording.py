"""The words printed for codes: statuses, states, classes, verdicts and the parts of a service."""

from __future__ import annotations

STATUSES = {
    "not_returned": "not returned",
    "not_offered": "not offered",
    "not_open_yet": "not open yet",
    "not_recorded": "not recorded",
    "too_few": "too few",
    "shown": "shown",
    "no_interval": "no interval can be given",
}
STATUS_MEANINGS = {
    "not_returned": "The site sent nothing that could be used.",
    "not_offered": "The service does not offer this; no woman is missing.",
    "not_open_yet": "The service had not opened in the period.",
    "not_recorded": "The service offers this, and the return does not hold it.",
    "too_few": "Fewer women than the rule asks for, perhaps none, stand behind the figure or one that it would give away.",
}
STATES = {
    "referred": "Referred",
    "pending": "Decision pending",
    "declined": "Declined by the woman",
    "not_accepted": "Not accepted by the service",
    "not_eligible": "Not eligible for outcome measures",
    "waiting": "Accepted, waiting",
    "left_before_start": "Left before treatment began",
    "in_treatment": "In treatment",
    "not_yet_due": "Treatment ended, second score not yet due",
    "due_without_pre": "Due, without a first score",
    "due_without_post": "Due, without a second score",
    "paired": "With both scores",
}
CLASSES = {
    "reliably_improved": "Reliably improved",
    "no_reliable_change": "No reliable change",
    "reliably_deteriorated": "Reliably deteriorated",
    "not_classified": "Not classified",
    "not_reliably_improved": "Not reliably improved",
    "not": "Not reliably improved",
}
VERDICTS = {
    "consistent": "Consistent",
    "inconsistent": "Inconsistent",
    "inconclusive": "Inconclusive",
    "not_testable": "Not testable",
}
VERDICT_MEANINGS = {
    "consistent": "The data lie where the theory said they would. That does not show that its mechanism is at work.",
    "inconsistent": "The data lie where the theory said they would not, or the expected difference is excluded.",
    "inconclusive": "The data leave room for the theory and for its contrary.",
    "not_testable": "Too few sites or women on one side, or the context was not recorded.",
}
RETURNS = {
    "read": "read",
    "set_aside": "set aside",
    "aggregate_only": "totals only",
    "nil_return": "nil return",
    "not_open_yet": "not open yet",
    "nothing_usable": "nothing usable",
    "not_returned": "not returned",
}
KINDS = {"pathway": "Pathways", "intervention": "Interventions", "feature": "Features"}
ANSWERS = {"y": "yes", "n": "no", "not_recorded": "n.r."}
EVIDENCE = {
    "V": "read in the source",
    "V-code": "read in published code",
    "V-2nd": "from a secondary source",
    "BK": "unverified",
}
FRAGILITY = {
    "fragile": "How many women count as improved is not firm.",
    "not_fragile": "How many women count as improved changes little between the published thresholds.",
    "not_assessed": "How far the share improved depends on the threshold cannot be told.",
}
REASONS = {
    "without a sourced population: the twin is not compared": "regression to the mean is not compared, for want of a sourced mean"
}
"""Reasons of the release in words that a reader can take in."""
SCENARIOS = {"tenth_percentile": "at the lowest tenth", "ninetieth_percentile": "at the highest tenth"}
BANDS = {
    "not_case": "short of the cut-off",
    "case": "at or beyond the cut-off",
    "low_third": "least severe third",
    "middle_third": "middle third",
    "high_third": "severest third",
}
ANALYSES = {
    "dersimonian_laird": "Variance by DerSimonian and Laird",
    "paule_mandel": "Variance by Paule and Mandel",
    "maximum_likelihood": "Variance by maximum likelihood",
    "normal_interval": "Normal interval",
    "one_variance": "One variance within all sites",
    "own_variances": "Each site by its own variance",
    "records_alone": "Sites that sent records alone",
    "other_correlations": "Other correlations assumed for totals",
    "held_back_counts": "Held-back counts at their highest",
    "all_referrals": "All referrals, women as clusters",
    "all_referrals_of_records": "All referrals, sites that sent records alone",
    "last_before_treatment": "From the last score before treatment",
    "one_site_left_out": "Any one site left out",
}
METHODS = {
    "JT": "Jacobson and Truax",
    "GLN": "Gulliksen, Lord and Novick",
    "HLL": "Hsu, Linn and Lord",
    "EN": "Edwards and Nunnally",
    "NK": "Nunnally and Kotsch",
    "HA": "Hageman and Arrindell",
}
_NAMES = {
    "emdr": "EMDR",
    "tf_cbt": "Trauma-focused CBT",
    "cbt": "CBT",
    "cft": "Compassion-focused",
    "act": "Acceptance and commitment",
    "vig": "Video interaction guidance",
    "other": "Other",
    "self_referral_accepted": "Self-referral accepted",
    "non_medical_venue": "Non-medical venue",
    "trauma_training_delivered": "Trauma-informed training",
    "lived_experience_group": "Lived-experience group",
    "peer_support": "Peer support",
    "wave": "Wave",
    "area": "Area",
    "time_limit_months": "Time limit",
    "wte_psychology": "Psychology",
    "wte_midwifery": "Midwifery",
    "wte_peer_support": "Peer support",
    "wte_psychiatry": "Psychiatry",
    "wte_other": "Other staff",
}
GROUPS = {
    "several": "Several pathways",
    "fifth_1": "Most deprived fifth",
    "fifth_2": "Second fifth",
    "fifth_3": "Middle fifth",
    "fifth_4": "Fourth fifth",
    "fifth_5": "Least deprived fifth",
    "white": "White",
    "mixed": "Mixed or multiple",
    "asian": "Asian or Asian British",
    "black": "Black or Black British",
    "other": "Other",
    "not_stated": "Asked, and not stated",
    "not_known": "Not known",
    "not_recorded": "Left blank",
    "not_sent": "Not sent by the site",
    "post_loss": "After a loss",
    "general_practice": "General practice",
    "health_visiting": "Health visiting",
    "other_primary_care": "Other primary care",
    "maternity": "Maternity services",
    "secondary_care": "Secondary care",
    "self": "Herself",
    "other_source": "Other services",
}
KINDS_OF_MIX = {"stage": "Perinatal stage", "source": "Referred by"}
REFERRERS = {"gp": "general_practice", "health_visitor": "health_visiting", "other": "other_source", "self_referral": "self"}
_KINDS_OF_NUMBER = {
    "test_retest": "test and retest",
    "internal_consistency": "internal consistency",
    "split_half": "split half",
    "jacobson_truax": "Jacobson and Truax",
}


def words(code: str) -> str:
    """A code as words, for codes that have no wording of their own."""
    return code.replace("_", " ").strip()


def capital(text: str) -> str:
    """The first letter in upper case, the rest left alone."""
    return text[:1].upper() + text[1:]


def status(code: str) -> str:
    """Why a figure is or is not shown."""
    return STATUSES.get(code, words(code))


def state(code: str) -> str:
    """A state of the flow of women."""
    return STATES.get(code, capital(words(code)))


def change_class(code: str) -> str:
    """A class of change."""
    return CLASSES.get(code, capital(words(code)))


def component(code: str) -> str:
    """A pathway, an intervention or a feature of a service."""
    return _NAMES.get(code, capital(words(code)))


def in_a_sentence(code: str) -> str:
    """The same within a sentence: in lower case, but for an abbreviation."""
    name = component(code)
    return name if name[:2].isupper() else name[:1].lower() + name[1:]


def group(code: str) -> str:
    """A group of women by a characteristic, or a kind of no answer."""
    first, _, last = code.partition("_")
    if first.isdigit() and last.isdigit():
        return f"{first} to {last}"
    if first.isdigit() and last == "plus":
        return f"{first} and over"
    return GROUPS.get(code, capital(words(code)))


def context(words: str) -> str:
    """A context of a theory: `non medical venue: yes` with the name that the service table gives it."""
    name, colon, value = words.partition(": ")
    return f"{component(name.replace(' ', '_'))}{colon}{value}"


def kind_of_number(code: str) -> str:
    """How a sourced number was found."""
    return _KINDS_OF_NUMBER.get(code, words(code))


def characteristic(code: str) -> str:
    """What was known of a woman when she came, such as `pathway_tokophobia`."""
    if code == "first_score":
        return "First score"
    kind, _, level = code.partition("_")
    if kind == "pathway":
        return f"Pathway: {in_a_sentence(level)}"
    named = group(REFERRERS.get(level, level) if kind == "source" else level)
    return f"{KINDS_OF_MIX.get(kind, capital(kind))}: {named if kind == 'ethnicity' else named[:1].lower() + named[1:]}"


def listed(parts: list[str], last: str = "and") -> str:
    """`a, b and c`, or with another word before the last."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}"
