"""The open page of each theory: its words, its verdict, and a contrast only where both sides may be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.disclosure.rule import as_status, is_spread, may_enter, round_counts
from pipeline.stages.appraise import sites_with
from pipeline.tables import empty

if TYPE_CHECKING:
    from pandas import DataFrame

    from pipeline.config import ReleaseSettings
    from pipeline.theories import Theory

_CONTRASTS = ["estimate", "low", "high", "estimate_adjusted", "low_adjusted", "high_adjusted", "smallest_detectable"]
_EXPECTED = {
    "larger_improvement": "women improve more",
    "smaller_improvement": "women improve less",
    "higher": "it is higher",
    "lower": "it is lower",
    "no_difference": "there is no difference that matters",
}


def release_theories(
    appraisal: DataFrame, theories: dict[str, Theory], effects: DataFrame, service: DataFrame, rule: ReleaseSettings
) -> DataFrame:
    """One row a theory. Numbers of women are rounded, and withheld with the contrast where a side may not stand as a figure."""
    import pandas as pd

    if appraisal.empty:
        return empty("open_theories")
    known = [theories[name] for name in appraisal["theory_id"]]
    fits = pd.Series([_may_stand(t, effects, service, rule) for t in known], index=appraisal.index)
    table = appraisal[["theory_id", "verdict", "reason", "registered"]].assign(
        title=[t.title for t in known],
        context=[in_words(t) for t in known],
        mechanism=[t.mechanism.says for t in known],
        outcome=[f"{_EXPECTED[t.outcome.expected]} on {t.outcome.measure}" for t in known],
        would_count_against=[t.would_count_against for t in known],
        k_sites_with=appraisal["sites_with"],
        k_sites_without=appraisal["sites_without"],
        n_women_with=round_counts(appraisal["women_with"], rule).where(fits),
        n_women_without=round_counts(appraisal["women_without"], rule).where(fits),
        status=as_status(fits),
    )
    table[_CONTRASTS] = (appraisal[_CONTRASTS].round(1) + 0.0).where(fits)
    return table


def _may_stand(theory: Theory, effects: DataFrame, service: DataFrame, rule: ReleaseSettings) -> bool:
    """Whether each side of the contrast may be shown: no site that is small and alone, and no two that are most of it."""
    sites = effects[(effects["measure"] == theory.outcome.measure) & effects["is_pooled"]].set_index("site_id")
    has_context = sites_with(service, theory).reindex(sites.index).dropna().astype(bool)
    n = sites["n_paired"].reindex(has_context.index)
    return all(bool(may_enter(side, rule).all()) and is_spread(side, rule) for side in (n[has_context], n[~has_context]))


def in_words(theory: Theory) -> str:
    """The context as a phrase."""
    name = theory.context.variable.partition(".")[2].replace("_", " ")
    words: dict[str, Any] = {"y": "yes", "n": "no"}
    return f"{name}: {words.get(theory.context.is_, theory.context.is_)}"
