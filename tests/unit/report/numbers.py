"""Invented open rows of what surrounds a pooled mean: missing second scores, thresholds, what comes by itself, other pools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.tables.released_numbers import ANALYSES

if TYPE_CHECKING:
    from pipeline.measures import Measure
    from tests.unit.report.conftest import Tables

FEW = {"status": "too_few", "note": "With fewer than five sites to pool, no pooled figure is given."}
SHOWN = {"status": "shown", "note": ""}


def surround(made: Tables, measure: Measure, *, is_pooled: bool) -> None:
    """Add the rows and findings of one measure, withheld where nothing is pooled."""
    if is_pooled:
        _missing(made, measure)
        _thresholds(made, measure)
        _sizes(made, measure)
        _pools(made, measure)
    else:
        _withheld(made, measure)


def _withheld(made: Tables, measure: Measure) -> None:
    name = measure.id
    made.rows["open_missing"].append({"measure": name, **FEW})
    made.rows["open_verdicts"].append({"measure": name, "status": "too_few", "reason": FEW["note"]})
    made.rows["open_twin"].append({"measure": name, "is_sourced": False, **FEW})
    made.rows["open_agreement"].append({"measure": name, "k_sites": 4, **FEW})
    made.rows["open_sensitivity"].append({"measure": name, "analysis": ANALYSES[0], **FEW})
    made.rows["open_effects"].append({"measure": name, **FEW})
    if measure.clinical_cut_offs:
        cut = float(measure.clinical_cut_offs[0].value)
        made.rows["open_recovery"].append({"measure": name, "share": "recovered", "cut_off": cut, **FEW})
        made.rows["open_severity"].append({"measure": name, "band": "case", "cut": cut, **FEW})
        made.finding(f"recovery.{name}.recovered_pct", status="too_few", statement=FEW["note"])
    for key in (f"missing.{name}.imputed", f"thresholds.{name}.verdict", f"sensitivity.{name}.methods"):
        made.finding(key, status="too_few", statement=FEW["note"])


def _missing(made: Tables, measure: Measure) -> None:
    name, mean = measure.id, round((measure.range.high - measure.range.low) * 0.18, 1)
    row = {"k_sites": 24, "n": 1200, "complete": mean, "estimate": mean - 0.4, "low": mean - 1.8, "high": mean + 1.0}
    made.rows["open_missing"].append({"measure": name, **row, **SHOWN})
    made.finding(f"missing.{name}.imputed", row["estimate"], low=row["low"], high=row["high"], k_sites=24)
    made.finding(f"missing.{name}.complete", mean, n=1200, k_sites=24)
    for scenario, fill, then in (("tenth_percentile", -2, 6), ("no_change", 0, 8), ("ninetieth_percentile", 30, 18)):
        found = {"measure": name, "scenario": scenario, "fill": fill, "mean_improvement": then}
        made.rows["open_scenarios"].append({**found, **SHOWN})
        made.finding(f"missing.{name}.{scenario}", then)
    made.rows["open_tipping"].append({"measure": name, "question": "no_effect", "outcome": "reached", "delta": 22.5, **SHOWN})
    made.finding(f"missing.{name}.no_effect", 22.5)
    already = {"measure": name, "question": "too_small", "outcome": "already", "smallest_important": 16.0}
    made.rows["open_tipping"].append({**already, **SHOWN})
    made.finding(f"missing.{name}.too_small", statement="it would already lie below it")
    first = {"characteristic": "first_score", "mean_paired": 41.2, "mean_unpaired": 43.9, "difference": -0.22}
    made.rows["open_balance"].append({"measure": name, **first, "status": "shown"})
    share = {"characteristic": "age_under_25", "share_paired_pct": 14, "share_unpaired_pct": 19, "difference": -0.13}
    made.rows["open_balance"].append({"measure": name, **share, "status": "shown"})
    made.rows["open_balance"].append({"measure": name, "characteristic": "pathway_other", "status": "too_few"})
    made.finding(f"balance.{name}.first_score", -0.22)
    made.finding(f"missing.{name}.S01.site_no_change", 9)
    _severity(made, measure)


def _severity(made: Tables, measure: Measure) -> None:
    """By the cut-off, with counts; by thirds, of which the shares alone may stand."""
    name, cut = measure.id, next((float(each.value) for each in measure.clinical_cut_offs), None)
    bands = ("not_case", "case") if cut is not None else ("low_third", "middle_third", "high_third")
    for at, band in enumerate(bands):
        counts = {"n_due": 700, "n_paired": 455 - 35 * at} if cut is not None else {}
        row = {"measure": name, "band": band, "cut": cut, **counts, "completion_pct": 65 - 5 * at}
        made.rows["open_severity"].append({**row, **SHOWN})
        made.finding(f"completion.{name}.{band}_pct", row["completion_pct"], n=counts.get("n_due"))


def _sizes(made: Tables, measure: Measure) -> None:
    """Sizes of change, and recovery where there is a cut-off; reliable recovery is withheld."""
    name, cut = measure.id, next((float(each.value) for each in measure.clinical_cut_offs), None)
    sizes = {"d_z": 1.21, "d_av": 1.17, "d_pre": 1.31}
    limits = {f"{size}_{end}": value + by for size, value in sizes.items() for end, by in (("low", -0.1), ("high", 0.1))}
    ranks = {"hodges_lehmann": 8.5, "hodges_lehmann_low": 7.5, "hodges_lehmann_high": 9.0, "wilcoxon_p": 0.001}
    made.rows["open_effects"].append({"measure": name, "n": 1200, "r": 0.54, **sizes, **limits, **ranks, **SHOWN})
    if cut is None:
        return
    found = {"share_pct": 46, "share_low_pct": 41, "share_high_pct": 51}
    row = {"measure": name, "share": "recovered", "cut_off": cut, "n_cases": 900, "n": 415, **found}
    made.rows["open_recovery"].append({**row, **SHOWN})
    made.finding(f"recovery.{name}.recovered_pct", 46, low=41, high=51, n=900)
    why = {"status": "too_few", "note": "Too few women who were cases before, or women of too few sites, recovered or did not."}
    made.rows["open_recovery"].append({"measure": name, "share": "reliably_recovered", "cut_off": cut, **why})
    made.finding(f"recovery.{name}.reliably_recovered_pct", status="too_few", statement=why["note"])


def _thresholds(made: Tables, measure: Measure) -> None:
    name, primary = measure.id, measure.primary_reliable_change
    width = (measure.range.high - measure.range.low) / 40
    rows = [(width * step, False) for step in range(1, 17)] + ([(float(primary), True)] if primary else [])
    for position, (points, is_published) in enumerate(rows):
        share = max(12, 90 - 5 * position) if not is_published else 52
        row: dict[str, Any] = {"measure": name, "points": points, "is_published": is_published, "status": "shown"}
        row |= {"improved_pct": share, "low_pct": share - 4, "high_pct": share + 4}
        row |= {"deteriorated_pct": max(1, 9 - position), "twin_pct": max(1, 20 - 2 * position)}
        made.rows["open_thresholds"].append(row)
    verdict = {"verdict": "not_assessed", "reason": "fewer than two published thresholds", "status": "shown"}
    made.rows["open_verdicts"].append({"measure": name, **verdict})
    made.finding(f"thresholds.{name}.verdict", statement=verdict["reason"])
    if name == "pcl5":
        tried = [(0.0, 7.9), (20.0, 4.3), (40.0, 0.7)]
        curve = {"measure": name, "is_sourced": False, "retest": 0.82, "observed": 14.4}
        made.rows["open_twin"] += [{**curve, "population_mean": mu, "expected": gain, **SHOWN} for mu, gain in tried]
        made.finding(f"twin.{name}.expected_range", low=0.7, high=7.9)
    elif name == "core10":
        found = {"is_sourced": True, "population_mean": 4.8, "retest": 0.9, "observed": 7.2, "expected": 1.4}
        made.rows["open_twin"].append({"measure": name, **found, **SHOWN})
        made.finding(f"twin.{name}.expected", 1.4)
    else:
        lacks = {"is_sourced": False, "status": "not_recorded", "note": "no test-retest correlation of this measure is sourced"}
        made.rows["open_twin"].append({"measure": name, **lacks})
    if name != "reqol10":
        for method, classes in (("JT", ("reliably_improved", "not_reliably_improved")), ("HA", ())):
            given = {"measure": name, "method": method, "reliability": 0.82}
            made.rows["open_methods"] += [
                {**given, "class": each, "n": 600, "share_pct": 50, "status": "shown"} for each in classes
            ]
            made.rows["open_methods"].append({**given, "class": "reliably_deteriorated", "status": "too_few"})


def _pools(made: Tables, measure: Measure) -> None:
    name, mean = measure.id, round((measure.range.high - measure.range.low) * 0.18, 1)
    limits = {"low": mean - 1.5, "high": mean + 1.5}
    two = {"two_stage": mean, "two_stage_low": mean - 1.6, "two_stage_high": mean + 1.6}
    one = {"measure": name, "k_sites": 24, "estimate": mean, **limits, **two, "icc": 0.06, "agrees": True}
    made.rows["open_agreement"].append({**one, "status": "shown", "note": "Both ways of pooling say the same."})
    for analysis in ANALYSES[:4]:
        row = {"measure": name, "analysis": analysis, "k_sites": 24, "estimate": mean, **limits}
        made.rows["open_sensitivity"].append({**row, **SHOWN})
    out = {"measure": name, "analysis": "one_site_left_out", "k_sites": 23, "least": mean - 0.3, "most": mean + 0.3}
    made.rows["open_sensitivity"].append({**out, **SHOWN})
    days = {"lower_days": 0, "median_days": 42, "upper_days": 91}
    made.rows["open_timing"].append({"measure": name, "site_id": "ALL", **days, "status": "shown"})
    made.rows["open_timing"].append({"measure": name, "site_id": "S01", "median_days": -3, "status": "shown"})
    made.rows["open_timing"].append({"measure": name, "site_id": "S02", "status": "too_few"})
    made.finding(f"timing.{name}.median_days", 42)
    made.finding(f"sensitivity.{name}.methods", low=mean, high=mean)
    made.finding(f"sensitivity.{name}.one_site_left_out", low=out["least"], high=out["most"])
