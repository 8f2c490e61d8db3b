"""Invented returns with planted truths, for rehearsal and for tests; the real run never imports them."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SEED = 20261122
FEWEST_REFERRALS_A_SITE = 10


def synthesise(folder: Path, *, sites: int = 30, women: int = 9000, seed: int = SEED, dirty: bool = False) -> None:
    """Write an invented study: `<folder>/returns/`, a return a site, `evidence.csv`, and the answer key `truth.json`.

    `women` is about how many referrals there are in all. The same arguments give the same bytes. A study that was made
    here before is replaced. With `dirty`, honest mistakes are planted in most returns; `<folder>/faults.json` names number,
    cell and rule of each, and `<folder>/mappings/` holds what the analyst says of sites with sheets of their own. Raises
    ValueError where there are too few referrals for the sites, and FileExistsError where `returns` holds something that was
    not made here.
    """
    if sites < 1 or women < FEWEST_REFERRALS_A_SITE * sites:
        least = FEWEST_REFERRALS_A_SITE
        raise ValueError(f"found {sites} sites and {women} women; expected at least 1 site and {least} women a site")
    from pipeline.synthetic.dirty import write_dirty
    from pipeline.synthetic.evidence import evidence_of
    from pipeline.synthetic.returning import tables_of
    from pipeline.synthetic.study import draw_study
    from pipeline.synthetic.truth import truth_of
    from pipeline.synthetic.writing import write_folder, write_workbook

    returns, answers = folder / "returns", folder / "truth.json"
    if returns.exists() and not answers.exists():
        raise FileExistsError(f"{returns}: holds returns that were not invented here. Choose another folder.")
    study = draw_study(sites=sites, women=women, seed=seed)
    making = folder / "returns.part"
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    tables = {service.site_id: (service.form, tables_of(study, number)) for number, service in enumerate(study.services)}
    spoilt = write_dirty(folder, making, tables, seed) if dirty else set()
    for site, (form, sheets) in tables.items():
        if site not in spoilt and form == "workbook":
            write_workbook(making / f"{site}.xlsx", sheets)
        elif site not in spoilt:
            write_folder(making / site, sheets)
    said, planted = evidence_of([service.site_id for service in study.services], seed=seed)
    (folder / "evidence.csv").write_bytes(said)
    key = json.dumps(truth_of(study, seed=seed, women=women) | {"evidence": planted}, indent=1, sort_keys=True, allow_nan=False)
    answers.write_text(key + "\n", encoding="utf-8", newline="\n")
    shutil.rmtree(returns, ignore_errors=True)
    making.rename(returns)
