"""National shares of women in a class, over sites that may differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.stats.logistic import share_of_sites

if TYPE_CHECKING:
    from pandas import DataFrame

SHARES = {
    "reliably_improved": "n_paired",
    "no_reliable_change": "n_paired",
    "reliably_deteriorated": "n_paired",
    "recovered": "n_case_before",
    "reliably_recovered": "n_case_before",
}
"""Each share, and the women that it is a share of."""


def national_shares(sites: DataFrame, measure: str) -> list[dict[str, Any]]:
    """One row a share: over record sites, from a random-intercept logistic model, averaged over the sites' distribution.

    `sites` are the measure's rows of `site_effects`. `observed` is all events over all women, which the model need not give.
    """
    rows = []
    for share, of in SHARES.items():
        given = sites[(sites["grain"] == "record") & sites[f"n_{share}"].notna() & (sites[of].fillna(0) > 0)]
        if given.empty:
            continue
        events, n = (given[column].to_numpy(dtype="int64") for column in (f"n_{share}", of))
        found = share_of_sites(events, n)
        row: dict[str, Any] = {
            "measure": measure,
            "share": share,
            "k": len(given),
            "n": int(n.sum()),
            "events": int(events.sum()),
        }
        row |= {"observed": events.sum() / n.sum(), "estimate": found.share, "low": found.low_wider, "high": found.high_wider}
        rows.append(row | {"median_share": found.median_share, "tau": found.tau, "reason": found.reason})
    return rows
