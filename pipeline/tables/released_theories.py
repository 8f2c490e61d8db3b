"""Open tables behind the pages of theories: evidence by role group, configurations, and what changed since registration."""

from pipeline import codes
from pipeline.tables.appraised import KINDS
from pipeline.tables.columns import Column, code, flag, number, table, text, whole
from pipeline.tables.joined import ELEMENTS, FITS, GROUPS, READINGS

_STATUS = code("Status", codes.STATUSES, "Why a figure is or is not shown", needed=True)
_BY: dict[str, Column] = {
    "theory_id": text("Theory", needed=True),
    "is_adjusted": flag("Adjusted", "Whether the outcome is adjusted for first scores and case mix", needed=True),
    "outcome": code("Outcome", ("present", "absent"), "Whether the outcome or its absence is explained", needed=True),
}

_joint: dict[str, Column] = {
    "theory_id": text("Theory", needed=True),
    "element": code("Element", ELEMENTS, needed=True),
    "role_group": code("Role group", GROUPS, needed=True),
    "sources": text("Sources, in bands", "Distinct interviews or groups; blank where they are too few"),
    "reading": code("What the sources say together", READINGS),
    "fit": code("How they stand to the numbers", FITS, "silent where there are too few, or none", needed=True),
    "status": _STATUS,
}
_truth_table: dict[str, Column] = {
    **_BY,
    "row": whole("Row", needed=True),
    "configuration": text("Configuration", "Conditions joined by *, absent ones after ~", needed=True),
    "k_sites": whole("Sites", unit="sites", needed=True),
    "k_sites_in": whole("Sites with the outcome", unit="sites"),
    "k_sites_out": whole("Sites without it", unit="sites"),
    "inclusion": number("Inclusion", "Consistency of the configuration as sufficient"),
    "pri": number("PRI", "Proportional reduction in inconsistency"),
    "result": code("Result", ("positive", "negative", "contradiction", "remainder"), "Blank where it is not shown"),
    "is_predicted": flag("Predicted", "Whether the predicted combination holds it", needed=True),
    "status": _STATUS,
}
_solutions: dict[str, Column] = {
    **_BY,
    "solution": code("Solution", KINDS, needed=True),
    "model": whole("Model", "Counts the ways to choose the terms, from 1", needed=True),
    "term": text("Term", needed=True),
    "is_predicted": flag("Predicted", "Whether it is the predicted combination", needed=True),
    **{
        name: number(title)
        for name, title in {
            "inclusion": "Inclusion of the term",
            "pri": "PRI of the term",
            "coverage": "Raw coverage",
            "unique_coverage": "Unique coverage",
            "model_inclusion": "Inclusion of the whole model",
            "model_pri": "PRI of the whole model",
            "model_coverage": "Coverage of the whole model",
        }.items()
    },
}
_necessary: dict[str, Column] = {
    **_BY,
    "condition": text("Condition", "One condition, after ~ where it is absent", needed=True),
    "inclusion": number("Inclusion"),
    "coverage": number("Coverage"),
    "relevance": number("Relevance of necessity (RoN)"),
    "is_necessary": flag("Necessary", "Inclusion from 0.90, coverage and relevance from 0.60", needed=True),
}
_theory_changes: dict[str, Column] = {
    "theory_id": text("Theory", needed=True),
    "registered": text("First registered", needed=True),
    "field": text("Field", needed=True),
    "was": text("Was", "Blank where it was not given"),
    "now": text("Is", "Blank where it is not given"),
    "decides": flag("Decides", "Whether it changes what is tested, and not its words alone", needed=True),
}

_KEY = tuple(_BY)
RELEASED_THEORIES = {
    schema.name: schema
    for schema in (
        table(
            "open_joint",
            "Evidence beside the verdicts",
            "One row a theory, element and role group",
            _joint,
            key=("theory_id", "element", "role_group"),
        ),
        table(
            "open_truth_table", "Truth tables", "One row a theory, outcome and configuration", _truth_table, key=(*_KEY, "row")
        ),
        table("open_solutions", "Solutions", "One row a theory, outcome, solution, model and term", _solutions),
        table(
            "open_necessary",
            "Necessary conditions",
            "One row a theory, outcome and condition",
            _necessary,
            key=(*_KEY, "condition"),
        ),
        table(
            "open_theory_changes",
            "Changes of theories",
            "One row a theory and field",
            _theory_changes,
            key=("theory_id", "field"),
        ),
    )
}
