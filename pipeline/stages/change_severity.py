"""Who has a second score, by how high the first one was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.tables import empty, shape

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from pipeline.measures import Measure

ALL = "ALL"
THIRDS = ("low_third", "middle_third", "high_third")


def completion_of(due: DataFrame, measures: dict[str, Measure]) -> DataFrame:
    """Women of `due` by measure, site and band of the first score: how many were due a second score, how many have it.

    The bands are the two sides of the sourced clinical cut-off; of a measure without one, thirds of the first scores of all
    sites together, counted from the least severe. A woman stands once a measure, so that rows of sites add up to ALL.
    """
    import pandas as pd

    parts = [_of_measure(due[due["measure"] == name], measure) for name, measure in measures.items()]
    parts = [part for part in parts if len(part)]
    return shape("completion", pd.concat(parts, ignore_index=True)) if parts else empty("completion")


def cut_off(measure: Measure) -> float | None:
    """The first clinical cut-off that was verified in its source."""
    return next((float(each.value) for each in measure.clinical_cut_offs if each.evidence != "BK"), None)


def bands_of(first_scores: Series[Any], measure: Measure) -> Series[Any]:
    """The band of each first score, a code of the column `band`."""
    import numpy as np
    import pandas as pd

    cut = cut_off(measure)
    if cut is not None:
        is_case = first_scores >= cut if measure.better == "lower" else first_scores < cut
        return is_case.map({True: "case", False: "not_case"})
    severity = measure.sign * first_scores.astype("float64")
    edges = np.quantile(severity, [1 / 3, 2 / 3]) if len(severity) else [0.0, 0.0]
    return pd.Series(np.array(THIRDS)[np.searchsorted(edges, severity)], index=first_scores.index)


def _of_measure(women: DataFrame, measure: Measure) -> DataFrame:
    import pandas as pd

    rows = women.assign(band=bands_of(women["pre"], measure))
    by_site = rows.groupby(["site_id", "band"]).agg(n_due=("person_id", "nunique"), n_paired=("post", "count")).reset_index()
    over_all = by_site.groupby("band")[["n_due", "n_paired"]].sum().reset_index().assign(site_id=ALL)
    order = ["not_case", "case", *THIRDS]
    table = pd.concat([over_all, by_site], ignore_index=True)
    table["rank"] = table["band"].map({band: at for at, band in enumerate(order)})
    is_site = table["site_id"] != ALL
    table = table.assign(measure=measure.id, cut=cut_off(measure), is_site=is_site)
    return table.sort_values(["is_site", "site_id", "rank"], kind="stable", ignore_index=True)
