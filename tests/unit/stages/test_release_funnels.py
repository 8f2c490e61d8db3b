"""Open funnels: made of what is printed anyway, so that no flag, limit or count tells more of a site."""

from __future__ import annotations

import random
from typing import Any

import pandas as pd
import pytest

from pipeline.config import Config, FunnelSettings, ReleaseSettings
from pipeline.disclosure.estimates import release_sites
from pipeline.stages.release_counts import release_classes
from pipeline.stages.release_funnels import NO_FUNNEL, release_funnels
from pipeline.tables import empty, schemas, shape
from tests.unit.drawn import drawn

pytestmark = pytest.mark.filterwarnings("error")

RULE, POLICY = ReleaseSettings(), FunnelSettings()
SD = 20.0
TWELVE = {f"S{i:02d}": (30 + 13 * i, 14.0 + 2.3 * ((i * 7) % 5 - 2)) for i in range(12)}


def effects(sites: dict[str, tuple[int, float]], **more: Any) -> pd.DataFrame:
    """Exact rows by site: number of women and mean improvement; every site has the same SD."""
    table = pd.DataFrame([(site, n, mean, SD / n**0.5) for site, (n, mean) in sites.items()])
    table.columns = ["site_id", "n_paired", "mean_improvement", "se"]
    half = {"low": table["mean_improvement"] - 1.96 * table["se"], "high": table["mean_improvement"] + 1.96 * table["se"]}
    improved = (table["n_paired"] * 0.55).round().astype(int)
    classes = {
        "n_reliably_improved": improved,
        "n_no_reliable_change": table["n_paired"] - improved,
        "n_reliably_deteriorated": 0,
    }
    facts = {"measure": "pcl5", "grain": "record", "is_pooled": True, **half, **classes}
    return shape("site_effects", table.assign(**{**facts, **more}))


def opened(exact: pd.DataFrame, policy: FunnelSettings = POLICY, rule: ReleaseSettings = RULE) -> dict[str, pd.DataFrame]:
    sites, classes = release_sites(exact, {"pcl5": True}, rule), release_classes(exact, empty("shares"), rule)
    found = release_funnels(exact, shape("open_sites", sites), shape("open_classes", classes), policy, rule, seed=1)
    shaped = {name: shape(name, table) if len(table) else empty(name) for name, table in found.items()}
    for name, table in shaped.items():
        schemas()[name].validate(table)
    return shaped


def points(found: dict[str, pd.DataFrame], kind: str = "mean") -> pd.DataFrame:
    return found["open_funnels"].query("kind == @kind").set_index("site_id")


def test_points_are_the_released_values_at_the_released_numbers_of_women() -> None:
    exact = effects(TWELVE)
    rows, sites = points(opened(exact)), release_sites(exact, {"pcl5": True}, RULE).set_index("site_id")
    assert rows["n"].tolist() == sites["n"].tolist()
    assert rows["value"].tolist() == sites["mean_improvement"].tolist()
    shares = points(opened(exact), "reliably_improved")
    classes = release_classes(exact, empty("shares"), RULE).query("`class` == 'reliably_improved' and site_id != 'ALL'")
    assert shares["value"].dropna().tolist() == classes.set_index("site_id")["share_pct"].dropna().tolist()


@pytest.mark.parametrize("seed", range(5))
def test_exact_numbers_that_print_alike_give_the_same_funnel_to_the_last_figure(seed: int) -> None:
    """Whoever moves women and means within the rounding must see nothing move: else the funnel would tell them."""
    draw = random.Random(seed)
    base = {site: (5 * round(n / 5), round(mean, 1)) for site, (n, mean) in TWELVE.items()}
    moved = {site: (n + draw.randint(-2, 2), mean + draw.uniform(-0.04, 0.04)) for site, (n, mean) in base.items()}
    one, other = (opened(effects(sites, n_reliably_improved=None)) for sites in (base, moved))
    for name, table in one.items():
        pd.testing.assert_frame_equal(table, other[name])


def test_a_site_between_the_limits_of_numbers_that_round_alike_is_at_the_limit() -> None:
    sites = {**{f"S{i:02d}": (200, 14.0) for i in range(6)}, "S90": (40, 0.0)}
    flags = {}
    for mean in (3.6, 4.4, 5.2):
        rows = points(opened(effects({**sites, "S90": (40, mean)})))
        flags[mean] = rows.loc["S90", "flag"]
    # All sites 13.6: for 38 to 42 women the lower 99.8 % limit lies at 3.6 to 4.1 below them, and 13.67 - 3.09 x 20/sqrt(40) = 3.9.
    assert flags == {3.6: "at_limit", 4.4: "within", 5.2: "within"}
    below = points(opened(effects({**sites, "S90": (40, 2.0)})))
    assert below.loc["S90", "flag"] == "below"


@pytest.mark.parametrize(("k", "is_given"), [(4, False), (5, True)])
def test_fewer_than_five_sites_have_no_funnel(k: int, *, is_given: bool) -> None:
    found = opened(effects({f"S{i:02d}": (60 + i, 12.0 + i) for i in range(k)}))
    assert len(found["open_funnel_limits"].query("kind == 'mean'")) == (2 if is_given else 0), "sizes print as 60 and 65"
    alarms = found["open_false_alarms"].query("kind == 'mean'")
    assert set(alarms["status"]) == {"shown" if is_given else "too_few"}
    assert (NO_FUNNEL in set(alarms["note"])) is not is_given
    assert points(found)["value"].notna().all() == is_given


def test_sites_that_are_not_shown_are_listed_and_never_drawn() -> None:
    exact = effects({**TWELVE, "S50": (9, 30.0), "S51": (60, 12.0)})
    exact.loc[exact["site_id"] == "S51", "se"] = 0.0
    rows = points(opened(exact))
    assert rows.loc[["S50", "S51"], "status"].tolist() == ["too_few", "too_few"], "nine women; and sixty who changed alike"
    assert rows.loc[["S50", "S51"], ["n", "value", "flag"]].isna().all(axis=None)
    with_them, without = (opened(each)["open_funnel_limits"].query("kind == 'mean'") for each in (exact, effects(TWELVE)))
    pd.testing.assert_frame_equal(with_them.reset_index(drop=True), without.reset_index(drop=True))


def test_sites_of_totals_are_in_no_funnel() -> None:
    exact = effects({**TWELVE, "S60": (500, 60.0)})
    exact.loc[exact["site_id"] == "S60", "grain"] = "aggregate"
    assert "S60" not in points(opened(exact)).index


def test_two_sites_that_hold_nearly_all_women_give_no_funnel() -> None:
    sites = {"S01": (300, 12.0), "S02": (280, 13.0), **{f"S{i:02d}": (10, 12.0) for i in range(3, 6)}}
    assert points(opened(effects(sites)))["value"].notna().all(), "thirty women without the two largest"
    strict = opened(effects(sites), rule=ReleaseSettings(minimum_count=10), policy=FunnelSettings(minimum=15))
    assert points(strict)["value"].isna().all(), "by the policy only two are left to draw"


def test_the_policy_says_which_limits_decide_and_how_many_women_a_point_needs() -> None:
    spread = effects({site: (n, mean + (9 if site == "S11" else 0)) for site, (n, mean) in TWELVE.items()})
    wide, narrow = (
        opened(spread, FunnelSettings(policy_level=level, over_dispersed=od)) for level, od in ((998, True), (95, False))
    )
    assert (points(wide)["flag"] == "above").sum() < (points(narrow)["flag"] == "above").sum()
    assert wide["open_false_alarms"].query("is_policy")["level_pct"].tolist() == [99.8, 99.8]
    assert narrow["open_false_alarms"].query("is_policy")["is_over_dispersed"].tolist() == [False, False]
    many = opened(effects({**TWELVE, "S05": (98, 14.0)}), FunnelSettings(minimum=100))
    assert points(many)["n"].min() == 100, "the rounded number counts, so that no exact one shows at the border"
    assert set(many["open_false_alarms"]["minimum"]) == {100}


def test_the_budget_adds_up_what_is_drawn_and_nothing_else() -> None:
    found = opened(effects(TWELVE))
    alarms = found["open_false_alarms"].query("kind == 'mean'").set_index(["level_pct", "is_over_dispersed"])
    assert alarms["k_drawn"].tolist() == [12] * 4
    assert alarms.loc[(95.0, False), "expected"] == 0.6
    assert alarms.loc[(99.8, False), "expected"] == 0.02
    flags = points(found)["flag"]
    assert alarms.loc[(99.8, True), "k_beyond"] == flags.isin(["below", "above"]).sum()
    assert alarms.loc[(99.8, True), "k_at_limit"] == (flags == "at_limit").sum()
    few = opened(effects({site: TWELVE[site] for site in list(TWELVE)[:7]}))["open_false_alarms"].query("kind == 'mean'")
    assert few["note"].str.contains("fewer than ten sites").all()
    by_limits = few.set_index(["level_pct", "is_over_dispersed"])["expected"]
    assert by_limits[(95.0, True)] == by_limits[(95.0, False)]


def test_limits_stand_at_round_numbers_of_women_alone() -> None:
    limits = opened(effects(TWELVE))["open_funnel_limits"]
    assert (limits["n"] % 5 == 0).all()
    means = limits.query("kind == 'mean'")
    assert (means["high_998"] >= means["high_95"]).all()
    assert len(set(means["target"])) == 1
    assert limits.query("kind == 'reliably_improved'")["high_998"].max() <= 100


def test_an_unknown_policy_is_refused() -> None:
    with pytest.raises(ValueError, match="policy_level"):
        Config.model_validate({"funnel": {"policy_level": 99}})
    with pytest.raises(ValueError, match="minimum"):
        Config.model_validate({"funnel": {"minimum": 3}})
    with pytest.raises(ValueError, match="flag_worst"):
        Config.model_validate({"funnel": {"flag_worst": True}})


def test_a_study_without_change_has_empty_funnels() -> None:
    nothing = opened(shape("site_effects", drawn("measure site_id\n- -").iloc[:0]))
    assert all(table.empty for table in nothing.values())
