"""What must not matter to anything between the accepted tables and the release: order, direction, scale, and other sites."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from benchmarks.numeric_stages import accepted, run
from pipeline.measures import Measure, load

pytestmark = pytest.mark.filterwarnings("error")
SETTINGS = settings(
    deadline=None,
    derandomize=True,
    max_examples=2,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
    database=None,
)
Frames = dict[str, pd.DataFrame]
SITES, WOMEN = 8, 480
OF_SITES = ("site_effects", "missingness", "adjusted")
OWN = [
    *(
        "n_eligible",
        "n_pre",
        "n_paired",
        "mean_pre",
        "sd_pre",
        "mean_post",
        "sd_post",
        "r",
        "mean_improvement",
        "se",
        "low",
        "high",
    ),
    *("d_z", "d_av", "d_pre"),
]
POINTS = ["mean_pre", "sd_pre", "mean_post", "sd_post", "mean_improvement", "se", "low", "high"]


@cache
def known(better: str = "lower", times: int = 1) -> dict[str, Measure]:
    """PCL-5 with its sourced threshold, or turned round, or with every point worth `times` as many."""
    real = load()["pcl5"].model_dump(by_alias=True, exclude_unset=True)
    if better == "lower" and times == 1:
        return {"pcl5": load()["pcl5"]}
    plain = {name: real[name] for name in ("id", "name") if name in real}
    threshold = 15 * times
    facts = {
        "points": threshold,
        "level": 0.95,
        "kind": "jacobson_truax",
        "population": "invented",
        "source": "x",
        "evidence": "V",
    }
    return {
        "pcl5": Measure.model_validate(
            {
                **plain,
                "better": better,
                "range": {"low": 0, "high": 80 * times, "step": "any"},
                "reliable_changes": [facts],
                "primary_reliable_change": threshold,
            }
        )
    }


@cache
def study() -> Frames:
    return accepted(SITES, WOMEN, 3)


@cache
def made() -> Frames:
    return run(study(), measures=known())


def shuffled(tables: Frames, seed: int) -> Frames:
    """The same rows and columns in another order: that of columns too, as files may have them."""
    random = np.random.default_rng(seed)
    found = {}
    for name in random.permutation(sorted(tables)):
        table = tables[str(name)]
        columns = list(random.permutation(list(table.columns)))
        found[str(name)] = table.iloc[random.permutation(len(table))].reset_index(drop=True)[columns]
    return found


@given(seed=st.integers(0, 2**16))
@SETTINGS
def test_the_order_of_rows_columns_and_tables_changes_nothing(seed: int) -> None:
    again = run(shuffled(study(), seed), measures=known())
    assert again.keys() == made().keys()
    assert len(again) > 25
    for name, table in made().items():
        other = again[name]
        if name == "scores":  # kept in the order of the return
            keys = ["site_id", "referral_id", "measure", "date", "occasion", "score"]
            table, other = (each.sort_values(keys, ignore_index=True) for each in (table, other))
        pd.testing.assert_frame_equal(other, table, rtol=1e-7, atol=1e-9, obj=name)


@cache
def both_ways() -> tuple[Frames, Frames]:
    plain = {"pcl5": known("lower", 2)["pcl5"]}
    doubled = twice(study())
    return run(doubled, measures=plain), run(doubled, measures=known("higher", 2))


def twice(tables: Frames) -> Frames:
    """Every point counts double, in totals of sites too."""
    sums = tables["aggregates"]
    points = [name for name in sums if str(name).startswith(("mean_", "sd_"))]
    outcomes = tables["outcomes"].assign(total=tables["outcomes"]["total"] * 2)
    return {**tables, "outcomes": outcomes, "aggregates": sums.assign(**{str(name): sums[name] * 2 for name in points})}


def test_the_other_direction_flips_signs_and_nothing_else() -> None:
    lower, higher = both_ways()
    sites, turned = (each["site_effects"].set_index("site_id") for each in (lower, higher))
    flipped = ["mean_improvement", "d_z", "d_av", "d_pre", "shrunken"]
    np.testing.assert_allclose(turned[flipped], -sites[flipped], rtol=1e-9)
    same = ["n_paired", "mean_pre", "sd_pre", "mean_post", "sd_post", "r", "se"]
    pd.testing.assert_frame_equal(turned[same], sites[same])
    own, of_theirs = (each[each["grain"] == "record"] for each in (turned, sites))  # totals are as the site counted them
    assert len(own) >= SITES - 2
    np.testing.assert_array_equal(own["n_reliably_improved"], of_theirs["n_reliably_deteriorated"])
    np.testing.assert_array_equal(own["n_no_reliable_change"], of_theirs["n_no_reliable_change"])
    pool, other = (each["pooled"].iloc[0] for each in (lower, higher))
    for name, mirror in {"estimate": "estimate", "low_adhoc": "high_adhoc", "pi_low": "pi_high"}.items():
        assert other[name] == pytest.approx(-pool[mirror], rel=1e-8), name
    for name in ("se", "tau2", "tau2_low", "tau2_high", "tau2_low_matched", "tau2_high_matched", "i2", "q"):
        assert other[name] == pytest.approx(pool[name], rel=1e-8), name
    one, back = (each["one_stage"].iloc[0] for each in (lower, higher))
    assert (back["estimate"], back["low"]) == pytest.approx((-one["estimate"], -one["high"]), rel=1e-7)
    filled, unfilled = (each["imputed"].set_index("site_id")["complete"] for each in (lower, higher))
    np.testing.assert_allclose(unfilled, -filled, rtol=1e-9)


def test_a_scale_of_more_points_changes_points_and_leaves_what_has_no_unit() -> None:
    small = run(study(), measures=known("lower", 1) | {"pcl5": rescaled(1)})
    large = both_ways()[0]
    sites, doubled = (each["site_effects"].set_index("site_id") for each in (small, large))
    np.testing.assert_allclose(doubled[POINTS], 2 * sites[POINTS], rtol=1e-9)
    unitless = ["n_paired", "r", "d_z", "d_av", "d_pre", "n_reliably_improved", "n_reliably_deteriorated"]
    np.testing.assert_allclose(doubled[unitless].astype(float), sites[unitless].astype(float), rtol=1e-9)
    pool, other = (each["pooled"].iloc[0] for each in (small, large))
    assert other["estimate"] == pytest.approx(2 * pool["estimate"], rel=1e-8)
    for name in ("tau2", "tau2_high", "tau2_high_matched"):
        assert other[name] == pytest.approx(4 * pool[name], rel=1e-7), name
    assert (other["i2"], other["q"], other["h2"]) == pytest.approx((pool["i2"], pool["q"], pool["h2"]), rel=1e-8)
    sizes, scaled = (each["effect_sizes"].iloc[0] for each in (small, large))
    for name in ("d_z_low", "d_z_high", "d_av_low", "d_pre_low", "d_pre_high", "wilcoxon_p"):
        assert scaled[name] == pytest.approx(sizes[name], rel=1e-7), name
    budget, wider = (each["funnel_budget"] for each in (small, large))
    pd.testing.assert_frame_equal(wider, budget, rtol=1e-6)


def rescaled(times: int) -> Measure:
    """The same bare measure as the larger one, at its own number of points."""
    larger = known("lower", 2)["pcl5"].model_dump(by_alias=True, exclude_unset=True)
    larger["range"] = {"low": 0, "high": 80 * times, "step": "any"}
    larger["reliable_changes"] = [{**larger["reliable_changes"][0], "points": 15 * times}]
    return Measure.model_validate(larger | {"primary_reliable_change": 15 * times})


@given(left_out=st.integers(1, SITES))
@SETTINGS
def test_one_site_less_changes_nothing_of_its_own_at_any_other_site(left_out: int) -> None:
    """With own variances and a sourced threshold, a site's numbers rest on its own women alone, up to d_pre."""
    name = f"S{left_out:02d}"
    tables = {
        key: table[table["site_id"] != name].reset_index(drop=True) if "site_id" in table else table
        for key, table in study().items()
    }
    fewer = run(tables, measures=known())
    for key, columns in {"site_effects": OWN, "missingness": ["n_due", "n_paired"]}.items():
        mine, all_sites = (each[key].query("measure == 'pcl5'").set_index("site_id") for each in (fewer, made()))
        assert name in all_sites.index and name not in mine.index
        pd.testing.assert_frame_equal(mine[columns], all_sites.drop(index=name)[columns], obj=f"{key} without {name}")
    of_pairs = made()["change"].columns.drop("rci")  # its spread is that of the whole study
    pairs, others = (each["change"].loc[each["change"]["site_id"] != name, of_pairs] for each in (fewer, made()))
    pd.testing.assert_frame_equal(pairs.reset_index(drop=True), others.reset_index(drop=True))
    waits, rest = (each["waits"][~each["waits"]["site_id"].isin(["ALL", name])] for each in (fewer, made()))
    pd.testing.assert_frame_equal(waits.reset_index(drop=True), rest.reset_index(drop=True), obj=f"waits without {name}")
