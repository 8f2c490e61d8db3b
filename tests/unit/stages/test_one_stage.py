"""Women beside sites: one model over all of them, sites at the same first score and case mix, national shares."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.measures import Measure, Range
from pipeline.stages.case_mix import case_mix
from pipeline.stages.compare_one_stage import AGREE, DECIDE_OTHERWISE, DIFFER, adjusted_sites, one_stage
from pipeline.stages.compare_shares import national_shares
from pipeline.tables import empty, schemas, shape

LOWER = Measure(id="pcl5", name="A", better="lower", range=Range(low=0, high=80))


def women(
    sizes: dict[str, int], effects: dict[str, float], *, seed: int = 1, severity: dict[str, float] | None = None
) -> pd.DataFrame:
    """Pairs whose improvement is half of the first score's excess over 20, and the site's effect."""
    draw = np.random.default_rng(seed)
    rows = []
    for site, n in sizes.items():
        pre = draw.normal((severity or {}).get(site, 45.0), 10, n)
        gain = 0.5 * (pre - 20) + effects[site] + draw.normal(0, 6, n)
        rows += [(site, f"{site}-{i}", p, p - g, g) for i, (p, g) in enumerate(zip(pre, gain, strict=True))]
    return pd.DataFrame(rows, columns=["site_id", "referral_id", "pre", "post", "improvement"])


def sites_of(pairs: pd.DataFrame, **over: dict[str, float]) -> pd.DataFrame:
    by = pairs.groupby("site_id")["improvement"]
    table = pd.DataFrame({"mean_improvement": by.mean(), "se": by.std() / np.sqrt(by.size())}).reset_index()
    for column, values in over.items():
        table[column] = table["site_id"].map(values).fillna(table[column])
    return table.assign(is_pooled=True, grain="record")


def test_both_ways_agree_where_nothing_sets_them_apart() -> None:
    names = [f"S{n:02}" for n in range(12)]
    pairs = women(dict.fromkeys(names, 40), {name: (n % 3) - 1.0 for n, name in enumerate(names)})
    row = one_stage(pairs, sites_of(pairs), LOWER)
    assert (row["k"], row["n"], row["agrees"], row["statement"]) == (12, 480, True, AGREE)
    assert 0 <= row["icc"] < 0.2


def test_they_differ_where_large_sites_say_something_else_than_small_ones() -> None:
    """Two stages weigh by the errors that they are given, the model by the women."""
    names = [f"S{n:02}" for n in range(12)]
    pairs = women({name: 400 if n < 2 else 20 for n, name in enumerate(names)}, dict.fromkeys(names, 0.0))
    moved = {name: 4.0 for name in names[2:]}
    row = one_stage(pairs, sites_of(pairs, mean_improvement=moved, se=dict.fromkeys(names, 0.3)), LOWER)
    assert (row["agrees"], row["statement"]) == (False, DIFFER)


def test_they_decide_otherwise_where_one_excludes_no_change_alone() -> None:
    names = [f"S{n:02}" for n in range(8)]
    pairs = women(dict.fromkeys(names, 30), dict.fromkeys(names, 0.0)).assign(improvement=lambda f: f["improvement"] - 12.0)
    shift = pairs["improvement"].mean() - 1.4
    pairs = pairs.assign(improvement=lambda f: f["improvement"] - shift)
    wide = sites_of(pairs, se=dict.fromkeys(names, 4.0))
    row = one_stage(pairs, wide, LOWER)
    assert row["low"] > 0 > row["low_two_stage"]
    assert (row["agrees"], row["statement"]) == (False, DECIDE_OTHERWISE)


def test_one_site_is_no_comparison() -> None:
    pairs = women({"S01": 40}, {"S01": 0.0})
    assert one_stage(pairs, sites_of(pairs), LOWER)["statement"] == "Fewer than two sites with enough pairs."
    assert adjusted_sites(pairs, empty("accepted_referrals"), LOWER).empty


def test_a_site_that_takes_severer_women_is_set_at_the_same_first_score() -> None:
    """Equal services, one of which takes women ten points worse: the raw means differ by five points, the adjusted ones do not."""
    pairs = women({"S01": 2000, "S02": 2000}, {"S01": 0.0, "S02": 0.0}, severity={"S01": 40.0, "S02": 50.0})
    raw = pairs.groupby("site_id")["improvement"].mean()
    found = shape("adjusted", adjusted_sites(pairs, empty("accepted_referrals"), LOWER)).set_index("site_id")
    assert raw["S02"] - raw["S01"] == pytest.approx(5, abs=0.6)
    assert found.loc["S02", "estimate"] - found.loc["S01", "estimate"] == pytest.approx(0, abs=0.6)
    assert found["adjusted_for"].unique().tolist() == ["first score"]


def test_what_is_known_when_she_comes_is_columns_and_what_is_not_is_a_level() -> None:
    n = 200
    referrals = pd.DataFrame(
        {
            "site_id": "S01",
            "referral_id": [f"R{i}" for i in range(n)],
            "age_band": ["25_29"] * 100 + ["under_20"] * 40 + [None] * 57 + ["40_plus"] * 3,
            "imd_decile": pd.array([1] * 120 + [10] * 80, dtype="Int64"),
            "pathway": ["birth_trauma"] * 150 + ["tokophobia;birth_trauma"] * 50,
        }
    )
    found = case_mix(referrals.iloc[::-1], shape("accepted_referrals", referrals))
    assert list(found) == ["age_not_recorded", "age_under_25", "deprivation_fifth_5", "pathway_tokophobia"]
    assert found.sum().tolist() == [57, 40, 80, 50], "three women of 40 and over join the reference"
    assert found.index.tolist() == list(range(n))[::-1]


def test_a_national_share_is_over_sites_and_of_those_whom_it_is_about() -> None:
    rows = {
        "site_id": [f"S{n:02}" for n in range(12)],
        "grain": "record",
        "n_paired": [40] * 12,
        "n_case_before": [30] * 11 + [0],
        "n_reliably_improved": [16, 20, 24] * 4,
        "n_reliably_deteriorated": [2] * 12,
        "n_recovered": [12] * 11 + [0],
        "n_reliably_recovered": [None] * 12,
    }
    sites = shape("site_effects", pd.DataFrame(rows).assign(measure="pcl5", is_pooled=True))
    found = shape("shares", pd.DataFrame(national_shares(sites, "pcl5"))).set_index("share")
    schemas()["shares"].validate(found.reset_index()[list(schemas()["shares"].columns)])
    assert found["n"].to_dict() == {"reliably_improved": 480, "reliably_deteriorated": 480, "recovered": 330}
    assert found.loc["reliably_improved", "estimate"] == pytest.approx(0.5, abs=1e-6)
    assert found.loc["reliably_improved", "low"] < 0.46
    assert found.loc["recovered", "observed"] == pytest.approx(0.4)
