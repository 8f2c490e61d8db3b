"""Invented returns and real ones in one folder: what does not belong is set aside whole, and everything else stays."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from pipeline.config import IntakeSettings
from pipeline.measures import Measure
from pipeline.returns.inventory import Return
from pipeline.stages.ingest import ingest
from pipeline.stages.validate import ValidateSettings, validate
from pipeline.synthetic import synthesise

REAL = {
    "service": "site_id,wave,go_live_date\nS09,early_implementer,2024-01-01\n",
    "referrals": "referral_id,referral_date\nR1,2026-01-05\nR2,2026-02-05\n",
}


@pytest.fixture(scope="module")
def returns(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Return]:
    """Two invented returns, a workbook and a folder, and a real one."""
    folder = tmp_path_factory.mktemp("mixed")
    synthesise(folder, sites=4, women=60)
    invented = sorted((folder / "returns").iterdir())
    chosen = [next(p for p in invented if p.is_dir()), next(p for p in invented if p.is_file())]
    (folder / "S09").mkdir()
    for name, text in REAL.items():
        (folder / "S09" / f"{name}.csv").write_text(text, encoding="utf-8")
    return {path.stem: Return(path.stem, path) for path in (*chosen, folder / "S09")}


def judged(returns: dict[str, Return], measures: dict[str, Measure], *, synthetic: bool) -> tuple[set[str], set[tuple[str, str]]]:
    """The sites with an accepted row, and each fault of mixing with its site."""
    received = {site: ingest(each, IntakeSettings()) for site, each in returns.items()}
    made = validate(received, measures, None, ValidateSettings(synthetic=synthetic))
    tables = [table for name, table in made.items() if name.startswith("accepted_")]
    faults = made["rejected"].query("rule_id in ['invented-return', 'not-invented']")
    quality = made["quality"]
    assert (quality["rows_read"] == quality["rows_accepted"] + quality["rows_rejected"]).all()
    return set(pd.concat(tables)["site_id"]), set(zip(faults["site_id"], faults["rule_id"], strict=True))


def test_a_real_study_sets_invented_returns_aside(returns: dict[str, Return], measures: dict[str, Measure]) -> None:
    invented = set(returns) - {"S09"}
    assert judged(returns, measures, synthetic=False) == ({"S09"}, {(site, "invented-return") for site in invented})


def test_a_rehearsal_sets_a_real_return_aside(returns: dict[str, Return], measures: dict[str, Measure]) -> None:
    assert judged(returns, measures, synthetic=True) == (set(returns) - {"S09"}, {("S09", "not-invented")})


def test_without_any_mark_the_config_is_taken_at_its_word(returns: dict[str, Return], measures: dict[str, Measure]) -> None:
    alone = {"S09": returns["S09"]}
    assert judged(alone, measures, synthetic=True) == judged(alone, measures, synthetic=False) == ({"S09"}, set())


def test_a_return_without_a_service_sheet_says_nothing(
    returns: dict[str, Return], measures: dict[str, Measure], tmp_path: Path
) -> None:
    (tmp_path / "S10").mkdir()
    (tmp_path / "S10" / "referrals.csv").write_text(REAL["referrals"].replace("R", "Q"), encoding="utf-8")
    both = {**returns, "S10": Return("S10", tmp_path / "S10")}
    accepted, faults = judged(both, measures, synthetic=True)
    assert "S10" in accepted
    assert faults == {("S09", "not-invented")}
