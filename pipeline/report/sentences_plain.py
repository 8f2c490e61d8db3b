"""Sentences in plain words for women and families: no digit, no term of statistics, and a sentence for what cannot be said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, sentences

if TYPE_CHECKING:
    from pipeline.report.material import Material

PLAIN: dict[str, tuple[str, str]] = {
    "study.k_sites": (
        "We asked services for their records. This report is about {value}.",
        "We cannot say how many services sent their records.",
    ),
    "study.n_referrals": (
        "Women came, or were sent, to these services about {value} times.",
        "We cannot say how many women came to these services. Too few women, or too few services, are behind the number.",
    ),
    "change.completion_pct": (
        "Out of all women who should have answered twice, {value} did. We do not know how the others are.",
        "Some women answered only once. We do not know how they are.",
    ),
    "change.reliably_improved_pct": (
        "Out of the women who answered twice, {value} gave clearly better answers the second time. Clearly means by more than "
        "answers go up and down by chance.",
        "We cannot say how many women gave clearly better answers. Too few women, or too few services, are behind the number.",
    ),
    "waits.seen_pct": (
        "{value} of women had {event} within {weeks} weeks.",
        "We cannot say how many women had {event} within {weeks} weeks.",
    ),
    "theories.k_consistent": ("The records fit with {value} of these ideas.", "We cannot say which ideas fit."),
    "theories.k_inconsistent": ("They speak against {value}.", "We cannot say which ideas do not fit."),
    "theories.k_inconclusive": ("They leave {value} open.", "We cannot say which ideas are still open."),
    "theories.k_not_testable": ("For {value} there was too little to go on.", "We cannot say which ideas could not be tested."),
}
"""By family and last part of a finding's key: the sentence where it is shown, and the one where it is not."""


def plainly(material: Material, key: str, **names: str) -> str:
    """The plain sentence of a finding; in words where it may not be shown."""
    family, *_, last = key.split(".")
    shown, absent = PLAIN[f"{family}.{last}"]
    row = material.finding(key)
    if family == "theories" and sentences.value(material, key):
        value = numerals.count(row["value"]) if row and row["value"] else "none"
    else:
        value = sentences.value(material, key).replace("sites", "services").replace("site", "service")
    return shown.format(value=value, **names) if value else absent.format(**names)
