"""Earlier releases: who stood behind their figures, by keyed hash, and which new figures would tell of too few women beside them.

Of a figure that was released and its new version, the women in one and not in the other, or whose values have changed, number
none or at least the minimum; else subtraction would give a figure about them, and the new one is withheld. A figure over
sites is held the same way on what is left when the sites are taken off whose part in both totals is shown. The key never
leaves with a release; without it the hashes say nothing but how many there are, and so they do not leave either.

Source: Hundepool et al. 2012, Statistical Disclosure Control (disclosure by differencing); RFC 2104 (keyed hashing).
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any

from pipeline.disclosure.rule import are_spread

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pandas import DataFrame, Series

    from pipeline.config import ReleaseSettings

ALL = "ALL"
Held = dict[str, frozenset[str]]
"""By variable, the sites whose new figures are withheld, and ALL for those over sites."""
_LENGTH = 32


def hashed_women(women: DataFrame, key: str) -> DataFrame:
    """`women` (the table released_women) with hashes keyed by `key` instead of pseudonyms and values."""

    def mark(*parts: Series[str]) -> list[str]:
        rows = zip(*parts, strict=True)
        return [hmac.new(secret, "\x1f".join(row).encode(), hashlib.sha256).hexdigest()[:_LENGTH] for row in rows]

    secret = bytes.fromhex(key)
    who = (women["site_id"].astype("str"), women["woman"].astype("str"))
    what = (women["variable"].astype("str"), *who, women["value"].astype("str"))
    return women.assign(woman=mark(*who), value=mark(*what))


def held_back(now: DataFrame, earlier: Mapping[str, DataFrame], rule: ReleaseSettings, *, unknown: Collection[str] = ()) -> Held:
    """What may not be shown anew beside the `earlier` releases. `now` and each of them: hashed women (`hashed_women`).

    `unknown`: kinds of variables, before the stroke, on which nobody is known again but by what she answered. Of now,
    `is_in_total` and `is_at_site` say what may be shown; of an earlier release, what was.
    """
    held: dict[str, frozenset[str]] = {}
    for variable, mine in now.groupby("variable", sort=True):
        before = [then[then["variable"] == variable] for then in earlier.values()]
        found: frozenset[str] = frozenset()
        is_known = str(variable).partition("/")[0] not in unknown
        while (more := found.union(*(_held_of(then, mine, found, rule, is_known=is_known) for then in before))) != found:
            found = more  # what stays back because of one release takes cover from another
        if found:
            held[str(variable)] = found
    return held


def _held_of(then: DataFrame, now: DataFrame, held: frozenset[str], rule: ReleaseSettings, *, is_known: bool) -> frozenset[str]:
    """The sites, and ALL, whose figures on one variable stay back, where those `held` do already."""
    at_both = _shown(then, "is_at_site") & _shown(now, "is_at_site")
    differing = _differing(then, now, None, is_known=is_known)
    held = held | {site for site in at_both if 0 < differing.get(site, 0) < rule.minimum_count}
    if ALL in held or not (_shown(then, "is_in_total") and _shown(now, "is_in_total")):
        return held
    in_totals = _differing(then, now, "is_in_total", is_known=is_known)
    open_sites = {site for site in in_totals if site not in held and all(_is_told(each, site) for each in (then, now))}
    hidden = [n for site, n in in_totals.items() if n and site not in open_sites]
    further: list[str] = []
    for site in sorted(open_sites, key=lambda each: (in_totals.get(each, 0), each)):
        if not hidden or _is_figure(hidden, rule):
            break
        if in_totals.get(site, 0):
            hidden.append(in_totals[site])
            further.append(site)
    if not hidden:
        return held
    return held | (frozenset(further) if _is_figure(hidden, rule) else {ALL})


def _is_told(women: DataFrame, site: str) -> bool:
    """Whether what a site adds to the total of a release can be read from that release: its own figure, or nothing."""
    mine = women[women["site_id"] == site]
    is_in_total, is_at_site = (mine[name].fillna(value=False).astype(bool) for name in ("is_in_total", "is_at_site"))
    return not is_in_total.any() or bool((is_in_total & is_at_site).all())


def _is_figure(counts: list[int], rule: ReleaseSettings) -> bool:
    import numpy as np

    return are_spread(np.array(counts, dtype="float64"), rule)


def _shown(women: DataFrame, column: str) -> set[str]:
    return set(women.loc[women[column].fillna(value=False).astype(bool), "site_id"])


def _differing(then: DataFrame, now: DataFrame, within: str | None, *, is_known: bool) -> dict[str, int]:
    """By site, how many women are in one release alone, or in both with other values; of those `within` a figure, if named.

    Where nobody is known again but by what she answered, whoever answers otherwise has gone as one and come as another: there it
    is the larger of how many went and how many came.
    """
    pair = [table if within is None else table[table[within].fillna(value=False).astype(bool)] for table in (then, now)]
    both: Any = pair[0][["site_id", "woman", "value"]].merge(
        pair[1][["site_id", "woman", "value"]], on=["site_id", "woman"], how="outer", suffixes=("_then", "_now")
    )
    gone, come = both["value_now"].isna(), both["value_then"].isna()
    is_other = gone | come | (both["value_then"] != both["value_now"])
    n, left, new = (each.groupby(both["site_id"]).sum() for each in (is_other, gone, come))
    return {str(site): int(n[site]) if is_known else int(max(left[site], new[site])) for site in n.index}
