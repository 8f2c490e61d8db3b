"""The words that a theory may use: contexts of services and of women, outcomes, and what may be expected of each."""

from __future__ import annotations

from typing import Literal

from pipeline import codes

Expected = Literal["larger_improvement", "smaller_improvement", "higher", "lower", "shorter", "longer", "no_difference"]
Scale = Literal["points", "sd", "risk_difference", "days"]
Kind = Literal["change", "retention", "recovered", "wait", "experience", "staff", "training"]

NUMBERS = ("time_limit_months", *(f"wte_{part}" for part in ("psychology", "midwifery", "peer_support", "psychiatry", "other")))
"""Columns of the table service that hold a number: conditions of a configuration, with anchors."""
LIMIT = "time_limit_months"
"""The one number that is a context too: yes where a limit is set, no where none is."""
SERVICE: dict[str, tuple[str, ...]] = {
    **dict.fromkeys((*codes.SERVICE_CONTEXTS, LIMIT), ("y", "n")),
    "wave": codes.WAVES,
    "area": codes.AREAS,
}
"""Contexts of a service and their codes."""
MATCHED = "intervention_matched"
"""Whether a woman was given an intervention that the theory names for her pathway."""
WOMEN: dict[str, tuple[str, ...]] = {
    "pathway": codes.PATHWAYS,
    "perinatal_stage": codes.PERINATAL_STAGES,
    "age_band": codes.AGE_BANDS,
    "ethnic_group": codes.ETHNIC_GROUPS,
    "deprivation_fifth": ("1", "2", "3", "4", "5"),
    "referral_source": codes.REFERRAL_SOURCES,
    "intervention": codes.INTERVENTIONS,
}
"""What is known of a woman at referral, and what she was given, with its codes."""
EXPECTED: dict[Kind, tuple[Expected, ...]] = {
    "change": ("larger_improvement", "smaller_improvement", "no_difference"),
    "retention": ("higher", "lower", "no_difference"),
    "recovered": ("higher", "lower", "no_difference"),
    "wait": ("shorter", "longer", "no_difference"),
    "experience": ("higher", "lower", "no_difference"),
    "staff": ("larger_improvement", "smaller_improvement", "no_difference"),
    "training": ("larger_improvement", "smaller_improvement", "no_difference"),
}
VOICES: tuple[Kind, ...] = ("experience", "staff", "training")
"""Outcomes that are told by people, a number a site: share of positive answers, and mean change of a construct."""
SCALES: dict[Kind, tuple[Scale, ...]] = {
    "change": ("points", "sd"),
    "retention": ("risk_difference",),
    "recovered": ("risk_difference",),
    "wait": ("risk_difference", "days"),
    "experience": ("risk_difference",),
    "staff": ("points",),
    "training": ("points",),
}
MOST_WEEKS = 104
OUTCOMES = (
    r"^((change|recovered|retention)\.[a-z][a-z0-9_]*|retention|wait\.(assessment|treatment)"
    r"|(experience|staff|training)\.[a-z][a-z0-9_]*\.[a-z0-9][a-z0-9_]*)$"
)
"""How an outcome is written: with the measure, the event, or the instrument and its question or construct."""


def contexts() -> str:
    """Every context that a theory may name, as one sentence says it."""
    of_women = (*WOMEN, MATCHED)
    return f"service. and one of: {', '.join(SERVICE)}; or referrals. and one of: {', '.join(of_women)}"


_AGES = {int(code.replace("_", "")): code for code in codes.AGE_BANDS if code.replace("_", "").isdigit()}


def as_code(value: object) -> object:
    """Yes and no, and age bands such as 20_24, however YAML reads them, as the codes of a return; any other value as it is."""
    if isinstance(value, int) and not isinstance(value, bool):
        return _AGES.get(value, value)  # YAML takes 20_24 for the number 2024
    words = {True: "y", False: "n", "yes": "y", "no": "n", "true": "y", "false": "n", "y": "y", "n": "n"}
    key = value.lower() if isinstance(value, str) else value
    return words.get(key, value) if isinstance(key, bool | str) else value
