"""Shares of waits in the system: what they tell of sites whose shares, or whose women, stay back."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from pipeline.config import ReleaseSettings
from pipeline.stages.release_linked import ALL, System, Together
from pipeline.stages.release_linked_waits import add_waits
from pipeline.stages.release_masks import Unit, without_units
from pipeline.stats.proportion import wilson
from tests.unit.stages.test_release_access import (
    DECLARED,
    EXACTLY,
    RULE,
    SEEN,
    WOMEN,
    at,
    came,
    checked,
    is_hidden,
    release_waits,
    waits,
)

pytestmark = pytest.mark.filterwarnings("error")

HIDDEN = SEEN.replace("6      40   38   30   28", "6      40   38   30   4")


def linked(
    exact: pd.DataFrame, rule: ReleaseSettings = RULE, who: pd.DataFrame | None = None, women: dict[str, int] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame, System]:
    """Open waits table by table, then beside one another, and the system that was asked."""
    alone = release_waits(exact, DECLARED, rule, who)
    made = Together(rule)
    for site, n in (women or {}).items():
        unit = Unit("open_returns", (("site_id", site),), ("n_referrals", "n_status"))
        referrals = made.add(("open_returns", "", site, "referrals"), n, unit, is_shown=n >= RULE.minimum_count)
        made.tie([referrals], [made.add(("people", "", site, "women"), n, Unit("people", unit.where))])
    add_waits(made, exact, alone)
    system = System(made)
    return alone, checked("open_waits", without_units({"open_waits": alone}, system.withhold())["open_waits"]), system


def shown(table: pd.DataFrame, week: int, column: str = "seen_pct") -> list[bool]:
    return [at(table, site, column)[week] is not None for site in WOMEN]


def test_a_site_with_few_seen_takes_others_with_it_where_the_total_less_the_rest_would_tell() -> None:
    alone, found, system = linked(waits(HIDDEN, women=WOMEN))
    parts = [40, 38, 30, 4]
    assert not is_hidden(parts, shown(alone, 6), by_site=True), "all three others beside the total"
    assert is_hidden(parts, shown(found, 6), by_site=True)
    assert at(found)[6] == at(alone)[6] is not None, "the share over all sites goes last"
    gone = found[(found["seen_pct"].isna()) & alone["seen_pct"].notna()]
    assert set(gone["status"]) == {"too_few"}
    assert gone[["seen_low_pct", "seen_high_pct"]].isna().all(axis=None)
    assert (found["left_status"] == alone["left_status"]).all()
    attack: Any = system.attack().set_index(["site_id", "part"])
    assert attack.loc[("S04", "seen by 6"), ["low", "found_by"]].tolist() == [0, ""]
    assert attack.loc[("S04", "seen by 6"), "high"] >= 9


def test_a_step_that_few_took_at_one_site_is_not_found_from_two_weeks_of_the_others() -> None:
    text = SEEN.replace("16     120  110  100  90", "16     120  110  100  35")
    alone, found, _ = linked(waits(text, women=WOMEN))
    assert at(alone, "S04")[16] is None, "seven more than at 6 weeks"

    def of_both(table: pd.DataFrame) -> list[bool]:
        return [one and other for one, other in zip(shown(table, 6), shown(table, 16), strict=True)]

    assert not is_hidden([80, 72, 70, 7], of_both(alone), by_site=True)
    assert is_hidden([80, 72, 70, 7], of_both(found), by_site=True)


@pytest.mark.parametrize("rule", [RULE, EXACTLY])
def test_few_who_still_wait_are_not_found_beside_the_number_of_women(rule: ReleaseSettings) -> None:
    text = SEEN.replace("16     120  110  100  90", "16     120  110  100  236")
    text = text.replace("20     123  112  102  92", "20     123  112  102  236").replace("150\n", "236\n")
    who = came({site: n + 30 for site, n in WOMEN.items()}, {site: n - 8 for site, n in WOMEN.items()})
    alone, found, _ = linked(waits(text, women=WOMEN), rule, who)
    parts = [180, 170, 160, 4]
    assert not is_hidden(parts, shown(alone, 16), by_site=True)
    assert is_hidden(parts, shown(found, 16), by_site=True)


SMALL = {**WOMEN, "S05": 8, "S06": 5}
TWO_SMALL = """
    weeks  S01  S02  S03  S04  S05  S06
    6      40   38   30   28   2    1
    16     120  110  100  90   8    5
    26     160  150  140  130  8    5
"""


def test_shares_of_the_large_sites_do_not_give_away_how_many_women_were_referred_to_a_small_one() -> None:
    """S06 takes its five off the thirteen that are left of all, and eight women were referred to S05 at least."""
    alone, found, system = linked(waits(TWO_SMALL, women=SMALL), women={s: n + 12 if n > 9 else n for s, n in SMALL.items()})
    assert shown(alone, 16) == [True] * 4
    assert sum(shown(found, 16)) < 4 and at(found)[16] is not None
    tables = {(unit.table, unit.place.get("site_id") == ALL) for unit in system.further}
    assert tables == {("open_waits", False)}
    attack: Any = system.attack().set_index(["table", "measure", "site_id", "part"])
    assert attack.loc[("people", "", "S05", "women"), ["low", "found_by"]].tolist() == [0, ""]


def wilson_limits(exact: pd.DataFrame) -> pd.DataFrame:
    """The same waits with the limits that shares of so many women have."""
    found = wilson(exact["persons_seen"].astype("float64"), exact["persons"].astype("float64"))
    return exact.assign(low_seen=found.low, high_seen=found.high)


@pytest.mark.parametrize(("seen", "is_told"), [(17, True), (24, False)])
def test_limits_that_only_one_number_of_women_gives_do_not_tell_how_few_were_turned_away(*, seen: int, is_told: bool) -> None:
    """35% (23% to 50%) are 17 of 48 and nothing else; beside 50 referrals, that is 48 to 52, at most four were turned away."""
    women = {**WOMEN, "S05": 48}
    text = "\n".join(
        line + ("  S05" if "weeks" in line else f"  {seen}" if line.split()[0] in ("6", "16") else "")
        for line in SEEN.strip().splitlines()
        if line.split()[0] in ("weeks", "6", "16")
    )
    exact = wilson_limits(waits(text, women=women))
    alone, found, system = linked(exact, women={site: n + 3 for site, n in women.items()})
    assert at(alone, "S05")[6] == round(100 * seen / 48)
    assert (at(found, "S05")[6] is None) is is_told
    assert at(found, "S01") == at(alone, "S01"), "of 300 women nobody can tell to one or two how many waited"
    attack: Any = system.attack().set_index(["site_id", "part"])
    assert attack.loc[("S05", "turned away"), "high"] >= 9


def test_nobody_of_a_small_site_is_known_to_have_been_seen_or_not() -> None:
    _, found, system = linked(waits(TWO_SMALL.replace("8    5\n", "0    0\n"), women=SMALL))
    assert set(system.attack()["found_by"]) == {""}
    parts = [40, 38, 30, 28, 2, 1]
    assert is_hidden(parts, [*shown(found, 6), False, False], by_site=True)


def test_the_number_who_waited_is_cheaper_than_a_share_over_all_sites() -> None:
    made = Together(RULE)
    exact = waits(SEEN, women=WOMEN)
    add_waits(made, exact, release_waits(exact, DECLARED, RULE))
    costs: dict[Any, float] = made.costs()
    of_all = {unit.figures: cost for unit, cost in costs.items() if unit.place["site_id"] == ALL}
    at_sites = [cost for unit, cost in costs.items() if unit.place["site_id"] != ALL]
    assert max(at_sites) < of_all[("n",)] < min(cost for figures, cost in of_all.items() if figures != ("n",))
