"""Exact funnels: limits that follow from the numbers of women, and what chance alone would flag."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from pipeline.stages.compare_funnel import funnels
from pipeline.tables import shape
from tests.unit.drawn import drawn

pytestmark = pytest.mark.filterwarnings("error")

SITES = """
    site_id  grain      n_paired  mean_improvement  se   n_reliably_improved
    S01      record     25        10.0              4.0  10
    S02      record     100       12.0              2.0  50
    S03      record     400       16.0              1.0  203
    S04      record     9         60.0              2.0  9
    S05      aggregate  400       60.0              1.0  400
    S06      record     0         -                 -    -
"""


def both(text: str = SITES, minimum: int = 10) -> tuple[dict[str, pd.DataFrame], dict[str, dict[str, float]]]:
    tables, budget = funnels(
        shape("site_effects", drawn(text).assign(measure="pcl5", is_pooled=True)), "pcl5", minimum=minimum, seed=1
    )
    return {table["kind"].iloc[0]: table.set_index("site_id") for table in tables}, {str(row["kind"]): row for row in budget}


def test_limits_of_means_lie_round_the_mean_of_all_women_drawn() -> None:
    rows = both()[0]["mean"]
    target = (25 * 10 + 100 * 12 + 400 * 16) / 525
    assert rows["target"].tolist() == pytest.approx([target] * 4)
    assert rows["sigma2"].tolist() == pytest.approx([400.0] * 4), "every SD is 20"
    assert rows.loc["S02", "low_95"] == pytest.approx(target - 1.959964 * 2, abs=1e-6)
    assert rows.loc["S02", "high_998"] == pytest.approx(target + 3.090232 * 2, abs=1e-6)
    assert rows["flag_95"].to_dict() == {"S01": "within", "S02": "within", "S03": "within", "S04": "not_drawn"}
    assert rows["is_drawn"].tolist() == [True, True, True, False], "a small site is listed; totals have no spread of women"


def test_a_site_further_off_than_its_size_allows_is_flagged_and_one_with_few_women_is_not() -> None:
    rows = both(SITES.replace("12.0              2.0", "6.0               2.0"))[0]["mean"]
    assert rows.loc["S02", ["flag_95", "flag_998"]].tolist() == ["below", "below"], "7.9 points, and 6.2 are allowed"
    assert rows.loc["S01", "flag_95"] == "within", "a fourth of the women, twice the width"


def test_limits_of_shares_are_those_of_the_angle() -> None:
    rows = both(SITES.replace("203", "202").replace("1.0  203", "1.0  202"))[0]["reliably_improved"]
    target = 262 / 525
    angle = math.asin(math.sqrt(target))
    assert rows.loc["S02", "high_95"] == pytest.approx(math.sin(angle + 1.959964 / 20) ** 2, abs=1e-6)
    assert rows.loc["S02", "low_998"] == pytest.approx(math.sin(angle - 3.090232 / 20) ** 2, abs=1e-6)
    assert rows["value"].tolist()[:3] == pytest.approx([0.4, 0.5, 0.505])


def test_a_measure_without_classes_has_no_funnel_of_shares() -> None:
    without = "\n".join(line.rsplit(None, 1)[0] for line in SITES.strip().splitlines())
    assert set(both(without)[0]) == {"mean"}


def test_the_budget_counts_flags_beside_those_expected() -> None:
    budget = both(SITES.replace("12.0              2.0", "6.0               2.0"))[1]["mean"]
    assert (budget["k_drawn"], budget["flagged_95"], budget["flagged_998"]) == (3, 2, 1), "S03 is 2.2 above, and 2.0 are allowed"
    assert budget["expected_95"] == pytest.approx(0.15)
    assert budget["expected_998"] == pytest.approx(0.006)
    assert "fewer than 10 sites" in str(budget["reason"])


def test_where_no_site_has_enough_pairs_nothing_is_drawn_and_the_reason_said() -> None:
    tables, budget = both(minimum=1000)
    assert not tables["mean"]["is_drawn"].any()
    assert (budget["mean"]["k_drawn"], budget["mean"]["flagged_95"]) == (0, 0)
    assert "enough" in str(budget["mean"]["reason"])
