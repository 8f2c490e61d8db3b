"""The 30-site synthetic study, run once: what it makes, what is safe to leave, and what was planted in it."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pandas as pd
import pikepdf
import pytest

from pipeline.tables import schemas
from tests.conftest import tell
from tests.printed import words_of

LOOSE_COUNT = re.compile(r"^n(_|$)")


@pytest.fixture(scope="module")
def truth(full_study: Path) -> dict[str, object]:
    return json.loads((full_study / "invented" / "truth.json").read_text(encoding="utf-8"))


def table(study: Path, name: str) -> pd.DataFrame:
    return pd.read_parquet(study / "processed" / f"{name}.parquet")


def texts(study: Path) -> list[Path]:
    return [p for p in (study / "reports").rglob("*") if p.suffix in {".csv", ".md", ".json", ".svg"}]


def test_the_run_says_what_it_did_and_ends_with_the_report(full_study: Path) -> None:
    said = (full_study / "told.txt").read_text(encoding="utf-8")
    assert "this is a rehearsal on synthetic returns" in said
    assert said.strip().endswith("national-report.pdf")


def test_everything_promised_is_there(full_study: Path) -> None:
    reports = full_study / "reports"
    assert (reports / "national-report.pdf").is_file()
    assert (reports / "run.json").is_file()
    assert len(list((reports / "sites").glob("S*.pdf"))) == 30
    assert len(list((reports / "sites-text").glob("S*.md"))) == 30
    for name in ("commissioner-brief", "summary-for-women"):
        assert {path.suffix for path in reports.glob(f"{name}.*")} == {".pdf", ".md"}
    assert {p.suffix for p in reports.rglob("*") if p.is_file()} == {".pdf", ".md", ".html", ".csv", ".svg", ".json"}
    drawn = {p.stem for p in (reports / "figures").glob("*.svg")}
    alt = json.loads((reports / "figures" / "alt.json").read_text(encoding="utf-8"))
    assert drawn == set(alt) == {p.stem for p in (reports / "figures").glob("*.csv")}
    assert {"flow", "completeness", "distribution-pcl5", "classes-pcl5", "forest-pcl5", "shrunken-pcl5"} <= drawn
    for site, to_mend in (("S01", "marked-up-copy.xlsx"), ("S02", "fix-list.xlsx")):
        assert {p.name for p in (full_study / "processed" / "to_sites" / site).iterdir()} == {"passport.pdf", to_mend}


def test_every_table_holds_to_its_schema(full_study: Path) -> None:
    for path in sorted((full_study / "processed").glob("*.parquet")):
        schemas()[path.stem].validate(pd.read_parquet(path))


def test_rows_read_are_rows_accepted_and_rejected(full_study: Path) -> None:
    quality = table(full_study, "quality")
    assert (quality["rows_read"] == quality["rows_accepted"] + quality["rows_rejected"]).all()
    for name in ("referrals", "outcomes", "contacts", "service", "aggregates"):
        accepted = table(full_study, f"accepted_{name}").groupby("site_id").size()
        stated = quality[(quality["table"] == name) & (quality["rows_accepted"] > 0)].set_index("site_id")["rows_accepted"]
        assert accepted.to_dict() == stated.to_dict()


def test_flow_states_are_exclusive_and_sum_to_the_women_referred(full_study: Path) -> None:
    flow = table(full_study, "flow")
    referrals = table(full_study, "accepted_referrals")
    women = referrals[referrals["client"].isin(["woman_or_birthing_parent"]) | referrals["client"].isna()]
    stated = flow[flow["measure"] == "pcl5"].groupby("site_id")["n_referrals"].sum()
    assert stated.to_dict() == women.groupby("site_id").size().to_dict()


def test_the_planted_pairs_are_found_to_the_woman(full_study: Path, truth: dict) -> None:
    effects = table(full_study, "site_effects")
    compared = 0
    for row in effects[effects["grain"] == "record"].to_dict("records"):
        planted = truth["by_site"][row["site_id"]]["measures"].get(row["measure"])
        if planted and row["n_paired"]:
            assert row["n_paired"] == planted["n_paired"], (row["site_id"], row["measure"])
            compared += 1
    assert compared >= 60


def test_open_counts_are_rounded_and_never_small(full_study: Path) -> None:
    seen = 0
    for path in sorted((full_study / "reports" / "tables").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                for name, value in row.items():
                    if LOOSE_COUNT.match(name) and name != "n_status" and value:
                        assert int(value) % 5 == 0
                        assert int(value) >= 10
                        seen += 1
    assert seen > 500


def test_a_site_below_the_minimum_appears_only_as_a_word(full_study: Path) -> None:
    exact = table(full_study, "site_effects")
    small = exact[(exact["n_paired"] < 10) & (exact["grain"] == "record")]
    assert len(small) >= 2
    shown = pd.read_csv(full_study / "reports" / "tables" / "open_sites.csv")
    recorded = set(table(full_study, "accepted_outcomes")["site_id"])
    assert 0 < len(set(small["site_id"]) - recorded) < small["site_id"].nunique()
    for site, measure in zip(small["site_id"], small["measure"], strict=True):
        row = shown[(shown["site_id"] == site) & (shown["measure"] == measure)].iloc[0]
        assert row["status"] == ("too_few" if site in recorded else "not_recorded")
        assert row[["n", "mean_improvement", "low", "high", "shrunken"]].isna().all()


def test_nothing_of_a_person_leaves(full_study: Path) -> None:
    people = table(full_study, "accepted_referrals")
    known = set(people["person_id"].dropna()) | set(people["referral_id"])
    for path in texts(full_study):
        words = set(re.findall(r"[A-Z]\d{4,}", path.read_text(encoding="utf-8")))
        assert not words & known, path.name
    for path in (full_study / "reports" / "sites").glob("S0*.pdf"):
        assert not set(re.findall(r"[PR]\d{4,}", " ".join(words_of(path)))) & known
    assert not (set((full_study / "told.txt").read_text(encoding="utf-8").split()) & known)


def test_every_page_says_synthetic(full_study: Path) -> None:
    reports = full_study / "reports"
    sites = (reports / "sites" / "S01.pdf", reports / "sites" / "S30.pdf")
    short = (reports / "commissioner-brief.pdf", reports / "summary-for-women.pdf")
    for path in (reports / "national-report.pdf", *sites, *short):
        pages = words_of(path)
        assert pages
        assert all("SYNTHETIC" in page for page in pages), path.name
    passport = full_study / "processed" / "to_sites" / "S01" / "passport.pdf"
    assert all("SYNTHETIC" in page for page in words_of(passport))
    for path in (reports / "figures").glob("*.svg"):
        assert "SYNTHETIC" in path.read_text(encoding="utf-8")


def test_every_row_of_an_open_csv_says_synthetic(full_study: Path) -> None:
    paths = sorted((full_study / "reports").rglob("*.csv"))
    assert len(paths) > 30
    for path in paths:
        frame = pd.read_csv(path, dtype=str)
        assert frame.columns[-1] == "data", path.name
        assert set(frame["data"]) <= {"SYNTHETIC"}, path.name


def test_every_pdf_says_synthetic_in_its_metadata(full_study: Path) -> None:
    for path in sorted((full_study / "reports").rglob("*.pdf")):
        with pikepdf.open(path) as pdf:
            assert str(pdf.docinfo.Title).startswith("SYNTHETIC DATA"), path.name
            assert "SYNTHETIC" in str(pdf.docinfo.Keywords), path.name


def test_a_passport_asks_to_mend_nothing_where_there_are_notes_alone(full_study: Path) -> None:
    rejected = table(full_study, "rejected")
    mine = rejected[rejected["site_id"] == "S01"]
    assert set(mine["severity"]) == {"note"}
    text = " ".join(words_of(full_study / "processed" / "to_sites" / "S01" / "passport.pdf"))
    assert "No fault was found in this return" in text
    assert "part-not-read" not in text


def chosen_pdfs(study: Path) -> list[Path]:
    reports = study / "reports"
    return [
        reports / "national-report.pdf",
        *(reports / "sites" / f"{site}.pdf" for site in ("S01", "S14", "S30")),
        study / "processed" / "to_sites" / "S02" / "passport.pdf",
    ]


def test_pdfs_are_tagged_titled_and_in_english(full_study: Path) -> None:
    for path in chosen_pdfs(full_study):
        with pikepdf.open(path) as pdf:
            assert pdf.Root.MarkInfo.Marked
            assert str(pdf.Root.Lang).startswith("en")
            assert "/StructTreeRoot" in pdf.Root
            assert pdf.Root.ViewerPreferences.DisplayDocTitle
            with pdf.open_metadata() as metadata:
                assert metadata["pdfuaid:part"] == "1"
                assert metadata["dc:title"]


def test_the_planted_regression_to_the_mean_and_effects_are_seen(full_study: Path) -> None:
    pooled = table(full_study, "pooled").set_index("measure")
    assert pooled.loc["pcl5", "low_adhoc"] < 18 < pooled.loc["pcl5", "high_adhoc"]
    assert pooled.loc["core10", "low_adhoc"] < 8 < pooled.loc["core10", "high_adhoc"]
    verdicts = table(full_study, "appraisal").set_index("theory_id")
    peer = verdicts.loc["CMO-03"]
    assert peer["low"] < 10 < peer["high"], "the planted difference of peer support lies in its interval"
    for theory in ("CMO-03", "CMO-13", "CMO-14"):
        assert verdicts.loc[theory, "verdict"] == "consistent", "twice the smallest difference was planted"
    assert verdicts.loc["CMO-05", "verdict"] not in ("consistent", "not_testable"), "some sites have no midwife, and it is nil"
    for theory in ("CMO-01", "CMO-02", "CMO-04"):
        assert verdicts.loc[theory, "verdict"] != "consistent", "no effect was planted there"


def test_explain_walks_from_a_number_to_its_run(full_study: Path) -> None:
    told = tell("explain", "compare.pcl5.S07.mean_improvement", "--config", full_study / "config.yaml")
    assert told.code == 0
    run = json.loads((full_study / "reports" / "run.json").read_text(encoding="utf-8"))
    shown = pd.read_csv(full_study / "reports" / "tables" / "open_sites.csv").set_index(["measure", "site_id"])
    assert str(shown.loc[("pcl5", "S07"), "mean_improvement"]) in told.out
    assert run["run_id"] in told.out
    assert tell("explain", "compare.pcl5.S99.mean", "--config", full_study / "config.yaml").code == 2


def test_run_json_gives_no_count_path_or_file_name(full_study: Path) -> None:
    text = (full_study / "reports" / "run.json").read_text(encoding="utf-8")
    assert str(full_study) not in text
    assert ".xlsx" not in text
    assert "rows" not in json.loads(text)
