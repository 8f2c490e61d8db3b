"""To-sites: what a site gets back, and nobody else: a one-page passport of its return, and what to mend, cell by cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.report.documents import passport
from pipeline.returns.fix_list import fix_list
from pipeline.returns.marked_copy import marked_copy

if TYPE_CHECKING:
    from pathlib import Path

    from pandas import DataFrame

    from pipeline.report.study import StudyFacts


def to_site(site_id: str, received: Path, rejected: DataFrame, quality: DataFrame, study: StudyFacts) -> dict[str, bytes]:
    """`passport.pdf` for one site, from its own rows of the faults and of the reconciliation, and what it is to mend.

    That is `marked-up-copy.xlsx`, made from the workbook at `received`, with the fix list inside; where no copy is made,
    `fix-list.xlsx`.
    """
    mine = rejected[rejected["site_id"] == site_id].astype("object")
    faults: list[dict[str, Any]] = mine.where(mine.notna(), None).to_dict("records")  # type: ignore[assignment] # keys are column names
    present = quality[(quality["site_id"] == site_id) & (quality["status"] != "absent")]
    rows: list[dict[str, Any]] = present.to_dict("records")  # type: ignore[assignment] # keys are column names
    copy = marked_copy(received, site_id, faults, is_synthetic=study.synthetic)
    to_mend = {"fix-list.xlsx": fix_list(site_id, faults, is_synthetic=study.synthetic)} if copy is None else {}
    told = [each for each in faults if each["severity"] != "note"]
    return {"passport.pdf": passport(site_id, rows, told, study), **to_mend, **({"marked-up-copy.xlsx": copy} if copy else {})}
