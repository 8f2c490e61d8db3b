"""A context of women: those with it against those without it at the same site, by a random slope or in two stages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.stages.appraise_sites import Finding, covariates, scale_of, smallest_in_unit, why_not
from pipeline.stats.adjusted import site_intercepts
from pipeline.stats.contrast import Contrast
from pipeline.stats.meta import fit_random_effects
from pipeline.stats.mixed import fit_random_slope

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pandas import DataFrame

    from pipeline.stages.appraise_women import Records
    from pipeline.theories import Theory

    Floats = NDArray[np.float64]

FEWEST_WOMEN, FEWEST_SITES = 5, 6
"""In two stages: women on each side at a site, and sites that have them."""
PLANNING = "blinded: spread within sites, slopes taken to vary as site means do, context unseen"
TWO_STAGES = "by two stages, as the model of all women was singular"
SINGULAR = f"the model of all women was singular, and fewer than {FEWEST_SITES} sites have {FEWEST_WOMEN} women on each side"
CONTEXT_KINDS = {
    "pathway": "pathway",
    "age_band": "age",
    "deprivation_fifth": "deprivation",
    "perinatal_stage": "stage",
    "ethnic_group": "ethnicity",
    "referral_source": "source",
}
"""The kind of case mix that a context of women is itself."""
_LIKELY, _SURE = 0.60, 0.95  # two-sided levels whose upper ends are t(.80) and t(.975)
NORMAL = 1.959964  # the quantile of a 95 % interval


def contrast_of_women(theory: Theory, women: DataFrame, records: Records) -> Finding:
    """Hold women with the context against the others of their site; `women` as `women_of` gives them.

    A site counts on a side with 5 women there. Crude: without first score and case mix; adjusted: with both.
    """
    known = women.dropna(subset="x").reset_index(drop=True)
    known = known.assign(x=known["x"].astype("float64"))
    by_site = _by_site(known)
    counts = _sides(by_site)
    lacks = why_not(theory, counts)
    crude, fair, note = (None, None, "") if lacks else _both(theory, known, by_site, records)
    if not lacks and (crude is None or fair is None):
        lacks, note = SINGULAR, ""
    spread = known.groupby("site_id")["pre"].agg(["std", "count"])
    means = known.groupby("x")["pre"].mean()
    return Finding(
        counts=counts,
        sites_unknown=women["site_id"].nunique() - known["site_id"].nunique(),
        smallest=smallest_in_unit(theory, spread["std"], spread["count"]),
        detectable=_detectable(known, by_site),
        planning=PLANNING,
        units=known.set_index(["site_id", "referral_id"])["x"].astype(bool),
        sites=_rows(theory, known, by_site),
        lacks=lacks,
        crude=crude,
        fair=fair,
        mean_pre=(float(means.get(1.0, np.nan)), float(means.get(0.0, np.nan))),
        note=note,
    )


def sides_within(women: DataFrame) -> dict[str, int]:
    """Sites and women on each side of a context of women (`x`, known of all), as a theory's minimum counts them."""
    return _sides(_by_site(women.assign(y=0.0)))


def contrast_within(women: DataFrame, sets: list[Floats], *, two_stages: bool) -> Contrast | None:
    """The contrast of `women` with `x` and `y`, at the first of `sets` of covariates that can be used.

    By one model of all women, or in two stages; None where it cannot be had in that way.
    """
    if not two_stages:
        return _slope(women, sets)
    has_both = _by_site(women)["has_both"]
    kept = women["site_id"].map(has_both).to_numpy(dtype=bool)
    return _two_stages(women[kept], [each[kept] for each in sets]) if has_both.sum() >= FEWEST_SITES else None


def _sides(by_site: DataFrame) -> dict[str, int]:
    return {
        "sites_with": int((by_site["n_with"] >= FEWEST_WOMEN).sum()),
        "sites_without": int((by_site["n_without"] >= FEWEST_WOMEN).sum()),
        "women_with": int(by_site["n_with"].sum()),
        "women_without": int(by_site["n_without"].sum()),
    }


def _by_site(women: DataFrame) -> DataFrame:
    """Women on each side and their means by site, and which sites have enough of both."""
    import pandas as pd

    has = women["x"] == 1
    sides = {"with": women[has].groupby("site_id")["y"], "without": women[~has].groupby("site_id")["y"]}
    names = pd.Index(sorted(women["site_id"].unique()), name="site_id")
    table = pd.DataFrame(index=names)
    for side, values in sides.items():
        table[f"n_{side}"] = values.size().reindex(names).fillna(0).astype("int64")
        table[f"mean_{side}"] = values.mean().reindex(names)
    table["has_both"] = (table["n_with"] >= FEWEST_WOMEN) & (table["n_without"] >= FEWEST_WOMEN)
    return table


def _both(theory: Theory, women: DataFrame, by_site: DataFrame, records: Records) -> tuple[Contrast | None, Contrast | None, str]:
    """The crude and the adjusted contrast: of one model where it is not singular, else of two stages where sites allow."""
    z = covariates(women, records.referrals, without=CONTEXT_KINDS.get(theory.context.column, ""))
    one = [_slope(women, [z[-1]]), _slope(women, z)]
    if all(each is not None for each in one):
        return one[0], one[1], ""
    if by_site["has_both"].sum() < FEWEST_SITES:
        return None, None, ""
    kept = women["site_id"].map(by_site["has_both"]).to_numpy(dtype=bool)
    two = [_two_stages(women[kept], [z[-1][kept]]), _two_stages(women[kept], [each[kept] for each in z])]
    return two[0], two[1], TWO_STAGES


def _slope(women: DataFrame, sets: list[Floats]) -> Contrast | None:
    """The effect of a woman's own context less her site's share, random between sites; None where it is singular."""
    import pandas as pd

    codes, _ = pd.factorize(women["site_id"], sort=True)
    x, y = women["x"].to_numpy(), women["y"].to_numpy(dtype="float64")
    share = (np.bincount(codes, x) / np.bincount(codes))[codes]
    own = [x - share] + ([share] if np.ptp(share) > 0 else [])
    for z in sets:
        centred = z - z.mean(axis=0)
        found = fit_random_slope(codes, y, np.column_stack([*own, centred]), x - share)
        if found.is_singular:
            return None
        if np.isfinite(found.low[1]):
            estimate, se, low, high = (float(getattr(found, name)[1]) for name in ("estimate", "se", "low", "high"))
            return Contrast(estimate, se, low, high, max(int(found.df[1]), 1))
    return None


def _two_stages(women: DataFrame, sets: list[Floats]) -> Contrast | None:
    """Differences within sites, with the spread of all of them as their error, pooled by REML with Knapp-Hartung limits."""
    import pandas as pd

    codes, names = pd.factorize(women["site_id"], sort=True)
    cells = 2 * codes + women["x"].to_numpy(dtype=np.int64)
    y = women["y"].to_numpy(dtype="float64")
    for z in sets:
        means, variance = _cells(cells, y, z)
        if np.isfinite(variance) and variance > 0:
            n = np.bincount(cells, minlength=2 * len(names)).reshape(-1, 2)
            differences = means.reshape(-1, 2)[:, 1] - means.reshape(-1, 2)[:, 0]
            fit = fit_random_effects(differences, variance * (1 / n).sum(axis=1))
            low, high = float(fit.low_adhoc[0]), float(fit.high_adhoc[0])
            margin = _margin(np.ones(len(names)), 0.0, _SURE) * np.sqrt(len(names))  # t(.975)
            return Contrast(float(fit.estimate[0]), (high - low) / (2 * margin), low, high, fit.df)
    return None


def _cells(cells: Any, y: Floats, z: Floats) -> tuple[Floats, float]:
    """The mean of `y` in each cell of site and side, at the same covariates, and the variance of a woman around it."""
    if z.shape[1]:
        found = site_intercepts(cells, z[:, 0], y, sign=1, case_mix=z[:, 1:])
        return found.mean_pre - found.estimate, found.residual_sd**2
    n = np.bincount(cells)
    means = np.bincount(cells, y) / n
    return means, float(np.sum((y - means[cells]) ** 2)) / max(len(y) - len(n), 1)


def _detectable(women: DataFrame, by_site: DataFrame) -> float:
    """The smallest difference within sites that is seen with 80 % power: (t(.975) + t(.80)) times its planned error."""
    kept = by_site[(by_site["n_with"] > 0) & (by_site["n_without"] > 0)]
    group = women.groupby("site_id")["y"].agg(["mean", "var", "count"])
    group = group[group["count"] > 1]
    if len(kept) < 3 or len(group) < 3:
        return float("nan")
    degrees = group["count"] - 1
    variance = float((group["var"] * degrees).sum() / degrees.sum())
    if not variance > 0:
        return float("nan")
    tau2 = fit_random_effects(group["mean"].to_numpy(), variance / group["count"].to_numpy()).tau2
    errors = variance * (1 / kept["n_with"] + 1 / kept["n_without"]).to_numpy(dtype="float64")
    return _margin(errors, tau2, _SURE) + _margin(errors, tau2, _LIKELY)


def _margin(variances: Floats, tau2: float, level: float) -> float:
    """Half the width of a pooled mean's interval at known variances: t(k - 1) times `1/sqrt(sum 1/(v + tau2))`."""
    planned = fit_random_effects(np.zeros(len(variances)), variances, tau2=tau2, level=level)
    return float(planned.high_adhoc[0])


def _rows(theory: Theory, women: DataFrame, by_site: DataFrame) -> DataFrame:
    """The difference within each site; an interval where both sides have 5 women."""
    spread = [women[women["x"] == side].groupby("site_id")["y"].var().reindex(by_site.index) for side in (1, 0)]
    enough = by_site["has_both"]
    error = np.sqrt(spread[0] / by_site["n_with"] + spread[1] / by_site["n_without"]).where(enough)
    estimate = (by_site["mean_with"] - by_site["mean_without"]).where(enough)
    rows = by_site.assign(estimate=estimate, se=error, low=estimate - NORMAL * error, high=estimate + NORMAL * error)
    rows = rows.assign(theory_id=theory.id, grain="record", is_used=True, n=rows["n_with"] + rows["n_without"])
    return rows.assign(mean_pre=women.groupby("site_id")["pre"].mean(), scale=scale_of(theory)).reset_index()
