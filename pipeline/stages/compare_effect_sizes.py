"""The sizes of change of all women of a measure as one group: standardised ones, by ranks, and how the two scores go together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.stats.paired import describe_change
from pipeline.stats.resampling import resample_d_av
from pipeline.stats.signed_rank import signed_rank
from pipeline.stats.standardised import limits_of_sizes
from pipeline.stats.streams import stream

if TYPE_CHECKING:
    from pandas import DataFrame

    from pipeline.measures import Measure


DRAWN_FROM = 50
"""Pairs from which percentiles of draws are the limits of d_av: of fewer women they held the truth too seldom in simulations."""


def effect_sizes(women: DataFrame, measure: Measure, seed: int) -> list[dict[str, Any]]:
    """One row of `effect_sizes` over `women`, a row a pair; none without pairs.

    Sites are not told apart, and standardised sizes of sites are never pooled: each has a spread of its own.
    """
    if women.empty:
        return []
    pre, post = women["pre"].to_numpy(dtype="float64"), women["post"].to_numpy(dtype="float64")
    described = describe_change(pre, post, sign=measure.sign)
    average = resample_d_av(pre, post, sign=measure.sign, rng=stream(seed, "effect sizes", measure.id))
    ranks = signed_rank(pre, post, sign=measure.sign)
    names = ("n", "r", "d_z", "d_z_low", "d_z_high", "d_av", "d_pre")
    row: dict[str, Any] = {"measure": measure.id, **{name: getattr(described, name) for name in names}}
    limits = limits_of_sizes(pre, post, sign=measure.sign)
    low, high = (average.low, average.high) if described.n >= DRAWN_FROM else (limits.d_av_low, limits.d_av_high)
    row |= {"d_av_low": low, "d_av_high": high, "d_pre_low": limits.d_pre_low, "d_pre_high": limits.d_pre_high}
    row |= {"hodges_lehmann": ranks.estimate, "hodges_lehmann_low": ranks.low, "hodges_lehmann_high": ranks.high}
    row |= {"wilcoxon_p": ranks.p_value, "rank_method": ranks.method}
    reasons = dict.fromkeys(filter(None, (described.reason, limits.reason, average.reason, ranks.reason)))
    return [row | {"reason": "; ".join(reasons)}]
