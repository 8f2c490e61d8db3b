"""How often the verdicts on theories are right and wrong: 200 invented studies of 12 sites and 200 of 30, by scenario.

Run `.venv/bin/python -m benchmarks.appraisal`. It goes on where it stopped, prints a table, and keeps
`benchmarks/results/appraisal.csv`; `--quick` tries a few studies of each scenario and keeps nothing. In every study the
truth is planted: an effect of twice the smallest difference that matters, none, one the other way round, severer women
alone, or noise.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.random import Generator

from benchmarks.coverage.cells import Cell, Design, Result, sizes
from benchmarks.coverage.ledger import Ledger
from benchmarks.coverage.running import run_all
from pipeline.config import AccessSettings, CompareSettings
from pipeline.measures import load as load_measures
from pipeline.stages.appraise import Records, appraise
from pipeline.stages.compare_one_stage import adjusted_sites
from pipeline.stages.compare_records import record_sites
from pipeline.tables import empty, shape
from pipeline.theories import Theory

if TYPE_CHECKING:
    from pandas import DataFrame

RESULTS = Path(__file__).parent / "results" / "appraisal.csv"
SEEDS, BATCH = 200, 25
SITES = (30, 12)
WOMEN = "20 to 150"
POWER, NO_MORE = 0.8, 0.05
"""How often a true effect should be found where testability says that it can be seen."""
MEASURE = "pcl5"
SMALLEST, SMALLEST_SHARE = 5.0, 0.1
SITE_SD, SITE_SD_SHARE, SLOPE_SD = 3.0, 0.06, 3.0
VERDICTS = ("consistent", "inconsistent", "inconclusive", "not_testable")
CUT = np.datetime64("2026-06-30", "us")
Made = dict[str, Any]


def cells() -> list[Cell]:
    """Scenarios by number of sites, in batches of studies."""
    batches = range(SEEDS // BATCH)
    return [
        Cell(name, _batch, BATCH, {"scenario": name, "k": k, "batch": b}) for k in SITES for name in SCENARIOS for b in batches
    ]


def _batch(rng: Generator, replicates: int, *, scenario: str, k: int, batch: int) -> list[Result]:
    """Appraise studies of one scenario; one result a verdict, and the wanted verdict where it could be seen."""
    make, wanted, nominal = SCENARIOS[scenario]
    found = [_appraised(make, rng, k, seed=batch * BATCH + at) for at in range(replicates)]
    design = Design(k, WOMEN, SITE_SD, detail=scenario)
    is_wanted = {word: word == wanted and nominal != POWER for word in VERDICTS}
    hits = {word: np.array([one[0] == word for one in found], dtype=np.float64) for word in VERDICTS}
    rows = [design.result(word, "verdict", hits[word], nominal=nominal if is_wanted[word] else np.nan) for word in VERDICTS]
    seen = np.array([one[1] for one in found], dtype=np.float64)
    rows.append(design.result("could be seen", "verdict", seen, nominal=np.nan))
    if nominal != POWER:
        return rows
    right = np.where(seen == 1, hits[wanted], np.nan)
    return [*rows, design.result(f"{wanted} where it could be seen", "verdict", right, nominal=nominal)]


def _appraised(make: Callable[[Generator, int], Made], rng: Generator, k: int, seed: int) -> tuple[str, bool]:
    """The verdict, and whether testability says that twice the smallest difference could be seen."""
    made = make(rng, k)
    theory: Theory = made["theory"]
    found = appraise(
        made["site_effects"], made["adjusted"], made["service"], {theory.id: theory}, None, records=made["records"], seed=seed
    )
    test = found["testability"].iloc[0]
    is_seen = bool(test["is_testable"]) and not test["reason"].startswith("weak test")
    return str(found["appraisal"].loc[0, "verdict"]), is_seen


def theory_of(**more: Any) -> Theory:
    """A theory on improvement by 5 points, but for what is given."""
    facts: dict[str, Any] = {
        "id": "CMO-01",
        "title": "Invented",
        "context": {"variable": "service.peer_support", "is": "y"},
        "mechanism": {"says": "Invented."},
        "outcome": {"variable": f"change.{MEASURE}", "expected": "larger_improvement"},
        "smallest_difference": {"value": SMALLEST},
        "would_count_against": "Nothing differs.",
        "registered": datetime.date(2026, 1, 5),
        "sources": ("invented",),
    }
    return Theory.model_validate({**facts, **more})


def changes(
    rng: Generator,
    k: int,
    *,
    effect: float = 0.0,
    severity: float = 0.0,
    by_severity: float = 0.3,
    within: float | None = None,
    n_with: int | None = None,
    theory: Theory | None = None,
) -> Made:
    """Pairs of scores: a context of half the sites that adds `effect` points or `severity`, or one of women, `within`."""
    import pandas as pd

    women = sizes(k, WOMEN)
    has = _half(rng, k, n_with)
    site = np.repeat(np.arange(k), women)
    x = (rng.random(len(site)) < 0.4) & (within is not None)
    true = 45 + severity * has[site] + 2 * rng.standard_normal(k)[site] + 12 * rng.standard_normal(len(site))
    gain = 12 + SITE_SD * rng.standard_normal(k)[site] + effect * has[site] + by_severity * (true - 45)
    gain = gain + ((within or 0.0) + SLOPE_SD * rng.standard_normal(k)[site]) * x + 8 * rng.standard_normal(len(site))
    pre = np.rint(true + 7 * rng.standard_normal(len(site)))
    post = np.rint(true - gain + 7 * rng.standard_normal(len(site)))
    names, referral = _names(site)
    pairs = pd.DataFrame({"site_id": names, "referral_id": referral, "person_id": referral, "measure": MEASURE})
    pairs = pairs.assign(pre=pre, post=post, improvement=pre - post, first_referral=True, **{"class": "not_classified"})
    referrals = _referrals(rng, names, referral).assign(intervention=np.where(x, "emdr", "act"))
    return _study(pairs, referrals, has, theory or theory_of())


def _study(pairs: DataFrame, referrals: DataFrame, has: Any, theory: Theory, **tables: DataFrame) -> Made:
    import pandas as pd

    measure = load_measures()[MEASURE]
    change, sent = shape("change", pairs), shape("accepted_referrals", referrals)
    names = [f"S{at + 1:02d}" for at in range(len(has))]
    service = pd.DataFrame({"site_id": names, "peer_support": np.where(has, "y", "n"), "period_end": CUT})
    service = service.assign(**{name: column for name, column in tables.pop("features", pd.DataFrame()).items()})
    records = Records(
        change=change,
        due=tables.get("due", empty("due")),
        referrals=sent,
        contacts=empty("accepted_contacts"),
        experience=tables.get("experience", empty("accepted_experience")),
        measures={MEASURE: measure},
        compare=CompareSettings(),
        access=AccessSettings(),
        data_cut=pd.Timestamp(CUT),
    )
    made: Made = {"theory": theory, "service": shape("accepted_service", service), "records": records}
    if change.empty:
        return made | {"site_effects": empty("site_effects"), "adjusted": empty("adjusted")}
    effects = record_sites(change, empty("missingness"), measure, "own")
    is_pooled = (effects["n_paired"] >= CompareSettings().min_pairs) & (effects["se"] > 0)
    made["site_effects"] = shape("site_effects", effects.assign(is_pooled=is_pooled))
    return made | {"adjusted": shape("adjusted", adjusted_sites(change, sent, measure))}


def _half(rng: Generator, k: int, n_with: int | None = None) -> Any:
    return rng.permutation(np.arange(k) < (k // 2 if n_with is None else n_with))


def _names(site: Any) -> tuple[list[str], list[str]]:
    return [f"S{at + 1:02d}" for at in site], [f"R{at}" for at in range(len(site))]


def _referrals(rng: Generator, names: list[str], referral: list[str]) -> DataFrame:
    import pandas as pd

    ages, pathways = ("20_24", "25_29", "30_34", "35_39"), ("birth_trauma", "perinatal_loss", "tokophobia")
    table = pd.DataFrame({"site_id": names, "referral_id": referral, "person_id": referral, "accepted": "y"})
    return table.assign(
        age_band=rng.choice(ages, len(names)),
        pathway=rng.choice(pathways, len(names), p=(0.5, 0.35, 0.15)),
        imd_decile=rng.integers(1, 11, len(names)),
    )


def retention(rng: Generator, k: int, *, effect: float) -> Made:
    """Women due a second score: a context of half the sites adds `effect` to the share who have one."""
    import pandas as pd

    has, site = _half(rng, k), np.repeat(np.arange(k), sizes(k, WOMEN))
    share = np.clip(0.6 + SITE_SD_SHARE * rng.standard_normal(k) + effect * has, 0.02, 0.98)
    names, referral = _names(site)
    pre = np.rint(45 + 14 * rng.standard_normal(len(site)))
    due = pd.DataFrame({"site_id": names, "referral_id": referral, "person_id": referral, "measure": MEASURE, "pre": pre})
    due = due.assign(post=np.where(rng.random(len(site)) < share[site], pre - 10, np.nan))
    theory = theory_of(
        outcome={"variable": "retention", "expected": "higher"},
        smallest_difference={"value": SMALLEST_SHARE, "scale": "risk_difference"},
    )
    return _study(pd.DataFrame(), _referrals(rng, names, referral), has, theory, due=shape("due", due))


def waits(rng: Generator, k: int, *, effect: float) -> Made:
    """Referrals: a context of half the sites adds `effect` to the share who are assessed within six weeks."""
    import pandas as pd

    has, site = _half(rng, k), np.repeat(np.arange(k), sizes(k, WOMEN))
    share = np.clip(0.5 + SITE_SD_SHARE * rng.standard_normal(k) + effect * has, 0.02, 0.98)
    names, referral = _names(site)
    is_soon = rng.random(len(site)) < share[site]
    days = np.where(is_soon, rng.integers(0, 43, len(site)), rng.integers(43, 180, len(site)))
    asked = CUT - rng.integers(0, 700, len(site)).astype("timedelta64[D]")
    seen = pd.Series(asked + days.astype("timedelta64[D]"))
    referrals = _referrals(rng, names, referral).assign(referral_date=asked, assessment_date=seen.where(seen <= CUT).to_numpy())
    theory = theory_of(
        outcome={"variable": "wait.assessment", "expected": "shorter", "within_weeks": 6},
        smallest_difference={"value": SMALLEST_SHARE, "scale": "risk_difference"},
    )
    return _study(pd.DataFrame(), referrals, has, theory)


CONDITIONS = ("peer_support", "non_medical_venue", "prior_therapy_required")


def configurations(rng: Generator, k: int, *, effect: float, severity: float = 0.0) -> Made:
    """Three conditions at random; `effect` points at sites that have the first two and lack the third."""
    import pandas as pd

    given = pd.DataFrame({name: rng.random(k) < 0.5 for name in CONDITIONS})
    all_three = (given[CONDITIONS[0]] & given[CONDITIONS[1]] & ~given[CONDITIONS[2]]).to_numpy()
    block = {
        "conditions": [f"service.{name}" for name in CONDITIONS],
        "outcome": {"variable": f"change.{MEASURE}", "anchors": [8, 15, 22]},
        "expectations": {CONDITIONS[0]: 1, CONDITIONS[1]: 1, CONDITIONS[2]: 0},
        "n_cut": 1,
    }
    theory = theory_of(test="configuration", configuration=block)
    made = changes(_Fixed(rng, all_three), k, effect=effect, severity=severity, theory=theory)
    words = given.map(lambda has: "y" if has else "n")
    return made | {"service": made["service"].assign(**{name: words[name].astype("str") for name in CONDITIONS})}


class _Fixed:
    """A generator whose first permutation is given: the sites with the context are chosen already."""

    def __init__(self, rng: Generator, chosen: Any) -> None:
        self._rng, self._chosen = rng, chosen

    def permutation(self, _: Any) -> Any:
        """The sites that were chosen."""
        return self._chosen

    def __getattr__(self, name: str) -> Any:
        return getattr(self._rng, name)


def mediation(rng: Generator, k: int, *, first: float, second: float) -> Made:
    """An answer that the context moves by `first` and that moves improvement by `second` points a step."""
    made = changes(
        rng, k, theory=theory_of(test="mediation", mechanism={"says": "Invented.", "indicator": "experience.understood"})
    )
    records: Records = made["records"]
    has = made["service"].set_index("site_id")["peer_support"].eq("y")
    answer = 3 + first * records.change["site_id"].map(has).to_numpy(dtype=np.float64) + rng.standard_normal(len(records.change))
    response = np.clip(np.rint(answer), 1, 5)
    post = records.change["post"] - np.rint(second * (response - 3))
    change = records.change.assign(post=post, improvement=records.change["pre"] - post, post_date=CUT)
    answers = change[["site_id", "referral_id"]].assign(
        instrument="poem", question="understood", response=response, date=CUT - np.timedelta64(30, "D")
    )
    answers = shape("accepted_experience", answers)
    return made | {"records": dataclasses.replace(records, change=change, experience=answers)}


WITHIN = theory_of(
    context={"variable": "referrals.intervention", "is": "emdr"},
)
Scenario = tuple[Callable[[Generator, int], Made], str, float]
SCENARIOS: dict[str, Scenario] = {
    "sites: true effect": (lambda rng, k: changes(rng, k, effect=2 * SMALLEST), "consistent", POWER),
    "sites: no effect": (changes, "consistent", NO_MORE),
    "sites: reversed": (lambda rng, k: changes(rng, k, effect=-2 * SMALLEST), "inconsistent", POWER),
    "sites: severer women alone": (lambda rng, k: changes(rng, k, severity=12, by_severity=0.5), "consistent", NO_MORE),
    "sites: three with the context": (lambda rng, k: changes(rng, k, effect=2 * SMALLEST, n_with=3), "not_testable", 1.0),
    "women: true effect": (lambda rng, k: changes(rng, k, within=2 * SMALLEST, theory=WITHIN), "consistent", POWER),
    "women: no effect": (lambda rng, k: changes(rng, k, within=0.0, theory=WITHIN), "consistent", NO_MORE),
    "women: reversed": (lambda rng, k: changes(rng, k, within=-2 * SMALLEST, theory=WITHIN), "inconsistent", POWER),
    "retention: true effect": (lambda rng, k: retention(rng, k, effect=2 * SMALLEST_SHARE), "consistent", POWER),
    "retention: no effect": (lambda rng, k: retention(rng, k, effect=0.0), "consistent", NO_MORE),
    "waits: true effect": (lambda rng, k: waits(rng, k, effect=2 * SMALLEST_SHARE), "consistent", POWER),
    "waits: no effect": (lambda rng, k: waits(rng, k, effect=0.0), "consistent", NO_MORE),
    "configuration: noise": (lambda rng, k: configurations(rng, k, effect=0.0), "consistent", NO_MORE),
    "configuration: planted": (lambda rng, k: configurations(rng, k, effect=12.0), "consistent", np.nan),
    "mediation: planted": (lambda rng, k: mediation(rng, k, first=1.5, second=5.0), "consistent", np.nan),
    "mediation: no effect": (lambda rng, k: mediation(rng, k, first=0.0, second=5.0), "consistent", NO_MORE),
}
"""What is planted, the verdict that is counted, and how often it should come at least (0.8, 1) or at most (0.05)."""


def main(arguments: list[str] | None = None) -> int:
    """Appraise what is not appraised yet, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.appraisal", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="twenty studies of each scenario and size; keeps nothing")
    parser.add_argument("--only", default="", help="only scenarios whose name begins so")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--table", action="store_true", help="write the table that the reports print from what is kept")
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked = parser.parse_args(arguments)
    from benchmarks.appraisal_table import TABLE, as_yaml, summary

    if asked.table:
        TABLE.write_text(as_yaml(Ledger(asked.results).read()), encoding="utf-8", newline="\n")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder) / "appraisal.csv" if asked.quick else asked.results)
        chosen = [cell for cell in cells() if not asked.quick or cell.design["batch"] == 0]
        run_all(chosen, ledger, workers=asked.workers, only=asked.only, share=0.2 if asked.quick else 1.0)
        rows = [row for results in ledger.read().values() for row in results]
    for row in summary(rows):
        wanted = "" if np.isnan(row.nominal) else f"  of {row.nominal:.2f}"
        print(f"{row.k:3} sites  {row.detail:<30} {row.what:<40} {row.rate:6.3f} ({row.error:.3f}) n {row.replicates}{wanted}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
