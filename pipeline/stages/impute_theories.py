"""Theories with imputed second scores: the contrast of each in many completed data sets, pooled by Rubin's rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.stages.appraise_contexts import sites_with
from pipeline.stages.appraise_sites import covariates, why_not
from pipeline.stages.appraise_within import CONTEXT_KINDS, contrast_within, sides_within
from pipeline.stages.appraise_women import women_of
from pipeline.stats.completed import complete_sites
from pipeline.stats.contrast import Contrast, contrast_sites
from pipeline.stats.imputation import Imputed, impute_last_scores
from pipeline.stats.rubin import number_of_imputations, pool_rubin
from pipeline.stats.streams import stream
from pipeline.tables import empty, shape

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pandas import DataFrame

    from pipeline.stages.appraise_women import Records
    from pipeline.theories import Theory

    Floats = NDArray[np.float64]

NAMES = ("theory_imputed", "theory_imputed_sites")
OF_SITES = "mean improvement of sites with the context less that of the others"
OF_WOMEN = "women with the context less the others of their site, at the same first score and case mix"
NOT_CHANGE = "its outcome is no change of scores, so that no second score is missing from it"
CONFIGURED = "it is tested by configurations, and has no single contrast"
NOBODY = "no woman behind it lacks a second score"
UNSTABLE = "in a completed data set the contrast could not be found"
LEFT = "women of sites with fewer than 5 pairs were not imputed"
Rows = list[dict[str, Any]]


def impute_theories(theories: dict[str, Theory], service: DataFrame, records: Records, seed: int) -> dict[str, DataFrame]:
    """`theory_imputed`, a row a theory, and `theory_imputed_sites`, the women behind it by site and side.

    Over women of the theory's population who are due a second score, have a first one, and whose context is known. Second
    scores are drawn from first score, case mix, site, and the first score times the context (and a context of women itself), so
    that the model holds what the contrast asks about (Tilling and colleagues 2016, J Clin Epidemiol 80:107). Sites that sent
    sums alone stay out. Where there is no number, `reason` says why.
    """
    import pandas as pd

    made: dict[str, Rows] = {name: [] for name in NAMES}
    for theory in theories.values():
        row, sites = _of_theory(theory, service, records, seed)
        made["theory_imputed"].append({"theory_id": theory.id, "m": 0, "method": "", **row})
        made["theory_imputed_sites"] += [{"theory_id": theory.id, **each} for each in sites]
    return {name: shape(name, pd.DataFrame(rows)) if rows else empty(name) for name, rows in made.items()}


@dataclass(frozen=True, kw_only=True, eq=False)
class _Women:
    """Women due of one theory; `x` 1 where she or her site has the context; `fill`: drawn improvements, m x those imputed."""

    rows: DataFrame
    codes: NDArray[np.intp]
    names: Any
    gain: Floats
    imputed: Imputed
    fill: Floats

    def completed_rows(self) -> tuple[DataFrame, NDArray[np.bool_]]:
        """The women with an improvement in the data sets, observed or drawn, and which they are of all."""
        kept = np.ones(len(self.gain), dtype=np.bool_)
        kept[self.imputed.not_imputed] = False
        return self.rows[kept], kept

    def completed(self, kept: NDArray[np.bool_]) -> Iterator[Floats]:
        """Their improvements, data set by data set."""
        for drawn in self.fill:
            whole = self.gain.copy()
            whole[self.imputed.rows] = drawn
            yield whole[kept]


def _of_theory(theory: Theory, service: DataFrame, records: Records, seed: int) -> tuple[dict[str, Any], Rows]:
    if theory.outcome.kind != "change" or theory.test == "configuration":
        return {"reason": CONFIGURED if theory.outcome.kind == "change" else NOT_CHANGE}, []
    rows = _due(theory, service, records)
    counts = {"n_due": len(rows), "n_paired": int(rows["post"].notna().sum()), "method": _method(theory)}
    is_of_sites = theory.context.is_of_sites
    paired = rows[rows["post"].notna()].reset_index(drop=True)
    lacks = why_not(theory, _sides_of_sites(paired, records) if is_of_sites else sides_within(paired))
    if lacks or rows["post"].notna().all():
        return {**counts, "n_imputed": 0, "reason": lacks or NOBODY}, []
    women = _imputed(theory, rows, records, seed)
    counts |= {"n_imputed": women.fill.shape[1], "m": women.imputed.m}
    if not women.fill.shape[1]:
        return {**counts, "reason": women.imputed.reason}, []
    contrast = _between_sites if is_of_sites else _within_sites
    found, complete = contrast(theory, women, records)
    sites = _behind(women, found.sites)
    if complete is not None:
        counts["complete"] = complete.estimate
    if found.reason:
        return {**counts, "reason": found.reason}, sites
    one = pool_rubin(found.estimates, found.variances, df_complete=found.df)
    numbers = {name: float(getattr(one, name)) for name in ("estimate", "se", "low", "high", "df", "fraction_missing")}
    return {**counts, **numbers, "reason": LEFT if len(women.imputed.left_sites) and not is_of_sites else one.reason}, sites


def _method(theory: Theory) -> str:
    return OF_SITES if theory.context.is_of_sites else OF_WOMEN


def _due(theory: Theory, service: DataFrame, records: Records) -> DataFrame:
    """The women, with `x` a number. Who is due stands in the place of who changed, so that population and context are alike."""
    due = records.due.assign(first_referral=True, pre_date=None, post_date=None)
    women = women_of(theory, replace(records, change=due), service)
    if theory.context.is_of_sites:
        women = women.assign(x=women["site_id"].map(sites_with(service, theory)).astype("boolean"))
    known = women.dropna(subset="x").reset_index(drop=True)
    return known.assign(x=known["x"].astype("float64"))


def _sides_of_sites(paired: DataFrame, records: Records) -> dict[str, int]:
    """Sites with enough pairs, and women at them, on each side."""
    by_site = paired.groupby("site_id").agg(n=("x", "size"), x=("x", "first"))
    kept = by_site[by_site["n"] >= records.compare.min_pairs]
    sides = {"with": kept[kept["x"] == 1], "without": kept[kept["x"] == 0]}
    return {**{f"sites_{k}": len(v) for k, v in sides.items()}, **{f"women_{k}": int(v["n"].sum()) for k, v in sides.items()}}


def _imputed(theory: Theory, rows: DataFrame, records: Records, seed: int) -> _Women:
    import pandas as pd

    codes, names = pd.factorize(rows["site_id"], sort=True)
    pre, post, x = (rows[name].to_numpy(dtype="float64") for name in ("pre", "post", "x"))
    mix = covariates(rows, records.referrals, without=CONTEXT_KINDS.get(theory.context.column, ""))[0][:, 1:]
    own = [] if theory.context.is_of_sites else [x]
    columns = np.column_stack([*own, (pre - pre.mean()) * x, mix])
    m = number_of_imputations(100 * float(np.isnan(post).mean()))
    made = impute_last_scores(codes, pre, post, m=m, stream=stream(seed, "impute theory", theory.id), covariates=columns)
    sign = records.measures[theory.outcome.measure].sign
    fill = sign * (pre[made.rows] - made.values)  # noqa: PD011 (no frame: the imputed scores)
    return _Women(rows=rows, codes=codes, names=np.asarray(names), gain=sign * (pre - post), imputed=made, fill=fill)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Contrasts:
    """The contrast and its variance in each data set, `df` were nothing missing, the sites behind it, or a `reason` for none."""

    estimates: list[float]
    variances: list[float]
    df: float
    sites: set[str]
    reason: str = ""


def _between_sites(theory: Theory, women: _Women, records: Records) -> tuple[_Contrasts, Contrast | None]:
    """Completed means of sites with enough pairs, by meta-regression in each data set."""
    sites = complete_sites(women.codes, women.gain, rows=women.imputed.rows, imputed=women.fill)
    means, variances = sites.shifted(0.0)
    n_paired = np.bincount(women.codes[~np.isnan(women.gain)], minlength=len(women.names))
    has_context = np.zeros(len(women.names), dtype=np.bool_)
    has_context[women.codes] = women.rows["x"].to_numpy() == 1
    kept = (n_paired >= records.compare.min_pairs) & (variances > 0).all(axis=0)
    kept[women.imputed.left_sites] = False
    if min(np.sum(kept & has_context), np.sum(kept & ~has_context)) < theory.minimum.sites_each_side:
        return _Contrasts(estimates=[], variances=[], df=1, sites=set(), reason=UNSTABLE), None
    found = [contrast_sites(y[kept], np.sqrt(v[kept]), has_context[kept]) for y, v in zip(means, variances, strict=True)]
    seen = women.rows.assign(gain=women.gain).groupby("site_id")["gain"].agg(["mean", "var", "count"])
    own, errors = seen["mean"].to_numpy()[kept], np.sqrt((seen["var"] / seen["count"]).to_numpy())[kept]
    complete = contrast_sites(own, errors, has_context[kept]) if np.all(errors > 0) else None
    return _pooled(found, set(women.names[kept])), complete


def _within_sites(theory: Theory, women: _Women, records: Records) -> tuple[_Contrasts, Contrast | None]:
    """Women with the context beside the others of their site, by one kind of model in all data sets."""
    is_seen, without = ~np.isnan(women.gain), CONTEXT_KINDS.get(theory.context.column, "")
    rows, kept = women.completed_rows()
    sets, own = (covariates(each, records.referrals, without=without) for each in (rows, women.rows[is_seen]))
    for two_stages in (False, True):
        found: list[Contrast] = []
        for gain in women.completed(kept):
            one = contrast_within(rows.assign(y=gain), sets, two_stages=two_stages)
            if one is None:
                break
            found.append(one)
        if len(found) == women.imputed.m:
            mine = women.rows[is_seen].assign(y=women.gain[is_seen])
            return _pooled(found, set(rows["site_id"])), contrast_within(mine, own, two_stages=two_stages)
    return _Contrasts(estimates=[], variances=[], df=1, sites=set(), reason=UNSTABLE), None


def _pooled(found: list[Contrast], sites: set[str]) -> _Contrasts:
    """`df`: the mean over data sets, as Satterthwaite's differ from one to the next."""
    df = float(np.mean([each.df for each in found]))
    return _Contrasts(estimates=[e.estimate for e in found], variances=[e.se**2 for e in found], df=max(df, 1.0), sites=sites)


def _behind(women: _Women, sites: set[str]) -> Rows:
    """Women by site and side, of the sites behind the contrast."""
    rows = women.rows.assign(is_paired=~np.isnan(women.gain), is_imputed=False)
    rows.loc[rows.index[women.imputed.rows], "is_imputed"] = True
    rows = rows[rows["site_id"].isin(sites)]
    by = rows.groupby(["site_id", rows["x"].map({1.0: "with", 0.0: "without"}).rename("side")])
    table = by.agg(n_paired=("is_paired", "sum"), n_imputed=("is_imputed", "sum")).reset_index()
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]
