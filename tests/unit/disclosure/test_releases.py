"""Earlier releases: which new figures would tell of too few women beside the old ones."""

from __future__ import annotations

import hashlib
import hmac

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config import ReleaseSettings
from pipeline.disclosure.releases import hashed_women, held_back

RULE = ReleaseSettings()
KEY = "ab" * 32
SITES = {"S1": 40, "S2": 35, "S3": 30, "S4": 25, "S5": 22, "S6": 6}


def women(
    sites: dict[str, int], *, gone: dict[str, int] | None = None, changed: dict[str, int] | None = None, first: int = 0
) -> pd.DataFrame:
    """So many women by site, without the first `gone` of them, and with other values of the last `changed`."""
    rows = []
    for site, n in sites.items():
        for number in range((gone or {}).get(site, 0), n):
            value = "new" if number >= n - (changed or {}).get(site, 0) else "old"
            rows.append({"variable": "paired/x", "site_id": site, "woman": f"P{first + number}", "value": value})
    table = pd.DataFrame(rows)
    sizes = table.groupby("site_id")["woman"].transform("size")
    return hashed_women(table.assign(is_in_total=True, is_at_site=sizes >= RULE.minimum_count), KEY)


THEN = women(SITES)


def held(now: pd.DataFrame, **earlier: pd.DataFrame) -> set[str]:
    return set(held_back(now, earlier or {"first": THEN}, RULE).get("paired/x", ()))


@pytest.mark.parametrize(
    ("now", "expected", "why"),
    [
        (women(SITES), set(), "the very same women"),
        (women(SITES, gone={"S1": 3}), {"S1", "ALL"}, "three have gone, whom nobody else hides over all sites"),
        (women(SITES, changed={"S1": 3}), {"S1", "ALL"}, "a changed value is a difference as well"),
        (women(SITES, gone={"S1": 5}, changed={"S1": 5}), set(), "ten differ"),
        (women(SITES, gone={"S1": 12}), set(), "twelve have gone, and the site shows so itself"),
        (women(SITES, gone={"S6": 4}), {"ALL"}, "the site is never shown, and the total would tell of its four"),
        (women(SITES, gone={"S1": 9, "S2": 9, "S3": 9}), {"S1", "S2", "S3", "ALL"}, "two sites take theirs off, nine are left"),
        (
            women(SITES, gone={"S1": 9, "S2": 9, "S3": 9, "S4": 9}),
            {"S1", "S2", "S3", "S4"},
            "eighteen are left to two sites that know theirs",
        ),
        (
            women(SITES, gone={"S1": 3, "S2": 12, "S3": 11, "S4": 10, "S5": 12}),
            {"S1", "S2", "S3", "S4"},
            "three larger changes stay back at their sites and hide the small one",
        ),
    ],
)
def test_a_new_figure_stays_back_where_one_to_nine_women_differ(now: pd.DataFrame, expected: set[str], why: str) -> None:
    assert held(now) == expected, why


def test_every_earlier_release_counts_and_not_the_last_alone() -> None:
    second = women(SITES, gone={"S1": 12})
    third = women(SITES, gone={"S1": 15})
    assert held(third, first=THEN) == set()
    assert held(third, first=THEN, second=second) == {"S1", "ALL"}
    back = women(SITES)
    assert held(back, first=THEN, second=second) == set()


def test_a_figure_that_was_not_shown_then_has_nothing_to_be_subtracted_from() -> None:
    unseen = THEN.assign(is_at_site=False, is_in_total=False)
    assert held(women(SITES, gone={"S1": 3}), first=unseen) == set()
    only_at_sites = THEN.assign(is_in_total=False)
    assert held(women(SITES, gone={"S1": 3}), first=only_at_sites) == {"S1"}


def test_a_site_that_joins_the_total_is_a_difference_of_all_its_women() -> None:
    then = THEN[THEN["site_id"] != "S6"]
    assert held(THEN, first=then) == {"ALL"}
    then = THEN[THEN["site_id"] != "S5"]
    assert held(THEN, first=then) == set(), "a site that is new and shown adds nothing but what it shows"
    hidden = THEN.assign(is_at_site=THEN["is_at_site"] & (THEN["site_id"] != "S5"))
    assert held(hidden, first=then) == {"ALL"}, "one that is new and not shown could be found as the difference"


def test_variables_are_held_apart() -> None:
    other = THEN.assign(variable="paired/y")
    assert held_back(women(SITES, gone={"S1": 3}), {"first": other}, RULE) == {}


def test_who_is_known_by_her_answers_alone_and_answers_otherwise_is_one_and_not_two() -> None:
    sites = {"S1": 40, "S2": 35, "S3": 30}
    then = women(sites)
    anew = women(sites, gone={"S1": 6, "S2": 6, "S3": 6})
    come = women({"S1": 6, "S2": 6, "S3": 6}, first=900)
    now = pd.concat([anew, come], ignore_index=True)
    assert set(held_back(now, {"first": then}, RULE).get("paired/x", ())) == set(), "twelve differ at each site"
    found = held_back(now, {"first": then}, RULE, unknown=("paired",))
    assert set(found["paired/x"]) >= {"S1", "S2", "S3"}, "six may have answered otherwise"


def test_hashes_are_those_of_the_standard_and_depend_on_key_and_site() -> None:
    table = pd.DataFrame([{"variable": "v", "site_id": "S1", "woman": "P1", "value": "x"}])
    found = hashed_women(table, KEY).iloc[0]
    expected = hmac.new(bytes.fromhex(KEY), b"S1\x1fP1", hashlib.sha256).hexdigest()[:32]
    assert found["woman"] == expected
    assert hashed_women(table, "cd" * 32).iloc[0]["woman"] != expected
    assert hashed_women(table.assign(site_id="S2"), KEY).iloc[0]["woman"] != expected
    assert found["value"] != hashed_women(table.assign(value="y"), KEY).iloc[0]["value"]


@settings(max_examples=60, deadline=None)
@given(
    gone=st.dictionaries(st.sampled_from(list(SITES)), st.integers(0, 20), max_size=6),
    changed=st.dictionaries(st.sampled_from(list(SITES)), st.integers(0, 2), max_size=6),
)
def test_no_subtraction_that_is_left_tells_of_one_to_nine_women(gone: dict[str, int], changed: dict[str, int]) -> None:
    gone = {site: min(n, SITES[site] - 2) for site, n in gone.items()}
    differing = {site: gone.get(site, 0) + changed.get(site, 0) for site in SITES}
    now = women(SITES, gone=gone, changed=changed)
    back = held(now)
    at_both = {site for site in SITES if min(SITES[site], SITES[site] - gone.get(site, 0)) >= RULE.minimum_count}
    shown = at_both - back
    assert not [site for site in shown if 0 < differing[site] < RULE.minimum_count]
    if "ALL" not in back:
        left = sorted((n for site, n in differing.items() if n and site not in shown), reverse=True)
        assert not left or sum(left[2:]) >= RULE.minimum_count, "two sites take their own women off"
