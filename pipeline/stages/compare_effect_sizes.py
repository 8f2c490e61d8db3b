"""The sizes of change of all women of a measure as one group: standardised ones, by ranks, and how the two scores go together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.stats.paired import describe_change
from pipeline.stats.resampling import resample_d_av
from pipeline.stats.signed_rank import signed_rank
from pipeline.stats.standardised import SIZES, limits_of_sizes
from pipeline.stats.streams import stream

if TYPE_CHECKING:
    from pandas import DataFrame

    from pipeline.measures import Measure


def effect_sizes(women: DataFrame, measure: Measure, seed: int) -> list[dict[str, Any]]:
    """One row of `effect_sizes` over `women`, a row a pair; none without pairs.

    Sites are not told apart, and standardised sizes of sites are never pooled: each has a spread of its own. The limits `low` and
    `high` are the jackknife's, which are printed; those that ask for a normal shape, or draw pairs, keep columns of their own.
    """
    if women.empty:
        return []
    pre, post = women["pre"].to_numpy(dtype="float64"), women["post"].to_numpy(dtype="float64")
    described = describe_change(pre, post, sign=measure.sign)
    average = resample_d_av(pre, post, sign=measure.sign, rng=stream(seed, "effect sizes", measure.id))
    ranks = signed_rank(pre, post, sign=measure.sign)
    limits = limits_of_sizes(pre, post, sign=measure.sign)
    row: dict[str, Any] = {"measure": measure.id, **{name: getattr(described, name) for name in ("n", "r", *SIZES)}}
    row |= {f"{size}_{end}": getattr(limits, f"{size}_{end}") for size in SIZES for end in ("low", "high")}
    row |= {"d_z_low_noncentral": described.d_z_low, "d_z_high_noncentral": described.d_z_high}
    row |= {"d_av_low_drawn": average.low, "d_av_high_drawn": average.high}
    row |= {"d_pre_low_normal": described.d_pre_low, "d_pre_high_normal": described.d_pre_high}
    row |= {"hodges_lehmann": ranks.estimate, "hodges_lehmann_low": ranks.low, "hodges_lehmann_high": ranks.high}
    row |= {"wilcoxon_p": ranks.p_value, "rank_method": ranks.method}
    reasons = dict.fromkeys(filter(None, (described.reason, limits.reason, average.reason, ranks.reason)))
    return [row | {"reason": "; ".join(reasons)}]
