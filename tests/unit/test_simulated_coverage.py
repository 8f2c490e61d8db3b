"""Simulations of coverage: what is simulated is what is printed, a wrong interval is seen, and a stopped run goes on."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.random import Generator
from scipy import stats

from benchmarks import appraisal, recovery
from benchmarks.appraisal_table import TABLE as VERDICTS_TABLE
from benchmarks.appraisal_table import as_yaml as verdicts_as_yaml
from benchmarks.coverage import invented, missing, pooled, sites, waits
from benchmarks.coverage.__main__ import RESULTS, TABLE, all_cells, main
from benchmarks.coverage.cells import Cell, Design, Result, covers, sizes
from benchmarks.coverage.entries import ENTRIES, Entry
from benchmarks.coverage.ledger import Ledger
from benchmarks.coverage.running import SEED, run_all, run_cell
from benchmarks.coverage.table import as_yaml, lines_of
from pipeline.config import ChangeSettings
from pipeline.coverage import SHIPPED, load, verdicts
from pipeline.measures import load as load_measures
from pipeline.stages.change import change
from pipeline.stages.score import score
from pipeline.stats.heterogeneity import make_studies, q_profile
from pipeline.stats.meta import fit_random_effects, shrink
from pipeline.stats.meta_batch import pool_many
from pipeline.stats.shrunken_limits import limits_over_variance
from pipeline.stats.variance_between import limits_of_variance
from pipeline.strict_yaml import FactError
from pipeline.synthetic.study import draw_study
from pipeline.synthetic.truth import truth_of

pytestmark = pytest.mark.filterwarnings("error")
KNOWN = "z interval, known variance"


def z_interval(rng: Generator, replicates: int, *, width: float) -> list[Result]:
    """Means of nine normal numbers of variance 1, with an interval `width` times as wide as it should be."""
    means = rng.standard_normal((replicates, 9)).mean(axis=1)
    half = width * stats.norm.ppf(0.975) / 3
    return [Design(0, "9", 0.0).result(KNOWN, "coverage", covers(means - half, means + half, 0.0))]


def known(width: float, replicates: int = 10_000) -> Cell:
    return Cell("known", z_interval, replicates, {"width": width})


def run(cells: list[Cell], path: Path, *, workers: int = 1) -> bytes:
    run_all(cells, Ledger(path), workers=workers, screen=io.StringIO())
    return path.read_bytes()


@pytest.mark.parametrize(
    ("width", "coverage", "met", "fault"),
    [(1.0, 0.95, True, ""), (0.5, 0.6729, False, "too_narrow"), (1.5, 0.9967, False, "too_wide")],
)
def test_a_right_interval_passes_and_a_wrong_one_does_not(
    width: float, coverage: float, met: bool, fault: str, tmp_path: Path
) -> None:
    run([known(width)], tmp_path / "r.csv")
    ((result,),) = Ledger(tmp_path / "r.csv").read().values()
    assert result.rate == pytest.approx(coverage, abs=4 * result.error)
    assert result.error == pytest.approx(np.sqrt(coverage * (1 - coverage) / 10_000), rel=0.2)
    (line,) = lines_of(Entry("z", KNOWN), [result])
    assert (line["met"], line["fault"], line["misses"]) == (met, fault, int(not met))


def test_few_sites_may_have_wide_intervals_but_not_narrow_ones() -> None:
    rows = [Design(4, "30", 0.0).row("x", "coverage", rate, 0.002, 10_000) for rate in (0.9995, 0.9301)]
    (line,) = lines_of(Entry("x", "x", is_by_sites=True), rows)
    assert (line["sites"], line["met"], line["lowest"], line["highest"]) == (4, True, 0.9301, 0.9995)
    (line,) = lines_of(Entry("x", "x"), [*rows, Design(4, "30", 0.0).row("x", "coverage", 0.9299, 0.002, 10_000)])
    assert (line["met"], line["fault"], line["misses"]) == (False, "too_narrow", 1)


def test_what_is_not_printed_at_so_few_sites_has_no_target_there() -> None:
    rows = [Design(k, n, 0.0).row("x", "coverage", 0.5, 0.002, 10_000) for k in (4, 10) for n in ("30", "150")]
    few, many = lines_of(Entry("x", "x", is_by_sites=True, printed_from=5, women=("30",)), rows)
    assert (few["met"], few["remark"], few["designs"]) == (None, "Not printed of fewer than 5 sites.", 1)
    assert (many["met"], many["misses"], many["designs"]) == (False, 1, 1)


def test_the_reason_of_a_miss_stands_where_it_is_missed_and_not_where_it_is_met() -> None:
    rows = [Design(k, "30", 0.0).row("x", "coverage", rate, 0.002, 10_000) for k, rate in ((4, 0.99), (10, 0.98), (30, 0.95))]
    lines = lines_of(Entry("x", "x", is_by_sites=True, remark="Why."), rows)
    assert [(line["met"], line["remark"]) for line in lines] == [(True, ""), (False, "Why."), (True, "")]
    lines = lines_of(Entry("x", "x", is_by_sites=True, remark="Why."), rows[::2])
    assert [line["remark"] for line in lines] == ["Why.", "Why."]


def test_replicates_without_an_interval_are_left_out() -> None:
    hits = covers(np.array([0.0, np.nan, 2.0]), np.array([1.0, 1.0, np.nan]), 0.5)
    result = Design(0, "1", 0.0).result("x", "coverage", hits)
    assert (result.rate, result.replicates) == (1.0, 1)


def test_a_run_that_was_cut_off_goes_on_and_ends_the_same(tmp_path: Path) -> None:
    cells = [known(width, 50) for width in (0.5, 1.0, 1.5)]
    whole = run(cells, tmp_path / "whole.csv")
    part = tmp_path / "part.csv"
    part.write_bytes(whole[: len(whole) - 40])
    assert set(Ledger(part).read()) == {cells[0].key, cells[1].key}
    assert run(cells, part) == whole


def test_what_is_finished_is_not_simulated_again(tmp_path: Path) -> None:
    def refuse(rng: Generator, replicates: int, *, width: float) -> list[Result]:
        raise AssertionError("simulated again")

    first = run([known(1.0, 50)], tmp_path / "r.csv")
    assert run([Cell("known", refuse, 50, {"width": 1.0})], tmp_path / "r.csv") == first


def test_a_cell_of_which_a_row_is_lost_does_not_count(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "r.csv")
    ledger.append("a", sites.share(np.random.default_rng(0), 1, n=8))
    lines = ledger.path.read_text(encoding="utf-8").splitlines(keepends=True)
    ledger.path.write_text("".join(lines[:-1]), encoding="utf-8")
    assert ledger.read() == {}


def test_a_cell_without_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="gave no results"):
        Ledger(tmp_path / "r.csv").append("a", [])


def test_results_depend_neither_on_order_nor_on_processes(tmp_path: Path) -> None:
    cells = [known(width, 50) for width in (0.5, 1.0, 1.5)]
    alone = run(cells, tmp_path / "alone.csv")
    assert run(cells, tmp_path / "two.csv", workers=2) == alone
    run(cells[::-1], tmp_path / "turned.csv")
    assert run(cells, tmp_path / "turned.csv") == alone


@pytest.mark.parametrize("tau", [0.0, 4.5])
def test_intervals_made_for_many_sets_of_sites_are_those_of_one(tau: float) -> None:
    y, v, true = invented.site_summaries(np.random.default_rng(5), 30, sizes(6, "10 to 40"), tau, "normal", pooled.MEAN)
    many = pool_many(y, v)
    low, high = pooled.shrunken_limits(many, y, v)
    inside = pooled.profile_holds(y, v, tau)
    matched = pooled.matched_holds(y, v, sizes(6, "10 to 40"), tau)
    ahead = pooled.holds_new_site(many, 5, tau)
    held = pooled.shrunken_held(y, v, sizes(6, "10 to 40"), true)
    for i in range(30):
        fit = fit_random_effects(y[i], v[i])
        one = shrink(y[i], v[i], fit)
        assert low[i] == pytest.approx(one.low, abs=1e-5)
        assert high[i] == pytest.approx(one.high, abs=1e-5)
        limits = q_profile(make_studies(y[i], v[i], None), level=0.95)
        assert inside[i] == float(limits[0] <= tau**2 <= limits[1])
        limits = limits_of_variance(y[i], v[i], sizes(6, "10 to 40"))
        assert matched[i] == float(limits[0] <= tau**2 <= limits[1])
        averaged = limits_over_variance(y[i], v[i], sizes(6, "10 to 40"))
        assert held[i].tolist() == covers(averaged.low, averaged.high, true[i]).tolist()
        new = stats.norm(pooled.MEAN, max(tau, 1e-9))
        assert ahead[i] == pytest.approx(new.cdf(fit.pi_high) - new.cdf(fit.pi_low), abs=1e-5)


def test_the_drawn_truth_of_cut_off_scores_is_their_expectation() -> None:
    drawn, error = sites.mean_of_cut_off(np.random.default_rng(2), "normal", 2_000_000)
    steps = np.arange(1, 81) - 0.5
    pre = stats.norm(invented.MEAN_PRE, invented.SD_PRE).sf(steps).sum()
    post = stats.norm(invented.MEAN_PRE - sites.CUT_MEAN, invented.SD_POST).sf(steps).sum()
    assert error < 0.02
    assert drawn == pytest.approx(pre - post, abs=4 * error)


def test_the_true_share_seen_in_time_is_that_of_many_women() -> None:
    rng, n = np.random.default_rng(3), 400_000
    seen = np.exp(np.log(waits.MEAN_DAYS) + 0.4 * rng.standard_normal(n) + 0.8 * rng.standard_normal(n))
    left = np.where(rng.random(n) < waits.LEAVE, rng.uniform(10, 200, n), np.inf)
    for day, share in zip(waits.AT, waits.true_share(0.4), strict=True):
        assert share == pytest.approx(np.mean((seen <= day) & (seen < left)), abs=4 * np.sqrt(0.25 / n))


@pytest.mark.parametrize("shape", invented.SHAPES)
def test_invented_changes_have_the_stated_mean_and_spread(shape: str) -> None:
    pre, post = invented.pairs(np.random.default_rng(4), shape, 400_000, 10.0)
    assert np.mean(pre - post) == pytest.approx(10.0, abs=4 * invented.SD_CHANGE / np.sqrt(400_000))
    for values, sd in ((pre, invented.SD_PRE), (post, invented.SD_POST), (pre - post, invented.SD_CHANGE)):
        assert np.std(values) == pytest.approx(sd, rel=0.01)
        assert np.var(np.rint(values)) - np.var(values) == pytest.approx(invented.ROUNDING, abs=0.2)


def test_the_share_missing_is_the_one_that_is_drawn() -> None:
    expected = missing.expected_share(missing.grid_of_severity("skewed"), missing.SITE_GRID)
    rng = np.random.default_rng(6)
    odds = (
        missing.ODDS + missing.BY_SD * invented.deviates(rng, "skewed", 400_000) + missing.BY_SITE * rng.standard_normal(400_000)
    )
    assert expected == pytest.approx(np.mean(1 / (1 + np.exp(-odds))), abs=0.002)


def test_a_quick_run_tries_every_family_and_keeps_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    committed = RESULTS.read_bytes()
    assert main(["--quick", "--results", str(tmp_path / "unused.csv")]) == 0
    told = capsys.readouterr()
    assert not [cell.family for cell in all_cells() if cell.family not in told.err]
    assert all(what in told.out for what in (sites.T, pooled.ADHOC, waits.SITE))
    assert RESULTS.read_bytes() == committed
    assert not list(tmp_path.iterdir())


def test_every_cell_is_in_the_results_and_the_table_is_what_they_give() -> None:
    results = Ledger(RESULTS).read()
    assert list(results) == [cell.key for cell in all_cells()]
    assert TABLE.read_text(encoding="utf-8") == as_yaml(results)
    assert TABLE == SHIPPED


@pytest.mark.parametrize(
    "key", ["wilson n=8", "small sites spread=alike", "balance n=30 difference=0.5", "control chart months=24"]
)
def test_a_cell_simulated_anew_gives_the_results_that_are_kept(key: str) -> None:
    (cell,) = [cell for cell in all_cells() if cell.key == key]
    assert run_cell(cell, SEED) == Ledger(RESULTS).read()[key]


def test_every_result_stands_in_a_line_or_is_left_out_on_purpose() -> None:
    silent = {pooled.AHEAD_LESS, f"{pooled.ONE}: fits without variance between sites", "Share over sites, Wilson (never printed)"}
    silent |= {"Break in slope, AR(1): Newey-West (sensitivity)"}
    silent |= {"Pooled mean, Knapp-Hartung ad hoc (printed): how often on one variance"}
    rows = [row for found in Ledger(RESULTS).read().values() for row in found if row.quantity != "truth"]
    shown = {row.what for row in rows if any(entry.holds(row) for entry in ENTRIES)}
    assert {row.what for row in rows} - shown == silent


def test_the_table_that_is_shipped_can_be_read() -> None:
    table = load()
    assert len(table.rows) > 40
    for row in table.rows:
        assert row.lowest <= row.worst.rate <= row.highest
        assert (row.met is None) == (row.target == "none set")
        assert bool(row.fault) == (row.met is False) == (row.misses > 0)


def test_a_table_with_an_unknown_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "coverage.yaml"
    path.write_text(TABLE.read_text(encoding="utf-8") + "extra: 1\n", encoding="utf-8")
    with pytest.raises(FactError, match="extra: unknown key"):
        load(path)


def test_batches_of_studies_are_joined_by_their_numbers() -> None:
    values = np.array([1.0, 2.0, 4.0, 9.0])
    design = Design(12, "2000", 3.0)
    whole = design.result("x", "bias", values, nominal=0.0)
    parts = [design.result("x", "bias", part, nominal=0.0) for part in (values[:1], values[1:])]
    (joined,) = recovery.summary(parts)
    assert (joined.rate, joined.replicates) == (pytest.approx(whole.rate), 4)
    assert joined.error == pytest.approx(whole.error, abs=1e-4)


def test_the_results_of_recovery_are_those_of_its_studies() -> None:
    results = Ledger(recovery.RESULTS).read()
    assert list(results) == [cell.key for cell in recovery.cells()]


def test_recovery_finds_the_pairs_that_the_answer_key_counts() -> None:
    study = draw_study(sites=6, women=400, seed=3)
    tables = recovery.accepted(study)
    measures = {name: load_measures()[name] for name in recovery.MEASURES}
    pairs = change(score(tables["outcomes"], measures), tables["referrals"], measures, ChangeSettings(), None)["change"]
    counted = pairs.query("measure == 'pcl5' and first_referral").groupby("site_id").size().to_dict()
    truth = truth_of(study, seed=3, women=400)["by_site"]
    sent = {site for site, facts in truth.items() if facts["role"] != "aggregate"}
    assert len(sent) == 5
    assert counted == {site: n for site in sent if (n := truth[site]["measures"]["pcl5"]["n_paired"])}


def test_the_table_of_verdicts_is_what_the_results_give_and_holds_every_scenario_at_both_sizes() -> None:
    assert VERDICTS_TABLE.read_text(encoding="utf-8") == verdicts_as_yaml(Ledger(appraisal.RESULTS).read())
    rows = verdicts.load().rows
    assert [(row.planted, row.sites) for row in rows] == [(name, k) for k in appraisal.SITES for name in appraisal.SCENARIOS]
    assert {row.studies for row in rows} == {appraisal.SEEDS}
    for row in rows:
        assert row.consistent + row.inconsistent + row.inconclusive + row.not_testable == pytest.approx(1, abs=1e-3)


def test_verdicts_are_right_and_wrong_as_often_as_they_may_be() -> None:
    """At 30 and at 12 sites: true effects found where they could be seen, absent ones hardly ever, few sites never tested."""
    rows = {(row.planted, row.sites): row for row in verdicts.load().rows}
    assert [name for name, row in rows.items() if row.met is False] == []
    for k in appraisal.SITES:
        for what in ("sites", "women", "retention", "waits", "experience", "staff"):
            assert rows[f"{what}: true effect", k].rate >= 0.8
            assert rows[f"{what}: no effect", k].consistent <= 0.05
        assert rows["sites: reversed", k].inconsistent >= 0.8
        assert rows["sites: severer women alone", k].consistent <= 0.05
        assert rows["sites: three with the context", k].not_testable == 1
        assert rows["configuration: noise", k].consistent <= 0.05
