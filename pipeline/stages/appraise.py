"""Appraise: what can be tested, before any result; then a verdict on each theory by a stated rule. Never `confirmed`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.stages.appraise_configuration import Configured, configure
from pipeline.stages.appraise_contexts import sites_with, told_apart
from pipeline.stages.appraise_mediation import contrast_by_indicator, with_context_of_sites
from pipeline.stages.appraise_sites import (
    NO_RECORDS,
    Finding,
    contrast_of_sites,
    effects_of_measure,
    effects_of_women,
    scale_of,
)
from pipeline.stages.appraise_verdict import WEAK, add_holm, judge, p_value
from pipeline.stages.appraise_voices import contrast_of_voices
from pipeline.stages.appraise_within import SINGULAR, contrast_of_women
from pipeline.stages.appraise_women import Records, women_of
from pipeline.tables import empty, shape
from pipeline.theories.registration import changes, is_prespecified, registration

if TYPE_CHECKING:
    from pandas import DataFrame

    from pipeline.stats.contrast import Contrast
    from pipeline.theories import Theory

__all__ = ["Records", "appraise", "sites_with"]
BEHIND = ("theory_sites", "truth_table", "solutions", "necessary", "configurations", "theory_changes")
"""The exact tables behind the verdicts, made where rows of women are given."""


def appraise(
    site_effects: DataFrame,
    adjusted: DataFrame,
    service: DataFrame,
    theories: dict[str, Theory],
    lock: dict[str, Any] | None,
    *,
    records: Records | None = None,
    seed: int = 0,
) -> dict[str, DataFrame]:
    """`testability` and `appraisal`, a row a theory; with `records` the tables named in `BEHIND` too.

    A verdict of consistent or inconsistent needs the crude and the baseline-adjusted contrast to agree. `lock` is what
    `register` wrote: without it a theory was declared and not witnessed. Holm's correction is made over the theories that
    were registered before any result and could be tested. Without `records`, theories of other outcomes than a measure's
    change, of contexts of women, or of part of the women cannot be tested.
    """
    found = {name: _find(each, site_effects, adjusted, service, records, seed) for name, each in theories.items()}
    contexts = {
        each.id: sites_with(service, each) if each.context.is_of_sites else found[name].units for name, each in theories.items()
    }
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in ("testability", "appraisal", *BEHIND)}
    for name, theory in theories.items():
        finding, entry = found[name], (lock or {}).get(name)
        configured = _configure(theory, finding, site_effects, adjusted, service, records, seed)
        alike = told_apart(theory, finding.units, contexts, theories) if configured is None else None
        rows["testability"].append(_testability(theory, finding, configured, records, alike))
        rows["appraisal"].append(_appraise_one(theory, finding, configured, entry, alike))
        rows["theory_sites"] += [{str(k): v for k, v in row.items()} for row in finding.sites.to_dict("records")]
        for table, more in (configured.rows if configured else {}).items():
            rows[table] += more
        rows["theory_changes"] += _changed(theory, entry)
    add_holm(rows["appraisal"])
    return {name: _table(name, rows[name]) for name in ("testability", "appraisal", *(BEHIND if records else ()))}


def _find(
    theory: Theory, site_effects: DataFrame, adjusted: DataFrame, service: DataFrame, records: Records | None, seed: int
) -> Finding:
    """What the sites or women say of a theory's context."""
    if theory.outcome.kind == "change" and theory.population is None and theory.context.is_of_sites:
        effects = effects_of_measure(theory.outcome.measure, site_effects, adjusted)
        whole = contrast_of_sites(theory, effects, sites_with(service, theory))
        if theory.test != "mediation":
            return whole
    if records is None:
        return _nothing(theory)
    if theory.outcome.is_of_voices:
        return contrast_of_voices(theory, records.voices, sites_with(service, theory))
    women = women_of(theory, records, service)
    if theory.context.is_of_sites:
        if theory.outcome.kind != "change" or theory.population is not None:
            whole = contrast_of_sites(theory, effects_of_women(women, records, scale_of(theory)), sites_with(service, theory))
        women = with_context_of_sites(women, sites_with(service, theory))
    else:
        whole = contrast_of_women(theory, women, records)
    return whole if theory.test != "mediation" else contrast_by_indicator(theory, women, records.experience, whole, seed)


def _nothing(theory: Theory) -> Finding:
    import pandas as pd

    none = {f"{what}_{side}": 0 for what in ("sites", "women") for side in ("with", "without")}
    return Finding(
        counts=none,
        sites_unknown=0,
        smallest=float(theory.smallest_difference.value),
        detectable=float("nan"),
        units=pd.Series(dtype="bool"),
        sites=pd.DataFrame(),
        planning="none",
        lacks=NO_RECORDS,
    )


def _configure(
    theory: Theory,
    finding: Finding,
    site_effects: DataFrame,
    adjusted: DataFrame,
    service: DataFrame,
    records: Records | None,
    seed: int,
) -> Configured | None:
    """The verdict by configurations, where that is the test."""
    if theory.test != "configuration":
        return None
    if finding.lacks:
        return Configured("not_testable", finding.lacks)
    if theory.outcome.kind == "change" and theory.population is None:
        return configure(theory, effects_of_measure(theory.outcome.measure, site_effects, adjusted), service, seed)
    assert records is not None  # else the finding lacks them
    effects = effects_of_women(women_of(theory, records, service), records, scale_of(theory))
    return configure(theory, effects, service, seed)


def _testability(
    theory: Theory, finding: Finding, configured: Configured | None, records: Records | None, alike: str | None
) -> dict[str, Any]:
    """What can be said before any result; what only fitting can tell is left to the verdict."""
    lacks = configured.reason if configured and configured.verdict == "not_testable" else finding.lacks
    if configured is None and (lacks == SINGULAR or lacks.endswith("that sent records")):
        lacks = ""
    is_weak = _is_weak(finding) and not configured
    could = f"{WEAK if is_weak else 'can be tested'}{f'; cannot be told apart from {alike}' if alike else ''}"
    return {
        "theory_id": theory.id,
        "measure": (records.measure_of(theory) if records else theory.outcome.measure) or theory.outcome.variable,
        **finding.counts,
        "sites_unknown": finding.sites_unknown,
        "smallest_detectable": float("nan") if configured else finding.detectable,
        "planning": "configurations: permutations in place of a smallest difference" if configured else finding.planning,
        "is_testable": not lacks,
        "reason": lacks or could,
    }


def _is_weak(finding: Finding) -> bool:
    return finding.detectable > 2 * finding.smallest


def _appraise_one(
    theory: Theory, finding: Finding, configured: Configured | None, entry: dict[str, Any] | None, alike: str | None
) -> dict[str, Any]:
    crude, fair = (None, None) if configured else (finding.crude, finding.fair)
    p = configured.p if configured else None
    if configured is not None:
        verdict, reason = configured.verdict, configured.reason
    elif finding.lacks or crude is None or fair is None:
        verdict, reason = "not_testable", finding.lacks
    else:
        sign, smallest = theory.sign, finding.smallest
        verdict, reason = judge(sign, smallest, crude, fair, is_weak=_is_weak(finding), alike=alike)
        reason = f"{reason}; {finding.note}" if finding.note else reason
        p = max(p_value(sign, smallest, each) for each in (crude, fair))
    return {
        "theory_id": theory.id,
        "test": theory.test,
        **finding.counts,
        **_as_columns(crude, ""),
        **_as_columns(fair, "_adjusted"),
        "mean_pre_with": finding.mean_pre[0],
        "mean_pre_without": finding.mean_pre[1],
        "smallest_detectable": float("nan") if configured else finding.detectable,
        "verdict": verdict,
        "reason": reason,
        "registered": registration(theory, entry),
        "theory_hash": theory.hash,
        "is_prespecified": is_prespecified(theory, entry),
        "p_value": p,
    }


def _as_columns(contrast: Contrast | None, suffix: str) -> dict[str, float]:
    names = ("estimate", "low", "high")
    return {f"{name}{suffix}": getattr(contrast, name) if contrast else float("nan") for name in names}


def _changed(theory: Theory, entry: dict[str, Any] | None) -> list[dict[str, Any]]:
    first = next(iter((entry or {}).get("earlier", [])), entry or {})
    return [{"theory_id": theory.id, "registered": first["date"], **each._asdict()} for each in changes(theory, entry)]


def _table(name: str, rows: list[dict[str, Any]]) -> DataFrame:
    import pandas as pd

    return shape(name, pd.DataFrame(rows)) if rows else empty(name)
