"""People behind scores, and counts that shares alone tell: what they say of sites and groups that stay back."""

from __future__ import annotations

from typing import Any

import pandas as pd

from pipeline.config import ReleaseSettings
from pipeline.stages.release_linked import ALL, Name, System, Together
from pipeline.stages.release_linked_change import _add_classes, whole_of_shares
from pipeline.stages.release_linked_scores import add_scores
from pipeline.stages.release_linked_shares import add_balance, add_dated, add_thresholds, is_told, told_by_share, whole_of_strip
from pipeline.stages.release_masks import Unit
from pipeline.tables import empty, shape
from tests.unit.stages.drawn_study import MEASURE

RULE = ReleaseSettings()
SITES = {"S01": 47, "S02": 47, "S03": 47, "S04": 47, "S05": 8, "S06": 7}
"""Of the large ones 43 to 47 are known, so that 13 of 200 or more are left to both small ones, of whom one knows its own seven."""


def of_sites(made: Together, table: str, of: str, part: str, counts: dict[str, int]) -> list[Name]:
    names = []
    for site, n in counts.items():
        unit = Unit(table, (("site_id", site),))
        names.append(made.add((table, of, site, part), n, unit, is_shown=n >= RULE.minimum_count))
    return names


def scored(people: dict[str, int], **more: Any) -> pd.DataFrame:
    facts = {"instrument": "nomad", "construct": "coherence", **more}
    return pd.DataFrame([{**facts, "site_id": site, "n": n} for site, n in people.items()])


def voices(**given: pd.DataFrame) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """Exact tables and open ones in which every row is shown, of a construct and of those asked twice."""
    exact = {name: empty(name) for name in ("staff_change", "training_change", "nomad")}
    by = {"nomad": ["instrument", "construct", "wave"], "staff_change": ["instrument", "construct", "occasion", "comparison"]}
    opened = {name: empty(name) for name in ("open_constructs", "open_staff_change")}
    for name, table in given.items():
        rows = table[by[name]].drop_duplicates().assign(status="shown", topic="staff")
        exact[name] = shape(name, table.assign(n_after=table["n"], n_before=table["n"]))
        opened["open_constructs" if name == "nomad" else "open_staff_change"] = rows.assign(occasion=rows.get("occasion"))
    return exact, opened


def answered(made: Together, exact: dict[str, pd.DataFrame], opened: dict[str, pd.DataFrame]) -> System:
    of_sites(made, "open_voices", "staff", "answered", SITES)
    add_scores(made, exact, opened)
    return System(made)


def test_the_score_of_a_construct_goes_where_it_would_tell_how_many_answered_at_a_small_site() -> None:
    exact, opened = voices(nomad=scored(SITES, wave=ALL))
    system = answered(Together(RULE), exact, opened)
    construct = Unit("open_constructs", (("instrument", "nomad"), ("construct", "coherence"), ("wave", ALL)))
    assert {unit.table for unit in system.withhold()} <= {"open_constructs", "open_voices"}
    assert system.further
    assert construct.rows(opened["open_constructs"]).all()
    attack: Any = system.attack().set_index(["table", "site_id"])
    assert attack.loc[("open_voices", "S05"), ["low", "found_by"]].tolist() == [0, ""]
    assert answered(Together(RULE), *voices()).withhold() == set(), "without scores there is nothing to find"


def test_waves_are_apart_and_people_asked_twice_are_none_of_those_asked_once() -> None:
    large = {site: n for site, n in SITES.items() if n > 9}
    waves = [scored({site: 20 for site in large}, wave=ALL), scored({"S01": 20, "S02": 20}, wave="FF")]
    nomad = pd.concat([*waves, scored({"S03": 20, "S04": 20}, wave="EI")], ignore_index=True)
    change = pd.concat(
        [scored(dict.fromkeys(large, n), occasion="after", comparison=c) for c, n in (("paired", 20), ("unpaired", 12))]
    )
    made = Together(RULE)
    answered(made, *voices(nomad=nomad, staff_change=change.reset_index(drop=True)))
    names: list[Any] = list(made.linked.names)
    relations = [({names[at][3]: by for at, by in terms.items()}, high) for terms, _, high in made.linked.relations]
    assert ({"nomad coherence: ALL": 1.0, "nomad coherence: FF": -1.0, "nomad coherence: EI": -1.0}, 0.0) in relations
    cohorts = {"twice", "before alone", "after alone"}
    (apart,) = [terms for terms, _ in relations if cohorts == {part.rpartition(": ")[2] for part, by in terms.items() if by < 0}]
    assert apart["answered"] == 1.0
    assert len(names) == 6 + 3 + 3


def test_a_share_tells_a_count_as_closely_as_its_rounded_parts_do() -> None:
    assert told_by_share(52, 98, RULE) == (48, 52), "50 of 100 alone are 50%"
    assert told_by_share(1200, 2401, RULE) == (1188, 1212), "1,190 to 1,210 of 2,400 are 50%"
    assert told_by_share(31, 64, ReleaseSettings(round_to=1)) == (31, 31)


def test_printed_classes_with_their_shares_tell_how_many_women_they_are_shares_of() -> None:
    assert whole_of_shares(pd.Series([120, 80]), pd.Series([60.0, 40.0]), 201.0, RULE) == (198, 202)
    site_effects = pd.DataFrame({"site_id": list(BETTER), "measure": "pcl5"}).assign(n_reliably_deteriorated=0)
    counts = pd.Series({site: 30 for site in BETTER})
    site_effects = site_effects.assign(n_reliably_improved=list(BETTER.values()), n_paired=counts.to_numpy())
    site_effects["n_no_reliable_change"] = counts.to_numpy() - site_effects["n_reliably_improved"]
    nation = pd.DataFrame({"class": ["reliably_improved", "not_reliably_improved"], "n": [95, 85], "share_pct": [53.0, 47.0]})
    opened = nation.assign(measure="pcl5", site_id=ALL, status="shown")
    made = Together(RULE)
    _add_classes(made, "pcl5", site_effects.set_index("site_id"), opened)
    whole: Name = ("open_classes", "pcl5", ALL, "everybody")
    assert made.linked.told[made.linked.at(whole)] == (178, 182)
    _add_classes(other := Together(RULE), "pcl5", site_effects.set_index("site_id"), opened.assign(share_pct=float("nan")))
    assert whole not in other.linked


def changes(improved: dict[str, int]) -> pd.DataFrame:
    """Thirty women at each site, some of whom improved by 20 points and the others by none."""
    rows = [{"site_id": s, "improvement": 20.0 if i < n else 0.0} for s, n in improved.items() for i in range(30)]
    return pd.DataFrame(rows)


PAIRED = {"S01": 60, "S02": 60, "S03": 70, "S04": 60, "S05": 7, "S06": 3}


def test_the_shares_of_a_strip_tell_how_many_women_they_are_shares_of() -> None:
    assert whole_of_strip([50], 260, RULE) == (258, 262), "no fives are half of 255 or of 265"
    assert whole_of_strip([60], 1000, RULE)[1] > 1002, "of many women many shares are one"
    made = Together(RULE)
    names = of_sites(made, "open_sites", "pcl5", "paired", PAIRED)
    women = pd.DataFrame([{"site_id": s, "improvement": 20.0 * (i % 2)} for s, n in PAIRED.items() for i in range(n)])
    everybody = made.add_over_sites(("open_effects", "pcl5", ALL, "paired"), PAIRED, Unit("open_effects", ()), is_sought=False)
    made.tie(names, [everybody], is_all=True)
    pool: Name = ("open_pooled", "pcl5", ALL, "paired")
    made.sum_up(pool, names[:4], Unit("open_pooled", ()), is_shown=True, is_sought=False)
    add_thresholds(made, MEASURE, women, pd.DataFrame({"measure": "pcl5", "points": [15.0]}), list(PAIRED), everybody)
    system = System(made)
    assert system.withhold() == set()
    whole: Name = ("open_thresholds", "pcl5", ALL, "everybody")
    system.show([whole])
    found = system.withhold(["open_thresholds"])
    assert found == {made.linked.units[made.linked.at(whole)]}, "262 at most, of whom 248 or more are in the pool and 7 at S05"


BETTER = {"S01": 22, "S02": 22, "S03": 22, "S04": 22, "S05": 4, "S06": 4}


def test_the_share_beyond_the_threshold_of_a_class_is_that_class() -> None:
    made = Together(RULE)
    names = of_sites(made, "open_classes", "pcl5", "reliably_improved", BETTER)
    strip = pd.DataFrame({"measure": "pcl5", "points": [float(points) for points in range(1, 31)]})
    everybody = made.add_over_sites(("open_effects", "pcl5", ALL, "paired"), dict.fromkeys(BETTER, 30), Unit("open_effects", ()))
    add_thresholds(made, MEASURE, changes(BETTER), strip, list(BETTER), everybody)
    system = System(made)
    assert system.withhold() == set(), "four sites are rounded, and the rest is not known"
    at: Name = ("open_thresholds", "pcl5", ALL, "improved by 15")
    assert at in made.linked and ("open_thresholds", "pcl5", ALL, "improved by 18") not in made.linked
    system.show([at])
    unit = made.linked.units[made.linked.at(at)]
    assert system.withhold(["open_thresholds"]) == {unit}, "93 or more improved, and 88 at most of the four"
    table = pd.DataFrame({"points": [15.0, 16.0], "improved_pct": [53.0, None], "deteriorated_pct": [None, None]})
    assert unit.rows(table.assign(measure="pcl5")).tolist() == [True, False]
    assert is_told(at, table) and not is_told((*at[:3], "improved by 16"), table)
    assert names[0] in made.linked


def ages(paired: dict[str, int], unpaired: dict[str, int]) -> dict[str, pd.DataFrame]:
    """Women due by age, as evenly over four sites as can be."""
    rows = [
        {"site_id": f"S0{i % 4 + 1}", "age_band": age, "post": 1.0 if side is paired else None}
        for side in (paired, unpaired)
        for age, n in side.items()
        for i in range(n)
    ]
    women = pd.DataFrame(rows).assign(measure="pcl5", referral_id=[f"R{i}" for i in range(len(rows))])
    return {"due": shape("due", women), "accepted_referrals": shape("accepted_referrals", women)}


def test_the_rest_of_a_characteristic_is_not_what_its_other_levels_leave() -> None:
    exact = ages({"25_29": 200, "under_20": 60, "40_plus": 60}, {"25_29": 4, "under_20": 52, "40_plus": 42})
    made = Together(RULE)
    for part, n in (("due_paired", 80), ("due_rest", 25)):
        parts = of_sites(
            made, "open_completeness", "pcl5", part, {f"S0{i + 1}": n - (i > 1) * (part == "due_rest") for i in range(4)}
        )
        all_sites = Unit("open_pooled", (("measure", "pcl5"),))
        made.sum_up(("open_completeness", "pcl5", ALL, part), parts, all_sites, is_shown=True, is_sought=False)
    add_balance(made, "pcl5", exact)
    names: list[Any] = list(made.linked.names)
    told = [name for name in names if name[0] == "open_balance" and name[3].startswith("age_")]
    assert {name[3] for name in told} == {"age_35_plus: unpaired", "age_under_25: unpaired"}, "nothing is small on the other side"
    system = System(made)
    assert system.withhold() == set()
    system.show(told)
    assert len(system.withhold(["open_balance"])) == 1, "98 or more, less at most 52 and 42, leave four"
    assert set(system.attack()["found_by"]) == {""}


def test_a_median_at_a_site_says_that_it_has_as_many_women() -> None:
    made = Together(RULE)
    paired = of_sites(made, "open_sites", "pcl5", "paired", {"S01": 31, "S02": 22})
    women = pd.DataFrame({"site_id": ["S01"] * 31 + ["S02"] * 22, "days_to_treatment": [5.0] * 50 + [None] * 3})
    add_dated(made, "pcl5", women)
    (terms, low, _) = made.linked.relations[0]
    assert len(made.linked) == 3 and low == 0, "S02 has nineteen with dates"
    dated: Name = ("open_timing", "pcl5", "S01", "dated")
    assert terms == {made.linked.at(paired[0]): 1.0, made.linked.at(dated): -1.0}
    assert made.linked.told[made.linked.at(dated)][0] == 20
    table = pd.DataFrame({"site_id": ["ALL", "S01"], "status": ["shown", "too_few"]})
    assert not is_told(dated, table) and is_told(dated, table.assign(status="shown"))
