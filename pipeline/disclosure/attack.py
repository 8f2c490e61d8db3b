"""What a reader can work out of a released total and its parts, and what more must be withheld so that she cannot.

Every count is printed to the nearest `round_to`, so that a reader knows each one, and the total, up to a few whole numbers. What
is left for the withheld parts is then an interval. A small count is safe while everything from 0 to the minimum less one is
left to it. Readers are the public, every site with its own rows, and any two sites together.

Source: Hundepool et al. 2012, Statistical Disclosure Control (feasibility intervals of suppressed cells).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.disclosure.rule import nearest

if TYPE_CHECKING:
    from pandas import Series

    from pipeline.config import ReleaseSettings


def withhold(
    parts: Series[Any], is_shown: Series[bool], is_small: Series[bool], rule: ReleaseSettings, *, by_site: bool
) -> Series[bool]:
    """Withhold the smallest of the shown `parts` of a released total, one by one, until `is_safe`; returns the new `is_shown`."""
    while is_shown.any() and not is_safe(parts, is_shown, is_small, rule, by_site=by_site):
        is_shown = is_shown & (is_shown.index != parts[is_shown].astype("float64").idxmin())
    return is_shown


def is_safe(parts: Series[Any], is_shown: Series[bool], is_small: Series[bool], rule: ReleaseSettings, *, by_site: bool) -> bool:
    """Whether each withheld small count may still be anything from 0 to the minimum less one, whoever reads.

    `parts`: exact counts, whose total is released; `is_shown`: the parts that are printed; `is_small`: those that must not be
    found out. `by_site`: each part is a site's, which knows it exactly; else all readers know only what is printed.
    """
    import numpy as np

    exact, shown = parts.to_numpy(dtype="float64"), is_shown.to_numpy(dtype=bool)
    small = is_small.to_numpy(dtype=bool) & ~shown
    below, above = rule.round_to // 2, (rule.round_to - 1) // 2
    printed, total = nearest(parts, rule).to_numpy(), float(nearest(parts.sum(), rule))
    least, most = np.maximum(printed - below, rule.minimum_count), printed + above
    low, high = total - below - most[shown].sum(), total + above - least[shown].sum()
    nobody = np.zeros(2)  # so that a pair of readers may also be one site, or the public
    own = slice(None) if by_site else slice(0)

    def left(start: float, known: Any) -> Any:
        each = np.append(known[own], nobody)
        return start + each[:, None] + each[None, :]

    lowest, highest = left(low, np.where(shown, most, 0.0) - exact), left(high, np.where(shown, least, 0.0) - exact)
    n_small, n_withheld = left(small.sum(), -1.0 * small), left((~shown).sum(), -1.0 * ~shown)
    is_found = (n_small > 0) & ((highest < rule.minimum_count - 1) | ((n_withheld == 1) & (lowest > 0)))
    return not bool(np.triu(is_found, 1).any())
