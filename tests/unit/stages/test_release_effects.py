"""Sizes of change and recovery: what leaves of them over all sites, and what a reader who subtracts would be left with."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.config import ReleaseSettings
from pipeline.measures import CutOff
from pipeline.stages.change_timing import timing_of
from pipeline.stages.compare_effect_sizes import effect_sizes
from pipeline.stages.release import release
from pipeline.stats.paired import describe_change
from pipeline.stats.signed_rank import signed_rank
from pipeline.stats.standardised import limits_of_sizes
from pipeline.tables import schemas
from tests.unit.stages.drawn_study import MEASURE, Study, sites

pytestmark = pytest.mark.filterwarnings("error")

RULE = ReleaseSettings()
CUT = MEASURE.model_copy(update={"clinical_cut_offs": (CutOff(value=40, case="at_or_beyond", source="invented", evidence="V"),)})
PAIRED, MISSING = sites(60, 55, 70, 48, 52, 64, 58), sites(30, 25, 28, 31, 26, 29, 33)


def opened(study: Study, rule: ReleaseSettings = RULE) -> dict[str, pd.DataFrame]:
    found = release(study.exact(), {"pcl5": study.measure}, {}, rule)
    for name in ("open_effects", "open_recovery"):
        schemas()[name].validate(found[name])
    return found


def test_sizes_are_those_of_all_women_as_one_group() -> None:
    study = Study(PAIRED, MISSING)
    women = study.exact()["change"]
    row = opened(study)["open_effects"].iloc[0]
    whole = describe_change(women["pre"], women["post"], sign=1)
    for name in ("d_z", "d_av", "d_pre", "r"):
        assert row[name] == round(getattr(whole, name), 2), name
    limits = limits_of_sizes(women["pre"], women["post"], sign=1)
    for name in ("d_z_low", "d_z_high", "d_av_low", "d_av_high", "d_pre_low", "d_pre_high"):
        assert row[name] == round(getattr(limits, name), 2), name
    ranks = signed_rank(women["pre"], women["post"], sign=1)
    assert [row[f"hodges_lehmann{end}"] for end in ("", "_low", "_high")] == [ranks.estimate, ranks.low, ranks.high]
    assert (row["n"], row["wilcoxon_p"], row["status"]) == (405, 0.001, "shown")


def test_the_bootstrap_depends_on_the_seed_alone_and_not_on_the_order_of_women() -> None:
    women = Study(PAIRED, MISSING).exact()["change"]
    one, again = (effect_sizes(table, MEASURE, 7)[0] for table in (women, women.iloc[::-1]))
    assert one == again
    other = effect_sizes(women, MEASURE, 8)[0]
    drawn = ("d_av_low_drawn", "d_av_high_drawn")
    assert [one[name] for name in drawn] != [other[name] for name in drawn]
    assert {name for name in one if one[name] != other[name]} == set(drawn), "what is printed is not drawn"
    assert effect_sizes(women.iloc[:0], MEASURE, 7) == []


def test_the_exact_row_keeps_the_limits_that_ask_for_a_normal_shape_beside_those_that_are_printed() -> None:
    women = Study(PAIRED, MISSING).exact()["change"]
    row, whole = effect_sizes(women, MEASURE, 7)[0], describe_change(women["pre"], women["post"], sign=1)
    assert (row["d_z_low_noncentral"], row["d_z_high_noncentral"]) == (whole.d_z_low, whole.d_z_high)
    assert (row["d_pre_low_normal"], row["d_pre_high_normal"]) == (whole.d_pre_low, whole.d_pre_high)


def test_no_size_of_a_site_leaves_and_no_p_is_a_finding() -> None:
    found = opened(Study(PAIRED, MISSING))
    sizes = {"d_z", "d_av", "d_pre", "r", "sd_pre", "sd_post", "wilcoxon_p", "hodges_lehmann"}
    for name, table in found.items():
        if "site_id" in table:
            assert not sizes & set(table), name
    assert not [key for key in found["findings"]["key"] if "wilcoxon" in key or key.endswith("_p")]


def test_a_small_site_that_stands_in_no_other_figure_stands_in_no_size() -> None:
    alone = opened(Study(PAIRED, MISSING))["open_effects"]
    beside = opened(Study({**PAIRED, "S08": 5}, {**MISSING, "S08": 2}, means={"S08": 60.0}))["open_effects"]
    columns = [name for name in alone if not name.startswith("d_av_")]
    pd.testing.assert_frame_equal(alone[columns], beside[columns])


@pytest.mark.parametrize("k", [4, 5])
def test_sizes_and_recovery_follow_the_number_of_sites(k: int) -> None:
    found = opened(Study(sites(*[60] * k), sites(*[30] * k), measure=CUT))
    status = "shown" if k == 5 else "too_few"
    assert set(found["open_effects"]["status"]) | set(found["open_recovery"]["status"]) == {status}
    if k == 4:
        assert found["open_effects"].drop(columns=["measure", "status", "note"]).isna().all(axis=None)
        assert found["open_recovery"][["n_cases", "n", "share_pct"]].isna().all(axis=None)


def test_recovery_is_of_the_women_who_were_cases_before() -> None:
    study = Study(PAIRED, MISSING, measure=CUT)
    exact = study.exact()
    rows = opened(study)["open_recovery"].set_index("share")
    cases = exact["change"][exact["change"]["pre"] >= 40]
    crossed = cases["post"] < 40
    assert rows.loc["recovered", "n_cases"] == 5 * round(len(cases) / 5)
    assert rows.loc["recovered", "n"] == 5 * round(crossed.sum() / 5)
    assert rows.loc["recovered", "share_pct"] == pytest.approx(100 * crossed.mean(), abs=1.5)
    reliably = (crossed & (cases["improvement"] >= 15)).mean()
    assert rows.loc["reliably_recovered", "share_pct"] == pytest.approx(100 * reliably, abs=1.5)
    model = exact["shares"].set_index("share").loc["recovered"]
    assert rows.loc["recovered", ["share_low_pct", "share_high_pct"]].tolist() == [
        round(100 * model["low"]),
        round(100 * model["high"]),
    ]
    keys = opened(study)["findings"].set_index("key")
    assert keys.loc["recovery.pcl5.recovered_pct", "value"] == rows.loc["recovered", "share_pct"]


def test_those_who_recovered_and_not_reliably_are_none_or_enough() -> None:
    """With a cut-off far below, nearly all who cross it changed by much: the few who did not would be the difference."""
    far = CUT.model_copy(update={"clinical_cut_offs": (CutOff(value=27, case="at_or_beyond", source="invented", evidence="V"),)})
    study = Study(PAIRED, MISSING, measure=far)
    women = study.exact()["change"]
    between = int((women["recovered"] & ~women["reliably_recovered"]).sum())
    assert 0 < between < RULE.minimum_count
    rows = opened(study)["open_recovery"].set_index("share")
    assert rows.loc["recovered", "status"] == "shown"
    assert pd.isna(rows.loc["recovered", "n_cases"]), "all but one woman were cases"
    assert rows.loc["reliably_recovered", "status"] == "too_few"
    assert pd.isna(rows.loc["reliably_recovered", "share_pct"])


def test_without_a_cut_off_there_is_no_recovery_to_tell() -> None:
    found = opened(Study(PAIRED, MISSING))
    assert found["open_recovery"].empty
    assert not [key for key in found["findings"]["key"] if key.startswith("recovery.")]
    assert np.isfinite(found["open_effects"]["d_z"].iloc[0])


def dated(study: Study, days: dict[str, float]) -> dict[str, pd.DataFrame]:
    """The exact tables of a study whose women gave their first score so many days before treatment, give or take."""
    exact = study.exact()
    around = exact["change"]["site_id"].map(days) + exact["change"].groupby("site_id").cumcount() % 5 - 2
    exact["change"]["days_to_treatment"] = around.astype("Int64")
    return {**exact, "timing": timing_of(exact["change"])}


def test_days_to_treatment_leave_as_whole_medians_with_enough_women_on_each_side() -> None:
    exact = dated(Study({**PAIRED, "S08": 19}, MISSING), dict(zip([*PAIRED, "S08"], [0, 10, 20, 30, 40, 50, 60, 5], strict=True)))
    table = release(exact, {"pcl5": MEASURE}, {}, RULE)["open_timing"]
    schemas()["open_timing"].validate(table)
    rows = table.set_index("site_id")
    assert rows.loc["ALL", "status"] == "shown"
    assert rows.loc["ALL", "lower_days"] < rows.loc["ALL", "median_days"] < rows.loc["ALL", "upper_days"]
    assert rows.loc["S03", "median_days"] == 20
    assert (rows.loc["S08", "status"], "n" in table) == ("too_few", False), "nine women on a side"
    assert rows.loc["S03", ["lower_days", "upper_days"]].isna().all()


def test_a_small_site_alone_moves_no_quartile() -> None:
    days = {**dict.fromkeys(PAIRED, 20.0), "S08": 300.0}
    alone, beside = (
        release(dated(Study({**PAIRED, **more}, MISSING), days), {"pcl5": MEASURE}, {}, RULE)["open_timing"].set_index("site_id")
        for more in ({}, {"S08": 6})
    )
    assert beside.loc["ALL"].tolist() == alone.loc["ALL"].tolist()
    assert beside.loc["S08", "status"] == "too_few"
