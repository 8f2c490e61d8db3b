"""One model over all women beside the pool of site means, and sites compared at the same first score and case mix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.stages.case_mix import case_mix
from pipeline.stats.adjusted import site_intercepts
from pipeline.stats.meta import fit_random_effects
from pipeline.stats.mixed import fit_random_intercept

if TYPE_CHECKING:
    from pandas import DataFrame

    from pipeline.measures import Measure

AGREE = "Both ways of pooling say the same."
DIFFER = "The two ways of pooling differ by more than half of their half width."
DECIDE_OTHERWISE = "One of the two intervals holds no change at all, and the other does not."
_HALF = 0.5


def adjusted_sites(women: DataFrame, referrals: DataFrame, measure: Measure) -> DataFrame:
    """Improvement by site at the grand mean of first scores and case mix, from fixed site intercepts, the BLUP beside.

    `women`: a row a pair of the measure. Case mix is left out where the sites are too few or it cannot be told from them.
    """
    import pandas as pd

    codes, names = pd.factorize(women["site_id"], sort=True)
    if len(names) < 2:
        return pd.DataFrame()
    pre, post = women["pre"].to_numpy(), women["post"].to_numpy()
    mix = case_mix(women, referrals)
    result, used = site_intercepts(codes, pre, post, sign=measure.sign, case_mix=mix.to_numpy()), list(mix)
    if not np.isfinite(result.slope):
        result, used = site_intercepts(codes, pre, post, sign=measure.sign), []
    columns = np.column_stack([pre, mix[used].to_numpy()])
    model = fit_random_intercept(codes, measure.sign * (pre - post), columns - columns.mean(axis=0), n_sites=len(names))
    blup = model.estimate[0] + model.intercepts
    table: dict[str, Any] = {"measure": measure.id, "site_id": names, "n": result.n, "estimate": result.estimate, "se": result.se}
    table |= {
        "blup": blup,
        "blup_se": model.intercepts_se,
        "adjusted_for": ", ".join(["first score", *_words(list(map(str, used)))]),
    }
    return pd.DataFrame(table).dropna(subset=["estimate", "se"])


def one_stage(women: DataFrame, sites: DataFrame, measure: Measure) -> dict[str, Any]:
    """The mean improvement by a random-intercept model over women of pooled record sites, and by two stages.

    They disagree if they differ by more than half the half width of the wider interval, or if one interval excludes 0 and the
    other does not; `statement` says so. `icc` is the share of the variance of improvement that lies between sites.
    """
    import pandas as pd

    pooled = sites[sites["is_pooled"] & (sites["grain"] == "record")]
    mine = women[women["site_id"].isin(pooled["site_id"])]
    row: dict[str, Any] = {"measure": measure.id, "k": len(pooled), "n": len(mine)}
    if len(pooled) < 2:
        return {**row, "statement": "Fewer than two sites with enough pairs."}
    codes, _ = pd.factorize(mine["site_id"], sort=True)
    model = fit_random_intercept(codes, mine["improvement"].to_numpy())
    two = fit_random_effects(pooled["mean_improvement"].to_numpy(), pooled["se"].to_numpy() ** 2)
    pairs = {"low_two_stage": two.low_adhoc[0], "high_two_stage": two.high_adhoc[0], "two_stage": two.estimate[0]}
    one = {"estimate": model.estimate[0], "se": model.se[0], "df": model.df[0], "low": model.low[0], "high": model.high[0]}
    spread = {"icc": model.icc, "variance_site": model.variance_site, "variance_residual": model.variance_residual}
    found = {name: float(value) for name, value in {**one, **pairs, **spread}.items()}
    agrees, statement = _agree(found) if not model.reason or model.is_singular else (None, model.reason)
    return {**row, **found, "agrees": agrees, "statement": statement}


def _agree(found: dict[str, float]) -> tuple[bool, str]:
    widest = max(found["high"] - found["low"], found["high_two_stage"] - found["low_two_stage"]) / 2
    if abs(found["estimate"] - found["two_stage"]) > _HALF * widest:
        return False, DIFFER
    excludes = [low > 0 or high < 0 for low, high in ((found["low"], found["high"]), _two(found))]
    return (True, AGREE) if excludes[0] == excludes[1] else (False, DECIDE_OTHERWISE)


def _two(found: dict[str, float]) -> tuple[float, float]:
    return found["low_two_stage"], found["high_two_stage"]


def _words(columns: list[str]) -> list[str]:
    """What case mix is made of, each once."""
    return list(dict.fromkeys(name.partition("_")[0] for name in columns))
