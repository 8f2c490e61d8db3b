"""Join: what people said of each theory beside what the numbers say, by a stated rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline import codes
from pipeline.tables import empty, shape

if TYPE_CHECKING:
    from pandas import DataFrame

ALL = "all"
OF_SIDES = (2, 3)
"""So many sources of so many, among those that support or contradict, make a reading: a choice of this study."""
_AGREE = {("consistent", "supports"), ("inconsistent", "contradicts")}
_OPEN = {"inconclusive", "not_testable"}


def joint(evidence: DataFrame, appraisal: DataFrame) -> DataFrame:
    """The joint display: a row a theory of `appraisal`, element and role group, `all` among both.

    `evidence`: coded excerpts. A source counts once in each row, and under each stance that it takes there.
    """
    import pandas as pd

    verdicts = dict(zip(appraisal["theory_id"], appraisal["verdict"], strict=True))
    rows = []
    for theory, verdict in verdicts.items():
        mine = evidence[evidence["theory_id"] == theory]
        for element in (ALL, *codes.ELEMENTS):
            of_element = mine if element == ALL else mine[mine["element"] == element]
            for group in (ALL, *codes.GROUPS):
                said = of_element if group == ALL else of_element[of_element["role_group"] == group]
                rows.append({"theory_id": theory, "element": element, "role_group": group, **_row(said, str(verdict))})
    return shape("joint", pd.DataFrame(rows)) if rows else empty("joint")


def _row(said: DataFrame, verdict: str) -> dict[str, Any]:
    sources = {stance: said.loc[said["stance"] == stance, "source_id"].nunique() for stance in codes.STANCES}
    found = reading(sources["supports"], sources["contradicts"], sources["refines"], said["source_id"].nunique())
    return {
        "k_sources": said["source_id"].nunique(),
        "k_sites": said["site_id"].nunique(),
        **{f"k_{stance}": number for stance, number in sources.items()},
        "reading": found,
        "verdict": verdict,
        "fit": fit(found, verdict),
    }


def reading(k_supports: int, k_contradicts: int, k_refines: int, k_sources: int) -> str:
    """What sources say together: a stance where two thirds of those who take a side take it, `refines` where half refine.

    Refining goes first: who says under which condition a theory holds has said more than yes or no. `k_sources` counts each
    source once, the others count it under each stance that it takes. Neither side with two thirds: mixed; nobody: none.
    """
    if not k_sources:
        return "none"
    if 2 * k_refines >= k_sources:
        return "refines"
    most, of = OF_SIDES
    needed = most * (k_supports + k_contradicts)
    if of * k_supports >= needed:
        return "supports"
    return "contradicts" if of * k_contradicts >= needed else "mixed"


def fit(said: str, verdict: str) -> str:
    """How a reading stands to a verdict.

    Nobody spoke: silent. Refines: expands. Mixed stays mixed. The numbers are open: evidence_alone. Both point one way:
    convergent; they point two ways: divergent.
    """
    if said in {"none", "mixed", "refines"}:
        return {"none": "silent", "refines": "expands"}.get(said, said)
    if verdict in _OPEN:
        return "evidence_alone"
    return "convergent" if (verdict, said) in _AGREE else "divergent"
