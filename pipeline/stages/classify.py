"""Classify: how much a share of improved women depends on where the line is drawn, and what would come of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.stats.regression_twin import Population, Scale, expected_improvement, expected_over_means, expected_shares
from pipeline.stats.reliable_methods import reliable_change_by_method
from pipeline.stats.threshold_strip import Shares, threshold_strip
from pipeline.tables import empty, shape

if TYPE_CHECKING:
    from pandas import DataFrame

    from pipeline.measures import Measure

NAMES = ("strip", "strip_verdicts", "twin", "methods")
CURVE_POINTS = 9
"""So many population means are tried where none is sourced."""
Rows = list[dict[str, Any]]


def classify(change: DataFrame, measures: dict[str, Measure]) -> dict[str, DataFrame]:
    """By measure, over each woman's first pair.

    `strip`: shares improved and deteriorated at every threshold; `strip_verdicts`: whether the published ones agree; `twin`: what
    regression to the mean alone would give, at the sourced mean of the unselected population, or over means where none is
    sourced; `methods`: classes by the six methods of reliable change, where a reliability is sourced.
    """
    import pandas as pd

    used = change[change["first_referral"].fillna(value=False).astype(bool)]
    found: dict[str, Rows] = {name: [] for name in NAMES}
    for name, measure in measures.items():
        women = used[used["measure"] == name].sort_values(["site_id", "referral_id"], kind="stable")
        if women.empty:
            continue
        strip, verdict = _strip(women, measure)
        found["strip"] += strip
        found["strip_verdicts"].append(verdict)
        found["twin"] += _twin(women, measure)
        found["methods"] += _methods(women, measure)
    return {name: shape(name, pd.DataFrame(rows)) if rows else empty(name) for name, rows in found.items()}


def _scale(measure: Measure) -> Scale:
    limits = measure.range
    return Scale(float(limits.low), float(limits.high), None if limits.step == "any" else float(limits.step))


def _retest(measure: Measure) -> float | None:
    return next((r.value for r in measure.reliabilities if r.kind == "test_retest" and r.evidence != "BK"), None)


def _population(measure: Measure) -> Population | None:
    """The unselected population, where its mean, its SD and a test-retest correlation are all sourced."""
    norm, retest = next((n for n in measure.norms if not n.selected and n.evidence != "BK"), None), _retest(measure)
    return None if norm is None or retest is None else Population(float(norm.mean), float(norm.sd), retest)


def _published(measure: Measure) -> list[float]:
    return sorted({float(change.points) for change in measure.reliable_changes if change.evidence != "BK"})


def _strip(women: DataFrame, measure: Measure) -> tuple[Rows, dict[str, Any]]:
    import pandas as pd

    codes = pd.factorize(women["site_id"], sort=True)[0]
    pre, gain = women["pre"].to_numpy(), women["improvement"].to_numpy()
    scale, published = _scale(measure), _published(measure)
    made = threshold_strip(
        pre, gain, scale=scale, sign=measure.sign, published=published, population=_population(measure), site_codes=codes
    )
    rows = [*_shares(made.curve, measure.id, is_published=False), *_shares(made.published, measure.id, is_published=True)]
    return rows, {"measure": measure.id, "n": made.n, "verdict": made.verdict, "reason": made.reason}


def _shares(shares: Shares, measure: str, *, is_published: bool) -> Rows:
    columns = ("improved", "low", "high", "deteriorated", "twin")
    return [
        {"measure": measure, "points": points, "is_published": is_published}
        | {column: getattr(shares, column)[at] for column in columns}
        for at, points in enumerate(shares.thresholds)
    ]


def _twin(women: DataFrame, measure: Measure) -> Rows:
    """What a group that came in a bad moment gains by being asked again; a row a population mean that was tried."""
    pre, population, retest = women["pre"].to_numpy(), _population(measure), _retest(measure)
    row: dict[str, Any] = {"measure": measure.id, "observed": float(women["improvement"].mean()), "retest": retest}
    if population is not None:
        primary = measure.primary_reliable_change
        expected = row | {"population_mean": population.mean, "is_sourced": True}
        expected |= {"expected": float(np.mean(expected_improvement(pre, population, sign=measure.sign)))}
        if primary is not None:
            shares = expected_shares(pre, population, scale=_scale(measure), thresholds=[float(primary)], sign=measure.sign)
            expected |= {"improved": shares.improved[0], "deteriorated": shares.deteriorated[0]}
        return [expected | {"reason": ""}]
    if retest is None:
        return [row | {"is_sourced": False, "reason": "no test-retest correlation of this measure is sourced"}]
    means = np.linspace(float(measure.range.low), float(np.mean(pre)), CURVE_POINTS)
    gains = expected_over_means(pre, means, retest=retest, sign=measure.sign)
    reason = "no mean of an unselected population is sourced: a curve over means, no point"
    return [
        row | {"is_sourced": False, "population_mean": mean, "expected": gain, "reason": reason}
        for mean, gain in zip(means, gains, strict=True)
    ]


def _methods(women: DataFrame, measure: Measure) -> Rows:
    reliability = next((r for r in measure.reliabilities if r.evidence != "BK"), None)
    if reliability is None:
        return []
    made = reliable_change_by_method(
        women["pre"].to_numpy(), women["post"].to_numpy(), sign=measure.sign, reliability=reliability.value
    )
    rows: Rows = []
    for method, found in made.items():
        names, counts = np.unique(found.classes, return_counts=True)
        given = {"measure": measure.id, "method": method, "reliability": reliability.value, "reason": found.reason}
        rows += [given | {"class": name, "n": count} for name, count in zip(names, counts, strict=True)]
    return rows
