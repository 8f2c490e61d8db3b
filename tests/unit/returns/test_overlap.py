"""Two sites with the same rows: found whatever the ids say, and never where rows agree by chance."""

from __future__ import annotations

import csv
import random
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline import measures
from pipeline.config import IntakeSettings
from pipeline.returns.inventory import Return
from pipeline.returns.overlap import same_rows
from pipeline.stages.ingest import ingest
from pipeline.stages.validate import validate


def shared(tables: dict[str, pd.DataFrame]) -> dict[str, int]:
    """Sites with the rows of another, their tables one below the other."""
    table = pd.concat(tables, names=["site"]).reset_index("site").reset_index(drop=True)
    return same_rows(table.drop(columns=["site", "_row"], errors="ignore").fillna("").astype("str"), table["site"])


def referrals(rows: int, *, seed: int, prefix: str = "R") -> pd.DataFrame:
    """Referrals of one site as text: day, pathway and decile as chance gives them."""
    draw = random.Random(seed)
    days = pd.date_range("2025-01-01", "2026-03-31").strftime("%Y-%m-%d")
    return pd.DataFrame(
        {
            "_row": range(2, rows + 2),
            "referral_id": [f"{prefix}{seed}{n}" for n in range(rows)],
            "referral_date": [draw.choice(days) for _ in range(rows)],
            "pathway": [draw.choice(["birth_trauma", "perinatal_loss", "tokophobia"]) for _ in range(rows)],
            "imd_decile": [str(draw.randint(1, 10)) for _ in range(rows)],
        }
    ).astype({"referral_id": "str"})


def test_rows_under_other_ids_in_another_order_and_with_a_blank_column_more_are_the_same() -> None:
    a = referrals(60, seed=1)
    b = a.sample(frac=1, random_state=1)[["imd_decile", "pathway", "referral_date"]].assign(referral_id="X", end_date="")
    assert shared({"S01": a, "S02": b, "S03": referrals(60, seed=2)}) == {"S01": 60, "S02": 60}


@pytest.mark.parametrize(("rows", "copied", "is_found"), [(20, 20, True), (19, 19, False), (100, 80, True), (100, 79, False)])
def test_at_least_20_rows_and_80_per_cent_of_a_table(rows: int, copied: int, is_found: bool) -> None:
    a = referrals(rows, seed=1).assign(referral_date=[f"2025-{n:04}" for n in range(rows)])
    b = pd.concat([a.iloc[:copied], referrals(rows - copied, seed=2)])
    assert set(shared({"S01": a, "S02": b})) == ({"S01", "S02"} if is_found else set())


def test_a_small_site_inside_a_large_one_is_found() -> None:
    small = referrals(30, seed=1)
    large = pd.concat([referrals(1000, seed=2), small.assign(referral_id="X")])
    assert set(shared({"S01": small, "S02": large})) == {"S01", "S02"}


def test_three_sites_with_one_set_of_rows_are_all_found() -> None:
    a = referrals(40, seed=1)
    assert set(shared({"S01": a, "S02": a, "S03": a.iloc[:35], "S04": referrals(40, seed=3)})) == {"S01", "S02", "S03"}


def test_tables_of_few_values_agree_by_chance_and_are_not_the_same() -> None:
    rng = np.random.default_rng(1)
    survey = {
        f"S{n:02}": pd.DataFrame(
            {"respondent_code": "C", "question": rng.integers(1, 13, 3000), "option": rng.binomial(4, 0.7, 3000)}
        ).astype("str")
        for n in range(8)
    }
    assert shared(survey) == {}
    undated = {
        f"S{n:02}": pd.DataFrame({"measure": "pcl5", "total": rng.normal(45, 8, 4000).round().astype(int)}).astype("str")
        for n in range(8)
    }
    assert shared(undated) == {}


def test_rows_of_nothing_but_ids_are_no_rows() -> None:
    ids = pd.DataFrame({"site_id": ["S01"] * 50, "referral_id": [f"R{n}" for n in range(50)], "pathway": [""] * 50})
    assert shared({"S01": ids, "S02": ids}) == {}


def test_many_large_sites_take_seconds() -> None:
    common = referrals(4000, seed=1).assign(end_date=[str(n) for n in range(4000)])
    sites = {f"S{n:02}": common for n in range(30)}
    started = time.perf_counter()
    assert len(shared(sites)) == 30
    assert time.perf_counter() - started < 20


def write(folder: Path, site: str, table: pd.DataFrame, outcomes: list[list[str]]) -> Path:
    place = folder / site
    place.mkdir()
    for name, rows in {
        "referrals": [list(table.columns[1:]), *table.iloc[:, 1:].to_numpy().tolist()],
        "outcomes": [["referral_id", "measure", "occasion", "total"], *outcomes],
    }.items():
        with (place / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)
    return place


def test_both_tables_are_set_aside_with_every_row_counted_and_neither_site_is_told_of_the_other(tmp_path: Path) -> None:
    a, c = referrals(40, seed=1), referrals(40, seed=3)
    b = a.assign(referral_id=[f"N{n}" for n in range(40)])
    tables = {"S01": a, "S02": b, "S03": c}
    folders = {
        s: write(tmp_path, s, t, [[t["referral_id"][0], "pcl5", "pre", str(40 + n)]]) for n, (s, t) in enumerate(tables.items())
    }
    made = validate({s: ingest(Return(s, f), IntakeSettings()) for s, f in folders.items()}, measures.load())
    grave = made["rejected"][made["rejected"]["severity"] == "file"]
    assert sorted(grave[["site_id", "table", "rule_id"]].itertuples(index=False, name=None)) == [
        (site, table, rule)
        for site in ("S01", "S02")
        for table, rule in (("outcomes", "referrals-set-aside"), ("referrals", "same-rows-as-another-site"))
    ]
    assert set(made["accepted_referrals"]["site_id"]) == {"S03"}
    quality = made["quality"].set_index(["site_id", "table"])
    assert quality.loc[("S01", "referrals"), ["status", "rows_read", "rows_rejected"]].tolist() == ["set_aside", 40, 40]
    first = made["rejected"][made["rejected"]["site_id"] == "S01"].to_string()
    assert "S02" not in first
