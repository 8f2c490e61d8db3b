"""The verdict on a theory, by a stated rule from two intervals: one crude, one adjusted. Never `confirmed`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.stats.contrast import survives_holm

if TYPE_CHECKING:
    from pipeline.stats.contrast import Contrast

HOLM = {
    True: "survives Holm's correction over the theories registered before results",
    False: "does not survive Holm's correction over the theories registered before results",
    None: "exploratory, as it was not registered before results",
}
WEAK = "weak test: only a difference of more than twice the smallest would be seen"
ABSENT = "a difference that matters is ruled out"
DEPENDS = "depends on baseline adjustment"


def judge(sign: int, smallest: float, crude: Contrast, fair: Contrast, *, is_weak: bool, alike: str | None) -> tuple[str, str]:
    """Verdict and reason; `sign`: 1 or -1 for the expected side, 0 where no difference is expected."""
    if alike:
        return "inconclusive", f"cannot be told apart from {alike}"
    first, second = (reading(sign, smallest, contrast) for contrast in (crude, fair))
    if first[0] != second[0]:
        return "inconclusive", DEPENDS
    found = first if first == second or first[0] != "inconsistent" else ("inconsistent", ABSENT)  # which the others imply
    is_null = found[0] == "inconclusive" or found[1] == ABSENT
    return ("inconclusive", WEAK) if is_weak and is_null else found


def reading(sign: int, smallest: float, contrast: Contrast) -> tuple[str, str]:
    """The verdict that one interval alone would give."""
    if sign == 0:
        if -smallest < contrast.low and contrast.high < smallest:
            return "consistent", "the interval lies within the smallest difference on both sides"
        is_apart = contrast.low > smallest or contrast.high < -smallest
        apart = ("inconsistent", "a difference where none was expected")
        return apart if is_apart else ("inconclusive", "the interval is too wide")
    ends = sorted((sign * contrast.low, sign * contrast.high))
    if ends[0] > 0:
        if sign * contrast.estimate >= smallest:
            return "consistent", "the interval lies wholly on the expected side, and the difference is large enough"
        if ends[1] < smallest:
            return "inconsistent", "on the expected side, but too small to matter"
        return "inconclusive", "on the expected side, and perhaps too small to matter"
    if ends[1] < 0:
        return "inconsistent", "the interval lies wholly on the opposite side"
    if ends[1] < smallest:
        return "inconsistent", ABSENT
    return "inconclusive", "the interval holds both no difference and one that matters"


def p_value(sign: int, smallest: float, contrast: Contrast) -> float:
    """Of the verdict `consistent`: 1 less the level up to which the interval would still give it."""
    distance = smallest - abs(contrast.estimate) if sign == 0 else sign * contrast.estimate
    return contrast.p_value(distance)


def add_holm(rows: list[dict[str, Any]]) -> None:
    """Say of every consistent theory whether it survives Holm's correction over those registered before any result."""
    family = [row for row in rows if row["is_prespecified"] and row["p_value"] is not None]
    survives = dict(zip([row["theory_id"] for row in family], survives_holm([row["p_value"] for row in family]), strict=True))
    for row in rows:
        if row["verdict"] == "consistent":
            row["reason"] += f"; {HOLM[survives.get(row['theory_id'])]}"
