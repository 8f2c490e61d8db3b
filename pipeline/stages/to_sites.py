"""To-sites: what a site gets back, and nobody else: a one-page passport of its return, and what to mend, cell by cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.report.documents import passport
from pipeline.returns.decisions import FOR_ANALYST
from pipeline.returns.fix_list import fix_list
from pipeline.returns.marked_copy import marked_copy
from pipeline.returns.since_release import in_words, since

if TYPE_CHECKING:
    from pathlib import Path

    from pandas import DataFrame

    from pipeline.config import IntakeSettings
    from pipeline.report.study import StudyFacts


def to_site(
    site_id: str,
    received: Path,
    rejected: DataFrame,
    quality: DataFrame,
    uses: DataFrame,
    study: StudyFacts,
    *,
    release: str | None = None,
    then: DataFrame | None = None,
    limits: IntakeSettings | None = None,
) -> dict[str, bytes]:
    """`passport.pdf` for one site, from its own rows of the faults, of the reconciliation and of `score_uses`, and what to mend.

    That is `marked-up-copy.xlsx`, made from the workbook at `received`, with the fix list inside; where no copy is made,
    `fix-list.xlsx`. Each fault is held against those of `then`, the table `published_faults` of the last release.
    """
    mine = rejected[(rejected["site_id"] == site_id) & ~rejected["rule_id"].isin(FOR_ANALYST)].astype("object")
    faults: list[dict[str, Any]] = mine.where(mine.notna(), None).to_dict("records")  # type: ignore[assignment] # keys are column names
    compared = since(site_id, faults, release, then)
    faults = [
        {**each, "since": {"new": f"new since {release}", "open": f"still open since {release}"}.get(state, "")}
        for each, state in zip(faults, compared.states, strict=True)
    ]
    rows: list[dict[str, Any]] = quality[quality["site_id"] == site_id].to_dict("records")  # type: ignore[assignment] # keys are column names
    said = in_words(compared)
    copy = marked_copy(received, site_id, faults, is_synthetic=study.synthetic, compared=said, limits=limits)
    used: list[dict[str, Any]] = uses[uses["site_id"] == site_id].to_dict("records")  # type: ignore[assignment] # keys are column names
    told = [each for each in faults if each["severity"] != "note"]
    made = {"passport.pdf": passport(site_id, rows, used, told, study, compared=said)}
    if copy is None:
        return {**made, "fix-list.xlsx": fix_list(site_id, faults, is_synthetic=study.synthetic, compared=said)}
    return {**made, "marked-up-copy.xlsx": copy}
