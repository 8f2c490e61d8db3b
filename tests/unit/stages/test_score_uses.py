"""Every score is in a pair, or is told why not."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from pipeline.config import ChangeSettings
from pipeline.measures import load
from pipeline.stages.change import change

Typed = Callable[[str, str], pd.DataFrame]


def test_each_score_of_a_site_has_one_use(typed: Typed) -> None:
    referrals = typed(
        "accepted_referrals",
        """
        site_id | referral_id | client                   | referral_date | accepted | first_treatment_date | end_date
        S01     | R1          | woman_or_birthing_parent | 2026-01-01    | y        | 2026-02-01           | 2026-06-30
        S01     | R2          | woman_or_birthing_parent | 2026-01-01    | y        | 2026-02-01           | 2026-06-30
        S01     | R3          | partner                  | 2026-01-01    | y        | 2026-02-01           | 2026-06-30
        """,
    )
    scores = typed(
        "scores",
        """
        site_id | referral_id | measure | date       | occasion | score | scored_from
        S01     | R1          | pcl5    | 2026-01-10 |          | 50    | total
        S01     | R1          | pcl5    | 2026-01-10 |          | 50    | total
        S01     | R1          | pcl5    | 2026-04-01 | during   | 40    | total
        S01     | R1          | pcl5    | 2026-05-01 |          | 33    | total
        S01     | R1          | pcl5    | 2026-05-01 |          | 35    | total
        S01     | R1          | pcl5    | 2026-06-20 |          | 30    | total
        S01     | R1          | pcl5    | 2026-12-01 |          | 20    | total
        S01     | R2          | pcl5    | 2026-01-10 |          | 44    | total
        S01     | R3          | pcl5    | 2026-01-10 |          | 44    | total
        """,
    )
    made = change(scores, referrals, {"pcl5": load()["pcl5"]}, ChangeSettings(), None)["score_uses"]
    assert dict(zip(made["use"], made["n_scores"], strict=True)) == {
        "first": 1,
        "last": 1,
        "first_alone": 1,
        "between": 2,
        "same_day": 1,
        "conflict": 2,
        "not_a_woman": 1,
    }
    assert made["n_scores"].sum() == len(scores)
