"""What is printed for how many sites, from drawn women through the release to the words of the national report.

Below 5 sites: no pool, no variance between sites, no shrunken plot, no funnel, no comparison. From 5: pool and variance. From 10: the
prediction interval and limits that allow for differences between sites. Shrunken estimates only where sites can be told apart.
"""

from __future__ import annotations

import re
from functools import cache
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from pipeline.config import FigureSettings, ReleaseSettings
from pipeline.measures import CutOff
from pipeline.report import documents, figures
from pipeline.report.blocks import Facts
from pipeline.report.markdown import written
from pipeline.report.material import Material
from pipeline.stages.release import release
from tests.unit.report.conftest import study as facts
from tests.unit.stages.drawn_study import MEASURE, Study, sites

pytestmark = pytest.mark.filterwarnings("error")

COUNTS = (1, 2, 4, 8, 30)
FEW, MANY = [k for k in COUNTS if k < 5], [k for k in COUNTS if k >= 5]
CUT = MEASURE.model_copy(update={"clinical_cut_offs": (CutOff(value=44, case="at_or_beyond", source="invented", evidence="V"),)})
ONE_FIGURE = (
    "open_pooled",
    "open_agreement",
    "open_sensitivity",
    "open_missing",
    "open_scenarios",
    "open_tipping",
    "open_effects",
)
POOLED = r"the mean improvement over all sites was"
VARIANCE = r"\| Variance between sites \|\n"
FURTHER = r"In a further service like these, a true mean"


@cache
def printed(k: int, *, alike: bool = False) -> SimpleNamespace:
    """The release, the figures and the report in plain text of `k` sites, whose means are alike or 4 points apart on average."""
    random = np.random.default_rng(k)
    shifts = {name: 14.0 + (0 if alike else float(random.normal(0, 4))) for name in sites(*[50] * k)}
    drawn = Study(sites(*[50] * k), sites(*[24] * k), means=shifts, measure=CUT, seed=9)
    tables = release(drawn.exact(), {"pcl5": CUT}, {}, ReleaseSettings())
    made = figures.draw(tables, {"pcl5": CUT}, style=FigureSettings(), synthetic=False)
    known = Material(tables, {"pcl5": CUT}, documents.alt_texts(made))
    blocks = documents._national_blocks(known, facts(k_sites=k, synthetic=False))  # typesetting would take most of the time
    text = re.sub(r"\\(.)", r"\1", written("A report", Facts(()), blocks, synthetic=False).decode())
    body = text[: text.index("\n## Method")]
    return SimpleNamespace(tables=tables, figures={name.partition(".")[0] for name in made}, body=body)


def numbers(table: pd.DataFrame, *but: str) -> pd.DataFrame:
    return table.select_dtypes("number").drop(columns=[name for name in table if name.startswith("k_") or name in but])


@pytest.mark.parametrize("k", FEW)
def test_below_five_sites_no_table_holds_a_figure_over_sites(k: int) -> None:
    tables = printed(k).tables
    for name in ONE_FIGURE:
        assert set(tables[name]["status"]) <= {"too_few"}, name
        assert numbers(tables[name], "smallest_important").isna().all(axis=None), name
    assert tables["open_sites"][["shrunken", "shrunken_low", "shrunken_high"]].isna().all(axis=None)
    assert numbers(tables["open_recovery"], "cut_off").isna().all(axis=None)
    for name in ("open_balance", "open_thresholds", "open_methods", "open_funnel_limits"):
        assert tables[name].empty, name
    assert set(tables["open_funnels"]["status"]) == {"too_few"}
    assert tables["open_funnels"]["value"].isna().all()
    nation = tables["open_classes"].query("site_id == 'ALL'")
    assert nation["n"].isna().all()
    assert nation["share_pct"].isna().all()
    assert tables["open_sites"]["mean_improvement"].notna().all(), "each site keeps its own"


@pytest.mark.parametrize("k", FEW)
def test_below_five_sites_the_report_compares_nothing_and_says_why(k: int) -> None:
    seen = printed(k)
    drawn = {name for name in seen.figures if name.startswith(("shrunken", "funnel", "missing", "thresholds", "balance"))}
    assert not drawn
    assert "forest-pcl5" in seen.figures
    for words in (POOLED, VARIANCE, FURTHER, "Whichever site is left out", "With second scores imputed", "Sizes of change"):
        assert not re.search(words, seen.body), words
    assert "fewer than five sites" in seen.body
    assert "stand side by side" in seen.body
    assert "There is no pool to put to the test for" in seen.body


@pytest.mark.parametrize("k", MANY)
def test_from_five_sites_pool_and_variance_stand_with_their_intervals(k: int) -> None:
    seen = printed(k)
    row = seen.tables["open_pooled"].iloc[0]
    assert (row["status"], row["k_sites"]) == ("shown", k)
    assert row["low"] < row["mean_improvement"] < row["high"]
    assert row["tau2_low"] <= row["tau2"] <= row["tau2_high"]
    for words in (POOLED, VARIANCE, "Whichever site is left out", "With second scores imputed", "Sizes of change"):
        assert re.search(words, seen.body), words
    assert {"forest-pcl5", "shrunken-pcl5", "missing-pcl5"} <= seen.figures
    assert seen.tables["open_sites"]["shrunken"].notna().all()


def test_the_prediction_interval_and_wider_funnels_wait_for_ten_sites() -> None:
    eight, thirty = printed(8), printed(30)
    ends = ["prediction_low", "prediction_high"]
    assert eight.tables["open_pooled"][ends].isna().all(axis=None)
    assert thirty.tables["open_pooled"][ends].notna().all(axis=None)
    assert not re.search(FURTHER, eight.body)
    assert "No range is given in which a further service might lie on PCL-5" in eight.body.replace(CUT.label, "PCL-5")
    assert re.search(FURTHER, thirty.body)
    few, many = (found.tables["open_funnel_limits"].query("kind == 'mean'") for found in (eight, thirty))
    for end in ("low_95", "high_95", "low_998", "high_998"):
        assert few[f"{end}_od"].tolist() == few[end].tolist(), "no allowance for differences between eight sites"
    assert (many["low_998_od"] < many["low_998"]).all()
    assert (many["high_998_od"] > many["high_998"]).all()


def test_sites_that_cannot_be_told_apart_are_not_drawn_towards_each_other() -> None:
    seen = next(found for k in (8, 7, 9, 6) if not (found := printed(k, alike=True)).tables["open_pooled"].iloc[0]["tau2"] > 0)
    assert "shrunken-pcl5" not in seen.figures
    assert seen.tables["open_sites"]["shrunken"].isna().all()
    assert "cannot tell the sites apart" in seen.body
