"""Invented studies of theories with a planted truth: an effect, none, one the other way round, severer women, or noise."""

from __future__ import annotations

import dataclasses
import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.random import Generator

from benchmarks.coverage.cells import sizes
from pipeline.config import AccessSettings, CompareSettings
from pipeline.measures import load as load_measures
from pipeline.stages.appraise import Records
from pipeline.stages.compare_one_stage import adjusted_sites
from pipeline.stages.compare_records import record_sites
from pipeline.stats.paired import describe_change
from pipeline.tables import empty, shape
from pipeline.theories import Theory

if TYPE_CHECKING:
    from pandas import DataFrame

WOMEN = "20 to 150"
MEASURE = "pcl5"
SMALLEST, SMALLEST_SHARE, SMALLEST_STAFF = 5.0, 0.1, 3.0
SITE_SD, SITE_SD_SHARE, SLOPE_SD, STAFF_SITE_SD = 3.0, 0.06, 3.0, 1.0
CUT = np.datetime64("2026-06-30", "us")
Made = dict[str, Any]


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
    service = service.assign(**{str(name): column for name, column in tables.pop("features", pd.DataFrame()).items()})
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
        voices={name: tables[name] for name in ("experience_summary", "staff_change") if name in tables},
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
    fixed: Any = _Fixed(rng, all_three)
    made = changes(fixed, k, effect=effect, severity=severity, theory=theory)
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


def experience(rng: Generator, k: int, *, effect: float) -> Made:
    """Positive answers of 10 to 60 women a site: a context of half the sites adds `effect` to their share."""
    import pandas as pd

    has, n = _half(rng, k), rng.integers(10, 61, k)
    share = np.clip(0.7 + SITE_SD_SHARE * rng.standard_normal(k) + effect * has, 0.02, 0.98)
    table = pd.DataFrame({"site_id": [f"S{at + 1:02d}" for at in range(k)], "n": rng.binomial(n, share), "n_answered": n})
    table = table.assign(topic="experience", instrument="fft", question="1", part="positive")
    theory = theory_of(
        outcome={"variable": "experience.fft.1", "expected": "higher"},
        smallest_difference={"value": SMALLEST_SHARE, "scale": "risk_difference"},
    )
    told = {"experience_summary": shape("experience_summary", table)}
    return _study(pd.DataFrame(), empty("accepted_referrals"), has, theory, **told)


def staff(rng: Generator, k: int, *, effect: float) -> Made:
    """Sums of ten answers of 5 to 12 staff a site, asked twice: a context of half the sites lowers them by `effect`."""
    import pandas as pd

    has, rows = _half(rng, k), []
    site_means = STAFF_SITE_SD * rng.standard_normal(k) + effect * has
    for at, n in enumerate(rng.integers(5, 13, k).tolist()):
        before = 26 + 5 * rng.standard_normal(n)
        after = before - site_means[at] - 5 * rng.standard_normal(n)
        found = describe_change(np.rint(before), np.rint(after), sign=1)
        row = {"site_id": f"S{at + 1:02d}", "n_before": n, "n_after": n, "change": found.mean_improvement, "low": found.low}
        rows.append(row | {"high": found.high, "mean_before": found.mean_pre, "sd_before": found.sd_pre})
    table = pd.DataFrame(rows).assign(instrument="proqol", construct="secondary_traumatic_stress")
    table = table.assign(comparison="paired", occasion="after")
    theory = theory_of(
        outcome={"variable": "staff.proqol.secondary_traumatic_stress", "expected": "larger_improvement"},
        smallest_difference={"value": SMALLEST_STAFF},
        minimum={"sites_each_side": 4, "women_each_side": 40},
    )
    told = {"staff_change": shape("staff_change", table)}
    return _study(pd.DataFrame(), empty("accepted_referrals"), has, theory, **told)
