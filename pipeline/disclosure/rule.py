"""The disclosure rule in one page: what is shown, rounded or withheld. The constants come from the config.

A count of 0 to minimum - 1 distinct persons is `too_few`; any other count is rounded on its own. A percentage comes from
rounded counts, and only from a denominator that is large enough with the minimum on both sides of it. A figure over sites
needs several of them, none of which may be most of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.stats.proportion import wilson

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pandas import DataFrame, Series

    from pipeline.config import ReleaseSettings

VERSION = "3"
TOO_FEW, SHOWN, NOT_RECORDED = "too_few", "shown", "not_recorded"
MINIMUM_SITES = 3


def describe(rule: ReleaseSettings) -> str:
    """The rule in words, as it is printed."""
    return (
        f"version {VERSION}: figures about fewer than {rule.minimum_count} people are withheld, and counts are rounded to "
        f"the nearest {rule.round_to}"
    )


def nearest(counts: Any, rule: ReleaseSettings) -> Any:
    """A count, or a series of counts, to the nearest multiple of `round_to`, halves upwards."""
    return (counts / rule.round_to + 0.5) // 1 * rule.round_to


def round_counts(counts: Series[Any], rule: ReleaseSettings) -> Series[Any]:
    """Counts to the nearest multiple of `round_to`, never 0; missing where fewer than the minimum."""
    rounded: Series[Any] = nearest(counts.astype("float64"), rule).clip(lower=rule.round_to).astype("Int64")
    return rounded.where(is_enough(counts, rule))


def is_enough(counts: Series[Any], rule: ReleaseSettings) -> Series[bool]:
    """Whether the distinct persons behind each figure reach the minimum."""
    return (counts.fillna(0) >= rule.minimum_count).astype(bool)


def status_of(counts: Series[Any], rule: ReleaseSettings) -> Series[Any]:
    """`shown` or `too_few`, a word a count; `not_recorded` where there is no count."""
    return as_status(is_enough(counts, rule)).where(counts.notna(), NOT_RECORDED)


def as_status(is_shown: Series[bool]) -> Series[Any]:
    """`shown` or `too_few`."""
    return is_shown.map({True: SHOWN, False: TOO_FEW})


def share(numerators: Series[Any], denominators: Series[Any], rule: ReleaseSettings) -> DataFrame:
    """Percentages with Wilson limits from rounded counts: columns pct, low, high, n, is_shown.

    Shown only where the rounded denominator is large enough, numerator and remainder each reach the minimum, and the
    percentage is neither 0 nor 100 once it is rounded.
    """
    import pandas as pd

    top, bottom = round_counts(numerators, rule), round_counts(denominators, rule)
    rest = denominators - numerators
    pct = 100 * top.astype("float64") / bottom.astype("float64")
    fits = is_enough(numerators, rule) & is_enough(rest, rule) & (bottom.fillna(0) >= rule.minimum_denominator)
    fits = (fits & (pct > 0.5) & (pct < 99.5)).astype(bool)
    successes, trials = (counts[fits].astype("float64").to_numpy() for counts in (top, bottom))
    found = wilson(successes, trials)
    figures = {"pct": 100 * found.estimate, "low": 100 * found.low, "high": 100 * found.high}
    shown = pd.DataFrame(figures, index=numerators.index[fits]).round(0)
    return shown.reindex(numerators.index).assign(n=top, is_shown=fits)


def percent(numerator: float, denominator: float, rule: ReleaseSettings) -> float | None:
    """The whole percentage that `share` gives of one pair of counts, None where it may not stand."""
    least = min(numerator, denominator - numerator)
    top, bottom = (max(nearest(float(count), rule), float(rule.round_to)) for count in (numerator, denominator))
    if least < rule.minimum_count or bottom < rule.minimum_denominator or not 0.5 < 100 * top / bottom < 99.5:
        return None
    return float(round(100 * (top / bottom)))


def may_enter(counts: Series[Any], rule: ReleaseSettings) -> Series[bool]:
    """Which sites a released figure over sites may hold: small ones only as two or more with the minimum together."""
    n = counts.fillna(0).astype("float64")
    small = n[(n > 0) & ~is_enough(n, rule)]
    return is_enough(n, rule) | (len(small) >= 2 and bool(small.sum() >= rule.minimum_count))


def is_spread(counts: Series[Any], rule: ReleaseSettings) -> bool:
    """Whether a figure over sites may stand: three sites, and the minimum left when the two largest are taken away."""
    return are_spread(counts.fillna(0).to_numpy(dtype="float64"), rule)


def are_spread(n: NDArray[Any], rule: ReleaseSettings) -> bool:
    """`is_spread` of bare numbers of women, one a site."""
    shown = sorted(n[n > 0], reverse=True)
    return len(shown) >= MINIMUM_SITES and bool(sum(shown[2:]) >= rule.minimum_count)


def merge_bins(counts: DataFrame, rule: ReleaseSettings) -> list[tuple[int, int]]:
    """Neighbouring bins (rows) joined until each may stand as a figure over sites (columns): (first, last) positions.

    The first and the last reach to the ends of the scale, so that no end says where a single woman lies. No bins where even
    all of them together may not stand.
    """
    groups: list[list[int]] = [[]]
    for position in range(len(counts)):
        if is_spread(counts.iloc[groups[-1]].sum(), rule):
            groups.append([])
        groups[-1].append(position)
    if len(groups) > 1 and not is_spread(counts.iloc[groups[-1]].sum(), rule):
        last = groups.pop()
        groups[-1] += last
    if not groups[0] or not is_spread(counts.iloc[groups[0]].sum(), rule):
        return []
    return [(group[0], group[-1]) for group in groups]
