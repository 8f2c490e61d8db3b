"""Case mix: which characteristics a model takes in, and which columns it is spared."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.measures import Measure, Range
from pipeline.stages.case_mix import case_mix, characteristics
from pipeline.stages.compare_one_stage import adjusted_sites
from pipeline.stats.independent import independent_within
from pipeline.tables import shape

pytestmark = pytest.mark.filterwarnings("error")

LOWER = Measure(id="pcl5", name="A", better="lower", range=Range(low=0, high=80))
ALL = ["age", "deprivation", "pathway", "stage", "ethnicity", "source"]


def women(n: int, k_sites: int = 4, **columns: Any) -> pd.DataFrame:
    """`n` women over sites, half of whom have another level of every characteristic, each characteristic drawn by itself."""
    draw = np.random.default_rng(4)
    halves = {
        "age_band": ("25_29", "40_plus"),
        "pathway": ("birth_trauma", "tokophobia"),
        "perinatal_stage": ("postnatal", "pregnant"),
        "ethnic_category": ("A", "H"),
        "referral_source": ("A1", "B2"),
    }
    rows: dict[str, Any] = {name: np.where(draw.random(n) < 0.4, other, most) for name, (most, other) in halves.items()}
    rows["imd_decile"] = pd.array(np.where(draw.random(n) < 0.4, 10, 1), dtype="Int64")
    table = pd.DataFrame({"site_id": [f"S{at % k_sites:02d}" for at in range(n)], **rows})
    table["referral_id"] = [f"R{at:04d}" for at in range(n)]
    return table.assign(**columns)


def kinds(table: pd.DataFrame, **more: Any) -> list[str]:
    return [str(name).partition("_")[0] for name in case_mix(table.assign(**more), shape("accepted_referrals", table))]


def test_all_that_women_are_asked_enters_where_there_are_enough_of_them() -> None:
    table = women(400)
    assert kinds(table) == ALL
    named = list(case_mix(table, shape("accepted_referrals", table)))
    assert named[-2:] == ["ethnicity_asian", "source_self_referral"]


@pytest.mark.parametrize(("n", "enters"), [(104, 5), (105, 6), (45, 2), (29, 0)])
def test_fifteen_women_stand_behind_each_column_the_first_score_among_them(n: int, enters: int) -> None:
    """Six columns of one level each, and the first score: 105 women. The others leave in reverse order."""
    assert kinds(women(200), post=[20.0] * n + [None] * (200 - n)) == ALL[:enters], "those without a last score fit no model"


def test_kinds_of_no_answer_are_levels_of_their_own_and_national_codes_are_groups() -> None:
    given = ["A", "B", "Z", "99", None]
    table = women(500, ethnic_category=given * 100, referral_source=["A4", "Q2", "P1", "D1", None] * 100)
    found = characteristics(table, shape("accepted_referrals", table))
    mine = [name for name in found if str(name).startswith(("ethnicity", "source"))]
    assert mine == [
        *("ethnicity_not_known", "ethnicity_not_recorded", "ethnicity_not_stated"),
        *("source_maternity", "source_not_recorded", "source_other"),
    ]
    assert found["ethnicity_not_stated"].sum() == 100


def test_a_characteristic_that_most_women_lack_stays_out_of_models_and_in_the_description() -> None:
    table = women(400)
    table["ethnic_category"] = table["ethnic_category"].where(table.index % 10 < 4)
    assert "ethnicity" not in kinds(table)
    assert "ethnicity_not_recorded" not in characteristics(table, shape("accepted_referrals", table)), "the level of most women"
    assert "ethnicity_asian" in characteristics(table, shape("accepted_referrals", table))


def test_a_site_that_records_nothing_adds_no_column_that_only_names_it() -> None:
    """Deprivation and ethnicity are blank at one site: both columns would be that site, which has a level of its own."""
    table = women(400)
    is_silent = table["site_id"] == "S00"
    table["imd_decile"], table["ethnic_category"] = (table[name].mask(is_silent) for name in ("imd_decile", "ethnic_category"))
    found = case_mix(table, shape("accepted_referrals", table))
    assert not [name for name in found if str(name).endswith("not_recorded")]
    described = characteristics(table, shape("accepted_referrals", table))
    assert {"deprivation_not_recorded", "ethnicity_not_recorded"} <= set(described)


def test_sites_are_still_compared_where_columns_repeat_each_other() -> None:
    """A pathway that only women of one source are referred to would leave the model without a solution."""
    table = women(400)
    table["referral_source"] = np.where(table["pathway"] == "tokophobia", "B2", "A1")
    draw = np.random.default_rng(1)
    pre = draw.normal(45, 10, len(table))
    pairs = table[["site_id", "referral_id"]].assign(pre=pre, post=pre - draw.normal(10, 6, len(table)))
    found = adjusted_sites(pairs, shape("accepted_referrals", table), LOWER)
    assert len(found) == 4
    assert found[["estimate", "se", "blup", "blup_se"]].notna().all(axis=None)
    assert found["adjusted_for"].unique().tolist() == ["first score, age, deprivation, pathway, stage, ethnicity"]


def test_a_column_counts_for_what_it_tells_beyond_groups_and_earlier_columns() -> None:
    codes = [0, 0, 0, 1, 1, 1]
    own, other = [1.0, 0, 0, 1, 0, 0], [0.0, 1, 0, 0, 0, 1]
    names_group = [0.0, 0, 0, 1, 1, 1]
    mixed = [a + 2 * b + 5 * g for a, b, g in zip(own, other, names_group, strict=True)]
    keep = independent_within(codes, np.column_stack([own, names_group, other, mixed, np.ones(6)]))
    assert keep.tolist() == [True, False, True, False, False]
    assert independent_within(codes, np.empty((6, 0))).tolist() == []
    with pytest.raises(ValueError, match="two dimensions"):
        independent_within(codes, own)
