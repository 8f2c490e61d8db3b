"""The open page of each theory: its words, its verdict, and a contrast only where both sides may be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.codes import INTERVENTIONS, PATHWAYS, SERVICE_FEATURES
from pipeline.disclosure.rule import as_status, is_spread, may_enter, round_counts
from pipeline.tables import empty

if TYPE_CHECKING:
    from pandas import DataFrame

    from pipeline.config import ReleaseSettings
    from pipeline.theories import Theory

_TOLD_BY_SITE = {*PATHWAYS, *INTERVENTIONS, *SERVICE_FEATURES}
"""Components that open_services tells of every site."""
_CONTRASTS = ["estimate", "low", "high", "estimate_adjusted", "low_adjusted", "high_adjusted", "smallest_detectable"]
_PER_CENT = "percentage points"
_UNITS = {"points": "points", "sd": "points", "days": "days", "risk_difference": _PER_CENT}
_COUNTED = {"experience": "answers", "staff": "staff", "training": "attendees"}
"""Whose numbers they are; of every other outcome, women's."""
_EXPECTED = {
    "larger_improvement": "women improve more",
    "smaller_improvement": "women improve less",
    "higher": "it is higher",
    "lower": "it is lower",
    "shorter": "it is shorter",
    "longer": "it is longer",
    "no_difference": "there is no difference that matters",
}


def release_theories(
    appraisal: DataFrame, testability: DataFrame, theories: dict[str, Theory], theory_sites: DataFrame, rule: ReleaseSettings
) -> DataFrame:
    """One row a theory. Numbers of women are rounded, and withheld with the contrast where a side may not stand as a figure.

    `testability` is the table of that name: what could be tested before any result.
    """
    import pandas as pd

    if appraisal.empty:
        return empty("open_theories")
    known = [theories[name] for name in appraisal["theory_id"]]
    fits = pd.Series([_may_stand(t, theory_sites, rule) for t in known], index=appraisal.index)
    table = appraisal[["theory_id", "verdict", "reason", "registered"]].assign(
        title=[t.title for t in known],
        context=[in_words(t) for t in known],
        mechanism=[t.mechanism.says for t in known],
        outcome=[_outcome(t) for t in known],
        would_count_against=[t.would_count_against for t in known],
        k_sites_with=appraisal["sites_with"],
        k_sites_without=appraisal["sites_without"],
        n_women_with=round_counts(appraisal["women_with"], rule).where(fits),
        n_women_without=round_counts(appraisal["women_without"], rule).where(fits),
        status=as_status(fits),
        **_of_pages(known),
    )
    before = testability.set_index("theory_id").reindex(table["theory_id"])
    table["testability"], table["k_sites_unknown"] = (before[name].to_numpy() for name in ("reason", "sites_unknown"))
    table["unit"] = [_UNITS[t.smallest_difference.scale] for t in known]
    is_share = table["unit"] == _PER_CENT
    rounded = appraisal[_CONTRASTS].round(1).where(~is_share, (100 * appraisal[_CONTRASTS]).round())
    table[_CONTRASTS] = (rounded + 0.0).where(fits)
    is_in_sd = pd.Series([t.smallest_difference.scale == "sd" for t in known], index=table.index, dtype="bool")
    asked = table["smallest_difference"].where(~is_in_sd)  # contrasts are in points, whatever the difference was stated in
    table["smallest_difference"] = asked.where(~is_share, 100 * asked).round(2)
    return table


def _of_pages(theories: list[Theory]) -> dict[str, list[Any]]:
    """What the page of a theory says beside its contrast: facts of its file alone."""
    is_told = [theory.context.is_of_sites and theory.context.column in _TOLD_BY_SITE for theory in theories]
    is_plain = [theory.outcome.kind == "change" and theory.population is None for theory in theories]
    return {
        "test": [theory.test for theory in theories],
        "counted": [_COUNTED.get(theory.outcome.kind, "women") for theory in theories],
        "population": [_population(theory) for theory in theories],
        "smallest_difference": [float(theory.smallest_difference.value) for theory in theories],
        "side": [{1: "with", -1: "without"}.get(theory.sign, "neither") for theory in theories],
        "component": [theory.context.column if told else None for theory, told in zip(theories, is_told, strict=True)],
        "component_value": [theory.context.codes[0] if told else None for theory, told in zip(theories, is_told, strict=True)],
        "measure": [theory.outcome.measure if plain else None for theory, plain in zip(theories, is_plain, strict=True)],
    }


def _population(theory: Theory) -> str | None:
    """Whom the theory is about, as a phrase."""
    chosen = theory.population.chosen if theory.population else {}
    return "; ".join(_phrase(name, codes) for name, codes in chosen.items()) or None


def _outcome(theory: Theory) -> str:
    """What is expected, as a phrase."""
    outcome = theory.outcome
    expected = _EXPECTED[outcome.expected]
    if outcome.kind == "change":
        return f"{expected} on {outcome.measure}"
    if outcome.kind == "recovered":
        return f"{expected}, the share who recover on {outcome.measure}"
    what = {
        "retention": "the share who have a second score",
        "wait": f"the wait to {outcome.event}",
    }
    if outcome.is_of_voices:
        return _voiced(theory)
    return f"{what[outcome.kind]}: {expected}{_in_time(theory)}"


def _in_time(theory: Theory) -> str:
    """Of a wait that is told as a share: whose share, since more in time is a shorter wait."""
    if theory.outcome.kind != "wait" or theory.smallest_difference.scale != "risk_difference":
        return ""
    many = {"shorter": "more", "longer": "fewer"}.get(theory.outcome.expected, "as many")
    return f", {many} women have it within {theory.outcome.within_weeks} weeks"


def _voiced(theory: Theory) -> str:
    """What people are expected to say, as a phrase."""
    instrument, part = theory.outcome.asked
    asked = f"question {part}" if part.isdigit() else part.replace("_", " ")
    if theory.outcome.kind == "experience":
        said = {"higher": "more answers are positive", "lower": "fewer answers are positive"}.get(theory.outcome.expected)
        return f"{said or 'as many answers are positive'} to {asked} on {instrument}"
    who = "staff" if theory.outcome.kind == "staff" else "those who were trained"
    more = {"larger_improvement": "improve more", "smaller_improvement": "improve less"}.get(theory.outcome.expected)
    return f"{who} {more or 'improve neither more nor less'} in {asked} on {instrument}"


def _may_stand(theory: Theory, theory_sites: DataFrame, rule: ReleaseSettings) -> bool:
    """Whether each side of the contrast may be shown: no site that is small and alone, and no two that are most of it."""
    narrowed = (theory.population.pathway if theory.population else None) or ()
    about = {*theory.context.codes, *narrowed}
    if about & {*rule.sensitive.pathways}:
        rule = rule.model_copy(update={"minimum_count": rule.sensitive.minimum_count})
    sites = theory_sites[(theory_sites["theory_id"] == theory.id) & theory_sites["is_used"]]
    has_context = sites["has_context"].fillna(value=False).astype(bool)
    sides: tuple[Any, ...] = (sites["n"][has_context], sites["n"][~has_context])
    if not theory.context.is_of_sites:
        sides = tuple(n[n > 0] for n in (sites["n_with"], sites["n_without"]))
    return all(bool(may_enter(side, rule).all()) and is_spread(side, rule) for side in sides)


def in_words(theory: Theory) -> str:
    """The context as a phrase."""
    return _phrase(theory.context.column, theory.context.codes)


def _phrase(name: str, codes: tuple[str, ...]) -> str:
    words: dict[str, Any] = {"y": "yes", "n": "no"}
    return f"{name.replace('_', ' ')}: {' or '.join(words.get(code, code.replace('_', ' ')) for code in codes)}"
