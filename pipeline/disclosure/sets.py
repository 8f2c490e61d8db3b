"""Set differences: who stands behind one released figure and not behind another, and whether that tells of too few women.

Of any two figures on one variable, the women in one and not in the other number none or at least the minimum, and may stand as
a figure over sites themselves. Else subtracting the one from the other would give a figure about them.

Source: Hundepool et al. 2012, Statistical Disclosure Control (disclosure by differencing).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.disclosure.rule import are_spread, is_enough

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from pandas import Series

    from pipeline.config import ReleaseSettings

    Women = NDArray[np.bool_]

HIDDEN_TOGETHER = 4
"""Withheld sites that a figure over sites needs: one that is looked for, two that know their own rows, and another one."""


class ReleasedSets:
    """The sets of women behind figures that stand in a release, over the same women; `sites` are their sites' codes from 0."""

    def __init__(self, sites: NDArray[np.intp], rule: ReleaseSettings) -> None:
        import numpy as np

        self._sites, self._rule = sites, rule
        self._sets: list[Women] = [np.zeros(len(sites), dtype=np.bool_), np.ones(len(sites), dtype=np.bool_)]

    def hold(self, women: Women) -> None:
        """Take in a set that is released already."""
        self._sets.append(women)

    def admits(self, women: Women) -> bool:
        """Whether `women` differ from nobody, from all women and from each set that is held by none or by enough of them."""
        return all(self._is_nobody_or_enough(women ^ held) for held in self._sets)

    def admit(self, women: Women) -> bool:
        """Take in `women` if they may be; says whether they were."""
        may_join = self.admits(women)
        if may_join:
            self.hold(women)
        return may_join

    def _is_nobody_or_enough(self, differing: Women) -> bool:
        import numpy as np

        return not differing.any() or are_spread(np.bincount(self._sites[differing]), self._rule)


def is_apart(first: Series[Any], second: Series[Any], rule: ReleaseSettings) -> bool:
    """Whether two figures may both stand, by the numbers of women behind each at every site (the index).

    At a site the larger number is taken to hold the smaller, so that at least so many women differ as the numbers do.
    """
    one, other = (counts.astype("float64").fillna(0) for counts in (first, second))
    differing = float(one.sub(other, fill_value=0).abs().sum())
    return differing == 0 or differing >= rule.minimum_count


def is_hidden_among_others(counts: Series[Any], is_printed: Series[bool], rule: ReleaseSettings) -> bool:
    """Whether a coarse figure that moves with all `counts` of sites may stand beside those of them that are printed.

    True where each small count is printed as nothing else than one of several withheld ones: a reader who solves the figure
    for one site needs all the others, and two sites know only their own.
    """
    withheld = ~is_printed.astype(bool)
    is_sought = withheld & ~is_enough(counts, rule)
    return not is_sought.any() or int(withheld.sum()) >= HIDDEN_TOGETHER
