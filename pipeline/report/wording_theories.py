"""The words printed of theories and of the evidence beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.report import wording

ELEMENTS = {"all": "The whole theory", "context": "Context", "mechanism": "Mechanism", "outcome": "Outcome"}
GROUPS = {"all": "All groups", "women_and_families": "Women and families", "staff": "Staff", "leaders": "Leaders"}
READINGS = {
    "supports": "supports it",
    "contradicts": "speaks against it",
    "refines": "refines it",
    "mixed": "is divided",
}
FITS = {
    "convergent": "Convergent",
    "divergent": "Divergent",
    "expands": "Expands",
    "mixed": "Mixed",
    "evidence_alone": "Evidence alone",
    "silent": "Silent",
}
FIT_MEANINGS = {
    "convergent": "What people said and the numbers point the same way.",
    "divergent": "What people said and the numbers point different ways; neither overrules the other.",
    "expands": "People said under which conditions the theory holds.",
    "mixed": "People were divided.",
    "evidence_alone": "The numbers leave the theory open.",
    "silent": "Nobody spoke to the theory, or too few to be printed.",
}
COUNTED = {"women": "Women", "answers": "People who answered", "staff": "Staff", "attendees": "Those who were trained"}
SOLUTIONS = {"conservative": "Conservative", "parsimonious": "Parsimonious", "intermediate": "Intermediate"}
RESULTS = {
    "positive": "leads to it",
    "negative": "does not",
    "contradiction": "contradictory",
    "remainder": "no site",
}
_PARTS = {
    "context": "the context",
    "mechanism": "the mechanism",
    "outcome": "the outcome",
    "would_count_against": "what would count against it",
    "smallest_difference": "the smallest difference",
}


def is_of_voices(row: Mapping[str, Any]) -> bool:
    """Whether the numbers of a theory are told by people, so that there is no first score to adjust by."""
    return row.get("counted") not in (None, "women")


def is_prespecified(row: Mapping[str, Any]) -> bool:
    """Whether a theory was registered before any outcome of the study was known."""
    return str(row["registered"]).startswith("prespecified")


def survives(row: Mapping[str, Any]) -> bool:
    """Whether a theory was registered before results and is consistent after Holm's correction."""
    return is_prespecified(row) and "; survives Holm" in row["reason"]


def adjusted_for(row: Mapping[str, Any]) -> str:
    """What the second contrast is adjusted for: a wait is counted from referral, before there is any first score."""
    return "case mix" if row["outcome"].startswith("the wait") else "first scores and case mix"


def field(name: str) -> str:
    """A field of a theory file in words: `outcome.expected` as the outcome: expected."""
    first, _, rest = name.partition(".")
    part = _PARTS.get(first, wording.words(first))
    return f"{part}: {wording.words(rest.replace('.', ' '))}" if rest else part


def term(written: str) -> str:
    """A combination such as `peer_support*~prior_therapy_required` in words."""
    parts = [part.strip() for part in written.split("*")]
    said = [f"no {wording.in_a_sentence(part[1:])}" if part.startswith("~") else wording.in_a_sentence(part) for part in parts]
    return wording.capital(" and ".join(said))
