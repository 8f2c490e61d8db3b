"""Qualitative evidence beside the verdicts, exact: what is wrong in its file, and the joint display. None of it leaves."""

from pipeline import codes
from pipeline.tables.columns import Column, code, flag, table, text, whole
from pipeline.tables.returned import EVIDENCE

ALL = "all"
ELEMENTS = (ALL, *codes.ELEMENTS)
GROUPS = (ALL, *codes.GROUPS)
READINGS = ("none", "supports", "contradicts", "refines", "mixed")
FITS = ("convergent", "divergent", "expands", "mixed", "evidence_alone", "silent")

_evidence: dict[str, Column] = {
    **EVIDENCE.columns,
    "theory_cell": text("Cell of the theory", "A1 form, in the file of evidence: whether the theory is known is asked later"),
}

_fault: dict[str, Column] = {
    "line": whole("Line of the file", "Blank for the whole file"),
    "column": text("Column"),
    "cell": text("Cell", "A1 form; the first one where a whole column is meant"),
    "is_incident": flag("Possible incident", "Whether the file holds an identifier", needed=True),
    "found": text("Found", "Masked"),
    "expected": text("Expected"),
    "mend": text("How to mend"),
    "costs": code("Costs", ("the file", "the line", "nothing"), "What is not used", needed=True),
}

_joint: dict[str, Column] = {
    "theory_id": text("Theory", needed=True),
    "element": code("Element", ELEMENTS, needed=True),
    "role_group": code("Role group", GROUPS, needed=True),
    "k_sources": whole("Sources", "Distinct interviews or groups", unit="sources", needed=True),
    "k_sites": whole("Sites of the sources", unit="sites", needed=True),
    "k_supports": whole("Sources that support", unit="sources", needed=True),
    "k_contradicts": whole("Sources that contradict", unit="sources", needed=True),
    "k_refines": whole("Sources that refine", unit="sources", needed=True),
    "reading": code("What the sources say together", READINGS, needed=True),
    "verdict": code("What the numbers say", codes.VERDICTS, needed=True),
    "fit": code("How the two stand to each other", FITS, needed=True),
}

JOINED = {
    schema.name: schema
    for schema in (
        table("evidence", "Evidence", "One row a coded excerpt whose line is sound; no verbatim text", _evidence),
        table("evidence_faults", "Faults of the evidence", "One row a fault of the file of evidence", _fault),
        table(
            "joint",
            "Joint display",
            "One row a theory, element and role group",
            _joint,
            key=("theory_id", "element", "role_group"),
        ),
    )
}
