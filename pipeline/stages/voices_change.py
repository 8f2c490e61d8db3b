"""How scores of staff and attendees change: the same people twice, and different people beside each other, never mixed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.disclosure.rule import may_enter
from pipeline.stages.voices_people import ALL, ENTERING, sign_of
from pipeline.stats.clustered import cluster_means
from pipeline.stats.interval import t_interval
from pipeline.stats.paired import describe_change
from pipeline.stats.signed_rank import signed_rank
from pipeline.stats.unpaired import compare_cohorts
from pipeline.tables import empty, shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pandas import DataFrame, Series

    from pipeline.config import ReleaseSettings
    from pipeline.instruments import Instrument

    Row = dict[str, Any]

AFTER = ("after", "follow_up")
_OCCASIONS = ("before", *AFTER)


def change_of(scores: DataFrame, instruments: dict[str, Instrument], rule: ReleaseSettings, name: str) -> DataFrame:
    """Change from before to each later occasion, by construct, at every site and over all of them.

    People with both scores are compared with themselves: mean change with a t interval, Wilcoxon's test with Pratt's zeros, the
    Hodges-Lehmann estimate and the matched-pairs rank-biserial correlation. People asked on one occasion alone are compared as
    two cohorts: Welch, Mann and Whitney. Positive is better. Where a released figure may not hold every site, the same over the
    sites that it may hold stands beside, as `ENTERING`.
    """
    import pandas as pd

    rows: list[Row] = []
    for (instrument, construct), mine in scores.dropna(subset="score").groupby(["instrument", "construct"], sort=True):
        sign = sign_of(instruments[str(instrument)], str(construct))
        wide = mine[mine["occasion"].isin(_OCCASIONS)].pivot_table(
            index=["site_id", "person"], columns="occasion", values="score"
        )
        wide = wide.reindex(columns=list(_OCCASIONS)).reset_index()
        for later in AFTER:
            for found in (*_paired(wide, later, sign, rule), *_unpaired(wide, later, sign, rule)):
                rows.append({"instrument": instrument, "construct": construct, "occasion": later, **found})
    return shape(name, pd.DataFrame(rows)) if rows else empty(name)


def _paired(wide: DataFrame, later: str, sign: int, rule: ReleaseSettings) -> Iterator[Row]:
    both = wide.dropna(subset=["before", later])
    for site, mine in _cuts(both, both.groupby("site_id")[["before"]].count(), rule):
        before, after = mine["before"].to_numpy(), mine[later].to_numpy()
        means = describe_change(before, after, sign=sign)
        ranks = signed_rank(before, after, sign=sign)
        row: Row = {"site_id": site, "comparison": "paired", "k_sites": mine["site_id"].nunique()}
        row |= {"n_before": len(mine), "n_after": len(mine), "change": means.mean_improvement}
        row |= {"mean_before": means.mean_pre, "mean_after": means.mean_post}
        row |= {"sd_before": means.sd_pre, "sd_after": means.sd_post}
        row |= {"low": means.low, "high": means.high, **_by_site(mine, sign * (before - after))}
        row |= {"shift": ranks.estimate, "shift_low": ranks.low, "shift_high": ranks.high, "p_value": ranks.p_value}
        yield row | {"rank_biserial": ranks.rank_biserial, "reason": ranks.reason}


def _unpaired(wide: DataFrame, later: str, sign: int, rule: ReleaseSettings) -> Iterator[Row]:
    once = wide[wide[list(_OCCASIONS)].notna().sum(axis=1) == 1]
    cohorts = once[once[["before", later]].notna().any(axis=1)]
    if cohorts["before"].notna().sum() == 0 or cohorts[later].notna().sum() == 0:
        return
    counts = cohorts.groupby("site_id")[["before", later]].count()
    for site, mine in _cuts(cohorts, counts, rule):
        found = compare_cohorts(mine["before"], mine[later], sign=sign)
        row: Row = {"site_id": site, "comparison": "unpaired", "k_sites": mine["site_id"].nunique()}
        same = ("n_before", "n_after", "mean_before", "mean_after", "sd_before", "sd_after", "low", "high")
        row |= {name: getattr(found, name) for name in same} | {"change": found.difference}
        row |= {name: getattr(found, name) for name in ("shift", "shift_low", "shift_high", "p_value", "rank_biserial")}
        yield row | {"reason": found.reason}


def _cuts(rows: DataFrame, counts: DataFrame, rule: ReleaseSettings) -> Iterator[tuple[str, DataFrame]]:
    """Over all sites, over those that may enter a released figure where these are others, and each site."""
    if rows.empty:
        return
    yield ALL, rows
    kept = sites_entering(counts, rule)
    if not kept.all() and kept.any():
        yield ENTERING, rows[rows["site_id"].isin(kept.index[kept])]
    for site, mine in rows.groupby("site_id", sort=True):
        yield str(site), mine


def sites_entering(counts: DataFrame, rule: ReleaseSettings) -> Series[bool]:
    """Which sites a released figure may hold, by people of each cohort (columns); a site without anybody of one may, for it."""
    fits = (counts == 0) | counts.apply(may_enter, rule=rule)
    kept: Series[bool] = fits.all(axis=1).astype(bool)
    return kept


def _by_site(rows: DataFrame, values: Any) -> Row:
    """Limits of a mean whose people go together by site: robust error, t with sites less one."""
    codes = rows["site_id"].astype("category").cat.codes.to_numpy()
    found = cluster_means(np.zeros(len(rows)), codes, values)
    low, high = t_interval(found.mean, found.se, found.n_clusters.astype("float64"))
    return {"low_by_site": float(low[0]), "high_by_site": float(high[0])}


def constructs_of(scores: DataFrame, waves: Series[Any], rule: ReleaseSettings) -> DataFrame:
    """Mean scores by construct, occasion and wave, at every site and over all; `waves` by site.

    Over sites the people of one go together, so that the limits are by the spread of sites (t with sites less one).
    """
    import pandas as pd

    rows: list[Row] = []
    frame = scores.assign(wave=scores["site_id"].map(waves).astype("str").fillna("not_recorded"))
    for (instrument, construct, occasion), mine in frame.groupby(
        ["instrument", "construct", "occasion"], dropna=False, sort=True
    ):
        what = {"instrument": instrument, "construct": construct, "occasion": occasion if occasion == occasion else None}
        for wave, part in ((ALL, mine), *((str(w), p) for w, p in mine.groupby("wave", sort=True))):
            scored = part.dropna(subset="score")
            beside = part[part["has_beside"].astype(bool)].groupby("site_id").size()
            for site, cut in _cuts(scored, scored.groupby("site_id")[["score"]].count(), rule):
                n_beside = int(beside.reindex(cut["site_id"].unique()).sum())
                row = {"site_id": site, "wave": wave, **what, "n_not_relevant": n_beside}
                rows.append(row | _mean(cut, is_one_site=site not in (ALL, ENTERING)))
    return shape("nomad", pd.DataFrame(rows)) if rows else empty("nomad")


def _mean(rows: DataFrame, *, is_one_site: bool) -> Row:
    score = rows["score"].astype("float64")
    n, mean, sd = len(score), float(score.mean()), float(score.std())
    row: Row = {"k_sites": rows["site_id"].nunique(), "n": n, "mean": mean, "sd": sd}
    if not is_one_site:
        limits = _by_site(rows, score.to_numpy())
        return row | {"low": limits["low_by_site"], "high": limits["high_by_site"]}
    low, high = t_interval(np.array([mean]), np.array([sd / np.sqrt(n)]), np.array([float(n)]))
    return row | {"low": float(low[0]), "high": float(high[0])}
