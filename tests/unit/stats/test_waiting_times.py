"""Waits: small cases by hand, ties, days beyond all follow-up, and draws of whole sites."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.duration.survfunc import CumIncidenceRight

from pipeline.stats.waiting import bootstrap_sites, cumulative_incidence, share_within

pytestmark = pytest.mark.filterwarnings("error")


def test_shares_by_hand() -> None:
    """
    day 5: of 5 one is seen                       waiting 4/5
    day 8: of 4 one leaves, one is censored       left 4/5 x 1/4 = 1/5, waiting 3/5
    day 9: both others are seen                   seen 1/5 + 3/5
    """
    curve = cumulative_incidence([9, 5, 8, 8, 9], [1, 1, 2, 0, 1])
    assert (curve.days.tolist(), curve.n_at_risk.tolist()) == ([5, 8, 9], [5, 4, 2])
    assert curve.share[0] == pytest.approx([0.8, 0.6, 0])
    assert curve.share[1] == pytest.approx([0.2, 0.2, 0.8])
    assert curve.share[2] == pytest.approx([0, 0.2, 0.2])
    assert curve.share[0, 2] == 0
    assert curve.se[:, 0] == pytest.approx([np.sqrt(0.2 * 0.8 / 5)] * 2 + [0])


def test_one_minus_kaplan_and_meier_is_not_the_share_seen() -> None:
    """Half leave on day 1, the others are seen on day 2: half are seen, though the curve of those seen alone ends at all."""
    days, events = [1, 1, 2, 2], [2, 2, 1, 1]
    assert cumulative_incidence(days, events).share[1, -1] == 0.5
    assert cumulative_incidence(days, np.where(np.array(events) == 2, 0, events)).share[1, -1] == 1


def test_shares_are_those_of_statsmodels() -> None:
    stream = np.random.default_rng(1)
    days, events = stream.integers(1, 60, 300), stream.choice([0, 1, 2], 300, p=[0.2, 0.6, 0.2])
    days, events = np.append(days, 61), np.append(events, 0)  # theirs divides by 0 where the last woman has an event
    ours, theirs = cumulative_incidence(days, events), CumIncidenceRight(days.astype(float), events)
    for kind in (1, 2):
        np.testing.assert_allclose(ours.share[kind], theirs.cinc[kind - 1], rtol=1e-12)
    assert np.allclose(ours.share.sum(axis=0), 1, atol=1e-14)


def test_the_order_of_the_women_does_not_matter() -> None:
    stream = np.random.default_rng(2)
    days, events = stream.integers(0, 30, 80), stream.integers(0, 3, 80)
    order = stream.permutation(80)
    one, two = cumulative_incidence(days, events), cumulative_incidence(days[order], events[order])
    assert np.array_equal(one.se, two.se) and np.array_equal(one.share, two.share)


def test_shares_within_weeks_include_both_ends() -> None:
    curve = cumulative_incidence([0, 28, 29, 40], [1, 1, 1, 0])
    within = share_within(curve, [0, 27.5, 28, 40])
    assert within.share[1] == pytest.approx([0.25, 0.25, 0.5, 0.75])
    assert within.n_at_risk.tolist() == [4, 3, 3, 1]


def test_nobody_followed_that_long() -> None:
    within = share_within(cumulative_incidence([10, 20], [1, 0], interval="plain"), [5, 21])
    assert within.share[:, 0].tolist() == [1, 0, 0]
    assert np.isnan(within.share[:, 1]).all() and np.isnan(within.low[:, 1]).all()
    assert within.reason == "nobody was followed that long, and some were still waiting"
    assert share_within(cumulative_incidence([10, 20], [1, 2]), [400]).share[:, 0].tolist() == [0, 0.5, 0.5]


def test_nobody_waits() -> None:
    curve = cumulative_incidence([], [])
    assert (curve.n, curve.days.size, curve.reason) == (0, 0, "nobody waits")
    within = share_within(curve, [28])
    assert np.isnan(within.share).all() and within.reason == "nobody waits"
    assert within.n_at_risk.tolist() == [0]


def test_a_share_of_zero_has_no_limits_on_the_log_scale() -> None:
    curve = cumulative_incidence([3, 4], [1, 1])
    assert np.isnan(curve.low[2]).all() and "log scale" in curve.reason
    plain = cumulative_incidence([3, 4], [1, 1], interval="plain")
    assert (plain.low[2].tolist(), plain.reason) == ([0, 0], "")


@pytest.mark.parametrize(("days", "events"), [([-1.0], [1]), ([1.0], [3]), ([np.nan], [1]), ([1.0, 2.0], [1])])
def test_impossible_waits_are_errors(days: list[float], events: list[int]) -> None:
    with pytest.raises(ValueError, match=r"below 0|missing|differ"):
        cumulative_incidence(days, events)


# ---- draws of whole sites ------------------------------------------------------------------------------------------


def test_draws_are_those_made_one_by_one() -> None:
    """The same multinomial counts, expanded woman by woman and estimated one at a time."""
    stream = np.random.default_rng(3)
    site = np.repeat(np.arange(12), stream.integers(4, 15, 12))
    days, events = stream.integers(0, 50, len(site)), stream.choice([0, 1, 2], len(site), p=[0.3, 0.5, 0.2])
    ours = bootstrap_sites(days, events, site, at_days=[7, 28], stream=np.random.default_rng(8), n_draws=50)
    counts = np.random.default_rng(8).multinomial(12, np.full(12, 1 / 12), size=50)
    each = []
    for drawn in counts:
        rows = np.repeat(np.arange(len(site)), drawn[site])
        each.append(share_within(cumulative_incidence(days[rows], events[rows]), [7, 28]).share)
    np.testing.assert_allclose(ours.se, np.std(each, axis=0, ddof=1) * np.sqrt(12 / 11), rtol=1e-10)
    np.testing.assert_array_equal(ours.share, share_within(cumulative_incidence(days, events), [7, 28]).share)


def test_limits_are_drawn_on_the_logit_scale() -> None:
    """Eleven sites, t(10) = 2.228: the odds of either limit are as far from the odds of the share, as a ratio."""
    stream = np.random.default_rng(6)
    site = np.repeat(np.arange(11), 20)
    found = bootstrap_sites(stream.integers(1, 60, 220), np.ones(220), site, at_days=[14, 100], stream=stream)
    share, se, low, high = (values[1, 0] for values in (found.share, found.se, found.low, found.high))
    odds, least, most = (value / (1 - value) for value in (share, low, high))
    assert most / odds == pytest.approx(odds / least)
    assert most / odds == pytest.approx(np.exp(2.228139 * se / (share * (1 - share))), rel=1e-6)
    assert found.share[1, 1] == pytest.approx(1) and np.isnan(found.low[2]).all() and np.isnan(found.low[:, 1]).all()
    assert "share of 0 or 1" in found.reason


def test_sites_that_differ_widen_the_interval() -> None:
    stream = np.random.default_rng(4)
    site = np.repeat(np.arange(20), 40)
    days = np.where(site % 2, 5, 60) + stream.integers(0, 9, len(site))
    wide = bootstrap_sites(days, np.ones(len(site)), site, at_days=[28], stream=stream)
    alone = share_within(cumulative_incidence(days, np.ones(len(site))), [28])
    assert wide.se[1, 0] > 4 * alone.se[1, 0]


def test_fewer_than_ten_sites_have_no_interval() -> None:
    found = bootstrap_sites([1, 2, 3], [1, 1, 0], [0, 1, 2], at_days=[2], stream=np.random.default_rng(1))
    assert found.share[1, 0] == pytest.approx(2 / 3)
    assert np.isnan(found.low).all() and "fewer than 10 sites" in found.reason


def test_wilson_limits_are_those_of_a_share_where_nobody_is_censored_and_never_collapse() -> None:
    """R 4.2.2: prop.test(7, 20, correct = FALSE) and prop.test(20, 20, correct = FALSE)."""
    from pipeline.stats.waiting import cumulative_incidence, share_within

    days, events = [10.0] * 7 + [100.0] * 13, [1] * 20
    found = share_within(cumulative_incidence(days, events, interval="wilson"), [28.0, 140.0])
    assert found.low[1].tolist() == pytest.approx([0.1811918, 0.8388749], abs=1e-6)
    assert found.high[1].tolist() == pytest.approx([0.5671457, 1.0], abs=1e-6)


def test_wilson_limits_stand_for_no_more_women_than_were_followed_that_long() -> None:
    """Nineteen of 40 are seen on day 10 and one on day 50, the others' follow-up ends on day 20: what of them is not known.

    R 4.2.2: prop.test(20, 20, correct = FALSE). Of all 40 the lower limit would be 0.91.
    """
    days, events = [10.0] * 19 + [50.0] + [20.0] * 20, [1] * 20 + [0] * 20
    found = share_within(cumulative_incidence(days, events, interval="wilson"), [60.0])
    assert (found.share[1, 0], found.se[1, 0]) == (1.0, 0.0)
    assert found.low[1, 0] == pytest.approx(0.8388749, abs=1e-6)
