"""What hangs together in a release: ties between tables, and what is left of a figure over sites when sites take off their own."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.config import ReleaseSettings
from pipeline.stages.release_linked import ALL, Name, System, Together
from pipeline.stages.release_linked_change import add_change
from pipeline.stages.release_masks import Unit
from pipeline.tables import empty, shape

RULE = ReleaseSettings()


def at(table: str, where: str) -> Unit:
    return Unit(table, (("measure", "x"), ("site_id", where)))


def of_sites(made: Together, table: str, counts: dict[str, int]) -> list[Name]:
    return [
        made.add((table, "x", site, "paired"), n, at(table, site), is_shown=n >= RULE.minimum_count) for site, n in counts.items()
    ]


SITES = {"S01": 60, "S02": 57, "S03": 53, "S04": 48, "S05": 0}


def test_a_state_of_the_flow_is_withheld_where_beside_the_pool_it_would_tell_of_a_small_site() -> None:
    made = Together(RULE)
    names = of_sites(made, "open_sites", SITES)
    pool, flow = at("open_pooled", ALL), at("open_flow", ALL)
    made.sum_up(("open_pooled", "x", ALL, "paired"), names[:4], pool, is_shown=True, is_sought=False)
    state = made.add_over_sites(("open_flow", "x", ALL, "paired"), SITES, flow, is_shown=True)
    made.tie([state], names)
    system = System(made)
    assert system.withhold() == {flow}, "218 in the pool and at most 222 in the flow leave four to the last site"
    attack = system.attack().set_index(["table", "site_id"])
    assert attack.loc[("open_sites", "S05"), "high"] >= RULE.minimum_count - 1
    assert (attack["found_by"] == "").all()


def test_without_the_tie_nothing_more_is_withheld() -> None:
    made = Together(RULE)
    names = of_sites(made, "open_sites", SITES)
    made.sum_up(("open_pooled", "x", ALL, "paired"), names[:4], at("open_pooled", ALL), is_shown=True, is_sought=False)
    made.add_over_sites(("open_flow", "x", ALL, "paired"), SITES, at("open_flow", ALL), is_shown=True)
    assert System(made).withhold() == set()


GROUPS = {"few": {"S01": 9, "S02": 6, "S03": 3}, "some": {"S01": 20, "S02": 21, "S03": 22}, "many": dict.fromkeys(SITES, 30)}


def groups(shown: set[str]) -> tuple[Together, dict[str, Unit]]:
    """Three groups over sites beside an exact total, since nothing is rounded."""
    made = Together(RULE.model_copy(update={"round_to": 1}))
    units = {name: Unit("open_subgroups", (("group", name),)) for name in GROUPS}
    names = [
        made.add_over_sites(("open_subgroups", "x", ALL, name), counts, units[name], is_shown=name in shown)
        for name, counts in GROUPS.items()
    ]
    whole = Unit("open_pooled", (("measure", "x"),))
    total = sum(sum(counts.values()) for counts in GROUPS.values())
    made.add(("open_pooled", "x", ALL, "paired"), total, whole, is_shown=True, is_sought=False)
    made.linked.total(("open_pooled", "x", ALL, "paired"), list(names))
    return made, units


def test_two_sites_may_not_take_their_own_off_a_withheld_group_to_find_the_third() -> None:
    made, units = groups({"some", "many"})
    found = System(made).withhold()
    assert found == {units["some"]}, "18 are enough for a stranger, and the three of S03 are left to the other two"


def test_a_relation_that_the_data_break_is_not_relied_on() -> None:
    made = Together(RULE)
    one = made.add(("people", "", "S01", "women"), 12, at("people", "S01"))
    more = made.add(("open_sites", "x", "S01", "paired"), 14, at("open_sites", "S01"))
    made.tie([one], [more])
    made.tie([one], [("open_sites", "x", "S09", "paired")])
    assert made.linked.relations == []
    made.tie([more], [one], is_all=True)
    ((terms, low, high),) = made.linked.relations
    assert (len(terms), low, high) == (2, 0.0, float("inf")), "fourteen hold twelve, and are not the same"


@pytest.mark.parametrize(("rows_read", "hidden"), [(3, ["S05"]), (0, [])])
def test_a_word_that_no_score_was_recorded_leaves_nothing_to_hide_and_is_no_cover(rows_read: int, hidden: list[str]) -> None:
    made = Together(RULE)
    effects = pd.DataFrame([{"measure": "x", "site_id": site, "n_paired": n} for site, n in SITES.items()])
    exact = {
        **{name: empty(name) for name in ("missingness", "change", "flow", "accepted_referrals")},
        "site_effects": shape("site_effects", effects),
        "quality": pd.DataFrame(
            [{"site_id": site, "table": "outcomes", "rows_read": n or rows_read} for site, n in SITES.items()]
        ),
    }
    shown = [{"measure": "x", "site_id": site, "status": "shown" if n else "too_few"} for site, n in SITES.items()]
    others = ("open_classes", "open_completeness", "open_pooled", "open_distribution", "open_flow", "open_subgroups")
    opened = {**{name: empty(name) for name in others}, "open_sites": shape("open_sites", pd.DataFrame(shown))}
    add_change(made, "x", exact, opened, effects.iloc[:0])
    system = System(made)
    system.withhold()
    assert list(system.attack().get("site_id", [])) == hidden
    name = ("open_sites", "x", "S05", "paired")
    assert system._room.search.extremes(made.linked.at(name)) == ((0.0, 0.0) if not hidden else pytest.approx((0.0, 100.0)))


@pytest.mark.parametrize(("mean", "is_withheld"), [(11.4, True), (14.5, True), (22.0, False)])
def test_a_mean_stays_back_where_it_tells_that_somebody_is_in_a_small_class(mean: float, is_withheld: bool) -> None:
    """Of 26 women 7 improved by less than fifteen points: a mean of less tells that there are such women."""
    made, kinds = Together(RULE), ("reliably_improved", "no_reliable_change", "reliably_deteriorated")
    row = {"measure": "x", "site_id": "S01", "n_paired": 26, "mean_improvement": mean}
    effects = pd.DataFrame([row | {f"n_{kind}": n for kind, n in zip(kinds, (19, 7, 0), strict=True)}])
    exact = {
        **{name: empty(name) for name in ("missingness", "change", "flow", "accepted_referrals")},
        "site_effects": shape("site_effects", effects),
        "quality": pd.DataFrame([{"site_id": "S01", "table": "outcomes", "rows_read": 52}]),
    }
    others = ("open_classes", "open_completeness", "open_pooled", "open_distribution", "open_flow", "open_subgroups")
    shown = shape("open_sites", pd.DataFrame([{"measure": "x", "site_id": "S01", "status": "shown"}]))
    add_change(made, "x", exact, {**{name: empty(name) for name in others}, "open_sites": shown}, effects.iloc[:0], 15.0)
    found = System(made).withhold()
    assert found == ({made.linked.units[made.linked.at(("open_sites", "x", "S01", "paired"))]} if is_withheld else set())
