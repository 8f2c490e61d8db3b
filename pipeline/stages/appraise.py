"""Appraise: what can be tested, before any result; then a verdict on each theory by a stated rule. Never `confirmed`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.stats.contrast import Contrast, contrast_sites, phi, smallest_detectable, survives_holm
from pipeline.stats.meta import fit_random_effects
from pipeline.tables import empty, shape

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from pipeline.theories import Theory

_SIGNS = {"larger_improvement": 1, "higher": 1, "smaller_improvement": -1, "lower": -1}
_HOLM = {
    True: "survives Holm's correction over the theories registered before results",
    False: "does not survive Holm's correction over the theories registered before results",
    None: "exploratory, as it was not registered before results",
}
ALIKE = 0.8
WEAK = "weak test: only a difference of more than twice the smallest would be seen"
ABSENT = "a difference that matters is ruled out"


def appraise(
    site_effects: DataFrame,
    adjusted: DataFrame,
    service: DataFrame,
    theories: dict[str, Theory],
    lock: dict[str, Any] | None,
) -> dict[str, DataFrame]:
    """`testability` and `appraisal`, a row a theory.

    A verdict of consistent or inconsistent needs the crude and the baseline-adjusted contrast to agree. `lock` is what
    `register` wrote: without it a theory was declared and not witnessed. Holm's correction is made over the theories that
    were registered before any result and could be tested.
    """
    import pandas as pd

    contexts = {t.id: sites_with(service, t) for t in theories.values()}
    testable, appraised = [], []
    for theory in theories.values():
        sites = site_effects[(site_effects["measure"] == theory.outcome.measure) & site_effects["is_pooled"]]
        sites = sites.assign(has_context=sites["site_id"].map(contexts[theory.id]).astype("boolean"))
        known = sites.dropna(subset="has_context")
        test = _testability(theory, sites)
        testable.append(test)
        alike = _told_apart(theory, known, contexts, theories)
        appraised.append(_appraise_one(theory, test, known, adjusted, lock or {}, alike))
    if not testable:
        return {"testability": empty("testability"), "appraisal": empty("appraisal")}
    _add_holm(appraised)
    return {
        "testability": shape("testability", pd.DataFrame(testable)),
        "appraisal": shape("appraisal", pd.DataFrame(appraised)),
    }


def sites_with(service: DataFrame, theory: Theory) -> Series[Any]:
    """Whether each site has the context of a theory, by its latest return; missing where it did not say."""
    column = theory.context.variable.removeprefix("service.")
    ordered = service.sort_values("period_end", kind="stable", na_position="first")
    latest = ordered.drop_duplicates("site_id", keep="last").set_index("site_id")
    return latest[column].map(lambda v: v == theory.context.is_, na_action="ignore").astype("boolean")


def _testability(theory: Theory, sites: DataFrame) -> dict[str, Any]:
    known = sites.dropna(subset="has_context")
    counts = _sides(known)
    smallest = _smallest(known)
    reason = _why_not(theory, counts)
    is_weak = smallest > 2 * theory.smallest_difference.value
    return {
        "theory_id": theory.id,
        "measure": theory.outcome.measure,
        **counts,
        "sites_unknown": int(sites["has_context"].isna().sum()),
        "smallest_detectable": smallest,
        "planning": "blinded: variance between sites and of change, context unseen",
        "is_testable": reason is None,
        "reason": reason or (WEAK if is_weak else "can be tested"),
    }


def _sides(sites: DataFrame) -> dict[str, int]:
    """Sites and women on each side of a context."""
    has_context = sites["has_context"].astype(bool)
    sides = {"with": sites[has_context], "without": sites[~has_context]}
    n_sites = {f"sites_{name}": len(side) for name, side in sides.items()}
    return {**n_sites, **{f"women_{name}": int(side["n_paired"].sum()) for name, side in sides.items()}}


def _smallest(known: DataFrame) -> float:
    if len(known) < 3:
        return float("nan")
    variances = known["se"].to_numpy(dtype="float64") ** 2
    n = known["n_paired"].to_numpy(dtype="float64")
    fit = fit_random_effects(known["mean_improvement"].to_numpy(dtype="float64"), variances)
    variance = float((variances * n * (n - 1)).sum() / (n - 1).sum())
    return smallest_detectable(known["has_context"].to_numpy(dtype=bool), n, tau2=fit.tau2, variance=variance)


def _why_not(theory: Theory, counts: dict[str, int]) -> str | None:
    sites, women = theory.minimum.sites_each_side, theory.minimum.women_each_side
    if min(counts["sites_with"], counts["sites_without"]) < sites:
        return f"fewer than {sites} sites on one side"
    if min(counts["women_with"], counts["women_without"]) < women:
        return f"fewer than {women} women on one side"
    return None


def _appraise_one(
    theory: Theory, test: dict[str, Any], sites: DataFrame, adjusted: DataFrame, lock: dict[str, Any], alike: str | None
) -> dict[str, Any]:
    mine = adjusted.loc[(adjusted["measure"] == theory.outcome.measure) & (adjusted["se"] > 0), ["site_id", "estimate", "se"]]
    both = sites.merge(mine, on="site_id", suffixes=("", "_fitted"))
    lacks = _why_not(theory, _sides(both))
    crude, fair, p_value = None, None, None
    if not test["is_testable"]:
        verdict, reason = "not_testable", test["reason"]
    elif lacks:
        verdict, reason = "not_testable", f"{lacks} that sent records"
    else:
        crude, fair = _contrast(sites, "mean_improvement", "se"), _contrast(both, "estimate", "se_fitted")
        verdict, reason = _judge(theory, crude, fair, alike, is_weak=test["reason"] == WEAK)
        p_value = max(_p_value(theory, each) for each in (crude, fair))
    means = sites.groupby("has_context")["mean_pre"].mean()
    entry = lock.get(theory.id, {})
    return {
        "theory_id": theory.id,
        "test": theory.test,
        **{name: test[name] for name in ("sites_with", "sites_without", "women_with", "women_without", "smallest_detectable")},
        **_as_columns(crude, ""),
        **_as_columns(fair, "_adjusted"),
        "mean_pre_with": means.get(True),
        "mean_pre_without": means.get(False),
        "verdict": verdict,
        "reason": reason,
        "registered": _registration(theory, entry),
        "theory_hash": theory.hash,
        "is_prespecified": _is_prespecified(theory, entry),
        "p_value": p_value,
    }


def _as_columns(contrast: Contrast | None, suffix: str) -> dict[str, float]:
    names = ("estimate", "low", "high")
    return {f"{name}{suffix}": getattr(contrast, name) if contrast else float("nan") for name in names}


def _contrast(sites: DataFrame, effect: str, error: str) -> Contrast:
    effects, errors = (sites[name].to_numpy(dtype="float64") for name in (effect, error))
    return contrast_sites(effects, errors, sites["has_context"].to_numpy(dtype=bool))


def _p_value(theory: Theory, contrast: Contrast) -> float:
    """Of the verdict `consistent`: 1 less the level up to which the interval would still give it."""
    expected, estimate = theory.outcome.expected, contrast.estimate
    if expected == "no_difference":
        return contrast.p_value(float(theory.smallest_difference.value) - abs(estimate))
    return contrast.p_value(_SIGNS[expected] * estimate)


def _add_holm(rows: list[dict[str, Any]]) -> None:
    """Say of every consistent theory whether it survives Holm's correction over those registered before any result."""
    family = [row for row in rows if row["is_prespecified"] and row["p_value"] is not None]
    survives = dict(zip([row["theory_id"] for row in family], survives_holm([row["p_value"] for row in family]), strict=True))
    for row in rows:
        if row["verdict"] == "consistent":
            row["reason"] += f"; {_HOLM[survives.get(row['theory_id'])]}"


def _told_apart(theory: Theory, sites: DataFrame, contexts: dict[str, Any], theories: dict[str, Theory]) -> str | None:
    """Another theory whose context splits these sites alike, if there is one."""
    mine = sites["has_context"].to_numpy(dtype=bool)
    for other in theories.values():
        if other.context.variable == theory.context.variable:
            continue
        theirs = sites["site_id"].map(contexts[other.id]).astype("boolean")
        known = theirs.notna().to_numpy()
        if known.sum() > 2 and abs(phi(mine[known], theirs[known].to_numpy(dtype=bool))) >= ALIKE:
            return other.id
    return None


def _judge(theory: Theory, crude: Contrast, fair: Contrast, alike: str | None, *, is_weak: bool) -> tuple[str, str]:
    if alike:
        return "inconclusive", f"cannot be told apart from {alike}"
    first, second = (_reading(theory, contrast) for contrast in (crude, fair))
    if first[0] != second[0]:
        return "inconclusive", "depends on baseline adjustment"
    found = first if first == second or first[0] != "inconsistent" else ("inconsistent", ABSENT)  # which the others imply
    is_null = found[0] == "inconclusive" or found[1] == ABSENT
    return ("inconclusive", WEAK) if is_weak and is_null else found


def _reading(theory: Theory, contrast: Contrast) -> tuple[str, str]:
    """The verdict that one interval alone would give."""
    smallest = float(theory.smallest_difference.value)
    if theory.outcome.expected == "no_difference":
        if -smallest < contrast.low and contrast.high < smallest:
            return "consistent", "the interval lies within the smallest difference on both sides"
        is_apart = contrast.low > smallest or contrast.high < -smallest
        return (
            ("inconsistent", "a difference where none was expected") if is_apart else ("inconclusive", "the interval is too wide")
        )
    sign = _SIGNS[theory.outcome.expected]
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


def _is_prespecified(theory: Theory, entry: dict[str, Any]) -> bool:
    return bool(entry) and entry["hash"] == theory.hash and not entry["outcomes_processed"]


def _registration(theory: Theory, entry: dict[str, Any]) -> str:
    if _is_prespecified(theory, entry):
        return f"prespecified on {entry['date']}"
    if entry and entry["hash"] != theory.hash:
        return f"changed since it was registered on {entry['date']}: exploratory"
    return "declared, not witnessed: exploratory"
