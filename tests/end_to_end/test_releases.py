"""A release beside an earlier one: what subtraction would tell of too few women stays back, and the log says so."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd

from tests.conftest import tell


def config(study: Path) -> tuple[str, Path]:
    return "--config", study / "config.yaml"


def opened(study: Path, name: str) -> pd.DataFrame:
    return pd.read_parquet(study / "processed" / f"{name}.parquet")


def drop_women(folder: Path, referrals: set[str]) -> None:
    """Take every row of these referrals out of a return that is a folder of CSV files."""
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        if rows and "referral_id" in rows[0]:
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, rows[0].keys())
                writer.writeheader()
                writer.writerows(row for row in rows if row["referral_id"] not in referrals)


def test_figures_that_differ_by_three_women_stay_back_and_by_twelve_are_shown(published: Path) -> None:
    before = {path: path.read_bytes() for path in (published / "not-for-release").iterdir()}
    pairs = opened(published, "change")
    pairs = pairs[pairs["first_referral"].astype(bool)]
    folders = [path.name for path in (published / "raw").iterdir() if path.is_dir()]
    site = pairs[pairs["site_id"].isin(folders)].groupby("site_id").size().idxmax()
    women = pairs.loc[pairs["site_id"] == site, "referral_id"].tolist()
    first = opened(published, "open_sites").set_index("site_id")
    assert first.loc[site, "status"] == "shown"
    assert set(opened(published, "open_pooled")["status"]) == {"shown"}
    assert len(women) >= 22

    drop_women(published / "raw" / site, set(women[:3]))
    assert tell("run", *config(published)).code == 0
    sites = opened(published, "open_sites").set_index("site_id")
    assert sites.loc[site, "status"] == "too_few"
    assert sites.loc[site, ["n", "mean_improvement", "low", "high", "shrunken"]].isna().all()
    others = sites.index[(first["status"] == "shown") & (first.index != site)]
    assert (sites.loc[others, "n"] == first.loc[others, "n"]).all(), "nobody came or went there"
    pool = opened(published, "open_pooled").iloc[0]
    assert (pool["status"], pd.isna(pool["n"]), pd.isna(pool["mean_improvement"])) == ("too_few", True, True)
    assert "earlier release" in pool["note"]
    assert opened(published, "open_distribution").empty
    assert set(opened(published, "open_equity")["status"]) == {"too_few"}
    found = opened(published, "findings").set_index("key")
    assert found.loc[["study.n_women", "study.n_referrals"], "value"].isna().all()
    log = pd.read_csv(published / "reports" / "disclosure-log.csv", comment="#").set_index("table")
    assert log.loc["open_sites", "k_cells_since_release"] == 1
    assert log.loc["open_pooled", "k_cells_since_release"] == 1
    report = (published / "reports" / "national-report.md").read_text(encoding="utf-8")
    assert "Since an earlier release too few women" in report

    drop_women(published / "raw" / site, set(women[:12]))
    assert tell("run", *config(published)).code == 0
    sites = opened(published, "open_sites").set_index("site_id")
    assert sites.loc[site, "status"] == "shown"
    assert set(opened(published, "open_pooled")["status"]) == {"shown"}
    log = pd.read_csv(published / "reports" / "disclosure-log.csv", comment="#").set_index("table")
    assert log.loc["open_sites", "k_cells_since_release"] == 0
    assert {path: path.read_bytes() for path in (published / "not-for-release").iterdir()} == before, "only publish writes there"


def test_what_a_release_keeps_of_women_says_nothing_without_its_key(published: Path) -> None:
    kept = pd.read_parquet(published / "not-for-release" / "published-women-2026-05.parquet")
    people = opened(published, "change")
    assert kept["woman"].str.fullmatch(r"[0-9a-f]{32}").all()
    assert kept["value"].str.fullmatch(r"[0-9a-f]{32}").all()
    assert not set(kept["woman"]) & (set(people["person_id"].dropna()) | set(people["referral_id"]))
    released = [path for path in (published / "releases").rglob("*") if path.is_file()]
    key = (published / "not-for-release" / "key.json").read_text(encoding="utf-8").split('"')[3]
    assert len(key) == 64
    assert not [path for path in released if path.suffix == ".parquet" or key.encode() in path.read_bytes()]
    assert not [path for path in released if any(mark.encode() in path.read_bytes() for mark in kept["woman"].head(20))]
