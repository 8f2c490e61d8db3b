"""Other ways to pool: no site that is left out can be named or found, and no pool of other women stands beside the released."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.config import ReleaseSettings
from pipeline.stages.release import release
from pipeline.tables import schemas, shape
from tests.unit.drawn import drawn
from tests.unit.stages.drawn_study import MEASURE, Study, sites

pytestmark = pytest.mark.filterwarnings("error")

RULE = ReleaseSettings()
STRICT = ReleaseSettings(minimum_count=20)
PAIRED = sites(60, 55, 70, 48, 52, 64, 58)
MISSING = sites(30, 25, 28, 31, 26, 29, 33)


def opened(study: Study, rule: ReleaseSettings = RULE) -> dict[str, pd.DataFrame]:
    found = release(study.exact(), {"pcl5": MEASURE}, {}, rule)
    for name in ("open_agreement", "open_sensitivity"):
        schemas()[name].validate(found[name])
    return found


def sensitivity(study: Study, rule: ReleaseSettings = RULE) -> pd.DataFrame:
    return opened(study, rule)["open_sensitivity"].set_index("analysis")


def without(study: Study, *names: str) -> pd.Series:
    table = study.exact()["pooled_sensitivity"].set_index("analysis")["estimate"]
    return table[[f"without {name}" for name in names]]


def test_other_methods_stand_beside_the_pool_with_one_decimal() -> None:
    study = Study(PAIRED, MISSING)
    table, exact = sensitivity(study), study.exact()["pooled_sensitivity"].set_index("analysis")
    row, source = table.loc["dersimonian_laird"], exact.loc["tau2 by DL"]
    assert [row["estimate"], row["low"], row["high"]] == [round(source[c], 1) for c in ("estimate", "low_adhoc", "high_adhoc")]
    plain = exact.loc["normal interval"]
    assert [table.loc["normal_interval", end] for end in ("low", "high")] == [round(plain[end], 1) for end in ("low", "high")]
    assert set(table["status"]) == {"shown"}


def test_the_pool_with_one_variance_within_sites_leaves_with_the_others() -> None:
    """It is the one that held in simulations of skewed changes, so a reader must find it beside the pool."""
    row = sensitivity(Study(PAIRED, MISSING)).loc["one_variance"]
    assert row["status"] == "shown"
    assert row["low"] < row["estimate"] < row["high"]


def test_of_pools_with_a_site_left_out_only_the_ends_leave_and_no_name() -> None:
    study = Study(PAIRED, MISSING, means={"S03": 30.0})
    row = sensitivity(study).loc["one_site_left_out"]
    assert [row["least"], row["most"]] == [round(f(without(study, *PAIRED)), 1) for f in (min, max)]
    assert row[["estimate", "low", "high"]].isna().all()
    found = opened(study)
    for name in ("open_agreement", "open_sensitivity"):
        assert not found[name].astype("str").apply(lambda column: column.str.contains(r"S\d\d")).any(axis=None)
    assert not [key for key in found["findings"]["key"] if key.startswith("sensitivity") and "S0" in key]


def test_a_small_site_in_the_pool_is_never_the_one_left_out() -> None:
    """Two sites of twelve and thirteen women stand in the pool together; without the outlier of them it would move most."""
    study = Study({**PAIRED, "S08": 12, "S09": 13}, MISSING, means={"S08": 70.0})
    found = opened(study, STRICT)
    assert found["open_pooled"].iloc[0]["k_sites"] == 9
    naive = without(study, *PAIRED, "S08", "S09")
    big = without(study, *PAIRED)
    assert round(naive.min(), 1) < round(big.min(), 1), "the pool without the outlier would give its mean away"
    row = found["open_sensitivity"].set_index("analysis").loc["one_site_left_out"]
    assert [row["least"], row["most"]] == [round(big.min(), 1), round(big.max(), 1)]


def test_pools_that_hold_a_small_site_that_the_released_one_leaves_out_stay_back() -> None:
    study = Study({**PAIRED, "S08": 12}, MISSING, means={"S08": 70.0})
    found = opened(study, STRICT)
    assert found["open_pooled"].iloc[0]["k_sites"] == 7
    for name in ("open_sensitivity", "open_agreement"):
        assert set(found[name]["status"]) == {"too_few"}, "twelve women are in these pools and not in the released one"
        assert found[name].select_dtypes("float").isna().all(axis=None)


def totals(n: int) -> pd.DataFrame:
    table = drawn(f"""
        site_id  pathway  n_paired  mean_pre_paired  mean_post_paired  sd_pre  sd_post
        S08      all      {n}       50.0             32.0              9.0     10.0
    """)
    return shape("accepted_aggregates", table.assign(measure="pcl5", n_paired_low=n, n_paired_high=n))


def test_a_pool_of_records_alone_differs_by_the_women_of_sites_that_sent_totals() -> None:
    many = sensitivity(Study(PAIRED, MISSING, aggregates=totals(40)))
    assert many.loc["records_alone", ["status", "k_sites"]].tolist() == ["shown", 7]
    assert many.loc["other_correlations", "status"] == "shown"
    assert (
        many.loc["other_correlations", "least"]
        <= many.loc["normal_interval", "estimate"]
        <= many.loc["other_correlations", "most"]
    )
    assert many.loc["one_site_left_out", "k_sites"] == 7


@pytest.mark.parametrize(("k", "word", "status"), [(4, "five sites", "too_few"), (5, "five sites", "shown"), (6, "", "shown")])
def test_what_is_printed_follows_the_number_of_sites(k: int, word: str, status: str) -> None:
    found = opened(Study(sites(*[60] * k), sites(*[30] * k)))
    table = found["open_sensitivity"].set_index("analysis")
    assert table.loc["dersimonian_laird", "status"] == status
    assert found["open_agreement"].iloc[0]["status"] == status
    if k == 5:
        assert table.loc["one_site_left_out", "status"] == "too_few", "four sites would be left"
    if word:
        assert table["note"].str.contains(word).any()


def test_one_model_stands_beside_two_stages_with_what_is_to_be_said() -> None:
    study = Study(PAIRED, MISSING)
    row, source = opened(study)["open_agreement"].iloc[0], study.exact()["one_stage"].iloc[0]
    assert [row["estimate"], row["two_stage"]] == [round(source["estimate"], 1), round(source["two_stage"], 1)]
    assert (row["agrees"], row["note"]) == (source["agrees"], source["statement"])
    assert row["icc"] == round(source["icc"], 2)
    assert not {"se", "df", "variance_site", "variance_residual", "n"} & set(opened(study)["open_agreement"])
