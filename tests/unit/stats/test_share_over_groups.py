"""A share of people who come in groups: against errors clustered by group, and at its edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.stats.proportion import share_over_groups, wilson

pytestmark = pytest.mark.filterwarnings("error")

IMPROVED, WOMEN = np.array([54, 32, 87, 22, 33, 16, 37]), np.array([98, 51, 117, 36, 57, 32, 92])


def test_limits_are_those_of_least_squares_with_errors_clustered_by_group() -> None:
    import statsmodels.api as sm

    answers = np.concatenate([np.repeat([1.0, 0.0], [x, n - x]) for x, n in zip(IMPROVED, WOMEN, strict=True)])
    group = np.repeat(np.arange(len(WOMEN)), WOMEN)
    fit = sm.OLS(answers, np.ones(len(answers))).fit(
        cov_type="cluster", cov_kwds={"groups": group, "df_correction": True}, use_t=True
    )
    ours = share_over_groups(IMPROVED, WOMEN)
    low, high = fit.conf_int()[0]
    assert ours.estimate[0] == pytest.approx(fit.params[0], rel=1e-12)
    assert (ours.low[0], ours.high[0]) == pytest.approx((low, high), rel=1e-10)


def test_groups_that_differ_make_the_interval_wider_than_wilsons() -> None:
    ours, naive = share_over_groups(IMPROVED, WOMEN), wilson([IMPROVED.sum()], [WOMEN.sum()])
    assert ours.high[0] - ours.low[0] > 1.5 * (naive.high[0] - naive.low[0])


@settings(max_examples=50)
@given(shift=st.integers(0, 6))
def test_neither_the_order_of_groups_nor_an_empty_one_changes_anything(shift: int) -> None:
    ours = share_over_groups(IMPROVED, WOMEN)
    other = share_over_groups([*np.roll(IMPROVED, shift), 0], [*np.roll(WOMEN, shift), 0])
    assert [other.low[0], other.high[0]] == pytest.approx([ours.low[0], ours.high[0]])


def test_one_group_has_a_share_and_no_interval() -> None:
    ours = share_over_groups([6], [10])
    assert ours.estimate[0] == 0.6
    assert np.isnan([ours.low[0], ours.high[0]]).all()
    assert "fewer than two groups" in ours.reason


def test_limits_stay_between_nought_and_one() -> None:
    ours = share_over_groups([0, 9, 10], [10, 10, 10])
    assert 0 <= ours.low[0] < ours.high[0] <= 1
