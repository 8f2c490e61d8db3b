"""An identifier in a return: nothing of it is written anywhere, the screen says what to do, and the other sites go on."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from openpyxl.comments import Comment

from tests.conftest import tell

NUMBER, EMAIL = "999 000 0018", "someone@example.org"


def folders(study: Path) -> list[Path]:
    return [p for p in sorted((study / "raw").iterdir()) if p.is_dir()]


def put_in_csv(study: Path, value: str, times: int) -> str:
    path = folders(study)[0] / "referrals.csv"
    with path.open(encoding="utf-8", newline="") as file:
        head, *rows = list(csv.reader(file))
    column = head.index("person_id")
    for row in rows[:times]:
        row[column] = value
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([head, *rows])
    return path.parent.name


def put_in_comment(study: Path, value: str) -> str:
    path = next(p for p in sorted((study / "raw").iterdir()) if p.suffix == ".xlsx")
    book = openpyxl.load_workbook(path)
    book["referrals"]["B3"].comment = Comment(f"spoke to her, {value}", "a colleague")
    book.save(path)
    return path.stem


def written(study: Path, words: list[str]) -> list[str]:
    """Files of ours that hold one of the words; Parquet is read as a table."""
    found = []
    for path in [p for name in ("processed", "reports") for p in (study / name).rglob("*") if p.is_file()]:
        text = pd.read_parquet(path).to_csv() if path.suffix == ".parquet" else path.read_bytes().decode("utf-8", "ignore")
        found += [path.name for word in words if word in text]
    return found


@pytest.mark.parametrize("place", ["csv", "comment"])
def test_a_return_with_an_identifier_is_kept_nowhere_and_stops_no_other(small_study: Path, place: str) -> None:
    site = put_in_csv(small_study, NUMBER, 3) if place == "csv" else put_in_comment(small_study, NUMBER)
    told = tell("run", "ledger", "to-sites", "--config", small_study / "config.yaml")
    assert told.code == 0, told.err
    assert f"POSSIBLE INCIDENT: the return of {site} holds an identifier" in told.err
    assert f"purge {site}" in told.err
    records = small_study / "processed" / "records" / site
    assert {p.stem for p in records.iterdir()} == {"faults", "intake", "layout"}
    assert written(small_study, [NUMBER, NUMBER.replace(" ", ""), "000 0018"]) == []
    assert NUMBER not in told.err + told.out
    rejected = pd.read_parquet(small_study / "processed" / "rejected.parquet")
    mine = rejected[rejected["site_id"] == site]
    assert mine["rule_id"].tolist() == ["identifier-found"]
    assert "[NHS number]" in mine["found"].iloc[0]
    accepted = pd.read_parquet(small_study / "processed" / "accepted_referrals.parquet")
    assert site not in set(accepted["site_id"])
    assert accepted["site_id"].nunique() >= 3


def test_one_email_leaves_out_that_cell_alone(small_study: Path) -> None:
    site = put_in_csv(small_study, EMAIL, 1)
    told = tell("run", "validate", "--config", small_study / "config.yaml")
    assert told.code == 0, told.err
    assert written(small_study, [EMAIL]) == []
    rejected = pd.read_parquet(small_study / "processed" / "rejected.parquet")
    assert "identifying-cell" in set(rejected.loc[rejected["site_id"] == site, "rule_id"])
    accepted = pd.read_parquet(small_study / "processed" / "accepted_referrals.parquet")
    mine = accepted[accepted["site_id"] == site]
    assert mine["person_id"].isna().sum() == 1
    assert len(mine) > 10
