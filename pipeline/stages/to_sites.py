"""To-sites: what a site gets back, and nobody else: a one-page passport of its return, and the list of what to mend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.report.documents import passport
from pipeline.returns.fix_list import fix_list

if TYPE_CHECKING:
    from pandas import DataFrame

    from pipeline.report.study import StudyFacts


def to_site(site_id: str, rejected: DataFrame, quality: DataFrame, study: StudyFacts) -> dict[str, bytes]:
    """`passport.pdf` and `fix-list.xlsx` for one site, from its own rows of the faults and of the reconciliation."""
    mine = rejected[rejected["site_id"] == site_id].astype("object")
    faults: list[dict[str, Any]] = mine.where(mine.notna(), None).to_dict("records")  # type: ignore[assignment] # keys are column names
    present = quality[(quality["site_id"] == site_id) & (quality["status"] != "absent")]
    rows: list[dict[str, Any]] = present.to_dict("records")  # type: ignore[assignment] # keys are column names
    return {
        "passport.pdf": passport(site_id, rows, faults, study),
        "fix-list.xlsx": fix_list(site_id, faults, is_synthetic=study.synthetic),
    }
