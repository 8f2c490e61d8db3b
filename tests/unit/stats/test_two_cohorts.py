"""Two cohorts of different people: what is asked of the input, and what cannot be computed."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.stats.unpaired import compare_cohorts

pytestmark = pytest.mark.filterwarnings("error")


def test_positive_means_better_whatever_the_direction() -> None:
    higher = compare_cohorts([1, 2, 3], [4, 5, 6], sign=-1)
    lower = compare_cohorts([4, 5, 6], [1, 2, 3], sign=1)
    assert (higher.difference, higher.shift, higher.rank_biserial) == (3, 3, 1)
    assert (lower.difference, lower.shift, lower.rank_biserial) == (3, 3, 1)


def test_missing_scores_and_the_order_of_people_make_no_difference() -> None:
    ours = compare_cohorts([1.0, np.nan, 3.0, 2.0, 2.5, 3.5], [4.0, 3.0, np.nan, 5.0, 4.5], sign=-1)
    again = compare_cohorts([3.5, 3.0, 2.0, 2.5, 1.0], [4.5, 3.0, 4.0, 5.0], sign=-1)
    assert ours == again
    assert (ours.n_before, ours.n_after) == (5, 4)


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ([], [3.0], "one of the cohorts is empty"),
        ([3.0], [4.0], "one person in a cohort: no spread; too few people for limits of the shift at this level"),
        ([3.0] * 30, [3.0] * 40, "every score is the same: no test"),
    ],
)
def test_what_cannot_be_computed_says_why(before: list[float], after: list[float], reason: str) -> None:
    assert compare_cohorts(before, after, sign=-1).reason == reason


def test_no_spread_gives_a_difference_without_width() -> None:
    ours = compare_cohorts([3.0] * 4, [4.0] * 5, sign=-1)
    assert (ours.difference, ours.low, ours.high) == (1, 1, 1)


def test_type_one_error_and_coverage_with_answers_of_five() -> None:
    """1,000 pairs of cohorts from one distribution: 95 % within 2 points, by the test and by Welch's limits."""
    rng = np.random.default_rng(3)
    shares = [0.05, 0.15, 0.3, 0.35, 0.15]
    n_rejected = n_covered = 0
    for _ in range(1000):
        before, after = rng.choice(5, 22, p=shares), rng.choice(5, 17, p=shares)
        found = compare_cohorts(before, after, sign=-1)
        n_rejected += found.p_value < 0.05
        n_covered += found.low <= 0 <= found.high
    assert 30 <= n_rejected <= 70
    assert 930 <= n_covered <= 970


@pytest.mark.parametrize("bad", [{"sign": 0}, {"sign": 1, "level": 1.0}])
def test_wrong_use_is_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must"):
        compare_cohorts([1.0], [2.0], **bad)  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(ValueError, match="infinite"):
        compare_cohorts([np.inf], [2.0], sign=1)
