"""Whether the pipeline finds what was planted in invented studies: 200 of 12 sites and 200 of 30, stage by stage in memory.

Run `.venv/bin/python -m benchmarks.recovery`. It goes on where it stopped, prints a table, and keeps
`benchmarks/results/recovery.csv`; `--quick` tries one small study. Truths are those of each study's own answer key.
"""

from __future__ import annotations

import argparse
import dataclasses
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.random import Generator

from benchmarks.coverage.cells import Cell, Design, Quantity, Result
from benchmarks.coverage.ledger import Ledger
from benchmarks.coverage.running import run_all
from pipeline.config import ChangeSettings, CompareSettings
from pipeline.measures import load as load_measures
from pipeline.stages.appraise import appraise
from pipeline.stages.change import change
from pipeline.stages.compare import compare
from pipeline.stages.impute import ALL, impute
from pipeline.stages.score import score
from pipeline.stats.regression_twin import Population, expected_improvement
from pipeline.synthetic.calibration import INVENTED, SOURCED
from pipeline.synthetic.returning import tables_of
from pipeline.synthetic.study import Study, draw_study
from pipeline.synthetic.truth import truth_of
from pipeline.tables import shape
from pipeline.theories import load as load_theories

if TYPE_CHECKING:
    from pandas import DataFrame

RESULTS = Path(__file__).parent / "results" / "recovery.csv"
STUDIES, BATCH, FIRST_SEED = 200, 10, 1_000
SIZES = {12: 2_000, 30: 5_000}
"""Sites, and women referred to them."""
MEASURE = "pcl5"
NORMAL = 1.959964  # the quantile of a 95 % interval
MEASURES = (MEASURE, "core10")
THEORIES = ("CMO-01", "CMO-02", "CMO-03", "CMO-04")
"""The shipped theories whose context has a planted effect, nil or not."""
Finding = tuple[str, Quantity, float, float]
"""What, of which kind, its value in one study (an error in points, or 0 or 1), and what it should be."""


def cells() -> list[Cell]:
    """Studies by size, in batches."""
    batches = range(STUDIES // BATCH)
    return [Cell("studies", batch, BATCH, {"sites": k, "women": n, "batch": b}) for k, n in SIZES.items() for b in batches]


def batch(_: Generator, replicates: int, *, sites: int, women: int, batch: int) -> list[Result]:
    """Analyse studies of consecutive seeds; one result a finding, averaged over them."""
    first = FIRST_SEED + BATCH * batch
    found = [analyse(draw_study(sites=sites, women=women, seed=first + i), first + i, women) for i in range(replicates)]
    names = list(dict.fromkeys((what, kind, nominal) for study in found for what, kind, _, nominal in study))
    design = Design(sites, f"{women} referred", INVENTED.scales[MEASURE].site_sd, "invented study")
    results = []
    for what, kind, nominal in names:
        values = [value for study in found for name, same, value, _ in study if (name, same) == (what, kind)]
        results.append(design.result(what, kind, np.array(values), nominal=nominal))
    return results


def analyse(study: Study, seed: int, women: int) -> list[Finding]:
    """Everything that is judged of one study."""
    truth = truth_of(study, seed=seed, women=women)
    tables = accepted(study)
    measures = {name: load_measures()[name] for name in MEASURES}
    scores = score(tables["outcomes"], measures)
    made = change(scores, tables["referrals"], measures, ChangeSettings(), None)
    made |= compare(
        made["change"], made["missingness"], tables["aggregates"], tables["referrals"], measures, CompareSettings(), seed
    )
    made |= impute(made["due"], tables["referrals"], made["site_effects"], made["pooled"], measures, seed)
    made |= appraise(
        made["site_effects"], made["adjusted"], tables["service"], {name: load_theories()[name] for name in THEORIES}, None
    )
    return [*of_means(made, truth), *of_sites(made, truth), *of_twin(made, truth), *of_contexts(made["appraisal"])]


def accepted(study: Study) -> dict[str, DataFrame]:
    """The tables as they are once validated, with dates at every site."""
    import pandas as pd

    services = tuple(dataclasses.replace(service, dated_by="dates") for service in study.services)
    dated = dataclasses.replace(study, services=services)
    parts = [tables_of(dated, number) for number in range(len(services))]
    found = {}
    for name in ("service", "referrals", "outcomes", "aggregates"):
        sent = [pd.DataFrame(part[name]) for part in parts if name in part]
        found[name] = shape(f"accepted_{name}", _typed(pd.concat(sent, ignore_index=True)) if sent else None)
    return found


def _typed(frame: DataFrame) -> DataFrame:
    names = [str(name) for name in frame]
    dates = {name: "datetime64[us]" for name in names if name == "date" or name.endswith(("_date", "_start", "_end"))}
    return frame.replace({"": None}).astype(dates)


def of_means(made: dict[str, DataFrame], truth: dict[str, Any]) -> list[Finding]:
    """The pooled mean, by complete pairs and imputed, against the mean fall of all women due at the pooled sites."""
    sites = made["site_effects"].query(f"measure == '{MEASURE}' and is_pooled and grain == 'record'")["site_id"]
    target = float(np.mean([truth["by_site"][site]["measures"][MEASURE]["score_fall_due"] for site in sites]))
    complete = made["pooled"].set_index("measure").loc[MEASURE]
    imputed = made["imputed"].query(f"measure == '{MEASURE}' and site_id == '{ALL}'").iloc[0]
    ways = {
        "complete pairs": (complete["estimate"], complete["low_adhoc"], complete["high_adhoc"]),
        "imputed": (imputed["estimate"], imputed["low"], imputed["high"]),
    }
    return [
        finding
        for way, (estimate, low, high) in ways.items()
        for finding in _both(f"Pooled fall of all women due, {way}", estimate, low, high, target)
    ]


def _both(what: str, estimate: float, low: float, high: float, truth: float) -> list[Finding]:
    return [(what, "bias", float(estimate - truth), 0.0), (what, "coverage", float(low <= truth <= high), 0.95)]


def of_sites(made: dict[str, DataFrame], truth: dict[str, Any]) -> list[Finding]:
    """Each pooled site: its mean fall, and its planted improvement beside the others'.

    Means fall by more than was planted, by regression to the mean and by whom a second score is missing for; that is the same
    at every site but for severity, so that effects are compared less their mean, crude and at the same first score.
    """
    rows = made["site_effects"].query(f"measure == '{MEASURE}' and is_pooled and grain == 'record'").set_index("site_id")
    fair = made["adjusted"].query(f"measure == '{MEASURE}'").set_index("site_id").reindex(rows.index)
    keys = [truth["by_site"][site]["measures"][MEASURE] for site in rows.index]
    fall, planted = (np.array([key[name] for key in keys]) for name in ("score_fall_due", "planted_improvement"))
    inside = (rows["low"] <= fall) & (fall <= rows["high"])
    found: list[Finding] = [
        ("Site fall of all women due, complete pairs", "bias", float((rows["mean_improvement"] - fall).mean()), 0.0),
        ("Site fall of all women due, complete pairs", "coverage", float(inside.mean()), 0.95),
    ]
    for way, estimate, half in (
        ("crude", rows["mean_improvement"], (rows["high"] - rows["low"]) / 2),
        ("adjusted", fair["estimate"], NORMAL * fair["se"]),
        ("shrunken", rows["shrunken"], (rows["shrunken_high_averaged"] - rows["shrunken_low_averaged"]) / 2),
    ):
        off = (estimate - estimate.mean()) - (planted - planted.mean())
        what = f"Planted site improvement beside others, {way}"
        found.append((f"{what}: root mean square error, points", "bias", float(np.sqrt((off**2).mean())), 0.0))
        found.append((what, "coverage", float((off.abs() <= half).mean()), 0.95))
    return found


def of_twin(made: dict[str, DataFrame], truth: dict[str, Any]) -> list[Finding]:
    """Regression to the mean: what the first scores of paired women say, against what was planted among women due."""
    overall, scale = truth["overall"][MEASURE], INVENTED.scales[MEASURE]
    population = Population(overall["population_mean_due"], scale.population_sd, SOURCED.reliability)
    pairs = made["change"].query(f"measure == '{MEASURE}' and first_referral")
    expected = float(np.mean(expected_improvement(pairs["pre"], population, sign=1)))
    left = float(pairs["improvement"].mean()) - expected
    return [
        ("Regression to the mean, twin", "bias", expected - overall["regression_to_the_mean_planted"], 0.0),
        ("True improvement of women due: fall less twin", "bias", left - overall["true_improvement_due"], 0.0),
    ]


def of_contexts(appraisal: DataFrame) -> list[Finding]:
    """The contrast of each theory against the effect that was planted, crude and adjusted, and its verdict."""
    found: list[Finding] = []
    for theory in (load_theories()[name] for name in THEORIES):
        context, measure = theory.context.variable.removeprefix("service."), theory.outcome.measure
        planted = INVENTED.context_effects[measure][context]
        row = appraisal.loc[appraisal["theory_id"] == theory.id].iloc[0].to_dict()
        name = f"{theory.id} ({context}, {planted:g} points planted)"
        found.append((f"{name}: testable", "verdict", float(row["verdict"] != "not_testable"), 1.0))
        if row["verdict"] == "not_testable":
            continue
        for way, suffix in (("crude", ""), ("adjusted", "_adjusted")):
            estimate, low, high = (float(row[f"{part}{suffix}"]) for part in ("estimate", "low", "high"))
            found += _both(f"{name}: {way}", estimate, low, high, planted)
        ends = (("consistent", 1.0 if planted else 0.0), ("inconsistent", 0.0 if planted else 1.0))
        found += [(f"{name}: verdict {word}", "verdict", float(row["verdict"] == word), nominal) for word, nominal in ends]
    return found


def summary(results: list[Result]) -> list[Result]:
    """Batches of the same finding and size joined: means weighted by studies, with their standard error."""
    order = {(row.what, row.quantity): at for at, row in reversed(list(enumerate(results)))}

    def key(row: Result) -> tuple[int, int]:
        return row.k, order[row.what, row.quantity]

    joined = []
    for _, group in groupby(sorted(results, key=key), key=key):
        rows = list(group)
        n = np.array([row.replicates for row in rows], dtype=np.float64)
        means, errors = (np.array([getattr(row, name) for row in rows]) for name in ("rate", "error"))
        used = n > 0
        if not used.any():
            continue
        mean = float(np.average(means[used], weights=n[used]))
        within = np.sum(n[used] * (n[used] * errors[used] ** 2 + (means[used] - mean) ** 2)) / n[used].sum()
        joined.append(dataclasses.replace(rows[0], rate=mean, error=float(np.sqrt(within / n.sum())), replicates=int(n.sum())))
    return joined


def main(arguments: list[str] | None = None) -> int:
    """Analyse what is not analysed yet, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recovery", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one study of 12 sites; keeps nothing")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked = parser.parse_args(arguments)
    if asked.quick:
        rows = batch(np.random.default_rng(0), 1, sites=12, women=SIZES[12], batch=0)
    else:
        ledger = Ledger(asked.results)
        run_all(cells(), ledger, workers=asked.workers)
        rows = [row for results in ledger.read().values() for row in results]
    for row in summary(rows):
        print(f"{row.k:3} sites  {row.what:<78} {row.quantity:<16} {row.rate:8.3f} ({row.error:.3f})  of {row.nominal:5.2f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
