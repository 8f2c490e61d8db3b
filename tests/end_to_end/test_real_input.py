"""Real data sets from other fields and a small study of one's own, each with nothing but returns, a measure file and a config."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pikepdf
import pytest
from scipy import stats

from tests.conftest import make_once

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT.parent / "shared" / "reference"
needs_reference = pytest.mark.skipif(
    not REFERENCE.is_dir(), reason="the public data sets and R's values on them are not beside this clone"
)

PROMISED = 1e-6  # relative, or absolute for values below 1
ROOT_STOPS = np.finfo(float).eps ** 0.25  # metafor's search for the Q-profile limits stops once the root is known to this
MINIMUM, ROUND_TO = 10, 5
DESCRIPTIVE = ("mean_pre", "sd_pre", "mean_post", "sd_post", "r", "mean_improvement", "se", "low", "high", "d_z")
COUNT = re.compile(r"^n(_|$)")

EXAM = """
id: exam
name: School examination
better: higher
range: {low: 0, high: 100, step: any}
"""
BDI = """
id: bdi
name: Beck Depression Inventory
better: lower
range: {low: 0, high: 63, step: 1}
"""
CONFIG = """
study: {{title: {title}}}
paths: {{returns: returns, processed: processed, reports: reports, measures: [measures]}}
measures: [{measure}]
compare: {{min_pairs: {min_pairs}}}
reports: {{sites: [{reported}]}}
"""


def write_study(folder: Path, scores: pd.DataFrame, *, measure: str, facts: str, **settings: Any) -> Path:
    """`scores` has site_id, referral_id, occasion and total, missing where a person was not examined."""
    (folder / "measures").mkdir()
    (folder / "measures" / f"{measure}.yaml").write_text(facts, encoding="utf-8")
    columns = ["referral_id", "measure", "occasion", "total"]
    for site, rows in scores.dropna(subset="total").assign(measure=measure).groupby("site_id"):
        (folder / "returns" / str(site)).mkdir(parents=True)
        rows[columns].to_csv(folder / "returns" / str(site) / "outcomes.csv", index=False)
    config = folder / "config.yaml"
    config.write_text(CONFIG.format(measure=measure, **settings), encoding="utf-8")
    return config


def run(config: Path) -> str:
    """Run the command line as a user would; everything it said."""
    command = [sys.executable, "-m", "pipeline", "run", "--config", str(config)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout.strip() == str(config.parent / "reports" / "national-report.pdf")
    return ended.stderr


def processed(study: Path, name: str) -> pd.DataFrame:
    return pd.read_parquet(study / "processed" / f"{name}.parquet")


def opened(study: Path, name: str) -> list[dict[str, str]]:
    with (study / "reports" / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def open_csvs(study: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Every row of every open CSV, those beside the figures too."""
    for path in sorted((study / "reports").rglob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            yield from ((path.name, row) for row in csv.DictReader(file))


def words_of(path: Path) -> str:
    """The text of a PDF, letter by letter as its fonts map them."""
    said: list[str] = []
    with pikepdf.open(path) as pdf:
        for page in pdf.pages:
            letters = {name: _letters(font) for name, font in page.Resources.get("/Font", {}).items()}
            font = ""
            for operands, operator in pikepdf.parse_content_stream(page):
                if str(operator) == "Tf":
                    font = str(operands[0])
                shown = operands[0] if str(operator) == "TJ" else operands if str(operator) == "Tj" else ()
                for part in shown:
                    if isinstance(part, pikepdf.String):
                        code = bytes(part).hex()
                        said += [letters[font].get(code[i : i + 4], "") for i in range(0, len(code), 4)]
            said.append(" ")
    return "".join(said)


def _letters(font: Any) -> dict[str, str]:
    table = font.ToUnicode.read_bytes().decode()
    return {code.lower(): bytes.fromhex(text).decode("utf-16-be") for code, text in re.findall(r"<(\w{4})> <(\w+)>\s", table)}


def close(ours: float, theirs: float, tolerance: float = PROMISED) -> bool:
    return abs(ours - theirs) <= tolerance * max(1.0, abs(theirs))


# 216 schools


@pytest.fixture(scope="session")
def schools(shared_folder: Path) -> Path:
    """Two examinations of 4,106 pupils in 216 Dutch schools (Brandsma and Knuver 1989), run once for all tests."""

    def make(folder: Path) -> None:
        pupils = pd.read_csv(REFERENCE / "data" / "brandsma.csv", dtype={"person_id": "str"})
        scores = pupils.melt(["site_id", "person_id"], ["pre", "post"], "occasion", "total").rename(
            columns={"person_id": "referral_id"}
        )
        settings = {"title": "Schools", "min_pairs": 5, "reported": "S001, S002, S120"}
        run(write_study(folder, scores, measure="exam", facts=EXAM, **settings))

    return make_once(shared_folder, "schools", make)


@pytest.fixture(scope="module")
def of_r() -> dict[str, Any]:
    return json.loads((REFERENCE / "values" / "brandsma.json").read_text(encoding="utf-8"))


@needs_reference
def test_every_school_is_described_as_r_describes_it(schools: Path, of_r: dict[str, Any]) -> None:
    ours = processed(schools, "site_effects").set_index("site_id")
    compared = 0
    for theirs in of_r["sites"]:
        mine = ours.loc[theirs["site_id"]]
        assert mine["n_paired"] == theirs["n_paired"]
        for name in DESCRIPTIVE:
            assert close(mine[name], theirs[name]), (theirs["site_id"], name)
        compared += 1 + len(DESCRIPTIVE)
    assert compared == 197 * 11
    others = ours.drop([row["site_id"] for row in of_r["sites"]])
    assert len(others) == 216 - 197
    assert (others["n_paired"] == 0).all()
    assert others[list(DESCRIPTIVE)].isna().all(axis=None)


@needs_reference
def test_the_pool_and_its_alternatives_are_those_of_metafor(schools: Path, of_r: dict[str, Any]) -> None:
    alternatives = processed(schools, "pooled_sensitivity").set_index("analysis")
    ours = {("REML", "knha"): processed(schools, "pooled").iloc[0]}
    ours |= {("DL", "knha"): alternatives.loc["tau2 by DL"], ("REML", "z"): alternatives.loc["normal interval"]}
    compared = 0
    for theirs in of_r["pooled"]:
        mine = ours.get((theirs["method"], theirs["test"]))
        if mine is None:
            continue
        assert (mine["k"], mine["n"]) == (theirs["k"], sum(row["n_paired"] for row in of_r["sites"] if row["n_paired"] >= 5))
        for name in ("estimate", "se", "low", "high", "tau2", "i2", "h2", "q", "pi_low", "pi_high"):
            assert close(mine[name], theirs[name]), (theirs["method"], name)
        assert mine["q_p"] == pytest.approx(theirs["q_p"], rel=PROMISED)
        for name in ("tau2_low", "tau2_high"):
            assert close(mine[name], theirs[name], ROOT_STOPS), (theirs["method"], name)
        compared += 15
    assert compared == 3 * 15


@needs_reference
def test_limits_of_the_variance_between_schools_solve_their_equation_better_than_metafors(
    schools: Path, of_r: dict[str, Any]
) -> None:
    sites = processed(schools, "site_effects").query("is_pooled")
    effects, variances = sites["mean_improvement"].to_numpy(), sites["se"].to_numpy() ** 2
    mine = processed(schools, "pooled").iloc[0]
    theirs = next(row for row in of_r["pooled"] if (row["method"], row["test"]) == ("REML", "knha"))

    def misses(tau2: float, share: float) -> float:
        weights = 1 / (variances + tau2)
        mean = np.sum(weights * effects) / np.sum(weights)
        return abs(float(np.sum(weights * (effects - mean) ** 2)) - float(stats.chi2.ppf(share, len(effects) - 1)))

    for name, share in (("tau2_low", 0.975), ("tau2_high", 0.025)):
        assert misses(mine[name], share) < misses(theirs[name], share), name
        assert misses(mine[name], share) < 1e-9, name


@needs_reference
def test_shrunken_estimates_are_those_of_metafor(schools: Path, of_r: dict[str, Any]) -> None:
    ours = processed(schools, "site_effects").set_index("site_id")
    compared = 0
    for theirs in of_r["shrunken"]:
        for column, name in (("shrunken", "estimate"), ("shrunken_low", "low"), ("shrunken_high", "high")):
            assert close(ours.loc[theirs["site_id"], column], theirs[name]), (theirs["site_id"], name)
            compared += 1
    assert compared == 196 * 3
    assert ours["shrunken"].notna().sum() == 196


@needs_reference
def test_open_counts_of_schools_are_rounded_and_never_small(schools: Path) -> None:
    seen = 0
    for name, row in open_csvs(schools):
        for column, value in row.items():
            if COUNT.match(column) and column != "n_status" and value:
                assert float(value) % ROUND_TO == 0, (name, column)
                assert float(value) >= MINIMUM, (name, column)
                seen += 1
    assert seen > 500


@needs_reference
def test_a_school_with_few_pairs_shows_no_figure_on_them(schools: Path) -> None:
    exact = processed(schools, "site_effects").set_index("site_id")["n_paired"]
    small = set(exact.index[exact < MINIMUM])
    assert len(small) > 30
    tables = {"open_sites", "open_classes", "findings"}
    words = {"measure", "site_id", "class", "grain", "is_pooled", "status", "key", "unit", "statement"}
    seen = 0
    for name, row in open_csvs(schools):
        site = row.get("site_id") or (row.get("key", "").split(".") + [""] * 3)[2]
        if site not in small:
            continue
        figures = (
            set(row) - words
            if name.removesuffix(".csv") in tables or name.startswith("forest")
            else {"n_paired", "completion_pct"}
        )
        assert not [column for column in figures if row.get(column)], (name, site)
        seen += 1
    assert seen > 4 * len(small)
    said = words_of(schools / "reports" / "sites" / "S002.pdf")
    assert exact["S002"] < MINIMUM
    assert "No figure on change is given for S002" in said


@needs_reference
def test_the_reports_of_the_schools_hold_the_open_figures(schools: Path) -> None:
    pool = opened(schools, "open_pooled")[0]
    said = words_of(schools / "reports" / "national-report.pdf")
    assert f"was {pool['mean_improvement']} points (95% interval {pool['low']} to {pool['high']})" in said
    assert sorted(path.name for path in (schools / "reports" / "sites").iterdir()) == ["S001.pdf", "S002.pdf", "S120.pdf"]
    own = next(row for row in opened(schools, "open_sites") if row["site_id"] == "S120")
    assert f"{own['mean_improvement']} ({own['low']} to {own['high']})" in words_of(schools / "reports" / "sites" / "S120.pdf")


# Two arms of a trial as two sites


def trial() -> pd.DataFrame:
    """Depression before and after treatment in the two arms of a trial (Claus et al. 2020), as our outcomes."""
    table = pd.read_csv(REFERENCE / "data" / "clinicalsignificance__claus_2020.csv", dtype={"bdi": "Int64"})
    ends = table[table["time"].isin([table["time"].min(), table["time"].max()])]
    first = ends["time"] == table["time"].min()
    named = ends.rename(columns={"treatment": "site_id", "id": "referral_id", "bdi": "total"})
    return named.assign(occasion=first.map({True: "pre", False: "post"}))


@pytest.fixture(scope="session")
def arms(shared_folder: Path) -> Path:
    def make(folder: Path) -> None:
        settings = {"title": "Two arms", "min_pairs": 10, "reported": "PA"}
        run(write_study(folder, trial(), measure="bdi", facts=BDI, **settings))

    return make_once(shared_folder, "arms", make)


@needs_reference
def test_change_in_each_arm_is_that_of_a_paired_t_test(arms: Path) -> None:
    ours = processed(arms, "site_effects").set_index("site_id")
    wide = trial().pivot_table(index=["site_id", "referral_id"], columns="occasion", values="total").dropna().astype("float64")
    assert wide.groupby("site_id").size().to_dict() == {"PA": 21, "TAU": 19}
    for site, pairs in wide.groupby("site_id"):
        test = stats.ttest_rel(pairs["pre"], pairs["post"])
        limits = test.confidence_interval(0.95)
        gain = float(pairs["pre"].mean() - pairs["post"].mean())
        expected = {
            "n_paired": len(pairs),
            "mean_improvement": gain,
            "low": limits.low,
            "high": limits.high,
            "se": gain / test.statistic,
        }
        for name, value in expected.items():
            assert ours.loc[site, name] == pytest.approx(value, rel=1e-9), (site, name)
    assert set(ours["n_pre"].tolist()) == {23, 20}


@needs_reference
def test_two_sites_stand_side_by_side_and_every_figure_over_them_is_withheld(arms: Path) -> None:
    pool = opened(arms, "open_pooled")[0]
    assert pool["status"] == "too_few"
    assert {name for name, value in pool.items() if value} == {
        "measure",
        "k_sites",
        "k_sites_left_out",
        "has_shrunken_plot",
        "status",
        "note",
    }
    for row in opened(arms, "open_sites"):
        assert row["status"] == "shown"
        assert not [name for name in row if name.startswith("shrunken") and row[name]]
    over_all = [*opened(arms, "open_flow"), *(r for r in opened(arms, "open_completeness") if r["site_id"] == "ALL")]
    assert len(over_all) > 10
    for row in over_all:
        assert row["status"] in {"too_few", "not_recorded"}
        assert not [name for name in row if COUNT.match(name) and row[name]]
    assert opened(arms, "open_distribution") == []


@needs_reference
def test_the_report_on_two_sites_says_why_there_is_no_pool_and_is_no_rehearsal(arms: Path) -> None:
    said = words_of(arms / "reports" / "national-report.pdf")
    note = opened(arms, "open_pooled")[0]["note"].rstrip(".")
    assert note.lower() in said.lower()
    assert "fewer than five sites" in said.lower()
    assert "realist evaluation" in said
    texts = [path.read_text(encoding="utf-8") for path in (arms / "reports").rglob("*") if path.suffix in {".md", ".svg", ".csv"}]
    assert not [text for text in [said, *texts] if "SYNTHETIC" in text]
    assert json.loads((arms / "reports" / "run.json").read_text(encoding="utf-8"))["synthetic"] is False


# A small study of one's own, with the shortest config that the design promises

OWN_CONFIG = """
study: {title: Schools}
paths: {returns: returns, processed: processed, reports: reports, measures: [measures], theories: [theories]}
measures: [exam]
theories: [CMO-01]                                    # default: all whose measure is in the study
compare: {min_pairs: 5, small_site_variance: own}     # defaults: 10, own
reports: {sites: all}                                 # all | none | [ids]
"""
OWN_THEORY = """
id: CMO-01
title: Older pupils who help younger ones make trying again worthwhile
context: {variable: service.peer_support, is: yes}
mechanism: {says: "A pupil who struggled a year ago shows that it can be done."}
outcome: {variable: change.exam, expected: larger_improvement}
smallest_difference: 3
would_count_against: "Pupils gain no more where older ones help."
registered: 2026-01-05
sources: [our_own]
"""
TRUE_GAIN = 6.0


@pytest.fixture(scope="session")
def own_study(shared_folder: Path) -> Path:
    """Six sites of thirty pupils, who gain six points on average and half a point more or less by site."""

    def make(folder: Path) -> None:
        random = np.random.default_rng(20261122)
        before = random.normal(50, 8, size=(6, 30))
        after = before + TRUE_GAIN + random.normal(0, 0.5, size=(6, 1)) + random.normal(0, 5, size=(6, 30))
        rows = [
            (f"S{site + 1:02d}", f"P{pupil + 1:02d}", occasion, round(float(scores[site, pupil]), 2))
            for occasion, scores in (("pre", before), ("post", after))
            for site in range(6)
            for pupil in range(30)
        ]
        scores = pd.DataFrame(rows, columns=["site_id", "referral_id", "occasion", "total"])
        config = write_study(folder, scores, measure="exam", facts=EXAM, title="", min_pairs=5, reported="")
        config.write_text(OWN_CONFIG, encoding="utf-8")
        (folder / "theories").mkdir()
        (folder / "theories" / "CMO-01.yaml").write_text(OWN_THEORY, encoding="utf-8")
        for site in range(6):
            text = f"site_id,peer_support\nS{site + 1:02d},{'yn'[site % 2]}\n"
            (folder / "returns" / f"S{site + 1:02d}" / "service.csv").write_text(text, encoding="utf-8")
        (folder / "told.txt").write_text(run(config), encoding="utf-8")

    return make_once(shared_folder, "own-study", make)


def test_the_shortest_config_makes_every_promised_output(own_study: Path) -> None:
    reports = own_study / "reports"
    assert sorted(path.stem for path in (reports / "sites").glob("*.pdf")) == [f"S{site:02d}" for site in range(1, 7)]
    assert (reports / "national-report.pdf").is_file()
    assert {"forest-exam.svg", "distribution-exam.svg"} <= {path.name for path in (reports / "figures").iterdir()}
    assert "6 return(s), 1 measure(s), 1 theories" in (own_study / "told.txt").read_text(encoding="utf-8")
    assert processed(own_study, "rejected").query("severity != 'warning' and severity != 'note'").empty
    assert not [
        name
        for name in own_study.iterdir()
        if name.name not in {"config.yaml", "measures", "theories", "returns", "processed", "reports", "told.txt", "made"}
    ]


def test_six_sites_are_pooled_without_a_prediction_interval(own_study: Path) -> None:
    wide = processed(own_study, "change").pivot_table(index="referral_id", columns="site_id", values="improvement")
    assert wide.shape == (30, 6)
    shown = {row["site_id"]: row for row in opened(own_study, "open_sites")}
    for site in wide:
        limits = stats.ttest_1samp(wide[site], 0).confidence_interval(0.95)
        own = [float(shown[str(site)][name]) for name in ("mean_improvement", "low", "high")]
        assert own == pytest.approx([wide[site].mean(), limits.low, limits.high], abs=0.05 + 1e-9)
        assert shown[str(site)]["n"] == "30"
    pool = opened(own_study, "open_pooled")[0]
    assert (pool["k_sites"], pool["n"], pool["status"]) == ("6", "180", "shown")
    assert float(pool["low"]) < TRUE_GAIN < float(pool["high"])
    assert pool["prediction_low"] == pool["prediction_high"] == ""


def test_a_theory_of_ones_own_takes_the_place_of_the_shipped_one(own_study: Path) -> None:
    (row,) = opened(own_study, "open_theories")
    assert row["title"] == "Older pupils who help younger ones make trying again worthwhile"
    assert (row["k_sites_with"], row["k_sites_without"]) == ("3", "3")
    assert row["verdict"] == "not_testable"
    assert "fewer than 4 sites" in row["reason"]
    assert row["estimate"] == row["low"] == row["high"] == ""
    assert row["title"] in words_of(own_study / "reports" / "national-report.pdf")


def test_the_readme_on_data_of_ones_own_works_as_it_is_written(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    page = readme.split("## With data of your own")[1].split("\n## ")[0]
    scores, measure, config = (textwrap.dedent(block) for block in re.findall(r"```\w+\n(.*?)```", page, re.DOTALL))
    assert len([line for line in page.split("Any scores of people")[1].splitlines() if line.strip() and "```" not in line]) < 25
    head = scores.splitlines()[0]
    assert head == "referral_id,measure,occasion,total"
    (tmp_path / "measures").mkdir()
    (tmp_path / "measures" / "exam.yaml").write_text(measure, encoding="utf-8")
    (tmp_path / "config.yaml").write_text(config, encoding="utf-8")
    random = np.random.default_rng(7)
    for site in ("S01", "S02", "S03", "S04", "S05"):
        rows = [
            f"P{i:02d},exam,{occasion},{random.normal(level, 6):.1f}"
            for i in range(12)
            for occasion, level in (("pre", 50), ("post", 55))
        ]
        (tmp_path / "returns" / site).mkdir(parents=True)
        (tmp_path / "returns" / site / "outcomes.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    run(tmp_path / "config.yaml")
    assert opened(tmp_path, "open_pooled")[0]["k_sites"] == "5"
    assert {"national-report.pdf", "sites", "tables", "figures"} <= {path.name for path in (tmp_path / "reports").iterdir()}
    assert (
        len(list((tmp_path / "reports" / "sites").iterdir())) == len(list((tmp_path / "processed" / "to_sites").iterdir())) == 5
    )
