"""Classify: thresholds, regression to the mean and methods on women drawn so that every share can be counted by hand."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from pipeline.measures import Measure, Norm, Range, Reliability, ReliableChange
from pipeline.stages.classify import classify
from pipeline.tables import schemas, shape
from tests.unit.drawn import drawn

pytestmark = pytest.mark.filterwarnings("error")

INVENTED: dict[str, Any] = {"source": "invented", "evidence": "V"}
UNVERIFIED: dict[str, Any] = {"source": "invented", "evidence": "BK"}
RANGE = Range(low=0, high=50, step=1)
RETEST = Reliability(value=0.8, kind="test_retest", **INVENTED)
NORM = Norm(population="adults", mean=10, sd=6, selected=False, **INVENTED)


def measure(*points: float, **more: Any) -> Measure:
    changes = tuple(ReliableChange(points=each, kind="jacobson_truax", **INVENTED) for each in points)
    primary = {"primary_reliable_change": points[0]} if points else {}
    facts: dict[str, Any] = {"id": "core10", "name": "A", "better": "lower", "range": RANGE}
    return Measure(**{**facts, "reliable_changes": changes, **primary, **more})


def women(text: str, **fixed: Any) -> pd.DataFrame:
    """Groups of women drawn as a line: site, first score, last score, and how many of them."""
    rows = drawn(text)
    table = rows.loc[rows.index.repeat(rows["n"])].drop(columns="n").reset_index(drop=True)
    names = [f"R{number:04d}" for number in range(len(table))]
    facts = {"referral_id": names, "person_id": names, "measure": "core10", "first_referral": True, "class": "not_classified"}
    return shape("change", table.assign(improvement=table["pre"] - table["post"], **{**facts, **fixed}))


def run(change: pd.DataFrame, chosen: Measure) -> dict[str, pd.DataFrame]:
    found = classify(change, {"core10": chosen})
    for name, table in found.items():
        schemas()[name].validate(table)
    return found


TEN = """
    site_id  pre  post  n
    S01      30   26    2
    S01      30   20    3
    S02      30   15    1
    S02      30   30    2
    S02      30   38    2
"""
"""Improvements of 4, 4, 10, 10, 10, 15, none, none, and a deterioration by 8 twice."""


def test_a_change_of_exactly_the_threshold_counts_in_either_direction() -> None:
    strip = run(women(TEN), measure(10, 5))["strip"].set_index(["is_published", "points"])
    curve = strip.loc[False]
    assert curve["improved"].to_dict() == {
        **dict.fromkeys(map(float, range(1, 5)), 0.6),
        **dict.fromkeys(map(float, range(5, 11)), 0.4),
        **dict.fromkeys(map(float, range(11, 16)), 0.1),
        **dict.fromkeys(map(float, range(16, 21)), 0.0),
    }, "from one step to 40 % of the range of 50"
    assert curve.loc[[1.0, 8.0, 9.0], "deteriorated"].tolist() == [0.2, 0.2, 0.0]
    assert strip.loc[True]["improved"].to_dict() == {5.0: 0.4, 10.0: 0.4}


@pytest.mark.parametrize(
    ("points", "verdict", "says"),
    [
        ((10,), "not assessed", "fewer than two published thresholds"),
        ((), "not assessed", "fewer than two published thresholds"),
        ((5, 10), "not fragile", "without a sourced population"),
        ((4, 5), "fragile", "more than 15 percentage points"),
        ((10, 15), "fragile", "more than 15 percentage points"),
    ],
)
def test_thresholds_tell_one_story_or_not(points: tuple[float, ...], verdict: str, says: str) -> None:
    row = run(women(TEN), measure(*points))["strip_verdicts"].iloc[0]
    assert (row["verdict"], row["n"]) == (verdict, 10)
    assert says in row["reason"]


def test_unverified_thresholds_decide_nothing() -> None:
    unsure = (
        ReliableChange(points=4, kind="jacobson_truax", **UNVERIFIED),
        ReliableChange(points=15, kind="jacobson_truax", **INVENTED),
    )
    found = run(women(TEN), measure(reliable_changes=unsure, primary_reliable_change=15))
    assert found["strip"].query("is_published")["points"].tolist() == [15]
    assert found["strip_verdicts"].iloc[0]["verdict"] == "not assessed"


def test_what_comes_of_itself_is_a_fifth_of_the_way_to_the_mean_of_the_unselected() -> None:
    """All came with 30; the population has 10 and a test-retest correlation of 0.8: 0.2 x 20 is 4 points."""
    row = run(women(TEN), measure(10, reliabilities=(RETEST,), norms=(NORM,)))["twin"].iloc[0]
    assert row["is_sourced"]
    assert (row["population_mean"], row["retest"]) == (10, 0.8)
    assert row["expected"] == pytest.approx(4)
    assert row["observed"] == pytest.approx((2 * 4 + 3 * 10 + 15 - 2 * 8) / 10)
    # The second score is normal about 26 with SD 6 x 0.6 = 3.6: of 20 or less, 20.5 with rounding, P(z < -1.528) = 0.063.
    assert row["improved"] == pytest.approx(0.063, abs=0.001)
    assert row["deteriorated"] == pytest.approx(0.0001, abs=0.0001)


def test_the_twin_of_the_strip_is_that_of_the_same_population() -> None:
    strip = run(women(TEN), measure(10, 5, reliabilities=(RETEST,), norms=(NORM,)))["strip"].query("is_published")
    assert strip.set_index("points").loc[10.0, "twin"] == pytest.approx(0.063, abs=0.001)
    # Of 25 or less: P(z < (25.5 - 26) / 3.6) = 0.445.
    assert strip.set_index("points").loc[5.0, "twin"] == pytest.approx(0.445, abs=0.001)


def test_without_a_sourced_population_there_is_a_curve_down_to_nothing_at_the_women_s_own_mean() -> None:
    selected = NORM.model_copy(update={"selected": True})
    for norms in ((), (selected,)):
        twin = run(women(TEN), measure(10, reliabilities=(RETEST,), norms=norms))["twin"]
        assert not twin["is_sourced"].any()
        assert twin["population_mean"].iloc[[0, -1]].tolist() == [0, 30]
        assert twin["expected"].iloc[0] == pytest.approx(0.2 * 30)
        assert twin["expected"].iloc[-1] == pytest.approx(0, abs=1e-12)
        assert twin["reason"].str.contains("no point").all()


def test_without_a_test_retest_correlation_nothing_is_said_of_what_comes_by_itself() -> None:
    alpha = Reliability(value=0.9, kind="internal_consistency", **INVENTED)
    row = run(women(TEN), measure(10, reliabilities=(alpha,), norms=(NORM,)))["twin"].iloc[0]
    assert pd.isna(row["expected"])
    assert "no test-retest correlation" in row["reason"]


def test_jacobson_and_truax_count_who_is_beyond_the_error_of_measurement() -> None:
    """First scores 20, 30 and 40 at 10, 20 and 10 women: SD near 7.2, SEM 3.2, and 1.96 errors of a difference near 8.9."""
    table = women("""
        site_id  pre  post  n
        S01      20   12    5
        S01      20   11    5
        S01      30   18    10
        S01      30   30    10
        S01      40   50    4
        S01      40   36    6
    """)
    found = run(table, measure(10, reliabilities=(RETEST,)))["methods"]
    counts = found[found["method"] == "JT"].set_index("class")["n"].to_dict()
    assert counts == {"reliably_improved": 15, "no_reliable_change": 21, "reliably_deteriorated": 4}
    assert found.groupby("method")["n"].sum().to_dict() == dict.fromkeys(("EN", "GLN", "HA", "HLL", "JT", "NK"), 40)


def test_without_a_reliability_no_method_is_asked() -> None:
    assert run(women(TEN), measure(10))["methods"].empty


def test_a_further_referral_of_a_woman_counts_nowhere() -> None:
    again = women(TEN, first_referral=[True] * 8 + [False] * 2)
    found = run(again, measure(10, 5))
    assert found["strip_verdicts"].iloc[0]["n"] == 8
    assert found["strip"]["deteriorated"].max() == 0
    assert all(table.empty for table in run(women(TEN, first_referral=False), measure(10, 5)).values())
