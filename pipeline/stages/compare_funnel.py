"""Funnels: which sites lie further from the national figure than chance and size allow, and how many would by chance alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.stats.funnel import LEVELS, Funnel, funnel_of_means, funnel_of_proportions
from pipeline.stats.funnel_alarms import expected_false_alarms
from pipeline.stats.streams import stream

if TYPE_CHECKING:
    from pandas import DataFrame

NAMES = dict(zip(LEVELS, ("95", "998"), strict=True))
"""How the levels are written in columns."""
SHARES = ("reliably_improved",)


def funnels(sites: DataFrame, measure: str, *, minimum: int, seed: int) -> tuple[list[DataFrame], list[dict[str, Any]]]:
    """The funnels of one measure over its record sites: rows by site, and a row each of what chance alone would flag.

    `sites` are the measure's rows of `site_effects`; `minimum` is the fewest pairs of a site that is drawn.
    """
    here = sites[(sites["grain"] == "record") & (sites["n_paired"] > 0)]
    n = here["n_paired"].to_numpy(dtype="int64")
    spread = here["se"].to_numpy(dtype="float64") * np.sqrt(n)
    drawn = {"mean": funnel_of_means(n, here["mean_improvement"].to_numpy(dtype="float64"), spread, minimum=minimum)}
    for share in SHARES:
        given = here[f"n_{share}"]
        if given.notna().any():
            counted = np.where(given.notna(), n, 0)
            drawn[share] = funnel_of_proportions(given.fillna(0).to_numpy(dtype="int64"), counted, minimum=minimum)
    tables = [_rows(funnel, here["site_id"].to_list(), measure, kind) for kind, funnel in drawn.items()]
    return tables, [_budget(funnel, measure, kind, seed) for kind, funnel in drawn.items()]


def _rows(funnel: Funnel, sites: list[str], measure: str, kind: str) -> DataFrame:
    import pandas as pd

    table: dict[str, Any] = {"measure": measure, "kind": kind, "site_id": sites, "n": funnel.n, "value": funnel.value}
    for level, name in NAMES.items():
        for limits, suffix in ((funnel.base, ""), (funnel.over_dispersed, "_od")):
            at = limits[level]
            table |= {f"low_{name}{suffix}": at.low, f"high_{name}{suffix}": at.high, f"flag_{name}{suffix}": at.flag}
        if funnel.exact:
            table[f"flag_{name}_exact"] = funnel.exact[level].flag
    numbers = {"target": funnel.target, "phi": funnel.phi, "tau2": funnel.tau2, "sigma2": funnel.sigma2}
    return pd.DataFrame(table | numbers | {"is_drawn": funnel.is_drawn, "reason": funnel.reason})


def _budget(funnel: Funnel, measure: str, kind: str, seed: int) -> dict[str, Any]:
    """Sites drawn, and by level how many are flagged and how many would be if none were special."""
    expected = expected_false_alarms(funnel, rng=stream(seed, "funnel", measure, kind))
    row: dict[str, Any] = {"measure": measure, "kind": kind, "k_drawn": funnel.k, "reason": expected.reason or funnel.reason}
    for level, name in NAMES.items():
        row |= {f"expected_{name}": expected.base[level], f"expected_{name}_od": expected.over_dispersed[level]}
        for limits, suffix in ((funnel.base, ""), (funnel.over_dispersed, "_od")):
            flags = limits[level].flag if limits else np.array([], dtype="str")
            row[f"flagged_{name}{suffix}"] = int(np.isin(flags, ["below", "above"]).sum())
    return row
