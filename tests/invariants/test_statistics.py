"""What must not matter to site effects and pools: order, direction, scale, and other sites."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.config import ChangeSettings, CompareSettings
from pipeline.measures import Measure
from pipeline.stages.change import change
from pipeline.stages.compare import compare
from pipeline.tables import empty, shape

SCALE = 100.0
POINTS = [
    "mean_pre",
    "sd_pre",
    "mean_post",
    "sd_post",
    "mean_improvement",
    "se",
    "low",
    "high",
    "shrunken",
    "shrunken_low",
    "shrunken_high",
]


def measure(better: str = "lower", high: float = SCALE) -> Measure:
    return Measure.model_validate({"id": "m", "name": "M", "better": better, "range": {"low": 0, "high": high}})


@pytest.fixture(scope="module")
def scores() -> pd.DataFrame:
    """Eight sites of 6 to 40 people with a first and a last score."""
    rng = np.random.default_rng(5)
    rows = []
    for number, n in enumerate((6, 12, 15, 18, 22, 25, 30, 40), start=1):
        before = np.clip(rng.normal(50, 10, n), 1, 99)
        after = np.clip(before - rng.normal(8 + number % 3, 7, n), 1, 99)
        for person, (pre, post) in enumerate(zip(before, after, strict=True)):
            key = {"site_id": f"S{number:02}", "referral_id": f"R{person:03}", "measure": "m", "scored_from": "total"}
            rows += [{**key, "occasion": "pre", "score": pre}, {**key, "occasion": "post", "score": post}]
    return shape("scores", pd.DataFrame(rows))


def effects(scores: pd.DataFrame, **options: Any) -> tuple[pd.DataFrame, pd.Series]:
    known = {"m": measure(**options)}
    made = change(scores, empty("accepted_referrals"), known, ChangeSettings(), None)
    sent, referrals = empty("accepted_aggregates"), empty("accepted_referrals")
    found = compare(made["change"], made["missingness"], sent, referrals, known, CompareSettings(), 1)
    return found["site_effects"].set_index("site_id"), found["pooled"].iloc[0]


def test_the_order_of_rows_changes_nothing(scores: pd.DataFrame) -> None:
    sites, pooled = effects(scores)
    again, pool = effects(scores.sample(frac=1, random_state=1, ignore_index=True))
    pd.testing.assert_frame_equal(sites, again, rtol=1e-10)
    pd.testing.assert_series_equal(pooled, pool, rtol=1e-10)


def test_the_other_direction_flips_signs_alone(scores: pd.DataFrame) -> None:
    sites, pooled = effects(scores)
    other, pool = effects(scores, better="higher")
    np.testing.assert_allclose(other["mean_improvement"], -sites["mean_improvement"], rtol=1e-10)
    np.testing.assert_allclose(other["se"], sites["se"], rtol=1e-10)
    np.testing.assert_allclose(other["low"], -sites["high"], rtol=1e-10)
    assert pool["estimate"] == pytest.approx(-pooled["estimate"])
    assert pool["tau2"] == pytest.approx(pooled["tau2"])
    assert pool["pi_low"] == pytest.approx(-pooled["pi_high"])


def test_another_scale_changes_points_and_leaves_what_has_no_unit(scores: pd.DataFrame) -> None:
    sites, pooled = effects(scores)
    tenth, pool = effects(scores.assign(score=scores["score"] / 10), high=SCALE / 10)
    np.testing.assert_allclose(tenth[POINTS], sites[POINTS] / 10, rtol=1e-7)
    np.testing.assert_allclose(tenth[["d_z", "d_av", "d_pre", "r"]], sites[["d_z", "d_av", "d_pre", "r"]], rtol=1e-9)
    assert pool["i2"] == pytest.approx(pooled["i2"])
    assert pool["tau2"] == pytest.approx(pooled["tau2"] / 100)


def test_one_site_less_changes_no_other_site_but_what_is_drawn_from_the_pool(scores: pd.DataFrame) -> None:
    sites, _ = effects(scores)
    fewer, _ = effects(scores[scores["site_id"] != "S07"].reset_index(drop=True))
    own = [c for c in sites.columns if not c.startswith("shrunken")]
    pd.testing.assert_frame_equal(fewer[own], sites.drop(index="S07")[own])


def test_a_site_with_too_few_pairs_keeps_its_row_and_stays_out(scores: pd.DataFrame) -> None:
    sites, pooled = effects(scores)
    assert not sites.loc["S01", "is_pooled"]
    assert sites.loc["S01", "note"] == "fewer than 10 pairs"
    assert sites.loc["S01", "mean_improvement"] == sites.loc["S01", "mean_improvement"]
    assert pooled["k"] == 7
