"""What stands behind the verdicts, exact: each theory site by site, configurations, and what changed in a theory."""

from pipeline.tables.columns import code, flag, number, table, text, whole
from pipeline.tables.returned import SITE

_THEORY = text("Theory", needed=True)
_OUTCOME = code("Outcome", ("present", "absent"), "Whether the outcome or its absence is explained", needed=True)
_ADJUSTED = flag("Adjusted", "Whether the outcome is adjusted for first scores and case mix", needed=True)
SCALES = ("points", "risk_difference", "days")
KINDS = ("conservative", "parsimonious", "intermediate")

_theory_sites = {
    "theory_id": _THEORY,
    "site_id": SITE,
    "grain": code("Grain", ("record", "aggregate"), needed=True),
    "has_context": flag("Has the context", "Blank where the site did not say, or where the context is one of women"),
    "is_used": flag("Used", "Whether the site is part of the contrast", needed=True),
    "n": whole("Women", unit="women", needed=True),
    "n_with": whole("Women with the context", "Where the context is one of women", unit="women"),
    "n_without": whole("Women without it", "Where the context is one of women", unit="women"),
    "estimate": number("Outcome, or the difference of women with the context from those without", "In the unit of `scale`"),
    "se": number("Standard error"),
    "low": number("Lower 95 % limit"),
    "high": number("Upper 95 % limit"),
    "estimate_adjusted": number("The same, adjusted for first scores and case mix"),
    "se_adjusted": number("Standard error, adjusted"),
    "mean_pre": number("Mean first score", unit="points of the measure"),
    "scale": code("Scale", SCALES, "Points of improvement, shares from 0 to 1, or days", needed=True),
}

_truth_table = {
    "theory_id": _THEORY,
    "is_adjusted": _ADJUSTED,
    "outcome": _OUTCOME,
    "row": whole("Row", "Configurations in binary order, the last condition changing fastest", needed=True),
    "configuration": text("Configuration", "Conditions joined by *, absent ones after ~", needed=True),
    "n_sites": whole("Sites", needed=True),
    "n_in": whole("Sites with the outcome", needed=True),
    "n_out": whole("Sites without it", needed=True),
    "inclusion": number("Inclusion", "Consistency of the configuration as sufficient"),
    "pri": number("PRI", "Proportional reduction in inconsistency"),
    "status": code("Status", ("positive", "negative", "contradiction", "remainder"), needed=True),
    "is_contradictory": flag("Contradictory", "Holds sites with the outcome and sites without it", needed=True),
    "is_predicted": flag("Predicted", "Whether the predicted combination holds it", needed=True),
    "sites": text("Sites", "Codes, joined by semicolons"),
}

_solutions = {
    "theory_id": _THEORY,
    "is_adjusted": _ADJUSTED,
    "outcome": _OUTCOME,
    "kind": code("Solution", KINDS, needed=True),
    "model": whole("Model", "Counts the ways to choose the terms, from 1", needed=True),
    "term": text("Term", needed=True),
    "is_predicted": flag("Predicted", "Whether it is the predicted combination", needed=True),
    "inclusion": number("Inclusion of the term"),
    "pri": number("PRI of the term"),
    "coverage": number("Raw coverage"),
    "unique_coverage": number("Unique coverage"),
    "model_inclusion": number("Inclusion of the whole model"),
    "model_pri": number("PRI of the whole model"),
    "model_coverage": number("Coverage of the whole model"),
}

_necessary = {
    "theory_id": _THEORY,
    "is_adjusted": _ADJUSTED,
    "outcome": _OUTCOME,
    "condition": text("Condition", "One condition, after ~ where it is absent", needed=True),
    "inclusion": number("Inclusion", needed=True),
    "coverage": number("Coverage", needed=True),
    "relevance": number("Relevance of necessity (RoN)", needed=True),
    "is_necessary": flag("Necessary", "Inclusion from 0.90, coverage and relevance from 0.60", needed=True),
}

_configurations = {
    "theory_id": _THEORY,
    "is_adjusted": _ADJUSTED,
    "outcome": _OUTCOME,
    "k": whole("Sites", needed=True),
    "term": text("Predicted combination", needed=True),
    "has_term": flag("In every model of the intermediate solution", needed=True),
    "p_term": number("p by permutation of the outcome", "Of the predicted combination being in the solution"),
    "share_by_chance": number("Share of permutations with any solution"),
    "share_of_redraws": number("Share of redraws from the sites' errors with the combination"),
    "share_of_sweep": number("Share of other anchors and cut-offs with the combination"),
    "permutations": whole("Permutations", needed=True),
    "redraws": whole("Redraws", needed=True),
    "settings": whole("Settings of the sweep", needed=True),
}

_theory_changes = {
    "theory_id": _THEORY,
    "registered": text("First registered", "Date of the entry that it is held against", needed=True),
    "field": text("Field", needed=True),
    "was": text("Was", "Blank where it was not given"),
    "now": text("Is", "Blank where it is not given"),
    "decides": flag("Decides", "Whether it changes what is tested, and not its words alone", needed=True),
}

_BY = ("theory_id", "is_adjusted", "outcome")
APPRAISED = {
    schema.name: schema
    for schema in (
        table("theory_sites", "Theories by site", "One row a theory and site", _theory_sites, key=("theory_id", "site_id")),
        table("truth_table", "Truth tables", "One row a theory, outcome and configuration", _truth_table, key=(*_BY, "row")),
        table("solutions", "Solutions", "One row a theory, outcome, solution, model and term", _solutions),
        table(
            "necessary", "Necessary conditions", "One row a theory, outcome and condition", _necessary, key=(*_BY, "condition")
        ),
        table("configurations", "Configurations", "One row a theory and outcome", _configurations, key=_BY),
        table("theory_changes", "Changes of theories", "One row a theory and field", _theory_changes, key=("theory_id", "field")),
    )
}
