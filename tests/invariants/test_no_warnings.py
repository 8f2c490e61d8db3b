"""No warning reaches the screen: every numeric stage over unlike studies with warnings as errors, and one whole run."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.numeric_stages import accepted, run
from pipeline.measures import load
from pipeline.synthetic import synthesise

pytestmark = pytest.mark.filterwarnings("error")
Frames = dict[str, pd.DataFrame]
MEASURES = {name: load()[name] for name in ("pcl5", "core10")}
STUDIES = {
    "one site": (1, 60),
    "two sites": (2, 120),
    "four sites": (4, 200),
    "twelve sites": (12, 480),
    "few women": (4, 24),
    "all too few": (12, 36),
}


@pytest.mark.parametrize(("sites", "women"), STUDIES.values(), ids=list(STUDIES))
def test_no_stage_warns_whatever_the_number_of_sites_and_women(sites: int, women: int) -> None:
    made = run(accepted(sites, women, 7), measures=MEASURES)
    assert made["flow"]["site_id"].nunique() >= max(1, sites - 2), "but for those that sent totals alone"
    if sites * 10 > women:
        assert not made["site_effects"]["is_pooled"].any(), "no site has ten pairs"


def one_pathway(tables: Frames) -> Frames:
    return tables | {"referrals": tables["referrals"].assign(pathway="birth_trauma")}


def no_scores(tables: Frames) -> Frames:
    return tables | {"outcomes": tables["outcomes"].iloc[:0], "aggregates": tables["aggregates"].iloc[:0]}


def all_zero(tables: Frames) -> Frames:
    return tables | {"outcomes": tables["outcomes"].assign(total=0.0)}


def one_change(tables: Frames) -> Frames:
    """Everybody falls by the same, from the same score."""
    outcomes = tables["outcomes"]
    return tables | {"outcomes": outcomes.assign(total=np.where(outcomes["occasion"].eq("post"), 30.0, 40.0))}


def nothing_recorded(tables: Frames) -> Frames:
    """Neither who the women are nor when anything happened but the scores."""
    referrals = tables["referrals"].copy()
    kept = ("site_id", "referral_id", "person_id", "referral_date", "first_treatment_date", "end_date")
    for name in referrals.columns.difference(kept):
        referrals[name] = pd.Series(pd.NA, index=referrals.index).astype(referrals[name].dtype)
    return tables | {"referrals": referrals, "contacts": tables["contacts"].iloc[:0], "activity": tables["activity"].iloc[:0]}


@pytest.mark.parametrize("change", [one_pathway, no_scores, all_zero, one_change, nothing_recorded])
def test_no_stage_warns_where_data_are_degenerate(change: object) -> None:
    assert callable(change)
    made = run(change(accepted(4, 160, 7)), measures=MEASURES)
    if change in (all_zero, one_change):
        assert not made["site_effects"].query("grain == 'record'")["is_pooled"].any(), "no spread, no weight"


def test_a_warning_in_a_stage_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.stages import score

    def warn(*_: object) -> None:
        warnings.warn("seen", RuntimeWarning, stacklevel=1)

    monkeypatch.setattr(score, "score", warn)
    with pytest.raises(RuntimeWarning, match="seen"):
        run(accepted(1, 20, 7), measures=MEASURES)


def test_a_whole_run_says_nothing_of_warnings(tmp_path: Path) -> None:
    synthesise(tmp_path / "raw", sites=5, women=150, seed=7)
    (tmp_path / "config.yaml").write_text(
        "synthetic: true\nmeasures: [pcl5]\npaths: {returns: raw/returns, processed: processed, reports: reports, "
        "releases: releases}\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "pipeline", "run", "--config", str(tmp_path / "config.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONWARNINGS": "default"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "reports" / "national-report.pdf").is_file()
    for line in (done.stdout + done.stderr).splitlines():
        assert "Warning:" not in line and "Warning " not in line, line
