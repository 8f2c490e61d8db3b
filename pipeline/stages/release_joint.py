"""What may leave of the evidence: a reading by role group and element, where enough sources at enough sites stand behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.disclosure.rule import SHOWN, TOO_FEW
from pipeline.disclosure.spoken import ALL, Place, Sources, band, may_stand
from pipeline.tables import empty

if TYPE_CHECKING:
    from pandas import DataFrame


def release_joint(joint: DataFrame, evidence: DataFrame) -> DataFrame:
    """A row a theory, element and role group, with reading, fit and a band of sources; never a site or an excerpt.

    No row at all where the study was given no evidence. Too few sources and none look alike: silent.
    """
    import pandas as pd

    if evidence.empty:
        return empty("open_joint")
    rows = []
    for theory, mine in joint.groupby("theory_id", sort=False):
        said = evidence[evidence["theory_id"] == theory]
        places = list(zip(mine["element"], mine["role_group"], strict=True))
        printed = may_stand({place: _sources(said, place) for place in places})
        for place, row in zip(places, mine.to_dict("records"), strict=True):
            is_shown = place in printed
            rows.append(
                {
                    **{name: row[name] for name in ("theory_id", "element", "role_group")},
                    "sources": band(row["k_sources"]) if is_shown else None,
                    "reading": row["reading"] if is_shown else None,
                    "fit": row["fit"] if is_shown else "silent",
                    "status": SHOWN if is_shown else TOO_FEW,
                }
            )
    return pd.DataFrame(rows) if rows else empty("open_joint")


def _sources(said: DataFrame, place: Place) -> Sources:
    element, group = place
    if element != ALL:
        said = said[said["element"] == element]
    if group != ALL:
        said = said[said["role_group"] == group]
    return frozenset(zip(said["source_id"], said["site_id"].fillna(""), strict=True))
