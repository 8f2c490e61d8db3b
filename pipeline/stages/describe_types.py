"""The typology: which services are alike in what they offer, told by their components, and whether that is more than chance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.stats.streams import stream
from pipeline.stats.typology import FEW, FEWEST_A_TYPE, FEWEST_UNITS, NONE, STABLE, Typology, find_types
from pipeline.tables import empty, shape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pandas import DataFrame

ALL = "ALL"
MOST_TELLING, LEAST_DIFFERENCE = 5, 0.5
"""Components that describe a type: at most so many, and only where its share differs by so much from that of all others."""
ALIKE = "alike"
"""Why there are no types where hardly any component is had by some services and not by others."""


def types_of(answers: DataFrame, kinds: Mapping[str, str], seed: int) -> dict[str, DataFrame]:
    """`typology`, `site_types` and `type_profiles` of services (rows) by components (columns: y, n, or why neither is known).

    Services with more than half of the components recorded are grouped, by those components that at least three of them have
    and at least three have not: others set nobody apart. Types are named A, B and so on, the largest first, then by site code.
    Where the verdict is none, no service has a type. Random numbers are of the purpose `typology`.
    """
    import pandas as pd

    values = answers.apply(lambda column: column.map({"y": 1.0, "n": 0.0})).astype("float64").sort_index()
    answered = values.index[values.notna().mean(axis=1) > 0.5]
    used = values.loc[answered]
    has, lacks = (used == 1).sum(), (used == 0).sum()
    used = used.loc[:, (has >= FEWEST_A_TYPE) & (lacks >= FEWEST_A_TYPE)]
    used = used[used.notna().mean(axis=1) > 0.5]
    if len(answered) < FEWEST_UNITS or len(used) < FEWEST_UNITS or used.shape[1] < 2:
        why = FEW if len(answered) < FEWEST_UNITS else ALIKE
        whole = {"type": ALL, "k_sites": len(answered), "k_components": used.shape[1], "verdict": NONE, "reason": why}
        return _tables(pd.DataFrame([whole]), _sites(answers, answered, None), empty("type_profiles"))
    found = find_types(used.to_numpy(), stream(seed, "typology"))
    whole = _whole(found, used)
    if found.verdict == NONE:
        return _tables(pd.DataFrame([whole]), _sites(answers, answered, None), empty("type_profiles"))
    names = [chr(ord("A") + position) for position in range(found.k)]
    each = [
        {
            "type": name,
            "k_sites": int((found.labels == position).sum()),
            "verdict": "stable" if found.jaccard[position] >= STABLE else "patterns",
            "likeness": float(found.jaccard[position]),
            "width": float(found.widths[found.labels == position].mean()),
        }
        for position, name in enumerate(names)
    ]
    chosen = pd.DataFrame({"type": [names[label] for label in found.labels], "width": found.widths}, index=used.index)
    profiles = _profiles(values.loc[used.index], chosen["type"], names).assign(kind=lambda rows: rows["component"].map(kinds))
    return _tables(pd.DataFrame([whole, *each]), _sites(answers, used.index, chosen), profiles)


def _whole(found: Typology, used: DataFrame) -> dict[str, Any]:
    """The row of the typology as a whole."""
    row: dict[str, Any] = {"type": ALL, "k_sites": len(used), "k_components": used.shape[1], "k_types": found.k or None}
    row |= {"verdict": found.verdict, "reason": found.reason, "width": found.width, "p_value": found.p_value}
    if len(found.jaccard):
        row |= {"likeness": float(found.jaccard.min()), "agreement_linkage": found.linkage}
    if np.isfinite(found.left_out).any():
        row |= {
            "agreement_left_out": float(np.nanmin(found.left_out)),
            "left_out": used.columns[int(np.nanargmin(found.left_out))],
        }
    return row


def _sites(answers: DataFrame, used: Any, chosen: DataFrame | None) -> DataFrame:
    """Every service: its type, or why it has none."""
    import pandas as pd

    table = pd.DataFrame({"site_id": answers.index, "is_used": answers.index.isin(used)})
    if chosen is not None:
        table = table.merge(chosen.rename_axis("site_id").reset_index(), on="site_id", how="left")
    first = answers.iloc[:, 0].where(answers.iloc[:, 0].isin(["not_returned", "not_open_yet"]), "not_recorded")
    return table.assign(status=first.to_numpy()).assign(
        status=lambda rows: rows["status"].mask(rows["is_used"], "shown" if chosen is not None else "no_types")
    )


def _profiles(values: DataFrame, types: Any, names: list[str]) -> DataFrame:
    """Share of a type's services that have each component, beside that of all other services; which of them describe it."""
    import pandas as pd

    parts = []
    for name in names:
        inside = (types == name).to_numpy()
        mine, others = values[inside], values[~inside]
        table = pd.DataFrame(
            {
                "type": name,
                "component": values.columns,
                "k_with": (mine == 1).sum().to_numpy(),
                "k_answered": mine.notna().sum().to_numpy(),
                "share": mine.mean().to_numpy(),
                "share_others": others.mean().to_numpy(),
            }
        )
        apart = (table["share"] - table["share_others"]).abs()
        rank = apart.rank(ascending=False, method="first")
        parts.append(table.assign(is_telling=((apart >= LEAST_DIFFERENCE) & (rank <= MOST_TELLING)).astype("boolean")))
    return pd.concat(parts, ignore_index=True)


def _tables(typology: DataFrame, sites: DataFrame, profiles: DataFrame) -> dict[str, DataFrame]:
    made = {"typology": typology, "site_types": sites, "type_profiles": profiles}
    return {name: shape(name, table) for name, table in made.items()}
