"""Imputed last scores: who gets one, what a shift does, where the answer turns, and what degenerate input gives."""

from __future__ import annotations

import time

import numpy as np
import pytest
from scipy import stats

from pipeline.stats.balance import standardised_differences
from pipeline.stats.between_draws import draw_small_sites
from pipeline.stats.completed import complete_sites, pool_completed, pool_imputed_sites
from pipeline.stats.imputation import impute_last_scores, impute_normal
from pipeline.stats.meta import fit_random_effects
from pipeline.stats.meta_batch import pool_many
from pipeline.stats.rubin import number_of_imputations, pool_rubin
from pipeline.stats.tipping import fill_missing, tipping_points

pytestmark = pytest.mark.filterwarnings("error")


def invent(
    paired: list[int], missing: list[int], *, seed: int = 1
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.random.Generator]:
    """Sites with so many pairs and so many women without a last score."""
    stream = np.random.default_rng(seed)
    codes = np.repeat(np.arange(len(paired)), np.add(paired, missing))
    pre = stream.normal(48, 13, len(codes))
    post = 0.6 * pre + stream.normal(8, 3, len(paired))[codes] + stream.normal(0, 11, len(codes))
    post[np.concatenate([np.r_[np.zeros(p, bool), np.ones(q, bool)] for p, q in zip(paired, missing, strict=True)])] = np.nan
    return codes, pre, post, stream


# ---- who is imputed ------------------------------------------------------------------------------------------------


def test_a_site_is_fixed_drawn_or_left_by_its_pairs() -> None:
    codes, pre, post, stream = invent([30, 10, 9, 5, 4, 0], [3, 2, 2, 1, 2, 1])
    imputed = impute_last_scores(codes, pre, post, m=20, stream=stream)
    assert imputed.drawn_sites.tolist() == [2, 3]
    assert imputed.left_sites.tolist() == [4, 5]
    assert codes[imputed.rows].tolist() == [0, 0, 0, 1, 1, 2, 2, 3]
    assert codes[imputed.not_imputed].tolist() == [4, 4, 5]
    assert np.all(np.isfinite(imputed.values)) and imputed.values.shape == (20, 8)
    assert "fewer than 5 pairs" in imputed.reason


def test_two_sites_are_too_few_to_draw_a_third_from() -> None:
    codes, pre, post, stream = invent([30, 6], [2, 2])
    imputed = impute_last_scores(codes, pre, post, m=20, stream=stream)
    assert (imputed.drawn_sites.tolist(), imputed.left_sites.tolist()) == ([], [1])
    assert codes[imputed.rows].tolist() == [0, 0]


def test_a_column_that_is_the_same_for_all_women_of_a_site_belongs_to_the_site() -> None:
    codes, pre, post, stream = invent([30, 12, 15], [3, 3, 3])
    imputed = impute_last_scores(codes, pre, post, m=20, stream=stream, covariates=(codes == 1).astype(float)[:, None])
    assert imputed.reason == "1 column(s) left out: constant, or repeating others"
    assert np.all(np.isfinite(imputed.values))


@pytest.mark.parametrize(("paired", "missing"), [([4, 3], [2, 2]), ([0], [3])])
def test_nobody_is_imputed_without_pairs(paired: list[int], missing: list[int]) -> None:
    codes, pre, post, stream = invent(paired, missing)
    imputed = impute_last_scores(codes, pre, post, m=20, stream=stream)
    assert imputed.values.shape == (20, 0)
    assert len(imputed.not_imputed) == sum(missing)
    assert "no scores imputed" in imputed.reason


def test_nothing_missing_gives_nothing_to_impute() -> None:
    codes, pre, post, stream = invent([12, 12], [0, 0])
    imputed = impute_last_scores(codes, pre, post, m=5, stream=stream)
    assert (imputed.values.shape, imputed.reason) == ((5, 0), "")


def test_a_design_without_a_degree_of_freedom() -> None:
    imputed = impute_normal(np.eye(3), [1.0, 2.0, np.nan], m=3, stream=np.random.default_rng(1))
    assert imputed.reason.startswith("no more observed scores than coefficients")
    assert imputed.not_imputed.tolist() == [2]


@pytest.mark.parametrize("pre", [[1.0, np.nan, 3.0], [1.0, np.inf, 3.0]])
def test_first_scores_must_be_there(pre: list[float]) -> None:
    with pytest.raises(ValueError, match="pre or covariates holds a missing or infinite value at position 1"):
        impute_last_scores([0, 0, 0], pre, [1.0, 2.0, np.nan], m=2, stream=np.random.default_rng(1))


def test_the_same_stream_gives_the_same_scores() -> None:
    codes, pre, post, _ = invent([20, 8, 12], [5, 5, 5])
    one, two = (impute_last_scores(codes, pre, post, m=4, stream=np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(one.values, two.values)


# ---- small sites ---------------------------------------------------------------------------------------------------


def test_small_sites_are_drawn_from_their_posterior() -> None:
    """Mean and SD over a finer grid of tau, each density by the whole covariance matrix; 8,000 draws, five standard errors."""
    y, v, size = np.array([4.0, 7.0, 5.5, 9.0, 1.0]), np.array([0.5, 0.8, 0.4, 3.0, 4.0]), 8_000
    is_drawn = np.array([False, False, False, True, True])
    draws = draw_small_sites(np.tile(y, (size, 1)), np.tile(v, (size, 1)), np.ones(5, bool), is_drawn, np.random.default_rng(2))

    def moments(tau: float, site: int) -> tuple[float, float, float]:
        inverse = np.linalg.inv(np.diag(v + tau**2))
        precision = inverse.sum()
        mu = inverse.sum(axis=0) @ y / precision
        density = np.exp(-0.5 * (y - mu) @ inverse @ (y - mu)) * np.sqrt(np.linalg.det(inverse) / precision)
        share = tau**2 / (tau**2 + v[site])
        mean = share * y[site] + (1 - share) * mu
        return density, mean, share * v[site] + (1 - share) ** 2 / precision + mean**2

    grid = 5 * np.std(y, ddof=1) * (np.arange(1500) + 0.5) / 1500
    for column, site in enumerate((3, 4)):
        density, first, second = np.array([moments(tau, site) for tau in grid]).T
        mean = density @ first / density.sum()
        sd = np.sqrt(density @ second / density.sum() - mean**2)
        assert abs(draws[:, column].mean() - mean) < 5 * sd / np.sqrt(size)
        assert draws[:, column].std() == pytest.approx(sd, rel=0.05)  # five standard errors of an SD of somewhat heavy tails


def test_a_small_site_lies_between_its_own_women_and_the_others() -> None:
    codes, pre, post, stream = invent([60, 60, 60, 60, 5], [0, 0, 0, 0, 40], seed=4)
    post[codes == 4] += 40  # far off: 5 women cannot say so alone
    values = impute_last_scores(codes, pre, post, m=400, stream=stream).values
    residual = values.mean() - 0.6 * pre[codes == 4][5:].mean()
    own = np.nanmean(post[codes == 4] - 0.6 * pre[codes == 4])
    others = np.nanmean(post[codes < 4] - 0.6 * pre[codes < 4])
    assert others + 5 < residual < own - 1


# ---- pooling -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("percent", "m"), [(0, 20), (20, 20), (20.1, 21), (45, 45), (100, 100), (27.000000000000004, 27)])
def test_as_many_data_sets_as_percent_missing(percent: float, m: int) -> None:
    assert number_of_imputations(percent) == m


def test_data_sets_that_agree_leave_the_degrees_of_freedom_of_what_was_observed() -> None:
    pooled = pool_rubin([3.0, 3.0], [4.0, 4.0], df_complete=10)
    assert (pooled.se, pooled.df, pooled.fraction_missing) == (2, pytest.approx(10 * 11 / 13), pytest.approx(2 / (110 / 13 + 3)))
    assert np.isinf(pool_rubin([3.0, 3.0], [4.0, 4.0]).df)


def test_one_data_set_has_no_interval() -> None:
    pooled = pool_rubin([3.0], [4.0])
    assert (pooled.estimate, pooled.within) == (3, 4)
    assert np.isnan([pooled.se, pooled.low, pooled.high, pooled.df]).all()
    assert pooled.reason.startswith("one data set")


def test_a_quantity_without_variance_in_any_data_set() -> None:
    pooled = pool_rubin([[1.0, 2.0], [1.0, np.nan]], [[0.0, 1.0], [0.0, 1.0]], df_complete=5)
    assert (pooled.low[0], pooled.high[0], pooled.se[0]) == (1, 1, 0)
    assert np.isnan(pooled.low[1]) and pooled.reason == "a quantity is missing in a completed data set"


def test_many_sets_of_sites_pool_as_one_at_a_time() -> None:
    stream = np.random.default_rng(5)
    n_zero = 0
    for k in (2, 3, 5, 12, 30):
        v = stream.uniform(0.05, 9, (60, k)) * stream.choice([0.01, 1, 10], (60, 1))
        y = 5 + stream.choice([0, 0.5, 3], (60, 1)) * stream.standard_normal((60, k)) + stream.normal(0, np.sqrt(v))
        many = pool_many(y, v)
        for at in range(60):
            one = fit_random_effects(y[at], v[at])
            assert many.estimate[at] == pytest.approx(one.estimate[0], rel=1e-8, abs=1e-9)
            assert many.tau2[at] == pytest.approx(one.tau2, rel=1e-8, abs=1e-9)
            assert np.sqrt(many.variance[at]) == pytest.approx(one.se[0], rel=1e-8)
            half = (one.high_adhoc[0] - one.low_adhoc[0]) / 2
            assert np.sqrt(many.variance_adhoc[at]) == pytest.approx(half / stats.t.ppf(0.975, k - 1), rel=1e-8)
            n_zero += one.tau2 == 0
    assert 20 < n_zero < 280  # both kinds are there


def test_shifting_is_the_same_as_imputing_lower_scores() -> None:
    codes, pre, post, stream = invent([12, 11, 14, 3], [4, 0, 9, 2])
    imputed = impute_last_scores(codes, pre, post, m=6, stream=stream)
    change, drawn = pre - post, pre[imputed.rows] - imputed.values
    sites = complete_sites(codes, change, rows=imputed.rows, imputed=drawn)
    assert sites.n.tolist() == [16, 11, 23, 3]  # the two women of the last site have no score at all
    lower = complete_sites(codes, change, rows=imputed.rows, imputed=drawn - 7.5)
    for ours, direct in zip(sites.shifted(7.5), lower.shifted(0), strict=True):
        np.testing.assert_allclose(ours, direct, rtol=1e-12)
    many = sites.shifted([0, 7.5])
    assert many[0].shape == (6, 2, 4)
    np.testing.assert_allclose(many[1][:, 1], lower.shifted(0)[1], rtol=1e-12)


def test_without_anyone_missing_the_pooled_mean_is_that_of_the_complete_pairs() -> None:
    codes, pre, post, _ = invent([12, 30, 22, 17, 40], [0] * 5)
    change = pre - post
    sites = complete_sites(codes, change, rows=[], imputed=np.empty((20, 0)))
    effects = np.array([change[codes == at].mean() for at in range(5)])
    variances = np.array([change[codes == at].var(ddof=1) / (codes == at).sum() for at in range(5)])
    plain = fit_random_effects(effects, variances)
    ours = pool_imputed_sites(sites, is_pooled=np.ones(5, dtype=bool), deltas=[0, 10])
    assert ours.low == pytest.approx([plain.low_adhoc[0]] * 2, rel=1e-8)
    assert ours.high == pytest.approx([plain.high_adhoc[0]] * 2, rel=1e-8)
    both = pool_completed(sites, is_pooled=np.ones(5, dtype=bool))
    assert both.pooled.estimate == pytest.approx([plain.estimate[0]], rel=1e-8)
    assert both.pooled.between == pytest.approx([0], abs=1e-20)
    assert both.tau2_low == both.tau2_high == pytest.approx([plain.tau2], rel=1e-7)


def test_one_data_set_by_hand() -> None:
    sites = complete_sites([0, 0, 0, 1], [4.0, 8.0, np.nan, 5.0], rows=[2], imputed=[[12.0]])
    means, variances = sites.shifted(6)
    assert means.tolist() == [[6, 5]]
    assert variances[0, 0] == pytest.approx(4 / 3)  # 4, 8 and 6: variance 4, over three women
    assert np.isnan(variances[0, 1])


# ---- tipping point and scenarios -----------------------------------------------------------------------------------


def test_where_the_answer_turns_by_hand() -> None:
    """Half the women are imputed, so that the estimate falls by half of delta; the limit lies 3 below it."""
    tipping = tipping_points(lambda d: (8 - d / 2, 5 - d / 2), scale_width=80, smallest_important=6)
    assert (tipping.no_effect.delta, tipping.no_effect.status) == (10, "reached")
    assert (tipping.too_small.delta, tipping.too_small.status) == (4.5, "reached")  # at 4 the estimate is 6, not below it
    assert (tipping.deltas[0], tipping.deltas[-1], len(tipping.deltas)) == (0, 80, 161)


def test_never_already_and_not_assessed_are_results() -> None:
    never = tipping_points(lambda d: (20 - d / 9, 15 - d / 9), scale_width=80, smallest_important=None)
    assert (never.no_effect.status, never.too_small.status) == ("none within the scale", "not assessed")
    assert np.isnan(never.no_effect.delta) and "no smallest important change" in never.too_small.reason
    already = tipping_points(lambda d: (1 - d, -1 - d), scale_width=4, smallest_important=2)
    assert (already.no_effect.delta, already.no_effect.status, already.too_small.status) == (0, "already", "already")
    unknown = tipping_points(lambda d: (d * np.nan, d * np.nan), scale_width=4, smallest_important=2)
    assert unknown.no_effect.status == unknown.too_small.status == "not assessed"


def test_three_scenarios_by_hand() -> None:
    """Observed 0 to 10: the 10th percentile is 1 and the 90th 9. Site 1 has one observed woman (10) and one without."""
    scenarios = fill_missing([*[0] * 10, 1, 1, 2], [*range(10), 10, np.nan, np.nan], n_sites=4)
    assert scenarios.fill.tolist() == [1, 0, 9]
    assert scenarios.by_site[:, :3].tolist() == [[4.5, 5.5, 1], [4.5, 5, 0], [4.5, 9.5, 9]]
    assert np.isnan(scenarios.by_site[:, 3]).all()
    assert scenarios.overall == pytest.approx([57 / 13, 55 / 13, 73 / 13])
    weighted = fill_missing([0, 1, 1], [4, 8, np.nan], weights=[3, 1])
    assert weighted.overall == pytest.approx([(12 + 6.2) / 4, (12 + 4) / 4, (12 + 7.8) / 4])


def test_scenarios_without_any_improvement() -> None:
    scenarios = fill_missing([0, 1], [np.nan, np.nan])
    assert np.isnan(scenarios.overall).all() and scenarios.reason == "no improvement was observed"


# ---- balance -------------------------------------------------------------------------------------------------------


def test_standardised_differences_by_hand() -> None:
    columns = np.array([[1.0, 10, 5, 7], [1, 14, 5, np.nan], [0, 12, 5, 7], [0, 18, 5, 8], [0, 20, 5, np.nan], [1, 22, 5, 9]])
    balance = standardised_differences(columns, np.array([True, True, True, False, False, False]))
    assert balance.difference[0] == pytest.approx((2 / 3 - 1 / 3) / np.sqrt(2 / 9))
    assert balance.difference[1] == pytest.approx(-8 / 2)
    assert np.isnan(balance.difference[2]) and balance.reason[2] == "no spread on either side"
    assert (balance.n_paired[3], balance.n_unpaired[3]) == (2, 2)
    assert np.all(balance.low[:2] < balance.difference[:2])
    nobody = standardised_differences(columns, np.ones(6, dtype=bool))
    assert nobody.reason == ("fewer than two women on a side",) * 4


# ---- at the size of the programme ----------------------------------------------------------------------------------


def test_nine_thousand_women_take_no_time() -> None:
    """Four measures, 40 data sets, every delta of an 80-point scale: two seconds of CPU allowed, a tenth of one is usual."""
    codes, pre, post, stream = invent([165] * 29 + [7], [135] * 29 + [40])
    start = time.process_time()
    for _ in range(4):
        imputed = impute_last_scores(codes, pre, post, m=40, stream=stream, covariates=np.column_stack([pre**2, pre**3]))
        sites = complete_sites(codes, pre - post, rows=imputed.rows, imputed=pre[imputed.rows] - imputed.values)
        at_all = pool_completed(sites, is_pooled=sites.n >= 10, deltas=0.5 * np.arange(161)).pooled
        assert np.all(np.isfinite(at_all.low))
    assert time.process_time() - start < 2
